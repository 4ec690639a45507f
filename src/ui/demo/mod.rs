//! The demo: a recorded run that plays in the page, with no project and nothing real behind it.

mod play;
mod project;

use super::actions::Actions;
use super::hub::Hub;
use super::run::{Finished, RunInfo};
use crate::model::{Event, Plan, Scorecard, Space, Suite, digest_json};
use serde::Deserialize;
use std::sync::Arc;

/// Events with the second at which they happened.
const EVENTS: &str = include_str!("../assets/demo.jsonl");
/// What the run ended with.
const RESULT: &str = include_str!("../assets/demo.json");

#[derive(Clone, Deserialize)]
struct Recorded {
    at: f64,
    event: Event,
}

#[derive(Deserialize)]
struct RecordedResult {
    plan: Plan,
    before: Scorecard,
    after: Scorecard,
    suite: Suite,
    space_before: Space,
    space_after: Space,
}

fn info() -> RunInfo {
    RunInfo {
        title: "Game KPI".to_owned(),
        workspace: "embedded ./data".to_owned(),
        target: Some(0.85),
        rounds: 3,
        demo: true,
    }
}

/// The recorded events. A line that cannot be read is left out; a test reads them all.
fn events() -> Vec<Recorded> {
    EVENTS.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

fn finished() -> Option<Finished> {
    let result: RecordedResult = serde_json::from_str(RESULT).ok()?;
    Some(finish(result.plan.clone(), &result))
}

fn finish(plan: Plan, result: &RecordedResult) -> Finished {
    Finished {
        id: digest_json(&serde_json::to_value(&plan).unwrap_or_default()).0,
        plan,
        before: Some(result.before.clone()),
        after: Some(result.after.clone()),
        suite: Some(result.suite.clone()),
        space_before: Some(result.space_before.clone()),
        space_after: Some(result.space_after.clone()),
    }
}

/// A hub and actions that play the recorded run, `speed` times as fast as it was; with no speed,
/// the run is shown as it ended. Must be called within a tokio runtime if there is a speed.
pub fn demo(speed: Option<f64>) -> (Arc<Hub>, Arc<dyn Actions>) {
    let hub = Arc::new(Hub::new(info()));
    let player = play::Player::new(Arc::clone(&hub), speed.unwrap_or(f64::INFINITY));
    match speed {
        Some(_) => player.start(),
        None => player.show_end(),
    }
    (hub, Arc::new(player))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_recording_reads_and_agrees_with_its_result() {
        let recorded = events();
        assert_eq!(recorded.len(), EVENTS.lines().count());
        let finished = finished().expect("a result");
        let plan = &finished.plan;
        let (before, after) = (finished.before.expect("a scorecard"), finished.after.expect("a scorecard"));
        assert_eq!(
            (before.correct(), before.total()),
            (plan.score.before.all().correct, plan.score.before.all().total)
        );
        assert_eq!((after.correct(), after.total()), (plan.score.after.all().correct, plan.score.after.all().total));
        let batches: Vec<_> = recorded
            .iter()
            .filter_map(|line| match &line.event {
                Event::ScoringFinished { what, correct, total } => Some((what.as_str(), *correct, *total)),
                _ => None,
            })
            .collect();
        assert_eq!(batches.first(), Some(&("base", before.correct(), before.total())));
        assert_eq!(batches.last(), Some(&("final", after.correct(), after.total())));
        assert!(plan.changes.iter().all(|change| change.category == change.change.category()));
        assert!(plan.changes.iter().all(|change| change.action == change.change.action()));
    }
}
