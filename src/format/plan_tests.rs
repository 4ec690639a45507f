//! Laws of `plan.json`.

use super::*;
use crate::model::*;
use proptest::prelude::*;
use serde_json::{Value, json};

fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{0,6}",
        Just("매출 \u{202e}\u{1b}[31m\n- @all </details>".to_owned()),
        Just("quote \" back\\slash \u{2028}".to_owned()),
    ]
}

fn digest() -> impl Strategy<Value = Digest> {
    "[0-9a-f]{64}".prop_map(Digest)
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        word().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_filter("finite", |f| f.is_finite()).prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::vec((word(), inner), 0..3).prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        ]
    })
}

fn address() -> impl Strategy<Value = Address> {
    prop_oneof![
        (word(), word(), word()).prop_map(|(a, b, c)| Address::synonym(&a, &b, &c)),
        word().prop_map(|id| Address::snippet("measures", &id)),
        (word(), word()).prop_map(|(section, line)| Address::text_line("01", &section, &line)),
        Just(Address::sidecar("title")),
    ]
}

fn change() -> impl Strategy<Value = Change> {
    let sides = prop_oneof![
        value().prop_map(|after| (None, Some(after))),
        value().prop_map(|before| (Some(before), None)),
        (value(), value()).prop_map(|(before, after)| (Some(before), Some(after))),
    ];
    (address(), sides).prop_map(|(address, (before, after))| Change { address, before, after })
}

fn planned() -> impl Strategy<Value = PlannedChange> {
    (change(), word(), prop::collection::vec(word(), 0..3), any::<u16>()).prop_map(|(change, reason, ids, support)| {
        PlannedChange {
            id: "c-01".into(),
            category: change.category(),
            action: change.action(),
            change,
            reason,
            evidence: ChangeEvidence {
                pattern: ids.clone(),
                support: support.into(),
                fixes: ids,
                status: "measured".into(),
                ..ChangeEvidence::default()
            },
        }
    })
}

fn rejection() -> impl Strategy<Value = Rejection> {
    (change(), word()).prop_map(|(change, text)| Rejection {
        candidate: Candidate {
            id: "k-1".into(),
            category: change.category(),
            changes: vec![change],
            patterns: vec![],
            support: 2,
            targets: vec![text.clone()],
            reason: text.clone(),
            provenance: "miner".into(),
        },
        reason: RejectionReason::NoEffect,
        detail: text,
    })
}

fn base() -> impl Strategy<Value = Base> {
    (prop::option::of(word()), digest(), word()).prop_map(|(id, digest, title)| Base {
        host: "https://adb-1.example".into(),
        space_id: id.clone(),
        title,
        warehouse_id: "w".into(),
        etag: id.clone(),
        live: id.map(|_| digest.clone()),
        live_sidecar: None,
        definition_before: Some(digest.clone()),
        definition_after: None,
        target: digest.clone(),
        config: digest.clone(),
        benchmarks: digest,
        as_of: None,
    })
}

prop_compose! {
    fn plan()(
        base in base(),
        changes in prop::collection::vec(planned(), 0..4),
        rejections in prop::collection::vec(rejection(), 0..2),
        p_value in prop::option::of(0.0..=1.0f64),
        correct in 0usize..50,
        text in word(),
    ) -> Plan {
        let learn = Score { correct, total: 50, needs_review: 1, not_run: 2 };
        Plan {
            verdict: PlanVerdict::NotEnoughEvidence,
            verdict_reason: text.clone(),
            base,
            score: ScorePair {
                before: SplitScore::default(),
                after: SplitScore { learn, holdout: Score::default() },
            },
            questions: vec![QuestionOutcome {
                id: text.clone(),
                split: Split::Holdout,
                before: Outcome::NoSql,
                after: Outcome::BadGold,
                reason_before: "R".into(),
                reason_after: text.clone(),
            }],
            changes,
            rejections,
            guards: vec![GuardOutcome {
                rule: "changes".into(),
                level: GuardLevel::Hard,
                status: GuardStatus::Waived,
                message: text,
            }],
            evidence: Evidence { p_value, learn_interval: p_value.map(|p| [-p, p]), ..Evidence::default() },
            created_at: "2026-01-01T00:00:00Z".into(),
            expires_at: "2026-01-08T00:00:00Z".into(),
            tool_version: "0.1.0".into(),
        }
    }
}

