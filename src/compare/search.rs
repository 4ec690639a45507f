//! The search for a map of columns under which two tables hold the same rows.
//!
//! Rows are grouped by the columns mapped so far. Each further column splits the groups on both
//! sides; a map is given up as soon as the groups no longer correspond. Whatever holds for the
//! whole rows holds for every choice of columns, so nothing is missed, and columns that tell most
//! rows apart come first, so wrong maps fall early. The number of steps is bounded: a search that
//! runs out of them says so.

use super::classes::classes;
use super::number::NumRule;
use super::number::mix;
use super::pairs;
use super::table::Table;
use super::value::Qualifiers;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// What the rows of the needle are to those of the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Relation {
    /// The same multiset.
    Same,
    /// The same set.
    SameSet,
    /// A multiset inside the host's.
    Within,
    /// A multiset around the host's.
    Covers,
}

/// Two tables to compare; every column of the needle is to find its own in the host.
pub(super) struct Pair<'a> {
    pub needle: &'a Table,
    pub host: &'a Table,
    /// True if the needle is the answer, because it has fewer columns than the gold.
    pub swapped: bool,
    pub tolerance: Option<f64>,
    /// Of the gold's columns.
    pub round_digits: &'a [Option<u8>],
}

/// A map of columns with the groups of equal rows it makes.
#[derive(Clone, Debug)]
pub(super) struct Found {
    /// Host column of every needle column.
    pub map: Vec<usize>,
    pub needle_groups: Vec<u32>,
    pub host_groups: Vec<u32>,
    pub qualifiers: Qualifiers,
}

#[derive(Clone, Debug)]
pub(super) enum Outcome {
    Found(Found),
    None,
    /// The bound on steps was reached: there may be a map or not.
    GaveUp,
}

impl Outcome {
    pub fn found(self) -> Option<Found> {
        match self {
            Self::Found(found) => Some(found),
            Self::None | Self::GaveUp => None,
        }
    }
}

/// Row comparisons that one search may take, about 20 ms.
const WORK: usize = 4_000_000;
/// Cells up to which relations without a fingerprint are searched freely.
const FREE_CELLS: usize = 50_000;

impl Pair<'_> {
    pub fn rule(&self, needle: usize, host: usize) -> NumRule {
        let expected = if self.swapped { host } else { needle };
        let decimals = (self.needle.columns[needle].decimals, self.host.columns[host].decimals);
        NumRule {
            tolerance: self.tolerance,
            round_digits: self.round_digits.get(expected).copied().flatten(),
            shown: if self.swapped { (decimals.1, decimals.0) } else { decimals },
        }
    }

    pub fn named(&self, needle: usize, host: usize) -> bool {
        !self.needle.names[needle].is_empty() && self.needle.names[needle] == self.host.names[host]
    }

    /// Finds a map, exactly equal values first. `fixed` prescribes columns.
    pub fn search(&self, relation: Relation, fixed: &[Option<usize>]) -> Outcome {
        if self.needle.width() > self.host.width() {
            return Outcome::None;
        }
        let exact = self.search_named(relation, fixed, false);
        if !matches!(exact, Outcome::None) || !self.any_tolerance() {
            return exact;
        }
        self.search_named(relation, fixed, true)
    }

    /// Columns with the same names first, if that works; then freely.
    fn search_named(&self, relation: Relation, fixed: &[Option<usize>], tolerant: bool) -> Outcome {
        let named: Vec<Option<usize>> = (0..self.needle.width())
            .map(|n| fixed[n].or_else(|| (0..self.host.width()).find(|h| self.named(n, *h))))
            .collect();
        if named != fixed {
            let outcome = Search::new(self, relation, &named, tolerant).run();
            if !matches!(outcome, Outcome::None) {
                return outcome;
            }
        }
        Search::new(self, relation, fixed, tolerant).run()
    }

    fn any_tolerance(&self) -> bool {
        let rule = NumRule { tolerance: self.tolerance, ..NumRule::default() };
        self.needle.columns.iter().any(|n| self.host.columns.iter().any(|h| n.tolerates(h, &rule)))
    }

    fn has_bool(&self) -> bool {
        self.needle.columns.iter().chain(&self.host.columns).any(|column| column.has_bool())
    }

    /// True if the values of the two columns can be paired off.
    pub fn compatible(&self, needle: usize, host: usize) -> bool {
        let rule = self.rule(needle, host);
        self.needle.columns[needle].compatible(&self.host.columns[host], &rule, self.swapped)
    }
}

