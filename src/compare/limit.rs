//! LIMIT: ties at its edge, and results that are the beginning of each other.

use super::Ruling;
use super::align::likely_maps;
use super::number::NumRule;
use super::order::{self, Order};
use super::pairs;
use super::rows::Case;
use super::search::{Found, Outcome, Pair, Relation};
use super::table::Table;
use super::value::Qualifiers;
use crate::model::ResultSet;
use std::collections::BTreeMap;

/// Both sides are cut at the same key, and only rows with that key differ: which of them comes
/// is up to the engine.
pub(super) fn tie(case: &Case, pair: &Pair) -> Option<Ruling> {
    let policy = case.policy;
    let rows = case.expected.rows;
    let full_limit = policy.limit.is_some_and(|limit| rows as u64 >= limit);
    let keys: Vec<usize> = policy.order_keys.iter().copied().filter(|key| *key < case.expected.width()).collect();
    if !full_limit || rows != case.actual.rows {
        return None;
    }
    let maps = likely_maps(pair);
    if !policy.full_keys.is_empty()
        && let Some(full) = &policy.expected_full
    {
        let tied = Tied::of(full, rows, &policy.full_keys)?;
        return maps.iter().find_map(|map| tied.allows(case, map));
    }
    if keys.is_empty() {
        return None;
    }
    maps.into_iter().find_map(|map| tie_under(case, pair, &map, &keys))
}

/// The gold's rows above a tie at its limit, and those among which the engine may choose. Told
/// from sort keys that the gold does not select, so from rows that carry them.
struct Tied {
    above: Table,
    allowed: Table,
}

impl Tied {
    /// `full` holds the rows in their order. None if no row outside the limit is tied with the
    /// last one inside.
    fn of(full: &ResultSet, limit: usize, keys: &[usize]) -> Option<Self> {
        let table = Table::read(full);
        let last = limit.checked_sub(1).filter(|last| *last < table.rows)?;
        let keys: Vec<_> = keys.iter().map(|key| table.columns.get(*key)).collect::<Option<_>>()?;
        let rule = NumRule::default();
        let tied = |row: &usize| keys.iter().all(|key| key.values[last].agrees(&key.values[*row], &rule).is_some());
        let allowed: Vec<usize> = (0..table.rows).filter(tied).collect();
        let above: Vec<usize> = (0..limit).filter(|row| !tied(row)).collect();
        (above.len() + allowed.len() > limit).then(|| Self { above: table.pick(&above), allowed: table.pick(&allowed) })
    }

    /// A match if the answer holds all rows above the tie and any of those in it.
    fn allows(&self, case: &Case, map: &[usize]) -> Option<Ruling> {
        let width = case.expected.width();
        let narrow = |table: &Table| Table {
            names: table.names[..width].to_vec(),
            columns: table.columns[..width].to_vec(),
            rows: table.rows,
        };
        if self.above.width() < width {
            return None;
        }
        let fixed: Vec<Option<usize>> = map.iter().copied().map(Some).collect();
        let above = narrow(&self.above);
        let top = case.pair_of(&above, &case.actual, false).search(Relation::Within, &fixed).found()?;
        let mut taken: BTreeMap<u32, usize> = BTreeMap::new();
        top.needle_groups.iter().for_each(|group| *taken.entry(*group).or_default() += 1);
        let is_left = |row: &usize| match taken.get_mut(&top.host_groups[*row]).filter(|count| **count > 0) {
            Some(count) => {
                *count -= 1;
                false
            }
            None => true,
        };
        let rest: Vec<usize> = (0..case.actual.rows).filter(is_left).collect();
        let (allowed, rest) = (narrow(&self.allowed), case.actual.pick(&rest));
        let covered = case.pair_of(&allowed, &rest, false).search(Relation::Covers, &fixed).found()?;
        let order = if case.policy.ordered { Order::Unknown } else { Order::Free };
        let found = Found { map: map.to_vec(), ..covered };
        Some(case.accept(&found, order, &["TIE_AT_LIMIT"]))
    }
}

