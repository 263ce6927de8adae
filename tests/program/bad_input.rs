//! Every wrong input is refused with one message: the place, the key, what is allowed. And nothing ever panics.

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use superjump::scenario::{Overrides, Purpose, Scenario, ScenarioError};

pub const GOOD: &str = "title = \"t\"
units = \"natural\"
[qubits]
number = 8
[[bath]]
name = \"hot\"
coupling = \"collective\"
rate = 1.0
temperature = 3.0
[[bath]]
name = \"loss\"
coupling = \"local\"
down = 0.5
[initial]
state = \"dicke\"
j = 3
m = -1
[evolution]
until = 5.0
samples = 11
trajectories = 10
[sweep]
\"bath.hot.rate\" = [1.0, 2.0]
";

pub fn parse(text: &str) -> Result<Scenario, ScenarioError> {
    Scenario::parse("s", "s.toml", text, Purpose::Trajectories, &Overrides::default())
}

/// (what is replaced, by what, the line of the error, words of the message, words of what is allowed)
const WRONG: &[(&str, &str, usize, &str, &str)] = &[
    ("number = 8", "number = 0", 4, "`qubits.number` is 0", "from 1 to 1000000"),
    ("number = 8", "number = -3", 4, "`qubits.number` is -3", "from 1 to 1000000"),
    ("number = 8", "number = 8.5", 4, "`qubits.number` is 8.5", "a whole number"),
    ("number = 8", "number = 10000001", 4, "`qubits.number` is 10000001", "from 1 to 1000000"),
    ("number = 8", "number = \"8\"", 4, "`qubits.number` is \"8\"", "8 without quotes: a whole number"),
    ("number = 8", "nunber = 8", 4, "unknown key `qubits.nunber`", "`number`, `frequency`"),
    ("number = 8", "", 3, "`qubits.number` is missing", "a whole number"),
    ("number = 8", "number = 8\nfrequency = 0.0", 5, "`qubits.frequency` is 0", "positive"),
    ("[qubits]\nnumber = 8\n", "", 21, "no table [qubits]", "[qubits]"),
    ("[qubits]", "[qbits]", 3, "unknown key `qbits`", "`qubits`"),
    ("\"natural\"", "\"imperial\"", 2, "`units` is \"imperial\"", "\"natural\""),
    ("down = 0.5", "down = -1.0", 13, "`bath.loss.down` is -1", "from 0 up"),
    ("down = 0.5", "down = inf", 13, "`bath.loss.down` is inf", "from 0 up"),
    ("down = 0.5", "down = 0.5\ndephasing = nan", 14, "`bath.loss.dephasing` is NaN", "from 0 up"),
    ("down = 0.5", "down = 0.5\nquantum = 0.0", 14, "`bath.loss.quantum` is 0", "a positive, finite frequency"),
    ("down = 0.5", "down = 0.5\nquantum = -1", 14, "`bath.loss.quantum` is -1", "a positive, finite frequency"),
    ("down = 0.5", "down = 0.5\nquantum = inf", 14, "`bath.loss.quantum` is inf", "a positive, finite frequency"),
    ("down = 0.5", "down = 0.5\nquantum = \"1\"", 14, "`bath.loss.quantum` is \"1\"", "without quotes"),
    (
        "down = 0.5",
        "dephasing = 0.5\nquantum = 1.2",
        14,
        "bath \"loss\" has a `quantum`, and exchanges none",
        "beside `rate`",
    ),
    ("rate = 1.0", "rate = 1.0\nsideband = 1.2", 9, "unknown key `bath.hot.sideband`", "`quantum`"),
    // The bad value is in the sweep: the error points there, not at the key it replaces.
    ("[1.0, 2.0]", "[1.0, inf]", 23, "`bath.hot.rate` is inf", "from 0 up"),
    ("[1.0, 2.0]", "[1.0, nan]", 23, "`bath.hot.rate` is NaN", "from 0 up"),
    ("[1.0, 2.0]", "[]", 23, "empty list", "at least one"),
    ("[1.0, 2.0]", "2.0", 23, "not a list", "a list"),
    ("[1.0, 2.0]", "{ linspace = [1.0, 2.0] }", 23, "first, last and how many", "linspace"),
    ("[1.0, 2.0]", "{ linspace = [1.0, 2.0, 1] }", 23, "cannot be spaced", "from 2 to"),
    ("[1.0, 2.0]", "{ linspace = [1.0, inf, 3] }", 23, "no finite number", "finite ends"),
    ("[1.0, 2.0]", "{ linspace = [1.0, \"a\", 3] }", 23, "no finite number", "finite ends"),
    ("[1.0, 2.0]", "{ logspace = [0.0, 2.0, 3] }", 23, "cannot be spaced", "above 0"),
    ("[1.0, 2.0]", "{ linspace = [1, 2, 2], logspace = [1, 2, 2] }", 23, "more than one spacing", "linspace"),
    ("[1.0, 2.0]", "{ linspace = [-1.0, 2.0, 4] }", 23, "`bath.hot.rate` is -1", "from 0 up"),
    ("[1.0, 2.0]", "{ linspace = [1.0, 2.0, 999999999] }", 23, "cannot be spaced", "1000000"),
    ("[1.0, 2.0]", "{ linspace = [1.0, 2.0, 1000000000000000000] }", 23, "cannot be spaced", "1000000"),
    ("[1.0, 2.0]", "{ logspace = [1.0, 2.0, 1e18] }", 23, "how many as a whole number", "1000000"),
    ("\"bath.hot.rate\" = [1.0, 2.0]", "zip = 3", 23, "`sweep.zip` is not a table", "one length"),
    ("\"bath.hot.rate\" = [1.0, 2.0]", "zip = [3]", 23, "not a table", "one length"),
    ("\"bath.hot.rate\" = [1.0, 2.0]", "zip = {}", 23, "empty table", "one length"),
    (
        "\"bath.hot.rate\" = [1.0, 2.0]",
        "zip = { \"bath.hot.rate\" = [1.0, 2.0], \"qubits.number\" = [8] }",
        23,
        "`qubits.number` has 1 values, and `bath.hot.rate`, zipped with it, 2",
        "one length",
    ),
    (
        "\"bath.hot.rate\" = [1.0, 2.0]",
        "\"bath.hot.rate\" = [1.0]\nzip = { \"bath.hot.rate\" = [2.0] }",
        22,
        "`bath.hot.rate` is swept twice",
        "each key once",
    ),
    ("bath.hot.rate\" =", "bath.warm.rate\" =", 23, "no bath \"warm\"", "hot, loss"),
    ("bath.hot.rate\" =", "bath.hot.rat\" =", 23, "unknown key `bath.hot.rat`", "`rate`"),
    ("bath.hot.rate\" =", "qubits..number\" =", 23, "not a key", "qubits.number"),
    ("\"bath.hot.rate\" = [1.0, 2.0]", "units = [\"natural\", \"SI\"]", 3, "`qubits.frequency` is missing", "GHz"),
    (
        "\"bath.hot.rate\" = [1.0, 2.0]",
        "\"bath.hot.name\" = [\"a\", \"b\"]",
        23,
        "differ in their units",
        "any other key",
    ),
    ("temperature = 3.0", "temperature = -3.0", 9, "`bath.hot.temperature` is -3", "from 0 up"),
    ("temperature = 3.0", "temperature = nan", 9, "`bath.hot.temperature` is NaN", "from 0 up"),
    ("temperature = 3.0", "temperature = inf", 9, "`bath.hot.temperature` is inf", "from 0 up"),
    ("temperature = 3.0", "", 5, "`bath.hot.temperature` is missing", "from 0 up"),
    ("temperature = 3.0", "temperature = 3.0\ndown = 1.0", 10, "both", "one of the two"),
    ("temperature = 3.0", "temperature = 1e308", 9, "`bath.hot.temperature` is 1e308, beyond 1e100", "finite"),
    ("[1.0, 2.0]", "[1.0, 1e300]", 23, "`bath.hot.rate` is 1e300, beyond 1e100", "finite"),
    ("temperature = 3.0", "temperature = 1e100", 5, "gamma (1 + n) is beyond 1e100", "a lower"),
    ("until = 5.0", "until = 1e300", 19, "`evolution.until` is 1e300, beyond 1e100", "finite"),
    ("\"collective\"", "\"global\"", 7, "`bath.hot.coupling` is \"global\"", "\"local\""),
    ("name = \"loss\"", "name = \"hot\"", 11, "two baths are called \"hot\"", "each bath another name"),
    ("name = \"loss\"", "name = \"my loss\"", 11, "is \"my loss\"", "letters"),
    ("down = 0.5", "", 10, "has no rates", "`dephasing`"),
    ("j = 3", "j = 5", 16, "`initial.j` is 5", "4, 3"),
    ("j = 3", "j = 2.5", 16, "`initial.j` is 2.5", "4, 3"),
    ("j = 3", "j = nan", 16, "`initial.j` is NaN", "4, 3"),
    ("m = -1", "m = -4", 17, "`initial.m` is -4", "-3"),
    ("m = -1", "m = 0.5", 17, "`initial.m` is 0.5", "-3"),
    ("m = -1", "", 14, "`initial.m` is missing", "-j"),
    ("m = -1", "m = -1\nexcited = 2", 18, "no meaning for state \"dicke\"", "takes j, m"),
    ("state = \"dicke\"\nj = 3\nm = -1", "state = \"bits\"\nbits = \"0101\"", 16, "for 8 qubits", "one for each"),
    ("state = \"dicke\"\nj = 3\nm = -1", "state = \"bits\"\nbits = \"0101010x\"", 16, "for 8 qubits", "0 (ground)"),
    ("state = \"dicke\"\nj = 3\nm = -1", "state = \"product\"\nexcited = 9", 16, "of 8 qubits", "from 0 to"),
    ("state = \"dicke\"\nj = 3\nm = -1", "state = \"thermal\"\ntemperature = -1", 16, "is -1", "from 0 up"),
    ("state = \"dicke\"\nj = 3\nm = -1", "state = \"coherent\"\ntheta = 4", 16, "is 4", "0 to pi"),
    ("state = \"dicke\"\nj = 3\nm = -1", "state = \"cat\"", 15, "is \"cat\"", "\"ground\""),
    (
        "state = \"dicke\"\nj = 3\nm = -1",
        "state = \"steady\"\nj = 3",
        16,
        "no meaning for state \"steady\"",
        "no other key",
    ),
    (
        "coupling = \"local\"\ndown = 0.5\n[initial]\nstate = \"dicke\"\nj = 3\nm = -1",
        "coupling = \"collective\"\ndown = 0.5\n[initial]\nstate = \"steady\"",
        15,
        "J is conserved",
        "which J",
    ),
    (
        "state = \"dicke\"\nj = 3\nm = -1",
        "state = \"superposition\"\nj = 1\namplitudes = [1, 0]",
        17,
        "has 2 entries",
        "3 numbers",
    ),
    (
        "state = \"dicke\"\nj = 3\nm = -1",
        "state = \"superposition\"\nj = 1\namplitudes = [0, 0, 0]",
        17,
        "cannot be normalized",
        "not all zero",
    ),
    (
        "state = \"dicke\"\nj = 3\nm = -1",
        "state = \"superposition\"\nj = 1\namplitudes = [0, nan, 0]",
        17,
        "cannot be normalized",
        "not all zero",
    ),
    (
        "state = \"dicke\"\nj = 3\nm = -1",
        "state = \"superposition\"\nj = 1\namplitudes = [0, [1, 0, 2], 0]",
        17,
        "no number",
        "pairs",
    ),
    (
        "down = 0.5",
        "filter = { quality = 20, resonance = 1.0 }\ntemperature = 1",
        10,
        "`bath.loss.rate` is missing",
        "gamma",
    ),
    (
        "rate = 1.0",
        "rate = 1.0\nfilter = { quality = 0, resonance = 1.0 }",
        9,
        "`bath.hot.filter.quality` is 0",
        "positive",
    ),
    (
        "rate = 1.0",
        "rate = 1.0\nfilter = { quality = 1, resonance = 1.0, form = \"flat\" }",
        9,
        "form` is \"flat\"",
        "\"full\"",
    ),
    (
        "down = 0.5",
        "temperature = 1\ncircuit = { coupling = 1, resistance = 1, inductance = 1, capacitance = 1 }",
        14,
        "needs the transmon",
        "josephson",
    ),
    ("number = 8", "number = 8\ntransmon = { josephson = 15, charging = 0.3 }", 5, "units are natural", "SI"),
    ("number = 8", "number = 8\n[[qubits.group]]\nnumber = 2", 4, "both groups and", "[[qubits.group]]"),
    (
        "number = 8",
        "[[qubits.group]]\nnumber = 0\n[[qubits.group]]\nnumber = 2",
        5,
        "`qubits.group.number` is 0",
        "from 1",
    ),
    (
        "number = 8",
        "[[qubits.group]]\nnumber = 2\n[[qubits.group]]\nnumber = 2",
        18,
        "2 groups of qubits",
        "\"ground\"",
    ),
    ("until = 5.0", "until = 0.0", 19, "`evolution.until` is 0", "positive"),
    ("until = 5.0", "until = inf", 19, "`evolution.until` is inf", "positive"),
    ("until = 5.0\nsamples = 11", "times = []", 19, "is empty", "ascending"),
    ("until = 5.0\nsamples = 11", "times = [0.0, 2.0, 1.0]", 19, "has 1 after 2", "ascending"),
    ("until = 5.0\nsamples = 11", "times = [0.0]", 19, "ends at 0", "ascending"),
    ("until = 5.0\nsamples = 11", "times = [-1.0, 1.0]", 19, "has -1", "ascending"),
    ("until = 5.0", "times = [1.0]", 20, "belong to `until`", "`times`"),
    ("samples = 11", "samples = 1", 20, "`evolution.samples` is 1", "from 2"),
    ("trajectories = 10", "trajectories = 0", 21, "`evolution.trajectories` is 0", "from 1"),
    ("trajectories = 10", "", 18, "`evolution.trajectories` is missing", "from 1"),
    (
        "trajectories = 10",
        "[steady]\n[noise]\norder = 2\ncounts = { \"\" = { hot = 1.0 } }",
        24,
        "`noise.counts` has a sum without a name",
        "a name",
    ),
    (
        "number = 8",
        "number = 30\nspread = 0.1",
        5,
        "a register of 30 qubits is beyond the 20",
        "populations and ladder engines",
    ),
    ("trajectories = 10", "trajectories = 10\nspacing = \"cubic\"", 22, "is \"cubic\"", "\"log\""),
    ("trajectories = 10", "trajectories = 10\n[steady]\nbath = \"hot\"", 21, "too few to tell", "64 or more"),
    ("trajectories = 10", "[steady]\nbath = \"cold\"", 22, "there is no bath \"cold\"", "hot, loss"),
    ("trajectories = 10", "[steady]\nrelative_error = 0.0", 22, "`steady.relative_error` is 0", "positive"),
    ("trajectories = 10", "[steady]\nabsolute_error = 1.0\nrelative_error = 1.0", 22, "has both", "one of the two"),
    ("trajectories = 10", "[steady]\nconfidence = 1.0", 22, "`steady.confidence` is 1", "0.9999"),
    ("trajectories = 10", "[steady]\nmax_jumps = nan", 22, "`steady.max_jumps` is NaN", "positive"),
    ("trajectories = 10", "[noise]\nbaths = [\"cold\"]", 22, "there is no bath \"cold\"", "hot, loss"),
    ("trajectories = 10", "[noise]\nwindows = [1.0, 6.0]", 22, "has 6, longer than the run of 5", "takes as long"),
    ("trajectories = 10", "[noise]\norder = 0", 22, "`noise.order` is 0", "from 1 to 20"),
    ("trajectories = 10", "[noise]\norder = 21", 22, "`noise.order` is 21", "from 1 to 20"),
    ("trajectories = 10", "[noise]\norders = 4", 22, "unknown key `noise.orders`", "`order`"),
    ("trajectories = 10", "[noise]\nrelaxation = 0", 22, "`noise.relaxation` is 0", "from 1 to 100"),
    ("trajectories = 10", "[noise]\ncounting_fields = [0.1, 0.1]", 22, "`noise.counting_fields` has 0.1", "ascending"),
    ("trajectories = 10", "[noise]\ncounting_fields = [0.1, 101.0]", 22, "has 101", "from -100 to 100"),
    ("trajectories = 10", "[noise]\ncounting_fields = [nan]", 22, "`noise.counting_fields` has NaN", "ascending"),
    ("trajectories = 10", "[noise]\npassage = {hot = 3}", 21, "the key `noise.passage_times` is missing", "ascending"),
    ("trajectories = 10", "[noise]\npassage = {}\npassage_times = [1.0]", 22, "`noise.passage` is empty", "{hot = 10"),
    ("trajectories = 10", "[noise]\npassage = {hot = 0.5}\npassage_times = [1.0]", 22, "hot` is 0.5", "{hot = 10"),
    (
        "trajectories = 10",
        "[noise]\npassage = {hot = -9223372036854775808}\npassage_times = [1.0]",
        22,
        "hot` is -9223372036854775808",
        "whole numbers from -1000000",
    ),
    ("trajectories = 10", "[noise]\npassage_times = [1.0]", 21, "the key `noise.passage` is missing", "{hot = 10"),
    ("trajectories = 10", "[noise]\npassage = {cold = 3}\npassage_times = [1.0]", 22, "no bath \"cold\"", "hot, loss"),
    (
        "trajectories = 10",
        "[noise]\npassage = {hot = 0}\npassage_times = [1.0]",
        22,
        "`noise.passage.hot` is 0",
        "not 0",
    ),
    ("trajectories = 10", "[noise]\npassage = {hot = 3}\npassage_times = [0.0]", 23, "has 0", "positive"),
    (
        "trajectories = 10",
        "[noise]\npassage = {hot = 3}\npassage_times = [9.0]",
        23,
        "has 9, longer than the run of 5",
        "less",
    ),
    ("trajectories = 10", "[noise]\ncounts = {a = {hot = 1}}", 22, "nothing is asked of it", "`noise.order`"),
    ("trajectories = 10", "[noise]\norder = 2\ncounts = {hot = {hot = 1}}", 23, "has the name of a bath", "another"),
    (
        "trajectories = 10",
        "[noise]\norder = 2\ncounts = {a = {cold = 1}}",
        23,
        "there is no bath \"cold\"",
        "hot, loss",
    ),
    ("trajectories = 10", "[noise]\norder = 2\ncounts = {a = {hot = 0}}", 23, "counts nothing", "hot = 1"),
    (
        "trajectories = 10",
        "[noise]\norder = 2\ncounts = {a = {hot = nan}}",
        23,
        "`noise.counts.a.hot` is NaN",
        "hot = 1",
    ),
    (
        "trajectories = 10",
        "trajectories = 10\n[condition]\nfield = 0.1\nover = \"ever\"",
        24,
        "`condition.over` is \"ever\"",
        "\"run\"",
    ),
    (
        "trajectories = 10",
        "[condition]\nfield = 0.1\nover = \"run\"\n[steady]",
        23,
        "a steady state is never over",
        "\"long run\"",
    ),
    (
        "trajectories = 10",
        "[condition]\nfield = 0.1\norder = 3\n[steady]",
        23,
        "are of runs that end",
        "or neither key",
    ),
    (
        "trajectories = 10",
        "trajectories = 10\n[condition]\nfield = 0.1\norder = 21",
        24,
        "`condition.order` is 21",
        "from 1 to 20",
    ),
    (
        "trajectories = 10",
        "trajectories = 10\n[condition]\nfield = 0.1\ncurrent = 1.0",
        22,
        "both `field` and `current`",
        "one of the two",
    ),
    (
        "trajectories = 10",
        "trajectories = 10\n[condition]\nbath = \"hot\"",
        22,
        "neither `field` nor `current`",
        "one of the two",
    ),
    (
        "trajectories = 10",
        "trajectories = 10\n[condition]\nfield = 1e3",
        23,
        "`condition.field` is 1000",
        "from -100 to 100",
    ),
    (
        "trajectories = 10",
        "trajectories = 10\n[condition]\nfield = nan",
        23,
        "`condition.field` is NaN",
        "from -100 to 100",
    ),
    (
        "trajectories = 10",
        "trajectories = 10\n[condition]\nbath = \"cold\"\nfield = 0.1",
        23,
        "no bath \"cold\"",
        "hot, loss",
    ),
    // It takes quanta, and gives none.
    (
        "trajectories = 10",
        "trajectories = 10\n[condition]\nbath = \"loss\"\ncurrent = 1.0",
        24,
        "`condition.current` cannot be met: no counting field up to 100 carries it",
        "less",
    ),
    ("trajectories = 10", "[noise]\nfrequencies = [-1.0]", 22, "`noise.frequencies` has -1", "from 0 up"),
    (
        "trajectories = 10",
        "trajectories = 500\n[noise]\nbaths = [\"hot\"]",
        22,
        "`noise` is of the steady state, and `evolution` asks for a transient of 500 trajectories to 5",
        "`[steady]` beside it",
    ),
    ("trajectories = 10", "trajectories = 10\n[record]\nphotons = -1", 23, "`record.photons` is -1", "from 0"),
    ("trajectories = 10", "trajectories = 10\n[record]\ntrajectories = 0", 23, "`record.trajectories` is 0", "false"),
    (
        "trajectories = 10",
        "trajectories = 10\n[record]\njumps = true\ntrajectories = false",
        24,
        "`record.jumps` is of single trajectories",
        "or no `jumps`",
    ),
    ("[initial]", "[initial", 14, "the name of a table is not closed", "[[bath]]"),
    ("number = 8", "number = 8\nfrequencies = [1.0, 1.1]", 5, "has 2 entries, for 8 qubits", "one for each qubit"),
    ("number = 8", "number = 8\nfrequencies = [1, 1, 1, 1, 1, 1, 1, 0]", 5, "has 0", "positive, finite"),
    ("number = 8", "number = 8\nfrequencies = [1, 1, 1, 1, 1, 1, 1, nan]", 5, "has NaN", "positive, finite"),
    ("number = 8", "number = 8\ncouplings = [1.0, 1.1]", 5, "`qubits.couplings` has 2 entries", "one for each qubit"),
    ("number = 8", "number = 8\ncouplings = [1, 1, 1, 1, 1, 1, 1, inf]", 5, "has inf", "finite numbers"),
    ("number = 8", "number = 8\nspread = 3.0", 5, "makes a qubit of frequency -0.5", "a smaller width"),
    ("number = 8", "number = 8\nspread = -3.0", 5, "`qubits.spread` is -3", "from 0 up"),
    ("number = 8", "number = 8\nspread = 0.1\ncouplings = [1]", 6, "has 1 entries", "one for each qubit"),
    (
        "number = 8",
        "number = 8\nspread = 0.1\nfrequencies = [1]",
        5,
        "`qubits.spread` and `qubits.frequencies`",
        "one of",
    ),
    ("number = 8", "number = 8\ndisorder = { seed = 1 }", 5, "`qubits.disorder.width` is missing", "deviation"),
    ("number = 8", "number = 8\ndisorder = { width = 0.1, seed = -1 }", 5, "seed` is -1", "from 0"),
    ("number = 8", "number = 8\nexchange = nan", 5, "`qubits.exchange` is NaN", "symmetric matrix"),
    ("number = 8", "number = 8\nexchange = [[0, 1], [1, 0]]", 5, "no 8 x 8 matrix", "symmetric matrix"),
    ("number = 8", "number = 1000000\nspread = 0.1", 5, "a register of 1000000 qubits", "populations and ladder"),
    ("[initial]", "[drive]\ndetuning = 0.1\n[initial]", 14, "`drive.amplitude` is missing", "Omega"),
    ("[initial]", "[drive]\namplitude = inf\n[initial]", 15, "`drive.amplitude` is inf", "finite frequency"),
    (
        "state = \"dicke\"\nj = 3\nm = -1",
        "state = \"angles\"\nangles = [[0, 1]]",
        16,
        "`initial.angles` has 1 entries, for 8 qubits",
        "pairs [theta, phi]",
    ),
    ("samples = 11", "samples = 11\nengine = \"sectors\"", 21, "passes over collective jumps", "populations"),
    (
        "trajectories = 10",
        "engine = \"sectors\"\n[steady]\n[noise]\nbaths = [\"hot\"]",
        23,
        "`noise` counts quanta, and the sectors engine passes over",
        "populations",
    ),
    (
        "trajectories = 10",
        "engine = \"sectors\"\n[steady]\n[record]\nphotons = 3",
        23,
        "`record` keeps single jumps, and the sectors engine",
        "populations",
    ),
    (
        "trajectories = 10",
        "engine = \"sectors\"\n[steady]\n[drive]\namplitude = 0.1",
        21,
        "a drive superposes the levels",
        "\"ladder\"",
    ),
    ("samples = 11", "samples = 11\nengine = \"qutip\"", 21, "`evolution.engine` is \"qutip\"", "\"ladder\""),
];

