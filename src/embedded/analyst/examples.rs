//! Questions that are like an example of the space follow its SQL, with the slots filled.

use super::lexicon::Lexicon;
use super::schema::Schema;
use super::tokenise::tokenise;
use super::values::quote;
use crate::model::{Example, Parameter};
use crate::sql::parse_query;
use crate::text::trigram_cosine;
use std::collections::BTreeSet;

pub struct Followed {
    pub sql: String,
    pub question: String,
    pub filled: Vec<String>,
}

/// The best example that is close enough, with its parameters filled from the question.
pub fn follow(
    schema: &Schema,
    lexicon: &Lexicon,
    examples: &[Example],
    question: &str,
    _year: Option<i32>,
) -> Option<Followed> {
    let _ = lexicon;
    let mut best: Option<(f64, &Example)> = None;
    for example in examples {
        let close = closeness(question, &example.question, !example.parameters.is_empty());
        if best.is_none_or(|(known, _)| close > known + 1e-9) {
            best = Some((close, example));
        }
    }
    let (close, example) = best?;
    if close < 0.86
        || parse_query(&example.sql.replace(':', "")).is_err() && parse_query(&example.sql).is_err()
        || !tables_known(schema, &example.sql)
    {
        return None;
    }
    let (sql, filled) = fill(example, question)?;
    Some(Followed { sql, question: example.question.clone(), filled })
}

fn content(text: &str) -> BTreeSet<String> {
    tokenise(text)
        .into_iter()
        .filter(|t| !t.is_mark() && !super::scan::is_small(&t.word))
        .map(|t| if t.quoted { t.lower } else { t.word })
        .collect()
}

/// 1 for the same words; the words of slots do not count.
fn closeness(asked: &str, known: &str, slots: bool) -> f64 {
    let (a, b) = (content(asked), content(known));
    if a.is_empty() || b.is_empty() {
        return 0.0;
    }
    let shared = a.intersection(&b).count() as f64;
    let tokens = 2.0 * shared / (a.len() + b.len()) as f64;
    let differ = a.symmetric_difference(&b).count();
    let letters = trigram_cosine(asked, known);
    if differ == 0 {
        return 1.0;
    }
    // Words that only one has change what is asked, unless they fill a slot.
    if slots { tokens.max(letters).min(0.99) + 0.08 } else { (tokens + letters) / 2.0 }
}

fn tables_known(schema: &Schema, sql: &str) -> bool {
    let lower = sql.to_lowercase();
    schema.tables.iter().any(|t| lower.contains(&t.short_name()))
}

fn fill(example: &Example, question: &str) -> Option<(String, Vec<String>)> {
    let mut sql = example.sql.trim().trim_end_matches(';').to_owned();
    let mut filled = Vec::new();
    let known: BTreeSet<String> = content(&example.question);
    let mut fresh: Vec<(String, bool)> = tokenise(question)
        .into_iter()
        .filter(|t| !t.is_mark())
        .filter(|t| t.quoted || !known.contains(&t.word))
        .map(|t| (t.plain().to_owned(), t.quoted))
        .collect();
    for parameter in &example.parameters {
        let marker = format!(":{}", parameter.name);
        if !sql.contains(&marker) {
            continue;
        }
        let value = slot(parameter, &mut fresh)?;
        sql = replace_marker(&sql, &marker, &value);
        filled.push(format!("{} = {value}", parameter.name));
    }
    Some((sql, filled))
}

fn slot(parameter: &Parameter, fresh: &mut Vec<(String, bool)>) -> Option<String> {
    let hint = parameter.type_hint.to_uppercase();
    let numeric = ["INT", "BIGINT", "INTEGER", "NUMBER", "DECIMAL", "DOUBLE", "FLOAT", "LONG"]
        .iter()
        .any(|t| hint.starts_with(t));
    let date = hint.starts_with("DATE") || hint.starts_with("TIMESTAMP");
    let is_number = |t: &str| t.replace(',', "").parse::<f64>().is_ok();
    let is_date = |t: &str| t.len() == 10 && t.as_bytes().get(4) == Some(&b'-');
    let fits = |(text, _): &(String, bool)| {
        if numeric {
            is_number(text)
        } else if date {
            is_date(text)
        } else {
            !super::scan::is_small(&text.to_lowercase())
        }
    };
    let at = fresh.iter().position(|f| f.1 && fits(f)).or_else(|| fresh.iter().position(fits));
    match at.map(|at| fresh.remove(at).0) {
        Some(text) if numeric => Some(text.replace(',', "")),
        Some(text) if date => Some(format!("DATE {}", quote(&text))),
        Some(text) => Some(quote(&text)),
        None => {
            let default = parameter.default.as_ref()?.trim().trim_matches('"').to_owned();
            Some(if numeric {
                default.parse::<f64>().ok()?;
                default
            } else if date {
                format!("DATE {}", quote(&default))
            } else {
                quote(&default)
            })
        }
    }
}

fn replace_marker(sql: &str, marker: &str, value: &str) -> String {
    let mut out = String::new();
    let mut rest = sql;
    while let Some(at) = rest.find(marker) {
        let after = &rest[at + marker.len()..];
        out.push_str(&rest[..at]);
        let whole = after.chars().next().is_none_or(|c| !c.is_alphanumeric() && c != '_');
        out.push_str(if whole { value } else { marker });
        rest = after;
    }
    out.push_str(rest);
    out
}
