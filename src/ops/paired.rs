//! Two scored runs of the same questions, compared question by question: an exact test of
//! whether one is better. Sums of two runs cannot tell: most of their noise is the questions'.

use super::repeats::tally;
use crate::model::Scorecard;
use crate::stats::{paired_interval, sign_p};
use serde::Serialize;

/// A difference is claimed at this level, two-sided.
pub const LEVEL: f64 = 0.05;

/// What the comparison shows.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Paired {
    /// Right in both, and wrong in both.
    pub same: usize,
    /// Wrong in the first, right in the second.
    pub wins: Vec<String>,
    pub losses: Vec<String>,
    /// Right as often as wrong within one of the runs; they carry nothing.
    pub flaky: Vec<String>,
    /// Without a counted answer in one of the runs; left out of both.
    pub left_out: Vec<String>,
    /// Exact two-sided p.
    pub p: f64,
    /// 95 % of the belief about the gain, in shares of the questions.
    pub interval: Option<(f64, f64)>,
    pub verdict: Claim,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Claim {
    Better,
    Worse,
    NotShown,
}

/// Compares two runs; several scorecards of one run are repeats, whose majority counts.
pub fn paired(first: &[Scorecard], second: &[Scorecard]) -> Paired {
    let (one, two) = (tally(first), tally(second));
    let mut found = Paired {
        same: 0,
        wins: Vec::new(),
        losses: Vec::new(),
        flaky: Vec::new(),
        left_out: Vec::new(),
        p: 1.0,
        interval: None,
        verdict: Claim::NotShown,
    };
    let none = (0, 0);
    let ids = one.keys().chain(two.keys().filter(|id| !one.contains_key(*id)));
    for id in ids {
        let (a, b) = (one.get(id).unwrap_or(&none), two.get(id).unwrap_or(&none));
        if a.1 == 0 || b.1 == 0 {
            found.left_out.push(id.clone());
            continue;
        }
        match (majority(*a), majority(*b)) {
            (Some(false), Some(true)) => found.wins.push(id.clone()),
            (Some(true), Some(false)) => found.losses.push(id.clone()),
            (Some(_), Some(_)) => found.same += 1,
            _ => found.flaky.push(id.clone()),
        }
    }
    let (wins, losses) = (found.wins.len(), found.losses.len());
    found.p = (2.0 * sign_p(wins.max(losses), wins.min(losses))).min(1.0);
    found.interval = paired_interval(wins, losses, found.same + found.flaky.len(), 0.95).map(|i| (i.low, i.high));
    found.verdict = match wins.cmp(&losses) {
        _ if found.p > LEVEL => Claim::NotShown,
        std::cmp::Ordering::Greater => Claim::Better,
        std::cmp::Ordering::Less => Claim::Worse,
        std::cmp::Ordering::Equal => Claim::NotShown,
    };
    found
}

/// None if it is right exactly as often as wrong.
fn majority((right, runs): (usize, usize)) -> Option<bool> {
    match (2 * right).cmp(&runs) {
        std::cmp::Ordering::Greater => Some(true),
        std::cmp::Ordering::Less => Some(false),
        std::cmp::Ordering::Equal => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::repeats::tests::card;
    use super::*;
    use crate::model::Outcome::{self, Correct, Incorrect, NotRun};

    fn run(outcomes: &[Outcome]) -> Scorecard {
        let ids: Vec<String> = (0..outcomes.len()).map(|at| format!("q{at:03}")).collect();
        let named: Vec<(&str, Outcome)> = ids.iter().map(String::as_str).zip(outcomes.iter().copied()).collect();
        card(&named)
    }

    #[test]
    fn six_wins_are_shown_and_five_are_not() {
        for (wins, claim) in [(6, Claim::Better), (5, Claim::NotShown)] {
            let before: Vec<Outcome> = (0..20).map(|at| if at < wins { Incorrect } else { Correct }).collect();
            let (one, two) = ([run(&before)], [run(&[Correct; 20])]);
            assert_eq!(paired(&one, &two).verdict, claim);
            let back = paired(&two, &one).verdict;
            assert_eq!(back, if claim == Claim::Better { Claim::Worse } else { claim });
        }
    }

    #[test]
    fn what_was_not_run_is_left_out_of_both_and_a_tie_is_flaky() {
        let one = [run(&[NotRun, Correct, Correct]), run(&[NotRun, Incorrect, Correct])];
        let two = [run(&[Correct, Correct, Correct]), run(&[Correct, Correct, Correct])];
        let found = paired(&one, &two);
        assert_eq!((found.left_out, found.flaky, found.same), (vec!["q000".into()], vec!["q001".into()], 1));
    }

    /// Two runs of one noisy space: a difference may be claimed by chance only, in 5 % at most.
    #[test]
    fn one_space_against_itself_shows_no_difference() {
        let mut random = fastrand::Rng::with_seed(20);
        let mut claims = 0;
        for _ in 0..200 {
            let chances: Vec<f64> = (0..60).map(|_| [0.0, 0.3, 0.5, 0.7, 1.0][random.usize(..5)]).collect();
            let mut sample = || {
                let outcome = |chance: &f64| if random.f64() < *chance { Correct } else { Incorrect };
                [run(&chances.iter().map(outcome).collect::<Vec<_>>())]
            };
            let (one, two) = (sample(), sample());
            claims += usize::from(paired(&one, &two).verdict != Claim::NotShown);
        }
        assert!(claims <= 10, "{claims} of 200");
    }
}
