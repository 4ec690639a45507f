//! Each category of fixes is at work alone, and what is learnt does not hang on names: with tables,
//! columns and the words of questions replaced throughout, the gain is of the same kind.

use crate::support::Project;
use regex::{Captures, Regex};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Right answers before and after, over learn set and holdout.
fn gain(plan: &Value) -> (u64, u64) {
    let right = |side: &str| -> u64 {
        ["learn", "holdout"].iter().filter_map(|set| plan["score"][side][set]["correct"].as_u64()).sum()
    };
    (right("before"), right("after"))
}

/// A plan that may use one category only.
fn only(category: &str, benchmarks: Option<&str>) -> Value {
    let project = Project::small();
    project.edit("genie.yaml", "target: {", &format!("learning: {{categories: [{category}]}}\ntarget: {{"));
    if let Some(text) = benchmarks {
        fs::remove_file(project.path("benchmarks/vans.yaml")).expect("removed");
        project.write("benchmarks/trips.yaml", text);
    }
    project.run(&["plan", "--json"]).exits(0).json()
}

fn assert_works_alone(category: &str, benchmarks: Option<&str>) {
    let plan = only(category, benchmarks);
    assert_eq!(plan["verdict"], "improved", "{category}: {}", plan["verdict_reason"]);
    let changes = plan["changes"].as_array().expect("changes");
    assert!(!changes.is_empty());
    for change in changes {
        assert_eq!(change["category"], category);
        let fixes = change["evidence"]["fixes"].as_array().expect("fixes");
        assert!(!fixes.is_empty(), "{change}");
    }
    let (before, after) = gain(&plan);
    assert!(after > before, "{category}: {before} to {after}");
}

#[test]
fn metadata_instructions_and_snippets_work_alone() {
    for category in ["metadata", "instructions", "sql_snippets"] {
        assert_works_alone(category, None);
    }
}

/// Every question is about two tables, and no one has said how they belong together.
const OVER_TWO_TABLES: &str = "questions:
  - {id: km-site, question: total km by site, sql: 'SELECT v.site, SUM(t.km) AS km FROM fleet.ops.trips t JOIN fleet.ops.vans v ON t.van_ref = v.van_id GROUP BY v.site'}
  - {id: km-plate, question: total km by plate, sql: 'SELECT v.plate, SUM(t.km) AS km FROM fleet.ops.trips t JOIN fleet.ops.vans v ON t.van_ref = v.van_id GROUP BY v.plate'}
  - {id: load-site, question: total load kg by site, sql: 'SELECT v.site, SUM(t.load_kg) AS load FROM fleet.ops.trips t JOIN fleet.ops.vans v ON t.van_ref = v.van_id GROUP BY v.site'}
  - {id: load-plate, question: average load kg by plate, sql: 'SELECT v.plate, AVG(t.load_kg) AS load FROM fleet.ops.trips t JOIN fleet.ops.vans v ON t.van_ref = v.van_id GROUP BY v.plate'}
  - {id: fare-site, question: maximum fare by site, sql: 'SELECT v.site, MAX(t.fare) AS fare FROM fleet.ops.trips t JOIN fleet.ops.vans v ON t.van_ref = v.van_id GROUP BY v.site'}
";

#[test]
fn joins_work_alone() {
    assert_works_alone("join_specs", Some(OVER_TWO_TABLES));
}

/// Every question sets a period beside the one before, which nobody has shown how to write.
fn over_two_periods() -> String {
    let asked = [
        ("km", "last 30 days vs the 30 days before: km by void", "km", 30),
        ("km-ko", "void별 km, 최근 40일 vs 직전 40일", "km", 40),
        ("load", "last 45 days vs the 45 days before: load kg by void", "load_kg", 45),
        ("load-order", "load kg by void, last 20 days compared with the 20 days before", "load_kg", 20),
        ("fare", "last 60 days vs the 60 days before: fare by void", "fare", 60),
    ];
    let questions = asked.map(|(id, question, column, days)| {
        let (now, before) = (format!("day >= CURRENT_DATE - INTERVAL {days} DAYS"), 2 * days);
        let part = |when: &str| format!("SUM(CASE WHEN {when} THEN {column} ELSE 0 END)");
        let sql = format!(
            "SELECT void, {} AS now, {} AS earlier FROM fleet.ops.trips WHERE day >= CURRENT_DATE - INTERVAL {before} \
             DAYS AND day < CURRENT_DATE GROUP BY void",
            part(&now),
            part(&now.replace(">=", "<"))
        );
        format!("  - {{id: {id}, question: \"{question}\", sql: \"{sql}\"}}\n")
    });
    format!("questions:\n{}", questions.concat())
}

