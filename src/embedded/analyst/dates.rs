//! Dates and grains in a question, as SQL bounds.

/// A unit of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    Day,
    Week,
    Month,
    Quarter,
    Year,
}

impl Unit {
    pub fn sql(self) -> &'static str {
        match self {
            Self::Day => "DAY",
            Self::Week => "WEEK",
            Self::Month => "MONTH",
            Self::Quarter => "QUARTER",
            Self::Year => "YEAR",
        }
    }
}

/// A stretch of time: from `low` on, and before `high`, both as SQL dates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Period {
    pub low: Option<String>,
    pub high: Option<String>,
    /// Set where the question names just a year.
    pub year: Option<i32>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Time {
    Period(Period),
    /// A span that the instruction explains: the place of its rule, and the number in the phrase.
    Said(usize, Option<u32>),
    Grain(Unit),
}

/// The date phrase at the start of these lower-case words, with its length in words.
pub fn time_at(words: &[&str], default_year: Option<i32>) -> Option<(usize, Time)> {
    grain(words)
        .or_else(|| relative(words).map(|(n, p)| (n, Time::Period(p))))
        .or_else(|| absolute(words, default_year).map(|(n, p)| (n, Time::Period(p))))
}

pub fn unit(word: &str) -> Option<Unit> {
    Some(match word {
        "day" | "days" | "date" | "일" | "일간" | "tag" | "tage" | "tagen" => Unit::Day,
        "week" | "weeks" | "주" | "주간" | "woche" | "wochen" => Unit::Week,
        "month" | "months" | "개월" | "달" | "개월간" | "월" | "monat" | "monate" | "monaten" => Unit::Month,
        "quarter" | "quarters" | "분기" | "quartal" | "quartale" => Unit::Quarter,
        "year" | "years" | "년" | "년간" | "연" | "jahr" | "jahre" | "jahren" => Unit::Year,
        _ => return None,
    })
}

fn grain(words: &[&str]) -> Option<(usize, Time)> {
    let first = *words.first()?;
    let single = match first {
        "daily" | "일간추이" | "일단위" | "일별" | "일자별" | "날짜별" | "일별로" | "täglich" | "tägliche"
        | "täglichen" => Some(Unit::Day),
        "weekly" | "주별" | "주간별" | "주차별" | "wöchentlich" | "wöchentliche" | "wöchentlichen" => {
            Some(Unit::Week)
        }
        "monthly" | "월별" | "월별로" | "monatlich" | "monatliche" | "monatlichen" => Some(Unit::Month),
        "quarterly" | "분기별" => Some(Unit::Quarter),
        "yearly" | "annually" | "annual" | "연도별" | "년도별" | "연별" | "jährlich" | "jährliche" | "jährlichen" => {
            Some(Unit::Year)
        }
        _ => None,
    };
    if let Some(unit) = single {
        return Some((1, Time::Grain(unit)));
    }
    let leads: [&[&str]; 16] = [
        &["which"],
        &["what"],
        &["in", "which"],
        &["welchem"],
        &["per"],
        &["by"],
        &["each"],
        &["every"],
        &["for", "each"],
        &["in", "each"],
        &["over", "the"],
        &["of", "each"],
        &["pro"],
        &["je"],
        &["for", "every"],
        &["from", "each"],
    ];
    leads.iter().filter(|lead| words.starts_with(lead)).find_map(|lead| {
        let mut at = lead.len();
        if words.get(at).is_some_and(|w| *w == "calendar") {
            at += 1;
        }
        let word = words.get(at).filter(|w| !lead.contains(&"the") || w.ends_with('s'))?;
        // `each date` names a column.
        let unit = unit(word).filter(|_| *word != "date")?;
        Some((at + 1, Time::Grain(unit)))
    })
}

fn current(unit: Unit, back: i64) -> String {
    let start = if unit == Unit::Day {
        "CURRENT_DATE".to_owned()
    } else {
        format!("DATE_TRUNC('{}', CURRENT_DATE)", unit.sql())
    };
    match back {
        0 => start,
        n if n < 0 => format!("{start} + {}", interval(unit, -n)),
        n => format!("{start} - {}", interval(unit, n)),
    }
}

