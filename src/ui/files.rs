//! A run as its folder holds it, whoever reads the files.

use super::run::Finished;
use crate::format::{FileKind, LineBody, event_from_json, plan_from_json, scorecard_from_json, space_from_value};
use crate::model::{Event, Space, Suite};

/// The events of a run's `events.jsonl` with the second at which they happened. Lines that cannot
/// be read, such as the last one of a run that was killed, are left out.
pub fn timed_events(text: &str) -> Vec<(f64, Event)> {
    let lines: Vec<_> = text.lines().filter_map(|line| event_from_json(line).ok()).collect();
    let moment = |ts: &str| ts.parse::<jiff::Timestamp>().ok();
    let began = lines.first().and_then(|line| moment(&line.ts));
    let since = |ts: &str| Some(moment(ts)?.duration_since(began?).as_secs_f64().max(0.0));
    lines
        .into_iter()
        .filter_map(|line| match line.body {
            LineBody::Event(event) => Some((since(&line.ts).unwrap_or(0.0), event)),
            _ => None,
        })
        .collect()
}

/// What a plan's run ended with, from its files by name; parts that are missing or cannot be read
/// are left out. None without a plan.
pub fn finished_run(file: impl Fn(&str) -> Option<String>) -> Option<Finished> {
    let loaded = plan_from_json(&file("plan.json")?).ok()?;
    let card = |name: &str| scorecard_from_json(&file(name)?).ok();
    let value = |name: &str| serde_json::from_str(&file(name)?).ok();
    let space = |name: &str| -> Option<Space> { space_from_value(FileKind::Plan, &value(name)?).ok() };
    Some(Finished {
        id: loaded.id.as_str().to_owned(),
        plan: loaded.plan,
        before: card("scorecard-before.json"),
        after: card("scorecard-after.json"),
        suite: value("suite.json").and_then(|value| serde_json::from_value::<Suite>(value).ok()),
        space_before: space("space-before.json"),
        space_after: space("space-after.json"),
    })
}
