//! The report: figures that are valid, a page that is whole, and folders that are not.

use std::fs;
use std::path::Path;
use std::process::Command as Process;

use crate::place::superjump;
use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;
use tempfile::TempDir;

const BURST: &str = "title = \"A burst with <angle> & ampersand\"
[qubits]
number = 6
[[bath]]
name = \"cavity\"
coupling = \"collective\"
rate = 1.0
temperature = 0.0
[[bath]]
name = \"loss\"
coupling = \"local\"
down = 0.5
[initial]
state = \"inverted\"
[evolution]
until = 3.0
samples = 31
trajectories = 400
[record]
jumps = true
photons = 6
";

/// A folder with the results of a scenario in `out`.
fn ran(verb: &str, text: &str) -> TempDir {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("burst.toml"), text).unwrap();
    superjump(folder.path()).args([verb, "burst.toml", "-o", "out"]).assert().success();
    folder
}

fn figures(folder: &TempDir, end: &str) -> Vec<String> {
    let names = fs::read_dir(folder.path().join("out/figures")).unwrap().map(|e| e.unwrap().file_name());
    let mut stems: Vec<String> =
        names.filter_map(|n| n.into_string().ok()?.strip_suffix(end).map(str::to_owned)).collect();
    stems.sort();
    stems
}

#[test]
fn a_run_ends_with_figures_that_are_xml_and_images_and_a_page() {
    let folder = ran("run", BURST);
    let names = figures(&folder, ".svg");
    assert_eq!(names, figures(&folder, ".png"));
    assert_eq!(names, figures(&folder, ".pdf"));
    for wanted in ["bursts", "paths", "photons", "peak_times", "telegraph", "quanta", "heat_current_time", "jz_time"] {
        assert!(names.iter().any(|name| name == wanted), "no {wanted} among {names:?}");
    }
    for name in &names {
        let path = |end: &str| folder.path().join(format!("out/figures/{name}.{end}"));
        let svg = fs::read_to_string(path("svg")).unwrap();
        let tree = roxmltree::Document::parse(&svg).unwrap_or_else(|e| panic!("{name}: {e}"));
        let numbers = tree.descendants().flat_map(|node| node.attributes()).map(|attribute| attribute.value());
        assert!(numbers.clone().count() > 50);
        for value in numbers {
            assert!(!value.contains("NaN") && !value.contains("inf"), "{name}: {value}");
        }
        let image = fs::read(path("png")).unwrap();
        assert_eq!(&image[1..4], b"PNG");
        // Not a blank sheet: letters and lines take room.
        assert!(image.len() > 5000, "{name} has {} bytes", image.len());
        let document = fs::read(path("pdf")).unwrap();
        assert!(document.starts_with(b"%PDF-") && document.len() > 3000, "{name} has {} bytes", document.len());
    }
    let page = fs::read_to_string(folder.path().join("out/report.html")).unwrap();
    assert!(page.contains("A burst with &lt;angle&gt; &amp; ampersand"));
    for name in &names {
        assert!(page.contains(&format!("<figure id=\"{name}\">")), "{name} is not on the page");
        assert!(page.contains(&format!("href=\"figures/{name}.pdf\"")), "the page does not offer {name}.pdf");
    }
}

#[test]
fn the_page_says_why_a_value_is_left_out() {
    let folder = TempDir::new().unwrap();
    let text = "title = \"dark\"\n[qubits]\nnumber = 1\n[[bath]]\nname = \"b\"\ncoupling = \"collective\"\nrate = 1.0\n\
        temperature = 0.0\n[initial]\nstate = \"inverted\"\n[steady]\nabsolute_error = 0.01\n[noise]\n";
    fs::write(folder.path().join("dark.toml"), text).unwrap();
    superjump(folder.path()).args(["run", "dark.toml", "-o", "out"]).assert().success();
    let page = fs::read_to_string(folder.path().join("out/report.html")).unwrap();
    for wanted in [
        "Steady state from trajectories (because of [steady])",
        "<summary>Estimates left out</summary><ul><li>bath b: ",
        "0 quanta exchanged with the bath (50 are needed)",
        "<summary>Exact values left out</summary><ul><li>fano (b): ",
    ] {
        assert!(page.contains(wanted), "no {wanted}");
    }
    assert!(!page.contains("<summary>Missing</summary>"));
}

