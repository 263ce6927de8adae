//! Ensembles and modes side by side as a group: what they are, where they start, and which means of them are recorded.

use serde::{Serialize, Serializer};

use super::detection::Detection;
use super::extent::{Size, as_results_name, quantum, size};
use crate::bath::{Bath, Process};
use crate::initial::ProductStart;
use crate::model::emitters::Emitters;
use crate::model::operator::{Operator, Powers};
use crate::model::product::{
    Changing, Correlation, Factor, JumpOperator, Kind, Levels, Product, ProductBath, ProductError, ProductForm,
    ProductProtocol, ProductValues, Share, Since, Watched,
};
use crate::model::{Extent, System};
use crate::units::Units;

/// The most means that are recorded: `<J_z>` of the whole, two of each bath, one or two of each factor, the user's own.
pub const MOST_WATCHED: usize = 32;

/// An operator that is looked at, and what results call its mean.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Observable {
    /// The name in results.
    pub name: String,
    /// What is looked at.
    pub watched: Watched,
}

/// A product of ensembles and modes, where it starts, and what is recorded of it.
///
/// Recorded are, of the whole, heat currents, intensities and `<J_z>`; then `jz_NAME` of every ensemble, `n_NAME` of every
/// mode, `top_NAME` of every mode with a cut, which is the weight of its highest number, `levels_NAME` of those whose cut
/// grows, and the observables that are asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Ensembles {
    product: Product,
    start: ProductStart,
    /// As results name them; their temperatures are nobody's matter here.
    baths: Vec<Bath>,
    observables: Vec<Observable>,
    /// `<J_z>`, the heat currents, the intensities, then the observables.
    watched: Vec<Watched>,
    /// How large each of these may be.
    sizes: Vec<Size>,
    /// The heat of a quantum of each bath, where it is the same for every one.
    quanta: Option<Vec<f64>>,
    /// Where they are, if they are emitters in space: the product has all that follows from it.
    emitters: Option<Emitters>,
    /// What is asked for at two times.
    correlations: Vec<Correlation>,
    /// How photons are seen, where it is not by the modes of their decay.
    detection: Option<Detection>,
    /// Whether all means are followed along trajectories, and not in samples alone.
    throughout: bool,
    /// How they change in time, where they do: the product is then all that ever acts.
    protocol: Option<ProductProtocol>,
    /// What changes of all that is watched; the last of it is then the energy.
    shares: Vec<Option<Vec<Share>>>,
}

/// A mode whose cut grows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Growing {
    /// Its place among the factors.
    pub factor: usize,
    /// The weight of its highest level among what is looked at.
    pub top: usize,
    /// The most levels.
    pub most: i64,
    /// The most that the highest may weigh.
    pub weight: f64,
}

/// What the results are a function of: names of baths are not.
impl Serialize for Ensembles {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Ensembles { product, start, observables, correlations, detection, protocol, shares, .. } = self;
        if let Some(protocol) = protocol {
            return match detection {
                Some(detection) => (product, start, observables, protocol, shares, detection).serialize(serializer),
                None => (product, start, observables, protocol, shares).serialize(serializer),
            };
        }
        if let Some(detection) = detection {
            return (product, start, observables, correlations, detection).serialize(serializer);
        }
        if correlations.is_empty() {
            // As it was before there were any.
            return (product, start, observables).serialize(serializer);
        }
        (product, start, observables, correlations).serialize(serializer)
    }
}

impl Ensembles {
    /// What is recorded of a product that starts so, with observables of the user's own beside.
    #[must_use]
    pub fn new(product: Product, start: ProductStart, own: Vec<(String, Operator)>) -> Self {
        let algebras = product.algebras().clone();
        let letter = |place, powers| Operator::letter(&algebras, place, powers);
        let mut jz = Operator::zero(&algebras);
        let mut observables = Vec::new();
        for (place, Factor { name, kind, .. }) in product.factors().iter().enumerate() {
            let mut add =
                |what: &str, watched| observables.push(Observable { name: format!("{what}_{name}"), watched });
            match kind {
                Kind::Qubits(_) => {
                    let of_one = letter(place, Powers::Z);
                    jz = &jz + &of_one;
                    add("jz", Watched::Operator(of_one));
                }
                Kind::Mode { levels } => {
                    let number = &letter(place, Powers::RAISE) * &letter(place, Powers::LOWER);
                    add("n", Watched::Operator(number));
                    if *levels != Levels::All {
                        add("top", Watched::Top(place));
                    }
                    if matches!(levels, Levels::Grown { .. }) {
                        add("levels", Watched::Levels(place));
                    }
                }
            }
        }
        observables.extend(own.into_iter().map(|(name, own)| Observable { name, watched: Watched::Operator(own) }));
        let baths = product.baths().len();
        let mut watched = vec![jz];
        watched.extend((0..baths).map(|bath| product.heat_current(bath)));
        watched.extend((0..baths).map(|bath| product.intensity(bath, Process::Emission)));
        let watched: Vec<Watched> = watched.into_iter().map(Watched::Operator).collect();
        let watched: Vec<Watched> =
            watched.into_iter().chain(observables.iter().map(|one| one.watched.clone())).collect();
        Ensembles {
            baths: product.baths().iter().map(as_results_name).collect(),
            sizes: watched.iter().map(|watched| size(&product, &start, watched)).collect(),
            quanta: (0..baths).map(|bath| quantum(&product, bath)).collect(),
            product,
            start,
            observables,
            watched,
            correlations: Vec::new(),
            detection: None,
            throughout: false,
            emitters: None,
            protocol: None,
            shares: Vec::new(),
        }
    }

