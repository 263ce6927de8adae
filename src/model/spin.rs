//! The collective spin of one pure state: its direction, its length, and how far it is squeezed.

/// First and second moments of J in one state.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Spin {
    /// `<J_x>`, `<J_y>`, `<J_z>`.
    pub mean: [f64; 3],
    /// `<J_a J_b + J_b J_a>/2` for (x, y, z) x (x, y, z), symmetric.
    pub second: [[f64; 3]; 3],
}

/// What a record keeps of the transverse spin of a trajectory at a sample.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Transverse {
    /// `<J_x>` in the lab frame.
    pub jx: f64,
    /// `<J_y>` in the lab frame.
    pub jy: f64,
    /// `|<J>|/J`, from 0 to 1; 0 in a singlet.
    pub spin_length: f64,
    /// The squeezing parameter, see [`Spin::squeezing`].
    pub squeezing: f64,
}

impl Spin {
    /// The moments from those of the ladder operators: `<J_->`, `<J_-^2>`, `<J_- J_z + J_z J_->/2`, `<J_z>`, `<J_z^2>`
    /// and `<J^2>`.
    #[must_use]
    pub fn from_ladder(
        lowering: num_complex::Complex64,
        lowering_twice: num_complex::Complex64,
        lowering_jz: num_complex::Complex64,
        jz: f64,
        jz_squared: f64,
        j_squared: f64,
    ) -> Self {
        // J_- = J_x - i J_y, J_-^2 = J_x^2 - J_y^2 - i {J_x, J_y}.
        let sum = j_squared - jz_squared;
        let xx = 0.5 * (sum + lowering_twice.re);
        let yy = 0.5 * (sum - lowering_twice.re);
        let (xy, xz, yz) = (-0.5 * lowering_twice.im, lowering_jz.re, -lowering_jz.im);
        Spin { mean: [lowering.re, -lowering.im, jz], second: [[xx, xy, xz], [xy, yy, yz], [xz, yz, jz_squared]] }
    }

    /// `|<J>|`.
    #[must_use]
    pub fn length(&self) -> f64 {
        self.mean.iter().map(|component| component * component).sum::<f64>().sqrt()
    }

    /// The squeezing parameter `xi^2 = 2 min Var(J_n)/J` over the directions n across the mean spin (Kitagawa and Ueda,
    /// Phys. Rev. A 47, 5138 (1993)): 1 in a coherent state, below 1 where it is squeezed. Where the mean spin vanishes
    /// it has no direction, and n is any. A singlet, J = 0, has 1.
    #[must_use]
    pub fn squeezing(&self, j: f64) -> f64 {
        if j <= 0.0 {
            return 1.0;
        }
        let mean = self.mean;
        let covariance = |a: usize, b: usize| self.second[a][b] - mean[a] * mean[b];
        let length = self.length();
        if length < 1e-9 * j {
            return 2.0 * least_eigenvalue(std::array::from_fn(|a| std::array::from_fn(|b| covariance(a, b)))) / j;
        }
        let n = mean.map(|component| component / length);
        // Two unit vectors across n, the first across the axis that n is farthest from.
        let axis = (0..3).min_by(|a, b| n[*a].abs().total_cmp(&n[*b].abs())).unwrap_or(0);
        let mut u = [0.0; 3];
        u[axis] = 1.0;
        let along = n[axis];
        let u: [f64; 3] = std::array::from_fn(|k| u[k] - along * n[k]);
        let norm = u.iter().map(|x| x * x).sum::<f64>().sqrt();
        let u = u.map(|x| x / norm);
        let v = [n[1] * u[2] - n[2] * u[1], n[2] * u[0] - n[0] * u[2], n[0] * u[1] - n[1] * u[0]];
        let form = |p: &[f64; 3], q: &[f64; 3]| -> f64 {
            (0..3).flat_map(|a| (0..3).map(move |b| (a, b))).map(|(a, b)| p[a] * covariance(a, b) * q[b]).sum()
        };
        let (uu, vv, uv) = (form(&u, &u), form(&v, &v), form(&u, &v));
        let least = 0.5 * (uu + vv) - (0.25 * (uu - vv).powi(2) + uv * uv).sqrt();
        2.0 * least.max(0.0) / j
    }

    /// What a record keeps, for a spin of length J.
    #[must_use]
    pub fn transverse(&self, j: f64) -> Transverse {
        let spin_length = if j > 0.0 { self.length() / j } else { 0.0 };
        Transverse { jx: self.mean[0], jy: self.mean[1], spin_length, squeezing: self.squeezing(j) }
    }
}

/// The least eigenvalue of a symmetric 3 x 3 matrix, in closed form.
fn least_eigenvalue(m: [[f64; 3]; 3]) -> f64 {
    let mean = (m[0][0] + m[1][1] + m[2][2]) / 3.0;
    let off = m[0][1].powi(2) + m[0][2].powi(2) + m[1][2].powi(2);
    let spread = (0..3).map(|k| (m[k][k] - mean).powi(2)).sum::<f64>() + 2.0 * off;
    let scale = (spread / 6.0).sqrt();
    if scale == 0.0 {
        return mean;
    }
    let b: [[f64; 3]; 3] =
        std::array::from_fn(|i| std::array::from_fn(|k| (m[i][k] - if i == k { mean } else { 0.0 }) / scale));
    let determinant = b[0][0] * (b[1][1] * b[2][2] - b[1][2] * b[2][1])
        - b[0][1] * (b[1][0] * b[2][2] - b[1][2] * b[2][0])
        + b[0][2] * (b[1][0] * b[2][1] - b[1][1] * b[2][0]);
    let angle = (determinant / 2.0).clamp(-1.0, 1.0).acos() / 3.0;
    mean + 2.0 * scale * (angle + 2.0 * std::f64::consts::FRAC_PI_3).cos()
}

#[cfg(test)]
mod tests {
    use super::*;
    use num_complex::Complex64;

    #[test]
    fn a_dicke_state_and_a_twisted_state_have_the_squeezing_of_the_textbook() {
        // |J, M>: Var across z is (J(J+1) - M^2)/2.
        let (j, m) = (5.0, 3.0);
        let zero = Complex64::ZERO;
        let dicke = Spin::from_ladder(zero, zero, zero, m, m * m, j * (j + 1.0));
        assert!((dicke.squeezing(j) - (j * (j + 1.0) - m * m) / j).abs() < 1e-14);
        assert!((dicke.transverse(j).spin_length - m / j).abs() < 1e-15);
        // |J, 0> has no mean spin; J_z has no variance at all.
        let equator = Spin::from_ladder(zero, zero, zero, 0.0, 0.0, j * (j + 1.0));
        assert!(equator.squeezing(j).abs() < 1e-14);
    }

    #[test]
    fn the_least_eigenvalue_is_that_of_a_rotated_diagonal() {
        let (c, s) = (0.6, 0.8);
        // diag(1, 2, 5) turned about z, then read off.
        let m = [[c * c + 2.0 * s * s, -s * c, 0.0], [-s * c, s * s + 2.0 * c * c, 0.0], [0.0, 0.0, 5.0]];
        assert!((least_eigenvalue(m) - 1.0).abs() < 1e-14);
        assert_eq!(least_eigenvalue([[2.0, 0.0, 0.0], [0.0, 2.0, 0.0], [0.0, 0.0, 2.0]]), 2.0);
    }
}
