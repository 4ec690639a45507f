//! The published vectors, and the rules that they do not show.

use super::vectors::{self, VectorOutcome};
use super::{GoldFacts, Side, compare, policy_of};
use crate::model::{Cell, Column, Question, ResultSet};
use serde_json::{Value, json};

const VECTORS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data/comparator/vectors.json");

fn published() -> Option<(String, Vec<Value>)> {
    let text = ["/../shared", "/../../shared"]
        .iter()
        .find_map(|up| std::fs::read_to_string(VECTORS.replace("/../shared", up)).ok())?;
    let document: Value = serde_json::from_str(&text).expect("JSON");
    let vectors = document["vectors"].as_array().expect("list").clone();
    Some((text, vectors))
}

#[test]
fn all_published_vectors_agree() {
    // The data are not part of the package; without them there is nothing to test.
    let Some((text, vectors)) = published() else { return };
    let outcomes = vectors::run(&text).expect("vectors");
    assert_eq!(outcomes.len(), vectors.len());
    let mut wrong = Vec::new();
    for (outcome, vector) in outcomes.iter().zip(&vectors) {
        let mut notes: Vec<&str> =
            vector["notes"].as_array().expect("notes").iter().filter_map(Value::as_str).collect();
        notes.sort_unstable();
        let got = json!([outcome.verdict, outcome.reason, outcome.notes]);
        let want = json!([vector["verdict"], vector["reason"], notes]);
        if got != want {
            wrong.push(format!("{} {}: {got} instead of {want}", outcome.id, vector["title"]));
        }
    }
    assert!(wrong.is_empty(), "{} of {}\n{}", wrong.len(), vectors.len(), wrong.join("\n"));
}

#[test]
fn native_ratings_follow_the_documented_rules() {
    let Some((text, vectors)) = published() else { return };
    let outcomes = vectors::run(&text).expect("vectors");
    let mut wrong = Vec::new();
    for (outcome, vector) in outcomes.iter().zip(&vectors) {
        let want = &vector["genie_documented"];
        let rating = want["rating"].as_str().unwrap_or_default().trim_end_matches('?');
        let documented = !want["rating"].as_str().unwrap_or_default().ends_with('?');
        if outcome.native != rating || (documented && Some(outcome.native_reason.as_str()) != want["reason"].as_str()) {
            let title = &vector["title"];
            wrong.push(format!("{} {title}: {} {} not {want}", outcome.id, outcome.native, outcome.native_reason));
        }
    }
    assert!(wrong.is_empty(), "{}\n{}", wrong.len(), wrong.join("\n"));
}

pub(super) fn one(expected: Value, actual: Value, flags: Value) -> VectorOutcome {
    let vector = json!({"id": "t", "expected": expected, "actual": actual, "flags": flags});
    vectors::run(&vector.to_string()).expect("vector").remove(0)
}

fn table(columns: &[&str], rows: Value) -> Value {
    json!({"columns": columns, "rows": rows})
}

/// Verdict, reason and notes in one text: `match MATCH ROUNDED`.
fn told(expected: Value, actual: Value, flags: Value) -> String {
    let outcome = one(expected, actual, flags);
    let verdict = serde_json::to_value(outcome.verdict).expect("verdict");
    let mut words = vec![verdict.as_str().unwrap_or_default().to_owned(), outcome.reason];
    words.extend(outcome.notes);
    words.join(" ")
}

/// One column named `x` on both sides.
fn column(expected: Value, actual: Value, flags: Value) -> String {
    let rows = |cells: Value| -> Value { cells.as_array().expect("list").iter().map(|cell| json!([cell])).collect() };
    told(table(&["x"], rows(expected)), table(&["x"], rows(actual)), flags)
}

fn keyed(columns: &[&str], expected: Value, actual: Value, flags: Value) -> String {
    told(table(columns, expected), table(columns, actual), flags)
}

