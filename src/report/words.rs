//! How quantities, units, keys and numbers are written for people. `_{...}` is a subscript.

use super::scale::{minus, superscript};

/// A quantity as an axis names it; what is not known keeps its name.
#[must_use]
pub fn quantity(name: &str) -> String {
    let known = match name {
        "heat_current" => "heat current",
        "heat_current_interval" => "heat current over each interval",
        "heat_current_counts" => "counted heat current",
        "heat_current_independent" => "independent qubits",
        "heat_current_symmetric" => "J = N/2",
        "heat_current_limit" => "limit N → ∞",
        "heat_current_balance" => "heat current by energy balance",
        "heat_current_controlled" => "heat current by control variates",
        "intensity" => "emitted intensity",
        "power" => "power P",
        "efficiency" => "efficiency η",
        "coefficient_of_performance" => "coefficient of performance",
        "highest_intensity" => "highest mean intensity",
        "highest_intensity_time" => "time of the highest mean intensity",
        "jx" => "⟨J_{x}⟩",
        "jy" => "⟨J_{y}⟩",
        "jz" => "⟨J_{z}⟩",
        "j_squared" => "⟨J²⟩",
        "spin_length" => "spin length |⟨J⟩|/J",
        "squeezing" => "squeezing ξ²",
        "excited" => "excited fraction",
        "work" => "work W",
        "heat" => "heat Q",
        "quanta" => "net quanta absorbed",
        "work_variance" => "work variance Var W",
        "heat_variance" => "heat variance Var Q",
        "work_heat_covariance" => "covariance Cov(W, Q)",
        "reliability" => "reliability W²/Var W",
        "exponential_work" => "⟨e^{−W/T}⟩",
        "exponential_entropy" => "⟨e^{−σ}⟩",
        "noise" => "noise S",
        "fano" => "Fano factor",
        "entropy_production" => "entropy production",
        "effective_temperature" => "effective temperature T*",
        "windowed_noise" => "Var C(t)/t",
        "transferred_quanta" => "probability of net quanta",
        "sector_noise" => "noise S in a sector",
        "fluctuation_theorem" => "⟨e^{−σ}⟩",
        "fluctuation_symmetry" => "P(σ<0)/⟨e^{−σ}; σ>0⟩",
        "directions" => "photons per steradian",
        "photons_each_way" => "photons",
        "spectrum" => "noise spectrum S(ω)",
        "g2" => "g^{(2)}(τ)",
        "sector_probability" => "P_{J}",
        "sector_current" => "heat current in a sector",
        "cumulant" => "size of the cumulant",
        "activity_cumulant" => "size of the cumulant of all quanta",
        "first_passage" => "probability that the quanta have come",
        "first_passage_density" => "density of the passage time",
        "first_passage_cumulant" => "size of the cumulant of passage times",
        "generating_function" => "θ(s)",
        "conditioned_current" => "net quanta per unit time θ'(s)",
        "conditioned_noise" => "noise θ''(s)",
        "conditioned_bright" => "probability of the bright sectors",
        "rate_function" => "rate function I(c)",
        "gaussian_rate" => "Gaussian rate function",
        "relaxation_between_sectors" => "share between sectors",
        "waiting_time" => "waiting-time density w(τ)",
        _ => return of_part(name).or_else(|| of_correlation(name)).unwrap_or_else(|| name.replace('_', " ")),
    };
    known.to_owned()
}

/// Whether a quantity is of all of a protocol, and not of a time.
pub fn is_booked(name: &str) -> bool {
    let alone = ["work", "heat", "quanta", "entropy", "power", "efficiency", "reliability", "entropy_production"];
    let ends = ["_variance", "_covariance", "_of_performance"];
    alone.contains(&name) || name.starts_with("exponential_") || ends.iter().any(|end| name.ends_with(end))
}

/// A mean of one ensemble or mode: `jz_NAME`, `n_NAME`, `top_NAME`.
fn of_part(name: &str) -> Option<String> {
    let (what, part) = name.split_once('_')?;
    let known = match what {
        "jz" => "⟨J_{z}⟩",
        "n" => "⟨n⟩",
        "top" => "weight of the highest n",
        _ => return None,
    };
    Some(format!("{known}, {part}"))
}

/// What is said of a correlation: `NAME_degree`, `NAME_frequency`, `NAME_linewidth`, `NAME_coherent`.
fn of_correlation(name: &str) -> Option<String> {
    let (part, what) = name.rsplit_once('_')?;
    let known = match what {
        "degree" => "degree of coherence",
        "frequency" => "frequency of the line",
        "linewidth" => "linewidth",
        "coherent" => "coherent weight",
        _ => return None,
    };
    Some(format!("{known}, {}", part.replace('_', " ")))
}

