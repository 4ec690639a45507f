//! Real spaces, published comparator vectors and a shared database.

use crate::support::{Project, shared};
use genie_enhance::model::Space;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;

#[test]
fn real_spaces_survive_yaml() {
    let Some(folder) = shared("spaces") else { return };
    let project = Project::empty();
    let mut count = 0;
    for entry in fs::read_dir(folder).expect("spaces") {
        let path = entry.expect("an entry").path();
        let (yaml, json) = (format!("{count}.yaml"), format!("{count}.json"));
        project.run(&["import", &path.display().to_string(), "--out", &yaml]).exits(0);
        project.run(&["export", &yaml, "--out", &json]).exits(0);
        let original = fs::read_to_string(&path).expect("a space");
        let canonical = |text: &str| Space::parse(text).expect("a space").digest();
        assert_eq!(canonical(&original), canonical(&project.read(&json)), "{}", path.display());
        let plain: Value = serde_json::from_str(&original).expect("JSON");
        let mut lost = Vec::new();
        missing(&plain, &project.json(&json), "", &mut lost);
        assert!(lost.is_empty(), "{}: {lost:?}", path.display());
        count += 1;
    }
    assert!(count >= 7, "only {count} spaces");
}

/// Keys of `old` that `new` does not have, through lists whose order is kept.
fn missing(old: &Value, new: &Value, at: &str, lost: &mut Vec<String>) {
    match (old, new) {
        (Value::Object(old), Value::Object(new)) => {
            for (key, value) in old {
                match new.get(key) {
                    Some(other) => missing(value, other, &format!("{at}/{key}"), lost),
                    None => lost.push(format!("{at}/{key}")),
                }
            }
        }
        (Value::Array(old), Value::Array(new)) if old.iter().all(Value::is_object) && old.len() != new.len() => {
            lost.push(format!("{at}: {} of {}", new.len(), old.len()));
        }
        _ => {}
    }
}

#[test]
fn the_comparator_agrees_with_all_vectors() {
    let Some(path) = shared("comparator/vectors.json") else { return };
    let text = fs::read_to_string(&path).expect("vectors");
    let published: Value = serde_json::from_str(&text).expect("JSON");
    let done = Project::empty().run(&["compare", &path.display().to_string()]).exits(0).json();
    let of = |list: &Value| -> BTreeMap<String, [Value; 3]> {
        let list = list.as_array().expect("a list");
        let facts = |one: &Value| ["verdict", "reason", "notes"].map(|field| one[field].clone());
        list.iter().map(|one| (one["id"].to_string(), facts(one))).collect()
    };
    let (wanted, found) = (of(&published["vectors"]), of(&done));
    assert!(wanted.len() >= 73);
    assert_eq!(found, wanted);
}

#[test]
fn a_shared_database_gets_an_honest_plan() {
    let Some(tables) = shared("text2sql/spider/pets_1") else { return };
    let project = Project::empty();
    project.run(&["init", "--from", &tables.display().to_string(), "--to", "pets"]).exits(0);
    project.run(&["validate", "-f", "pets/genie.yaml"]).exits(0);
    let plan = project.run(&["plan", "-f", "pets/genie.yaml", "--json"]).exits(0).json();
    let verdict = plan["verdict"].as_str().expect("a verdict");
    assert!(["improved", "no-change", "not-enough-evidence", "blocked"].contains(&verdict), "{verdict}");
    let count = |side: &str, set: &str| plan["score"][side][set]["correct"].as_u64().expect("a count");
    let questions = plan["questions"].as_array().expect("questions");
    let of = |split: &str| questions.iter().filter(|question| question["split"] == split).count() as u64;
    assert_eq!(of("learn"), plan["score"]["before"]["learn"]["total"].as_u64().expect("a total"));
    // Ten families or more in the holdout, or none and the word for it.
    match of("holdout") {
        0 => assert_eq!(plan["evidence"]["holdout"], "unverified"),
        held => assert!(held >= 10, "{held} in the holdout"),
    }
    match verdict {
        "improved" => assert!(count("after", "learn") > count("before", "learn")),
        "no-change" => assert_eq!(plan["changes"], serde_json::json!([])),
        _ => assert!(plan["verdict_reason"].as_str().is_some_and(|reason| !reason.is_empty())),
    }
    assert!(count("after", "holdout") >= count("before", "holdout") || verdict == "blocked");
    let skipped = fs::read_to_string(tables.join("questions.json")).expect("questions");
    let known: Vec<Value> = serde_json::from_str(&skipped).expect("JSON");
    assert_eq!(questions.len(), known.len(), "every question is listed, those left out as well");
}
