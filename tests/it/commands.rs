//! What every command has in common: help, clean streams, and switches that change no result.

use crate::support::Project;
use serde_json::Value;

/// All commands with their parts, from the reference that the program makes of itself.
fn commands(project: &Project) -> Vec<Vec<String>> {
    let reference = project.run(&["explain", "--reference"]).exits(0).out;
    let names = reference.lines().filter_map(|line| line.strip_prefix("### `")?.strip_suffix('`'));
    names.map(|name| name.split(' ').map(str::to_owned).collect()).collect()
}

#[test]
fn every_command_explains_itself_with_an_example() {
    let project = Project::empty();
    let commands = commands(&project);
    assert!(commands.len() >= 25, "{commands:?}");
    let all = project.run(&["--help"]).exits(0).out;
    for command in commands {
        let words: Vec<&str> = command.iter().map(String::as_str).chain(["--help"]).collect();
        let done = project.run(&words).exits(0);
        let example = format!("Example: genie-enhance {}", command.join(" "));
        assert!(done.out.contains(&example), "{command:?}: {}", done.out);
        assert!(done.out.contains("--json"), "{command:?} has no --json");
        assert!(all.contains(&format!("  {}", command[0])), "{command:?} is not listed");
    }
    assert!(all.contains("Exit codes:") && all.contains("   6  the ground moved"), "{all}");
}

#[test]
fn with_json_a_failure_is_a_document_too() {
    let project = Project::empty();
    for command in commands(&project) {
        // Without a project and without arguments most fail; whatever happens, stdout is one document.
        let words: Vec<&str> = command.iter().map(String::as_str).chain(["--json"]).collect();
        let done = project.run(&words);
        let document = done.json();
        if command == ["validate"] {
            // Its document is the list of findings.
            assert_eq!((done.code, &document["valid"]), (Some(3), &false.into()), "{document}");
        } else if done.code != Some(0) {
            let error = &document["error"];
            assert_eq!(error["exit_code"].as_i64().map(|code| code as i32), done.code, "{command:?}: {document}");
            assert!(error["message"].as_str().is_some_and(|message| !message.is_empty()), "{command:?}");
            assert!(!done.err.is_empty(), "{command:?} tells people nothing");
        }
    }
    project.write("genie.yaml", "version: 1\nbenchmark: []\n");
    let document = project.run(&["score", "--json"]).exits(3).json();
    let first = &document["error"]["diagnostics"][0];
    assert_eq!((&first["code"], &first["span"]["line"]), (&"GE0201".into(), &2.into()), "{document}");
}

#[test]
fn every_exit_code_is_seen_in_a_test() {
    let root = crate::support::repository();
    let reference = std::fs::read_to_string(root.join("schemas/reference.md")).expect("the reference");
    let codes = reference.lines().skip_while(|line| *line != "## Exit codes").take_while(|line| *line != "## Commands");
    let codes: Vec<u8> = codes.filter_map(|line| line.split('|').nth(1)?.trim().parse().ok()).collect();
    assert!(codes.len() >= 10, "{codes:?}");
    let tests = sources(&root.join("tests/it"));
    for code in codes {
        let seen = [format!("exits({code})"), format!("Some({code})"), format!("\"exit_code\"], {code}")];
        assert!(seen.iter().any(|sign| tests.contains(sign.as_str())), "no test ends with exit code {code}");
    }
}

