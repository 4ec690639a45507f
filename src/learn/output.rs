//! Output conventions that are constant over the corpus: digits, order, limits.

use super::Options;
use super::corpus::Corpus;
use super::pattern::{Body, LearntPattern, OutputRule};
use crate::model::PatternKind;
use crate::sql::{Features, Output};
use std::collections::{BTreeMap, BTreeSet};

/// A convention holds in at least this share of its opportunities …
const SHARE: f64 = 0.8;
/// … of which there are at least so many.
const USES: usize = 3;

type Votes<K> = BTreeMap<K, BTreeSet<usize>>;

pub(super) fn mine(corpus: &Corpus, options: Options) -> Vec<LearntPattern> {
    let mut patterns = Vec::new();
    for (what, ratio) in [("ratios", true), ("sums", false)] {
        let votes = vote(corpus, |features| digits(features, ratio));
        let winner = winner(&votes, options).and_then(|(digits, f, all)| Some(((*digits)?, f, all)));
        patterns.extend(winner.map(|(digits, families, all)| {
            let text = format!("{what} are rounded to {digits} decimal places");
            pattern(corpus, &text, OutputRule::Digits { what: what.to_owned(), digits }, families, &all)
        }));
    }
    let votes = vote(corpus, ranking_order);
    patterns.extend(winner(&votes, options).map(|(descending, families, all)| {
        let text = format!("rankings are sorted {}", direction(*descending));
        pattern(corpus, &text, OutputRule::Order { descending: *descending }, families, &all)
    }));
    let votes = vote(corpus, series_order);
    patterns.extend(winner(&votes, options).map(|(descending, families, all)| {
        let text = format!("series over time are sorted {}", direction(*descending));
        pattern(corpus, &text, OutputRule::Series { descending: *descending }, families, &all)
    }));
    patterns
}

fn direction(descending: bool) -> &'static str {
    if descending { "in descending order" } else { "in ascending order" }
}

/// What each family says, if it says anything.
fn vote<K: Ord>(corpus: &Corpus, choice: impl Fn(&Features) -> Vec<K>) -> Votes<K> {
    let mut votes: Votes<K> = BTreeMap::new();
    for (at, family) in corpus.families.iter().enumerate() {
        for key in family.features.iter().flat_map(&choice) {
            votes.entry(key).or_default().insert(at);
        }
    }
    votes
}

/// The choice of nearly all families that had one.
fn winner<K: Ord>(votes: &Votes<K>, options: Options) -> Option<(&K, &BTreeSet<usize>, BTreeSet<usize>)> {
    let all: BTreeSet<usize> = votes.values().flatten().copied().collect();
    let (key, families) = votes.iter().max_by_key(|(_, families)| families.len())?;
    let enough = families.len() >= USES.max(options.min_support) && families.len() as f64 >= SHARE * all.len() as f64;
    enough.then_some((key, families, all))
}

/// Digits of top outputs that are ratios or averages, or sums of decimals.
fn digits(features: &Features, ratio: bool) -> Vec<Option<i64>> {
    let is_ratio = |output: &Output| output.core.key.contains("TRY_DIVIDE(") || output.core.key.starts_with("AVG(");
    let is_sum = |output: &Output| output.core.key.starts_with("SUM(") && output.digits.is_some();
    let wanted = features.outputs.iter().filter(|output| output.top && output.is_aggregate);
    wanted.filter(|output| if ratio { is_ratio(output) } else { is_sum(output) }).map(|output| output.digits).collect()
}

/// Direction of a limited query's first key, if that is an aggregate.
fn ranking_order(features: &Features) -> Vec<bool> {
    let first = features.order.first().filter(|_| features.limit.is_some());
    let is_measure = |key: &str| features.outputs.iter().any(|output| output.is_aggregate && output.core.key == key);
    first.filter(|order| is_measure(&order.fragment.key)).map(|order| order.descending).into_iter().collect()
}

/// Direction of the first key, if that is the date of the groups.
fn series_order(features: &Features) -> Vec<bool> {
    let first = features.order.first();
    let is_date = |column| features.grains.iter().any(|grain| grain.column == column);
    let dated = first.filter(|order| order.fragment.columns.iter().cloned().any(is_date));
    dated.map(|order| order.descending).into_iter().collect()
}

fn pattern(
    corpus: &Corpus,
    text: &str,
    rule: OutputRule,
    families: &BTreeSet<usize>,
    all: &BTreeSet<usize>,
) -> LearntPattern {
    let seen = corpus.seen_in(families, all);
    let mut statement = text.to_owned();
    statement.replace_range(..1, &text[..1].to_uppercase());
    let statement = format!("{statement} in {} of {} question families.", families.len(), all.len());
    LearntPattern::new(
        PatternKind::Output,
        &format!("output\u{1f}{text}"),
        statement,
        text.to_owned(),
        Vec::new(),
        BTreeSet::new(),
        seen,
        Body::Output(rule),
    )
}
