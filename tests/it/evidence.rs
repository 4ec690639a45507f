//! Evidence is causal, and an answer key is no improvement.

use crate::support::Project;
use genie_enhance::diff::apply_all;
use genie_enhance::format::plan_from_json;
use genie_enhance::model::{Change, PlannedChange, Space};
use serde_json::Value;
use std::collections::BTreeSet;

/// The questions that are right with the base and these changes, measured through the binary on
/// a copy of the project.
fn right_with(changes: &[&Change]) -> BTreeSet<String> {
    let project = Project::small();
    let base = project.run(&["export", "space.yaml"]).exits(0).out;
    let space = Space::parse(&base).expect("a space");
    let target = apply_all(&space, changes.iter().copied()).expect("the changes fit");
    project.write("target.json", &target.to_wire());
    project.run(&["import", "target.json", "--out", "target.yaml"]).exits(0);
    // What is beside the document stays as it is declared.
    let sidecar: String = project.read("space.yaml").lines().take(4).map(|line| format!("{line}\n")).collect();
    let document = project.read("target.yaml");
    let document: Vec<&str> = document.lines().skip_while(|line| !line.starts_with("config:")).collect();
    project.write("space.yaml", &format!("{sidecar}version: 2\n{}\n", document.join("\n")));
    assert_eq!(
        Space::parse(&project.run(&["export", "space.yaml"]).exits(0).out).expect("a space").digest(),
        target.digest()
    );
    let card = project.run(&["score", "--declared", "--json"]).exits(0).json();
    let questions = card["questions"].as_array().expect("questions");
    let right = questions.iter().filter(|question| question["outcome"] == "correct");
    right.map(|question| question["id"].as_str().expect("an id").to_owned()).collect()
}

#[test]
fn without_a_change_a_question_it_claims_is_lost() {
    let (project, json) = Project::planned();
    let plan = plan_from_json(&project.read("plan.json")).expect("a plan").plan;
    let all: Vec<&PlannedChange> = plan.changes.iter().collect();
    let changes = |of: &[&PlannedChange]| of.iter().map(|planned| planned.change.clone()).collect::<Vec<_>>();
    let measure = |of: &[&PlannedChange]| right_with(&changes(of).iter().collect::<Vec<_>>());

    let with_all = measure(&all);
    let after: BTreeSet<String> = json["questions"]
        .as_array()
        .expect("questions")
        .iter()
        .filter(|question| question["after"] == "correct")
        .map(|question| question["id"].as_str().expect("an id").to_owned())
        .collect();
    assert_eq!(with_all, after, "the export of the target answers as the plan says");

    for planned in &all {
        let without: Vec<&PlannedChange> = all.iter().copied().filter(|other| other.id != planned.id).collect();
        let right = measure(&without);
        let lost = planned.evidence.fixes.iter().filter(|id| !right.contains(*id)).count();
        let alone = lost > 0;
        let together = !alone && !planned.evidence.group.is_empty() && {
            let members = &planned.evidence.group;
            let others: Vec<&PlannedChange> =
                without.into_iter().filter(|other| !members.contains(&other.id)).collect();
            let right = measure(&others);
            planned.evidence.fixes.iter().any(|id| !right.contains(id))
        };
        assert!(alone || together, "{} claims {:?} and nothing is lost without it", planned.id, planned.evidence.fixes);
    }
}

#[test]
fn a_space_that_holds_the_answers_gains_nothing() {
    // The answer key comes with an edit of the definition; the plan would carry it into the space.
    let (project, _) = Project::applied();
    let key = "  example_question_sqls:
    - id: 3a5c7e91b2d4f60817293a4b5c6d7e8f
      question: takings per place, please
      sql: |
        SELECT v.site, SUM(t.fare) AS takings
        FROM fleet.ops.trips t JOIN fleet.ops.vans v ON t.van_ref = v.van_id
        WHERE t.void = false
        GROUP BY v.site
";
    project.edit("space.yaml", "  join_specs:\n", &format!("{key}  join_specs:\n"));
    project.run(&["validate"]).exits(0);
    let plan = project.run(&["plan", "--no-learn", "--json", "--out", "leak.json"]).exits(0).json();
    assert_eq!(plan["verdict"], "blocked", "{}", plan["verdict_reason"]);
    let reason = plan["verdict_reason"].as_str().expect("a reason");
    assert!(reason.contains("gold-leak"), "{reason}");
    let guards = plan["guards"].as_array().expect("guards");
    let leak = guards.iter().find(|guard| guard["rule"] == "gold-leak").expect("the leak guard");
    assert_eq!(leak["status"], "failed");
    assert!(leak.to_string().contains("takings-by-site-1"), "the guard names the question: {leak}");
    let id = plan["id"].as_str().expect("an id");
    project.run(&["apply", "leak.json", "--approve", id]).exits(7).says("blocked");
    assert_eq!(project.json(".genie-enhance/state.json")["serial"], 1);
}

#[test]
fn an_answer_key_in_the_first_declaration_is_caught_too() {
    let project = Project::small();
    let key = "  example_question_sqls:
    - id: 3a5c7e91b2d4f60817293a4b5c6d7e8f
      question: takings per place, please
      sql: |
        SELECT v.site, SUM(t.fare) AS takings
        FROM fleet.ops.trips t JOIN fleet.ops.vans v ON t.van_ref = v.van_id
        WHERE t.void = false
        GROUP BY v.site
";
    project.edit("space.yaml", "instructions:\n", &format!("instructions:\n{key}"));
    let plan = project.run(&["plan", "--no-learn", "--json"]).exits(0).json();
    assert_eq!(plan["verdict"], "blocked", "{}", plan["verdict_reason"]);
    assert!(plan["verdict_reason"].as_str().is_some_and(|reason| reason.contains("gold-leak")));
}

#[test]
fn a_space_without_trouble_is_left_alone() {
    let project = Project::small();
    project.edit("genie.yaml", "score: 1.0", "score: 0.5");
    // Only questions that are right already: there is nothing to win, and nothing is proposed.
    let good = "questions:
  - {id: one, question: How many vans do we have?, sql: SELECT COUNT(*) AS n FROM fleet.ops.vans}
  - {id: two, question: How many drivers are there?, sql: SELECT COUNT(*) AS n FROM fleet.ops.drivers}
";
    project.write("good.yaml", good);
    let plan = project.run(&["plan", "--json", "--benchmarks", "good.yaml"]).exits(0).json();
    assert_eq!(plan["verdict"], "no-change");
    assert_eq!(
        plan["score"]["after"]["learn"],
        serde_json::json!({
            "correct": 2, "total": 2, "needs_review": 0, "not_run": 0
        })
    );
    assert_eq!(plan["score"]["after"]["holdout"]["total"], 0);
    assert_eq!(plan["questions"].as_array().map(Vec::len), Some(2));
    assert!(plan["questions"].as_array().into_iter().flatten().all(|question: &Value| question["split"] == "learn"));
}