#[test]
fn every_diagnostic_code_is_declared_and_seen_in_a_test() {
    let root = crate::support::repository();
    let (source, tests) = (sources(&root.join("src")), sources(&root.join("tests/it")));
    let reference = std::fs::read_to_string(root.join("schemas/reference.md")).expect("the reference");
    let in_tests: String =
        source.split("#[cfg(test)]").skip(1).collect::<String>() + &test_files(&root.join("src")) + &tests;
    // The recorded run of the demonstration has findings of its own.
    let source = source.replace(&sources(&root.join("src/ui/demo")), "");
    // Guards are known by their rules: `| rule | code | …`.
    let rule_of = |code: &str| {
        let row = reference.lines().find(|line| line.contains(&format!("` | {code} |")))?;
        Some(format!("\"{}\"", row.split('`').nth(1)?))
    };
    let mut unseen = Vec::new();
    for code in quoted_codes(&source) {
        if !reference.contains(&format!("| {code} |")) {
            unseen.push(format!("{code} is not in the reference"));
        }
        let by_rule = rule_of(&code).is_some_and(|rule| in_tests.contains(&rule));
        if !in_tests.contains(&code) && !by_rule {
            unseen.push(format!("{code} is in no test"));
        }
    }
    assert!(unseen.is_empty(), "{unseen:#?}");
}

/// All Rust files below a folder in one text.
fn sources(folder: &std::path::Path) -> String {
    let mut text = String::new();
    for path in rust_files(folder) {
        text.push_str(&std::fs::read_to_string(path).expect("a source file"));
    }
    text
}

/// Files that hold nothing but tests.
fn test_files(folder: &std::path::Path) -> String {
    let all = rust_files(folder).into_iter();
    let tests = all.filter(|path| path.components().any(|part| part.as_os_str().to_string_lossy().contains("tests")));
    tests.map(|path| std::fs::read_to_string(path).expect("a source file")).collect()
}

fn rust_files(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder").filter_map(Result::ok) {
        match entry.path() {
            path if path.is_dir() => files.extend(rust_files(&path)),
            path if path.extension().is_some_and(|extension| extension == "rs") => files.push(path),
            _ => {}
        }
    }
    files.sort();
    files
}

/// Codes as they stand where they are used: `"GE0101"`.
fn quoted_codes(text: &str) -> std::collections::BTreeSet<String> {
    let found = text.match_indices("\"GE").filter_map(|(at, _)| text.get(at + 1..at + 8));
    found
        .filter(|word| word.ends_with('"') && word.as_bytes()[2..6].iter().all(u8::is_ascii_digit))
        .map(|word| word[..6].to_owned())
        .collect()
}

#[test]
fn a_run_tells_its_events_as_lines() {
    let project = Project::small();
    let done = project.run(&["score", "--format", "jsonl", "--benchmarks", "benchmarks/vans.yaml"]).exits(0);
    let lines: Vec<Value> = done.out.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect();
    let types: Vec<&str> = lines.iter().filter_map(|line| line["type"].as_str()).collect();
    assert_eq!((types.first(), types.last()), (Some(&"started"), Some(&"summary")));
    assert_eq!(types.iter().filter(|kind| **kind == "question-scored").count(), 10);
    project
        .run(&["score", "--json-into", "events.jsonl", "--json", "--benchmarks", "benchmarks/vans.yaml"])
        .exits(0)
        .json();
    let file: Vec<String> = project.read("events.jsonl").lines().map(str::to_owned).collect();
    assert!(file.len() >= 12 && file.last().is_some_and(|line| line.contains("\"type\":\"summary\"")), "{file:?}");
    let failed = project.run(&["plan", "--format", "jsonl", "-f", "nope.yaml"]).exits(3);
    let last: Value = serde_json::from_str(failed.out.lines().last().expect("a line")).expect("JSON");
    assert_eq!((&last["type"], &last["exit_code"]), (&"summary".into(), &3.into()));
    let junit = project.run(&["score", "--format", "junit", "--benchmarks", "benchmarks/vans.yaml"]).exits(0).out;
    assert!(junit.contains("tests=\"10\""), "{junit}");
}

