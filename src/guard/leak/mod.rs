//! The leak check: a space may hold what many questions have in common, but not one question's
//! answer.
//!
//! Checked is every text of a space or change, wherever it stands. A text leaks when it holds
//!
//! * a query that is a question's gold query but for names, case, spacing, qualification, the
//!   form of literals, the order of AND, output order and limit; also as a part of another query,
//!   in a comment or in prose;
//! * a query with parameters that fits the gold of one family of questions only: an answer with
//!   its literals taken out;
//! * an example whose question is a benchmark's, or nearly, together with the gold's literals.
//!
//! Fragments (measures, filters) do not leak alone. The fragments of one change set do when
//! together they hold all conditions and all computed columns of a query, and at least one of
//! them is found in that query's family only. Of what is learnt and drafted this holds of prose as
//! well, and of an answer that is told in plain words: a sentence is a person's to write, and an
//! answer key a machine's. The values of a gold's result are out of scope.

mod embedded;
mod fragments;
mod key;
mod loose;
mod surfaces;
mod told;

#[cfg(test)]
mod tests;

use crate::diff::diff;
use crate::model::{Address, Change, Question, Space, Suite};
use crate::stats::{Member, families};
use crate::text::{normalise, trigram_cosine};
use fragments::Fragments;
use key::Key;
use loose::{holds, loose};
use std::collections::{BTreeMap, BTreeSet};
use surfaces::{Surface, surfaces};
use told::Spoken;

/// One place that carries an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leak {
    pub address: Address,
    pub question_id: String,
    /// One sentence for people.
    pub why: String,
}

/// All leaks of a space, sorted by address. Its own benchmarks and sample questions are no leaks:
/// Genie does not answer from them.
pub fn audit(space: &Space, suite: &Suite) -> Vec<Leak> {
    Golds::of(suite).audit(space)
}

/// The first leak of what a change puts into the space.
pub fn check_change(change: &Change, suite: &Suite) -> Option<Leak> {
    Golds::of(suite).check_change(change)
}

/// A suite's answers, ready for many checks.
pub struct Golds {
    golds: Vec<Gold>,
}

struct Gold {
    question_id: String,
    question: String,
    family: usize,
    /// None for SQL that does not parse; its text is still looked for.
    key: Option<Key>,
    /// Letters and digits of the SQL, if they are enough to be told from chance.
    squeezed: Option<String>,
    /// What a sentence that tells the answer has.
    spoken: Option<Spoken>,
}

/// An example's question this like a benchmark's is a copy of it, if the literals agree too.
const NEAR: f64 = 0.85;
/// Letters and digits from which a text found again is no accident.
const MIN_SQUEEZED: usize = 40;

impl Golds {
    pub fn of(suite: &Suite) -> Self {
        let mut keys: Vec<Option<Key>> = suite.questions.iter().map(|question| Key::of(&question.sql)).collect();
        let member = |(question, key): (&Question, &Option<Key>)| Member {
            id: question.id.clone(),
            family: question.family.clone(),
            sql: key.as_ref().map_or_else(|| normalise(&question.sql), |key| key.core.clone()),
            ..Member::default()
        };
        let members: Vec<Member> = suite.questions.iter().zip(&keys).map(member).collect();
        let mut family_of: BTreeMap<String, usize> = BTreeMap::new();
        for (at, family) in families(&members).into_iter().enumerate() {
            family_of.extend(family.into_iter().map(|id| (id, at)));
        }
        let mut golds = Vec::new();
        for (question, first) in suite.questions.iter().zip(&mut keys) {
            let family = family_of.get(&question.id).copied().unwrap_or(usize::MAX);
            let first = (&question.sql, first.take());
            let others = question.accepted.iter().map(|sql| (sql, Key::of(sql)));
            for (sql, key) in std::iter::once(first).chain(others).filter(|(sql, _)| !sql.trim().is_empty()) {
                let squeezed = squeeze(sql);
                golds.push(Gold {
                    question_id: question.id.clone(),
                    question: normalise(&question.question),
                    family,
                    spoken: key.as_ref().and_then(|key| Spoken::of(&question.question, key)),
                    key,
                    squeezed: (squeezed.chars().count() >= MIN_SQUEEZED).then_some(squeezed),
                });
            }
        }
        Self { golds }
    }

    pub fn audit(&self, space: &Space) -> Vec<Leak> {
        diff(&Space::empty(), space).iter().flat_map(|change| self.leaks_of(change)).collect()
    }