/// The quantity that this is another estimate of; `_average` is the former name of `_interval`.
pub fn twin_of(name: &str) -> Option<&str> {
    ["_interval", "_average", "_counts", "_balance", "_controlled"].iter().find_map(|end| name.strip_suffix(end))
}

/// A unit: `hbar omega_0^2` as ħω₀².
#[must_use]
pub fn unit(unit: &str) -> String {
    match unit {
        "1" => String::new(),
        "1e9/s" => "10⁹/s".to_owned(),
        _ => unit
            .replace("hbar ", "ħ")
            .replace("omega_0", "ω₀")
            .replace("^2", "²")
            .replace("^3", "³")
            .replace("^4", "⁴")
            .replace("k_B", "k_{B}"),
    }
}

/// A swept key as a formula: `bath.hot.temperature` is T_hot.
#[must_use]
pub fn key(key: &str) -> String {
    let parts: Vec<&str> = key.split('.').collect();
    let known = match parts.as_slice() {
        ["bath", name, rest @ ..] => return of_bath(name, rest),
        ["protocol", "segment", name, rest @ ..] => return of_segment(name, rest),
        ["qubits", "number"] => "N",
        ["qubits", "frequency"] => "ω₀",
        ["qubits", "spread"] => "frequency spread δω",
        ["qubits", "disorder", "width"] => "disorder σ_{ω}",
        ["qubits", "disorder", "seed"] => "realization",
        ["qubits", "exchange"] => "exchange g",
        ["qubits", "twisting"] => "χ",
        ["qubits", "transmon", "josephson"] => "E_{J}",
        ["qubits", "transmon", "charging"] => "E_{C}",
        ["ensemble" | "mode", name, rest @ ..] => return of_named(name, rest),
        ["condition", "field"] => "counting field s",
        ["condition", "current"] => "heat current that is carried",
        ["drive", "amplitude"] => "Ω",
        ["drive", "detuning"] => "Δ",
        ["initial", name] => symbol(name),
        ["evolution", "until"] => "t",
        ["evolution", "seed"] => "seed",
        [.., last] => return last.replace('_', " "),
        [] => "",
    };
    known.to_owned()
}

/// A key of an ensemble or mode as a formula.
fn of_named(name: &str, key: &[&str]) -> String {
    match key {
        ["number"] => format!("N_{{{name}}}"),
        ["frequency"] => format!("ω_{{{name}}}"),
        ["coupling"] => format!("c_{{{name}}}"),
        ["initial", of] => format!("{}, {name}", symbol(of)),
        other => format!("{}, {name}", other.join(" ")),
    }
}

/// A number of an initial state as a formula.
fn symbol(name: &str) -> &str {
    match name {
        "j" => "J",
        "m" => "M",
        "theta" => "θ",
        "phi" => "φ",
        "temperature" => "T_{initial}",
        "excited" => "excited qubits",
        other => other,
    }
}

/// A key of a bath as a formula.
fn of_bath(name: &str, key: &[&str]) -> String {
    let letter = match key {
        ["temperature"] => "T",
        ["rate"] => "γ",
        ["down"] => "γ^{↓}",
        ["up"] => "γ^{↑}",
        ["dephasing"] => "γ^{φ}",
        ["quantum"] => "ω",
        ["filter", "quality"] => "Q",
        ["filter", "resonance"] => "ω",
        ["circuit", "coupling"] => "C^{c}",
        ["circuit", "resistance"] => "R",
        ["circuit", "inductance"] => "L",
        ["circuit", "capacitance"] => "C",
        other => return format!("{}, {name} bath", other.join(" ")),
    };
    format!("{letter}_{{{name}}}")
}

/// A key of a segment as a formula: `duration` of heating is τ_heating.
fn of_segment(segment: &str, key: &[&str]) -> String {
    let (letter, rest) = match key {
        ["duration"] => return format!("τ_{{{segment}}}"),
        ["frequency", rest @ ..] => ("ω".to_owned(), rest),
        ["bath", bath, setting, rest @ ..] => (of_bath(bath, &[setting]), rest),
        ["drive", "amplitude", rest @ ..] => ("Ω".to_owned(), rest),
        ["drive", "detuning", rest @ ..] => ("Δ".to_owned(), rest),
        ["drive", "phase", rest @ ..] => ("φ".to_owned(), rest),
        other => return format!("{}, {segment}", other.join(" ")),
    };
    match rest {
        [] | ["to" | "amplitude"] => format!("{letter}, {segment}"),
        other => format!("{letter} {}, {segment}", other.join(" ")),
    }
}

