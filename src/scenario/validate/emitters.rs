//! Emitters in space: qubits of one kind at points, which share a field, a matrix of decay, or a bath by amplitudes of their
//! own. Each becomes an ensemble of one qubit, `q1`, `q2`, ...

use std::ops::Range;

use ndarray::Array2;
use num_complex::Complex64;
use toml::Spanned;

use super::super::keys::allowed;
use super::super::raw::{Key, RawDecay, RawPositions, RawQubits, RawScenario};
use super::couplings::{Acting, complex, field_bath};
use super::light::Light;
use super::part::Part;
use super::{LARGEST, Result, Validator};
use crate::dicke::Level;
use crate::group::Detection;
use crate::initial::{FactorStart, InitialState};
use crate::model::Model;
use crate::model::emitters::{DecayMode, Emitters, EmittersError, Field, Lattice, Vector, modes};
use crate::model::product::{Factor, Product};
use crate::units::Units;

/// More than any state that is kept has.
const MOST_EMITTERS: i64 = 20;

/// What qubits at points are, before there is a product.
pub(super) struct Placed {
    /// `q1`, `q2`, ...
    pub names: Vec<String>,
    frequency: f64,
    /// Where they are and what they share, with `[positions]`.
    pub emitters: Option<Emitters>,
    /// What `qubits.exchange` adds.
    exchange: Option<Array2<f64>>,
    starts: Vec<FactorStart>,
    /// What drives them: frequencies are then those of its frame.
    pub light: Option<Light>,
    span: Range<usize>,
}

/// Whether qubits are told apart by what they share.
pub(super) fn is_of_emitters(raw: &RawScenario) -> bool {
    let own = |bath: &Spanned<super::super::raw::RawBath>| bath.get_ref().amplitudes.is_some();
    raw.positions.is_some() || !raw.decay.is_empty() || raw.bath.iter().any(own)
}

/// Why photons of others have no directions.
const NOT_PLACED: &str = "is of qubits with [positions], and there are none";

/// Where photons by direction are asked for, if they are.
fn directions_asked(raw: &RawScenario) -> Option<Range<usize>> {
    let asked = raw.record.as_ref()?.get_ref().directions.as_ref()?;
    asked.get_ref().then(|| asked.span())
}

/// What results call the means of so many.
pub(super) fn names(count: usize) -> impl Iterator<Item = String> {
    (1..=count).map(|place| format!("q{place}"))
}

/// How many there seem to be, before any of it is checked: none where they are no emitters.
pub(super) fn count(raw: &RawScenario) -> usize {
    if !is_of_emitters(raw) {
        return 0;
    }
    let of_positions = raw.positions.as_ref().and_then(|table| {
        let RawPositions { points, lattice, count, .. } = table.get_ref();
        let sides = match count.as_ref().map(Spanned::get_ref) {
            Some(toml::Value::Array(sides)) => sides.iter().map(toml::Value::as_integer).product(),
            Some(side) => side.as_integer().map(|side| match lattice.as_ref().map(|word| word.get_ref().as_str()) {
                Some("square") => side.saturating_pow(2),
                Some("cubic") => side.saturating_pow(3),
                _ => side,
            }),
            None => None,
        };
        points.as_ref().map(|points| points.get_ref().len() as i64).or(sides)
    });
    let given = raw.qubits.as_ref().and_then(|table| table.get_ref().number.as_ref()).map(|number| *number.get_ref());
    of_positions.or(given).unwrap_or(0).clamp(0, MOST_EMITTERS) as usize
}

impl Placed {
    /// The factors, each with where it starts.
    pub fn read(&self) -> Vec<(Part<'_>, Factor, FactorStart)> {
        let frequency = self.frequency;
        let all = self.names.iter().zip(&self.starts);
        all.map(|(name, start)| {
            let (key, span) = (format!("qubits ({name})"), self.span.clone());
            let part = Part { name, key, is_mode: false, frequency, coupling: None, span };
            let turning = self.light.as_ref().map_or(frequency, |light| light.detuning);
            (part, Factor::ensemble(name, 1, turning), start.clone())
        })
        .collect()
    }

