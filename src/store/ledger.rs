//! The ledger: what planning has to remember and applying need not know. Shadows are noted before
//! they are made, so that a kill leaves no shadow that nobody knows of.

use super::error::StoreError;
use super::lines::Lines;
use crate::model::{Address, Digest};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// One project's ledger.
#[derive(Clone, Debug)]
pub struct Ledger {
    lines: Lines,
}

/// A shadow space that was, or was about to be, made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shadow {
    /// Unique; the title of the space.
    pub title: String,
    /// None: not known to have been made. It may be there under its title.
    pub id: Option<String>,
    pub host: String,
    pub owner: String,
    pub created: Timestamp,
    pub ttl: SignedDuration,
}

impl Shadow {
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.created.checked_add(self.ttl).is_ok_and(|end| end <= now)
    }
}

/// One use of the holdout. Looks wear it out, so they are counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HoldoutLook {
    /// Digest of the questions in the holdout.
    pub holdout: Digest,
    /// The content that was measured.
    pub space: Digest,
    pub at: Timestamp,
    pub why: String,
}

/// A candidate that was tried against some content and turned down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RejectedMemory {
    /// What it proposed; none in what older releases noted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proposed: Option<Proposed>,
    /// Digest of the candidate's changes.
    pub candidate: Digest,
    pub base: Digest,
    pub benchmarks: Digest,
    pub reason: String,
    pub at: Timestamp,
}

/// What a candidate proposed, for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposed {
    pub category: String,
    /// `add`, `update` or `remove`, and the place, of each change.
    pub changes: Vec<String>,
    /// The beginning of what it would have written.
    pub text: String,
}

/// An edit made in the workspace that stays there and out of the declared space.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeptEdit {
    pub address: Address,
    /// Digest of what stands there; another value is another edit. None: it was taken out.
    pub value: Option<Digest>,
    pub at: Timestamp,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "type")]
enum Entry {
    Kept(KeptEdit),
    /// The declared space has taken the edit in.
    Adopted(KeptEdit),
    /// The edit is no longer kept: it was overwritten.
    Unkept {
        address: Address,
    },
    ShadowPlanned {
        title: String,
        host: String,
        owner: String,
        created: Timestamp,
        ttl_seconds: i64,
    },
    ShadowMade {
        title: String,
        id: String,
    },
    ShadowGone {
        title: String,
    },
    HoldoutLook(HoldoutLook),
    Rejected(RejectedMemory),
    /// All that was turned down before is forgotten.
    RejectedForgotten {
        at: Timestamp,
    },
}

