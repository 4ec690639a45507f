//! Mutants of a database's gold SQL, as answers that the scorer compares: over a local workspace,
//! with all that it asks the warehouse where a comparison is open or proves little.

use super::edits::{DIGITS, mutants};
use super::rig::Rig;
use genie_enhance::cli::local;
use genie_enhance::compare::Side;
use genie_enhance::databricks::{Client, Credentials, Settings};
use genie_enhance::embedded::server::{self, ServerOptions, WAREHOUSE_ID};
use genie_enhance::embedded::warehouse::Warehouse;
use genie_enhance::embedded::world::World;
use genie_enhance::model::{Answer, Cell, Outcome, Question, ResultSet};
use genie_enhance::ops::Scorer;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// What became of the mutants whose result differs.
#[derive(Debug, Default)]
pub struct Tally {
    pub differing: usize,
    pub undecided: usize,
    /// Those that only round to other digits, which the rules call the same answer; not counted
    /// among the differing ones.
    pub rounded: usize,
    /// Counts by outcome, reason and edit.
    pub reasons: BTreeMap<String, usize>,
    /// Those called correct, in words.
    pub correct: Vec<String>,
}

pub async fn judge_database(folder: &Path, most: usize, tally: &mut Tally) {
    let warehouse = Warehouse::open(folder, None).await.expect("the tables load");
    let text = std::fs::read_to_string(folder.join("questions.json")).expect("questions");
    let questions: Vec<Value> = serde_json::from_str(&text).expect("a list");
    let state = tempfile::tempdir().expect("a folder");
    let server = server::start(ServerOptions {
        engine: local::engine(warehouse),
        analyst: local::analyst(),
        state_folder: Some(state.path().join("workspace")),
        world: World::default(),
        port: None,
        as_of: None,
    })
    .await
    .expect("the server starts");
    let token = Credentials::Token(server.token.clone().into());
    let client = Client::new(Settings::new(&server.url, token)).expect("a client");
    let rig = Rig { judges: false, ..Rig::default() };
    let scorer = rig.scorer_over(client, WAREHOUSE_ID, state.path(), |_| {});
    let mut seen = BTreeSet::new();
    for question in questions.iter().filter(|question| question["usable"] == true).take(most) {
        let gold = &question["gold"];
        let sql = gold["sql_databricks_as_of"].as_str().or_else(|| gold["sql_databricks"].as_str());
        if let Some(sql) = sql.filter(|sql| seen.insert((*sql).to_owned())) {
            let words = question["question"].as_str().unwrap_or_default().to_owned();
            let question = Question { id: sql.to_owned(), question: words, sql: sql.to_owned(), ..Question::default() };
            judge_question(&scorer, &question, tally).await;
        }
    }
    drop(scorer);
    server.stop().await;
}

async fn judge_question(scorer: &Scorer, question: &Question, tally: &mut Tally) {
    let Some(expected) = rows(scorer, &question.sql).await.filter(|rows| !rows.is_empty()) else { return };
    let gold = scorer.gold(question).await;
    for (kind, mutant) in mutants(&question.sql) {
        let Some(actual) = rows(scorer, &mutant).await else { continue };
        if bag(&expected) == bag(&actual) {
            continue;
        }
        let answer = Answer::Sql { sql: mutant.clone(), description: String::new(), thoughts: Vec::new() };
        let (found, _) = scorer.compare_answer(question, &gold, &answer).await;
        *tally.reasons.entry(format!("{} {} ({kind})", found.outcome.as_str(), found.reason)).or_default() += 1;
        if kind == DIGITS {
            tally.rounded += 1;
            continue;
        }
        tally.differing += 1;
        match found.outcome {
            Outcome::Correct => {
                let line = format!("{} {:?}\n  {}\n  {mutant}", found.reason, found.notes, question.sql);
                tally.correct.push(line);
            }
            Outcome::NeedsReview => tally.undecided += 1,
            Outcome::Incorrect | Outcome::BadSql => {}
            other => panic!("{}: {mutant}: {}", other.as_str(), found.detail),
        }
    }
}

async fn rows(scorer: &Scorer, sql: &str) -> Option<ResultSet> {
    match scorer.statements.run(&scorer.workspace, sql).await {
        Side::Rows(rows) => Some(rows),
        _ => None,
    }
}

/// The rows as a multiset of texts: numbers by their value, however many zeros they are written
/// with, and fractions to four digits, as in Databricks' own rules.
fn bag(result: &ResultSet) -> Vec<Vec<String>> {
    let text = |cell: &Cell| {
        let shown = cell.display();
        match shown.parse::<f64>() {
            Ok(number) if number.fract() != 0.0 => format!("{number:.3e}"),
            Ok(number) if number.abs() < 9e15 => format!("{number:.0}"),
            _ => shown,
        }
    };
    let mut rows: Vec<Vec<String>> = result.rows.iter().map(|row| row.iter().map(text).collect()).collect();
    rows.sort();
    rows
}