fn interval(unit: Unit, n: i64) -> String {
    match unit {
        Unit::Quarter => format!("INTERVAL {} MONTHS", n.saturating_mul(3)),
        _ => format!("INTERVAL {n} {}S", unit.sql()),
    }
}

fn whole(unit: Unit, back: i64) -> Period {
    Period { low: Some(current(unit, back)), high: Some(current(unit, back - 1)), year: None }
}

fn relative(words: &[&str]) -> Option<(usize, Period)> {
    let fixed: [(&[&str], Unit, i64); 28] = [
        (&["month", "to", "date"], Unit::Month, 0),
        (&["mtd"], Unit::Month, 0),
        (&["year", "to", "date"], Unit::Year, 0),
        (&["ytd"], Unit::Year, 0),
        (&["이번주"], Unit::Week, 0),
        (&["이번달"], Unit::Month, 0),
        (&["저번", "주"], Unit::Week, 1),
        (&["today"], Unit::Day, 0),
        (&["오늘"], Unit::Day, 0),
        (&["heute"], Unit::Day, 0),
        (&["yesterday"], Unit::Day, 1),
        (&["어제"], Unit::Day, 1),
        (&["gestern"], Unit::Day, 1),
        (&["그제"], Unit::Day, 2),
        (&["이번", "주"], Unit::Week, 0),
        (&["금주"], Unit::Week, 0),
        (&["지난주"], Unit::Week, 1),
        (&["지난", "주"], Unit::Week, 1),
        (&["전주"], Unit::Week, 1),
        (&["이번", "달"], Unit::Month, 0),
        (&["당월"], Unit::Month, 0),
        (&["지난달"], Unit::Month, 1),
        (&["지난", "달"], Unit::Month, 1),
        (&["전월"], Unit::Month, 1),
        (&["올해"], Unit::Year, 0),
        (&["금년"], Unit::Year, 0),
        (&["작년"], Unit::Year, 1),
        (&["전년"], Unit::Year, 1),
    ];
    if let Some((lead, unit, back)) = fixed.iter().find(|(lead, _, _)| words.starts_with(lead)) {
        return Some((lead.len(), whole(*unit, *back)));
    }
    let first = *words.first()?;
    let past = matches!(
        first,
        "last"
            | "past"
            | "previous"
            | "recent"
            | "최근"
            | "지난"
            | "letzten"
            | "letzte"
            | "letzter"
            | "letztes"
            | "vergangenen"
    );
    let this = matches!(first, "this" | "current" | "diese" | "dieser" | "dieses" | "diesem" | "diesen");
    if this {
        return unit(words.get(1)?).map(|unit| (2, whole(unit, 0)));
    }
    if past {
        return past_units(first, words);
    }
    // `30 days ago`
    let n: i64 = first.parse().ok()?;
    let unit = unit(words.get(1)?)?;
    (words.get(2) == Some(&"ago"))
        .then(|| (3, Period { low: Some(current_back(unit, n)), high: Some(current_back(unit, n - 1)), year: None }))
}

fn current_back(unit: Unit, n: i64) -> String {
    if n == 0 { "CURRENT_DATE".to_owned() } else { format!("CURRENT_DATE - {}", interval(unit, n)) }
}

fn past_units(first: &str, words: &[&str]) -> Option<(usize, Period)> {
    let second = *words.get(1)?;
    if let Some(unit) = unit(second).filter(|_| second != "date") {
        let whole_unit = first != "past";
        return Some((
            2,
            if whole_unit {
                whole(unit, 1)
            } else {
                Period { low: Some(current_back(unit, 1)), high: None, year: None }
            },
        ));
    }
    let (n, mut used, glued) = counted(second)?;
    let unit = match glued {
        Some(unit) => unit,
        None => {
            let skip = usize::from(
                words.get(2).is_some_and(|w| matches!(*w, "calendar" | "full" | "complete" | "whole" | "completed")),
            );
            used += 1 + skip;
            unit(words.get(2 + skip)?)?
        }
    };
    let rest: Vec<&str> = words.iter().skip(used + 1).take(8).copied().collect();
    let excludes =
        rest.windows(2).any(|w| matches!(w[0], "excluding" | "exclusive" | "not")) && rest.contains(&"current");
    if excludes || words[1..=used].iter().any(|w| matches!(*w, "calendar" | "full" | "complete" | "completed")) {
        return Some((used + 1, Period { low: Some(current(unit, n)), high: Some(current(unit, 0)), year: None }));
    }
    Some((used + 1, Period { low: Some(current_back(unit, n)), high: None, year: None }))
}

