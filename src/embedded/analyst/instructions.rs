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
//! | `Figures of TABLE are always grouped by COLUMN` | dates that figures stand beside |
//! | `Beside SQL also show SQL as NAME` | figures that are shown together |
//! | `Round TERM to N decimals`, `소수점 N자리` | rounding |
//!
//! SQL stands in backticks or is what remains of the line; it counts only if it parses and every
//! column exists in the space.

use super::fragment::{Fragment, localise};
use super::lexicon::words_of;
use super::lines::{clean_term, fragments, lower, sentences, split_bracket};
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
    Define {
        terms: Vec<String>,
        fragment: Fragment,
    },
    Always(Fragment),
    Date(ColumnId),
    Round {
        terms: Vec<String>,
        digits: u32,
    },
    /// Phrases for a time, and its condition, with N for the number in both.
    Span {
        phrases: Vec<String>,
        sql: String,
    },
    /// Relative periods end yesterday.
    WithoutToday,
    /// Figures of the columns' table are grouped by them, whatever else is asked.
    Per(Vec<ColumnId>),
    /// Where a figure is shown, these are shown too, under their names.
    Beside {
        of: Fragment,
        shown: Vec<(Fragment, String)>,
    },
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

    pub fn span(&self, place: usize) -> Option<&str> {
        match &self.rules.get(place)?.effect {
            Effect::Span { sql, .. } => Some(sql),
            _ => None,
        }
    }

    pub fn without_today(&self) -> bool {
        self.rules.iter().any(|r| matches!(r.effect, Effect::WithoutToday))
    }

    pub fn always(&self) -> impl Iterator<Item = &Fragment> {
        self.rules.iter().filter_map(|r| match &r.effect {
            Effect::Always(fragment) => Some(fragment),
            _ => None,
        })
    }

    pub fn per(&self) -> impl Iterator<Item = &[ColumnId]> {
        self.rules.iter().filter_map(|r| match &r.effect {
            Effect::Per(columns) => Some(columns.as_slice()),
            _ => None,
        })
    }

    pub fn beside(&self) -> impl Iterator<Item = (&Fragment, &[(Fragment, String)])> {
        self.rules.iter().filter_map(|r| match &r.effect {
            Effect::Beside { of, shown } => Some((of, shown.as_slice())),
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

fn read(schema: &Schema, line: &str) -> Option<Effect> {
    let plain = line.replace("**", "").replace("__", "");
    let line = plain.as_str();
    let spans = || span(line).or_else(|| without_today(line));
    rounding(line)
        .or_else(spans)
        .or_else(|| super::habits::read(schema, line))
        .or_else(|| date(schema, line))
        .or_else(|| always(schema, line))
        .or_else(|| define(schema, line))
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

/// `"last N days" means `SQL``: a phrase in quotes, and SQL about the current date.
fn span(line: &str) -> Option<Effect> {
    let open = line.find('`')?;
    let close = line.rfind('`').filter(|close| *close > open)?;
    let sql = line.get(open + 1..close)?.trim();
    let head = line.get(..open)?;
    if sql.contains('`') || !super::spans::is_time_sql(sql) {
        return None;
    }
    let parts: Vec<&str> = head.split(['"', '“', '”', '„', '‘', '’']).collect();
    let mut phrases: Vec<String> =
        parts.iter().skip(1).step_by(2).map(|p| p.trim().to_lowercase()).filter(|p| !p.is_empty()).collect();
    if phrases.is_empty() {
        let (term, _) = equation(head, &lower(head))?;
        phrases = term.split([',', '/']).map(clean_term).filter(|t| !t.is_empty()).collect();
    }
    (!phrases.is_empty()).then(|| Effect::Span { phrases, sql: sql.to_owned() })
}

/// `Relative periods end yesterday; today is not included.`
fn without_today(line: &str) -> Option<Effect> {
    let text = lower(line);
    let ends = text.contains("end yesterday") || text.contains("ends yesterday") || text.contains("end with yesterday");
    let left = text.contains("today")
        && ["not included", "excluded", "exclude", "not include"].iter().any(|w| text.contains(w));
    let korean = line.contains("오늘") && (line.contains("제외") || line.contains("포함하지"));
    (!text.contains('`') && (ends || left || korean)).then_some(Effect::WithoutToday)
}

/// Column names in a text, in backticks or as bare words.
pub fn columns_in(schema: &Schema, line: &str) -> Vec<ColumnId> {
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

pub fn usable(schema: &Schema, sql: &str, home: Option<TableId>) -> Option<Fragment> {
    localise(schema, sql, &BTreeMap::new(), home).ok().filter(|f| !f.columns.is_empty() || f.aggregate)
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
    if let Some(quoted) = text.strip_prefix("use `") {
        let close = quoted.find('`')? + 5;
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
