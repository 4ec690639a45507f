//! The text instruction, line by line.
//!
//! A line is read if it has one of these forms (English or Korean); all others are left to people:
//!
//! | form | effect |
//! | --- | --- |
//! | `TERM means SQL`, `TERM = SQL`, `TERM: SQL`, `TERM은 SQL를 의미` | the term stands for the expression or condition |
//! | `When asked about TERM, use SQL`, `For TERM use SQL`, `Calculate TERM as SQL` | the same |
//! | `Always filter SQL`, `By default exclude SQL`, `항상 SQL 조건` | a condition of every query over its tables |
//! | `Use COLUMN as the date of TABLE`, `Use COLUMN for dates` | the date column |
//! | `Round TERM to N decimals`, `소수점 N자리` | rounding |
//!
//! SQL stands in backticks or is what remains of the line; it counts only if it parses and every
//! column exists in the space.

use super::fragment::{Fragment, localise};
use super::lexicon::words_of;
use super::schema::{ColumnId, Schema, TableId};
use crate::model::TextInstruction;
use std::collections::BTreeMap;

/// One line that was understood.
#[derive(Clone, Debug)]
pub struct Rule {
    pub line: String,
    pub effect: Effect,
}

#[derive(Clone, Debug)]
pub enum Effect {
    Define { terms: Vec<String>, fragment: Fragment },
    Always(Fragment),
    Date(ColumnId),
    Round { terms: Vec<String>, digits: u32 },
}

impl Rule {
    pub fn terms(&self) -> &[String] {
        match &self.effect {
            Effect::Define { terms, .. } => terms,
            _ => &[],
        }
    }
}

#[derive(Default)]
pub struct Rules {
    pub rules: Vec<Rule>,
    pub unread: Vec<String>,
}

impl Rules {
    pub fn of(schema: &Schema, texts: &[TextInstruction]) -> Self {
        let mut found = Self::default();
        for line in texts.iter().flat_map(|t| sentences(&t.content)) {
            match read(schema, &line) {
                Some(effect) => found.rules.push(Rule { line, effect }),
                None => found.unread.push(line),
            }
        }
        found
    }

    pub fn definition(&self, place: usize) -> Option<&Fragment> {
        match &self.rules.get(place)?.effect {
            Effect::Define { fragment, .. } => Some(fragment),
            _ => None,
        }
    }

    pub fn always(&self) -> impl Iterator<Item = &Fragment> {
        self.rules.iter().filter_map(|r| match &r.effect {
            Effect::Always(fragment) => Some(fragment),
            _ => None,
        })
    }

    pub fn date_of(&self, table: TableId) -> Option<ColumnId> {
        self.rules.iter().find_map(|r| match r.effect {
            Effect::Date(column) if column.table == table => Some(column),
            _ => None,
        })
    }

    /// The decimals for a column of the result, by the words of its name.
    pub fn digits(&self, words: &[String], fractional: bool, decimal: bool) -> Option<u32> {
        const RATIOS: [&str; 8] = ["ratio", "rate", "percentage", "average", "percent", "비율", "평균", "share"];
        self.rules.iter().find_map(|r| match &r.effect {
            Effect::Round { terms, digits } => {
                let general = terms.is_empty() && decimal;
                let kind = fractional && terms.iter().any(|t| RATIOS.iter().any(|ratio| t.contains(ratio)));
                let named = terms.iter().any(|t| words.contains(t));
                (general || kind || named).then_some(*digits)
            }
            _ => None,
        })
    }
}

/// True for conditions, as opposed to values.
pub fn is_predicate(sql: &str) -> bool {
    use sqlparser::ast::{BinaryOperator as B, Expr as E};
    match crate::sql::parse_expression(sql) {
        Ok(E::BinaryOp { op, .. }) => {
            matches!(op, B::Eq | B::NotEq | B::Lt | B::LtEq | B::Gt | B::GtEq | B::And | B::Or)
        }
        Ok(
            E::InList { .. }
            | E::Between { .. }
            | E::Like { .. }
            | E::ILike { .. }
            | E::IsNull(_)
            | E::IsNotNull(_)
            | E::IsTrue(_)
            | E::IsFalse(_),
        ) => true,
        Ok(E::UnaryOp { op: sqlparser::ast::UnaryOperator::Not, .. }) => true,
        Ok(E::Nested(inner)) => is_predicate(&inner.to_string()),
        _ => false,
    }
}

