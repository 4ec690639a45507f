//! The first place where two results part, in words for people.

use super::align::likely_maps;
use super::pairs;
use super::rows::Case;
use super::search::Pair;
use crate::model::{Cell, FirstDifference};

/// Rows looked at for a counterpart; the difference shown is the first, not the whole.
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
    let (expected, actual) = (case.expected.rows.min(ROWS), case.actual.rows.min(ROWS));
    let mut used = vec![false; actual];
    let mut unmatched = Vec::new();
    for row in 0..expected {
        // The same place first: most results differ in a few rows only.
        let near = (row < actual).then_some(row).into_iter().chain(0..actual);
        let partner = near.into_iter().find(|a| !used[*a] && pairs::row_agrees(&pair, &map, row, *a).is_some());
        match partner {
            Some(partner) => used[partner] = true,
            None => unmatched.push(row),
        }
        if unmatched.len() == 1 && row > unmatched[0] + 50 && expected == ROWS {
            break;
        }
    }
    let spare: Vec<usize> = (0..actual).filter(|row| !used[*row]).collect();
    match unmatched.first() {
        Some(row) => Some(differing_row(case, &pair, &map, *row, &spare)),
        None => spare.first().map(|row| FirstDifference {
            row: None,
            column: None,
            expected: "no such row".to_owned(),
            actual: shown(&case.answer.rows[*row]),
        }),
    }
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
