//! The ground a plan stands on: which tables are named, which questions cannot be used.

use crate::model::{Outcome, Scorecard, Space, SpaceView, Suite};
use crate::sql::tables_of;
use std::collections::BTreeSet;

/// Full names of all tables that the space and the gold SQL name; names of one or two parts are
/// completed by the tables of the space that end with them.
pub fn declared_names(space: &Space, suite: &Suite) -> BTreeSet<String> {
    let view = SpaceView::of(space);
    let mut names: BTreeSet<String> = view.tables.iter().map(|table| table.identifier.clone()).collect();
    for question in &suite.questions {
        for table in tables_of(&question.sql) {
            let short = table.to_lowercase();
            let known = names.iter().any(|name| {
                let name = name.to_lowercase();
                name == short || name.ends_with(&format!(".{short}"))
            });
            // A name of fewer parts that the space does not know depends on the session's
            // defaults; the gold run will tell.
            if !known && table.split('.').count() == 3 {
                names.insert(table);
            }
        }
    }
    names
}

/// Questions that stand in no denominator, with the reason.
pub fn unusable(card: &Scorecard) -> Vec<(String, String)> {
    let left_out = |outcome: Outcome| matches!(outcome, Outcome::BadGold | Outcome::NotRun);
    card.questions
        .iter()
        .filter(|scored| left_out(scored.verdict.outcome))
        .map(|scored| (scored.id.clone(), scored.verdict.detail.clone()))
        .collect()
}
