//! Questions that are like an example of the space follow its SQL, with the slots filled.
//!
//! An example counts as the same question if all its words are asked, apart from the words of its
//! slots, and nothing is asked beyond them. A slot takes what stands in the question where its
//! default stands in the example, else a quoted text, a number or a new word of the right type,
//! else its default.

use super::cues::{Cue, cue_at};
use super::schema::Schema;
use super::tokenise::{Tok, tokenise};
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

/// How close a question without slots must be to be the same question.
const SAME: f64 = 0.88;

/// An example with its question read once.
#[derive(Clone)]
pub struct Known {
    pub example: Example,
    pub toks: Vec<Tok>,
    /// The words that are not those of slots.
    fixed: BTreeSet<String>,
}

impl Known {
    /// The examples that may be followed: queries over the space's tables only.
    pub fn all(schema: &Schema, examples: &[Example]) -> Vec<Self> {
        let read = |example: &Example| {
            let (sql, _) = fill(example, &tokenise(&example.question), &[]).or_else(|| {
                // Without defaults every slot is tried with a value of its type.
                Some((placeholders(example), Vec::new()))
            })?;
            usable(schema, &sql).then(|| Self::of(example))
        };
        examples.iter().filter_map(read).collect()
    }

    /// The example's question.
    pub fn question(&self) -> &str {
        &self.example.question
    }

    /// Its SQL with the slots filled from a question of its form.
    pub fn filled(&self, question: &str) -> Option<Followed> {
        let (sql, filled) = fill(&self.example, &self.toks, &tokenise(question))?;
        Some(Followed { sql, question: self.example.question.clone(), filled })
    }

    fn of(example: &Example) -> Self {
        let toks = tokenise(&example.question);
        let slots: BTreeSet<usize> =
            example.parameters.iter().filter_map(|p| place_of(p, &toks)).flat_map(|(at, size)| at..at + size).collect();
        let fixed: Vec<Tok> =
            toks.iter().enumerate().filter(|(at, _)| !slots.contains(at)).map(|(_, t)| t.clone()).collect();
        Self { example: example.clone(), fixed: content(&fixed), toks }
    }
}

fn placeholders(example: &Example) -> String {
    let mut sql = example.sql.trim().trim_end_matches(';').to_owned();
    for parameter in example.parameters.iter().filter(|p| !p.name.is_empty()) {
        let value = ["1", "2020-01-01", "x"].iter().find_map(|text| literal(parameter, text)).unwrap_or_default();
        sql = replace_marker(&sql, &format!(":{}", parameter.name), &value);
    }
    sql
}

/// The best example that is close enough, with its parameters filled from the question.
pub fn follow(examples: &[Known], question: &str) -> Option<Followed> {
    if examples.is_empty() {
        return None;
    }
    let asked = tokenise(question);
    let words = content(&asked);
    let mut best: Option<(f64, Followed)> = None;
    for known in examples {
        let close = closeness(&words, question, known);
        if close < SAME || best.as_ref().is_some_and(|(other, _)| *other >= close) {
            continue;
        }
        if let Some((sql, filled)) = fill(&known.example, &known.toks, &asked)
            && parse_query(&sql).is_ok()
        {
            best = Some((close, Followed { sql, question: known.example.question.clone(), filled }));
        }
    }
    best.map(|(_, followed)| followed)
}

/// True for a query over the space's tables only.
fn usable(schema: &Schema, sql: &str) -> bool {
    let Ok(query) = parse_query(sql) else { return false };
    let with: BTreeSet<String> =
        query.with.iter().flat_map(|with| &with.cte_tables).map(|cte| cte.alias.name.value.to_lowercase()).collect();
    let mut known = true;
    let _ = sqlparser::ast::visit_relations(&query, |name| {
        let name = name.to_string().replace('`', "").to_lowercase();
        known &= with.contains(&name) || schema.find_table(&name).is_some();
        std::ops::ControlFlow::<()>::Continue(())
    });
    known
}

pub fn matters(tok: &Tok) -> bool {
    let small = matches!(cue_at(&[tok.lower.as_str()]), Some((_, Cue::Filler | Cue::Imperative | Cue::Pronoun)));
    !tok.is_mark() && !small && !super::scan::is_small(&tok.word)
}

pub fn form(tok: &Tok) -> String {
    if tok.quoted { tok.lower.clone() } else { tok.word.clone() }
}

fn content(toks: &[Tok]) -> BTreeSet<String> {
    toks.iter().filter(|t| matters(t)).map(form).collect()
}

/// Where the default of a parameter stands in the example's question: first word and how many.
fn place_of(parameter: &Parameter, known: &[Tok]) -> Option<(usize, usize)> {
    let default = parameter.default.as_ref()?.trim().trim_matches(['"', '\'']).to_owned();
    let words: Vec<String> = tokenise(&default).iter().map(form).collect();
    if words.is_empty() {
        return None;
    }
    // `28일`: a number with its unit in one word.
    if let Some(at) = known.iter().position(|t| !t.quoted && numeral(t.plain()) == Some(default.as_str())) {
        return Some((at, 1));
    }
    let quoted = known.iter().position(|t| t.quoted && t.text.eq_ignore_ascii_case(&default)).map(|at| (at, 1));
    quoted.or_else(|| {
        known
            .windows(words.len())
            .position(|w| w.iter().map(form).eq(words.iter().cloned()))
            .map(|at| (at, words.len()))
    })
}

