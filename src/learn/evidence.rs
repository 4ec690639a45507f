//! Evidence for a term and a fragment that does not come from counting: the alias says so, the
//! value is the word, a comment explains it.

use super::association::FacetInfo;
use super::corpus::Corpus;
use super::pattern::Facet;
use crate::sql::{ColumnRef, ColumnValue};
use crate::text::{compact, split_identifier, stem, tokens};
use std::collections::BTreeSet;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Evidence {
    /// A query names the fragment with the term.
    Alias,
    /// The literal is the term.
    Literal,
    /// A comment maps the literal to the term, as in `code: x1 = First`.
    Dictionary,
    /// The column's own name is the term.
    Name,
    /// A comment on the column holds the term.
    Comment,
    /// A word of an alias is the term.
    AliasWord,
}

impl Evidence {
    /// Evidence that can stand for a second observation.
    pub fn is_strong(self) -> bool {
        matches!(self, Self::Alias | Self::Literal | Self::Dictionary | Self::Name)
    }

    /// What it adds to a log-likelihood ratio when fragments are ranked.
    pub(super) fn weight(self) -> f64 {
        match self {
            Self::Alias => 9.0,
            Self::Literal | Self::Dictionary => 9.0,
            Self::Name => 3.0,
            Self::Comment => 3.0,
            Self::AliasWord => 1.5,
        }
    }
}

/// Texts about a facet, ready for comparison with term keys.
#[derive(Clone, Debug, Default)]
pub(super) struct Sayings {
    aliases: BTreeSet<String>,
    alias_words: BTreeSet<String>,
    literal: Option<String>,
    dictionary: BTreeSet<String>,
    name: Option<String>,
    comment: String,
    comment_words: BTreeSet<String>,
}

impl Sayings {
    pub(super) fn of(info: &FacetInfo, corpus: &Corpus) -> Self {
        let mut sayings = Self::default();
        for alias in info.aliases.keys() {
            sayings.aliases.insert(key(alias));
            sayings.alias_words.extend(split_identifier(alias).iter().map(|word| stem(word)));
        }
        match &info.facet {
            Facet::Value(value) => sayings.add_value(value, corpus),
            Facet::Column(column) => {
                sayings.name = Some(key(&column.column));
                sayings.add_comment(&corpus.comment(column));
            }
            Facet::Calculation(_) | Facet::Expression(_) | Facet::Predicate(_) => {
                if let [column] = columns(info).as_slice() {
                    sayings.add_comment(&corpus.comment(column));
                }
            }
        }
        sayings
    }

    fn add_value(&mut self, value: &ColumnValue, corpus: &Corpus) {
        self.literal = Some(key(&value.value)).filter(|_| value.is_text);
        // Columns of one name have one code list; often only one of them is commented.
        let comments = corpus.comments_by_name(&value.column.column);
        self.dictionary = comments.iter().flat_map(|comment| names_of_value(comment, &value.value)).collect();
    }

    fn add_comment(&mut self, comment: &str) {
        self.comment = compact(comment);
        self.comment_words = tokens(comment).into_iter().map(|token| token.stem).collect();
    }

    pub(super) fn for_term(&self, term: &str) -> BTreeSet<Evidence> {
        let mut found = BTreeSet::new();
        let mut add = |holds: bool, evidence| {
            if holds {
                found.insert(evidence);
            }
        };
        add(self.aliases.contains(term), Evidence::Alias);
        add(self.literal.as_deref() == Some(term), Evidence::Literal);
        add(self.dictionary.contains(term), Evidence::Dictionary);
        add(self.name.as_deref() == Some(term), Evidence::Name);
        add(self.alias_words.contains(term), Evidence::AliasWord);
        let long = term.chars().count() >= 3 || !term.is_ascii();
        let spoken = self.comment_words.contains(term) || (!term.is_ascii() && self.comment.contains(term));
        add(long && spoken, Evidence::Comment);
        found
    }
}

fn columns(info: &FacetInfo) -> Vec<ColumnRef> {
    info.fragment.iter().flat_map(|fragment| fragment.columns.iter().cloned()).collect()
}

/// The form in which names, aliases and literals are compared with terms.
pub(super) fn key(text: &str) -> String {
    let words = tokens(&split_identifier(text).join(" "));
    words.iter().map(|token| compact(&token.stem)).collect()
}

/// The names that a comment gives a value: `x1 = First`, `x1: First`, `First (x1)`, `x1(First)`.
pub fn names_of_value(comment: &str, value: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    if value.is_empty() {
        return names;
    }
    for (at, _) in comment.match_indices(value) {
        let (before, after) = (&comment[..at], &comment[at + value.len()..]);
        let whole = !before.ends_with(char::is_alphanumeric) && !after.starts_with(char::is_alphanumeric);
        if !whole {
            continue;
        }
        let after = after.trim_start_matches(['\'', '"', '`']).trim_start();
        let parted =
            ["=>", "->", "=", ":", "→", "–", "- ", "(", "means "].iter().find_map(|sign| after.strip_prefix(sign));
        names.extend(parted.and_then(first_phrase).map(|name| key(&name)));
        let before = before.trim_end_matches(['\'', '"', '`', '(', '=', ' ']);
        let signs = comment[before.len()..at].trim();
        if signs.starts_with('(') || signs.starts_with('=') {
            names.extend(last_phrase(before).map(|name| key(&name)));
        }
    }
    names.retain(|name| name.chars().count() >= 2 && *name != key(value));
    names
}

const ENDS: [char; 10] = [',', ';', '/', '\n', '.', '(', ')', '|', '[', ']'];

fn first_phrase(text: &str) -> Option<String> {
    let phrase = text.split(ENDS).next()?.trim().trim_matches(['\'', '"', '`']);
    (!phrase.is_empty() && phrase.split_whitespace().count() <= 4).then(|| phrase.to_owned())
}

fn last_phrase(text: &str) -> Option<String> {
    let ends = |c: char| ENDS.contains(&c) || c == ':' || c == '=';
    let phrase = text.rsplit(ends).next()?.trim().trim_matches(['\'', '"', '`']);
    (!phrase.is_empty() && phrase.split_whitespace().count() <= 4).then(|| phrase.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_explain_values() {
        let comment = "Codes: x1=First Choice, y2: Second / Third (z3); 'w4' - Fourth";
        let names = |value: &str| names_of_value(comment, value).into_iter().collect::<Vec<_>>();
        assert_eq!(names("x1"), ["firstchoice"]);
        assert_eq!(names("y2"), ["second"]);
        assert_eq!(names("z3"), ["third"]);
        assert_eq!(names("w4"), ["fourth"]);
        assert!(names("1").is_empty() && names("").is_empty());
    }
}
