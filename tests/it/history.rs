//! The history: what runs leave in it, what the command tells of it, and that others can read and
//! write it.

use crate::python;
use crate::support::{Project, Served};
use serde_json::{Value, json};

const TABLES: [&str; 6] = ["runs", "rounds", "questions", "changes", "guards", "costs"];

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
}

#[test]
fn a_history_that_cannot_be_written_stops_nothing() {
    let project = Project::small();
    project.write("in-the-way", "");
    let config = project.read("genie.yaml") + "history: in-the-way\n";
    project.write("genie.yaml", &config);
    project.run(&["score"]).exits(0).says("not in the history");
    project.run(&["history", "list"]).exits(1);
    project.edit("genie.yaml", "history: in-the-way", "history: s3://bucket/history");
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
