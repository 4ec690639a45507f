//! Benchmark texts → questions with their places.

use super::super::check::{BENCHMARKS, check_schema};
use super::super::yaml::{Data, Entry, Node, Place, Sources, parse_json, parse_yaml};
use super::form::QuestionFile;
use super::markdown;
use crate::model::{Diagnostic, Question, Space, SpaceView, Suite};

/// A question with where it stands.
#[derive(Clone, Debug)]
pub(in super::super) struct Placed {
    pub(in super::super) question: Question,
    pub(in super::super) at: Place,
}

/// Reads one benchmark text; its name decides the form (`.md`, `.json`, else YAML).
pub(in super::super) fn read_questions(sources: &Sources, file: usize) -> (Vec<Placed>, Vec<Diagnostic>) {
    let Some(source) = sources.get(file) else { return (Vec::new(), Vec::new()) };
    let name = source.file.to_lowercase();
    if name.ends_with(".md") || name.ends_with(".markdown") {
        let (questions, incomplete) = markdown::questions(&source.text, file);
        let findings = incomplete.into_iter().map(|place| {
            let message = "this section has a question without SQL, or SQL without a question";
            place_at(Diagnostic::error("GE0416", message), place, sources)
        });
        return (questions, findings.collect());
    }
    let (root, mut findings) = match name.ends_with(".json") {
        true => parse_json(sources, file),
        false => parse_yaml(sources, file),
    };
    let Some(root) = root else { return (Vec::new(), findings) };
    let Some(list) = question_list(&root) else {
        let message = format!("expected a list of questions, or one under `questions:`; found {}", root.kind());
        findings.push(place_at(Diagnostic::error("GE0404", message), root.at, sources));
        return (Vec::new(), findings);
    };
    let list = current_form(list);
    findings.extend(check_schema(&BENCHMARKS, &list, sources));
    let questions = list.items().iter().filter_map(read_one);
    (questions.collect(), findings)
}

fn place_at(mut diagnostic: Diagnostic, place: Place, sources: &Sources) -> Diagnostic {
    diagnostic.span = sources.span(place);
    diagnostic
}

/// The list of questions: the text itself, under `questions` or `benchmarks`, or inside a space.
fn question_list(root: &Node) -> Option<&Node> {
    match &root.data {
        Data::List(_) => Some(root),
        Data::Map(entries) if entries.len() == 1 || root.get("data_sources").is_none() => {
            let inner = root.get("questions").or_else(|| root.get("benchmarks"))?;
            question_list(inner)
        }
        _ => None,
    }
}

/// Brings questions of the older form into today's: `expected_sql` is `sql`, and the Korean
/// wording stands in where there is no other.
fn current_form(list: &Node) -> Node {
    let mut list = list.clone();
    let Data::List(items) = &mut list.data else { return list };
    for item in items {
        let Data::Map(entries) = &mut item.data else { continue };
        if !entries.iter().any(|entry| entry.key == "expected_sql" || entry.key == "korean_question") {
            continue;
        }
        rename(entries, "expected_sql", "sql");
        let has_question = entries
            .iter()
            .any(|entry| entry.key == "question" && entry.value.text().is_some_and(|text| !text.trim().is_empty()));
        if !has_question {
            entries.retain(|entry| entry.key != "question");
            rename(entries, "korean_question", "question");
        }
        entries.retain(|entry| entry.key != "korean_question" && !matches!(entry.value.data, Data::Null));
        for entry in entries.iter_mut().filter(|entry| entry.key == "id") {
            if let Data::Number(number) = &entry.value.data {
                entry.value.data = Data::Text(number.to_string());
            }
        }
    }
    list
}

fn rename(entries: &mut [Entry], old: &str, new: &str) {
    if !entries.iter().any(|entry| entry.key == new) {
        entries.iter_mut().filter(|entry| entry.key == old).for_each(|entry| new.clone_into(&mut entry.key));
    }
}

/// Reads one question. Of one whose shape is wrong, which the schema has told already, the texts
/// are taken, so that the checks over all questions see it.
fn read_one(node: &Node) -> Option<Placed> {
    let text = |key: &str| node.get(key).and_then(Node::text).map(str::to_owned);
    let question = match serde_json::from_value::<QuestionFile>(node.to_json()) {
        Ok(file) => file.into(),
        Err(_) => Question {
            id: text("id")?,
            question: text("question")?,
            sql: text("sql")?,
            skip: text("skip"),
            weight: 1.0,
            ..Question::default()
        },
    };
    Some(Placed { question, at: node.get("id").map_or(node.at, |id| id.at) })
}

/// The questions that a space itself holds under `benchmarks`. Those without SQL are left out of
/// the score, and say so.
pub fn suite_of_space(space: &Space) -> Suite {
    let questions = SpaceView::of(space).benchmarks.into_iter().map(|example| Question {
        skip: example.sql.trim().is_empty().then(|| "the space gives no SQL for it".to_owned()),
        id: example.id,
        question: example.question,
        sql: example.sql,
        weight: 1.0,
        ..Question::default()
    });
    Suite { questions: questions.collect() }
}
