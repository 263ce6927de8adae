//! Keys of where it starts, what is asked of it, and how it is varied and drawn.

/// (key, what it allows), in the order of the documentation. A bath's key stands under `bath.*`.
pub const KEYS: &[(&str, &str)] = &[
    (
        "initial",
        "a table [initial] with `state`: ground, inverted, dicke (j, m), coherent (theta, phi), thermal (temperature), \
         product (excited), bits (bits), superposition (j, amplitudes), ghz (phi) or angles (angles)",
    ),
    (
        "initial.state",
        "\"ground\", \"inverted\", \"dicke\" (j, m), \"coherent\" (theta, phi), \"thermal\" (temperature), \
         \"product\" (excited), \"bits\" (bits), \"steady\", \"superposition\" (j, amplitudes), \"ghz\" (phi) or \"angles\" (angles)",
    ),
    ("initial.j", "N/2, N/2 - 1, ... down to 0 or 1/2"),
    ("initial.m", "-j, -j + 1, ... j"),
    ("initial.theta", "an angle from the excited pole, 0 to pi (3.14159...)"),
    (
        "initial.phi",
        "a finite angle in radians: the azimuth of a coherent state, the phase of the ground state in a GHZ state",
    ),
    ("initial.temperature", "a finite number from 0 up"),
    ("initial.excited", "a whole number from 0 to the number of qubits"),
    ("initial.bits", "a string of 0 (ground) and 1 (excited), one for each qubit"),
    ("initial.angles", "a list of pairs [theta, phi] in radians, one for each qubit"),
    ("initial.amplitudes", "a list of 2j + 1 numbers or pairs [re, im], from M = -j up (QuTiP begins at M = +j)"),
    ("evolution", "a table [evolution] with `until` (or `times`) and `trajectories`"),
    ("evolution.engine", "\"auto\", \"populations\", \"sectors\", \"ladder\", \"register\" or \"product\""),
    ("evolution.until", "a positive, finite time"),
    ("evolution.samples", "a whole number from 2 to 10000000"),
    ("evolution.times", "ascending, finite times from 0 up, the last above 0"),
    ("evolution.spacing", "\"linear\" or \"log\""),
    ("evolution.trajectories", "a whole number from 1 to 1000000000000"),
    ("evolution.seed", "a whole number from 0 to 9223372036854775807"),
    ("record", "a table [record] with `jumps`, `photons`, `cycles`, `directions` or `trajectories`"),
    ("record.jumps", "true or false"),
    ("record.photons", "a whole number from 0 to 1000000"),
    ("record.cycles", "true or false: the work, heats and level of every cycle of a protocol"),
    (
        "record.directions",
        "true or false: by the direction in which photons go, of a transient of emitters with [positions]",
    ),
    (
        "record.trajectories",
        "true, false, or a whole number from 1 to 1000000000000: rows of all trajectories, of none, or of the first so \
         many of each point; of all if left out",
    ),
    (
        "steady.bath",
        "the name of the bath whose heat current has to be known; the first that exchanges quanta if left out",
    ),
    ("noise.baths", "names of baths; all that exchange quanta if left out"),
    ("steady.relative_error", "a positive, finite number: half the width of the interval over the heat current"),
    (
        "steady.absolute_error",
        "a positive, finite number in the unit of the heat current, in place of `relative_error`",
    ),
    ("steady.confidence", "a number from 0.5 to 0.9999: how often the interval has to hold the true current"),
    (
        "steady.max_jumps",
        "a positive, finite number of jumps to spend on a point at most; with the sectors engine, of local jumps, the only ones it sees",
    ),
    ("steady.bath", "the name of a bath, whose heat current is to be precise"),
    ("noise.windows", "ascending, positive, finite times"),
    ("noise.frequencies", "ascending, finite angular frequencies from 0 up"),
    ("noise.delays", "ascending, finite times from 0 up"),
    (
        "noise.passage",
        "numbers of net quanta that are waited for, each under its bath: {hot = 10, cold = -10}, whole numbers from -1000000 to \
         1000000 and not 0; above 0 of quanta absorbed from the bath, below 0 of those given to it",
    ),
    ("noise.passage_times", "ascending, positive, finite times, at which it is asked whether they have come"),
    (
        "noise.order",
        "a whole number from 1 to 20: the highest cumulant of the quanta of each bath, and of all that are exchanged",
    ),
    (
        "noise.counting_fields",
        "ascending numbers s from -100 to 100, at which the generating function theta(s) of the cumulants is solved for",
    ),
    ("noise.relaxation", "a whole number from 1 to 100: how many of the slowest modes of relaxation"),
    ("qubits.group.number", "a whole number from 1 to 1000000"),
    (
        "qubits.group.frequency",
        "a positive, finite number: omega_0 (natural; 1 if left out), or omega_0/(2 pi) in GHz (SI)",
    ),
    ("steady", "a table [steady] with `relative_error` (or `absolute_error`), `bath`, `confidence` and `max_jumps`"),
    (
        "noise",
        "a table [noise] with `baths`, `windows`, `frequencies`, `delays`, `passage`, `passage_times`, `order`, `counting_fields`, `relaxation` and `counts`",
    ),
    (
        "noise.counts",
        "sums over baths, each under its name: {hot = 1, cold = -1}, what a net quantum absorbed from each bath counts; \
         `order` and `counting_fields` are then of these, too",
    ),
    ("condition", "a table [condition] with `field` or `current`, `bath`, `over`, `order` and `counting_fields`"),
    (
        "condition.bath",
        "the name of the bath whose net quanta are weighed; the first that exchanges quanta if left out",
    ),
    (
        "condition.field",
        "a counting field s from -100 to 100: trajectories are weighed by e^{s C}, C the net quanta absorbed",
    ),
    (
        "condition.current",
        "a heat current from the bath, in the unit of the heat current: the field that carries it is found",
    ),
    (
        "condition.over",
        "\"run\": C of the whole of a run, which ends, weighs it; \"long run\": of one that never does; the first, or with \
         [steady] or [noise] the second, if left out",
    ),
    (
        "condition.order",
        "a whole number from 1 to 20: cumulants of the counts of a run up to this order, weighed back to what is without it",
    ),
    (
        "condition.counting_fields",
        "ascending numbers s from -100 to 100: ln <e^{s C}>/t of a run, weighed back to what is without it",
    ),
    ("figure", "tables [figure.NAME], each with `quantity`; a name is of letters, digits, `_` and `-`"),
    ("figure.*.quantity", "a quantity of the results such as \"heat_current\", or a statistic such as \"spectrum\""),
    ("figure.*.bath", "the name of a bath, where the quantity has several; the first if left out"),
    ("figure.*.against", "what the horizontal axis is: \"time\" or a swept key, also as \"1/KEY\" or \"KEY/2\""),
    ("figure.*.curves", "the swept key that tells curves apart, also as \"1/KEY\" or \"KEY/2\""),
    ("figure.*.values", "the values of `curves` to draw, a list of numbers; all if left out"),
    ("figure.*.labels", "a list of what to call the curves, in the order of the sweep"),
    ("figure.*.panels", "the swept key that tells figures apart"),
    ("figure.*.over", "what the quantity is divided by: \"N\", \"J\" (N/2) or \"J(J+1)\""),
    ("figure.*.references", "a list of \"independent\" (25), \"symmetric\" (24) and \"limit\" (29)"),
    ("figure.*.log", "the logarithmic axes, a list of \"x\" and \"y\"; those that span decades if left out"),
    (
        "figure.*.width",
        "\"column\" (3.37 inches, if left out), \"page\" or \"double\" (7 inches), or a number of inches from 1 to 20",
    ),
    (
        "figure.*.font",
        "the size of letters in points, from 4 to 24 and up to a fifteenth of the width (72 points an inch); 8 if left out",
    ),
    (
        "figure.*.legend",
        "\"outside\" (beside or below the axes, if left out) or \"inside\", in the corner with the fewest points",
    ),
    (
        "sweep",
        "a table [sweep] of lists, each under the key it varies, such as \"qubits.number\" = [1, 2, 4]; in place of a \
         list { linspace = [first, last, how many] } or { logspace = [first, last, how many] }; and `zip`",
    ),
    (
        "sweep.zip",
        "a table [sweep.zip] of lists that vary together, all of one length, or several tables [[sweep.zip]]",
    ),
];