/// A hash of every row's mapped cells: equal for rows that agree.
pub(super) fn row_hashes(pair: &Pair, map: &[usize]) -> (Vec<u64>, Vec<u64>) {
    let (mut left, mut right) = (vec![0; pair.needle.rows], vec![0; pair.host.rows]);
    for (needle, &host) in map.iter().enumerate() {
        let (a, b) = (&pair.needle.columns[needle], &pair.host.columns[host]);
        let (a, b) = classes(a, b, &pair.rule(needle, host), !a.same_values(b), pair.swapped);
        left.iter_mut().zip(a.iter()).for_each(|(hash, class): (&mut u64, &u64)| *hash = mix(*hash ^ class));
        right.iter_mut().zip(b.iter()).for_each(|(hash, class): (&mut u64, &u64)| *hash = mix(*hash ^ class));
    }
    (left, right)
}

struct Search<'a, 'b> {
    pair: &'a Pair<'b>,
    relation: Relation,
    tolerant: bool,
    /// Host columns to try, for every needle column, best first.
    candidates: Vec<Vec<usize>>,
    /// Needle columns in the order of mapping.
    order: Vec<usize>,
    steps: usize,
    gave_up: bool,
}

impl<'a, 'b> Search<'a, 'b> {
    fn new(pair: &'a Pair<'b>, relation: Relation, fixed: &[Option<usize>], tolerant: bool) -> Self {
        let width = pair.needle.width();
        let rows = pair.needle.rows + pair.host.rows;
        let mut search = Self {
            pair,
            relation,
            tolerant,
            candidates: Vec::new(),
            order: (0..width).collect(),
            steps: (WORK / (rows + 16)).clamp(200, 20_000),
            gave_up: false,
        };
        search.candidates = (0..width).map(|needle| search.candidates_of(needle, fixed[needle])).collect();
        let candidates = &search.candidates;
        let distinct = |column: &usize| pair.needle.columns[*column].distinct();
        search.order.sort_by_key(|n| (candidates[*n].len().min(2), usize::MAX - distinct(n), candidates[*n].len(), *n));
        search
    }

    fn candidates_of(&self, needle: usize, fixed: Option<usize>) -> Vec<usize> {
        let pair = self.pair;
        let large = (pair.needle.rows + pair.host.rows) * pair.host.width() > FREE_CELLS;
        let likely = |host: &usize| match self.relation {
            Relation::Same if self.tolerant => pair.compatible(needle, *host),
            Relation::Same => pair.needle.columns[needle].same_values(&pair.host.columns[*host]),
            // Without a fingerprint every try costs a pass over the rows.
            _ => !large || *host == needle || pair.named(needle, *host),
        };
        let mut hosts: Vec<usize> = match fixed {
            Some(host) => vec![host],
            None => (0..pair.host.width()).collect(),
        };
        hosts.retain(likely);
        hosts.sort_by_key(|host| (!pair.named(needle, *host), *host != needle, *host));
        hosts
    }

    fn run(mut self) -> Outcome {
        if !self.hosts_suffice() {
            return Outcome::None;
        }
        let start = (vec![0; self.pair.needle.rows], vec![0; self.pair.host.rows]);
        let mut map = vec![usize::MAX; self.pair.needle.width()];
        match self.extend(0, &start, &mut map) {
            Some(found) => Outcome::Found(found),
            None if self.gave_up => Outcome::GaveUp,
            None => Outcome::None,
        }
    }

    /// True if every needle column can have a candidate of its own.
    fn hosts_suffice(&self) -> bool {
        let mut taken: Vec<Option<usize>> = vec![None; self.pair.host.width()];
        (0..self.candidates.len()).all(|needle| self.give(needle, &mut taken, &mut vec![false; self.pair.host.width()]))
    }

