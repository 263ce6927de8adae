//! An equation of states taken along a protocol with a drive: rho, what baths exchange by then, and the angle of the
//! lab.

use super::SolveError;
use super::extrapolation::{Flow, advance};
use crate::bath::{Coupling, Pair, Process, Rates};
use crate::model::protocol::{Protocol, Stage, Stretch};
use crate::model::{Field, Observables};

/// What acts at a time. Without a drive the frame turns with the qubits, and there is no field.
#[derive(Clone, Copy, Debug)]
pub struct Acting {
    pub field: Field,
    /// All baths of each coupling together, in the order of [`Coupling::ALL`].
    pub rates: [Rates; 2],
}

/// What is seen of a state in its frame.
#[derive(Clone, Copy, Debug)]
pub struct Seen {
    pub now: Observables,
    pub jx: f64,
    pub jy: f64,
    /// What baths of each coupling take and give at unit rates.
    pub pairs: [Pair<f64>; 2],
    /// `<J>`, where every state has one.
    pub spin: Option<f64>,
}

/// An equation linear in what acts; a state is so many real numbers.
pub trait Along {
    /// drho/dt.
    fn change(&self, acting: &Acting, rho: &[f64], slope: &mut [f64]);
    fn see(&self, rho: &[f64]) -> Seen;
    /// Takes out of a deviation what has a trace, in proportion to a state: in each sector that nothing mixes.
    fn traceless(&self, deviation: &mut [f64], state: &[f64]);
    /// `sum L rho L^dagger` of all jumps of one process of one coupling, by its place in [`Coupling::ALL`], at unit rate.
    fn jumped(&self, coupling: usize, process: Process, rho: &[f64], into: &mut [f64]);
}

/// What acts at a time of a stretch, and the rates of each bath.
pub fn acting(stage: &Stage, stretch: &Stretch, driven: bool, time: f64) -> (Acting, Vec<(usize, Rates)>) {
    let mut acting = Acting { field: Field::default(), rates: [Rates::default(); 2] };
    if driven {
        acting.field = stage.field_in(stretch, time);
    }
    let of_bath =
        |bath: usize| (usize::from(stage.reservoirs[bath].coupling == Coupling::ALL[1]), stage.rates(bath, time));
    let of_baths: Vec<(usize, Rates)> = (0..stage.reservoirs.len()).map(of_bath).collect();
    for (coupling, Rates { down, up, dephasing }) in &of_baths {
        let sum = &mut acting.rates[*coupling];
        *sum = Rates { down: sum.down + down, up: sum.up + up, dephasing: sum.dephasing + dephasing };
    }
    (acting, of_baths)
}

/// The longest step from a time of a stretch: long enough for what is smooth, short enough that no shape repeats within.
pub fn longest_step(stage: &Stage, stretch: &Stretch, time: f64) -> f64 {
    stage.longest_step(time).min(0.25 * (stretch.until - stretch.from))
}

/// Exact averages at one time of a protocol with a drive.
#[derive(Clone, Debug, PartialEq)]
pub struct ProtocolMeans {
    /// The averages.
    pub now: Observables,
    /// `<J_x>` in the frame of the drive, without one in the lab.
    pub jx: f64,
    /// `<J_y>` in the same frame.
    pub jy: f64,
    /// What baths of each coupling take and give at unit rates, in the order of [`Coupling::ALL`].
    pub pairs: [Pair<f64>; 2],
    /// `<J>`, where every state has one.
    pub spin: Option<f64>,
    /// Quanta emitted into each bath by then.
    pub emitted: Vec<f64>,
    /// Quanta absorbed from each bath by then.
    pub absorbed: Vec<f64>,
    /// Heat from each bath into the qubits by then, in [`crate::units::Units::quantum`].
    pub heat: Vec<f64>,
    /// The entropy that flowed into the baths by then, in k_B; `None` where it is infinite.
    pub entropy: Option<f64>,
    /// Work done on the qubits by then, by the drive and by what tunes them: what heat leaves of the energy,
    /// `hbar omega <J_z>` now less that at the start. Before the quench, if there is one.
    pub work: f64,
}

