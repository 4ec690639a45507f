//! How a question gets its answer: from the cache, from another run that is just asking it, from
//! a conversation that a killed run had begun, or from Genie.

use super::score::{Kept, Scorer, Target};
use crate::databricks::{AskFailure, Asked, Thread};
use crate::model::{Digest, Event, NotRun, Question, digest_json};
use crate::store::{AnswerKey, Claim, Trace};
use futures::stream::{self, StreamExt};
use serde_json::json;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Looks at what another run does with a question, first and slowest. Nothing tells across
/// processes that an answer was kept.
const FIRST_LOOK: Duration = Duration::from_millis(20);
const SLOWEST_LOOK: Duration = Duration::from_secs(1);
/// Questions of dead runs that are followed up at the same time.
const FOLLOWED: usize = 4;

impl Scorer {
    /// The answer to a question, and whether it was known.
    pub(super) async fn answer(
        &self,
        target: &Target,
        question: &Question,
        attempt: u32,
    ) -> Result<(Kept, bool), NotRun> {
        let key = self.key(target, question, attempt);
        // Two questions of the same words are one question.
        let turn = self.turn(&key);
        let _turn = turn.lock().await;
        if let Some(kept) = self.known(&key) {
            return Ok((kept, true));
        }
        let trace = match self.claim(&key).await {
            Claimed::Answered(kept) => return Ok((*kept, true)),
            Claimed::Ours(trace) => self.follow_up(&key, trace).await?,
        };
        let asking = Asking { scorer: self, target, question, key: &key, trace: Mutex::new(trace) };
        let asked = self.gate.ask(|| asking.attempt()).await;
        match asked {
            Ok(asked) => {
                let kept = Kept { answer: asked.answer, seconds: asked.seconds };
                self.keep(&key, question, &kept);
                Ok((kept, false))
            }
            Err(why) => {
                // A question under way stays on record, so that a later run finds its answer.
                if asking.trace().is_none() {
                    self.release(&key);
                }
                Err(why)
            }
        }
    }

    /// The answer if it is known already.
    pub(super) fn known(&self, key: &Digest) -> Option<Kept> {
        if let Some(kept) = self.seen.read().unwrap_or_else(PoisonError::into_inner).get(key) {
            return Some(kept.clone());
        }
        if self.fresh {
            return None;
        }
        self.cache.get(key)
    }

    pub(super) fn key(&self, target: &Target, question: &Question, attempt: u32) -> Digest {
        let key = AnswerKey {
            space: target.content.clone(),
            question: question.question.clone(),
            attempt,
            as_of: self.as_of.clone(),
            workspace: self.workspace.ground.clone(),
        };
        key.digest()
    }

    /// How long this question took the last time, whatever the space held.
    pub(super) fn last_seconds(&self, question: &Question) -> Option<f64> {
        self.durations.get(&self.duration_key(question))
    }

    /// Fetches the answers to questions that killed runs had under way, as far as they can still
    /// be had. To be done before the spaces of such runs are removed.
    pub async fn recover(&self) -> usize {
        if self.fresh {
            return 0;
        }
        let left = match self.claims.left_over() {
            Ok(left) => left,
            Err(error) => {
                self.events.warn(format!("what an earlier run had under way cannot be read: {error}"));
                return 0;
            }
        };
        let found = stream::iter(left).map(|(key, _)| async move { self.recover_one(&key).await });
        let found = found.buffer_unordered(FOLLOWED).filter(|found| std::future::ready(*found)).count().await;
        if found > 0 {
            self.events.note(format!("{found} answers that an earlier run was waiting for were found again"));
        }
        found
    }

