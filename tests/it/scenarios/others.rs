//! Other people, other machines, other plans: nobody's words are lost.

use super::stage::{AFTER, BEFORE, Stage, WAYS};
use super::{GET, PATCH, edit, fault};
use crate::support::Project;
use serde_json::json;
use std::process::Stdio;

#[test]
fn a_stale_plan_over_the_same_place_and_over_another() {
    for way in WAYS {
        let stage = Stage::of(way);
        let set = "set: {/instructions/text_instructions/0/content: ['Be long.']}";
        stage.world(&edit(GET, set));
        let refused = stage.apply().exits(6).says("conflict").says("Be long.").says("Nothing was written");
        let moved = &refused.json()["error"]["moved"];
        assert_eq!(
            (&moved["class"], moved["overlaps"][0]["live"].to_string()),
            (&json!("conflict"), "[\"Be long.\"]".into())
        );
        assert_eq!(moved["overlaps"][0]["plan"], json!([format!("{AFTER}\n")]));
        stage.check(&refused);
        assert!(stage.live().contains("Be long."));
        assert_eq!(stage.writes(), 0);

        let stage = Stage::of(way);
        stage.world(&edit(GET, "set: {/config/sample_questions/0/question: ['How many vans are ours?']}"));
        let refused = stage.apply().exits(6).says("does not touch").says("plan --rebase");
        assert_eq!(refused.json()["error"]["moved"]["class"], "drifted-disjoint");
        stage.check(&refused);
        stage.calm();
        // Moved onto the edit, under another id, which has to be approved.
        stage.project.run(&["plan", "--rebase", "next.json", "--out", "moved.json"]).exits(0);
        let moved = stage.project.json("moved.json");
        assert_ne!(moved["id"], stage.id);
        assert_eq!(moved["changes"].as_array().map(Vec::len), Some(2));
        stage.project.run(&["apply", "moved.json", "--approve", &stage.id]).exits(6);
        assert_eq!(stage.project.apply("moved.json")["outcome"], "updated");
        assert!(stage.live().contains("How many vans are ours?") && stage.live().contains(AFTER));
        let declared = stage.project.read("space.yaml");
        assert!(
            declared.contains("How many vans are ours?") && declared.contains("# everybody who drives"),
            "{declared}"
        );
        stage.project.run(&["drift", "--detailed-exitcode"]).exits(0);
        stage.project.run(&["plan", "--no-learn", "--detailed-exitcode"]).exits(0);
    }
}

#[test]
fn only_the_etag_moved() {
    for way in WAYS {
        let stage = Stage::of(way);
        let there = "set: {/data_sources/tables/1/description: ['x']}";
        let back = "set: {/data_sources/tables/1/description: ['Delivery trips.']}";
        stage.world(&format!("edits:\n- {{route: '{GET}', {there}}}\n- {{route: '{GET}', {back}}}\n"));
        let done = stage.apply().exits(0).says("rebased");
        assert_eq!(done.json()["outcome"], "updated");
        stage.check(&done);
        stage.converged();
    }
}

#[test]
fn the_fields_beside_the_document() {
    for way in WAYS {
        // Edited before the look: noticed, although the etag does not tell.
        let stage = Stage::of(way);
        stage.world(&edit(GET, "title: Our vans"));
        let refused = stage.apply().exits(6).says("space/title");
        stage.check(&refused);
        assert_eq!(stage.writes(), 0);
        // Between the look and the write: it stays, and it is told.
        let stage = Stage::of(way);
        stage.world(&edit(PATCH, "title: Our vans"));
        let done = stage.apply().exits(0);
        assert_eq!(done.json()["besides"][0]["address"], "space/title", "{}", done.out);
        stage.check(&done);
        assert_eq!(stage.record()["sidecar"]["title"], "Our vans");
        assert!(stage.live().contains(AFTER));
    }
}

#[test]
fn somebody_writes_between_the_look_and_the_write() {
    for way in WAYS {
        let stage = Stage::of(way);
        stage.world(&edit(PATCH, "set: {/config/sample_questions/0/question: ['Theirs?']}"));
        let refused = stage.apply().exits(6).says("Nothing was written");
        stage.check(&refused);
        assert!(stage.live().contains("Theirs?") && stage.live().contains(BEFORE));
        let tries = stage.project.requests().iter().filter(|entry| entry["method"] == "PATCH").count();
        assert_eq!((stage.writes(), tries), (0, 1), "one try, with the etag, then the end");
    }
}

#[test]
fn two_at_once() {
    for way in WAYS {
        let stage = Stage::of(way);
        let start = || {
            let mut command = stage.project.command();
            command.args(stage.arguments(&[])).stdout(Stdio::piped()).stderr(Stdio::piped());
            command.spawn().expect("starts")
        };
        let (one, two) = (start(), start());
        let codes = [one, two].map(|child| child.wait_with_output().expect("ends").status.code());
        assert!(codes.contains(&Some(0)), "{codes:?}");
        assert!(codes.iter().all(|code| matches!(code, Some(0 | 8))), "the other waits its turn or is told: {codes:?}");
        assert_eq!(stage.writes(), 1);
        stage.converged();
    }
}

