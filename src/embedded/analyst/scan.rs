//! A question as a row of elements: names, literals, numbers, times, cues and the words left over.

use super::cues::{Cue, cue_at, looks_german};
use super::dates::{Time, time_at, year_of, year_period};
use super::lexicon::{Candidate, Lexicon, Target};
use super::ranges::{is_edge, is_filler, join_ranges, prefer_link};
use super::tokenise::{Tok, tokenise};

/// No question has more words that matter; what follows is not read.
const MAX_TOKENS: usize = 160;
const MAX_SPAN: usize = 6;

#[derive(Clone, Debug)]
pub enum Kind {
    Name(Vec<Candidate>),
    Literal { quoted: bool },
    Number(String),
    Time(Time),
    Cue(Cue),
    Comma,
    Stop,
    Word,
}

#[derive(Clone, Debug)]
pub struct Element {
    pub kind: Kind,
    /// As written in the question.
    pub text: String,
    pub words: Vec<String>,
    /// `'s`: the next name belongs to this one.
    pub possessive: bool,
    /// A Korean `별` or `마다` stands behind it.
    pub each: bool,
}

impl Element {
    pub fn cue(&self) -> Option<Cue> {
        match self.kind {
            Kind::Cue(cue) => Some(cue),
            _ => None,
        }
    }

    pub fn is_name(&self) -> bool {
        matches!(self.kind, Kind::Name(_))
    }
}

/// Words of grammar, which describe nothing.
pub fn is_small(word: &str) -> bool {
    const SMALL: [&str; 71] = [
        "the",
        "a",
        "an",
        "of",
        "for",
        "in",
        "on",
        "at",
        "to",
        "by",
        "and",
        "or",
        "is",
        "are",
        "was",
        "were",
        "be",
        "that",
        "which",
        "with",
        "from",
        "it",
        "its",
        "as",
        "if",
        "not",
        "no",
        "this",
        "each",
        "who",
        "what",
        "whom",
        "whose",
        "when",
        "where",
        "how",
        "many",
        "much",
        "do",
        "doe",
        "did",
        "have",
        "has",
        "had",
        "than",
        "then",
        "there",
        "their",
        "all",
        "any",
        "can",
        "between",
        "per",
        "more",
        "most",
        "key",
        "foreign",
        "primary",
        "table",
        "column",
        "unique",
        "identifier",
        "referencing",
        "reference",
        "listing",
        "use",
        "used",
        "also",
        "called",
        "list",
        "show",
    ];
    SMALL.contains(&word)
}

/// The walk over the words.
pub struct Scanner<'a> {
    pub toks: Vec<Tok>,
    cue_words: Vec<String>,
    pub lexicon: &'a Lexicon,
    year: Option<i32>,
    pub german: bool,
    pub korean: bool,
    out: Vec<Element>,
}

pub fn scan(question: &str, lexicon: &Lexicon, year: Option<i32>) -> Vec<Element> {
    let mut toks = tokenise(question);
    toks.truncate(MAX_TOKENS);
    let cue_words: Vec<String> = toks.iter().map(|t| t.cue.clone()).collect();
    let lower: Vec<&str> = toks.iter().map(|t| t.lower.as_str()).collect();
    let german = looks_german(&lower);
    let korean = question.chars().any(crate::text::is_hangul);
    let mut scanner = Scanner { cue_words, lexicon, year, german, korean, out: Vec::new(), toks };
    let mut at = 0;
    while at < scanner.toks.len() {
        at += scanner.step(at).max(1);
    }
    join_ranges(scanner.out)
}

