//! Table descriptions: the words that questions about a table have and its names do not, where
//! answers read another table and nobody described this one.

use super::input::{Context, Draft, grouped};
use crate::learn::{content_terms, is_kind_word};
use crate::model::{Address, Category, Change, Question, SpaceTable};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// Share of the questions with a word whose gold SQL reads the table, at least.
const SURE: f64 = 0.9;
/// Share of all questions that read it, at most: what nearly all read tells no word from another.
const COMMON: f64 = 0.6;
/// Words in one description, at most.
const WORDS: usize = 5;

/// Where a word is said.
#[derive(Default)]
struct Word {
    text: String,
    questions: BTreeSet<String>,
    /// Families of the questions by the tables that their gold SQL reads.
    families: BTreeMap<String, BTreeSet<String>>,
}

pub(super) fn propose(context: &Context, learn_set: &[Question]) -> Vec<Draft> {
    let words = words(context, learn_set);
    let undescribed = context.view.tables.iter().filter_map(|table| {
        let found = context.names.table(&table.identifier)?;
        let is_open = table.description.trim().is_empty() && found.comment.trim().is_empty();
        is_open.then_some((table, found.full_name.as_str()))
    });
    undescribed.filter_map(|(table, full)| description(context, &words, table, full)).collect()
}

/// The words of the learn set that are no name in the catalog, each with the tables it goes with.
fn words(context: &Context, learn_set: &[Question]) -> Vec<(Word, String)> {
    let tables: BTreeMap<&str, &BTreeSet<String>> =
        context.gold.iter().map(|(id, gold)| (id.as_str(), &gold.tables)).collect();
    let read = || learn_set.iter().filter_map(|question| Some((question, *tables.get(question.id.as_str())?)));
    let mut words: BTreeMap<String, Word> = BTreeMap::new();
    for (question, tables) in read() {
        let terms = content_terms(&question.question);
        let is_new = |(key, text): &&(String, String)| {
            !text.contains(' ') && !context.words.contains(key) && !is_kind_word(key) && key.chars().count() > 2
        };
        for (key, text) in terms.iter().filter(is_new) {
            let word = words.entry(key.clone()).or_insert_with(|| Word { text: text.clone(), ..Word::default() });
            word.questions.insert(question.id.clone());
            for table in tables {
                word.families.entry(table.clone()).or_default().insert(family(question).to_owned());
            }
        }
    }
    let uses = grouped(read().flat_map(|(question, tables)| tables.iter().map(|table| (table.clone(), &question.id))));
    let all = read().count().max(1);
    let share = |table: &str| uses.get(table).map_or(0, Vec::len) as f64 / all as f64;
    let of_table = words.into_values().filter_map(|word| {
        // Of tables that are read together, the one that is read least otherwise is meant.
        let sure = word.families.keys().filter(|table| {
            let with = word.questions.iter().filter(|id| tables.get(id.as_str()).is_some_and(|t| t.contains(*table)));
            with.count() as f64 >= SURE * word.questions.len() as f64
        });
        let meant = sure.min_by(|a, b| share(a).total_cmp(&share(b))).filter(|table| share(table) <= COMMON)?.clone();
        Some((word, meant))
    });
    of_table.collect()
}

fn family(question: &Question) -> &str {
    if question.family.is_empty() { &question.id } else { &question.family }
}

fn description(context: &Context, words: &[(Word, String)], table: &SpaceTable, full: &str) -> Option<Draft> {
    let support = |word: &Word| word.families.get(full).map_or(0, BTreeSet::len);
    let own = words.iter().filter(|(_, meant)| meant == full).map(|(word, _)| word);
    let mut found: Vec<&Word> = own.filter(|word| support(word) >= context.options.min_support).collect();
    found.sort_by_key(|word| (std::cmp::Reverse(support(word)), word.text.clone()));
    found.truncate(WORDS);
    let families: BTreeSet<&String> = found.iter().filter_map(|word| word.families.get(full)).flatten().collect();
    let targets = context
        .targets(|gap| gap.lacking.tables.contains(full) && found.iter().any(|word| Context::says(gap, &word.text)));
    if targets.is_empty() {
        return None;
    }
    let list = found.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(", ");
    let text = format!("Answers questions about {list}.");
    let change = Change::add(Address::table_field(&table.identifier, "description"), json!([text]));
    Some(Draft {
        category: Category::Metadata,
        changes: vec![change],
        patterns: Vec::new(),
        support: families.len(),
        targets,
        reason: format!("Gold SQL for questions about {list} reads `{full}`."),
    })
}