#[test]
fn what_has_no_rows() {
    let rows = || table(&["x"], json!([[1]]));
    let failed = |error: &str| json!({"error": error});
    assert_eq!(told(failed("sql"), failed("transport"), json!({})), "invalid EXPECTED_SQL_FAILED");
    assert_eq!(told(failed("transport"), rows(), json!({})), "invalid TRANSPORT");
    assert_eq!(told(rows(), failed("transport"), json!({"sql_identical": true})), "invalid TRANSPORT");
    assert_eq!(told(rows(), failed("no_sql"), json!({})), "mismatch NO_SQL");
    assert_eq!(told(rows(), table(&["x"], json!([])), json!({})), "mismatch EMPTY_RESULT");
    let empty = || table(&["x"], json!([]));
    assert_eq!(told(empty(), empty(), json!({"sql_identical": true})), "match SQL_IDENTICAL");
    let cut = json!({"columns": ["x"], "rows": [[1]], "truncated": true});
    assert_eq!(told(rows(), cut, json!({})), "undecided TRUNCATED");
}

#[test]
fn cells() {
    for (a, b) in [
        (json!(["가 나", "x"]), json!([" \u{1100}\u{1161}  나 ", "x"])),
        (json!(["12.50", "7.25"]), json!([12.5, 7.25])),
        (json!(["1.5E3", "20"]), json!([1500, 20])),
        (json!(["2025-08-25", "2025-08-26"]), json!(["2025-08-25 00:00:00", "2025-08-26T00:00:00.000"])),
        (json!(["2025-08-25 14:00:00.123456", "a"]), json!(["2025-08-25T14:00:00.1234561", "a"])),
        (json!([9_007_199_254_740_993_u64, 11]), json!([9_007_199_254_740_993_u64, 11])),
        (json!([[1, {"a": 1, "b": 2}], "x"]), json!(["[1,{\"b\":2,\"a\":1}]", "x"])),
    ] {
        assert_eq!(column(a.clone(), b.clone(), json!({})), "match MATCH", "{a} {b}");
    }
    for (a, b) in [
        (json!([9_007_199_254_740_993_u64, 11]), json!([9_007_199_254_740_992_u64, 11])),
        (json!(["2025-08-25T14:00:00Z", 1]), json!(["2025-08-25T14:00:00+09:00", 1])),
        (json!(["a", "NaN"]), json!(["a", "NULL"])),
        (json!([0.12355, 9]), json!([0.12345, 9])),
    ] {
        assert_eq!(column(a.clone(), b.clone(), json!({})), "mismatch VALUES_DIFFER", "{a} {b}");
    }
    assert_eq!(column(json!([true, false]), json!([1, 0]), json!({})), "match MATCH TYPE_DIFFERENCE");
    assert_eq!(column(json!(["TRUE", "false"]), json!([true, false]), json!({})), "match MATCH TYPE_DIFFERENCE");
}

#[test]
fn rounding() {
    assert_eq!(column(json!([2.5, 3.125]), json!([2.5, 3.13]), json!({})), "match MATCH ROUNDED");
    // ROUND(x, 2) of a double prints 3.1 for 3.10.
    assert_eq!(column(json!([3.1049, 2.5689]), json!([3.1, 2.57]), json!({})), "match MATCH ROUNDED");
    assert_eq!(column(json!([4.4, 7.6]), json!([4, 8]), json!({})), "mismatch VALUES_DIFFER");
    assert_eq!(column(json!([0.0004]), json!([0.0]), json!({"round_digits": [3]})), "match MATCH ROUNDED");
    assert_eq!(
        column(json!([0.0004]), json!([0.001]), json!({"round_digits": [4]})),
        "mismatch SINGLE_CELL_DIFFERENCE"
    );
    assert_eq!(column(json!([100]), json!([101]), json!({"tolerance": 0.01})), "match MATCH");
    assert_eq!(column(json!([2.71958]), json!([2.72]), json!({"tolerance": 0})), "mismatch SINGLE_CELL_DIFFERENCE");
}

#[test]
fn rows_are_tuples_under_tolerance() {
    let columns = ["k", "x"];
    let expected = json!([["a", 0.333333], ["b", 0.666667], ["c", 1.5]]);
    let shuffled = json!([["c", 1.5], ["b", 0.6667], ["a", 0.3333]]);
    assert_eq!(keyed(&columns, expected.clone(), shuffled, json!({})), "match MATCH ORDER_DIFFERS ROUNDED");
    let broken = json!([["a", 0.6667], ["b", 0.3333], ["c", 1.5]]);
    assert_eq!(keyed(&columns, expected, broken, json!({})), "mismatch VALUES_DIFFER");
}

