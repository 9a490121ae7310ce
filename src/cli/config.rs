//! `config`: the settings in force, as a settings file.

use clap::ArgMatches;

use super::args::{AuditArgs, given};
use super::environment::Environment;
use super::terminal;
use crate::error::Result;
use crate::settings;

/// Prints the settings and where each comes from.
pub(super) fn run(args: &AuditArgs, matches: &ArgMatches, environment: &Environment) -> Result<()> {
    let folder = environment.config_folder.as_deref();
    let (settings, file) = settings::load(given(matches), args.run.config.as_deref(), folder)?;
    let file = match file {
        Some(file) => terminal::escape(&file.display().to_string()),
        None => format!("none ({} in the working folder or your configuration folder)", settings::NAME),
    };
    terminal::print(&format!("# settings file: {file}\n\n{}", settings::toml(&settings.values)))
}
