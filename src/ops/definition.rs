//! The declared space follows the live one: what was applied is written into `space.yaml`.

use super::events::Events;
use super::plan::beside_live;
use super::rebind::as_written;
use super::workspace::OpsError;
use crate::config::{self, DeclaredSpace, Extent};
use crate::diff::{apply_all, diff};
use crate::model::{Address, Change, Plan, Space};
use crate::store::write_atomic;

/// What has to be known to let the declared space follow.
pub(super) struct Following<'a> {
    pub plan: &'a Plan,
    /// What stands there now.
    pub live: &'a Space,
    /// What stood there after the apply before, where that is known.
    pub stood: Option<&'a Space>,
    /// Edits that stay in the workspace only.
    pub kept: &'a [Address],
}

/// Brings the declared space to what stands there now, where it still stands at the plan's
/// *before* or *after*; one that moved on is left alone, with a word about it. Only what moved in
/// the workspace is written: a definition that is ahead in other places stays so.
pub(super) fn follow(events: &Events, declared: &DeclaredSpace, facts: &Following<'_>) -> Result<(), OpsError> {
    let base = &facts.plan.base;
    let Some(before) = &base.definition_before else { return Ok(()) };
    let start = beside_live(&declared.space, facts.live);
    let moved = facts.stood.map(|stood| diff(stood, facts.live));
    let has_moved = |change: &Change| {
        moved.as_ref().is_none_or(|moved| moved.iter().any(|edit| edit.address.overlaps(&change.address)))
    };
    let is_kept = |change: &Change| facts.kept.iter().any(|address| change.address.overlaps(address));
    let changes = diff(&start, facts.live);
    let changes: Vec<Change> = changes.into_iter().filter(|change| has_moved(change) && !is_kept(change)).collect();
    if changes.is_empty() {
        return Ok(());
    }
    let stands_at = declared.space.digest();
    if stands_at != *before && Some(&stands_at) != base.definition_after.as_ref() {
        events.note(format!(
            "{} was edited since the plan was made and is left as it is; `genie-enhance drift` shows the difference",
            declared.path.display()
        ));
        return Ok(());
    }
    let intended = apply_all(&start, &changes)?;
    write_into(events, declared, &changes, &intended)
}

/// Writes changes into the declared space, and says how much of the file that touched.
pub fn write_into(
    events: &Events,
    declared: &DeclaredSpace,
    changes: &[Change],
    intended: &Space,
) -> Result<(), OpsError> {
    let (changes, intended) = as_written(declared, changes, intended).map_err(OpsError::Declared)?;
    let written = config::write_changes(&declared.yaml_text, &changes, &intended)
        .map_err(|error| OpsError::other(format!("{}: {error}", declared.path.display())))?;
    write_atomic(&declared.path, written.text.as_bytes())?;
    let extent = match written.extent {
        Extent::Minimal => String::new(),
        Extent::Elements(names) => format!("; written anew, without comments inside: {}", names.join(", ")),
        Extent::File => "; the whole file is written anew, comments inside it are gone".to_owned(),
    };
    events.note(format!("wrote the change into {}{extent}", declared.path.display()));
    Ok(())
}