#[test]
fn columns() {
    let gold = || table(&["k", "n"], json!([["a", 11], ["b", 22]]));
    let answer = |columns: &[&str], rows: Value| told(gold(), table(columns, rows), json!({}));
    assert_eq!(answer(&["n", "k"], json!([[11, "a"], [22, "b"]])), "match MATCH COLUMN_ORDER");
    assert_eq!(answer(&["id", "k", "n"], json!([[1, "a", 11], [2, "b", 22]])), "match MATCH_EXTRA_COLUMNS");
    assert_eq!(answer(&["k", "x", "y"], json!([["a", 11, 11], ["b", 22, 22]])), "undecided EXTRA_COLUMNS");
    assert_eq!(answer(&["k", "n", "y"], json!([["a", 11, 11], ["b", 22, 22]])), "match MATCH_EXTRA_COLUMNS");
    assert_eq!(answer(&["k", "n", "y"], json!([["a", 11, 1]])), "mismatch MISSING_ROWS EXTRA_COLUMNS");
    assert_eq!(answer(&["n"], json!([[11], [22]])), "undecided MISSING_COLUMNS");
    assert_eq!(answer(&["n"], json!([[11]])), "mismatch MISSING_COLUMNS");
    let single = |columns: &[&str]| told(table(&["total"], json!([[5]])), table(columns, json!([[1, 5]])), json!({}));
    assert_eq!(single(&["min", "Total"]), "match MATCH_EXTRA_COLUMNS");
    assert_eq!(single(&["min", "max"]), "undecided EXTRA_COLUMNS");
}

#[test]
fn order() {
    let flags = |keys: Value| json!({"order": "keys", "order_keys": keys});
    let columns = ["k", "n"];
    let gold = json!([["a", 20], ["b", 11], ["c", 11]]);
    let swapped = json!([["a", 20], ["c", 11], ["b", 11]]);
    assert_eq!(keyed(&columns, gold.clone(), swapped.clone(), flags(json!([1]))), "match MATCH TIE_ORDER");
    assert_eq!(keyed(&columns, gold.clone(), swapped.clone(), flags(json!([1, 0]))), "mismatch ORDER_DIFFERS");
    assert_eq!(keyed(&columns, gold.clone(), swapped, flags(json!([]))), "undecided ORDER_DIFFERS");
    assert_eq!(keyed(&columns, gold.clone(), gold.clone(), flags(json!([]))), "match MATCH");
    let answer = table(&["n", "k", "z"], json!([[11, "b", 1], [11, "c", 2], [20, "a", 3]]));
    assert_eq!(told(table(&columns, gold), answer, flags(json!([1]))), "mismatch ORDER_DIFFERS");
}

#[test]
fn duplicates() {
    let ignore = json!({"duplicates": "ignore"});
    assert_eq!(column(json!(["a", "b"]), json!(["a", "a", "b"]), json!({})), "undecided DUPLICATES_DIFFER");
    assert_eq!(column(json!(["a", "b", "b"]), json!(["a", "a", "b"]), json!({})), "mismatch VALUES_DIFFER");
    assert_eq!(
        column(json!(["a", "b", "b"]), json!(["a", "a", "b"]), ignore.clone()),
        "match MATCH DUPLICATES_IGNORED"
    );
    assert_eq!(
        column(json!(["a", "b", "b"]), json!(["b", "a"]), ignore),
        "match MATCH DUPLICATES_IGNORED ORDER_DIFFERS"
    );
}