#[test]
fn the_page_asks_nothing_of_the_network() {
    let folder = ran("run", BURST);
    let page = fs::read_to_string(folder.path().join("out/report.html")).unwrap();
    let elsewhere = page.replace("http://www.w3.org/2000/svg", "");
    for scheme in ["http:", "https:", "//cdn", "url(http", "@import", "<link rel=\"stylesheet\""] {
        assert!(!elsewhere.contains(scheme), "{scheme}");
    }
    assert!(page.contains("default-src 'none'"));
}

#[test]
fn drawing_again_gives_the_same_bytes_and_removes_what_is_no_longer_drawn() {
    let folder = ran("run", BURST);
    let svg = folder.path().join("out/figures/bursts.svg");
    let before = ["svg", "pdf", "png"].map(|end| fs::read(svg.with_extension(end)).unwrap());
    fs::write(folder.path().join("out/figures/mine.svg"), "<svg/>").unwrap();
    superjump(folder.path()).args(["report", "out"]).assert().success().stdout(contains("report.html"));
    assert!(["svg", "pdf", "png"].map(|end| fs::read(svg.with_extension(end)).unwrap()) == before);
    // Without jumps there are no single trajectories to draw.
    fs::remove_file(folder.path().join("out/jumps.parquet")).unwrap();
    superjump(folder.path()).args(["report", "out"]).assert().success();
    assert!(["svg", "pdf", "png"].iter().all(|end| !svg.with_extension(end).exists()));
    assert!(folder.path().join("out/figures/mine.svg").exists(), "the file of someone else is gone");
}

#[test]
fn no_report_draws_nothing() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("burst.toml"), BURST).unwrap();
    superjump(folder.path()).args(["run", "burst.toml", "-o", "out", "--no-report"]).assert().success();
    assert!(!folder.path().join("out/figures").exists() && !folder.path().join("out/report.html").exists());
}

#[test]
fn figure_tables_choose_axes_and_series() {
    let asked = "[figure.mine]\nquantity = \"heat_current\"\nagainst = \"1/bath.cavity.temperature\"\ncurves = \"qubits.number/2\"\n\
                 over = \"J\"\nlog = [\"y\"]\nreferences = [\"independent\"]\n";
    let sweep = "[sweep]\n\"qubits.number\" = [2, 4, 6]\n\"bath.cavity.temperature\" = [0.5, 1.0, 2.0]\n";
    let text = BURST
        .replace("temperature = 0.0", "temperature = 1.0")
        .replace("[record]\njumps = true\nphotons = 6\n", &format!("{asked}[steady]\n{sweep}"))
        .replace("name = \"loss\"", "name = \"cold\"")
        .replace("coupling = \"local\"\ndown = 0.5", "coupling = \"collective\"\nrate = 1.0\ntemperature = 0.3");
    let folder = ran("exact", &text);
    assert_eq!(figures(&folder, ".svg"), ["mine"]);
    let svg = fs::read_to_string(folder.path().join("out/figures/mine.svg")).unwrap();
    let tree = roxmltree::Document::parse(&svg).unwrap();
    let texts: Vec<String> = tree
        .descendants()
        .filter(|n| n.has_tag_name("text"))
        .map(|n| n.descendants().filter_map(|t| if t.is_text() { t.text() } else { None }).collect())
        .collect();
    // The page has the lines and markers of the drawing in its legend.
    let page = fs::read_to_string(folder.path().join("out/report.html")).unwrap();
    let legend = page.split("<div class=\"legend\">").nth(1).unwrap().split("</div>").next().unwrap();
    for form in ["<circle", "Z\" fill", "stroke-dasharray=\"2 3\""] {
        assert!(legend.contains(form), "no {form} in {legend}");
    }
    for wanted in
        ["T0/Tcavity", "J = 1", "J = 2", "J = 3", "independent qubits", "heat current, cavity bath", "/ J (ħω₀²)"]
    {
        assert!(texts.iter().any(|t| t == wanted), "no {wanted} among {texts:?}");
    }
    // Another file may choose other figures of the same results, of what there is.
    let other = text.replace("figure.mine", "figure.other").replace("\"heat_current\"", "\"beauty\"");
    fs::write(folder.path().join("other.toml"), other).unwrap();
    let report = superjump(folder.path()).args(["report", "out", "--figures", "other.toml"]).assert().code(2);
    report.stderr(contains("`figure.other.quantity` is \"beauty\""));
}

