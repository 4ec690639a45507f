//! From patterns and failures to candidates that are worth a trial: generated, grounded on the
//! warehouse, checked for leaks and against what was tried before.

use super::draft::{Drafting, draft};
use super::memory::Memory;
use super::score::Scorer;
use super::workspace::{OpsError, Workspace};
use crate::diff::diff;
use crate::fix::{self, Failure, FixInput, probe_sql, propose, together, value_probes};
use crate::guard::{Golds, lost_text};
use crate::learn::LearntPattern;
use crate::model::{Candidate, Catalog, Event, Outcome, Question, Rejection, RejectionReason, Scorecard, Space, Suite};
use futures::stream::{self, StreamExt};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

/// What candidates are made from. Nothing here knows the holdout.
pub struct Proposer<'a> {
    pub scorer: &'a Scorer,
    pub catalog: &'a Catalog,
    pub patterns: &'a [LearntPattern],
    /// The learn set.
    pub learn_set: &'a Suite,
    /// All questions, for the leak check only.
    pub all: &'a Suite,
    pub options: fix::Options,
    pub memory: Memory,
    /// What all rounds begin with.
    pub base: &'a Space,
    /// Places whose text may be replaced; none where people's words are not kept by a guard.
    pub open_texts: Option<Vec<String>>,
    /// Candidates that carried an answer, with the reason.
    pub leaked: Mutex<BTreeMap<String, String>>,
    /// The warehouse refused a candidate's SQL, which it may run another time.
    pub refused: AtomicBool,
    /// How the model did so far.
    pub drafting: Drafting,
}

/// What is new since the last round, and what is refused at once.
pub struct Proposal {
    pub candidates: Vec<Candidate>,
    pub rejections: Vec<Rejection>,
}

