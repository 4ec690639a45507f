//! Gaps: what an answer has otherwise than the gold SQL, as typed causes.

use super::cause::Cause;
use crate::learn::{content_terms, period_phrases};
use crate::model::{Catalog, Outcome};
use crate::sql::{ColumnRef, ColumnValue, DateWindow, Features, Grain, JoinUse, Names};
use std::collections::{BTreeSet, HashSet};

/// Why the answer to a question is not what was asked for. `answered` is its SQL, if it has one.
pub fn gaps(question: &str, gold_sql: &str, answered: Option<&str>, outcome: Outcome, catalog: &Catalog) -> Vec<Cause> {
    let names = Names::new(catalog);
    let Ok(gold) = Features::of(gold_sql, &names) else { return Vec::new() };
    Gap::of(question, gold, answered, outcome, &names, &words_of(&names)).causes
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
    /// Periods that the question says, with `{n}` for their numbers.
    pub phrases: BTreeSet<String>,
}

/// Two tables and the pairs of columns that join them.
pub type JoinPair = (String, String, Vec<(String, String)>);

/// The countable parts of a query.
#[derive(Clone, Debug, Default)]
pub(crate) struct Parts {
    pub tables: BTreeSet<String>,
    pub columns: BTreeSet<ColumnRef>,
    pub values: BTreeSet<ColumnValue>,
    pub predicates: BTreeSet<String>,
    pub calculations: BTreeSet<String>,
    pub expressions: BTreeSet<String>,
    pub joins: BTreeSet<JoinPair>,
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
            calculations: calculations
                .into_iter()
                .map(|output| output.core.key.clone())
                .chain(features.counted.iter().map(|counted| counted.key.clone()))
                .collect(),
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
    /// `named` are the words of the catalog's names.
    pub(crate) fn of(
        question: &str,
        gold: Features,
        answered: Option<&str>,
        outcome: Outcome,
        names: &Names,
        named: &HashSet<String>,
    ) -> Self {
        let answer = answered.and_then(|sql| Features::of(sql, names).ok());
        let wanted = Parts::of(&gold);
        let mut given = answer.as_ref().map(Parts::of).unwrap_or_default();
        // A calculation over part of the rows is the calculation; its condition is told apart.
        let outputs = answer.iter().flat_map(|answer| &answer.outputs);
        given.calculations.extend(outputs.filter_map(|output| Some(output.core.unfiltered()?.key)));
        let mut gap = Self {
            lacking: wanted.minus(&given),
            surplus: given.minus(&wanted),
            terms: content_terms(question).into_iter().map(|(key, _)| key).collect(),
            phrases: period_phrases(question).into_iter().map(|(phrase, _)| phrase).collect(),
            gold,
            answer,
            causes: Vec::new(),
        };
        gap.causes = gap.find_causes(question, answered, outcome, named);
        gap
    }

    fn find_causes(
        &self,
        question: &str,
        answered: Option<&str>,
        outcome: Outcome,
        named: &HashSet<String>,
    ) -> Vec<Cause> {
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
        causes.extend(unknown_words(question, &self.lacking, named).into_iter().map(Cause::UnknownWord));
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

/// Stems of the words in the names of tables and columns.
pub(crate) fn words_of(names: &Names) -> HashSet<String> {
    let tables = || names.catalog().tables();
    let columns = tables().flat_map(|table| table.columns.iter().map(|column| column.name.as_str()));
    let all = tables().map(|table| table.short_name()).chain(columns);
    all.flat_map(crate::text::split_identifier).map(|word| crate::text::stem(&word)).collect()
}

/// Words of the question that are no name in the catalog, where something is lacking.
fn unknown_words(question: &str, lacking: &Parts, named: &HashSet<String>) -> Vec<String> {
    if lacking.columns.is_empty() && lacking.values.is_empty() && lacking.calculations.is_empty() {
        return Vec::new();
    }
    let words = content_terms(question).into_iter().filter(|(_, text)| !text.contains(' '));
    words.filter(|(key, _)| !named.contains(key)).map(|(_, text)| text).take(8).collect()
}
