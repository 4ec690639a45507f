//! Exact counting: the sign test behind McNemar's, and success over repeats.

/// One-sided exact p of McNemar's test: the chance of at least `wins` wins among the discordant
/// questions if wins and losses were equally likely. Questions with the same outcome on both
/// sides carry nothing. 1 when nothing is discordant.
pub fn sign_p(wins: usize, losses: usize) -> f64 {
    let n = wins + losses;
    // Term by term from C(n, n) / 2^n on, each from the one before; no factorial overflows.
    let mut term = 0.5f64.powi(n.min(i32::MAX as usize) as i32);
    let mut sum = 0.0;
    for losing in 0..=losses {
        sum += term;
        term *= (n - losing) as f64 / (losing + 1) as f64;
    }
    if sum > 0.0 { sum.min(1.0) } else { tail_by_logarithms(wins, n) }
}

/// For so many questions that 2^-n is no float any more.
fn tail_by_logarithms(wins: usize, n: usize) -> f64 {
    let ln_choose = |k: usize| {
        let gamma = |x: usize| super::special::ln_gamma(x as f64 + 1.0);
        gamma(n) - gamma(k) - gamma(n - k)
    };
    let ln_half = n as f64 * std::f64::consts::LN_2;
    (wins..=n).map(|k| (ln_choose(k) - ln_half).exp()).sum::<f64>().min(1.0)
}

/// pass@k: the chance that at least one of `k` answers is right, when `right` of `runs` were.
/// None if there are fewer than `k` runs.
pub fn pass_any(runs: usize, right: usize, k: usize) -> Option<f64> {
    Some(1.0 - all_from(runs, runs.checked_sub(right)?, k)?)
}

/// pass^k: the chance that all of `k` answers are right, when `right` of `runs` were. None if
/// there are fewer than `k` runs.
pub fn pass_all(runs: usize, right: usize, k: usize) -> Option<f64> {
    (right <= runs).then(|| all_from(runs, right, k))?
}

/// C(good, k) / C(runs, k).
fn all_from(runs: usize, good: usize, k: usize) -> Option<f64> {
    if k > runs {
        return None;
    }
    if k > good {
        return Some(0.0);
    }
    Some((0..k).map(|i| (good - i) as f64 / (runs - i) as f64).product())
}

/// What repeats say about one question. Flaky questions can neither win nor lose a gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stability {
    /// Right every time.
    Firm,
    /// Wrong every time.
    Failing,
    Flaky,
}

/// None without runs.
pub fn stability(runs: usize, right: usize) -> Option<Stability> {
    match (runs, right) {
        (0, _) => None,
        (_, 0) => Some(Stability::Failing),
        (runs, right) if right >= runs => Some(Stability::Firm),
        _ => Some(Stability::Flaky),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: f64, b: f64) -> bool {
        (a - b).abs() < 1e-9
    }

    #[test]
    fn the_sign_test_is_exact() {
        assert!(close(sign_p(0, 0), 1.0));
        assert!(close(sign_p(5, 0), 1.0 / 32.0));
        assert!(close(sign_p(1, 1), 0.75));
        assert!(close(sign_p(7, 1), 9.0 / 256.0));
        assert!(close(sign_p(0, 3), 1.0));
        assert!((sign_p(1_500, 1_500) - 0.507).abs() < 1e-3);
    }

    /// Wins needed for p <= .05 and .10, as tabulated in the notes on statistics.
    #[test]
    fn the_table_of_wins_needed() {
        for (losses, at_05, at_10) in [(0, 5, 4), (1, 7, 6), (2, 9, 7), (3, 10, 9)] {
            let least = |level: f64| (0..30).find(|wins| sign_p(*wins, losses) <= level);
            assert_eq!((least(0.05), least(0.10)), (Some(at_05), Some(at_10)), "{losses}");
        }
    }

    #[test]
    fn passes_over_repeats() {
        assert_eq!(pass_any(3, 1, 3), Some(1.0));
        assert_eq!(pass_all(3, 2, 3), Some(0.0));
        assert!(pass_all(4, 3, 2).is_some_and(|p| close(p, 0.5)));
        assert!(pass_any(4, 1, 2).is_some_and(|p| close(p, 0.5)));
        assert_eq!(pass_all(2, 2, 3), None);
        assert_eq!(pass_any(2, 3, 1), None);
    }
}