    pub fn check_change(&self, change: &Change) -> Option<Leak> {
        self.leaks_of(change).into_iter().next()
    }

    /// Leaks of the single changes, then those of their fragments and lines taken together.
    pub fn check_set<'a>(&self, changes: impl IntoIterator<Item = &'a Change>) -> Vec<Leak> {
        let changes: Vec<&Change> = changes.into_iter().collect();
        let mut leaks: Vec<Leak> = changes.iter().flat_map(|change| self.leaks_of(change)).collect();
        leaks.extend(self.spread_over_fragments(&changes, false));
        leaks.extend(self.spread_over_lines(&changes));
        leaks
    }

    /// As [`Golds::check_set`], for changes that nobody wrote: pieces of a query in their prose
    /// count as well. The place that is named carries what only one family of questions knows.
    pub fn check_proposed<'a>(&self, changes: impl IntoIterator<Item = &'a Change>) -> Vec<Leak> {
        let changes: Vec<&Change> = changes.into_iter().collect();
        let mut leaks = self.check_set(changes.iter().copied());
        leaks.extend(self.spread_over_fragments(&changes, true));
        leaks.extend(changes.iter().flat_map(|change| self.told_in_words(change)));
        leaks
    }

    /// Sentences that tell one question's answer.
    fn told_in_words(&self, change: &Change) -> Vec<Leak> {
        let families_with = |literal: &String| -> BTreeSet<usize> {
            let has = |gold: &&Gold| gold.spoken.as_ref().is_some_and(|spoken| spoken.literals.contains(literal));
            self.golds.iter().filter(has).map(|gold| gold.family).collect()
        };
        let is_telling = |spoken: &Spoken| spoken.unsaid.iter().any(|literal| families_with(literal).len() == 1);
        let leak = |surface: &Surface| {
            let told = |gold: &&Gold| gold.spoken.as_ref().is_some_and(|spoken| spoken.is_told_by(&surface.text));
            let gold = self.golds.iter().filter(told).find(|gold| gold.spoken.as_ref().is_some_and(is_telling))?;
            let (address, question_id) = (surface.address.clone(), gold.question_id.clone());
            let why = format!("it tells the answer to benchmark `{question_id}` in words");
            Some(Leak { address, question_id, why })
        };
        surfaces(change).iter().filter(|surface| surface.is_prose()).filter_map(leak).collect()
    }

    fn leaks_of(&self, change: &Change) -> Vec<Leak> {
        let mut leaks: Vec<Leak> = surfaces(change)
            .iter()
            .filter_map(|surface| {
                let (question_id, why) = self.check_surface(surface)?;
                Some(Leak { address: surface.address.clone(), question_id, why })
            })
            .collect();
        leaks.dedup();
        leaks
    }

    fn check_surface(&self, surface: &Surface) -> Option<(String, String)> {
        let same_text = || self.check_text(&surface.text);
        match &surface.example_sql {
            Some(sql) => self.check_question(&surface.text, sql).or_else(same_text),
            None => same_text(),
        }
    }

    /// An example's question and SQL against the benchmarks' questions.
    fn check_question(&self, question: &str, sql: &str) -> Option<(String, String)> {
        let question = normalise(question);
        let key = Key::of(sql);
        self.golds.iter().find_map(|gold| {
            if !question.is_empty() && question.to_lowercase() == gold.question.to_lowercase() {
                let why = format!("the example asks the very question of benchmark `{}`", gold.question_id);
                return Some((gold.question_id.clone(), why));
            }
            let wanted = &gold.key.as_ref()?.literals;
            let literals = !wanted.is_empty() && key.as_ref().is_some_and(|key| wanted.is_subset(&key.literals));
            if !literals {
                return None;
            }
            let likeness = trigram_cosine(&question, &gold.question);
            (likeness >= NEAR).then(|| {
                let id = &gold.question_id;
                let why = format!(
                    "the example's question is {likeness:.2} like benchmark `{id}`'s and has the literals of its answer"
                );
                (id.clone(), why)
            })
        })
    }

    fn check_text(&self, text: &str) -> Option<(String, String)> {
        for sql in embedded::queries(text) {
            let Some(key) = Key::of(&sql) else { continue };
            if let Some(leak) = self.check_key(&key) {
                return Some(leak);
            }
        }
        let squeezed = squeeze(text);
        let held = |gold: &&Gold| gold.squeezed.as_ref().is_some_and(|sql| squeezed.contains(sql.as_str()));
        let gold = self.golds.iter().find(held)?;
        Some((gold.question_id.clone(), format!("it holds the text of benchmark `{}`'s gold SQL", gold.question_id)))
    }

    fn check_key(&self, key: &Key) -> Option<(String, String)> {
        for gold in &self.golds {
            let Some(wanted) = &gold.key else { continue };
            let id = &gold.question_id;
            if key.core == wanted.core {
                return Some((id.clone(), format!("it is the answer to benchmark `{id}`")));
            }
            if wanted.specific && key.parts.contains(&wanted.core) {
                return Some((id.clone(), format!("a part of it is the answer to benchmark `{id}`")));
            }
        }
        self.fits_one_family(key)
    }

    /// A parameterised query that fits golds of one family only was not generalised from anything.
    fn fits_one_family(&self, key: &Key) -> Option<(String, String)> {
        if !key.has_parameters {
            return None;
        }
        let fits = |gold: &&Gold| gold.key.as_ref().is_some_and(|gold| key.fits(gold));
        let fitting: Vec<&Gold> = self.golds.iter().filter(fits).collect();
        let families: BTreeSet<usize> = fitting.iter().map(|gold| gold.family).collect();
        let id = &fitting.first()?.question_id;
        (families.len() == 1).then(|| {
            (
                id.clone(),
                format!("its parameters fit the answer to benchmark `{id}` and to no other family of questions"),
            )
        })
    }

    fn spread_over_fragments(&self, changes: &[&Change], in_prose: bool) -> Vec<Leak> {
        let mut added: BTreeMap<String, Address> = BTreeMap::new();
        let mut prose: Vec<(Address, String)> = Vec::new();
        for surface in changes.iter().flat_map(|change| surfaces(change)) {
            if in_prose && !surface.is_fragment {
                prose.push((surface.address.clone(), loose(&surface.text)));
            }
            for fragment in key::fragments_of(&surface.text).into_iter().filter(|_| surface.is_fragment) {
                added.entry(fragment).or_insert_with(|| surface.address.clone());
            }
        }
        let place = |fragment: &String| {
            let told = || prose.iter().find(|(_, text)| holds(text, fragment)).map(|(address, _)| address);
            added.get(fragment).or_else(told)
        };
        let of_golds: Vec<(&Gold, &Fragments)> =
            self.golds.iter().filter_map(|gold| Some((gold, &gold.key.as_ref()?.fragments))).collect();
        let families_with = |fragment: &String| -> BTreeSet<usize> {
            of_golds.iter().filter(|(_, f)| f.contains(fragment)).map(|(gold, _)| gold.family).collect()
        };
        let mut leaks = Vec::new();
        for (gold, fragments) in &of_golds {
            let Some(all) = fragments.whole_query() else { continue };
            let held: Option<Vec<&Address>> = all.iter().map(|fragment| place(fragment)).collect();
            let Some(held) = held else { continue };
            let telling = all.iter().position(|fragment| families_with(fragment).len() == 1);
            if let Some(address) = telling.and_then(|at| held.get(at)) {
                let id = &gold.question_id;
                let why =
                    format!("the changes together hold every condition and column of the answer to benchmark `{id}`");
                leaks.push(Leak { address: (*address).clone(), question_id: id.clone(), why });
            }
        }
        leaks
    }

    /// Lines of the text instruction are changes of their own; a query may span several.
    fn spread_over_lines(&self, changes: &[&Change]) -> Vec<Leak> {
        let mut sections: BTreeMap<Address, String> = BTreeMap::new();
        for change in changes.iter().filter(|change| change.address.is_text_line()) {
            if let Some(line) = change.after.as_ref().and_then(|after| after.as_str()) {
                let segments = change.address.segments();
                let section = Address::from_segments(&segments[..segments.len() - 1]);
                let text = sections.entry(section).or_default();
                text.push_str(line);
                text.push('\n');
            }
        }
        let leak = |(address, text): (Address, String)| {
            let (question_id, why) = self.check_text(&text)?;
            Some(Leak { address, question_id, why })
        };
        let several = |text: &String| text.lines().count() > 1;
        sections.into_iter().filter(|(_, text)| several(text)).filter_map(leak).collect()
    }
}

/// Letters and digits in lower case: what is left when formatting, quotation and bullets go.
fn squeeze(text: &str) -> String {
    normalise(text).chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}