/// Lines, and sentences of lines, without list marks and headings.
fn sentences(content: &str) -> Vec<String> {
    let mut found = Vec::new();
    for line in content.lines().take(2_000) {
        let line = line.trim().trim_start_matches(['-', '*', '•', '·']).trim();
        let line = line
            .trim_start_matches(|c: char| c.is_ascii_digit())
            .trim_start_matches([')'])
            .trim_start_matches(". ")
            .trim();
        if line.is_empty() || line.starts_with('#') || line.len() > 2_000 {
            continue;
        }
        found.extend(split_sentences(line));
    }
    found
}

/// At `. ` outside backticks and parentheses.
fn split_sentences(line: &str) -> Vec<String> {
    let (mut out, mut start, mut ticked, mut depth) = (Vec::new(), 0, false, 0_i32);
    let bytes = line.as_bytes();
    for (at, c) in line.char_indices() {
        match c {
            '`' => ticked = !ticked,
            '(' => depth += 1,
            ')' => depth -= 1,
            '.' | ';' if !ticked && depth <= 0 && bytes.get(at + 1).is_none_or(|next| *next == b' ') => {
                out.push(line[start..at].trim().to_owned());
                start = at + 1;
            }
            _ => {}
        }
    }
    out.push(line[start..].trim().to_owned());
    out.retain(|s| !s.is_empty());
    out
}

fn read(schema: &Schema, line: &str) -> Option<Effect> {
    let plain = line.replace("**", "").replace("__", "");
    let line = plain.as_str();
    rounding(line).or_else(|| date(schema, line)).or_else(|| always(schema, line)).or_else(|| define(schema, line))
}

fn lower(line: &str) -> String {
    // Byte offsets must stay: only ASCII is lowered.
    line.to_ascii_lowercase()
}

fn rounding(line: &str) -> Option<Effect> {
    let text = lower(line);
    let asks = text.contains("round") && (text.contains("decimal") || text.contains("digit") || text.contains("place"));
    let korean = text.contains("소수") && text.contains("자리");
    if !asks && !korean {
        return None;
    }
    const NAMES: [(&str, u32); 5] = [("zero", 0), ("one", 1), ("two", 2), ("three", 3), ("four", 4)];
    let digits = words_of(&text).iter().find_map(|w| {
        let digits: String = w.chars().take_while(char::is_ascii_digit).collect();
        digits.parse::<u32>().ok().or_else(|| NAMES.iter().find(|(n, _)| n == w).map(|(_, d)| *d))
    })?;
    const GENERAL: [&str; 24] = [
        "round", "rounded", "should", "be", "to", "decimal", "place", "digit", "all", "number", "value", "result",
        "the", "always", "a", "of", "in", "and", "amount", "numeric", "by", "output", "must", "are",
    ];
    let terms = words_of(text.split(" to ").next().unwrap_or_default());
    let terms = terms.into_iter().filter(|w| !GENERAL.contains(&w.as_str()) && !w.chars().any(|c| c.is_ascii_digit()));
    let terms: Vec<String> = if korean { Vec::new() } else { terms.collect() };
    Some(Effect::Round { terms, digits: digits.min(9) })
}

/// Column names in a text, in backticks or as bare words.
fn columns_in(schema: &Schema, line: &str) -> Vec<ColumnId> {
    let table = tables_in(schema, line);
    let words = line.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.')).filter(|w| !w.is_empty());
    let find = |word: &str| {
        let word = word.trim_matches('.');
        if let Some((head, name)) = word.rsplit_once('.') {
            return schema.find_table(head).and_then(|t| schema.find_column(t, name));
        }
        let exact = |t: &TableId| {
            schema.find_column(*t, word).filter(|_| word.contains('_') || line.contains(&format!("`{word}`")))
        };
        table.iter().find_map(exact).or_else(|| (0..schema.tables.len()).find_map(|t| exact(&t)))
    };
    words.filter_map(find).collect()
}

fn tables_in(schema: &Schema, line: &str) -> Vec<TableId> {
    let text = lower(line);
    let words: Vec<&str> =
        text.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.')).map(|w| w.trim_matches('.')).collect();
    (0..schema.tables.len())
        .filter(|t| {
            words
                .iter()
                .any(|w| *w == schema.tables[*t].short_name() || *w == schema.tables[*t].full_name.to_lowercase())
        })
        .collect()
}

