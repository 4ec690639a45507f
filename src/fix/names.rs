//! Names of snippets: what a calculation, a filter or a date grain is called, in words and as an alias.

use super::input::same_name;
use crate::learn::{Calculation, is_kind_word};
use crate::text::split_identifier;

pub(super) fn name_of(calculation: &Calculation) -> Option<String> {
    let usable = |alias: &&String| crate::sql::is_plain(alias) && alias.len() > 1;
    let alias = calculation.aliases.iter().find(usable).map(|alias| alias.to_lowercase());
    alias.or_else(|| calculation.terms.first().map(|term| identifier(term)))
}

/// The alias in words where it reads as a name, as people write it; else the best term.
pub(super) fn display_name(calculation: &Calculation, name: &str) -> String {
    let alias = calculation.aliases.iter().find(|alias| reads_as_name(alias));
    match (alias, calculation.terms.first()) {
        (Some(alias), _) => {
            let said = calculation.terms.iter().find(|term| same_name(term, alias));
            said.cloned().unwrap_or_else(|| readable(alias))
        }
        (None, Some(term)) => calculation.aliases.iter().find_map(|alias| around(alias, term)).unwrap_or(term.clone()),
        (None, None) => readable(name),
    }
}

/// The alias in words, with a term of its in the term's spelling, if all else in it reads as a name:
/// “D7 retention” for `d7_retention` and “D7”.
fn around(alias: &str, term: &str) -> Option<String> {
    let (words, part) = (split_identifier(alias), split_identifier(term));
    let at = words.windows(part.len().max(1)).position(|some| some == part)?;
    let others = [&words[..at], &words[at + part.len()..]].concat();
    if !reads_as_name(&others.join("_")) {
        return None;
    }
    let said = [&words[..at], &[term.to_owned()], &words[at + part.len()..]].concat();
    Some(said.join(" "))
}

/// True for an alias of whole words that says more than what kind of number it is.
pub(super) fn reads_as_name(alias: &str) -> bool {
    let words = split_identifier(alias);
    let is_word = |word: &String| {
        word.chars().all(char::is_alphabetic) && word.chars().count() >= if word.is_ascii() { 3 } else { 1 }
    };
    let spoken = |word: &String| !word.is_ascii() || word.contains(['a', 'e', 'i', 'o', 'u', 'y']);
    !words.is_empty()
        && words.iter().all(|word| is_word(word) && spoken(word))
        && words.iter().any(|word| !is_kind_word(word))
}

pub(super) fn identifier(term: &str) -> String {
    let words: Vec<String> = term.split(|c: char| !c.is_alphanumeric()).map(str::to_lowercase).collect();
    words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join("_")
}

/// An alias in words, with the usual short forms of numbers written out.
pub(super) fn readable(alias: &str) -> String {
    const SHORT: [(&str, &str); 9] = [
        ("amt", "amount"),
        ("avg", "average"),
        ("cnt", "count"),
        ("max", "maximum"),
        ("min", "minimum"),
        ("num", "number"),
        ("pct", "percent"),
        ("qty", "quantity"),
        ("tot", "total"),
    ];
    let written_out = |word: &String| {
        SHORT.iter().find(|(short, _)| word == short).map_or(word.as_str(), |(_, long)| long).to_owned()
    };
    split_identifier(alias).iter().map(written_out).collect::<Vec<_>>().join(" ")
}

/// What a date cut to a unit is called: “order month” for `order_date`, “month” for `date`.
pub(super) fn grain_name(unit: &str, column: &str) -> String {
    const MARKS: [&str; 10] = ["at", "date", "datetime", "day", "dt", "on", "time", "timestamp", "ts", "utc"];
    let mut words = split_identifier(column);
    while words.last().is_some_and(|last| MARKS.contains(&last.as_str())) {
        words.pop();
    }
    words.push(unit.to_owned());
    words.join(" ")
}

pub(super) fn distinct(names: Vec<String>, display_name: &str) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    for name in names {
        if !same_name(&name, display_name) && !kept.iter().any(|have| same_name(have, &name)) {
            kept.push(name);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_as_people_say_them() {
        let names = ["avg_los", "order_cnt", "d7_retention", "maxSpeed"].map(readable);
        assert_eq!(names, ["average los", "order count", "d7 retention", "maximum speed"]);
        let grains = ["ordered_at", "order_date", "event_time_utc", "date", "birthday"];
        let grains = grains.map(|column| grain_name("month", column));
        assert_eq!(grains, ["ordered month", "order month", "event month", "month", "birthday month"]);
        assert!(reads_as_name("net_revenue") && !reads_as_name("v1") && !reads_as_name("total_count"));
    }
}
