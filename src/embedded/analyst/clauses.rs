//! Where one clause of a question ends and the next begins.

use super::cues::Cue;

use super::lexicon::Target;

use super::parse::{Parser, Zone};

impl Parser<'_> {
    /// A new sentence that tells what to return replaces what the first one named.
    pub fn stop(&mut self, at: usize) -> usize {
        self.negated = false;
        self.both = false;
        self.subject = None;
        self.absent = None;
        let next = (at + 1..self.nodes.len()).find(|i| !matches!(self.cue(*i), Some(Cue::Filler | Cue::Resume)));
        if next.is_some_and(|i| self.cue(i) == Some(Cue::Imperative)) {
            self.returned = Some(self.frame.outputs.len());
            self.zone = Zone::Output;
        }
        at + 1
    }

    pub fn resume(&mut self, at: usize) -> usize {
        self.zone = Zone::Output;
        self.subject = None;
        self.negated = false;
        at + 1
    }

    pub fn boundary(&mut self, at: usize) -> usize {
        // `Where do …` and `When was …` ask; inside a question they restrict.
        let text = self.nodes[at].element.text.to_lowercase();
        if at == 0 {
            self.place |= text == "where" || text == "wo";
            self.when |= text == "when";
            return self.resume(at);
        }
        // `For each …, show …`: what follows the comma is asked for.
        if text == "for" && self.frame.outputs.is_empty() && at == 0 {
            return at + 1;
        }
        self.zone = Zone::Condition;
        if !matches!(text.as_str(), "that" | "which") {
            self.subject = None;
        }
        self.conditions += 1;
        at + 1
    }

    /// `… and how many`, `… and what`: what follows is asked for again.
    pub fn after_and(&mut self, at: usize) {
        self.absent = None;
        let mut next = at + 1;
        while matches!(self.cue(next), Some(Cue::Filler)) {
            next += 1;
        }
        let of = matches!(self.target(next), Some(Target::Column(_))) && matches!(self.cue(next + 1), Some(Cue::Of));
        let how = self.nodes.get(at + 1).is_some_and(|n| n.element.text.starts_with("how"));
        if of || how || matches!(self.cue(at + 1), Some(Cue::Which | Cue::Pronoun)) {
            self.zone = Zone::Output;
        }
    }

    /// `which countries have …`, `how many singers are …`: what follows restricts.
    pub fn is_verb(&self, at: usize) -> bool {
        const VERBS: [&str; 14] =
            ["have", "has", "had", "do", "does", "did", "are", "is", "was", "were", "haben", "hat", "sind", "ist"];
        let text = self.nodes[at].element.text.to_lowercase();
        VERBS.contains(&text.as_str()) && (self.frame.entity.is_some() || !self.frame.outputs.is_empty())
    }
}
