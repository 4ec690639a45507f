//! Cue words: what the small words of a question ask for. The words stand in `cue_tables`.

use super::cue_tables::{ENGLISH, GERMAN, KOREAN};
use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Aggregate {
    Count,
    Sum,
    Avg,
    Max,
    Min,
}

impl Aggregate {
    pub fn sql(self) -> &'static str {
        match self {
            Self::Count => "COUNT",
            Self::Sum => "SUM",
            Self::Avg => "AVG",
            Self::Max => "MAX",
            Self::Min => "MIN",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    Equal,
    Greater,
    AtLeast,
    Less,
    AtMost,
}

impl Op {
    pub fn sql(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::Greater => ">",
            Self::AtLeast => ">=",
            Self::Less => "<",
            Self::AtMost => "<=",
        }
    }

    pub fn negated(self) -> &'static str {
        match self {
            Self::Equal => "<>",
            Self::Greater => "<=",
            Self::AtLeast => "<",
            Self::Less => ">=",
            Self::AtMost => ">",
        }
    }
}

/// What an adjective measures, when the question names no column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    Any,
    Age,
    Cost,
    Size,
    Length,
    Weight,
    Time,
    Speed,
    Quality,
    /// How often: `most common`.
    Frequency,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Match {
    Starts,
    Ends,
    Contains,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cue {
    Agg(Aggregate),
    Distinct,
    /// `each`, `per`: the next name groups.
    Each,
    By,
    OrderBy,
    Desc,
    Asc,
    Alphabetical,
    /// The greatest (true) or smallest by a scale.
    Super(bool, Scale),
    /// `top`: the next number limits; true for the greatest first.
    Top(bool),
    Compare(Op, Scale),
    /// `or more` after a number.
    Trailing(Op),
    Between,
    And,
    Or,
    Not,
    But,
    Both,
    Only,
    /// Starts a modifier: `who`, `whose`, `with`, `that have`.
    Boundary,
    /// Starts new outputs after a modifier: `as well as`, `along with`, `what is`.
    Resume,
    /// `which`, `what`, `who`, `where`, `when`.
    Which,
    Who,
    Where,
    When,
    Imperative,
    Pattern(Match),
    Named,
    Ratio,
    Percent,
    Everything,
    Of,
    Place,
    Pronoun,
    Null,
    Difference,
    /// `cumulative`: a total that grows over time.
    Running,
    /// `유저당`: for each unit of the name before.
    Per,
    /// `how old`: the column that the adjective measures.
    Measure(Scale),

    /// Politeness and filler.
    Filler,
}

type Phrase = (Vec<&'static str>, Cue);

/// The phrases by their first word.
fn phrases() -> &'static HashMap<&'static str, Vec<Phrase>> {
    static PHRASES: OnceLock<HashMap<&'static str, Vec<Phrase>>> = OnceLock::new();
    PHRASES.get_or_init(|| {
        let mut found: HashMap<&'static str, Vec<Phrase>> = HashMap::new();
        for (phrase, cue) in [ENGLISH, GERMAN, KOREAN].into_iter().flatten() {
            let words: Vec<&'static str> = phrase.split(' ').collect();
            found.entry(words[0]).or_default().push((words, *cue));
        }
        found
    })
}

/// The longest cue at the start of these lower-case words: how many words, and which.
pub fn cue_at(words: &[&str]) -> Option<(usize, Cue)> {
    let mut best: Option<(usize, Cue)> = None;
    for (phrase, cue) in phrases().get(words.first()?)? {
        if words.starts_with(phrase) && best.is_none_or(|(longest, _)| phrase.len() > longest) {
            best = Some((phrase.len(), *cue));
        }
    }
    best
}

/// True for a word of some Korean cue.
pub fn is_korean_cue_word(word: &str) -> bool {
    static WORDS: OnceLock<HashSet<&'static str>> = OnceLock::new();
    WORDS.get_or_init(|| KOREAN.iter().flat_map(|(phrase, _)| phrase.split(' ')).collect()).contains(word)
}

/// Question marks of a language: German writes all nouns with a capital.
pub fn looks_german(words: &[&str]) -> bool {
    const MARKS: [&str; 16] = [
        "der", "die", "das", "und", "wie", "viele", "welche", "welcher", "welches", "ist", "sind", "mit", "für",
        "alle", "von", "zeige",
    ];
    words.iter().filter(|word| MARKS.contains(word)).count() >= 2
}