/// `7`, `seven`, or `7일간` in one word.
pub fn counted(word: &str) -> Option<(i64, usize, Option<Unit>)> {
    const NAMES: [&str; 13] =
        ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];
    let digits: String = word.chars().take_while(char::is_ascii_digit).collect();
    let n = digits
        .parse::<i64>()
        .ok()
        .or_else(|| NAMES.iter().position(|name| *name == word).and_then(|n| i64::try_from(n).ok()))?;
    Some((n.min(100_000), 1, if digits.is_empty() { None } else { unit(&word[digits.len()..]) }))
}

const MONTHS: [(&str, &str, &str); 12] = [
    ("january", "jan", "januar"),
    ("february", "feb", "februar"),
    ("march", "mar", "märz"),
    ("april", "apr", "april"),
    ("may", "may", "mai"),
    ("june", "jun", "juni"),
    ("july", "jul", "juli"),
    ("august", "aug", "august"),
    ("september", "sep", "september"),
    ("october", "oct", "oktober"),
    ("november", "nov", "november"),
    ("december", "dec", "dezember"),
];

fn month(word: &str) -> Option<u32> {
    let at = MONTHS.iter().position(|(full, short, german)| {
        word == *full || word == *short || word == *german || (word == "sept" && *short == "sep")
    })?;
    u32::try_from(at + 1).ok()
}

pub fn year_of(word: &str) -> Option<i32> {
    let digits = word.trim_end_matches('년');
    (digits.len() == 4).then(|| digits.parse::<i32>().ok()).flatten().filter(|y| (1800..=2100).contains(y))
}

fn day_of(word: &str) -> Option<u32> {
    let digits: String = word.chars().take_while(char::is_ascii_digit).collect();
    let ordinal = matches!(&word[digits.len()..], "" | "st" | "nd" | "rd" | "th" | "일");
    digits.parse::<u32>().ok().filter(|d| ordinal && (1..=31).contains(d))
}

fn absolute(words: &[&str], default_year: Option<i32>) -> Option<(usize, Period)> {
    let first = *words.first()?;
    if let Some(date) = iso(first) {
        return Some((1, date));
    }
    if let Some(found) = korean_date(words, default_year) {
        return Some(found);
    }
    if let Some(found) = quarter(words) {
        return Some(found);
    }
    if let Some(m) = month(first) {
        let day = words.get(1).and_then(|w| day_of(w));
        if let (Some(d), Some(y)) = (day, words.get(2).and_then(|w| year_of(w))) {
            return Some((3, day_period(y, m, d)?));
        }
        let of = usize::from(words.get(1).is_some_and(|w| *w == "of" || *w == "in"));
        if let Some(y) = words.get(1 + of).and_then(|w| year_of(w)) {
            return Some((2 + of, month_period(y, m)?));
        }
        // Without a year, `may` and `march` are rather verbs.
        return default_year
            .filter(|_| m != 5 && m != 3 && first.len() > 3)
            .and_then(|y| Some((1, month_period(y, m)?)));
    }
    let (d, m, y) = (day_of(first)?, month(words.get(1)?)?, year_of(words.get(2)?)?);
    Some((3, day_period(y, m, d)?))
}

/// `2023`, only where the words before make it a year; the caller decides that.
pub fn year_period(year: i32) -> Period {
    Period {
        low: Some(format!("DATE '{year:04}-01-01'")),
        high: Some(format!("DATE '{:04}-01-01'", year + 1)),
        year: Some(year),
    }
}

fn iso(word: &str) -> Option<Period> {
    let parts: Vec<&str> = word.split(['-', '/', '.']).collect();
    match parts.as_slice() {
        [y, m, d] => day_period(year_of(y)?, m.parse().ok()?, d.parse().ok()?),
        [y, m] if word.contains('-') && m.len() == 2 => month_period(year_of(y)?, m.parse().ok()?),
        _ => None,
    }
}

