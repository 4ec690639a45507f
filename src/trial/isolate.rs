//! Finding the one candidate that turns a question's answer, by bisection.

use super::lab::{Lab, Questions, Selection};

/// The candidate with which the answer to `question` becomes `right`.
///
/// Given that the answer is the opposite under `start`, and `right` under `start ∪ rest`.
/// Candidates of `rest` are added in order; the result is the first with which the answer has
/// turned. Costs about log₂ of `rest`'s size questions. Answers need not turn only once along the
/// way: whatever is returned was seen to turn one.
pub(super) async fn turning<L: Lab>(
    lab: &mut L,
    question: &str,
    right: bool,
    start: &Selection,
    rest: &[usize],
) -> Result<Option<usize>, L::Error> {
    let only: Questions = [question.to_owned()].into();
    let (mut before, mut turned) = (0, rest.len());
    while turned - before > 1 {
        let middle = before + (turned - before) / 2;
        let selection: Selection = start.iter().chain(&rest[..middle]).copied().collect();
        match lab.ask(&selection, &only).await?.get(question) {
            Some(answer) if *answer == right => turned = middle,
            Some(_) => before = middle,
            None => return Ok(None),
        }
    }
    Ok(rest.get(turned.wrapping_sub(1)).copied())
}

/// The candidate that breaks `question`, which is right under `good` and wrong under
/// `good ∪ rest`.
pub(super) async fn culprit<L: Lab>(
    lab: &mut L,
    question: &str,
    good: &Selection,
    rest: &[usize],
) -> Result<Option<usize>, L::Error> {
    turning(lab, question, false, good, rest).await
}
