//! `superjump report`: draw the figures and the page of results that are there.

use std::path::{Path, PathBuf};

use clap::Args;
use superjump::report::{self, ReportError, Tables};
use superjump::scenario;

use super::{UsageError, table};

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  superjump report output/heat_valve\n  \
    superjump report output/fig5-exact --figures scenarios/fig5.toml\n\n\
    Writes figures/*.svg, figures/*.png and report.html into the folder. What is missing there is said, and the rest drawn;\n\
    of --figures all or nothing, so that nothing is lost by a slip in the file.")]
pub struct ReportArguments {
    /// The folder of a run, such as output/heat_valve
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Take the [figure] tables of this scenario file instead of those of the run
    #[arg(long, value_name = "FILE")]
    figures: Option<PathBuf>,
}

/// Draws a folder, and says where to look.
pub fn draw(folder: &Path, tables: Tables) -> anyhow::Result<()> {
    let drawn = report::draw(folder, tables).map_err(|error| match error {
        ReportError::Tables(error) => anyhow::Error::from(*error),
        error => error.into(),
    })?;
    for note in &drawn.notes {
        remark!("note: {note}");
    }
    let figures = folder.join("figures");
    let named = table::plural(drawn.figures.len() as u64, "figure");
    say!("Drawn:   {} ({named} in {})", drawn.page.display(), figures.display())?;
    Ok(())
}

/// Draws results that were there already: where nothing can be written, as in an archive, nothing has to be.
pub fn draw_again(folder: &Path, tables: Tables) -> anyhow::Result<()> {
    draw(folder, tables).or_else(|error| match error.downcast_ref() {
        Some(ReportError::Write { .. }) => {
            remark!("note: {error}; figures and page stay as they are");
            Ok(())
        }
        _ => Err(error),
    })
}

pub fn report(arguments: &ReportArguments) -> anyhow::Result<()> {
    let Some(path) = &arguments.figures else { return draw(&arguments.folder, Tables::OfRun) };
    let refused = |error| UsageError(format!("cannot read {}: {error}; give a scenario file", path.display()));
    let text = scenario::read_text(path).map_err(refused)?;
    draw(&arguments.folder, Tables::OfFile { path: &path.display().to_string(), text: &text })
}
