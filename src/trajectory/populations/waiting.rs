//! Waiting times of unit rate: bit for bit those of `rand_distr::Exp1`, with all but its common case out of the loop.

use std::convert::Infallible;

use rand::{Rng, TryRng};
use rand_distr::{Distribution, Exp1};

use crate::random::Stream;

/// The ziggurat of the exponential density (Marsaglia and Tsang, J. Stat. Softw. 5(8), 2000): the right edges of its
/// layers, from the largest to 0.
#[derive(Debug)]
pub(super) struct Ziggurat {
    edges: Box<[f64; 257]>,
}

/// 52 random bits make a number from 2^-53 below 1.
#[inline(always)]
fn mantissa(word: u64) -> f64 {
    f64::from_bits(word >> 12 | 1.0_f64.to_bits()) - (1.0 - f64::EPSILON / 2.0)
}

impl Ziggurat {
    /// Reads the edges from `Exp1`: at the layer's number and no further bit it draws 2^-53 of the edge.
    pub fn new() -> Self {
        let mut edges = Box::new([0.0; 257]);
        for (layer, edge) in (0..256).zip(edges.iter_mut()) {
            let least: f64 = Exp1.sample(&mut Words { first: Some(layer), rest: Ones });
            *edge = least / mantissa(0);
        }
        Ziggurat { edges }
    }

    /// Draws a waiting time, which has no end where it is `interrupted`: that is asked where draws are not common, once in
    /// some fifty, so that the loop does not carry it.
    #[inline(always)]
    pub fn draw(&self, stream: &mut Stream, interrupted: impl Fn() -> bool) -> f64 {
        let word = stream.next_u64();
        let layer = usize::from(word as u8);
        let wait = mantissa(word) * self.edges[layer];
        // Under the next edge it is under the density whatever its height in the layer.
        if wait < self.edges[layer + 1] {
            return wait;
        }
        // By value: the stream then stays in registers.
        let (wait, after) = beyond(word, stream.clone(), interrupted);
        *stream = after;
        wait
    }
}

/// One draw in fifty: the whole of it once more, from the same word.
#[cold]
#[inline(never)]
fn beyond(word: u64, mut stream: Stream, interrupted: impl Fn() -> bool) -> (f64, Stream) {
    let wait = Exp1.sample(&mut Words { first: Some(word), rest: &mut stream });
    (if interrupted() { f64::INFINITY } else { wait }, stream)
}

/// A word that was drawn already, then more.
struct Words<R> {
    first: Option<u64>,
    rest: R,
}

impl<R: Rng> TryRng for Words<R> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(self.rest.next_u32())
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.first.take().unwrap_or_else(|| self.rest.next_u64()))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.rest.fill_bytes(bytes);
        Ok(())
    }
}

/// Whatever the height in the layer, it is under the density.
struct Ones;

impl TryRng for Ones {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(u32::MAX)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(u64::MAX)
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        bytes.fill(u8::MAX);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::stream;

    #[test]
    fn every_waiting_time_is_that_of_the_library_bit_for_bit() {
        let ziggurat = Ziggurat::new();
        let (mut mine, mut theirs) = (stream(1, 2, 3), stream(1, 2, 3));
        for _ in 0..1_000_000 {
            let expected: f64 = Exp1.sample(&mut theirs);
            assert_eq!(ziggurat.draw(&mut mine, || false).to_bits(), expected.to_bits());
        }
        assert_eq!(mine, theirs);
    }
}