fn korean_date(words: &[&str], default_year: Option<i32>) -> Option<(usize, Period)> {
    let ends =
        |at: usize, unit: char| words.get(at).and_then(|w| w.strip_suffix(unit)).and_then(|n| n.parse::<u32>().ok());
    let year = words.first().filter(|w| w.ends_with('년')).and_then(|w| year_of(w));
    let Some(y) = year else {
        // `5월`, `2분기` of this year.
        let y = default_year?;
        if let Some(m) = ends(0, '월') {
            return match ends(1, '일') {
                Some(d) => Some((2, day_period(y, m, d)?)),
                None => Some((1, month_period(y, m)?)),
            };
        }
        let q = words.first()?.strip_suffix("분기")?.parse::<u32>().ok()?;
        return Some((1, quarter_period(y, q)?));
    };
    if let Some(m) = ends(1, '월') {
        if let Some(d) = ends(2, '일') {
            return Some((3, day_period(y, m, d)?));
        }
        return Some((2, month_period(y, m)?));
    }
    if let Some(q) = words.get(1).and_then(|w| w.strip_suffix("분기")).and_then(|q| q.parse::<u32>().ok()) {
        return Some((2, quarter_period(y, q)?));
    }
    Some((1, year_period(y)))
}

fn quarter(words: &[&str]) -> Option<(usize, Period)> {
    let first = *words.first()?;
    let number = match first {
        "q1" | "1st" | "first" => 1,
        "q2" | "2nd" | "second" => 2,
        "q3" | "3rd" | "third" => 3,
        "q4" | "4th" | "fourth" => 4,
        _ => return None,
    };
    let mut at = 1;
    if !first.starts_with('q') {
        (words.get(1) == Some(&"quarter")).then_some(())?;
        at = 2;
    }
    at += usize::from(words.get(at).is_some_and(|w| *w == "of" || *w == "in"));
    Some((at + 1, quarter_period(year_of(words.get(at)?)?, number)?))
}

fn date(y: i32, m: u32, d: u32) -> Option<jiff::civil::Date> {
    jiff::civil::Date::new(i16::try_from(y).ok()?, i8::try_from(m).ok()?, i8::try_from(d).ok()?).ok()
}

fn bounds(low: jiff::civil::Date, high: jiff::civil::Date) -> Period {
    Period { low: Some(format!("DATE '{low}'")), high: Some(format!("DATE '{high}'")), year: None }
}

fn day_period(y: i32, m: u32, d: u32) -> Option<Period> {
    let low = date(y, m, d)?;
    Some(bounds(low, low.tomorrow().ok()?))
}

fn month_period(y: i32, m: u32) -> Option<Period> {
    let high = if m == 12 { date(y + 1, 1, 1)? } else { date(y, m + 1, 1)? };
    Some(bounds(date(y, m, 1)?, high))
}

fn quarter_period(y: i32, q: u32) -> Option<Period> {
    let high = if q == 4 { date(y + 1, 1, 1)? } else { date(y, q * 3 + 1, 1)? };
    Some(bounds(date(y, (q.checked_sub(1)?) * 3 + 1, 1)?, high))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn low_high(text: &str) -> (Option<String>, Option<String>) {
        let words: Vec<&str> = text.split(' ').collect();
        match time_at(&words, None) {
            Some((_, Time::Period(p))) => (p.low, p.high),
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn relative_and_absolute() {
        assert_eq!(low_high("last 30 days"), (Some("CURRENT_DATE - INTERVAL 30 DAYS".into()), None));
        assert_eq!(low_high("최근 7일간").0, Some("CURRENT_DATE - INTERVAL 7 DAYS".into()));
        assert_eq!(low_high("last month").0, Some("DATE_TRUNC('MONTH', CURRENT_DATE) - INTERVAL 1 MONTHS".into()));
        assert_eq!(low_high("jan 1 2023"), (Some("DATE '2023-01-01'".into()), Some("DATE '2023-01-02'".into())));
        assert_eq!(low_high("2025년 2월"), (Some("DATE '2025-02-01'".into()), Some("DATE '2025-03-01'".into())));
        assert_eq!(low_high("1st quarter of 2023").1, Some("DATE '2023-04-01'".into()));
        assert_eq!(time_at(&["per", "month"], None), Some((2, Time::Grain(Unit::Month))));
        assert_eq!(time_at(&["2023-02-31"], None), None);
    }
}
