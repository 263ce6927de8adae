//! The layers of the crate: a module uses those below it and never those above or beside it.
#![allow(missing_docs)]

use std::fs;
use std::path::Path;

/// From the top. Modules of one row do not know each other.
const LAYERS: &[&[&str]] = &[
    &["main"],
    &["cli"],
    &["campaign", "report"],
    &["solve"],
    &["scenario"],
    &["statistics"],
    &["trajectory", "lindblad"],
    &["theory"],
    &["quantity", "initial"],
    &["model"],
    &["dicke"],
    &["circuit"],
    &["bath", "units", "random"],
    &["rounded"],
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
