//! Text functions.

use super::super::failure::SqlFailure;
use super::super::types::list_of;
use super::super::value::Value;
use super::args::{int, int_or, text, text_or};
use super::row::{Returns, RowFunction, RowResult};
use datafusion::arrow::datatypes::DataType;

const TEXT: Returns = Returns::Type(DataType::Utf8);
const INT: Returns = Returns::Type(DataType::Int32);
const BOOL: Returns = Returns::Type(DataType::Boolean);

fn ok(text: impl Into<String>) -> RowResult {
    Ok(Value::Text(text.into()))
}

fn count(number: usize) -> RowResult {
    Ok(Value::Int(number as i64))
}

pub(crate) fn functions() -> Vec<RowFunction> {
    let mut all = vec![
        RowFunction::new("upper", (1, 1), TEXT, |v, _| ok(text(&v[0])?.to_uppercase())),
        RowFunction::new("lower", (1, 1), TEXT, |v, _| ok(text(&v[0])?.to_lowercase())),
        RowFunction::new("initcap", (1, 1), TEXT, |v, _| ok(initcap(&text(&v[0])?))),
        RowFunction::new("reverse", (1, 1), Returns::Rule(reverse_type), reverse),
        RowFunction::new("length", (1, 1), INT, |v, _| match &v[0] {
            Value::Binary(bytes) => count(bytes.len()),
            other => count(text(other)?.chars().count()),
        }),
        RowFunction::new("octet_length", (1, 1), INT, |v, _| count(text(&v[0])?.len())),
        RowFunction::new("bit_length", (1, 1), INT, |v, _| count(text(&v[0])?.len() * 8)),
        RowFunction::new("ascii", (1, 1), INT, |v, _| count(text(&v[0])?.chars().next().map_or(0, |c| c as usize))),
        RowFunction::new("char", (1, 1), TEXT, |v, _| {
            let code = int(&v[0])?;
            let ch = u8::try_from(code.rem_euclid(256)).unwrap_or(0) as char;
            ok(if code < 0 { String::new() } else { ch.to_string() })
        }),
        RowFunction::new("space", (1, 1), TEXT, |v, _| ok(repeat(" ", int(&v[0])?)?)),
        RowFunction::new("repeat", (2, 2), TEXT, |v, _| ok(repeat(&text(&v[0])?, int(&v[1])?)?)),
        RowFunction::new("concat", (1, usize::MAX), TEXT, |v, _| {
            ok(v.iter().map(text).collect::<Result<String, _>>()?)
        }),
        RowFunction::new("concat_ws", (1, usize::MAX), TEXT, concat_ws).seeing_nulls(),
        RowFunction::new("replace", (2, 3), TEXT, |v, _| {
            let search = text(&v[1])?;
            let subject = text(&v[0])?;
            ok(if search.is_empty() { subject } else { subject.replace(&search, &text_or(v, 2, "")?) })
        }),
        RowFunction::new("translate", (3, 3), TEXT, |v, _| {
            let (from, to) = (text(&v[1])?, text(&v[2])?);
            ok(translate(&text(&v[0])?, &from, &to))
        }),
        RowFunction::new("startswith", (2, 2), BOOL, |v, _| Ok(Value::Bool(text(&v[0])?.starts_with(&text(&v[1])?)))),
        RowFunction::new("endswith", (2, 2), BOOL, |v, _| Ok(Value::Bool(text(&v[0])?.ends_with(&text(&v[1])?)))),
        RowFunction::new("contains", (2, 2), BOOL, |v, _| Ok(Value::Bool(text(&v[0])?.contains(&text(&v[1])?)))),
        RowFunction::new("levenshtein", (2, 3), INT, |v, _| {
            let distance = strsim::levenshtein(&text(&v[0])?, &text(&v[1])?) as i64;
            let limit = int_or(v, 2, i64::MAX)?;
            Ok(Value::Int(if distance > limit { -1 } else { distance }))
        }),
        RowFunction::new("find_in_set", (2, 2), INT, |v, _| {
            let (word, set) = (text(&v[0])?, text(&v[1])?);
            let at = if word.contains(',') { None } else { set.split(',').position(|part| part == word) };
            count(at.map_or(0, |at| at + 1))
        }),
        RowFunction::new("elt", (2, usize::MAX), TEXT, |v, _| {
            let at = usize::try_from(int(&v[0])?).unwrap_or(0);
            Ok(if at == 0 || v[at..].is_empty() { Value::Null } else { v.get(at).cloned().unwrap_or(Value::Null) })
        })
        .seeing_nulls(),
    ];
    all.extend(cutting());
    all
}

