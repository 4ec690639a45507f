//! Gaps: what an answer has otherwise than the gold SQL, as typed causes.

use crate::learn::content_terms;
use crate::model::{Catalog, Outcome};
use crate::sql::{ColumnRef, ColumnValue, DateWindow, Features, Grain, JoinUse, Names};
use std::collections::BTreeSet;
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

/// Why the answer to a question is not what was asked for. `answered` is its SQL, if it has one.
pub fn gaps(question: &str, gold_sql: &str, answered: Option<&str>, outcome: Outcome, catalog: &Catalog) -> Vec<Cause> {
    let names = Names::new(catalog);
    let Ok(gold) = Features::of(gold_sql, &names) else { return Vec::new() };
    Gap::of(question, gold, answered, outcome, &names).causes
}

/// What a gold SQL has and the answer lacks, and the other way round.
#[derive(Clone, Debug, Default)]
pub(crate) struct Gap {
    pub causes: Vec<Cause>,
    pub gold: Features,
    pub answer: Option<Features>,
    pub lacking: Parts,
    pub surplus: Parts,
    /// Keys of the question's terms.
    pub terms: BTreeSet<String>,
}

/// The countable parts of a query.
#[derive(Clone, Debug, Default)]
pub(crate) struct Parts {
    pub tables: BTreeSet<String>,
    pub columns: BTreeSet<ColumnRef>,
    pub values: BTreeSet<ColumnValue>,
    pub predicates: BTreeSet<String>,
    pub calculations: BTreeSet<String>,
    pub expressions: BTreeSet<String>,
    pub joins: BTreeSet<(String, String, Vec<(String, String)>)>,
    pub grains: BTreeSet<Grain>,
    pub windows: BTreeSet<DateWindow>,
}

impl Parts {
    pub fn of(features: &Features) -> Self {
        let closed = features.outputs.iter().filter(|output| output.core.closed && !output.core.columns.is_empty());
        let (calculations, expressions): (Vec<_>, Vec<_>) = closed.partition(|output| output.is_aggregate);
        let row_level = expressions.into_iter().filter(|output| !output.has_window);
        Self {
            tables: features.tables.clone(),
            columns: features.spoken_columns.clone(),
            values: features.values.clone(),
            predicates: features.predicates.iter().map(|predicate| predicate.fragment.key.clone()).collect(),
            calculations: calculations.into_iter().map(|output| output.core.key.clone()).collect(),
            expressions: row_level
                .map(|output| output.core.key.clone())
                .chain(features.group_keys.iter().map(|key| key.key.clone()))
                .chain(features.cases.iter().map(|case| case.key.clone()))
                .collect(),
            joins: features.joins.iter().map(join_key).collect(),
            grains: features.grains.clone(),
            windows: features.windows().cloned().collect(),
        }
    }

    fn minus(&self, other: &Self) -> Self {
        fn less<T: Ord + Clone>(a: &BTreeSet<T>, b: &BTreeSet<T>) -> BTreeSet<T> {
            a.difference(b).cloned().collect()
        }
        Self {
            tables: less(&self.tables, &other.tables),
            columns: less(&self.columns, &other.columns),
            values: less(&self.values, &other.values),
            predicates: less(&self.predicates, &other.predicates),
            calculations: less(&self.calculations, &other.calculations),
            expressions: less(&self.expressions, &other.expressions),
            joins: less(&self.joins, &other.joins),
            grains: less(&self.grains, &other.grains),
            windows: less(&self.windows, &other.windows),
        }
    }
}

pub(crate) fn join_key(join: &JoinUse) -> (String, String, Vec<(String, String)>) {
    (join.left.clone(), join.right.clone(), join.pairs.clone())
}

impl Gap {
    pub(crate) fn of(question: &str, gold: Features, answered: Option<&str>, outcome: Outcome, names: &Names) -> Self {
        let answer = answered.and_then(|sql| Features::of(sql, names).ok());
        let wanted = Parts::of(&gold);
        let given = answer.as_ref().map(Parts::of).unwrap_or_default();
        let mut gap = Self {
            lacking: wanted.minus(&given),
            surplus: given.minus(&wanted),
            terms: content_terms(question).into_iter().map(|(key, _)| key).collect(),
            gold,
            answer,
            causes: Vec::new(),
        };
        gap.causes = gap.find_causes(question, answered, outcome, names);
        gap
    }