    /// The same under a protocol whose envelope the product is; `own` are the sums that the last observables are, where they
    /// change. Heat currents, intensities and these are as they are at the time, and work and heats are added up.
    #[must_use]
    pub fn under(mut self, protocol: ProductProtocol, own: Vec<Option<Vec<Share>>>) -> Self {
        let baths = self.baths.len();
        let mut shares = vec![None];
        shares.extend((0..baths).map(|bath| Some(protocol.heat_current(bath))));
        shares.extend((0..baths).map(|bath| Some(protocol.intensity(bath, Process::Emission))));
        let (first, before) = (self.watched.len() - own.len(), self.first_observable());
        shares.resize(first, None);
        for (place, own) in own.into_iter().enumerate() {
            if let Some(sum) = &own {
                let most = Watched::Operator(protocol.most_of(sum));
                self.sizes[first + place] = size(&self.product, &self.start, &most);
                self.observables[first + place - before].watched = most.clone();
                self.watched[first + place] = most;
            }
            shares.push(own);
        }
        shares.push(Some(protocol.energy()));
        let energy = Watched::Operator(self.product.energy());
        self.sizes.push(size(&self.product, &self.start, &energy));
        self.watched.push(energy);
        let quanta = |product: &Product| (0..baths).map(|bath| quantum(product, bath)).collect();
        self.quanta = if protocol.does_work() { None } else { quanta(&protocol.at_first()) };
        Ensembles { shares, protocol: Some(protocol), ..self }
    }

    /// How they change in time, where they do.
    #[must_use]
    pub fn protocol(&self) -> Option<&ProductProtocol> {
        self.protocol.as_ref()
    }

    /// All that is watched under a protocol.
    pub fn changing(&self) -> Vec<Changing> {
        let all = self.watched.iter().zip(&self.shares);
        all.map(|(watched, shares)| Changing { watched: watched.clone(), shares: shares.clone() }).collect()
    }

    /// The same with correlations at two times.
    #[must_use]
    pub fn correlating(self, correlations: Vec<Correlation>) -> Self {
        Ensembles { correlations, ..self }
    }

    /// The same, whose photons are seen so.
    #[must_use]
    pub fn detecting(self, detection: Option<Detection>) -> Self {
        Ensembles { detection, ..self }
    }

    /// How photons are seen, where it is not by the modes of their decay.
    #[must_use]
    pub fn detection(&self) -> Option<&Detection> {
        self.detection.as_ref()
    }

    /// The product whose jumps trajectories make.
    #[must_use]
    pub fn unravelled(&self) -> &Product {
        self.detection.as_ref().map_or(&self.product, Detection::unravelled)
    }

    /// The same, of which all means are averaged along trajectories, and not looked at in samples alone: as it takes for a
    /// steady state, and in longer time.
    #[must_use]
    pub fn throughout(self) -> Self {
        Ensembles { throughout: true, ..self }
    }

    /// Every mode whose cut grows: its place among the factors, that of its highest level among what is looked at, and how it
    /// grows.
    pub fn growing(&self) -> impl Iterator<Item = Growing> {
        let factors = self.product.factors().iter().enumerate();
        factors.filter_map(|(factor, one)| match one.kind {
            Kind::Mode { levels: Levels::Grown { most, weight } } => {
                let top = |one: &Observable| one.watched == Watched::Top(factor);
                let top = self.observables.iter().position(top)?;
                Some(Growing { factor, top, most, weight })
            }
            Kind::Qubits(_) | Kind::Mode { .. } => None,
        })
    }

