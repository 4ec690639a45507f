//! `state.json`: what was applied, sealed with a digest of itself.

use super::enums::VerifiedForm;
use super::error::{FileKind, FormatError};
use super::json::{check_seal, check_version, digest_without, sealed, strict_value, typed};
use super::space::SpaceForm;
use crate::model::{AppliedRecord, Digest, State};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub const STATE_FORMAT_VERSION: u64 = 1;

const SEAL: &str = "digest";

/// The state of one project.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "genie-enhance state")]
pub(super) struct StateForm {
    format_version: u64,
    /// SHA-256 of the canonical JSON of everything but this field.
    digest: String,
    /// Made once; a state of another lineage never replaces this one.
    lineage: String,
    /// Goes up by one with every write.
    serial: u64,
    host: String,
    space_id: Option<String>,
    /// What was read back after the last write.
    #[serde(default)]
    stands: Option<SpaceForm>,
    /// Oldest first.
    applied: Vec<AppliedForm>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct AppliedForm {
    serial: u64,
    plan_id: String,
    /// RFC 3339.
    at: String,
    by: String,
    /// How it was confirmed: `yes`, `--approve` or `--auto-promote`.
    confirmed: String,
    changes: usize,
    score_before: String,
    score_after: String,
    /// The way back; null when the space was created.
    before: Option<SpaceForm>,
    before_digest: Option<Digest>,
    after_digest: Digest,
    after_sidecar_digest: Digest,
    etag: String,
    /// `equal`, `migrated` or `lossy`.
    read_back: String,
    /// What asking afterwards has shown: `not-asked`, `pass`, `fail`, `inconclusive` or
    /// `rollback-pending`.
    #[serde(default = "not_asked")]
    verified: VerifiedForm,
}

fn not_asked() -> VerifiedForm {
    VerifiedForm::NotAsked
}

/// The state as text, with its digest inside.
pub fn state_to_json(state: &State) -> String {
    sealed(state_value(state), SEAL)
}

/// The digest that `state_to_json` writes.
pub fn state_digest(state: &State) -> Digest {
    digest_without(&state_value(state), SEAL)
}

pub fn state_from_json(text: &str) -> Result<State, FormatError> {
    let kind = FileKind::State;
    let value = strict_value(kind, text)?;
    check_version(kind, &value, STATE_FORMAT_VERSION)?;
    let form: StateForm = typed(kind, text)?;
    check_seal(kind, &value, SEAL)?;
    form.try_into()
}

fn state_value(state: &State) -> Value {
    // The form has string keys and plain values only, so this cannot fail.
    serde_json::to_value(StateForm::from(state)).unwrap_or_default()
}

impl From<&State> for StateForm {
    fn from(state: &State) -> Self {
        let State { lineage, serial, host, space_id, stands, applied } = state;
        Self {
            format_version: STATE_FORMAT_VERSION,
            digest: String::new(),
            lineage: lineage.clone(),
            serial: *serial,
            host: host.clone(),
            space_id: space_id.clone(),
            stands: stands.as_ref().map(SpaceForm::from),
            applied: applied.iter().map(AppliedForm::from).collect(),
        }
    }
}

impl TryFrom<StateForm> for State {
    type Error = FormatError;

    fn try_from(form: StateForm) -> Result<Self, FormatError> {
        let StateForm { format_version: _, digest: _, lineage, serial, host, space_id, stands, applied } = form;
        let stands = stands.map(|space| space.into_space(FileKind::State)).transpose()?;
        let applied = applied.into_iter().map(AppliedRecord::try_from).collect::<Result<_, _>>()?;
        Ok(Self { lineage, serial, host, space_id, stands, applied })
    }
}

impl From<&AppliedRecord> for AppliedForm {
    fn from(record: &AppliedRecord) -> Self {
        let AppliedRecord { serial, plan_id, at, by, confirmed, changes, score_before, score_after, .. } =
            record.clone();
        let AppliedRecord { before, before_digest, after_digest, after_sidecar_digest, etag, read_back, .. } = record;
        let verified = record.verified.into();
        Self {
            serial,
            plan_id,
            at,
            by,
            confirmed,
            changes,
            score_before,
            score_after,
            before: before.as_ref().map(SpaceForm::from),
            before_digest: before_digest.clone(),
            after_digest: after_digest.clone(),
            after_sidecar_digest: after_sidecar_digest.clone(),
            etag: etag.clone(),
            read_back: read_back.clone(),
            verified,
        }
    }
}

impl TryFrom<AppliedForm> for AppliedRecord {
    type Error = FormatError;

    fn try_from(form: AppliedForm) -> Result<Self, FormatError> {
        Ok(Self {
            serial: form.serial,
            plan_id: form.plan_id,
            at: form.at,
            by: form.by,
            confirmed: form.confirmed,
            changes: form.changes,
            score_before: form.score_before,
            score_after: form.score_after,
            before: form.before.map(|space| space.into_space(FileKind::State)).transpose()?,
            before_digest: form.before_digest,
            after_digest: form.after_digest,
            after_sidecar_digest: form.after_sidecar_digest,
            etag: form.etag,
            read_back: form.read_back,
            verified: form.verified.into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Space, Verified, digest_text};

    fn state() -> State {
        let mut state = State::new("lineage".into(), "https://adb-1.example".into());
        state.serial = 3;
        state.applied.push(AppliedRecord {
            serial: 3,
            plan_id: "ab".into(),
            at: "2026-01-01T00:00:00Z".into(),
            by: "지은".into(),
            confirmed: "yes".into(),
            changes: 2,
            score_before: "3/9".into(),
            score_after: "7/9".into(),
            before: Some(Space::empty()),
            before_digest: Some(Space::empty().digest()),
            after_digest: digest_text("after"),
            after_sidecar_digest: digest_text("sidecar"),
            etag: "7".into(),
            read_back: "equal".into(),
            verified: Verified::RollbackPending,
        });
        state.stands = Some(Space::empty());
        state
    }

    #[test]
    fn what_is_written_reads_back() {
        let text = state_to_json(&state());
        assert_eq!(state_from_json(&text), Ok(state()));
        assert_eq!(state_from_json(&text.replace('\n', "\r\n")), Ok(state()));
    }

    #[test]
    fn an_edited_or_newer_or_unknown_state_is_refused() {
        let text = state_to_json(&state());
        let edited = text.replace("\"serial\": 3,\n  \"space", "\"serial\": 4,\n  \"space");
        assert!(matches!(state_from_json(&edited), Err(FormatError::Changed { .. })));
        let newer = text.replace("\"format_version\": 1", "\"format_version\": 2");
        assert!(matches!(state_from_json(&newer), Err(FormatError::Newer { found: 2, .. })));
        let unknown = text.replace("\"host\":", "\"colour\": 1,\n  \"host\":");
        let error = state_from_json(&unknown).expect_err("refused").to_string();
        assert!(error.contains("unknown field `colour`"), "{error}");
    }
}
