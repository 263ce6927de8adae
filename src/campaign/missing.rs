//! The parts that are yet to be computed, as one of any number of processes takes them: those that no other has in hand, in
//! an order of its own, and at the end what others have left lying.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, RandomState};
use std::time::Duration;

use super::compute::Next;
use super::meter::Pace;
use crate::plan::{Part, Plan, Shard};
use crate::scenario::Point;
use crate::store::{Claim, Folder, Present, Taken, key};

/// In which order a process takes what is missing.
#[derive(Clone, Copy, Debug)]
pub enum Order {
    /// That of the schedule.
    Schedule,
    /// The large ones first, so that all end together with small ones; of those that are about as large a share, then what
    /// others have not done, in an order of its own.
    From(Shard),
    /// The same in an order that is no other process's, so that they seldom meet.
    Own,
}

impl Order {
    /// That of a worker, who may be told where to begin.
    pub fn of_worker(shard: Option<Shard>) -> Self {
        shard.map_or(Order::Own, Order::From)
    }

    /// Things in this order, by what tells them, and about how large they are.
    pub fn sorted<T, K: Hash>(self, mut things: Vec<T>, key: impl Fn(&T) -> K, size: impl Fn(&T) -> u32) -> Vec<T> {
        let drawn = RandomState::new();
        let by_chance = |things: &mut [T]| things.sort_by_cached_key(|thing| drawn.hash_one(key(thing)));
        if !matches!(self, Order::Schedule) {
            things.sort_by_key(|thing| Reverse(size(thing)));
        }
        for alike in things.chunk_by_mut(|one, other| size(one) == size(other)) {
            match self {
                Order::Schedule => {}
                Order::Own => by_chance(alike),
                Order::From(shard) => {
                    let of_all = |share: u64| (u128::from(share) * alike.len() as u128 / u128::from(shard.of)) as usize;
                    let (from, to) = (of_all(shard.index - 1), of_all(shard.index));
                    alike.rotate_left(from);
                    by_chance(&mut alike[to - from..]);
                }
            }
        }
        things
    }
}

/// The parts of a plan that are not there, each once, in the order of the schedule.
pub fn missing<'a>(plan: &'a Plan, there: Present) -> impl Iterator<Item = Part> + Send + 'a {
    let name = |part: &Part| key(&plan.points[part.point], *part);
    // Points of a sweep that do not differ in their physics share their parts.
    let mut planned = Present::new();
    plan.schedule().filter(move |part| planned.insert(name(part))).filter(move |part| !there.contains(&name(part)))
}

/// How often it is asked after what others have in hand.
pub const ASKED: Duration = Duration::from_millis(200);

/// What is missing in a folder, and what this process has in hand of it.
pub struct Missing<'a> {
    plan: &'a Plan<'a>,
    folder: &'a Folder,
    left: Box<dyn Iterator<Item = Part> + Send + 'a>,
    /// What others had in hand when it was asked for.
    later: Vec<Part>,
    asked: Pace,
    claims: HashMap<Part, Claim>,
    /// What others have brought.
    found: Vec<Part>,
}

impl<'a> Missing<'a> {
    /// What was not there when it was looked for.
    pub fn new(plan: &'a Plan<'a>, folder: &'a Folder, there: Present, order: Order) -> Self {
        let parts = missing(plan, there);
        let left: Box<dyn Iterator<Item = Part> + Send> = match order {
            Order::Schedule => Box::new(parts),
            _ => {
                let bounds: Vec<f64> = plan.points.iter().map(Point::work_bound).collect();
                let size = |part: &Part| (part.count as f64 * bounds[part.point]).max(1.0).log2() as u32;
                Box::new(order.sorted(parts.collect(), |part| *part, size).into_iter())
            }
        };
        let (later, claims, found) = (Vec::new(), HashMap::new(), Vec::new());
        Missing { plan, folder, left, later, asked: Pace::default(), claims, found }
    }

    /// The next part for this process.
    pub fn take(&mut self) -> Next {
        while let Some(part) = self.left.next() {
            if self.is_mine(part) {
                return Next::Part(part);
            }
        }
        if self.later.is_empty() {
            return Next::End;
        }
        if self.asked.due(ASKED) {
            let mut later = std::mem::take(&mut self.later).into_iter();
            let mine = later.find(|part| self.is_mine(*part));
            self.later.extend(later);
            if let Some(part) = mine {
                return Next::Part(part);
            }
        }
        if self.later.is_empty() { Next::End } else { Next::Wait }
    }

