//! Which reading of a stretch of words wins, and two dates as one period.

use super::cues::{Aggregate, Cue};
use super::dates::Time;
use super::lexicon::Candidate;

use super::scan::{Element, Kind, is_small};
use super::tokenise::Tok;
use std::collections::BTreeSet;

/// `from 1 March 2023 to 4 April 2023`, `2023 and 2024` after `between`: two periods are one.
pub fn join_ranges(elements: Vec<Element>) -> Vec<Element> {
    let mut out: Vec<Element> = Vec::new();
    let links: BTreeSet<&str> = ["to", "until", "till", "through", "bis", "und", "부터", "-"].into();
    for element in elements {
        let ranged = out.iter().rev().skip(2).take(2).any(|e| matches!(e.cue(), Some(Cue::Between)));
        if let Kind::Time(Time::Period(high)) = &element.kind
            && let [.., first, second] = out.as_mut_slice()
            && let Kind::Time(Time::Period(low)) = &mut first.kind
            && (links.contains(second.text.to_lowercase().as_str())
                || ranged && matches!(second.text.as_str(), "and" | "und"))
            && low.low.as_ref().is_some_and(|l| l.starts_with("DATE"))
            && high.high.is_some()
        {
            low.high.clone_from(&high.high);
            low.year = None;
            first.text = format!("{} {} {}", first.text, second.text, element.text);
            out.pop();
            continue;
        }
        if let Kind::Time(Time::Period(high)) = &element.kind
            && let Some(first) = out.last_mut()
            && let Kind::Time(Time::Period(low)) = &mut first.kind
            && low.year.is_none()
            && low.low.as_ref().is_some_and(|l| l.starts_with("DATE"))
            && high.high.is_some()
        {
            low.high.clone_from(&high.high);
            continue;
        }
        out.push(element);
    }
    out
}

pub fn prefer_link(cue_size: usize, cue: Cue, span: usize, found: &[Candidate], first: bool) -> bool {
    let best = &found[0];
    let human = best.score >= 1.05;
    let soft = matches!(cue, Cue::Imperative if !first)
        || matches!(cue, Cue::Agg(Aggregate::Count) if cue_size == 1)
        || matches!(cue, Cue::Everything | Cue::Percent | Cue::Difference | Cue::Named | Cue::Null | Cue::Distinct)
        || matches!(cue, Cue::Filler if best.source != "description" && best.score > 0.9);
    match span.cmp(&cue_size) {
        std::cmp::Ordering::Greater => best.score >= 0.75,
        std::cmp::Ordering::Equal => human || soft && best.score >= 0.9,
        std::cmp::Ordering::Less => false,
    }
}

pub fn is_filler(tok: &Tok) -> bool {
    matches!(tok.lower.as_str(), "of" | "the" | "a" | "an" | "der" | "die" | "des" | "의")
}

pub fn is_edge(tok: &Tok) -> bool {
    is_filler(tok)
        || is_small(&tok.lower)
            && tok.lower != "key"
            && tok.lower != "unique"
            && tok.lower != "use"
            && tok.lower != "identifier"
            && tok.lower != "table"
        || matches!(
            tok.lower.as_str(),
            "and" | "or" | "is" | "are" | "to" | "with" | "on" | "by" | "at" | "from" | "und" | "oder"
        )
}
