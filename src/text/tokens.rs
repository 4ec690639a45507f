//! Normal form and tokens.

use super::korean::{is_hangul, strip_particles};
use unicode_normalization::UnicodeNormalization;

/// A word of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// As written, in NFC.
    pub text: String,
    /// Lower case, without Korean particles or an English plural: the form to compare.
    pub stem: String,
    pub script: Script,
    /// Byte offset in the normalised text.
    pub start: usize,
}

/// The kind of writing of a token; a change of kind ends a token, except that Hangul particles
/// may follow Latin letters or digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Script {
    Latin,
    Hangul,
    Number,
    Other,
}

/// NFC, with every run of white space as one blank.
pub fn normalise(text: &str) -> String {
    let composed: String = text.nfc().collect();
    composed.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Lower case without any white space, `_` or `-`: for words that are spaced freely.
pub fn compact(text: &str) -> String {
    text.nfc().filter(|c| !c.is_whitespace() && *c != '_' && *c != '-').flat_map(char::to_lowercase).collect()
}

/// The words of a text. Digits with `.` or `,` between digits are one number.
pub fn tokens(text: &str) -> Vec<Token> {
    let text = normalise(text);
    let mut found: Vec<Token> = Vec::new();
    let mut chars = text.char_indices().peekable();
    while let Some((start, first)) = chars.next() {
        let Some(script) = script_of(first) else { continue };
        let mut end = start + first.len_utf8();
        while let Some(&(at, c)) = chars.peek() {
            if !continues(script, c, &text[at..]) {
                break;
            }
            end = at + c.len_utf8();
            chars.next();
        }
        found.push(token(&text[start..end], script, start));
    }
    found
}

fn script_of(c: char) -> Option<Script> {
    if is_hangul(c) {
        Some(Script::Hangul)
    } else if c.is_numeric() {
        Some(Script::Number)
    } else if c.is_alphabetic() {
        Some(if (c as u32) < 0x250 { Script::Latin } else { Script::Other })
    } else {
        None
    }
}

fn continues(script: Script, c: char, rest: &str) -> bool {
    match script_of(c) {
        Some(kind) if kind == script => true,
        // `inzoi2`, `D7`, `iphone15`: digits inside a word belong to it.
        Some(Script::Number) => script == Script::Latin,
        Some(_) => false,
        None => match c {
            '.' | ',' => script == Script::Number && rest.chars().nth(1).is_some_and(char::is_numeric),
            '_' => script == Script::Latin,
            '\'' | '’' => script == Script::Latin && rest.chars().nth(1).is_some_and(char::is_alphabetic),
            _ => false,
        },
    }
}

fn token(text: &str, script: Script, start: usize) -> Token {
    Token { text: text.to_owned(), stem: stem(text), script, start }
}

/// The form of a word to compare: lower case, Korean particles off, English plural and
/// possessive off.
pub fn stem(word: &str) -> String {
    let lower: String = word.nfc().flat_map(char::to_lowercase).collect();
    if lower.chars().any(is_hangul) {
        return strip_particles(&lower);
    }
    let bare = lower.strip_suffix("'s").or_else(|| lower.strip_suffix("’s")).unwrap_or(&lower);
    singular(bare)
}

fn singular(word: &str) -> String {
    if word.len() > 4 && word.ends_with("ies") {
        return format!("{}y", &word[..word.len() - 3]);
    }
    let sibilant = ["sses", "shes", "ches", "xes", "zes"].iter().any(|end| word.ends_with(end));
    if word.len() > 4 && sibilant {
        return word[..word.len() - 2].to_owned();
    }
    let plural = word.len() > 3 && word.ends_with('s') && !["ss", "us", "is"].iter().any(|end| word.ends_with(end));
    if plural { word[..word.len() - 1].to_owned() } else { word.to_owned() }
}

/// The words of an identifier: `sbTxAmount`, `cash_revenue` and `Song Name` alike. All in lower
/// case.
pub fn split_identifier(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    let chars: Vec<char> = name.nfc().collect();
    for (at, &c) in chars.iter().enumerate() {
        let before = at.checked_sub(1).map(|i| chars[i]);
        let starts_word = c.is_uppercase() && before.is_some_and(|b| b.is_lowercase() || b.is_numeric())
            || (c.is_uppercase()
                && before.is_some_and(char::is_uppercase)
                && chars.get(at + 1).is_some_and(|next| next.is_lowercase()));
        if !c.is_alphanumeric() || starts_word {
            words.extend((!word.is_empty()).then(|| std::mem::take(&mut word)));
        }
        if c.is_alphanumeric() {
            word.extend(c.to_lowercase());
        }
    }
    words.extend((!word.is_empty()).then_some(word));
    words
}

/// A column's name as people say it: without the mark of a code or a name behind it.
pub fn spoken_name(column: &str) -> String {
    const MARKS: [&str; 5] = ["cd", "code", "nm", "txt", "typ"];
    let mut words = split_identifier(column);
    while words.len() > 1 && words.last().is_some_and(|last| MARKS.contains(&last.as_str())) {
        words.pop();
    }
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stems(text: &str) -> Vec<String> {
        tokens(text).into_iter().map(|token| token.stem).collect()
    }

    #[test]
    fn words_of_several_languages() {
        assert_eq!(stems("지난주 inZOI의 매출을 알려줘"), ["지난주", "inzoi", "의", "매출", "알려줘"]);
        assert_eq!(
            stems("Top 10 stores' categories, 1,234.5 boxes"),
            ["top", "10", "store", "category", "1,234.5", "box"]
        );
        assert_eq!(stems("Umsatz je Straße"), ["umsatz", "je", "straße"]);
    }

    #[test]
    fn identifiers_fall_into_words() {
        assert_eq!(["store_cd", "code", "statusTyp"].map(spoken_name), ["store", "code", "status"]);
        assert_eq!(split_identifier("sbTxAmount"), ["sb", "tx", "amount"]);
        assert_eq!(split_identifier("cash_revenue"), ["cash", "revenue"]);
        assert_eq!(split_identifier("HTTPStatus2"), ["http", "status2"]);
    }

    #[test]
    fn composed_and_decomposed_text_is_one() {
        assert_eq!(stems("\u{1106}\u{1162}\u{110e}\u{116e}\u{11af}"), stems("매출"));
    }
}
