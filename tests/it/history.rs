//! The history: what runs leave in it, what the command tells of it, and that others can read and
//! write it.

use crate::python;
use crate::support::{Project, Served};
use genie_enhance::embedded::server::WAREHOUSE_ID;
use genie_enhance::history::{History, Place, RunRecord, RunRow};
use serde_json::{Value, json};
use std::process::{Child, Stdio};

const TABLES: [&str; 6] = ["runs", "rounds", "questions", "changes", "guards", "costs"];

/// A question of the small project.
const QUESTION: &str = "How many trips were there?";

fn length(value: &Value) -> usize {
    value.as_array().map_or(0, Vec::len)
}

#[test]
fn runs_stand_in_the_history_with_the_plans_own_figures() {
    let (project, plan) = Project::applied();
    let list = project.run(&["history", "list", "--json"]).exits(0).json();
    let commands: Vec<&str> = list.as_array().into_iter().flatten().filter_map(|run| run["command"].as_str()).collect();
    assert_eq!(commands, ["apply", "plan"]);
    let (applied, planned) = (&list[0], &list[1]);
    let score = |side: &str, part: &str| {
        let of = |split: &str| plan["score"][side][split][part].as_u64().unwrap_or_default();
        of("learn") + of("holdout")
    };
    for run in [applied, planned] {
        assert_eq!(run["plan_id"], plan["id"]);
        assert_eq!(run["verdict"], plan["verdict"]);
        assert_eq!(run["changes"], length(&plan["changes"]));
        assert_eq!(
            (run["correct_before"].as_u64(), run["total_before"].as_u64()),
            (Some(score("before", "correct")), Some(score("before", "total")))
        );
        assert_eq!(
            (run["correct_after"].as_u64(), run["total_after"].as_u64()),
            (Some(score("after", "correct")), Some(score("after", "total")))
        );
    }
    assert_eq!((applied["serial"].as_u64(), applied["read_back"].as_str()), (Some(1), Some("equal")));
    assert_eq!(applied["space_id"], project.json(".genie-enhance/state.json")["space_id"]);

    let whole =
        project.run(&["history", "show", planned["folder"].as_str().expect("a name"), "--json"]).exits(0).json();
    for table in ["questions", "changes", "guards"] {
        assert_eq!(length(&whole[table]), length(&plan[table]), "{table}");
    }
    for (row, question) in
        whole["questions"].as_array().into_iter().flatten().zip(plan["questions"].as_array().into_iter().flatten())
    {
        for (column, key) in [("question_id", "id"), ("split", "split"), ("before", "before"), ("after", "after")] {
            assert_eq!(row[column], question[key], "{column} of {question}");
        }
        assert!(row["question"].is_string() && row["sql_after"].is_string(), "{row}");
    }
    assert_eq!(whole["costs"][0]["trials"].as_u64().map(|trials| trials > 0), Some(true));
    let asked = project.asked().len() as u64;
    assert_eq!(whole["costs"][0]["questions_asked"].as_u64(), Some(asked), "as the workspace counted");

    let shown = project.run(&["history", "show", "latest"]).exits(0).out;
    assert!(shown.contains("read back  equal") && shown.contains("c-01"), "{shown}");
    let listed = project.run(&["history", "list"]).exits(0).out;
    assert!(listed.contains("apply #1") && listed.contains("improved"), "{listed}");
    project.run(&["history", "show", "never"]).exits(3).says("there is no run `never` in the history");
}

#[test]
fn runs_are_compared_and_exported() {
    let (project, plan) = Project::applied();
    project.run(&["score"]).exits(0);
    let list = project.run(&["history", "list", "--json"]).exits(0).json();
    assert_eq!(list[0]["command"], "score");
    let earlier = list[2]["run_id"].as_str().expect("an id").to_owned();
    let found = project.run(&["history", "compare", &earlier, "latest", "--json"]).exits(0).json();
    // The live space answers as the plan said it would.
    let counted = plan["questions"].as_array().into_iter().flatten().filter(|q| q["after"] != "not-run").count();
    assert_eq!((length(&found["gained"]), length(&found["lost"])), (0, 0), "{found}");
    assert_eq!(found["same"].as_u64(), Some(counted as u64), "{found}");
    let text = project.run(&["history", "compare", &earlier]).exits(0).out;
    assert!(text.contains("0 gained, 0 lost"), "{text}");

    project.run(&["history", "export", &earlier, "--out", "evidence"]).exits(0);
    for file in
        ["history.json", "events.jsonl", "plan.json", "scorecard-before.json", "scorecard-after.json", "report.html"]
    {
        assert!(project.path("evidence").join(file).is_file(), "{file}");
    }
    assert_eq!(project.json("evidence/plan.json")["id"], plan["id"]);
    project.run(&["history", "export", "--out", "all"]).exits(0);
    assert_eq!(project.read("all/runs.jsonl").lines().count(), 3);
    project.run(&["history", "export", "--out", "all"]).exits(3).says("exists");

    let merged = project.run(&["history", "compact", "--json"]).exits(0).json();
    assert_eq!((&merged["runs"]["files_before"], &merged["runs"]["files_after"]), (&json!(3), &json!(1)), "{merged}");
    assert_eq!(length(&project.run(&["history", "list", "--json"]).exits(0).json()), 3);
    assert!(project.run(&["history", "compact"]).exits(0).out.contains("files after"));
}