/// (width of the drawing in points, size of its letters in points, height).
fn in_print(folder: &TempDir, name: &str) -> (f64, f64, f64) {
    let svg = fs::read_to_string(folder.path().join(format!("out/figures/{name}.svg"))).unwrap();
    let tree = roxmltree::Document::parse(&svg).unwrap();
    let root = tree.root_element();
    let number = |name: &str| root.attribute(name).unwrap().trim_end_matches("pt").parse::<f64>().unwrap();
    let units: f64 = root.attribute("viewBox").unwrap().split(' ').nth(2).unwrap().parse().unwrap();
    (number("width"), number("font-size") * number("width") / units, number("height"))
}

#[test]
fn figures_are_as_large_as_asked_and_legible_in_a_column() {
    let text = format!("{BURST}[figure.mine]\nquantity = \"jz\"\nagainst = \"time\"\nwidth = \"page\"\nfont = 10.0\n");
    let folder = ran("exact", &text);
    let near = |(width, font, _): (f64, f64, f64), wanted: (f64, f64)| {
        assert!((width - wanted.0).abs() < 0.01 && (font - wanted.1).abs() < 0.01, "{width} {font}");
    };
    near(in_print(&folder, "mine"), (504.0, 10.0));
    let document = fs::read(folder.path().join("out/figures/mine.pdf")).unwrap();
    assert!(String::from_utf8_lossy(&document).contains("/MediaBox [0 0 504 "));
    // The verb is above the tables; a column is what a figure is drawn for where nothing is said.
    superjump(folder.path()).args(["report", "out", "--width", "3.5", "--legend", "inside"]).assert().success();
    near(in_print(&folder, "mine"), (252.0, 10.0));
    fs::write(folder.path().join("plain.toml"), "[figure.mine]\nquantity = \"jz\"\nagainst = \"time\"\n").unwrap();
    superjump(folder.path()).args(["report", "out", "--figures", "plain.toml"]).assert().success();
    near(in_print(&folder, "mine"), (242.64, 8.0));
    for (arguments, said) in [
        (["--width", "wide"], "column, page, double"),
        (["--width", "30"], "from 1 to 20"),
        (["--font", "2"], "from 4 to 24"),
        (["--legend", "left"], "outside or inside"),
    ] {
        superjump(folder.path()).args(["report", "out"]).args(arguments).assert().code(2).stderr(contains(said));
    }
    let letters = ["--font", "20", "--width", "column"];
    let refused = superjump(folder.path()).args(["report", "out"]).args(letters).assert().code(2);
    refused.stderr(contains("is 20: too large for a width of 3.37 in, which takes 16.2"));
    // The tables of another file are checked as those of a scenario are.
    fs::write(folder.path().join("bad.toml"), "[figure.mine]\nquantity = \"jz\"\nwidth = \"wide\"\n").unwrap();
    let refused = superjump(folder.path()).args(["report", "out", "--figures", "bad.toml"]).assert().code(2);
    refused.stderr(contains("bad.toml:3").and(contains("`figure.mine.width` is \"wide\"")));
}

