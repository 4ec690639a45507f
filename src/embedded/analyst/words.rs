//! When do two words mean the same name? Inflection, abbreviation, compounds; no domain knowledge.

use crate::text::{compact, is_hangul, split_identifier, stem};

/// Endings that English and German words of one root differ in.
const ENDINGS: [&str; 39] = [
    "", "s", "e", "es", "ed", "d", "ing", "er", "ers", "or", "al", "ion", "ions", "ation", "ment", "ments", "ure",
    "ance", "ence", "ent", "y", "ie", "ies", "ly", "n", "en", "ive", "ity", "ings", "ning", "ned", "ting", "ted",
    "ner", "der", "te", "t", "ung", "ungen",
];

/// Customary short forms that no rule explains.
#[rustfmt::skip]
const SHORTHAND: [(&str, &str); 14] = [
    ("no", "number"), ("nr", "number"), ("num", "number"), ("qty", "quantity"), ("amt", "amount"), ("src", "source"), ("cnt", "count"),
    ("pct", "percent"), ("yr", "year"), ("dt", "date"), ("tel", "phone"), ("img", "image"), ("nr", "nummer"), ("lbl", "label"),
];

/// Words too short or too common to compare by root or prefix.
const SHORT: usize = 3;

/// A comparable word: lower case, no plural, umlauts folded.
pub fn fold(word: &str) -> String {
    if word.eq_ignore_ascii_case("ids") {
        return "id".to_owned();
    }
    let mut out = String::with_capacity(word.len());
    for c in stem(word).chars() {
        match c {
            'ä' => out.push('a'),
            'ö' => out.push('o'),
            'ü' => out.push('u'),
            'ß' => out.push_str("ss"),
            'é' | 'è' | 'ê' => out.push('e'),
            other => out.push(other),
        }
    }
    out
}

/// The words of an identifier, in comparable form.
pub fn identifier_words(name: &str) -> Vec<String> {
    split_identifier(name).iter().map(|word| fold(word)).collect()
}

/// How surely two comparable words name the same thing, 0 to 1.
pub fn alike(asked: &str, named: &str) -> f64 {
    if asked == named {
        return 1.0;
    }
    if same_root(asked, named) {
        return 0.9;
    }
    if abbreviates(named, asked) || abbreviates(asked, named) {
        return 0.8;
    }
    if SHORTHAND.iter().any(|(short, long)| [(asked, named), (named, asked)].contains(&(*short, *long))) {
        return 0.9;
    }
    if misspelt(asked, named) {
        return 0.78;
    }
    0.0
}

/// One letter off, in words long enough for that to be a slip.
fn misspelt(asked: &str, named: &str) -> bool {
    let (a, b) = (asked.chars().count(), named.chars().count());
    a.min(b) >= 6
        && a.abs_diff(b) <= 1
        && asked.chars().next() == named.chars().next()
        && crate::text::edit_similarity(asked, named) >= 0.87
}

fn common_prefix(a: &str, b: &str) -> usize {
    a.char_indices()
        .zip(b.chars())
        .take_while(|((_, x), y)| x == y)
        .map(|((at, x), _)| at + x.len_utf8())
        .last()
        .unwrap_or(0)
}

/// True if both are one root with endings: `arrived` and `arrival`.
pub fn same_root(a: &str, b: &str) -> bool {
    if a.chars().chain(b.chars()).any(is_hangul) {
        return false;
    }
    let shared = common_prefix(a, b);
    let long_enough = shared >= SHORT && shared * 2 >= a.len().max(b.len());
    // A root of three letters is too little evidence for long endings.
    let ending = |word: &str| ENDINGS.contains(&&word[shared..]) && (shared > SHORT || word.len() - shared <= 2);
    long_enough && ending(a) && ending(b)
}

/// True if `short` is the start of `long` (at least three letters), or its consonants.
pub fn abbreviates(short: &str, long: &str) -> bool {
    let size = short.chars().count();
    if size < 2 || size >= long.chars().count() || !short.is_ascii() || !long.is_ascii() {
        return false;
    }
    if size >= SHORT && long.starts_with(short) {
        return size * 3 >= long.len();
    }
    skeleton(short, long)
}

/// `qty` for quantity, `addr` for address: same first letter, the letters in order, no vowels.
fn skeleton(short: &str, long: &str) -> bool {
    let vowel = |c: char| "aeiou".contains(c);
    if short.len() < SHORT || short.chars().skip(1).any(vowel) || short.chars().next() != long.chars().next() {
        return false;
    }
    let mut rest = long.chars();
    short.chars().all(|c| rest.any(|l| l == c)) && short.chars().last() == long.trim_end_matches(vowel).chars().last()
}

