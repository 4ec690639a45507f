//! What changed is asked again, in both arms: steady answers count, others neither win nor lose.

use super::plan::PlanInput;
use super::score::Target;
use super::shadow::Shadow;
use super::steadiness::Steadiness;
use super::workspace::OpsError;
use crate::model::{Digest, Question, Scorecard, Space, Split};
use std::collections::BTreeSet;

/// What the repeats showed.
#[derive(Default)]
pub(super) struct Repeats {
    /// Questions whose outcome was another one when asked again, here or while proving.
    pub unsteady: BTreeSet<String>,
    /// Answers that repeat an earlier one over the same content.
    pub answers: usize,
    /// The discordant questions were asked again in both arms.
    pub confirmed: bool,
    /// Enough repeats, and all of them gave the same outcome.
    pub noise_free: bool,
}

/// One side of the comparison: a content, and from which attempt on it is asked.
pub(super) struct Arm<'a> {
    pub content: &'a Space,
    pub card: &'a Scorecard,
    /// The attempt that the card holds.
    pub attempt: u32,
    /// Names the arm; the content's digest, unless both arms hold the same content.
    pub name: Digest,
}

impl<'a> Arm<'a> {
    pub fn of(content: &'a Space, card: &'a Scorecard) -> Self {
        Self { content, card, attempt: 1, name: content.digest() }
    }
}

/// Asks the discordant questions of both arms again, as often as the rules say; less often where
/// nothing varies. Where so few were discordant that their steadiness shows little, further
/// questions are asked again in the new arm.
pub(super) async fn confirm(
    input: &PlanInput<'_>,
    shadow: &mut Shadow,
    before: &Arm<'_>,
    after: &Arm<'_>,
    mut seen: Steadiness,
) -> Result<Repeats, OpsError> {
    let rules = &input.rules;
    let (moved, mut same) = discordant(input, before.card, after.card);
    for arm in [before, after] {
        remember(&mut seen, arm, arm.card, arm.attempt);
    }
    let enough = |seen: &Steadiness| !seen.is_noisy() && seen.repeats() >= rules.steady_repeats;
    // What a verdict can rest on first: the learn set, and what the holdout lost. If nothing
    // varies there, the holdout's gains stand as well.
    let first: Vec<&Question> = moved.iter().copied().filter(|question| decides(input, question, after.card)).collect();
    for arm in [after, before] {
        ask(input, shadow, arm, &first, 1, &mut seen).await?;
    }
    for again in 1..=rules.decision.confirming_repeats {
        if moved.is_empty() || (!first.is_empty() && enough(&seen)) {
            break;
        }
        for arm in [after, before] {
            ask(input, shadow, arm, &moved, again, &mut seen).await?;
        }
    }
    if !moved.is_empty() && !seen.is_noisy() && seen.repeats() < rules.steady_repeats {
        let lacking = rules.steady_repeats - seen.repeats();
        // A right answer tells more: where answers vary, it is the one that does not always come.
        let is_right = |question: &&Question| after.card.outcome(&question.id).is_some_and(|o| o.is_correct());
        same.sort_by_key(|question| !is_right(question));
        let more: Vec<&Question> = same.into_iter().take(lacking).collect();
        ask(input, shadow, after, &more, 1, &mut seen).await?;
    }
    Ok(Repeats {
        answers: seen.repeats(),
        confirmed: !moved.is_empty(),
        noise_free: !moved.is_empty() && enough(&seen),
        unsteady: seen.unsteady().clone(),
    })
}

fn decides(input: &PlanInput<'_>, question: &Question, after: &Scorecard) -> bool {
    let lost = !after.outcome(&question.id).is_some_and(|outcome| outcome.is_correct());
    input.splits.get(&question.id) == Some(&Split::Learn) || lost
}

/// Questions that are right in one arm only, and those that are the same in both.
fn discordant<'q>(
    input: &'q PlanInput<'_>,
    before: &Scorecard,
    after: &Scorecard,
) -> (Vec<&'q Question>, Vec<&'q Question>) {
    let both = |question: &&Question| {
        let counts = |card: &Scorecard| card.outcome(&question.id).is_some_and(|outcome| outcome.counts());
        counts(before) && counts(after)
    };
    let right = |card: &Scorecard, id: &str| card.outcome(id).is_some_and(|outcome| outcome.is_correct());
    let differs = |question: &&Question| right(before, &question.id) != right(after, &question.id);
    input.suite.questions.iter().filter(both).partition(differs)
}

async fn ask(
    input: &PlanInput<'_>,
    shadow: &mut Shadow,
    arm: &Arm<'_>,
    questions: &[&Question],
    again: usize,
    seen: &mut Steadiness,
) -> Result<(), OpsError> {
    // One that has come out both ways neither wins nor loses, whatever it does next.
    let steady = |question: &&Question| !seen.unsteady().contains(&question.id);
    let questions: Vec<&Question> = questions.iter().copied().filter(steady).collect();
    if questions.is_empty() {
        return Ok(());
    }
    let attempt = arm.attempt.saturating_add(u32::try_from(again).unwrap_or(u32::MAX));
    let target: Target = shadow.place(arm.content).await?;
    let card = input.scorer.score(&target, &questions, attempt, "asking again").await;
    remember(seen, arm, &card, attempt);
    Ok(())
}

fn remember(seen: &mut Steadiness, arm: &Arm<'_>, card: &Scorecard, attempt: u32) {
    for scored in card.questions.iter().filter(|scored| scored.verdict.outcome.counts()) {
        seen.saw(&arm.name, &scored.id, attempt, scored.verdict.outcome.is_correct());
    }
}
