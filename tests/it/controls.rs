//! Controls, promotion without a question, guards that are looked at again.

use crate::support::Project;
use genie_enhance::guard;

#[test]
fn an_empty_change_is_no_improvement_and_planted_ones_come_out_as_they_must() {
    let (project, _) = Project::applied();
    for (kind, checks) in [("aa", 1), ("planted", 2)] {
        let control = project.run(&["plan", "--control", kind, "--json"]).exits(0).json();
        assert_eq!(control["passed"], true, "{control}");
        assert_eq!(control["checks"].as_array().map(Vec::len), Some(checks), "{control}");
    }
    assert!(project.run(&["shadows", "list"]).exits(0).out.contains("no shadow"));
    // With every other answer another one, the same content is still no improvement over itself.
    project.write("world.yaml", "seed: 3\nnoise: {questions: 0.5, answers: 0.5}\n");
    project.edit("genie.yaml", "as_of: 2025-06-30", "as_of: 2025-06-30\n  world: world.yaml");
    let control = project.run(&["plan", "--control", "aa", "--json", "--fresh"]).exits(0).json();
    assert_eq!(control["passed"], true, "{control}");
}

#[test]
fn only_what_is_proved_is_promoted() {
    let (project, plan) = Project::planned();
    project.edit("genie.yaml", "target: {", "guards: [{rule: minimum-gain, min: 1.0}]\ntarget: {");
    project.run(&["apply", "--auto-promote"]).exits(7).says("at least 100.0 % is asked for");
    assert!(!project.path(".genie-enhance/state.json").exists());
    project.edit("genie.yaml", "guards: [{rule: minimum-gain, min: 1.0}]\n", "");
    let applied = project.run(&["apply", "--auto-promote", "--json"]).exits(0).json();
    assert_eq!(applied["outcome"], "created");
    let state = project.json(".genie-enhance/state.json");
    assert_eq!(state["applied"][0]["confirmed"], "--auto-promote");
    assert_eq!(state["applied"][0]["changes"].as_u64(), plan["changes"].as_array().map(|all| all.len() as u64));
}

#[test]
fn a_plan_stays_within_the_guard_on_changes() {
    let (project, whole) = Project::planned();
    let all = whole["changes"].as_array().map_or(0, Vec::len);
    assert!(all > 2);
    project.edit("genie.yaml", "target: {", "guards: [{rule: changes, max: 2}]\ntarget: {");
    let plan = project.run(&["plan", "--json"]).exits(0).json();
    assert_eq!(plan["verdict"], "improved", "{}", plan["verdict_reason"]);
    let changes = plan["changes"].as_array().expect("changes");
    assert!((1..=2).contains(&changes.len()), "{changes:?}");
    assert!(changes.iter().all(|change| change["evidence"]["fixes"].as_array().is_some_and(|f| !f.is_empty())));
    let left_out = plan["rejections"].as_array().into_iter().flatten().filter(|r| r["reason"] == "limit").count();
    assert!(left_out > 0, "{}", plan["rejections"]);
}

#[test]
fn waivers_end_and_hard_guards_have_none() {
    let project = Project::small();
    let waiver = |rule: &str, expires: &str| {
        format!(
            "waivers: [{{rule: {rule}, reason: agreed, owner: kim, expires: {expires}}}]\nguards: [{{rule: changes, max: 0}}]\ntarget: {{"
        )
    };
    let original = project.read("genie.yaml");
    project.edit("genie.yaml", "target: {", &waiver("changes", "2020-01-31"));
    project.run(&["plan"]).exits(3).says("expired on 2020-01-31");
    project.write("genie.yaml", &original);
    project.edit("genie.yaml", "target: {", &waiver("gold-leak", "2999-12-31"));
    project.run(&["plan"]).exits(3).says("is hard: no waiver lifts it");
    project.write("genie.yaml", &original);
    project.edit("genie.yaml", "target: {", &waiver("changes", "2999-12-31"));
    let plan = project.run(&["plan", "--json", "--out", "plan.json"]).exits(0).json();
    assert_eq!(plan["verdict"], "improved", "{}", plan["verdict_reason"]);
    let guards = plan["guards"].as_array().expect("guards");
    let waived = guards.iter().find(|guard| guard["rule"] == "changes").expect("the guard");
    assert_eq!(waived["status"], "waived", "{waived}");
    for form in ["text", "markdown"] {
        let shown = project.run(&["show", "plan.json", "--format", form]).exits(0).out;
        // Lines may break anywhere.
        let shown = shown.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(shown.contains("waived by kim until"), "{form}: {shown}");
    }
}

#[test]
fn all_guards_are_explained_and_stand_in_every_plan_that_asks_for_them() {
    let (project, _) = Project::planned();
    let explained = project.run(&["explain", "guards"]).exits(0).out;
    let mut listed = String::from("guards:\n");
    for guard in guard::all() {
        assert!(explained.contains(&format!("## {}", guard.rule())), "{}", guard.rule());
        listed.push_str(&format!("  - {{rule: {}, level: advisory}}\n", guard.rule()));
    }
    project.edit("genie.yaml", "target: {", &format!("{listed}target: {{"));
    let plan = project.run(&["plan", "--json"]).exits(0).json();
    let rules: Vec<&str> =
        plan["guards"].as_array().expect("guards").iter().filter_map(|g| g["rule"].as_str()).collect();
    assert_eq!(rules, guard::all().iter().map(|guard| guard.rule()).collect::<Vec<_>>());
    // The same content measured on the same holdout twice is one look at it.
    assert_eq!(project.read(".genie-enhance/ledger.jsonl").matches("holdout-look").count(), 1);
}
