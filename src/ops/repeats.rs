//! What repeats of the same questions say: firm, flaky and failing questions, and the chance that
//! somebody who asks several times is answered right every time.

use crate::model::Scorecard;
use crate::stats::{Stability, pass_all, stability, wilson};
use serde::Serialize;
use std::collections::BTreeMap;

/// Repeats of one suite over one content.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Repeated {
    pub repeats: usize,
    /// Mean share of right answers over the questions that were answered at all.
    pub share: f64,
    /// Wilson's interval, with the question as the unit: answers to one question are not
    /// independent of each other.
    pub interval: Option<(f64, f64)>,
    /// pass^k with k = the repeats: the mean chance that all are right.
    pub pass_all: f64,
    pub firm: Vec<String>,
    pub flaky: Vec<Flaky>,
    pub failing: Vec<String>,
    /// Questions that have no counted answer in any repeat.
    pub left_out: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Flaky {
    pub id: String,
    pub right: usize,
    pub runs: usize,
}

/// Right answers and counted answers by question.
pub(super) fn tally(cards: &[Scorecard]) -> BTreeMap<String, (usize, usize)> {
    let mut tally: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for question in cards.iter().flat_map(|card| &card.questions) {
        let (right, runs) = tally.entry(question.id.clone()).or_default();
        *runs += usize::from(question.verdict.outcome.counts());
        *right += usize::from(question.verdict.outcome.is_correct());
    }
    tally
}

pub fn repeated(cards: &[Scorecard]) -> Repeated {
    let tally = tally(cards);
    let (mut firm, mut flaky, mut failing, mut left_out) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (id, (right, runs)) in &tally {
        match stability(*runs, *right) {
            Some(Stability::Firm) => firm.push(id.clone()),
            Some(Stability::Failing) => failing.push(id.clone()),
            Some(Stability::Flaky) => flaky.push(Flaky { id: id.clone(), right: *right, runs: *runs }),
            None => left_out.push(id.clone()),
        }
    }
    let counted: Vec<(usize, usize)> = tally.into_values().filter(|(_, runs)| *runs > 0).collect();
    let mean = |of: &dyn Fn(usize, usize) -> f64| {
        counted.iter().map(|(right, runs)| of(*right, *runs)).sum::<f64>() / counted.len().max(1) as f64
    };
    let share = mean(&|right, runs| right as f64 / runs as f64);
    let correct = (share * counted.len() as f64).round() as usize;
    Repeated {
        repeats: cards.len(),
        share,
        interval: wilson(correct, counted.len()).map(|interval| (interval.low, interval.high)),
        // Where one repeat is missing, all that there are must be right.
        pass_all: mean(&|right, runs| pass_all(runs, right, cards.len().min(runs)).unwrap_or(0.0)),
        firm,
        flaky,
        failing,
        left_out,
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::model::{Outcome, ScoredQuestion, Verdict, digest_text};

    pub fn card(outcomes: &[(&str, Outcome)]) -> Scorecard {
        let question = |(id, outcome): &(&str, Outcome)| ScoredQuestion {
            id: (*id).to_owned(),
            answer: None,
            verdict: Verdict {
                outcome: *outcome,
                reason: String::new(),
                detail: String::new(),
                notes: Vec::new(),
                first_difference: None,
                native: String::new(),
            },
            seconds: None,
        };
        Scorecard { space: digest_text("s"), questions: outcomes.iter().map(question).collect() }
    }

    #[test]
    fn questions_are_firm_flaky_or_failing() {
        use Outcome::{Correct, Incorrect, NotRun};
        let runs = [
            card(&[("a", Correct), ("b", Correct), ("c", Incorrect), ("d", NotRun)]),
            card(&[("a", Correct), ("b", Incorrect), ("c", Incorrect), ("d", NotRun)]),
        ];
        let found = repeated(&runs);
        assert_eq!((found.firm, found.failing, found.left_out), (vec!["a".into()], vec!["c".into()], vec!["d".into()]));
        assert_eq!(found.flaky, [Flaky { id: "b".into(), right: 1, runs: 2 }]);
        assert!((found.share - 0.5).abs() < 1e-9 && (found.pass_all - 1.0 / 3.0).abs() < 1e-9);
        let empty = repeated(&[]);
        assert!(empty.interval.is_none() && empty.share == 0.0);
    }
}