impl Proposer<'_> {
    /// Candidates for the failures of `card` over `content`; `tried` are ids that had their turn.
    pub async fn propose(
        &self,
        content: &Space,
        card: &Scorecard,
        tried: &BTreeSet<String>,
    ) -> Result<Proposal, OpsError> {
        let failures = failures(self.learn_set, card);
        let input = FixInput {
            patterns: self.patterns,
            learn_set: &self.learn_set.questions,
            failures: &failures,
            space: content,
            catalog: self.catalog,
            options: self.options.clone(),
        };
        let (mut made, mut rejections) = propose(&input);
        if let Some(model) = &self.scorer.model {
            let (drafted, refused) = draft(model, &input, &self.scorer.events, &self.drafting).await;
            rejections.extend(refused);
            if !drafted.is_empty() {
                // What the miners made stands first.
                made.extend(drafted);
                let (kept, clashing) = together(&input, made);
                made = kept;
                rejections.extend(clashing);
            }
        }
        let fresh: Vec<Candidate> = made.into_iter().filter(|candidate| !tried.contains(&candidate.id)).collect();
        let (fresh, remembered) = self.memory.sort_out(fresh);
        rejections.extend(remembered);
        let (fresh, wordless) = self.with_peoples_words(fresh);
        rejections.extend(wordless);
        let (clean, leaking) = self.without_leaks(content, fresh);
        rejections.extend(leaking);
        let (candidates, ungrounded) = self.grounded(content, clean).await;
        rejections.extend(ungrounded);
        let (candidates, idle) = self.memory.in_company(candidates);
        rejections.extend(idle);
        self.scorer.events.emit(Event::CandidatesMade { candidates: candidates.len(), rejected: rejections.len() });
        Ok(Proposal { candidates, rejections })
    }

    /// Refuses what takes away a person's words: the guard `human-text` would block the whole plan
    /// for it, also for all that is good in it.
    fn with_peoples_words(&self, candidates: Vec<Candidate>) -> (Vec<Candidate>, Vec<Rejection>) {
        let Some(open) = &self.open_texts else { return (candidates, Vec::new()) };
        let (mut kept, mut refused) = (Vec::new(), Vec::new());
        for candidate in candidates {
            let lost = candidate
                .changes
                .iter()
                .find_map(|change| Some((&change.address, lost_text(change, &self.options.generated, open)?)));
            let Some((address, text)) = lost else {
                kept.push(candidate);
                continue;
            };
            let text: String = text.chars().take(60).collect();
            let detail = format!(
                "it takes away “{text}” at {address}, which a person wrote; `allow` that place in the guard \
                 `human-text`, or take it out of the declared space"
            );
            refused.push(Rejection { candidate, reason: RejectionReason::HumanText, detail });
        }
        (kept, refused)
    }

    /// Refuses what carries an answer: alone, together with what was accepted in earlier rounds, or
    /// with other candidates. What was refused once is not let in by itself later.
    fn without_leaks(&self, content: &Space, candidates: Vec<Candidate>) -> (Vec<Candidate>, Vec<Rejection>) {
        let golds = Golds::of(self.all);
        let accepted = diff(self.base, content);
        let mut leaked = self.leaked.lock().unwrap_or_else(PoisonError::into_inner);
        let known = leaked.clone();
        let mut clean: Vec<Candidate> = Vec::new();
        let mut leaking = Vec::new();
        let mut refuse = |candidate: Candidate, detail: String| {
            leaked.insert(candidate.id.clone(), detail.clone());
            leaking.push(Rejection { candidate, reason: RejectionReason::Leak, detail });
        };
        for candidate in candidates {
            let alone = || golds.check_proposed(&candidate.changes).into_iter().next().map(|found| found.why);
            match known.get(&candidate.id).cloned().or_else(alone) {
                None => clean.push(candidate),
                Some(why) => refuse(candidate, why),
            }
        }
        let leaks = |of: &[&Candidate]| {
            golds.check_proposed(accepted.iter().chain(of.iter().flat_map(|candidate| &candidate.changes)))
        };
        while let Some(found) = leaks(&clean.iter().collect::<Vec<_>>()).into_iter().next() {
            let carries = |candidate: &Candidate| candidate.changes.iter().any(|c| c.address.overlaps(&found.address));
            // Where that was accepted before, who completes the answer.
            let completes = |at: &usize| {
                let others: Vec<&Candidate> =
                    clean.iter().enumerate().filter(|(n, _)| n != at).map(|(_, c)| c).collect();
                !leaks(&others).contains(&found)
            };
            let gone = clean.iter().position(carries).or_else(|| (0..clean.len()).find(completes));
            let Some(at) = gone else { break };
            refuse(clean.remove(at), found.why);
        }
        (clean, leaking)
    }

    /// Runs each candidate's probe statements; what does not run is refused with the engine's
    /// words.
    async fn grounded(&self, content: &Space, candidates: Vec<Candidate>) -> (Vec<Candidate>, Vec<Rejection>) {
        let workspace: &Workspace = &self.scorer.workspace;
        let probed: Vec<(Candidate, Option<String>)> = stream::iter(candidates)
            .map(|candidate| async move {
                for sql in probe_sql(&candidate, content, self.catalog) {
                    if let Err(error) = workspace.rows_of(&sql).await {
                        return (candidate, Some(format!("{error}; tried: {sql}")));
                    }
                }
                for (sql, told) in value_probes(&candidate, content, self.catalog) {
                    // What cannot be asked is left to the trial.
                    if workspace.rows_of(&sql).await.is_ok_and(|found| found.rows.is_empty()) {
                        return (candidate, Some(told));
                    }
                }
                (candidate, None)
            })
            .buffered(10)
            .collect()
            .await;
        let mut good = Vec::new();
        let mut bad = Vec::new();
        self.refused.fetch_or(probed.iter().any(|(_, fault)| fault.is_some()), Ordering::Relaxed);
        for (candidate, fault) in probed {
            match fault {
                None => good.push(candidate),
                Some(detail) => bad.push(Rejection { candidate, reason: RejectionReason::NotGrounded, detail }),
            }
        }
        (good, bad)
    }
}

/// The questions of the learn set that are answered, but not right.
fn failures(learn_set: &Suite, card: &Scorecard) -> Vec<Failure> {
    let failing = |question: &Question| {
        let scored = card.get(&question.id)?;
        let outcome = scored.verdict.outcome;
        let wrong = outcome.counts() && outcome != Outcome::Correct;
        wrong.then(|| Failure {
            question: question.clone(),
            answer_sql: scored.answer.as_ref().and_then(|answer| answer.sql().map(str::to_owned)),
            outcome,
        })
    };
    learn_set.questions.iter().filter_map(failing).collect()
}
