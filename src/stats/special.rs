//! The two special functions that intervals need.

/// Natural logarithm of the gamma function for x > 0 (Lanczos, g = 7; about 15 digits).
pub(super) fn ln_gamma(x: f64) -> f64 {
    const COEFFICIENTS: [f64; 9] = [
        0.999_999_999_999_809_9,
        676.520_368_121_885_1,
        -1_259.139_216_722_402_8,
        771.323_428_777_653_1,
        -176.615_029_162_140_6,
        12.507_343_278_686_905,
        -0.138_571_095_265_720_12,
        9.984_369_578_019_572e-6,
        1.505_632_735_149_311_6e-7,
    ];
    if x < 0.5 {
        // Reflection: the series holds from 0.5 on.
        let pi = std::f64::consts::PI;
        return (pi / (pi * x).sin().abs()).ln() - ln_gamma(1.0 - x);
    }
    let x = x - 1.0;
    let t = x + 7.5;
    let series = (1..9).fold(COEFFICIENTS[0], |sum, i| sum + COEFFICIENTS[i] / (x + i as f64));
    0.5 * (2.0 * std::f64::consts::PI).ln() + (x + 0.5) * t.ln() - t + series.ln()
}

/// The regularised incomplete beta function: the share of Beta(a, b) below x.
pub(super) fn beta_cdf(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    let ln_front = ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b) + a * x.ln() + b * (-x).ln_1p();
    // The fraction converges quickly below the mean; above it, the mirror image does.
    if x < (a + 1.0) / (a + b + 2.0) {
        ln_front.exp() * continued_fraction(a, b, x) / a
    } else {
        1.0 - ln_front.exp() * continued_fraction(b, a, 1.0 - x) / b
    }
}

/// Lentz's evaluation of the incomplete beta function's continued fraction.
fn continued_fraction(a: f64, b: f64, x: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let guard = |value: f64| if value.abs() < TINY { TINY } else { value };
    let mut c = 1.0;
    let mut d = 1.0 / guard(1.0 - (a + b) * x / (a + 1.0));
    let mut result = d;
    for m in 1..=300 {
        let m = f64::from(m);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        for numerator in [even, odd] {
            d = 1.0 / guard(1.0 + numerator * d);
            c = guard(1.0 + numerator / c);
            result *= d * c;
        }
        if (d * c - 1.0).abs() < 1e-13 {
            break;
        }
    }
    result
}

/// The x below which each share of Beta(a, b) lies; the shares go up. By Newton's steps from the one
/// before, inside a bracket that every step narrows.
pub(super) fn beta_quantiles(a: f64, b: f64, shares: impl IntoIterator<Item = f64>) -> Vec<f64> {
    let ln_scale = ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b);
    let density = |x: f64| (ln_scale + (a - 1.0) * x.ln() + (b - 1.0) * (-x).ln_1p()).exp();
    let (mut below, mut x) = (0.0_f64, 0.5);
    let mut quantiles = Vec::new();
    for share in shares {
        let (mut low, mut high) = (below, 1.0_f64);
        for _ in 0..200 {
            let over = beta_cdf(a, b, x) - share;
            if over < 0.0 {
                low = x
            } else {
                high = x
            }
            let step = x - over / density(x);
            // Also where the step is no number.
            let next = if step > low && step < high { step } else { 0.5 * (low + high) };
            let done = (next - x).abs() < 1e-13 || high - low < 1e-13;
            x = next;
            if done {
                break;
            }
        }
        below = low;
        quantiles.push(x);
    }
    quantiles
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_values() {
        assert!((ln_gamma(5.0) - 24f64.ln()).abs() < 1e-10);
        assert!((ln_gamma(0.5) - std::f64::consts::PI.sqrt().ln()).abs() < 1e-10);
        // Beta(1, 1) is flat, Beta(2, 1) is x squared, Beta(1/2, 1/2) the arcsine.
        assert!((beta_cdf(1.0, 1.0, 0.3) - 0.3).abs() < 1e-10);
        assert!((beta_cdf(2.0, 1.0, 0.7) - 0.49).abs() < 1e-10);
        assert!((beta_cdf(0.5, 0.5, 0.5) - 0.5).abs() < 1e-10);
        assert!((beta_quantiles(2.0, 1.0, [0.49])[0] - 0.7).abs() < 1e-9);
    }

    #[test]
    fn quantiles_undo_the_distribution() {
        for (a, b) in [(0.5, 0.5), (0.5, 104.5), (1.0, 30.5), (3.5, 1.5), (40.5, 12.5), (400.5, 0.5)] {
            let shares: Vec<f64> = (0..200).map(|i| (f64::from(i) + 0.5) / 200.0).collect();
            let quantiles = beta_quantiles(a, b, shares.iter().copied());
            assert!(quantiles.is_sorted(), "Beta({a}, {b})");
            for (x, share) in quantiles.iter().zip(&shares) {
                // Where the curve is steep, x itself is known no better than to the last digit.
                let near = [-1e-11, 1e-11].map(|off| beta_cdf(a, b, (x + off).clamp(0.0, 1.0)));
                assert!(near[0] <= share + 1e-9 && near[1] >= share - 1e-9, "Beta({a}, {b}) at {share}: {x}, {near:?}");
            }
        }
    }
}
