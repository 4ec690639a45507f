//! Two runs beside each other, question by question.

use super::record::RunRecord;
use super::tables::QuestionRow;
use std::collections::BTreeMap;

/// How a later run differs from an earlier one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    /// Right in the later run only, with the outcome that it had.
    pub gained: Vec<Moved>,
    /// Right in the earlier run only.
    pub lost: Vec<Moved>,
    /// Not right in either, but differently.
    pub otherwise: Vec<Moved>,
    /// Questions that only one of them has.
    pub only_earlier: Vec<String>,
    pub only_later: Vec<String>,
    /// Questions with the same outcome in both.
    pub same: usize,
}

/// A question whose outcome is another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    pub question_id: String,
    pub earlier: String,
    pub later: String,
}

/// Compares what both runs ended with.
pub fn compare(earlier: &RunRecord, later: &RunRecord) -> Comparison {
    let outcomes = |run: &RunRecord| -> BTreeMap<String, String> {
        run.questions.iter().map(|row: &QuestionRow| (row.question_id.clone(), row.after.clone())).collect()
    };
    let (was, is) = (outcomes(earlier), outcomes(later));
    let mut found = Comparison {
        only_earlier: was.keys().filter(|id| !is.contains_key(*id)).cloned().collect(),
        ..Comparison::default()
    };
    for (id, later) in is {
        let Some(earlier) = was.get(&id).cloned() else {
            found.only_later.push(id);
            continue;
        };
        let moved = Moved { question_id: id, earlier, later };
        match (moved.earlier.as_str(), moved.later.as_str()) {
            (was, is) if was == is => found.same += 1,
            (_, "correct") => found.gained.push(moved),
            ("correct", _) => found.lost.push(moved),
            _ => found.otherwise.push(moved),
        }
    }
    found
}
