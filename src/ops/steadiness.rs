//! Whether answers vary: all answers of a plan to the same question over the same content.

use crate::model::Digest;
use std::collections::{BTreeMap, BTreeSet};

/// What was seen so far.
#[derive(Clone, Debug, Default)]
pub struct Steadiness {
    /// Right or not, by content and question, then by attempt.
    answers: BTreeMap<(Digest, String), BTreeMap<u32, bool>>,
    unsteady: BTreeSet<String>,
}

impl Steadiness {
    /// Takes in one answer; the same attempt again says nothing new.
    pub fn saw(&mut self, content: &Digest, id: &str, attempt: u32, right: bool) {
        let answers = self.answers.entry((content.clone(), id.to_owned())).or_default();
        answers.insert(attempt, right);
        if answers.values().any(|answer| *answer != right) {
            self.unsteady.insert(id.to_owned());
        }
    }

    /// Questions that got another outcome when they were asked again over the same content.
    pub fn unsteady(&self) -> &BTreeSet<String> {
        &self.unsteady
    }

    pub fn is_noisy(&self) -> bool {
        !self.unsteady.is_empty()
    }

    /// Answers that repeat an earlier one.
    pub fn repeats(&self) -> usize {
        self.answers.values().map(|answers| answers.len().saturating_sub(1)).sum()
    }

    /// True if every answer so far says `right`.
    pub fn is_firm(&self, content: &Digest, id: &str, right: bool) -> bool {
        let (yes, no) = self.counts(content, id);
        if right { yes > 0 && no == 0 } else { no > 0 && yes == 0 }
    }

    fn counts(&self, content: &Digest, id: &str) -> (usize, usize) {
        let answers = self.answers.get(&(content.clone(), id.to_owned()));
        let right = answers.map_or(0, |answers| answers.values().filter(|right| **right).count());
        (right, answers.map_or(0, BTreeMap::len) - right)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::digest_text;

    #[test]
    fn answers_are_counted_by_content_and_attempt() {
        let (one, two) = (digest_text("1"), digest_text("2"));
        let mut seen = Steadiness::default();
        seen.saw(&one, "q", 1, true);
        seen.saw(&one, "q", 1, true);
        seen.saw(&two, "q", 1, false);
        assert_eq!((seen.repeats(), seen.is_noisy()), (0, false), "another content is no repeat");
        seen.saw(&one, "q", 2, false);
        assert_eq!((seen.repeats(), seen.is_noisy()), (1, true));
        assert!(seen.is_firm(&two, "q", false) && !seen.is_firm(&one, "q", true) && !seen.is_firm(&one, "q", false));
    }
}