/// By bath: emitted, absorbed, heat, entropy. After all of them the angle of the lab.
const PER_BATH: usize = 4;

/// An equation on a stretch of a segment.
struct Leg<'a, E> {
    equation: &'a E,
    stage: &'a Stage,
    stretch: Stretch,
    driven: bool,
    /// Whether every quantum has a finite entropy.
    entropy: bool,
    elements: usize,
}

impl<E: Along> Flow for Leg<'_, E> {
    fn slope(&mut self, time: f64, y: &[f64], slope: &mut [f64]) {
        let stage = self.stage;
        let (acting, rates) = acting(stage, &self.stretch, self.driven, time);
        let (rho, _) = y.split_at(self.elements);
        let (changes, booked) = slope.split_at_mut(self.elements);
        let seen = self.equation.see(rho);
        let quantum = stage.quantum(time);
        let (counts, angle) = booked.split_at_mut(booked.len() - 1);
        for (bath, counts) in counts.chunks_exact_mut(PER_BATH).enumerate() {
            let (coupling, Rates { down, up, .. }) = rates[bath];
            counts[0] = down * seen.pairs[coupling].emission;
            counts[1] = up * seen.pairs[coupling].absorption;
            let net = counts[1] - counts[0];
            counts[2] = quantum * net;
            // A bath that exchanges nothing may be at any temperature.
            let counted = self.entropy && net != 0.0;
            counts[3] = if counted { -net * stage.entropy_of_quantum(bath, time) } else { 0.0 };
        }
        angle[0] = if self.driven { 0.0 } else { stage.units().angular(stage.frequency.at(time)) };
        self.equation.change(&acting, rho, changes);
    }

    fn longest_step(&self, time: f64) -> f64 {
        longest_step(self.stage, &self.stretch, time)
    }

    fn distance(&self, a: &[f64], b: &[f64]) -> f64 {
        let (mut of_rho, mut of_booked) = (0.0_f64, 0.0_f64);
        for (index, (a, b)) in a.iter().zip(b).enumerate() {
            let apart = (a - b).abs();
            if apart.is_nan() {
                return f64::INFINITY;
            }
            // Of a trace of 1; what is booked, of what it has come to.
            if index < self.elements {
                of_rho = of_rho.max(apart);
            } else {
                of_booked = of_booked.max(apart / b.abs().max(1.0));
            }
        }
        of_rho.max(of_booked)
    }
}

/// The averages at ascending `times` up to the end of the protocol, and at the end of every segment of every cycle, after the
/// quench if there is one. What an element of rho errs by adds up to some 1e-10.
///
/// # Errors
/// If no step, however short, is exact enough.
///
/// # Panics
/// If a time is beyond the end.
pub fn along<E: Along>(
    equation: &E,
    protocol: &Protocol,
    initial: &[f64],
    times: &[f64],
) -> Result<(Vec<ProtocolMeans>, Vec<ProtocolMeans>), SolveError> {
    let Passed { series, ends, rho: _ } = pass(equation, protocol, initial, times)?;
    Ok((series, ends))
}

/// What a way through a protocol is.
pub struct Passed {
    /// At the times that were asked for.
    pub series: Vec<ProtocolMeans>,
    /// At the end of every segment of every cycle, after the quench if there is one.
    pub ends: Vec<ProtocolMeans>,
    /// The state at the end.
    pub rho: Vec<f64>,
}

