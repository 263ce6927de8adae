//! What users of other programs would write: their names for our keys and values, and what superjump does not have.

use strsim::osa_distance;

use super::keys::{generic, keys};

/// What a word that is none of ours means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meant {
    /// This one of ours.
    Ours(&'static str),
    /// Nothing that a word of ours says: what to write, or why there is no such thing.
    Told(&'static str),
}

/// (table, our key, what it is called elsewhere), in small letters without `_` and `-`. Those of `qubits` are those of its
/// groups, too.
const KEYS: &[(&str, &str, &[&str])] = &[
    ("", "qubits", &["system", "spins", "spin", "atoms", "emitters", "tls", "dicke", "transmons"]),
    ("", "bath", &["baths", "reservoir", "reservoirs", "environment", "dissipator", "dissipators", "dissipation"]),
    ("", "evolution", &["time", "times", "simulation", "solver", "dynamics", "mcsolve", "options", "trajectories"]),
    ("", "initial", &["state", "init", "initialstate", "start", "psi", "psi0", "rho", "rho0", "u0"]),
    ("", "drive", &["driving", "laser", "field", "pump", "hdrive"]),
    ("", "steady", &["steadystate", "ss", "convergence"]),
    ("", "noise", &["statistics", "correlations", "spectrum", "counting"]),
    ("", "sweep", &["sweeps", "scan", "scans"]),
    ("", "parameters", &["parameter", "params", "constants"]),
    ("", "ensemble", &["ensembles", "species", "classes"]),
    ("", "mode", &["modes"]),
    ("", "observe", &["observables", "observable", "observed"]),
    ("", "figure", &["figures", "plot", "plots"]),
    ("", "record", &["recording", "output", "save", "storage"]),
    (
        "",
        "protocol",
        &[
            "pulse",
            "pulses",
            "schedule",
            "timedependence",
            "cycle",
            "ramp",
            "ramps",
            "segments",
            "strokes",
            "modulation",
        ],
    ),
    ("", "title", &["name", "label", "description"]),
    ("", "units", &["unit"]),
    (
        "qubits",
        "number",
        &["n", "num", "nq", "nqubits", "numqubits", "numberofqubits", "nspins", "natoms", "ntls", "size", "count"],
    ),
    (
        "qubits",
        "frequency",
        &["omega", "omega0", "w", "w0", "wq", "freq", "freqs", "f", "energy", "splitting", "levelsplitting", "gap"],
    ),
    ("qubits", "frequencies", &["omegas", "detunings", "energies"]),
    ("qubits", "exchange", &["j", "jij", "interaction", "hopping", "dipole", "dipoledipole"]),
    ("qubits", "twisting", &["chi", "squeezing", "oneaxistwisting"]),
    ("qubits.transmon", "josephson", &["ej"]),
    ("qubits.transmon", "charging", &["ec"]),
    ("bath.*", "name", &["label", "id"]),
    ("bath.*", "coupling", &["type", "kind", "mode", "pattern"]),
    ("bath.*", "rate", &["gamma", "gamma0", "kappa", "strength", "couplingstrength", "g0"]),
    ("bath.*", "temperature", &["t", "temp", "kt", "kbt", "tbath"]),
    ("bath.*", "down", &["emission", "decay", "relaxation", "loss", "gammadown", "gammaminus", "collectiveemission"]),
    ("bath.*", "up", &["pumping", "pump", "absorption", "excitation", "gammaup", "gammaplus", "collectivepumping"]),
    ("bath.*", "dephasing", &["dephase", "puredephasing", "gammaphi", "gphi", "collectivedephasing"]),
    (
        "bath.*",
        "quantum",
        &["quanta", "sideband", "sidebandfrequency", "omega", "w", "energy", "exchangefrequency", "photon"],
    ),
    ("bath.*.filter", "quality", &["q", "qfactor", "qualityfactor"]),
    ("bath.*.filter", "resonance", &["frequency", "f0", "omega", "omega0", "omegalc"]),
    ("bath.*.circuit", "resistance", &["r"]),
    ("bath.*.circuit", "inductance", &["l"]),
    ("bath.*.circuit", "capacitance", &["c"]),
    ("bath.*.circuit", "coupling", &["cg", "cc", "cj"]),
    ("drive", "amplitude", &["omega", "rabi", "rabifrequency", "strength", "f", "eta", "epsilon", "amp", "wx"]),
    ("drive", "detuning", &["delta", "detune"]),
    ("protocol", "cycles", &["repeat", "repeats", "repetitions", "ncycles", "numcycles", "cycle", "periods", "times"]),
    ("protocol", "segment", &["segments", "stroke", "strokes", "stage", "stages", "step", "steps", "piece", "pieces"]),
    (
        "protocol.segment.*",
        "duration",
        &["t", "time", "length", "tau", "dt", "until", "span", "period", "tend", "tf", "for", "lasts"],
    ),
    (
        "protocol.segment.*",
        "frequency",
        &["omega", "omega0", "w", "w0", "wq", "freq", "f", "energy", "splitting", "gap", "levelsplitting"],
    ),
    ("protocol.segment.*", "bath", &["baths", "reservoir", "reservoirs", "environment"]),
    (
        "protocol.segment.*.frequency",
        "to",
        &["end", "stop", "final", "last", "target", "until", "ramp", "value", "goal", "max", "min"],
    ),
    ("protocol.segment.*.frequency", "from", &["start", "begin", "first", "initial", "before", "origin"]),
    (
        "protocol.segment.*.frequency",
        "shape",
        &["kind", "type", "form", "profile", "ease", "interpolation", "function"],
    ),
    ("protocol.segment.*.frequency", "table", &["points", "values", "data", "list", "samples", "curve", "knots"]),
    ("protocol.segment.*", "drive", &["driving", "laser", "field", "pump", "pulse", "pulses"]),
    ("protocol.segment.*.drive", "phase", &["phi", "azimuth", "angle"]),
    ("protocol.segment.*.drive.amplitude", "pulse", &["outline", "envelope"]),
    ("protocol.segment.*.drive.amplitude", "amplitude", &["height", "peak", "amp", "strength"]),
    ("protocol.segment.*.drive.amplitude", "centre", &["center", "t0", "at", "middle", "mid"]),
    ("protocol.segment.*.drive.amplitude", "width", &["sigma", "tau", "duration", "w", "fwhm"]),
    ("initial", "state", &["kind", "type", "name", "psi", "psi0", "rho", "rho0"]),
    ("initial", "excited", &["nexcited", "excitations", "numexcited", "nup"]),
    ("initial", "temperature", &["t", "temp", "kt"]),
    ("initial", "amplitudes", &["coefficients", "coeffs", "amps"]),
    (
        "evolution",
        "until",
        &[
            "tmax",
            "tf",
            "tfinal",
            "tend",
            "t",
            "t1",
            "tstop",
            "end",
            "stop",
            "duration",
            "time",
            "finaltime",
            "totaltime",
        ],
    ),
    ("evolution", "times", &["tlist", "ts", "tsave", "saveat", "tspan", "timelist"]),
    (
        "evolution",
        "samples",
        &["nt", "ntimes", "points", "npoints", "numpoints", "nsamples", "steps", "nsteps", "numsteps"],
    ),
    (
        "evolution",
        "trajectories",
        &["ntraj", "ntrajectories", "numtrajectories", "numtraj", "trajs", "traj", "runs", "shots", "ensemblesize"],
    ),
    ("evolution", "seed", &["seeds", "rng", "randomseed"]),
    ("evolution", "engine", &["solver", "method", "alg", "algorithm", "backend"]),
    ("evolution", "spacing", &["scale", "grid"]),
    (
        "steady",
        "relative_error",
        &["tolerance", "tol", "rtol", "reltol", "targettol", "error", "precision", "accuracy"],
    ),
    ("steady", "absolute_error", &["atol", "abstol"]),
    ("steady", "max_jumps", &["maxsteps", "budget"]),
    ("noise", "frequencies", &["omegas", "wlist", "omega", "frequency", "spectrum"]),
    ("noise", "delays", &["taulist", "taus", "tau", "delay", "g2"]),
    ("noise", "counting_fields", &["fields", "countingfield", "field", "s", "chi", "theta"]),
    ("noise", "order", &["orders", "cumulants", "cumulant"]),
    ("noise", "relaxation", &["relaxations", "modes", "gap", "eigenvalues"]),
    ("noise", "passage", &["passages", "firstpassage", "npassage", "quanta"]),
    ("noise", "passage_times", &["firstpassagetimes", "passagetime"]),
    ("noise", "windows", &["window", "times"]),
    ("noise", "baths", &["bath"]),
    ("record", "jumps", &["keepjumps", "coltimes", "colwhich", "clicks"]),
    ("record", "cycles", &["percycle", "keepcycles", "cycle"]),
    ("record", "photons", &["photontimes", "nphotons", "emissions"]),
    ("figure.*", "quantity", &["y", "observable", "value", "plot"]),
    ("figure.*", "against", &["x", "xaxis", "axis", "versus", "vs"]),
    ("figure.*", "curves", &["by", "hue", "lines", "series"]),
    ("figure.*", "labels", &["label", "names"]),
    ("figure.*", "panels", &["panel", "subplots", "facets"]),
    ("figure.*", "over", &["per", "divide", "norm", "normalize"]),
    ("figure.*", "references", &["reference", "ref"]),
    ("figure.*", "log", &["scale", "logscale", "logx", "logy"]),
];

/// (table, names of what has no key of ours, what to do instead).
const TOLD: &[(&str, &[&str], &str)] = &[
    (
        "",
        &["cavity", "cavities", "resonator", "oscillator", "boson", "bosons", "phonon", "phonons"],
        "a mode is [[mode]], beside [[ensemble]] in place of [qubits], and terms of [hamiltonian] are between them. One that \
         decays fast is a collective bath: H = g (a^+ J_- + h.c.) with the decay rate kappa is `rate` = 4 g^2/kappa; \
         `bath.*.filter` gives a bath the line of a resonator",
    ),
    (
        "",
        &["h", "hsys", "h0", "operators", "qobj", "liouvillian"],
        "terms of your own are in [hamiltonian], of [[ensemble]] and [[mode]]; that of [qubits] is omega_0 J_z, with `twisting`, \
         `exchange`, `frequencies`, and Omega J_x + Delta J_z from [drive]",
    ),
    (
        "",
        &["cops", "collapse", "collapseoperators", "jumpoperators", "lindblad", "channels", "jumps"],
        "jumps of your own are tables [[jump]], of [[ensemble]] and [[mode]]; others follow from the `coupling`, rates and \
         temperature of each [[bath]]",
    ),
    (
        "",
        &["eops", "expect", "expectation", "measure", "measurements"],
        "nothing to list: all quantities are recorded, currents, intensities, J_z, J^2; `figure` chooses what is drawn. Of \
         [[ensemble]] and [[mode]], [observe] has operators of your own",
    ),
    (
        "",
        &["feedback", "control", "measurement"],
        "superjump has no feedback; what changes in time, whatever the qubits do, are the segments of a [protocol]",
    ),
    (
        "bath.*",
        &["n", "nth", "nbar", "nthermal", "occupation", "thermaloccupation"],
        "`temperature`, from which n follows; or `down` = gamma (n + 1) with `up` = gamma n",
    ),
    ("bath.*", &["beta"], "`temperature`, 1/beta"),
    (
        "bath.*",
        &["op", "operator", "cop", "cops", "jump", "jumpoperator"],
        "`coupling` says \"collective\" (J_-) or \"local\" (each qubit alone); a bath through an operator of your own is \
         [[jump]], of [[ensemble]] and [[mode]]",
    ),
    (
        "bath.*",
        &["spectraldensity", "density", "ohmic", "cutoff", "memory", "squeezing"],
        "superjump has Markovian thermal baths: `rate` with `temperature`, and a `filter` or a `circuit` for the line",
    ),
    (
        "drive",
        &["frequency", "phase", "pulse", "envelope", "shape", "t0", "width", "omegad", "wd"],
        "a drive of constant amplitude, in the frame that turns with it: `amplitude` and `detuning`, omega_0 - omega_drive; \
         what changes in time, and its phase, is in [protocol.segment.NAME.drive]",
    ),
    (
        "protocol.segment.*",
        &["qubits", "qubit", "qubitsfrequency"],
        "`frequency`, that of the qubits, stands in the segment itself, beside `duration`",
    ),
    (
        "protocol",
        &["start", "initial", "name", "frequency"],
        "a protocol begins at the values of the scenario, and goes on in tables [protocol.segment.NAME], each with `duration`",
    ),
    (
        "evolution",
        &["dt", "step", "timestep", "maxstep"],
        "no step: waiting times are exact; `samples` says how many times are looked at",
    ),
    (
        "evolution",
        &["tol", "atol", "rtol", "reltol", "abstol", "tolerance"],
        "no tolerance: waiting times are exact, and the register engine keeps to 1e-10 a step",
    ),
    ("evolution", &["eops", "observables"], "nothing to list: all quantities are recorded"),
    (
        "evolution",
        &["threads", "numcpus", "cores", "workers"],
        "--threads N on the command line; results do not depend on it",
    ),
    ("qubits", &["spin", "levels", "dim", "anharmonicity"], "superjump has two-level qubits alone"),
    (
        "qubits",
        &["positions", "distances", "geometry", "lattice"],
        "where qubits are is a table [positions]; an exchange of your own is `exchange`, a matrix",
    ),
    ("qubits", &["g", "gs", "couplingstrength"], "`couplings`, one for each qubit beside the `rate` of the baths"),
];

/// (key, our value, what it is called elsewhere).
const VALUES: &[(&str, &str, &[&str])] = &[
    ("units", "natural", &["hbar=1", "dimensionless", "atomic", "none", "unitless"]),
    ("units", "SI", &["ghz", "physical"]),
    (
        "bath.*.coupling",
        "local",
        &["individual", "independent", "single", "separate", "site", "onsite", "private", "parasitic"],
    ),
    (
        "bath.*.coupling",
        "collective",
        &["global", "common", "shared", "dicke", "superradiant", "symmetric", "permutation"],
    ),
    ("initial.state", "inverted", &["excited", "up", "allup", "allexcited", "full", "superradiant"]),
    ("initial.state", "ground", &["down", "vacuum", "gs", "alldown", "groundstate", "empty", "zero"]),
    ("initial.state", "coherent", &["css", "spincoherent", "bloch", "rotated"]),
    ("initial.state", "thermal", &["gibbs", "boltzmann", "thermaldm"]),
    ("initial.state", "dicke", &["dickestate", "jm", "dickebasis"]),
    ("initial.state", "superposition", &["custom", "ket", "pure", "vector"]),
    ("initial.state", "ghz", &["cat", "noon"]),
    ("initial.state", "steady", &["steadystate", "ss", "stationary"]),
    ("initial.state", "bits", &["basis", "fock", "bitstring"]),
    ("evolution.engine", "auto", &["mcsolve", "montecarlo", "mcwf", "mc", "default", "qutip", "automatic"]),
    ("evolution.engine", "populations", &["pim", "piqs", "rateequation", "rate", "diagonal", "classical"]),
    ("evolution.engine", "register", &["full", "statevector", "tensor", "exact"]),
    ("evolution.spacing", "log", &["logarithmic", "log10", "geometric", "geom", "logspace", "exponential"]),
    ("evolution.spacing", "linear", &["lin", "linspace", "even", "uniform"]),
    (
        "protocol.cycles",
        "until steady",
        &["steady", "infinite", "inf", "forever", "untilsteady", "limit", "limitcycle"],
    ),
    ("protocol.segment.*.frequency.shape", "linear", &["lin", "line", "ramp", "straight"]),
    (
        "protocol.segment.*.frequency.shape",
        "cosine",
        &["cos", "sine", "sin", "smooth", "sinusoidal", "sin2", "easeinout"],
    ),
    ("protocol.segment.*.frequency.shape", "exponential", &["exp", "geometric", "log", "logarithmic"]),
    ("protocol.segment.*.drive.amplitude.pulse", "gaussian", &["gauss", "normal"]),
    ("protocol.segment.*.drive.amplitude.pulse", "square", &["rect", "rectangular", "box", "constant", "flat"]),
    ("protocol.segment.*.drive.amplitude.pulse", "sin2", &["cos2", "sinsquared", "hann", "hanning", "cosine"]),
    ("protocol.segment.*.drive.amplitude.pulse", "sech", &["hyperbolicsecant", "cosh"]),
    ("figure.*.over", "N", &["number", "qubits", "qubit", "qubits.number"]),
    ("figure.*.quantity", "heat_current", &["current", "heat", "flux", "heatflow", "power"]),
    ("figure.*.quantity", "jz", &["sz", "magnetization", "inversion"]),
    ("figure.*.quantity", "j_squared", &["j2", "jsq", "s2", "casimir"]),
    ("figure.*.quantity", "intensity", &["emission", "photons", "rate"]),
    ("figure.*.against", "time", &["t", "times"]),
];

/// Values that have no counterpart.
const VALUES_TOLD: &[(&str, &[&str], &str)] = &[(
    "evolution.engine",
    &["mesolve", "lindblad", "master", "masterequation", "brmesolve", "smesolve", "ssesolve", "heom"],
    "the master equation is solved by `superjump exact`; engines of trajectories are \"populations\", \"sectors\", \
     \"ladder\", \"register\" and \"product\", and \"auto\" takes the cheapest that is exact",
)];

/// What a segment of a protocol changes of a bath.
const CHANGES: &str = "protocol.segment.*.bath.*";

/// What it changes of the drive, and a pulse there.
const DRIVE: &str = "protocol.segment.*.drive";
const PULSE: &str = "protocol.segment.*.drive.amplitude";

/// A word without what people write in several ways.
fn plain(word: &str) -> String {
    word.chars().filter(|c| !matches!(c, '_' | '-' | ' ')).flat_map(char::to_lowercase).collect()
}

/// What a key that is none of a table's means; the table by its generic path, such as `bath.*`.
pub fn key(table: &str, name: &str) -> Option<Meant> {
    let word = plain(name);
    // What stands in a value that changes is the same for all of them, but for pulses.
    let of_waves = ["protocol.segment.*.drive.", "protocol.segment.*.parameters."];
    let pulses = of_waves.iter().any(|of| table.starts_with(of));
    let table = generic(&format!("{table}.to")).strip_suffix(".to").map_or(table.to_owned(), str::to_owned);
    let table = table.as_str();
    let of = |other: &str, ours: &str| match table {
        "qubits.group" if other == "qubits" => true,
        // Of a bath, a segment has what may change.
        CHANGES if other == "bath.*" => keys().any(|(key, _)| key == format!("{CHANGES}.{ours}")),
        DRIVE if other == "drive" => true,
        _ => other == table || (pulses && other == PULSE),
    };
    let ours = KEYS.iter().find(|(other, ours, names)| of(other, ours) && names.contains(&word.as_str()));
    // What superjump has nowhere, it has in no table.
    let told = |table: &str| TOLD.iter().find(|(other, names, _)| *other == table && names.contains(&word.as_str()));
    let own = match table {
        "qubits.group" => "qubits",
        CHANGES => "bath.*",
        table => table,
    };
    let told = || told(own).or_else(|| told(""));
    ours.map(|(_, ours, _)| Meant::Ours(ours)).or_else(|| told().map(|(_, _, words)| Meant::Told(words)))
}

/// What a word that is none of a key's values means; the key by its generic path, such as `bath.*.coupling`.
pub fn value(key: &str, word: &str) -> Option<Meant> {
    let word = plain(word);
    let ours = VALUES.iter().find(|(other, _, names)| *other == key && names.contains(&word.as_str()));
    let told = || VALUES_TOLD.iter().find(|(other, names, _)| *other == key && names.contains(&word.as_str()));
    ours.map(|(_, ours, _)| Meant::Ours(ours)).or_else(|| told().map(|(_, _, words)| Meant::Told(words)))
}

/// What a slip of the pen in a word that is none of a key's values means.
pub fn near_value(key: &str, word: &str) -> Option<&'static str> {
    let all = || VALUES.iter().filter(|(other, ..)| *other == key);
    let near = nearest(word, all().flat_map(|(_, _, names)| names.iter().copied()))?;
    all().find(|(_, _, names)| names.contains(&near)).map(|(_, ours, _)| *ours)
}