    fn find_causes(&self, question: &str, answered: Option<&str>, outcome: Outcome, names: &Names) -> Vec<Cause> {
        let mut causes = Vec::new();
        match (answered, outcome) {
            (None, _) => causes.push(Cause::NoSql),
            (Some(_), Outcome::BadSql) => causes.push(Cause::BadSql),
            (Some(_), _) if self.answer.is_none() => causes.push(Cause::BadSql),
            _ => {}
        }
        causes.extend(pair_up(&self.lacking.tables, &self.surplus.tables, |a, b| match (a, b) {
            (Some(expected), Some(found)) => Cause::WrongTable { expected, found },
            (Some(table), None) => Cause::MissingTable(table),
            (None, found) => Cause::ExtraTable(found.unwrap_or_default()),
        }));
        self.joins(&mut causes);
        self.filters(&mut causes);
        self.calculations(&mut causes);
        self.columns(&mut causes);
        self.shape(&mut causes);
        causes.extend(unknown_words(question, &self.lacking, names).into_iter().map(Cause::UnknownWord));
        causes
    }

    fn joins(&self, causes: &mut Vec<Cause>) {
        let find = |features: Option<&Features>, key: &(String, String, Vec<(String, String)>)| {
            features.and_then(|f| f.joins.iter().find(|join| join_key(join) == *key)).cloned()
        };
        for key in &self.lacking.joins {
            let Some(expected) = find(Some(&self.gold), key) else { continue };
            let other = self.surplus.joins.iter().find(|have| have.0 == key.0 && have.1 == key.1);
            match other.and_then(|other| find(self.answer.as_ref(), other)) {
                Some(found) => causes.push(Cause::WrongJoin { expected, found }),
                None => causes.push(Cause::MissingJoin(expected)),
            }
        }
        for key in &self.surplus.joins {
            let replaced = self.lacking.joins.iter().any(|want| want.0 == key.0 && want.1 == key.1);
            if let Some(join) = find(self.answer.as_ref(), key).filter(|_| !replaced) {
                causes.push(Cause::ExtraJoin(join));
            }
        }
    }

    fn filters(&self, causes: &mut Vec<Cause>) {
        let columns: BTreeSet<&ColumnRef> =
            self.lacking.values.iter().chain(&self.surplus.values).map(|value| &value.column).collect();
        let of = |values: &BTreeSet<ColumnValue>, column: &ColumnRef| -> Vec<String> {
            values.iter().filter(|value| value.column == *column).map(|value| value.value.clone()).collect()
        };
        let mut told: BTreeSet<ColumnRef> = BTreeSet::new();
        for column in columns {
            let (expected, found) = (of(&self.lacking.values, column), of(&self.surplus.values, column));
            if !expected.is_empty() && !found.is_empty() {
                told.insert(column.clone());
                causes.push(Cause::WrongLiteral { column: column.clone(), expected, found });
            }
        }
        let windows = |parts: &Parts| parts.windows.iter().cloned().collect::<Vec<_>>();
        if !self.lacking.windows.is_empty() || !self.surplus.windows.is_empty() {
            causes.push(Cause::WrongWindow { expected: windows(&self.lacking), found: windows(&self.surplus) });
        }
        let rest = |features: &Features, keys: &BTreeSet<String>| -> Vec<String> {
            let open = features.predicates.iter().filter(|p| keys.contains(&p.fragment.key) && p.windows.is_empty());
            let untold = open.filter(|p| p.column.as_ref().is_none_or(|column| !told.contains(column)));
            untold.map(|predicate| predicate.fragment.key.clone()).collect::<BTreeSet<_>>().into_iter().collect()
        };
        causes.extend(rest(&self.gold, &self.lacking.predicates).into_iter().map(Cause::MissingFilter));
        if let Some(answer) = &self.answer {
            causes.extend(rest(answer, &self.surplus.predicates).into_iter().map(Cause::ExtraFilter));
        }
    }

