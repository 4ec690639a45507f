//! Laws of difference, patch and inversion, on made-up and real spaces.

use super::*;
use crate::model::{Address, Change, Space};
use proptest::prelude::*;
use serde_json::{Value, json};

fn space(document: Value) -> Space {
    Space::from_document(document).expect("a space document")
}

fn sample() -> Space {
    space(json!({
        "version": 2,
        "data_sources": {"tables": [
            {"identifier": "m.s.orders", "description": ["All orders.\n", "Also cancelled ones."],
             "column_configs": [{"column_name": "amount", "synonyms": ["revenue", "매출"], "new_flag": {"x": 1}}]},
            {"identifier": "m.s.stores"}]},
        "instructions": {
            "text_instructions": [{"id": "a1", "content": ["Be brief.\n", "\n", "## Dates\n", "- Monday first.\n"]}],
            "sql_snippets": {"measures": [{"id": "b1", "alias": "n", "sql": ["COUNT(*)"]}]}}
    }))
}

#[test]
fn changes_are_keyed_and_land_in_the_right_place() {
    let base = sample();
    let changes = [
        Change::add(Address::synonym("m.s.orders", "amount", "turnover"), json!(true)),
        Change::add(Address::column_field("m.s.stores", "city", "description"), json!(["Where it is."])),
        Change::add(
            Address::text_line("a1", "Dates", "- `ordered_on` is the date."),
            json!("- `ordered_on` is the date."),
        ),
        Change::add(Address::instruction("join_specs", "c1"), json!({"id": "c1", "sql": ["a", "b"]})),
    ];
    let fixed: Vec<Change> = changes
        .into_iter()
        .map(|change| match change.address.segments().iter().any(|segment| segment == "synonyms") {
            true => Change { after: Some(json!("turnover")), ..change },
            false => change,
        })
        .collect();
    let changed = apply_all(&base, &fixed).expect("applies");
    let table = changed.document().pointer("/data_sources/tables/0/column_configs/0").cloned();
    assert_eq!(
        table,
        Some(json!({"column_name": "amount", "synonyms": ["revenue", "매출", "turnover"], "new_flag": {"x": 1}}))
    );
    let back: Vec<Change> = fixed.iter().rev().map(Change::inverted).collect();
    assert_eq!(apply_all(&changed, &back).expect("applies").canonical(), base.canonical());
}

#[test]
fn what_moved_is_a_conflict() {
    let mut base = sample();
    let stale = Change::update(Address::table_field("m.s.orders", "description"), json!(["Old."]), json!(["New."]));
    assert!(matches!(apply(&mut base, &stale), Err(PatchError::Conflict { .. })));
    let twice = Change::add(Address::synonym("m.s.orders", "amount", "revenue"), json!("revenue"));
    assert!(matches!(apply(&mut base, &twice), Err(PatchError::Conflict { .. })));
}

#[test]
fn what_fits_is_told_apart() {
    let base = sample();
    let at = Address::table_field("m.s.orders", "description");
    assert_eq!(fits(&base, &at, Some(&json!("All orders.\nAlso cancelled ones."))), Fit::Same);
    assert_eq!(fits(&base, &at, Some(&json!("Other."))), Fit::Not);
    assert_eq!(fits(&base, &at, None), Fit::Not);
    let measure = Address::snippet("measures", "b1");
    let padded = json!({"id": "b1", "alias": "n", "sql": ["COUNT(*)"], "synonyms": [], "comment": null});
    assert_eq!(fits(&base, &measure, Some(&padded)), Fit::Alike);
    let title = Address::sidecar("title");
    assert_eq!(fits(&base, &title, None), Fit::Same);
    assert_eq!(fits(&base, &title, Some(&json!("T"))), Fit::Not);
}

#[test]
fn a_text_split_otherwise_is_the_same_text() {
    let mut base = sample();
    let change = Change::update(
        Address::table_field("m.s.orders", "description"),
        json!("All orders.\nAlso cancelled ones."),
        json!("Orders."),
    );
    assert_eq!(apply(&mut base, &change), Ok(()));
}

#[test]
fn difference_of_real_spaces_applies_and_inverts() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/spaces");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        assert!(std::env::var_os("CI").is_none(), "the shared spaces are missing: {}", folder.display());
        println!("skipped: {} is not there", folder.display());
        return;
    };
    let mut spaces = vec![Space::empty(), sample()];
    for path in entries.filter_map(Result::ok).map(|entry| entry.path()) {
        let text = std::fs::read_to_string(&path).expect("a space file");
        spaces.push(Space::parse(&text).expect("a space"));
    }
    assert!(spaces.len() > 5, "found only {} spaces", spaces.len());
    for one in &spaces {
        for other in &spaces {
            let changes = diff(one, other);
            let there = apply_all(one, &changes).expect("the difference applies");
            assert_eq!(there.canonical(), other.canonical());
            let back: Vec<Change> = changes.iter().rev().map(Change::inverted).collect();
            assert_eq!(apply_all(&there, &back).expect("the inverse applies").canonical(), one.canonical());
            assert!(diff(one, one).is_empty());
        }
    }
}

