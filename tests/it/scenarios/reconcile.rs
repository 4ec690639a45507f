//! Drift and what becomes of it, parts of plans, hostile texts, shared state.

use super::stage::{AFTER, BEFORE, Stage, WAYS, Way};
use super::{GET, edit};
use crate::support::Project;
use serde_json::{Value, json};

/// Text that is dangerous somewhere: terminals, Markdown, HTML, CI logs.
const HOSTILE: &str = "\u{1b}]0;owned\u{7}\u{1b}[31mred \u{202e}backwards\u{2066} </details> ``` ~~~ --> <script>alert(1)</script> \
                       @everyone ::set-output name=x::y ##vso[task.setvariable]z e\u{301}\n- a bullet\n+ another\r\n";

#[test]
fn hostile_content_stays_inert_and_arrives_byte_for_byte() {
    for way in WAYS {
        let stage = Stage::of(way);
        let text = format!("{HOSTILE}{}\n", "x".repeat(20_000));
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        // An edit in the workspace that is adopted, then one of the definition on top of it.
        let set = json!({"/instructions/text_instructions/0/content": lines});
        stage.project.edit("space.yaml", AFTER, BEFORE);
        stage.project.edit("space.yaml", "description: Trips of our vans.", "description: Delivery trips.");
        stage.world(&edit(GET, &format!("set: {set}")));
        stage.project.run(&["drift", "--detailed-exitcode"]).exits(2);
        stage.calm();
        stage.project.run(&["plan", "--no-learn", "--on-drift", "adopt", "--detailed-exitcode"]).exits(0);
        let before = stage.record()["document"].clone();
        let export: Value = stage.project.run(&["export", "space.yaml"]).exits(0).json();
        let at = "/instructions/text_instructions/0/content";
        assert_eq!(export.pointer(at), before.pointer(at), "byte for byte");
        stage.project.edit("space.yaml", "- a bullet", "- a better bullet");
        stage.project.run(&["plan", "--no-learn", "--out", "hostile.json"]).exits(0);
        for form in ["text", "markdown", "html", "json", "sarif"] {
            let shown = stage.project.run(&["show", "hostile.json", "--format", form, "--full"]).exits(0).out;
            // A change that is too long for a comment is left out of it as a whole.
            let whole = ["text", "json", "html"].contains(&form);
            assert!(!whole || shown.contains("a better bullet"), "{form}");
            for raw in ["\u{1b}", "\u{7}", "\u{202e}", "\u{2066}"] {
                // JSON is for programs; it escapes what is no character.
                let is_mark = raw > "\u{2000}";
                assert!(!shown.contains(raw) || (is_mark && form == "json"), "{raw:?} in {form}");
            }
            if form == "html" {
                assert!(!shown.contains("<script>alert"), "{form}");
            }
        }
        stage.project.apply("hostile.json");
        let after = stage.record()["document"].clone();
        let told: String =
            after.pointer(at).and_then(Value::as_array).expect("lines").iter().filter_map(Value::as_str).collect();
        assert_eq!(told, text.replace("- a bullet", "- a better bullet"));
    }
}

#[test]
fn drift_is_sorted_adopted_kept_or_overwritten_by_element() {
    for way in WAYS {
        let stage = Stage::of(way);
        stage.apply().exits(0);
        stage.world(&edit(
            GET,
            "title: Our vans, set: {/instructions/text_instructions/0/content: [\"Be  brief and kind.\\n\"], \
             /data_sources/tables/1/description: ['Every trip.'], \
             /config/sample_questions/0/question: ['How many?']}",
        ));
        let before = stage.project.read(".genie-enhance/state.json");
        let drift = stage.project.run(&["drift", "--json", "--detailed-exitcode"]).exits(2).json();
        let kinds: Vec<(String, String)> = drift["edits"]
            .as_array()
            .expect("edits")
            .iter()
            .map(|edit| {
                (edit["kind"].as_str().unwrap_or("").to_owned(), edit["address"].as_str().unwrap_or("").to_owned())
            })
            .collect();
        let of = |kind: &str| kinds.iter().filter(|(found, _)| found == kind).count();
        assert_eq!((of("semantic"), of("content"), of("cosmetic")), (1, 2, 1), "{kinds:?}");
        assert_eq!(stage.project.read(".genie-enhance/state.json"), before, "drift only reads");
        assert_eq!(stage.writes(), 1);
        stage.calm();
        let refused = stage.project.run(&["plan", "--no-learn", "--json"]).exits(6).says("--on-drift");
        assert_eq!(refused.json()["error"]["moved"]["class"], "drift");
        let places = [
            "--drift",
            "space/title=adopt",
            "--drift",
            "sample_questions=keep",
            "--drift",
            "text_instructions=adopt",
            "--drift",
            "tables/fleet.ops.trips=overwrite",
        ];
        let plan = [&["plan", "--no-learn", "--json", "--out", "mixed.json"], &places[..]].concat();
        let plan = stage.project.run(&plan).exits(0).json();
        let changes = plan["changes"].as_array().expect("changes");
        assert_eq!(changes.len(), 1, "{plan}");
        assert_eq!(changes[0]["address"], "tables/fleet.ops.trips/description");
        stage.project.apply("mixed.json");
        let declared = stage.project.read("space.yaml");
        assert!(declared.contains("title: Our vans") && declared.contains("Be  brief and kind."), "{declared}");
        assert!(!declared.contains("\"How many?\"") && declared.contains("Trips of our vans."), "{declared}");
        assert!(stage.live().contains("How many?") && stage.live().contains("Trips of our vans."));
        // What is kept stays kept, and nothing else is left to do.
        stage.project.run(&["drift", "--detailed-exitcode"]).exits(0);
        stage.project.run(&["plan", "--no-learn", "--detailed-exitcode"]).exits(0);
    }
}