    fn calculations(&self, causes: &mut Vec<Cause>) {
        causes.extend(pair_up(&self.lacking.calculations, &self.surplus.calculations, |a, b| match (a, b) {
            (Some(expected), Some(found)) => Cause::WrongAggregate { expected, found },
            (Some(key), None) => Cause::MissingAggregate(key),
            (None, found) => Cause::ExtraAggregate(found.unwrap_or_default()),
        }));
        let Some(answer) = &self.answer else { return };
        for output in self.gold.outputs.iter().filter(|output| output.top && output.is_aggregate) {
            let same = answer.outputs.iter().find(|have| have.top && have.core.key == output.core.key);
            if let Some(have) = same.filter(|have| have.digits != output.digits) {
                let key = output.core.key.clone();
                causes.push(Cause::WrongDigits { key, expected: output.digits, found: have.digits });
            }
        }
    }

    fn columns(&self, causes: &mut Vec<Cause>) {
        causes.extend(pair_up(&self.lacking.columns, &self.surplus.columns, |a, b| match (a, b) {
            (Some(expected), Some(found)) => Cause::WrongColumn { expected, found },
            (Some(column), None) => Cause::MissingColumn(column),
            (None, Some(column)) => Cause::ExtraColumn(column),
            (None, None) => Cause::OutputColumns { missing: 0, extra: 0 },
        }));
    }

    fn shape(&self, causes: &mut Vec<Cause>) {
        let Some(answer) = &self.answer else { return };
        let grains = |parts: &Parts| parts.grains.iter().cloned().collect::<Vec<_>>();
        if !self.lacking.grains.is_empty() || !self.surplus.grains.is_empty() {
            causes.push(Cause::WrongGrain { expected: grains(&self.lacking), found: grains(&self.surplus) });
        }
        if !self.gold.order.is_empty() && self.gold.order != answer.order {
            causes.push(Cause::WrongOrder);
        }
        if self.gold.limit != answer.limit {
            causes.push(Cause::WrongLimit { expected: self.gold.limit, found: answer.limit });
        }
        let keys = |features: &Features| -> BTreeSet<String> {
            features.outputs.iter().filter(|output| output.top).map(|output| output.core.key.clone()).collect()
        };
        let (wanted, given) = (keys(&self.gold), keys(answer));
        let (missing, extra) = (wanted.difference(&given).count(), given.difference(&wanted).count());
        if missing + extra > 0 {
            causes.push(Cause::OutputColumns { missing, extra });
        }
    }
}

/// Pairs what is lacking with what is there instead, in order.
fn pair_up<T: Ord + Clone>(
    lacking: &BTreeSet<T>,
    surplus: &BTreeSet<T>,
    cause: impl Fn(Option<T>, Option<T>) -> Cause,
) -> Vec<Cause> {
    let count = lacking.len().max(surplus.len());
    let (mut lacking, mut surplus) = (lacking.iter().cloned(), surplus.iter().cloned());
    (0..count).map(|_| cause(lacking.next(), surplus.next())).collect()
}

/// Words of the question that are no name in the catalog, where something is lacking.
fn unknown_words(question: &str, lacking: &Parts, names: &Names) -> Vec<String> {
    if lacking.columns.is_empty() && lacking.values.is_empty() && lacking.calculations.is_empty() {
        return Vec::new();
    }
    let known: BTreeSet<String> = names
        .catalog()
        .tables()
        .flat_map(|table| {
            let columns = table.columns.iter().map(|column| column.name.clone());
            columns.chain([table.short_name().to_owned()]).collect::<Vec<_>>()
        })
        .flat_map(|name| crate::text::split_identifier(&name))
        .map(|word| crate::text::stem(&word))
        .collect();
    let words = content_terms(question).into_iter().filter(|(_, text)| !text.contains(' '));
    words.filter(|(key, _)| !known.contains(key)).map(|(_, text)| text).take(8).collect()
}
