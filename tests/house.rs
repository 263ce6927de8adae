//! The layers of the crate: a module uses those below it and never those above or beside it.
#![allow(missing_docs)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

/// From the top. Modules of one row do not know each other.
const LAYERS: &[&[&str]] = &[
    &["main"],
    &["cli"],
    &["campaign", "report"],
    &["results"],
    &["solve", "store"],
    &["plan"],
    &["scenario"],
    &["statistics"],
    &["trajectory", "lindblad"],
    &["theory"],
    &["group"],
    &["quantity", "initial"],
    &["model"],
    &["dicke"],
    &["circuit"],
    &["bath", "units", "random"],
    &["rounded", "canonical", "table", "vectorized"],
];

fn layer(module: &str) -> usize {
    LAYERS.iter().position(|row| row.contains(&module)).unwrap_or_else(|| panic!("`{module}` is in no layer"))
}

/// (module, path, text) of every source file.
fn sources(folder: &Path, module: Option<&str>, found: &mut Vec<(String, String, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let stem = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let module = module.unwrap_or(&stem);
        if path.is_dir() {
            sources(&path, Some(module), found);
        } else if stem != "lib" && path.extension().is_some_and(|end| end == "rs") {
            found.push((module.to_owned(), path.display().to_string(), fs::read_to_string(&path).unwrap()));
        }
    }
}

#[test]
fn arrows_point_down() {
    let mut files = Vec::new();
    sources(Path::new("src"), None, &mut files);
    let mut arrows = 0;
    for (module, path, text) in &files {
        // What a module's own tests use is not part of the house.
        let code = text.split("#[cfg(test)]").next().unwrap();
        for (number, line) in code.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//")) {
            let mut used: Vec<&str> = Vec::new();
            for root in ["crate::", "superjump::"] {
                for (at, _) in line.match_indices(root) {
                    let rest = &line[at + root.len()..];
                    match rest.strip_prefix('{') {
                        Some(list) => {
                            used.extend(list.split([',', '}']).map(|item| item.trim().split("::").next().unwrap()));
                        }
                        None => used.push(rest.split(|c: char| !(c.is_alphanumeric() || c == '_')).next().unwrap()),
                    }
                }
            }
            for other in used.into_iter().filter(|other| !other.is_empty() && other != module) {
                arrows += 1;
                assert!(layer(module) < layer(other), "{path}:{}: {module} may not use {other}", number + 1);
            }
        }
    }
    assert!(arrows > 40, "only {arrows} uses found: the test no longer sees the code");
}

#[test]
fn the_library_prints_nothing() {
    let mut files = Vec::new();
    sources(Path::new("src"), None, &mut files);
    for (module, path, text) in files.iter().filter(|(module, ..)| module != "cli" && module != "main") {
        let code = text.split("#[cfg(test)]").next().unwrap();
        for macro_name in ["println!", "eprintln!", "print!(", "dbg!"] {
            assert!(!code.contains(macro_name), "{path}: {module} uses {macro_name}");
        }
    }
}

/// Whatever is printed passes the one place that keeps a terminal from acting on it.
#[test]
fn the_program_prints_in_one_place() {
    let mut files = Vec::new();
    sources(Path::new("src"), None, &mut files);
    let printing = files.iter().filter(|(module, ..)| module == "cli" || module == "main");
    for (_, path, text) in printing.filter(|(_, path, _)| !path.ends_with("cli/terminal.rs")) {
        let code = text.split("#[cfg(test)]").next().unwrap().replace("stderr().is_terminal()", "");
        for way in ["println!", "print!(", "dbg!", "stdout()", "stderr()"] {
            assert!(!code.contains(way), "{path} uses {way}, not cli::terminal");
        }
    }
}

