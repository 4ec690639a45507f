//! Cue words: what the small words of a question ask for. The words stand in `cue_tables`.

use super::cue_tables::{ENGLISH, GERMAN, KOREAN};

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
    /// `how old`: the column that the adjective measures.
    Measure(Scale),

    /// Politeness and filler.
    Filler,
}

/// The longest cue at the start of these lower-case words: how many words, and which.
pub fn cue_at(words: &[&str]) -> Option<(usize, Cue)> {
    let mut best: Option<(usize, Cue)> = None;
    for table in [ENGLISH, GERMAN, KOREAN] {
        for (phrase, cue) in table {
            let mut size = 0;
            let fits = phrase.split(' ').all(|part| {
                let same = words.get(size).is_some_and(|word| *word == part);
                size += 1;
                same
            });
            if fits && best.is_none_or(|(longest, _)| size > longest) {
                best = Some((size, *cue));
            }
        }
    }
    best
}

/// Question marks of a language: German writes all nouns with a capital.
pub fn looks_german(words: &[&str]) -> bool {
    const MARKS: [&str; 16] = [
        "der", "die", "das", "und", "wie", "viele", "welche", "welcher", "welches", "ist", "sind", "mit", "für",
        "alle", "von", "zeige",
    ];
    words.iter().filter(|word| MARKS.contains(word)).count() >= 2
}
