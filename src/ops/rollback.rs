//! Rolling back: a plan like any other, made from a before-image.

use super::moved::Moved;
use super::plan::beside_live;
use super::workspace::OpsError;
use crate::databricks::LiveSpace;
use crate::diff::{apply_all, diff, merge};
use crate::model::{
    Address, AppliedRecord, Base, Change, ChangeEvidence, Digest, Evidence, Plan, PlanVerdict, Space, State, Suite,
};
use crate::planner::{PlanParts, ThreeWay, assemble, expiry};

/// What the way back is made from.
pub struct RollbackInput<'a> {
    pub state: &'a State,
    pub live: &'a LiveSpace,
    /// The serial to undo, with all after it; none is the last one.
    pub to: Option<u64>,
    /// Also undo what people edited in the workspace since the last apply.
    pub discard_edits: bool,
    pub host: &'a str,
    pub definition: Option<&'a Space>,
    pub suite: &'a Suite,
    pub config: Digest,
    pub now: jiff::Timestamp,
}

/// A plan from the live content back to what stood before the chosen apply. Benchmarks in the
/// space stay as they are: they are not tuning. What people edited in the workspace since the last
/// apply stays too, unless it is to be discarded; where it stands in the way, there is no plan.
pub fn rollback(input: &RollbackInput<'_>) -> Result<Plan, OpsError> {
    let record = chosen(input)?;
    let before = record.before.as_ref().ok_or_else(|| {
        OpsError::usage(format!(
            "serial {} created the space; going back further would mean trashing it, with its conversations",
            record.serial
        ))
    })?;
    let back: Vec<Change> =
        way_back(input, before)?.into_iter().filter(|change| !is_benchmark(&change.address)).collect();
    let target = apply_all(&input.live.space, &back)?;
    let created_at = input.now.to_string();
    Ok(assemble(PlanParts {
        verdict: PlanVerdict::NoChange,
        verdict_reason: reason(input, record.serial),
        base: base(input, &target),
        questions: Vec::new(),
        changes: back.into_iter().map(undoing).collect(),
        rejections: Vec::new(),
        guards: Vec::new(),
        evidence: Evidence { holdout: "unverified".to_owned(), ..Evidence::default() },
        expires_at: expiry(&created_at, 1).unwrap_or_else(|| created_at.clone()),
        created_at,
        tool_version: env!("CARGO_PKG_VERSION").to_owned(),
    }))
}

fn chosen<'a>(input: &RollbackInput<'a>) -> Result<&'a AppliedRecord, OpsError> {
    let record = match input.to {
        Some(serial) => input.state.applied.iter().find(|record| record.serial == serial),
        None => input.state.last(),
    };
    record.ok_or_else(|| {
        let known: Vec<String> = input.state.applied.iter().map(|record| record.serial.to_string()).collect();
        OpsError::usage(format!("there is no applied plan with that serial; known are {}", known.join(", ")))
    })
}

fn way_back(input: &RollbackInput<'_>, before: &Space) -> Result<Vec<Change>, OpsError> {
    let live = &input.live.space;
    if !edited(input) || input.discard_edits {
        return Ok(diff(live, before));
    }
    let Some(stood) = &input.state.stands else {
        return Err(OpsError::Stale {
            message:
                "the live space was edited since the last apply, and what stood there then is not known any more. \
                      Going back would undo the edits; say so with `rollback --discard-edits`"
                    .to_owned(),
        });
    };
    let merged = merge(stood, before, live);
    let clashes = merged.conflicts.iter().filter(|clash| !is_benchmark(&clash.ours.address));
    let overlaps: Vec<ThreeWay> = clashes
        .map(|clash| ThreeWay {
            address: clash.theirs.address.to_string(),
            base: clash.theirs.before.clone(),
            live: clash.theirs.after.clone(),
            plan: clash.ours.after.clone(),
        })
        .collect();
    if overlaps.is_empty() {
        return Ok(merged.ours);
    }
    let help = "these are people's edits since the last apply, and going back would undo them; say so with `rollback \
                --discard-edits`"
        .to_owned();
    Err(Moved { class: "conflict", overlaps, their: merged.theirs, help }.into())
}

/// True if somebody edited the live space since the last apply.
fn edited(input: &RollbackInput<'_>) -> bool {
    let live = &input.live.space;
    input
        .state
        .last()
        .is_some_and(|last| last.after_digest != live.digest() || last.after_sidecar_digest != live.sidecar_digest())
}

/// Not `declared`: the definition has to follow the space back.
fn undoing(change: Change) -> (Change, String, ChangeEvidence) {
    let evidence = ChangeEvidence {
        status: "rollback".to_owned(),
        provenance: "rollback".to_owned(),
        ..ChangeEvidence::default()
    };
    (change, "as it stood before".to_owned(), evidence)
}

fn is_benchmark(address: &Address) -> bool {
    address.segments().first().is_some_and(|first| first == "benchmarks")
}

fn reason(input: &RollbackInput<'_>, serial: u64) -> String {
    let mut reason = format!("back to what stood before serial {serial}; nothing was measured");
    if edited(input) {
        reason.push_str(match input.discard_edits {
            true => "; this also undoes edits made in the workspace since the last apply",
            false => "; edits made in the workspace since the last apply stay",
        });
    }
    for serial in edited_before(input.state, serial) {
        reason.push_str(&format!("; edits made in the workspace before serial {serial} go with it"));
    }
    if input.definition.is_some() && !follows(input) {
        reason.push_str("; the declared space has edits of its own and is left as it is");
    }
    reason
}

/// Applies after `serial` that found somebody's edits in the space.
fn edited_before(state: &State, serial: u64) -> Vec<u64> {
    let pairs = state.applied.iter().zip(state.applied.iter().skip(1));
    let moved = pairs.filter(|(earlier, later)| {
        later.serial > serial && later.before_digest.as_ref().is_some_and(|before| *before != earlier.after_digest)
    });
    moved.map(|(_, later)| later.serial).collect()
}

/// True if the declared space says what stands there, or what stood there last: then it follows.
fn follows(input: &RollbackInput<'_>) -> bool {
    let Some(definition) = input.definition else { return false };
    let same = |space: &Space| diff(&beside_live(definition, space), space).is_empty();
    same(&input.live.space) || input.state.stands.as_ref().is_some_and(same)
}

fn base(input: &RollbackInput<'_>, target: &Space) -> Base {
    let definition = input.definition.filter(|_| follows(input));
    Base {
        host: input.host.to_owned(),
        space_id: Some(input.live.id.clone()),
        title: input.live.space.sidecar.title.clone(),
        warehouse_id: input.live.space.sidecar.warehouse_id.clone(),
        etag: input.live.etag.clone(),
        live: Some(input.live.space.digest()),
        live_sidecar: Some(input.live.space.sidecar_digest()),
        definition_before: definition.map(Space::digest),
        definition_after: definition.map(|_| target.digest()),
        target: target.digest(),
        config: input.config.clone(),
        benchmarks: input.suite.digest(),
        as_of: None,
    }
}