/// The paths of a `use` tree or of an expression, braces taken apart: `a::{b, c::d}` is `a::b` and `a::c::d`.
fn expand(tree: &str) -> Vec<String> {
    let Some(open) = tree.find('{') else {
        return vec![tree.split(" as ").next().unwrap().trim().to_owned()];
    };
    let close = tree.rfind('}').unwrap_or(tree.len());
    let (mut depth, mut start, mut items) = (0, open + 1, Vec::new());
    for (at, c) in tree[..close].char_indices().skip(open + 1) {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                items.push(&tree[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    items.push(&tree[start..close]);
    let whole = |item: &&str| !item.trim().is_empty();
    items.into_iter().filter(whole).flat_map(|item| expand(&format!("{}{}", &tree[..open], item.trim()))).collect()
}

/// Every path that a file names from `crate`, `super` or one of its `children` on: what it uses, or what it passes on to
/// others (`pub use`).
fn paths(code: &str, children: &[String], passed_on: bool) -> Vec<String> {
    let lines = code.lines().map(str::trim).filter(|line| !line.starts_with("//"));
    let mut found: Vec<String> = Vec::new();
    let mut tree = String::new();
    for line in lines {
        let starts = if passed_on { &["pub use ", "pub(crate) use "][..] } else { &["use "] };
        let starts = starts.iter().find_map(|start| line.strip_prefix(start));
        if !tree.is_empty() || starts.is_some() {
            tree += starts.unwrap_or(line);
            if tree.ends_with(';') {
                found.extend(expand(tree.trim_end_matches(';')));
                tree.clear();
            }
        } else if !passed_on && !line.starts_with("pub") {
            for (at, _) in ["crate::", "super::"].iter().flat_map(|root| line.match_indices(root)) {
                let word = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
                found.push(line[at..].chars().take_while(|c| word(*c)).collect());
            }
        }
    }
    let rooted = |path: &String| {
        let first = path.split("::").next().unwrap();
        first == "crate" || first == "super" || children.iter().any(|child| child == first)
    };
    found.retain(rooted);
    found
}

/// Which files of the house name which: an item that a folder passes on is its file's.
struct House {
    /// Code by module path, such as `campaign::converge::rounds`.
    code: BTreeMap<String, String>,
}

impl House {
    fn read() -> Self {
        let mut files = Vec::new();
        sources(Path::new("src"), None, &mut files);
        let module = |path: &str| {
            let path = path.trim_start_matches("src/").trim_end_matches(".rs").trim_end_matches("/mod");
            path.replace('/', "::")
        };
        let code = |text: String| text.split("#[cfg(test)]").next().unwrap().to_owned();
        House { code: files.into_iter().map(|(_, path, text)| (module(&path), code(text))).collect() }
    }

    fn children(&self, module: &str) -> Vec<String> {
        let child = |other: &String| other.strip_prefix(module)?.strip_prefix("::").map(str::to_owned);
        self.code.keys().filter_map(child).filter(|name| !name.contains("::")).collect()
    }

    /// The absolute path of what a module names.
    fn absolute(module: &str, path: &str) -> String {
        let mut at: Vec<&str> = module.split("::").collect();
        let mut words = path.split("::").peekable();
        match words.peek() {
            Some(&"crate") => {
                words.next();
                at.clear();
            }
            Some(&"super") => {}
            _ => return format!("{module}::{path}"),
        }
        while words.next_if(|word| *word == "super").is_some() {
            at.pop();
        }
        at.extend(words);
        at.join("::")
    }

    /// The file that an absolute path leads to.
    fn file(&self, path: &str) -> Option<String> {
        let mut module = path;
        while !self.code.contains_key(module) {
            module = module.rsplit_once("::")?.0;
        }
        let item = path[module.len()..].trim_start_matches("::").split("::").next().unwrap();
        let children = self.children(module);
        let passed_on = paths(&self.code[module], &children, true).into_iter().find(|own| {
            !item.is_empty()
                && own.rsplit("::").next() == Some(item)
                && !own.starts_with("crate")
                && !own.starts_with("super")
        });
        match passed_on {
            Some(own) => self.file(&format!("{module}::{own}")),
            None => Some(module.to_owned()),
        }
    }

    fn arrows(&self) -> BTreeMap<String, BTreeSet<String>> {
        let of = |module: &String, code: &String| {
            let named = paths(code, &self.children(module), false).into_iter();
            let named = named.filter_map(|path| self.file(&House::absolute(module, &path)));
            named.filter(|other| other != module).collect()
        };
        self.code.iter().map(|(module, code)| (module.clone(), of(module, code))).collect()
    }
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    let arrows = House::read().arrows();
    assert!(arrows.values().map(BTreeSet::len).sum::<usize>() > 300, "the test no longer sees the code");
    // What can be reached from each file: itself, in a circle.
    let mut circle = Vec::new();
    for start in arrows.keys() {
        let (mut seen, mut next) = (BTreeSet::new(), vec![start]);
        while let Some(file) = next.pop() {
            next.extend(arrows[file].iter().filter(|other| seen.insert((*other).clone())));
        }
        circle.extend(seen.contains(start).then_some(start));
    }
    let tied = |file: &&String| {
        format!("{file} -> {:?}", arrows[*file].iter().filter(|to| circle.contains(to)).collect::<Vec<_>>())
    };
    assert!(circle.is_empty(), "files in a circle:\n{}", circle.iter().map(tied).collect::<Vec<_>>().join("\n"));
}

/// Packages of the library without features, by name.
const BARE: &str = include_str!("snapshots/bare_library.txt");

/// What the bare library takes is known: a package more is a decision, not an accident.
#[test]
fn the_bare_library_takes_these_packages_and_no_other() {
    let tree = ["tree", "--no-default-features", "-e", "normal", "--target", "all", "--prefix", "none"];
    let told = |more: &[&str]| Command::new(env!("CARGO")).args(tree).args(more).output().unwrap();
    // A build has brought the packages of its own platform alone, and those of others may have to be fetched.
    let offline = told(&["--offline"]);
    let output = if offline.status.success() { offline } else { told(&[]) };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let names: BTreeSet<&str> = text.lines().filter_map(|line| line.split(' ').next()).collect();
    assert_eq!(names.into_iter().collect::<Vec<_>>(), BARE.lines().collect::<Vec<_>>());
}
