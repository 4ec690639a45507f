//! Words that are grown together, and runs of words that are one proper name.

use super::cues::{Aggregate, Cue, cue_at};
use super::scan::{Kind, Scanner};

impl Scanner<'_> {
    /// `유저수`, `나이순`: a name with a cue grown on to it, or two names.
    pub fn korean_compound(&mut self, at: usize) -> Option<usize> {
        let word = self.toks[at].word.clone();
        let chars: Vec<char> = word.chars().collect();
        if chars.len() < 2 || !chars.iter().all(|c| crate::text::is_hangul(*c)) {
            return None;
        }
        for cut in (1..chars.len()).rev() {
            let (head, tail): (String, String) = (chars[..cut].iter().collect(), chars[cut..].iter().collect());
            let found = self.lexicon.candidates(std::slice::from_ref(&head), &head);
            if found.first().is_none_or(|c| c.score < 0.75) {
                continue;
            }
            let cue = match tail.as_str() {
                "수" | "개수" | "건수" => Some(Cue::Agg(Aggregate::Count)),
                "순" => Some(Cue::OrderBy),
                "당" => Some(Cue::Per),
                _ => None,
            };
            self.push(at, 1, Kind::Name(found));
            let rest = self.lexicon.candidates(std::slice::from_ref(&tail), &tail);
            if let Some(cue) = cue {
                self.push(at, 1, Kind::Cue(cue));
            } else if rest.first().is_some_and(|c| c.score >= 0.75) {
                self.push(at, 1, Kind::Name(rest));
            }
            return Some(1);
        }
        None
    }

    /// `총매출`, `Durchschnittspreis`: a cue grown together with the name behind it.
    pub fn led_compound(&mut self, at: usize) -> Option<usize> {
        let lower = self.toks[at].lower.clone();
        let hangul = lower.chars().any(crate::text::is_hangul);
        let word = if hangul { self.toks[at].word.clone() } else { lower };
        let (cue, rest) = super::korean::leading_cue(&word)?;
        let rest = super::words::fold(&rest);
        let found = self.lexicon.candidates(std::slice::from_ref(&rest), &rest);
        found.first().filter(|c| c.score >= 0.5)?;
        self.push(at, 1, Kind::Cue(cue));
        self.push(at, 1, Kind::Name(found));
        Some(1)
    }

    /// How many words from here on are a proper name.
    pub fn proper_name(&self, at: usize) -> usize {
        if (at == 0 || self.after_stop(at)) && !self.korean {
            return 0;
        }
        let named = |i: usize| {
            let tok = &self.toks[i];
            let capital = tok.text.chars().next().is_some_and(char::is_uppercase);
            let latin = self.korean && tok.text.chars().next().is_some_and(|c| c.is_ascii_alphabetic());
            !tok.is_mark()
                && (capital || latin)
                && !tok.quoted
                && !super::periods::compares(&tok.lower)
                && cue_at(&[tok.cue.as_str()]).is_none_or(|_| i > at && capital)
        };
        let lead = at.checked_sub(1).map_or("", |i| self.toks[i].lower.as_str());
        if self.german && !["in", "aus", "bei", "namens", "heißt", "heißen"].contains(&lead) {
            return 0;
        }
        let mut size = 0;
        while at + size < self.toks.len() && named(at + size) && size < 8 {
            size += 1;
            let of = self.toks.get(at + size).is_some_and(|t| matches!(t.lower.as_str(), "of" | "de" | "the" | "&"));
            if of && at + size + 1 < self.toks.len() && named(at + size + 1) {
                size += 1;
            }
        }
        size
    }
}
