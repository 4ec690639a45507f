//! Joins: which tables are joined on which columns, how often, and with which cardinality.

use super::Options;
use super::corpus::Corpus;
use super::pattern::{Body, JoinRule, LearntPattern, count_of_families};
use crate::model::{CatalogTable, PatternKind, Relationship};
use crate::sql::{ColumnRef, JoinKind, JoinUse};
use std::collections::{BTreeMap, BTreeSet};

type Key = (String, String, Vec<(String, String)>);

pub(super) fn mine(corpus: &Corpus, options: Options) -> Vec<LearntPattern> {
    let mut uses: BTreeMap<Key, (BTreeSet<usize>, BTreeSet<usize>)> = BTreeMap::new();
    for (at, family) in corpus.families.iter().enumerate() {
        for join in family.features.iter().flat_map(|features| &features.joins) {
            let key = (join.left.clone(), join.right.clone(), join.pairs.clone());
            let (all, outer) = uses.entry(key).or_default();
            all.insert(at);
            if join.kind == JoinKind::Left {
                outer.insert(at);
            }
        }
    }
    let enough = |key: &Key, families: usize| families >= options.min_support.max(2) || columns_agree(corpus, key);
    let sure = uses.into_iter().filter(|(key, (all, _))| enough(key, all.len()));
    sure.map(|(key, (all, outer))| pattern(corpus, key, &all, outer.len())).collect()
}

/// A single use is believed if the columns have one name or a declared key, and one type.
fn columns_agree(corpus: &Corpus, (left, right, pairs): &Key) -> bool {
    pairs.iter().all(|(a, b)| {
        let (one, two) = (ColumnRef::new(left, a), ColumnRef::new(right, b));
        let types = corpus.column(&one).zip(corpus.column(&two)).is_some_and(|(x, y)| x.family() == y.family());
        types && (a.eq_ignore_ascii_case(b) || declared(corpus, left, right, a, b) || values_agree(corpus, &one, &two))
    })
}

fn declared(corpus: &Corpus, left: &str, right: &str, a: &str, b: &str) -> bool {
    let says = |child: &str, parent: &str, column: &str, key: &str| {
        let table = corpus.names.catalog().table(child);
        table.is_some_and(|table| {
            table.foreign_keys.iter().any(|foreign| {
                foreign.parent_table.eq_ignore_ascii_case(parent)
                    && foreign.columns.iter().zip(&foreign.parent_columns).any(|(x, y)| x == column && y == key)
            })
        })
    };
    says(left, right, a, b) || says(right, left, b, a)
}

/// Most values of the column with fewer values stand in the other one.
fn values_agree(corpus: &Corpus, one: &ColumnRef, two: &ColumnRef) -> bool {
    let values = |column: &ColumnRef| {
        let profile = corpus.column(column).and_then(|found| found.profile.as_ref());
        profile.map(|profile| profile.values.iter().cloned().collect::<BTreeSet<_>>()).unwrap_or_default()
    };
    let (one, two) = (values(one), values(two));
    let shared = one.intersection(&two).count();
    shared > 0 && shared * 10 >= one.len().min(two.len()) * 8
}

fn pattern(corpus: &Corpus, (left, right, pairs): Key, families: &BTreeSet<usize>, outer: usize) -> LearntPattern {
    let joins_them = |join: &JoinUse| join.left == left && join.right == right;
    let mut could = corpus.over([&left, &right]);
    could.retain(|at| corpus.families[*at].any(|features| features.joins.iter().any(joins_them)));
    let (seen, support) = (corpus.seen_in(families, &could), families.len());
    // Facts on the left, dimensions on the right, as people draw it.
    let relationship = relationship(corpus, &left, &right, &pairs);
    let flip = relationship == Relationship::OneToMany
        || (relationship == Relationship::Unspecified && is_smaller(corpus, &left, &right));
    let (left, right, pairs, relationship) = match flip {
        true => (right, left, pairs.into_iter().map(|(a, b)| (b, a)).collect(), flipped(relationship)),
        false => (left, right, pairs, relationship),
    };
    let conditions: Vec<String> =
        pairs.iter().map(|(a, b)| format!("{} = {}", ColumnRef::new(&left, a), ColumnRef::new(&right, b))).collect();
    let condition = conditions.join(" AND ");
    let statement = format!("`{left}` and `{right}` are joined on `{condition}` in {}.", count_of_families(support));
    let tables = BTreeSet::from([left.clone(), right.clone()]);
    let outer_share = outer as f64 / support.max(1) as f64;
    let identity = format!("join\u{1f}{condition}");
    let body = Body::Join(JoinRule { left, right, pairs, relationship, outer_share });
    LearntPattern::new(PatternKind::Join, &identity, statement, condition, Vec::new(), tables, seen, body)
}

fn flipped(relationship: Relationship) -> Relationship {
    match relationship {
        Relationship::OneToMany => Relationship::ManyToOne,
        Relationship::ManyToOne => Relationship::OneToMany,
        other => other,
    }
}

fn is_smaller(corpus: &Corpus, left: &str, right: &str) -> bool {
    let columns = |name: &str| corpus.names.catalog().table(name).map_or(0, |table| table.columns.len());
    columns(left) < columns(right)
}

/// Read from left to right: many-to-one if the key is unique on the right, and so on.
fn relationship(corpus: &Corpus, left: &str, right: &str, pairs: &[(String, String)]) -> Relationship {
    let columns =
        |side: fn(&(String, String)) -> &String| pairs.iter().map(side).map(String::as_str).collect::<Vec<_>>();
    let left = is_unique(corpus, left, &columns(|pair| &pair.0));
    let right = is_unique(corpus, right, &columns(|pair| &pair.1));
    match (left, right) {
        (Some(true), Some(true)) => Relationship::OneToOne,
        (Some(true), _) => Relationship::OneToMany,
        (_, Some(true)) => Relationship::ManyToOne,
        (Some(false), Some(false)) => Relationship::ManyToMany,
        _ => Relationship::Unspecified,
    }
}

/// Known from the primary key, from what others declare of it, or from a profile.
fn is_unique(corpus: &Corpus, table: &str, columns: &[&str]) -> Option<bool> {
    let found = corpus.names.catalog().table(table)?;
    let covers =
        |key: &[String]| !key.is_empty() && key.iter().all(|k| columns.iter().any(|c| c.eq_ignore_ascii_case(k)));
    if covers(&found.primary_key) || referred_to(corpus, found).iter().any(|key| covers(key)) {
        return Some(true);
    }
    let profiles = columns.iter().map(|column| found.column(column).and_then(|c| c.profile.as_ref()));
    let profiles: Vec<_> = profiles.flatten().filter(|profile| profile.rows > 0).collect();
    if profiles.iter().any(|profile| profile.is_unique()) {
        return Some(true);
    }
    // Several columns may be unique together though none is alone.
    let product = profiles.iter().map(|p| p.distinct.max(1)).fold(1_u64, u64::saturating_mul);
    let rows = profiles.first().map(|profile| profile.rows)?;
    let single = columns.len() == 1 && profiles.len() == 1;
    (single || (profiles.len() == columns.len() && product < rows)).then_some(false)
}

fn referred_to(corpus: &Corpus, table: &CatalogTable) -> Vec<Vec<String>> {
    let keys = corpus.names.catalog().tables().flat_map(|other| &other.foreign_keys);
    let to_it = keys.filter(|key| key.parent_table.eq_ignore_ascii_case(&table.full_name));
    to_it.map(|key| key.parent_columns.clone()).collect()
}
