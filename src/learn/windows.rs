//! How spoken periods are written: “last 7 days”, “yesterday”, “month to date”, with all bounds
//! on the date column together.

use super::Options;
use super::corpus::Corpus;
use super::pattern::{Body, DateRule, LearntPattern};
use super::time_words::period_phrases;
use crate::model::PatternKind;
use crate::sql::{ColumnRef, DateWindow, Features, Predicate};
use std::collections::{BTreeMap, BTreeSet};

/// Share of the families that say a period with the form it has.
const SHARE: f64 = 0.75;
/// Share and number of families whose periods end before today, for a rule about all periods.
const EXCLUDES_SHARE: f64 = 0.9;
const EXCLUDES_USES: usize = 3;

/// The bounds on one date column, with `{date}` in place of the column.
#[derive(Clone, Debug)]
struct Bounds {
    column: ColumnRef,
    parts: Vec<Bound>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Bound {
    operator: String,
    /// With `{n}` in place of the first number.
    text: String,
    n: Option<i64>,
}

impl Bounds {
    /// The condition, with `{n}` where the number is the spoken one.
    fn text(&self, spoken: Option<i64>) -> String {
        let parts = self.parts.iter().map(|part| match part.n {
            Some(n) if Some(n) == spoken => part.text.clone(),
            Some(n) => with_number(&part.text, n),
            None => part.text.clone(),
        });
        parts.collect::<Vec<_>>().join(" AND ")
    }

    fn has_number(&self, n: i64) -> bool {
        self.parts.iter().any(|part| part.n == Some(n))
    }

    fn is_range(&self) -> bool {
        self.parts.iter().any(|part| part.operator.starts_with('>') && part.n.is_some())
    }

