//! The proleptic Gregorian calendar over days and microseconds since 1970-01-01.

use super::value::DAY;

/// A date and time of day taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Civil {
    pub year: i32,
    pub month: u32,
    pub day: u32,
    /// Microseconds since midnight.
    pub micros: i64,
}

impl Civil {
    pub(crate) fn of_days(days: i32) -> Self {
        let (year, month, day) = from_days(days);
        Self { year, month, day, micros: 0 }
    }

    pub(crate) fn of_micros(micros: i64) -> Self {
        Self { micros: micros.rem_euclid(DAY), ..Self::of_days(day_of(micros)) }
    }

    pub(crate) fn hour(self) -> i64 {
        self.micros / 3_600_000_000
    }

    pub(crate) fn minute(self) -> i64 {
        self.micros / 60_000_000 % 60
    }

    pub(crate) fn second(self) -> i64 {
        self.micros / 1_000_000 % 60
    }

    /// Microseconds of the second.
    pub(crate) fn fraction(self) -> i64 {
        self.micros % 1_000_000
    }

    pub(crate) fn quarter(self) -> u32 {
        self.month.div_ceil(3)
    }
}

/// The day a moment falls on.
pub(crate) fn day_of(micros: i64) -> i32 {
    micros.div_euclid(DAY) as i32
}

/// Days since the epoch. Months and days outside their range are not checked: see [`to_days_checked`].
pub(crate) fn to_days(year: i32, month: u32, day: u32) -> i32 {
    // Years that begin in March have their leap day at the end.
    let year = i64::from(year) - i64::from(month <= 2);
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let month_from_march = i64::from((month + 9) % 12);
    let day_of_year = (153 * month_from_march + 2) / 5 + i64::from(day) - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    (era * 146_097 + day_of_era - 719_468) as i32
}

/// Days since the epoch, or nothing if there is no such day.
pub(crate) fn to_days_checked(year: i32, month: u32, day: u32) -> Option<i32> {
    let valid = (1..=12).contains(&month) && day >= 1 && day <= month_length(year, month) && year.abs() <= 9_999;
    valid.then(|| to_days(year, month, day))
}

fn from_days(days: i32) -> (i32, u32, u32) {
    let shifted = i64::from(days) + 719_468;
    let (era, day_of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = (day_of_year - (153 * month_from_march + 2) / 5 + 1) as u32;
    let month = ((month_from_march + 2) % 12 + 1) as u32;
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year as i32, month, day)
}

pub(crate) fn is_leap(year: i32) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

pub(crate) fn month_length(year: i32, month: u32) -> u32 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Adds months; a day the target month lacks becomes its last day.
pub(crate) fn add_months(days: i32, months: i32) -> i32 {
    let at = Civil::of_days(days);
    let total = i64::from(at.year) * 12 + i64::from(at.month) - 1 + i64::from(months);
    let (year, month) = (total.div_euclid(12) as i32, total.rem_euclid(12) as u32 + 1);
    to_days(year, month, at.day.min(month_length(year, month)))
}

/// 0 is Monday.
pub(crate) fn weekday(days: i32) -> i32 {
    (days + 3).rem_euclid(7)
}

/// 1 is January 1st.
pub(crate) fn day_of_year(days: i32) -> i32 {
    days - to_days(Civil::of_days(days).year, 1, 1) + 1
}

/// ISO week and the year it belongs to.
pub(crate) fn iso_week(days: i32) -> (i32, i32) {
    let thursday = days - weekday(days) + 3;
    let year = Civil::of_days(thursday).year;
    (year, (thursday - to_days(year, 1, 1)) / 7 + 1)
}

/// The unit words of `date_trunc`, `trunc`, `datediff` and their kin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    Year,
    Quarter,
    Month,
    Week,
    Day,
    Hour,
    Minute,
    Second,
    Millisecond,
    Microsecond,
}

