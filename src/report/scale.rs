//! An axis as numbers: its range, and where its ticks are.

use super::figure::Axis;

/// A range of values on an axis, linear or logarithmic.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    low: f64,
    high: f64,
    log: bool,
    /// Where 0 stands on a logarithmic axis that has a place for it.
    zero: Option<f64>,
    /// The numbers that ticks may stand at.
    lattice: Option<Lattice>,
}

/// Evenly spaced numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Lattice {
    origin: f64,
    spacing: f64,
}

/// A tick: its value, and its label where it has one.
#[derive(Clone, Debug, PartialEq)]
pub struct Tick {
    /// Where it is.
    pub value: f64,
    /// What stands beside it; `None` for a minor one.
    pub label: Option<String>,
}

/// Decades that a break takes, as a part of those beyond it, and at least.
const BREAK: (f64, f64) = (0.12, 0.3);

impl Lattice {
    /// Whole numbers, half-integer ones, or both, if the values are these.
    fn of(values: &[f64]) -> Option<Self> {
        let on = |origin: f64, spacing: f64| {
            let near = |v: &f64| ((v - origin) / spacing - ((v - origin) / spacing).round()).abs() < 1e-9;
            values.iter().all(near).then_some(Lattice { origin, spacing })
        };
        on(0.0, 1.0).or(on(0.5, 1.0)).or(on(0.0, 0.5))
    }
}

impl Scale {
    /// The scale of an axis that holds all values that can be drawn, with a little air.
    /// `None` where there is nothing to hold.
    pub fn new(values: impl Iterator<Item = f64>, axis: &Axis, air: f64) -> Option<Self> {
        let Axis { log, zero, .. } = *axis;
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for value in values.filter(|v| v.is_finite() && (!log || *v > 0.0)) {
            (low, high) = (low.min(value), high.max(value));
        }
        if low > high {
            return None;
        }
        if log {
            let (a, b) = (low.log10(), high.log10());
            let air = if b > a { air * (b - a) } else { 0.5 };
            let gap = (BREAK.0 * (b - a)).max(BREAK.1);
            let (low, zero) = if zero { (a - gap, Some(a - 0.75 * gap)) } else { (a - air, None) };
            return Some(Scale { low, high: b + air, log, zero, lattice: None });
        }
        if zero {
            (low, high) = (low.min(0.0), high.max(0.0));
        }
        // A constant, to rounding, must not be blown up to its noise.
        let span = if high - low > 1e-9 * high.abs().max(low.abs()) { high - low } else { 0.0 };
        let air = if span > 0.0 { air * span } else { (0.1 * high.abs()).max(1e-12) };
        let below = if zero && low == 0.0 { 0.0 } else { air };
        let above = if zero && high == 0.0 { 0.0 } else { air };
        Some(Scale { low: low - below, high: high + above, log, zero: None, lattice: None })
    }

    /// The same with ticks where the values of an axis that counts are whole, or half-integer.
    pub fn ticks_on(self, axis: &Axis, values: impl Iterator<Item = f64>) -> Self {
        let values: Vec<f64> = values.filter(|v| axis.counts && v.is_finite()).collect();
        Scale { lattice: if values.is_empty() { None } else { Lattice::of(&values) }, ..self }
    }

    /// The same with room above its values: so much of the whole.
    pub fn raised(self, part: f64) -> Self {
        Scale { high: self.high + (self.high - self.low) * part / (1.0 - part).max(0.1), ..self }
    }

    /// The place of a value: 0 at the low end, 1 at the high one; `None` where a logarithm has none.
    pub fn place(&self, value: f64) -> Option<f64> {
        let at = match self.zero {
            Some(zero) if value == 0.0 => zero,
            _ if self.log => value.log10(),
            _ => value,
        };
        let place = (at - self.low) / (self.high - self.low);
        place.is_finite().then_some(place)
    }

    /// The ends, in powers of ten where it is logarithmic.
    pub fn ends(&self) -> (f64, f64) {
        (self.low, self.high)
    }

    /// Whether it is logarithmic.
    pub fn is_log(&self) -> bool {
        self.log
    }

    /// Where 0 stands among the powers of ten, if it does.
    pub fn zero(&self) -> Option<f64> {
        self.zero
    }