fn tie_under(case: &Case, pair: &Pair, map: &[usize], keys: &[usize]) -> Option<Ruling> {
    let edge = case.expected.rows - 1;
    // The key of the last gold row, compared with each side's own.
    let at_edge = |table: &Table, column: usize, row: usize, key: usize| {
        let rule = pair.rule(key, map[key]);
        case.expected.columns[key].values[edge].agrees(&table.columns[column].values[row], &rule).is_some()
    };
    let gold_edge = |row: &usize| keys.iter().all(|key| at_edge(&case.expected, *key, *row, *key));
    let answer_edge = |row: &usize| keys.iter().all(|key| at_edge(&case.actual, map[*key], *row, *key));
    let (gold_at, gold_above): (Vec<usize>, Vec<usize>) = (0..case.expected.rows).partition(gold_edge);
    let (answer_at, answer_above): (Vec<usize>, Vec<usize>) = (0..case.actual.rows).partition(answer_edge);
    if gold_above.len() != answer_above.len() || gold_at.len() != answer_at.len() {
        return None;
    }
    let (above, answer_top) = (case.expected.pick(&gold_above), case.actual.pick(&answer_above));
    let fixed: Vec<Option<usize>> = map.iter().copied().map(Some).collect();
    let top = case.pair_of(&above, &answer_top, false).search(Relation::Same, &fixed).found()?;
    let Some(full) = case.policy.expected_full.as_ref().filter(|_| !case.policy.hidden_keys) else {
        return Some(case.with_extra(Ruling::undecided("TIE_AT_LIMIT")));
    };
    let full = Table::read(full);
    if full.width() < case.expected.width() {
        return Some(Ruling::undecided("TIE_AT_LIMIT"));
    }
    let allowed: Vec<usize> =
        (0..full.rows).filter(|row| keys.iter().all(|key| at_edge(&full, *key, *row, *key))).collect();
    let (allowed, tied) = (full.pick(&allowed), case.actual.pick(&answer_at));
    let covers = case.pair_of(&allowed, &tied, false).search(Relation::Covers, &fixed);
    if !matches!(covers, Outcome::Found(_)) {
        let reason = if case.extra() { "VALUES_DIFFER_EXTRA_COLUMNS" } else { "VALUES_DIFFER" };
        return Some(Ruling::mismatch(reason));
    }
    Some(accept_tie(case, map, top.qualifiers))
}

fn accept_tie(case: &Case, map: &[usize], qualifiers: Qualifiers) -> Ruling {
    let all: Vec<usize> = (0..case.expected.rows).collect();
    let in_sequence = order::keys_in_sequence(case, map, &all, &all) == Some(true);
    let order = match (in_sequence, case.policy.ordered) {
        (true, _) => Order::Same,
        (false, true) => Order::Wrong,
        (false, false) => Order::Free,
    };
    let found = Found { map: map.to_vec(), needle_groups: Vec::new(), host_groups: Vec::new(), qualifiers };
    if case.extra() && !(0..map.len()).all(|at| case.pair().named(at, map[at])) {
        return Ruling::undecided("TIE_AT_LIMIT").note("EXTRA_COLUMNS");
    }
    case.accept(&found, order, &["TIE_AT_LIMIT"])
}

/// True if both sides were cut, at limits that differ: then the numbers of rows say nothing
/// else, and another "top n" was answered than asked for.
pub(super) fn other_limit(case: &Case) -> bool {
    let cut = |limit: Option<u64>, rows: usize| limit == Some(rows as u64);
    let policy = case.policy;
    policy.limit != policy.actual_limit
        && cut(policy.limit, case.expected.rows)
        && policy.actual_limit.is_some()
        && (cut(policy.actual_limit, case.actual.rows) || policy.actual_limit > policy.limit)
}

/// One side is the beginning of the other, where a LIMIT that the other lacks has cut it.
pub(super) fn prefix(case: &Case, pair: &Pair) -> Option<Ruling> {
    let (expected, actual) = (case.expected.rows, case.actual.rows);
    let cut = |limit: Option<u64>, rows: usize| limit.is_some_and(|limit| limit == rows as u64);
    let is_cut = match expected.cmp(&actual) {
        std::cmp::Ordering::Less => cut(case.policy.limit, expected) && case.policy.actual_limit.is_none(),
        std::cmp::Ordering::Greater => cut(case.policy.actual_limit, actual) && case.policy.limit.is_none(),
        std::cmp::Ordering::Equal => false,
    };
    if !is_cut {
        return None;
    }
    let head: Vec<usize> = (0..expected.min(actual)).collect();
    let free = vec![None; pair.needle.width()];
    let (gold, answer) = (case.expected.pick(&head), case.actual.pick(&head));
    let same_head = case.pair_of(&gold, &answer, false).search(Relation::Same, &free).found();
    let found = same_head.or_else(|| tied_head(case, pair, &head))?;
    let ruling = match goes_on(case, &found.map) {
        true => Ruling::mismatch("EXTRA_ROWS"),
        false => Ruling::undecided("LIMIT_DIFFERS"),
    };
    Some(case.with_extra(ruling))
}

/// The question says how many rows it wants, and the answer goes on below them with rows that are
/// not tied with the last one.
fn goes_on(case: &Case, map: &[usize]) -> bool {
    let (expected, actual) = (case.expected.rows, case.actual.rows);
    let pair = case.pair_of(&case.expected, &case.actual, false);
    let mut keys = case.policy.order_keys.iter().filter(|key| **key < map.len());
    let below = |key: &usize| {
        (expected..actual).any(|row| pairs::cell_agrees(&pair, *key, map[*key], expected - 1, row).is_none())
    };
    case.policy.limit_asked && keys.any(below)
}

/// The beginning agrees in its sort keys, and the shorter side lies within the longer: ties at
/// the cut may have changed places.
fn tied_head(case: &Case, pair: &Pair, head: &[usize]) -> Option<Found> {
    let relation = if case.expected.rows < case.actual.rows { Relation::Within } else { Relation::Covers };
    let found = pair.search(relation, &vec![None; pair.needle.width()]).found();
    found.filter(|found| order::keys_in_sequence(case, &found.map, head, head) == Some(true))
}
