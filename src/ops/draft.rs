//! Candidates drafted by a language model, one prompt for each category. What comes back is
//! untrusted and goes the same way as what the miners make; a reply that cannot be read is sent
//! back once with its errors. A model that fails leaves the miners' candidates standing.

use super::events::Events;
use super::model::{Model, ModelError};
use crate::fix::{FixInput, PromptKind, Reply, parse, render};
use crate::llm::ChatError;
use crate::model::{Candidate, Category, Rejection, RejectionReason, short_id};

/// Drafts for every category that may be proposed.
pub async fn draft(model: &Model, input: &FixInput<'_>, events: &Events) -> (Vec<Candidate>, Vec<Rejection>) {
    let (mut candidates, mut rejections) = (Vec::new(), Vec::new());
    for kind in PromptKind::ALL {
        let wanted = kind.category().is_none_or(|category| input.options.categories.contains(&category));
        if !wanted {
            continue;
        }
        match draft_kind(model, kind, input).await {
            Ok(reply) => {
                candidates.extend(reply.candidates);
                rejections.extend(reply.rejections);
                rejections.extend(reply.errors.into_iter().map(|error| unusable(kind, &reply.provenance, error)));
            }
            Err(Failure::Silent(error)) => {
                events.warn(format!("prompt {} brought nothing, going on with the miners: {error}", kind.name()));
            }
            Err(Failure::Unreadable { provenance, error }) => {
                events.warn(format!("prompt {} brought nothing that can be read: {error}", kind.name()));
                rejections.push(unusable(kind, &provenance, error));
            }
        }
    }
    (candidates, rejections)
}

/// Why a prompt brought nothing.
enum Failure {
    /// No reply came.
    Silent(String),
    /// A reply came that is none, also after it was sent back.
    Unreadable { provenance: String, error: String },
}

async fn draft_kind(model: &Model, kind: PromptKind, input: &FixInput<'_>) -> Result<Reply, Failure> {
    let template = model.template(kind.name());
    let prompt = render(kind, input, template.as_deref()).map_err(|error| Failure::Silent(error.to_string()))?;
    let schema = Some((kind.name().to_owned(), prompt.schema.clone()));
    let failed = |error: ModelError| match error {
        ModelError::Chat(ChatError::NotJson { .. } | ChatError::CutOff { .. }) => {
            Failure::Unreadable { provenance: prompt.provenance(), error: error.to_string() }
        }
        _ => Failure::Silent(error.to_string()),
    };
    let answer = model.ask(&prompt.text, schema.clone()).await.map_err(failed)?;
    let reply = parse(kind, &answer.text, input, &prompt);
    if reply.errors.is_empty() || !reply.candidates.is_empty() {
        return Ok(reply);
    }
    let repair = format!(
        "{}\n\nYour last reply could not be used:\n- {}\nReply again, with these mended.",
        prompt.text,
        reply.errors.join("\n- ")
    );
    let answer = model.ask(&repair, schema).await.map_err(failed)?;
    let mut repaired = parse(kind, &answer.text, input, &prompt);
    repaired.rejections.extend(reply.rejections);
    Ok(repaired)
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