    /// The power of ten at which an axis with 0 is broken.
    fn broken(&self) -> Option<f64> {
        Some(self.low + 2.5 * (self.zero? - self.low))
    }

    /// The place of the break, if there is one.
    pub fn break_place(&self) -> Option<f64> {
        Some((self.broken()? - self.low) / (self.high - self.low))
    }

    /// About `wanted` labelled ticks, and minor ones between them where the axis is logarithmic.
    pub fn ticks(&self, wanted: usize) -> Vec<Tick> {
        match self.lattice {
            _ if self.log => self.log_ticks(wanted),
            Some(lattice) if self.high.abs().max(self.low.abs()) < 1e5 => self.lattice_ticks(lattice, wanted),
            _ => self.linear_ticks(wanted),
        }
    }

    fn lattice_ticks(&self, Lattice { origin, spacing }: Lattice, wanted: usize) -> Vec<Tick> {
        let rough = (self.high - self.low) / spacing / wanted.max(2) as f64;
        let round = |power: i32| [1.0, 2.0, 5.0].map(|digit| digit * 10_f64.powi(power));
        let step = spacing * (0..6).flat_map(round).find(|step| *step >= 0.75 * rough).unwrap_or(1e6);
        let decimals = usize::from(origin != 0.0 || step < 1.0);
        let (first, last) = ((self.low - origin) / step, (self.high - origin) / step);
        let tick = |k: i64| {
            let value = origin + k as f64 * step;
            Tick { value, label: Some(minus(&format!("{value:.decimals$}"))) }
        };
        ((first - 1e-9).ceil() as i64..=(last + 1e-9).floor() as i64).map(tick).collect()
    }

    fn linear_ticks(&self, wanted: usize) -> Vec<Tick> {
        let rough = (self.high - self.low) / wanted.max(2) as f64;
        let power = 10_f64.powf(rough.log10().floor());
        let step =
            [1.0, 2.0, 5.0, 10.0].into_iter().map(|m| m * power).find(|step| *step >= 0.75 * rough).unwrap_or(rough);
        let (first, last) = ((self.low / step - 1e-9).ceil() as i64, (self.high / step + 1e-9).floor() as i64);
        let largest = step * first.unsigned_abs().max(last.unsigned_abs()) as f64;
        (first..=last).map(|k| Tick { value: k as f64 * step, label: Some(linear_label(k, step, largest)) }).collect()
    }

    fn log_ticks(&self, wanted: usize) -> Vec<Tick> {
        let low = self.broken().unwrap_or(self.low);
        let (first, last) = (low.floor() as i32, self.high.ceil() as i32);
        let decades = (self.high - low).max(1e-12);
        let stride = ((decades / wanted.max(2) as f64).ceil() as i32).max(1);
        let inside = |value: f64| (low - 1e-9..=self.high + 1e-9).contains(&value.log10());
        // With less than two decades powers of ten are too few.
        let labelled: &[i32] = if decades < 0.8 {
            &[1, 2, 3, 4, 5, 6, 8]
        } else if decades < 2.0 {
            &[1, 2, 5]
        } else {
            &[1]
        };
        let zero = self.zero.map(|_| Tick { value: 0.0, label: Some("0".to_owned()) });
        let mut ticks: Vec<Tick> = zero.into_iter().collect();
        for power in first..=last {
            for digit in 1..10 {
                let value = f64::from(digit) * 10_f64.powi(power);
                if !inside(value) || (stride > 1 && digit > 1) {
                    continue;
                }
                let label = labelled.contains(&digit) && power.rem_euclid(stride) == 0;
                ticks.push(Tick { value, label: label.then(|| log_label(digit, power, decades)) });
            }
        }
        ticks
    }
}

/// The label of `k` steps: as many decimals as the step has; in powers of ten where numbers would be long.
fn linear_label(k: i64, step: f64, largest: f64) -> String {
    let value = k as f64 * step;
    if k == 0 {
        return "0".to_owned();
    }
    if !(1e-3..1e5).contains(&largest) {
        let power = largest.log10().floor() as i32;
        let unit = 10_f64.powi(power);
        let decimals = (power - step.log10().floor() as i32).max(0) as usize;
        return minus(&format!("{:.decimals$}×10{}", value / unit, superscript(power)));
    }
    let decimals = (-(step.log10() + 1e-9).floor() as i32).max(0) as usize;
    minus(&format!("{value:.decimals$}"))
}