impl Scanner<'_> {
    fn step(&mut self, at: usize) -> usize {
        let tok = &self.toks[at];
        if tok.quoted {
            let kind = Kind::Literal { quoted: true };
            return self.push(at, 1, kind);
        }
        match tok.text.as_str() {
            "," | ";" => return self.push(at, 1, Kind::Comma),
            "." | "?" | "!" | ":" => return self.push(at, 1, Kind::Stop),
            "<" | ">" | "=" | "<=" | ">=" => return self.symbol(at),
            _ => {}
        }
        let rest: Vec<&str> = self.toks[at..].iter().take(12).map(|t| t.lower.as_str()).collect();
        if let Some((size, time)) = self.date_with_comma(at) {
            return self.push(at, size, Kind::Time(time));
        }
        let link = self.best_link(at);
        let strong = link
            .as_ref()
            .is_some_and(|(_, c)| c[0].score >= 1.05 && !matches!(c[0].target, Target::Column(_) | Target::Table(_)));
        if !strong
            && let Some((size, time)) =
                self.said_time(at).or_else(|| time_at(&rest, self.year)).or_else(|| self.bare_time(at))
            && link.as_ref().is_none_or(|(n, _)| *n <= size)
            && !self.asks_column(at, size)
        {
            return self.push(at, size, Kind::Time(time));
        }
        if let Some(used) = self.year_or_number(at) {
            return used;
        }
        let cue_rest: Vec<&str> = self.cue_words[at..].iter().take(8).map(String::as_str).collect();
        match (cue_at(&cue_rest), link) {
            (Some((size, cue)), Some((span, found)))
                if prefer_link(size, cue, span, &found, at == 0 || self.after_stop(at)) =>
            {
                self.push(at, span, Kind::Name(found))
            }
            (Some((size, cue)), _) => self.push(at, size, Kind::Cue(cue)),
            (None, Some((span, found))) if found[0].score >= 0.3 => self.push(at, span, Kind::Name(found)),
            (None, weak) => self.unknown(at, weak),
        }
    }

    /// `which year`, where a column is called so.
    fn asks_column(&self, at: usize, size: usize) -> bool {
        let last = &self.toks[(at + size).min(self.toks.len()) - 1];
        let which = matches!(self.toks[at].lower.as_str(), "which" | "what" | "in" | "welchem") && size > 1;
        let named = || {
            let found = self.lexicon.candidates(std::slice::from_ref(&last.word), last.plain());
            found.iter().any(|c| matches!(c.target, Target::Column(_)) && c.score >= 0.95)
        };
        which && named()
    }

    /// A phrase for a time that the instruction explains.
    fn said_time(&self, at: usize) -> Option<(usize, Time)> {
        let words: Vec<&str> =
            self.toks[at..].iter().take(7).take_while(|t| !t.is_mark()).map(|t| t.word.as_str()).collect();
        self.lexicon.spans.iter().filter_map(|span| span.at(&words)).max_by_key(|(size, _)| *size)
    }

    /// Korean times with particles.
    fn bare_time(&self, at: usize) -> Option<(usize, Time)> {
        let hangul = self.toks[at].text.chars().any(crate::text::is_hangul);
        let bare: Vec<&str> = self.toks[at..].iter().take(6).map(|t| t.word.as_str()).collect();
        time_at(&bare, self.year).filter(|(_, time)| hangul && matches!(time, Time::Period(_)))
    }

    /// `Jan 1, 2023`.
    fn date_with_comma(&self, at: usize) -> Option<(usize, Time)> {
        let words: Vec<&str> = self.toks[at..].iter().take(4).map(|t| t.lower.as_str()).collect();
        let [month, day, ",", year] = words.as_slice() else { return None };
        time_at(&[month, day, year], None).filter(|(size, _)| *size == 3).map(|(_, time)| (4, time))
    }

    pub fn push(&mut self, at: usize, size: usize, kind: Kind) -> usize {
        let toks = &self.toks[at..(at + size).min(self.toks.len())];
        let Some(last) = toks.last() else { return 1 };
        self.out.push(Element {
            kind,
            text: toks.iter().map(|t| t.plain()).collect::<Vec<_>>().join(" "),
            words: toks.iter().map(|t| t.word.clone()).collect(),
            possessive: last.possessive,
            each: last.each,
        });
        size
    }

    fn symbol(&mut self, at: usize) -> usize {
        use super::cues::{Op, Scale};
        let op = match self.toks[at].text.as_str() {
            ">" => Op::Greater,
            ">=" => Op::AtLeast,
            "<" => Op::Less,
            "<=" => Op::AtMost,
            _ => Op::Equal,
        };
        self.push(at, 1, Kind::Cue(Cue::Compare(op, Scale::Any)))
    }

    pub fn after_stop(&self, at: usize) -> bool {
        at > 0 && matches!(self.toks[at - 1].text.as_str(), "." | "?" | "!")
    }

    /// The best run of words that names something, long and sure.
    fn best_link(&self, at: usize) -> Option<(usize, Vec<Candidate>)> {
        let mut best: Option<(f64, usize, Vec<Candidate>)> = None;
        for size in (1..=MAX_SPAN.min(self.toks.len() - at)).rev() {
            let span = &self.toks[at..at + size];
            let edges_small = is_edge(&span[0]) || is_edge(&span[size - 1]);
            let joins = |t: &Tok| {
                let cue = cue_at(&[t.cue.as_str()]).map(|(_, cue)| cue);
                matches!(cue, Some(Cue::By | Cue::Each | Cue::Or | Cue::And | Cue::Place | Cue::Boundary))
                    || t.lower == "to"
            };
            if span.iter().any(|t| t.quoted || t.is_mark())
                || size > 2 && span[1..size - 1].iter().any(joins)
                || edges_small && size > 1
                || size == 1 && span[0].word.is_empty()
            {
                continue;
            }
            let words: Vec<String> =
                span.iter().filter(|t| size == 1 || !is_filler(t)).map(|t| t.word.clone()).collect();
            let raw = span.iter().map(|t| t.plain()).collect::<Vec<_>>().join(" ");
            let mut found = self.lexicon.candidates(&words, &raw);
            if words.len() < size && self.names_table(at + size - 1) {
                continue;
            }
            if words.len() < size {
                // `location of the stadiums`: the owner is found by grammar, for the whole list.
                found.retain(|c| c.source != "table and column name");
            }
            if size == 1 && span[0].stem2 != span[0].word {
                let more = self.lexicon.candidates(std::slice::from_ref(&span[0].stem2), &raw);
                if more.first().map_or(0.0, |c| c.score) > found.first().map_or(0.0, |c| c.score) {
                    found = more;
                }
            }
            let Some(first) = found.first() else { continue };
            let worth = first.score * (size as f64).sqrt() * if first.score < 0.75 && size > 1 { 0.6 } else { 1.0 };
            if best.as_ref().is_none_or(|(w, _, _)| worth > *w) {
                best = Some((worth, size, found));
            }
        }
        best.map(|(_, size, found)| (size, found))
    }

    /// True if this word alone is the name of a table: `codes of the countries` are the table's.
    fn names_table(&self, at: usize) -> bool {
        let tok = &self.toks[at];
        let found = self.lexicon.candidates(std::slice::from_ref(&tok.word), tok.plain());
        found.iter().any(|c| matches!(c.target, Target::Table(_)) && c.score >= 0.95)
    }

    fn year_or_number(&mut self, at: usize) -> Option<usize> {
        let tok = &self.toks[at];
        const NAMES: [(&str, &str); 11] = [
            ("two", "2"),
            ("three", "3"),
            ("four", "4"),
            ("five", "5"),
            ("six", "6"),
            ("seven", "7"),
            ("eight", "8"),
            ("nine", "9"),
            ("ten", "10"),
            ("zwei", "2"),
            ("drei", "3"),
        ];
        if let Some((_, digits)) = NAMES.iter().find(|(name, _)| *name == tok.lower) {
            return Some(self.push(at, 1, Kind::Number((*digits).to_owned())));
        }
        let than = at > 0
            && matches!(self.toks[at - 1].lower.as_str(), "than" | "least" | "most" | "exactly" | "only" | "als");
        if than
            && matches!(tok.lower.as_str(), "one" | "a" | "einen" | "eine" | "ein")
            && (tok.lower == "one" || self.german)
        {
            return Some(self.push(at, 1, Kind::Number("1".to_owned())));
        }
        let digits = tok.text.replace(',', "");
        let plain = digits.chars().all(|c| c.is_ascii_digit() || c == '.')
            && digits.chars().next().is_some_and(|c| c.is_ascii_digit());
        if !plain || digits.parse::<f64>().is_err() {
            return None;
        }
        const YEAR_LEADS: [&str; 18] = [
            "in", "of", "year", "years", "both", "during", "for", "since", "before", "after", "from", "until", "im",
            "jahr", "seit", "vor", "and", "until",
        ];
        let lead = at.checked_sub(1).map(|i| self.toks[i].lower.as_str());
        if let Some(year) = year_of(&digits).filter(|_| lead.is_some_and(|l| YEAR_LEADS.contains(&l))) {
            return Some(self.push(at, 1, Kind::Time(Time::Period(year_period(year)))));
        }
        Some(self.push(at, 1, Kind::Number(digits)))
    }

    /// A word that names nothing: part of a compound, a proper name, or just a word.
    fn unknown(&mut self, at: usize, weak: Option<(usize, Vec<Candidate>)>) -> usize {
        if let Some(used) = self.korean_compound(at).or_else(|| self.led_compound(at)) {
            return used;
        }
        let size = self.proper_name(at);
        if size > 0 {
            return self.push(at, size, Kind::Literal { quoted: false });
        }
        match weak {
            Some((size, found)) => self.push(at, size, Kind::Name(found)),
            None => self.push(at, 1, Kind::Word),
        }
    }
}
