//! Plans that were changed, cut, mistaken for another one, or that came too late: refused before
//! anything is asked of the workspace.

use super::fault;
use super::stage::{AFTER, Stage, WAYS};
use genie_enhance::format::{plan_from_json, plan_id, plan_to_json};
use serde_json::{Value, json};

#[test]
fn a_plan_that_was_touched_is_refused() {
    for way in WAYS {
        let stage = Stage::of(way);
        let (file, good) = (stage.plan_file(), stage.project.read(&stage.plan_file()));
        let plan: Value = serde_json::from_str(&good).expect("JSON");
        let with = |change: &dyn Fn(&mut Value)| {
            let mut plan = plan.clone();
            change(&mut plan);
            format!("{plan:#}\n")
        };
        let touched = [
            ("a byte", good.replacen("Be brief and kind.", "Be brief and kinda", 1)),
            ("a key more", with(&|plan| plan["approved_by"] = json!("ann"))),
            ("a score", with(&|plan| plan["score"]["after"]["learn"]["correct"] = json!(99))),
            ("a change less", with(&|plan| drop(plan["changes"].as_array_mut().expect("changes").pop()))),
            ("another id", with(&|plan| plan["id"] = json!("0".repeat(64)))),
            ("cut in half", good[..good.len() / 2].to_owned()),
            ("nothing", String::new()),
        ];
        // Whoever asks the workspace anything dies of it.
        let deadly = fault("/**", "effect: kill");
        for (what, text) in touched {
            assert_ne!(text, good, "{what}");
            stage.project.write(&file, &text);
            stage.world(&deadly);
            let refused = stage.apply();
            assert_eq!(refused.code, Some(3), "{what}: {refused:?}");
            stage.calm();
            stage.check(&refused);
        }
        stage.project.write(&file, &good);
        stage.world(&deadly);
        assert_eq!(stage.apply().code, None, "a request is deadly");
        stage.calm();
        stage.untouched();
        // Other order, other spaces, other line ends: the same plan under the same id.
        let mut keys: Vec<(String, Value)> = plan.as_object().expect("a map").clone().into_iter().collect();
        keys.reverse();
        let reordered = Value::Object(keys.into_iter().collect());
        stage.project.write(&file, &reordered.to_string().replace(",\"", ",\r\n\"").replace("\r\n\"\"", "\"\""));
        let done = stage.apply().exits(0);
        stage.check(&done);
        stage.converged();
    }
}

#[test]
fn only_the_plan_that_was_approved() {
    for way in WAYS {
        let stage = Stage::of(way);
        // The plan was made again after the comment was approved.
        stage.project.edit("space.yaml", AFTER, "Be thorough.");
        let other = stage.project.run(&["plan", "--no-learn", "--json"]).exits(0).json();
        let approved = other["id"].as_str().expect("an id");
        stage.project.edit("space.yaml", "Be thorough.", AFTER);
        for wrong in [approved, &stage.id[..7], ""] {
            let refused = stage.project.run(&["apply", stage.plan(), "--approve", wrong, "--json"]).exits(6);
            stage.check(&refused.says("is not this plan"));
        }
        // Nobody there to ask, and nothing approved.
        let refused = stage.project.run(&["apply", stage.plan(), "--json"]).exits(3).says("GE0501");
        stage.check(&refused);
        stage.untouched();
        let done = stage.project.run(&["apply", stage.plan(), "--approve", &stage.id[..8], "--json"]).exits(0);
        stage.check(&done);
        stage.converged();
    }
}

/// The stage's plan as it would be with other times.
fn dated(stage: &Stage, created: &str, expires: &str) -> String {
    let mut plan = plan_from_json(&stage.project.read("next.json")).expect("a plan").plan;
    plan.created_at = created.to_owned();
    plan.expires_at = expires.to_owned();
    stage.project.write("dated.json", &plan_to_json(&plan));
    plan_id(&plan).as_str().to_owned()
}

#[test]
fn clocks_that_jump() {
    for way in WAYS {
        // Made and good until yesterday: approved in time, and merged too late.
        let stage = Stage::of(way);
        let day = jiff::SignedDuration::from_hours(24);
        let (yesterday, tomorrow) = (jiff::Timestamp::now() - day, jiff::Timestamp::now() + day);
        let id = dated(&stage, &(yesterday - day).to_string(), &yesterday.to_string());
        let refused = stage.project.run(&["apply", "dated.json", "--approve", &id, "--json"]).exits(6).says("expired");
        stage.check(&refused);
        stage.untouched();
        // Made tomorrow, by a machine whose clock is ahead.
        let id = dated(&stage, &tomorrow.to_string(), &(tomorrow + day).to_string());
        let done = stage.project.run(&["apply", "dated.json", "--approve", &id, "--json"]).exits(0);
        assert_eq!(done.json()["outcome"], "updated");
        stage.check(&done);

        // A run died here before the clock was set back or forward: its lock ends in the future or
        // in the past, and holds nobody up.
        for when in [tomorrow, yesterday] {
            let stage = Stage::of(way);
            let mut first = super::recovery::hanging(&stage);
            first.kill().expect("killed");
            first.wait().expect("gone");
            let mut lock = stage.project.json(".genie-enhance/lock.json");
            lock["acquired"] = json!(when.to_string());
            lock["expires"] = json!((when + day).to_string());
            stage.project.write(".genie-enhance/lock.json", &lock.to_string());
            stage.calm();
            let done = stage.apply().exits(0).says("took over the lock");
            stage.check(&done);
            stage.converged();
        }
    }
}
