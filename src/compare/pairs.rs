//! Pairing off the rows of equal groups, cell by cell.

use super::search::Pair;
use super::table::number_of;
use super::value::{Qualifiers, Value};
use std::collections::BTreeMap;

/// Groups up to this size are matched exactly; larger ones in the order of their numbers, which
/// is right for every tolerance that is an interval.
const EXACT_MATCHING: usize = 48;

/// Pairs every needle row with a host row of its group so that all cells agree, and gives the
/// qualifications of all cells; none if that cannot be done.
pub(super) fn agree(pair: &Pair, map: &[usize], needle: &[u32], host: &[u32]) -> Option<Qualifiers> {
    let mut groups: BTreeMap<u32, (Vec<usize>, Vec<usize>)> = BTreeMap::new();
    needle.iter().enumerate().for_each(|(row, group)| groups.entry(*group).or_default().0.push(row));
    host.iter().enumerate().for_each(|(row, group)| groups.entry(*group).or_default().1.push(row));
    let mut all = Qualifiers::default();
    for (left, right) in groups.values() {
        all.add(agree_group(pair, map, left, right)?);
    }
    Some(all)
}

fn agree_group(pair: &Pair, map: &[usize], left: &[usize], right: &[usize]) -> Option<Qualifiers> {
    let (mut a, mut b) = (left.to_vec(), right.to_vec());
    if a.len() > 1 {
        let needle = |row: usize, at: usize| &pair.needle.columns[at].values[row];
        let host = |row: usize, at: usize| &pair.host.columns[map[at]].values[row];
        a.sort_by(|x, y| by_numbers(map.len(), |at| (needle(*x, at), needle(*y, at))));
        b.sort_by(|x, y| by_numbers(map.len(), |at| (host(*x, at), host(*y, at))));
    }
    let in_order = a.iter().zip(&b).try_fold(Qualifiers::default(), |mut all, (x, y)| {
        all.add(row_agrees(pair, map, *x, *y)?);
        Some(all)
    });
    if in_order.is_some() || a.len() > EXACT_MATCHING || a.len() == 1 {
        return in_order;
    }
    match_exactly(pair, map, &a, &b)
}

/// True if the mapped cells of two rows agree; with what qualifies it.
pub(super) fn row_agrees(pair: &Pair, map: &[usize], needle: usize, host: usize) -> Option<Qualifiers> {
    let mut all = Qualifiers::default();
    for (at, to) in map.iter().enumerate() {
        all.add(cell_agrees(pair, at, *to, needle, host)?);
    }
    Some(all)
}

pub(super) fn cell_agrees(
    pair: &Pair,
    column: usize,
    host_column: usize,
    needle: usize,
    host: usize,
) -> Option<Qualifiers> {
    let rule = pair.rule(column, host_column);
    let (a, b) = (&pair.needle.columns[column].values[needle], &pair.host.columns[host_column].values[host]);
    if pair.swapped { b.agrees(a, &rule) } else { a.agrees(b, &rule) }
}

fn by_numbers<'v>(width: usize, cells: impl Fn(usize) -> (&'v Value, &'v Value)) -> std::cmp::Ordering {
    (0..width)
        .map(|at| {
            let (a, b) = cells(at);
            number_of(a).total_cmp(&number_of(b))
        })
        .find(|order| order.is_ne())
        .unwrap_or(std::cmp::Ordering::Equal)
}

/// Bipartite matching by augmenting paths.
fn match_exactly(pair: &Pair, map: &[usize], a: &[usize], b: &[usize]) -> Option<Qualifiers> {
    let edges: Vec<Vec<Option<Qualifiers>>> =
        a.iter().map(|x| b.iter().map(|y| row_agrees(pair, map, *x, *y)).collect()).collect();
    let mut partner: Vec<Option<usize>> = vec![None; b.len()];
    for row in 0..a.len() {
        let mut visited = vec![false; b.len()];
        if !augment(row, &edges, &mut partner, &mut visited) {
            return None;
        }
    }
    let mut all = Qualifiers::default();
    for (to, from) in partner.iter().enumerate() {
        all.add(edges[(*from)?][to]?);
    }
    Some(all)
}

fn augment(row: usize, edges: &[Vec<Option<Qualifiers>>], partner: &mut [Option<usize>], visited: &mut [bool]) -> bool {
    for to in 0..partner.len() {
        if edges[row][to].is_none() || visited[to] {
            continue;
        }
        visited[to] = true;
        let free = match partner[to] {
            None => true,
            Some(other) => augment(other, edges, partner, visited),
        };
        if free {
            partner[to] = Some(row);
            return true;
        }
    }
    false
}