#[test]
fn each_wrong_key_is_refused_with_its_line_and_what_is_allowed() {
    parse(GOOD).unwrap();
    for (from, to, line, message, allowed) in WRONG {
        assert!(GOOD.contains(from), "{from}");
        let error = parse(&GOOD.replacen(from, to, 1)).expect_err(to);
        let shown = error.to_string();
        assert!(error.title().contains(message), "{to}:\n{shown}");
        assert!(error.allowed().contains(allowed), "{to}:\n{shown}");
        assert_eq!(error.line(), Some(*line), "{to}:\n{shown}");
        assert!(shown.contains(&format!("s.toml:{line}:")), "{to}:\n{shown}");
    }
}

/// Without a local bath a passage would never end.
#[test]
fn sectors_need_a_local_bath() {
    let text = GOOD.replace("coupling = \"local\"", "coupling = \"collective\"");
    let error = parse(&text.replace("trajectories = 10", "engine = \"sectors\"\n[steady]")).expect_err("no local bath");
    assert!(error.title().contains("no local bath acts") && error.allowed().contains("populations"), "{error}");
    assert_eq!(error.line(), Some(21));
    // Nor is one qubit slow: the floor of local jumps would be none under what the current rests on.
    let text = GOOD.replace("number = 8", "number = 1").replace("j = 3\nm = -1", "j = 0.5\nm = 0.5");
    let error = parse(&text.replace("trajectories = 10", "engine = \"sectors\"\n[steady]")).expect_err("one qubit");
    assert!(error.title().contains("one qubit has one J") && error.allowed().contains("populations"), "{error}");
}

