//! Fixes on a small hand-made domain, and on data beside the project.

mod candidates;
mod replies;
mod shop;

use super::*;
use crate::learn::{self, LearntPattern};
use crate::model::{
    Address, Catalog, Change, ChangeEvidence, Generated, Outcome, PlannedChange, Question, Space, SpaceView,
};
use serde_json::json;

fn bare(catalog: &Catalog) -> Space {
    let tables: Vec<_> = catalog.tables().map(|table| json!({"identifier": table.full_name})).collect();
    Space::from_document(json!({"version": 2, "data_sources": {"tables": tables}})).expect("a space")
}

fn unanswered(questions: &[Question]) -> Vec<Failure> {
    let failure = |q: &Question| Failure { question: q.clone(), answer_sql: None, outcome: Outcome::NoSql };
    questions.iter().map(failure).collect()
}

/// Nothing mined, and everything may be proposed.
fn input<'a>(
    questions: &'a [Question],
    failures: &'a [Failure],
    space: &'a Space,
    catalog: &'a Catalog,
) -> FixInput<'a> {
    FixInput { patterns: &[], learn_set: questions, failures, space, catalog, options: Options::default() }
}

fn all(
    questions: &[Question],
    failures: &[Failure],
    space: &Space,
    catalog: &Catalog,
) -> (Vec<Candidate>, Vec<Rejection>, Vec<LearntPattern>) {
    let patterns = learn::learn(questions, catalog, &SpaceView::of(space), learn::Options::default());
    let input =
        FixInput { patterns: &patterns, learn_set: questions, failures, space, catalog, options: Options::default() };
    let (candidates, rejections) = propose(&input);
    (candidates, rejections, patterns)
}

#[test]
fn candidates_for_a_bare_space_on_real_data() {
    for name in ["kpi_ko", "defog/broker"] {
        let Some(folder) = learn::data_tests::folder(name) else { return };
        let (catalog, questions) = (learn::data_tests::catalog(&folder), learn::data_tests::questions(&folder));
        let space = bare(&catalog);
        let (candidates, rejections, _) = all(&questions, &unanswered(&questions), &space, &catalog);
        println!("== {name}: {} candidates, {} rejections", candidates.len(), rejections.len());
        for c in &candidates {
            println!("{} ×{} → {} | {}", c.id, c.support, c.targets.len(), c.reason);
            for change in &c.changes {
                println!("    {} {}", change.address, change.after.clone().unwrap_or_default());
            }
            probe_sql(c, &space, &catalog).iter().for_each(|sql| println!("    ? {sql}"));
        }
        for r in &rejections {
            println!("REJECTED {:?} {} | {}", r.reason, r.detail, r.candidate.reason);
        }
        let changes = candidates.iter().flat_map(|candidate| &candidate.changes);
        let after = crate::diff::apply_all(&space, changes).expect("all candidates fit together");
        // What is there generates nothing; only a snippet that is there now can be given names.
        let (again, _, _) = all(&questions, &unanswered(&questions), &after, &catalog);
        let names = |c: &&Candidate| {
            c.changes.iter().all(|change| {
                let address = change.address.to_string();
                address.contains("/synonyms/") && !address.starts_with("tables/")
            })
        };
        let again: Vec<&Candidate> = again.iter().filter(|c| !names(c)).collect();
        for c in &again {
            println!("AGAIN {} {}", c.reason, c.changes[0].address);
        }
        assert!(again.len() * 10 <= candidates.len(), "{} of {}", again.len(), candidates.len());
    }
}