/// The Fano factor of a telegraph signal spans decades, and so do the rates that it is drawn against.
#[test]
fn axes_are_logarithmic_where_the_data_ask() {
    let telegraph = "[qubits]\nnumber = 3\n[[bath]]\nname = \"hot\"\ncoupling = \"collective\"\nrate = 1.0\ntemperature = 2.0\n\
        [[bath]]\nname = \"cold\"\ncoupling = \"collective\"\nrate = 1.0\ntemperature = 0.5\n\
        [[bath]]\nname = \"p\"\ncoupling = \"local\"\nrate = 1.0\ntemperature = 0.5\n[initial]\nstate = \"ground\"\n[steady]\n\
        [sweep]\n\"bath.p.rate\" = [1.0, 1e-2, 1e-4, 1e-6]\n[figure.fano]\nquantity = \"fano\"\nagainst = \"bath.p.rate\"\n";
    for (asked, log) in [("", true), ("log = []\n", false)] {
        let folder = ran("exact", &format!("{telegraph}{asked}"));
        let page = fs::read_to_string(folder.path().join("out/report.html")).unwrap();
        assert_eq!(page.matches("\"log\":true").count(), if log { 2 } else { 0 });
        assert_eq!(page.matches("\"log\":false").count(), if log { 0 } else { 2 });
    }
}

/// A valve that is steady after a hundredth of its time is drawn against the logarithm of time, with its start; what goes
/// on all the time is not.
#[test]
fn a_transient_of_one_pixel_gets_a_logarithmic_time() {
    let axis = |until: &str| {
        let text = BURST.replace("until = 3.0", until).replace("samples = 31", "samples = 201");
        let folder = ran("exact", &text);
        let page = fs::read_to_string(folder.path().join("out/report.html")).unwrap();
        let figure = page.split("<figure id=\"jz_time\">").nth(1).unwrap();
        let data =
            figure.split("<script type=\"application/json\">").nth(1).unwrap().split("</script>").next().unwrap();
        let data: serde_json::Value = serde_json::from_str(data).unwrap();
        (data["x"]["log"] == true, data["x"]["zero"].is_number(), data["series"][0]["points"][0][0].as_f64())
    };
    assert_eq!(axis("until = 300.0"), (true, true, Some(0.0)));
    assert_eq!(axis("until = 3.0"), (false, false, Some(0.0)));
}

/// Sectors and realizations have nothing between them, and sectors of half-integer J alone have half-integer ticks.
#[test]
fn categories_are_not_joined_by_lines() {
    let text = "[qubits]\nnumber = 3\n[[bath]]\nname = \"hot\"\ncoupling = \"collective\"\nrate = 1.0\ntemperature = 2.0\n\
        [[bath]]\nname = \"cold\"\ncoupling = \"collective\"\nrate = 1.0\ntemperature = 0.5\n\
        [[bath]]\nname = \"p\"\ncoupling = \"local\"\nrate = 1e-2\ntemperature = 0.5\n[initial]\nstate = \"ground\"\n\
        [steady]\nrelative_error = 0.2\n[noise]\nwindows = [1.0, 10.0]\n";
    let folder = ran("run", text);
    let svg = fs::read_to_string(folder.path().join("out/figures/sector_probability.svg")).unwrap();
    let drawn: Vec<&str> = svg.split("<g class=\"series\"").skip(1).map(|g| g.split("</g>").next().unwrap()).collect();
    assert_eq!(drawn.len(), 2);
    assert_eq!((drawn[0].matches("h18").count(), drawn[1].matches("<circle").count()), (2, 2), "{drawn:?}");
    assert!(!drawn.concat().contains('L'), "a line in {drawn:?}");
    assert!(svg.contains(">0.5<") && svg.contains(">1.5<") && !svg.contains(">1.0<"), "{svg}");
}

