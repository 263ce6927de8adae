//! Light that shines on emitters: a drive that reaches each with a phase or a strength of its own.

use num_complex::Complex64;
use toml::Spanned;

use super::super::keys::allowed;
use super::super::raw::RawDrive;
use super::couplings::complex;
use super::{LARGEST, Result, Validator};
use crate::model::emitters::{Emitters, Vector};

/// A drive of emitters, in the frame that turns with it.
pub(super) struct Light {
    /// Omega_j of each.
    pub amplitudes: Vec<Complex64>,
    /// Delta.
    pub detuning: f64,
}

impl Validator<'_> {
    /// The drive of `n` emitters.
    pub(super) fn light(&self, table: &Spanned<RawDrive>, n: usize, emitters: Option<&Emitters>) -> Result<Light> {
        let raw = table.get_ref();
        let detuning = raw.detuning.as_ref().map_or(Ok(0.0), |value| self.signed(value, "drive.detuning"))?;
        let strengths = match (&raw.amplitude, &raw.amplitudes) {
            (Some(_), Some(each)) => {
                let title = "`drive.amplitude` and `drive.amplitudes` both say how strong the drive is".to_owned();
                return Err(self.source.error(each.span(), title, "one of them"));
            }
            (None, Some(each)) => {
                let wrong = |what: &str| self.refuse(each.span(), "drive.amplitudes", what);
                match each.get_ref().iter().map(complex).collect::<Option<Vec<Complex64>>>() {
                    Some(own) if own.iter().any(|a| a.re.abs().max(a.im.abs()) > LARGEST) => {
                        return wrong(&format!("has an entry beyond {LARGEST:e}"));
                    }
                    Some(own) if own.len() == n => own,
                    Some(own) => return wrong(&format!("has {} entries, for {n} qubits", own.len())),
                    None => return wrong("has an entry that is no number and no pair [re, im]"),
                }
            }
            (amplitude, None) => {
                let amplitude = self.require(amplitude, "drive.amplitude", table.span())?;
                vec![self.signed(amplitude, "drive.amplitude")?.into(); n]
            }
        };
        let Some(direction) = &raw.direction else { return Ok(Light { amplitudes: strengths, detuning }) };
        let Some(emitters) = emitters else {
            let title = "`drive.direction` is of qubits with [positions], and there are none".to_owned();
            return Err(self.source.error(direction.span(), title, "`drive.amplitudes`; or a table [positions]"));
        };
        let along = <Vector>::try_from(direction.get_ref().as_slice()).ok();
        let Some(phases) = along.and_then(|along| emitters.plane_wave(along)) else {
            let title = format!("`drive.direction` is {:?}", direction.get_ref());
            return Err(self.source.error(direction.span(), title, allowed("drive.direction")));
        };
        Ok(Light { amplitudes: strengths.into_iter().zip(phases).map(|(own, phase)| own * phase).collect(), detuning })
    }
}