    fn give(&self, needle: usize, taken: &mut [Option<usize>], tried: &mut [bool]) -> bool {
        for &host in &self.candidates[needle] {
            if std::mem::replace(&mut tried[host], true) {
                continue;
            }
            let free = match taken[host] {
                None => true,
                Some(other) => self.give(other, taken, tried),
            };
            if free {
                taken[host] = Some(needle);
                return true;
            }
        }
        false
    }

    fn extend(&mut self, depth: usize, groups: &(Vec<u32>, Vec<u32>), map: &mut Vec<usize>) -> Option<Found> {
        let Some(&needle) = self.order.get(depth) else {
            return self.finish(groups, map);
        };
        // A column with the same cells as one that led nowhere leads nowhere.
        let mut failed: Vec<u64> = Vec::new();
        for host in self.candidates[needle].clone() {
            if map.contains(&host) || failed.contains(&self.pair.host.columns[host].sequence) {
                continue;
            }
            if self.steps == 0 {
                self.gave_up = true;
                return None;
            }
            self.steps -= 1;
            let pair = self.pair;
            let rule = pair.rule(needle, host);
            let (left, right) = (&pair.needle.columns[needle], &pair.host.columns[host]);
            let classes = classes(left, right, &rule, self.tolerant, pair.swapped);
            if let Some(finer) = refine(self.relation, groups, (&classes.0, &classes.1)) {
                map[needle] = host;
                if let Some(found) = self.extend(depth + 1, &finer, map) {
                    return Some(found);
                }
                map[needle] = usize::MAX;
            }
            failed.push(right.sequence);
        }
        None
    }

    /// The last check: rows of a group must agree pair by pair, not only by way of others.
    fn finish(&self, groups: &(Vec<u32>, Vec<u32>), map: &[usize]) -> Option<Found> {
        let qualifiers = match self.relation {
            // Equal keys are equal values; only booleans may still need a note.
            Relation::Same if !self.tolerant && !self.pair.has_bool() => Qualifiers::default(),
            Relation::Same => pairs::agree(self.pair, map, &groups.0, &groups.1)?,
            _ => Qualifiers::default(),
        };
        let (needle_groups, host_groups) = groups.clone();
        Some(Found { map: map.to_vec(), needle_groups, host_groups, qualifiers })
    }
}

#[derive(Default)]
struct Group {
    id: u32,
    needle: u32,
    host: u32,
}

/// Splits the groups by one more pair of columns; none if the sides no longer correspond.
fn refine(
    relation: Relation,
    groups: &(Vec<u32>, Vec<u32>),
    classes: (&[u64], &[u64]),
) -> Option<(Vec<u32>, Vec<u32>)> {
    let mut seen: HashMap<u64, Group, BuildHasherDefault<Ready>> = HashMap::default();
    seen.reserve(groups.0.len());
    let key = |group: u32, class: u64| mix(class ^ mix(u64::from(group)));
    let mut needle = Vec::with_capacity(groups.0.len());
    for (group, class) in groups.0.iter().zip(classes.0) {
        let next = seen.len() as u32;
        let entry = seen.entry(key(*group, *class)).or_insert(Group { id: next, ..Group::default() });
        entry.needle += 1;
        needle.push(entry.id);
    }
    let mut host = Vec::with_capacity(groups.1.len());
    for (group, class) in groups.1.iter().zip(classes.1) {
        let next = seen.len() as u32;
        let entry = seen.entry(key(*group, *class)).or_insert(Group { id: next, ..Group::default() });
        entry.host += 1;
        let fits = match relation {
            Relation::Same | Relation::Covers => entry.host <= entry.needle,
            Relation::SameSet => entry.needle > 0,
            Relation::Within => true,
        };
        if !fits {
            return None;
        }
        host.push(entry.id);
    }
    let fits = seen.values().all(|group| match relation {
        Relation::Same => group.needle == group.host,
        Relation::SameSet => group.host > 0,
        Relation::Within => group.needle <= group.host,
        Relation::Covers => true,
    });
    fits.then_some((needle, host))
}

/// A hasher for keys that are hashes already.
#[derive(Default)]
pub(super) struct Ready(u64);

impl Hasher for Ready {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = mix(self.0 ^ u64::from(*byte));
        }
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = value;
    }
}
