//! Java date-time patterns: `yyyy-MM-dd HH:mm:ss`, `MMM d, EEEE`, `'Q'q` …

use super::super::calendar::{Civil, DAYS, MONTHS, day_of, day_of_year, to_days_checked, weekday};
use super::super::failure::SqlFailure;
use super::super::value::DAY;
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

/// A piece of a pattern: a letter repeated, or plain text.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Field(char, usize),
    Literal(String),
}

/// A pattern taken apart.
#[derive(Clone, Debug)]
pub(crate) struct Pattern(Vec<Piece>);

thread_local! {
    static PARSED: RefCell<HashMap<String, Rc<Pattern>>> = RefCell::new(HashMap::new());
}

/// The letters that are understood.
const LETTERS: &str = "GyYuMLdDHhkKmsSaEeFqQQnVzOXxZ";

impl Pattern {
    /// Takes a pattern apart; each text once per thread.
    pub(crate) fn of(text: &str) -> Result<Rc<Self>, SqlFailure> {
        PARSED.with_borrow_mut(|parsed| {
            if let Some(pattern) = parsed.get(text) {
                return Ok(Rc::clone(pattern));
            }
            let pattern = Rc::new(Self::parse(text)?);
            if parsed.len() >= 64 {
                parsed.clear();
            }
            parsed.insert(text.to_owned(), Rc::clone(&pattern));
            Ok(pattern)
        })
    }

    fn parse(text: &str) -> Result<Self, SqlFailure> {
        let mut pieces = Vec::new();
        let mut chars = text.chars().peekable();
        while let Some(ch) = chars.next() {
            match ch {
                '\'' => pieces.push(Piece::Literal(quoted(&mut chars))),
                '[' | ']' => {}
                letter if letter.is_ascii_alphabetic() => {
                    let mut count = 1;
                    while chars.next_if_eq(&letter).is_some() {
                        count += 1;
                    }
                    if !LETTERS.contains(letter) || matches!(letter, 'Y' | 'e' | 'u') {
                        return Err(SqlFailure::new(
                            "INVALID_DATETIME_PATTERN.ILLEGAL_CHARACTER",
                            "22007",
                            format!(
                                "Unrecognized datetime pattern: '{text}'. Illegal pattern character found in \
                                 datetime pattern: '{letter}'."
                            ),
                        ));
                    }
                    pieces.push(Piece::Field(letter, count));
                }
                other => pieces.push(Piece::Literal(other.to_string())),
            }
        }
        Ok(Self(pieces))
    }

    /// The moment in this form.
    pub(crate) fn format(&self, micros: i64) -> String {
        self.0.iter().map(|piece| piece.format(micros)).collect()
    }

    /// Reads a moment; nothing if the text does not have this form.
    pub(crate) fn read(&self, text: &str) -> Option<i64> {
        let mut reader = Reader { rest: text, ..Reader::default() };
        for (at, piece) in self.0.iter().enumerate() {
            let next_is_digits = matches!(self.0.get(at + 1), Some(Piece::Field(letter, _)) if *letter != 'a');
            reader.take(piece, next_is_digits)?;
        }
        if reader.rest.is_empty() { reader.moment() } else { None }
    }
}

fn quoted(chars: &mut std::iter::Peekable<std::str::Chars>) -> String {
    if chars.next_if_eq(&'\'').is_some() {
        return "'".to_owned();
    }
    let mut text = String::new();
    while let Some(ch) = chars.next() {
        if ch == '\'' && chars.next_if_eq(&'\'').is_none() {
            break;
        }
        text.push(ch);
    }
    text
}

