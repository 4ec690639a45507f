//! CSV as its fields, and the types fields without declared ones seem to have.

use super::cast::{read_date, read_double, read_timestamp};
use datafusion::arrow::datatypes::DataType;

/// A field's text; quoted ones are text even if they look like NULL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Field {
    pub text: String,
    pub quoted: bool,
}

/// All records of a text: `"` quoting, any line ending, and the separator that the header shows. A
/// last line without an end counts, an empty one does not.
pub(crate) fn records(text: &str) -> Vec<Vec<Field>> {
    let separator = separator(text);
    let mut records = Vec::new();
    let mut record = Vec::new();
    let mut field = Field { text: String::new(), quoted: false };
    let mut in_quotes = false;
    let mut chars = text.trim_start_matches('\u{feff}').chars().peekable();
    while let Some(ch) = chars.next() {
        match ch {
            '"' if in_quotes && chars.next_if_eq(&'"').is_some() => field.text.push('"'),
            '"' if in_quotes => in_quotes = false,
            '"' if field.text.is_empty() => (in_quotes, field.quoted) = (true, true),
            ch if in_quotes => field.text.push(ch),
            ch if ch == separator => record.push(take(&mut field)),
            '\r' if chars.peek() == Some(&'\n') => {}
            '\n' => end_record(&mut records, &mut record, &mut field),
            ch => field.text.push(ch),
        }
    }
    end_record(&mut records, &mut record, &mut field);
    records
}

/// True where a comma separates no fields, so that it may stand in numbers.
pub(crate) fn leaves_commas(text: &str) -> bool {
    separator(text) != ','
}

/// A number with a decimal comma (`1.234,50`) with a decimal point, if it is one.
pub(crate) fn with_point(text: &str) -> Option<String> {
    let (sign, bare) = text.strip_prefix('-').map_or(("", text), |rest| ("-", rest));
    let (whole, fraction) = bare.split_once(',').unwrap_or((bare, "0"));
    let digits = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_digit());
    let groups: Vec<&str> = whole.split('.').collect();
    let grouped = groups.len() == 1 || groups[0].len() <= 3 && groups[1..].iter().all(|group| group.len() == 3);
    let is_number = grouped && groups.iter().all(|group| digits(group)) && digits(fraction);
    // Numbers with leading zeros are codes.
    let is_code = whole.len() > 1 && whole.starts_with('0');
    (is_number && !is_code).then(|| format!("{sign}{}.{fraction}", groups.concat()))
}

/// The separator that the first line has most of outside of quotes; a comma where there is none.
fn separator(text: &str) -> char {
    let mut counts = [(',', 0), (';', 0), ('\t', 0), ('|', 0)];
    let mut in_quotes = false;
    for ch in text.chars().take_while(|ch| *ch != '\n') {
        in_quotes ^= ch == '"';
        if let Some((_, count)) = counts.iter_mut().find(|(separator, _)| *separator == ch && !in_quotes) {
            *count += 1;
        }
    }
    // The first of equals: a comma goes before the others.
    counts.into_iter().rev().max_by_key(|(_, count)| *count).map_or(',', |(separator, _)| separator)
}

fn take(field: &mut Field) -> Field {
    std::mem::replace(field, Field { text: String::new(), quoted: false })
}

fn end_record(records: &mut Vec<Vec<Field>>, record: &mut Vec<Field>, field: &mut Field) {
    if record.is_empty() && field.text.is_empty() && !field.quoted {
        return;
    }
    record.push(take(field));
    records.push(std::mem::take(record));
}

/// The narrowest type all texts have; STRING if there is none.
pub(crate) fn infer<'a>(texts: impl Iterator<Item = &'a str> + Clone) -> DataType {
    let all = |test: fn(&str) -> bool| texts.clone().all(test);
    let full_date = |text: &str| text.len() == 10 && text.matches('-').count() == 2 && read_date(text).is_some();
    // Numbers with leading zeros are codes, not numbers.
    let is_code = |text: &str| text.len() > 1 && text.starts_with('0') && !text.starts_with("0.");
    if texts.clone().next().is_none() || texts.clone().any(is_code) {
        return DataType::Utf8;
    }
    if all(|text| text.parse::<i64>().is_ok()) {
        return DataType::Int64;
    }
    if all(|text| {
        read_double(text).is_some()
            && text.starts_with(['-', '+', '.']) | text.starts_with(|c: char| c.is_ascii_digit())
    }) {
        return DataType::Float64;
    }
    if all(|text| matches!(text.to_ascii_lowercase().as_str(), "true" | "false")) {
        return DataType::Boolean;
    }
    if texts.clone().all(full_date) {
        return DataType::Date32;
    }
    if all(|text| text.len() >= 16 && read_timestamp(text).is_some()) {
        return super::types::TIMESTAMP;
    }
    DataType::Utf8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_commas_and_lines_are_kept_apart() {
        let read = records("a,\"b \"\"x\"\", c\"\r\n\\N,\"\"\n1,\"two\nlines\"");
        let texts: Vec<Vec<&str>> =
            read.iter().map(|record| record.iter().map(|field| field.text.as_str()).collect()).collect();
        assert_eq!(texts, [vec!["a", "b \"x\", c"], vec!["\\N", ""], vec!["1", "two\nlines"]]);
        assert!(read[1][1].quoted);
    }

    #[test]
    fn the_header_shows_the_separator() {
        for (text, fields) in [
            ("nr;name;umsatz\n1;\"Müller; Söhne\";1,5\n", ["1", "Müller; Söhne", "1,5"]),
            ("nr\tname\tx\n1\ta,b\t2\n", ["1", "a,b", "2"]),
            ("\"a;b;c;d\",name,x\n1,a;b,2\n", ["1", "a;b", "2"]),
        ] {
            let read = records(text);
            let texts: Vec<&str> = read[1].iter().map(|field| field.text.as_str()).collect();
            assert_eq!(texts, fields);
        }
        assert_eq!(separator("alone"), ',');
    }

    #[test]
    fn a_decimal_comma_is_read_where_commas_separate_nothing() {
        for (text, read) in [("1,5", "1.5"), ("-1.234,50", "-1234.50"), ("12", "12.0"), ("1.234.567,8", "1234567.8")] {
            assert_eq!(with_point(text).as_deref(), Some(read), "{text}");
        }
        for text in ["", ",5", "1,", "1,5,2", "12.34,5", "1.2345,6", "01,5", "a,b", "1,5 kg"] {
            assert_eq!(with_point(text), None, "{text}");
        }
        assert!(leaves_commas("a;b\n1,5;2") && !leaves_commas("a,b\n1,2"));
    }

    #[test]
    fn types_are_guessed_from_all_values() {
        let guess = |texts: &[&'static str]| infer(texts.iter().copied());
        assert_eq!(guess(&["1", "-2"]), DataType::Int64);
        assert_eq!(guess(&["1", "2.5"]), DataType::Float64);
        assert_eq!(guess(&["01", "02"]), DataType::Utf8);
        assert_eq!(guess(&["2024-01-02"]), DataType::Date32);
        assert_eq!(guess(&["true", "FALSE"]), DataType::Boolean);
        assert_eq!(guess(&[]), DataType::Utf8);
    }
}
