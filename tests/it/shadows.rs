//! What proving writes to: writes that arrive late, spaces that are lent, and runs that are killed
//! at every step. Nothing stays behind that is not on record, and the next run puts it right.

use crate::served::Remote;
use crate::support::{Project, Served, wait_for};
use genie_enhance::store::Ledger;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::process::Stdio;

/// What tells the title of a space that a run writes to.
const MARK: &str = "[genie-enhance shadow]";

#[test]
fn a_write_that_arrives_late_is_looked_for_before_anything_is_asked() {
    let (_, prompt) = Project::planned();
    let project = Project::small();
    project.write("world.yaml", "propagation: 300ms\n");
    project.edit("genie.yaml", "as_of: 2025-06-30\n", "as_of: 2025-06-30\n  world: world.yaml\n");
    let late = project.run(&["plan", "--json"]).exits(0).json();
    for part in ["verdict", "score", "questions", "changes"] {
        assert_eq!(late[part], prompt[part], "{part}");
    }
    // Every question was asked over what had been written last.
    let mut written: BTreeMap<String, Value> = BTreeMap::new();
    let mut asked = 0;
    for entry in project.requests() {
        let path = entry["path"].as_str().expect("a path").to_owned();
        match entry["question"].as_str() {
            Some(question) => {
                asked += 1;
                let space = path.split('/').nth(5).expect("a space");
                assert_eq!(entry["content"], written[space], "{question} was asked too early");
            }
            None if entry["method"] == "POST" => {
                let made = project.read_spaces();
                let shadow = made.iter().map(|(id, _)| id.clone()).find(|id| !written.contains_key(id));
                written.insert(shadow.expect("it was made"), entry["content"].clone());
            }
            None if entry["method"] == "PATCH" => {
                written.insert(path.rsplit('/').next().expect("an id").to_owned(), entry["content"].clone());
            }
            None => {}
        }
    }
    assert!(asked > 50, "{asked} questions");
}

impl Project {
    /// The ids of all spaces that were ever made here, with what is kept of them.
    fn read_spaces(&self) -> Vec<(String, Value)> {
        let folder = self.path(".genie-enhance/workspace/spaces");
        let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
        let mut found: Vec<(String, Value)> = entries
            .filter_map(|entry| {
                let name = entry.ok()?.file_name().into_string().ok()?;
                let id = name.strip_suffix(".json")?.to_owned();
                let record = self.json(&format!(".genie-enhance/workspace/spaces/{name}"));
                Some((id, record))
            })
            .collect();
        found.sort_by(|a, b| a.0.cmp(&b.0));
        found
    }

    /// Titles of the shadows that are there.
    fn shadows_there(&self) -> Vec<String> {
        let spaces = self.read_spaces();
        let there = spaces.iter().filter(|(_, record)| record["trashed_at"].is_null());
        let title = |(_, record): &(String, Value)| record["sidecar"]["title"].as_str().expect("a title").to_owned();
        there.map(title).filter(|title| title.contains(MARK)).collect()
    }

    fn shadows_listed(&self) -> Vec<String> {
        let ledger = Ledger::new(self.path(".genie-enhance/ledger.jsonl"));
        ledger.shadows().expect("the ledger reads").into_iter().map(|shadow| shadow.title).collect()
    }

    #[track_caller]
    fn lists_what_is_left(&self, what: &str) {
        let listed = self.shadows_listed();
        for title in self.shadows_there() {
            assert!(listed.contains(&title), "{what}: {title} is not listed: {listed:?}");
        }
    }
}

/// Two families of the same unknown word, and one question that is right: few requests, and yet a
/// gain, trials, an elimination and a final measurement.
const FEW: &str = "questions:
  - {id: vans, question: How many vans do we have?, sql: SELECT COUNT(*) AS vans FROM fleet.ops.vans}
  - id: electric-count
    question: How many electric vans do we have?
    sql: SELECT COUNT(*) AS vans FROM fleet.ops.vans WHERE fuel_cd = 'E'
  - id: electric-plates
    question: plates of the electric vans
    sql: SELECT plate FROM fleet.ops.vans WHERE fuel_cd = 'E'
  - id: electric-by-site
    question: number of electric vans by site
    sql: SELECT site, COUNT(*) AS vans FROM fleet.ops.vans WHERE fuel_cd = 'E' GROUP BY site
";

fn few() -> Project {
    let project = Project::small();
    project.write("benchmarks/few.yaml", FEW);
    project.edit("genie.yaml", "benchmarks/*.yaml", "benchmarks/few.yaml");
    project.edit("genie.yaml", "as_of: 2025-06-30\n", "as_of: 2025-06-30\n  world: world.yaml\n");
    project.write("world.yaml", "seed: 0\n");
    project
}

