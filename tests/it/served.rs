//! The embedded workspace as a process of its own: killed runs, edits by others, other workspaces.

use crate::support::{Project, Served, wait_for};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::process::Stdio;

/// A project in the served workspace, with a token in its environment.
pub(crate) struct Remote {
    pub(crate) project: Project,
    pub(crate) token: String,
}

impl Remote {
    pub(crate) fn of(server: &Served) -> Self {
        let project = Project::small();
        let host = format!("host: {}\n", server.host);
        project.edit("genie.yaml", "embedded: ./data\n  as_of: 2025-06-30\n", &host);
        Self { project, token: server.token.clone() }
    }

    pub(crate) fn plan(&self) -> std::process::Command {
        let mut command = self.project.command();
        command.env("DATABRICKS_TOKEN", &self.token).args(["plan", "--json"]);
        command
    }

    /// Titles of the shadows on record.
    pub(crate) fn shadows(&self) -> Vec<String> {
        let output = self.project.command().args(["shadows", "list", "--json"]).output().expect("lists");
        let listed: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let title = |shadow: &Value| shadow["title"].as_str().expect("a title").to_owned();
        listed.as_array().expect("a list").iter().map(title).collect()
    }

    fn answers(&self) -> usize {
        let text = std::fs::read_to_string(self.project.path(".genie-enhance/cache/answers.jsonl"));
        text.map_or(0, |text| text.matches('\n').count())
    }
}

