//! Join specs, one condition each, with cardinality and aliases that do not collide.

use super::corrections;
use super::input::{Context, Draft, ordered};
use crate::learn::{Body, JoinRule, LearntPattern};
use crate::model::{Address, Category, Change, Relationship, short_id};
use crate::sql::ColumnRef;
use serde_json::json;
use std::collections::BTreeSet;

pub(super) fn propose(context: &Context, patterns: &[LearntPattern]) -> Vec<Draft> {
    patterns.iter().filter_map(|learnt| join(context, learnt)).collect()
}

fn join(context: &Context, learnt: &LearntPattern) -> Option<Draft> {
    let Body::Join(rule) = &learnt.body else { return None };
    let pairs: BTreeSet<(ColumnRef, ColumnRef)> = rule
        .pairs
        .iter()
        .map(|(a, b)| ordered(ColumnRef::new(&rule.left, a), ColumnRef::new(&rule.right, b)))
        .collect();
    let first = condition_pair(context, rule)?;
    let single = BTreeSet::from([ordered(ColumnRef::new(&rule.left, &first.0), ColumnRef::new(&rule.right, &first.1))]);
    if context.has_join(&pairs) || context.has_join(&single) {
        return None;
    }
    let targets = context.targets(|gap| {
        gap.lacking.joins.iter().any(|(left, right, found)| {
            let found: BTreeSet<_> =
                found.iter().map(|(a, b)| ordered(ColumnRef::new(left, a), ColumnRef::new(right, b))).collect();
            found == pairs
        })
    });
    if rule.pairs.len() == 1
        && let Some((joined, change)) = corrections::join(context, rule, first)
    {
        let mut draft = Draft::from_pattern(Category::JoinSpecs, vec![change], learnt, targets);
        draft.reason = format!(
            "{} The space joins them on `{}`, which no gold SQL of the learn set does.",
            draft.reason,
            joined.condition.replace('`', "")
        );
        return Some(draft);
    }
    let (left, right) = (context.table(&rule.left)?, context.table(&rule.right)?);
    let (one, two) = aliases(&left.identifier, &right.identifier);
    let mut element = json!({
        "id": short_id(&["join", &learnt.pattern.fragment]),
        "left": {"identifier": left.identifier, "alias": one},
        "right": {"identifier": right.identifier, "alias": two},
        "sql": [equality(&one, &first.0, &two, &first.1), marker(rule.relationship)],
    });
    if rule.pairs.len() > 1 {
        // The service takes one equality; the rest is told in words.
        let all: Vec<String> = rule.pairs.iter().map(|(a, b)| equality(&one, a, &two, b)).collect();
        element["instruction"] = json!([format!("Join on all of: {}.", all.join(" AND "))]);
    }
    let id = element["id"].as_str().unwrap_or_default().to_owned();
    let change = Change::add(Address::instruction("join_specs", &id), element);
    Some(Draft::from_pattern(Category::JoinSpecs, vec![change], learnt, targets))
}

/// The one pair of columns that says most about which rows belong together.
fn condition_pair<'r>(context: &Context, rule: &'r JoinRule) -> Option<&'r (String, String)> {
    let distinct = |(left, _): &&(String, String)| {
        let column = context.names.catalog().table(&rule.left).and_then(|table| table.column(left));
        column.and_then(|found| found.profile.as_ref()).map_or(0, |profile| profile.distinct)
    };
    let looks_like_key = |pair: &&(String, String)| pair.0.to_lowercase().ends_with("id");
    rule.pairs.iter().max_by_key(|pair| (distinct(pair), looks_like_key(pair), std::cmp::Reverse((*pair).clone())))
}

/// The last part of each name; a number tells two tables of one name apart.
fn aliases(left: &str, right: &str) -> (String, String) {
    let short = |name: &str| name.replace('`', "").rsplit('.').next().unwrap_or(name).to_owned();
    let (one, mut two) = (short(left), short(right));
    if one.eq_ignore_ascii_case(&two) {
        two.push_str("_1");
    }
    (one, two)
}

pub(super) fn equality(left: &str, a: &str, right: &str, b: &str) -> String {
    let quote = |name: &str| format!("`{}`", name.replace('`', "``"));
    format!("{}.{} = {}.{}", quote(left), quote(a), quote(right), quote(b))
}

pub(super) fn marker(relationship: Relationship) -> String {
    // The service wants a cardinality; most joins look up one row for each of many.
    let relationship = match relationship {
        Relationship::Unspecified => Relationship::ManyToOne,
        known => known,
    };
    relationship.marker()
}
