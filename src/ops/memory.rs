//! Memory of what was tried on a space and turned down: the same content with the same benchmarks
//! would turn it down again, so it is not asked about twice.

use crate::model::{Candidate, Change, Digest, Rejection, RejectionReason, Space, Suite, digest_json};
use crate::store::{Ledger, Proposed, RejectedMemory, StoreError};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What is remembered for one base and its benchmarks.
pub struct Memory {
    ledger: Ledger,
    base: Digest,
    benchmarks: Digest,
    /// Reason and detail by the digest of a candidate's changes.
    known: BTreeMap<Digest, (RejectionReason, String)>,
}

impl Memory {
    pub fn of(ledger: Ledger, base: &Space, suite: &Suite) -> Result<Self, StoreError> {
        let (base, benchmarks) = (base.digest(), suite.digest());
        let known = ledger.rejected(&base, &benchmarks)?.into_iter().filter_map(|memory| {
            let (reason, detail) = memory.reason.split_once(": ")?;
            let reason = serde_json::from_value(serde_json::Value::String(reason.to_owned())).ok()?;
            Some((memory.candidate, (reason, detail.to_owned())))
        });
        Ok(Self { base, benchmarks, known: known.collect(), ledger })
    }

    /// All that is remembered here.
    pub fn digest(&self) -> Digest {
        let known =
            self.known.iter().map(|(candidate, (reason, detail))| serde_json::json!([candidate, reason, detail]));
        digest_json(&serde_json::json!([self.base, self.benchmarks, known.collect::<Vec<_>>()]))
    }

    /// Takes out what did nothing or harm in an earlier plan, with what was found then.
    pub fn sort_out(&self, candidates: Vec<Candidate>) -> (Vec<Candidate>, Vec<Rejection>) {
        self.refuse(candidates, |_, reason| reason != RejectionReason::Idle)
    }

    /// Takes out what an earlier plan did not need, unless new candidates aim at the same questions:
    /// it was idle in other company.
    pub fn in_company(&self, candidates: Vec<Candidate>) -> (Vec<Candidate>, Vec<Rejection>) {
        let is_new = |candidate: &&Candidate| !self.known.contains_key(&fingerprint(candidate));
        let new: Vec<&Candidate> = candidates.iter().filter(is_new).collect();
        let aims: BTreeSet<String> = new.into_iter().flat_map(|candidate| candidate.targets.clone()).collect();
        self.refuse(candidates, |candidate, _| !candidate.targets.iter().any(|target| aims.contains(target)))
    }

    fn refuse(
        &self,
        candidates: Vec<Candidate>,
        is_over: impl Fn(&Candidate, RejectionReason) -> bool,
    ) -> (Vec<Candidate>, Vec<Rejection>) {
        let (mut kept, mut refused) = (Vec::new(), Vec::new());
        for candidate in candidates {
            match self.known.get(&fingerprint(&candidate)) {
                Some((reason, detail)) if is_over(&candidate, *reason) => {
                    refused.push(Rejection { candidate, reason: *reason, detail: detail.clone() });
                }
                _ => kept.push(candidate),
            }
        }
        (kept, refused)
    }

    /// Keeps what trials have shown. What was refused without a trial costs nothing to refuse again.
    pub fn keep(&self, rejections: &[Rejection], now: jiff::Timestamp) -> Result<(), StoreError> {
        let mut noted: BTreeSet<Digest> = self.known.keys().cloned().collect();
        for rejection in rejections.iter().filter(|rejection| was_tried(rejection.reason)) {
            let candidate = fingerprint(&rejection.candidate);
            if !noted.insert(candidate.clone()) {
                continue;
            }
            let reason = serde_json::to_value(rejection.reason).unwrap_or_default();
            let reason = format!("{}: {}", reason.as_str().unwrap_or_default(), rejection.detail);
            let (base, benchmarks) = (self.base.clone(), self.benchmarks.clone());
            let proposed = Some(proposed(&rejection.candidate));
            self.ledger.reject(&RejectedMemory { proposed, candidate, base, benchmarks, reason, at: now })?;
        }
        Ok(())
    }
}

fn was_tried(reason: RejectionReason) -> bool {
    matches!(reason, RejectionReason::NoEffect | RejectionReason::Harm | RejectionReason::Idle)
}

/// Characters of a proposed text that are kept.
const KEPT_TEXT: usize = 160;

/// What a candidate is about, for who looks at the memory later.
fn proposed(candidate: &Candidate) -> Proposed {
    let change = |change: &Change| {
        let action = match (&change.before, &change.after) {
            (None, _) => "add",
            (_, None) => "remove",
            _ => "update",
        };
        format!("{action} {}", change.address)
    };
    let mut words = Vec::new();
    for change in &candidate.changes {
        change.after.as_ref().or(change.before.as_ref()).into_iter().for_each(|value| texts(value, &mut words));
    }
    let text = words.join(" · ");
    let text = match text.char_indices().nth(KEPT_TEXT) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    };
    let changes = candidate.changes.iter().map(change).collect();
    Proposed { category: candidate.category.as_str().to_owned(), changes, text }
}

