//! Results that somebody or something has altered: they are told from what was written, made again from the parts, and
//! never taken for more than text.

use std::collections::HashMap;
use std::fs;
use std::fs::File;
use std::path::Path;
use std::process::Output;

use superjump::results::Summary;
use superjump::table::{Field, Kind, TableWriter, Values};

use crate::place::{Place, parts, refused, success};
use crate::report::{browser, opened};

const SCENARIO: &str = "title = \"to be damaged\"
[qubits]
number = 2
[[bath]]
name = \"b\"
coupling = \"collective\"
rate = 1.0
temperature = 1.0
[initial]
state = \"ground\"
[evolution]
until = 1.0
samples = 4
trajectories = 20
";

const TABLES: [&str; 3] = ["series.parquet", "trajectories.parquet", "summary.parquet"];

/// What a terminal would act on, and a page.
const HOSTILE: &str = "{\"title\": \"\u{1b}[2J<script>document.title='pwned'</script>\"}";

/// What may happen to a file.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Damage {
    CutShort,
    Emptied,
    BitFlipped(usize),
    Removed,
    Replaced,
}

const DAMAGES: [Damage; 7] = [
    Damage::CutShort,
    Damage::Emptied,
    Damage::BitFlipped(0),
    Damage::BitFlipped(1),
    Damage::BitFlipped(2),
    Damage::Removed,
    Damage::Replaced,
];

impl Damage {
    fn inflict(self, path: &Path) {
        let mut bytes = fs::read(path).unwrap();
        match self {
            Damage::CutShort => bytes.truncate(bytes.len() / 2),
            Damage::Emptied => bytes.clear(),
            Damage::BitFlipped(third) => {
                let place = (2 * third + 1) * bytes.len() / 6;
                bytes[place] ^= 1;
            }
            Damage::Removed => return fs::remove_file(path).unwrap(),
            Damage::Replaced => bytes = HOSTILE.into(),
        }
        fs::write(path, bytes).unwrap();
    }
}

/// Asserts that a program ended by itself, and told the terminal nothing but text.
fn sane(output: &Output) -> String {
    let said = String::from_utf8_lossy(&[&output.stdout[..], &output.stderr].concat()).into_owned();
    assert!(matches!(output.status.code(), Some(0..=2)), "{:?}: {said}", output.status);
    assert!(!said.chars().any(|c| c.is_control() && c != '\n' && c != '\t'), "{said:?}");
    assert!(!said.contains("panicked"), "{said}");
    said
}

/// Every file of a folder of results, damaged in every way: it is noticed, and made again to the same bits by the command
/// that made it, from parts that nobody touches.
#[test]
fn whatever_is_damaged_is_noticed_and_made_again_from_the_parts() {
    let place = Place::new("s.toml", SCENARIO, &["--no-progress", "--no-report"]);
    success(&place.run("out", &[]));
    let out = place.path("out");
    let points = |folder: &Path| Summary::read(folder).unwrap().unwrap().points;
    let reference = (TABLES.map(|table| fs::read(out.join(table)).unwrap()), points(&out));
    let kept = parts(&out);
    let mut cases = 0;
    for file in [&TABLES[..], &["summary.json", "SHA256SUMS", "parts/campaign.json"]].concat() {
        for damage in DAMAGES {
            damage.inflict(&out.join(file));
            let case = format!("{file}: {damage:?}");
            let status = sane(&place.command(&["status", "out"]).output().unwrap());
            assert!(!status.contains("results: complete") || file.starts_with("parts/"), "{case}: {status}");
            let compared = place.command(&["compare", "out", "out"]).output().unwrap();
            sane(&compared);
            assert!(file != "summary.json" || compared.status.code() == Some(2), "{case}");
            // What is damaged is not drawn; figures take their time, and so a page of each file is enough.
            if damage == Damage::Replaced {
                let drawn = sane(&place.command(&["report", "out"]).output().unwrap());
                let page = fs::read_to_string(out.join("report.html")).unwrap();
                assert!(!page.contains("pwned") && drawn.contains("Drawn:"), "{case}");
                let matters = file != "summary.parquet" && !file.starts_with("parts/");
                assert!(!matters || drawn.contains(file), "{case}: {drawn}");
            }
            let again = place.run("out", &[]);
            let said = sane(&again);
            assert!(again.status.success() && !said.contains("error"), "{case}: {said}");
            let whole = file.starts_with("parts/");
            assert_eq!(said.contains("Complete already"), whole, "{case}: {said}");
            // Without a summary there are no results yet, and nothing to be said of them.
            let silent = damage == Damage::Removed && file == "summary.json";
            assert!(said.contains("note: ") || silent, "{case}: {said}");
            for (table, bytes) in TABLES.iter().zip(&reference.0) {
                assert!(fs::read(out.join(table)).unwrap() == *bytes, "{case}: {table} is not what it was");
            }
            assert_eq!(points(&out), reference.1, "{case}");
            assert_eq!(parts(&out), kept, "{case}");
            assert!(place.say(&["status", "out"]).contains("results: complete"), "{case}");
            cases += 1;
        }
    }
    assert_eq!(cases, 6 * DAMAGES.len());
}

