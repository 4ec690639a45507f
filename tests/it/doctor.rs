//! `doctor`: what is as it should be, what is not, and what to do about it.

use crate::support::{Project, Served};
use serde_json::Value;

/// Status and remedy of a check; several of one kind count as the worst.
fn finding<'a>(report: &'a Value, check: &str) -> (&'a str, &'a str, &'a str) {
    let all = report["findings"].as_array().expect("findings");
    let found = all.iter().filter(|finding| finding["check"] == check);
    let worst =
        found.max_by_key(|finding| finding["status"] == "failed").unwrap_or_else(|| panic!("{check}: {report}"));
    let text = |name: &str| worst[name].as_str().unwrap_or_default();
    (text("status"), text("message"), text("remedy"))
}

#[test]
fn a_sound_project_is_told_so() {
    let project = Project::small();
    let done = project.run(&["doctor", "--json"]).exits(0);
    let report = done.json();
    assert_eq!(report["healthy"], true);
    for check in ["declared files", "state", "host", "authentication", "clock", "space", "warehouse", "tables"] {
        let (status, message, _) = finding(&report, check);
        assert_eq!(status, "ok", "{check}: {message}");
    }
    assert_eq!(finding(&report, "tables").1, "3 can be read");
    assert_eq!(finding(&report, "endpoint").0, "skipped");
    let words = project.run(&["doctor"]).exits(0).out;
    assert!(words.contains("Everything is as it should be."), "{words}");
}

#[test]
fn what_is_missing_is_named_with_its_remedy() {
    let workspace = Project::small();
    workspace.write("world.yaml", "users: [{name: ann@example.com, token: token-of-ann}]\n");
    let server = Served::with(&workspace, &["--world", "world.yaml"]);
    let project = Project::small();
    let remote = |extra: &str| format!("host: {}\n{extra}", server.host);
    project.edit("genie.yaml", "embedded: ./data\n  as_of: 2025-06-30\n", &remote(""));
    let doctor = |token: &str| {
        let mut command = project.command();
        if !token.is_empty() {
            command.env("DATABRICKS_TOKEN", token);
        }
        let output = command.args(["doctor", "--json"]).output().expect("runs");
        let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let shown = report.to_string();
        assert!(token.is_empty() || !shown.contains(token), "the token is shown: {shown}");
        (output.status.code(), report)
    };

    // Nothing is set but the host.
    let (code, report) = doctor("");
    assert_eq!(code, Some(4));
    assert!(finding(&report, "authentication").1.contains("Install the Databricks CLI"), "{report}");

    let (code, report) = doctor("made-up");
    assert_eq!(code, Some(4));
    assert!(finding(&report, "authentication").2.contains("personal access token"), "{report}");

    // A table that is not there, and a model that is not there.
    project.edit("space.yaml", "- identifier: fleet.ops.drivers", "- identifier: fleet.ops.chauffeurs");
    let text = format!("{}llm: {{endpoint: some-model}}\n", project.read("genie.yaml"));
    project.write("genie.yaml", &text);
    let (code, report) = doctor(&server.token);
    assert_eq!(code, Some(1));
    let (status, message, remedy) = finding(&report, "tables");
    assert_eq!(status, "failed");
    assert!(message.contains("fleet.ops.chauffeurs") && remedy.contains("SELECT"), "{report}");
    assert_eq!(finding(&report, "endpoint").0, "failed");
    assert_eq!(finding(&report, "warehouse").0, "ok");

    // A space that may be asked but not read.
    let document = serde_json::json!({"version": 2}).to_string();
    let body = serde_json::json!({"title": "x", "warehouse_id": "embedded", "serialized_space": document});
    let (_, made) = server.call("POST", "/api/2.0/genie/spaces", Some(&body));
    let id = made["space_id"].as_str().expect("an id");
    let grant =
        serde_json::json!({"access_control_list": [{"user_name": "ann@example.com", "permission_level": "CAN_RUN"}]});
    assert_eq!(server.call("PATCH", &format!("/api/2.0/permissions/genie/{id}"), Some(&grant)).0, 200);
    project.edit("genie.yaml", "definition: space.yaml\n", &format!("definition: space.yaml\n  id: {id}\n"));
    let (code, report) = doctor("token-of-ann");
    assert_eq!(code, Some(4));
    let (status, message, remedy) = finding(&report, "space");
    assert_eq!(status, "failed");
    assert!(message.contains("without its content") && remedy.contains("CAN EDIT"), "{report}");
}

#[test]
fn a_host_that_is_no_workspace_is_told() {
    let project = Project::small();
    // Nobody listens on the discard port.
    project.edit("genie.yaml", "embedded: ./data\n  as_of: 2025-06-30\n", "host: http://127.0.0.1:9\n");
    let mut command = project.command();
    let output = command.env("DATABRICKS_TOKEN", "x").args(["doctor", "--json"]).output().expect("runs");
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(output.status.code(), Some(5));
    assert!(finding(&report, "host").2.contains("Check the host"), "{report}");
}
