//! An axis as numbers: its range, and where its ticks are.

/// A range of values on an axis, linear or logarithmic.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    low: f64,
    high: f64,
    log: bool,
}

/// A tick: its value, and its label where it has one.
#[derive(Clone, Debug, PartialEq)]
pub struct Tick {
    /// Where it is.
    pub value: f64,
    /// What stands beside it; `None` for a minor one.
    pub label: Option<String>,
}

impl Scale {
    /// A scale that holds all values that can be drawn, with a little air; `zero`: reach down to 0.
    /// `None` where there is nothing to hold.
    pub fn new(values: impl Iterator<Item = f64>, log: bool, zero: bool, air: f64) -> Option<Self> {
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
            return Some(Scale { low: a - air, high: b + air, log });
        }
        if zero {
            (low, high) = (low.min(0.0), high.max(0.0));
        }
        // A constant, to rounding, must not be blown up to its noise.
        let span = if high - low > 1e-9 * high.abs().max(low.abs()) { high - low } else { 0.0 };
        let air = if span > 0.0 { air * span } else { (0.1 * high.abs()).max(1e-12) };
        let below = if zero && low == 0.0 { 0.0 } else { air };
        let above = if zero && high == 0.0 { 0.0 } else { air };
        Some(Scale { low: low - below, high: high + above, log })
    }

    /// The place of a value: 0 at the low end, 1 at the high one; `None` where a logarithm has none.
    pub fn place(&self, value: f64) -> Option<f64> {
        let at = if self.log { value.log10() } else { value };
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

    /// About `wanted` labelled ticks, and minor ones between them where the axis is logarithmic.
    pub fn ticks(&self, wanted: usize) -> Vec<Tick> {
        if self.log { self.log_ticks(wanted) } else { self.linear_ticks(wanted) }
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
        let (first, last) = (self.low.floor() as i32, self.high.ceil() as i32);
        let decades = (self.high - self.low).max(1e-12);
        let stride = ((decades / wanted.max(2) as f64).ceil() as i32).max(1);
        let inside = |value: f64| (self.low - 1e-9..=self.high + 1e-9).contains(&value.log10());
        // With less than two decades powers of ten are too few.
        let labelled: &[i32] = if decades < 0.8 {
            &[1, 2, 3, 4, 5, 6, 8]
        } else if decades < 2.0 {
            &[1, 2, 5]
        } else {
            &[1]
        };
        let mut ticks = Vec::new();
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

    #[test]
    fn ticks_are_round_numbers() {
        let of = |low: f64, high: f64, log| labels(Scale::new([low, high].into_iter(), log, false, 0.0).unwrap());
        assert_eq!(of(0.0, 50.0, false), ["0", "10", "20", "30", "40", "50"]);
        assert_eq!(of(-0.3, 0.31, false), ["−0.3", "−0.2", "−0.1", "0", "0.1", "0.2", "0.3"]);
        assert_eq!(of(0.0, 2e6, false), ["0", "0.5×10⁶", "1.0×10⁶", "1.5×10⁶", "2.0×10⁶"]);
        assert_eq!(of(1e-3, 1e4, true), ["10⁻²", "10⁰", "10²", "10⁴"]);
        assert_eq!(of(0.1, 3.0, true), ["0.1", "0.2", "0.5", "1", "2"]);
    }

    #[test]
    fn a_constant_has_a_range_and_nothing_has_none() {
        let constant = Scale::new([2.0, 2.0 + 1e-15].into_iter(), false, false, 0.05).unwrap();
        assert!(constant.place(2.0).is_some_and(|p| (p - 0.5).abs() < 1e-9) && constant.ticks(5).len() > 1);
        assert_eq!(Scale::new([-1.0, 0.0, f64::NAN].into_iter(), true, false, 0.05), None);
        assert!(Scale::new([0.0, 0.0].into_iter(), false, true, 0.05).is_some());
    }
}
