//! A result read for comparison: columns of values, with what is needed to rule out a pair of
//! columns without looking at every row.

use super::number::NumRule;
use super::number::mix;
use super::value::{Value, normal};
use crate::model::ResultSet;
use std::borrow::Cow;
use std::cell::OnceCell;

/// A read result.
#[derive(Clone, Debug)]
pub(super) struct Table {
    /// In lower case and normal form.
    pub names: Vec<String>,
    pub columns: Vec<Column>,
    pub rows: usize,
}

/// A read column.
#[derive(Clone, Debug)]
pub(super) struct Column {
    pub values: Vec<Value>,
    keys: Vec<u64>,
    /// Order-free fingerprint of all keys, and of those that are not numbers.
    print: (u64, u64),
    other_print: (u64, u64),
    /// Fingerprint of the keys in their order.
    pub sequence: u64,
    has_bool: bool,
    has_word: bool,
    has_fraction: bool,
    /// How many are numbers.
    numbers: usize,
    /// Most decimals shown by a number.
    pub decimals: u8,
    /// Finite and infinite numbers in ascending order, on demand.
    sorted: OnceCell<Vec<Value>>,
    distinct: OnceCell<usize>,
}

impl Table {
    /// Rows that are shorter than the header are filled up with NULL.
    pub fn read(result: &ResultSet) -> Self {
        let width = result.columns.len().max(result.rows.iter().map(Vec::len).max().unwrap_or(0));
        let mut values: Vec<Vec<Value>> = (0..width).map(|_| Vec::with_capacity(result.rows.len())).collect();
        for row in &result.rows {
            for (at, column) in values.iter_mut().enumerate() {
                column.push(row.get(at).map_or(Value::Null, Value::read));
            }
        }
        let columns = values.into_iter().map(Column::new).collect();
        let name = |at: usize| result.columns.get(at).map_or(String::new(), |c| normal(&c.name).to_lowercase());
        Self { names: (0..width).map(name).collect(), columns, rows: result.rows.len() }
    }

    pub fn width(&self) -> usize {
        self.columns.len()
    }

    /// The rows at these positions, in this order.
    pub fn pick(&self, rows: &[usize]) -> Self {
        let pick = |column: &Column| Column::new(rows.iter().map(|row| column.values[*row]).collect());
        Self { names: self.names.clone(), columns: self.columns.iter().map(pick).collect(), rows: rows.len() }
    }
}

impl Column {
    pub fn new(values: Vec<Value>) -> Self {
        let mut column = Self {
            keys: Vec::with_capacity(values.len()),
            print: (0, 0),
            other_print: (0, 0),
            sequence: 0,
            has_bool: false,
            has_word: false,
            has_fraction: false,
            numbers: 0,
            decimals: 0,
            sorted: OnceCell::new(),
            distinct: OnceCell::new(),
            values: Vec::new(),
        };
        // One pass: results have a hundred thousand cells.
        for value in &values {
            let key = value.key(false);
            column.keys.push(key);
            add(&mut column.print, key);
            column.sequence = mix(column.sequence ^ key);
            match value {
                Value::Num(number) => {
                    column.numbers += 1;
                    column.has_fraction |= number.whole.is_none();
                    column.decimals = column.decimals.max(number.decimals);
                    continue;
                }
                Value::Bool(_) => column.has_bool = true,
                Value::Word { .. } => column.has_word = true,
                _ => {}
            }
            add(&mut column.other_print, key);
        }
        column.values = values;
        column
    }

    /// True if cells may be equal that are of different types.
    pub fn has_bool(&self) -> bool {
        self.has_bool
    }

    pub fn keys(&self, words: bool) -> Cow<'_, [u64]> {
        if words && self.has_word {
            Cow::Owned(self.values.iter().map(|value| value.key(true)).collect())
        } else {
            Cow::Borrowed(&self.keys)
        }
    }

    pub fn distinct(&self) -> usize {
        *self.distinct.get_or_init(|| {
            let mut keys = self.keys.clone();
            keys.sort_unstable();
            keys.dedup();
            keys.len()
        })
    }

    pub fn sorted_numbers(&self) -> &[Value] {
        self.sorted.get_or_init(|| {
            let mut numbers: Vec<Value> =
                self.values.iter().filter(|value| matches!(value, Value::Num(_))).copied().collect();
            numbers.sort_by(|a, b| number_of(a).total_cmp(&number_of(b)));
            numbers
        })
    }

    /// True if booleans make the words `true` and `false` count as such in this pair.
    pub fn reads_words_with(&self, other: &Self) -> bool {
        self.has_bool || other.has_bool
    }

    /// True if tolerance can make values of the pair equal that have different keys.
    pub fn tolerates(&self, other: &Self, rule: &NumRule) -> bool {
        rule.tolerance.is_some() || self.has_fraction || other.has_fraction
    }

    /// True if both hold exactly the same values, each as often.
    pub fn same_values(&self, other: &Self) -> bool {
        if self.reads_words_with(other) && (self.has_word || other.has_word) {
            return fingerprint(self.keys(true).iter().copied()) == fingerprint(other.keys(true).iter().copied());
        }
        self.print == other.print
    }

    /// True if the values of both columns can be paired off under the rule.
    pub fn compatible(&self, other: &Self, rule: &NumRule, swapped: bool) -> bool {
        if self.same_values(other) {
            return true;
        }
        // As many numbers and the same of everything else, before anything is sorted.
        let alike = self.numbers == other.numbers && self.other_print == other.other_print;
        if !self.tolerates(other, rule) || !alike {
            return false;
        }
        let (a, b) = (self.sorted_numbers(), other.sorted_numbers());
        let agree = |a: &Value, b: &Value| if swapped { b.agrees(a, rule) } else { a.agrees(b, rule) }.is_some();
        a.iter().zip(b).all(|(a, b)| agree(a, b))
    }
}

pub(super) fn number_of(value: &Value) -> f64 {
    match value {
        Value::Num(number) => number.value,
        _ => f64::NAN,
    }
}

/// Sums over two scramblings: equal for equal multisets, and for others only by accident.
fn fingerprint(keys: impl Iterator<Item = u64>) -> (u64, u64) {
    let mut print = (0, 0);
    keys.for_each(|key| add(&mut print, key));
    print
}

fn add(print: &mut (u64, u64), key: u64) {
    print.0 = print.0.wrapping_add(key);
    print.1 = print.1.wrapping_add(mix(key ^ 0xa5a5));
}
