//! Rolling back: a plan like any other, made from a before-image.

use super::workspace::OpsError;
use crate::databricks::LiveSpace;
use crate::diff::{apply_all, diff};
use crate::model::{Address, Base, Change, ChangeEvidence, Digest, Evidence, Plan, PlanVerdict, Space, State, Suite};
use crate::planner::{PlanParts, assemble, expiry};

/// What the way back is made from.
pub struct RollbackInput<'a> {
    pub state: &'a State,
    pub live: &'a LiveSpace,
    /// The serial to undo; none is the last one.
    pub to: Option<u64>,
    pub host: &'a str,
    pub definition: Option<&'a Space>,
    pub suite: &'a Suite,
    pub config: Digest,
    pub now: jiff::Timestamp,
}

/// A plan from the live content back to what stood before the chosen apply. Benchmarks in the
/// space stay as they are: they are not tuning. Edits made after the last apply are named in the
/// plan's reason, since going back undoes them too.
pub fn rollback(input: &RollbackInput<'_>) -> Result<Plan, OpsError> {
    let record = match input.to {
        Some(serial) => input.state.applied.iter().find(|record| record.serial == serial),
        None => input.state.last(),
    };
    let record = record.ok_or_else(|| {
        let known: Vec<String> = input.state.applied.iter().map(|record| record.serial.to_string()).collect();
        OpsError::usage(format!("there is no applied plan with that serial; known are {}", known.join(", ")))
    })?;
    let before = record.before.as_ref().ok_or_else(|| {
        OpsError::usage(format!(
            "serial {} created the space; going back further would mean trashing it, with its conversations",
            record.serial
        ))
    })?;
    let back: Vec<Change> =
        diff(&input.live.space, before).into_iter().filter(|change| !is_benchmark(&change.address)).collect();
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
    let edited = input.state.last().is_some_and(|last| last.after_digest != input.live.space.digest());
    let warning = if edited { "; this also undoes edits made in the workspace since the last apply" } else { "" };
    format!("back to what stood before serial {serial}; nothing was measured{warning}")
}

fn base(input: &RollbackInput<'_>, target: &Space) -> Base {
    Base {
        host: input.host.to_owned(),
        space_id: Some(input.live.id.clone()),
        title: input.live.space.sidecar.title.clone(),
        warehouse_id: input.live.space.sidecar.warehouse_id.clone(),
        etag: input.live.etag.clone(),
        live: Some(input.live.space.digest()),
        live_sidecar: Some(input.live.space.sidecar_digest()),
        definition_before: input.definition.map(Space::digest),
        definition_after: input.definition.map(|_| target.digest()),
        target: target.digest(),
        config: input.config.clone(),
        benchmarks: input.suite.digest(),
        as_of: None,
    }
}
