//! What is booked of a protocol with a drive, from averages at the ends of its segments.

use super::{Averages, Cycle, Means, Moments, ProtocolAverages};
use crate::lindblad::along::ProtocolMeans;
use crate::model::protocol::{Entry, Protocol};

/// The entries up to a time.
fn entries(means: &ProtocolMeans) -> Vec<f64> {
    let entry = |entry: Entry| match entry {
        Entry::Work => means.work,
        Entry::Entropy => means.entropy.unwrap_or(f64::NAN),
        Entry::Heat(bath) => means.heat[bath],
        Entry::Quanta(bath) => means.absorbed[bath] - means.emitted[bath],
    };
    Entry::all(means.heat.len()).map(entry).collect()
}

impl ProtocolAverages {
    /// Means alone, from those at the times that were asked for and at the `ends` of all segments of all cycles, after
    /// quenches: see [`crate::lindblad::DrivenProtocol::passages`].
    ///
    /// # Panics
    /// If there are fewer ends than segments in all cycles.
    #[must_use]
    pub fn of_means(protocol: &Protocol, series: &[ProtocolMeans], ends: &[ProtocolMeans]) -> Self {
        let (passes, entropy) = (protocol.stages().len(), protocol.entropy_is_finite());
        let at = |means: &ProtocolMeans| {
            let booked = Moments { mean: entries(means), covariance: Vec::new(), entropy };
            Averages { now: means.now, booked }
        };
        let nothing = Means { mean: vec![0.0; Entry::count(protocol.baths())], entropy };
        let mut segments = vec![nothing.clone(); passes];
        let mut cycles = Vec::with_capacity(protocol.cycles() as usize);
        let mut before = nothing.mean.clone();
        for ends in ends.chunks(passes) {
            let mut booked = nothing.clone();
            for (index, (end, segment)) in ends.iter().zip(&mut segments).enumerate() {
                let now = entries(end);
                if !protocol.does_work(index) {
                    // Nothing but the rounding of a difference.
                    before[Entry::Work.index()] = now[Entry::Work.index()];
                }
                for (entry, (now, before)) in now.iter().zip(&before).enumerate() {
                    segment.mean[entry] += now - before;
                    booked.mean[entry] += now - before;
                }
                before = now;
            }
            let end = &ends[passes - 1];
            cycles.push(Cycle { booked, final_m: end.now.jz, final_j: end.spin.unwrap_or(f64::NAN) });
        }
        ProtocolAverages {
            series: series.iter().map(at).collect(),
            last: at(&ends[ends.len() - 1]),
            segments,
            cycles,
            p: Vec::new(),
            entropy_production: None,
        }
    }
}