/// Functions that cut, find and pad.
fn cutting() -> Vec<RowFunction> {
    vec![
        RowFunction::new("substring", (2, 3), TEXT, |v, _| {
            let subject: Vec<char> = text(&v[0])?.chars().collect();
            ok(substring(&subject, int(&v[1])?, int_or(v, 2, i64::MAX)?))
        }),
        RowFunction::new("left", (2, 2), TEXT, |v, _| {
            ok(text(&v[0])?.chars().take(usize::try_from(int(&v[1])?).unwrap_or(0)).collect::<String>())
        }),
        RowFunction::new("right", (2, 2), TEXT, |v, _| {
            let subject: Vec<char> = text(&v[0])?.chars().collect();
            let count = usize::try_from(int(&v[1])?).unwrap_or(0).min(subject.len());
            ok(subject[subject.len() - count..].iter().collect::<String>())
        }),
        RowFunction::new("trim_set", (3, 3), TEXT, |v, _| ok(trim(&text(&v[0])?, &text(&v[1])?, &text(&v[2])?))),
        RowFunction::new("lpad", (2, 3), TEXT, |v, _| {
            let subject = text(&v[0])?;
            ok(pad(&subject, int(&v[1])?, &text_or(v, 2, " ")?, true)?)
        }),
        RowFunction::new("rpad", (2, 3), TEXT, |v, _| {
            let subject = text(&v[0])?;
            ok(pad(&subject, int(&v[1])?, &text_or(v, 2, " ")?, false)?)
        }),
        // locate(needle, text[, from]); instr, position and charindex are written with it.
        RowFunction::new("locate", (2, 3), INT, |v, _| count(locate(&text(&v[0])?, &text(&v[1])?, int_or(v, 2, 1)?))),
        RowFunction::new("split_part", (3, 3), TEXT, |v, _| split_part(&text(&v[0])?, &text(&v[1])?, int(&v[2])?)),
        RowFunction::new("substring_index", (3, 3), TEXT, |v, _| {
            ok(substring_index(&text(&v[0])?, &text(&v[1])?, int(&v[2])?))
        }),
        RowFunction::new("overlay", (3, 4), TEXT, |v, _| {
            let subject: Vec<char> = text(&v[0])?.chars().collect();
            let new = text(&v[1])?;
            let from = usize::try_from(int(&v[2])? - 1).unwrap_or(0).min(subject.len());
            let length = match int_or(v, 3, -1)? {
                length if length < 0 => new.chars().count(),
                length => length as usize,
            };
            let rest = (from + length).min(subject.len());
            let head: String = subject[..from].iter().collect();
            ok(head + &new + &subject[rest..].iter().collect::<String>())
        }),
        RowFunction::new("soundex", (1, 1), TEXT, |v, _| ok(soundex(&text(&v[0])?))),
    ]
}

fn reverse_type(types: &[DataType], _: &[Option<Value>]) -> Result<DataType, SqlFailure> {
    Ok(match &types[0] {
        DataType::List(field) => list_of(field.data_type().clone()),
        _ => DataType::Utf8,
    })
}

fn reverse(values: &[Value], _: &DataType) -> RowResult {
    match &values[0] {
        Value::List(items) => Ok(Value::List(items.iter().rev().cloned().collect())),
        other => ok(text(other)?.chars().rev().collect::<String>()),
    }
}

/// Guards against texts made huge by one call.
fn repeat(text: &str, times: i64) -> Result<String, SqlFailure> {
    let times = usize::try_from(times).unwrap_or(0);
    check_length(text.len().saturating_mul(times))?;
    Ok(text.repeat(times))
}

fn check_length(length: usize) -> Result<(), SqlFailure> {
    if length > 16 << 20 {
        return Err(SqlFailure::exhausted("A text value would be longer than 16 MiB."));
    }
    Ok(())
}

fn initcap(text: &str) -> String {
    let mut start = true;
    let mut result = String::with_capacity(text.len());
    for ch in text.chars() {
        if start {
            result.extend(ch.to_uppercase())
        } else {
            result.extend(ch.to_lowercase())
        }
        start = ch == ' ';
    }
    result
}

