//! `superjump schema`: the keys of a scenario, for editors and for people.

use clap::Args;
use superjump::scenario::{scenario_keys, schema};

#[derive(Debug, Args)]
#[command(after_help = "Example:\n  superjump schema > scenario.schema.json\n\n\
    An editor with a TOML language server completes and checks a scenario that begins with the line\n  \
    #:schema ./scenario.schema.json")]
pub struct SchemaArguments {
    /// Print a table in Markdown instead of JSON Schema
    #[arg(long)]
    markdown: bool,
}

pub fn print(arguments: &SchemaArguments) -> anyhow::Result<()> {
    if !arguments.markdown {
        return Ok(say!("{}", serde_json::to_string_pretty(&schema())?)?);
    }
    say!("| key | type | allowed |\n|---|---|---|")?;
    for key in scenario_keys() {
        say!("| `{}` | {} | {} |", key.path, key.kind, key.allowed.replace('|', "\\|"))?;
    }
    Ok(())
}
