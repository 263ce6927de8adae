//! Helpers shared by these tests: scenarios from short texts, and estimates by name.

use serde_json::Value;
use superjump::campaign::simulate;
use superjump::model::Model;
use superjump::quantity::Quantity;
use superjump::scenario::{Overrides, Point, Purpose, Scenario};
use superjump::solve::ExactRoad;
use superjump::statistics::{Ensemble, Estimate};

/// The cases of one part of the golden file, and what stands in them.
pub fn golden(part: &str) -> Vec<Value> {
    let all: Value = serde_json::from_str(include_str!("../golden/qutip.json")).unwrap();
    all[part].as_array().unwrap().clone()
}

pub fn number(value: &Value) -> f64 {
    value.as_f64().unwrap()
}

pub fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(number).collect()
}

/// The points of a scenario given as text.
pub fn points(text: &str) -> Vec<Point> {
    Scenario::parse("test", "test.toml", text, Purpose::Trajectories, &Overrides::default())
        .unwrap_or_else(|e| panic!("{e}"))
        .points
}

/// The one point of a scenario given as text.
pub fn point(text: &str) -> Point {
    points(text).remove(0)
}

/// Six baths, one for each kind of channel.
pub const SIX: &str = "
[[bath]]
name = \"cavity\"
coupling = \"collective\"
down = 0.8
[[bath]]
name = \"drive\"
coupling = \"collective\"
up = 0.3
[[bath]]
name = \"jitter\"
coupling = \"collective\"
dephasing = 0.7
[[bath]]
name = \"loss\"
coupling = \"local\"
down = 0.5
[[bath]]
name = \"pump\"
coupling = \"local\"
up = 0.4
[[bath]]
name = \"noise\"
coupling = \"local\"
dephasing = 0.6
";

/// A `[[bath]]` table of a rate and a temperature.
pub fn bath(name: &str, coupling: &str, rate: f64, temperature: f64) -> String {
    format!("[[bath]]\nname = \"{name}\"\ncoupling = \"{coupling}\"\nrate = {rate:?}\ntemperature = {temperature:?}\n")
}

/// A point that was run.
pub struct Ran {
    pub point: Point,
    pub ensemble: Ensemble,
    pub exact: ExactRoad,
}

/// Runs the one point of a scenario given as text, on all cores.
pub fn run(text: &str) -> Ran {
    let point = point(text);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let (ensemble, exact) = simulate(&point, threads).unwrap();
    Ran { point, ensemble, exact }
}

impl Ran {
    /// The model of the one group of qubits.
    pub fn model(&self) -> &Model {
        &self.point.groups[0].model
    }

    fn column(&self, quantity: Quantity, bath: Option<&str>) -> usize {
        let index = bath.map(|name| self.point.baths().iter().position(|b| b.name == name).unwrap());
        let found = self.point.columns().iter().position(|c| c.quantity == quantity && c.bath == index);
        found.unwrap_or_else(|| panic!("no column {quantity:?} {bath:?}"))
    }

    /// The estimate of a quantity at a sample.
    pub fn estimate(&self, sample: usize, quantity: Quantity, bath: Option<&str>) -> Estimate {
        self.ensemble.on_grid(sample, self.column(quantity, bath)).unwrap()
    }

    /// The exact value of a quantity at a sample.
    pub fn exact(&self, sample: usize, quantity: Quantity, bath: Option<&str>) -> f64 {
        self.exact.on_grid(sample, self.column(quantity, bath)).unwrap()
    }

    /// Every column of every sample, as (what, estimate, exact).
    pub fn all(&self) -> Vec<(String, Estimate, Option<f64>)> {
        let times = self.point.times();
        let mut rows = Vec::new();
        for (sample, time) in times.iter().enumerate() {
            for (index, column) in self.point.columns().iter().enumerate() {
                if let Some(estimate) = self.ensemble.on_grid(sample, index) {
                    let what = format!("{:?} of bath {:?} at {time}", column.quantity, column.bath);
                    rows.push((what, estimate, self.exact.on_grid(sample, index)));
                }
            }
        }
        rows
    }
}

/// Asserts that an estimate is within five standard errors of a value (false positives: 6e-7 each), or equal to
/// rounding where it has no spread.
pub fn assert_within_5_sigma(estimate: Estimate, value: f64, what: &str) {
    let distance = (estimate.mean - value).abs();
    let allowed = estimate.std_error.map_or(1e-9 * (1.0 + value.abs()), |error| 5.0 * error);
    assert!(distance <= allowed, "{what}: {} ± {:?}, not {value}", estimate.mean, estimate.std_error);
}

/// The same where the deviation may rest on events too rare to be seen in `trajectories`: with no spread in the
/// sample, up to 14.4 expected events that each contribute `event` are allowed (seeing none has probability 6e-7).
pub fn assert_within_5_sigma_or_unseen(estimate: Estimate, value: f64, trajectories: u64, event: f64, what: &str) {
    match estimate.std_error {
        Some(_) => assert_within_5_sigma(estimate, value, what),
        None => {
            let allowed = 14.4 * event / trajectories as f64;
            assert!((estimate.mean - value).abs() <= allowed, "{what}: {}, not {value}", estimate.mean);
        }
    }
}

/// The largest distance between the empirical distribution of `samples` and a distribution function.
pub fn kolmogorov_smirnov(samples: &mut [f64], cdf: impl Fn(f64) -> f64) -> f64 {
    samples.sort_by(f64::total_cmp);
    let n = samples.len() as f64;
    let distance = |(i, x): (usize, &f64)| {
        let p = cdf(*x);
        (p - i as f64 / n).abs().max(((i + 1) as f64 / n - p).abs())
    };
    samples.iter().enumerate().map(distance).fold(0.0, f64::max)
}

/// The distance that `n` samples exceed with probability 0.001 (Kolmogorov's limit, good to 1 % from n = 100 on).
pub fn kolmogorov_smirnov_bound(n: usize) -> f64 {
    1.949_47 / (n as f64).sqrt()
}
