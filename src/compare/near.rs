//! Results of the same shape whose differences all have one harmless-looking explanation. Rules
//! cannot tell whether it is harmless; a judge may.

use super::Ruling;
use super::align::likely_maps;
use super::number::Num;
use super::order;
use super::rows::Case;
use super::search::{Found, Pair, Relation};
use super::table::{Column, number_of};
use super::time::{self, Grain};
use super::value::{Value, normal};
use crate::model::{Cell, ResultSet};

/// The two columns of a pair, made comparable under an explanation; several ways to try.
type Reading = Vec<(Column, Column)>;
/// An explanation: from the raw cells and the read columns of a pair.
type Explanation = fn(&Raw, &Raw) -> Reading;

/// A column as it came and as it was read.
struct Raw<'a> {
    result: &'a ResultSet,
    at: usize,
    column: &'a Column,
}

impl Raw<'_> {
    fn map(&self, read: impl Fn(&Cell, Value) -> Value) -> Column {
        let cell = |row: usize| self.result.rows[row].get(self.at).unwrap_or(&Cell::Null);
        Column::new(self.column.values.iter().enumerate().map(|(row, value)| read(cell(row), *value)).collect())
    }
}

const EXPLANATIONS: [(&str, Explanation); 6] = [
    ("PERCENT_SCALE", |e, a| scaled(e, a, &[100.0])),
    ("UNIT_SCALE", |e, a| scaled(e, a, &[1e3, 1e6, 60.0, 3600.0, 24.0])),
    ("STRING_CASE", |e, a| vec![(e.map(lower), a.map(lower))]),
    ("NULL_ZERO", |e, a| vec![(e.map(null_zero), a.map(null_zero))]),
    ("FORMATTED_NUMBER", formatted),
    ("DATE_GRAIN", cut),
];

/// The explanation that covers every differing column, as a ruling.
pub(super) fn near_miss(case: &Case, pair: &Pair) -> Option<Ruling> {
    if case.expected.rows != case.actual.rows || case.expected.width() != case.actual.width() {
        return None;
    }
    likely_maps(pair).iter().find_map(|map| {
        let differing: Vec<usize> = (0..map.len()).filter(|at| !pair.compatible(*at, map[*at])).collect();
        // With no column different in itself, the association of the rows is broken.
        if differing.is_empty() {
            return None;
        }
        EXPLANATIONS.iter().find_map(|(reason, explanation)| {
            let found = explained(case, pair, map, &differing, *explanation)?;
            Some(ruling(case, reason, &found))
        })
    })
}

fn ruling(case: &Case, reason: &'static str, found: &Found) -> Ruling {
    if reason != "PERCENT_SCALE" || !case.policy.percent_ok {
        return Ruling::undecided(reason);
    }
    let all: Vec<usize> = (0..case.expected.rows).collect();
    let order = order::check(case, found, &all, &all);
    case.accept(found, order, &["PERCENT_SCALE"])
}

/// The map with its groups, if all rows agree once every differing column is read that way.
fn explained(case: &Case, pair: &Pair, map: &[usize], differing: &[usize], explanation: Explanation) -> Option<Found> {
    let mut read = Vec::new();
    for &at in differing {
        let raw_e = Raw { result: case.gold, at, column: &case.expected.columns[at] };
        let raw_a = Raw { result: case.answer, at: map[at], column: &case.actual.columns[map[at]] };
        let rule = pair.rule(at, map[at]);
        read.push(explanation(&raw_e, &raw_a).into_iter().find(|(e, a)| e.compatible(a, &rule, false))?);
    }
    let (mut expected, mut actual) = (case.expected.clone(), case.actual.clone());
    for (at, (e, a)) in differing.iter().zip(read) {
        expected.columns[*at] = e;
        actual.columns[map[*at]] = a;
    }
    let fixed: Vec<Option<usize>> = map.iter().copied().map(Some).collect();
    case.pair_of(&expected, &actual, false).search(Relation::Same, &fixed).found()
}

/// Either side times or divided by a factor. Multiplying one side or dividing the other is not
/// the same where one of them was rounded.
fn scaled(e: &Raw, a: &Raw, factors: &[f64]) -> Reading {
    let by = |raw: &Raw, factor: f64| {
        raw.map(|_, value| match value {
            Value::Num(number) => Value::Num(number.times(factor)),
            other => other,
        })
    };
    // The sums must scale too, but for what rounding to two decimals or three digits takes away;
    // this saves reading whole columns for factors that cannot be.
    let sum = |raw: &Raw| raw.column.sorted_numbers().iter().map(|value| number_of(value).abs()).sum::<f64>();
    let (gold, answer, rows) = (sum(e), sum(a), e.column.values.len() as f64);
    let likely = |from: f64, factor: f64, to: f64| {
        let scaled = from * factor;
        (scaled - to).abs() <= 0.01 * scaled.max(to) + 0.006 * rows * factor.max(1.0)
    };
    let mut tries = Vec::new();
    for factor in factors.iter().flat_map(|factor| [*factor, 1.0 / *factor]) {
        if likely(gold, factor, answer) {
            tries.push((by(e, factor), a.column.clone()));
        }
        if likely(answer, factor, gold) {
            tries.push((e.column.clone(), by(a, factor)));
        }
    }
    tries
}