/// The one of these names that a word is a slip of the pen from.
pub fn nearest<'a>(word: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = plain(word);
    let far = |name: &&str| osa_distance(&word, &plain(name));
    let most = (word.chars().count() / 3).min(3);
    names.into_iter().min_by_key(far).filter(|name| far(name) <= most)
}

#[cfg(test)]
mod tests {
    use super::super::keys::allowed;
    use super::*;

    #[test]
    fn what_is_hinted_at_is_there_and_what_is_ours_is_never_foreign() {
        let is_ours = |table: &str, key: &str| {
            let path = [table, key].iter().filter(|part| !part.is_empty()).copied().collect::<Vec<_>>().join(".");
            keys().any(|(known, _)| known == generic(&path))
        };
        for (table, ours, names) in KEYS {
            assert!(is_ours(table, ours) || *ours == "sweep", "{table}.{ours}");
            for name in *names {
                assert!(!is_ours(table, name), "{table}.{name} is a key");
                assert_eq!(*name, plain(name), "is never found");
                assert_eq!(key(table, name), Some(Meant::Ours(ours)), "{table}.{name} stands twice");
            }
        }
        for (table, names, _) in TOLD {
            for name in *names {
                assert!(!is_ours(table, name) && matches!(key(table, name), Some(Meant::Told(_))), "{table}.{name}");
            }
        }
        for (key, ours, names) in VALUES {
            let words = allowed(key);
            let open = key.starts_with("figure") && !key.ends_with("over");
            assert!(open || words.contains(&format!("\"{ours}\"")), "{key} = {ours}");
            for name in *names {
                assert!(open || !words.contains(&format!("\"{name}\"")), "{key} = {name} is a value");
                assert_eq!(value(key, name), Some(Meant::Ours(ours)), "{key} = {name} stands twice");
            }
        }
    }

    #[test]
    fn a_slip_of_the_pen_is_near_and_another_word_is_not() {
        let names = ["heat_current", "heat_current_average", "jz", "intensity"];
        assert_eq!(nearest("heatcurrent", names), Some("heat_current"));
        assert_eq!(nearest("intensty", names), Some("intensity"));
        assert_eq!(nearest("Jz", names), Some("jz"));
        assert_eq!(nearest("banana", names), None);
        assert_eq!(nearest("x", names), None);
    }
}