/// Results that were solved have no parts: the checksums say whose they are, and they are solved again.
#[test]
fn what_was_solved_is_solved_again_where_it_is_damaged() {
    let place = Place::new("s.toml", SCENARIO, &[]);
    let exact = |more: &[&str]| {
        let arguments = [&["exact", "s.toml", "-o", "out", "--no-progress", "--no-report"], more].concat();
        place.command(&arguments).output().unwrap()
    };
    success(&exact(&[]));
    let series = fs::read(place.path("out/series.parquet")).unwrap();
    for file in ["summary.json", "series.parquet", "summary.parquet", "SHA256SUMS"] {
        for damage in DAMAGES {
            damage.inflict(&place.path("out").join(file));
            let other = exact(&["--set", "qubits.number=3"]);
            // What is of another scenario stays.
            refused(&other, 2, &["holds other results", "give another folder with -o"]);
            let again = exact(&[]);
            let said = sane(&again);
            assert!(again.status.success() && !said.contains("Complete already"), "{file}: {damage:?}: {said}");
            assert!(fs::read(place.path("out/series.parquet")).unwrap() == series, "{file}: {damage:?}");
            assert!(success(&exact(&[])).contains("Complete already"), "{file}: {damage:?}");
        }
    }
    // Where nothing is left that says whose they are, they are not overwritten.
    for file in ["summary.json", "SHA256SUMS"] {
        fs::write(place.path("out").join(file), "?").unwrap();
    }
    refused(&exact(&[]), 2, &["nothing else says whose they are", "give another folder"]);
}

fn table(path: &Path, columns: Vec<(&str, Kind, Values)>) {
    let (fields, values) = columns.into_iter().map(|(name, kind, values)| (Field::new(name, kind), values)).unzip();
    let mut writer = TableWriter::new(File::create(path).unwrap(), fields, &[]).unwrap();
    writer.write(values).unwrap();
    writer.finish().unwrap();
}

/// Words that would be more than words to a page, a drawing, a file system or a terminal.
const WORDS: [&str; 6] = [
    "../../evil",
    "/tmp/superjump-evil",
    "</script><script>document.title='pwned'</script>",
    "\"><img src=x onerror=\"document.title='pwned'\">",
    "'\u{1b}]0;pwned\u{7}\u{0}\u{202e}&lt;",
    "_{<b>}^{\u{9b}31m}",
];

/// Curves of these names, in every column that has words.
fn hostile_curves(path: &Path, name: &str, argument: &str, value: &str) {
    let rows: Vec<(&str, u32)> = WORDS.iter().flat_map(|word| (0..4).map(move |row| (*word, row))).collect();
    let words = || Values::words(rows.iter().map(|(word, _)| *word));
    let numbers = |of: fn(u32) -> f64| Values::numbers(rows.iter().map(|(_, row)| of(*row)));
    let points = Values::integers(rows.iter().map(|_| 0));
    let columns = vec![
        ("point", Kind::Integer, points),
        (name, Kind::Word, words()),
        ("bath", Kind::Word, words()),
        ("other_bath", Kind::Word, words()),
        ("unit", Kind::Word, words()),
        (argument, Kind::Number, numbers(f64::from)),
        (value, Kind::Number, numbers(|row| f64::from(row * row))),
        ("std_error", Kind::Number, numbers(|_| f64::INFINITY)),
        ("exact", Kind::Number, numbers(|row| if row == 0 { f64::NAN } else { 1e308 })),
    ];
    table(path, columns);
}