fn lower(cell: &Cell, value: Value) -> Value {
    match cell {
        Cell::Text(text) => Value::read(&Cell::Text(normal(text).to_lowercase())),
        _ => value,
    }
}

fn null_zero(cell: &Cell, value: Value) -> Value {
    match (cell, value) {
        (_, Value::Num(Num { value: 0.0, .. })) => Value::Null,
        (Cell::Text(text), _) if text.trim().is_empty() => Value::Null,
        _ => value,
    }
}

/// Text with signs of money, thousands and percent read as a number; a percentage once as it
/// stands and once as a fraction.
fn formatted(e: &Raw, a: &Raw) -> Reading {
    let read = |raw: &Raw, percent: f64| {
        raw.map(|cell, value| match (cell, value) {
            (Cell::Text(text), Value::Text(_)) => match formatted_number(text) {
                Some((number, true)) if percent != 1.0 => Value::Num(number.times(percent)),
                Some((number, _)) => Value::Num(number),
                None => value,
            },
            _ => value,
        })
    };
    [1.0, 0.01].into_iter().map(|percent| (read(e, percent), read(a, percent))).collect()
}

/// A number with currency signs, grouping commas or a unit around it, and whether it is a
/// percentage.
fn formatted_number(text: &str) -> Option<(Num, bool)> {
    const UNITS: [&str; 14] =
        ["KRW", "USD", "EUR", "JPY", "GBP", "CNY", "US$", "원", "달러", "엔", "명", "건", "개", "%"];
    let text = normal(text);
    let negative = text.starts_with('-') || (text.starts_with('(') && text.ends_with(')'));
    let mut body: &str = text.trim_matches(|c| matches!(c, '(' | ')' | '-' | '+' | ' '));
    let mut percent = false;
    loop {
        let before = body;
        for unit in UNITS {
            if let Some(rest) = body.strip_prefix(unit).or_else(|| body.strip_suffix(unit)) {
                percent |= unit == "%";
                body = rest;
            }
        }
        body = body.trim_matches(|c| matches!(c, '₩' | '$' | '€' | '¥' | '£' | '￦' | ' '));
        if body == before {
            break;
        }
    }
    let body = body.strip_prefix('-').unwrap_or(body);
    let digits = ungrouped(body)?;
    let number = Num::parse(&if negative { format!("-{digits}") } else { digits })?;
    Some((number, percent))
}

/// Takes commas out if they stand between groups of three digits.
fn ungrouped(text: &str) -> Option<String> {
    let (whole, fraction) = text.split_once('.').map_or((text, None), |(w, f)| (w, Some(f)));
    let mut groups = whole.split(',');
    let first = groups.next()?;
    let rest: Vec<&str> = groups.collect();
    if rest.iter().any(|group| group.len() != 3) || (!rest.is_empty() && first.len() > 3) {
        return None;
    }
    let whole = format!("{first}{}", rest.concat());
    Some(fraction.map_or(whole.clone(), |fraction| format!("{whole}.{fraction}")))
}

/// One side holds the periods that the other side's dates lie in.
fn cut(e: &Raw, a: &Raw) -> Reading {
    let (Some(expected), Some(actual)) = (instants(e), instants(a)) else { return Vec::new() };
    let as_column = |instants: &[Option<i64>], grain: Option<Grain>| {
        let value = |micros: i64| Value::Time(grain.map_or(micros, |grain| grain.cut(micros)));
        Column::new(instants.iter().map(|at| at.map_or(Value::Null, value)).collect())
    };
    let tries = Grain::ALL.into_iter().flat_map(|grain| {
        [
            (as_column(&expected, Some(grain)), as_column(&actual, None)),
            (as_column(&expected, None), as_column(&actual, Some(grain))),
        ]
    });
    tries.collect()
}

/// Every cell as the start of a period; none if some cell is no time at all, or all are numbers.
fn instants(raw: &Raw) -> Option<Vec<Option<i64>>> {
    let read = |(row, value): (usize, &Value)| -> Option<Option<i64>> {
        let text = raw.result.rows[row].get(raw.at).and_then(Cell::as_wire).unwrap_or_default();
        match value {
            Value::Null => Some(None),
            Value::Time(micros) => Some(Some(*micros)),
            Value::Text(_) | Value::Num(_) => time::period(&normal(&text)).map(Some),
            _ => None,
        }
    };
    raw.column.values.iter().enumerate().map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_their_finery() {
        for (text, value, percent) in [
            ("₩1,234", 1234.0, false),
            ("12.3%", 12.3, true),
            ("$ 1,234.50", 1234.5, false),
            ("-1,234원", -1234.0, false),
            ("(5.5)", -5.5, false),
            ("1,234,567 KRW", 1_234_567.0, false),
        ] {
            let (number, is_percent) = formatted_number(text).expect(text);
            assert!((number.value - value).abs() < 1e-9 && is_percent == percent, "{text}");
        }
        for text in ["1,23", "abc", "", "%", "1,2345", "A1"] {
            assert!(formatted_number(text).is_none(), "{text}");
        }
    }
}
