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

/// Colours are added where they are asked for, and change nothing else; a job's log has none, and no line is too long.
#[test]
fn colours_and_widths() {
    use std::process::Command;
    let print = |width: &str, colour: bool| {
        let out = tempfile::tempdir().expect("a folder for the test");
        let mut program = Command::new(env!("CARGO_BIN_EXE_dirsync-audit"));
        program.args([
            "audit",
            "samples/contoso.csv",
            "samples/traps/braces.csv",
            "--scenario",
            "teams",
            "--out",
        ]);
        program.arg(out.path()).current_dir(env!("CARGO_MANIFEST_DIR")).env("COLUMNS", width);
        for variable in ["XDG_CONFIG_HOME", "HOME", "APPDATA"] {
            program.env(variable, "/nonexistent");
        }
        program.env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE");
        if colour {
            program.env("CLICOLOR_FORCE", "1");
        }
        let text = String::from_utf8(program.output().expect("the program runs").stdout).expect("UTF-8");
        // The last lines tell of the folder, the time and the sizes.
        text.split("\nThe report is in ").next().unwrap_or_default().to_owned()
    };
    for width in ["80", "200"] {
        let (plain, coloured) = (print(width, false), print(width, true));
        assert!(!plain.contains('\u{1b}'), "{plain}");
        for painted in [
            "\u{1b}[31m67 of 77 users are not ready for teams (87 %).\u{1b}[0m",
            "\u{1b}[33mincomplete: \u{1b}[0m",
            "\u{1b}[1mHOME001\u{1b}[0m \u{1b}[31merror  \u{1b}[0m",
            "\u{1b}[32m###\u{1b}[0m",
        ] {
            assert!(coloured.contains(painted), "{painted:?} in {coloured:?}");
        }
        let mut stripped = coloured;
        for code in ["0", "1", "2", "31", "32", "33", "36"] {
            stripped = stripped.replace(&format!("\u{1b}[{code}m"), "");
        }
        assert_eq!(stripped, plain);
        let longest = plain.lines().map(|line| line.chars().count()).max();
        let width: usize = width.parse().expect("a number");
        assert!(longest.is_some_and(|longest| longest <= width && longest * 10 > width * 7), "{longest:?}");
    }
}