fn words() -> impl Strategy<Value = Vec<String>> {
    prop::collection::btree_set("[a-c가나]{1,2}", 0..4).prop_map(|set| set.into_iter().collect())
}

prop_compose! {
    fn any_space()(
        tables in prop::collection::btree_map("[a-d]", (words(), "[a-z \n]{0,9}", any::<bool>()), 0..4),
        measures in prop::collection::btree_map("[0-9]", "[A-Z]{1,3}", 0..4),
        text in "([a-z]{1,4}\n){0,3}",
    ) -> Space {
        let tables: Vec<Value> = tables.into_iter().map(|(name, (synonyms, description, exclude))| json!({
            "identifier": name, "description": [description],
            "column_configs": [{"column_name": "c", "synonyms": synonyms, "exclude": exclude}],
        })).collect();
        let measures: Vec<Value> = measures.into_iter().map(|(id, sql)| json!({"id": id, "sql": [sql]})).collect();
        let texts = if text.is_empty() { json!([]) } else { json!([{"id": "t", "content": [text]}]) };
        space(json!({"version": 2, "data_sources": {"tables": tables},
            "instructions": {"text_instructions": texts, "sql_snippets": {"measures": measures}}}))
    }
}

proptest! {
    #[test]
    fn diff_then_apply_is_the_target(one in any_space(), other in any_space()) {
        let changes = diff(&one, &other);
        let there = apply_all(&one, &changes).expect("applies");
        prop_assert_eq!(there.canonical(), other.canonical());
        let back: Vec<Change> = changes.iter().rev().map(Change::inverted).collect();
        prop_assert_eq!(apply_all(&there, &back).expect("inverts").canonical(), one.canonical());
    }

    #[test]
    fn canonical_form_is_idempotent(one in any_space()) {
        let again = space(one.canonical());
        prop_assert_eq!(again.canonical(), one.canonical());
    }

    #[test]
    fn merging_loses_nothing_and_takes_no_side(base in any_space(), one in any_space(), other in any_space()) {
        let merged = merge(&base, &one, &other);
        let turned = merge(&base, &other, &one);
        prop_assert_eq!(&merged.ours, &turned.theirs);
        prop_assert_eq!(&merged.theirs, &turned.ours);
        prop_assert_eq!(&merged.same, &turned.same);
        prop_assert_eq!(merged.conflicts.len(), turned.conflicts.len());
        // Every change of a side is told, once or as part of a conflict.
        for change in diff(&base, &one) {
            let told = merged.ours.contains(&change) || merged.same.contains(&change)
                || merged.conflicts.iter().any(|clash| clash.ours == change);
            prop_assert!(told, "{} is lost", change.address);
        }
        if let Some(result) = merged.merged(&base) {
            let result = result.expect("what does not clash can be joined");
            let turned = turned.merged(&base).expect("no conflict").expect("joined");
            prop_assert_eq!(result.digest(), turned.digest());
            // Both sides see their own changes in it.
            for change in merged.ours.iter().chain(&merged.theirs).chain(&merged.same) {
                prop_assert_ne!(fits(&result, &change.address, change.after.as_ref()), Fit::Not, "{}", change.address);
            }
        }
    }

    #[test]
    fn merging_with_what_did_not_move_is_the_other_side(base in any_space(), one in any_space()) {
        let joined = |merge: Merge| merge.merged(&base).expect("no conflict").expect("joined").digest();
        prop_assert_eq!(joined(merge(&base, &one, &base)), one.digest());
        prop_assert_eq!(joined(merge(&base, &base, &one)), one.digest());
        prop_assert_eq!(joined(merge(&base, &one, &one)), one.digest());
    }
}

#[test]
fn a_change_with_others_inside_it_holds_once_all_are_made() {
    let base = sample();
    let measure = Change::add(
        "measures/b2".parse().expect("an address"),
        json!({"id": "b2", "alias": "sum", "sql": ["SUM(amount)"]}),
    );
    let synonym = Change::add("measures/b2/synonyms/total".parse().expect("an address"), json!("total"));
    let all = [measure.clone(), synonym.clone()];
    let made = apply_all(&base, &all).expect("applies");
    assert_eq!(holds(&made, &measure, &all), Fit::Same);
    assert_eq!(holds(&made, &synonym, &all), Fit::Same);
    assert_eq!(fits(&made, &measure.address, measure.after.as_ref()), Fit::Not, "alone it is not what stands there");
    let half = apply_all(&base, [&measure]).expect("applies");
    assert_eq!(holds(&half, &measure, &all), Fit::Not);
    let other = Change { after: Some(json!({"id": "b2", "alias": "sum", "sql": ["MAX(amount)"]})), ..measure };
    assert_eq!(holds(&made, &other, [&other, &synonym]), Fit::Not);
}