#[test]
fn replayed_and_old() {
    for way in WAYS {
        let stage = Stage::of(way);
        stage.apply().exits(0);
        stage.project.run(&["rollback", "--out", "back.json"]).exits(0);
        stage.project.apply("back.json");
        assert!(stage.live().contains(BEFORE));
        assert!(stage.project.read("space.yaml").contains("        Be brief.\n"), "the definition follows back");
        let refused = stage.apply().exits(6).says("applied as serial 2");
        stage.check(&refused);
        // An old copy of the state, put back.
        let backup = stage.project.read(".genie-enhance/backups/1.json");
        stage.project.write(".genie-enhance/state.json", &backup);
        let refused = stage.apply().exits(6).says("an old copy was put back");
        assert_eq!(refused.json()["error"]["exit_code"], 6);
        assert_eq!(stage.writes(), 2);
        stage.project.run(&["state", "restore", "3"]).exits(0);
        let history = stage.project.run(&["state", "history", "--json"]).exits(0).json();
        assert_eq!(history.as_array().map(Vec::len), Some(3));
        let one = stage.project.run(&["state", "history", "2", "--json"]).exits(0).json();
        assert_eq!(one["changes_made"].as_array().map(Vec::len), Some(2), "{one}");
    }
}

#[test]
fn another_target() {
    for way in WAYS {
        // A plan for another space of the same workspace: the state says which one is managed.
        let stage = Stage::of(way);
        stage.project.edit(".genie-enhance/state.json", &stage.space, "01f0aaaaaaaaaaaaaaaaaaaaaaaaaaaa");
        stage.apply().exits(1).says("cannot be used");
        let stage = Stage::of(way);
        let other = Project::small();
        other.write("next.json", &stage.project.read("next.json"));
        let refused = other.run(&["apply", "next.json", "--approve", &stage.id, "--json"]).exits(6);
        let told = refused.json()["error"]["message"].to_string();
        assert!(told.contains(&stage.space) && told.contains("made for another workspace"), "{told}");
        assert!(!other.path(".genie-enhance/state.json").exists());
        stage.untouched();
    }
}

#[test]
fn the_space_is_gone_or_closed() {
    for way in WAYS {
        let stage = Stage::of(way);
        let name = format!(".genie-enhance/workspace/spaces/{}.json", stage.space);
        let record = stage.project.read(&name);
        stage.project.write(&name, &record.replacen("\"trashed_at\":null", "\"trashed_at\":1", 1));
        let refused = stage.apply().exits(6).says("conversations").says("--recreate");
        stage.check(&refused);
        stage.project.run(&["plan", "--no-learn"]).exits(6).says("--recreate");
        stage.project.run(&["plan", "--no-learn", "--recreate", &stage.space, "--out", "anew.json"]).exits(0);
        let anew = stage.project.json("anew.json")["id"].as_str().expect("an id").to_owned();
        stage.project.run(&["apply", "anew.json", "--approve", &anew]).exits(6).says("conversations");
        let again = ["apply", "anew.json", "--approve", &anew, "--recreate", &stage.space, "--json"];
        assert_eq!(stage.project.run(&again).exits(0).json()["outcome"], "created");

        // Permission lost after the look.
        let stage = Stage::of(way);
        stage.world(&fault(PATCH, "effect: status, status: 403, error_code: PERMISSION_DENIED, message: 'no more'"));
        let refused = stage.apply().exits(4).says("no more");
        assert_eq!(refused.json()["error"]["status"], "denied");
        stage.check(&refused);
        stage.untouched();
        stage.calm();
        stage.apply().exits(0);
        stage.converged();
    }
}

#[test]
fn git_side_chaos() {
    for way in WAYS {
        let stage = Stage::of(way);
        // Another pull request was planned over the same base, and is merged second.
        stage.project.edit("space.yaml", AFTER, "Be thorough.");
        stage.project.run(&["plan", "--no-learn", "--out", "other.json"]).exits(0);
        stage.project.edit("space.yaml", "Be thorough.", AFTER);
        let first = stage.project.run(&["apply", "next.json", "--approve", &stage.id, "--json"]).exits(0);
        stage.check(&first);
        let other = stage.project.json("other.json")["id"].as_str().expect("an id").to_owned();
        let second =
            stage.project.run(&["apply", "other.json", "--approve", &other, "--json"]).exits(6).says("conflict");
        stage.check(&second);
        assert!(stage.live().contains(AFTER));
        // A checkout with other line ends has the same plan.
        let crlf = stage.project.read("next.json").replace('\n', "\r\n");
        stage.project.write("crlf.json", &crlf);
        stage.project.run(&["show", "crlf.json"]).exits(0);
        // A policy that came after the approval counts.
        let stage = Stage::of(way);
        let strict = "target: {score: 1.0, rounds: 2}\nguards:\n  - {rule: changes, level: mandatory, max: 1}\n";
        stage.project.edit("genie.yaml", "target: {score: 1.0, rounds: 2}\n", strict);
        let blocked = stage.apply().exits(7).says("changes");
        assert_eq!(blocked.json()["error"]["status"], "blocked");
        stage.check(&blocked);
        stage.untouched();
    }
}
