//! The first place where two results part, in words for people.

use super::align::likely_maps;
use super::pairs;
use super::rows::Case;
use super::search::{Pair, Ready, row_hashes};
use crate::model::{Cell, FirstDifference};
use std::collections::HashMap;
use std::hash::BuildHasherDefault;

/// How often each row hash is left.
type Counts = HashMap<u64, usize, BuildHasherDefault<Ready>>;

/// Rows of the answer among which the one most alike is looked for.
const ROWS: usize = 1_000;
const CELLS_SHOWN: usize = 12;

/// The first gold row without a counterpart in the answer, with the answer's row most like it;
/// else the first row that only the answer has.
pub(super) fn first(case: &Case) -> Option<FirstDifference> {
    let pair = case.pair();
    let map = likely_maps(&pair).into_iter().next()?;
    if pair.swapped {
        return missing_column(case, &map);
    }
    let (gold, answer) = row_hashes(&pair, &map);
    let mut left = Counts::default();
    answer.iter().for_each(|hash| *left.entry(*hash).or_default() += 1);
    let unmatched = gold.iter().position(|hash| match left.get_mut(hash).filter(|count| **count > 0) {
        Some(count) => {
            *count -= 1;
            false
        }
        None => true,
    });
    let spare = spare_rows(&gold, &answer);
    match unmatched {
        Some(row) => Some(differing_row(case, &pair, &map, row, &spare)),
        None => spare.first().map(|row| FirstDifference {
            row: None,
            column: None,
            expected: "no such row".to_owned(),
            actual: shown(&case.answer.rows[*row]),
        }),
    }
}

/// The first of the answer's rows that have no counterpart in the gold.
fn spare_rows(gold: &[u64], answer: &[u64]) -> Vec<usize> {
    let mut left = Counts::default();
    gold.iter().for_each(|hash| *left.entry(*hash).or_default() += 1);
    let mut spare = Vec::new();
    for (row, hash) in answer.iter().enumerate() {
        match left.get_mut(hash).filter(|count| **count > 0) {
            Some(count) => *count -= 1,
            None => spare.push(row),
        }
    }
    spare.truncate(ROWS);
    spare
}

fn differing_row(case: &Case, pair: &Pair, map: &[usize], row: usize, spare: &[usize]) -> FirstDifference {
    let agreeing = |other: usize| -> Vec<bool> {
        map.iter().enumerate().map(|(at, to)| pairs::cell_agrees(pair, at, *to, row, other).is_some()).collect()
    };
    let alike = |other: &usize| agreeing(*other).into_iter().filter(|agrees| *agrees).count();
    let best = spare.iter().copied().max_by_key(|other| (alike(other), std::cmp::Reverse(*other)));
    let whole = |actual: String| FirstDifference {
        row: Some(row + 1),
        column: None,
        expected: shown(&case.gold.rows[row]),
        actual,
    };
    let Some(other) = best else { return whole("no such row".to_owned()) };
    let Some(at) = agreeing(other).iter().position(|agrees| !agrees) else {
        return whole(shown(&case.answer.rows[other]));
    };
    if map.len() > 1 && alike(&other) == 0 {
        return whole(shown(&case.answer.rows[other]));
    }
    let cell = |row: &Vec<Cell>, at: usize| row.get(at).map_or("NULL".to_owned(), Cell::display);
    FirstDifference {
        row: Some(row + 1),
        column: case.gold.columns.get(at).map(|column| column.name.clone()),
        expected: cell(&case.gold.rows[row], at),
        actual: cell(&case.answer.rows[other], map[at]),
    }
}

fn missing_column(case: &Case, map: &[usize]) -> Option<FirstDifference> {
    let missing = (0..case.expected.width()).find(|column| !map.contains(column))?;
    Some(FirstDifference {
        row: None,
        column: case.gold.columns.get(missing).map(|column| column.name.clone()),
        expected: format!("{} columns", case.expected.width()),
        actual: format!("{} columns", case.actual.width()),
    })
}

fn shown(row: &[Cell]) -> String {
    let cells: Vec<String> = row.iter().take(CELLS_SHOWN).map(Cell::display).collect();
    let more = if row.len() > CELLS_SHOWN { ", …" } else { "" };
    format!("{}{more}", cells.join(", "))
}
