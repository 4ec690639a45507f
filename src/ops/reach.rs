//! What a candidate can reach: the questions it is made for, and those that share a table or a
//! word with it. A guess that saves questions, never a claim: everything is asked at the end.

use crate::model::{Candidate, Question};
use crate::sql::tables_of;
use crate::text::tokens;
use crate::trial::{Questions, Reach};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A word of more than this share of the questions tells them not apart.
const COMMON: f64 = 0.5;

/// What tables and words a text has to do with.
#[derive(Default)]
struct Trace {
    tables: BTreeSet<String>,
    words: BTreeSet<String>,
}

impl Trace {
    fn read(&mut self, text: &str) {
        self.words.extend(tokens(text).into_iter().map(|token| token.stem));
    }

    fn meets(&self, other: &Self) -> bool {
        !self.tables.is_disjoint(&other.tables) || !self.words.is_disjoint(&other.words)
    }
}

/// The reach of every candidate over the learn set.
pub fn reach(candidates: &[Candidate], questions: &BTreeMap<String, &Question>) -> Reach {
    let mut traces: BTreeMap<&String, Trace> = questions.iter().map(|(id, q)| (id, of_question(q))).collect();
    let tables: BTreeSet<String> = traces.values().flat_map(|trace| trace.tables.clone()).collect();
    let common = common_words(traces.values());
    traces.values_mut().for_each(|trace| trace.words.retain(|word| !common.contains(word)));
    let mut reach = Reach::default();
    for candidate in candidates {
        let trace = of_candidate(candidate, &tables);
        let mut touches: Questions =
            traces.iter().filter(|(_, question)| trace.meets(question)).map(|(id, _)| (*id).clone()).collect();
        let aims: Questions = candidate.targets.iter().filter(|id| questions.contains_key(*id)).cloned().collect();
        touches.extend(aims.iter().cloned());
        reach.aims.push(aims);
        reach.touches.push(touches);
    }
    reach
}

fn of_question(question: &Question) -> Trace {
    let mut trace = Trace::default();
    trace.read(&question.question);
    trace.read(&question.sql);
    trace.tables = tables_of(&question.sql).iter().map(|name| last_part(name)).collect();
    trace
}

fn of_candidate(candidate: &Candidate, tables: &BTreeSet<String>) -> Trace {
    let mut trace = Trace::default();
    for change in &candidate.changes {
        for segment in change.address.segments() {
            trace.tables.extend(tables.get(&last_part(segment)).cloned());
            // The last part only: a catalog's name is in everything.
            trace.read(&last_part(segment));
        }
        for value in [&change.before, &change.after].into_iter().flatten() {
            read_texts(value, &mut trace);
        }
    }
    let named: Vec<String> = trace.words.iter().filter_map(|word| tables.get(word).cloned()).collect();
    trace.tables.extend(named);
    trace
}

fn read_texts(value: &Value, trace: &mut Trace) {
    match value {
        Value::String(text) => trace.read(text),
        Value::Array(items) => items.iter().for_each(|item| read_texts(item, trace)),
        Value::Object(map) => map.values().for_each(|item| read_texts(item, trace)),
        _ => {}
    }
}

fn last_part(name: &str) -> String {
    name.rsplit('.').next().unwrap_or(name).trim_matches('`').to_lowercase()
}

fn common_words<'a>(traces: impl ExactSizeIterator<Item = &'a Trace>) -> BTreeSet<String> {
    let most = traces.len() as f64 * COMMON;
    let mut counts: BTreeMap<&String, usize> = BTreeMap::new();
    for word in traces.flat_map(|trace| &trace.words) {
        *counts.entry(word).or_default() += 1;
    }
    counts.into_iter().filter(|(_, count)| *count as f64 > most).map(|(word, _)| word.clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Address, Category, Change};
    use serde_json::json;

    fn question(id: &str, text: &str, sql: &str) -> Question {
        Question { id: id.into(), question: text.into(), sql: sql.into(), ..Question::default() }
    }

    #[test]
    fn tables_and_words_reach_and_common_words_do_not() {
        let questions = [
            question("a", "total takings", "SELECT SUM(fare) FROM fleet.ops.trips"),
            question("b", "how many vans", "SELECT COUNT(*) FROM fleet.ops.vans"),
            question("c", "takings of drivers", "SELECT COUNT(*) FROM fleet.ops.drivers"),
            question("d", "how many depots", "SELECT COUNT(*) FROM fleet.ops.depots"),
        ];
        let by_id: BTreeMap<String, &Question> = questions.iter().map(|q| (q.id.clone(), q)).collect();
        let candidate = |change: Change, target: &str| Candidate {
            id: target.into(),
            category: Category::Metadata,
            changes: vec![change],
            patterns: Vec::new(),
            support: 2,
            targets: vec![target.into()],
            reason: String::new(),
            provenance: "miner".into(),
        };
        let synonym = Change::add(Address::synonym("fleet.ops.trips", "fare", "takings"), json!("takings"));
        let measure =
            Change::add(Address::snippet("measures", "m"), json!({"sql": ["COUNT(`vans`.`plate`)"], "id": "m"}));
        let reach = reach(&[candidate(synonym, "c"), candidate(measure, "d")], &by_id);
        let touched = |at: usize| reach.touches[at].iter().map(String::as_str).collect::<Vec<_>>();
        assert_eq!(touched(0), ["a", "c"], "by the table and by the word");
        assert_eq!(touched(1), ["b", "d"], "by the table, and what it is made for; `count` is everywhere");
    }
}