const OTTO: &str = "[qubits]\nnumber = 3\n[[bath]]\nname = \"hot\"\ncoupling = \"collective\"\nrate = 0.0\ntemperature = 5.0\n\
    [[bath]]\nname = \"cold\"\ncoupling = \"collective\"\nrate = 0.0\ntemperature = 1.0\n[initial]\nstate = \"ground\"\n\
    [protocol]\ncycles = \"until steady\"\n[protocol.segment.cooling]\nduration = 2.0\nbath.cold.rate = 0.5\n\
    [protocol.segment.compression]\nduration = 1.0\nfrequency = { to = 2.0, shape = \"cosine\" }\nbath.cold.rate = 0.0\n\
    [protocol.segment.heating]\nduration = 2.0\nbath.hot.rate = 0.5\n[protocol.segment.expansion]\nduration = 1.0\n\
    frequency = 1.5\nbath.hot.rate = 0.0\n[evolution]\nsamples = 61\n[record]\ncycles = false\n";

/// What the page knows of a figure.
fn data(page: &str, name: &str) -> serde_json::Value {
    let figure = page.split(&format!("<figure id=\"{name}\">")).nth(1).unwrap_or_else(|| panic!("no figure {name}"));
    let data = figure.split("<script type=\"application/json\">").nth(1).unwrap();
    serde_json::from_str(data.split("</script>").next().unwrap()).unwrap()
}

/// What is varied stands above what flows, over the phase of the cycle, and the way of the cycle encloses its work: two
/// quenches, from 2 to 1.5 and from there to 1, among it.
#[test]
fn a_protocol_is_drawn_with_what_it_varies_and_its_cycle_encloses_the_work() {
    let folder = ran("exact", OTTO);
    let page = fs::read_to_string(folder.path().join("out/report.html")).unwrap();
    let svg = fs::read_to_string(folder.path().join("out/figures/protocol.svg")).unwrap();
    for name in ["cooling", "compression", "heating", "expansion"] {
        assert!(svg.contains(&format!(">{name}</tspan>")), "no {name}");
    }
    let protocol = data(&page, "protocol");
    assert_eq!(protocol["names"][0], "phase of the cycle (1/ω₀)");
    // The frequency, the rates, the power, heat currents; and the intensities below them.
    let above = protocol["above"].as_array().unwrap();
    let counts: Vec<usize> = above.iter().map(|panel| panel["series"].as_array().unwrap().len()).collect();
    assert_eq!(counts, [1, 2, 1, 2]);
    let highest = above[0]["series"][0]["points"].as_array().unwrap().iter().filter_map(|point| point[1].as_f64());
    assert_eq!(highest.fold(0.0, f64::max), 2.0);
    // In print every second segment is shaded in each of the five panels.
    assert_eq!(svg.matches("class=\"span\"").count(), 10);

    let cycle = data(&page, "cycle");
    let point = |point: &serde_json::Value| (point[0].as_f64().unwrap(), point[1].as_f64().unwrap());
    let strokes = cycle["series"].as_array().unwrap().iter();
    let way: Vec<(f64, f64)> = strokes.flat_map(|stroke| stroke["points"].as_array().unwrap()).map(point).collect();
    assert_eq!((way[0].0, way[way.len() - 1].0), (1.0, 1.0));
    let area: f64 = way.windows(2).map(|ends| 0.5 * (ends[0].1 + ends[1].1) * (ends[1].0 - ends[0].0)).sum();
    let summary = fs::read_to_string(folder.path().join("out/summary.json")).unwrap();
    let summary: serde_json::Value = serde_json::from_str(&summary).unwrap();
    let rows = summary["points"][0]["quantities"].as_array().unwrap();
    let work = rows.iter().find(|row| row["quantity"] == "work").unwrap()["exact"].as_f64().unwrap();
    // The page has seven digits.
    assert!(work < 0.0 && (area / work - 1.0).abs() < 1e-5, "{area} {work}");

    // Once through, segment by segment, in a table; the work on single trajectories and cycle after cycle in figures.
    let times = OTTO.replace("\"until steady\"", "4").replace("samples = 61", "samples = 61\ntrajectories = 200");
    let of_cycles = ran("run", &times);
    let page = fs::read_to_string(of_cycles.path().join("out/report.html")).unwrap();
    assert!(
        page.contains("<summary>Notes</summary><ul><li>exponential_work: the baths are not all at one temperature")
    );
    let table = page.split("<h2>Segments</h2>").nth(1).unwrap().split("</table>").next().unwrap();
    assert!(table.contains("heat, cold (ħω₀)") && table.matches("<tr>").count() == 5, "{table}");
    let names = figures(&of_cycles, ".svg");
    for wanted in ["cycle", "cycles", "protocol", "work", "heat_current_phase", "jz_phase", "work_phase"] {
        assert!(names.iter().any(|name| name == wanted), "no {wanted} among {names:?}");
    }
    assert_eq!(data(&page, "cycles")["names"][0], "cycle");
    assert_eq!(data(&page, "work_phase")["names"][0], "phase of the cycle (1/ω₀)");

    // Where periods differ the phase is a part of them, and what goes together is said once.
    let sweep = "[sweep.zip]\n\"protocol.segment.cooling.duration\" = [1.0, 2.0]\n\"protocol.segment.heating.duration\" = [1.0, 2.0]\n";
    let folder = ran("exact", &format!("{OTTO}{sweep}"));
    let page = fs::read_to_string(folder.path().join("out/report.html")).unwrap();
    let swept = data(&page, "jz_time");
    assert_eq!(swept["names"][0], "phase of the cycle / its period");
    assert_eq!(swept["series"][1]["label"], "τ_cooling = 2");
    let ends =
        swept["series"].as_array().unwrap().iter().map(|series| series["points"].as_array().unwrap().last().unwrap());
    assert!(ends.map(|end| end[0].as_f64().unwrap()).all(|end| (end - 1.0).abs() < 1e-6));
    assert!(figures(&folder, ".svg").contains(&"power_sweep".to_owned()));
}