fn log_label(digit: i32, power: i32, decades: f64) -> String {
    if decades < 3.0 && (-2..=3).contains(&power) {
        let decimals = (-power).max(0) as usize;
        return format!("{:.decimals$}", f64::from(digit) * 10_f64.powi(power));
    }
    let ten = format!("10{}", superscript(power));
    if digit == 1 { ten } else { format!("{digit}×{ten}") }
}

/// A typographic minus.
pub fn minus(text: &str) -> String {
    text.replace('-', "−")
}

/// A whole number as a superscript.
pub fn superscript(number: i32) -> String {
    let raised = |c: char| match c {
        '-' => '⁻',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        digit => char::from_u32('⁰' as u32 + digit.to_digit(10).unwrap_or(0)).unwrap_or(digit),
    };
    number.to_string().chars().map(raised).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(scale: Scale) -> Vec<String> {
        scale.ticks(5).into_iter().filter_map(|tick| tick.label).collect()
    }

    fn scale(values: &[f64], axis: &Axis) -> Option<Scale> {
        Scale::new(values.iter().copied(), axis, 0.0)
    }

    #[test]
    fn ticks_are_round_numbers() {
        let of = |low: f64, high: f64, log| labels(scale(&[low, high], &Axis::default().log_if(log)).unwrap());
        assert_eq!(of(0.0, 50.0, false), ["0", "10", "20", "30", "40", "50"]);
        assert_eq!(of(-0.3, 0.31, false), ["−0.3", "−0.2", "−0.1", "0", "0.1", "0.2", "0.3"]);
        assert_eq!(of(0.0, 2e6, false), ["0", "0.5×10⁶", "1.0×10⁶", "1.5×10⁶", "2.0×10⁶"]);
        assert_eq!(of(1e-3, 1e4, true), ["10⁻²", "10⁰", "10²", "10⁴"]);
        assert_eq!(of(0.1, 3.0, true), ["0.1", "0.2", "0.5", "1", "2"]);
    }

    #[test]
    fn half_integers_are_ticks_only_where_they_occur() {
        let axis = Axis::default().counting_if(true);
        let of = |values: &[f64]| labels(scale(values, &axis).unwrap().ticks_on(&axis, values.iter().copied()));
        assert_eq!(of(&[3.0, 4.0]), ["3", "4"]);
        assert_eq!(of(&[0.5, 1.5]), ["0.5", "1.5"]);
        assert_eq!(of(&[0.5, 1.0, 1.5]), ["0.5", "1.0", "1.5"]);
        assert_eq!(of(&[-20.0, 20.0]), ["−20", "−10", "0", "10", "20"]);
        assert_eq!(of(&[1.0, 1.3]).len(), 7, "what is no count has ticks like any other");
    }

    #[test]
    fn a_logarithmic_axis_has_a_place_for_zero_behind_a_break() {
        let scale = scale(&[0.0, 0.5, 50.0], &Axis { log: true, zero: true, ..Axis::default() }).unwrap();
        let place = |value| scale.place(value).unwrap();
        let gap = scale.break_place().unwrap();
        assert!(0.0 < place(0.0) && place(0.0) < gap && gap < place(0.5) && place(50.0) == 1.0);
        assert_eq!(labels(scale), ["0", "1", "10"]);
    }

    #[test]
    fn a_constant_has_a_range_and_nothing_has_none() {
        let (axis, log) = (Axis::default(), Axis { log: true, ..Axis::default() });
        let constant = Scale::new([2.0, 2.0 + 1e-15].into_iter(), &axis, 0.05).unwrap();
        assert!(constant.place(2.0).is_some_and(|p| (p - 0.5).abs() < 1e-9) && constant.ticks(5).len() > 1);
        assert_eq!(scale(&[-1.0, 0.0, f64::NAN], &log), None);
        assert!(scale(&[0.0, 0.0], &Axis { zero: true, ..axis }).is_some());
    }
}