/// All texts of a value but its ids, each on one line.
fn texts(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::String(text) => into.push(text.split_whitespace().collect::<Vec<_>>().join(" ")),
        Value::Array(items) => items.iter().for_each(|item| texts(item, into)),
        Value::Object(members) => {
            members.iter().filter(|(name, _)| *name != "id").for_each(|(_, member)| texts(member, into));
        }
        Value::Number(number) => into.push(number.to_string()),
        Value::Bool(flag) => into.push(flag.to_string()),
        Value::Null => {}
    }
}

/// Equal for candidates that would change the space in the same way.
fn fingerprint(candidate: &Candidate) -> Digest {
    digest_json(&serde_json::to_value(&candidate.changes).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Address, Category};

    fn candidate(word: &str) -> Candidate {
        Candidate {
            id: word.to_owned(),
            category: Category::Metadata,
            changes: vec![Change::add(Address::synonym("c.s.t", "a", word), serde_json::json!(word))],
            patterns: Vec::new(),
            support: 2,
            targets: Vec::new(),
            reason: String::new(),
            provenance: "miner".to_owned(),
        }
    }

    #[test]
    fn what_was_idle_is_tried_again_beside_new_candidates_for_its_questions() {
        let folder = tempfile::tempdir().expect("folder");
        let ledger = || Ledger::new(folder.path().join("ledger.jsonl"));
        let (base, suite) = (Space::empty(), Suite::default());
        let aimed = |word: &str, target: &str| Candidate { targets: vec![target.to_owned()], ..candidate(word) };
        let idle = Rejection { candidate: aimed("idle", "q1"), reason: RejectionReason::Idle, detail: "why".into() };
        let memory = Memory::of(ledger(), &base, &suite).expect("read");
        memory.keep(&[idle], jiff::Timestamp::UNIX_EPOCH).expect("noted");
        let memory = Memory::of(ledger(), &base, &suite).expect("read");
        let kept = |others: &[(&str, &str)]| -> Vec<String> {
            let others = others.iter().map(|(word, target)| aimed(word, target));
            let (worth, refused) = memory.sort_out(others.chain([aimed("idle", "q1")]).collect());
            assert!(refused.is_empty());
            memory.in_company(worth).0.into_iter().map(|candidate| candidate.id).collect()
        };
        assert_eq!(kept(&[]), [] as [&str; 0], "the same as before");
        assert_eq!(kept(&[("elsewhere", "q2")]), ["elsewhere"]);
        assert_eq!(kept(&[("new", "q1")]), ["new", "idle"]);
    }

    #[test]
    fn what_was_tried_is_not_tried_again_on_the_same_base() {
        let folder = tempfile::tempdir().expect("folder");
        let ledger = || Ledger::new(folder.path().join("ledger.jsonl"));
        let (base, suite) = (Space::empty(), Suite::default());
        let memory = Memory::of(ledger(), &base, &suite).expect("read");
        let rejection = |word: &str, reason| Rejection { candidate: candidate(word), reason, detail: "why".into() };
        let rejections = [rejection("harmful", RejectionReason::Harm), rejection("late", RejectionReason::NotTried)];
        memory.keep(&rejections, jiff::Timestamp::UNIX_EPOCH).expect("noted");
        let next = Memory::of(ledger(), &base, &suite).expect("read");
        next.keep(&rejections, jiff::Timestamp::UNIX_EPOCH).expect("noted");
        let kept = ledger().all_rejected().expect("read");
        assert_eq!(kept.len(), 1, "one line, and none for what was not tried");
        let proposed = kept[0].proposed.as_ref().expect("what it was about");
        assert_eq!((proposed.category.as_str(), proposed.text.as_str()), ("metadata", "harmful"));
        assert!(proposed.changes[0].starts_with("add ") && proposed.changes[0].contains("c.s.t"), "{proposed:?}");

        let again = Memory::of(ledger(), &base, &suite).expect("read");
        let (fresh, refused) = again.sort_out(vec![candidate("harmful"), candidate("late")]);
        assert_eq!(fresh.iter().map(|c| c.id.as_str()).collect::<Vec<_>>(), ["late"]);
        assert_eq!((refused[0].reason, refused[0].detail.as_str()), (RejectionReason::Harm, "why"));

        let mut other = Space::empty();
        other.sidecar.title = "another".to_owned();
        let document =
            serde_json::json!({"version": 2, "config": {"sample_questions": [{"id": "a", "question": ["b"]}]}});
        let other = Space::from_document(document).expect("a space").with_sidecar(other.sidecar);
        let elsewhere = Memory::of(ledger(), &other, &suite).expect("read");
        assert_eq!(elsewhere.sort_out(vec![candidate("harmful")]).0.len(), 1, "another base is another trial");
        ledger().forget_rejected(jiff::Timestamp::UNIX_EPOCH).expect("noted");
        let cleared = Memory::of(ledger(), &base, &suite).expect("read");
        assert_eq!(cleared.sort_out(vec![candidate("harmful")]).0.len(), 1);
    }
}