fn date(schema: &Schema, line: &str) -> Option<Effect> {
    let text = lower(line);
    const FORMS: [&str; 16] = [
        "as the date",
        "as date",
        "for date",
        "for time",
        "for dates",
        "as the time",
        "date column",
        "date of",
        "date for",
        "the date field",
        "time column",
        "as the default date",
        "기준 날짜",
        "날짜 컬럼",
        "날짜 기준",
        "날짜로 사용",
    ];
    let asks = FORMS.iter().any(|form| text.contains(form))
        && (text.contains("use") || text.contains(" is ") || text.contains("사용") || text.contains("기준"));
    let found = columns_in(schema, line)
        .into_iter()
        .find(|c| schema.family(*c).is_temporal() || schema.column(*c).words.iter().any(|w| w == "date"));
    found.filter(|_| asks).map(Effect::Date)
}

fn always(schema: &Schema, line: &str) -> Option<Effect> {
    let text = lower(line);
    let excludes = ["exclude", "do not include", "don't include", "ignore", "제외"].iter().any(|w| text.contains(w));
    let filters = ["filter", "only", "restrict", "include", "where", "apply", "조건", "필터", "limit to"]
        .iter()
        .any(|w| text.contains(w));
    let default = super::snippets::always(&text) || text.starts_with("exclude") || text.starts_with("only ");
    if !default || !(excludes || filters) {
        return None;
    }
    let home = tables_in(schema, line).first().copied();
    let mut fragment =
        fragments(line).into_iter().find_map(|sql| usable(schema, &sql, home).filter(|f| is_predicate(&f.sql)))?;
    // `exclude rows where X`, but `exclude X: not X` is already written the way it holds.
    let negative =
        fragment.sql.contains("<>") || fragment.sql.contains("!=") || fragment.sql.to_uppercase().contains("NOT ");
    if excludes && !negative {
        fragment.sql = format!("NOT ({})", fragment.sql);
    }
    (!fragment.aggregate).then_some(Effect::Always(fragment))
}

fn usable(schema: &Schema, sql: &str, home: Option<TableId>) -> Option<Fragment> {
    localise(schema, sql, &BTreeMap::new(), home).ok().filter(|f| !f.columns.is_empty() || f.aggregate)
}

/// What may be SQL in a line: what stands in backticks, the whole, and what follows a lead word.
fn fragments(line: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let ticks: Vec<&str> = line.split('`').collect();
    if let (Some(first), Some(last)) = (line.find('`'), line.rfind('`')) {
        // Quoted names inside one condition: `a`.`b` = 'c'.
        found.extend(ticks.iter().skip(1).step_by(2).map(|s| (*s).to_owned()).filter(|s| s.contains([' ', '(', '='])));
        found.push(line[first..=last].to_owned());
        found.extend(ticks.iter().skip(1).step_by(2).map(|s| (*s).to_owned()));
    }
    let text = lower(line);
    for lead in [
        " where ",
        " filter by ",
        " filter on ",
        " filter ",
        " to ",
        " using ",
        " use ",
        " apply ",
        " include only ",
        " only include ",
        " exclude ",
        " that ",
        " with ",
        ": ",
    ] {
        let padded = format!(" {text}");
        if let Some(at) = padded.find(lead) {
            let from = (at + lead.len()).saturating_sub(1);
            found.extend(line.get(from..).map(|rest| trim_tail(rest)));
        }
    }
    found.push(trim_tail(line));
    found
}

/// Without the words that end a sentence.
fn trim_tail(text: &str) -> String {
    let mut rest = text.trim().trim_end_matches(['.', ';']);
    let small = rest.to_ascii_lowercase();
    for tail in [
        " by default",
        " unless",
        " in all queries",
        " in every query",
        " for all queries",
        " for every query",
        " when ",
        " (",
        " 조건",
    ] {
        if let Some(at) = small.find(tail).filter(|at| {
            *at < rest.len()
                && (tail != " ("
                    || !rest[..*at].is_empty() && rest.ends_with(')') && rest[*at..].contains(' ') && false)
        }) {
            rest = &rest[..at];
        }
    }
    rest.trim().to_owned()
}

