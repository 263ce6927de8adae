//! Figures and one page from the files of a run: what was done, what came out, and how sure that is.
//!
//! data (what the folder holds; read: leniently, within bounds) -> choose/ (which figures) -> figure (axes and series) ->
//! svg (with layout, canvas, scale, symbol, text) -> tree (shapes) -> pdf and png, and all of it -> page. compare puts two
//! runs side by side. Nothing here knows how a run is made.

mod canvas;
mod choose;
mod compare;
mod curves;
mod data;
mod error;
mod figure;
mod layout;
mod ledger;
mod page;
mod pdf;
mod png;
mod read;
mod scale;
mod svg;
mod symbol;
mod text;
mod tree;
mod words;

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use rayon::prelude::*;

pub use choose::asked::foremost;
pub use compare::{Comparison, Difference, compare};
pub use error::ReportError;
pub use words::{key, key_unit, least_to_most, number, quantity, unit, with_error};

use crate::scenario::{Print, check_figures};
use crate::store::replace;
use choose::asked;
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
    replace(path, content).map_err(|source| ReportError::Write { path: path.to_owned(), source })
}

/// Whose `[figure]` tables are drawn.
#[derive(Clone, Copy, Debug)]
pub enum Tables<'a> {
    /// Those of the scenario that was run.
    OfRun,
    /// Those of this text of a scenario, checked where it was read.
    Of(&'a str),
    /// Those of a file that somebody names: all of them, or nothing is drawn.
    OfFile {
        /// What errors call it.
        path: &'a str,
        /// Its text.
        text: &'a str,
    },
}

/// A figure in every form.
struct Drawn {
    name: String,
    svg: String,
    png: Vec<u8>,
    pdf: Vec<u8>,
}

/// Draws what a folder of results holds into its `figures/` and `report.html`. The figures are those of the `[figure]`
/// tables, or what there is to see. What `print` says of their size in print is above what the tables say. Nothing is
/// written, and no earlier figure removed, before everything is drawn.
///
/// # Errors
/// A folder without results, tables of a file that are wrong or have nothing to draw, letters too large for a figure, or
/// files that cannot be written.
pub fn draw(folder: &Path, tables: Tables, print: Print) -> Result<Report, ReportError> {
    let mut run = read::summary(folder)?;
    let text = match tables {
        Tables::OfRun => &run.summary.scenario_text,
        Tables::Of(text) => text,
        Tables::OfFile { path, text } => {
            let swept = run.swept();
            let baths: Vec<String> = run.baths().into_iter().chain(asked::sums(&run.summary.scenario_text)).collect();
            check_figures(path, text, &swept, &baths).map_err(|source| ReportError::Tables(Box::new(source)))?;
            text
        }
    };
    let read = asked::read(text);
    let unread = read.is_err();
    let asked = read.unwrap_or_else(|error| {
        run.notes.push(format!("the scenario cannot be read for its [figure] tables ({error})"));
        Vec::new()
    });
    let kept = choose::kept(&run.summary, &asked);
    read::tables(&mut run, folder, kept.as_ref())?;
    let (mut figures, notes) = choose::figures(&run, &asked);
    if let (Tables::OfFile { path, .. }, Some(_)) = (tables, notes.first()) {
        return Err(ReportError::NothingOf { path: path.into(), figures: notes });
    }
    run.notes.extend(notes);
    for figure in &mut figures {
        figure.print = print.or(figure.print);
        if let Some(reason) = figure.print.too_large() {
            return Err(ReportError::Letters { name: figure.name.clone(), reason });
        }
    }

    let drawn = figures.par_iter().filter_map(|figure| {
        let svg = svg::draw(figure, Medium::Print)?.svg;
        let drawn = || {
            let tree = tree::tree(&svg)?;
            let (png, pdf) = (png::png(&tree)?, pdf::pdf(&tree, &text::plain(&figure.title)));
            Ok(Drawn { name: figure.name.clone(), svg, png, pdf })
        };
        Some(drawn().map_err(|reason| ReportError::Image { name: figure.name.clone(), reason }))
    });
    let drawn = drawn.collect::<Result<Vec<_>, _>>()?;
    let html = page::page(&run, &figures);

    let into = folder.join("figures");
    fs::create_dir_all(&into).map_err(|source| ReportError::Write { path: into.clone(), source })?;
    for Drawn { name, svg, png, pdf } in &drawn {
        write(&into.join(format!("{name}.png")), png)?;
        write(&into.join(format!("{name}.pdf")), pdf)?;
        write(&into.join(format!("{name}.svg")), svg.as_bytes())?;
    }
    let names: Vec<String> = drawn.into_iter().map(|drawn| drawn.name).collect();
    // What the tables ask for is not known where they cannot be read, and may be among what is there.
    if !unread {
        remove_stale(&into, &names);
    }
    let page = folder.join("report.html");
    write(&page, html.as_bytes())?;
    Ok(Report { figures: names, page, notes: run.notes })
}

/// The beginning of a file, where a figure says who made it.
fn begins(path: &Path) -> io::Result<String> {
    let mut bytes = Vec::new();
    File::open(path)?.take(1 << 14).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Removes figures of an earlier drawing that are no longer drawn; files of others stay.
fn remove_stale(folder: &Path, names: &[String]) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        let ours = || begins(&path).is_ok_and(|text| text.contains(MADE_BY));
        if path.extension().is_some_and(|end| end == "svg") && !names.contains(&stem) && ours() {
            let _ = fs::remove_file(path.with_extension("png"));
            let _ = fs::remove_file(path.with_extension("pdf"));
            let _ = fs::remove_file(&path);
        }
    }
}
