//! Many identical cycles of few levels: what one of them does, as matrices, which then do it once a cycle.
//!
//! A cycle is linear in what is followed: with `p' = U p` and moments `m_a' = U m_a + U_a p`, sums grow by
//! `s_ab' - s_ab = 1.(U_ab p + U_a m_b + U_b m_a)`.

use super::block::{Block, pair};
use super::evolution::advance;
use super::factors::Follow;
use super::operators::Operators;
use crate::lindblad::SolveError;
use crate::model::protocol::Stage;
use crate::vectorized::dot;

/// What a cycle does up to the quench at its end, if there is one.
pub struct Repeated {
    levels: usize,
    /// U, then U_a of every entry, row by row.
    moves: Vec<Vec<f64>>,
    /// 1.U_a of every entry.
    firsts: Vec<Vec<f64>>,
    /// 1.U_ab of every pair.
    seconds: Vec<Vec<f64>>,
    /// By segment and entry: what is booked there on average from each level at the start of a cycle, the quench included.
    segments: Vec<Vec<Vec<f64>>>,
    room: Block,
}

impl Repeated {
    /// Goes through a cycle of these segments from every level, with a `quench` at the end of each.
    pub fn new(
        operators: &Operators,
        stages: &[Stage],
        follow: Follow,
        quench: impl Fn(usize, &mut Block),
    ) -> Result<Self, SolveError> {
        let levels = operators.m.len();
        let room = operators.block(follow, 1);
        let (entries, pairs) = (room.lanes() - 1, room.sums.len());
        let mut moves = vec![vec![0.0; levels * levels]; 1 + entries];
        let mut firsts = vec![vec![0.0; levels]; entries];
        let mut seconds = vec![vec![0.0; levels]; pairs];
        let mut segments = vec![vec![vec![0.0; levels]; entries]; stages.len()];
        for from in 0..levels {
            let mut block = operators.block(follow, 1);
            block.lane_mut(0)[from] = 1.0;
            let mut before = vec![0.0; entries];
            for (segment, stage) in stages.iter().enumerate() {
                advance(operators, stage, [0.0, stage.duration], follow, &mut block)?;
                if segment + 1 == stages.len() {
                    for (lane, moves) in moves.iter_mut().enumerate() {
                        block.lane(lane).iter().enumerate().for_each(|(to, value)| moves[to * levels + from] = *value);
                    }
                    firsts.iter_mut().zip(block.totals()).for_each(|(first, total)| first[from] = total);
                    seconds.iter_mut().zip(&block.sums).for_each(|(second, sum)| second[from] = *sum);
                }
                quench(segment, &mut block);
                for (entry, total) in block.totals().enumerate() {
                    segments[segment][entry][from] = total - before[entry];
                    before[entry] = total;
                }
            }
        }
        Ok(Repeated { levels, moves, firsts, seconds, segments, room })
    }

    /// What is booked on average in each segment of a cycle that begins with these probabilities.
    pub fn booked(&self, p: &[f64]) -> Vec<Vec<f64>> {
        let of = |rows: &Vec<Vec<f64>>| rows.iter().map(|row| dot::<4>(row, p)).collect();
        self.segments.iter().map(of).collect()
    }

    /// Takes a block from the start of a cycle to the quench at its end.
    pub fn apply(&mut self, block: &mut Block) {
        let Repeated { levels, moves, firsts, seconds, room, .. } = self;
        for a in 0..firsts.len() {
            for b in 0..=a {
                let of_first = dot::<4>(&firsts[a], block.lane(1 + b)) + dot::<4>(&firsts[b], block.lane(1 + a));
                let at = pair(a, b);
                block.sums[at] += dot::<4>(&seconds[at], block.lane(0)) + of_first;
            }
        }
        for lane in 0..block.lanes() {
            let with_start = (lane > 0).then(|| &moves[lane]);
            for (to, out) in room.lane_mut(lane).iter_mut().enumerate() {
                let row = to * *levels..(to + 1) * *levels;
                *out = dot::<4>(&moves[0][row.clone()], block.lane(lane))
                    + with_start.map_or(0.0, |moves| dot::<4>(&moves[row], block.lane(0)));
            }
        }
        std::mem::swap(&mut block.values, &mut room.values);
    }
}
