//! What people read, held word by word: help, the table of a run, the reference of scenario keys. Where a change is meant,
//! `UPDATE_SNAPSHOTS=1 cargo test --release --test program words` writes the files anew.

use std::fs;
use std::path::Path;

use crate::place::{success, superjump};
use tempfile::TempDir;

/// What the program says, in a folder.
fn said(folder: &Path, arguments: &[&str]) -> String {
    success(&superjump(folder).args(arguments).output().unwrap())
}

/// Compares a text with a file of the repository, or writes the file.
fn hold(path: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
    }
    let held = fs::read_to_string(&path).unwrap_or_default();
    assert!(held == text, "{} differs; what is said now:\n{text}", path.display());
}

#[test]
fn help() {
    let here = TempDir::new().unwrap();
    for verb in ["", "run", "exact", "report", "compare"] {
        let arguments: Vec<&str> = [verb, "--help"].into_iter().filter(|a| !a.is_empty()).collect();
        let name = if verb.is_empty() { "superjump" } else { verb };
        hold(&format!("tests/snapshots/help_{name}.txt"), &said(here.path(), &arguments));
    }
}

#[test]
fn the_table_of_a_run_and_of_a_sweep() {
    let here = TempDir::new().unwrap();
    let scenario = "title = \"small\"\n[qubits]\nnumber = 3\n[[bath]]\nname = \"hot\"\ncoupling = \"collective\"\nrate = 1.0\n\
        temperature = 2.0\n[initial]\nstate = \"ground\"\n[evolution]\nuntil = 2.0\nsamples = 5\ntrajectories = 3000\n";
    fs::write(here.path().join("small.toml"), scenario).unwrap();
    // The time it took is not a function of the scenario.
    let steady =
        |text: String| text.lines().filter(|line| !line.contains(" jumps in ")).collect::<Vec<_>>().join("\n") + "\n";
    let one = said(here.path(), &["run", "small.toml", "-o", "one", "--threads", "2"]);
    let sweep = ["run", "small.toml", "-o", "sweep", "--set", "sweep.qubits.number=[1, 2, 3]", "--no-report"];
    hold("tests/snapshots/table.txt", &steady(one + &said(here.path(), &sweep)));
}

#[test]
fn the_reference_of_keys_is_what_the_program_reads() {
    let here = TempDir::new().unwrap();
    let introduction = "# The scenario file\n\n\
        A scenario is a TOML file; `superjump scenarios` lists those that ship, each with comments. Keys that are\n\
        unknown, missing or out of range are refused, all at once, each with its line and what is allowed. `*` stands for the name\n\
        of a bath, an ensemble, a mode, a jump or a figure: `[sweep]` and `--set` write `bath.hot.rate`, with quotes or without, the file itself `[[bath]]`\n\
        with `name = \"hot\"`. A whole number may be typed as 1e3 or 20.0. `superjump schema` prints the same for editors. Rates,\n\
        times, temperatures and frequencies end at 1e100: larger numbers are slips, and of likelier ones `superjump check` warns.\n\n\
        The table is printed by the program (`superjump schema --markdown`) from the types that read the file; a test holds the\n\
        two together.\n\n";
    let keys = said(here.path(), &["schema", "--markdown"]);
    hold("docs/scenario.md", &format!("{introduction}{keys}\n{ENSEMBLES}\n{PROTOCOLS}"));
}

/// Where what the table says of ensembles is explained.
const ENSEMBLES: &str = "## Ensembles, modes and operators

`[[ensemble]]` and `[[mode]]` stand in place of `[qubits]`: they share baths and a Hamiltonian, and live in one state, while
`[[qubits.group]]` are independent of each other. [operators.md](operators.md) says how they are written, and what an operator
may be.
";

/// What no table of keys says.
const PROTOCOLS: &str = "## Protocols

A `[protocol]` is made of segments, in the order of the file. Each has a `duration` and says what changes in it:

```toml
[protocol]
cycles = 20                                        # or \"until steady\"; once, if left out

[protocol.segment.cooling]
duration = 5.0
bath.hot.rate = 0.0                                # a number stays

[protocol.segment.compression]
duration = 1.0
frequency = { to = 2.0, shape = \"cosine\" }        # a ramp, from where it is; `from` says otherwise
bath.cold.rate = 0.0

[protocol.segment.heating]
duration = 5.0
bath.hot.rate = { table = [[0.0, 0.0], [1.0, 0.8], [5.0, 1.0]] }     # linear between

[protocol.segment.expansion]
duration = 1.0
frequency = { to = 1.0, shape = \"cosine\" }
bath.hot.rate = 0.0
```

- **What is set stays** until another segment sets it, at the value that it ended with. A ramp without `from` begins
  there. What no segment has set yet has the value of the scenario, and so it is at the start of every cycle.
- **Where it begins.** The first segment begins at the frequency of the qubits, or the work of that quench would be in no
  account. Everywhere else a frequency that jumps is a quench, and its work counts; in cycles so is the return to the
  start, where the last segment does not lead there. The initial state is of the qubits and baths as they are at the start
  of the protocol: `\"thermal\"` at that frequency, `\"steady\"` between baths as the first segment has them.
- **Baths.** The rate of a bath behind a `filter` is that on resonance, and the line is followed as the frequency changes;
  so it is with a `circuit`, of which the transmon is tuned. A bath has what it was given: `rate` and `temperature`, or
  `down` and `up`; and `dephasing`. `superjump check` warns where the qubits are swept past a filter faster than it
  forgets, |domega/dt| > (omega_LC/Q)^2.
- **A drive** has `amplitude`, `detuning` and `phase`. It begins at those of `[drive]`, or at 0, and goes on through all
  segments that do not set it. A pulse, `{ pulse = \"gaussian\", amplitude = 1.0, centre = 0.5, width = 0.1 }`, is 0 outside of
  itself and leaves nothing behind; with `\"tanh\"`, the way from -1 to 1 of a chirp, the detuning stays where it came to.
  Centres are times since the start of the segment. What is narrower than a millionth of its segment is refused: it takes a
  segment of its own. A drive, or a start that is superposed, is followed by the ladder engine, or, where the qubits have
  `couplings` of their own, by the register. A drive stronger than the frequency is warned of: neither the rotating wave nor
  bare baths hold there.
- **When to look.** `evolution.until` and `times` may be left out: the end of the protocol, beyond which there is nothing.
  With `cycles = \"until steady\"` the limit cycle is asked for: `samples` or `times` are then of one cycle, `until` and
  `trajectories` are budgets, and `[steady]` says how well it has to be known, or may be left out.
- **Sweeps** and `--set` reach every key: `protocol.segment.heating.duration`, `protocol.segment.compression.frequency.to`,
  `protocol.cycles`. A segment that is not in the file is none.
- **Ensembles and modes** have `parameters.NAME`, `ensemble.NAME.frequency`, `mode.NAME.frequency`, `bath.NAME.rate` ... and
  `jump.NAME.rate` ... in place of `frequency` and `drive`: [what changes in time](operators.md#what-changes-in-time). Their
  limit cycle is solved for by `superjump exact`, and not run to.
- **What cannot be.** One group of qubits of one frequency has a protocol, between baths without `quantum`; `[steady]` and
  `[noise]` go with `\"until steady\"` alone, `[noise]` with windows of whole cycles and without `frequencies`, `delays` and
  `passage`, as each phase of a cycle has a spectrum of its own. `superjump check` shows the segments, what they change, and the baths
  at their ends.
";
