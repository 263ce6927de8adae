//! Keys of what there is: qubits, ensembles, modes, baths, and how they change in time.

/// (key, what it allows), in the order of the documentation. A bath's key stands under `bath.*`.
pub const KEYS: &[(&str, &str)] = &[
    ("title", "a string"),
    ("units", "\"natural\" (hbar = k_B = omega_0 = 1) or \"SI\" (GHz, 1e9/s, mK, ns, fW)"),
    ("qubits", "a table [qubits] with `number` and, in SI, `frequency`"),
    ("qubits.number", "a whole number from 1 to 1000000"),
    (
        "positions",
        "a table [positions] with `kind`, and `points` or `lattice`, `spacing` and `count`: qubits in a field that they share by \
         where they are, for baths of coupling \"positions\"; none at the place of another, up to 20",
    ),
    (
        "positions.kind",
        "\"free space\" (dipoles, `dipole`), \"waveguide\" (one guided mode along x) or \"chiral\" (the same, with more to the \
         `right` than to the left)",
    ),
    ("positions.points", "a list of points [x, y, z], in wavelengths, in place of a `lattice`"),
    (
        "positions.lattice",
        "\"chain\" (along x), \"ring\" (around the origin, in the plane of x and y), \"square\" (in that plane) or \"cubic\"",
    ),
    ("positions.spacing", "the distance of neighbours in wavelengths, a positive, finite number"),
    (
        "positions.count",
        "how many: a whole number, along each side of a square or cubic lattice; or a list of sides such as [4, 2]; up to 20 in all",
    ),
    (
        "positions.dipole",
        "the direction of all dipoles, [x, y, z] of finite numbers or pairs [re, im], not all zero: [0, 0, 1], or \
         [1, [0, 1], 0] of circular ones",
    ),
    (
        "positions.right",
        "which part of the light of a qubit alone goes to the right, from 0 to 1; 1, a cascade, if left out",
    ),
    (
        "decay",
        "tables [[decay]], each with `name` and `matrix`: what qubits emit together, sum_ij Gamma_ij sigma_-^(j) rho sigma_+^(i)",
    ),
    ("decay.*.name", "letters, digits, `_` and `-`, another name than that of each bath"),
    (
        "decay.*.matrix",
        "Gamma, row by row: finite numbers or pairs [re, im], a row for each qubit, Hermitian and without an eigenvalue below zero",
    ),
    ("qubits.frequency", "a positive, finite number: omega_0 (natural; 1 if left out), or omega_0/(2 pi) in GHz (SI)"),
    (
        "qubits.frequencies",
        "a list of positive, finite frequencies, one for each qubit; the baths are taken at `frequency`",
    ),
    ("qubits.spread", "a finite number from 0 up: frequencies evenly spaced over it, around `frequency`"),
    (
        "qubits.disorder",
        "a table { width, seed }: frequencies drawn from a normal distribution around `frequency`, another draw for \
         every seed",
    ),
    ("qubits.disorder.width", "the standard deviation, a finite number from 0 up"),
    ("qubits.disorder.seed", "a whole number from 0 to 9223372036854775807"),
    (
        "qubits.couplings",
        "a list of finite numbers, one for each qubit: its amplitude in the collective jumps, 1 if left out",
    ),
    (
        "qubits.exchange",
        "a finite frequency for all pairs, or a symmetric matrix of them with a zero diagonal, row by row",
    ),
    ("qubits.twisting", "a finite frequency: chi of the term chi J_z^2"),
    ("drive", "a table [drive] with `amplitude` and `detuning`: Omega J_x + Delta J_z in the frame of the drive"),
    ("drive.amplitude", "a finite frequency, Omega"),
    (
        "drive.amplitudes",
        "for qubits with [positions], [[decay]] or `amplitudes`: a finite frequency Omega_j of each in place of `amplitude`, \
         numbers or pairs [re, im]",
    ),
    (
        "drive.direction",
        "for qubits with [positions]: three numbers, where a plane wave goes, whose phase at each qubit is \
         2 pi n.r_j; all in phase if left out",
    ),
    ("drive.detuning", "a finite frequency, Delta = omega_0 - omega_drive, 0 if left out"),
    (
        "protocol",
        "a table [protocol] with `cycles` and tables [protocol.segment.NAME]: segments in which the frequency of the \
         qubits, the baths and the drive change, one after the other; of [[ensemble]] and [[mode]] parameters, \
         frequencies, baths and jumps",
    ),
    (
        "protocol.cycles",
        "how often the segments pass: a whole number from 1 to 1000000000, or \"until steady\"; once, and without the \
         way back to the first, if left out",
    ),
    (
        "protocol.segment",
        "tables [protocol.segment.NAME] in their order in time, each with `duration` and what changes: `frequency`, \
         `bath.NAME.rate` ..., `drive.amplitude` ...; of ensembles and modes `parameters.NAME`, `ensemble.NAME.frequency`, \
         `mode.NAME.frequency`, `bath.NAME.rate` ..., `jump.NAME.rate` ...; a name is of letters, digits, `_` and `-`",
    ),
    ("protocol.segment.*.duration", "how long the segment takes, a positive, finite time"),
    (
        "protocol.segment.*.frequency",
        "the frequency of the qubits, positive and finite: a number that stays, a ramp such as { to = 2.0, shape = \"linear\" }, or \
         { table = [[0.0, 1.0], [5.0, 2.0]] }; as the segment before ended, if left out",
    ),
    (
        "protocol.segment.*.frequency.to",
        "where a ramp ends: a frequency is above 0, rates and temperatures are from 0 up, a drive is of either sign, all \
         of them finite",
    ),
    (
        "protocol.segment.*.frequency.from",
        "where a ramp begins, in the same bounds; where the segment before ended (the first: the value of the scenario), \
         if left out",
    ),
    (
        "protocol.segment.*.frequency.shape",
        "\"linear\" (if left out), \"cosine\" (at rest at both ends) or \"exponential\" (between values above 0)",
    ),
    (
        "protocol.segment.*.frequency.table",
        "a list of pairs [time, value], values in the same bounds and linear between, for curves that were measured: times \
         ascend from 0 to the `duration` of the segment",
    ),
    (
        "protocol.segment.*.bath",
        "tables [protocol.segment.NAME.bath.NAME] of what changes of a bath: `rate`, `temperature`, `down`, `up` or \
         `dephasing`",
    ),
    (
        "protocol.segment.*.bath.*.rate",
        "gamma, finite, from 0 up (on resonance, behind a filter): a number, or a table as of `frequency`; as the segment before \
         ended, if left out",
    ),
    ("protocol.segment.*.bath.*.temperature", "finite, from 0 up: a number, or a table as of `frequency`"),
    ("protocol.segment.*.bath.*.down", "rate of emission, finite, from 0 up: a number, or a table as of `frequency`"),
    ("protocol.segment.*.bath.*.up", "rate of absorption, finite, from 0 up: a number, or a table as of `frequency`"),
    (
        "protocol.segment.*.bath.*.dephasing",
        "rate of dephasing, finite, from 0 up: a number, or a table as of `frequency`",
    ),
    (
        "protocol.segment.*.parameters",
        "a table [protocol.segment.NAME.parameters] of those [parameters] that change, in all of which together \
         [hamiltonian] is linear: each finite, a number, a table as of `frequency`, or a pulse as of `drive.amplitude`; as \
         the segment before ended, if left out",
    ),
    (
        "protocol.segment.*.ensemble",
        "tables [protocol.segment.NAME.ensemble.NAME] of what changes of an ensemble: its `frequency`",
    ),
    ("protocol.segment.*.ensemble.*.frequency", "finite: a number, or a table as of `frequency`"),
    ("protocol.segment.*.mode", "tables [protocol.segment.NAME.mode.NAME] of what changes of a mode: its `frequency`"),
    ("protocol.segment.*.mode.*.frequency", "finite: a number, or a table as of `frequency`"),
    (
        "protocol.segment.*.jump",
        "tables [protocol.segment.NAME.jump.NAME] of what changes of a [[jump]]: `rate` or `temperature`",
    ),
    ("protocol.segment.*.jump.*.rate", "finite, from 0 up: a number, or a table as of `frequency`"),
    (
        "protocol.segment.*.jump.*.temperature",
        "of a jump with a `quantum`, finite, from 0 up: a number, or a table as of `frequency`",
    ),
    (
        "protocol.segment.*.drive",
        "a table [protocol.segment.NAME.drive] of what changes of the drive: `amplitude`, `detuning` or `phase`",
    ),
    (
        "protocol.segment.*.drive.amplitude",
        "Omega, finite: a number, a table as of `frequency`, or a pulse that rises from 0 and returns to it, such as \
         { pulse = \"gaussian\", amplitude = 1.0, centre = 5.0, width = 0.5 }; as the segment before ended, if left out",
    ),
    (
        "protocol.segment.*.drive.amplitude.pulse",
        "\"gaussian\" (of this standard deviation), \"square\" (this wide), \"sech\" (of the time over the width), \"sin2\" \
         (this wide from end to end) or \"tanh\" (of the time over the width: no pulse but a way from -amplitude to \
         amplitude, for the detuning)",
    ),
    ("protocol.segment.*.drive.amplitude.amplitude", "the height of the pulse, finite, of either sign"),
    ("protocol.segment.*.drive.amplitude.centre", "the time of its centre, since the start of the segment"),
    (
        "protocol.segment.*.drive.amplitude.width",
        "the width of the pulse, positive, and not below a millionth of the segment",
    ),
    (
        "protocol.segment.*.drive.detuning",
        "Delta = omega - omega_drive, finite: a number, a table as of `frequency`, or a pulse; the drive follows the \
         frequency of the qubits",
    ),
    (
        "protocol.segment.*.drive.phase",
        "finite, in radians (at 0 the drive is about x, at pi/2 about y): a number, or a table as of `frequency`",
    ),
    (
        "ensemble",
        "tables [[ensemble]] of qubits that are alike, each with `name`, `number`, `frequency`, `coupling` and `initial`, in \
         place of [qubits]: they share baths, and live in one state ([[qubits.group]] are far apart, and independent)",
    ),
    (
        "ensemble.*.name",
        "letters, digits and _, no digit first, and not i, pi, sqrt, exp or dag: operators refer to it",
    ),
    ("ensemble.*.number", "a whole number from 0 to 1000000"),
    (
        "ensemble.*.frequency",
        "a finite frequency, 1 if left out in natural units: omega J_z, in the frame that H is in",
    ),
    (
        "ensemble.*.coupling",
        "its amplitude in the collective baths: a number or a pair [re, im], 1 if left out; or a table of them by the names of \
         baths, 1 in those that are not named",
    ),
    (
        "ensemble.*.initial",
        "\"ground\", \"inverted\", or a table { state = \"dicke\", j = 1.0, m = 0.0 } of what [initial] may say",
    ),
    (
        "mode",
        "tables [[mode]] of harmonic modes, each with `name`, `frequency`, `levels`, `coupling` and `initial`, beside or in \
         place of [[ensemble]]",
    ),
    ("mode.*.name", "letters, digits and _, no digit first, and not i, pi, sqrt, exp or dag: operators refer to it"),
    ("mode.*.frequency", "a finite frequency, 1 if left out in natural units: omega n, in the frame that H is in"),
    (
        "mode.*.levels",
        "how many numbers of quanta are kept, 0 to levels - 1: a whole number from 1 to 100000; or a table { most = 4096, \
         weight = 1e-8 } of a cut that grows, which it does if left out; where excitations only leave, all that there may be \
         are kept then",
    ),
    ("mode.*.levels.most", "the most levels that a cut grows to: a whole number from 1 to 100000, 4096 if left out"),
    (
        "mode.*.levels.weight",
        "a cut grows until its highest level weighs less than this: a number above 0 and below 1, 1e-8 if left out",
    ),
    ("mode.*.coupling", "its amplitude in the collective baths that act on it, as of [[ensemble]]"),
    (
        "mode.*.initial",
        "a whole number of quanta, 0 if left out; or a table { alpha = 2.0 } or { alpha = [1.0, 0.5] }, a coherent state",
    ),
    ("mode.*.initial.quanta", "a whole number from 0 up"),
    ("mode.*.initial.alpha", "a number or a pair [re, im]"),
    (
        "parameters",
        "a table [parameters] of numbers, each under the name by which operators refer to it: letters, digits and _, no digit \
         first",
    ),
    ("hamiltonian", "a table [hamiltonian] with `terms`, beside the frequencies of ensembles and modes"),
    (
        "hamiltonian.terms",
        "a list of tables such as { operator = \"g * (a.Jp * c.a + a.Jm * c.ad)\" }: Hermitian, in the unit of frequencies",
    ),
    (
        "hamiltonian.terms.operator",
        "an operator: NAME.Jx, Jy, Jz, Jp, Jm of ensembles and NAME.a, ad, n of modes, numbers, [parameters], i, pi, \
         + - * / ^ ( ), sqrt( ), exp( ) and dag( )",
    ),
    (
        "jump",
        "tables [[jump]] of baths that act through an operator of your own, each with `name`, `operator` and `rate`",
    ),
    ("jump.*.name", "letters, digits, `_` and `-`, another name than that of each bath"),
    ("jump.*.operator", "an operator, as in `hamiltonian.terms`, that need not be Hermitian: what an emission does"),
    ("jump.*.rate", "a finite number from 0 up (above 0, from 1e-300): how often per unit of time and of <L^dagger L>"),
    (
        "jump.*.temperature",
        "a finite number from 0 up, together with `quantum`: L at rate (1 + n), and its adjoint at rate n",
    ),
    ("jump.*.quantum", "a positive, finite frequency: the energy of what is exchanged, together with `temperature`"),
    (
        "observe",
        "a table [observe] of Hermitian operators, as in `hamiltonian.terms`, each under the name of its mean in results: \
         letters, digits and _, no digit first",
    ),
    (
        "correlate",
        "tables [[correlate]] of <A(t + tau) B(t)>, with ensembles and modes: each with `name`, `left` (A), `right` (B), \
         `delays` (tau), and `at` (t) or `frequencies`",
    ),
    ("correlate.*.name", "letters, digits and _, no digit first, and no name of another mean"),
    (
        "correlate.*.left",
        "A of <A(t + tau) B(t)>: an operator, as in `hamiltonian.terms`, that need not be Hermitian; the conjugate of `right` if \
         left out",
    ),
    ("correlate.*.right", "B of <A(t + tau) B(t)>: an operator likewise; the conjugate of `left` if left out"),
    (
        "correlate.*.outer",
        "C of <C(t) A(t + tau) B(t)>: an operator likewise, as the conjugate of `right` is in g2; 1 if left out",
    ),
    (
        "correlate.*.photons",
        "a bath in place of operators: its photons at t and t + tau, sum <L^dagger(t) I(t + tau) L(t)> over its jumps L, where I is \
         its intensity",
    ),
    (
        "correlate.*.at",
        "t: a time from 0 to the end of the transient; if left out, that end, or with [steady] the steady state",
    ),
    (
        "correlate.*.delays",
        "tau: ascending times from 0 up, as a list or as { linspace = [0.0, 10.0, 101] }; 0 alone if left out beside `frequencies`",
    ),
    (
        "correlate.*.frequencies",
        "where to look at the spectrum of the steady state: ascending frequencies of either sign, as a list or as \
         { linspace = [-5.0, 5.0, 201] }, in the unit of `ensemble.*.frequency`; with [steady]",
    ),
    ("qubits.group", "tables [[qubits.group]] with `number` and `frequency`"),
    ("bath", "tables [[bath]], each with `name`, `coupling` and its rates"),
    ("bath.*.name", "letters, digits, `_` and `-`, each bath another name"),
    ("bath.*.coupling", "\"collective\" or \"local\"; with [positions] also \"positions\", through the field there"),
    (
        "bath.*.amplitudes",
        "the amplitude of each qubit in a collective bath, a list of numbers or pairs [re, im]: its jumps are sum_j a_j sigma_-^(j)",
    ),
    (
        "bath.*.on",
        "with ensembles and modes: a list of the names of those that it acts on; all ensembles if left out, where there is no \
         mode",
    ),
    (
        "bath.*.frequency",
        "with ensembles and modes: the positive frequency at which its occupation and `filter` are taken, where those that it \
         acts on have several",
    ),
    ("bath.*.rate", "gamma, a finite number from 0 up (above 0, from 1e-300), together with `temperature`"),
    ("bath.*.temperature", "a finite number from 0 up, together with `rate`"),
    (
        "bath.*.down",
        "rate of emission, a finite number from 0 up (above 0, from 1e-300), in place of `rate` and `temperature`",
    ),
    (
        "bath.*.up",
        "rate of absorption, a finite number from 0 up (above 0, from 1e-300), in place of `rate` and `temperature`",
    ),
    ("bath.*.dephasing", "a finite number from 0 up (above 0, from 1e-300)"),
    (
        "bath.*.quantum",
        "a positive, finite frequency, in the unit of `qubits.frequency`: the energy of what the bath exchanges, at which \
         its occupation, `filter` and `circuit` are taken; that of the qubits if left out",
    ),
    (
        "bath.*.filter",
        "a table { quality, resonance, form }: an RLC resonator around the frequency `resonance` that scales `rate`; \
         form \"lorentzian\" (37, if left out) or \"full\" (B18)",
    ),
    (
        "bath.*.circuit",
        "a table { coupling, resistance, inductance, capacitance, form } in fF, ohm, nH, fF, in place of `rate`, where \
         the qubits are given by `transmon`",
    ),
    ("bath.*.filter.quality", "a positive, finite number"),
    ("bath.*.filter.resonance", "a positive, finite frequency, in the unit of `qubits.frequency`"),
    ("bath.*.filter.form", "\"lorentzian\" (37) or \"full\" (B18)"),
    ("bath.*.circuit.form", "\"lorentzian\" (37) or \"full\" (B18)"),
    ("bath.*.circuit.coupling", "the coupling capacitance in fF, a positive number"),
    ("bath.*.circuit.resistance", "a positive number, in ohm"),
    ("bath.*.circuit.inductance", "a positive number, in nH"),
    ("bath.*.circuit.capacitance", "a positive number, in fF"),
    (
        "qubits.transmon",
        "a table { josephson, charging }: E_J/h and E_C/h in GHz, in SI units, in place of `frequency`",
    ),
    ("qubits.transmon.josephson", "E_J/h in GHz, a positive number"),
    ("qubits.transmon.charging", "E_C/h in GHz, a positive number, far below `josephson`"),
    ("qubits.group.transmon", "a table { josephson, charging }, in place of `frequency`"),
];