    /// Whether a part is for this process; if not it is there, or for later.
    fn is_mine(&mut self, part: Part) -> bool {
        match self.folder.take(&self.plan.points[part.point], part) {
            Taken::Mine(claim) => drop(self.claims.insert(part, claim)),
            Taken::There => self.found.push(part),
            Taken::Theirs => self.later.push(part),
        }
        self.claims.contains_key(&part)
    }

    /// A part of this process is on the disk.
    pub fn written(&mut self, part: Part) {
        self.claims.remove(&part);
    }

    /// A part of this process is given up: it, or another, takes it again.
    #[cfg(feature = "mpi")]
    pub fn dropped(&mut self, part: Part) {
        self.claims.remove(&part);
        self.later.push(part);
    }

    /// What others have brought since this was asked.
    pub fn found(&mut self) -> Vec<Part> {
        std::mem::take(&mut self.found)
    }

    /// Whether all that is left is with others.
    pub fn waits(&self) -> bool {
        self.claims.is_empty() && !self.later.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::{Overrides, Purpose, Scenario};
    use crate::store::Role;

    fn scenario() -> Scenario {
        let text = "[qubits]\nnumber = 8\n[[bath]]\nname = \"b\"\ncoupling = \"local\"\nrate = 1.0\ntemperature = 1.0\n\
             [initial]\nstate = \"ground\"\n[evolution]\nuntil = 5.0\ntrajectories = 1\n\
             [sweep]\n\"evolution.trajectories\" = [70000, 200000, 200001]\n\"qubits.number\" = [1, 8]";
        Scenario::parse("s", "s.toml", text, Purpose::Trajectories, &Overrides::default()).unwrap()
    }

    #[test]
    fn workers_share_every_part_out_once_where_points_are_alike_too() {
        let (scenario, place) = (scenario(), tempfile::tempdir().unwrap());
        let plan = Plan::new(&scenario.points);
        let name = |part: Part| key(&scenario.points[part.point], part);
        let all: Present = plan.schedule().map(name).collect();
        assert!((all.len() as u64) < plan.parts(), "points of one physics share parts");
        let orders = [Order::Schedule, Order::Own, Order::From(Shard { index: 2, of: 3 })];
        let folders = orders.map(|_| Folder::join(place.path(), Role::Work).unwrap());
        let mut workers: Vec<Missing> = orders
            .iter()
            .zip(&folders)
            .map(|(order, folder)| Missing::new(&plan, folder, Present::new(), *order))
            .collect();
        let mut taken = Vec::new();
        let mut waiting = 0;
        while waiting < 3 {
            waiting = 0;
            for worker in &mut workers {
                match worker.take() {
                    Next::Part(part) => taken.push(name(part)),
                    Next::Wait | Next::End => waiting += 1,
                }
            }
        }
        assert_eq!(taken.len(), all.len(), "a part is computed by two");
        assert_eq!(taken.into_iter().collect::<Present>(), all);
        // What one of them drops, another takes.
        assert!(workers[0].waits() || !workers[0].claims.is_empty());
        let dropped = workers.remove(1).claims.len();
        let more = std::iter::from_fn(|| {
            workers[0].asked = Pace::default();
            matches!(workers[0].take(), Next::Part(_)).then_some(())
        });
        assert_eq!(more.count(), dropped);
    }

    #[test]
    fn an_order_has_everything_once_and_a_share_comes_first() {
        let all: Vec<u64> = (0..10).collect();
        for (order, first) in [
            (Order::Schedule, &[0, 1, 2][..]),
            (Order::Own, &[]),
            (Order::From(Shard { index: 2, of: 3 }), &[3, 4, 5]),
            // More shares than there are things.
            (Order::From(Shard { index: 99, of: 100 }), &[]),
        ] {
            let mut sorted = order.sorted(all.clone(), |thing| *thing, |_| 0);
            assert!(sorted.starts_with(first), "{order:?}: {sorted:?}");
            sorted.sort_unstable();
            assert_eq!(sorted, all);
            // Large ones first, and a share of them.
            let mut sorted = order.sorted(all.clone(), |thing| *thing, |thing| u32::from(*thing >= 4));
            if !matches!(order, Order::Schedule) {
                assert!(sorted[..6].iter().all(|thing| *thing >= 4), "{order:?}: {sorted:?}");
            }
            sorted.sort_unstable();
            assert_eq!(sorted, all);
        }
        let second = Order::From(Shard { index: 2, of: 3 });
        let sorted = second.sorted(all, |thing| *thing, |thing| u32::from(*thing >= 4));
        assert_eq!((sorted[..2].to_vec(), sorted[6]), (vec![6, 7], 1));
    }
}
