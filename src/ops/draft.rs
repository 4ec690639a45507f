//! Candidates drafted by a language model, one prompt for each category. What comes back is
//! untrusted and goes the same way as what the miners make; a reply that cannot be read is sent
//! back once with its errors. A model that fails leaves the miners' candidates standing.

use super::events::Events;
use super::model::Model;
use crate::fix::{FixInput, PromptKind, parse, render};
use crate::model::{Candidate, Category, Rejection};

/// Drafts for every category that may be proposed.
pub async fn draft(model: &Model, input: &FixInput<'_>, events: &Events) -> (Vec<Candidate>, Vec<Rejection>) {
    let (mut candidates, mut rejections) = (Vec::new(), Vec::new());
    for kind in PromptKind::ALL {
        let wanted = category(kind).is_none_or(|category| input.options.categories.contains(&category));
        if !wanted {
            continue;
        }
        match draft_kind(model, kind, input).await {
            Ok(reply) => {
                for error in &reply.errors {
                    events.warn(format!("a proposal of prompt {} was dropped: {error}", kind.name()));
                }
                candidates.extend(reply.candidates);
                rejections.extend(reply.rejections);
            }
            Err(error) => {
                events.warn(format!("prompt {} brought nothing, going on with the miners: {error}", kind.name()));
            }
        }
    }
    (candidates, rejections)
}

async fn draft_kind(model: &Model, kind: PromptKind, input: &FixInput<'_>) -> Result<crate::fix::Reply, String> {
    let template = model.template(kind.name());
    let prompt = render(kind, input, template.as_deref()).map_err(|error| error.to_string())?;
    let schema = Some((kind.name().to_owned(), prompt.schema.clone()));
    let answer = model.ask(&prompt.text, schema.clone()).await.map_err(|error| error.to_string())?;
    let reply = parse(kind, &answer.text, input, &prompt);
    if reply.errors.is_empty() || !reply.candidates.is_empty() {
        return Ok(reply);
    }
    let repair = format!(
        "{}\n\nYour last reply could not be used:\n- {}\nReply again, with these mended.",
        prompt.text,
        reply.errors.join("\n- ")
    );
    let answer = model.ask(&repair, schema).await.map_err(|error| error.to_string())?;
    Ok(parse(kind, &answer.text, input, &prompt))
}

fn category(kind: PromptKind) -> Option<Category> {
    match kind {
        PromptKind::Metadata => Some(Category::Metadata),
        PromptKind::JoinSpecs => Some(Category::JoinSpecs),
        PromptKind::SqlSnippets => Some(Category::SqlSnippets),
        PromptKind::SampleQueries => Some(Category::SampleQueries),
        PromptKind::Instructions => Some(Category::Instructions),
        PromptKind::Deletions => None,
    }
}
