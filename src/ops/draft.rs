//! Candidates drafted by a language model, one prompt for each category. What comes back is
//! untrusted and goes the same way as what the miners make; a reply with faults is sent back once
//! with them. A model that fails leaves the miners' candidates standing, and the plan says so.

use super::events::Events;
use super::model::{Model, ModelError};
use crate::fix::{FixInput, Prompt, PromptKind, Reply, parse, render};
use crate::llm::ChatError;
use crate::model::{Candidate, Category, Rejection, RejectionReason, short_id};
use std::sync::{Mutex, PoisonError};

/// What is known of a model over the rounds of one plan.
#[derive(Default)]
pub struct Drafting(Mutex<Course>);

#[derive(Default)]
struct Course {
    /// It refused, or was silent too often: it is not asked again.
    left_out: bool,
    /// Prompts without a reply in time, one after the other.
    late: usize,
    notes: Vec<String>,
}

/// Prompts in a row that may stay without a reply in time.
const MAX_LATE: usize = 2;

impl Drafting {
    /// What the plan has to say: where it stands without the model.
    pub fn notes(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).notes.clone()
    }

    fn is_left_out(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).left_out
    }

    fn heard(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).late = 0;
    }

    /// Takes in why a prompt brought nothing, and tells it once.
    fn fell_back(&self, kind: PromptKind, failure: &Failure, events: &Events) {
        let mut course = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let what = match failure {
            Failure::Refused(error) => {
                course.left_out = true;
                format!("the model is left out from here on, going on with the miners: {error}")
            }
            Failure::Declined(error) => {
                format!("prompt {} brought nothing, going on with the miners: {error}", kind.name())
            }
            Failure::Late(error) => {
                course.late += 1;
                course.left_out |= course.late >= MAX_LATE;
                let from = if course.left_out { "; it is not asked again" } else { "" };
                format!("prompt {} brought nothing, going on with the miners: {error}{from}", kind.name())
            }
            Failure::Unreadable { error, .. } => {
                format!("prompt {} brought nothing that can be read: {error}", kind.name())
            }
        };
        events.warn(what.clone());
        if !course.notes.contains(&what) {
            course.notes.push(what);
        }
    }
}

/// Drafts for every category that may be proposed.
pub async fn draft(
    model: &Model,
    input: &FixInput<'_>,
    events: &Events,
    drafting: &Drafting,
) -> (Vec<Candidate>, Vec<Rejection>) {
    let (mut candidates, mut rejections) = (Vec::new(), Vec::new());
    for kind in PromptKind::ALL {
        let wanted = kind.category().is_none_or(|category| input.options.categories.contains(&category));
        if !wanted || drafting.is_left_out() {
            continue;
        }
        match draft_kind(model, kind, input).await {
            Ok((reply, repair_failed)) => {
                drafting.heard();
                if let Some(failure) = repair_failed {
                    drafting.fell_back(kind, &failure, events);
                }
                candidates.extend(reply.candidates);
                rejections.extend(reply.rejections);
                rejections.extend(reply.errors.into_iter().map(|error| unusable(kind, &reply.provenance, error)));
            }
            Err(failure) => {
                drafting.fell_back(kind, &failure, events);
                if let Failure::Unreadable { provenance, error } = failure {
                    drafting.heard();
                    rejections.push(unusable(kind, &provenance, error));
                }
            }
        }
    }
    (candidates, rejections)
}

/// Why a prompt brought nothing.
enum Failure {
    /// The endpoint does not answer, whatever it is asked; or the prompt cannot be made.
    Refused(String),
    /// The endpoint does not take this very request; the next may be fine.
    Declined(String),
    /// No reply in time.
    Late(String),
    /// A reply came that is none, also after it was sent back.
    Unreadable { provenance: String, error: String },
}

impl Failure {
    fn of(error: ModelError, prompt: &Prompt) -> Self {
        match error {
            ModelError::Chat(ChatError::NotJson { .. } | ChatError::CutOff { .. }) => {
                Self::Unreadable { provenance: prompt.provenance(), error: error.to_string() }
            }
            ModelError::Timeout(_) => Self::Late(error.to_string()),
            ModelError::Chat(ChatError::Refused { ref refusal, .. })
                if matches!(refusal.status, Some(400 | 413 | 422)) =>
            {
                Self::Declined(error.to_string())
            }
            _ => Self::Refused(error.to_string()),
        }
    }
}

/// The reply to one prompt, and why its faults could not be mended.
async fn draft_kind(
    model: &Model,
    kind: PromptKind,
    input: &FixInput<'_>,
) -> Result<(Reply, Option<Failure>), Failure> {
    let template = model.options.prompts.own(kind.name());
    let prompt = render(kind, input, template).map_err(|error| Failure::Refused(error.to_string()))?;
    let schema = || Some((kind.name().to_owned(), prompt.schema.clone()));
    let answer = model.ask(&prompt.text, schema()).await.map_err(|error| Failure::of(error, &prompt))?;
    let mut first = parse(kind, &answer.text, input, &prompt);
    if first.errors.is_empty() {
        return Ok((first, None));
    }
    match model.ask(&repair(&prompt, &answer.text, &first.errors), schema()).await {
        // What was good the first time stays, also where only the rest comes back.
        Ok(answer) => {
            let mut second = parse(kind, &answer.text, input, &prompt);
            second.candidates.retain(|again| first.candidates.iter().all(|have| have.id != again.id));
            first.candidates.extend(second.candidates);
            first.rejections.extend(second.rejections);
            first.errors = second.errors;
            Ok((first, None))
        }
        Err(error) => Ok((first, Some(Failure::of(error, &prompt)))),
    }
}

/// Characters of a faulty reply that are shown to who wrote it.
const SHOWN: usize = 8_000;
/// Faults of one reply that are told.
const MAX_FAULTS: usize = 20;

fn repair(prompt: &Prompt, reply: &str, errors: &[String]) -> String {
    let reply: String = reply.chars().take(SHOWN).collect();
    let faults: Vec<String> = errors.iter().take(MAX_FAULTS).map(|error| format!("- {error}")).collect();
    format!(
        "{}\n\nYour last reply was:\n<data name=\"reply\">\n{}\n</data>\nThese of its changes could not be used:\n{}\n\
         Reply once more in the same form, with these mended or left out.",
        prompt.text,
        reply.replace('<', "\\u003c").replace('>', "\\u003e"),
        faults.join("\n")
    )
}

/// A proposal that is no candidate yet: nothing that a model says disappears.
fn unusable(kind: PromptKind, provenance: &str, error: String) -> Rejection {
    let category = kind.category().unwrap_or(Category::Other);
    let candidate = Candidate {
        id: format!("{}-{}", kind.name().replace('_', "-"), &short_id(&[provenance, &error])[..8]),
        category,
        changes: Vec::new(),
        patterns: Vec::new(),
        support: 0,
        targets: Vec::new(),
        reason: format!("A proposal of prompt {} that could not be read.", kind.name()),
        provenance: provenance.to_owned(),
    };
    Rejection { candidate, reason: RejectionReason::NotGrounded, detail: error }
}
