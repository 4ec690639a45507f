//! The demo: a recorded run that plays in the page, with no project and nothing real behind it.
//!
//! `assets/demo` holds the run folder of a plan over `examples/game-kpi` and the events of its
//! apply, as they were; its `README.md` says how to record them anew.

mod play;
mod project;

use super::actions::Actions;
use super::files::{finished_run, timed_events};
use super::hub::Hub;
use super::run::{Finished, RunInfo};
use crate::model::Event;
use std::sync::Arc;

/// The files of the recorded run.
const FILES: [(&str, &str); 7] = [
    ("events.jsonl", include_str!("../assets/demo/events.jsonl")),
    ("plan.json", include_str!("../assets/demo/plan.json")),
    ("scorecard-before.json", include_str!("../assets/demo/scorecard-before.json")),
    ("scorecard-after.json", include_str!("../assets/demo/scorecard-after.json")),
    ("suite.json", include_str!("../assets/demo/suite.json")),
    ("space-before.json", include_str!("../assets/demo/space-before.json")),
    ("space-after.json", include_str!("../assets/demo/space-after.json")),
];

/// The events of applying its plan.
const APPLY: &str = include_str!("../assets/demo/apply.jsonl");

fn info() -> RunInfo {
    RunInfo {
        title: "Game KPI".to_owned(),
        workspace: "embedded ./data".to_owned(),
        target: Some(0.85),
        rounds: 3,
        demo: true,
    }
}

fn file(name: &str) -> Option<String> {
    FILES.iter().find(|(have, _)| *have == name).map(|(_, text)| (*text).to_owned())
}

fn events() -> Vec<(f64, Event)> {
    timed_events(&file("events.jsonl").unwrap_or_default())
}

/// What became of the changes, in the order in which it happened.
fn applied() -> Vec<Event> {
    let all = timed_events(APPLY).into_iter().map(|(_, event)| event);
    all.filter(|event| matches!(event, Event::ChangeApplied { .. })).collect()
}

fn finished() -> Option<Finished> {
    finished_run(file)
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
        // The first line is the run's head and the last its end.
        assert_eq!(recorded.len() + 2, file("events.jsonl").expect("events").lines().count());
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
            .filter_map(|(_, event)| match event {
                Event::ScoringFinished { what, correct, total } => Some((what.as_str(), *correct, *total)),
                _ => None,
            })
            .collect();
        assert!(batches.contains(&("before", before.correct(), before.total())), "{batches:?}");
        assert!(batches.contains(&("after", after.correct(), after.total())), "{batches:?}");
        assert!(finished.suite.is_some() && finished.space_before.is_some() && finished.space_after.is_some());
        let applied = applied();
        for change in &plan.changes {
            let is_its = |event: &&Event| matches!(event, Event::ChangeApplied { id, .. } if *id == change.id);
            assert!(applied.iter().any(|event| is_its(&event)), "{} was applied", change.id);
        }
    }
}