/// The same document with the keys of every object in reverse order.
fn reversed(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            Value::Object(map.iter().rev().map(|(key, child)| (key.clone(), reversed(child))).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(reversed).collect()),
        other => other.clone(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn what_is_written_reads_back(plan in plan()) {
        let text = plan_to_json(&plan);
        let loaded = plan_from_json(&text).expect("own plan");
        prop_assert_eq!(&loaded.plan, &plan);
        prop_assert_eq!(&loaded.id, &plan_id(&plan));
        prop_assert_eq!(plan_to_json(&loaded.plan), text);
    }

    #[test]
    fn key_order_and_line_ends_do_not_count(plan in plan()) {
        let text = plan_to_json(&plan);
        let value: Value = serde_json::from_str(&text).expect("JSON");
        for other in [text.replace('\n', "\r\n"), reversed(&value).to_string()] {
            let loaded = plan_from_json(&other).expect("same plan");
            prop_assert_eq!(&loaded.id, &plan_id(&plan));
            prop_assert_eq!(&loaded.plan, &plan);
        }
    }

    #[test]
    fn a_flipped_byte_is_refused(plan in plan(), place in any::<prop::sample::Index>(), mask in 1u8..=255) {
        let text = plan_to_json(&plan);
        let mut bytes = text.clone().into_bytes();
        let at = place.index(bytes.len());
        bytes[at] ^= mask;
        let Ok(flipped) = String::from_utf8(bytes) else { return Ok(()) };
        // White space between tokens is the one thing that may change: the plan stays the same.
        match plan_from_json(&flipped) {
            Err(_) => {}
            Ok(loaded) => {
                let value: Value = serde_json::from_str(&flipped).expect("JSON");
                prop_assert_eq!(value, serde_json::from_str::<Value>(&text).expect("JSON"));
                prop_assert_eq!(loaded.plan, plan);
            }
        }
    }
}

fn sample_text() -> String {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let tree = plan().new_tree(&mut runner).expect("a plan");
    plan_to_json(&prop::strategy::ValueTree::current(&tree))
}

fn edited(edit: impl FnOnce(&mut Value)) -> Result<LoadedPlan, FormatError> {
    let mut value: Value = serde_json::from_str(&sample_text()).expect("JSON");
    edit(&mut value);
    plan_from_json(&value.to_string())
}

#[test]
fn edits_unknown_fields_and_newer_versions_are_refused() {
    assert!(matches!(edited(|plan| plan["format_version"] = json!(2)), Err(FormatError::Newer { found: 2, .. })));
    assert!(matches!(
        edited(|plan| plan["score"]["after"]["learn"]["correct"] = json!(50)),
        Err(FormatError::Changed { .. })
    ));
    assert!(matches!(edited(|plan| plan["id"] = json!("0")), Err(FormatError::Changed { .. })));
    let error = edited(|plan| plan["score"]["colour"] = json!(1)).expect_err("refused").to_string();
    assert!(error.contains("unknown field `colour`"), "{error}");
    assert!(matches!(plan_from_json("{}"), Err(FormatError::NotThis { .. })));
    assert!(matches!(plan_from_json("{\"format_version\":"), Err(FormatError::NotJson { .. })));
}

#[test]
fn the_top_level_is_what_readers_rely_on() {
    let value: Value = serde_json::from_str(&sample_text()).expect("JSON");
    for key in ["id", "verdict", "space", "base", "score", "questions", "changes", "rejections", "guards"] {
        assert!(value.get(key).is_some(), "{key}");
    }
    assert!(value.pointer("/score/after/holdout/needs_review").is_some());
    assert_eq!(value["format_version"], json!(1));
}
