//! The order of rows.

use super::pairs;
use super::rows::Case;
use super::search::Found;

/// How the answer's rows are ordered, compared with the gold's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Same,
    /// Rows with equal sort keys have changed places.
    Ties,
    /// Other than the gold's, and nobody asked for one.
    Free,
    /// The sort keys come in another sequence, and the question asks for one.
    Wrong,
    /// An order is asked for, but the gold sorts by what it does not select.
    Unknown,
}

/// Compares the sequences of the given rows of both sides.
pub(super) fn check(case: &Case, found: &Found, expected: &[usize], actual: &[usize]) -> Order {
    let same = expected.iter().zip(actual).all(|(e, a)| found.needle_groups[*e] == found.host_groups[*a]);
    if same {
        return Order::Same;
    }
    if !case.policy.ordered {
        return Order::Free;
    }
    match keys_in_sequence(case, &found.map, expected, actual) {
        None => Order::Unknown,
        Some(true) => Order::Ties,
        Some(false) => Order::Wrong,
    }
}

/// True if the sort keys of both sides come in the same sequence; none if no key is known.
pub(super) fn keys_in_sequence(case: &Case, map: &[usize], expected: &[usize], actual: &[usize]) -> Option<bool> {
    let keys: Vec<usize> = case.policy.order_keys.iter().copied().filter(|key| *key < map.len()).collect();
    if keys.is_empty() {
        return None;
    }
    let pair = case.pair_of(&case.expected, &case.actual, false);
    let agrees = |e: usize, a: usize| keys.iter().all(|key| pairs::cell_agrees(&pair, *key, map[*key], e, a).is_some());
    Some(expected.len() == actual.len() && expected.iter().zip(actual).all(|(e, a)| agrees(*e, *a)))
}
