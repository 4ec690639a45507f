//! Permissions of an object (reference 1.5).

use super::lenient;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ObjectPermissions {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object_id: Option<String>,
    #[serde(deserialize_with = "lenient::nullable")]
    pub object_type: String,
    #[serde(deserialize_with = "lenient::nullable")]
    pub access_control_list: Vec<AccessControl>,
}

/// What one user, group or service principal may do.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AccessControl {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_principal_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    #[serde(deserialize_with = "lenient::nullable")]
    pub all_permissions: Vec<Permission>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Permission {
    /// `CAN_READ`, `CAN_RUN`, `CAN_EDIT`, `CAN_MANAGE`.
    #[serde(deserialize_with = "lenient::nullable")]
    pub permission_level: String,
    #[serde(deserialize_with = "lenient::nullable")]
    pub inherited: bool,
    #[serde(deserialize_with = "lenient::nullable", skip_serializing_if = "Vec::is_empty")]
    pub inherited_from_object: Vec<String>,
}

/// Body of PUT (replaces all direct grants) and PATCH (adds or raises).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct PermissionsRequest {
    #[serde(deserialize_with = "lenient::nullable")]
    pub access_control_list: Vec<AccessControlRequest>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AccessControlRequest {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_name: Option<String>,
    #[serde(deserialize_with = "lenient::nullable")]
    pub permission_level: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_principal_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_name: Option<String>,
}