/// The unit of a swept key, where it has one.
#[must_use]
pub fn key_unit(key: &str, units: &str) -> &'static str {
    let si = units == "SI";
    // A setting of a segment has the unit of what it sets, its times that of time.
    let key = key.strip_suffix(".to").or(key.strip_suffix(".from")).unwrap_or(key);
    let key = key.strip_suffix(".amplitude").filter(|key| key.ends_with("drive.amplitude")).unwrap_or(key);
    let is = |ends: &[&str]| ends.iter().any(|end| key.ends_with(end));
    if is(&["temperature"]) {
        if si { "mK" } else { "ħω₀/k_{B}" }
    } else if is(&[".rate", ".down", ".up", ".dephasing"]) {
        if si { "10⁹/s" } else { "ω₀" }
    } else if is(&[
        "drive.amplitude",
        "drive.detuning",
        ".spread",
        "disorder.width",
        ".exchange",
        ".twisting",
        ".quantum",
        ".resonance",
    ]) {
        if si { "GHz" } else { "ω₀" }
    } else if is(&["frequency", "josephson", "charging"]) {
        if si { "GHz" } else { "" }
    } else if is(&["circuit.coupling", "circuit.capacitance"]) {
        "fF"
    } else if is(&["circuit.resistance"]) {
        "Ω"
    } else if is(&["circuit.inductance"]) {
        "nH"
    } else if is(&[".until", ".duration", ".centre", ".width"]) {
        if si { "ns" } else { "1/ω₀" }
    } else {
        ""
    }
}

/// The unit of one over a swept key. In natural units temperatures are in T₀ then.
pub fn inverse_unit(key: &str, units: &str) -> &'static str {
    match key_unit(key, units) {
        "mK" => "1/mK",
        "ω₀" => "1/ω₀",
        "10⁹/s" => "ns",
        "GHz" => "1/GHz",
        "ns" => "1/ns",
        "1/ω₀" => "ω₀",
        "fF" => "1/fF",
        "Ω" => "1/Ω",
        "nH" => "1/nH",
        _ => "",
    }
}

/// Whether a key counts: its values are whole or half-integer numbers.
pub fn counts(key: &str) -> bool {
    key == "initial.j" || key == "initial.m" || ["number", "seed", "excited"].iter().any(|end| key.ends_with(end))
}

/// Whether a key tells realizations apart, between which there is nothing.
pub fn is_category(key: &str) -> bool {
    key.ends_with("seed")
}

/// The unit of time of a unit system.
pub fn time_unit(units: &str) -> &'static str {
    if units == "SI" { "ns" } else { "1/ω₀" }
}

/// A time with its unit: `50/ω₀`, `12.5 ns`.
pub fn time(value: f64, units: &str) -> String {
    let unit = time_unit(units);
    unit.strip_prefix('1').map_or_else(|| format!("{} {unit}", short(value)), |over| format!("{}{over}", short(value)))
}

/// An estimate with its error, both to the error's second digit: `2.497 ± 0.013`.
#[must_use]
pub fn with_error(value: f64, error: Option<f64>) -> String {
    match error {
        Some(error) if error > 0.0 && error.is_finite() => {
            let digits = 1 - error.log10().floor() as i32;
            if (0..=12).contains(&digits) {
                let digits = digits as usize;
                format!("{value:.digits$} ± {error:.digits$}")
            } else if (-5..0).contains(&digits) && value.abs() < 1e7 {
                let place = 10_f64.powi(-digits);
                let rounded = |x: f64| (x / place).round() * place;
                format!("{:.0} ± {:.0}", rounded(value), rounded(error))
            } else if value.abs() > 1e9 * error {
                // All that a double has to say, and then some.
                format!("{} ± {error:.1e}", self::digits(value, 12))
            } else {
                format!("{value:.3e} ± {error:.1e}")
            }
        }
        _ => number(value),
    }
}

/// Counts that may differ: `64`, or `64 to 1216`.
#[must_use]
pub fn least_to_most(counts: impl Iterator<Item = u64>) -> String {
    let (least, most) = counts.fold((u64::MAX, 0), |(least, most), count| (least.min(count), most.max(count)));
    if least < most { format!("{least} to {most}") } else { most.to_string() }
}

