//! The plan of a campaign: the parts of its points, in the orders in which they are folded and computed.

use super::sizes::{Part, Sizes};
use crate::scenario::Point;

/// What is to be done, in order. Parts are numbered, not listed.
#[derive(Clone, Debug)]
pub struct Plan<'a> {
    /// The points.
    pub points: &'a [Point],
    /// For each point, the number of parts of it and of all before.
    ends: Vec<u64>,
}

impl<'a> Plan<'a> {
    /// The plan of these points.
    #[must_use]
    pub fn new(points: &'a [Point]) -> Self {
        let ends = points.iter().scan(0, |end, point| {
            *end += Sizes::of(point).parts(point.trajectories());
            Some(*end)
        });
        Plan { points, ends: ends.collect() }
    }

    /// How many parts there are.
    #[must_use]
    pub fn parts(&self) -> u64 {
        self.ends.last().copied().unwrap_or(0)
    }

    /// How many parts a point has.
    #[must_use]
    pub fn parts_of(&self, point: usize) -> u64 {
        self.ends[point] - if point == 0 { 0 } else { self.ends[point - 1] }
    }

    /// A part of a point by its number there.
    #[must_use]
    pub fn part(&self, point: usize, number: u64) -> Part {
        let of = &self.points[point];
        let sizes = Sizes::of(of);
        let first = sizes.first(number);
        Part { point, first, count: (sizes.first(number + 1) - first).min(of.trajectories() - first) }
    }

    /// All parts point after point: the order in which they are folded.
    pub fn in_order(&self) -> impl Iterator<Item = Part> + '_ {
        (0..self.points.len())
            .flat_map(move |point| (0..self.parts_of(point)).map(move |number| self.part(point, number)))
    }

    /// All parts in the order in which they are computed: the first of every point, then the second ... so that every
    /// point has an estimate soon; the costly points first, so that no thread is left alone with one at the end.
    pub fn schedule(&self) -> impl Iterator<Item = Part> + Send + '_ {
        let mut points: Vec<usize> = (0..self.points.len()).collect();
        points.sort_by(|a, b| self.points[*b].work_bound().total_cmp(&self.points[*a].work_bound()));
        let rounds = points.iter().map(|point| self.parts_of(*point)).max().unwrap_or(0);
        (0..rounds).flat_map(move |round| {
            points.retain(|point| self.parts_of(*point) > round);
            points.clone().into_iter().map(move |point| self.part(point, round))
        })
    }

    /// The blocks of a part, each (first trajectory, how many): the units of work, folded in this order.
    pub fn blocks(&self, part: Part) -> impl ExactSizeIterator<Item = (u64, u64)> + use<> {
        let block = Sizes::of(&self.points[part.point]).block;
        let blocks = part.count.div_ceil(block) as usize;
        (0..blocks).map(move |number| {
            let before = number as u64 * block;
            (part.first + before, block.min(part.count - before))
        })
    }

    /// Trajectories of all points.
    #[must_use]
    pub fn trajectories(&self) -> u64 {
        self.points.iter().map(Point::trajectories).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{Overrides, Purpose, Scenario};

    fn scenario(trajectories: u64) -> Scenario {
        let text = format!(
            "[qubits]\nnumber = 8\n[[bath]]\nname = \"b\"\ncoupling = \"local\"\nrate = 1.0\ntemperature = 1.0\n\
             [initial]\nstate = \"ground\"\n[evolution]\nuntil = 5.0\ntrajectories = {trajectories}\n\
             [sweep]\n\"qubits.number\" = [1, 200, 3]"
        );
        Scenario::parse("s", "s.toml", &text, Purpose::Trajectories, &Overrides::default()).unwrap()
    }

    #[test]
    fn the_parts_cover_every_trajectory_once_and_their_blocks_do_so_too() {
        for total in [1, 1023, 1024, 1025, 5000, 65_536, 65_537, 1_000_000] {
            let scenario = scenario(total);
            let plan = Plan::new(&scenario.points);
            let mut next = [0; 3];
            for part in plan.in_order() {
                assert_eq!(part.first, next[part.point]);
                for (first, count) in plan.blocks(part) {
                    assert!(count > 0 && first == next[part.point]);
                    next[part.point] += count;
                }
                assert_eq!(part.first + part.count, next[part.point]);
            }
            assert_eq!(next, [total; 3]);
            let mut scheduled: Vec<Part> = plan.schedule().collect();
            assert_eq!(scheduled[0].point, 1, "the costly point first");
            scheduled.sort_by_key(|part| (part.point, part.first));
            assert_eq!(scheduled, plan.in_order().collect::<Vec<_>>());
        }
    }

    #[test]
    fn more_trajectories_add_parts_and_change_none_but_the_last() {
        let (few, many) = (scenario(100_000), scenario(1_000_000));
        let parts = |s: &Scenario| Plan::new(&s.points).in_order().filter(|p| p.point == 0).collect::<Vec<_>>();
        let (few, many) = (parts(&few), parts(&many));
        assert!(few.len() > 7 && many.len() > few.len());
        assert_eq!(few[..few.len() - 1], many[..few.len() - 1]);
    }
}
