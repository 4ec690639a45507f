//! Habits of answers that nobody says in the question: dates that the figures of a table always
//! stand beside (users of a day cannot be added up over days), and figures that are always shown
//! together.

use super::Options;
use super::association::Associations;
use super::calculations::names_of_calculations;
use super::corpus::{Corpus, Family};
use super::pattern::{Body, LearntPattern, OutputRule};
use crate::model::PatternKind;
use crate::sql::{ColumnRef, Features, Fragment, Output};
use crate::text::compact;
use std::collections::{BTreeMap, BTreeSet};

/// A habit holds in at least this share of its opportunities.
const SHARE: f64 = 0.9;

pub(super) fn mine(corpus: &Corpus, found: &Associations, options: Options) -> Vec<LearntPattern> {
    let mut patterns = dates(corpus, options);
    patterns.extend(companions(corpus, found, options));
    patterns
}

fn is_habit(shown: usize, could: usize, options: Options) -> bool {
    shown >= options.min_support.max(2) && shown as f64 >= SHARE * could as f64
}

/// Tables whose figures are grouped by the same dates every time.
fn dates(corpus: &Corpus, options: Options) -> Vec<LearntPattern> {
    let mut counted: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
    let mut grouped: BTreeMap<ColumnRef, BTreeSet<usize>> = BTreeMap::new();
    for (at, family) in corpus.families.iter().enumerate() {
        for features in &family.features {
            let measured: BTreeSet<&str> =
                features.outputs.iter().filter(|output| output.is_aggregate).flat_map(|o| o.core.tables()).collect();
            for table in &measured {
                counted.entry((*table).to_owned()).or_default().insert(at);
            }
            let keys = features.group_keys.iter().filter_map(plain_column);
            for column in keys.filter(|column| measured.contains(column.table.as_str())) {
                if corpus.column(column).is_some_and(|c| c.family().is_temporal()) {
                    grouped.entry(column.clone()).or_default().insert(at);
                }
            }
        }
    }
    let mut by_table: BTreeMap<&str, Vec<(&ColumnRef, &BTreeSet<usize>)>> = BTreeMap::new();
    for (column, families) in &grouped {
        if is_habit(families.len(), counted[&column.table].len(), options) {
            by_table.entry(&column.table).or_default().push((column, families));
        }
    }
    by_table.into_iter().map(|(table, habits)| date_habit(corpus, table, &habits, &counted[table])).collect()
}

/// The column, if a group key is nothing else.
fn plain_column(key: &Fragment) -> Option<&ColumnRef> {
    let column = key.columns.first().filter(|_| key.columns.len() == 1)?;
    (key.sql == column.to_string()).then_some(column)
}

fn date_habit(
    corpus: &Corpus,
    table: &str,
    habits: &[(&ColumnRef, &BTreeSet<usize>)],
    counted: &BTreeSet<usize>,
) -> LearntPattern {
    let columns: Vec<ColumnRef> = habits.iter().map(|(column, _)| (*column).clone()).collect();
    let families = habits.iter().map(|(_, families)| (*families).clone()).reduce(|a, b| &a & &b).unwrap_or_default();
    let named: Vec<String> = columns.iter().map(|column| format!("`{column}`")).collect();
    let named = named.join(" and ");
    let statement = format!(
        "Figures of `{table}` are grouped by {named} in {} of {} question families.",
        families.len(),
        counted.len()
    );
    LearntPattern::new(
        PatternKind::Output,
        &format!("per\u{1f}{named}"),
        statement,
        columns.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
        Vec::new(),
        BTreeSet::from([table.to_owned()]),
        corpus.seen_in(&families, counted),
        Body::Output(OutputRule::Per { columns }),
    )
}

/// A figure that queries show at their top.
struct Figure<'a> {
    output: &'a Output,
    families: BTreeSet<usize>,
    names: BTreeSet<String>,
}

/// Figures beside which another one stands every time, though most questions do not name it.
fn companions(corpus: &Corpus, found: &Associations, options: Options) -> Vec<LearntPattern> {
    let mut figures: BTreeMap<&str, Figure> = BTreeMap::new();
    let mut together: BTreeMap<(&str, &str), BTreeSet<usize>> = BTreeMap::new();
    for (at, family) in corpus.families.iter().enumerate() {
        for features in &family.features {
            let shown: Vec<&Output> = figures_of(features).collect();
            for output in &shown {
                let figure = figures.entry(&output.core.key);
                let figure =
                    figure.or_insert_with(|| Figure { output, families: BTreeSet::new(), names: BTreeSet::new() });
                figure.families.insert(at);
                figure.names.insert(output.name.clone());
                let others = shown.iter().filter(|other| other.core.key != output.core.key);
                for other in others.filter(|other| other.core.tables() == output.core.tables()) {
                    together.entry((&output.core.key, &other.core.key)).or_default().insert(at);
                }
            }
        }
    }
    let terms = names_of_calculations(found);
    let said = |family: &Family, key: &str| {
        let names = figures[key].names.iter().chain(terms.get(key).into_iter().flatten());
        let names: Vec<String> = names.map(|name| compact(&name.replace('_', " "))).collect();
        family.texts.iter().map(|text| compact(text)).any(|text| names.iter().any(|name| text.contains(name.as_str())))
    };
    let mut habits: BTreeMap<&str, Vec<(&Output, BTreeSet<usize>)>> = BTreeMap::new();
    for ((figure, companion), families) in together {
        if !is_habit(families.len(), figures[figure].families.len(), options) {
            continue;
        }
        // Of two that come together, one is what people ask for.
        let asked = |key: &str| families.iter().filter(|at| said(&corpus.families[**at], key)).count();
        if asked(companion) * 2 <= families.len() && asked(companion) < asked(figure) {
            habits.entry(figure).or_default().push((figures[companion].output, families));
        }
    }
    habits.into_iter().map(|(key, companions)| companion_habit(corpus, &figures[key], &companions)).collect()
}

fn figures_of(features: &Features) -> impl Iterator<Item = &Output> {
    let is_figure = |output: &&Output| output.top && output.is_aggregate && !output.has_window && output.core.closed;
    features.outputs.iter().filter(is_figure)
}

fn companion_habit(corpus: &Corpus, figure: &Figure, companions: &[(&Output, BTreeSet<usize>)]) -> LearntPattern {
    let of = &figure.output.core;
    let shown: Vec<(Fragment, String)> =
        companions.iter().map(|(output, _)| (output.core.clone(), output.name.clone())).collect();
    let named: Vec<String> = shown.iter().map(|(fragment, _)| format!("`{}`", fragment.sql)).collect();
    let families = companions.iter().map(|(_, families)| families.clone()).reduce(|a, b| &a & &b).unwrap_or_default();
    let statement = format!(
        "Beside `{}` stands {} in {} of {} question families.",
        of.sql,
        named.join(" and "),
        families.len(),
        figure.families.len()
    );
    LearntPattern::new(
        PatternKind::Output,
        &format!("beside\u{1f}{}\u{1f}{}", of.key, named.join("\u{1f}")),
        statement,
        of.sql.clone(),
        Vec::new(),
        of.tables().into_iter().map(str::to_owned).collect(),
        corpus.seen_in(&families, &figure.families),
        Body::Output(OutputRule::Beside { of: Box::new(of.clone()), shown }),
    )
}