#[test]
fn a_part_of_a_plan_is_a_plan_of_its_own() {
    for way in WAYS {
        let stage = Stage::of(way);
        let changes = stage.project.json("next.json")["changes"].clone();
        let first = changes[0]["id"].as_str().expect("an id").to_owned();
        let part = stage.project.run(&["plan", "split", "next.json", "--only", &first, "--out", "part.json", "--json"]);
        let part = part.exits(0).json();
        assert_ne!(part["id"], stage.id);
        assert_eq!(part["changes"].as_array().map(Vec::len), Some(1));
        assert_eq!(part["verdict"], "not-enough-evidence");
        let rest = stage.project.run(&["plan", "split", "next.json", "--except", &first, "--json"]).exits(0).json();
        assert_eq!(rest["changes"].as_array().map(Vec::len), Some(1));
        stage.project.run(&["plan", "split", "next.json", "--only", "c-99", "--json"]).exits(3).says("c-99");
        stage.project.run(&["apply", "part.json", "--approve", &stage.id]).exits(6);
        stage.project.apply("part.json");
        // The whole plan has lost its ground; the rest can be moved.
        stage.apply().exits(6);
        stage.project.run(&["plan", "--rebase", "next.json", "--out", "rest.json"]).exits(0);
        assert_eq!(stage.project.json("rest.json")["changes"].as_array().map(Vec::len), Some(1));
        stage.project.apply("rest.json");
        assert!(stage.live().contains(AFTER) && stage.live().contains("Trips of our vans."));
    }
}

#[test]
fn a_state_in_a_volume_is_shared_by_checkouts() {
    for way in WAYS {
        let project = Project::small();
        project.write(
            "benchmarks/one.yaml",
            "questions:\n  - {id: a, question: How many vans?, sql: SELECT COUNT(*) FROM fleet.ops.vans}\n",
        );
        project.edit("genie.yaml", "benchmarks/*.yaml", "benchmarks/one.yaml");
        project.edit("genie.yaml", "version: 1\n", "version: 1\nstate: /Volumes/main/ops/state/vans\n");
        let apply = |out: &str| {
            project.run(&["plan", "--no-learn", "--out", out]).exits(0);
            let id = project.json(out)["id"].as_str().expect("an id").to_owned();
            let plan = if way == Way::Saved { out } else { &id };
            project.run(&["apply", plan, "--approve", &id, "--json"]).exits(0).json()["outcome"].clone()
        };
        assert_eq!(apply("first.json"), "created");
        let versions = ".genie-enhance/workspace/files/Volumes/main/ops/state/vans/versions";
        assert!(project.path(versions).join("00000001.json").exists());
        assert!(!project.path(versions).with_file_name("lock").join("lock.json").exists(), "the lock is given back");
        // Another machine: nothing of its own but the checkout and the workspace.
        std::fs::remove_file(project.path(".genie-enhance/state.json")).expect("removed");
        std::fs::remove_dir_all(project.path(".genie-enhance/backups")).expect("removed");
        project.edit("space.yaml", BEFORE, AFTER);
        assert_eq!(apply("next.json"), "updated");
        assert_eq!(project.run(&["state", "show", "--json"]).exits(0).json()["serial"], 2);
        // A serial that somebody else wrote meanwhile is not written over.
        let taken = project.path(versions).join("00000003.json");
        std::fs::write(&taken, "{}").expect("written");
        project.run(&["state", "show"]).exits(3);
        std::fs::remove_file(&taken).expect("removed");
        assert_eq!(project.run(&["lock", "list", "--json"]).exits(0).json(), json!([]));
    }
}
