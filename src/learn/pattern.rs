//! Patterns with their typed content, which fixes are made of.

use super::evidence::Evidence;
use crate::model::{Pattern, PatternKind, Relationship, digest_text};
use crate::sql::{ColumnRef, ColumnValue, Fragment};
use std::collections::BTreeSet;

/// A pattern and what it says, in types.
#[derive(Clone, Debug)]
pub struct LearntPattern {
    pub pattern: Pattern,
    pub body: Body,
}

#[derive(Clone, Debug)]
pub enum Body {
    Vocabulary(Vocabulary),
    Calculation(Calculation),
    Filter(FilterRule),
    Join(JoinRule),
    Date(DateRule),
    Template(Template),
    Output(OutputRule),
}

/// What a term can mean in SQL.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Facet {
    Value(ColumnValue),
    Column(ColumnRef),
    /// Key of an aggregate or ratio.
    Calculation(String),
    /// Key of a row-level expression that is no plain column.
    Expression(String),
    /// Key of a predicate that is no plain comparison with a value.
    Predicate(String),
}

impl Facet {
    /// Runnable SQL; calculations, expressions and predicates have it in their fragment.
    pub fn sql(&self, fragment: Option<&Fragment>) -> String {
        match (self, fragment) {
            (Self::Value(value), _) => value.to_string(),
            (Self::Column(column), _) => column.to_string(),
            (_, Some(fragment)) => fragment.sql.clone(),
            (Self::Calculation(key) | Self::Expression(key) | Self::Predicate(key), None) => key.clone(),
        }
    }

    pub fn tables(&self, fragment: Option<&Fragment>) -> BTreeSet<String> {
        match (self, fragment) {
            (Self::Value(value), _) => BTreeSet::from([value.column.table.clone()]),
            (Self::Column(column), _) => BTreeSet::from([column.table.clone()]),
            (_, fragment) => fragment.iter().flat_map(|f| f.tables()).map(str::to_owned).collect(),
        }
    }
}

/// A question term that goes with a fragment.
#[derive(Clone, Debug)]
pub struct Vocabulary {
    /// As people write it.
    pub term: String,
    pub facet: Facet,
    /// Runnable SQL of the facet.
    pub fragment: Option<Fragment>,
    /// Signed log-likelihood ratio over families.
    pub llr: f64,
    /// Normalised pointwise mutual information, −1 to 1.
    pub npmi: f64,
    pub evidence: BTreeSet<Evidence>,
}

/// A repeated aggregate, ratio or derived column.
#[derive(Clone, Debug)]
pub struct Calculation {
    pub fragment: Fragment,
    /// Aliases that queries give it, most used first.
    pub aliases: Vec<String>,
    /// Question terms that name it, best first.
    pub terms: Vec<String>,
    /// The number of decimal places that most uses round to.
    pub digits: Option<i64>,
    pub is_aggregate: bool,
    /// Conditions on other tables that (almost) every query with it has: what it counts.
    pub scope: Vec<Fragment>,
}

/// A predicate that comes back.
#[derive(Clone, Debug)]
pub struct FilterRule {
    pub fragment: Fragment,
    pub column: Option<ColumnRef>,
    /// The table whose queries (almost) all have it.
    pub default_of: Option<String>,
    pub terms: Vec<String>,
}

/// How two tables are joined.
#[derive(Clone, Debug)]
pub struct JoinRule {
    pub left: String,
    pub right: String,
    /// (left column, right column).
    pub pairs: Vec<(String, String)>,
    /// Read from left to right.
    pub relationship: Relationship,
    /// Share of left joins among its uses.
    pub outer_share: f64,
}

#[derive(Clone, Debug)]
pub enum DateRule {
    /// The date column that questions over a table mean.
    Column { column: ColumnRef, rivals: Vec<ColumnRef> },
    /// How a spoken period is written; both have `{n}` where the number stands, and the template
    /// has `{date}` where the column does.
    Window { phrase: String, template: String, columns: BTreeSet<ColumnRef> },
    /// Periods that are relative to today do not count today.
    ExcludesToday,
    /// How a spoken grain is written.
    Grain { term: String, column: ColumnRef, unit: String, sql: String },
}

/// A family of queries with typed slots.
#[derive(Clone, Debug)]
pub struct Template {
    /// Question text with `{slot}` where a default stands.
    pub question: String,
    /// SQL with `:slot` in place of literals.
    pub sql: String,
    pub slots: Vec<Slot>,
    /// What the family is about, for usage guidance.
    pub guidance: String,
    /// Terms of the questions that are common to the family.
    pub terms: Vec<String>,
    /// The family's queries with literals masked.
    pub masks: BTreeSet<String>,
}

/// A typed slot of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    pub name: String,
    /// `STRING`, `INTEGER`, `DATE` …
    pub type_hint: String,
    pub description: String,
    /// Empty where every known value is some benchmark's own.
    pub default: String,
    /// The default as the question says it.
    pub spoken: String,
    pub column: Option<ColumnRef>,
}

/// A convention that is constant over the corpus.
#[derive(Clone, Debug)]
pub enum OutputRule {
    /// Digits for money-like sums, ratios or all numbers; `what` is `ratios` or `sums`.
    Digits { what: String, digits: i64 },
    /// Ranked results come with the measure in descending order.
    Order { descending: bool },
    /// Rows when a ranking names no number.
    Limit { rows: u64 },
    /// The date a series is sorted by, newest or oldest first.
    Series { descending: bool },
    /// Figures of one table are grouped by these dates of it, whatever else is asked.
    Per { columns: Vec<ColumnRef> },
    /// Where a figure is shown, these are shown too, with the names that they go by.
    Beside { of: Box<Fragment>, shown: Vec<(Fragment, String)> },
}

impl LearntPattern {
    /// A pattern with an id made of its kind and `identity`.
    #[allow(clippy::too_many_arguments)] // Each is a field of the pattern.
    pub(super) fn new(
        kind: PatternKind,
        identity: &str,
        statement: String,
        fragment: String,
        terms: Vec<String>,
        tables: BTreeSet<String>,
        seen: Seen,
        body: Body,
    ) -> Self {
        let name = match kind {
            PatternKind::Vocabulary => "term",
            PatternKind::Calculation => "calculation",
            PatternKind::Filter => "filter",
            PatternKind::Join => "join",
            PatternKind::Date => "date",
            PatternKind::Template => "template",
            PatternKind::Output => "output",
        };
        let id = format!("{name}-{}", digest_text(identity).short());
        let pattern = Pattern {
            id,
            kind,
            statement,
            fragment,
            terms,
            tables: tables.into_iter().collect(),
            support: seen.support,
            questions: seen.questions,
            counter_examples: seen.counter_examples,
            confidence: seen.confidence,
        };
        Self { pattern, body }
    }
}

/// Where a pattern was seen.
#[derive(Clone, Debug, Default)]
pub(super) struct Seen {
    pub support: usize,
    pub questions: Vec<String>,
    pub counter_examples: Vec<String>,
    pub confidence: f64,
}

/// A number of question families in words.
pub(super) fn count_of_families(count: usize) -> String {
    if count == 1 { "1 question family".to_owned() } else { format!("{count} question families") }
}
