//! Checks over all questions of a run, from all files together.

use super::super::yaml::Sources;
use super::read::Placed;
use crate::model::{Diagnostic, Question, Severity, SourceSpan};
use std::collections::BTreeMap;

/// Findings over all questions, in their order.
pub(in super::super) fn check_suite(questions: &[Placed], sources: &Sources) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    let mut ids: BTreeMap<&str, &Placed> = BTreeMap::new();
    let mut texts: BTreeMap<String, &Placed> = BTreeMap::new();
    for placed in questions {
        let Placed { question, at } = placed;
        let span = sources.span(*at);
        let mut report = |severity, code: &str, message: String, help: Option<String>| {
            findings.push(Diagnostic { severity, span: span.clone(), help, ..Diagnostic::error(code, message) });
        };
        let name = &question.id;
        if question.question.trim().is_empty() {
            report(Severity::Error, "GE0412", format!("the question of `{name}` is empty"), None);
        }
        if question.sql.trim().is_empty() && question.skip.is_none() {
            let help = "add the SQL, or leave the question out with `skip: reason`".to_owned();
            report(Severity::Error, "GE0413", format!("the gold SQL of `{name}` is empty"), Some(help));
        }
        if question.skip.as_ref().is_some_and(|reason| reason.trim().is_empty()) {
            let help = "write why, such as `skip: the gold SQL has ties`".to_owned();
            report(Severity::Error, "GE0415", format!("`{name}` is skipped without a reason"), Some(help));
        }
        if let Some(first) = ids.insert(name, placed) {
            let help = place(sources.span(first.at)).map(|place| format!("first used at {place}"));
            report(Severity::Error, "GE0411", format!("the question id `{name}` is used twice"), help);
        }
        let wording = normal(&question.question);
        if let Some(first) = texts.get(&wording).filter(|first| differs(&first.question, question)) {
            let at = place(sources.span(first.at)).map_or(String::new(), |place| format!(" ({place})"));
            let message = format!("`{name}` asks the same as `{}`{at} and has other gold SQL", first.question.id);
            let help = "if both are right, list one under `accepted` of the other".to_owned();
            report(Severity::Warning, "GE0414", message, Some(help));
        } else {
            texts.entry(wording).or_insert(placed);
        }
    }
    findings
}

fn place(span: Option<SourceSpan>) -> Option<String> {
    span.map(|span| format!("{}:{}:{}", span.file, span.line, span.column))
}

fn differs(one: &Question, other: &Question) -> bool {
    let skipped = one.skip.is_some() || other.skip.is_some();
    let same = normal(&one.sql) == normal(&other.sql);
    let accepted = one.accepted.iter().any(|sql| normal(sql) == normal(&other.sql))
        || other.accepted.iter().any(|sql| normal(sql) == normal(&one.sql));
    !(skipped || same || accepted || one.question.trim().is_empty())
}

/// Wording without differences of case, spacing and closing punctuation.
fn normal(text: &str) -> String {
    let words: Vec<String> = text.split_whitespace().map(str::to_lowercase).collect();
    words.join(" ").trim_end_matches(['?', '.', '!', ';', ' ', '？', '。']).to_owned()
}
