//! What is emitted at delays after photons, summed over them.

/// Sums over the photons of a bath that are followed, each with its weight.
#[derive(Clone, Debug)]
pub struct AfterPhotons {
    /// Their number.
    pub count: f64,
    /// For each delay, the sum of the emission rate then.
    pub rate: Vec<f64>,
    /// The sum of its square.
    pub rate_square: Vec<f64>,
    /// The sum of the rate where no photon has followed yet.
    pub waiting: Vec<f64>,
    /// The sum of the square of that.
    pub waiting_square: Vec<f64>,
}

impl AfterPhotons {
    /// Nothing yet, at so many delays.
    #[must_use]
    pub fn new(delays: usize) -> Self {
        let none = || vec![0.0; delays];
        AfterPhotons { count: 0.0, rate: none(), rate_square: none(), waiting: none(), waiting_square: none() }
    }

    /// Begins anew.
    pub fn clear(&mut self) {
        self.count = 0.0;
        let sums = [&mut self.rate, &mut self.rate_square, &mut self.waiting, &mut self.waiting_square];
        sums.into_iter().for_each(|sums| sums.fill(0.0));
    }

    /// Adds the emission rate at a delay after a photon, which none may have followed yet.
    pub fn add(&mut self, delay: usize, rate: f64, is_last: bool) {
        self.rate[delay] += rate;
        self.rate_square[delay] += rate * rate;
        if is_last {
            self.waiting[delay] += rate;
            self.waiting_square[delay] += rate * rate;
        }
    }
}
