//! In which order levels are eliminated: nested dissection of the plane (J, M).
//!
//! A jump changes J and M by one at most, so that a line of levels parts the plane. Its halves are eliminated first,
//! each by itself and cut in two in the same way, and then the line. What is eliminated together is a *front*: the
//! levels of a line, and those of later lines that they or what was eliminated within touch. n levels of a plane need
//! memory of order n log n and work of order n^1.5.
//! A. George, SIAM J. Numer. Anal. 10, 345 (1973).

use std::ops::Range;

/// As many levels are not cut in two.
const LEAF: usize = 32;
const NOWHERE: u32 = u32::MAX;

/// A transition between two states: where from, where to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// The state that it leaves.
    pub from: usize,
    /// The state that it reaches, another.
    pub to: usize,
}

/// Levels that are eliminated together.
#[derive(Debug)]
pub struct Front {
    /// What is eliminated here, then what it touches that comes later.
    pub states: Vec<u32>,
    /// How many are eliminated here.
    pub own: usize,
    /// How many fronts before this one leave their rest to it.
    pub children: usize,
    /// Where the later states are in the front that takes the rest of this one.
    pub into_parent: Vec<u32>,
    /// Which of [`Dissection::places`] are of this front.
    pub places: Range<usize>,
}

/// The order of elimination of all states but one.
#[derive(Debug)]
pub struct Dissection {
    /// How many states there are.
    pub states: usize,
    /// The one that stays.
    pub last: usize,
    /// The fronts, children before their parents.
    pub fronts: Vec<Front>,
    /// For each link, by fronts: its number, and its place in the matrix of the front (row `to`, column `from`).
    pub places: Vec<(u32, u32)>,
}

/// What is known while the plane is cut.
struct Cutting<'a> {
    at: &'a [(i64, i64)],
    neighbours: Vec<u32>,
    /// Where the neighbours of each state begin.
    starts: Vec<usize>,
    /// The front that eliminates each state.
    front_of: Vec<u32>,
    /// Scratch: a state that was seen has the number of the front.
    seen: Vec<u32>,
    fronts: Vec<Front>,
}

impl Dissection {
    /// Orders the states 0..`states` but `last`, which stays. `at` has the coordinates of the others (of `last` they do
    /// not matter, and may be left out at the end); links join states that are neighbours on the grid, or `last`.
    #[must_use]
    pub fn new(states: usize, last: usize, at: &[(i64, i64)], links: &[Link]) -> Self {
        let mut starts = vec![0; states + 1];
        let inner = || links.iter().filter(|link| link.from != last);
        inner().for_each(|link| {
            starts[link.from + 1] += 1;
            starts[link.to + 1] += 1;
        });
        (0..states).for_each(|state| starts[state + 1] += starts[state]);
        let mut filled = starts.clone();
        let mut neighbours = vec![0; starts[states]];
        inner().for_each(|Link { from, to }| {
            for (one, other) in [(*from, *to), (*to, *from)] {
                neighbours[filled[one]] = other as u32;
                filled[one] += 1;
            }
        });
        let mut cutting = Cutting {
            at,
            neighbours,
            starts,
            front_of: vec![NOWHERE; states],
            seen: vec![NOWHERE; states],
            fronts: Vec::new(),
        };
        let mut all: Vec<u32> = (0..states).filter(|state| *state != last).map(|state| state as u32).collect();
        if !all.is_empty() {
            cutting.cut(&mut all);
        }
        let Cutting { front_of, fronts, .. } = cutting;
        let mut dissection = Dissection { states, last, fronts, places: Vec::new() };
        dissection.place(links, &front_of);
        dissection
    }