/// Kills a plan at the n-th request of a route, for every n until a plan gets through. Each plan
/// asks everything anew, and first sweeps what the one before left; at the end nothing is left.
/// Returns the number of kills.
fn killed_at(route: &str, whens: &[&str]) -> usize {
    let project = few();
    let mut kills = 0;
    for when in whens {
        for skip in 0.. {
            let what = format!("{route}, {skip} let pass, killed {when} it");
            let fault = format!("{{route: '{route}', skip: {skip}, when: {when}, effect: kill}}");
            project.write("world.yaml", &format!("faults:\n- {fault}\n"));
            let done = project.run(&["plan", "--json", "--fresh"]);
            project.lists_what_is_left(&what);
            assert!(project.shadows_there().len() <= 1, "{what}: the one before was not swept");
            if done.code == Some(0) {
                assert_eq!((project.shadows_there().len(), project.shadows_listed().len()), (0, 0), "{what}");
                break;
            }
            assert_eq!(done.code, None, "{what}: {}", done.err);
            kills += 1;
        }
    }
    project.write("world.yaml", "seed: 0\n");
    let plan = project.run(&["plan", "--json"]).exits(0).json();
    assert_eq!(plan["verdict"], "improved", "{route}: {}", plan["verdict_reason"]);
    assert_eq!((project.shadows_there().len(), project.shadows_listed().len()), (0, 0), "{route}");
    kills
}

#[test]
fn a_plan_killed_at_any_write_of_its_shadow_leaves_nothing_unlisted() {
    let mut kills = 0;
    for route in ["POST /api/2.0/genie/spaces", "PATCH /api/2.0/genie/spaces/*", "DELETE /api/2.0/genie/spaces/*"] {
        kills += killed_at(route, &["before", "after"]);
    }
    assert!(kills >= 8, "{kills} kills");
}

#[test]
fn a_plan_killed_before_any_of_its_requests_leaves_nothing_unlisted() {
    let kills = killed_at("/api/**", &["before"]);
    assert!(kills >= 50, "{kills} kills");
}

#[test]
fn a_plan_killed_after_any_of_its_requests_leaves_nothing_unlisted() {
    let kills = killed_at("/api/**", &["after"]);
    assert!(kills >= 50, "{kills} kills");
}

/// A space for proving that somebody owns, with a content of its own.
fn dev_space(server: &Served) -> String {
    let document = json!({"version": 2, "data_sources": {"tables": [{"identifier": "fleet.ops.vans",
        "description": ["Ours, as it is."]}]}});
    let body = json!({"title": "For proving", "description": "Do not lose this.", "warehouse_id": "embedded",
        "serialized_space": document.to_string()});
    let (status, made) = server.call("POST", "/api/2.0/genie/spaces", Some(&body));
    assert_eq!(status, 200, "{made}");
    made["space_id"].as_str().expect("an id").to_owned()
}

/// A project whose plans are proved on that space.
fn borrower(server: &Served, lent: &str) -> Remote {
    let remote = Remote::of(server);
    remote.project.edit("genie.yaml", "target: {", &format!("proof: {{space: {lent}}}\ntarget: {{"));
    remote
}

/// Starts a plan and kills it once its first trial stands in the lent space.
fn kill_in_a_trial(remote: &Remote, workspace: &Project, lent: &str) {
    let path = format!("/api/2.0/genie/spaces/{lent}");
    let trials = || workspace.requests().iter().filter(|r| r["method"] == "PATCH" && r["path"] == *path).count();
    let before = trials();
    let mut child = remote.plan().stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("plan starts");
    let reached = wait_for("a trial in the lent space", || {
        let ended = child.try_wait().expect("a status").is_some();
        (ended || trials() > before).then_some(!ended)
    });
    assert!(reached, "the plan ended before a trial");
    child.kill().expect("killed");
    child.wait().expect("gone");
}

#[test]
fn a_lent_space_gets_back_what_it_held_after_a_kill() {
    let workspace = Project::small();
    let server = Served::over(&workspace);
    let lent = dev_space(&server);
    let held = server.space(&lent);
    let remote = borrower(&server, &lent);
    let gc = || {
        let mut command = remote.project.command();
        crate::support::Done::of(command.env("DATABRICKS_TOKEN", &remote.token).args(["shadows", "gc"])).exits(0)
    };
    let is_back = |what: &str| {
        let now = server.space(&lent);
        for field in ["title", "description", "warehouse_id", "parent_path", "serialized_space"] {
            assert_eq!(now[field], held[field], "{what}: {field}");
        }
        assert_eq!(remote.shadows(), [] as [&str; 0], "{what}");
    };
    for way in ["gc", "plan"] {
        kill_in_a_trial(&remote, &workspace, &lent);
        let trial = server.space(&lent);
        let title = trial["title"].as_str().expect("a title").to_owned();
        assert_ne!(trial["serialized_space"], held["serialized_space"]);
        assert!(title.starts_with("For proving ") && title.contains(MARK), "its title says so: {title}");
        assert_eq!(remote.shadows(), [title], "it is on record");
        // Somebody else's plan does not take the trial for what the space held.
        let other = borrower(&server, &lent).plan().output().expect("plan runs");
        assert!(!other.status.success());
        let said = String::from_utf8_lossy(&other.stderr).into_owned();
        assert!(said.contains("is lent to another run"), "{said}");
        match way {
            "gc" => assert!(gc().out.contains("\"For proving\", lent for proving, holds again what it held")),
            _ => assert!(remote.plan().output().expect("plan runs").status.success()),
        }
        is_back(way);
    }
    // What its owner has put there meanwhile is the owner's.
    kill_in_a_trial(&remote, &workspace, &lent);
    let own = json!({"title": "Mine again"});
    assert_eq!(server.call("PATCH", &format!("/api/2.0/genie/spaces/{lent}"), Some(&own)).0, 200);
    let stands = server.space(&lent);
    gc();
    assert_eq!(server.space(&lent), stands, "the owner's words were overwritten");
    assert_eq!(remote.shadows(), [] as [&str; 0]);
}
