//! A session: every item is asked twice with the sides swapped, missing ones once more alone.

use super::item::{Item, fenced};
use super::reply::{Label, Opinion, read};
use super::template::Template;
use crate::model::{Outcome, digest_text};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Which side stands first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Asking {
    GoldFirst,
    AnswerFirst,
}

/// One prompt, with the items it asks about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    pub asking: Asking,
    pub prompt: String,
    /// Item ids by the alias they have in the prompt.
    aliases: BTreeMap<String, String>,
}

impl Request {
    /// Ids of the items it asks about, in no particular order.
    pub fn items(&self) -> impl Iterator<Item = &str> {
        self.aliases.values().map(String::as_str)
    }
}

/// What came of one item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// `Correct`, `Incorrect` or `NeedsReview`.
    pub outcome: Outcome,
    /// Stable code: `JUDGE_EQUIVALENT`, `JUDGE_NOT_EQUIVALENT`, `JUDGE_REFERENCE_WRONG`,
    /// `JUDGE_CANNOT_TELL`, `JUDGE_DISAGREES` (with itself) or `JUDGE_SILENT`.
    pub reason: &'static str,
    /// The judge's words: untrusted.
    pub detail: String,
}

/// Collects opinions until every item has two, or has been asked alone in vain.
#[derive(Clone, Debug)]
pub struct Session {
    items: BTreeMap<String, Item>,
    seed: String,
    template: Template,
    chunk: usize,
    started: bool,
    retried: BTreeSet<(String, Asking)>,
    opinions: BTreeMap<(String, Asking), Opinion>,
}

const ASKINGS: [Asking; 2] = [Asking::GoldFirst, Asking::AnswerFirst];

impl Session {
    /// Items with the same id count once. The seed decides about the shuffling only; `chunk` is
    /// the number of items in one request, at least 1.
    pub fn new(items: impl IntoIterator<Item = Item>, seed: &str, chunk: usize) -> Self {
        Self {
            items: items.into_iter().map(|item| (item.id.clone(), item)).collect(),
            seed: seed.to_owned(),
            template: Template::default(),
            chunk: chunk.max(1),
            started: false,
            retried: BTreeSet::new(),
            opinions: BTreeMap::new(),
        }
    }

    /// With a prompt of the project's own.
    pub fn with_template(self, template: Template) -> Self {
        Self { template, ..self }
    }

    /// The requests to make now; none when the session is over. The first call gives everything
    /// in chunks, the second what is missing, one by one.
    pub fn requests(&mut self) -> Vec<Request> {
        if !self.started {
            self.started = true;
            return ASKINGS.into_iter().flat_map(|asking| self.chunks(asking)).collect();
        }
        let mut missing: Vec<(String, Asking)> = Vec::new();
        for id in self.items.keys() {
            missing.extend(ASKINGS.map(|asking| (id.clone(), asking)));
        }
        missing.retain(|key| !self.opinions.contains_key(key) && !self.retried.contains(key));
        self.retried.extend(missing.iter().cloned());
        missing.iter().map(|(id, asking)| self.request(&[id], *asking)).collect()
    }

    fn chunks(&self, asking: Asking) -> Vec<Request> {
        let mut ids: Vec<&String> = self.items.keys().collect();
        // Another order in each asking, so that neighbours and places differ too.
        ids.sort_by_cached_key(|id| digest_text(&format!("{}\u{1f}{asking:?}\u{1f}{id}", self.seed)));
        ids.chunks(self.chunk).map(|ids| self.request(ids, asking)).collect()
    }

    fn request(&self, ids: &[&String], asking: Asking) -> Request {
        // An alias says nothing about the suite, and no id can play tricks in the prompt.
        let alias = |id: &str| format!("item-{}", digest_text(&format!("{}\u{1f}{id}", self.seed)).short());
        let shown: Vec<Value> = ids
            .iter()
            .filter_map(|id| Some(self.items.get(*id)?.shown(&alias(id), asking == Asking::AnswerFirst)))
            .collect();
        let prompt = self.template.fill(shown.len(), &fenced(&shown));
        let aliases = ids.iter().map(|id| (alias(id), (*id).clone())).collect();
        Request { asking, prompt, aliases }
    }

    /// Takes in a reply; none if there was none. An opinion once held is kept.
    pub fn absorb(&mut self, request: &Request, reply: Option<&str>) {
        let asked: BTreeSet<&str> = request.aliases.keys().map(String::as_str).collect();
        for (alias, opinion) in read(reply.unwrap_or_default(), &asked) {
            if let Some(id) = request.aliases.get(&alias) {
                self.opinions.entry((id.clone(), request.asking)).or_insert(opinion);
            }
        }
    }

    /// What came of every item, by id.
    pub fn outcomes(&self) -> BTreeMap<String, Judged> {
        self.items.keys().map(|id| (id.clone(), self.judged(id))).collect()
    }

