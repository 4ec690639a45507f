//! Times that the text instruction explains: `"last N days" means `SQL``.

use super::dates::Time;
use super::frame::Pred;
use super::parse::Parser;
use super::schema::{ColumnId, Schema, quoted};
use super::tokenise::tokenise;
use crate::sql::parse_expression;
use sqlparser::ast::{Expr as Sql, Ident, VisitMut, VisitorMut};
use std::ops::ControlFlow;

/// A phrase, with `#` for its number.
#[derive(Clone, Debug)]
pub struct Span {
    form: String,
    place: usize,
}

/// What may stand behind a Korean phrase.
const TAILS: [&str; 9] = ["", "간", "동안", "의", "에", "은", "는", "간의", "에서"];

impl Span {
    pub fn new(phrase: &str, place: usize) -> Self {
        let words: Vec<String> = tokenise(&numbered(phrase, "7")).into_iter().map(|t| t.word).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        Self { form: form(&words).0, place }
    }

    /// The phrase at the start of these words: how many, and which.
    pub fn at(&self, words: &[&str]) -> Option<(usize, Time)> {
        if self.form.is_empty() {
            return None;
        }
        (1..=words.len()).rev().find_map(|size| {
            let (found, number) = form(&words[..size]);
            let tail = found.strip_prefix(self.form.as_str())?;
            TAILS.contains(&tail).then_some((size, Time::Said(self.place, number)))
        })
    }
}

/// The words as one, with `#` for the number among them.
fn form(words: &[&str]) -> (String, Option<u32>) {
    const NAMES: [&str; 10] = ["two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "twelve"];
    const NUMBERS: [u32; 10] = [2, 3, 4, 5, 6, 7, 8, 9, 10, 12];
    let (mut out, mut number) = (String::new(), None);
    for word in words {
        let digits: String = word.chars().take_while(char::is_ascii_digit).collect();
        let named = NAMES.iter().position(|n| n == word).map(|at| NUMBERS[at]);
        if let Some(n) = digits.parse::<u32>().ok().or(named).filter(|_| number.is_none()) {
            number = Some(n);
            out.push('#');
            out.push_str(if named.is_some() { "" } else { &word[digits.len()..] });
        } else {
            out.push_str(word);
        }
    }
    (out, number)
}

/// The text with a number in place of the letter N, where that stands alone.
pub fn numbered(text: &str, number: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::new();
    for (at, c) in chars.iter().enumerate() {
        let beside =
            |i: Option<usize>| i.and_then(|i| chars.get(i)).is_some_and(|c| c.is_ascii_alphanumeric() || *c == '_');
        let alone = matches!(c, 'N' | 'n') && !beside(at.checked_sub(1)) && !beside(Some(at + 1));
        if alone { out.push_str(number) } else { out.push(*c) }
    }
    out
}

/// True for SQL that says a time: it names the current date, or compares with dates.
pub fn is_time_sql(sql: &str) -> bool {
    let upper = sql.to_uppercase();
    [
        "CURRENT_DATE",
        "CURRENT_TIMESTAMP",
        "NOW()",
        "DATE_TRUNC",
        "ADD_MONTHS",
        "LAST_DAY",
        "INTERVAL",
        "DATE_SUB",
        "DATEADD",
    ]
    .iter()
    .any(|word| upper.contains(word))
        && parse_expression(&numbered(sql, "7")).is_ok()
        && super::instructions::is_predicate(&numbered(sql, "7"))
}

struct Dates<'a> {
    schema: &'a Schema,
    column: ColumnId,
}

impl VisitorMut for Dates<'_> {
    type Break = ();

    fn pre_visit_expr(&mut self, expr: &mut Sql) -> ControlFlow<()> {
        let name = match expr {
            Sql::Identifier(name) => name.value.clone(),
            Sql::CompoundIdentifier(parts) => parts.last().map(|p| p.value.clone()).unwrap_or_default(),
            _ => return ControlFlow::Continue(()),
        };
        if super::fragment::is_constant(&name) && self.schema.find_column(self.column.table, &name).is_none() {
            return ControlFlow::Continue(());
        }
        let own = self.schema.find_column(self.column.table, &name).filter(|c| self.schema.family(*c).is_temporal());
        let column = own.unwrap_or(self.column);
        let part = |name: &str| if quoted(name) == name { Ident::new(name) } else { Ident::with_quote('`', name) };
        let table = &self.schema.tables[column.table].alias;
        *expr = Sql::CompoundIdentifier(vec![part(table), part(&self.schema.column(column).name)]);
        ControlFlow::Continue(())
    }
}

impl Parser<'_> {
    /// The condition that the instruction gives for a span, on the date that is asked about.
    pub fn said(&mut self, at: usize, place: usize, number: Option<u32>) -> usize {
        let Some(sql) = self.world.rules.span(place) else { return at + 1 };
        let subject = self.subject_column().filter(|c| self.schema().family(*c).is_temporal());
        let Some(column) = subject.or_else(|| self.time_column(at)) else { return at + 1 };
        let text = numbered(sql, &number.unwrap_or(1).to_string());
        let Ok(mut expr) = parse_expression(&text) else { return at + 1 };
        let _ = expr.visit(&mut Dates { schema: self.schema(), column });
        let or = matches!(&expr, Sql::BinaryOp { op: sqlparser::ast::BinaryOperator::Or, .. });
        let sql = if or { format!("({expr})") } else { expr.to_string() };
        self.add_filter(Pred::Raw { sql, tables: [column.table].into() });
        at + 1
    }
}
