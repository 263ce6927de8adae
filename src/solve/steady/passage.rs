//! The rows of `noise.parquet` about first passages: when so many net quanta of a bath have come.

use super::rows::{Rows, of_sector};
use crate::lindblad::{Counting, Passage, SteadyError, SteadyState};
use crate::model::Model;
use crate::scenario::Point;
use crate::statistics::{Statistic, Subject};

/// Products for the laws of a point, together: some five seconds.
const MOST_PRODUCTS: f64 = 5e9;
const TOO_LONG: &str =
    "so many quanta, or so long a time beside the fastest jumps, take more than some seconds to solve for";

/// Of a group whose sectors mix, or that has one.
pub fn rows(rows: &mut Rows, counting: &Counting, point: &Point) {
    let asked = point.noise();
    let mut left = MOST_PRODUCTS;
    for wait in &asked.passage {
        law(rows, point, wait.bath, counting.passage(wait.bath, wait.quanta, &asked.passage_times, &mut left));
    }
}

/// Where J is conserved and the start spreads over sectors: the mixture of their laws.
pub fn conserved(rows: &mut Rows, model: &Model, steady: &SteadyState, point: &Point) -> Result<(), SteadyError> {
    let asked = point.noise();
    let mut left = MOST_PRODUCTS;
    for wait in &asked.passage {
        let none = || vec![0.0; asked.passage_times.len()];
        let mut sum = Some(Passage { passed: none(), density: none() });
        // Of J = 0 nothing ever comes.
        for (two_j, p) in steady.sectors().into_iter().filter(|(two_j, p)| *p > 0.0 && *two_j > 0) {
            let equation = of_sector(model, two_j);
            let of_one = Counting::new(&equation)?.passage(wait.bath, wait.quanta, &asked.passage_times, &mut left);
            sum = sum.zip(of_one).map(|(sum, of_one)| sum.plus(p, &of_one));
        }
        law(rows, point, wait.bath, sum);
    }
    Ok(())
}

fn law(rows: &mut Rows, point: &Point, bath: usize, law: Option<Passage>) {
    let Some(Passage { passed, density }) = law else {
        rows.refuse(point, Subject::new(Statistic::FirstPassage, bath, None), TOO_LONG);
        return;
    };
    for (statistic, values) in [(Statistic::FirstPassage, passed), (Statistic::FirstPassageDensity, density)] {
        for (time, value) in point.noise().passage_times.iter().zip(values) {
            rows.push(Subject::new(statistic, bath, Some(*time)), value);
        }
    }
}