#[test]
fn what_the_program_knows_about_itself() {
    let project = Project::empty();
    let explained = project.run(&["explain", "ge0101"]).exits(0).out;
    assert!(explained.starts_with("GE0101: "), "{explained}");
    assert!(project.run(&["explain", "gold-leak"]).exits(0).out.contains("guard `gold-leak`"));
    assert!(project.run(&["explain", "6"]).exits(0).out.contains("the ground moved"));
    for name in ["plan", "state", "scorecard", "event"] {
        assert!(project.run(&["schema", name]).exits(0).json()["title"].is_string(), "{name}");
    }
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
    for (form, start) in
        [("markdown", "<!-- genie-enhance {"), ("html", "<!DOCTYPE html>"), ("junit", "<?xml"), ("text", "Plan ")]
    {
        let shown = project.run(&["show", "plan.json", "--format", form]).exits(0).out;
        assert!(shown.starts_with(start), "{form}: {shown}");
    }
    let sarif = project.run(&["show", "plan.json", "--format", "sarif"]).exits(0).json();
    let results = sarif["runs"][0]["results"].as_array().expect("results");
    let place = |result: &Value| result["locations"][0]["physicalLocation"].clone();
    assert_eq!(results.len(), plan["changes"].as_array().map_or(0, Vec::len));
    assert!(results.iter().all(|result| place(result)["artifactLocation"]["uri"] == "space.yaml"));
    let lines: Vec<u64> = results.iter().filter_map(|result| place(result)["region"]["startLine"].as_u64()).collect();
    let declared = project.read("space.yaml").lines().count() as u64;
    assert!(lines.iter().any(|line| *line > 1) && lines.iter().all(|line| *line <= declared), "{lines:?}");
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

#[test]
fn one_layout_for_declared_files_and_comments_stay() {
    let project = Project::small();
    project.run(&["fmt", "--check"]).exits(0);
    let before = project.read("space.yaml");
    project.write("space.yaml", &before.replace('\n', " \r\n").replace("config:", "\r\n\r\nconfig:"));
    let found = project.run(&["fmt", "--check", "--json"]).exits(2).json();
    assert_eq!(found["changed"], serde_json::json!(["space.yaml"]));
    assert!(project.read("space.yaml").contains('\r'), "--check writes nothing");
    project.run(&["fmt"]).exits(0);
    project.run(&["fmt", "--check"]).exits(0);
    let comments = |text: &str| {
        text.lines().filter_map(|line| line.split_once('#')).map(|(_, c)| c.trim().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(comments(&project.read("space.yaml")), comments(&before));
}

#[test]
fn the_meant_project_says_where_each_value_comes_from() {
    let project = Project::small();
    project.write("genie.prod.yaml", "target: {rounds: 1}\n");
    let shown = project.run(&["config", "show", "--effective", "--origins", "-e", "prod"]).exits(0).out;
    let line = |key: &str| shown.lines().find(|line| line.starts_with(&format!("{key}: "))).expect("a line").to_owned();
    assert!(
        line("target.rounds").starts_with("target.rounds: 1") && line("target.rounds").ends_with("# genie.prod.yaml:1")
    );
    assert!(line("target.score").ends_with("# genie.yaml:10"), "{}", line("target.score"));
    assert!(line("scoring.genie.concurrency").ends_with("# default"));
    let said = project.run(&["config", "show", "--json"]).exits(0).json();
    assert!(said.as_array().is_some_and(|values| values.iter().all(|value| value["origin"] != "default")));
}

#[test]
fn a_new_project_holds_the_schemas_that_its_files_name() {
    let project = Project::small();
    let made = project.run(&["init", "--from", "data", "--to", "new", "--json"]).exits(0).json();
    assert_eq!(made["project"], "new/genie.yaml");
    for file in ["new/genie.yaml", "new/space.yaml", "new/benchmarks/questions.yaml"] {
        let text = project.read(file);
        let named = text.lines().next().and_then(|line| line.split_once("$schema=")).expect("a modeline").1;
        let schema = project.path(file).parent().expect("a folder").join(named);
        let schema: Value = serde_json::from_str(&std::fs::read_to_string(schema).expect("the schema")).expect("JSON");
        assert!(schema["$schema"].is_string());
    }
    project.run(&["export", "space.yaml", "--out", "space.json"]).exits(0);
    std::fs::create_dir(project.path("other")).expect("a folder");
    project.run(&["import", "space.json", "--out", "other/space.yaml"]).exits(0);
    assert!(project.path("other/schemas/space.schema.json").is_file());
}
