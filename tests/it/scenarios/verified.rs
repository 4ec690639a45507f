//! Asking after an apply, going back by itself, and applying without a question.

use super::stage::{AFTER, BEFORE, WAYS, Way};
use super::{PATCH, edit, fault};
use crate::support::Project;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

/// A live space that a learnt plan improves.
fn learnt() -> (Project, Value) {
    let (project, _) = Project::planned();
    project.run(&["plan", "--no-learn", "--out", "bare.json"]).exits(0);
    project.apply("bare.json");
    let plan = project.run(&["plan", "--json", "--out", "better.json"]).exits(0).json();
    assert_eq!(plan["verdict"], "improved", "{}", plan["verdict_reason"]);
    (project, plan)
}

#[test]
fn verified_and_taken_back() {
    let (ready, plan) = learnt();
    let id = plan["id"].as_str().expect("an id").to_owned();
    let kept = ready.keep("learnt");
    for way in WAYS {
        verified(&kept, &id, way);
    }
}

/// The project of [`learnt`] in another world, with the arguments that apply its plan in this way.
fn world<'a>(kept: &Path, id: &'a str, way: Way, world: &str) -> (Project, [&'a str; 5]) {
    let project = Project::copy_of(kept);
    project.write("world.yaml", world);
    project.edit("genie.yaml", "embedded: ./data\n", "embedded: ./data\n  world: world.yaml\n");
    if way == Way::Saved {
        std::fs::remove_dir_all(project.path(".genie-enhance/plans")).expect("plans were kept");
    }
    let plan = if way == Way::Saved { "better.json" } else { id };
    (project, ["apply", plan, "--approve", id, "--json"])
}

fn verified(kept: &Path, id: &str, way: Way) {
    let run = |told: &str, more: &[&str]| {
        let (project, apply) = world(kept, id, way, told);
        let done = project.run(&[&apply, more].concat());
        (project, done)
    };
    let ready = Project::copy_of(kept);
    let live = |project: &Project| {
        let space = project.json(".genie-enhance/state.json")["space_id"].as_str().expect("an id").to_owned();
        project.json(&format!(".genie-enhance/workspace/spaces/{space}.json"))["document"].clone()
    };
    let bare = live(&ready);

    let (project, done) = run("seed: 0\n", &["--verify", "--auto-rollback"]);
    assert_eq!(done.exits(0).json()["verification"]["verdict"], "pass");
    assert_eq!(project.json(".genie-enhance/state.json")["applied"][1]["verified"], "pass");

    // Every answer comes from a space that lacks something: what the plan promises does not hold.
    let noise = "noise: {questions: 1.0, answers: 1.0}\n";
    let (project, done) = run(noise, &["--verify=6", "--auto-rollback"]);
    let told = done.exits(11).json();
    assert_eq!(told["verification"]["verdict"], "fail", "{told}");
    assert_eq!(told["rolled_back"]["serial"].as_u64(), project.json(".genie-enhance/state.json")["serial"].as_u64());
    assert_eq!(live(&project), bare, "back where it was");
    let state = project.json(".genie-enhance/state.json");
    assert_eq!(
        (&state["applied"][1]["verified"], state["applied"].as_array().map(Vec::len)),
        (&json!("fail"), Some(3))
    );
    assert_eq!(state["applied"][2]["confirmed"], "--auto-rollback");
    project.run(&["drift", "--detailed-exitcode"]).exits(0);

    // Nothing can be asked: that decides nothing, and nothing is taken back.
    let ask = "POST /api/2.0/genie/spaces/*/start-conversation";
    let silent = fault(ask, "effect: status, status: 400, error_code: BAD_REQUEST, message: 'not now'");
    let (project, done) = run(&silent, &["--verify=3", "--auto-rollback"]);
    let told = done.exits(12).json();
    assert_eq!(
        (&told["verification"]["verdict"], told["verification"]["open"].as_array().map(Vec::len)),
        (&json!("inconclusive"), Some(3)),
        "{told}"
    );
    assert_eq!(told["rolled_back"], Value::Null);
    assert!(live(&project) != bare);
    assert_eq!(project.json(".genie-enhance/state.json")["applied"][1]["verified"], "inconclusive");

    // Somebody edits while it is verified: their words are not rolled over.
    let space = ready.json(".genie-enhance/state.json")["space_id"].as_str().expect("an id").to_owned();
    let theirs = format!(
        "{noise}{}",
        edit(ask, &format!("space: {space}, set: {{/config/sample_questions/0/question: ['Theirs?']}}"))
    );
    let (project, done) = run(&theirs, &["--verify=6", "--auto-rollback"]);
    let told = done.exits(10).json();
    assert!(told["rolled_back"]["error"].to_string().contains("somebody edited"), "{told}");
    assert!(live(&project).to_string().contains("Theirs?") && live(&project) != bare);

    // The way back fails: the decision waits, and the next run takes it up.
    let stuck = format!(
        "{noise}{}",
        fault(PATCH, "skip: 1, effect: status, status: 500, error_code: INTERNAL_ERROR, message: broken")
    );
    let (project, done) = run(&stuck, &["--verify=6", "--auto-rollback"]);
    let done = done.exits(10).says("rollback --to");
    assert!(done.json()["rolled_back"]["error"].is_string());
    assert_eq!(project.json(".genie-enhance/state.json")["applied"][1]["verified"], "rollback-pending");
    project.write("world.yaml", "seed: 0\n");
    let plan = if way == Way::Saved { "better.json" } else { id };
    project.run(&["apply", plan, "--approve", id, "--verify", "--auto-rollback", "--json"]).exits(11);
    assert_eq!(live(&project), bare);

    // Interrupted while it is verified: what was applied stands and is on record.
    let slow = fault(ask, "effect: delay, delay: 10m");
    let (project, apply) = world(kept, id, way, &slow);
    let mut command = project.command();
    command.args(apply).args(["--verify=2", "--auto-rollback"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("starts");
    let mut told = BufReader::new(child.stderr.take().expect("stderr")).lines().map_while(Result::ok);
    assert!(told.any(|line| line.contains("on record as serial 2")), "it is said before anything is asked");
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().expect("kill runs").success());
    let rest: Vec<String> = told.collect();
    let output = child.wait_with_output().expect("ends");
    assert_eq!(output.status.code(), Some(9), "{rest:?}");
    let said: Value = serde_json::from_slice(&output.stdout).expect("one document");
    assert_eq!(said["error"]["exit_code"], 9, "{said}");
    let state = project.json(".genie-enhance/state.json");
    assert_eq!((&state["serial"], &state["applied"][1]["verified"]), (&json!(2), &json!("not-asked")));
    assert!(live(&project) != bare);
    assert_eq!(project.run(&["lock", "list", "--json"]).exits(0).json(), json!([]));
}

#[test]
fn promoted_without_a_question_only_if_improved() {
    let (project, _) = Project::planned();
    let done = project.run(&["apply", "--auto-promote", "--json"]).exits(0).json();
    assert_eq!(done["outcome"], "created", "{done}");
    assert_eq!(project.json(".genie-enhance/state.json")["applied"][0]["confirmed"], "--auto-promote");
    // Nothing more to win.
    let again = project.run(&["apply", "--auto-promote", "--json"]).exits(0).json();
    assert_eq!(again["outcome"], "nothing", "{again}");
    // An edit of the definition alone is no proven improvement.
    project.edit("space.yaml", BEFORE, AFTER);
    let refused = project.run(&["apply", "--auto-promote", "--json"]).exits(7);
    assert_eq!(refused.json()["error"]["status"], "blocked");
    assert_eq!(project.json(".genie-enhance/state.json")["serial"], 1);
}
