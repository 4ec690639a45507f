//! Mutants of a database's gold SQL, run and compared as the scorer compares answers.

use super::edits::mutants;
use genie_enhance::compare::{GoldFacts, Side, compare, policy_of};
use genie_enhance::embedded::warehouse::{StatementOptions, Warehouse};
use genie_enhance::model::{Cell, Comparison, Decision, Question, ResultSet};
use genie_enhance::sql::{result_facts, with_sort_keys, without_limit};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

/// What became of the mutants whose result differs.
#[derive(Debug, Default)]
pub struct Tally {
    pub differing: usize,
    pub undecided: usize,
    /// Counts by verdict, reason and edit.
    pub reasons: BTreeMap<String, usize>,
    /// Those called correct, in words.
    pub correct: Vec<String>,
}

pub async fn judge_database(folder: &Path, most: usize, tally: &mut Tally) {
    let warehouse = Warehouse::open(folder, None).await.expect("the tables load");
    let text = std::fs::read_to_string(folder.join("questions.json")).expect("questions");
    let questions: Vec<Value> = serde_json::from_str(&text).expect("a list");
    let mut seen = std::collections::BTreeSet::new();
    for question in questions.iter().filter(|question| question["usable"] == true).take(most) {
        let gold = &question["gold"];
        let sql = gold["sql_databricks_as_of"].as_str().or_else(|| gold["sql_databricks"].as_str());
        let Some(sql) = sql.filter(|sql| seen.insert((*sql).to_owned())) else { continue };
        let Some(expected) = rows(&warehouse, sql).await.filter(|rows| !rows.is_empty()) else { continue };
        for (kind, mutant) in mutants(sql) {
            let Some(actual) = rows(&warehouse, &mutant).await else { continue };
            if bag(&expected) == bag(&actual) {
                continue;
            }
            let found = compare_as_scored(&warehouse, sql, &expected, &mutant, &actual).await;
            tally.differing += 1;
            *tally.reasons.entry(format!("{:?} {} ({kind})", found.verdict, found.reason)).or_default() += 1;
            match found.verdict {
                Decision::Match => {
                    tally.correct.push(format!("{} {:?}\n  {sql}\n  {mutant}", found.reason, found.notes))
                }
                Decision::Undecided => tally.undecided += 1,
                _ => {}
            }
        }
    }
}

async fn rows(warehouse: &Warehouse, sql: &str) -> Option<ResultSet> {
    let options = StatementOptions { row_limit: Some(5_000), ..StatementOptions::default() };
    warehouse.execute(sql, &options).await.ok()
}

/// The rows as a multiset of texts. Fractions count to four digits, as in Databricks' own rules:
/// a mutant that only rounds otherwise gives the same answer.
fn bag(result: &ResultSet) -> Vec<Vec<String>> {
    let text = |cell: &Cell| {
        let shown = cell.display();
        match shown.parse::<f64>() {
            Ok(number) if number.fract() != 0.0 => format!("{number:.3e}"),
            _ => shown,
        }
    };
    let mut rows: Vec<Vec<String>> = result.rows.iter().map(|row| row.iter().map(text).collect()).collect();
    rows.sort();
    rows
}

async fn compare_as_scored(
    warehouse: &Warehouse,
    gold: &str,
    expected: &ResultSet,
    answer: &str,
    actual: &ResultSet,
) -> Comparison {
    let facts = result_facts(gold);
    let mut facts = GoldFacts {
        limit: facts.limit,
        order_by: facts.order_by,
        round_digits: facts.round_digits,
        answer_limit: result_facts(answer).limit,
        ..GoldFacts::default()
    };
    let question = Question::default();
    let (gold_side, answer_side) = (Side::Rows(expected.clone()), Side::Rows(actual.clone()));
    let first = compare(&gold_side, &answer_side, &policy_of(&question, &facts));
    if first.verdict == Decision::Match || facts.limit.is_none() {
        return first;
    }
    if facts.hides_keys() {
        let Some(sql) = with_sort_keys(gold).filter(|_| expected.rows.len() == actual.rows.len()) else { return first };
        let Some(full) = rows(warehouse, &sql).await else { return first };
        facts.full_keys = (full.columns.len() - facts.order_by.len()..full.columns.len()).collect();
        facts.expected_full = Some(full);
    } else if let Some(sql) = without_limit(gold).filter(|_| first.verdict == Decision::Undecided) {
        facts.expected_full = rows(warehouse, &sql).await;
    }
    compare(&gold_side, &answer_side, &policy_of(&question, &facts))
}
