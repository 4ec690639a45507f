//! The loop over the real binary: plan, confirm, apply, score what stands there, plan again, go back.

use crate::support::Project;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Outcomes by question, of one side of a plan or of a scorecard.
fn outcomes(questions: &Value, field: &str) -> BTreeMap<String, String> {
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    questions.as_array().expect("questions").iter().map(|q| (text(&q["id"]), text(&q[field]))).collect()
}

#[test]
fn a_plan_has_the_agreed_keys_and_evidence_for_every_change() {
    let (_project, plan) = Project::planned();
    let agreed =
        ["format_version", "id", "verdict", "space", "base", "score", "questions", "changes", "rejections", "guards"];
    for key in agreed {
        assert!(plan.get(key).is_some(), "{key} is missing");
    }
    for (side, set) in [("before", "learn"), ("before", "holdout"), ("after", "learn"), ("after", "holdout")] {
        let counts = &plan["score"][side][set];
        for count in ["correct", "total", "needs_review", "not_run"] {
            assert!(counts[count].is_u64(), "{side} {set} {count}: {counts}");
        }
    }
    let correct = |side: &str| plan["score"][side]["learn"]["correct"].as_u64();
    assert!(correct("after") > correct("before"));
    let changes = plan["changes"].as_array().expect("changes");
    let mut categories: Vec<&str> = changes.iter().filter_map(|change| change["category"].as_str()).collect();
    categories.dedup();
    assert!(categories.len() >= 2, "{categories:?}");
    for change in changes {
        for key in ["id", "category", "action", "address", "before", "after", "reason", "evidence"] {
            assert!(change.get(key).is_some(), "{key} is missing in {change}");
        }
        let evidence = &change["evidence"];
        assert!(!evidence["fixes"].as_array().expect("fixes").is_empty(), "{change}");
        assert!(!evidence["pattern"].as_array().expect("patterns").is_empty(), "{change}");
        assert!(evidence["support"].as_u64() >= Some(2), "{change}");
        assert_eq!(evidence["breaks"], serde_json::json!([]));
    }
    assert_eq!(outcomes(&plan["questions"], "before").len(), 32);
}

#[test]
fn apply_wants_exactly_this_plan_confirmed() {
    let (project, plan) = Project::planned();
    let id = plan["id"].as_str().expect("an id");
    project.run(&["apply", "plan.json"]).exits(3).says("GE0501").says(&format!("--approve {}", &id[..8]));
    project.run(&["apply", "plan.json", "--approve", &id[..7]]).exits(6).says("at least 8");
    project.run(&["apply", "plan.json", "--approve", "0123456789abcdef"]).exits(6).says(id);
    assert!(!project.path(".genie-enhance/state.json").exists(), "nothing may be on record yet");
    // By the id of a kept plan as well as by its file.
    let applied = project.run(&["apply", &id[..8], "--approve", &id[..8], "--json"]).exits(0).json();
    assert_eq!((&applied["outcome"], &applied["read_back"]), (&"created".into(), &"equal".into()));
}

#[test]
fn what_was_planned_is_what_stands_there() {
    let (project, plan) = Project::applied();
    let state = project.json(".genie-enhance/state.json");
    assert_eq!(state["serial"], 1);
    assert!(state["lineage"].as_str().is_some_and(|lineage| lineage.len() >= 32));
    assert_eq!(state["applied"][0]["plan_id"], plan["id"]);

    // The declared space holds the change, with the words of people around it.
    let declared = project.read("space.yaml");
    for comment in ["# everybody who drives for us", "# one row per trip, the cancelled ones as well"] {
        assert!(declared.contains(comment), "{comment} is lost");
    }
    project.run(&["import", state["space_id"].as_str().expect("an id"), "--out", "live.yaml"]).exits(0);
    let export = |file: &str| project.run(&["export", file]).exits(0).json();
    assert_eq!(export("space.yaml"), export("live.yaml"));
    project.run(&["drift", "--detailed-exitcode"]).exits(0);

    // Asked anew, every question ends as the plan says.
    let asked = project.asked().len();
    let card = project.run(&["score", "--fresh", "--json"]).exits(0).json();
    assert_eq!(outcomes(&card["questions"], "outcome"), outcomes(&plan["questions"], "after"));
    assert_eq!(project.asked().len(), asked + 32, "every question is asked, once");

    let again = project.run(&["apply", "plan.json", "--approve", plan["id"].as_str().expect("an id")]).exits(0);
    assert!(again.out.contains("Nothing to apply"), "{}", again.out);
    let second = project.run(&["plan", "--json", "--detailed-exitcode"]).exits(0).json();
    assert_eq!(second["verdict"], "no-change", "{}", second["verdict_reason"]);
    assert_eq!(second["changes"], serde_json::json!([]));
    assert_eq!(project.json(".genie-enhance/state.json"), state, "planning records nothing");
}

