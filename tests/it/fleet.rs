//! Several projects in one run, environments, and a run that is stopped.

use crate::support::{Project, repository, wait_for};
use serde_json::{Value, json};
use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

/// Projects `a` and `b` under one folder.
fn two() -> Project {
    let project = Project::empty();
    for name in ["a", "b"] {
        let from = repository().join("tests/data/small");
        let done = Command::new("cp").arg("-r").arg(from).arg(project.path(name)).status().expect("copied");
        assert!(done.success());
    }
    project
}

fn git(project: &Project, arguments: &[&str]) {
    let identity = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "init.defaultBranch=main"];
    let done = Command::new("git").current_dir(project.path(".")).args(identity).args(arguments).output().expect("git");
    assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
}

#[test]
fn a_fleet_ends_with_a_table_and_the_worst_exit_code() {
    let fleet = two();
    let score = ["score", "-f", "a/genie.yaml", "-f", "b/genie.yaml", "--benchmarks", "a/benchmarks/vans.yaml"];
    let done = fleet.run(&score).exits(0);
    let table: Vec<&str> = done.out.lines().collect();
    assert_eq!(table.len(), 3, "{}", done.out);
    assert!(table[1].starts_with("a/genie.yaml") && table[1].contains("/10"), "{}", done.out);
    fs::write(fleet.path("b/genie.yaml"), "version: 1\nbenchmark: []\n").expect("written");
    let document =
        fleet.run(&["score", "-f", "*/genie.yaml", "--json", "--benchmarks", "a/benchmarks/vans.yaml"]).exits(3).json();
    let rows = document["projects"].as_array().expect("rows");
    assert_eq!((&rows[0]["exit_code"], &rows[1]["exit_code"]), (&json!(0), &json!(3)), "{document}");
    assert!(rows[1]["error"].as_str().is_some_and(|error| error.contains("benchmark")), "{document}");
    fleet.run(&["apply", "-f", "a/genie.yaml", "-f", "b/genie.yaml"]).exits(3).says("name one project file");
    fleet.run(&["score", "-f", "nothing*/genie.yaml"]).exits(3).says("no project matches");
}

#[test]
fn drift_of_a_fleet_is_one_table() {
    let fleet = two();
    fleet.run(&["plan", "-f", "a/genie.yaml", "--no-learn", "--out", "a.json"]).exits(0);
    let id = fleet.json("a.json")["id"].as_str().expect("an id").to_owned();
    fleet.run(&["apply", "-f", "a/genie.yaml", "a.json", "--approve", &id]).exits(0);
    let look = ["drift", "-f", "*/genie.yaml", "--detailed-exitcode", "--json"];
    let verdicts = |code: i32| {
        let document = fleet.run(&look).exits(code).json();
        let rows = document["projects"].as_array().expect("rows").iter();
        rows.map(|row| (row["verdict"].clone(), row["exit_code"].clone())).collect::<Vec<_>>()
    };
    assert_eq!(verdicts(0), [(json!("as applied"), json!(0)), (json!("no live space"), json!(0))]);
    let space = fleet.json("a/.genie-enhance/state.json")["space_id"].as_str().expect("an id").to_owned();
    let record = format!("a/.genie-enhance/workspace/spaces/{space}.json");
    fleet.edit(&record, "Be brief.", "Be long.");
    assert_eq!(verdicts(2), [(json!("drifted"), json!(2)), (json!("no live space"), json!(0))]);
    let table = fleet.run(&look[..4]).exits(2).out;
    assert!(table.lines().any(|line| line.starts_with("a/genie.yaml") && line.ends_with("drifted")), "{table}");
}