    /// The same with cuts that stay, so many levels of each mode whose cut would grow, by its place among the factors.
    ///
    /// # Errors
    /// If a start does not fit into one.
    pub fn cut(&self, levels: &[i64]) -> Result<Self, ProductError> {
        let product = self.growing().try_fold(self.product.clone(), |product, mode| {
            product.with_levels(mode.factor, Levels::First(levels[mode.factor]))
        })?;
        let start = ProductStart::new(&product, self.start.factors().to_vec())?;
        let of_mode = |protocol: ProductProtocol, mode: Growing| {
            protocol.with_levels(mode.factor, Levels::First(levels[mode.factor]))
        };
        let protocol = self.protocol.clone().map(|protocol| self.growing().try_fold(protocol, of_mode)).transpose()?;
        Ok(Ensembles { product, start, protocol, ..self.clone() })
    }

    /// The same, where they are emitters in space.
    #[must_use]
    pub fn placed(self, emitters: Option<Emitters>) -> Self {
        Ensembles { emitters, ..self }
    }

    /// Where they are, if they are emitters in space.
    #[must_use]
    pub fn emitters(&self) -> Option<&Emitters> {
        self.emitters.as_ref()
    }

    /// What they are.
    #[must_use]
    pub fn product(&self) -> &Product {
        &self.product
    }

    /// Where they start.
    #[must_use]
    pub fn start(&self) -> &ProductStart {
        &self.start
    }

    /// What is looked at beside the whole, in the order of the columns.
    #[must_use]
    pub fn looked_at(&self) -> &[Observable] {
        &self.observables
    }

    /// What is asked for at two times.
    #[must_use]
    pub fn correlations(&self) -> &[Correlation] {
        &self.correlations
    }

    /// For how long trajectories are followed for the sake of correlations: up to where the last of them begins, and
    /// twice the longest delay of each.
    #[must_use]
    pub fn correlated(&self) -> f64 {
        let begins = |correlation: &Correlation| match correlation.since {
            Since::Time(time) => Some((time, 2.0 * correlation.longest())),
            Since::Steady => None,
        };
        let all = self.correlations.iter().filter_map(begins);
        let (last, delays) = all.fold((0.0_f64, 0.0), |(last, sum), (time, delay)| (last.max(time), sum + delay));
        last + delays
    }

    /// All that is watched: `<J_z>` and what goes on with the baths, then the observables.
    #[must_use]
    pub fn watched(&self) -> &[Watched] {
        &self.watched
    }

    /// How many of these change within dwells and at jumps for those who record.
    #[must_use]
    pub fn followed(&self) -> usize {
        if self.throughout { self.watched.len() } else { self.first_observable() }
    }

    fn first_observable(&self) -> usize {
        1 + 2 * self.baths.len()
    }

    /// Whether an ensemble keeps its J for ever, and starts in several.
    #[must_use]
    pub fn keeps_several_j(&self) -> bool {
        let factors = self.product.factors().iter().enumerate();
        let mut ensembles =
            factors.filter(|(_, factor)| matches!(factor.kind, Kind::Qubits(_))).map(|(place, _)| place);
        let tops = self.start.tops(&self.product);
        ensembles.any(|place| !self.product.changes_j(place) && tops[place].len() > 1)
    }

    /// About how many levels a mode whose cut grows comes to, by its own baths and a drive, as far as these tell.
    #[must_use]
    pub fn expected_levels(&self, mode: &Growing) -> f64 {
        let first = self.start.levels()[mode.factor] as f64;
        self.product.alone(mode.factor).levels(mode.weight).max(first).min(mode.most as f64).ceil()
    }

    /// The number of states of the largest sector of a trajectory, cuts grown to what is expected of them.
    #[must_use]
    pub fn dimension(&self) -> f64 {
        let sharp = self.start.may_be_sharp(&self.product, &self.watched);
        let grows = |mode: Growing| self.expected_levels(&mode) / self.start.levels()[mode.factor] as f64;
        let grown: f64 = if sharp { 1.0 } else { self.growing().map(grows).product() };
        grown * self.start.largest_dimension(&self.product, sharp)
    }

    /// The memory of a state on its way and of the tables that it is moved by, in bytes, roughly.
    #[must_use]
    pub fn memory(&self) -> f64 {
        let pairs = if self.correlations.is_empty() { 0.0 } else { 3.0 };
        450.0 * (1.0 + pairs) * self.dimension() + self.tables().unwrap_or(0.0)
    }

    /// The memory of the tables of all states of single qubits, in bytes, roughly: H_eff and half of each heat current and
    /// intensity, in which every excited qubit goes wherever none is. `None` of anything else.
    #[must_use]
    pub fn tables(&self) -> Option<f64> {
        let factors = self.product.factors();
        let single = |factor: &Factor| matches!(factor.kind, Kind::Qubits(1));
        if !factors.iter().all(single) {
            return None;
        }
        let n = factors.len();
        let hops = |(excited, states): (usize, f64)| states * (1.0 + (excited * (n - excited)) as f64);
        let states = ProductStart::states_by_excitations(&vec![1; n]);
        let of_matrix: f64 = states.into_iter().enumerate().map(hops).sum();
        Some(20.0 * of_matrix * (1.0 + self.baths.len() as f64))
    }

