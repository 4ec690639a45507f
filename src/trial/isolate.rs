//! Finding the candidate that breaks a question, by bisection.

use super::lab::{Lab, Questions, Selection};

/// The candidate that breaks `question`, given that it is right under `good` and wrong under
/// `good ∪ rest`. Candidates of `rest` are added in order; the result is the first with which
/// the question is wrong. Costs about log₂ of `rest`'s size questions. Answers need not change
/// only once along the way: whatever is returned was seen to turn a right answer into a wrong one.
pub(super) async fn culprit<L: Lab>(
    lab: &mut L,
    question: &str,
    good: &Selection,
    rest: &[usize],
) -> Result<Option<usize>, L::Error> {
    let only: Questions = [question.to_owned()].into();
    let (mut right_with, mut wrong_with) = (0, rest.len());
    while wrong_with - right_with > 1 {
        let middle = right_with + (wrong_with - right_with) / 2;
        let selection: Selection = good.iter().chain(&rest[..middle]).copied().collect();
        match lab.ask(&selection, &only).await?.get(question) {
            Some(true) => right_with = middle,
            Some(false) => wrong_with = middle,
            None => return Ok(None),
        }
    }
    Ok(rest.get(wrong_with.wrapping_sub(1)).copied())
}
