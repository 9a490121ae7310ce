//! What the surroundings say: variables, folders, terminals. Read here and nowhere else.

use std::ffi::OsString;
use std::io::{IsTerminal, stderr, stdout};
use std::path::PathBuf;

/// What the program needs to know about its surroundings.
#[derive(Clone, Default)]
pub(super) struct Environment {
    /// The folder of the user's settings of all programs.
    pub(super) config_folder: Option<PathBuf>,
    /// The key for `--redact hash`.
    pub(super) redact_key: Option<String>,
    /// The password of the account that asks a server.
    pub(super) password: Option<String>,
    /// Whether standard output shows colours.
    pub(super) colour: bool,
    /// Whether standard error is a terminal that can draw.
    pub(super) stderr_draws: bool,
    /// How many columns standard output has; 80 when nobody knows.
    pub(super) width: usize,
    /// Whether the text is written for a terminal and not for a program.
    pub(super) terminal: bool,
}

impl Environment {
    /// Reads it.
    pub(super) fn read() -> Self {
        let terminal = stdout().is_terminal();
        let columns = terminal_size::terminal_size_of(stdout()).map(|(width, _)| usize::from(width.0));
        // In a job's log nobody knows but whoever has set up the job.
        let said = || std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
        Self::of(&|name| std::env::var_os(name), terminal, stderr().is_terminal(), columns.or_else(said))
    }

    /// From variables and terminals.
    fn of(
        variable: &dyn Fn(&str) -> Option<OsString>,
        terminal: bool,
        stderr_terminal: bool,
        columns: Option<usize>,
    ) -> Self {
        let set = |name: &str| variable(name).filter(|value| !value.is_empty());
        let dumb = set("TERM").is_some_and(|term| term == "dumb");
        // An old console of Windows shows escape sequences as they are; those that do not, say so.
        let understands =
            !cfg!(windows) || ["WT_SESSION", "TERM", "ConEmuANSI"].iter().any(|name| set(name).is_some());
        let forced = set("CLICOLOR_FORCE").is_some_and(|value| value != "0");
        Self {
            config_folder: config_folder(&set),
            redact_key: set("DIRSYNC_AUDIT_REDACT_KEY").map(|key| key.to_string_lossy().into_owned()),
            password: set("DIRSYNC_AUDIT_PASSWORD").map(|password| password.to_string_lossy().into_owned()),
            colour: set("NO_COLOR").is_none() && (forced || (terminal && understands && !dumb)),
            stderr_draws: stderr_terminal && !dumb,
            width: columns.filter(|&columns| columns >= 40).unwrap_or(80).min(160),
            terminal,
        }
    }
}

/// Where programs keep the user's settings on this system.
fn config_folder(set: &dyn Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    if cfg!(windows) {
        return set("APPDATA").map(PathBuf::from);
    }
    let home = || set("HOME").map(PathBuf::from);
    if cfg!(target_os = "macos") {
        return home().map(|home| home.join("Library").join("Application Support"));
    }
    // The XDG specification: a relative path is to be ignored.
    let named = set("XDG_CONFIG_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    named.or_else(|| home().map(|home| home.join(".config")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(variables: &[(&str, &str)], terminal: bool) -> Environment {
        let get = |name: &str| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value))
        };
        Environment::of(&get, terminal, terminal, None)
    }

    #[test]
    fn colours_follow_the_terminal_and_the_two_variables() {
        let xterm = ("TERM", "xterm");
        assert!(with(&[xterm], true).colour && !with(&[xterm], false).colour);
        assert!(with(&[("CLICOLOR_FORCE", "1")], false).colour);
        assert!(!with(&[("CLICOLOR_FORCE", "0")], false).colour);
        assert!(!with(&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")], true).colour);
        assert!(with(&[xterm, ("NO_COLOR", "")], true).colour);
        assert!(!with(&[("TERM", "dumb")], true).colour && !with(&[("TERM", "dumb")], true).stderr_draws);
    }

    #[cfg(all(unix, not(target_os = "macos")))]
    #[test]
    fn the_configuration_folder() {
        let folder = |variables: &[(&str, &str)]| with(variables, false).config_folder;
        assert_eq!(folder(&[("HOME", "/h")]), Some("/h/.config".into()));
        assert_eq!(folder(&[("HOME", "/h"), ("XDG_CONFIG_HOME", "/x")]), Some("/x".into()));
        assert_eq!(folder(&[("HOME", "/h"), ("XDG_CONFIG_HOME", "x")]), Some("/h/.config".into()));
        assert_eq!(folder(&[]), None);
    }
}