    /// What they exchange, where a quantum fades from one alone at `rate`, as a frequency.
    pub fn exchanged(&self, units: Units, rate: f64) -> Array2<Complex64> {
        let n = self.names.len();
        let mut sum = Array2::zeros((n, n));
        if let Some(emitters) = self.emitters.as_ref().filter(|_| rate > 0.0) {
            sum.scaled_add((rate / units.angular(1.0)).into(), &emitters.exchange());
        }
        if let Some(exchange) = &self.exchange {
            sum += &exchange.mapv(Complex64::from);
        }
        sum
    }
}

impl Validator<'_> {
    /// Refuses photons by direction, where nothing says where they come from.
    pub(super) fn is_without_directions(&self, raw: &RawScenario) {
        let Some(span) = directions_asked(raw) else { return };
        let title = format!("`record.directions` {NOT_PLACED}");
        self.keep(Err::<(), _>(self.source.error(span, title, "a table [positions]; or no `directions`")));
    }

    /// The qubits, where they are, and where they start.
    pub(super) fn placed(&self, raw: &RawScenario, units: Units) -> Result<Placed> {
        let emitters = self.keep(raw.positions.as_ref().map(|table| self.positions(table)).transpose());
        let emitters = Self::kept(emitters)?;
        let given = raw.qubits.as_ref().map(|table| self.of_qubits(table, units)).transpose()?;
        let at_points = emitters.as_ref().map(|emitters| emitters.points().len());
        let number = match (given.as_ref().and_then(|(number, _)| number.as_ref()), at_points) {
            (Some(number), Some(points)) if *number.get_ref() != points as i64 => {
                let title = format!("`qubits.number` is {}, and [positions] has {points}", number.get_ref());
                return Err(self.source.error(number.span(), title, "the same number, or no `qubits.number`"));
            }
            (_, Some(points)) => points as i64,
            (Some(number), None) => *number.get_ref(),
            (None, None) => {
                let table = self.table(&raw.qubits, "qubits")?;
                return Err(self.source.error(
                    table.span(),
                    "the key `qubits.number` is missing".to_owned(),
                    allowed("qubits.number"),
                ));
            }
        };
        if !(1..=MOST_EMITTERS).contains(&number) {
            let span = raw.positions.as_ref().map(Spanned::span).or(raw.qubits.as_ref().map(Spanned::span));
            let title = format!("{number} qubits that are told apart are beyond the {MOST_EMITTERS} that are evolved");
            return Err(self.source.error(
                span.unwrap_or(0..0),
                title,
                "from 1 to 20 qubits: a state has 2^N amplitudes",
            ));
        }
        let frequency = match (given.as_ref().and_then(|(_, frequency)| *frequency), units) {
            (Some(frequency), _) => frequency,
            (None, Units::Natural) => 1.0,
            (None, Units::Si) => {
                let span = raw.qubits.as_ref().map_or(0..0, Spanned::span);
                let title = "the key `qubits.frequency` is missing".to_owned();
                return Err(self.source.error(span, title, allowed("qubits.frequency")));
            }
        };
        let of_drive = raw.drive.as_ref().map(|table| self.light(table, number as usize, emitters.as_ref()));
        let light = of_drive.transpose()?;
        let exchange = raw.qubits.as_ref().and_then(|table| table.get_ref().exchange.as_ref());
        let exchange = exchange.map(|exchange| self.exchange(exchange, number as usize)).transpose()?;
        let initial = self.table(&raw.initial, "initial")?;
        let model = Model::between(&[], units, number, frequency, 0.0);
        let state = self.initial(initial, &model, 1, true)?;
        let starts = each_alone(&state, number as usize).ok_or_else(|| {
            let word = initial.get_ref().state.as_ref();
            let title = format!(
                "`initial.state` \"{}\" is no state of each qubit by itself",
                word.map_or("", |word| word.get_ref().as_str())
            );
            let help =
                "for qubits at points: \"inverted\", \"ground\", \"bits\", \"angles\", \"coherent\" or \"thermal\"";
            self.source.error(word.map_or(initial.span(), Spanned::span), title, help)
        })?;
        Ok(Placed {
            names: names(number as usize).collect(),
            frequency,
            emitters,
            exchange,
            starts,
            light,
            span: initial.span(),
        })
    }

    /// The number and the frequency, where they are said. Nothing else tells qubits at points apart.
    #[allow(clippy::type_complexity)]
    fn of_qubits<'a>(
        &self,
        table: &'a Spanned<RawQubits>,
        units: Units,
    ) -> Result<(Option<&'a Spanned<i64>>, Option<f64>)> {
        let raw = table.get_ref();
        let others = [
            ("qubits.frequencies", raw.frequencies.as_ref().map(Spanned::span)),
            ("qubits.spread", raw.spread.as_ref().map(Spanned::span)),
            ("qubits.disorder", raw.disorder.as_ref().map(Spanned::span)),
            ("qubits.couplings", raw.couplings.as_ref().map(Spanned::span)),
            ("qubits.twisting", raw.twisting.as_ref().map(Spanned::span)),
            ("qubits.group", raw.group.as_ref().map(Spanned::span)),
        ];
        for (key, span) in others {
            let Some(span) = span else { continue };
            let title = format!("`{key}` is not of qubits with [positions], [[decay]] or `amplitudes`");
            let help = "terms of [hamiltonian] on q1, q2, ...: { operator = \"0.1 * q1.Jz\" }";
            return Err(self.source.error(span, title, help));
        }
        let transmon = raw.transmon.as_ref().map(|t| self.transmon(t, units, "qubits")).transpose()?;
        let frequency = match (transmon, &raw.frequency) {
            (Some(transmon), _) => Some(transmon.frequency()),
            (None, Some(frequency)) => {
                let value = self.finite(frequency, "qubits.frequency")?;
                if value.abs() > LARGEST {
                    return self.refuse(frequency.span(), "qubits.frequency", &format!("is {value:e}"));
                }
                Some(value)
            }
            (None, None) => None,
        };
        Ok((raw.number.as_ref(), frequency))
    }

    fn positions(&self, table: &Spanned<RawPositions>) -> Result<Emitters> {
        let raw = table.get_ref();
        let (points, span) = self.places(table)?;
        let kind = self.require(&raw.kind, "positions.kind", table.span())?;
        let extra = |key: &str, span: Option<Range<usize>>, of: &str| match span {
            None => Ok(()),
            Some(span) => {
                let title = format!("`positions.{key}` has no meaning for kind \"{}\"", kind.get_ref());
                Err(self.source.error(span, title, of))
            }
        };
        let of_free_space = || extra("dipole", raw.dipole.as_ref().map(Spanned::span), "it is of kind \"free space\"");
        let of_chiral = || extra("right", raw.right.as_ref().map(Spanned::span), "it is of kind \"chiral\"");
        let field = match kind.get_ref().as_str() {
            "free space" => {
                of_chiral()?;
                let dipole = self.require(&raw.dipole, "positions.dipole", table.span())?;
                let parts: Option<Vec<Complex64>> = dipole.get_ref().iter().map(complex).collect();
                let Some(&[x, y, z]) = parts.as_deref() else {
                    return self.refuse(dipole.span(), "positions.dipole", "is no list of three numbers");
                };
                Field::FreeSpace { dipole: [x, y, z] }
            }
            "waveguide" => {
                of_free_space()?;
                of_chiral()?;
                Field::Waveguide { right: 0.5 }
            }
            "chiral" => {
                of_free_space()?;
                let right = raw.right.as_ref().map_or(Ok(1.0), |right| self.finite(right, "positions.right"))?;
                Field::Waveguide { right }
            }
            _ => return self.no_word(kind, "positions.kind"),
        };
        Emitters::new(points, field).map_err(|error| {
            let of = |span: Option<Range<usize>>, key| (span.unwrap_or_else(|| table.span()), key);
            let (span, key) = match error {
                EmittersError::Dipole => of(raw.dipole.as_ref().map(Spanned::span), "positions.dipole"),
                EmittersError::Share(_) => of(raw.right.as_ref().map(Spanned::span), "positions.right"),
                EmittersError::Point(_) | EmittersError::Coincide(..) => (span, "positions"),
            };
            self.source.error(span, format!("`{key}`: {error}"), allowed(key))
        })
    }

    /// The points, and where they are said.
    fn places(&self, table: &Spanned<RawPositions>) -> Result<(Vec<Vector>, Range<usize>)> {
        let raw = table.get_ref();
        let of_lattice = [
            ("lattice", raw.lattice.as_ref().map(Spanned::span)),
            ("spacing", raw.spacing.as_ref().map(Spanned::span)),
            ("count", raw.count.as_ref().map(Spanned::span)),
        ];
        if let Some(points) = &raw.points {
            if let Some((key, Some(span))) = of_lattice.into_iter().find(|(_, span)| span.is_some()) {
                let title = format!("`positions.{key}` and `positions.points` both say where the qubits are");
                return Err(self.source.error(span, title, "`points`; or `lattice`, `spacing` and `count`"));
            }
            let point = |point: &Vec<f64>| <Vector>::try_from(point.as_slice()).ok();
            return match points.get_ref().iter().map(point).collect::<Option<Vec<Vector>>>() {
                Some(found) if !found.is_empty() => Ok((found, points.span())),
                _ => self.refuse(points.span(), "positions.points", "is no list of points [x, y, z]"),
            };
        }
        let lattice = self.require(&raw.lattice, "positions.lattice", table.span())?;
        let spacing = self.require(&raw.spacing, "positions.spacing", table.span())?;
        let spacing = self.positive(spacing, "positions.spacing")?;
        let count = self.require(&raw.count, "positions.count", table.span())?;
        let wrong = || self.refuse(count.span(), "positions.count", &format!("is {}", count.get_ref()));
        let whole = |value: &toml::Value| {
            value.as_integer().and_then(|n| usize::try_from(n).ok()).filter(|n| (1..=1000).contains(n))
        };
        let of_list: Option<Vec<usize>> = count.get_ref().as_array().and_then(|list| list.iter().map(whole).collect());
        let sides = of_list.or_else(|| whole(count.get_ref()).map(|n| vec![n]));
        let lattice = match (lattice.get_ref().as_str(), sides.as_deref()) {
            ("chain", Some([n])) => Lattice::Chain(*n),
            ("ring", Some([n])) => Lattice::Ring(*n),
            ("square", Some([n])) => Lattice::Square([*n; 2]),
            ("square", Some([x, y])) => Lattice::Square([*x, *y]),
            ("cubic", Some([n])) => Lattice::Cubic([*n; 3]),
            ("cubic", Some([x, y, z])) => Lattice::Cubic([*x, *y, *z]),
            ("chain" | "ring" | "square" | "cubic", _) => return wrong(),
            _ => return self.no_word(lattice, "positions.lattice"),
        };
        if lattice.count() > MOST_EMITTERS as usize {
            return self.refuse(count.span(), "positions.count", &format!("makes {} qubits", lattice.count()));
        }
        Ok((lattice.points(spacing), raw.spacing.as_ref().map_or_else(|| table.span(), Spanned::span)))
    }

    /// How photons are seen, where `record.directions` asks for it.
    pub(super) fn detection(
        &self,
        raw: &RawScenario,
        (product, baths): (&Product, &[Acting]),
        emitters: Option<&Emitters>,
        steady: bool,
    ) -> Result<Option<Detection>> {
        let Some(span) = directions_asked(raw) else { return Ok(None) };
        let refuse =
            |why: &str, help: &str| Err(self.source.error(span.clone(), format!("`record.directions` {why}"), help));
        let Some(emitters) = emitters else { return refuse(NOT_PLACED, "a table [positions]; or no `directions`") };
        if steady {
            return refuse("is of a transient, and this is a steady state", "no `directions`");
        }
        let (bath, down) = match field_bath(baths) {
            Ok(found) => found,
            Err(count) => {
                let why = format!("is of the one bath that the qubits share by [positions], and there are {count}");
                return refuse(&why, "one [[bath]] with coupling = \"positions\"");
            }
        };
        let Some(directions) = emitters.directions() else {
            return refuse(
                "would take too many directions to add up to the light of all: the qubits are many wavelengths apart",
                "qubits within some ten wavelengths; or no `directions`",
            );
        };
        let seen = Detection::new(product, bath, down, directions);
        seen.map(Some).map_err(|error| self.no_product(span.clone(), &error))
    }

    /// The product with the baths of `[[decay]]`.
    pub(super) fn with_decays(&self, mut product: Product, raw: &[Spanned<RawDecay>]) -> Result<Product> {
        for (index, table) in raw.iter().enumerate() {
            let decay = table.get_ref();
            let label = decay.name.as_ref().map_or_else(|| index.to_string(), |name| name.get_ref().clone());
            let key = |field: &str| format!("decay.{label}.{field}");
            let name = self.require(&decay.name, &key("name"), table.span())?;
            let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
            if name.get_ref().is_empty() || !name.get_ref().chars().all(fits) {
                return self.refuse(name.span(), "decay.*.name", &format!("is \"{}\"", name.get_ref()));
            }
            if product.baths().iter().any(|bath| bath.name == *name.get_ref()) {
                return self.twice(&decay.name, name.get_ref());
            }
            let matrix = self.require(&decay.matrix, &key("matrix"), table.span())?;
            let modes = self.decay_modes(matrix, &key("matrix"), product.factors().len())?;
            product = product
                .decay(name.get_ref(), &modes, 1.0, 0.0)
                .map_err(|error| self.no_product(table.span(), &error))?;
        }
        Ok(product)
    }

    fn decay_modes(&self, matrix: &Spanned<Vec<Vec<toml::Value>>>, key: &str, n: usize) -> Result<Vec<DecayMode>> {
        let rows = matrix.get_ref();
        if rows.len() != n || rows.iter().any(|row| row.len() != n) {
            return self.refuse(matrix.span(), key, &format!("is no {n} x {n} matrix, for {n} qubits"));
        }
        let values: Option<Vec<Complex64>> = rows.iter().flatten().map(complex).collect();
        let Some(values) = values else {
            return self.refuse(matrix.span(), key, "has an element that is no number and no pair [re, im]");
        };
        let matrix_of = Array2::from_shape_fn((n, n), |(i, j)| values[i * n + j]);
        let found = modes(&matrix_of).or_else(|error| self.refuse(matrix.span(), key, &error.to_string()))?;
        if found.is_empty() { self.refuse(matrix.span(), key, "is zero: nothing decays") } else { Ok(found) }
    }

    /// The amplitudes of a bath of its own, one for each qubit.
    pub(super) fn own_amplitudes(
        &self,
        amplitudes: &Key<Vec<toml::Value>>,
        key: &str,
        n: usize,
    ) -> Result<Option<Vec<Complex64>>> {
        let Some(list) = amplitudes else { return Ok(None) };
        let values: Option<Vec<Complex64>> = list.get_ref().iter().map(complex).collect();
        let Some(values) = values else {
            return self.refuse(list.span(), key, "has an entry that is no number and no pair [re, im]");
        };
        if values.len() != n {
            return self.refuse(list.span(), key, &format!("has {} entries, for {n} qubits", values.len()));
        }
        Ok(Some(values))
    }
}

/// The state of each qubit, where they have one each: every one is a pure or a thermal state of a single qubit.
fn each_alone(state: &InitialState, n: usize) -> Option<Vec<FactorStart>> {
    let sharp = |up: bool| InitialState::Dicke(if up { Level::inverted(1) } else { Level::ground(1) });
    let tilted = |&(theta, phi): &(f64, f64)| match theta {
        0.0 => sharp(true),
        theta => InitialState::Coherent { theta, phi },
    };
    let states: Vec<InitialState> = match state {
        InitialState::Dicke(level) if level.two_j == n as i64 && level.two_m.abs() == n as i64 => {
            vec![sharp(level.two_m > 0); n]
        }
        InitialState::Product { excited } if [0, n as i64].contains(excited) => vec![sharp(*excited > 0); n],
        InitialState::Bits(bits) => bits.iter().map(|up| sharp(*up)).collect(),
        InitialState::Angles(angles) => angles.iter().map(tilted).collect(),
        InitialState::Coherent { theta, phi } => vec![tilted(&(*theta, *phi)); n],
        InitialState::Thermal { .. } => vec![state.clone(); n],
        _ => return None,
    };
    Some(states.into_iter().map(FactorStart::Qubits).collect())
}
