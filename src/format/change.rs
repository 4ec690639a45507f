//! File forms of changes, planned changes, candidates and rejections.

use super::enums::{ActionForm, CategoryForm, RejectionReasonForm};
use super::error::{FileKind, FormatError};
use crate::model::{Address, Candidate, Change, ChangeEvidence, PlannedChange, Rejection};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One planned change.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PlannedChangeForm {
    id: String,
    category: CategoryForm,
    action: ActionForm,
    /// Where in the space, such as `tables/main.sales.orders/columns/status/synonyms/state`.
    address: String,
    /// The element that stands there before; null if there is none.
    before: Option<Value>,
    /// The element that stands there afterwards; null if there is none.
    after: Option<Value>,
    reason: String,
    evidence: ChangeEvidenceForm,
}

/// What was measured about one change.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ChangeEvidenceForm {
    /// Ids of the patterns behind it.
    pattern: Vec<String>,
    /// Question families behind it.
    support: usize,
    /// Questions that fail again without it.
    fixes: Vec<String>,
    /// Questions that get better without it.
    breaks: Vec<String>,
    /// Changes with which it achieves this jointly.
    group: Vec<String>,
    status: String,
    provenance: String,
}

/// A candidate that is not part of the plan.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RejectionForm {
    reason: RejectionReasonForm,
    detail: String,
    candidate: CandidateForm,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct CandidateForm {
    id: String,
    category: CategoryForm,
    changes: Vec<ChangeForm>,
    patterns: Vec<String>,
    support: usize,
    targets: Vec<String>,
    reason: String,
    provenance: String,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ChangeForm {
    address: String,
    before: Option<Value>,
    after: Option<Value>,
}

impl From<&PlannedChange> for PlannedChangeForm {
    fn from(planned: &PlannedChange) -> Self {
        let PlannedChange { id, category, action, change, reason, evidence } = planned;
        let ChangeForm { address, before, after } = change.into();
        Self {
            id: id.clone(),
            category: (*category).into(),
            action: (*action).into(),
            address,
            before,
            after,
            reason: reason.clone(),
            evidence: evidence.into(),
        }
    }
}

impl TryFrom<PlannedChangeForm> for PlannedChange {
    type Error = FormatError;

    fn try_from(form: PlannedChangeForm) -> Result<Self, FormatError> {
        let PlannedChangeForm { id, category, action, address, before, after, reason, evidence } = form;
        let change: Change = ChangeForm { address, before, after }.try_into()?;
        let (category, action) = (category.into(), action.into());
        if change.action() != action {
            let message = format!("change {id} is called `{action}` and its two sides say `{}`", change.action());
            return Err(FormatError::value(FileKind::Plan, message));
        }
        Ok(Self { id, category, action, change, reason, evidence: evidence.into() })
    }
}

impl From<&ChangeEvidence> for ChangeEvidenceForm {
    fn from(evidence: &ChangeEvidence) -> Self {
        let ChangeEvidence { pattern, support, fixes, breaks, group, status, provenance } = evidence.clone();
        Self { pattern, support, fixes, breaks, group, status, provenance }
    }
}

impl From<ChangeEvidenceForm> for ChangeEvidence {
    fn from(form: ChangeEvidenceForm) -> Self {
        let ChangeEvidenceForm { pattern, support, fixes, breaks, group, status, provenance } = form;
        Self { pattern, support, fixes, breaks, group, status, provenance }
    }
}

impl From<&Rejection> for RejectionForm {
    fn from(rejection: &Rejection) -> Self {
        let Rejection { candidate, reason, detail } = rejection;
        Self { reason: (*reason).into(), detail: detail.clone(), candidate: candidate.into() }
    }
}

impl TryFrom<RejectionForm> for Rejection {
    type Error = FormatError;

    fn try_from(form: RejectionForm) -> Result<Self, FormatError> {
        let RejectionForm { reason, detail, candidate } = form;
        Ok(Self { candidate: candidate.try_into()?, reason: reason.into(), detail })
    }
}

impl From<&Candidate> for CandidateForm {
    fn from(candidate: &Candidate) -> Self {
        let Candidate { id, category, changes, patterns, support, targets, reason, provenance } = candidate.clone();
        let changes = changes.iter().map(ChangeForm::from).collect();
        Self { id, category: category.into(), changes, patterns, support, targets, reason, provenance }
    }
}

impl TryFrom<CandidateForm> for Candidate {
    type Error = FormatError;

    fn try_from(form: CandidateForm) -> Result<Self, FormatError> {
        let CandidateForm { id, category, changes, patterns, support, targets, reason, provenance } = form;
        let changes = changes.into_iter().map(Change::try_from).collect::<Result<_, _>>()?;
        Ok(Self { id, category: category.into(), changes, patterns, support, targets, reason, provenance })
    }
}

impl From<&Change> for ChangeForm {
    fn from(change: &Change) -> Self {
        let Change { address, before, after } = change.clone();
        Self { address: address.to_string(), before, after }
    }
}

impl TryFrom<ChangeForm> for Change {
    type Error = FormatError;

    fn try_from(form: ChangeForm) -> Result<Self, FormatError> {
        let ChangeForm { address, before, after } = form;
        let address: Address = address.parse().map_err(|error| FormatError::value(FileKind::Plan, error))?;
        Ok(Self { address, before, after })
    }
}
