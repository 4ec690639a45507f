//! Classes of equal values for one pair of columns, so that tolerant equality becomes equality
//! of small numbers, and rows can be grouped by hash.

use super::number::NumRule;
use super::number::mix;
use super::table::{Column, number_of};
use super::value::Value;
use std::borrow::Cow;
use std::collections::HashMap;

/// How many neighbours of a value are tried, each way: in dense columns, values further off
/// belong to the same class through those in between.
const REACH: usize = 64;

/// Class of every row, on both sides.
pub(super) type Classes<'a> = (Cow<'a, [u64]>, Cow<'a, [u64]>);

/// With `tolerant`, numbers that agree under the rule share a class; so may numbers that agree
/// only by way of a third, which is why pairs of rows are checked afterwards.
pub(super) fn classes<'a>(
    needle: &'a Column,
    host: &'a Column,
    rule: &NumRule,
    tolerant: bool,
    swapped: bool,
) -> Classes<'a> {
    let words = needle.reads_words_with(host);
    if !tolerant || !needle.tolerates(host, rule) {
        return (needle.keys(words), host.keys(words));
    }
    let (a, b) = (distinct(needle.sorted_numbers()), distinct(host.sorted_numbers()));
    let mut roots: Vec<usize> = (0..a.len() + b.len()).collect();
    let agree = |x: &Value, y: &Value| if swapped { y.agrees(x, rule) } else { x.agrees(y, rule) }.is_some();
    let mut low = 0;
    for (i, x) in a.iter().enumerate() {
        while low < b.len() && number_of(&b[low]) < number_of(x) {
            low += 1;
        }
        // Both ways from where the value would stand among the other side's.
        let below = (low.saturating_sub(REACH)..low).rev();
        let above = low..(low + REACH).min(b.len());
        for j in below.take_while(|j| agree(x, &b[*j])).chain(above.take_while(|j| agree(x, &b[*j]))) {
            union(&mut roots, i, a.len() + j);
        }
    }
    let mut class: HashMap<u64, u64> = HashMap::new();
    for (at, value) in a.iter().chain(&b).enumerate() {
        let root = find(&mut roots, at);
        class.insert(number_of(value).to_bits(), mix(root as u64 ^ 0xc1a5));
    }
    let of = |column: &Column| -> Vec<u64> {
        let keys = column.keys(words);
        let class_of = |(value, key): (&Value, &u64)| match value {
            Value::Num(number) => class.get(&number.value.to_bits()).copied().unwrap_or(*key),
            _ => *key,
        };
        column.values.iter().zip(keys.iter()).map(class_of).collect()
    };
    (Cow::Owned(of(needle)), Cow::Owned(of(host)))
}

/// One of each value. Whole numbers beyond what floats hold are told apart by the later check.
fn distinct(sorted: &[Value]) -> Vec<Value> {
    let mut values = sorted.to_vec();
    values.dedup_by(|a, b| number_of(a) == number_of(b) && number_of(a).to_bits() == number_of(b).to_bits());
    values
}

fn find(roots: &mut [usize], mut at: usize) -> usize {
    while roots[at] != at {
        roots[at] = roots[roots[at]];
        at = roots[at];
    }
    at
}

fn union(roots: &mut [usize], a: usize, b: usize) {
    let (a, b) = (find(roots, a), find(roots, b));
    let (low, high) = (a.min(b), a.max(b));
    roots[high] = low;
}