#[test]
fn a_history_that_cannot_be_written_stops_nothing() {
    let project = Project::small();
    project.write("in-the-way", "");
    let config = project.read("genie.yaml") + "history: in-the-way\n";
    project.write("genie.yaml", &config);
    project.run(&["score"]).exits(0).says("not in the history");
    project.run(&["history", "list"]).exits(1);
    // A kind of place that no build of the program reaches, so nothing is looked for in a network.
    project.edit("genie.yaml", "history: in-the-way", "history: ftp://bucket/history");
    project.run(&["score"]).exits(0).says("does not go into the history");
}

#[test]
fn pandas_duckdb_and_the_official_package_read_it_and_write_to_it() {
    let Some(mut reader) = python::script("history.py") else { return };
    let (project, plan) = Project::applied();
    let rounds =
        length(&project.run(&["history", "show", plan["id"].as_str().expect("an id"), "--json"]).json()["rounds"]);
    let counts = json!({
        "runs": 2, "costs": 2, "rounds": rounds,
        "questions": length(&plan["questions"]),
        // Once when they were planned, once when they were applied.
        "changes": 2 * length(&plan["changes"]),
        "guards": length(&plan["guards"]),
    });
    assert!(rounds > 0 && TABLES.iter().all(|table| counts[table].is_number()));
    project.write("counts.json", &counts.to_string());
    let printed = python::printed(reader.arg(project.path(".genie-enhance/history")).arg(project.path("counts.json")));
    assert!(printed.contains("TIMESTAMP WITH TIME ZONE"), "{printed}");

    // What it appended is read here, and the next run of ours goes on from its checkpoint.
    let list = project.run(&["history", "list", "--json"]).exits(0).json();
    assert_eq!((list[0]["run_id"].as_str(), list[0]["actor"].as_str()), (Some("from-python"), Some("파이썬")));
    assert_eq!(length(&list), 3);
    project.run(&["score"]).exits(0);
    let log = project.path(".genie-enhance/history/runs/_delta_log");
    assert!(log.join("00000000000000000002.checkpoint.parquet").is_file());
    for old in 0..=2 {
        // As a clean-up after the checkpoint does.
        std::fs::remove_file(log.join(format!("{old:020}.json"))).expect("removed");
    }
    project.run(&["score"]).exits(0);
    let list = project.run(&["history", "list", "--json"]).exits(0).json();
    assert_eq!(length(&list), 5, "{list}");
    // Files of several writers, merged, hold the same.
    project.run(&["history", "compact"]).exits(0);
    let merged = project.run(&["history", "list", "--json"]).exits(0).json();
    assert_eq!(merged, list);
}

#[test]
fn two_runs_at_once_lose_nothing() {
    let (project, _) = Project::planned();
    let mut runs: Vec<_> = (0..3)
        .map(|_| {
            let mut command = project.command();
            command
                .args(["score", "--declared"])
                .stdout(std::process::Stdio::null())
                .stderr(std::process::Stdio::piped());
            command.spawn().expect("a run")
        })
        .collect();
    for run in runs.drain(..) {
        let output = run.wait_with_output().expect("ended");
        let err = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success() && !err.contains("not in the history"), "{err}");
    }
    let list = project.run(&["history", "list", "--json"]).exits(0).json();
    assert_eq!(length(&list), 4, "{list}");
    let ids: std::collections::BTreeSet<&str> =
        list.as_array().into_iter().flatten().filter_map(|run| run["run_id"].as_str()).collect();
    assert_eq!(ids.len(), 4);
}

#[test]
fn a_volume_holds_the_history_as_well() {
    let workspace = Project::small();
    let server = Served::over(&workspace);
    let project = Project::small();
    let host = format!("host: {}\nhistory: /Volumes/fleet/ops/records/history\n", server.host);
    project.edit("genie.yaml", "embedded: ./data\n  as_of: 2025-06-30\n", &host);
    let run = |arguments: &[&str]| {
        let output = project.command().env("DATABRICKS_TOKEN", &server.token).args(arguments).output().expect("a run");
        let err = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success() && !err.contains("history"), "{err}");
        String::from_utf8(output.stdout).expect("UTF-8")
    };
    for _ in 0..2 {
        run(&["score", "--quiet"]);
    }
    let list: Value = serde_json::from_str(&run(&["history", "list", "--json"])).expect("JSON");
    assert_eq!((length(&list), list[0]["command"].as_str()), (2, Some("score")), "{list}");
    let log = workspace.path(".genie-enhance/workspace/files/Volumes/fleet/ops/records/history/runs/_delta_log");
    assert!(log.join("00000000000000000001.json").is_file());
    assert!(!project.path(".genie-enhance/history").exists());
}