#[test]
fn a_killed_plan_leaves_no_trace_and_goes_on_where_it_stopped() {
    let (workspace, _) = Project::applied();
    let server = Served::over(&workspace);
    let live = workspace.json(".genie-enhance/state.json")["space_id"].as_str().expect("an id").to_owned();
    let before = server.space(&live);
    let remote = Remote::of(&server);
    // The live space is the tuned one, the definition the bare one: the plan has much to ask.
    remote.project.edit("genie.yaml", "definition: space.yaml\n", &format!("definition: space.yaml\n  id: {live}\n"));
    let start = workspace.requests().len();
    let points = [1, 9, 40, 90];
    for point in points {
        let asked_before = workspace.asked().len();
        let answered_before = remote.answers();
        let mut child = remote.plan().stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("plan starts");
        let reached = wait_for("the request to kill after", || {
            let ended = child.try_wait().expect("a status").is_some();
            (ended || workspace.requests().len() >= start + point).then_some(!ended)
        });
        assert!(reached, "the plan ended before request {point}");
        child.kill().expect("killed");
        child.wait().expect("gone");
        // Questions under way when it was killed: at most as many as are asked at a time.
        let answered = remote.answers() - answered_before;
        let under_way = (workspace.asked().len() - asked_before).saturating_sub(answered);
        assert!(under_way <= 3, "{under_way} answers were not kept at once");
        assert_eq!(server.space(&live), before, "the live space was touched");
        // Whatever it left behind is on record.
        let left = remote.shadows();
        for title in server.titles().into_iter().filter(|title| title.contains("shadow]")) {
            assert!(left.contains(&title), "{title} is not listed: {left:?}");
        }
    }
    let output = remote.plan().output().expect("plan runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let plan: Value = serde_json::from_slice(&output.stdout).expect("a plan");
    assert!(plan["verdict"].is_string());
    assert_eq!(server.space(&live), before, "the live space was touched");
    assert_eq!(server.titles(), ["Van fleet"], "a shadow is left");

    // Of all runs together: every answer was asked for once; what the kills cut off was found
    // again in its conversation.
    let asked = &workspace.asked()[..];
    let ours = workspace.requests()[start..].iter().filter(|entry| entry["question"].is_string()).count();
    // The workspace may take in a question just after the one who asked it was killed.
    let lost = ours - remote.answers();
    assert!(lost <= 3 * points.len(), "{lost} answers were lost");
    let mut times: BTreeMap<&(String, String), usize> = BTreeMap::new();
    for pair in &asked[asked.len() - ours..] {
        *times.entry(pair).or_default() += 1;
    }
    // What moved is asked a second time on purpose, to see whether the answer is steady.
    let moved = |id: &str| {
        plan["questions"].as_array().into_iter().flatten().any(|q| q["id"] == id && q["before"] != q["after"])
    };
    let repeats =
        plan["questions"].as_array().into_iter().flatten().filter(|q| moved(q["id"].as_str().unwrap_or(""))).count();
    let again: usize = times.values().map(|times| times - 1).sum();
    // At most twice in each arm; and some more where too few moved to show that answers are steady.
    assert!(again <= 4 * repeats + 12 + lost, "{again} questions were asked again");

    // The next run leaves out at once what this one has rejected, so it may try a set of changes
    // that is new. Of all that was asked before it asks nothing; and the one after it, nothing.
    let before: BTreeSet<(String, String)> = workspace.asked().into_iter().collect();
    let count = workspace.asked().len();
    assert!(remote.plan().output().expect("plan runs").status.success());
    let more = workspace.asked().split_off(count);
    assert!(more.iter().all(|pair| !before.contains(pair)), "{more:?}");
    let count = workspace.asked().len();
    assert!(remote.plan().output().expect("plan runs").status.success());
    assert_eq!(workspace.asked().len(), count);
}

#[test]
fn two_plans_at_once_on_one_space_do_not_disturb_each_other() {
    let (workspace, _) = Project::applied();
    let server = Served::over(&workspace);
    let live = workspace.json(".genie-enhance/state.json")["space_id"].as_str().expect("an id").to_owned();
    let before = server.space(&live);
    let remotes = [Remote::of(&server), Remote::of(&server)];
    for remote in &remotes {
        let named = format!("definition: space.yaml\n  id: {live}\n");
        remote.project.edit("genie.yaml", "definition: space.yaml\n", &named);
    }
    // The first one alone says what has to come out.
    let alone = Remote::of(&server);
    let named = format!("definition: space.yaml\n  id: {live}\n");
    alone.project.edit("genie.yaml", "definition: space.yaml\n", &named);
    let output = alone.plan().output().expect("plan runs");
    let wanted: Value = serde_json::from_slice(&output.stdout).expect("a plan");

    let started: Vec<_> = remotes
        .iter()
        .map(|remote| remote.plan().stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("plan starts"))
        .collect();
    for child in started {
        let output = child.wait_with_output().expect("plan ends");
        let plan: Value = serde_json::from_slice(&output.stdout).expect("a plan");
        for part in ["verdict", "score", "questions", "changes"] {
            assert_eq!(plan[part], wanted[part], "{part}");
        }
    }
    assert_eq!(server.space(&live), before, "the live space was touched");
    assert_eq!(server.titles(), ["Van fleet"], "a shadow is left");
}

#[test]
fn a_plan_can_be_proved_on_a_space_that_is_named_for_it() {
    let (workspace, _) = Project::applied();
    let server = Served::over(&workspace);
    let live = workspace.json(".genie-enhance/state.json")["space_id"].as_str().expect("an id").to_owned();
    let before = server.space(&live);
    let body = json!({
        "title": "For proving",
        "warehouse_id": before["warehouse_id"],
        "serialized_space": before["serialized_space"],
    });
    let (status, made) = server.call("POST", "/api/2.0/genie/spaces", Some(&body));
    assert_eq!(status, 200, "{made}");
    let lent = made["space_id"].as_str().expect("an id").to_owned();
    let held = server.space(&lent);

    let remote = Remote::of(&server);
    remote.project.edit("genie.yaml", "definition: space.yaml\n", &format!("definition: space.yaml\n  id: {live}\n"));
    let wanted = remote.plan().output().expect("plan runs");
    let wanted: Value = serde_json::from_slice(&wanted.stdout).expect("a plan");

    let start = workspace.requests().len();
    let remote = Remote::of(&server);
    remote.project.edit("genie.yaml", "definition: space.yaml\n", &format!("definition: space.yaml\n  id: {live}\n"));
    remote.project.edit("genie.yaml", "target: {", &format!("proof: {{space: {lent}}}\ntarget: {{"));
    let output = remote.plan().output().expect("plan runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let plan: Value = serde_json::from_slice(&output.stdout).expect("a plan");
    for part in ["verdict", "score", "questions", "changes"] {
        assert_eq!(plan[part], wanted[part], "{part}");
    }
    // It was written to, no space was made, and everything stands as it did.
    let requests = &workspace.requests()[start..];
    let sent =
        |method: &str, path: &str| requests.iter().filter(|r| r["method"] == method && r["path"] == path).count();
    assert!(sent("PATCH", &format!("/api/2.0/genie/spaces/{lent}")) >= 2, "changed and written back");
    assert_eq!(sent("POST", "/api/2.0/genie/spaces"), 0, "a shadow was made all the same");
    assert_eq!(server.space(&live), before, "the live space was touched");
    let now = server.space(&lent);
    for field in ["title", "warehouse_id", "serialized_space"] {
        assert_eq!(now[field], held[field], "{field} of the lent space");
    }

    remote.project.edit("genie.yaml", &format!("space: {lent}"), &format!("space: {live}"));
    let output = remote.plan().output().expect("plan runs");
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("is the live space"));
    assert_eq!(server.space(&live), before, "the live space was touched");
}

#[test]
fn a_plan_of_another_workspace_is_refused() {
    let workspace = Project::small();
    let server = Served::over(&workspace);
    let remote = Remote::of(&server);
    let output = remote.plan().args(["--no-learn", "--out", "plan.json"]).output().expect("plan runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let plan = remote.project.read("plan.json");
    let id = remote.project.json("plan.json")["id"].as_str().expect("an id").to_owned();
    let other = Project::small();
    other.write("plan.json", &plan);
    other.run(&["apply", "plan.json", "--approve", &id]).exits(3).says("made for the workspace http://127.0.0.1");
    assert!(!other.path(".genie-enhance/state.json").exists());
}

/// Edits the live space as somebody else would: over HTTP, with the whole document.
#[test]
fn a_token_that_ends_in_the_middle_is_renewed() {
    let place = Project::small();
    let refused = "times: 1, effect: status, status: 401, error_code: UNAUTHENTICATED, message: 'token expired'";
    let routes = ["POST /api/2.0/genie/spaces", "PATCH /api/2.0/genie/spaces/*", "GET /api/2.0/genie/spaces/*"];
    let faults: String = routes.iter().map(|route| format!("- {{route: '{route}', {refused}}}\n")).collect();
    place.write("world.yaml", &format!("faults:\n{faults}"));
    let server = Served::with(&place, &["--world", "world.yaml"]);
    let Remote { project, token } = Remote::of(&server);
    let run = |arguments: &[&str]| {
        let mut command = project.command();
        command.env("DATABRICKS_CLIENT_ID", "embedded-service-principal").env("DATABRICKS_CLIENT_SECRET", &token);
        crate::support::Done::of(command.args(arguments)).exits(0)
    };
    for instruction in ["Be brief.", "Be kind."] {
        project.edit("space.yaml", "Be brief.", instruction);
        run(&["plan", "--no-learn", "--out", "plan.json"]);
        let id = project.json("plan.json")["id"].as_str().expect("an id").to_owned();
        run(&["apply", "plan.json", "--approve", &id]);
    }
    let space = project.json(".genie-enhance/state.json")["space_id"].as_str().expect("an id").to_owned();
    assert!(server.space(&space).to_string().contains("Be kind."));
    let log = place.requests();
    // Reads leave no line.
    let refused = log.iter().filter(|entry| entry["status"] == 401).count();
    assert_eq!(refused, 2, "each write was refused once: {log:#?}");
}

fn edit_by_others(server: &Served, id: &str, edit: impl Fn(&mut Value)) -> Value {
    let space = server.space(id);
    let mut document: Value =
        serde_json::from_str(space["serialized_space"].as_str().expect("a document")).expect("JSON");
    edit(&mut document);
    let body = json!({ "serialized_space": document.to_string() });
    let (status, answer) = server.call("PATCH", &format!("/api/2.0/genie/spaces/{id}"), Some(&body));
    assert_eq!(status, 200, "{answer}");
    server.space(id)
}

#[test]
fn a_plan_whose_ground_has_moved_is_refused() {
    let (project, _) = Project::applied();
    let server = Served::over(&project);
    let id = project.json(".genie-enhance/state.json")["space_id"].as_str().expect("an id").to_owned();
    project.edit("space.yaml", "Be brief.", "Be brief and kind.");
    project.run(&["plan", "--no-learn", "--out", "plan.json"]).exits(0);
    let plan = project.json("plan.json")["id"].as_str().expect("an id").to_owned();
    let state = project.read(".genie-enhance/state.json");
    let declared = project.read("space.yaml");
    let apply = || project.run(&["apply", "plan.json", "--approve", &plan]).exits(6).says("Nothing was written");

    // In the place that the plan changes, and elsewhere; the plan says where each time.
    let clash = edit_by_others(&server, &id, |document| {
        document["instructions"]["text_instructions"][0]["content"] = json!(["Be long.\n"]);
    });
    let said = apply().err;
    assert!(said.contains("text_instructions"), "the place is named: {said}");
    assert_eq!(server.space(&id), clash);
    project.run(&["drift", "--detailed-exitcode"]).exits(2);

    let disjoint = edit_by_others(&server, &id, |document| {
        document["instructions"]["text_instructions"][0]["content"] = json!(["Be brief.\n"]);
        document["data_sources"]["tables"][1]["description"] = json!(["Trips of our vans."]);
    });
    let said = apply().err;
    assert!(said.contains("fleet.ops.trips") && said.contains("does not touch"), "{said}");
    assert_eq!(server.space(&id), disjoint);
    assert_eq!(project.read(".genie-enhance/state.json"), state);
    assert_eq!(project.read("space.yaml"), declared);
    // Planning anew over edits that nobody has taken in stops as well.
    project.run(&["plan"]).exits(6).says("was edited since the last plan");

    // Back as it was, with another etag: the plan fits again.
    edit_by_others(&server, &id, |document| {
        document["data_sources"]["tables"][1]["description"] = json!(["Delivery trips."]);
    });
    assert_eq!(project.apply("plan.json")["outcome"], "updated");
}