    async fn recover_one(&self, key: &Digest) -> bool {
        let Ok(Claim::Ours(Some(trace))) = self.claims.claim(key) else { return false };
        if self.known(key).is_some() {
            self.release(key);
            return false;
        }
        let trace = match self.follow_up(key, Some(trace)).await {
            Ok(Some(trace)) => trace,
            // It was never asked, so there is nothing to find.
            Ok(None) => {
                self.release(key);
                return false;
            }
            Err(_) => return false,
        };
        let Some((conversation, message)) = &trace.thread else { return false };
        match self.workspace.client.resume(&trace.space_id, conversation, message, &self.ask).await {
            Ok(asked) => {
                let question = Question { question: trace.question.clone(), ..Question::default() };
                self.keep(key, &question, &Kept { answer: asked.answer, seconds: asked.seconds });
                true
            }
            Err(failure) => {
                if !failure.pending {
                    self.release(key);
                }
                false
            }
        }
    }

    /// Claims a question, or waits for the run that is asking it.
    async fn claim(&self, key: &Digest) -> Claimed {
        // Whoever asks anew shares nothing.
        if self.fresh {
            return Claimed::Ours(None);
        }
        let mut look = FIRST_LOOK;
        loop {
            match self.claims.claim(key) {
                Ok(Claim::Ours(trace)) => {
                    // Between looking and claiming the other run may have finished.
                    if let Some(kept) = self.refreshed(key) {
                        self.release(key);
                        return Claimed::Answered(Box::new(kept));
                    }
                    return Claimed::Ours(trace);
                }
                Ok(Claim::Theirs) => {
                    if let Some(kept) = self.refreshed(key) {
                        return Claimed::Answered(Box::new(kept));
                    }
                    tokio::time::sleep(look).await;
                    look = (look * 2).min(SLOWEST_LOOK);
                }
                Err(error) => {
                    self.events.warn(format!("questions cannot be shared with other runs: {error}"));
                    return Claimed::Ours(None);
                }
            }
        }
    }

    fn refreshed(&self, key: &Digest) -> Option<Kept> {
        if let Err(error) = self.cache.refresh() {
            self.events.warn(format!("the answers of other runs cannot be read: {error}"));
        }
        self.cache.get(key)
    }

    /// Finds out where a question went that a dead run had sent. What cannot be found out is no
    /// reason to ask again: the question may have been asked.
    async fn follow_up(&self, key: &Digest, trace: Option<Trace>) -> Result<Option<Trace>, NotRun> {
        let Some(trace) = trace else { return Ok(None) };
        if trace.thread.is_some() {
            return Ok(Some(trace));
        }
        let known = self.claims.conversations();
        match self.workspace.client.find(&trace.space_id, &trace.question, trace.at, known).await {
            Ok(Some(Thread { conversation_id, message_id })) => {
                let trace = Trace { thread: Some((conversation_id, message_id)), ..trace };
                self.note_sent(key, &trace);
                Ok(Some(trace))
            }
            // It never arrived.
            Ok(None) => Ok(None),
            Err(error) if error.is_not_found() => {
                self.events.warn(format!(
                    "whether \"{}\" had been asked before an earlier run was cut short cannot be told, since its space is \
                     gone; it counts as not asked",
                    trace.question
                ));
                Ok(None)
            }
            Err(error) => {
                let message = format!("an earlier run may have asked it, and its conversation cannot be read: {error}");
                Err(NotRun::Unknown { message })
            }
        }
    }

    fn keep(&self, key: &Digest, question: &Question, kept: &Kept) {
        if let Err(error) = self.cache.put(key, kept) {
            self.events.warn(format!("an answer could not be kept for the next run: {error}"));
        }
        self.seen.write().unwrap_or_else(PoisonError::into_inner).insert(key.clone(), kept.clone());
        self.remember_duration(question, kept.seconds);
        self.release(key);
    }

    /// Notes how long a question took, for the order of asking the next time.
    pub fn remember_duration(&self, question: &Question, seconds: f64) {
        // A hint: not worth a word if it is lost.
        let _ = self.durations.put(&self.duration_key(question), &seconds);
    }