#[test]
fn sample_queries_work_alone() {
    assert_works_alone("sample_queries", Some(&over_two_periods()));
}

/// Other words for everything that the small project is about.
const OTHER_WORDS: [(&str, &str); 24] = [
    ("fleet", "harbour"),
    ("trips", "hauls"),
    ("trip", "haul"),
    ("vans", "carts"),
    ("van", "cart"),
    ("drivers", "riders"),
    ("driver", "rider"),
    ("trip_id", "haul_id"),
    ("van_id", "cart_id"),
    ("van_ref", "cart_ref"),
    ("driver_id", "rider_id"),
    ("driver_name", "rider_name"),
    ("takings", "proceeds"),
    ("fare", "toll"),
    ("void", "scrapped"),
    ("km", "miles"),
    ("plates", "badges"),
    ("plate", "badge"),
    ("sites", "yards"),
    ("site", "yard"),
    ("fuel_cd", "power_cd"),
    ("electric", "solar"),
    ("diesel", "steam"),
    ("grade", "rank"),
];

struct Renamer {
    pattern: Regex,
    words: BTreeMap<&'static str, &'static str>,
}

impl Renamer {
    fn new() -> Self {
        let words = BTreeMap::from(OTHER_WORDS);
        let mut names: Vec<&str> = words.keys().copied().collect();
        names.sort_by_key(|name| std::cmp::Reverse(name.len()));
        // `_` is part of a word, so `van_idle` stays as it is.
        let pattern = Regex::new(&format!(r"(?i)\b(?:{})\b", names.join("|"))).expect("a pattern");
        Self { pattern, words }
    }

    fn renamed(&self, text: &str) -> String {
        let other = |found: &Captures| {
            let old = &found[0];
            let new = self.words[old.to_lowercase().as_str()];
            match old.chars().next().is_some_and(char::is_uppercase) {
                true => new[..1].to_uppercase() + &new[1..],
                false => new.to_owned(),
            }
        };
        self.pattern.replace_all(text, other).into_owned()
    }

    /// Every text of a folder, and the names of its files.
    fn rename(&self, folder: &Path) {
        for entry in fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry")) {
            let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
            if path.is_dir() {
                self.rename(&path);
            } else if [".yaml", ".csv", ".json"].iter().any(|end| name.ends_with(end)) {
                let text = self.renamed(&fs::read_to_string(&path).expect("read"));
                fs::remove_file(&path).expect("removed");
                let name = if folder.ends_with("data") { self.renamed(&name) } else { name };
                fs::write(folder.join(name), text).expect("written");
            }
        }
    }
}

#[test]
fn other_names_and_words_gain_in_kind() {
    let (_, plan) = Project::planned();
    let project = Project::small();
    Renamer::new().rename(&project.path(""));
    assert!(!project.read("benchmarks/trips.yaml").contains("takings"));
    let renamed = project.run(&["plan", "--json"]).exits(0).json();
    assert_eq!(renamed["verdict"], "improved", "{}", renamed["verdict_reason"]);
    let ((before, after), (other_before, other_after)) = (gain(&plan), gain(&renamed));
    let (won, other_won) = (after - before, other_after - other_before);
    assert!(10 * other_won >= 8 * won, "{won} won, and {other_won} with other names");
    let categories = |plan: &Value| {
        let changes = plan["changes"].as_array().expect("changes");
        changes.iter().map(|change| change["category"].to_string()).collect::<std::collections::BTreeSet<_>>()
    };
    assert!(categories(&renamed).len() + 1 >= categories(&plan).len());
}
