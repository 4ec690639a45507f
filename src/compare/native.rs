//! What Databricks' own benchmark would say, from its documented rules: good are equal results in
//! any order of rows and numbers that round to the same four significant digits; bad are empty
//! results, errors, extra columns and a single cell that differs; the rest is for a person.

use super::number::Num;
use super::policy::Side;
use crate::model::{Cell, ResultSet};
use std::collections::BTreeMap;

/// `GOOD`, `BAD` or `NEEDS_REVIEW` with Databricks' reason, which may be empty. Undocumented
/// there and taken as equal here: other column names, and columns in another order.
pub fn predicted_native(expected: &Side, actual: &Side, sql_identical: bool) -> (&'static str, &'static str) {
    let (Side::Rows(gold), answer) = (expected, actual) else { return ("NEEDS_REVIEW", "") };
    let answer = match answer {
        Side::Transport(_) => return ("NEEDS_REVIEW", "TRANSIENT_ERROR"),
        _ if sql_identical => return ("GOOD", ""),
        Side::SqlError(_) | Side::NoSql | Side::TextOnly(_) => return ("BAD", "EMPTY_RESULT"),
        Side::Rows(rows) => rows,
    };
    match (gold.is_empty(), answer.is_empty()) {
        (true, true) => return ("BAD", "EMPTY_GOOD_SQL"),
        (true, false) => return ("NEEDS_REVIEW", "EMPTY_GOOD_SQL"),
        (false, true) => return ("BAD", "EMPTY_RESULT"),
        (false, false) => {}
    }
    by_shape(gold, answer)
}

fn by_shape(gold: &ResultSet, answer: &ResultSet) -> (&'static str, &'static str) {
    if answer.columns.len() > gold.columns.len() {
        return ("BAD", "RESULT_EXTRA_COLUMNS");
    }
    if answer.columns.len() < gold.columns.len() {
        return ("NEEDS_REVIEW", "RESULT_MISSING_COLUMNS");
    }
    if answer.rows.len() < gold.rows.len() {
        return ("NEEDS_REVIEW", "RESULT_MISSING_ROWS");
    }
    if answer.rows.len() > gold.rows.len() {
        return ("NEEDS_REVIEW", "RESULT_EXTRA_ROWS");
    }
    if same_rows(gold, answer) {
        return ("GOOD", "");
    }
    if gold.columns.len() == 1 && gold.rows.len() == 1 {
        return ("BAD", "SINGLE_CELL_DIFFERENCE");
    }
    ("NEEDS_REVIEW", "")
}

fn same_rows(gold: &ResultSet, answer: &ResultSet) -> bool {
    let width = gold.columns.len();
    let sorted = |result: &ResultSet, order: &[usize]| {
        let cell = |row: &Vec<Cell>, at: &usize| row.get(*at).map_or(String::new(), token);
        let mut rows: Vec<Vec<String>> =
            result.rows.iter().map(|row| order.iter().map(|at| cell(row, at)).collect()).collect();
        rows.sort();
        rows
    };
    let places: Vec<usize> = (0..width).collect();
    let gold_rows = sorted(gold, &places);
    if sorted(answer, &places) == gold_rows {
        return true;
    }
    let order = by_content(gold, answer);
    order.is_some_and(|order| sorted(answer, &order) == gold_rows)
}

/// The answer's column with the same values for every gold column, each used once.
fn by_content(gold: &ResultSet, answer: &ResultSet) -> Option<Vec<usize>> {
    let contents = |result: &ResultSet, at: usize| {
        let mut cells: Vec<String> = result.rows.iter().map(|row| row.get(at).map_or(String::new(), token)).collect();
        cells.sort();
        cells
    };
    let mut free: BTreeMap<Vec<String>, Vec<usize>> = BTreeMap::new();
    for at in (0..answer.columns.len()).rev() {
        free.entry(contents(answer, at)).or_default().push(at);
    }
    (0..gold.columns.len()).map(|at| free.get_mut(&contents(gold, at))?.pop()).collect()
}

/// Equal for cells that Databricks takes as equal.
fn token(cell: &Cell) -> String {
    match cell {
        Cell::Null => "null".to_owned(),
        Cell::Bool(value) => format!("b{value}"),
        Cell::Number(text) => match Num::parse(text.trim()) {
            Some(number) => format!("n{}", four_digits(number.value)),
            None => format!("n{text}"),
        },
        Cell::Text(text) => format!("t{text}"),
    }
}

fn four_digits(value: f64) -> String {
    // Minus zero is zero.
    format!("{:.3e}", value + 0.0)
}