#[test]
fn near_misses() {
    for (a, b, reason) in [
        (json!([33.3333, 12.5]), json!([0.333333, 0.125]), "PERCENT_SCALE"),
        (json!([0.33, 0.5]), json!([33.33, 50.0]), "PERCENT_SCALE"),
        (json!([1_234_567, 2_000_000]), json!([1234.567, 2000]), "UNIT_SCALE"),
        (json!([1.5, 3]), json!([5400, 10800]), "UNIT_SCALE"),
        (json!([48, 24]), json!([2, 1]), "UNIT_SCALE"),
        (json!(["Seoul", "x"]), json!(["seoul", "X"]), "STRING_CASE"),
        (json!(["", "x"]), json!([null, "x"]), "NULL_ZERO"),
        (json!([0, 5]), json!([null, 5]), "NULL_ZERO"),
        (json!([1234, 15]), json!(["₩1,234", "₩15"]), "FORMATTED_NUMBER"),
        (json!([0.123, 0.5]), json!(["12.3%", "50%"]), "FORMATTED_NUMBER"),
        (json!(["2025-07-14", "2025-08-02"]), json!(["2025-07-01", "2025-08-01"]), "DATE_GRAIN"),
        (json!(["2025-01-01", "2024-01-01"]), json!([2025, 2024]), "DATE_GRAIN"),
    ] {
        assert_eq!(column(a.clone(), b.clone(), json!({})), format!("undecided {reason}"), "{a} {b}");
        assert_eq!(column(b.clone(), a.clone(), json!({})), format!("undecided {reason}"), "{b} {a}");
    }
    assert_eq!(column(json!([10, 20]), json!([1000, 2100]), json!({})), "mismatch VALUES_DIFFER");
    assert_eq!(column(json!([0, 0]), json!([7, 0]), json!({})), "mismatch VALUES_DIFFER");
    let columns = ["k", "r"];
    let shuffled = keyed(&columns, json!([["a", 0.5], ["b", 0.25]]), json!([["b", 25.0], ["a", 50.0]]), json!({}));
    assert_eq!(shuffled, "undecided PERCENT_SCALE");
    let broken = keyed(&columns, json!([["a", 0.5], ["b", 0.25]]), json!([["a", 25.0], ["b", 50.0]]), json!({}));
    assert_eq!(broken, "mismatch VALUES_DIFFER");
    let two = keyed(&columns, json!([["a", 0.5], ["b", 0.25]]), json!([["A", 50.0], ["B", 25.0]]), json!({}));
    assert_eq!(two, "mismatch VALUES_DIFFER");
}

#[test]
fn limits() {
    let columns = ["k", "n"];
    let gold = json!([["a", 90], ["b", 80], ["c", 70]]);
    let full = json!([["a", 90], ["b", 80], ["c", 70], ["d", 70], ["e", 10]]);
    let flags = |extra: Value| {
        let mut flags = json!({"limit": 3, "order_keys": [1]});
        flags.as_object_mut().expect("map").extend(extra.as_object().expect("map").clone());
        flags
    };
    let stranger = json!([["a", 90], ["b", 80], ["z", 70]]);
    let exact = flags(json!({"expected_full": full}));
    assert_eq!(keyed(&columns, gold.clone(), stranger, exact.clone()), "mismatch VALUES_DIFFER");
    let tied = json!([["a", 90], ["d", 70], ["b", 80]]);
    assert_eq!(keyed(&columns, gold.clone(), tied.clone(), exact), "match MATCH ORDER_DIFFERS TIE_AT_LIMIT");
    let ordered = flags(json!({"expected_full": full, "order": "keys"}));
    assert_eq!(keyed(&columns, gold.clone(), tied.clone(), ordered), "mismatch ORDER_DIFFERS");
    // Fewer rows than the limit: nothing was cut.
    assert_eq!(keyed(&columns, gold.clone(), tied, json!({"limit": 9, "order_keys": [1]})), "mismatch VALUES_DIFFER");
    assert_eq!(keyed(&columns, gold.clone(), full.clone(), flags(json!({}))), "undecided LIMIT_DIFFERS");
    let other_tie = json!([["a", 90], ["b", 80], ["d", 70], ["c", 70], ["e", 10]]);
    assert_eq!(keyed(&columns, gold.clone(), other_tie, flags(json!({}))), "undecided LIMIT_DIFFERS");
    assert_eq!(keyed(&columns, gold.clone(), full.clone(), json!({})), "mismatch EXTRA_ROWS");
    assert_eq!(keyed(&columns, full, gold, json!({"actual_limit": 3})), "undecided LIMIT_DIFFERS");
    let top = |flags: Value| keyed(&columns, json!([["a", 9]]), json!([["b", 9]]), flags);
    assert_eq!(top(json!({"limit": 1, "order_keys": [1]})), "undecided TIE_AT_LIMIT");
}

