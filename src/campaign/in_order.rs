//! The fold in order: results come whenever they are done, and are folded by their numbers.

use std::collections::BTreeMap;

/// Results that wait for their turn.
#[derive(Debug)]
pub struct InOrder<T> {
    next: u64,
    waiting: BTreeMap<u64, T>,
}

impl<T> InOrder<T> {
    /// From number 0 on.
    pub fn new() -> Self {
        InOrder { next: 0, waiting: BTreeMap::new() }
    }

    /// Takes the result of a number, and folds all whose turn it is. Returns how many were folded since the beginning.
    pub fn take(&mut self, number: u64, result: T, mut fold: impl FnMut(T)) -> u64 {
        self.waiting.insert(number, result);
        while let Some(result) = self.waiting.remove(&self.next) {
            fold(result);
            self.next += 1;
        }
        self.next
    }
}

#[cfg(test)]
mod tests {
    use super::InOrder;

    #[test]
    fn whatever_the_order_of_arrival_the_fold_is_in_order() {
        for arrival in [[0, 1, 2, 3], [3, 2, 1, 0], [1, 0, 3, 2], [2, 0, 3, 1]] {
            let (mut order, mut folded) = (InOrder::new(), Vec::new());
            let mut turns = Vec::new();
            for number in arrival {
                turns.push(order.take(number, number, |number| folded.push(number)));
            }
            assert_eq!(folded, [0, 1, 2, 3]);
            assert!(turns.is_sorted() && turns[3] == 4);
        }
    }
}
