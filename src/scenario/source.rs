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
        let marked = span.start.clamp(from, to) - from..span.end.clamp(from, to) - from;
        let snippet = Some((self.text[from..to].to_owned(), marked));
        let problem = Problem { title, allowed: allowed.to_owned(), place: place.to_owned(), at: span, snippet };
        ScenarioError { problems: vec![problem] }
    }
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Problem {
    title: String,
    allowed: String,
    place: String,
    /// Where it stands in the address space of the source.
    at: Range<usize>,
    snippet: Option<(String, Range<usize>)>,
}

impl Problem {
    /// Where it stands.
    pub(super) fn at(&self) -> &Range<usize> {
        &self.at
    }

    /// The line of the file or argument that it is in, from 1.
    fn line(&self) -> Option<usize> {
        let (text, span) = self.snippet.as_ref()?;
        Some(text[..span.start].matches('\n').count() + 1)
    }

    fn render(&self, renderer: &Renderer) -> String {
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

/// One thing that is wrong, as it is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault<'a> {
    /// The key that it is about, such as `bath.hot.rate`, where it is about one.
    pub key: Option<&'a str>,
    /// What is wrong, in one line, with the key and the value.
    pub title: &'a str,
    /// What would be right.
    pub allowed: &'a str,
    /// The line of the file or argument, from 1, where there is a text.
    pub line: Option<usize>,
}

/// The most problems of one scenario that are told at once.
pub(super) const MOST_PROBLEMS: usize = 20;

/// A scenario that cannot be run, and all that is wrong with it, in the order of its text. `Display` shows of each the
/// file, the line, the key, the value, what is allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScenarioError {
    /// None only inside this module: what failed because of something that is told already.
    problems: Vec<Problem>,
}

impl ScenarioError {
    /// An error about a file as a whole.
    pub(super) fn of_file(path: &str, title: String, allowed: &str) -> Self {
        let (allowed, place) = (allowed.to_owned(), path.to_owned());
        ScenarioError { problems: vec![Problem { title, allowed, place, at: 0..0, snippet: None }] }
    }

    /// What cannot go on because of something that is told already.
    pub(super) fn told() -> Self {
        ScenarioError { problems: Vec::new() }
    }

    /// All of these, each once.
    pub(super) fn of(problems: impl IntoIterator<Item = Problem>) -> Self {
        let mut once: Vec<Problem> = Vec::new();
        for problem in problems {
            if !once.contains(&problem) {
                once.push(problem);
            }
        }
        once.sort_by_key(|problem| problem.at.start);
        ScenarioError { problems: once }
    }

    pub(super) fn into_problems(self) -> Vec<Problem> {
        self.problems
    }

    fn first(&self) -> Option<&Problem> {
        self.problems.first()
    }

    /// What is wrong first, in one line, with the key and the value.
    #[must_use]
    pub fn title(&self) -> &str {
        self.first().map_or("", |problem| &problem.title)
    }

    /// What would be right there.
    #[must_use]
    pub fn allowed(&self) -> &str {
        self.first().map_or("", |problem| &problem.allowed)
    }

    /// The line of the file or argument it is about, from 1.
    #[must_use]
    pub fn line(&self) -> Option<usize> {
        self.first()?.line()
    }

    /// All that is wrong, one by one, in the order of the text.
    pub fn faults(&self) -> impl Iterator<Item = Fault<'_>> {
        self.problems.iter().map(|problem| Fault {
            key: problem.title.split('`').nth(1),
            title: &problem.title,
            allowed: &problem.allowed,
            line: problem.line(),
        })
    }

    /// All that is wrong, each with what would be right.
    pub fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        self.problems.iter().map(|problem| (problem.title.as_str(), problem.allowed.as_str()))
    }

    /// The whole message, in colour or not.
    #[must_use]
    pub fn render(&self, colour: bool) -> String {
        let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
        let told = self.problems.iter().take(MOST_PROBLEMS).map(|problem| problem.render(&renderer));
        let mut told: Vec<String> = told.collect();
        match self.problems.len() {
            0 | 1 => {}
            count if count > MOST_PROBLEMS => told.push(format!("{MOST_PROBLEMS} errors, and more.")),
            count => told.push(format!("{count} errors.")),
        }
        told.join("\n\n")
    }
}

impl fmt::Display for ScenarioError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl std::error::Error for ScenarioError {}

#[cfg(test)]
mod tests {
    use super::super::{Overrides, Purpose, Scenario};

    #[test]
    fn each_fault_has_its_key_its_line_and_what_is_allowed() {
        let text = "[qubits]\nnumber = 0\n[[bath]]\nname = \"hot\"\ncoupling = \"collective\"\nrate = -1.0\n\
                    temperature = 1.0\n[initial]\nstate = \"ground\"\n[steady]\n";
        let error = Scenario::parse("s", "s.toml", text, Purpose::Exact, &Overrides::default()).unwrap_err();
        let faults: Vec<_> = error.faults().map(|fault| (fault.key, fault.line)).collect();
        assert_eq!(faults, [(Some("qubits.number"), Some(2)), (Some("bath.hot.rate"), Some(6))]);
        let first = error.faults().next().unwrap();
        assert_eq!((first.title, first.allowed), (error.title(), error.allowed()));
        let missing = Scenario::parse("s", "s.toml", "", Purpose::Exact, &Overrides::default()).unwrap_err();
        assert!(missing.faults().all(|fault| fault.key.is_none()), "{missing}");
    }
}
