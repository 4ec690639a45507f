//! What goes into a comparison: the two sides, and the contract they are compared under.

use crate::model::{ColumnPolicy, Question, ResultSet};

/// What came of one SQL, or of the question as a whole.
#[derive(Clone, Debug, PartialEq)]
pub enum Side {
    Rows(ResultSet),
    /// The SQL does not run; the engine's message.
    SqlError(String),
    /// A clarification was asked back, or a refusal: there is no SQL.
    NoSql,
    /// An answer in words that may well be right.
    TextOnly(String),
    /// The service failed (429, timeout, reset): says nothing about either SQL.
    Transport(String),
}

/// The contract of one comparison. The default is that of a question with nothing declared.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Policy {
    /// Both SQL texts are the same after normalising.
    pub sql_identical: bool,
    /// The question asks for an order, and the gold SQL has one.
    pub ordered: bool,
    /// Gold output columns that are the leading sort keys, outermost first; columns count from 0.
    pub order_keys: Vec<usize>,
    /// Some sort keys are not among the output columns, so ties cannot be told for sure.
    pub hidden_keys: bool,
    /// The gold's outermost LIMIT, in rows.
    pub limit: Option<u64>,
    /// The answer's outermost LIMIT, in rows.
    pub actual_limit: Option<u64>,
    /// The question names the number of rows that it wants, as in "the top 5".
    pub limit_asked: bool,
    /// Relative tolerance for all numbers, in place of the comparator's own rules.
    pub tolerance: Option<f64>,
    pub columns: ColumnPolicy,
    /// 0.12 and 12 are the same answer.
    pub percent_ok: bool,
    /// Decimals the gold rounds an output column to, by column.
    pub round_digits: Vec<Option<u8>>,
    /// Rows that come more than once count once.
    pub duplicates_ignore: bool,
    /// The gold's rows without its LIMIT, to decide ties exactly.
    pub expected_full: Option<ResultSet>,
    /// Where `expected_full` carries all sort keys behind the selected columns: their places.
    pub full_keys: Vec<usize>,
}

/// What the gold SQL and the answer's SQL say about their results; filled from parsed SQL by
/// whoever may parse it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GoldFacts {
    pub sql_identical: bool,
    pub limit: Option<u64>,
    /// Positions of the sort keys among the gold's output columns; none for a key that is not
    /// selected.
    pub order_by: Vec<Option<usize>>,
    /// Decimals by output column.
    pub round_digits: Vec<Option<u8>>,
    pub answer_limit: Option<u64>,
    pub expected_full: Option<ResultSet>,
    /// Places of the sort keys in `expected_full`, where they were added to it.
    pub full_keys: Vec<usize>,
}

impl GoldFacts {
    /// True if the gold sorts by something it does not select.
    pub fn hides_keys(&self) -> bool {
        self.order_by.iter().any(Option::is_none)
    }
}

/// The contract of a question, given what is known of the two SQL texts.
pub fn policy_of(question: &Question, facts: &GoldFacts) -> Policy {
    // Keys behind one that is not selected cannot be checked alone, so only the leading ones count.
    let order_keys: Vec<usize> = facts.order_by.iter().map_while(|key| *key).collect();
    Policy {
        sql_identical: facts.sql_identical,
        ordered: question.ordered && !facts.order_by.is_empty(),
        hidden_keys: order_keys.len() < facts.order_by.len(),
        order_keys,
        limit: facts.limit,
        actual_limit: facts.answer_limit,
        limit_asked: facts.limit.is_some_and(|limit| limit > 1 && names_number(&question.question, limit)),
        tolerance: question.tolerance,
        columns: question.columns,
        percent_ok: question.percent_ok,
        round_digits: facts.round_digits.clone(),
        duplicates_ignore: false,
        expected_full: facts.expected_full.clone(),
        full_keys: facts.full_keys.clone(),
    }
}

/// True if the number stands in the text by itself, not as a part of another one.
fn names_number(text: &str, number: u64) -> bool {
    let number = number.to_string();
    text.split(|c: char| !c.is_ascii_digit()).any(|digits| digits == number)
}