fn files(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// A summary in which every word is hostile.
fn hostile_summary(word: &str) -> String {
    let quantity = |value: f64| {
        serde_json::json!({ "quantity": word, "bath": word, "estimate": value, "std_error": 1e300, "exact": -1e300,
            "z": -1e300, "unit": word })
    };
    let point = |index: usize| {
        serde_json::json!({ "index": index, "parameters": { "qubits.number": index + 1, word: word },
            "baths": [{ "name": word, "coupling": word, "down": 1.0 }], "engine": word, "trajectories": 3, "time": 1.0,
            "stopped_because": word, "exact_missing": word, "exact_refused": [word], "std_error_missing": [word],
            "steady": { "missing": [word], "refused": [word] }, "quantities": [quantity(1.0), quantity(index as f64)] })
    };
    let summary = serde_json::json!({ "scenario": word, "title": word, "kind": word, "version": word, "units": word,
        "timing": { "seconds": 1e300, "threads": 2 }, "points": [point(0), point(1), point(2)],
        "scenario_text": format!("# --set {word}\n[figure.a]\nquantity = \"jz\"\n") });
    summary.to_string()
}

#[test]
fn hostile_words_are_words_on_the_page_in_files_and_on_the_terminal() {
    let place = Place::new("s.toml", SCENARIO, &[]);
    let out = place.path("out");
    fs::create_dir(&out).unwrap();
    for word in WORDS {
        fs::write(out.join("summary.json"), hostile_summary(word)).unwrap();
        hostile_curves(&out.join("series.parquet"), "quantity", "time", "mean");
        hostile_curves(&out.join("noise.parquet"), "statistic", "argument", "estimate");
        sane(&place.command(&["compare", "out", "out"]).output().unwrap());
        let drawn = place.command(&["report", "out"]).output().unwrap();
        assert!(sane(&drawn).contains("Drawn:") && drawn.status.success(), "{word}");
        // Nothing outside, and nothing but plain names inside.
        assert_eq!(files(&place.path("")), ["out", "s.toml"], "{word}");
        let plain = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
        assert!(files(&out.join("figures")).iter().all(|name| name.chars().all(plain)), "{word}");
        let figures: Vec<String> = files(&out.join("figures")).into_iter().filter(|n| n.ends_with(".svg")).collect();
        assert!(figures.len() >= WORDS.len(), "{figures:?}");
        for name in figures {
            let svg = fs::read_to_string(out.join("figures").join(&name)).unwrap();
            let tree = roxmltree::Document::parse(&svg).unwrap_or_else(|e| panic!("{word}: {name}: {e}"));
            let known = ["svg", "title", "desc", "rect", "clipPath", "g", "path", "line", "text", "tspan", "circle"];
            let foreign =
                tree.descendants().filter(|n| n.is_element() && !known.contains(&n.tag_name().name())).count();
            assert_eq!(foreign, 0, "{word}: {name}");
        }
    }
    // All of them at once, in a real browser: none of them has run, or made an element.
    let Some(browser) = browser() else { return };
    fs::write(out.join("summary.json"), hostile_summary(&WORDS.join(" "))).unwrap();
    success(&place.command(&["report", "out"]).output().unwrap());
    let probe = "<script>document.body.dataset.seen = [document.title.includes('../../evil'),\
        document.querySelectorAll('img, b, [onerror]').length, document.querySelectorAll('script:not([type])').length,\
        document.querySelectorAll('.plot svg').length].join(' ')</script></body>";
    let page = fs::read_to_string(out.join("report.html")).unwrap().replace("</body>", probe);
    let dom = opened(&browser, &place.path(""), &page);
    let seen = dom.split("data-seen=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default();
    let drawn = files(&out.join("figures")).iter().filter(|name| name.ends_with(".svg")).count();
    // The scripts are the page's and this one.
    assert_eq!(seen, format!("true 0 2 {drawn}"), "{}", &dom[..dom.len().min(500)]);
}

#[test]
fn status_of_a_campaign_of_nothing_and_of_hostile_words() {
    let place = Place::new("s.toml", SCENARIO, &[]);
    fs::create_dir_all(place.path("out/parts")).unwrap();
    let campaign = |points: &str| {
        let word = WORDS.concat().replace('\\', "");
        let text = HashMap::from([("scenario", &word), ("title", &word), ("version", &word), ("text", &word)]);
        let words = serde_json::to_string(&text).unwrap();
        let rest = format!(",\"seed\":1,\"recorded\":null,\"overrides\":[],\"points\":[{points}]}}");
        words.trim_end_matches('}').to_owned() + &rest
    };
    let path = place.path("out/parts/campaign.json");
    fs::write(&path, campaign("")).unwrap();
    let said = sane(&place.command(&["status", "out"]).output().unwrap());
    assert!(said.contains("100.0 %: 0 of 0 trajectories") && said.contains("results: none yet"), "{said}");
    assert!(said.contains("\\u{1b}]0;pwned"), "{said}");
    // As many as there are numbers for.
    let most = format!("{{\"id\":\"x\",\"seed\":1,\"trajectories\":{},\"parameters\":{{\"\\u001b\":1}}}}", u64::MAX);
    fs::write(&path, campaign(&format!("{most},{most}"))).unwrap();
    sane(&place.command(&["status", "out"]).output().unwrap());
    let word = "{\"process\":1,\"host\":\"\\u001b[2J\",\"shard\":\"1/2\",\"threads\":1,\"updated\":0,\"state\":\"done\",\
        \"progress\":{\"trajectories\":1,\"of\":2,\"jumps\":3,\"seconds\":1.0,\"seconds_left\":null,\"points\":0,\"point\":0,\
        \"current\":null,\"watched\":[\"\\u001b\",\"\"]}}";
    fs::write(place.path("out/parts/run.status.json"), word).unwrap();
    assert!(sane(&place.command(&["status", "out"]).output().unwrap()).contains("\\u{1b}[2J"));
    // Names of files and words of the command line.
    for arguments in
        [["status", "no\u{1b}[2J"], ["report", "no\u{1b}[2J"], ["check", "no\u{1b}[2J"], ["no\u{1b}[2J", "x"]]
    {
        let output = place.command(&arguments).output().unwrap();
        assert!(sane(&output).contains("no"), "{arguments:?}");
        assert_eq!(output.status.code(), Some(2));
    }
}
