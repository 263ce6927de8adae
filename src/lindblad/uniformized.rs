//! exp(tW) of a chain as a Poisson mixture of the powers of a stochastic matrix (Jensen 1953). All terms are positive, so that
//! each entry keeps its own digits, however far entries lie apart; the price is a product for each of the fastest jumps.

use super::dissection::Link;

/// The mean of a Poisson law, at most: longer times are gone through in steps.
const LONGEST: f64 = 50.0;
/// What is left out, as a part of the least entry that matters.
const LEFT_OUT: f64 = 1e-17;

/// One end of a link, seen from the other.
#[derive(Clone, Copy)]
struct Arm {
    other: u32,
    /// Which link.
    link: u32,
    /// Its probability.
    part: f64,
}

/// The links of each state, at one of their ends, in their order: sums over them go from state to state, not from link to
/// link.
struct Arms {
    starts: Vec<u32>,
    arms: Vec<Arm>,
}

impl Arms {
    /// By these ends, of which the first is where a link is listed.
    fn new(states: usize, ends: impl Iterator<Item = [usize; 2]> + Clone, parts: &[f64]) -> Self {
        let mut starts = vec![0; states + 1];
        ends.clone().for_each(|[at, _]| starts[at + 1] += 1);
        (0..states).for_each(|state| starts[state + 1] += starts[state]);
        let mut next = starts.clone();
        let mut arms = vec![Arm { other: 0, link: 0, part: 0.0 }; parts.len()];
        for (link, ([at, other], part)) in ends.zip(parts).enumerate() {
            arms[next[at] as usize] = Arm { other: other as u32, link: link as u32, part: *part };
            next[at] += 1;
        }
        Arms { starts, arms }
    }

    /// The arms of each state in turn.
    fn each(&self) -> impl Iterator<Item = &[Arm]> {
        self.starts.windows(2).map(|ends| &self.arms[ends[0] as usize..ends[1] as usize])
    }
}

/// A chain, in units of its fastest rate.
pub(super) struct Uniformized {
    /// Where links begin, and where they end.
    from: Arms,
    to: Arms,
    /// The probability of staying.
    stays: Vec<f64>,
    fastest: f64,
}

impl Uniformized {
    /// The chain with a rate for each link between so many states.
    pub fn new(states: usize, links: &[Link], rates: &[f64]) -> Self {
        let mut leaving = vec![0.0; states];
        links.iter().zip(rates).for_each(|(link, rate)| leaving[link.from] += rate);
        let fastest = leaving.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
        let parts: Vec<f64> = rates.iter().map(|rate| rate / fastest).collect();
        Uniformized {
            from: Arms::new(states, links.iter().map(|link| [link.from, link.to]), &parts),
            to: Arms::new(states, links.iter().map(|link| [link.to, link.from]), &parts),
            stays: leaving.into_iter().map(|rate| 1.0 - rate / fastest).collect(),
            fastest,
        }
    }

    /// The largest rate at which a state is left.
    pub fn fastest(&self) -> f64 {
        self.fastest
    }

    /// About how many multiplications a time takes.
    pub fn products(&self, time: f64) -> f64 {
        let steps = (self.fastest * time / LONGEST).ceil();
        (1.5 * self.fastest * time + 25.0 * steps) * self.from.arms.len() as f64
    }

    /// Goes through a time in steps: `apply` makes of a vector the next power times it, `least` says what is left out as long
    /// as it is a small part of it.
    fn mixture(&self, v: &mut [f64], time: f64, apply: impl Fn(&[f64], &mut [f64]), least: impl Fn(&[f64]) -> f64) {
        let steps = (self.fastest * time / LONGEST).ceil().max(1.0);
        let mean = self.fastest * time / steps;
        let mut next = vec![0.0; v.len()];
        for _ in 0..steps as u64 {
            let mut term = v.to_vec();
            let (mut weight, mut k) = ((-mean).exp(), 0.0);
            v.iter_mut().for_each(|v| *v *= weight);
            loop {
                k += 1.0;
                apply(&term, &mut next);
                std::mem::swap(&mut term, &mut next);
                weight *= mean / k;
                v.iter_mut().zip(&term).for_each(|(v, term)| *v += weight * term);
                if k > mean + 1.0 {
                    let largest = term.iter().map(|term| term.abs()).fold(0.0, f64::max);
                    // The weights to come are less than a geometric series.
                    let rest = weight * largest * mean / (k - mean);
                    if rest <= LEFT_OUT * least(v) || weight == 0.0 {
                        break;
                    }
                }
            }
        }
    }

