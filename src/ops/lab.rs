//! The laboratory: a selection of candidates put into the shadow, and questions asked there.

use super::score::Scorer;
use super::shadow::Shadow;
use super::steadiness::Steadiness;
use super::workspace::OpsError;
use crate::diff::apply_all;
use crate::model::{Candidate, Digest, Event, Question, Scorecard, ScoredQuestion, Space};
use crate::trial::{Correctness, Lab, Questions, Selection};
use std::collections::{BTreeMap, BTreeSet};

/// Where answers vary: so many right answers, without a wrong one, are a win.
const RIGHT: u32 = 2;

/// And so many wrong ones, without a right one, a failure. The noise of such services makes right
/// answers wrong rather than wrong ones right.
const WRONG: u32 = 3;

/// All trials of one plan: the shadow they run on, and what was answered there.
pub struct Trials<'a> {
    pub scorer: &'a Scorer,
    pub shadow: &'a mut Shadow,
    /// The learn set; the holdout never gets here.
    pub questions: BTreeMap<String, &'a Question>,
    pub steadiness: Steadiness,
    /// First answers with their contents, by question, in the order in which they came.
    scored: BTreeMap<String, Vec<(Digest, ScoredQuestion)>>,
}

impl<'a> Trials<'a> {
    pub fn new(scorer: &'a Scorer, shadow: &'a mut Shadow, questions: BTreeMap<String, &'a Question>) -> Self {
        Self { scorer, shadow, questions, steadiness: Steadiness::default(), scored: BTreeMap::new() }
    }

    /// Takes in answers that were asked elsewhere.
    pub fn remember(&mut self, card: &Scorecard, attempt: u32) {
        for scored in card.questions.iter().filter(|scored| scored.verdict.outcome.counts()) {
            let right = scored.verdict.outcome.is_correct();
            self.steadiness.saw(&card.space, &scored.id, attempt, right);
            if attempt == 1 {
                let answers = self.scored.entry(scored.id.clone()).or_default();
                answers.retain(|(place, _)| *place != card.space);
                answers.push((card.space.clone(), scored.clone()));
            }
        }
    }

    /// One answer each over one content.
    pub async fn ask(
        &mut self,
        content: &Space,
        questions: &Questions,
        attempt: u32,
        what: &str,
    ) -> Result<Correctness, OpsError> {
        let asked: Vec<&Question> = questions.iter().filter_map(|id| self.questions.get(id).copied()).collect();
        if asked.is_empty() {
            return Ok(Correctness::new());
        }
        let target = self.shadow.place(content).await?;
        let card = self.scorer.score(&target, &asked, attempt, what).await;
        self.remember(&card, attempt);
        Ok(correctness(&card))
    }

    /// The scorecard of a content of which `now` says what is right: with the answers over that
    /// content, else with the last ones that came out so, else as it was.
    pub fn updated(&self, card: &Scorecard, content: &Digest, now: &Correctness) -> Scorecard {
        let newer = |old: &ScoredQuestion| {
            let is_so = |scored: &ScoredQuestion| {
                now.get(&old.id).is_none_or(|right| *right == scored.verdict.outcome.is_correct())
            };
            let answers = self.scored.get(&old.id).map_or(&[][..], Vec::as_slice);
            let here = answers.iter().find(|(place, _)| place == content);
            let last = || answers.iter().rev().find(|(_, scored)| is_so(scored)).filter(|_| !is_so(old));
            here.or_else(last).map_or(old, |(_, scored)| scored).clone()
        };
        Scorecard { space: content.clone(), questions: card.questions.iter().map(newer).collect() }
    }
}

/// Measures selections of candidates over one base.
pub struct ShadowLab<'b, 'a> {
    pub trials: &'b mut Trials<'a>,
    pub base: &'b Space,
    pub candidates: &'b [Candidate],
    /// What the answers would be if nothing had happened; right for what is not listed. Where
    /// answers vary, another one counts only when it comes a second time.
    pub expected: &'b Correctness,
}

