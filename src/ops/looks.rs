//! Looks at the holdout: each new content that is measured on it wears it out a little.

use super::plan::PlanInput;
use super::workspace::OpsError;
use crate::model::{Digest, Question, Split, Suite};
use crate::store::HoldoutLook;
use std::collections::BTreeSet;

/// Notes that the holdout was measured with this content; the how manieth content it is, from 1.
/// None without a holdout. Measuring a content again is no new look: nothing new is learnt.
pub(super) fn look(input: &PlanInput<'_>, space: &Digest, why: &str) -> Result<Option<usize>, OpsError> {
    let Some(holdout) = holdout(input) else { return Ok(None) };
    let looks = input.ledger.looks(&holdout)?;
    let mut seen: BTreeSet<&Digest> = looks.iter().map(|look| &look.space).collect();
    if !seen.contains(space) {
        let look = HoldoutLook { holdout, space: space.clone(), at: input.now, why: why.to_owned() };
        input.ledger.look(&look)?;
        seen.insert(space);
    }
    let order = looks.iter().map(|look| &look.space).collect::<Vec<_>>();
    // A content that was seen before stands where it was first seen.
    let mut firsts: Vec<&Digest> = Vec::new();
    for space in order {
        if !firsts.contains(&space) {
            firsts.push(space);
        }
    }
    Ok(Some(firsts.iter().position(|first| *first == space).map_or(seen.len(), |at| at + 1)))
}

/// The digest of the questions that are held back; none if there are none.
fn holdout(input: &PlanInput<'_>) -> Option<Digest> {
    let held =
        |question: &&Question| input.splits.get(&question.id) == Some(&Split::Holdout) && question.skip.is_none();
    let questions: Vec<Question> = input.suite.questions.iter().filter(held).cloned().collect();
    (!questions.is_empty()).then(|| Suite { questions }.digest())
}
