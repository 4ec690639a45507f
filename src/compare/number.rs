//! Numbers as they were written, and when two of them are the same answer.

use std::num::NonZeroU64;

/// A number with what its text shows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Num {
    pub value: f64,
    /// Stands for the exact whole number: equal for equal ones. None for fractions, and for floats
    /// beyond 2^53, whose last digits mean nothing.
    pub whole: Option<NonZeroU64>,
    /// Digits after the point, exponent taken into account.
    pub decimals: u8,
    /// Digits from the first that is not zero.
    pub digits: u8,
}

/// How two numbers agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Agreement {
    /// Equal, up to float noise or the declared tolerance.
    Equal,
    /// One is the other, rounded.
    Rounded,
    /// Both round to the same four significant digits, as Databricks' own rule has it.
    Sigfig4,
}

/// What decides about the numbers of one pair of columns.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct NumRule {
    /// Declared relative tolerance; replaces everything but `round_digits`.
    pub tolerance: Option<f64>,
    /// The gold SQL rounds to this many decimals.
    pub round_digits: Option<u8>,
    /// Most decimals shown anywhere in the column, on either side. ROUND(x, 2) of a double
    /// prints 3.1, so a single cell may show less than its column was rounded to.
    pub shown: (u8, u8),
}

/// Floats carry whole numbers exactly up to here.
const EXACT: f64 = 9_007_199_254_740_992.0;
const NOISE: f64 = 1e-9;
const RELATIVE: f64 = 1e-6;

impl Num {
    /// Reads integer, decimal and exponent notation. Leading zeros make it text (`08801`), and
    /// so does everything else that a number would not keep.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let unsigned = bytes.strip_prefix(b"-").unwrap_or(bytes);
        let whole = leading_digits(unsigned);
        if whole > 1 && unsigned[0] == b'0' {
            return None;
        }
        let mut rest = &unsigned[whole..];
        let mut fraction = 0;
        if let Some(after) = rest.strip_prefix(b".") {
            fraction = leading_digits(after);
            rest = &after[fraction..];
            if fraction == 0 {
                return None;
            }
        }
        if whole + fraction == 0 || whole + fraction > 60 {
            return None;
        }
        let exponent = match rest {
            [] => None,
            [b'e' | b'E', power @ ..] => Some(std::str::from_utf8(power).ok()?.parse::<i32>().ok()?),
            _ => return None,
        };
        let value: f64 = text.parse().ok()?;
        if !value.is_finite() {
            return None;
        }
        let mantissa = || unsigned[..whole].iter().chain(&unsigned[(whole + 1).min(unsigned.len())..][..fraction]);
        let digits = mantissa().skip_while(|digit| **digit == b'0').count();
        let decimals = (fraction as i64 - i64::from(exponent.unwrap_or(0))).clamp(0, 255) as u8;
        let as_float = fraction > 0 || exponent.is_some();
        let whole = if as_float { whole_of(value) } else { text.parse().ok().map(whole_key) };
        Some(Self { value, whole, decimals, digits: digits.min(255) as u8 })
    }

    pub fn infinite(negative: bool) -> Self {
        let value = if negative { f64::NEG_INFINITY } else { f64::INFINITY };
        Self { value, whole: None, decimals: 0, digits: 0 }
    }

    /// The product with a factor; as exact as floats are.
    pub fn times(self, factor: f64) -> Self {
        let value = self.value * factor;
        let near = value.round();
        let whole = (value - near).abs() <= NOISE * value.abs().max(1.0) && near.abs() < EXACT;
        if whole {
            let digits = (near.abs().max(1.0).log10() as u8).saturating_add(1);
            return Self { value: near, whole: whole_of(near), decimals: 0, digits };
        }
        // The decimals of a product are an artefact: it can be rounded, but is no rounding itself.
        Self { value, whole: None, decimals: 17, digits: 17 }
    }

    pub fn agrees(&self, other: &Self, rule: &NumRule) -> Option<Agreement> {
        if let (Some(a), Some(b)) = (self.whole, other.whole) {
            // A count that is off by a little is a different filter.
            if a == b {
                return Some(Agreement::Equal);
            }
            rule.tolerance?;
        }
        if self.value == other.value {
            return Some(Agreement::Equal);
        }
        let gap = (self.value - other.value).abs();
        if gap <= allowed(self.value, other.value, rule.tolerance) {
            return Some(Agreement::Equal);
        }
        if let Some(digits) = rule.round_digits {
            let half = 0.5 * 10f64.powi(-i32::from(digits));
            if gap <= half * (1.0 + RELATIVE) {
                return Some(Agreement::Rounded);
            }
        }
        if rule.tolerance.is_some() {
            return None;
        }
        if other.is_rounding_of(self.value, rule.shown.1) || self.is_rounding_of(other.value, rule.shown.0) {
            return Some(Agreement::Rounded);
        }
        let fractions = self.whole.is_none() && other.whole.is_none();
        (fractions && sigfig4(self.value, other.value)).then_some(Agreement::Sigfig4)
    }

    /// True if `exact`, rounded half up or half to even to the decimals this number shows (or its
    /// column does), is this number, and enough of it is left to mean something.
    fn is_rounding_of(&self, exact: f64, column_decimals: u8) -> bool {
        [self.decimals, column_decimals].into_iter().any(|decimals| {
            let digits = u32::from(self.digits) + u32::from(decimals.saturating_sub(self.decimals));
            decimals <= 15
                && decimals >= self.decimals
                && (decimals >= 2 || digits >= 3)
                && rounds_to(exact, self.value, decimals)
        })
    }
}

