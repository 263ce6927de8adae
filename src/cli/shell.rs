//! `superjump completions` and `superjump man`: what the parser of arguments knows, for shells and for `man`.

use std::io;

use anyhow::bail;
use clap::{Args, CommandFactory};
use clap_complete::Shell;
use clap_mangen::Man;

use super::Cli;

#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  superjump completions bash > ~/.local/share/bash-completion/completions/superjump\n  \
    superjump completions zsh > ~/.zfunc/_superjump\n  \
    superjump completions fish > ~/.config/fish/completions/superjump.fish"
)]
pub struct CompletionsArguments {
    /// The shell
    shell: Shell,
}

#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  superjump man > ~/.local/share/man/man1/superjump.1\n  superjump man run | man -l -"
)]
pub struct ManArguments {
    /// The verb whose page is wanted; the program's own if left out
    verb: Option<String>,
}

/// Prints the completions of a shell.
pub fn completions(arguments: &CompletionsArguments) -> anyhow::Result<()> {
    clap_complete::generate(arguments.shell, &mut Cli::command(), "superjump", &mut io::stdout());
    Ok(())
}

/// Prints a page of the manual.
pub fn man(arguments: &ManArguments) -> anyhow::Result<()> {
    let mut program = Cli::command();
    program.build();
    let page = match &arguments.verb {
        None => Man::new(program),
        Some(verb) => match program.find_subcommand(verb) {
            Some(found) => Man::new(found.clone()).title(format!("superjump-{verb}")),
            None => bail!("there is no verb \"{verb}\"; `superjump --help` lists them"),
        },
    };
    page.render(&mut io::stdout())?;
    Ok(())
}