/// Quanta of several groups are counted together; what relaxes is each of them by itself.
#[test]
fn several_groups_have_one_noise_and_relax_each_by_itself() {
    let text = GOOD
        .replace("number = 8", "[[qubits.group]]\nnumber = 2\n[[qubits.group]]\nnumber = 3")
        .replace("state = \"dicke\"\nj = 3\nm = -1", "state = \"ground\"")
        .replace("trajectories = 10", "[steady]\n[noise]\nbaths = [\"hot\"]");
    parse(&text).unwrap();
    let error = parse(&text.replace("[noise]", "[noise]\nrelaxation = 2")).expect_err("modes of two groups");
    assert!(error.title().contains("groups of qubits relax each by itself"), "{error}");
    assert_eq!(error.line(), Some(24), "{error}");
    Scenario::parse("s", "s.toml", &text, Purpose::Exact, &Overrides::default()).unwrap();
}

#[test]
fn command_line_values_are_checked_and_shown_as_such() {
    let with = |sets: &[&str]| {
        let mut overrides = Overrides::default();
        sets.iter().for_each(|set| overrides.set(*set));
        Scenario::parse("s", "s.toml", GOOD, Purpose::Trajectories, &overrides)
    };
    for (set, message) in [
        ("qubits.number", "not key=value"),
        ("qubits.number=", "a key without a value"),
        ("=3", "not a key"),
        ("qubits.number=none", "`qubits.number` is \"none\""),
        ("bath.rate=3", "does not say which key"),
        ("bath.cool.rate=3", "no bath \"cool\""),
        ("title.x=3", "`title` is not a table"),
        ("initial.state=up", "is \"up\""),
    ] {
        let error = with(&[set]).expect_err(set);
        assert!(error.title().contains(message), "{error}");
        assert!(error.to_string().contains("command line"), "{error}");
    }
    let scenario = with(&["initial={ state = \"ground\" }", "qubits.number=3", "sweep.qubits.number=[2, 5]"]).unwrap();
    assert_eq!(scenario.points.iter().map(|p| p.groups[0].model.number).collect::<Vec<_>>(), [2, 5, 2, 5]);
    // A value that is set takes the place of the sweep over the same key.
    let scenario = with(&["bath.hot.rate=0.25"]).unwrap();
    assert_eq!(scenario.points.len(), 1);
    assert!(scenario.points[0].parameters.is_empty());
}