    /// Finds the places of all links and of what each front leaves to its parent.
    fn place(&mut self, links: &[Link], front_of: &[u32]) {
        let first = |link: &Link| front_of[link.from].min(front_of[link.to]) as usize;
        let mut starts = vec![0; self.fronts.len() + 1];
        links.iter().for_each(|link| starts[first(link) + 1] += 1);
        (0..self.fronts.len()).for_each(|front| starts[front + 1] += starts[front]);
        let mut filled = starts.clone();
        self.places = vec![(0, 0); links.len()];
        for (number, link) in links.iter().enumerate() {
            let slot = &mut filled[first(link)];
            self.places[*slot].0 = number as u32;
            *slot += 1;
        }
        let mut local = vec![0; self.states];
        let mut waiting: Vec<usize> = Vec::new();
        for index in 0..self.fronts.len() {
            let front = &mut self.fronts[index];
            for (place, state) in front.states.iter().enumerate() {
                local[*state as usize] = place as u32;
            }
            front.places = starts[index]..starts[index + 1];
            let size = front.states.len() as u32;
            for (number, place) in &mut self.places[front.places.clone()] {
                let Link { from, to } = links[*number as usize];
                *place = local[to] * size + local[from];
            }
            let children = front.children;
            for child in waiting.split_off(waiting.len() - children) {
                let child = &mut self.fronts[child];
                child.into_parent = child.states[child.own..].iter().map(|state| local[*state as usize]).collect();
            }
            waiting.push(index);
        }
    }
}

impl Cutting<'_> {
    /// Cuts a region into two and a line between them, and these again; the line is the front that comes last.
    fn cut(&mut self, region: &mut [u32]) {
        let Some((low, line, high)) = (region.len() > LEAF).then(|| self.line(region)).flatten() else {
            return self.front(region, &[]);
        };
        let (below, rest) = region.split_at_mut(low);
        let (line, above) = rest.split_at_mut(line);
        debug_assert_eq!(above.len(), high);
        let mut children = Vec::with_capacity(2);
        for half in [below, above] {
            if !half.is_empty() {
                self.cut(half);
                children.push(self.fronts.len() - 1);
            }
        }
        self.front(line, &children);
    }

    /// Sorts a region into what is below the shorter of its two middle lines, on it, and above; how many of each.
    fn line(&self, region: &mut [u32]) -> Option<(usize, usize, usize)> {
        let coordinate = |axis: usize, state: u32| {
            let (x, y) = self.at[state as usize];
            if axis == 0 { x } else { y }
        };
        let middle = |axis: usize| {
            let mut values: Vec<i64> = region.iter().map(|state| coordinate(axis, *state)).collect();
            let half = values.len() / 2;
            let line = *values.select_nth_unstable(half).1;
            (values.iter().filter(|value| **value == line).count(), axis, line)
        };
        let (count, axis, line) = middle(0).min(middle(1));
        let side = |state: &u32| coordinate(axis, *state).cmp(&line);
        region.sort_by_key(side);
        let low = region.partition_point(|state| side(state).is_lt());
        (count < region.len()).then(|| (low, count, region.len() - low - count))
    }

    /// A front that eliminates these states after its children.
    fn front(&mut self, own: &[u32], children: &[usize]) {
        let number = self.fronts.len() as u32;
        let mut states = own.to_vec();
        for state in own {
            self.front_of[*state as usize] = number;
        }
        let (front_of, seen) = (&self.front_of, &mut self.seen);
        let mut touch = |state: u32| {
            if front_of[state as usize] == NOWHERE && seen[state as usize] != number {
                seen[state as usize] = number;
                states.push(state);
            }
        };
        for child in children {
            let child = &self.fronts[*child];
            child.states[child.own..].iter().for_each(|state| touch(*state));
        }
        for state in own {
            let state = *state as usize;
            self.neighbours[self.starts[state]..self.starts[state + 1]].iter().for_each(|state| touch(*state));
        }
        self.fronts.push(Front {
            states,
            own: own.len(),
            children: children.len(),
            into_parent: Vec::new(),
            places: 0..0,
        });
    }
}