/// One number by other means is no figure of its own.
#[test]
fn a_steady_sweep_is_drawn_once_for_each_quantity() {
    let valve = "[qubits]\nnumber = 2\n[[bath]]\nname = \"hot\"\ncoupling = \"collective\"\nrate = 1.0\ntemperature = 2.0\n\
                 [[bath]]\nname = \"cold\"\ncoupling = \"collective\"\nrate = 1.0\ntemperature = 0.5\n\
                 [initial]\nstate = \"ground\"\n[steady]\nrelative_error = 0.2\n[sweep]\n\"qubits.number\" = [1, 2]\n";
    let folder = ran("run", valve);
    let names = figures(&folder, ".svg");
    assert!(names.contains(&"heat_current_sweep".to_owned()), "{names:?}");
    for twin in ["interval", "average", "counts", "balance", "controlled"] {
        assert!(!names.iter().any(|name| name.contains(twin)), "{names:?}");
    }
}

#[test]
fn wrong_figure_tables_are_refused_with_their_line() {
    let folder = TempDir::new().unwrap();
    for (table, said) in [
        ("[figure.a]\n", "`figure.a.quantity` is missing"),
        ("[figure.a]\nquantity = \"jz\"\nover = \"K\"\n", "`figure.a.over` is \"K\""),
        ("[figure.a]\nquantity = \"jz\"\nlog = [\"z\"]\n", "`figure.a.log` has \"z\""),
        ("[figure.a]\nquantity = \"jz\"\nreferences = [\"best\"]\n", "independent"),
        ("[figure.a]\nquantity = \"\"\n", "`figure.a.quantity` is \"\""),
        ("[figure.\"../a\"]\nquantity = \"jz\"\n", "letters, digits"),
        ("[figure.a]\nquantity = \"jz\"\nwidth = \"wide\"\n", "`figure.a.width` is \"wide\""),
        ("[figure.a]\nquantity = \"jz\"\nwidth = 0.5\n", "from 1 to 20"),
        ("[figure.a]\nquantity = \"jz\"\nwidth = [1]\n", "`figure.a.width`"),
        ("[figure.a]\nquantity = \"jz\"\nfont = 2.0\n", "`figure.a.font` is 2"),
        ("[figure.a]\nquantity = \"jz\"\nfont = 20.0\n", "too large for a width of 3.37 in"),
        ("[figure.a]\nquantity = \"jz\"\nlegend = \"left\"\n", "`figure.a.legend` is \"left\""),
        ("[figure.a]\nquantity = \"jz\"\ncolour = \"red\"\n", "unknown key `figure.a.colour`"),
    ] {
        fs::write(folder.path().join("bad.toml"), format!("{BURST}{table}")).unwrap();
        let refused = superjump(folder.path()).args(["check", "bad.toml"]).assert().code(2);
        refused.stderr(contains("bad.toml:").and(contains(said)));
    }
}