impl Unit {
    /// Reads a unit word; any case, singular or plural.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        Some(match word.trim().to_ascii_uppercase().as_str() {
            "YEAR" | "YEARS" | "YYYY" | "YY" | "Y" => Self::Year,
            "QUARTER" | "QUARTERS" | "QTR" => Self::Quarter,
            "MONTH" | "MONTHS" | "MON" | "MM" => Self::Month,
            "WEEK" | "WEEKS" => Self::Week,
            "DAY" | "DAYS" | "DD" | "D" | "DAYOFYEAR" => Self::Day,
            "HOUR" | "HOURS" | "HH" => Self::Hour,
            "MINUTE" | "MINUTES" => Self::Minute,
            "SECOND" | "SECONDS" => Self::Second,
            "MILLISECOND" | "MILLISECONDS" => Self::Millisecond,
            "MICROSECOND" | "MICROSECONDS" => Self::Microsecond,
            _ => return None,
        })
    }

    /// Microseconds of a unit of fixed length; nothing for months and their multiples.
    pub(crate) fn micros(self) -> Option<i64> {
        Some(match self {
            Self::Year | Self::Quarter | Self::Month => return None,
            Self::Week => 7 * DAY,
            Self::Day => DAY,
            Self::Hour => 3_600_000_000,
            Self::Minute => 60_000_000,
            Self::Second => 1_000_000,
            Self::Millisecond => 1_000,
            Self::Microsecond => 1,
        })
    }

    /// Months of a unit made of months.
    pub(crate) fn months(self) -> Option<i32> {
        match self {
            Self::Year => Some(12),
            Self::Quarter => Some(3),
            Self::Month => Some(1),
            _ => None,
        }
    }
}

/// The beginning of the unit a moment falls in.
pub(crate) fn truncate(micros: i64, unit: Unit) -> i64 {
    let days = day_of(micros);
    let at = Civil::of_days(days);
    let day = match unit {
        Unit::Year => to_days(at.year, 1, 1),
        Unit::Quarter => to_days(at.year, at.quarter() * 3 - 2, 1),
        Unit::Month => to_days(at.year, at.month, 1),
        Unit::Week => days - weekday(days),
        Unit::Day => days,
        _ => {
            let step = unit.micros().unwrap_or(1);
            return micros - micros.rem_euclid(step);
        }
    };
    i64::from(day) * DAY
}

/// Whole months from one moment to another; a started month does not count.
pub(crate) fn months_apart(start: i64, end: i64) -> i64 {
    let (a, b) = (Civil::of_micros(start), Civil::of_micros(end));
    let months = i64::from(b.year - a.year) * 12 + i64::from(b.month) - i64::from(a.month);
    let (rest_a, rest_b) = ((a.day, a.micros), (b.day, b.micros));
    match months {
        1.. if rest_b < rest_a => months - 1,
        ..=-1 if rest_b > rest_a => months + 1,
        _ => months,
    }
}

pub(crate) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// Beginning with Monday.
pub(crate) const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_dates_agree() {
        for (days, date) in [(0, (1970, 1, 1)), (11_016, (2000, 2, 29)), (-719_528, (0, 1, 1)), (20_327, (2025, 8, 27))]
        {
            let at = Civil::of_days(days);
            assert_eq!((at.year, at.month, at.day), date);
            assert_eq!(to_days(date.0, date.1, date.2), days);
        }
        for days in (-800_000..800_000).step_by(37) {
            let at = Civil::of_days(days);
            assert_eq!(to_days(at.year, at.month, at.day), days);
        }
    }

    #[test]
    fn weeks_begin_on_monday() {
        assert_eq!(weekday(to_days(2025, 8, 25)), 0);
        assert_eq!(iso_week(to_days(2021, 1, 3)), (2020, 53));
        assert_eq!(iso_week(to_days(2025, 12, 31)), (2026, 1));
    }

    #[test]
    fn months_keep_to_the_end() {
        assert_eq!(add_months(to_days(2024, 1, 31), 1), to_days(2024, 2, 29));
        assert_eq!(add_months(to_days(2024, 3, 31), -13), to_days(2023, 2, 28));
    }
}
