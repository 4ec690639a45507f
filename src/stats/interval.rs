//! Intervals for shares and for differences of paired shares. No normal approximation: suites
//! have tens of questions, not hundreds.

use super::special::beta_quantiles;

/// A range, ends included.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    pub low: f64,
    pub high: f64,
}

impl Interval {
    pub fn contains(&self, value: f64) -> bool {
        self.low <= value && value <= self.high
    }
}

/// Wilson's 95 % interval for a share. None of nothing.
pub fn wilson(correct: usize, total: usize) -> Option<Interval> {
    const Z: f64 = 1.959_963_984_540_054;
    if total == 0 || correct > total {
        return None;
    }
    let n = total as f64;
    let share = correct as f64 / n;
    let centre = share + Z * Z / (2.0 * n);
    let margin = Z * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
    let scale = 1.0 + Z * Z / n;
    Some(Interval { low: ((centre - margin) / scale).max(0.0), high: ((centre + margin) / scale).min(1.0) })
}

/// Grid lines in each direction; the error of an end is below half a percentage point.
const GRID: usize = 200;

/// The central interval that holds `level` (0 to 1) of the belief about the gain, share of wins
/// minus share of losses, after wins, losses and unchanged questions were seen; the prior is
/// Dirichlet(1/2, 1/2, 1/2). None of nothing, or for a level that is no share.
pub fn paired_interval(wins: usize, losses: usize, same: usize, level: f64) -> Option<Interval> {
    if wins + losses + same == 0 || !(level > 0.0 && level < 1.0) {
        return None;
    }
    let (wins, losses, same) = (wins as f64 + 0.5, losses as f64 + 0.5, same as f64 + 0.5);
    // The share that moved, and the share of wins in it, are independent; a grid of equal
    // probability over both gives the distribution of their product.
    let middles = || (0..GRID).map(|i| (i as f64 + 0.5) / GRID as f64);
    let moved: Vec<f64> = beta_quantiles(wins + losses, same, middles());
    let won: Vec<f64> = beta_quantiles(wins, losses, middles());
    let mut gains: Vec<f64> =
        moved.iter().flat_map(|moved| won.iter().map(move |won| moved * (2.0 * won - 1.0))).collect();
    gains.sort_by(f64::total_cmp);
    let at = |share: f64| gains[((share * gains.len() as f64) as usize).min(gains.len() - 1)];
    let tail = (1.0 - level) / 2.0;
    Some(Interval { low: at(tail), high: at(1.0 - tail) })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In whole percentage points.
    #[test]
    fn wilson_of_seventy_percent() {
        for (n, low, high) in [(20, 48, 85), (50, 56, 81), (100, 60, 78), (200, 63, 76)] {
            let interval = wilson(n * 7 / 10, n).expect("interval");
            let points = |share: f64| (share * 100.0).round() as usize;
            assert_eq!((points(interval.low), points(interval.high)), (low, high), "{n}");
        }
        assert_eq!(wilson(0, 0), None);
        assert_eq!(wilson(2, 1), None);
        assert_eq!(wilson(0, 9).map(|interval| interval.low), Some(0.0));
    }

    #[test]
    fn paired_gain() {
        let shown = paired_interval(12, 0, 28, 0.95).expect("interval");
        assert!(shown.low > 0.1 && shown.high < 0.5 && shown.contains(0.3), "{shown:?}");
        let open = paired_interval(2, 1, 10, 0.95).expect("interval");
        assert!(open.contains(0.0), "{open:?}");
        let mirrored = paired_interval(1, 2, 10, 0.95).expect("interval");
        assert!((open.low + mirrored.high).abs() < 0.01 && (open.high + mirrored.low).abs() < 0.01);
        assert_eq!(paired_interval(0, 0, 0, 0.95), None);
        assert_eq!(paired_interval(1, 0, 0, 1.0), None);
    }
}
