//! Comparing two results: match, mismatch, undecided or invalid, with the first difference.
//!
//! The rules, in their order: what is no result at all, emptiness, cut results; then the same
//! rows as whole tuples under some map of columns; then what only nearly agrees (duplicates,
//! scale, case, grain, ties, limits, shape), which a judge may decide. Columns are never compared
//! one by one: a broken association of rows is a wrong answer. Names of columns and, unless the
//! question asks for one, the order of rows do not count. Pure and deterministic.

mod align;
mod classes;
mod difference;
mod limit;
mod native;
mod near;
mod number;
mod order;
mod pairs;
mod pivot;
mod policy;
mod rows;
mod search;
mod table;
mod time;
mod value;
pub mod vectors;

#[cfg(test)]
mod tests;

pub use native::predicted_native;
pub use policy::{GoldFacts, Policy, Side, policy_of};

use crate::model::{Comparison, Decision, ResultSet};

/// A verdict without the first difference.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Ruling {
    pub verdict: Decision,
    pub reason: &'static str,
    pub notes: Vec<&'static str>,
}

impl Ruling {
    pub fn new(verdict: Decision, reason: &'static str) -> Self {
        Self { verdict, reason, notes: Vec::new() }
    }

    pub fn matched(reason: &'static str) -> Self {
        Self::new(Decision::Match, reason)
    }

    pub fn mismatch(reason: &'static str) -> Self {
        Self::new(Decision::Mismatch, reason)
    }

    pub fn undecided(reason: &'static str) -> Self {
        Self::new(Decision::Undecided, reason)
    }

    pub fn note(mut self, note: &'static str) -> Self {
        if !self.notes.contains(&note) {
            self.notes.push(note);
        }
        self
    }
}

/// Compares an answer with the gold.
pub fn compare(expected: &Side, actual: &Side, policy: &Policy) -> Comparison {
    let (gold, answer) = match without_rows(expected, actual, policy) {
        Ok(results) => results,
        Err(ruling) => return finish(ruling, None),
    };
    if let Some(ruling) = without_evidence(gold, answer) {
        return finish(ruling, None);
    }
    let case = rows::Case::new(gold, answer, policy);
    let ruling = case.decide();
    let difference = (ruling.verdict != Decision::Match).then(|| difference::first(&case)).flatten();
    finish(ruling, difference)
}

fn finish(ruling: Ruling, first_difference: Option<crate::model::FirstDifference>) -> Comparison {
    let mut notes: Vec<String> = ruling.notes.into_iter().map(str::to_owned).collect();
    notes.sort();
    Comparison { verdict: ruling.verdict, reason: ruling.reason.to_owned(), notes, first_difference }
}

/// The two results, or what is to be said where there are not two.
fn without_rows<'a>(
    expected: &'a Side,
    actual: &'a Side,
    policy: &Policy,
) -> Result<(&'a ResultSet, &'a ResultSet), Ruling> {
    let invalid = |reason| Ruling::new(Decision::Invalid, reason);
    let gold = match expected {
        Side::Rows(rows) => rows,
        // The warehouse was away: nothing is wrong with the benchmark.
        Side::Transport(_) => return Err(invalid("TRANSPORT")),
        Side::SqlError(_) | Side::NoSql | Side::TextOnly(_) => return Err(invalid("EXPECTED_SQL_FAILED")),
    };
    if let Side::Transport(_) = actual {
        return Err(invalid("TRANSPORT"));
    }
    if policy.sql_identical {
        return Err(Ruling::matched("SQL_IDENTICAL"));
    }
    match actual {
        Side::Rows(rows) => Ok((gold, rows)),
        Side::SqlError(_) => Err(Ruling::mismatch("SQL_ERROR")),
        Side::NoSql => Err(Ruling::mismatch("NO_SQL")),
        Side::TextOnly(_) => Err(Ruling::undecided("TEXT_ONLY")),
        Side::Transport(_) => Err(invalid("TRANSPORT")),
    }
}

/// Results that prove nothing, whatever they hold.
fn without_evidence(gold: &ResultSet, answer: &ResultSet) -> Option<Ruling> {
    match (gold.is_empty(), answer.is_empty()) {
        (true, true) => Some(Ruling::undecided("EMPTY_BOTH")),
        (true, false) => Some(Ruling::undecided("EXPECTED_EMPTY")),
        (false, true) => Some(Ruling::mismatch("EMPTY_RESULT")),
        (false, false) => (gold.truncated || answer.truncated).then(|| Ruling::undecided("TRUNCATED")),
    }
}