#[test]
fn rollback_is_a_plan_back_that_keeps_benchmarks() {
    let (project, _) = Project::applied();
    let export = || project.run(&["export", "space.yaml"]).exits(0).json();
    let before = export();
    // Serial 1 made the space; the way back is from serial 2.
    project.run(&["rollback", "--json"]).exits(3).says("created the space");
    project.edit("space.yaml", "Be brief.", "Be brief and kind.");
    project.run(&["plan", "--no-learn", "--out", "kind.json"]).exits(0);
    assert_eq!(project.apply("kind.json")["serial"], 2);
    assert_ne!(export(), before);

    let plan = project.run(&["rollback", "--json", "--out", "back.json"]).exits(0).json();
    assert_eq!(plan["changes"].as_array().map(Vec::len), Some(1), "{plan}");
    assert_eq!(project.apply("back.json")["serial"], 3);
    assert_eq!(export(), before);
    assert_eq!(before["benchmarks"]["questions"].as_array().map(Vec::len), Some(1));
    project.run(&["drift", "--detailed-exitcode"]).exits(0);
}

#[test]
fn the_state_of_an_earlier_release_is_not_passed_over() {
    let (project, _) = Project::applied();
    project.edit("genie.yaml", "version: 1\n", "version: 1\nstate: .genie-enhance/dev.json\n");
    for command in [&["plan", "--no-learn"][..], &["state", "show"]] {
        let refused = project.run(command).exits(6);
        refused.says("go on from it with `state: ").says(".genie-enhance/state.json");
    }
    assert!(!project.path(".genie-enhance/dev.d").exists());
    project.edit("genie.yaml", "dev.json", "state.json");
    project.run(&["plan", "--no-learn"]).exits(0);
    // It belongs to something else.
    project.edit("genie.yaml", "state.json", "dev.json");
    std::fs::create_dir(project.path(".genie-enhance/dev.d")).expect("made");
    project.run(&["state", "list"]).exits(0);
}

#[test]
fn nothing_left_to_try_is_known_until_the_ground_changes() {
    let (project, _) = Project::applied();
    let plan = || project.run(&["plan", "--json"]).exits(0).json();
    let known = || project.read(".genie-enhance/cache/exhausted.jsonl").lines().count();
    // What has to be tried once more on the applied space is tried in the first of them.
    plan();
    let first = plan();
    assert_eq!((&first["verdict"], &first["changes"]), (&json!("no-change"), &json!([])));
    let lines = known();
    let again = plan();
    assert_eq!(known(), lines, "it was known");
    for key in ["rejections", "verdict", "verdict_reason", "questions", "score", "guards"] {
        assert_eq!(first[key], again[key], "{key}");
    }
    // One more question is another ground.
    project.write(
        "benchmarks/more.yaml",
        "questions:\n  - {id: more, question: How many vans are there?, sql: SELECT COUNT(*) AS n FROM fleet.ops.vans}\n",
    );
    plan();
    assert!(known() > lines || !plan()["changes"].as_array().is_some_and(Vec::is_empty));
}
