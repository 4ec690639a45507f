//! Regular expressions, with compiled patterns kept per thread.

use super::super::failure::SqlFailure;
use super::super::types::list_of;
use super::super::value::Value;
use super::args::{int, int_or, text, text_or};
use super::row::{Returns, RowFunction, RowResult};
use datafusion::arrow::datatypes::DataType;
use regex::{Regex, RegexBuilder};
use std::cell::RefCell;
use std::collections::HashMap;

/// How many compiled patterns a thread keeps.
const KEPT: usize = 64;

thread_local! {
    static COMPILED: RefCell<HashMap<String, Regex>> = RefCell::new(HashMap::new());
}

pub(crate) fn functions() -> Vec<RowFunction> {
    let int_type = || Returns::Type(DataType::Int32);
    vec![
        RowFunction::new("regexp_like", (2, 2), Returns::Type(DataType::Boolean), |v, _| {
            Ok(Value::Bool(pattern(&v[1], "regexp_like")?.is_match(&text(&v[0])?)))
        }),
        RowFunction::new("regexp_replace", (3, 4), Returns::Type(DataType::Utf8), |v, _| {
            let regex = pattern(&v[1], "regexp_replace")?;
            let new = java_replacement(&text(&v[2])?);
            let subject = text(&v[0])?;
            let skip = byte_offset(&subject, int_or(v, 3, 1)?);
            let replaced = regex.replace_all(&subject[skip..], new.as_str());
            Ok(Value::Text(format!("{}{replaced}", &subject[..skip])))
        }),
        RowFunction::new("regexp_extract", (2, 3), Returns::Type(DataType::Utf8), |v, _| {
            let (subject, group) = (text(&v[0])?, group(v, 2)?);
            let regex = pattern(&v[1], "regexp_extract")?;
            check_group(&regex, group, "regexp_extract")?;
            let found =
                regex.captures(&subject).and_then(|captures| captures.get(group).map(|m| m.as_str().to_owned()));
            Ok(Value::Text(found.unwrap_or_default()))
        }),
        RowFunction::new("regexp_extract_all", (2, 3), Returns::Type(list_of(DataType::Utf8)), |v, _| {
            let (subject, group) = (text(&v[0])?, group(v, 2)?);
            let regex = pattern(&v[1], "regexp_extract_all")?;
            check_group(&regex, group, "regexp_extract_all")?;
            let found = regex.captures_iter(&subject).map(|captures| {
                Value::Text(captures.get(group).map_or(String::new(), |found| found.as_str().to_owned()))
            });
            Ok(Value::List(found.collect()))
        }),
        RowFunction::new("regexp_count", (2, 2), int_type(), |v, _| {
            Ok(Value::Int(pattern(&v[1], "regexp_count")?.find_iter(&text(&v[0])?).count() as i64))
        }),
        RowFunction::new("regexp_substr", (2, 2), Returns::Type(DataType::Utf8), |v, _| {
            let subject = text(&v[0])?;
            let found = pattern(&v[1], "regexp_substr")?.find(&subject).map(|found| found.as_str().to_owned());
            Ok(found.map_or(Value::Null, Value::Text))
        }),
        RowFunction::new("regexp_instr", (2, 3), int_type(), |v, _| {
            let subject = text(&v[0])?;
            let at = pattern(&v[1], "regexp_instr")?.find(&subject).map(|found| found.start());
            Ok(Value::Int(at.map_or(0, |at| subject[..at].chars().count() as i64 + 1)))
        }),
        RowFunction::new("split", (2, 3), Returns::Type(list_of(DataType::Utf8)), split),
    ]
}

/// The text pattern as a regex; Java's syntax is close enough to Rust's for what people write,
/// and look-around is refused with a clear error.
fn pattern(value: &Value, function: &str) -> Result<Regex, SqlFailure> {
    let source = text(value)?;
    COMPILED.with_borrow_mut(|compiled| {
        if let Some(regex) = compiled.get(&source) {
            return Ok(regex.clone());
        }
        let regex = RegexBuilder::new(&source).size_limit(1 << 20).build().map_err(|_| {
            SqlFailure::new(
                "INVALID_PARAMETER_VALUE.PATTERN",
                "22023",
                format!("The value of parameter(s) `regexp` in `{function}` is invalid: '{source}'."),
            )
        })?;
        if compiled.len() >= KEPT {
            compiled.clear();
        }
        compiled.insert(source, regex.clone());
        Ok(regex)
    })
}

fn group(values: &[Value], at: usize) -> Result<usize, SqlFailure> {
    Ok(usize::try_from(int_or(values, at, 1)?).unwrap_or(usize::MAX))
}

fn check_group(regex: &Regex, group: usize, function: &str) -> Result<(), SqlFailure> {
    let groups = regex.captures_len() - 1;
    if group <= groups {
        return Ok(());
    }
    Err(SqlFailure::new(
        "INVALID_PARAMETER_VALUE.REGEX_GROUP_INDEX",
        "22023",
        format!(
            "The value of parameter(s) `idx` in `{function}` is invalid: Expects group index between 0 and {groups}, but \
             got {group}."
        ),
    ))
}

/// Java writes groups `$1` and escapes with `\`; Rust reads `$1x` as a name, so braces are added.
fn java_replacement(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(ch) = chars.next() {
        match ch {
            '\\' => match chars.next() {
                Some('$') => result.push_str("$$"),
                Some(other) => result.push(other),
                None => {}
            },
            '$' if chars.peek().is_some_and(char::is_ascii_digit) => {
                result.push_str("${");
                while let Some(digit) = chars.next_if(char::is_ascii_digit) {
                    result.push(digit);
                }
                result.push('}');
            }
            '$' => result.push_str("$$"),
            other => result.push(other),
        }
    }
    result
}

/// Where the 1-based character position begins.
fn byte_offset(subject: &str, position: i64) -> usize {
    let skip = usize::try_from(position - 1).unwrap_or(0);
    subject.char_indices().map(|(at, _)| at).nth(skip).unwrap_or(subject.len())
}

fn split(values: &[Value], _: &DataType) -> RowResult {
    let subject = text(&values[0])?;
    let limit = if values.len() > 2 { int(&values[2])? } else { -1 };
    let source = text_or(values, 1, "")?;
    let parts: Vec<String> = if source.is_empty() {
        subject.chars().map(String::from).collect()
    } else {
        let regex = pattern(&values[1], "split")?;
        match usize::try_from(limit) {
            Ok(limit) if limit > 0 => regex.splitn(&subject, limit).map(str::to_owned).collect(),
            _ => regex.split(&subject).map(str::to_owned).collect(),
        }
    };
    Ok(Value::List(parts.into_iter().map(Value::Text).collect()))
}