impl Ledger {
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { lines: Lines::new(path.into(), true) }
    }

    /// Notes a shadow that is about to be made; its `id` is not known yet.
    pub fn shadow_planned(&self, shadow: &Shadow) -> Result<(), StoreError> {
        let Shadow { title, id: _, host, owner, created, ttl } = shadow.clone();
        self.append(&Entry::ShadowPlanned { title, host, owner, created, ttl_seconds: ttl.as_secs() })
    }

    pub fn shadow_made(&self, title: &str, id: &str) -> Result<(), StoreError> {
        self.append(&Entry::ShadowMade { title: title.to_owned(), id: id.to_owned() })
    }

    /// Notes that a shadow is removed, or was never made.
    pub fn shadow_gone(&self, title: &str) -> Result<(), StoreError> {
        self.append(&Entry::ShadowGone { title: title.to_owned() })
    }

    /// Shadows that may still be there, oldest first.
    pub fn shadows(&self) -> Result<Vec<Shadow>, StoreError> {
        let mut shadows: Vec<Shadow> = Vec::new();
        for entry in self.entries()? {
            match entry {
                Entry::ShadowPlanned { title, host, owner, created, ttl_seconds } => {
                    let ttl = SignedDuration::from_secs(ttl_seconds);
                    shadows.push(Shadow { title, id: None, host, owner, created, ttl });
                }
                Entry::ShadowMade { title, id } => {
                    let made = shadows.iter_mut().find(|shadow| shadow.title == title);
                    made.into_iter().for_each(|shadow| shadow.id = Some(id.clone()));
                }
                Entry::ShadowGone { title } => shadows.retain(|shadow| shadow.title != title),
                Entry::HoldoutLook(_)
                | Entry::Rejected(_)
                | Entry::RejectedForgotten { .. }
                | Entry::Kept(_)
                | Entry::Adopted(_)
                | Entry::Unkept { .. } => {}
            }
        }
        Ok(shadows)
    }

    /// Keeps an edit of the workspace out of the declared space, from now on.
    pub fn keep(&self, edit: &KeptEdit) -> Result<(), StoreError> {
        self.append(&Entry::Kept(edit.clone()))
    }

    /// Notes that the declared space has taken an edit in: what is declared anew there is an answer
    /// to it, not a conflict with it.
    pub fn adopt(&self, edit: &KeptEdit) -> Result<(), StoreError> {
        self.append(&Entry::Adopted(edit.clone()))
    }

    /// The edits that were adopted, by the last word about each place.
    pub fn adopted(&self) -> Result<Vec<KeptEdit>, StoreError> {
        let mut adopted: Vec<KeptEdit> = Vec::new();
        for entry in self.entries()? {
            if let Entry::Adopted(edit) = entry {
                adopted.retain(|earlier| earlier.address != edit.address);
                adopted.push(edit);
            }
        }
        Ok(adopted)
    }

    pub fn unkeep(&self, address: &Address) -> Result<(), StoreError> {
        self.append(&Entry::Unkept { address: address.clone() })
    }

    /// The edits that are kept, by the last word about each place.
    pub fn kept(&self) -> Result<Vec<KeptEdit>, StoreError> {
        let mut kept: Vec<KeptEdit> = Vec::new();
        for entry in self.entries()? {
            match entry {
                Entry::Kept(edit) => {
                    kept.retain(|earlier| earlier.address != edit.address);
                    kept.push(edit);
                }
                Entry::Unkept { address } | Entry::Adopted(KeptEdit { address, .. }) => {
                    kept.retain(|earlier| earlier.address != address);
                }
                _ => {}
            }
        }
        Ok(kept)
    }

    pub fn look(&self, look: &HoldoutLook) -> Result<(), StoreError> {
        self.append(&Entry::HoldoutLook(look.clone()))
    }

    /// The uses of one holdout, oldest first.
    pub fn looks(&self, holdout: &Digest) -> Result<Vec<HoldoutLook>, StoreError> {
        let entries = self.entries()?.into_iter();
        let looks = entries.filter_map(|entry| match entry {
            Entry::HoldoutLook(look) => Some(look),
            _ => None,
        });
        Ok(looks.filter(|look| look.holdout == *holdout).collect())
    }

    pub fn reject(&self, memory: &RejectedMemory) -> Result<(), StoreError> {
        self.append(&Entry::Rejected(memory.clone()))
    }

    /// What was turned down for this content and these benchmarks, oldest first.
    pub fn rejected(&self, base: &Digest, benchmarks: &Digest) -> Result<Vec<RejectedMemory>, StoreError> {
        let mut memories = self.all_rejected()?;
        memories.retain(|memory| memory.base == *base && memory.benchmarks == *benchmarks);
        Ok(memories)
    }

    /// What was turned down and is not forgotten, whatever it was tried on, oldest first.
    pub fn all_rejected(&self) -> Result<Vec<RejectedMemory>, StoreError> {
        let mut memories = Vec::new();
        for entry in self.entries()? {
            match entry {
                Entry::Rejected(memory) => memories.push(memory),
                Entry::RejectedForgotten { .. } => memories.clear(),
                _ => {}
            }
        }
        Ok(memories)
    }

    /// Everything that was turned down may be tried again.
    pub fn forget_rejected(&self, at: Timestamp) -> Result<(), StoreError> {
        self.append(&Entry::RejectedForgotten { at })
    }

    fn append(&self, entry: &Entry) -> Result<(), StoreError> {
        // Plain values only, so this cannot fail.
        self.lines.append(&[serde_json::to_value(entry).unwrap_or_default()])
    }

    /// Entries of newer releases and damaged lines are passed over: memory helps, it decides nothing.
    fn entries(&self) -> Result<Vec<Entry>, StoreError> {
        let (lines, _) = self.lines.read_from(0)?;
        Ok(lines.into_iter().filter_map(|line| serde_json::from_value(line.value.ok()?).ok()).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::digest_text;

    #[test]
    fn shadows_are_known_from_before_they_are_made_until_they_are_gone() {
        let folder = tempfile::tempdir().expect("folder");
        let ledger = Ledger::new(folder.path().join("ledger.jsonl"));
        let created = Timestamp::from_second(1_800_000_000).expect("a time");
        let shadow = Shadow {
            title: "shadow 1".into(),
            id: None,
            host: "h".into(),
            owner: "ann".into(),
            created,
            ttl: SignedDuration::from_hours(2),
        };
        ledger.shadow_planned(&shadow).expect("noted");
        assert_eq!(ledger.shadows().expect("read"), std::slice::from_ref(&shadow));
        ledger.shadow_made("shadow 1", "01f0").expect("noted");
        let made = ledger.shadows().expect("read").remove(0);
        assert_eq!(made.id.as_deref(), Some("01f0"));
        assert!(!made.is_expired(created) && made.is_expired(created + SignedDuration::from_hours(2)));
        ledger.shadow_gone("shadow 1").expect("noted");
        assert_eq!(ledger.shadows().expect("read"), []);
    }

    #[test]
    fn looks_and_rejections_are_kept_by_what_they_are_about() {
        let folder = tempfile::tempdir().expect("folder");
        let ledger = Ledger::new(folder.path().join("ledger.jsonl"));
        let at = Timestamp::UNIX_EPOCH;
        let (a, b) = (digest_text("a"), digest_text("b"));
        let look = HoldoutLook { holdout: a.clone(), space: b.clone(), at, why: "final".into() };
        let memory = RejectedMemory {
            proposed: None,
            candidate: a.clone(),
            base: b.clone(),
            benchmarks: a.clone(),
            reason: "harm".into(),
            at,
        };
        ledger.look(&look).expect("noted");
        ledger.reject(&memory).expect("noted");
        assert_eq!(ledger.looks(&a).expect("read"), [look]);
        assert_eq!(ledger.looks(&b).expect("read"), []);
        assert_eq!(ledger.rejected(&b, &a).expect("read"), [memory]);
        assert_eq!(ledger.rejected(&a, &a).expect("read"), []);
        ledger.forget_rejected(at).expect("noted");
        assert_eq!(ledger.rejected(&b, &a).expect("read"), []);
        assert_eq!(ledger.looks(&a).expect("read").len(), 1, "looks are no rejections");
    }
}