/// A number to six digits.
#[must_use]
pub fn number(value: f64) -> String {
    digits(value, 6)
}

/// A number to so many significant digits.
fn digits(value: f64, count: i32) -> String {
    let size = value.abs();
    if value == 0.0 {
        "0".to_owned()
    } else if (1e-4..1e7).contains(&size) {
        let decimals = (count - 1 - size.log10().floor() as i32).max(0) as usize;
        let text = format!("{value:.decimals$}");
        if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
    } else {
        let decimals = (count - 1) as usize;
        format!("{value:.decimals$e}")
    }
}

/// A swept value in a legend: a number to three digits, words without `state=`.
pub fn value(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => {
            let word = |word: &str| match word.split_once('=') {
                Some(("state", name)) => name.to_owned(),
                Some((name, number)) => {
                    let name = symbol(name);
                    number.parse().map_or_else(|_| word.to_owned(), |number| format!("{name} = {}", short(number)))
                }
                None => word.to_owned(),
            };
            let words: Vec<String> = text.split(' ').map(word).collect();
            match words.split_first() {
                Some((first, rest)) if !rest.is_empty() => format!("{first} {}", rest.join(", ")),
                _ => words.concat(),
            }
        }
        other => other.as_f64().map_or_else(|| other.to_string(), short),
    }
}

/// A number to three digits, powers of ten as such.
pub fn short(value: f64) -> String {
    let text = digits(value, 3);
    let text = match text.split_once('e') {
        Some((mantissa, power)) => {
            let mantissa =
                if mantissa.contains('.') { mantissa.trim_end_matches('0').trim_end_matches('.') } else { mantissa };
            format!("{mantissa}×10{}", superscript(power.parse().unwrap_or(0)))
        }
        None => text,
    };
    minus(&text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_the_digits_of_their_errors() {
        assert_eq!(with_error(2.49712, Some(0.0132)), "2.497 ± 0.013");
        assert_eq!(with_error(1234.0, Some(250.0)), "1230 ± 250");
        assert_eq!(with_error(5.0, None), "5");
        assert_eq!(with_error(-9.682165, Some(1.2e-12)), "-9.682165 ± 1.2e-12");
        assert_eq!((number(1_279.886_06).as_str(), number(1e-9).as_str()), ("1279.89", "1.00000e-9"));
        assert_eq!((short(1.0 / 3.0).as_str(), short(-2e-8).as_str()), ("0.333", "−2×10⁻⁸"));
    }

    #[test]
    fn keys_and_units_are_formulas() {
        assert_eq!(key("bath.hot.temperature"), "T_{hot}");
        assert_eq!(unit("hbar omega_0^2"), "ħω₀²");
        assert_eq!(value(&"state=coherent theta=1.5707963267948966".into()), "coherent θ = 1.57");
        assert_eq!(value(&"state=dicke j=2 m=0".into()), "dicke J = 2, M = 0");
        let known = ["drive.amplitude", "initial.theta", "initial.phi", "bath.hot.down", "qubits.twisting"].map(key);
        assert_eq!(known, ["Ω", "θ", "φ", "γ^{↓}_{hot}", "χ"]);
        assert_eq!((inverse_unit("bath.hot.rate", "natural"), inverse_unit("bath.hot.rate", "SI")), ("1/ω₀", "ns"));
        let segment = ["duration", "frequency.to", "bath.hot.rate", "drive.amplitude.amplitude"];
        let known = segment.map(|end| {
            (key(&format!("protocol.segment.up.{end}")), key_unit(&format!("protocol.segment.up.{end}"), "SI"))
        });
        let expected = [("τ_{up}", "ns"), ("ω, up", "GHz"), ("γ_{hot}, up", "10⁹/s"), ("Ω, up", "GHz")];
        assert_eq!(known, expected.map(|(name, unit)| (name.to_owned(), unit)));
        assert_eq!(quantity("fluctuation_theorem"), "⟨e^{−σ}⟩");
        assert_eq!(key_unit("bath.hot.temperature", "SI"), "mK");
        let counts = |counts: &[u64]| least_to_most(counts.iter().copied());
        assert_eq!((counts(&[64, 1216, 576]).as_str(), counts(&[5, 5]).as_str()), ("64 to 1216", "5"));
        assert_eq!((time(50.0, "natural").as_str(), time(12.5, "SI").as_str()), ("50/ω₀", "12.5 ns"));
    }
}
