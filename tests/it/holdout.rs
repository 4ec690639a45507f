//! Nothing of the holdout reaches learning. Rare words are planted in questions and gold SQL, each
//! word in two families; those that end in the holdout only must be found nowhere. Words of the
//! learn set are found, which shows that the search would see the others.

use crate::support::Project;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

const FILES: [&str; 2] = ["benchmarks/vans.yaml", "benchmarks/trips.yaml"];

/// The word of a pair of families.
fn canary(family: usize) -> String {
    const WORDS: [&str; 15] = [
        "zarquon", "blivet", "quoxly", "frobish", "wubbled", "snorvik", "plimth", "grunkel", "vexopal", "dwindra",
        "kwijibo", "thrompy", "yuzzam", "jabbrik", "oxnard",
    ];
    WORDS[family / 2].to_owned()
}

/// Plants a word in every question's text and gold SQL; the words by question id.
fn plant(project: &Project) -> BTreeMap<String, String> {
    let mut planted = BTreeMap::new();
    let mut families: Vec<String> = Vec::new();
    for file in FILES {
        let mut text = String::new();
        let mut word = String::new();
        for line in project.read(file).lines() {
            if let Some(id) = line.strip_prefix("  - id: ") {
                let family = id.rsplit_once('-').expect("a number").0.to_owned();
                if families.last() != Some(&family) {
                    families.push(family);
                }
                word = canary(families.len() - 1);
                planted.insert(id.to_owned(), word.clone());
            }
            match line.trim_start() {
                asked if asked.starts_with("question: ") => {
                    text.push_str(&format!("{} for {word}", line.trim_end_matches('?')));
                }
                from if from.starts_with("FROM ") && !from.contains("JOIN") => {
                    // The tables without text columns get the word through a cast.
                    let column = if from.contains("vans") { "plate" } else { "CAST(1 AS STRING)" };
                    text.push_str(&format!("{line}\n      WHERE {column} <> '{word}'"));
                }
                from if from.starts_with("FROM ") => {
                    text.push_str(&format!("{line}\n      WHERE v.plate <> '{word}'"));
                }
                filter if filter.starts_with("WHERE ") => {
                    text.push_str(&line.replacen("WHERE", "AND", 1));
                }
                _ => text.push_str(line),
            }
            text.push('\n');
        }
        project.write(file, &text);
    }
    planted
}

/// Everything below a folder but the answers, what the workspace itself keeps, and the records of
/// what was asked in a run, which nothing learns from.
fn kept_texts(folder: &Path, found: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if path.is_dir() && !["cache", "workspace", "runs", "history"].contains(&name) {
            kept_texts(&path, found);
        } else if path.is_file() {
            let text = String::from_utf8_lossy(&fs::read(&path).expect("read")).into_owned();
            found.push((path.display().to_string(), text));
        }
    }
}

#[test]
fn words_of_the_holdout_are_found_nowhere() {
    let project = Project::small();
    let planted = plant(&project);
    project.run(&["validate"]).exits(0);
    let plan = project.run(&["plan", "--json", "--out", "plan.json"]).exits(0).json();
    let patterns = project.run(&["learn", "--json"]).exits(0).out;

    let mut sets: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for question in plan["questions"].as_array().expect("questions") {
        let id = question["id"].as_str().expect("an id");
        sets.entry(&planted[id]).or_default().insert(question["split"].as_str().expect("a split"));
    }
    let only = |split: &str| -> Vec<&str> {
        sets.iter().filter(|(_, of)| of.len() == 1 && of.contains(split)).map(|(word, _)| *word).collect()
    };
    let (held_back, learnt_from) = (only("holdout"), only("learn"));
    assert!(!held_back.is_empty(), "no word is in the holdout only: {sets:?}");
    assert!(learnt_from.iter().any(|word| patterns.contains(word)), "no planted word is learned at all: {patterns}");

    let mut texts = vec![("learn --json".to_owned(), patterns)];
    for part in ["changes", "rejections"] {
        texts.push((format!("the plan's {part}"), plan.get(part).map_or_else(String::new, Value::to_string)));
    }
    kept_texts(&project.path(".genie-enhance"), &mut texts);
    assert!(texts.len() >= 5, "ledger and plans are among what is searched");
    for (place, text) in &texts {
        for word in &held_back {
            assert!(!text.to_lowercase().contains(word), "`{word}` of the holdout is in {place}");
        }
    }
    let declared = project.read("space.yaml");
    assert!(held_back.iter().all(|word| !declared.contains(word)));
}