    /// A bound on how fast H turns amplitudes against each other.
    #[must_use]
    pub fn turning(&self) -> f64 {
        size(&self.product, &self.start, &Watched::Operator(self.product.hamiltonian())).most
    }

    /// A bound on the jumps per unit of time.
    #[must_use]
    pub fn jump_rate_bound(&self) -> f64 {
        let processes = [Process::Emission, Process::Absorption, Process::Dephasing];
        let rate = |bath, process| {
            let intensity = Watched::Operator(self.product.intensity(bath, process));
            size(&self.product, &self.start, &intensity).most
        };
        (0..self.baths.len()).flat_map(|bath| processes.map(|process| rate(bath, process))).sum()
    }

    /// A bound on the mean number of jumps until a time.
    #[must_use]
    pub fn jumps_bound(&self, until: f64) -> f64 {
        let only_lowers = |bath: &ProductBath| {
            bath.channels().iter().all(|channel| match &channel.jump {
                JumpOperator::Operator(operator) => operator.shifts().iter().all(|shift| *shift < 0),
                JumpOperator::EachQubit { .. } => channel.process == Process::Emission,
            })
        };
        let bound = self.jump_rate_bound() * until;
        if self.product.keeps_excitations_sharp() && self.product.baths().iter().all(only_lowers) {
            // Each jump takes one of the excitations there are.
            let tops = self.start.tops(&self.product);
            return bound.min(tops.iter().flat_map(|tops| tops.iter().max()).sum::<i64>() as f64);
        }
        bound
    }

    fn form(place: usize, factor: f64) -> ProductForm<MOST_WATCHED> {
        let mut form = ProductForm::default();
        if let Some(place) = form.factors.get_mut(place) {
            *place = factor;
        }
        form
    }
}

impl System for Ensembles {
    type Values = ProductValues<MOST_WATCHED>;

    fn number(&self) -> i64 {
        let of = |factor: &Factor| match factor.kind {
            Kind::Qubits(number) => number,
            Kind::Mode { .. } => 0,
        };
        self.product.factors().iter().map(of).sum()
    }

    fn baths(&self) -> &[Bath] {
        &self.baths
    }

    /// That of the first of them.
    fn frequency(&self) -> f64 {
        self.product.factors().first().map_or(0.0, |factor| factor.frequency)
    }

    fn units(&self) -> Units {
        self.product.units()
    }

    fn heat_current(&self, bath: usize) -> ProductForm<MOST_WATCHED> {
        Ensembles::form(1 + bath, 1.0)
    }

    fn may_heat(&self, bath: usize) -> bool {
        self.baths[bath].down + self.baths[bath].up > 0.0 || !self.product.heat_current(bath).is_zero()
    }

    fn jz(&self) -> ProductForm<MOST_WATCHED> {
        Ensembles::form(0, 1.0)
    }

    fn excited(&self, total: i64) -> ProductForm<MOST_WATCHED> {
        let share = (total as f64).recip();
        ProductForm { constant: share * self.number() as f64 / 2.0, ..Ensembles::form(0, share) }
    }

    fn intensity(&self, bath: usize) -> ProductForm<MOST_WATCHED> {
        Ensembles::form(1 + self.baths.len() + bath, 1.0)
    }

    fn extent(&self, form: ProductForm<MOST_WATCHED>) -> Extent {
        let of = |of: fn(&Size) -> f64| {
            form.factors.iter().zip(&self.sizes).map(|(factor, size)| factor.abs() * of(size)).sum::<f64>()
        };
        Extent { emission: 0.0, others: of(|size| size.most) + form.constant.abs(), step: of(|size| size.step) }
    }

    fn energy(&self) -> Option<ProductForm<MOST_WATCHED>> {
        self.protocol.as_ref().map(|_| Ensembles::form(self.watched.len() - 1, 1.0))
    }

    fn does_work(&self) -> bool {
        self.protocol.as_ref().is_some_and(ProductProtocol::does_work)
    }

    fn observables(&self) -> usize {
        self.observables.len()
    }

    fn observable(&self, index: usize) -> ProductForm<MOST_WATCHED> {
        Ensembles::form(self.first_observable() + index, 1.0)
    }

    fn is_of_few(&self, index: usize) -> bool {
        matches!(self.observables[index].watched, Watched::Top(_))
    }

    fn detectors(&self) -> Option<(usize, usize)> {
        self.detection.as_ref().map(|detection| (detection.bath(), detection.directions().len()))
    }

    fn quanta_are_alike(&self) -> bool {
        self.quanta.is_some()
    }

    fn quantum(&self, bath: usize) -> f64 {
        self.quanta.as_ref().map_or(0.0, |quanta| quanta[bath])
    }
}
