//! The declared space follows the live one: what was applied is written into `space.yaml`.

use super::events::Events;
use super::plan::beside_live;
use super::workspace::OpsError;
use crate::config::{self, DeclaredSpace, Extent};
use crate::diff::{apply_all, diff};
use crate::model::{Address, Change, Plan, Space};
use crate::store::write_atomic;

/// Brings the declared space to what stands there now, where it still stands at the plan's
/// *before* or *after*; one that moved on is left alone, with a word about it. Edits that are kept
/// in the workspace only, at `kept`, stay out of it.
pub(super) fn follow(
    events: &Events,
    declared: &DeclaredSpace,
    plan: &Plan,
    live: &Space,
    kept: &[Address],
) -> Result<(), OpsError> {
    let Some(before) = &plan.base.definition_before else { return Ok(()) };
    let start = beside_live(&declared.space, live);
    let is_kept = |change: &Change| kept.iter().any(|address| change.address.overlaps(address));
    let changes: Vec<Change> = diff(&start, live).into_iter().filter(|change| !is_kept(change)).collect();
    if changes.is_empty() {
        return Ok(());
    }
    let stands_at = declared.space.digest();
    if stands_at != *before && Some(&stands_at) != plan.base.definition_after.as_ref() {
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
    let written = config::write_changes(&declared.yaml_text, changes, intended)
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