/// 1 for the same words; the words of slots do not count.
fn closeness(a: &BTreeSet<String>, question: &str, known: &Known) -> f64 {
    let (example, b) = (&known.example, &known.fixed);
    if a.is_empty() || b.is_empty() {
        return 0.0;
    }
    let missing = b.difference(a).count();
    let extra = a.difference(b).count();
    if missing == 0 && extra == 0 {
        return 1.0;
    }
    let numbers = a.symmetric_difference(b).any(|w| w.chars().any(|c| c.is_ascii_digit()));
    if !example.parameters.is_empty() {
        let room = 2 * example.parameters.len() + 1;
        let allowed = usize::from(b.len() >= 5);
        if missing <= allowed && extra <= room {
            return 0.99 - 0.03 * (missing + extra) as f64 / room as f64;
        }
        // A paraphrase: nearly the same words, whatever stands in the slots.
        let shared = 2.0 * (b.len() - missing) as f64 / (b.len() + a.len().saturating_sub(room).max(1)) as f64;
        return if missing <= 1 + b.len() / 4 && extra <= room + 1 {
            ((shared.min(1.0) + trigram_cosine(question, &example.question)) / 2.0).min(0.95)
        } else {
            0.0
        };
    }
    let tokens = 2.0 * (a.len() - extra) as f64 / (a.len() + b.len()) as f64;
    if numbers { 0.0 } else { (tokens + trigram_cosine(question, &example.question)) / 2.0 }
}

fn fill(example: &Example, known: &[Tok], asked: &[Tok]) -> Option<(String, Vec<String>)> {
    let mut sql = example.sql.trim().trim_end_matches(';').to_owned();
    let old: BTreeSet<String> = known.iter().map(form).collect();
    let mut fresh: Vec<Tok> =
        asked.iter().filter(|t| t.quoted || matters(t) && !old.contains(&form(t))).cloned().collect();
    let mut filled = Vec::new();
    for parameter in &example.parameters {
        let marker = format!(":{}", parameter.name);
        if parameter.name.is_empty() || !sql.contains(&marker) {
            continue;
        }
        let value = slot(parameter, known, asked, &mut fresh)?;
        sql = replace_marker(&sql, &marker, &value);
        filled.push(format!("{} = {value}", parameter.name));
    }
    Some((sql, filled))
}

fn slot(parameter: &Parameter, known: &[Tok], asked: &[Tok], fresh: &mut Vec<Tok>) -> Option<String> {
    if let Some(text) = aligned(parameter, known, asked)
        && let Some(value) = literal(parameter, &text)
    {
        fresh.retain(|t| !text.contains(t.plain()));
        return Some(value);
    }
    let at = fresh.iter().position(|t| literal(parameter, t.plain()).is_some());
    match at.map(|at| fresh.remove(at)) {
        Some(tok) => literal(parameter, tok.plain()),
        None => literal(parameter, parameter.default.as_ref()?.trim().trim_matches(['"', '\''])),
    }
}

/// What stands in the question between the words that stand around the default in the example.
fn aligned(parameter: &Parameter, known: &[Tok], asked: &[Tok]) -> Option<String> {
    let (at, size) = place_of(parameter, known)?;
    let before = at.checked_sub(1).map(|i| form(&known[i]));
    let after = known.get(at + size).filter(|t| !t.is_mark()).map(form);
    let from = match &before {
        Some(word) => asked.iter().rposition(|t| form(t) == *word)? + 1,
        None => 0,
    };
    let to = match &after {
        Some(word) => from + asked.get(from..)?.iter().position(|t| form(t) == *word)?,
        None => from + asked.get(from..)?.iter().take_while(|t| !t.is_mark()).count(),
    };
    let found: Vec<&str> = asked.get(from..to)?.iter().map(Tok::plain).collect();
    (!found.is_empty() && found.len() <= 4).then(|| found.join(" "))
}

/// The digits of a word that ends in a Korean unit: `28` of `28일간`.
fn numeral(word: &str) -> Option<&str> {
    let end = word.find(|c: char| !c.is_ascii_digit())?;
    (end > 0 && word[end..].chars().all(crate::text::is_hangul)).then(|| &word[..end])
}

/// The text as a literal of the parameter's type, if it is one.
fn literal(parameter: &Parameter, text: &str) -> Option<String> {
    let hint = parameter.type_hint.to_uppercase();
    let numeric = ["INT", "BIGINT", "NUMBER", "NUMERIC", "DECIMAL", "DOUBLE", "FLOAT", "LONG"]
        .iter()
        .any(|t| hint.starts_with(t));
    if numeric {
        let digits = numeral(text).unwrap_or(text).replace(',', "");
        return digits.parse::<f64>().ok().filter(|n| n.is_finite()).map(|_| digits);
    }
    if hint.starts_with("DATE") || hint.starts_with("TIMESTAMP") {
        return text.parse::<jiff::civil::Date>().ok().map(|date| format!("DATE '{date}'"));
    }
    (!text.is_empty()).then(|| quote(text))
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
