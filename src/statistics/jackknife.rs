//! Error bars of anything that is computed from sums: the delete-one-group jackknife.

use super::{Estimate, Moments};

/// Sums that can be added.
pub trait Merge: Clone {
    /// Adds all that another has seen, after all that this one has.
    fn merge(&mut self, later: &Self);
}

impl Merge for Moments {
    fn merge(&mut self, later: &Self) {
        Moments::merge(self, later);
    }
}

/// The estimates of all that `statistics` computes from the sums over groups, each with the bias of order 1/n taken off
/// and the standard error by leaving out one group after the other (Efron and Stein, 1981). What is no number from all
/// groups, or without one of them, has no estimate.
pub fn jackknife<S: Merge>(groups: &[S], statistics: impl Fn(&S) -> Vec<f64>) -> Vec<Option<Estimate>> {
    let Some((first, others)) = groups.split_first() else { return Vec::new() };
    // Sums of all groups after each; those before are kept on the way.
    let mut after: Vec<S> = Vec::with_capacity(groups.len());
    for group in others.iter().rev() {
        let mut sum = group.clone();
        if let Some(later) = after.last() {
            sum.merge(later);
        }
        after.push(sum);
    }
    let mut left_out = Vec::with_capacity(groups.len());
    let mut before: Option<S> = None;
    for group in groups {
        let rest = match (&before, after.pop()) {
            (None, Some(after)) => Some(after),
            (Some(before), None) => Some(before.clone()),
            (Some(before), Some(after)) => {
                let mut sum = before.clone();
                sum.merge(&after);
                Some(sum)
            }
            (None, None) => None,
        };
        left_out.extend(rest.map(|rest| statistics(&rest)));
        match &mut before {
            Some(before) => before.merge(group),
            None => before = Some(group.clone()),
        }
    }
    estimates(&statistics(before.as_ref().unwrap_or(first)), &left_out)
}

/// The estimates of statistics from their values over all groups, and over all but each.
pub fn estimates(whole: &[f64], left_out: &[Vec<f64>]) -> Vec<Option<Estimate>> {
    let n = left_out.len() as f64;
    let estimate = |(index, value): (usize, &f64)| {
        let mean = left_out.iter().map(|values| values[index]).sum::<f64>() / n;
        let spread = left_out.iter().map(|values| (values[index] - mean).powi(2)).sum::<f64>();
        let (mean, std_error) = (n * value - (n - 1.0) * mean, ((n - 1.0) / n * spread).sqrt());
        let known = std_error > 0.0 && std_error.is_finite();
        mean.is_finite().then_some(Estimate { mean, std_error: known.then_some(std_error) })
    };
    whole.iter().enumerate().map(estimate).collect()
}

#[cfg(test)]
mod tests {
    use super::super::Powers;
    use super::*;

    impl Merge for Powers {
        fn merge(&mut self, later: &Self) {
            Powers::merge(self, later);
        }
    }

    #[test]
    fn the_jackknife_of_a_mean_is_its_standard_error() {
        let values = [1.0, 4.0, -2.0, 0.5, 7.0, 3.0, 3.5, -1.0];
        let groups: Vec<Powers> = values
            .iter()
            .map(|v| {
                let mut powers = Powers::default();
                powers.push(*v);
                powers
            })
            .collect();
        let estimates = jackknife(&groups, |p| vec![p.cumulants()[0], p.cumulants()[1], f64::NAN]);
        let mean = values.iter().sum::<f64>() / 8.0;
        let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / 7.0;
        let [Some(first), Some(second), None] = estimates[..] else { panic!("{estimates:?}") };
        assert!((first.mean - mean).abs() < 1e-12);
        assert!((first.std_error.unwrap() - (variance / 8.0).sqrt()).abs() < 1e-12);
        // The unbiased variance has no bias to take off.
        assert!((second.mean - variance).abs() < 1e-12 * variance);
        assert!(jackknife::<Powers>(&[], |_| vec![1.0]).is_empty());
    }
}
