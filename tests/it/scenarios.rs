//! The hard scenarios over the real binary, each directly and through a saved plan, with what must
//! always hold checked after every one. What needs every request, every byte or every order is
//! shown beside the code of `ops`.

use crate::stage::{AFTER, BEFORE, Stage, WAYS};
use crate::support::{DEADLINE, Project, wait_for};
use serde_json::{Value, json};
use std::process::Stdio;

const PATCH: &str = "PATCH /api/2.0/genie/spaces/*";
const GET: &str = "GET /api/2.0/genie/spaces/*";

fn fault(route: &str, rest: &str) -> String {
    format!("faults:\n- {{route: '{route}', {rest}}}\n")
}

fn edit(route: &str, rest: &str) -> String {
    format!("edits:\n- {{route: '{route}', {rest}}}\n")
}

#[test]
fn killed_before_and_after_the_write() {
    for way in WAYS {
        for when in ["before", "after"] {
            let stage = Stage::of(way);
            stage.world(&fault(PATCH, &format!("when: {when}, effect: kill")));
            let died = stage.apply();
            assert_eq!((died.code, died.out.as_str()), (None, ""), "{died:?}");
            stage.calm();
            let done = stage.apply().exits(0);
            let recovered = when == "after";
            let outcome = if recovered { "already-applied" } else { "updated" };
            assert_eq!(done.json()["outcome"], outcome, "{when}");
            let told = if recovered { "cut short after its write" } else { "cut short before its write" };
            assert!(done.err.contains(told), "{}", done.err);
            stage.check(&done);
            stage.converged();
            assert_eq!(stage.writes(), 1, "{when}");
        }
    }
}

#[test]
fn the_answer_is_lost() {
    for way in WAYS {
        for rest in ["when: after, times: 1, effect: reset", "when: after, times: 1, effect: status, status: 504"] {
            let stage = Stage::of(way);
            stage.world(&fault(PATCH, rest));
            let done = stage.apply().exits(0);
            assert_eq!(done.json()["outcome"], "updated", "{rest}");
            stage.check(&done);
            stage.converged();
            assert_eq!(stage.writes(), 1, "{rest}");
        }
    }
}

#[test]
fn a_damaged_journal_is_set_aside() {
    for way in WAYS {
        let stage = Stage::of(way);
        stage.project.write(".genie-enhance/journal.jsonl", "{\"type\":\"int\n{}\n");
        let refused = stage.apply().exits(1).says("journal.jsonl.corrupt");
        stage.check(&refused);
        stage.untouched();
        stage.apply().exits(0);
        stage.converged();
    }
}

#[test]
fn a_damaged_or_lost_state_comes_back() {
    for (way, damage) in WAYS.into_iter().zip(["cut", "gone"]).chain(WAYS.into_iter().zip(["empty", "swapped"])) {
        let stage = Stage::of(way);
        let path = stage.project.path(".genie-enhance/state.json");
        let good = stage.project.read(".genie-enhance/state.json");
        match damage {
            "cut" => std::fs::write(&path, &good[..good.len() / 2]).expect("cut"),
            "gone" => std::fs::remove_file(&path).expect("removed"),
            "empty" => std::fs::write(&path, "").expect("emptied"),
            _ => std::fs::write(&path, good.replacen("\"serial\": 1", "\"serial\": 7", 1)).expect("swapped"),
        }
        let refused = stage.apply().exits(1).says("state restore 1");
        assert_eq!(refused.json()["error"]["status"], "failed", "{damage}");
        assert_eq!(stage.writes(), 0, "{damage}");
        let repaired = stage.project.run(&["state", "repair", "--json"]).exits(0).json();
        let account = repaired["account"].to_string();
        assert!(account.contains("backup with serial 1") && account.contains("stands as the backup says"), "{account}");
        stage.untouched();
        let done = stage.apply().exits(0);
        stage.check(&done);
        stage.converged();
    }
    // Without any backup the state is made anew from the workspace.
    let stage = Stage::of(WAYS[0]);
    std::fs::remove_file(stage.project.path(".genie-enhance/state.json")).expect("removed");
    std::fs::remove_dir_all(stage.project.path(".genie-enhance/backups")).expect("removed");
    let told = stage.project.run(&["state", "repair", "--space-id", &stage.space]).exits(0).out;
    assert!(told.contains("a new state was made"), "{told}");
    stage.apply().exits(0);
    assert!(stage.live().contains(AFTER));
}

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

/// Text that is dangerous somewhere: terminals, Markdown, HTML, CI logs.
const HOSTILE: &str = "\u{1b}]0;owned\u{7}\u{1b}[31mred \u{202e}backwards\u{2066} </details> ``` ~~~ --> <script>alert(1)</script> \
                       @everyone ::set-output name=x::y ##vso[task.setvariable]z e\u{301}\n- a bullet\n+ another\r\n";

