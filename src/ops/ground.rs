//! The ground a plan stands on: which tables are named, which questions cannot be used.

use crate::guard::{Golds, Leak};
use crate::model::{Diagnostic, Outcome, Scorecard, Space, SpaceView, Suite};
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

/// The audit: every place of a space that holds a benchmark's answer, also what stood there before.
pub fn held_answers(space: &Space, suite: &Suite) -> Vec<Diagnostic> {
    let finding = |leak: Leak| {
        let message = format!("{} carries an answer: {}", leak.address, leak.why);
        Diagnostic::warning("GE0326", message).help("take it out, or say what many questions have in common")
    };
    Golds::of(suite).audit(space).into_iter().map(finding).collect()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Question;
    use serde_json::json;

    #[test]
    fn an_answer_is_found_wherever_it_stands() {
        let gold = "SELECT SUM(o.net) AS n FROM m.s.orders o WHERE o.state = 'open' AND o.kind > 3";
        let question =
            Question { id: "q1".into(), question: "open ones".into(), sql: gold.into(), ..Question::default() };
        let suite = Suite { questions: vec![question] };
        let id = |n: usize| format!("{n:032x}");
        let space = Space::from_document(json!({"version": 2,
        "config": {"sample_questions": [{"id": id(1), "question": ["open ones"]}]},
        "data_sources": {"tables": [{"identifier": "m.s.orders", "description": [gold],
            "column_configs": [{"column_name": "net", "description": [gold], "synonyms": [gold]}]}]},
        "instructions": {
            "text_instructions": [{"id": id(2), "content": [format!("Use {gold}.\n")]}],
            "example_question_sqls": [{"id": id(3), "question": ["some"], "sql": [gold], "usage_guidance": [gold]}],
            "join_specs": [{"id": id(4), "left": {"identifier": "m.s.orders", "alias": "orders"},
                "right": {"identifier": "m.s.buyers", "alias": "buyers"},
                "sql": ["`orders`.`b` = `buyers`.`b`", "--rt=FROM_RELATIONSHIP_TYPE_MANY_TO_ONE--"],
                "instruction": [gold]}],
            "sql_snippets": {"measures": [{"id": id(5), "alias": "n", "sql": ["SUM(orders.net)"],
                "display_name": "n", "instruction": [gold], "synonyms": [gold]}]},
        }}))
        .expect("a space");
        let told: Vec<String> = held_answers(&space, &suite).into_iter().map(|found| found.message).collect();
        for place in [
            "description",
            "columns/net/description",
            "columns/net/synonyms",
            "text_instructions",
            "/sql",
            "usage_guidance",
            "joins/",
            "measures/",
            "measures/00000000000000000000000000000005/synonyms",
        ] {
            assert!(told.iter().any(|message| message.contains(place)), "{place}: {told:#?}");
        }
        assert!(!told.iter().any(|message| message.contains("sample_questions")), "Genie does not answer from them");
        assert_eq!(held_answers(&Space::empty(), &suite), []);
    }
}