/// The same as [`along`], with the state at the end.
pub fn pass<E: Along>(equation: &E, protocol: &Protocol, initial: &[f64], times: &[f64]) -> Result<Passed, SolveError> {
    let end = protocol.end();
    assert!(times.last().is_none_or(|last| *last <= end * (1.0 + 1e-12)), "{times:?}: the protocol ends at {end}");
    let (elements, stages, driven) = (initial.len(), protocol.stages(), protocol.is_driven());
    let entropy = protocol.entropy_is_finite();
    let works = (0..stages.len()).any(|segment| protocol.does_work(segment));
    let energy = |frequency: f64, y: &[f64]| protocol.units().quantum(frequency) * equation.see(&y[..elements]).now.jz;
    let mut y = initial.to_vec();
    y.resize(elements + PER_BATH * protocol.baths() + 1, 0.0);
    let start = energy(stages[0].frequency.first(), &y);
    let means = |y: &[f64], frequency: f64| {
        let seen = equation.see(&y[..elements]);
        let (counts, angle) = y[elements..].split_at(PER_BATH * protocol.baths());
        let column = |which: usize| counts.chunks_exact(PER_BATH).map(move |counts| counts[which]);
        let (sine, cosine) = angle[0].sin_cos();
        ProtocolMeans {
            now: seen.now,
            jx: cosine * seen.jx - sine * seen.jy,
            jy: sine * seen.jx + cosine * seen.jy,
            emitted: column(0).collect(),
            absorbed: column(1).collect(),
            pairs: seen.pairs,
            spin: seen.spin,
            heat: column(2).collect(),
            entropy: entropy.then(|| column(3).sum()),
            // A difference, of which rounding alone is left where nothing does work.
            work: if works { energy(frequency, y) - start - column(2).sum::<f64>() } else { 0.0 },
        }
    };
    let mut series = Vec::with_capacity(times.len());
    let mut ends = Vec::with_capacity(protocol.cycles() as usize * stages.len());
    let mut left = times.iter().peekable();
    for cycle in 0..protocol.cycles() {
        for (index, stage) in stages.iter().enumerate() {
            let offset = cycle as f64 * protocol.period() + stage.start;
            let very_last = cycle + 1 == protocol.cycles() && index + 1 == stages.len();
            let stretches = stage.stretches();
            for (place, stretch) in stretches.iter().enumerate() {
                let mut leg = Leg { equation, stage, stretch: *stretch, driven, entropy, elements };
                let (mut now, mut pace) = (stretch.from, f64::INFINITY);
                let rest = very_last && place + 1 == stretches.len();
                while let Some(time) = left.next_if(|time| rest || **time - offset <= stretch.until) {
                    let until = (time - offset).clamp(now, stretch.until);
                    advance(&mut leg, &mut y, [now, until], &mut pace)?;
                    series.push(means(&y, stage.frequency.at(until)));
                    now = until;
                }
                advance(&mut leg, &mut y, [now, stretch.until], &mut pace)?;
            }
            let next = protocol.after(index);
            ends.push(means(&y, next.map_or(stage.frequency.last(), |next| next.frequency.first())));
        }
    }
    y.truncate(elements);
    Ok(Passed { series, ends, rho: y })
}

/// Of the ends of all segments the last.
pub fn with_last((series, mut ends): (Vec<ProtocolMeans>, Vec<ProtocolMeans>)) -> (Vec<ProtocolMeans>, ProtocolMeans) {
    let last = ends.pop().expect("a protocol has segments");
    (series, last)
}

/// About how often [`along`] asks for a slope: it follows all that turns and jumps, of `number` qubits with a twisting of
/// chi, an angular frequency.
pub fn slopes(protocol: &Protocol, number: i64, chi: f64) -> f64 {
    let n = number as f64;
    let of_stage = |stage: &Stage| {
        let model = stage.envelope(number);
        let mut fastest = model.jump_rate_bound() + model.idle_jump_rate_bound() + chi.abs() * n * n / 2.0;
        let looks = 64;
        let turns = (0..=looks).map(|k| {
            let Field { x, y, z } = stage.field(stage.duration * f64::from(k) / f64::from(looks));
            n * x.hypot(y).hypot(z)
        });
        fastest += turns.fold(0.0, f64::max);
        100.0 + 10.0 * fastest * stage.duration
    };
    protocol.cycles() as f64 * protocol.stages().iter().map(of_stage).sum::<f64>()
}
