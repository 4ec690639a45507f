//! The canary: a few questions asked of the live space after an apply, and what they show.

use super::score::{Scorer, Target};
use crate::model::{Outcome, Plan, Question, QuestionOutcome, Scorecard, Split, Suite, Verified};
use std::collections::BTreeSet;

/// Times that a question is asked before its loss counts.
const ATTEMPTS: u32 = 3;

/// Attempts of a canary are samples of their own: those of planning are not asked for again.
const FIRST_ATTEMPT: u32 = 101;

/// What the canary has shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Canary {
    pub verdict: Verified,
    /// Questions that were asked.
    pub asked: Vec<String>,
    /// Right by the plan, and wrong every time.
    pub lost: Vec<String>,
    /// Right by the plan, and wrong at least once.
    pub unsteady: Vec<String>,
    /// Could not be asked or decided.
    pub open: Vec<String>,
    /// The verdict in words.
    pub reason: String,
}

/// Asks up to `most` questions that are right by the plan: first those that it fixes, then the
/// protected ones, then others. Wrong answers are asked again.
///
/// Failed is what an unlucky answer does not explain: two questions that are wrong every time, or
/// one where the plan found the space free of noise.
pub async fn canary(scorer: &Scorer, plan: &Plan, suite: &Suite, target: &Target, most: usize) -> Canary {
    let chosen = choose(plan, suite, most);
    let asked: Vec<String> = chosen.iter().map(|question| question.id.clone()).collect();
    if chosen.is_empty() {
        let reason = "the plan measured nothing that could be asked again".to_owned();
        return Canary { asked, reason, ..Canary::of(Verified::Inconclusive) };
    }
    let mut open = Vec::new();
    let mut left = chosen;
    let mut unsteady = BTreeSet::new();
    for attempt in FIRST_ATTEMPT..FIRST_ATTEMPT + ATTEMPTS {
        let card = scorer.score(target, &left, attempt, "canary").await;
        left.retain(|question| match outcome(&card, question) {
            Outcome::Correct => false,
            Outcome::NotRun | Outcome::NeedsReview | Outcome::BadGold => {
                open.push(question.id.clone());
                false
            }
            Outcome::Incorrect | Outcome::NoSql | Outcome::BadSql => true,
        });
        unsteady.extend(left.iter().map(|question| question.id.clone()));
        if left.is_empty() {
            break;
        }
    }
    let lost: Vec<String> = left.iter().map(|question| question.id.clone()).collect();
    unsteady.retain(|id| !lost.contains(id));
    let verdict = judge(lost.len(), open.len(), plan.evidence.noise_free);
    let reason = format!(
        "{} of {} questions are right, {} wrong every time, {} undecided",
        asked.len() - lost.len() - open.len(),
        asked.len(),
        lost.len(),
        open.len()
    );
    Canary { verdict, asked, lost, unsteady: unsteady.into_iter().collect(), open, reason }
}

fn judge(lost: usize, open: usize, noise_free: bool) -> Verified {
    match (lost, open) {
        (2.., _) => Verified::Fail,
        (1, _) if noise_free => Verified::Fail,
        (0, 0) => Verified::Pass,
        _ => Verified::Inconclusive,
    }
}

fn outcome(card: &Scorecard, question: &Question) -> Outcome {
    card.outcome(&question.id).unwrap_or(Outcome::NotRun)
}

fn choose<'a>(plan: &Plan, suite: &'a Suite, most: usize) -> Vec<&'a Question> {
    let right = |outcome: &&QuestionOutcome| outcome.after.is_correct() && outcome.split != Split::Out;
    let mut chosen: Vec<(u8, &Question)> = plan
        .questions
        .iter()
        .filter(right)
        .filter(|outcome| !plan.evidence.unsteady.contains(&outcome.id))
        .filter_map(|outcome| {
            let question = suite.question(&outcome.id)?;
            let rank = match () {
                () if !outcome.before.is_correct() => 0,
                () if question.protected => 1,
                () => 2,
            };
            Some((rank, question))
        })
        .collect();
    chosen.sort_by_key(|(rank, _)| *rank);
    chosen.truncate(most);
    chosen.into_iter().map(|(_, question)| question).collect()
}

impl Canary {
    fn of(verdict: Verified) -> Self {
        let none = Vec::new;
        Self { verdict, asked: none(), lost: none(), unsteady: none(), open: none(), reason: String::new() }
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::json!({
            "verdict": self.verdict.as_str(), "asked": self.asked, "lost": self.lost, "unsteady": self.unsteady,
            "open": self.open, "reason": self.reason,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_luck_does_not_explain_is_a_failure() {
        assert_eq!(judge(0, 0, false), Verified::Pass);
        assert_eq!(judge(1, 0, false), Verified::Inconclusive);
        assert_eq!(judge(1, 0, true), Verified::Fail);
        assert_eq!(judge(2, 0, false), Verified::Fail);
        assert_eq!(judge(0, 1, true), Verified::Inconclusive);
    }
}
