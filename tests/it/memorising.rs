//! A model that hands the answers in, in every disguise it is given: whole plans in which each of
//! them is refused, while a rule that several families of questions share stays.

use crate::model_replies::{changes, plan, project};
use serde_json::{Value, json};

/// One question whose answer no other shares: 900 stands nowhere else.
const HEAVY: &str = "  - id: heavy-1
    question: How many heavy trips were there?
    sql: SELECT COUNT(*) AS trips FROM fleet.ops.trips t WHERE t.void = false AND t.load_kg > 900
";

const GOLD: &str = "SELECT COUNT(*) AS trips FROM fleet.ops.trips t WHERE t.void = false AND t.load_kg > 900";
/// The same under other names, turned round, inside another query.
const REWORDED: &str = "WITH heavy AS (SELECT COUNT(*) AS n FROM `fleet`.`ops`.`trips` AS x WHERE 900 < x.load_kg AND \
                        (false = x.void)) SELECT n FROM heavy";

fn example(question: &str, sql: &str) -> Value {
    json!({"question": question, "sql": sql, "usage_guidance": "x", "reason": "x", "questions": ["heavy-1"]})
}

fn snippet(kind: &str, name: &str, sql: &str) -> Value {
    json!({"kind": kind, "display_name": name, "synonyms": [], "alias": "", "sql": sql, "reason": "x",
        "questions": ["heavy-1"], "patterns": []})
}

fn metadata(action: &str, text: &str) -> Value {
    json!({"action": action, "table": "fleet.ops.trips", "column": "load_kg", "text": text, "reason": "x",
        "questions": ["heavy-1"]})
}

fn line(text: &str) -> Value {
    json!({"section": "Definitions", "line": text, "reason": "x", "questions": ["heavy-1"]})
}

/// A plan of the project whose model makes these proposals, by a word of the prompt.
fn planned(proposals: &[(&str, Value)]) -> Value {
    let replies: Vec<Value> =
        proposals.iter().map(|(prompt, list)| json!({"contains": prompt, "reply": changes(list.clone())})).collect();
    let project = project(&json!(replies));
    let hauls = project.read("benchmarks/hauls.yaml");
    project.write("benchmarks/hauls.yaml", &format!("{hauls}{HEAVY}"));
    plan(&project)
}

/// What became of the model's proposals: reason and detail.
fn refused(plan: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let all = plan["rejections"].as_array().expect("rejections").iter();
    all.filter(|rejection| text(&rejection["candidate"]["provenance"]).starts_with("prompt "))
        .map(|rejection| (text(&rejection["reason"]), text(&rejection["detail"])))
        .collect()
}

#[test]
fn an_answer_key_is_refused_in_every_disguise() {
    let plan = planned(&[
        (
            "You add example queries",
            json!([example("heavy ones, please", GOLD), example("Tell me about heavy trips", REWORDED)]),
        ),
        ("You add SQL snippets", json!([snippet("measure", "heavy count", &format!("({GOLD})"))])),
        (
            "Words of our own",
            json!([metadata("add_synonym", GOLD), metadata("describe_column", &format!("Load. `{GOLD}`"))]),
        ),
        (
            "You add single lines",
            json!([
                line(&format!("Heavy trips are counted with `{GOLD}`.")),
                line("For the number of heavy trips, count those that are not void and carry more than 900 kg."),
            ]),
        ),
    ]);
    let refused = refused(&plan);
    assert_eq!(refused.len(), 7, "{refused:#?}");
    for (reason, detail) in &refused {
        assert!(reason == "leak" && detail.contains("heavy-1"), "{reason}: {detail}");
    }
    assert!(!plan["changes"].to_string().contains("900"), "{:#}", plan["changes"]);
}

#[test]
fn an_answer_that_is_split_is_refused_as_well() {
    // Each piece is harmless alone; what only this question needs goes.
    let filter = || snippet("filter", "heavy", "fleet.ops.trips.load_kg > 900");
    let count = || line("Heavy trips are counted with `COUNT(*)` where `void = false`.");
    let measure = || snippet("measure", "number of trips", "COUNT(*)");
    let void = || snippet("filter", "real", "fleet.ops.trips.void = false");
    let cases: [(&str, Vec<(&str, Value)>); 3] = [
        ("over snippets", vec![("You add SQL snippets", json!([filter(), measure(), void()]))]),
        (
            "over a snippet and a text",
            vec![("You add SQL snippets", json!([filter()])), ("You add single lines", json!([count()]))],
        ),
        (
            "over the pieces of a sentence",
            vec![(
                "You add single lines",
                json!([line("Heavy trips: `COUNT(*)` where `void = false` and `load_kg > 900`.")]),
            )],
        ),
    ];
    for (what, proposals) in cases {
        let plan = planned(&proposals);
        let refused = refused(&plan);
        let leaks = refused.iter().filter(|(reason, detail)| reason == "leak" && detail.contains("heavy-1")).count();
        assert_eq!(leaks, 1, "{what}: {refused:#?}");
        assert!(!plan["changes"].to_string().contains("900"), "{what}: {:#}", plan["changes"]);
        assert_eq!(plan["verdict"], "improved", "{what}: the rest goes on; {}", plan["verdict_reason"]);
    }
}

#[test]
fn a_rule_of_several_families_passes() {
    let mut electric = snippet("filter", "electric", "fleet.ops.vans.fuel_cd = 'E'");
    electric["questions"] = json!(["electric-count-1", "electric-plates-1", "takings-electric-1"]);
    let plan = planned(&[("You add SQL snippets", json!([electric]))]);
    assert!(refused(&plan).iter().all(|(reason, _)| reason != "leak"), "{:#?}", refused(&plan));
    let changes = plan["changes"].as_array().expect("changes");
    // The model's filter, or what the miners learnt of the same: one of them is idle.
    let rule = changes.iter().find(|change| {
        change["after"].to_string().contains("electric") && change["evidence"]["fixes"].to_string().contains("electric")
    });
    let rule = rule.unwrap_or_else(|| panic!("no rule about electric vans: {changes:#?}"));
    let fixed: std::collections::BTreeSet<&str> =
        rule["evidence"]["fixes"].as_array().expect("fixes").iter().filter_map(Value::as_str).collect();
    assert!(fixed.len() >= 3, "{fixed:?}");
    let guards = plan["guards"].as_array().expect("guards");
    let leak = guards.iter().find(|guard| guard["rule"] == "gold-leak").expect("the guard");
    assert_eq!((&plan["verdict"], &leak["status"]), (&json!("improved"), &json!("passed")));
}