/// True if `ident` (no separators) is made of starts of the words: `stuid` of `student id`,
/// `fname` of `first name`.
pub fn compound(ident: &str, words: &[String]) -> bool {
    if words.len() < 2 || words.iter().any(|w| w == ident) || !ident.is_ascii() || ident.len() < 3 && words.len() != 2 {
        return false;
    }
    let whole_last = words.last().is_some_and(|last| last.len() >= 2 && ident.ends_with(last.as_str()));
    whole_last && splits(ident, words)
}

fn splits(rest: &str, words: &[String]) -> bool {
    let Some((word, later)) = words.split_first() else { return rest.is_empty() };
    if later.is_empty() {
        return rest == word;
    }
    (1..=common_prefix(rest, word)).rev().any(|taken| rest.is_char_boundary(taken) && splits(&rest[taken..], later))
}

/// How well a run of question words matches the words of a name, 0 to 1.
pub fn match_names(asked: &[String], named: &[String]) -> f64 {
    if asked.is_empty() || named.is_empty() {
        return 0.0;
    }
    if asked.len() == named.len() {
        let in_order = asked.iter().zip(named).map(|(a, b)| alike(a, b)).fold(1.0, f64::min);
        if in_order > 0.0 {
            return in_order;
        }
    }
    let (joined_asked, joined_named) = (asked.concat(), named.concat());
    if joined_asked == joined_named {
        return 1.0;
    }
    if asked.len() > 1 && compound(&joined_named, asked) {
        return 0.9;
    }
    if asked.len() == named.len() && asked.len() > 1 {
        return 0.95 * unordered(asked, named);
    }
    0.0
}

fn unordered(asked: &[String], named: &[String]) -> f64 {
    let mut free: Vec<&String> = named.iter().collect();
    let mut worst: f64 = 1.0;
    for word in asked {
        let best = free
            .iter()
            .enumerate()
            .map(|(at, name)| (alike(word, name), at))
            .fold((0.0, 0), |best, next| if next.0 > best.0 { next } else { best });
        if best.0 == 0.0 {
            return 0.0;
        }
        worst = worst.min(best.0);
        free.remove(best.1);
    }
    worst
}

/// How well question words match a part of a name: its end counts more than its start.
pub fn match_part(asked: &[String], named: &[String]) -> f64 {
    if asked.is_empty() || named.len() <= asked.len() {
        return tail_of_compound(asked, named);
    }
    let share = asked.len() as f64 / named.len() as f64;
    // A part of a name in another form is too weak a hint.
    let fits = |part: &[String]| if asked == part { 1.0 } else { 0.0 };
    let tail = fits(&named[named.len() - asked.len()..]);
    let head = fits(&named[..asked.len()]);
    let middle = if named.len() == 3 && asked.len() == 1 { fits(&named[1..2]) } else { 0.0 };
    (tail * (0.5 + 0.2 * share)).max(head * (0.45 + 0.2 * share)).max(middle * 0.5)
}

/// `language` in `countrylanguage`.
fn tail_of_compound(asked: &[String], named: &[String]) -> f64 {
    let joined = compact(&named.concat());
    let word = asked.concat();
    let long = word.chars().count() >= 4 && joined.len() > word.len()
        || word.chars().all(is_hangul) && word.chars().count() >= 2;
    match long && joined.len() > word.len() && asked.len() == 1 {
        true if joined.ends_with(&word) => 0.6,
        true if joined.starts_with(&word) => 0.5,
        _ => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split(' ').map(fold).collect()
    }

    #[test]
    fn words_of_one_root_and_abbreviations() {
        assert!(same_root("arrived", "arrival") && same_root("owner", "own") && same_root("departure", "departed"));
        assert!(!same_root("country", "county") && !same_root("state", "status"));
        assert!(abbreviates("qty", "quantity") && abbreviates("cust", "customer") && !abbreviates("sb", "subject"));
    }

    #[test]
    fn compounds_of_starts() {
        assert!(compound("stuid", &words("student id")) && compound("fname", &words("first name")));
        assert!(compound("pettype", &words("pet type")) && !compound("name", &words("pet name")));
        assert!(match_names(&words("cell numbers"), &words("cell number")) > 0.9);
        assert!(match_part(&words("email"), &words("email address")) > 0.4);
    }
}