    fn judged(&self, id: &str) -> Judged {
        let opinion = |asking| self.opinions.get(&(id.to_owned(), asking));
        let (first, second) = (opinion(Asking::GoldFirst), opinion(Asking::AnswerFirst));
        let (Some(first), Some(second)) = (first, second) else {
            let detail = "the judge gave no usable reply, also when asked about this alone".to_owned();
            return Judged { outcome: Outcome::NeedsReview, reason: "JUDGE_SILENT", detail };
        };
        let has = |label| first.label == label || second.label == label;
        let (outcome, reason) = match (first.label, second.label) {
            (Label::Equivalent, Label::Equivalent) => (Outcome::Correct, "JUDGE_EQUIVALENT"),
            (Label::NotEquivalent, Label::NotEquivalent) => (Outcome::Incorrect, "JUDGE_NOT_EQUIVALENT"),
            _ if has(Label::ReferenceWrong) => (Outcome::NeedsReview, "JUDGE_REFERENCE_WRONG"),
            _ if has(Label::CannotTell) => (Outcome::NeedsReview, "JUDGE_CANNOT_TELL"),
            _ => (Outcome::NeedsReview, "JUDGE_DISAGREES"),
        };
        let detail = if first.reason == second.reason {
            first.reason.clone()
        } else {
            format!("{} / {}", first.reason, second.reason)
        };
        Judged { outcome, reason, detail }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn session(n: usize) -> Session {
        let item = |i: usize| Item { id: format!("q{i:02}"), question: format!("question {i}"), ..Item::default() };
        Session::new((0..n).map(item), "seed", 10)
    }

    fn reply(request: &Request, label: impl Fn(&str) -> Option<&'static str>) -> String {
        let entry = |(alias, id): (&String, &String)| Some(json!({"id": alias, "label": label(id)?, "reason": "r"}));
        json!({"verdicts": request.aliases.iter().filter_map(entry).collect::<Vec<_>>()}).to_string()
    }

    fn run(n: usize, label: impl Fn(&str, Asking) -> Option<&'static str>) -> (Session, usize) {
        let mut session = session(n);
        let mut asked = 0;
        loop {
            let requests = session.requests();
            if requests.is_empty() {
                return (session, asked);
            }
            asked += requests.len();
            for request in &requests {
                let text = reply(request, |id| label(id, request.asking));
                session.absorb(request, Some(&text));
            }
        }
    }

    #[test]
    fn both_askings_must_say_so() {
        let (session, asked) = run(25, |id, asking| {
            Some(match (id, asking) {
                ("q01", Asking::AnswerFirst) => "not_equivalent",
                ("q02", Asking::GoldFirst) => "reference_wrong",
                ("q03", _) => "not_equivalent",
                ("q04", Asking::AnswerFirst) => "cannot_tell",
                _ => "equivalent",
            })
        });
        assert_eq!(asked, 6);
        let outcomes = session.outcomes();
        let told = |id: &str| (outcomes[id].outcome, outcomes[id].reason);
        assert_eq!(told("q00"), (Outcome::Correct, "JUDGE_EQUIVALENT"));
        assert_eq!(told("q01"), (Outcome::NeedsReview, "JUDGE_DISAGREES"));
        assert_eq!(told("q02"), (Outcome::NeedsReview, "JUDGE_REFERENCE_WRONG"));
        assert_eq!(told("q03"), (Outcome::Incorrect, "JUDGE_NOT_EQUIVALENT"));
        assert_eq!(told("q04"), (Outcome::NeedsReview, "JUDGE_CANNOT_TELL"));
        assert_eq!(outcomes.len(), 25);
    }

    #[test]
    fn the_missing_are_asked_alone_once() {
        let (session, asked) = run(12, |id, _| (id != "q07").then_some("equivalent"));
        assert_eq!(asked, 4 + 2);
        let outcomes = session.outcomes();
        assert_eq!(outcomes["q07"].reason, "JUDGE_SILENT");
        assert!(outcomes.iter().filter(|(id, _)| *id != "q07").all(|(_, judged)| judged.outcome == Outcome::Correct));
    }

    #[test]
    fn a_failed_request_costs_its_own_items_a_retry_only() {
        let mut session = session(3);
        for request in session.requests() {
            let text = reply(&request, |_| Some("equivalent"));
            session.absorb(&request, (request.asking == Asking::GoldFirst).then_some(text.as_str()));
        }
        let again = session.requests();
        assert_eq!(again.len(), 3);
        assert!(again.iter().all(|request| request.asking == Asking::AnswerFirst && request.items().count() == 1));
    }

    #[test]
    fn shuffled_by_the_seed_and_silent_about_ids() {
        let prompts = |seed: &str| {
            let item = |i: usize| Item { id: format!("secret-{i}"), ..Item::default() };
            let mut session = Session::new((0..8).map(item), seed, 10);
            session.requests().into_iter().map(|request| request.prompt).collect::<Vec<_>>()
        };
        assert_eq!(prompts("one"), prompts("one"));
        assert_ne!(prompts("one"), prompts("two"));
        assert!(!prompts("one")[0].contains("secret-") && !prompts("one")[0].contains("{{"));
    }
}
