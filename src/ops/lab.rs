//! The laboratory: a selection of candidates put into the shadow, and questions asked there.

use super::score::Scorer;
use super::shadow::Shadow;
use super::workspace::OpsError;
use crate::diff::apply_all;
use crate::model::{Candidate, Event, Question, Space};
use crate::trial::{Correctness, Lab, Questions, Selection};
use std::collections::{BTreeMap, BTreeSet};

/// Measures selections of a round's candidates over one base.
pub struct ShadowLab<'a> {
    pub scorer: &'a Scorer,
    pub shadow: &'a mut Shadow,
    pub base: &'a Space,
    pub candidates: &'a [Candidate],
    /// The learn set; the holdout never gets here.
    pub questions: &'a BTreeMap<String, &'a Question>,
}

impl ShadowLab<'_> {
    /// The base with the selected candidates, in the candidates' order. A candidate of a later
    /// round may build on one of an earlier round; without that one it cannot stand, and is left
    /// out with it.
    pub fn content(&self, selection: &Selection) -> Space {
        let chosen = selection.iter().filter_map(|index| self.candidates.get(*index));
        chosen.fold(self.base.clone(), |content, candidate| apply_all(&content, &candidate.changes).unwrap_or(content))
    }
}

impl Lab for ShadowLab<'_> {
    type Error = OpsError;

    async fn ask(&mut self, selection: &Selection, questions: &Questions) -> Result<Correctness, OpsError> {
        let content = self.content(selection);
        let target = self.shadow.hold(&content).await?;
        let asked: Vec<&Question> = questions.iter().filter_map(|id| self.questions.get(id).copied()).collect();
        let names: Vec<String> =
            selection.iter().filter_map(|index| self.candidates.get(*index)).map(|c| c.id.clone()).collect();
        self.scorer.events.emit(Event::TrialStarted { candidates: names, questions: asked.len() });
        let card = self.scorer.score(&target, &asked, 1, "trial").await;
        let counted = card.questions.iter().filter(|scored| scored.verdict.outcome.counts());
        Ok(counted.map(|scored| (scored.id.clone(), scored.verdict.outcome.is_correct())).collect())
    }
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