    /// Notes whether a question's gold was sound, so that the next run need not wait for it before
    /// it asks.
    pub fn remember_gold(&self, question: &Question, is_sound: bool) {
        if self.durations.get(&self.gold_key(question)) != Some(is_sound) {
            // A hint: not worth a word if it is lost.
            let _ = self.durations.put(&self.gold_key(question), &is_sound);
        }
    }

    pub(super) fn was_sound(&self, question: &Question) -> bool {
        self.durations.get(&self.gold_key(question)).unwrap_or(false)
    }

    fn gold_key(&self, question: &Question) -> Digest {
        let Question { sql, accepted, .. } = question;
        digest_json(&json!(["gold", self.workspace.host, self.as_of, sql, accepted]))
    }

    fn duration_key(&self, question: &Question) -> Digest {
        digest_json(&json!(["seconds", self.workspace.host, question.question]))
    }

    fn note_sent(&self, key: &Digest, trace: &Trace) {
        if !self.fresh
            && let Err(error) = self.claims.sent(key, trace)
        {
            self.events.warn(format!("where a question went could not be noted: {error}"));
        }
    }

    fn release(&self, key: &Digest) {
        if !self.fresh
            && let Err(error) = self.claims.release(key)
        {
            self.events.warn(format!("a question could not be given back to other runs: {error}"));
        }
    }

    fn turn(&self, key: &Digest) -> std::sync::Arc<tokio::sync::Mutex<()>> {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        turns.entry(key.clone()).or_default().clone()
    }
}

enum Claimed {
    Ours(Option<Trace>),
    Answered(Box<Kept>),
}

/// One question on its way, over all its attempts.
struct Asking<'a> {
    scorer: &'a Scorer,
    target: &'a Target,
    question: &'a Question,
    key: &'a Digest,
    /// Where it went, while its answer may still come.
    trace: Mutex<Option<Trace>>,
}

impl Asking<'_> {
    /// Asks, or goes on waiting for what was asked: a question whose answer may still come is
    /// not asked again.
    async fn attempt(&self) -> Result<Asked, AskFailure> {
        let began = Instant::now();
        let under_way = self.trace().and_then(|trace| Some((trace.space_id, trace.thread?)));
        let (space_id, (conversation, message)) = match under_way {
            Some(found) => found,
            None => self.begin().await?,
        };
        let client = &self.scorer.workspace.client;
        match client.resume(&space_id, &conversation, &message, &self.scorer.ask).await {
            Ok(asked) => Ok(Asked { seconds: began.elapsed().as_secs_f64(), ..asked }),
            Err(failure) => {
                if !failure.pending {
                    self.set_trace(None);
                }
                Err(failure)
            }
        }
    }

    async fn begin(&self) -> Result<(String, (String, String)), AskFailure> {
        let Self { scorer, target, question, key, .. } = self;
        let sent = Trace {
            space_id: target.space_id.clone(),
            question: question.question.clone(),
            at: jiff::Timestamp::now().as_millisecond(),
            thread: None,
        };
        scorer.note_sent(key, &sent);
        // Here, because only now it has its place among the questions at the same time.
        scorer.events.emit(Event::QuestionAsked { id: question.id.clone(), question: question.question.clone() });
        match scorer.workspace.client.begin(&target.space_id, &question.question, &scorer.ask).await {
            Ok(Thread { conversation_id, message_id }) => {
                let thread = (conversation_id, message_id);
                let taken = Trace { thread: Some(thread.clone()), ..sent };
                scorer.note_sent(key, &taken);
                self.set_trace(Some(taken));
                Ok((target.space_id.clone(), thread))
            }
            Err(failure) => {
                // Surely not asked, or asked for all that is known: then the trace must stay.
                self.set_trace((failure.attempts > 0).then_some(sent));
                Err(failure)
            }
        }
    }

    fn trace(&self) -> Option<Trace> {
        self.trace.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set_trace(&self, trace: Option<Trace>) {
        *self.trace.lock().unwrap_or_else(PoisonError::into_inner) = trace;
    }
}
