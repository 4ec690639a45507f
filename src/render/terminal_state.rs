//! The state and the outcome of an apply, for the terminal.

use super::escape::visible_line;
use super::style::{TerminalOptions, Tone};
use crate::model::State;

/// How an apply ended; made by the command from what the operation reports.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ApplySummary {
    pub plan_id: String,
    pub space: String,
    /// Each change's id and status: `equal`, `migrated` or `lossy`.
    pub changes: Vec<(String, String)>,
    pub serial: u64,
    /// The exact command that takes it back.
    pub rollback: Option<String>,
}

pub fn applied(summary: &ApplySummary, options: &TerminalOptions) -> String {
    let mut text = String::new();
    for (id, status) in &summary.changes {
        let (sign, tone) = match status.as_str() {
            "lossy" => (options.symbol("✗", "x"), Tone::Bad),
            _ => (options.symbol("✓", "v"), Tone::Good),
        };
        text.push_str(&format!("  {} {}  {}\n", options.paint(tone, sign), visible_line(id), visible_line(status)));
    }
    let short = summary.plan_id.get(..8).unwrap_or(&summary.plan_id);
    let done =
        format!("Applied plan {short} to space {}: {} changes.", visible_line(&summary.space), summary.changes.len());
    text.push_str(&format!("{} State serial {}.\n", options.paint(Tone::Strong, &done), summary.serial));
    if let Some(command) = &summary.rollback {
        text.push_str(&format!("To take it back: {}\n", visible_line(command)));
    }
    text
}

/// The state: identity, and what was applied, newest first.
pub fn state(state: &State, options: &TerminalOptions) -> String {
    let space = state.space_id.as_deref().map_or("none yet".to_owned(), visible_line);
    let mut text = format!(
        "Space {space} on {}, serial {}, lineage {}\n",
        visible_line(&state.host),
        state.serial,
        visible_line(&state.lineage)
    );
    for record in state.applied.iter().rev() {
        let plan = record.plan_id.get(..8).unwrap_or(&record.plan_id);
        text.push_str(&format!(
            "  {:>4}  {}  plan {plan}  {} changes  {} {} {}  {} ({})\n",
            record.serial,
            visible_line(&record.at),
            record.changes,
            visible_line(&record.score_before),
            options.arrow(),
            visible_line(&record.score_after),
            visible_line(&record.by),
            visible_line(&record.confirmed)
        ));
    }
    text
}
