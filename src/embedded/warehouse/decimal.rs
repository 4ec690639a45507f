//! Decimal arithmetic with Spark's result types and rounding.

use super::failure::SqlFailure;
use super::show::decimal_text;
use datafusion::arrow::datatypes::i256;

/// The largest precision there is.
pub(crate) const MAX_PRECISION: u8 = 38;

/// Operations whose decimal result types differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Operation {
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
    /// `DIV`.
    WholeDivide,
}

/// The shape of a result, cut to 38 digits the way Spark cuts: whole digits first, but at
/// least six of the fraction (if it has so many) stay.
pub(crate) fn result_shape(operation: Operation, left: (u8, i8), right: (u8, i8)) -> (u8, i8) {
    let ((p1, s1), (p2, s2)) = ((i32::from(left.0), i32::from(left.1)), (i32::from(right.0), i32::from(right.1)));
    let (precision, scale) = match operation {
        Operation::Add | Operation::Subtract => {
            let scale = s1.max(s2);
            ((p1 - s1).max(p2 - s2) + scale + 1, scale)
        }
        Operation::Multiply => (p1 + p2 + 1, s1 + s2),
        Operation::Divide => {
            let scale = (s1 + p2 + 1).max(6);
            (p1 - s1 + s2 + scale, scale)
        }
        Operation::Modulo => {
            let scale = s1.max(s2);
            ((p1 - s1).min(p2 - s2) + scale, scale)
        }
        Operation::WholeDivide => (p1 - s1 + s2, 0),
    };
    adjust(precision, scale)
}

fn adjust(precision: i32, scale: i32) -> (u8, i8) {
    let max = i32::from(MAX_PRECISION);
    if precision <= max {
        return (precision.max(1) as u8, scale as i8);
    }
    let whole = precision - scale;
    let scale = (max - whole).max(scale.min(6));
    (MAX_PRECISION, scale as i8)
}

/// Computes at the exact scale and rounds half up to the result's shape.
pub(crate) fn compute(
    operation: Operation,
    left: (i128, i8),
    right: (i128, i8),
    shape: (u8, i8),
) -> Result<i128, SqlFailure> {
    let (a, b) = (i256::from_i128(left.0), i256::from_i128(right.0));
    let overflow = || SqlFailure::overflow("decimal");
    let common = left.1.max(right.1);
    let scaled = |value: i256, by: i32| value.checked_mul(power(by)?).ok_or_else(overflow);
    let (unscaled, scale) = match operation {
        Operation::Add | Operation::Subtract => {
            let a = scaled(a, i32::from(common - left.1))?;
            let b = scaled(b, i32::from(common - right.1))?;
            let sum = if operation == Operation::Add { a.checked_add(b) } else { a.checked_sub(b) };
            (sum.ok_or_else(overflow)?, common)
        }
        Operation::Multiply => (a.checked_mul(b).ok_or_else(overflow)?, left.1 + right.1),
        Operation::Divide => return divide(a, b, i32::from(right.1) - i32::from(left.1), shape),
        Operation::Modulo | Operation::WholeDivide => {
            let a = scaled(a, i32::from(common - left.1))?;
            let b = scaled(b, i32::from(common - right.1))?;
            if operation == Operation::Modulo {
                (a.checked_rem(b).ok_or_else(SqlFailure::remainder_by_zero)?, common)
            } else {
                (a.checked_div(b).ok_or_else(SqlFailure::divide_by_zero)?, 0)
            }
        }
    };
    fit(unscaled, scale, shape)
}

/// `a / b`, where the true quotient is `a / b * 10^shift`, rounded half up to the shape.
fn divide(a: i256, b: i256, shift: i32, shape: (u8, i8)) -> Result<i128, SqlFailure> {
    if b == i256::ZERO {
        return Err(SqlFailure::divide_by_zero());
    }
    let by = i32::from(shape.1) + shift;
    let overflow = || SqlFailure::overflow("decimal");
    let (a, b) = if by >= 0 {
        (a.checked_mul(power(by)?).ok_or_else(overflow)?, b)
    } else {
        (a, b.checked_mul(power(-by)?).ok_or_else(overflow)?)
    };
    check_fit(round_half_up(a, b), shape)
}

/// Rescales with rounding half up and checks the precision.
pub(crate) fn fit(unscaled: i256, scale: i8, shape: (u8, i8)) -> Result<i128, SqlFailure> {
    let by = i32::from(shape.1) - i32::from(scale);
    let rescaled = if by >= 0 {
        unscaled.checked_mul(power(by)?).ok_or_else(|| SqlFailure::overflow("decimal"))?
    } else {
        round_half_up(unscaled, power(-by)?)
    };
    check_fit(rescaled, shape)
}

