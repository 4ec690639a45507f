//! The same numbers, wide on one side and long on the other.

use super::number::{Num, NumRule};
use super::table::{Column, Table};
use super::value::Value;

/// Wider tables than this are not pivots of anything a person asked for.
const MAX_WIDTH: usize = 40;

/// True if one side has fewer rows, more columns of numbers, and the same numbers. A number that
/// is the key of the rows stands once in the wide form and repeats in the long one.
pub(super) fn is_pivot(a: &Table, b: &Table) -> bool {
    let (wide, long) = if a.rows < b.rows { (a, b) } else { (b, a) };
    let (wide_columns, long_columns) = (number_columns(wide), number_columns(long));
    if wide.rows == long.rows || wide_columns.len() <= long_columns.len() || wide.width() > MAX_WIDTH {
        return false;
    }
    if same_numbers(&wide_columns, &long_columns) {
        return true;
    }
    let without = |columns: &[&Column], at: usize| -> Vec<Column> {
        columns.iter().enumerate().filter(|(i, _)| *i != at).map(|(_, column)| (*column).clone()).collect()
    };
    wide_columns.iter().enumerate().any(|(w, wide_key)| {
        long_columns.iter().enumerate().any(|(l, long_key)| {
            let (wide, long) = (without(&wide_columns, w), without(&long_columns, l));
            distinct_keys(wide_key) == distinct_keys(long_key)
                && same_numbers(&wide.iter().collect::<Vec<_>>(), &long.iter().collect::<Vec<_>>())
        })
    })
}

fn number_columns(table: &Table) -> Vec<&Column> {
    let is_number = |value: &Value| matches!(value, Value::Num(_) | Value::Null | Value::Nan);
    let numbers = |column: &&Column| {
        column.values.iter().all(is_number) && column.values.iter().any(|value| matches!(value, Value::Num(_)))
    };
    table.columns.iter().filter(numbers).collect()
}

fn same_numbers(a: &[&Column], b: &[&Column]) -> bool {
    let (a, b) = (sorted(a), sorted(b));
    let rule = NumRule::default();
    a.len() >= 2 && a.len() == b.len() && a.iter().zip(&b).all(|(a, b)| a.agrees(b, &rule).is_some())
}

fn sorted(columns: &[&Column]) -> Vec<Num> {
    let number = |value: &Value| if let Value::Num(number) = value { Some(*number) } else { None };
    let mut numbers: Vec<Num> = columns.iter().flat_map(|column| column.values.iter().filter_map(number)).collect();
    numbers.sort_by(|a, b| a.value.total_cmp(&b.value));
    numbers
}

fn distinct_keys(column: &Column) -> Vec<u64> {
    let mut keys = column.keys(false).into_owned();
    keys.sort_unstable();
    keys.dedup();
    keys
}
