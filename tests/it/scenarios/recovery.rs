//! Runs that were cut short, files that were damaged, services that fail: the next run knows what to do.

use super::stage::{AFTER, Stage, WAYS};
use super::{GET, PATCH, fault};
use crate::support::wait_for;
use serde_json::json;
use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

/// After a run that was cut short before its write: the next one says so, and gets there.
fn arrives_all_the_same(stage: &Stage) {
    stage.untouched();
    stage.calm();
    let done = stage.apply().exits(0).says("cut short before its write");
    stage.check(&done);
    stage.converged();
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
    // A last line that was cut in the middle was told to nobody.
    for way in WAYS {
        let stage = Stage::of(way);
        stage.project.write(".genie-enhance/journal.jsonl", "{\"type\":\"int");
        let done = stage.apply().exits(0);
        stage.check(&done);
        stage.converged();
    }
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
    let damages = ["cut", "gone", "empty", "swapped"];
    for (way, damage) in WAYS.into_iter().flat_map(|way| damages.map(|damage| (way, damage))) {
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
    for way in WAYS {
        let stage = Stage::of(way);
        std::fs::remove_file(stage.project.path(".genie-enhance/state.json")).expect("removed");
        std::fs::remove_dir_all(stage.project.path(".genie-enhance/backups")).expect("removed");
        let told = stage.project.run(&["state", "repair", "--space-id", &stage.space]).exits(0).out;
        assert!(told.contains("a new state was made"), "{told}");
        let done = stage.apply().exits(0);
        stage.check(&done);
        assert!(stage.live().contains(AFTER));
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

#[test]
fn a_token_that_ends_in_the_middle() {
    let refused = "times: 1, effect: status, status: 401, error_code: UNAUTHENTICATED, message: 'token expired'";
    for way in WAYS {
        // One that cannot be renewed, at each request in turn: the run ends there.
        for (route, skip, written) in [(GET, 0, false), (GET, 1, false), (PATCH, 0, false), (GET, 2, true)] {
            let stage = Stage::of(way);
            stage.world(&fault(route, &format!("skip: {skip}, {refused}")));
            let ended = stage.apply().exits(4).says("token expired");
            assert_eq!(ended.json()["error"]["status"], "denied");
            assert_eq!(stage.writes(), usize::from(written), "{route} {skip}");
            stage.check(&ended);
            stage.calm();
            let done = stage.apply().exits(0);
            stage.check(&done);
            stage.converged();
            assert_eq!(stage.writes(), 1, "{route} {skip}");
        }
    }
}

/// An apply whose write hangs, with its intent in the journal.
pub(super) fn hanging(stage: &Stage) -> Child {
    slow(stage, "10m")
}

/// An apply whose write takes a while, with its intent in the journal.
fn slow(stage: &Stage, delay: &str) -> Child {
    stage.world(&fault(PATCH, &format!("effect: delay, delay: {delay}")));
    let mut command = stage.project.command();
    command.args(stage.arguments(&[])).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().expect("starts");
    let journal = stage.project.path(".genie-enhance/journal.jsonl");
    wait_for("the intent", || std::fs::read_to_string(&journal).ok().filter(|text| text.contains(&stage.id)));
    child
}

#[cfg(unix)]
#[test]
fn the_lock_is_taken_from_a_sleeper() {
    let signal = |child: &Child, name: &str| {
        let pid = child.id().to_string();
        assert!(std::process::Command::new("kill").args([name, &pid]).status().expect("kill runs").success());
    };
    for way in WAYS {
        let stage = Stage::of(way);
        // A machine that goes to sleep with its write on the way; meanwhile somebody breaks the lock.
        let sleeper = slow(&stage, "3s");
        signal(&sleeper, "-STOP");
        let held = stage.project.run(&["lock", "list", "--json"]).exits(0).json();
        stage.project.run(&["lock", "break", held[0]["id"].as_str().expect("an id")]).exits(0);
        stage.calm();
        let done = stage.apply().exits(0);
        stage.check(&done);
        signal(&sleeper, "-CONT");
        let woken = sleeper.wait_with_output().expect("ends");
        let told: serde_json::Value = serde_json::from_slice(&woken.stdout).expect("one document");
        // It finds the change there; whose it was is on record once.
        assert!(matches!(woken.status.code(), Some(0 | 1 | 6 | 8)), "{told}");
        assert_ne!(told["outcome"], "updated", "it claims the other's write");
        assert_eq!(stage.writes(), 1, "{told}");
        stage.converged();
    }
}

#[cfg(unix)]
#[test]
fn interrupted_twice_with_the_write_under_way() {
    for way in WAYS {
        let stage = Stage::of(way);
        let mut child = hanging(&stage);
        let interrupt = |child: &Child| {
            let pid = child.id().to_string();
            assert!(std::process::Command::new("kill").args(["-INT", &pid]).status().expect("kill runs").success());
        };
        // Once: what is being written is not let go.
        interrupt(&child);
        let mut told = BufReader::new(child.stderr.take().expect("stderr")).lines().map_while(Result::ok);
        assert!(told.any(|line| line.contains("finished first")), "the first one is answered");
        assert_eq!(child.try_wait().expect("asked"), None, "it goes on");
        // Twice: now.
        interrupt(&child);
        let rest: Vec<String> = told.collect();
        assert!(rest.iter().any(|line| line.contains("the next apply finds out")), "{rest:?}");
        let output = child.wait_with_output().expect("ends");
        assert_eq!(output.status.code(), Some(9), "{rest:?}");
        let said: serde_json::Value = serde_json::from_slice(&output.stdout).expect("one document");
        assert_eq!((&said["error"]["exit_code"], &said["error"]["status"]), (&json!(9), &json!("cancelled")));
        arrives_all_the_same(&stage);
    }
}

#[test]
fn the_second_is_told_who_holds_the_lock() {
    for way in WAYS {
        let stage = Stage::of(way);
        let mut first = hanging(&stage);
        let refused = stage.apply().exits(8).says(&format!("process {}", first.id())).says("lock break");
        assert_eq!(refused.json()["error"]["status"], "locked");
        let held = stage.project.run(&["lock", "list", "--json"]).exits(0).json();
        assert_eq!((&held[0]["operation"], &held[0]["plan_id"]), (&json!("apply"), &json!(stage.id)), "{held}");
        first.kill().expect("killed");
        first.wait().expect("gone");
        arrives_all_the_same(&stage);
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
