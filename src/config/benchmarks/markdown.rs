//! Benchmarks in Markdown: `## 1. Title`, `**Question:** …`, a block of SQL.

use super::super::yaml::Place;
use super::read::Placed;
use crate::model::{Question, short_id};

/// What was found under one heading.
#[derive(Default)]
struct Section {
    at: Place,
    question: String,
    sql: String,
    accepted: Vec<String>,
}

/// The questions of a Markdown text, and the places of headings that hold only half of one.
/// Ids are made from the question, so that they stay when questions are added or moved.
pub(super) fn questions(text: &str, file: usize) -> (Vec<Placed>, Vec<Place>) {
    let mut questions: Vec<Placed> = Vec::new();
    let mut incomplete = Vec::new();
    for section in sections(text, file) {
        match (section.question.is_empty(), section.sql.is_empty()) {
            (true, true) => {}
            (false, false) => {
                let id = unique_id(&section.question, &section.sql, &questions);
                let question = Question {
                    id,
                    question: section.question,
                    sql: section.sql,
                    accepted: section.accepted,
                    weight: 1.0,
                    ..Question::default()
                };
                questions.push(Placed { question, at: section.at });
            }
            _ => incomplete.push(section.at),
        }
    }
    (questions, incomplete)
}

fn unique_id(question: &str, sql: &str, others: &[Placed]) -> String {
    let short = format!("q-{}", &short_id(&["question", question])[..12]);
    match others.iter().any(|other| other.question.id == short) {
        true => format!("q-{}", &short_id(&["question", question, sql])[..12]),
        false => short,
    }
}

fn sections(text: &str, file: usize) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    let mut fence: Option<(String, String)> = None;
    let mut in_question = false;
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        let at = Place { file, start: offset, end: offset + line.trim_end().len() };
        offset += line.len();
        let trimmed = line.trim();
        if let Some((marker, body)) = &mut fence {
            if trimmed.starts_with(marker.as_str()) {
                let sql = body.trim().to_owned();
                finish_block(sections.last_mut(), sql);
                fence = None;
            } else {
                body.push_str(line);
            }
            continue;
        }
        if trimmed.starts_with("## ") {
            sections.push(Section { at, ..Section::default() });
            in_question = false;
        } else if let Some(marker) = sql_fence(trimmed) {
            fence = Some((marker, String::new()));
            in_question = false;
        } else if let Some(section) = sections.last_mut() {
            match question_text(trimmed) {
                Some(start) => {
                    start.clone_into(&mut section.question);
                    in_question = true;
                }
                None if in_question && !trimmed.is_empty() && !trimmed.starts_with(['*', '#', '-', '`', '|']) => {
                    section.question.push(' ');
                    section.question.push_str(trimmed);
                }
                None => in_question = false,
            }
        }
    }
    sections
}

fn finish_block(section: Option<&mut Section>, sql: String) {
    if let Some(section) = section {
        match section.sql.is_empty() {
            true => section.sql = sql,
            false => section.accepted.push(sql),
        }
    }
}

/// The fence's own marker, if the line opens a block of SQL.
fn sql_fence(line: &str) -> Option<String> {
    let ticks: String = line.chars().take_while(|c| *c == '`').collect();
    let language = line[ticks.len()..].trim();
    (ticks.len() >= 3 && language.eq_ignore_ascii_case("sql")).then_some(ticks)
}

/// What follows `**Question:**`, with or without the stars, in English or Korean.
fn question_text(line: &str) -> Option<&str> {
    ["**Question:**", "**Question**:", "**question:**", "Question:", "**질문:**", "**질문**:"]
        .iter()
        .find_map(|prefix| line.strip_prefix(prefix))
        .map(str::trim)
}
