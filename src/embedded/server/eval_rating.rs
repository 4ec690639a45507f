//! The documented rating rules of Databricks' own benchmarks (`reference/evaluation.md`, A2).
//!
//! Good: equal results in any order of rows, numbers equal to four significant digits. Bad: an
//! error or empty result, extra columns, a single cell that differs. The rest is for a person.

use super::statements::Outcome;
use crate::model::{Cell, ResultSet};

/// Assessment and its reason, which may be empty. None stands for an answer without SQL.
pub(super) fn rate(gold: Option<&Outcome>, answer: Option<&Outcome>, same_sql: bool) -> (&'static str, &'static str) {
    let Some(Ok(gold)) = gold else { return ("NEEDS_REVIEW", "") };
    let answer = match answer {
        Some(Ok(_)) if same_sql => return ("GOOD", ""),
        Some(Ok(answer)) => answer,
        Some(Err(_)) | None => return ("BAD", "EMPTY_RESULT"),
    };
    match (gold.is_empty(), answer.is_empty()) {
        (true, true) => ("BAD", "EMPTY_GOOD_SQL"),
        (true, false) => ("NEEDS_REVIEW", "EMPTY_GOOD_SQL"),
        (false, true) => ("BAD", "EMPTY_RESULT"),
        (false, false) => by_shape(gold, answer),
    }
}

fn by_shape(gold: &ResultSet, answer: &ResultSet) -> (&'static str, &'static str) {
    let (wide, width) = (answer.columns.len(), gold.columns.len());
    let (many, count) = (answer.rows.len(), gold.rows.len());
    match () {
        () if wide > width => ("BAD", "RESULT_EXTRA_COLUMNS"),
        () if wide < width => ("NEEDS_REVIEW", "RESULT_MISSING_COLUMNS"),
        () if many < count => ("NEEDS_REVIEW", "RESULT_MISSING_ROWS"),
        () if many > count => ("NEEDS_REVIEW", "RESULT_EXTRA_ROWS"),
        () if rows_of(gold) == rows_of(answer) => ("GOOD", ""),
        () if width == 1 && count == 1 => ("BAD", "SINGLE_CELL_DIFFERENCE"),
        () => ("NEEDS_REVIEW", ""),
    }
}

/// Rows in a fixed order, numbers rounded as the rules say.
fn rows_of(result: &ResultSet) -> Vec<Vec<String>> {
    let mut rows: Vec<Vec<String>> = result.rows.iter().map(|row| row.iter().map(token).collect()).collect();
    rows.sort();
    rows
}

fn token(cell: &Cell) -> String {
    match cell {
        Cell::Number(text) => match text.parse::<f64>() {
            Ok(number) if number.is_finite() => format!("{number:.3e}"),
            _ => text.clone(),
        },
        Cell::Null => "\u{0}".to_owned(),
        other => other.display(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Column;
    use std::sync::Arc;

    fn result(rows: &[&[&str]]) -> Outcome {
        let width = rows.first().map_or(1, |row| row.len());
        let column = Column { name: "c".into(), type_name: "DOUBLE".into(), type_text: "DOUBLE".into() };
        Ok(Arc::new(ResultSet {
            columns: vec![column; width],
            rows: rows.iter().map(|row| row.iter().map(|n| Cell::Number((*n).to_owned())).collect()).collect(),
            truncated: false,
        }))
    }

    #[test]
    fn the_documented_rules() {
        let says = |gold: &[&[&str]], answer: &[&[&str]]| rate(Some(&result(gold)), Some(&result(answer)), false);
        assert_eq!(says(&[&["1"], &["2"]], &[&["2"], &["1"]]), ("GOOD", ""));
        assert_eq!(says(&[&["1.00001"]], &[&["1.00002"]]), ("GOOD", ""));
        assert_eq!(says(&[&["1"]], &[&["2"]]), ("BAD", "SINGLE_CELL_DIFFERENCE"));
        assert_eq!(says(&[&["1"]], &[&["1", "2"]]), ("BAD", "RESULT_EXTRA_COLUMNS"));
        assert_eq!(says(&[&["1"], &["2"]], &[&["1"]]), ("NEEDS_REVIEW", "RESULT_MISSING_ROWS"));
        assert_eq!(says(&[&["1"]], &[]), ("BAD", "EMPTY_RESULT"));
        assert_eq!(rate(Some(&result(&[&["1"]])), None, false), ("BAD", "EMPTY_RESULT"));
        assert_eq!(rate(None, None, false), ("NEEDS_REVIEW", ""));
    }
}