    /// `exp(t W^T) h` of an h that is nowhere 0: what h is on average where the chain has come to.
    pub fn back(&self, h: &mut [f64], time: f64) {
        let apply = |h: &[f64], next: &mut [f64]| {
            for (((next, own), stay), arms) in next.iter_mut().zip(h).zip(&self.stays).zip(self.from.each()) {
                *next = arms.iter().fold(stay * own, |sum, arm| sum + arm.part * h[arm.other as usize]);
            }
        };
        self.mixture(h, time, apply, |h| h.iter().copied().fold(f64::INFINITY, f64::min));
    }

    /// `exp(tW) p`, and behind it for each row of `charges`, of the links, what was counted on the way of those who are in each
    /// state: all in one vector, p first. Entries matter that are no less than so small a part of the sum of p.
    pub fn on(&self, p: &mut [f64], charges: &[Vec<f64>], time: f64, part: f64) {
        let states = self.stays.len();
        let apply = |now: &[f64], next: &mut [f64]| {
            for (now, next) in now.chunks_exact(states).zip(next.chunks_exact_mut(states)) {
                for (((next, own), stay), arms) in next.iter_mut().zip(now).zip(&self.stays).zip(self.to.each()) {
                    *next = arms.iter().fold(stay * own, |sum, arm| sum + arm.part * now[arm.other as usize]);
                }
            }
            let (p, counted) = (&now[..states], &mut next[states..]);
            for (charges, counted) in charges.iter().zip(counted.chunks_exact_mut(states)) {
                let counts = |arm: &Arm| charges[arm.link as usize] * arm.part * p[arm.other as usize];
                for (counted, arms) in counted.iter_mut().zip(self.to.each()) {
                    *counted = arms.iter().fold(*counted, |sum, arm| sum + counts(arm));
                }
            }
        };
        self.mixture(p, time, apply, |p| part * p[..states].iter().sum::<f64>());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two states: (e^{-(a+b)t} and what is left of it) in closed form, and how often one goes up, less how often down.
    #[test]
    fn two_states_relax_and_are_counted() {
        let links = [Link { from: 0, to: 1 }, Link { from: 1, to: 0 }];
        let (a, b) = (3.0, 0.5);
        let chain = Uniformized::new(2, &links, &[a, b]);
        for time in [1e-3, 0.7, 90.0_f64] {
            let left = (-(a + b) * time).exp();
            let mut h = vec![1.0, 1e-40];
            chain.back(&mut h, time);
            let up = a / (a + b) * (1.0 - left);
            let exact =
                [1.0 - up + up * 1e-40, b / (a + b) * (1.0 - left) + (1.0 - b / (a + b) * (1.0 - left)) * 1e-40];
            // Some four hundred terms, rounded.
            h.iter().zip(exact).for_each(|(h, exact)| assert!((h / exact - 1.0).abs() < 1e-13, "{h} {exact}"));
            let mut p = vec![1.0, 0.0, 0.0, 0.0];
            chain.on(&mut p, &[vec![1.0, -1.0]], time, 1.0);
            assert!((p[1] - up).abs() < 1e-14 && (p[0] + p[1] - 1.0).abs() < 1e-13);
            // As often up as down but for where it is.
            assert!((p[2] + p[3] - up).abs() < 1e-12 * (1.0 + a * time), "{p:?}");
        }
    }
}