#[test]
fn the_official_package_goes_on_from_a_checkpoint_of_ours() {
    const RUNS: usize = 43;
    let Some(mut reader) = python::script("checkpoint.py") else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let history = History::Files(Place::Folder(folder.path().to_owned()));
    let add = |n: usize| {
        let folder = format!("run-{n}");
        let record = RunRecord::begin(RunRow { folder, command: "score".to_owned(), ..RunRow::default() });
        assert!(history.add_now(&record).expect("added"));
    };
    (0..RUNS).for_each(add);
    let table = folder.path().join("runs");
    // Small files are merged by themselves when there are many, and when somebody asks for it.
    let compacted = futures::executor::block_on(history.compact()).expect("merged");
    let (_, runs_files) = compacted.iter().find(|(table, _)| table.name == "runs").expect("a table");
    assert!(runs_files.before < 25 && runs_files.after == 1, "{runs_files:?}");
    let log = table.join("_delta_log");
    for old in 0..=40 {
        // As a clean-up does: what came before the checkpoint is in it.
        std::fs::remove_file(log.join(format!("{old:020}.json"))).expect("removed");
    }
    let version: u64 = python::printed(reader.arg(&table).arg(RUNS.to_string())).trim().parse().expect("a version");
    // What it appended, rewrote and cleaned up is read here, and we go on from its checkpoint.
    (RUNS..RUNS + 20).for_each(add);
    let runs = futures::executor::block_on(history.runs()).expect("read");
    assert_eq!(runs.len(), RUNS + 1 + 20);
    assert!(runs.iter().any(|run| run.run_id == "from-python") && runs.iter().any(|run| run.folder == "run-0"));
    let ours = (version + 1..=version + 20).find(|version| version.is_multiple_of(20)).expect("one in twenty");
    assert!(log.join(format!("{ours:020}.checkpoint.parquet")).is_file());
}

#[test]
fn a_schema_behind_the_warehouse_holds_the_history_as_well() {
    let workspace = Project::small();
    let server = Served::over(&workspace);
    let sql = |statement: &str| {
        let body = json!({ "warehouse_id": WAREHOUSE_ID, "statement": statement, "wait_timeout": "30s" });
        let (status, reply) = server.call("POST", "/api/2.0/sql/statements", Some(&body));
        assert_eq!((status, &reply["status"]["state"]), (200, &json!("SUCCEEDED")), "{statement}: {reply}");
        reply["result"]["data_array"].clone()
    };
    // A table of a release that counted less.
    sql("CREATE TABLE main.ops.genie_enhance_costs (run_id STRING, questions_asked BIGINT)");
    let project = Project::small();
    let host = format!("host: {}\nhistory: main.ops\n", server.host);
    project.edit("genie.yaml", "embedded: ./data\n  as_of: 2025-06-30\n", &host);
    // What stands in a question is data wherever it goes.
    project.edit("benchmarks/trips.yaml", QUESTION, &format!("{QUESTION} '); DROP TABLE runs; -- \\ 운행"));
    let start = |arguments: &[&str]| {
        let mut command = project.command();
        command.env("DATABRICKS_TOKEN", &server.token).args(arguments);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("a run")
    };
    let ended = |child: Child| {
        let output = child.wait_with_output().expect("ended");
        let err = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success() && !err.contains("history"), "{err}");
        String::from_utf8(output.stdout).expect("UTF-8")
    };
    // Several at once lose nothing.
    let runs: Vec<Child> = (0..3).map(|_| start(&["score", "--quiet"])).collect();
    runs.into_iter().for_each(|run| drop(ended(run)));
    let list: Value = serde_json::from_str(&ended(start(&["history", "list", "--json"]))).expect("JSON");
    assert_eq!((length(&list), list[0]["command"].as_str()), (3, Some("score")), "{list}");
    assert_eq!(sql("SELECT count(*) FROM main.ops.genie_enhance_runs"), json!([["3"]]));
    let whole: Value = serde_json::from_str(&ended(start(&["history", "show", "latest", "--json"]))).expect("JSON");
    let questions = whole["questions"].as_array().into_iter().flatten();
    assert!(
        questions
            .filter_map(|row| row["question"].as_str())
            .any(|text| text.contains("'); DROP TABLE runs; -- \\ 운행"))
    );
    let costs = &whole["costs"][0];
    assert!(costs["statements"].as_u64() > Some(0) && costs["sql_seconds"].as_f64() > Some(0.0), "{costs}");
    assert_eq!(costs["run_id"], list[0]["run_id"]);
}

#[test]
fn the_embedded_warehouse_keeps_the_history_between_runs() {
    let project = Project::small();
    let config = project.read("genie.yaml") + "history: main.ops\n";
    project.write("genie.yaml", &config);
    for _ in 0..2 {
        let err = project.run(&["score"]).exits(0).err;
        assert!(!err.contains("history"), "{err}");
    }
    let list = project.run(&["history", "list", "--json"]).exits(0).json();
    assert_eq!(length(&list), 2, "{list}");
    assert!(!project.path(".genie-enhance/history").exists());
    assert!(project.path(".genie-enhance/workspace/tables/main.ops.genie_enhance_costs.jsonl").is_file());
}
