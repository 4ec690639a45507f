//! Three-way merge: who changed what since a common base, element by element.

use super::changes::diff;
use super::patch::{PatchError, apply_all};
use crate::model::{Change, Space};

/// What two sides made of one base. Every change of either side is in exactly one of the lists;
/// a conflict has one of each.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Merge {
    /// Changed by our side only.
    pub ours: Vec<Change>,
    /// Changed by the other side only.
    pub theirs: Vec<Change>,
    /// Changed by both in the same way.
    pub same: Vec<Change>,
    /// Changed by both, differently, in one place or one inside the other.
    pub conflicts: Vec<Clash>,
}

/// Two changes of one place.
#[derive(Clone, Debug, PartialEq)]
pub struct Clash {
    pub ours: Change,
    pub theirs: Change,
}

/// Compares what `ours` and `theirs` made of `base`.
pub fn merge(base: &Space, ours: &Space, theirs: &Space) -> Merge {
    let (our_changes, their_changes) = (diff(base, ours), diff(base, theirs));
    let mut merge = Merge::default();
    let mut met: Vec<bool> = vec![false; their_changes.len()];
    for change in our_changes {
        let meeting: Vec<usize> =
            (0..their_changes.len()).filter(|at| change.address.overlaps(&their_changes[*at].address)).collect();
        meeting.iter().for_each(|at| met[*at] = true);
        if meeting.is_empty() {
            merge.ours.push(change);
        } else if meeting.len() == 1 && their_changes[meeting[0]] == change {
            merge.same.push(change);
        } else {
            let clashes = meeting.iter().map(|at| Clash { ours: change.clone(), theirs: their_changes[*at].clone() });
            merge.conflicts.extend(clashes);
        }
    }
    merge.theirs = their_changes.into_iter().zip(met).filter(|(_, met)| !met).map(|(change, _)| change).collect();
    merge
}

impl Merge {
    /// The base with the changes of both sides; none while there are conflicts.
    pub fn merged(&self, base: &Space) -> Option<Result<Space, PatchError>> {
        if !self.conflicts.is_empty() {
            return None;
        }
        let mut all: Vec<&Change> = self.ours.iter().chain(&self.theirs).chain(&self.same).collect();
        all.sort_by(|one, other| one.address.cmp(&other.address));
        Some(apply_all(base, all))
    }
}
