//! Shapes: queries of one form (top n, share of the total, series over time, ranking), whatever
//! their measure, dimension and table.
//!
//! What is shown of a shape is put together from learnt parts (a measure, a dimension, a period,
//! the default filters) in a combination that no benchmark asks for, with typed parameters.

use super::Options;
use super::compose::{Parts, compose};
use super::corpus::Corpus;
use super::known::Known;
use super::pattern::{Body, LearntPattern, Template};
use crate::model::PatternKind;
use crate::sql::{Features, Output};
use std::collections::{BTreeMap, BTreeSet};

/// Families that make a form a habit.
const FAMILIES: usize = 3;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Shape {
    TopN,
    Ranking,
    Share,
    Series,
    Comparison,
}

impl Shape {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::TopN => "the first n by a measure",
            Self::Ranking => "a ranking by a measure",
            Self::Share => "shares of a total",
            Self::Series => "a measure over time",
            Self::Comparison => "a period against the one before",
        }
    }
}

/// One query of a form.
pub(super) struct Member<'a> {
    pub family: usize,
    pub features: &'a Features,
    /// The output that is measured.
    pub output: &'a Output,
    /// The table of the measure.
    pub table: String,
}

pub(super) fn mine(corpus: &Corpus, learnt: &[LearntPattern], options: Options) -> Vec<LearntPattern> {
    let mut groups: BTreeMap<Shape, Vec<Member>> = BTreeMap::new();
    for (at, family) in corpus.families.iter().enumerate() {
        for features in &family.features {
            if let Some((shape, member)) = read(at, features) {
                groups.entry(shape).or_default().push(member);
            }
        }
    }
    let known = Known::of(learnt);
    let mut patterns = Vec::new();
    for (shape, members) in groups {
        let families: BTreeSet<usize> = members.iter().map(|member| member.family).collect();
        // What no structure of a space can say is worth showing as soon as it comes back.
        let habit = if shape == Shape::Comparison { 2 } else { FAMILIES };
        if families.len() >= habit.max(options.min_support) {
            let table = main_table(&members);
            let parts = Parts::of(corpus, &known, shape, &table, &members);
            let templates = compose(&parts);
            patterns.extend(
                templates.into_iter().map(|template| pattern(corpus, shape, &table, template, &members, &families)),
            );
        }
    }
    patterns
}

/// The table that most members measure.
fn main_table(members: &[Member]) -> String {
    let mut uses: BTreeMap<&str, BTreeSet<usize>> = BTreeMap::new();
    for member in members {
        uses.entry(member.table.as_str()).or_default().insert(member.family);
    }
    let most = uses.into_iter().max_by(|a, b| a.1.len().cmp(&b.1.len()).then(b.0.cmp(a.0)));
    most.map(|(table, _)| table.to_owned()).unwrap_or_default()
}

/// The form of a query with one dimension and one measure.
fn read(family: usize, features: &Features) -> Option<(Shape, Member<'_>)> {
    let [key] = features.group_keys.as_slice() else { return None };
    let outputs: Vec<&Output> = features.outputs.iter().filter(|output| output.top).collect();
    let measured: Vec<&Output> =
        outputs.iter().copied().filter(|output| output.core.key != key.key && output.fragment.key != key.key).collect();
    if let Some(found) = comparison(family, features, key, &measured) {
        return Some((Shape::Comparison, found));
    }
    let [output] = measured.as_slice() else { return None };
    if !features.is_flat || !features.having.is_empty() || outputs.len() != 2 || !output.fragment.closed {
        return None;
    }
    let dimension = key.columns.iter().next().filter(|_| key.columns.len() == 1 && key.closed)?;
    let table = (*output.fragment.tables().first()?).to_owned();
    let one_table = output.fragment.tables().len() == 1;
    let first = features.order.first();
    let by_measure = first.is_some_and(|order| order.descending && order.fragment.key == output.fragment.key);
    let series = features.grains.iter().any(|grain| grain.column == *dimension);
    let shape = match (output.has_window, by_measure, features.limit.is_some()) {
        (true, _, false) if features.inner.len() == 1 => Shape::Share,
        (false, true, true) if !series => Shape::TopN,
        (false, true, false) if !series => Shape::Ranking,
        (false, false, false) if series => Shape::Series,
        _ => return None,
    };
    let usable = one_table && (output.is_aggregate || shape == Shape::Share);
    usable.then_some((shape, Member { family, features, output, table }))
}

/// Two sums over the rows of two periods, one counted back from today and one before that.
fn comparison<'a>(
    family: usize,
    features: &'a Features,
    key: &crate::sql::Fragment,
    measured: &[&'a Output],
) -> Option<Member<'a>> {
    let [output, other] = measured else { return None };
    let by_period = |output: &Output| {
        let sql = output.core.sql.to_uppercase();
        output.is_aggregate && sql.starts_with("SUM(CASE WHEN") && sql.contains("CURRENT_DATE")
    };
    let usable = features.is_flat && features.having.is_empty() && key.columns.len() == 1 && key.closed;
    let table = (*output.fragment.tables().first()?).to_owned();
    let both = by_period(output) && by_period(other) && output.fragment.tables() == other.fragment.tables();
    (usable && both && output.fragment.tables().len() == 1).then_some(Member { family, features, output, table })
}

fn pattern(
    corpus: &Corpus,
    shape: Shape,
    table: &str,
    template: Template,
    members: &[Member],
    families: &BTreeSet<usize>,
) -> LearntPattern {
    let measured: BTreeSet<&str> = members.iter().map(|member| member.table.as_str()).collect();
    let could = measured.into_iter().flat_map(|table| corpus.over_one(table)).copied().collect();
    let seen = corpus.seen_in(families, &could);
    let statement = format!("{} question families ask for {}: “{}”.", families.len(), shape.name(), template.question);
    let masks = members.iter().map(|member| member.features.masked.clone()).collect();
    let template = Template { masks, ..template };
    let (sql, terms) = (template.sql.clone(), template.terms.clone());
    LearntPattern::new(
        PatternKind::Template,
        &format!("shape\u{1f}{}\u{1f}{table}\u{1f}{}", shape.name(), template.question),
        statement,
        sql,
        terms,
        BTreeSet::from([table.to_owned()]),
        seen,
        Body::Template(template),
    )
}
