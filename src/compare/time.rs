//! Dates and timestamps as text: instants in microseconds, and coarser grains.

const DAY: i64 = 86_400_000_000;

/// Reads `2025-08-25`, `2025-08-25 14:05[:00[.123456]]`, `T` for the blank, and a zone (`Z`,
/// `UTC`, `+09:00`, `+0900`, `+09`). A date is its midnight; without a zone, as written.
pub(super) fn parse(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    if bytes.len() < 10 || bytes[4] != b'-' || bytes[7] != b'-' {
        return None;
    }
    let days = days(number(&bytes[..4])?, number(&bytes[5..7])?, number(&bytes[8..10])?)?;
    let midnight = days * DAY;
    match &bytes[10..] {
        [] => Some(midnight),
        [b' ' | b'T' | b't', clock @ ..] => Some(midnight + time_of_day(clock)?),
        _ => None,
    }
}

fn time_of_day(clock: &[u8]) -> Option<i64> {
    if clock.len() < 5 || clock[2] != b':' {
        return None;
    }
    let (hours, minutes) = (number(&clock[..2])?, number(&clock[3..5])?);
    let mut rest = &clock[5..];
    let mut seconds = 0;
    let mut micros = 0;
    if let [b':', a, b, after @ ..] = rest {
        seconds = number(&[*a, *b])?;
        rest = after;
        if let Some(after) = rest.strip_prefix(b".") {
            let length = after.iter().take_while(|byte| byte.is_ascii_digit()).count();
            if length == 0 {
                return None;
            }
            micros = (0..6).fold(0, |sum, at| sum * 10 + after[..length].get(at).map_or(0, |b| i64::from(b - b'0')));
            rest = &after[length..];
        }
    }
    if hours > 24 || minutes > 59 || seconds > 59 {
        return None;
    }
    let local = ((hours * 60 + minutes) * 60 + seconds) * 1_000_000 + micros;
    Some(local - zone(rest)?)
}

/// Microseconds east of Greenwich.
fn zone(text: &[u8]) -> Option<i64> {
    let text = text.strip_prefix(b" ").unwrap_or(text);
    if matches!(text, b"" | b"Z" | b"z" | b"UTC" | b"GMT") {
        return Some(0);
    }
    let (sign, digits) = match text {
        [b'+', rest @ ..] => (1, rest),
        [b'-', rest @ ..] => (-1, rest),
        _ => return None,
    };
    let (hours, minutes) = match digits {
        [a, b] => (number(&[*a, *b])?, 0),
        [a, b, c, d] | [a, b, b':', c, d] => (number(&[*a, *b])?, number(&[*c, *d])?),
        _ => return None,
    };
    Some(sign * (hours * 60 + minutes) * 60_000_000)
}

fn number(digits: &[u8]) -> Option<i64> {
    digits.iter().try_fold(0, |sum, byte| byte.is_ascii_digit().then(|| sum * 10 + i64::from(byte - b'0')))
}

/// Days since 1970-01-01 of a date of the Gregorian calendar; none for a day that does not exist.
fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    let leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    let length = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if !(1..=length).contains(&day) {
        return None;
    }
    let before = |year: i64| {
        let y = year - 1;
        y * 365 + y.div_euclid(4) - y.div_euclid(100) + y.div_euclid(400)
    };
    let in_year: i64 = (1..month).map(|m| days_in(m, leap)).sum();
    Some(before(year) - before(1970) + in_year + day - 1)
}

fn days_in(month: i64, leap: bool) -> i64 {
    match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// The grains a date can be cut to, fine to coarse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Grain {
    Hour,
    Day,
    Month,
    Quarter,
    Year,
}

impl Grain {
    pub const ALL: [Self; 5] = [Self::Hour, Self::Day, Self::Month, Self::Quarter, Self::Year];

    /// The start of the period that holds the instant.
    pub fn cut(self, micros: i64) -> i64 {
        let day = micros.div_euclid(DAY);
        match self {
            Self::Hour => micros - micros.rem_euclid(3_600_000_000),
            Self::Day => day * DAY,
            Self::Month | Self::Quarter | Self::Year => {
                let (year, month) = year_month(day);
                let first = match self {
                    Self::Month => month,
                    Self::Quarter => (month - 1) / 3 * 3 + 1,
                    _ => 1,
                };
                days(year, first, 1).map_or(micros, |days| days * DAY)
            }
        }
    }
}

fn year_month(day: i64) -> (i64, i64) {
    // A guess that is never more than a year off, then a walk over the months.
    let mut year = 1970 + day.div_euclid(366);
    while days(year + 1, 1, 1).is_some_and(|start| start <= day) {
        year += 1;
    }
    let month = (1..=12).rev().find(|month| days(year, *month, 1).is_some_and(|start| start <= day));
    (year, month.unwrap_or(1))
}

/// The start of a period written as text: `2025-07`, `202507`, `2025-Q3`, `2025 Q3`, `2025`,
/// `2025-07-01 14`.
pub(super) fn period(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    let year = number(bytes.get(..4)?).filter(|year| (1900..=2200).contains(year))?;
    let start = match &bytes[4..] {
        [] => days(year, 1, 1)?,
        [b'-' | b'/' | b'.', a, b] | [a, b] if a.is_ascii_digit() && b.is_ascii_digit() => {
            days(year, number(&[*a, *b])?, 1)?
        }
        [b'-' | b' ', b'Q' | b'q', quarter] | [b'Q' | b'q', quarter] => {
            days(year, (number(&[*quarter])? - 1) * 3 + 1, 1)?
        }
        [b'-', _, _, b'-', _, _, b' ' | b'T', a, b] => {
            return Some(parse(text.get(..10)?)? + number(&[*a, *b]).filter(|h| *h < 24)? * 3_600_000_000);
        }
        _ => return None,
    };
    Some(start * DAY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_instants_and_zones() {
        assert_eq!(parse("1970-01-01"), Some(0));
        assert_eq!(parse("2025-08-25"), parse("2025-08-25 00:00:00.000"));
        assert_eq!(parse("2025-08-25T14:00:00Z"), parse("2025-08-25T23:00:00+09:00"));
        assert_eq!(parse("2025-08-25T14:00:00.000Z"), parse("2025-08-25 14:00"));
        assert_eq!(parse("2024-02-29").zip(parse("2024-03-01")).map(|(a, b)| b - a), Some(DAY));
        for text in
            ["2025-02-29", "2025-13-01", "2025-08-25x", "2025-08-25 25:00:00", "2025-08", "20250825", "아아아아"]
        {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn grains() {
        let at = parse("2025-08-25 14:05:00").expect("time");
        let cut = |grain: Grain| Some(grain.cut(at));
        assert_eq!(cut(Grain::Hour), parse("2025-08-25 14:00"));
        assert_eq!(cut(Grain::Day), parse("2025-08-25"));
        assert_eq!(cut(Grain::Month), period("2025-08"));
        assert_eq!(cut(Grain::Quarter), period("2025-Q3"));
        assert_eq!(cut(Grain::Year), period("2025"));
        assert_eq!(Some(Grain::Month.cut(-1)), parse("1969-12-01"));
        assert_eq!(period("2025-08-25 14"), parse("2025-08-25 14:00"));
    }
}
