//! What every command has in common: help, clean streams, and switches that change no result.

use crate::support::Project;
use serde_json::Value;

const COMMANDS: [&[&str]; 24] = [
    &["init"],
    &["validate"],
    &["import"],
    &["export"],
    &["score"],
    &["learn"],
    &["plan"],
    &["show"],
    &["apply"],
    &["rollback"],
    &["drift"],
    &["compare"],
    &["explain"],
    &["schema"],
    &["completions"],
    &["workspace", "serve"],
    &["shadows", "list"],
    &["plan", "split"],
    &["state", "show"],
    &["state", "history"],
    &["state", "restore"],
    &["state", "repair"],
    &["lock", "list"],
    &["lock", "break"],
];

#[test]
fn every_command_explains_itself_with_an_example() {
    let project = Project::empty();
    for command in COMMANDS {
        let done = project.run(&[command, &["--help"]].concat()).exits(0);
        let example = format!("Example: genie-enhance {}", command.join(" "));
        assert!(done.out.contains(&example), "{command:?}: {}", done.out);
    }
    let all = project.run(&["--help"]).exits(0).out;
    for command in COMMANDS {
        assert!(all.contains(&format!("  {}", command[0])), "{command:?} is not listed");
    }
}

#[test]
fn what_the_program_knows_about_itself() {
    let project = Project::empty();
    let explained = project.run(&["explain", "ge0101"]).exits(0).out;
    assert!(explained.starts_with("GE0101: "), "{explained}");
    assert!(project.run(&["explain", "gold-leak"]).exits(0).out.contains("guard `gold-leak`"));
    for name in ["project", "space", "benchmarks"] {
        let schema = project.run(&["schema", name]).exits(0).json();
        assert!(schema["$schema"].is_string() && schema["properties"].is_object() || schema["$defs"].is_object());
    }
    let script = project.run(&["completions", "bash"]).exits(0).out;
    assert!(script.contains("complete -F") && script.contains("rollback"), "{script}");
}

#[test]
fn streams_are_clean_and_colour_is_optional() {
    let (project, plan) = Project::planned();
    let shown = project.run(&["show", "plan.json", "--json"]).exits(0);
    assert_eq!(shown.json(), plan);
    assert_eq!(shown.err, "");
    let coloured = project.run(&["show", "plan.json", "--color", "always"]).exits(0).out;
    assert!(coloured.contains('\u{1b}'));
    for (name, value) in [("NO_COLOR", "1"), ("TERM", "dumb")] {
        let output = project.command().env(name, value).args(["show", "plan.json"]).output().expect("runs");
        assert!(!output.stdout.contains(&0x1b), "{name} is not honoured");
    }
    for form in ["markdown", "html", "sarif", "text"] {
        assert!(!project.run(&["show", "plan.json", "--format", form]).exits(0).out.is_empty());
    }
    let validated = project.run(&["validate", "--json"]).exits(0).json();
    assert_eq!(validated["valid"], true);
    let patterns = project.run(&["learn", "--json", "--quiet"]).exits(0);
    assert!(patterns.json().as_array().is_some_and(|patterns| patterns.len() > 3));
    assert_eq!(patterns.err, "");
}

#[test]
fn a_refusal_is_one_json_document_as_well() {
    let project = Project::empty();
    let commands: [&[&str]; 16] = [
        &["score"],
        &["learn"],
        &["plan"],
        &["plan", "--rebase", "x.json"],
        &["plan", "split", "x.json", "--only", "c-01"],
        &["show", "x.json"],
        &["apply"],
        &["apply", "--auto-promote"],
        &["rollback"],
        &["drift"],
        &["shadows", "list"],
        &["state", "show"],
        &["state", "history"],
        &["state", "repair"],
        &["lock", "list"],
        &["lock", "break", "x"],
    ];
    for command in commands {
        let done = project.run(&[command, &["--json"]].concat()).exits(3);
        let error = done.json()["error"].clone();
        assert_eq!((&error["status"], &error["exit_code"]), (&"usage".into(), &3.into()), "{command:?}");
        assert!(error["message"].as_str().is_some_and(|told| done.err.contains(&told[..10])), "{command:?}: {error}");
    }
}

#[test]
fn how_questions_are_asked_does_not_change_the_score() {
    let project = Project::small();
    let score = |switches: &[&str]| {
        let arguments = [&["score", "--json", "--fresh", "--benchmarks", "benchmarks/vans.yaml"], switches].concat();
        let card = project.run(&arguments).exits(0).json();
        let questions = card["questions"].as_array().expect("questions");
        let outcome = |q: &Value| format!("{} {} {}", q["id"], q["outcome"], q["answer"]["sql"]);
        (card["correct"].clone(), questions.iter().map(outcome).collect::<Vec<_>>())
    };
    let usual = score(&[]);
    assert_eq!(usual.1.len(), 10);
    assert_eq!(score(&["--no-batch"]), usual);
    assert_eq!(score(&["--genie-concurrent", "1", "--sql-concurrent", "1"]), usual);
    assert_eq!(score(&["--genie-concurrent", "10"]), usual);
    assert_eq!(project.asked().len(), 40, "--fresh asks every time");
}
