//! `man`: the manual page of the program or of one command.

use clap::{Command, CommandFactory};

use super::args::{Cli, ManArgs};
use super::terminal;
use crate::error::{Error, Result};
use crate::rules::select::nearest;

/// Prints a page in the format of man(7).
pub(super) fn run(args: &ManArgs) -> Result<()> {
    let mut program = Cli::command();
    program.build();
    let command = match &args.command {
        None => program,
        Some(name) => find(&program, name)?,
    };
    let mut page = Vec::new();
    let made = clap_mangen::Man::new(command).manual("dirsync-audit").render(&mut page);
    made.map_err(Error::io("write", "the manual page"))?;
    terminal::print_bytes(&page)
}

fn find(program: &Command, name: &str) -> Result<Command> {
    if let Some(command) = program.find_subcommand(name) {
        let full = format!("dirsync-audit-{}", command.get_name());
        return Ok(command.clone().display_name(full).version(env!("CARGO_PKG_VERSION")));
    }
    let known: Vec<&str> = program.get_subcommands().map(Command::get_name).collect();
    let hint = match nearest(name, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("the commands are: {}", known.join(", ")),
    };
    Err(Error::usage(format!("there is no command `{}`; {hint}", terminal::escape(name))))
}