fn concat_ws(values: &[Value], _: &DataType) -> RowResult {
    if values[0].is_null() {
        return Ok(Value::Null);
    }
    let mut parts = Vec::new();
    for value in &values[1..] {
        match value {
            Value::Null => {}
            Value::List(items) => {
                for item in items.iter().filter(|item| !item.is_null()) {
                    parts.push(text(item)?);
                }
            }
            other => parts.push(text(other)?),
        }
    }
    ok(parts.join(&text(&values[0])?))
}

fn translate(subject: &str, from: &str, to: &str) -> String {
    let to: Vec<char> = to.chars().collect();
    let map = |ch: char| match from.chars().position(|other| other == ch) {
        Some(at) => to.get(at).copied(),
        None => Some(ch),
    };
    subject.chars().filter_map(map).collect()
}

/// 1-based; negative positions count from the end; what lies before the start shortens the piece.
fn substring(subject: &[char], from: i64, length: i64) -> String {
    let total = subject.len() as i64;
    let start = match from {
        0 => 0,
        1.. => from - 1,
        _ => total.saturating_add(from),
    };
    let end = start.saturating_add(length).clamp(0, total);
    let start = start.clamp(0, total);
    if end <= start { String::new() } else { subject[start as usize..end as usize].iter().collect() }
}

/// `side` is `BOTH`, `LEADING` or `TRAILING`.
fn trim(subject: &str, set: &str, side: &str) -> String {
    let in_set = |ch: char| set.contains(ch);
    match side {
        "LEADING" => subject.trim_start_matches(in_set),
        "TRAILING" => subject.trim_end_matches(in_set),
        _ => subject.trim_matches(in_set),
    }
    .to_owned()
}

fn pad(subject: &str, length: i64, filler: &str, left: bool) -> Result<String, SqlFailure> {
    let length = usize::try_from(length).unwrap_or(0);
    check_length(length)?;
    let chars: Vec<char> = subject.chars().collect();
    if chars.len() >= length || filler.is_empty() {
        return Ok(chars.into_iter().take(length).collect());
    }
    let padding: String = filler.chars().cycle().take(length - chars.len()).collect();
    Ok(if left { padding + subject } else { format!("{subject}{padding}") })
}

fn locate(needle: &str, subject: &str, from: i64) -> usize {
    let Ok(skip) = usize::try_from(from - 1) else { return 0 };
    let Some(start) = subject.char_indices().map(|(at, _)| at).chain([subject.len()]).nth(skip) else { return 0 };
    match subject[start..].find(needle) {
        Some(at) => subject[..start + at].chars().count() + 1,
        None => 0,
    }
}

fn split_part(subject: &str, delimiter: &str, part: i64) -> RowResult {
    if part == 0 {
        return Err(SqlFailure::new("INVALID_INDEX_OF_ZERO", "22003", "The index 0 is invalid. It must not be 0."));
    }
    let parts: Vec<&str> = if delimiter.is_empty() { vec![subject] } else { subject.split(delimiter).collect() };
    let at = if part > 0 { part - 1 } else { parts.len() as i64 + part };
    ok(usize::try_from(at).ok().and_then(|at| parts.get(at)).copied().unwrap_or(""))
}

fn substring_index(subject: &str, delimiter: &str, times: i64) -> String {
    if delimiter.is_empty() || times == 0 {
        return String::new();
    }
    let parts: Vec<&str> = subject.split(delimiter).collect();
    let count = usize::try_from(times.unsigned_abs()).unwrap_or(usize::MAX).min(parts.len());
    let kept = if times > 0 { &parts[..count] } else { &parts[parts.len() - count..] };
    kept.join(delimiter)
}

fn soundex(text: &str) -> String {
    let code = |ch: char| match ch.to_ascii_uppercase() {
        'B' | 'F' | 'P' | 'V' => '1',
        'C' | 'G' | 'J' | 'K' | 'Q' | 'S' | 'X' | 'Z' => '2',
        'D' | 'T' => '3',
        'L' => '4',
        'M' | 'N' => '5',
        'R' => '6',
        'H' | 'W' => '-',
        _ => '0',
    };
    let Some(first) = text.chars().next().filter(char::is_ascii_alphabetic) else { return text.to_owned() };
    let mut result = first.to_ascii_uppercase().to_string();
    let mut last = code(first);
    for ch in text.chars().skip(1).filter(char::is_ascii_alphabetic) {
        let digit = code(ch);
        if digit.is_ascii_digit() && digit != '0' && digit != last {
            result.push(digit);
        }
        if digit != '-' {
            last = digit;
        }
        if result.len() == 4 {
            break;
        }
    }
    format!("{result:0<4}")
}
