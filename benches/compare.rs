//! The comparator on large results: equal rows in another order, and one wrong cell. The memory
//! that a comparison takes is measured too: a million rows must stay within a small multiple of
//! what the rows themselves take. (The scorer reads 5,000 rows at most and leaves larger results
//! to the warehouse.)

use genie_enhance::compare::{Policy, Side, compare};
use genie_enhance::model::{Cell, Column, ResultSet};

/// Counts what is allocated.
#[global_allocator]
static ALLOCATED: divan::AllocProfiler = divan::AllocProfiler::system();

const ROWS: usize = 5_000;
const MILLION: usize = 1_000_000;
const COLUMNS: usize = 20;

fn main() {
    divan::main();
}

fn cell(row: usize, column: usize) -> Cell {
    match column % 5 {
        0 => Cell::Text(format!("customer {:05}", (row * 7 + column) % 4_001)),
        1 => Cell::Number((row * (column + 3) % 997).to_string()),
        2 => Cell::Number(format!("{:.4}", (row * (column + 1)) as f64 / 7.0)),
        3 => Cell::Text(format!("2025-{:02}-{:02}", row % 12 + 1, (row + column) % 28 + 1)),
        _ if row.is_multiple_of(17) => Cell::Null,
        _ => Cell::Text(["open", "closed", "late"][row % 3].to_owned()),
    }
}

fn result(rows: impl Iterator<Item = usize>) -> ResultSet {
    let column = |at: usize| Column { name: format!("c{at}"), type_name: String::new(), type_text: String::new() };
    ResultSet {
        columns: (0..COLUMNS).map(column).collect(),
        rows: rows.map(|row| (0..COLUMNS).map(|at| cell(row, at)).collect()).collect(),
        truncated: false,
    }
}

/// The gold, and the same rows in a scattered order (5,000 and 2,003 have no common divisor).
fn sides() -> (ResultSet, ResultSet) {
    (result(0..ROWS), result((0..ROWS).map(|row| row * 2_003 % ROWS)))
}

#[divan::bench]
fn equal_but_shuffled(bencher: divan::Bencher) {
    let (gold, answer) = sides();
    let (gold, answer) = (Side::Rows(gold), Side::Rows(answer));
    bencher.bench(|| compare(&gold, &answer, &Policy::default()));
}

#[divan::bench]
fn one_wrong_cell(bencher: divan::Bencher) {
    let (gold, mut answer) = sides();
    answer.rows[1_234][2] = Cell::Number("0.5".to_owned());
    let (gold, answer) = (Side::Rows(gold), Side::Rows(answer));
    bencher.bench(|| compare(&gold, &answer, &Policy::default()));
}

#[divan::bench]
fn one_row_missing(bencher: divan::Bencher) {
    let (gold, mut answer) = sides();
    answer.rows.pop();
    let (gold, answer) = (Side::Rows(gold), Side::Rows(answer));
    bencher.bench(|| compare(&gold, &answer, &Policy::default()));
}

/// Three columns, so that a small machine can hold both sides.
#[divan::bench(sample_count = 1, sample_size = 1)]
fn a_million_rows(bencher: divan::Bencher) {
    let rows = |order: &dyn Fn(usize) -> usize| {
        let column = |at: usize| Column { name: format!("c{at}"), type_name: String::new(), type_text: String::new() };
        let rows = (0..MILLION).map(order).map(|row| (0..3).map(|at| cell(row, at)).collect());
        Side::Rows(ResultSet { columns: (0..3).map(column).collect(), rows: rows.collect(), truncated: false })
    };
    let (gold, answer) = (rows(&|row| row), rows(&|row| row * 7_919 % MILLION));
    bencher.bench_local(|| compare(&gold, &answer, &Policy::default()));
}