#[test]
fn hostile_content_stays_inert_and_arrives_byte_for_byte() {
    for way in WAYS {
        let stage = Stage::of(way);
        let text = format!("{HOSTILE}{}\n", "x".repeat(200_000));
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
fn throttled_and_slow() {
    for way in WAYS {
        let stage = Stage::of(way);
        let busy = "times: 2, effect: status, status: 429, error_code: RESOURCE_EXHAUSTED, message: slow";
        let down = "times: 2, effect: status, status: 503, error_code: TEMPORARILY_UNAVAILABLE, message: later";
        stage.world(&format!(
            "faults:\n- {{route: '{PATCH}', {busy}}}\n- {{route: '{GET}', {down}}}\n- {{route: '{GET}', skip: 3, times: 1, \
             effect: delay, delay: 300ms}}\n"
        ));
        let done = stage.apply().exits(0);
        stage.check(&done);
        assert_eq!(stage.writes(), 1);
        stage.converged();
    }
}

#[cfg(unix)]
#[test]
fn interrupted_with_the_write_under_way() {
    for way in WAYS {
        let stage = Stage::of(way);
        stage.world(&fault(PATCH, "effect: delay, delay: 10m"));
        let mut command = stage.project.command();
        command.args(stage.arguments(&[])).stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = command.spawn().expect("starts");
        let journal = stage.project.path(".genie-enhance/journal.jsonl");
        wait_for("the intent", || std::fs::read_to_string(&journal).ok().filter(|text| text.contains("\"intent\"")));
        let pid = child.id().to_string();
        assert!(std::process::Command::new("kill").args(["-INT", &pid]).status().expect("kill runs").success());
        let (send, ended) = std::sync::mpsc::channel();
        std::thread::spawn(move || send.send(child.wait_with_output()));
        let output = ended.recv_timeout(DEADLINE).expect("it stops").expect("a status");
        assert_eq!(output.status.code(), Some(9), "{}", String::from_utf8_lossy(&output.stderr));
        stage.untouched();
        stage.calm();
        let done = stage.apply().exits(0).says("cut short before its write");
        stage.check(&done);
        stage.converged();
    }
}

#[test]
fn other_versions() {
    for way in WAYS {
        let stage = Stage::of(way);
        let state = stage.project.read(".genie-enhance/state.json");
        let newer = state.replacen("\"format_version\": 1", "\"format_version\": 9", 1);
        stage.project.write(".genie-enhance/state.json", &newer);
        stage.apply().exits(3).says("version 9");
        assert_eq!(stage.project.read(".genie-enhance/state.json"), newer, "untouched");
        stage.project.run(&["state", "repair"]).exits(3);
        assert_eq!(stage.project.read(".genie-enhance/state.json"), newer, "untouched by a repair");
        // A state from before this field was written loads.
        stage.project.write(".genie-enhance/state.json", &state);
        let plan = stage.project.read("next.json").replacen("\"format_version\": 1", "\"format_version\": 9", 1);
        stage.project.write("next.json", &plan);
        stage.project.run(&["apply", "next.json", "--approve", &stage.id, "--json"]).exits(3).says("version 9");
        assert_eq!(stage.writes(), 0);
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

#[test]
fn drift_is_sorted_adopted_kept_or_overwritten_by_element() {
    let stage = Stage::of(WAYS[0]);
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
        .map(|edit| (edit["kind"].as_str().unwrap_or("").to_owned(), edit["address"].as_str().unwrap_or("").to_owned()))
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

#[test]
fn a_part_of_a_plan_is_a_plan_of_its_own() {
    let stage = Stage::of(WAYS[0]);
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

/// A live space that a learnt plan improves.
fn learnt() -> (Project, Value) {
    let (project, _) = Project::planned();
    project.run(&["plan", "--no-learn", "--out", "bare.json"]).exits(0);
    project.apply("bare.json");
    let plan = project.run(&["plan", "--json", "--out", "better.json"]).exits(0).json();
    assert_eq!(plan["verdict"], "improved", "{}", plan["verdict_reason"]);
    (project, plan)
}

#[test]
fn verified_and_taken_back() {
    let (ready, plan) = learnt();
    let id = plan["id"].as_str().expect("an id").to_owned();
    let kept = ready.keep("learnt");
    let run = |world: &str, more: &[&str]| {
        let project = Project::copy_of(&kept);
        project.write("world.yaml", world);
        project.edit("genie.yaml", "embedded: ./data\n", "embedded: ./data\n  world: world.yaml\n");
        let done = project.run(&[&["apply", "better.json", "--approve", &id, "--json"], more].concat());
        (project, done)
    };
    let live = |project: &Project| {
        let space = project.json(".genie-enhance/state.json")["space_id"].as_str().expect("an id").to_owned();
        project.json(&format!(".genie-enhance/workspace/spaces/{space}.json"))["document"].clone()
    };
    let bare = live(&ready);

    let (project, done) = run("seed: 0\n", &["--verify", "--auto-rollback"]);
    assert_eq!(done.exits(0).json()["verification"]["verdict"], "pass");
    assert_eq!(project.json(".genie-enhance/state.json")["applied"][1]["verified"], "pass");

    // Every answer comes from a space that lacks something: what the plan promises does not hold.
    let noise = "noise: {questions: 1.0, answers: 1.0}\n";
    let (project, done) = run(noise, &["--verify=6", "--auto-rollback"]);
    let told = done.exits(11).json();
    assert_eq!(told["verification"]["verdict"], "fail", "{told}");
    assert_eq!(told["rolled_back"]["serial"].as_u64(), project.json(".genie-enhance/state.json")["serial"].as_u64());
    assert_eq!(live(&project), bare, "back where it was");
    let state = project.json(".genie-enhance/state.json");
    assert_eq!(
        (&state["applied"][1]["verified"], state["applied"].as_array().map(Vec::len)),
        (&json!("fail"), Some(3))
    );
    assert_eq!(state["applied"][2]["confirmed"], "--auto-rollback");
    project.run(&["drift", "--detailed-exitcode"]).exits(0);

    // Somebody edits while it is verified: their words are not rolled over.
    let ask = "POST /api/2.0/genie/spaces/*/start-conversation";
    let space = ready.json(".genie-enhance/state.json")["space_id"].as_str().expect("an id").to_owned();
    let theirs = format!(
        "{noise}{}",
        edit(ask, &format!("space: {space}, set: {{/config/sample_questions/0/question: ['Theirs?']}}"))
    );
    let (project, done) = run(&theirs, &["--verify=6", "--auto-rollback"]);
    let told = done.exits(10).json();
    assert!(told["rolled_back"]["error"].to_string().contains("somebody edited"), "{told}");
    assert!(live(&project).to_string().contains("Theirs?") && live(&project) != bare);

    // The way back fails: the decision waits, and the next run takes it up.
    let stuck = format!(
        "{noise}{}",
        fault(PATCH, "skip: 1, effect: status, status: 500, error_code: INTERNAL_ERROR, message: broken")
    );
    let (project, done) = run(&stuck, &["--verify=6", "--auto-rollback"]);
    let done = done.exits(10).says("rollback --to");
    assert!(done.json()["rolled_back"]["error"].is_string());
    assert_eq!(project.json(".genie-enhance/state.json")["applied"][1]["verified"], "rollback-pending");
    project.write("world.yaml", "seed: 0\n");
    project.run(&["apply", "better.json", "--approve", &id, "--verify", "--auto-rollback", "--json"]).exits(11);
    assert_eq!(live(&project), bare);
}

#[test]
fn a_state_in_a_volume_is_shared_by_checkouts() {
    let project = Project::small();
    project.write(
        "benchmarks/one.yaml",
        "questions:\n  - {id: a, question: How many vans?, sql: SELECT COUNT(*) FROM fleet.ops.vans}\n",
    );
    project.edit("genie.yaml", "benchmarks/*.yaml", "benchmarks/one.yaml");
    project.edit("genie.yaml", "version: 1\n", "version: 1\nstate: /Volumes/main/ops/state/vans\n");
    project.run(&["plan", "--no-learn", "--out", "first.json"]).exits(0);
    project.apply("first.json");
    let versions = ".genie-enhance/workspace/files/Volumes/main/ops/state/vans/versions";
    assert!(project.path(versions).join("00000001.json").exists());
    assert!(!project.path(versions).with_file_name("lock").join("lock.json").exists(), "the lock is given back");
    // Another machine: nothing of its own but the checkout and the workspace.
    let plan = |project: &Project, out: &str| {
        project.edit("space.yaml", BEFORE, AFTER);
        project.run(&["plan", "--no-learn", "--out", out]).exits(0);
    };
    std::fs::remove_file(project.path(".genie-enhance/state.json")).expect("removed");
    std::fs::remove_dir_all(project.path(".genie-enhance/backups")).expect("removed");
    plan(&project, "next.json");
    assert_eq!(project.apply("next.json")["outcome"], "updated");
    assert_eq!(project.run(&["state", "show", "--json"]).exits(0).json()["serial"], 2);
    // A serial that somebody else wrote meanwhile is not written over.
    let taken = project.path(versions).join("00000003.json");
    std::fs::write(&taken, "{}").expect("written");
    project.run(&["state", "show"]).exits(3);
    std::fs::remove_file(&taken).expect("removed");
    assert_eq!(project.run(&["lock", "list", "--json"]).exits(0).json(), json!([]));
}

#[test]
fn promoted_without_a_question_only_if_improved() {
    let (project, _) = Project::planned();
    let done = project.run(&["apply", "--auto-promote", "--json"]).exits(0).json();
    assert_eq!(done["outcome"], "created", "{done}");
    assert_eq!(project.json(".genie-enhance/state.json")["applied"][0]["confirmed"], "--auto-promote");
    // Nothing more to win.
    let again = project.run(&["apply", "--auto-promote", "--json"]).exits(0).json();
    assert_eq!(again["outcome"], "nothing", "{again}");
    // An edit of the definition alone is no proven improvement.
    project.edit("space.yaml", BEFORE, AFTER);
    let refused = project.run(&["apply", "--auto-promote", "--json"]).exits(7);
    assert_eq!(refused.json()["error"]["status"], "blocked");
    assert_eq!(project.json(".genie-enhance/state.json")["serial"], 1);
}