impl ShadowLab<'_, '_> {
    /// The base with the selected candidates, in the candidates' order. A candidate of a later
    /// round may build on one of an earlier round; without that one it cannot stand, and is left
    /// out with it.
    pub fn content(&self, selection: &Selection) -> Space {
        let chosen = selection.iter().filter_map(|index| self.candidates.get(*index));
        chosen.fold(self.base.clone(), |content, candidate| apply_all(&content, &candidate.changes).unwrap_or(content))
    }

    /// What a trial found. Whether its candidates stay is decided over all trials; of this one it
    /// can be said that nothing speaks against them.
    fn ended(&self, candidates: Vec<String>, right: &Correctness) -> Event {
        let moved = |to: bool| -> Vec<String> {
            let other = right.iter().filter(|(id, now)| **now == to && !self.is_expected(id, to));
            other.map(|(id, _)| id.clone()).collect()
        };
        let (fixed, broken) = (moved(true), moved(false));
        let kept = broken.is_empty() && !fixed.is_empty();
        Event::TrialFinished { candidates, fixed, broken, kept }
    }

    fn is_expected(&self, id: &str, right: bool) -> bool {
        self.expected.get(id).copied().unwrap_or(true) == right
    }
}

impl Lab for ShadowLab<'_, '_> {
    type Error = OpsError;

    async fn ask(&mut self, selection: &Selection, questions: &Questions) -> Result<Correctness, OpsError> {
        let content = self.content(selection);
        let names: Vec<String> =
            selection.iter().filter_map(|index| self.candidates.get(*index)).map(|c| c.id.clone()).collect();
        let started = Event::TrialStarted { candidates: names.clone(), questions: questions.len() };
        self.trials.scorer.events.emit(started);
        let steady: Questions = questions.difference(self.trials.steadiness.unsteady()).cloned().collect();
        let mut right = self.trials.ask(&content, &steady, 1, "trial").await?;
        if self.trials.steadiness.is_noisy() {
            let doubtful = right.iter().filter(|(id, now)| !self.is_expected(id, **now));
            let doubtful: Questions = doubtful.map(|(id, _)| id.clone()).collect();
            self.trials.ask(&content, &doubtful, 2, "trial, again").await?;
        }
        right.retain(|id, _| !self.trials.steadiness.unsteady().contains(id));
        self.trials.scorer.events.emit(self.ended(names, &right));
        Ok(right)
    }

    async fn firm(&mut self, selection: &Selection, questions: &Questions, right: bool) -> Result<Questions, OpsError> {
        let content = self.content(selection);
        let digest = content.digest();
        let most = if right { RIGHT } else { WRONG };
        let mut open = questions.clone();
        for attempt in 2..=most {
            self.trials.ask(&content, &open, attempt, "trial, again").await?;
            open.retain(|id| self.trials.steadiness.is_firm(&digest, id, right));
            if open.is_empty() || !self.trials.steadiness.is_noisy() {
                break;
            }
        }
        Ok(open)
    }

    fn is_unsteady(&self, question: &str) -> bool {
        self.trials.steadiness.unsteady().contains(question)
    }
}

/// Which questions are right; those without an outcome are left out.
pub fn correctness(card: &Scorecard) -> Correctness {
    let counted = card.questions.iter().filter(|scored| scored.verdict.outcome.counts());
    counted.map(|scored| (scored.id.clone(), scored.verdict.outcome.is_correct())).collect()
}

/// Candidates that can all stand together, in order; the others stand where one of these does.
pub fn compatible(base: &Space, candidates: Vec<Candidate>) -> (Vec<Candidate>, Vec<Candidate>) {
    let mut content = base.clone();
    let mut seen = BTreeSet::new();
    let (mut fitting, mut clashing) = (Vec::new(), Vec::new());
    for candidate in candidates {
        match apply_all(&content, &candidate.changes) {
            Ok(next) if seen.insert(candidate.id.clone()) => {
                content = next;
                fitting.push(candidate);
            }
            _ => clashing.push(candidate),
        }
    }
    (fitting, clashing)
}