#[test]
fn a_circuit_without_a_frequency_is_refused_with_the_number() {
    let si = "units = \"SI\"\n[qubits]\nnumber = 2\ntransmon = { josephson = 0.5, charging = 5.0 }\n[[bath]]\n\
              name = \"a\"\ncoupling = \"collective\"\ntemperature = 100\n\
              circuit = { coupling = 5, resistance = 30, inductance = 2, capacitance = 200 }\n\
              [initial]\nstate = \"ground\"\n[evolution]\nuntil = 1\ntrajectories = 1";
    let error = parse(si).unwrap_err();
    assert!(error.title().contains("-0.5278640450004204 GHz"), "{error}");
    assert_eq!(error.line(), Some(4));
    parse(&si.replace("0.5, charging = 5.0", "15, charging = 0.3")).unwrap();
    let error =
        parse(&si.replace("0.5, charging = 5.0", "15, charging = 0.3").replace("resistance = 30", "resistance = -3"));
    assert!(error.unwrap_err().title().contains("`bath.a.circuit.resistance` is -3"));
}

/// What is said is true of the case: of one bath, of rates, and of temperatures that differ where rates do not.
#[test]
fn a_current_that_is_zero_has_no_relative_error() {
    let alone = GOOD
        .replace("[[bath]]\nname = \"loss\"\ncoupling = \"local\"\ndown = 0.5\n", "")
        .replace("trajectories = 10\n", "");
    let frozen = |temperature: &str| {
        GOOD.replace("temperature = 3.0", &format!("temperature = {temperature}"))
            .replace("down = 0.5", "rate = 0.5\ntemperature = 1e-5")
            .replace("trajectories = 10\n", "")
    };
    let rates = GOOD
        .replace("rate = 1.0\ntemperature = 3.0", "down = 3.0\nup = 1.0")
        .replace("down = 0.5", "down = 0.3\nup = 0.1")
        .replace("\"bath.hot.rate\" = [1.0, 2.0]", "\"qubits.number\" = [6, 8]")
        .replace("trajectories = 10\n", "");
    for (text, words) in [
        (alone.clone(), "one bath alone"),
        (frozen("1e-3"), "zero in double precision"),
        (frozen("0.03"), "frozen"),
        (rates, "one ratio up/down"),
    ] {
        let error = parse(&text.replacen("[sweep]", "[steady]\nrelative_error = 0.01\n[sweep]", 1)).unwrap_err();
        let said = error.title().contains("no heat flows in the steady state") && error.title().contains(words);
        assert!(said && error.allowed().contains("`steady.absolute_error`"), "{words}: {error}");
    }
    // Where `[noise]` alone asks for the steady state, too.
    let error = parse(&alone.replacen("[sweep]", "[noise]\n[sweep]", 1)).unwrap_err();
    assert!(error.title().contains("no heat flows") && error.line() == Some(17), "{error}");
    let still = GOOD.replace("down = 0.5", "dephasing = 0.5").replace("trajectories = 10\n", "");
    let error = parse(&still.replacen("[sweep]", "[steady]\nbath = \"loss\"\n[sweep]", 1)).unwrap_err();
    assert!(error.title().contains("only dephases") && error.allowed().contains("absorbs or emits"), "{error}");
    let idle = still.replace("dephasing = 0.5", "down = 0.0");
    let error = parse(&idle.replacen("[sweep]", "[steady]\nbath = \"loss\"\n[sweep]", 1)).unwrap_err();
    assert!(error.title().contains("whose rates are 0 throughout"), "{error}");
    parse(&alone.replacen("[sweep]", "[steady]\nabsolute_error = 0.01\n[sweep]", 1)).unwrap();
    // A condition may ask for none.
    let cold = GOOD.replace("down = 0.5", "down = 0.5\nup = 0.2").replace("trajectories = 10\n", "");
    for (error, refused) in [("relative", true), ("absolute", false)] {
        let asked = format!("[condition]\ncurrent = 0.0\n[steady]\n{error}_error = 0.1\n[sweep]");
        let parsed = parse(&cold.replacen("[sweep]", &asked, 1));
        let said = |error: &ScenarioError| error.title().contains("under the condition no heat flows from \"hot\"");
        assert_eq!(parsed.as_ref().err().is_some_and(said), refused, "{error}: {:?}", parsed.err());
        assert!(refused || parsed.is_ok());
    }
}

