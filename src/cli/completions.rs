//! `completions`: made when asked for, so that they cannot be out of date.

use clap::CommandFactory;

use super::args::{Cli, CompletionsArgs};
use super::terminal;
use crate::error::Result;

/// Prints the completions for a shell.
pub(super) fn run(args: &CompletionsArgs) -> Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "dirsync-audit", &mut script);
    terminal::print_bytes(&script)
}
