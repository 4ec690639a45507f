//! Values as text: Spark's `CAST(… AS STRING)` and the API's cells.

use super::calendar::Civil;
use super::value::{DAY, Value};

/// The text Spark's cast to STRING gives; nothing for NULL.
pub(crate) fn as_text(value: &Value) -> Option<String> {
    Some(match value {
        Value::Null => return None,
        Value::Bool(flag) => flag.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Float(number) => java_float(&format!("{number:e}"), f64::from(*number)),
        Value::Double(number) => java_float(&format!("{number:e}"), *number),
        Value::Decimal(unscaled, scale) => decimal_text(*unscaled, *scale),
        Value::Text(text) => text.clone(),
        Value::Binary(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        Value::Date(days) => date_text(*days),
        Value::Timestamp(micros) => timestamp_text(*micros),
        Value::Interval(months, days, micros) => interval_text(*months, *days, *micros),
        Value::List(items) => {
            let items: Vec<String> = items.iter().map(|item| as_text(item).unwrap_or_else(|| "null".into())).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Nested(scalar) => scalar.to_string(),
    })
}

/// `Double.toString`: plain between 10^-3 and 10^7, else with an exponent; always a fraction.
fn java_float(scientific: &str, number: f64) -> String {
    if let Some(special) = special_float(number) {
        return special.to_owned();
    }
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if number == 0.0 || (-3..7).contains(&exponent) {
        return plain(mantissa, exponent);
    }
    let fraction = if mantissa.contains('.') { "" } else { ".0" };
    format!("{mantissa}{fraction}E{exponent}")
}

fn special_float(number: f64) -> Option<&'static str> {
    match number {
        n if n.is_nan() => Some("NaN"),
        f64::INFINITY => Some("Infinity"),
        f64::NEG_INFINITY => Some("-Infinity"),
        _ => None,
    }
}

/// `1.25`, 3 → `1250.0`.
fn plain(mantissa: &str, exponent: i32) -> String {
    let (sign, mantissa) = mantissa.strip_prefix('-').map_or(("", mantissa), |rest| ("-", rest));
    let digits: String = mantissa.chars().filter(|ch| *ch != '.').collect();
    let point = exponent + 1;
    if point <= 0 {
        return format!("{sign}0.{}{digits}", "0".repeat(point.unsigned_abs() as usize));
    }
    let point = point as usize;
    if digits.len() <= point {
        return format!("{sign}{digits}{}.0", "0".repeat(point - digits.len()));
    }
    format!("{sign}{}.{}", &digits[..point], &digits[point..])
}

/// A float as the API writes it: the shortest decimal that reads back, in plain notation where
/// that stays short.
pub(crate) fn wire_float(scientific: &str, number: f64) -> String {
    if let Some(special) = special_float(number) {
        return special.to_owned();
    }
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if number == 0.0 || (-7..16).contains(&exponent) {
        return plain(mantissa, exponent);
    }
    let fraction = if mantissa.contains('.') { "" } else { ".0" };
    format!("{mantissa}{fraction}E{exponent}")
}

/// All digits of the scale, never an exponent.
pub(crate) fn decimal_text(unscaled: i128, scale: i8) -> String {
    if scale <= 0 {
        return format!("{unscaled}{}", "0".repeat(scale.unsigned_abs().into()));
    }
    let scale = scale as usize;
    let digits = format!("{:0>width$}", unscaled.unsigned_abs(), width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    let sign = if unscaled < 0 { "-" } else { "" };
    format!("{sign}{whole}.{fraction}")
}

/// `yyyy-MM-dd`.
pub(crate) fn date_text(days: i32) -> String {
    let at = Civil::of_days(days);
    let sign = if at.year < 0 { "-" } else { "" };
    format!("{sign}{:04}-{:02}-{:02}", at.year.unsigned_abs(), at.month, at.day)
}

/// `yyyy-MM-dd HH:mm:ss`, with as many digits of the fraction as it has.
pub(crate) fn timestamp_text(micros: i64) -> String {
    let at = Civil::of_micros(micros);
    let time = format!("{} {:02}:{:02}:{:02}", date_part(micros), at.hour(), at.minute(), at.second());
    match at.fraction() {
        0 => time,
        fraction => format!("{time}.{}", format!("{fraction:06}").trim_end_matches('0')),
    }
}

/// `yyyy-MM-ddTHH:mm:ss.SSSZ`, as the API writes timestamps.
pub(crate) fn wire_timestamp(micros: i64) -> String {
    let at = Civil::of_micros(micros);
    let millis = at.fraction() / 1_000;
    format!("{}T{:02}:{:02}:{:02}.{millis:03}Z", date_part(micros), at.hour(), at.minute(), at.second())
}

fn date_part(micros: i64) -> String {
    date_text(super::calendar::day_of(micros))
}

/// `INTERVAL '1 02:03:04' DAY TO SECOND` and its month form.
pub(crate) fn interval_text(months: i32, days: i32, micros: i64) -> String {
    if months != 0 {
        let sign = if months < 0 { "-" } else { "" };
        let months = months.unsigned_abs();
        return format!("INTERVAL '{sign}{}-{}' YEAR TO MONTH", months / 12, months % 12);
    }
    let total = i64::from(days) * DAY + micros;
    let sign = if total < 0 { "-" } else { "" };
    let total = total.unsigned_abs() as i64;
    let at = Civil::of_micros(total);
    let fraction = match at.fraction() {
        0 => String::new(),
        fraction => format!(".{}", format!("{fraction:06}").trim_end_matches('0')),
    };
    let days = total / DAY;
    let time = format!("{:02}:{:02}:{:02}{fraction}", at.hour(), at.minute(), at.second());
    format!("INTERVAL '{sign}{days} {time}' DAY TO SECOND")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_print_as_java_prints_them() {
        for (number, java, wire) in [
            (1.0, "1.0", "1.0"),
            (0.001, "0.001", "0.001"),
            (0.0001, "1.0E-4", "0.0001"),
            (1e7, "1.0E7", "10000000.0"),
            (1_234_567.5, "1234567.5", "1234567.5"),
            (-12.25, "-12.25", "-12.25"),
            (1e10, "1.0E10", "10000000000.0"),
            (1e300, "1.0E300", "1.0E300"),
            (0.0, "0.0", "0.0"),
        ] {
            assert_eq!(as_text(&Value::Double(number)).as_deref(), Some(java));
            assert_eq!(wire_float(&format!("{number:e}"), number), wire);
        }
    }

    #[test]
    fn decimals_keep_their_scale() {
        assert_eq!(decimal_text(-5, 2), "-0.05");
        assert_eq!(decimal_text(12_300, 2), "123.00");
    }
}