impl Piece {
    fn format(&self, micros: i64) -> String {
        let (letter, count) = match self {
            Self::Literal(text) => return text.clone(),
            Self::Field(letter, count) => (*letter, *count),
        };
        let at = Civil::of_micros(micros);
        let days = day_of(micros);
        let month = MONTHS[at.month as usize - 1];
        let day = DAYS[weekday(days) as usize];
        let number = |value: i64| format!("{value:0count$}");
        match letter {
            'G' => if count >= 4 { "Anno Domini" } else { "AD" }.to_owned(),
            'y' if count == 2 => format!("{:02}", at.year.rem_euclid(100)),
            'y' => number(at.year.into()),
            'M' | 'L' => match count {
                1 | 2 => number(at.month.into()),
                3 => month[..3].to_owned(),
                _ => month.to_owned(),
            },
            'd' => number(at.day.into()),
            'D' => number(day_of_year(days).into()),
            'H' => number(at.hour()),
            'k' => number(if at.hour() == 0 { 24 } else { at.hour() }),
            'K' => number(at.hour() % 12),
            'h' => number(hour_of_half(at.hour())),
            'm' => number(at.minute()),
            's' => number(at.second()),
            'S' => format!("{:06}", at.fraction()).chars().chain(std::iter::repeat('0')).take(count).collect(),
            'n' => number(at.fraction() * 1_000),
            'a' => if at.hour() < 12 { "AM" } else { "PM" }.to_owned(),
            'E' => if count < 4 { &day[..3] } else { day }.to_owned(),
            'F' => number(i64::from(at.day - 1) / 7 + 1),
            'q' | 'Q' => match count {
                1 | 2 => number(at.quarter().into()),
                3 => format!("Q{}", at.quarter()),
                _ => format!("{} quarter", ["1st", "2nd", "3rd", "4th"][at.quarter() as usize - 1]),
            },
            'X' => "Z".to_owned(),
            'x' | 'Z' => if count == 1 {
                "+00"
            } else if count < 3 || letter == 'Z' {
                "+0000"
            } else {
                "+00:00"
            }
            .to_owned(),
            'O' => "GMT".to_owned(),
            'V' => "UTC".to_owned(),
            _ => if count < 4 { "UTC" } else { "Coordinated Universal Time" }.to_owned(),
        }
    }
}

fn hour_of_half(hour: i64) -> i64 {
    match hour % 12 {
        0 => 12,
        hour => hour,
    }
}

/// What has been read so far.
struct Reader<'a> {
    rest: &'a str,
    year: i32,
    month: u32,
    day: u32,
    day_of_year: Option<u32>,
    hour: i64,
    afternoon: Option<bool>,
    seconds: i64,
    fraction: i64,
    offset: i64,
}

impl Default for Reader<'_> {
    fn default() -> Self {
        Self {
            rest: "",
            year: 1970,
            month: 1,
            day: 1,
            day_of_year: None,
            hour: 0,
            afternoon: None,
            seconds: 0,
            fraction: 0,
            offset: 0,
        }
    }
}

