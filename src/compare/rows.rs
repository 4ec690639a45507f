//! The decision about two results that both hold rows.

use super::number::Num;
use super::order::{self, Order};
use super::policy::Policy;
use super::search::{Found, Outcome, Pair, Relation};
use super::table::Table;
use super::value::{Qualifiers, Value};
use super::{Ruling, limit, near, pivot};
use crate::model::{ColumnPolicy, ResultSet};

/// Two results and their contract.
pub(super) struct Case<'a> {
    pub gold: &'a ResultSet,
    pub answer: &'a ResultSet,
    pub policy: &'a Policy,
    pub expected: Table,
    pub actual: Table,
}

/// Whole numbers up to this size agree by chance too often to prove much alone.
const WEAK: f64 = 10.0;

impl<'a> Case<'a> {
    pub fn new(gold: &'a ResultSet, answer: &'a ResultSet, policy: &'a Policy) -> Self {
        Self { gold, answer, policy, expected: Table::read(gold), actual: Table::read(answer) }
    }

    /// The pair to search: every column of the narrower side must be found in the other.
    pub fn pair(&self) -> Pair<'_> {
        let swapped = self.actual.width() < self.expected.width();
        let (needle, host) = if swapped { (&self.actual, &self.expected) } else { (&self.expected, &self.actual) };
        self.pair_of(needle, host, swapped)
    }

    pub fn pair_of<'b>(&'b self, needle: &'b Table, host: &'b Table, swapped: bool) -> Pair<'b> {
        Pair { needle, host, swapped, tolerance: self.policy.tolerance, round_digits: &self.policy.round_digits }
    }

    pub fn decide(&self) -> Ruling {
        if self.actual.width() < self.expected.width() {
            return self.fewer_columns();
        }
        let pair = self.pair();
        let free = vec![None; self.expected.width()];
        if self.expected.rows == self.actual.rows {
            match pair.search(Relation::Same, &free) {
                Outcome::Found(found) => return self.same_rows(&found),
                Outcome::GaveUp => return Ruling::undecided("SEARCH_LIMIT"),
                Outcome::None => {}
            }
        }
        if self.extra() && self.policy.columns == ColumnPolicy::RejectExtra {
            return Ruling::mismatch("VALUES_DIFFER_EXTRA_COLUMNS");
        }
        let ruling = self
            .duplicates(&pair)
            .or_else(|| near::near_miss(self, &pair))
            .or_else(|| limit::tie(self, &pair))
            .or_else(|| limit::prefix(self, &pair))
            .or_else(|| pivot::is_pivot(&self.expected, &self.actual).then(|| Ruling::undecided("SHAPE_PIVOT")));
        ruling.unwrap_or_else(|| self.plain_mismatch(&pair))
    }

    pub fn extra(&self) -> bool {
        self.actual.width() > self.expected.width()
    }

    /// The answer lacks columns; whether the question asked for them is not known here.
    fn fewer_columns(&self) -> Ruling {
        let pair = self.pair();
        let same_rows = self.expected.rows == self.actual.rows;
        match same_rows.then(|| pair.search(Relation::Same, &vec![None; pair.needle.width()])) {
            Some(Outcome::Found(_)) => return Ruling::undecided("MISSING_COLUMNS"),
            Some(Outcome::GaveUp) => return Ruling::undecided("SEARCH_LIMIT"),
            Some(Outcome::None) | None => {}
        }
        if pivot::is_pivot(&self.expected, &self.actual) {
            return Ruling::undecided("SHAPE_PIVOT");
        }
        Ruling::mismatch("MISSING_COLUMNS")
    }

    fn same_rows(&self, found: &Found) -> Ruling {
        let all = |rows: usize| (0..rows).collect::<Vec<usize>>();
        let order = order::check(self, found, &all(self.expected.rows), &all(self.actual.rows));
        self.accept(found, order, &[])
    }

    /// A match, unless the order or the extra columns speak against it. `notes` are added.
    pub fn accept(&self, found: &Found, order: Order, notes: &[&'static str]) -> Ruling {
        if self.extra() && self.policy.columns == ColumnPolicy::RejectExtra {
            return Ruling::mismatch("EXTRA_COLUMNS");
        }
        match order {
            Order::Wrong => return Ruling::mismatch("ORDER_DIFFERS"),
            Order::Unknown => return Ruling::undecided("ORDER_DIFFERS"),
            Order::Same | Order::Ties | Order::Free => {}
        }
        let pair = self.pair();
        if self.extra() && self.chance_hit(&pair, found) {
            return Ruling::undecided("EXTRA_COLUMNS");
        }
        let mut ruling = Ruling::matched(if self.extra() { "MATCH_EXTRA_COLUMNS" } else { "MATCH" });
        ruling.notes.extend(notes);
        ruling.notes.extend(qualifier_notes(found.qualifiers));
        ruling.notes.extend(match order {
            Order::Ties => Some("TIE_ORDER"),
            Order::Free => Some("ORDER_DIFFERS"),
            _ => None,
        });
        ruling.notes.extend((!found.map.is_sorted()).then_some("COLUMN_ORDER"));
        ruling.notes.extend(self.weak_evidence().then_some("WEAK_EVIDENCE"));
        ruling
    }

    /// True if the asked columns could stand elsewhere among the answer's just as well.
    fn chance_hit(&self, pair: &Pair, found: &Found) -> bool {
        let named = |column: usize| pair.named(column, found.map[column]);
        let columns = 0..found.map.len();
        if columns.clone().all(named) {
            return false;
        }
        if self.expected.rows == 1 {
            return true;
        }
        // Is there a map that keeps what agrees in names, and uses a column this one does not?
        let kept: Vec<Option<usize>> = columns.clone().map(|at| named(at).then_some(found.map[at])).collect();
        let unused = (0..self.actual.width()).filter(|host| !found.map.contains(host));
        let tries = unused.flat_map(|host| columns.clone().map(move |column| (column, host)));
        tries.filter(|(column, host)| kept[*column].is_none() && pair.compatible(*column, *host)).any(
            |(column, host)| {
                let mut fixed = kept.clone();
                fixed[column] = Some(host);
                matches!(pair.search(Relation::Same, &fixed), Outcome::Found(_) | Outcome::GaveUp)
            },
        )
    }

    fn weak_evidence(&self) -> bool {
        let single = self.expected.rows == 1 && self.expected.width() == 1 && self.actual.width() == 1;
        single
            && match self.expected.columns[0].values[0] {
                Value::Null | Value::Bool(_) | Value::Word { .. } => true,
                Value::Num(Num { whole: Some(_), value, .. }) => value.abs() <= WEAK,
                _ => false,
            }
    }

    /// The same rows, but not equally often: DISTINCT against a fan-out of a join.
    fn duplicates(&self, pair: &Pair) -> Option<Ruling> {
        let same_count = self.expected.rows == self.actual.rows;
        if (same_count || limit::other_limit(self)) && !self.policy.duplicates_ignore {
            return None;
        }
        let found = pair.search(Relation::SameSet, &vec![None; pair.needle.width()]).found()?;
        if !self.policy.duplicates_ignore {
            return Some(self.with_extra(Ruling::undecided("DUPLICATES_DIFFER")));
        }
        let (expected, actual) = (firsts(&found.needle_groups), firsts(&found.host_groups));
        let order = order::check(self, &found, &expected, &actual);
        Some(self.accept(&found, order, &["DUPLICATES_IGNORED"]))
    }

    pub fn with_extra(&self, ruling: Ruling) -> Ruling {
        if self.extra() { ruling.note("EXTRA_COLUMNS") } else { ruling }
    }

    fn plain_mismatch(&self, pair: &Pair) -> Ruling {
        let (expected, actual) = (self.expected.rows, self.actual.rows);
        if expected == actual {
            let single = expected == 1 && self.expected.width() == 1 && self.actual.width() == 1;
            return Ruling::mismatch(match (self.extra(), single) {
                (true, _) => "VALUES_DIFFER_EXTRA_COLUMNS",
                (false, true) => "SINGLE_CELL_DIFFERENCE",
                (false, false) => "VALUES_DIFFER",
            });
        }
        let (relation, reason) =
            if actual < expected { (Relation::Covers, "MISSING_ROWS") } else { (Relation::Within, "EXTRA_ROWS") };
        let part = pair.search(relation, &vec![None; pair.needle.width()]).found().is_some();
        match (part, self.extra()) {
            (true, _) => self.with_extra(Ruling::mismatch(reason)),
            (false, false) => Ruling::mismatch(reason).note("VALUES_DIFFER"),
            (false, true) => Ruling::mismatch("VALUES_DIFFER_EXTRA_COLUMNS").note(reason),
        }
    }
}

/// The first row of every group, in the order of the rows.
fn firsts(groups: &[u32]) -> Vec<usize> {
    let mut seen = std::collections::BTreeSet::new();
    groups.iter().enumerate().filter(|(_, group)| seen.insert(**group)).map(|(row, _)| row).collect()
}

pub(super) fn qualifier_notes(qualifiers: Qualifiers) -> impl Iterator<Item = &'static str> {
    [(qualifiers.rounded, "ROUNDED"), (qualifiers.sigfig4, "SIGFIG4"), (qualifiers.type_difference, "TYPE_DIFFERENCE")]
        .into_iter()
        .filter_map(|(holds, note)| holds.then_some(note))
}