#[test]
fn an_empty_a_partial_and_a_foreign_folder_are_told_apart() {
    let folder = ran("run", BURST);
    let out = folder.path().join("out");
    superjump(folder.path()).args(["report", "nowhere"]).assert().code(2).stderr(contains("cannot read nowhere"));
    fs::create_dir(folder.path().join("empty")).unwrap();
    superjump(folder.path()).args(["report", "empty"]).assert().code(2).stderr(contains("it is empty"));

    let part = folder.path().join("part");
    fs::create_dir(&part).unwrap();
    fs::write(part.join("notes.txt"), "mine").unwrap();
    superjump(folder.path()).args(["report", "part"]).assert().code(2).stderr(contains("it holds notes.txt"));
    fs::copy(out.join("series.parquet"), part.join("series.parquet")).unwrap();
    fs::write(part.join("trajectories.parquet"), b"PAR1 but no more").unwrap();
    let drawn = superjump(folder.path()).args(["report", "part"]).assert().success();
    drawn.stderr(contains("no summary.json").and(contains("trajectories.parquet cannot be read")));
    assert!(part.join("figures/intensity_time.svg").exists());
    let page = fs::read_to_string(part.join("report.html")).unwrap();
    assert!(page.contains("no summary.json") && page.contains("<figure id=\"intensity_time\">"));

    // Another version: fewer and other keys.
    let summary = "{\"version\": \"9.9.9\", \"title\": \"from afar\", \"points\": [{\"index\": 0, \"beauty\": 1}]}";
    fs::write(part.join("summary.json"), summary).unwrap();
    let drawn = superjump(folder.path()).args(["report", "part"]).assert().success();
    drawn.stderr(contains("results of version 9.9.9"));
    assert!(fs::read_to_string(part.join("report.html")).unwrap().contains("<h1>from afar</h1>"));
}

#[test]
fn two_runs_are_compared_in_standard_errors() {
    let folder = ran("run", BURST);
    superjump(folder.path())
        .args(["run", "burst.toml", "-o", "other", "--seed", "2", "--no-report"])
        .assert()
        .success();
    superjump(folder.path()).args(["exact", "burst.toml", "-o", "exact", "--no-report"]).assert().success();
    let said = superjump(folder.path()).args(["compare", "out", "other"]).assert().success();
    let said = String::from_utf8(said.get_output().stdout.clone()).unwrap();
    // The largest of some dozen differences, in standard errors: 5 is never reached by chance.
    let farthest: f64 = said.rsplit("farthest is at ").next().unwrap().trim().trim_end_matches('.').parse().unwrap();
    assert!(farthest > 0.0 && farthest < 5.0, "{said}");
    assert!(said.contains("sigma") && said.contains("intensity") && !said.contains("photon_time_1"));
    superjump(folder.path()).args(["compare", "out", "exact"]).assert().success().stdout(contains("Only in A"));
    let same = superjump(folder.path()).args(["compare", "exact", "exact"]).assert().success();
    same.stdout(contains("values differ by 0.0e0"));
    superjump(folder.path())
        .args(["compare", "out", "out"])
        .assert()
        .success()
        .stderr(contains("both runs have the seed 1"));
    superjump(folder.path()).args(["compare", "out", "nowhere"]).assert().code(2).stderr(contains("nowhere"));
}

