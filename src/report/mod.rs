//! Figures and one page from the files of a run: what was done, what came out, and how sure that is.
//!
//! data (what the folder holds, read leniently) -> choose/ (which figures) -> figure (axes and series) -> svg (with
//! layout, canvas, scale, symbol, text) -> tree (shapes) -> pdf and png, and all of it -> page. compare puts two runs side by
//! side. Nothing here knows how a run is made.

mod canvas;
mod choose;
mod compare;
mod data;
mod error;
mod figure;
mod layout;
mod page;
mod pdf;
mod png;
mod scale;
mod svg;
mod symbol;
mod table;
mod text;
mod tree;
mod words;

use std::fs;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

pub use choose::asked::foremost;
pub use compare::{Comparison, Difference, compare};
pub use error::ReportError;
pub use words::{least_to_most, number, with_error};

use crate::scenario::Print;
use choose::asked;
use data::Run;
use layout::Medium;

/// What every figure carries, so that a later drawing knows which files are its own to replace.
const MADE_BY: &str = "Drawn by superjump";

/// What was drawn.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// The names of the figures, in the order of the page; `figures/<name>.svg`, `.pdf` and `.png`.
    pub figures: Vec<String>,
    /// The page.
    pub page: PathBuf,
    /// What is missing, or could not be drawn.
    pub notes: Vec<String>,
}

/// Writes a file under a temporary name, then gives it its own.
fn write(path: &Path, content: &[u8]) -> Result<(), ReportError> {
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(".tmp");
    let done = fs::write(&temporary, content).and_then(|()| fs::rename(&temporary, path));
    done.map_err(|source| ReportError::Write { path: path.to_owned(), source })
}

/// Draws what a folder of results holds into its `figures/` and `report.html`. The figures are those of the `[figure]`
/// tables of `scenario` (a scenario's text; that of the run if left out), or what there is to see. What `print` says of
/// their size in print is above what the tables say.
///
/// # Errors
/// A folder without results, a scenario that is none, letters too large for a figure, or files that cannot be written.
pub fn draw(folder: &Path, scenario: Option<&str>, print: Print) -> Result<Report, ReportError> {
    let mut run = Run::read(folder)?;
    let asked = asked::read(scenario.unwrap_or(&run.summary.scenario_text)).unwrap_or_else(|error| {
        run.notes.push(format!("the scenario cannot be read for its [figure] tables ({error})"));
        Vec::new()
    });
    let (mut figures, notes) = choose::figures(&run, &asked);
    run.notes.extend(notes);
    for figure in &mut figures {
        figure.print = print.or(figure.print);
        if let Some(reason) = figure.print.too_large() {
            return Err(ReportError::Letters { name: figure.name.clone(), reason });
        }
    }

    let into = folder.join("figures");
    fs::create_dir_all(&into).map_err(|source| ReportError::Write { path: into.clone(), source })?;
    let drawn = figures.par_iter().filter_map(|figure| {
        let svg = svg::draw(figure, Medium::Print)?.svg;
        let path = |end: &str| into.join(format!("{}.{end}", figure.name));
        let image = || {
            let refused = |reason| ReportError::Image { name: figure.name.clone(), reason };
            let tree = tree::tree(&svg).map_err(refused)?;
            write(&path("png"), &png::png(&tree).map_err(refused)?)?;
            write(&path("pdf"), &pdf::pdf(&tree, &text::plain(&figure.title)))?;
            write(&path("svg"), svg.as_bytes())
        };
        Some(image().map(|()| figure.name.clone()))
    });
    let names = drawn.collect::<Result<Vec<_>, _>>()?;
    remove_stale(&into, &names);
    let page = folder.join("report.html");
    write(&page, page::page(&run, &figures).as_bytes())?;
    Ok(Report { figures: names, page, notes: run.notes })
}

/// Removes figures of an earlier drawing that are no longer drawn; files of others stay.
fn remove_stale(folder: &Path, names: &[String]) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        let ours = || fs::read_to_string(&path).is_ok_and(|text| text.contains(MADE_BY));
        if path.extension().is_some_and(|end| end == "svg") && !names.contains(&stem) && ours() {
            let _ = fs::remove_file(path.with_extension("png"));
            let _ = fs::remove_file(path.with_extension("pdf"));
            let _ = fs::remove_file(&path);
        }
    }
}
