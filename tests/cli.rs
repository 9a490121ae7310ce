//! What is typed, what is printed, and the exit status: every case of `tests/cli`.
//!
//! `TRYCMD=overwrite cargo test --test cli` writes down what is printed now; read the difference before you keep it.

#[test]
fn what_is_typed_and_what_is_printed() {
    trycmd::TestCases::new()
        // No settings of the machine or of the user who runs the tests.
        .env("XDG_CONFIG_HOME", "/nonexistent")
        .env("HOME", "/nonexistent")
        .env("APPDATA", "/nonexistent")
        .env("NO_COLOR", "1")
        .case("tests/cli/*.toml")
        .case("tests/cli/*.trycmd");
}

/// Whoever reads only the first lines gets no complaint.
#[test]
fn a_closed_pipe_is_no_error() {
    use std::process::{Command, Stdio};
    for arguments in [&["rules", "--format", "json"][..], &["man"], &["completions", "bash"]] {
        let mut program = Command::new(env!("CARGO_BIN_EXE_dirsync-audit"));
        let program = program.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = program.spawn().expect("the program starts");
        drop(child.stdout.take());
        let output = child.wait_with_output().expect("the program ends");
        assert_eq!(output.status.code(), Some(0), "{arguments:?}");
        assert!(output.stderr.is_empty(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
}