#[test]
fn every_key_of_the_contract_parses() {
    let amplitudes = parse(&GOOD.replacen("j = 3\nm = -1", "j = 3\namplitudes = [1, 0.5, [0, 1]]", 1));
    assert!(amplitudes.unwrap_err().title().contains("no meaning"));
    for (from, to) in [
        ("state = \"dicke\"\nj = 3\nm = -1", "state = \"steady\""),
        ("trajectories = 10", "[steady]\nrelative_error = 0.01\nconfidence = 0.99\nmax_jumps = 1e9\nbath = \"hot\""),
        ("trajectories = 10", "[steady]\nabsolute_error = 0.01"),
        ("trajectories = 10", "[noise]\nbaths = [\"hot\"]\nwindows = [1.0]\nfrequencies = [1.0]\ndelays = [0.1]"),
    ] {
        parse(&GOOD.replacen(from, to, 1)).unwrap_or_else(|e| panic!("{e}"));
    }
    for (from, to) in [
        ("number = 8", "number = 8\nfrequencies = [1.0, 1.1, 1, 1, 1, 1, 1, 1]"),
        ("number = 8", "number = 8\ncouplings = [1.0, 1.1, 1, 1, 1, 1, 1, -1]\nexchange = 0.3"),
        ("number = 8", "number = 8\nspread = 0.2\ntwisting = -0.1"),
        ("number = 8", "number = 8\ndisorder = { width = 0.02, seed = 4 }"),
        ("[initial]", "[drive]\namplitude = 0.5\ndetuning = -0.1\n[initial]"),
        ("state = \"dicke\"\nj = 3\nm = -1", "state = \"ghz\"\nphi = 0.3"),
    ] {
        let scenario = parse(&GOOD.replacen(from, to, 1)).unwrap_or_else(|e| panic!("{e}"));
        let differ = to.contains("number = 8");
        assert_eq!(scenario.points[0].engine.engine.name(), if differ { "register" } else { "ladder" }, "{to}");
    }
    parse(&GOOD.replace("samples = 11", "samples = 11\nspacing = \"log\"\nengine = \"populations\"\nseed = 5"))
        .unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    /// Bytes cut, repeated and replaced anywhere: an error or a scenario, never a panic, and the error can be shown.
    #[test]
    fn mangled_files_never_panic(
        cuts in prop::collection::vec((0..GOOD.len(), 0..30_usize, prop_oneof![
            Just(String::new()),
            "[-0-9.eE\"'\\[\\]{}=, \n#a-z_]{0,12}",
            prop::sample::select(vec![
                "nan", "inf", "-inf", "1e999", "99999999999999999999", "-9223372036854775808", "[[bath]]", "[sweep]",
                "\u{e9}\u{1f600}", "\0", "\"\"\"", "true", "1979-05-27", "{ a = 1 }", "[[], {}]", "\"bath.hot\" = [1]",
            ]).prop_map(str::to_owned),
        ]), 1..5),
        set in prop::option::of("[a-z.]{0,14}=?[-0-9a-z\\[\\]{}\"., ]{0,10}"),
    ) {
        let mut text = GOOD.to_owned();
        for (at, length, insert) in cuts {
            let floor = |mut i: usize, text: &str| { i = i.min(text.len()); while !text.is_char_boundary(i) { i -= 1; } i };
            let start = floor(at, &text);
            let end = floor(at + length, &text).max(start);
            text.replace_range(start..end, &insert);
        }
        let mut overrides = Overrides::default();
        set.iter().for_each(|set| overrides.set(set.as_str()));
        if let Err(error) = Scenario::parse("s", "s.toml", &text, Purpose::Trajectories, &overrides) {
            prop_assert!(!error.to_string().is_empty());
        }
    }
}

