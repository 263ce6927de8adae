//! `superjump report`: draw the figures and the page of results that are there.

use std::path::{Path, PathBuf};

use clap::Args;
use superjump::report::{self, ReportError, Tables};
use superjump::scenario::{self, Legend, Print};

use super::{UsageError, table};

#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  superjump report output/heat_valve\n  \
    superjump report output/fig5-exact --figures scenarios/fig5.toml\n  \
    superjump report output/telegraph --width page --font 9 --legend inside\n\n\
    Writes figures/*.svg, *.pdf and *.png, for a column of a journal if nothing else is asked, and report.html into the\n\
    folder. What is missing there is said, and the rest drawn; of --figures all or nothing, so that nothing is lost by a\n\
    slip in the file.")]
pub struct ReportArguments {
    /// The folder of a run, such as output/heat_valve
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Take the [figure] tables of this scenario file instead of those of the run
    #[arg(long, value_name = "FILE")]
    figures: Option<PathBuf>,
    /// The width of the figures: "column" (3.37 inches), "page" or "double" (7 inches), or inches; for all of them,
    /// whatever their tables say
    #[arg(long, value_name = "WIDTH", value_parser = width)]
    width: Option<f64>,
    /// The size of letters in points, from 4 to 24
    #[arg(long, value_name = "POINTS", value_parser = font)]
    font: Option<f64>,
    /// Where legends stand: "outside" the axes or "inside"
    #[arg(long, value_name = "PLACE", value_parser = legend)]
    legend: Option<Legend>,
}

fn width(text: &str) -> Result<f64, String> {
    let inches = Print::width_from_word(text).or_else(|| text.parse().ok().filter(|inches| Print::is_width(*inches)));
    inches.ok_or_else(|| "give column, page, double, or a number of inches from 1 to 20".to_owned())
}

fn font(text: &str) -> Result<f64, String> {
    let points = text.parse().ok().filter(|points| Print::is_font(*points));
    points.ok_or_else(|| "give a size in points, from 4 to 24".to_owned())
}

fn legend(text: &str) -> Result<Legend, String> {
    Legend::from_word(text).ok_or_else(|| "give outside or inside".to_owned())
}

/// Draws a folder as its scenario asks, and says where to look.
pub fn draw(folder: &Path, tables: Tables) -> anyhow::Result<()> {
    draw_for(folder, tables, Print::default())
}

fn draw_for(folder: &Path, tables: Tables, print: Print) -> anyhow::Result<()> {
    let drawn = report::draw(folder, tables, print).map_err(|error| match error {
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
    let ReportArguments { width, font, legend, .. } = *arguments;
    let print = Print { width, font, legend };
    let Some(path) = &arguments.figures else { return draw_for(&arguments.folder, Tables::OfRun, print) };
    let refused = |error| UsageError(format!("cannot read {}: {error}; give a scenario file", path.display()));
    let text = scenario::read_text(path).map_err(refused)?;
    draw_for(&arguments.folder, Tables::OfFile { path: &path.display().to_string(), text: &text }, print)
}