/// The key of a whole float that is exact; -0.0 is 0.
fn whole_of(value: f64) -> Option<NonZeroU64> {
    (value.fract() == 0.0 && value.abs() < EXACT).then(|| whole_key(value as i128))
}

/// A scrambled number that is never zero.
pub(super) fn whole_key(whole: i128) -> NonZeroU64 {
    let key = mix((whole as u64) ^ mix((whole >> 64) as u64 ^ 0x17));
    NonZeroU64::new(key).unwrap_or(NonZeroU64::MAX)
}

/// A bijective scrambling of 64 bits (the finaliser of SplitMix64).
pub(super) fn mix(bits: u64) -> u64 {
    let bits = bits.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

fn leading_digits(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|byte| byte.is_ascii_digit()).count()
}

fn allowed(a: f64, b: f64, declared: Option<f64>) -> f64 {
    let size = a.abs().max(b.abs());
    match declared {
        None => NOISE.max(RELATIVE * size),
        Some(share) if share > 0.0 => NOISE.max(share * size),
        Some(_) => 0.0,
    }
}

fn rounds_to(exact: f64, shown: f64, decimals: u8) -> bool {
    let scale = 10f64.powi(i32::from(decimals));
    let (exact, shown) = (exact * scale, (shown * scale).round());
    let noise = NOISE * exact.abs().max(1.0);
    let gap = (exact - shown).abs();
    if gap < 0.5 - noise {
        return true;
    }
    // A tie goes away from zero (half up) or to the even neighbour.
    gap <= 0.5 + noise && (shown.abs() > exact.abs() || shown.rem_euclid(2.0) == 0.0)
}

/// True if both round to the same four significant digits.
fn sigfig4(a: f64, b: f64) -> bool {
    let round = |value: f64| {
        if value == 0.0 || !value.is_finite() {
            return value;
        }
        let scale = 10f64.powi(3 - value.abs().log10().floor() as i32);
        (value * scale).round() / scale
    };
    let (a, b) = (round(a), round(b));
    a == b || (a - b).abs() <= 1e-9 * a.abs().max(b.abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agree(a: &str, b: &str) -> Option<Agreement> {
        let (a, b) = (Num::parse(a).expect("number"), Num::parse(b).expect("number"));
        a.agrees(&b, &NumRule { shown: (a.decimals, b.decimals), ..NumRule::default() })
    }

    #[test]
    fn notations() {
        for text in ["0", "-0.0", "12", "1.5E3", "1e-05", "-.5", "99999999999999999999999999999999999999"] {
            assert!(Num::parse(text).is_some(), "{text}");
        }
        for text in ["", "-", "08801", "1.", "+5", "1,234", "0x1F", "1e", "e5", "NaN", "inf", "1 2", "00", "1e999"] {
            assert!(Num::parse(text).is_none(), "{text}");
        }
        assert_eq!(Num::parse("1.5E3").and_then(|n| n.whole), Some(whole_key(1_500)));
        assert_eq!(Num::parse("4e-05").map(|n| n.decimals), Some(5));
    }

    #[test]
    fn whole_numbers_are_exact() {
        assert_eq!(agree("9007199254740993", "9007199254740992"), None);
        assert_eq!(agree("123456", "123460"), None);
        assert_eq!(agree("10000001", "10000000.0"), None);
        assert_eq!(agree("1000", "1000.0"), Some(Agreement::Equal));
    }

    #[test]
    fn rounding_is_seen_only_where_enough_is_left() {
        for (a, b) in
            [("3.14159", "3.14"), ("1234.5678", "1235"), ("3.125", "3.12"), ("3.125", "3.13"), ("0.004", "0.00")]
        {
            assert_eq!(agree(a, b), Some(Agreement::Rounded), "{a} {b}");
            assert_eq!(agree(b, a), Some(Agreement::Rounded), "{b} {a}");
        }
        for (a, b) in [("4.4", "4"), ("4.44", "4.4"), ("3.135", "3.13"), ("3.14159", "3.15"), ("0.4", "0")] {
            assert_eq!(agree(a, b), None, "{a} {b}");
        }
    }

    #[test]
    fn four_digits_hold_for_fractions_only() {
        assert_eq!(agree("0.123449", "0.123392"), Some(Agreement::Sigfig4));
        assert_eq!(agree("0.1235", "0.1234"), None);
        assert_eq!(agree("-99996.2", "-99996.9"), Some(Agreement::Sigfig4));
    }

    #[test]
    fn a_declared_tolerance_replaces_the_rest() {
        let (a, b) = (Num::parse("100").expect("n"), Num::parse("101").expect("n"));
        let rule = |tolerance| NumRule { tolerance: Some(tolerance), ..NumRule::default() };
        assert_eq!(a.agrees(&b, &rule(0.01)), Some(Agreement::Equal));
        assert_eq!(a.agrees(&b, &rule(0.001)), None);
        let (a, b) = (Num::parse("3.14159").expect("n"), Num::parse("3.14").expect("n"));
        assert_eq!(a.agrees(&b, &rule(0.0)), None);
    }
}
