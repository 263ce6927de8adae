//! Where the text of a scenario came from, and errors that point into it.

use std::fmt;
use std::ops::Range;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

/// The text of a scenario: a file, followed by the values that were given on the command line.
///
/// One address space for both: every key and value, wherever it was typed, has a span by which errors find it.
#[derive(Clone, Debug)]
pub struct Source {
    path: String,
    text: String,
    /// Where the text of the file ends, and each argument begins.
    arguments: Vec<usize>,
}

impl Source {
    pub(super) fn new(path: &str, text: String) -> Self {
        Source { path: path.to_owned(), text, arguments: Vec::new() }
    }

    /// Appends the text of a command-line argument, and returns where it begins.
    pub(super) fn push_argument(&mut self, argument: &str) -> usize {
        self.text.push('\n');
        self.arguments.push(self.text.len());
        self.text.push_str(argument);
        self.text.len() - argument.len()
    }

    /// The text from `start` on, with everything before it blanked, so that spans in it are spans in the whole.
    pub(super) fn blanked_until(&self, start: usize) -> String {
        let mut text = " ".repeat(start);
        text.push_str(&self.text[start..]);
        text
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The text of the file alone.
    pub(super) fn file_text(&self) -> &str {
        self.arguments.first().map_or(&self.text, |first| &self.text[..first - 1])
    }

    /// An error about what stands at `span`.
    pub(super) fn error(&self, span: Range<usize>, title: String, allowed: &str) -> ScenarioError {
        let end = self.text.len();
        let span = span.start.min(end)..span.end.clamp(span.start.min(end), end);
        // Which piece of the address space the span lies in, and what to call it.
        let argument = self.arguments.iter().rposition(|start| *start <= span.start);
        let (from, to) = match argument {
            Some(index) => {
                let next = self.arguments.get(index + 1).map_or(end, |next| next - 1);
                (self.arguments[index], next)
            }
            None => (0, self.file_text().len()),
        };
        let place = if argument.is_some() { "command line" } else { &self.path };
        let span = span.start.clamp(from, to) - from..span.end.clamp(from, to) - from;
        ScenarioError {
            title,
            allowed: allowed.to_owned(),
            place: place.to_owned(),
            snippet: Some((self.text[from..to].to_owned(), span)),
        }
    }
}

/// A scenario that cannot be run, and why. `Display` shows the file, the line, the key, the value, what is allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScenarioError {
    title: String,
    allowed: String,
    place: String,
    snippet: Option<(String, Range<usize>)>,
}

impl ScenarioError {
    /// An error about a file as a whole.
    pub(super) fn of_file(path: &str, title: String, allowed: &str) -> Self {
        ScenarioError { title, allowed: allowed.to_owned(), place: path.to_owned(), snippet: None }
    }

    /// What is wrong, in one line, with the key and the value.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.title
    }

    /// What would be right.
    #[must_use]
    pub fn allowed(&self) -> &str {
        &self.allowed
    }

    /// The line of the file or argument it is about, from 1.
    #[must_use]
    pub fn line(&self) -> Option<usize> {
        let (text, span) = self.snippet.as_ref()?;
        Some(text[..span.start].matches('\n').count() + 1)
    }

    /// The whole message, in colour or not.
    #[must_use]
    pub fn render(&self, colour: bool) -> String {
        let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
        let group = Level::ERROR.primary_title(self.title.as_str());
        let help = Level::HELP.message(self.allowed.as_str());
        match &self.snippet {
            Some((text, span)) => {
                let mark = AnnotationKind::Primary.span(span.clone());
                let snippet = Snippet::source(text.as_str()).path(self.place.as_str()).annotation(mark);
                renderer.render(&[group.element(snippet).element(help)])
            }
            None => {
                let origin = annotate_snippets::Origin::path(self.place.as_str());
                renderer.render(&[group.element(origin).element(help)])
            }
        }
    }
}

impl fmt::Display for ScenarioError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl std::error::Error for ScenarioError {}