    fn ends_before_today(&self) -> bool {
        self.parts.iter().any(|part| match part.n {
            None => part.text == "{date} < CURRENT_DATE",
            Some(n) => n == 1 && part.text == "{date} <= CURRENT_DATE - INTERVAL {n} DAYS",
        })
    }
}

fn with_number(text: &str, n: i64) -> String {
    let text = text.replace("{n}", &n.to_string());
    match n {
        1 => ["DAY", "WEEK", "MONTH", "QUARTER", "YEAR"]
            .iter()
            .fold(text, |text, unit| text.replace(&format!("INTERVAL 1 {unit}S"), &format!("INTERVAL 1 {unit}"))),
        _ => text,
    }
}

/// The bounds of a query by column; columns with several periods are left out.
fn bounds(features: &Features) -> Vec<Bounds> {
    let mut by_column: BTreeMap<&ColumnRef, Vec<Bound>> = BTreeMap::new();
    for predicate in &features.predicates {
        if let Some(column) = predicate.windows.first().map(|window| &window.column) {
            let found = by_column.entry(column).or_default();
            for new in bounds_of(predicate, column) {
                if !found.contains(&new) {
                    found.push(new);
                }
            }
        }
    }
    let all = by_column.into_iter().map(|(column, mut parts)| {
        // The beginning comes first.
        parts.sort_by_key(|part| part.operator.starts_with('<'));
        Bounds { column: column.clone(), parts }
    });
    all.filter(|bounds| is_one_period(&bounds.parts)).collect()
}

fn is_one_period(parts: &[Bound]) -> bool {
    match parts {
        [_] => true,
        [low, high] => low.operator.starts_with('>') && high.operator.starts_with('<'),
        _ => false,
    }
}

/// `BETWEEN` has two bounds.
fn bounds_of(predicate: &Predicate, column: &ColumnRef) -> Vec<Bound> {
    let bare = predicate.fragment.sql.starts_with(&format!("{column} BETWEEN "));
    match predicate.windows.as_slice() {
        [low, high] if bare && low.operator == "BETWEEN" && high.operator == "BETWEEN" => {
            let bound = |operator: &str, window: &DateWindow| Bound {
                operator: operator.to_owned(),
                text: format!("{{date}} {operator} {}", window.shape),
                n: window.n,
            };
            vec![bound(">=", low), bound("<=", high)]
        }
        _ => vec![bound(predicate, column)],
    }
}

fn bound(predicate: &Predicate, column: &ColumnRef) -> Bound {
    let operator = predicate.windows.first().map(|window| window.operator.clone()).unwrap_or_default();
    let sql = &predicate.fragment.sql;
    match predicate.windows.as_slice() {
        // Of the bare column: one way of writing it.
        [window] if sql.starts_with(&format!("{column} ")) && window.operator != "BETWEEN" => {
            let text = format!("{{date}} {} {}", window.operator, window.shape);
            Bound { operator, text, n: window.n }
        }
        _ => Bound { operator, text: sql.replace(&column.to_string(), "{date}"), n: None },
    }
}

/// The conditions on date columns, as a rule about periods would write them: with every number
/// of the query in place, and with `{n}` in place of the first.
pub fn spoken_windows(features: &Features) -> BTreeSet<(ColumnRef, String)> {
    let mut found = BTreeSet::new();
    for bounds in bounds(features) {
        found.insert((bounds.column.clone(), bounds.text(None)));
        for part in &bounds.parts {
            found.insert((bounds.column.clone(), bounds.text(part.n)));
        }
    }
    found
}

#[derive(Default)]
struct Use {
    families: BTreeSet<usize>,
    columns: BTreeSet<ColumnRef>,
}

pub(super) fn mine(corpus: &Corpus, options: Options) -> Vec<LearntPattern> {
    let mut uses: BTreeMap<(String, String), Use> = BTreeMap::new();
    let mut spoken: BTreeMap<(String, ColumnRef), BTreeSet<usize>> = BTreeMap::new();
    for (at, family) in corpus.families.iter().enumerate() {
        let phrases: BTreeSet<(String, Option<i64>)> =
            family.texts.iter().flat_map(|text| period_phrases(text)).collect();
        for bounds in family.features.iter().flat_map(bounds) {
            for (phrase, n) in &phrases {
                spoken.entry((phrase.clone(), bounds.column.clone())).or_default().insert(at);
                if n.is_none_or(|n| bounds.has_number(n)) {
                    let used = uses.entry((phrase.clone(), bounds.text(*n))).or_default();
                    used.families.insert(at);
                    used.columns.insert(bounds.column.clone());
                }
            }
        }
    }
    let enough = options.min_support.max(2);
    let mut patterns: Vec<LearntPattern> = Vec::new();
    for ((phrase, template), used) in uses.into_iter().filter(|(_, used)| used.families.len() >= enough) {
        let over = used.columns.iter().filter_map(|column| spoken.get(&(phrase.clone(), column.clone())));
        let all: BTreeSet<usize> = over.flatten().copied().collect();
        if used.families.len() as f64 >= SHARE * all.len() as f64 {
            patterns.push(pattern(corpus, &phrase, &template, used, &all));
        }
    }
    patterns.extend(excludes_today(corpus));
    patterns
}

fn pattern(corpus: &Corpus, phrase: &str, template: &str, used: Use, all: &BTreeSet<usize>) -> LearntPattern {
    let seen = corpus.seen_in(&used.families, all);
    let spoken = phrase.replace("{n}", "N");
    let written = template.replace("{n}", "N").replace("{date}", "date");
    let statement = format!("“{spoken}” is written `{written}` in {} question families.", seen.support);
    let tables = used.columns.iter().map(|column| column.table.clone()).collect();
    let body = Body::Date(DateRule::Window {
        phrase: phrase.to_owned(),
        template: template.to_owned(),
        columns: used.columns,
    });
    let identity = format!("window\u{1f}{phrase}\u{1f}{template}");
    LearntPattern::new(PatternKind::Date, &identity, statement, written, vec![spoken], tables, seen, body)
}

/// Periods of several lengths that all end before today.
fn excludes_today(corpus: &Corpus) -> Option<LearntPattern> {
    let mut ranges: BTreeSet<usize> = BTreeSet::new();
    let mut open: BTreeSet<usize> = BTreeSet::new();
    for (at, family) in corpus.families.iter().enumerate() {
        for bounds in family.features.iter().flat_map(bounds).filter(Bounds::is_range) {
            ranges.insert(at);
            if !bounds.ends_before_today() {
                open.insert(at);
            }
        }
    }
    let closed: BTreeSet<usize> = ranges.difference(&open).copied().collect();
    let holds = closed.len() >= EXCLUDES_USES && closed.len() as f64 >= EXCLUDES_SHARE * ranges.len() as f64;
    holds.then(|| {
        let seen = corpus.seen_in(&closed, &ranges);
        let statement = format!("Relative periods end before today in {} question families.", closed.len());
        let body = Body::Date(DateRule::ExcludesToday);
        let fragment = "date < CURRENT_DATE".to_owned();
        LearntPattern::new(
            PatternKind::Date,
            "window\u{1f}excludes today",
            statement,
            fragment,
            Vec::new(),
            BTreeSet::new(),
            seen,
            body,
        )
    })
}