/// [`fit`] for a number of ordinary size.
pub(crate) fn rescale(unscaled: i128, scale: i8, shape: (u8, i8)) -> Result<i128, SqlFailure> {
    fit(i256::from_i128(unscaled), scale, shape)
}

fn check_fit(unscaled: i256, (precision, scale): (u8, i8)) -> Result<i128, SqlFailure> {
    match unscaled.to_i128() {
        Some(value) if value.unsigned_abs() < 10_u128.pow(precision.into()) => Ok(value),
        Some(value) => Err(SqlFailure::out_of_range(&decimal_text(value, scale), precision, scale)),
        None => Err(SqlFailure::overflow("decimal")),
    }
}

/// Away from zero at the half. `by` is not zero.
fn round_half_up(value: i256, by: i256) -> i256 {
    let (Some(quotient), Some(rest)) = (value.checked_div(by), value.checked_rem(by)) else { return i256::ZERO };
    let (rest, by_abs) = (rest.wrapping_abs(), by.wrapping_abs());
    if rest.wrapping_add(rest) < by_abs {
        return quotient;
    }
    let negative = value.is_negative() != by.is_negative();
    if negative { quotient.wrapping_sub(i256::ONE) } else { quotient.wrapping_add(i256::ONE) }
}

fn power(exponent: i32) -> Result<i256, SqlFailure> {
    let exponent = u32::try_from(exponent).map_err(|_| SqlFailure::overflow("decimal"))?;
    i256::from_i128(10).checked_pow(exponent).ok_or_else(|| SqlFailure::overflow("decimal"))
}

/// Reads `-12.340` or `1.5e3` exactly: unscaled number and scale. Nothing if it is no number or
/// has more digits than fit.
pub(crate) fn parse(text: &str) -> Option<(i128, i8)> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (negative, digits) = match mantissa.as_bytes().first()? {
        b'-' => (true, &mantissa[1..]),
        b'+' => (false, &mantissa[1..]),
        _ => (false, mantissa),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let mut unscaled: i128 = 0;
    let mut scale = -exponent;
    for (text, is_fraction) in [(whole, false), (fraction, true)] {
        for digit in text.chars() {
            let digit = digit.to_digit(10)?;
            match unscaled.checked_mul(10).and_then(|v| v.checked_add(digit.into())) {
                Some(value) => unscaled = value,
                // Digits of the fraction beyond what can be held are lost, as a rounding would.
                None if is_fraction => continue,
                None => return None,
            }
            scale += i32::from(is_fraction);
        }
    }
    while scale > 38 {
        unscaled /= 10;
        scale -= 1;
    }
    while scale < 0 {
        unscaled = unscaled.checked_mul(10)?;
        scale += 1;
    }
    Some((if negative { -unscaled } else { unscaled }, scale as i8))
}

/// The nearest double.
pub(crate) fn to_double(unscaled: i128, scale: i8) -> f64 {
    if scale == 0 || unscaled.unsigned_abs() < (1 << 53) && scale <= 22 {
        return unscaled as f64 / 10_f64.powi(scale.into());
    }
    decimal_text(unscaled, scale).parse().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn result_shapes_are_sparks() {
        assert_eq!(result_shape(Operation::Divide, (15, 6), (14, 6)), (36, 21));
        assert_eq!(result_shape(Operation::Add, (10, 2), (10, 2)), (11, 2));
        assert_eq!(result_shape(Operation::Multiply, (38, 10), (38, 10)), (38, 6));
        assert_eq!(result_shape(Operation::Divide, (38, 2), (20, 0)), (38, 6));
    }

    #[test]
    fn halves_round_away_from_zero() {
        assert_eq!(rescale(25, 1, (3, 0)), Ok(3));
        assert_eq!(rescale(-25, 1, (3, 0)), Ok(-3));
        assert_eq!(compute(Operation::Divide, (1, 0), (3, 0), (11, 6)), Ok(333_333));
        assert!(compute(Operation::Divide, (1, 0), (0, 0), (11, 6)).is_err());
        assert!(rescale(1_000, 0, (3, 0)).is_err());
    }

    #[test]
    fn texts_are_read_exactly() {
        assert_eq!(parse("-12.340"), Some((-12_340, 3)));
        assert_eq!(parse("1.5e3"), Some((1_500, 0)));
        assert_eq!(parse("1.2.3"), None);
        assert_eq!(parse("abc"), None);
    }
}
