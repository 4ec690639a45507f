//! Causes: the typed ways in which an answer differs from the gold SQL.

use crate::sql::{ColumnRef, DateWindow, Grain, JoinUse};
use std::fmt;

/// One way in which an answer differs from the gold SQL.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// Asked back, answered in words or failed.
    NoSql,
    /// The answer's SQL does not parse or run.
    BadSql,
    MissingTable(String),
    ExtraTable(String),
    WrongTable {
        expected: String,
        found: String,
    },
    MissingColumn(ColumnRef),
    ExtraColumn(ColumnRef),
    WrongColumn {
        expected: ColumnRef,
        found: ColumnRef,
    },
    MissingJoin(JoinUse),
    WrongJoin {
        expected: JoinUse,
        found: JoinUse,
    },
    ExtraJoin(JoinUse),
    /// Keys of predicates in full names.
    MissingFilter(String),
    ExtraFilter(String),
    WrongLiteral {
        column: ColumnRef,
        expected: Vec<String>,
        found: Vec<String>,
    },
    /// Keys of aggregates and ratios.
    MissingAggregate(String),
    ExtraAggregate(String),
    WrongAggregate {
        expected: String,
        found: String,
    },
    WrongGrain {
        expected: Vec<Grain>,
        found: Vec<Grain>,
    },
    WrongWindow {
        expected: Vec<DateWindow>,
        found: Vec<DateWindow>,
    },
    WrongOrder,
    WrongLimit {
        expected: Option<u64>,
        found: Option<u64>,
    },
    WrongDigits {
        key: String,
        expected: Option<i64>,
        found: Option<i64>,
    },
    OutputColumns {
        missing: usize,
        extra: usize,
    },
    /// Words of the question that nothing in the answer's SQL or the catalog's names accounts for.
    UnknownWord(String),
}

impl Cause {
    /// Stable name, for counts and charts.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::NoSql => "no-sql",
            Self::BadSql => "bad-sql",
            Self::MissingTable(_) => "missing-table",
            Self::ExtraTable(_) => "extra-table",
            Self::WrongTable { .. } => "wrong-table",
            Self::MissingColumn(_) => "missing-column",
            Self::ExtraColumn(_) => "extra-column",
            Self::WrongColumn { .. } => "wrong-column",
            Self::MissingJoin(_) => "missing-join",
            Self::WrongJoin { .. } => "wrong-join",
            Self::ExtraJoin(_) => "extra-join",
            Self::MissingFilter(_) => "missing-filter",
            Self::ExtraFilter(_) => "extra-filter",
            Self::WrongLiteral { .. } => "wrong-literal",
            Self::MissingAggregate(_) => "missing-aggregate",
            Self::ExtraAggregate(_) => "extra-aggregate",
            Self::WrongAggregate { .. } => "wrong-aggregate",
            Self::WrongGrain { .. } => "wrong-grain",
            Self::WrongWindow { .. } => "wrong-window",
            Self::WrongOrder => "wrong-order",
            Self::WrongLimit { .. } => "wrong-limit",
            Self::WrongDigits { .. } => "wrong-digits",
            Self::OutputColumns { .. } => "output-columns",
            Self::UnknownWord(_) => "unknown-word",
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSql => f.write_str("no SQL was answered"),
            Self::BadSql => f.write_str("the answered SQL does not run"),
            Self::MissingTable(table) => write!(f, "`{table}` is missing"),
            Self::ExtraTable(table) => write!(f, "`{table}` is not needed"),
            Self::WrongTable { expected, found } => write!(f, "`{found}` was read instead of `{expected}`"),
            Self::MissingColumn(column) => write!(f, "`{column}` is missing"),
            Self::ExtraColumn(column) => write!(f, "`{column}` is not needed"),
            Self::WrongColumn { expected, found } => write!(f, "`{found}` was used instead of `{expected}`"),
            Self::MissingJoin(join) => write!(f, "the join of `{}` and `{}` is missing", join.left, join.right),
            Self::WrongJoin { expected, .. } => {
                write!(f, "`{}` and `{}` are joined on other columns", expected.left, expected.right)
            }
            Self::ExtraJoin(join) => write!(f, "the join of `{}` and `{}` is not needed", join.left, join.right),
            Self::MissingFilter(key) => write!(f, "the filter `{key}` is missing"),
            Self::ExtraFilter(key) => write!(f, "the filter `{key}` is not asked for"),
            Self::WrongLiteral { column, expected, found } => {
                write!(f, "`{column}` is compared with {} instead of {}", list(found), list(expected))
            }
            Self::MissingAggregate(key) => write!(f, "`{key}` is missing"),
            Self::ExtraAggregate(key) => write!(f, "`{key}` is not asked for"),
            Self::WrongAggregate { expected, found } => write!(f, "`{found}` was computed instead of `{expected}`"),
            Self::WrongGrain { expected, found } => {
                write!(f, "grouped by {} instead of {}", grains(found), grains(expected))
            }
            Self::WrongWindow { expected, found } => {
                write!(f, "the dates are {} instead of {}", windows(found), windows(expected))
            }
            Self::WrongOrder => f.write_str("the rows are in another order"),
            Self::WrongLimit { expected, found } => {
                let rows = |n: &Option<u64>| n.map_or("no limit".to_owned(), |n| format!("limit {n}"));
                write!(f, "{} instead of {}", rows(found), rows(expected))
            }
            Self::WrongDigits { key, expected, found } => {
                let digits = |n: &Option<i64>| n.map_or("not rounded".to_owned(), |n| format!("{n} decimal places"));
                write!(f, "`{key}` is {} instead of {}", digits(found), digits(expected))
            }
            Self::OutputColumns { missing, extra } => write!(f, "{missing} output columns missing, {extra} extra"),
            Self::UnknownWord(word) => write!(f, "“{word}” was not understood"),
        }
    }
}

fn list(values: &[String]) -> String {
    if values.is_empty() { "nothing".to_owned() } else { values.join(", ") }
}

fn grains(grains: &[Grain]) -> String {
    let unit = |grain: &Grain| if grain.unit.is_empty() { grain.column.column.clone() } else { grain.unit.clone() };
    list(&grains.iter().map(unit).collect::<Vec<_>>())
}

fn windows(windows: &[DateWindow]) -> String {
    let text = |window: &DateWindow| {
        let n = window.n.map(|n| n.to_string()).unwrap_or_default();
        format!("`{} {} {}`", window.column.column, window.operator, window.bound(&n))
    };
    list(&windows.iter().map(text).collect::<Vec<_>>())
}
