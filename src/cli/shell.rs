//! `superjump completions` and `superjump man`: what the parser of arguments knows, for shells and for `man`.

use clap::{Args, CommandFactory};
use clap_complete::Shell;
use clap_mangen::Man;

use super::{Cli, UsageError, put};

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
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Cli::command(), "superjump", &mut script);
    Ok(put(format_args!("{}", String::from_utf8(script)?))?)
}

/// Prints a page of the manual.
pub fn man(arguments: &ManArguments) -> anyhow::Result<()> {
    let mut program = Cli::command();
    program.build();
    let page = match &arguments.verb {
        None => Man::new(program),
        Some(verb) => match program.find_subcommand(verb) {
            Some(found) => Man::new(found.clone()).title(format!("superjump-{verb}")),
            None => {
                return Err(UsageError(format!("there is no verb \"{verb}\"; `superjump --help` lists them")).into());
            }
        },
    };
    let mut text = Vec::new();
    page.render(&mut text)?;
    Ok(put(format_args!("{}", String::from_utf8(text)?))?)
}
