//! Numbers as text in other forms, hashes, encodings and bits.

use super::super::decimal;
use super::super::failure::SqlFailure;
use super::super::value::Value;
use super::args::{double, int, text};
use super::row::{Returns, RowFunction, RowResult};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use datafusion::arrow::datatypes::DataType;
use sha2::{Digest, Sha224, Sha256, Sha384, Sha512};

const TEXT: Returns = Returns::Type(DataType::Utf8);
const INT: Returns = Returns::Type(DataType::Int32);
const LONG: Returns = Returns::Type(DataType::Int64);

pub(crate) fn functions() -> Vec<RowFunction> {
    vec![
        RowFunction::new("format_number", (2, 2), TEXT, |v, _| format_number(&v[0], &v[1])),
        RowFunction::new("spark_number_text", (2, 2), TEXT, |v, _| number_text(&v[0], &text(&v[1])?)),
        RowFunction::new("to_number", (2, 2), Returns::Rule(number_type), |v, t| {
            read_number(&text(&v[0])?, &text(&v[1])?, t)
        }),
        RowFunction::new("try_to_number", (2, 2), Returns::Rule(number_type), |v, t| {
            Ok(read_number(&text(&v[0])?, &text(&v[1])?, t).unwrap_or(Value::Null))
        }),
        RowFunction::new("conv", (3, 3), TEXT, |v, _| conv(&text(&v[0])?, int(&v[1])?, int(&v[2])?)),
        RowFunction::new("bin", (1, 1), TEXT, |v, _| Ok(Value::Text(format!("{:b}", int(&v[0])?)))),
        RowFunction::new("hex", (1, 1), TEXT, |v, _| {
            Ok(Value::Text(match &v[0] {
                Value::Int(number) => format!("{number:X}"),
                Value::Binary(bytes) => hex(bytes).to_uppercase(),
                other => hex(text(other)?.as_bytes()).to_uppercase(),
            }))
        }),
        RowFunction::new("unhex", (1, 1), Returns::Type(DataType::Binary), |v, _| Ok(unhex(&text(&v[0])?))),
        RowFunction::new("base64", (1, 1), TEXT, |v, _| Ok(Value::Text(STANDARD.encode(bytes(&v[0])?)))),
        RowFunction::new("unbase64", (1, 1), Returns::Type(DataType::Binary), |v, _| {
            Ok(STANDARD.decode(text(&v[0])?).map_or(Value::Null, Value::Binary))
        }),
        RowFunction::new("sha2", (2, 2), TEXT, |v, _| {
            let bytes = bytes(&v[0])?;
            Ok(match int(&v[1])? {
                224 => Value::Text(hex(&Sha224::digest(bytes))),
                0 | 256 => Value::Text(hex(&Sha256::digest(bytes))),
                384 => Value::Text(hex(&Sha384::digest(bytes))),
                512 => Value::Text(hex(&Sha512::digest(bytes))),
                _ => Value::Null,
            })
        }),
        RowFunction::new("shiftleft", (2, 2), LONG, |v, _| {
            Ok(Value::Int(int(&v[0])?.wrapping_shl(int(&v[1])? as u32)))
        }),
        RowFunction::new("shiftright", (2, 2), LONG, |v, _| {
            Ok(Value::Int(int(&v[0])?.wrapping_shr(int(&v[1])? as u32)))
        }),
        RowFunction::new("bit_count", (1, 1), INT, |v, _| Ok(Value::Int(int(&v[0])?.count_ones().into()))),
        RowFunction::new("bit_get", (2, 2), INT, |v, _| Ok(Value::Int(int(&v[0])? >> int(&v[1])?.clamp(0, 63) & 1))),
    ]
}