/// `TERM means SQL` and its relatives.
fn define(schema: &Schema, line: &str) -> Option<Effect> {
    let text = lower(line);
    let (terms, rest) = asked_about(line, &text).or_else(|| equation(line, &text))?;
    let home = tables_in(schema, line).first().copied();
    let fragment = fragments(&rest).into_iter().chain([rest.clone()]).find_map(|sql| usable(schema, &sql, home))?;
    let terms: Vec<String> = terms
        .split([',', '/'])
        .flat_map(|t| t.split(" or "))
        .flat_map(split_bracket)
        .map(|t| clean_term(&t))
        .filter(|t| !t.is_empty() && t.split(' ').count() <= 6)
        .collect();
    (!terms.is_empty()).then_some(Effect::Define { terms, fragment })
}

/// `ACP (average closing price)` has two names.
fn split_bracket(term: &str) -> Vec<String> {
    match term.split_once('(') {
        Some((head, rest)) => vec![head.to_owned(), rest.trim_end_matches([')', ' ']).to_owned()],
        None => vec![term.to_owned()],
    }
}

fn clean_term(term: &str) -> String {
    let bare = term.trim().trim_matches(['"', '\'', '`', '“', '”', '‘', '’', '*', ':']).trim();
    let lower = bare.to_lowercase();
    let mut rest = lower.as_str();
    for lead in ["the term ", "the word ", "the ", "a ", "an ", "any ", "all ", "calculate ", "compute ", "define "] {
        rest = rest.strip_prefix(lead).unwrap_or(rest).trim_matches(['"', '\'', '`', '“', '”', ' ']);
    }
    rest.to_owned()
}

/// `When asked about X, use SQL`; `For X, use SQL`; `Calculate X as SQL`; `Use SQL for X`.
fn asked_about(line: &str, text: &str) -> Option<(String, String)> {
    const LEADS: [&str; 22] = [
        "when asked about ",
        "when users ask about ",
        "when the user asks about ",
        "when someone asks about ",
        "when a question mentions ",
        "when the question mentions ",
        "when users mention ",
        "when the user mentions ",
        "if the user asks about ",
        "if asked about ",
        "if the question mentions ",
        "if a question mentions ",
        "when users say ",
        "when the question says ",
        "when a user says ",
        "when calculating ",
        "for questions about ",
        "to calculate ",
        "to compute ",
        "when ",
        "for ",
        "if ",
    ];
    const USES: [&str; 12] = [
        ", use ",
        ", calculate ",
        ", compute ",
        ", filter on ",
        ", filter ",
        ", apply ",
        " use ",
        ", it means ",
        ", they mean ",
        ", interpret it as ",
        ", add ",
        ", always use ",
    ];
    if let Some(lead) = LEADS.iter().find(|lead| text.starts_with(*lead)) {
        let (at, used) = USES.iter().find_map(|u| text.find(u).map(|at| (at, u.len())))?;
        return Some((line.get(lead.len()..at)?.to_owned(), line.get(at + used..)?.to_owned()));
    }
    for lead in ["calculate ", "compute ", "define ", "interpret ", "treat "] {
        if text.starts_with(lead) {
            let (at, used) =
                [" as ", " using ", " with ", " by "].iter().find_map(|u| text.find(u).map(|at| (at, u.len())))?;
            return Some((line.get(lead.len()..at)?.to_owned(), line.get(at + used..)?.to_owned()));
        }
    }
    if text.starts_with("use `") {
        let close = text[5..].find('`')? + 5;
        let rest = text.get(close + 1..)?;
        let lead = [" for ", " when asked about ", " when asked for ", " to calculate ", " to compute ", " as the "]
            .iter()
            .find(|l| rest.starts_with(*l))?;
        return Some((line.get(close + 1 + lead.len()..)?.to_owned(), line.get(4..=close)?.to_owned()));
    }
    None
}

fn equation(line: &str, text: &str) -> Option<(String, String)> {
    const SIGNS: [&str; 22] = [
        " means ",
        " mean ",
        " is defined as ",
        " are defined as ",
        " is calculated as ",
        " are calculated as ",
        " is computed as ",
        " refers to ",
        " refer to ",
        " corresponds to ",
        " is the same as ",
        " is measured as ",
        " are those with ",
        " are rows where ",
        " is when ",
        "은 ",
        "는 ",
        " = ",
        ": ",
        " → ",
        " -> ",
        " is ",
    ];
    let found = SIGNS
        .iter()
        .filter_map(|sign| text.find(sign).map(|at| (at, sign.len())))
        .min_by_key(|(at, size)| (*at, std::cmp::Reverse(*size)))?;
    Some((line.get(..found.0)?.to_owned(), line.get(found.0 + found.1..)?.to_owned()))
}
