//! Runs the program against a directory, with an end to every wait, and reads what it wrote.

#![allow(dead_code, reason = "each test program uses its part")]
#![allow(clippy::unwrap_used, clippy::missing_panics_doc, reason = "a test that cannot run has failed")]

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::common::{self, Row};

/// How long a run may take before it counts as hung.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// The options that make the status 0 whatever is found, so that 1 cannot hide anything.
pub(crate) const PLAIN: [&str; 4] = ["--scenario", "lync-hybrid", "--exit-zero", "--csv-raw"];

/// A run that has ended.
pub(crate) struct Run {
    pub(crate) dir: TempDir,
    pub(crate) status: i32,
    /// What it said on standard error.
    pub(crate) told: String,
}

/// A run that goes on.
pub(crate) struct Going {
    dir: TempDir,
    pub(crate) child: Child,
}

/// Starts the program in a folder of its own.
pub(crate) fn start(arguments: &[&str], variables: &[(&str, &str)]) -> Going {
    let dir = tempfile::tempdir().unwrap();
    let mut program = common::program(dir.path());
    let log = |name| File::create(dir.path().join(name)).unwrap();
    program.args(arguments).stdout(log("stdout")).stderr(log("stderr"));
    program.envs(variables.iter().copied());
    let child = program.spawn().unwrap();
    Going { dir, child }
}

impl Going {
    /// Waits for the end; a run that does not end is killed and has failed.
    pub(crate) fn end(mut self) -> Run {
        let start = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            if start.elapsed() > PATIENCE {
                self.child.kill().unwrap();
                self.child.wait().unwrap();
                panic!("no end after {PATIENCE:?}; it said: {}", self.told());
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        let told = self.told();
        assert!(!told.contains("panicked"), "{told}");
        let status = status.code().unwrap_or_else(|| panic!("ended by a signal: {told}"));
        Run { dir: self.dir, status, told }
    }

    fn told(&self) -> String {
        fs::read_to_string(self.dir.path().join("stderr")).unwrap()
    }

    /// The folder in which it runs.
    pub(crate) fn folder(&self) -> &Path {
        self.dir.path()
    }

    /// Kills it as `kill -9` does.
    pub(crate) fn kill(mut self) -> TempDir {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.dir
    }
}

/// Audits sources with these options.
pub(crate) fn audit(sources: &[&str], options: &[&str]) -> Run {
    let arguments = [&["audit"], sources, &PLAIN, &["--out", "report"], options].concat();
    start(&arguments, &[]).end()
}

impl Run {
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The rows of a table of the report.
    pub(crate) fn table(&self, name: &str) -> Vec<Row> {
        common::table(&self.path("report").join(name))
    }

    pub(crate) fn summary(&self) -> Value {
        serde_json::from_slice(&fs::read(self.path("report/summary.json")).expect(&self.told)).unwrap()
    }

    /// The names of the users in the report, each once.
    pub(crate) fn names(&self) -> BTreeSet<String> {
        let rows = self.table("users.csv");
        let names: BTreeSet<String> = rows.iter().map(|row| row["sam_account_name"].clone()).collect();
        assert_eq!(names.len(), rows.len(), "somebody stands there twice: {}", self.told);
        names
    }

    /// The codes of the rules that fired, with the user.
    pub(crate) fn codes(&self) -> BTreeSet<(String, String)> {
        let rows = self.table("findings.csv");
        rows.iter().map(|row| (row["user_principal_name"].clone(), row["code"].clone())).collect()
    }

    /// The program ended with this status.
    #[track_caller]
    pub(crate) fn ended(self, status: i32) -> Self {
        assert_eq!(self.status, status, "{}", self.told);
        self
    }

    /// It said all of this in its summary or on standard error, in small letters or capitals.
    #[track_caller]
    pub(crate) fn says(self, texts: &[&str]) -> Self {
        let told = fs::read_to_string(self.path("stdout")).unwrap() + &self.told;
        for text in texts {
            assert!(told.to_lowercase().contains(&text.to_lowercase()), "not said: {text}\n{told}");
        }
        self
    }
}

/// Runs another program of the machine and gives what it prints.
pub(crate) fn other(program: &str, arguments: &[&str], variables: &[(&str, &str)], input: &[u8]) -> Vec<u8> {
    use std::io::Write;
    use std::process::Stdio;
    let mut command = Command::new(program);
    command.args(arguments).envs(variables.iter().copied());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|error| panic!("{program} is installed: {error}"));
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}
