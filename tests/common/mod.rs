//! What the tests of whole runs share: the program, its folders, its tables, golden files.

#![allow(dead_code, reason = "each test uses its part of it")]
#![allow(clippy::unwrap_used, clippy::missing_panics_doc, reason = "a test that cannot run has failed")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::{env, fs};

/// The scenarios.
pub(crate) const SCENARIOS: [&str; 4] = ["lync-onprem", "sfb-online", "lync-hybrid", "teams"];

/// The domains of the samples.
pub(crate) const DOMAINS: [&str; 6] = [
    "--sip-domain",
    "contoso.com",
    "--verified-domain",
    "contoso.com",
    "--routing-domain",
    "contoso.mail.onmicrosoft.com",
];

/// The folder of the package.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The program in a folder, without the settings of the machine or of the user who runs the tests.
pub(crate) fn program(folder: &Path) -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_dirsync-audit"));
    program.current_dir(folder).stdin(Stdio::null()).env("NO_COLOR", "1");
    for variable in ["XDG_CONFIG_HOME", "HOME", "APPDATA"] {
        program.env(variable, "/nonexistent");
    }
    program
}

/// Audits sources from the folder of the package into `out`.
pub(crate) fn audit(sources: &[&str], scenario: &str, out: &Path, options: &[&str]) -> Output {
    let mut program = program(root());
    program.arg("audit").args(sources).args(["--scenario", scenario]).arg("--out").arg(out).args(options);
    program.output().unwrap()
}

/// A row of a table, by heading.
pub(crate) type Row = BTreeMap<String, String>;

/// The rows of a CSV file.
pub(crate) fn table(path: &Path) -> Vec<Row> {
    let text = fs::read_to_string(path).unwrap();
    let mut reader = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    reader.deserialize().map(Result::unwrap).collect()
}

/// The rows of `users.csv` of an audit.
pub(crate) fn users(sources: &[&str], scenario: &str, options: &[&str]) -> Vec<Row> {
    let out = tempfile::tempdir().unwrap();
    let output = audit(sources, scenario, out.path(), options);
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(matches!(output.status.code(), Some(0 | 1)), "{sources:?}: {told}");
    table(&out.path().join("users.csv"))
}

/// Compares with a golden file; `BLESS=1` writes it anew.
pub(crate) fn golden(name: &str, found: &str) {
    let path: PathBuf = root().join("tests/golden").join(name);
    if env::var_os("BLESS").is_some_and(|value| value == "1") {
        fs::write(&path, found).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    let differs = kept.lines().zip(found.lines()).position(|(kept, found)| kept != found);
    let line = differs.unwrap_or_else(|| kept.lines().count().min(found.lines().count()));
    let show = |text: &str| text.lines().nth(line).unwrap_or("the end").to_owned();
    assert!(
        kept == found,
        "tests/golden/{name}:{}: expected\n  {}\nfound\n  {}\nif that is right: BLESS=1 cargo test",
        line + 1,
        show(&kept),
        show(found)
    );
}