#[test]
fn only_projects_that_changed_are_looked_at() {
    let fleet = two();
    git(&fleet, &["init", "-q"]);
    git(&fleet, &["add", "."]);
    git(&fleet, &["commit", "-qm", "Two spaces"]);
    let looked_at = |expected: &[&str]| {
        let done = fleet.run(&["validate", "-f", "*/genie.yaml", "--changed-since", "HEAD", "--json"]).exits(0).json();
        let files: Vec<&str> =
            done["projects"].as_array().expect("rows").iter().filter_map(|row| row["file"].as_str()).collect();
        assert_eq!(files, expected);
    };
    looked_at(&[]);
    fleet.edit("b/space.yaml", "Be brief.", "Be kind.");
    looked_at(&["b/genie.yaml"]);
    fs::write(fleet.path("a/benchmarks/more.yaml"), "questions: []\n").expect("written");
    looked_at(&["a/genie.yaml", "b/genie.yaml"]);
    fleet.run(&["validate", "-f", "*/genie.yaml", "--changed-since", "nowhere"]).exits(3).says("git says");
}

#[test]
fn an_environment_has_its_own_names_and_no_old_one_is_left() {
    let project = Project::small();
    let schema = project.read("data/schema.json").replace("fleet.ops", "prod_fleet.ops");
    fs::create_dir(project.path("prod")).expect("a folder");
    for file in ["drivers.csv", "trips.csv", "vans.csv"] {
        fs::copy(project.path(&format!("data/{file}")), project.path(&format!("prod/{file}"))).expect("copied");
    }
    project.write("prod/schema.json", &schema);
    project.write(
        "genie.prod.yaml",
        "workspace: {embedded: ./prod}\nrebind: {fleet: prod_fleet}\nstate: .genie-enhance/prod/state.json\n",
    );
    let plan = project.run(&["plan", "-e", "prod", "--out", "plan.json", "--json"]).exits(0).json();
    assert_eq!(plan["verdict"], "improved", "{}", plan["verdict_reason"]);
    let changes = plan["changes"].to_string();
    assert!(changes.contains("prod_fleet.ops") && !changes.replace("prod_fleet.", "").contains("fleet."), "{changes}");
    let id = plan["id"].as_str().expect("an id");
    project.run(&["apply", "plan.json", "-e", "prod", "--approve", id]).exits(0);
    let declared = project.read("space.yaml");
    assert!(!declared.contains("prod_fleet") && declared.contains("# everybody who drives for us"), "{declared}");
    project.run(&["drift", "-e", "prod", "--detailed-exitcode"]).exits(0);
    assert!(
        !project.path(".genie-enhance/state.json").exists() && project.path(".genie-enhance/prod/state.json").exists()
    );

    project.edit("space.yaml", "Be brief.", "Be brief about fleet.ops.trips.");
    project.run(&["validate", "-e", "prod"]).exits(0).says("GE0504");
    project.run(&["validate", "-e", "test"]).exits(3).says("GE0204");
    project.edit("benchmarks/vans.yaml", "SELECT COUNT(*) AS vans\n", "SELEC COUNT(*) AS vans\n");
    project.run(&["plan", "-e", "prod"]).exits(3).says("GE0503").says("van-count-1");
    project.edit("genie.prod.yaml", "{fleet: prod_fleet}", "{fleet: a.b}");
    project.run(&["validate", "-e", "prod"]).exits(3).says("GE0213");
}

#[test]
fn one_interrupt_stops_cleanly() {
    let project = Project::small();
    let mut command = project.command();
    let mut child = command
        .args(["plan", "--format", "jsonl"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("starts");
    let mut lines = BufReader::new(child.stdout.take().expect("stdout")).lines();
    // A shadow is there once its first question is answered.
    let scored = lines.by_ref().map_while(Result::ok).find(|line| line.contains("question-scored"));
    assert!(scored.is_some(), "the plan asks something");
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().expect("kill").success());
    let rest: Vec<String> = lines.map_while(Result::ok).collect();
    let status = wait_for("the end of the run", || child.try_wait().expect("waits"));
    assert_eq!(status.code(), Some(9));
    let last: Value = serde_json::from_str(rest.last().expect("a line")).expect("JSON");
    assert_eq!((&last["type"], &last["exit_code"]), (&json!("summary"), &json!(9)));
    assert_eq!(project.run(&["shadows", "list", "--json"]).exits(0).json(), json!([]));
    assert!(!project.path(".genie-enhance/state.json").exists());
}