fn bytes(value: &Value) -> Result<Vec<u8>, SqlFailure> {
    match value {
        Value::Binary(bytes) => Ok(bytes.clone()),
        other => Ok(text(other)?.into_bytes()),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Value {
    let padded = if text.len() % 2 == 1 { format!("0{text}") } else { text.to_owned() };
    let digits: Option<Vec<u8>> = padded.chars().map(|ch| ch.to_digit(16).map(|digit| digit as u8)).collect();
    digits.map_or(Value::Null, |digits| Value::Binary(digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()))
}

/// With commas, rounded half even to so many digits, or in a pattern such as `#,###.00`.
fn format_number(value: &Value, form: &Value) -> RowResult {
    let digits = match form {
        Value::Text(pattern) => pattern.rsplit_once('.').map_or(0, |(_, fraction)| fraction.len() as i64),
        other => int(other)?,
    };
    let Ok(digits) = usize::try_from(digits) else { return Ok(Value::Null) };
    let plain = fixed(value, digits)?;
    let with_commas = !matches!(form, Value::Text(pattern) if !pattern.contains(','));
    Ok(Value::Text(if with_commas { group(&plain) } else { plain }))
}

/// The number with exactly so many digits of the fraction.
fn fixed(value: &Value, digits: usize) -> Result<String, SqlFailure> {
    let shape = (38, digits.min(30) as i8);
    match value {
        Value::Int(number) => {
            Ok(super::super::show::decimal_text(decimal::rescale((*number).into(), 0, shape)?, shape.1))
        }
        Value::Decimal(unscaled, scale) => {
            Ok(super::super::show::decimal_text(decimal::rescale(*unscaled, *scale, shape)?, shape.1))
        }
        other => Ok(format!("{:.digits$}", double(other)?)),
    }
}

/// `1234567.5` → `1,234,567.5`.
fn group(plain: &str) -> String {
    let (sign, rest) = plain.strip_prefix('-').map_or(("", plain), |rest| ("-", rest));
    let (whole, fraction) = rest.find('.').map_or((rest, ""), |at| rest.split_at(at));
    let mut grouped = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    format!("{sign}{grouped}{fraction}")
}

/// `to_char` of a number: `9` and `0` are digits, `,` `.` `$` `S` `MI` stand for themselves.
fn number_text(value: &Value, form: &str) -> RowResult {
    let form = form.to_uppercase();
    let (whole_form, fraction_form) = form.split_once(['.', 'D']).unwrap_or((&form, ""));
    let places = fraction_form.chars().filter(|ch| matches!(ch, '0' | '9')).count();
    let plain = fixed(value, places)?;
    let negative = plain.starts_with('-');
    let plain = plain.trim_start_matches('-');
    let (whole, fraction) = plain.split_once('.').unwrap_or((plain, ""));
    let slots = whole_form.chars().filter(|ch| matches!(ch, '0' | '9')).count();
    let whole = if whole == "0" && !whole_form.ends_with('0') && places > 0 { "" } else { whole };
    if whole.len() > slots {
        return Ok(Value::Text(form.replace(['0', '9'], "#")));
    }
    let mut digits = whole.chars();
    let (mut result, mut skip, mut started, mut forced) = (String::new(), slots - whole.len(), false, false);
    for ch in whole_form.chars() {
        match ch {
            '0' | '9' => {
                forced |= ch == '0';
                if skip > 0 {
                    skip -= 1;
                    result.push(if forced { '0' } else { ' ' });
                } else {
                    result.extend(digits.next());
                    started = true;
                }
            }
            ',' | 'G' => result.push(if started || forced { ',' } else { ' ' }),
            '$' => result.push('$'),
            'S' => result.push(if negative { '-' } else { '+' }),
            _ => {}
        }
    }
    if places > 0 {
        result.push('.');
        result.push_str(fraction);
    }
    if negative && !whole_form.contains('S') {
        let at = result.len() - result.trim_start().len();
        result.insert(at, '-');
    }
    Ok(Value::Text(result))
}

fn number_type(_: &[DataType], constants: &[Option<Value>]) -> Result<DataType, SqlFailure> {
    let Some(Some(Value::Text(form))) = constants.get(1) else { return Ok(DataType::Decimal128(38, 18)) };
    let (whole, fraction) = form.split_once(['.', 'D']).unwrap_or((form, ""));
    let count = |part: &str| part.chars().filter(|ch| matches!(ch, '0' | '9')).count();
    let (whole, fraction) = (count(whole), count(fraction).min(18));
    Ok(DataType::Decimal128((whole + fraction).clamp(1, 38) as u8, fraction as i8))
}

fn read_number(words: &str, form: &str, returns: &DataType) -> RowResult {
    let DataType::Decimal128(precision, scale) = returns else { return Ok(Value::Null) };
    let plain: String = words.chars().filter(|ch| ch.is_ascii_digit() || matches!(ch, '.' | '-')).collect();
    let odd = words.chars().any(|ch| !ch.is_ascii_digit() && !" .,-+$%<>".contains(ch));
    match decimal::parse(&plain) {
        Some((unscaled, from)) if !odd => {
            decimal::rescale(unscaled, from, (*precision, *scale)).map(|value| Value::Decimal(value, *scale))
        }
        _ => Err(SqlFailure::new(
            "INVALID_FORMAT.MISMATCH_INPUT",
            "42601",
            format!("The format is invalid: '{form}'. The input \"STRING\" {words} does not match the format."),
        )),
    }
}

fn conv(words: &str, from: i64, to: i64) -> RowResult {
    let (Ok(from), Ok(to)) = (u32::try_from(from), u32::try_from(to)) else { return Ok(Value::Null) };
    if !(2..=36).contains(&from) || !(2..=36).contains(&to) {
        return Ok(Value::Null);
    }
    let digits: String = words.trim().chars().take_while(|ch| ch.is_digit(from)).collect();
    let mut number = u64::from_str_radix(&digits, from).unwrap_or(if digits.is_empty() { 0 } else { u64::MAX });
    let mut result = Vec::new();
    while number > 0 {
        let digit = (number % u64::from(to)) as u32;
        result.push(char::from_digit(digit, to).unwrap_or('0').to_ascii_uppercase());
        number /= u64::from(to);
    }
    Ok(Value::Text(if result.is_empty() { "0".to_owned() } else { result.into_iter().rev().collect() }))
}