#[test]
fn a_question_that_names_its_number_of_rows_wants_no_more() {
    let rows = |list: &[(&str, u32)]| {
        let column = |name: &str| Column { name: name.into(), type_name: String::new(), type_text: String::new() };
        let row = |(k, n): &(&str, u32)| vec![Cell::Text((*k).into()), Cell::Number(n.to_string())];
        let rows = list.iter().map(row).collect();
        Side::Rows(ResultSet { columns: vec![column("k"), column("n")], rows, truncated: false })
    };
    let facts = GoldFacts { limit: Some(2), order_by: vec![Some(1)], ..GoldFacts::default() };
    let told = |words: &str, answer: &[(&str, u32)]| {
        let question = Question { question: words.into(), ..Question::default() };
        let found = compare(&rows(&[("a", 9), ("b", 8)]), &rows(answer), &policy_of(&question, &facts));
        format!("{:?} {}", found.verdict, found.reason)
    };
    let all = [("a", 9), ("b", 8), ("c", 7)];
    assert_eq!(told("the top 2", &all), "Mismatch EXTRA_ROWS");
    assert_eq!(told("상위 2개", &[("a", 9), ("c", 8), ("b", 8), ("d", 7)]), "Mismatch EXTRA_ROWS");
    assert_eq!(told("the best of 2024", &all), "Undecided LIMIT_DIFFERS");
    // All that are tied with the last one may well be what is wanted.
    assert_eq!(told("the top 2", &[("a", 9), ("b", 8), ("c", 8)]), "Undecided LIMIT_DIFFERS");
}

#[test]
fn pivots() {
    let long = || table(&["m", "t", "n"], json!([["jan", "x", 1], ["jan", "y", 2], ["feb", "x", 3], ["feb", "y", 4]]));
    let wide = || table(&["m", "x", "y"], json!([["jan", 1, 2], ["feb", 3, 4]]));
    assert_eq!(told(long(), wide(), json!({})), "undecided SHAPE_PIVOT");
    assert_eq!(told(wide(), long(), json!({})), "undecided SHAPE_PIVOT");
    let long = || table(&["m", "t", "n"], json!([[1, "x", 11], [1, "y", 12], [2, "x", 13], [2, "y", 14]]));
    let wide = || table(&["m", "x", "y"], json!([[1, 11, 12], [2, 13, 14]]));
    assert_eq!(told(long(), wide(), json!({})), "undecided SHAPE_PIVOT");
    let null_row = || table(&["k", "n"], json!([["a", 5], ["b", 6], ["c", null]]));
    assert_eq!(told(null_row(), table(&["k", "n"], json!([["a", 5], ["b", 6]])), json!({})), "mismatch MISSING_ROWS");
}

#[test]
fn weak_evidence() {
    for value in [json!(null), json!(true), json!(-10), json!(3.0)] {
        assert_eq!(column(json!([value]), json!([value]), json!({})), "match MATCH WEAK_EVIDENCE", "{value}");
    }
    for value in [json!(11), json!(0.5), json!("yes")] {
        assert_eq!(column(json!([value]), json!([value]), json!({})), "match MATCH", "{value}");
    }
}

