//! Verdicts: from a comparison to an outcome with words, and to what a judge needs to see.

use super::gold::GoldSql;
use crate::compare::Side;
use crate::judge::{Item, Sample};
use crate::model::{Cell, Comparison, Decision, NotRun, Outcome, Question, ResultSet, Verdict};
use std::collections::BTreeMap;

/// What a judge sees of an open comparison: both queries, and the first rows that only one side
/// has.
pub(super) fn item(question: &Question, gold: &GoldSql, answer_sql: &str, actual: &Side, reason: &str) -> Item {
    let rows = |side: &Side| match side {
        Side::Rows(rows) => rows.clone(),
        _ => ResultSet::default(),
    };
    let (expected, found) = (rows(&gold.side), rows(actual));
    Item {
        id: question.id.clone(),
        question: question.question.clone(),
        instructions: String::new(),
        gold_sql: gold.sql.clone(),
        answer_sql: answer_sql.to_owned(),
        reason: reason.to_owned(),
        gold: sample(&expected, &found),
        answer: sample(&found, &expected),
    }
}

fn sample(of: &ResultSet, other: &ResultSet) -> Sample {
    const SHOWN: usize = 10;
    // Counted, since rows may come more than once; and by text, since there may be thousands.
    let text = |row: &Vec<Cell>| row.iter().map(Cell::display).collect::<Vec<_>>().join("\u{1f}");
    let mut left: BTreeMap<String, usize> = BTreeMap::new();
    other.rows.iter().for_each(|row| *left.entry(text(row)).or_default() += 1);
    let differs = |row: &&Vec<Cell>| match left.get_mut(&text(row)).filter(|count| **count > 0) {
        Some(count) => {
            *count -= 1;
            false
        }
        None => true,
    };
    let differing = of.rows.iter().filter(differs).take(SHOWN);
    Sample {
        columns: of.columns.iter().map(|column| column.name.clone()).collect(),
        row_count: of.rows.len(),
        differing_rows: differing.map(|row| row.iter().map(Cell::display).collect()).collect(),
    }
}

pub(super) fn rank(outcome: Outcome) -> u8 {
    match outcome {
        Outcome::Correct => 0,
        Outcome::NeedsReview => 1,
        Outcome::Incorrect => 2,
        Outcome::NoSql | Outcome::BadSql => 3,
        Outcome::NotRun | Outcome::BadGold => 4,
    }
}

pub(super) fn verdict_of(comparison: Comparison, actual: &Side, native: String) -> Verdict {
    let outcome = match (comparison.verdict, actual) {
        (Decision::Match, _) => Outcome::Correct,
        (Decision::Mismatch, Side::SqlError(_)) => Outcome::BadSql,
        (Decision::Mismatch, Side::NoSql | Side::TextOnly(_)) | (Decision::Undecided, Side::TextOnly(_)) => {
            Outcome::NoSql
        }
        (Decision::Mismatch, _) => Outcome::Incorrect,
        (Decision::Undecided, _) => Outcome::NeedsReview,
        (Decision::Invalid, _) => Outcome::NotRun,
    };
    let detail = match actual {
        Side::SqlError(message) | Side::Transport(message) => message.clone(),
        Side::TextOnly(text) => format!("answered in words: {text}"),
        Side::NoSql => "asked back instead of answering".to_owned(),
        Side::Rows(_) => comparison.first_difference.as_ref().map_or_else(String::new, |difference| {
            let place = match (difference.row, &difference.column) {
                (Some(row), Some(column)) => format!("row {row}, column {column}: "),
                (Some(row), None) => format!("row {row}: "),
                (None, Some(column)) => format!("column {column}: "),
                (None, None) => String::new(),
            };
            format!("{place}expected {}, got {}", difference.expected, difference.actual)
        }),
    };
    Verdict {
        outcome,
        reason: comparison.reason,
        detail,
        notes: comparison.notes,
        first_difference: comparison.first_difference,
        native,
    }
}

pub(super) fn verdict(outcome: Outcome, reason: &str, detail: &str) -> Verdict {
    Verdict {
        outcome,
        reason: reason.to_owned(),
        detail: detail.to_owned(),
        notes: Vec::new(),
        first_difference: None,
        native: "NEEDS_REVIEW".to_owned(),
    }
}

pub(super) fn not_run(why: &NotRun) -> Verdict {
    let code = match why {
        NotRun::Skipped { .. } => "SKIPPED",
        NotRun::Service { .. } => "SERVICE",
        NotRun::Timeout { .. } => "TIMEOUT",
        NotRun::BreakerOpen => "BREAKER_OPEN",
        NotRun::Budget { .. } => "BUDGET",
        NotRun::Unknown { .. } => "UNKNOWN_OUTCOME",
        NotRun::Cancelled => "CANCELLED",
    };
    verdict(Outcome::NotRun, code, &why.to_string())
}