proptest! {
    // The same cases in every run.
    #![proptest_config(ProptestConfig {
        cases: 1000,
        rng_seed: RngSeed::Fixed(17),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    /// A shipped scenario with some bytes altered, a piece of another put in or a piece cut out is read, or refused in
    /// words that point into it; so it is where the altered line is given on the command line.
    #[test]
    fn altered_scenarios_are_read_or_refused_in_words(
        which in any::<proptest::sample::Index>(),
        other in any::<proptest::sample::Index>(),
        edits in proptest::collection::vec((any::<proptest::sample::Index>(), 0_u8..128), 0..6),
        (cut, length) in (any::<proptest::sample::Index>(), 0_usize..40),
        (from, to) in (any::<proptest::sample::Index>(), any::<proptest::sample::Index>()),
    ) {
        let texts: Vec<String> = std::fs::read_dir("scenarios").unwrap()
            .map(|entry| std::fs::read_to_string(entry.unwrap().path()).unwrap())
            .collect();
        let lines: Vec<&str> = other.get(&texts).lines().collect();
        let mut bytes = which.get(&texts).clone().into_bytes();
        for (at, byte) in edits {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        let start = cut.index(bytes.len());
        bytes.drain(start..(start + length).min(bytes.len()));
        let mut text: Vec<String> = String::from_utf8_lossy(&bytes).lines().map(str::to_owned).collect();
        let line = from.get(&lines).to_string();
        text.insert(to.index(text.len()), line.clone());
        let mut set = Overrides::default();
        set.set(line);
        for overrides in [Overrides::default(), set] {
            for purpose in [Purpose::Trajectories, Purpose::Exact] {
                let read = Scenario::parse("s", "s.toml", &text.join("\n"), purpose, &overrides);
                if let Err(error) = read {
                    prop_assert!(!error.title().is_empty() && !error.allowed().is_empty());
                    prop_assert!(error.render(false).contains("error"), "{}", error.render(false));
                }
            }
        }
    }
}

/// A key by another's name whose value is not of its kind is one mistake: the name.
#[test]
fn a_name_that_is_not_ours_is_told_once() {
    let error = parse(&GOOD.replacen("number = 8", "N = \"many\"", 1)).unwrap_err();
    let titles: Vec<String> = error.faults().map(|fault| fault.title.to_string()).collect();
    assert_eq!(titles.len(), 1, "{titles:?}");
    assert!(titles[0].contains("unknown key `qubits.N`"), "{titles:?}");
}

/// A figure of a sum over baths shows what there is of sums.
#[test]
fn a_figure_of_a_sum_is_of_what_sums_have() {
    let text = |quantity: &str| {
        let asked = format!(
            "[steady]\n[noise]\norder = 2\ncounts = {{ net = {{ hot = 1.0, loss = 1.0 }} }}\n\
             [figure.one]\nquantity = \"{quantity}\"\nbath = \"net\""
        );
        GOOD.replacen("trajectories = 10", &asked, 1).replace("state = \"dicke\"\nj = 3\nm = -1", "state = \"ground\"")
    };
    let read = |quantity: &str| Scenario::parse("s", "s.toml", &text(quantity), Purpose::Exact, &Overrides::default());
    read("cumulant").unwrap();
    let error = read("heat_current").unwrap_err();
    let told = error.title().contains("`figure.one.bath` is the sum \"net\", and `heat_current` is of one bath");
    assert!(told && error.allowed().contains("cumulant"), "{error}");
}