#[test]
fn the_first_difference_is_named() {
    let difference = |expected: Value, actual: Value| {
        let outcome = one(table(&["k", "n"], expected), table(&["k", "n"], actual), json!({}));
        let found = outcome.first_difference.expect("difference");
        format!("{:?} {:?} {} / {}", found.row, found.column, found.expected, found.actual)
    };
    let gold = || json!([["a", 1], ["b", 2], ["c", 3]]);
    assert_eq!(difference(gold(), json!([["c", 3], ["b", 7], ["a", 1]])), r#"Some(2) Some("n") 2 / 7"#);
    assert_eq!(difference(gold(), json!([["a", 1], ["c", 3]])), "Some(2) None b, 2 / no such row");
    assert_eq!(difference(json!([["a", 1]]), json!([["a", 1], ["z", 9]])), "None None no such row / z, 9");
}

#[test]
fn odd_input_is_no_trouble() {
    for text in ["", "3", "{\"vectors\": 3}", "[{\"id\": 1}]", "[[1]]"] {
        assert!(vectors::run(text).is_err(), "{text}");
    }
    let ragged = one(table(&["a", "b"], json!([[1], [1, 2, 3]])), table(&[], json!([[1]])), json!({"order_keys": [9]}));
    assert_eq!(ragged.reason, "MISSING_COLUMNS");
}

/// Many columns that all look alike, and rows that do not agree: a search without a bound would not
/// come to an end.
#[test]
fn look_alike_columns_do_not_blow_up() {
    let rows = |flip: bool| -> Value {
        (0_u64..200)
            .map(|row| {
                let bit = |column: u64| json!((row.wrapping_mul(2 * column + 3) >> 2) % 2);
                let mut cells: Vec<Value> = (0..24).map(bit).collect();
                if flip && (40..45).contains(&row) {
                    cells.reverse();
                }
                json!(cells)
            })
            .collect()
    };
    let names: Vec<String> = (0..24).map(|i| format!("c{i}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let same = told(table(&names, rows(false)), table(&names, rows(false)), json!({}));
    assert_eq!(same, "match MATCH");
    let other = one(table(&names, rows(false)), table(&names, rows(true)), json!({}));
    assert_ne!(serde_json::to_value(other.verdict).expect("verdict"), json!("match"));
}

/// How long it takes, `benches/compare.rs` measures.
#[test]
fn one_cell_and_one_row_are_found_in_large_results() {
    let cell = |row: usize, column: usize| match column % 3 {
        0 => json!(format!("name {:05}", (row * 7 + column) % 4_001)),
        1 => json!(row * (column + 3) % 997),
        _ => json!((row * (column + 1)) as f64 / 7.0),
    };
    let rows = |order: &dyn Fn(usize) -> usize| -> Value {
        (0..5_000).map(|row| (0..20).map(|column| cell(order(row), column)).collect::<Value>()).collect()
    };
    let names: Vec<String> = (0..20).map(|i| format!("c{i}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let (gold, mut answer) = (rows(&|row| row), rows(&|row| row * 2_003 % 5_000));
    let compared = |answer: &Value, want: &str| {
        let vector = json!({"expected": table(&names, gold.clone()), "actual": table(&names, answer.clone())});
        let outcome = vectors::run(&vector.to_string()).expect("vector").remove(0);
        assert_eq!(outcome.reason, want);
    };
    compared(&answer, "MATCH");
    answer[1_234][2] = json!(0.5);
    compared(&answer, "VALUES_DIFFER");
    answer.as_array_mut().expect("rows").pop();
    compared(&answer, "MISSING_ROWS");
}

mod laws {
    use super::*;
    use proptest::prelude::*;

    fn cell() -> impl Strategy<Value = Value> {
        prop_oneof![
            Just(json!(null)),
            (0..4_i64).prop_map(|n| json!(n)),
            (0..40_i64).prop_map(|n| json!(n as f64 / 8.0)),
            "[ab]{1,2}".prop_map(|text| json!(text)),
            Just(json!(true)),
            Just(json!("2025-08-25")),
        ]
    }

    fn rows() -> impl Strategy<Value = Vec<Vec<Value>>> {
        (1..4_usize).prop_flat_map(|width| prop::collection::vec(prop::collection::vec(cell(), width), 1..7))
    }

    fn wide(rows: &[Vec<Value>]) -> Value {
        let names: Vec<String> = (0..rows[0].len()).map(|i| format!("c{i}")).collect();
        json!({"columns": names, "rows": rows})
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        /// Rows and columns in any order are the same result.
        #[test]
        fn order_makes_no_difference(rows in rows(), turn in 0..7_usize) {
            let mut other: Vec<Vec<Value>> = rows.iter().map(|row| row.iter().rev().cloned().collect()).collect();
            let turn = turn % other.len();
            other.rotate_left(turn);
            let outcome = one(wide(&rows), wide(&other), json!({}));
            prop_assert_eq!(outcome.verdict, crate::model::Decision::Match);
        }

        /// For results of one width, a match one way is a match the other way.
        #[test]
        fn matching_is_symmetric(a in rows(), b in rows()) {
            prop_assume!(a[0].len() == b[0].len());
            let (there, back) = (one(wide(&a), wide(&b), json!({})), one(wide(&b), wide(&a), json!({})));
            prop_assert_eq!(there.verdict, back.verdict);
        }

        /// Another number in one cell is never a match.
        #[test]
        fn one_other_cell_is_seen(rows in rows(), row in 0..7_usize) {
            let mut other = rows.clone();
            let row = row % other.len();
            other[row][0] = json!(987_654);
            let outcome = one(wide(&rows), wide(&other), json!({}));
            prop_assert_ne!(outcome.verdict, crate::model::Decision::Match);
        }
    }
}
