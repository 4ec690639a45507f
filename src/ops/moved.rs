//! What stands between a plan and the live space, for people and as data.

use super::workspace::OpsError;
use crate::model::Change;
use crate::planner::{Freshness, ThreeWay};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// Why a plan does not fit any more.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Moved {
    /// `drifted-disjoint` or `conflict` of a plan; `drift` where there is no plan yet.
    pub class: &'static str,
    /// What the plan and somebody else changed: three ways.
    pub overlaps: Vec<ThreeWay>,
    /// What somebody else changed elsewhere, where it is known.
    pub their: Vec<Change>,
    /// What to do.
    pub help: String,
}

/// Places that are named in a message.
const NAMED: usize = 5;

impl Moved {
    pub(super) fn of(freshness: Freshness) -> Self {
        match freshness {
            Freshness::DriftedDisjoint { their } => Self {
                class: "drifted-disjoint",
                their,
                help: "make a new plan, which takes the edits in, or move this one onto them with `plan --rebase`"
                    .to_owned(),
                ..Self::default()
            },
            Freshness::Conflict { overlaps, their } => Self {
                class: "conflict",
                overlaps,
                their,
                help: "decide whose words stand, then make a new plan; `genie-enhance drift` shows all edits"
                    .to_owned(),
            },
            // The others fit.
            Freshness::Fresh | Freshness::Rebased | Freshness::AlreadyApplied => Self::default(),
        }
    }

    pub fn json(&self) -> Value {
        let overlap =
            |way: &ThreeWay| json!({"address": way.address, "base": way.base, "live": way.live, "plan": way.plan});
        json!({
            "class": self.class,
            "overlaps": self.overlaps.iter().map(overlap).collect::<Vec<_>>(),
            "theirs": self.their,
        })
    }
}

impl std::fmt::Display for Moved {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let places = named(self.their.iter().map(|change| change.address.to_string()));
        match self.class {
            "conflict" => {
                let overlaps = named(self.overlaps.iter().map(|way| way.address.clone()));
                write!(
                    f,
                    "conflict: the space was edited since the plan was made, in places that the plan changes too \
                     ({overlaps}). Nothing was written; {}",
                    self.help
                )?;
                for way in self.overlaps.iter().take(NAMED) {
                    write!(f, "{}", three_ways(way))?;
                }
                Ok(())
            }
            "drift" => write!(
                f,
                "the live space was edited since the last plan was applied ({places}). Nothing was written; {}",
                self.help
            ),
            _ => write!(
                f,
                "the space was edited since the plan was made, in places that the plan does not touch{}. Nothing was \
                 written; {}",
                if places.is_empty() { String::new() } else { format!(" ({places})") },
                self.help
            ),
        }
    }
}

impl std::error::Error for Moved {}

impl From<Moved> for OpsError {
    fn from(moved: Moved) -> Self {
        Self::Moved(Box::new(moved))
    }
}

fn named(places: impl ExactSizeIterator<Item = String>) -> String {
    let more = places.len().saturating_sub(NAMED);
    let first: Vec<String> = places.take(NAMED).collect();
    format!("{}{}", first.join(", "), if more > 0 { format!(" and {more} more") } else { String::new() })
}

fn three_ways(way: &ThreeWay) -> String {
    let mut text = format!("\n  {}", way.address);
    for (side, value) in [("base", &way.base), ("live", &way.live), ("plan", &way.plan)] {
        // Writing to a String cannot fail.
        let _ = write!(text, "\n    {side}: {}", value.as_ref().map_or("nothing".to_owned(), shown));
    }
    text
}

/// Characters of a value that are shown.
const SHOWN: usize = 300;

/// A value in one line, of bounded length. Its texts are JSON, so that no control character of
/// theirs reaches a terminal.
fn shown(value: &Value) -> String {
    let text: String = value.to_string();
    let inert = |c: char| if is_hidden(c) { format!("\\u{{{:x}}}", u32::from(c)) } else { c.to_string() };
    let mut short: String = text.chars().take(SHOWN).map(inert).collect();
    if text.chars().count() > SHOWN {
        short.push('…');
    }
    short
}

/// Controls, and marks that change the direction or the look of what is around them.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}