/// A browser, where there is one.
pub fn browser() -> Option<String> {
    let known = ["chromium", "chromium-browser", "google-chrome"].map(str::to_owned);
    let named = std::env::var("SUPERJUMP_BROWSER").ok();
    named.into_iter().chain(known).find(|name| Process::new(name).arg("--version").output().is_ok())
}

/// The page as it stands in a browser after its scripts have run.
pub fn opened(browser: &str, folder: &Path, page: &str) -> String {
    let file = folder.join("opened.html");
    fs::write(&file, page).unwrap();
    let output = Process::new(browser)
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--window-size=400,900",
            "--virtual-time-budget=4000",
            "--dump-dom",
        ])
        .arg(format!("--user-data-dir={}", folder.join("profile").display()))
        .arg(format!("file://{}", file.display()))
        .output()
        .unwrap();
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The title of a page.
fn title(dom: &str) -> &str {
    dom.split("<title>").nth(1).and_then(|rest| rest.split("</title>").next()).unwrap_or_default()
}

/// What the page does in a browser: it is loaded with a script behind its own that hovers and clicks, and says what it saw.
#[test]
fn the_page_works_in_a_browser() {
    let Some(browser) = browser() else {
        eprintln!("no browser (chromium, or $SUPERJUMP_BROWSER): the page was not opened");
        return;
    };
    let folder = ran("run", BURST);
    let page = fs::read_to_string(folder.path().join("out/report.html")).unwrap();
    let before = "<script>window.failed = []; window.onerror = (m) => { window.failed.push(m); };\
        document.addEventListener('securitypolicyviolation', (e) => { window.failed.push(e.violatedDirective); });</script>";
    let after = "<script>\
        const figure = document.querySelector('#intensity_time'), svg = figure.querySelector('svg');\
        const data = JSON.parse(figure.querySelector('script').textContent), last = data.series[0].points[9];\
        const box = svg.getBoundingClientRect(), scale = box.width / svg.viewBox.baseVal.width;\
        const at = (axis, v) => axis.pixels[0] + (axis.pixels[1] - axis.pixels[0]) * (v - axis.ends[0]) / (axis.ends[1] - axis.ends[0]);\
        svg.dispatchEvent(new PointerEvent('pointermove', { clientX: box.left + at(data.x, last[0]) * scale, clientY: box.top + at(data.y, last[1]) * scale }));\
        const tip = figure.querySelector('.tip')?.textContent;\
        figure.querySelector('.legend button').click();\
        const hidden = figure.querySelectorAll('svg .hidden').length;\
        figure.querySelector('.legend button').click();\
        const back = figure.querySelectorAll('svg .hidden').length;\
        document.title = JSON.stringify({ failed: window.failed, tip, hidden, back, time: last[0], value: last[1],\
          wide: document.documentElement.scrollWidth - window.innerWidth, shown: document.querySelectorAll('.plot svg').length });</script>";
    let probed =
        page.replacen("<style>", &format!("{before}<style>"), 1).replace("</body>", &format!("{after}</body>"));
    let dom = opened(&browser, folder.path(), &probed);
    let title = title(&dom);
    let seen: serde_json::Value = serde_json::from_str(title).unwrap_or_else(|e| panic!("{e}: {title}"));
    assert_eq!(seen["failed"], serde_json::json!([]));
    // The tip names the series and the value under the pointer, to five digits.
    let tip = seen["tip"].as_str().unwrap();
    let shown: f64 = tip.split('→').nth(1).unwrap().split('±').next().unwrap().trim().parse().unwrap();
    let value = seen["value"].as_f64().unwrap();
    assert!(tip.starts_with("cavity") && (shown - value).abs() <= 1e-4 * value.abs(), "{tip}: {value}");
    assert!(seen["hidden"].as_u64() >= Some(1) && seen["back"] == 0, "{seen}");
    assert!(seen["wide"].as_i64() <= Some(0), "the page is wider than the screen: {seen}");
    assert_eq!(seen["shown"].as_u64().unwrap() as usize, figures(&folder, ".svg").len());
}