impl Reader<'_> {
    fn take(&mut self, piece: &Piece, next_is_digits: bool) -> Option<()> {
        let (letter, count) = match piece {
            Piece::Literal(text) => {
                self.rest = self.rest.strip_prefix(text.as_str())?;
                return Some(());
            }
            Piece::Field(letter, count) => (*letter, *count),
        };
        let widest = if count > 1 || next_is_digits { count.max(2).max(count) } else { 10 };
        match letter {
            'y' if count == 2 => self.year = 2000 + self.number(2, 2)? as i32,
            'y' => self.year = self.number(count.min(4), if next_is_digits { count.max(4) } else { 9 })? as i32,
            'M' | 'L' if count <= 2 => self.month = self.number(count, widest.min(2))? as u32,
            'M' | 'L' => self.month = self.word(&MONTHS, count)? as u32 + 1,
            'd' => self.day = self.number(count, 2)? as u32,
            'D' => self.day_of_year = Some(self.number(count, 3)? as u32),
            'H' | 'k' => self.hour = self.number(count, 2)? % 24,
            'h' | 'K' => self.hour = self.number(count, 2)? % 12,
            'm' => self.seconds += self.number(count, 2)? * 60,
            's' => self.seconds += self.number(count, 2)?,
            'S' => {
                let digits = self.digits(1, count)?;
                self.fraction = format!("{digits:0<6}").get(..6)?.parse().ok()?;
            }
            'a' => {
                let word = self.rest.get(..2)?.to_ascii_uppercase();
                self.afternoon = Some(match word.as_str() {
                    "AM" => false,
                    "PM" => true,
                    _ => return None,
                });
                self.rest = &self.rest[2..];
            }
            'E' => {
                self.word(&DAYS, count)?;
            }
            'X' | 'x' | 'Z' | 'z' | 'V' | 'O' => {
                let end = self.rest.find([' ', ',']).unwrap_or(self.rest.len());
                let zone = &self.rest[..end];
                self.offset =
                    if matches!(zone, "Z" | "UTC" | "GMT") { 0 } else { super::super::cast::offset_seconds(zone)? };
                self.rest = &self.rest[end..];
            }
            _ => return None,
        }
        Some(())
    }

    fn digits(&mut self, fewest: usize, most: usize) -> Option<&str> {
        let length = self.rest.bytes().take(most).take_while(u8::is_ascii_digit).count();
        if length < fewest {
            return None;
        }
        let (digits, rest) = self.rest.split_at(length);
        self.rest = rest;
        Some(digits)
    }

    fn number(&mut self, fewest: usize, most: usize) -> Option<i64> {
        self.digits(fewest.min(most), most)?.parse().ok()
    }

    fn word(&mut self, words: &[&str], count: usize) -> Option<usize> {
        let at = words.iter().position(|word| {
            let word = if count < 4 { &word[..3] } else { word };
            self.rest.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
        })?;
        let length = if count < 4 { 3 } else { words[at].len() };
        self.rest = &self.rest[length..];
        Some(at)
    }

    fn moment(&self) -> Option<i64> {
        let days = match self.day_of_year {
            Some(day) => to_days_checked(self.year, 1, 1)? + day as i32 - 1,
            None => to_days_checked(self.year, self.month, self.day)?,
        };
        let hour = self.hour + if self.afternoon == Some(true) { 12 } else { 0 };
        if hour > 23 || self.seconds >= 3_600 {
            return None;
        }
        let seconds = hour * 3_600 + self.seconds - self.offset;
        Some(i64::from(days) * DAY + seconds * 1_000_000 + self.fraction)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_write_and_read() {
        // 2025-08-27 13:05:09.120
        let moment = 1_756_299_909_120_000;
        for (pattern, text) in [
            ("yyyy-MM-dd HH:mm:ss", "2025-08-27 13:05:09"),
            ("yy/M/d", "25/8/27"),
            ("MMM d, yyyy", "Aug 27, 2025"),
            ("EEEE", "Wednesday"),
            ("E", "Wed"),
            ("MMMM", "August"),
            ("h:mm a", "1:05 PM"),
            ("'Q'q yyyy", "Q3 2025"),
            ("yyyy-'Q'q", "2025-Q3"),
            ("D", "239"),
            ("SSS", "120"),
            ("yyyyMMdd", "20250827"),
        ] {
            assert_eq!(Pattern::of(pattern).expect(pattern).format(moment), text, "{pattern}");
        }
        let read = |pattern: &str, text: &str| Pattern::of(pattern).expect(pattern).read(text);
        assert_eq!(read("yyyy-MM-dd", "1970-01-02"), Some(DAY));
        assert_eq!(read("d/M/yyyy", "2/1/1970"), Some(DAY));
        assert_eq!(read("yyyyMMdd", "19700102"), Some(DAY));
        assert_eq!(read("MMM d yyyy h:mm a", "Jan 2 1970 1:00 PM"), Some(DAY + 13 * 3_600_000_000));
        assert_eq!(read("yyyy-MM-dd", "1970-01-02x"), None);
        assert!(Pattern::of("YYYY").is_err());
    }
}
