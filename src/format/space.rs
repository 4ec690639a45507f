//! File form of a whole space: before-images in the state and the journal.

use super::error::{FileKind, FormatError};
use crate::model::{Sidecar, Space};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A space as it is kept, byte for byte, for the way back.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SpaceForm {
    title: String,
    description: String,
    warehouse_id: String,
    parent_path: String,
    serialized_space: Value,
}

/// The space as JSON.
pub fn space_to_value(space: &Space) -> Value {
    // Plain texts and a JSON value: this cannot fail.
    serde_json::to_value(SpaceForm::from(space)).unwrap_or_default()
}

/// Reads what [`space_to_value`] wrote.
pub fn space_from_value(kind: FileKind, value: &Value) -> Result<Space, FormatError> {
    let form = SpaceForm::deserialize(value).map_err(|error| FormatError::value(kind, error))?;
    form.into_space(kind)
}

impl From<&Space> for SpaceForm {
    fn from(space: &Space) -> Self {
        let Sidecar { title, description, warehouse_id, parent_path } = space.sidecar.clone();
        Self { title, description, warehouse_id, parent_path, serialized_space: space.document().clone() }
    }
}

impl SpaceForm {
    pub(super) fn into_space(self, kind: FileKind) -> Result<Space, FormatError> {
        let Self { title, description, warehouse_id, parent_path, serialized_space } = self;
        let space = Space::from_document(serialized_space).map_err(|error| FormatError::value(kind, error))?;
        Ok(space.with_sidecar(Sidecar { title, description, warehouse_id, parent_path }))
    }
}
