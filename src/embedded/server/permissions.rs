//! `/api/2.0/permissions/genie` (reference 1.5) and who the caller is.

use super::app::{App, Caller, Level};
use super::reply::{ApiError, ApiResult, body, json};
use crate::embedded::spaces::{Grant, SpaceRecord, is_id};
use crate::wire::{AccessControl, AccessControlRequest, ObjectPermissions, Permission, PermissionsRequest};
use axum::Extension;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::Response;
use std::sync::Arc;

pub(super) async fn get(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> ApiResult<Response> {
    Ok(json(&shown(&managed(&app, &caller, &id)?)))
}

/// The levels that a space knows.
pub(super) async fn levels(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> ApiResult<Response> {
    managed(&app, &caller, &id)?;
    let level = |name: &str, may: &str| serde_json::json!({"permission_level": name, "description": may});
    Ok(json(&serde_json::json!({"permission_levels": [
        level("CAN_READ", "Can view the space"),
        level("CAN_RUN", "Can ask questions"),
        level("CAN_EDIT", "Can change the space"),
        level("CAN_MANAGE", "Can change permissions on the space"),
    ]})))
}

/// The CLI reports its use; nothing is kept.
pub(super) async fn telemetry() -> Response {
    json(&serde_json::json!({"errors": [], "numProtoSuccess": 0}))
}

/// Replaces all direct grants; the caller keeps CAN_MANAGE.
pub(super) async fn put(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    bytes: Bytes,
) -> ApiResult<Response> {
    let own = Grant { kind: "user".into(), name: caller.name.clone(), level: "CAN_MANAGE".into() };
    change(&app, &caller, &id, &bytes, vec![own])
}

/// Adds grants or raises them.
pub(super) async fn patch(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    bytes: Bytes,
) -> ApiResult<Response> {
    let kept = managed(&app, &caller, &id)?.grants;
    change(&app, &caller, &id, &bytes, kept)
}

fn change(app: &App, caller: &Caller, id: &str, bytes: &[u8], mut grants: Vec<Grant>) -> ApiResult<Response> {
    let request: PermissionsRequest = body(bytes)?;
    for entry in &request.access_control_list {
        let grant = grant_of(entry)?;
        let higher = |have: &Grant| Level::parse(&have.level) >= Level::parse(&grant.level);
        match grants.iter_mut().find(|have| have.kind == grant.kind && have.name == grant.name) {
            Some(have) if higher(have) => {}
            Some(have) => *have = grant,
            None => grants.push(grant),
        }
    }
    let record = app.store.locked(|locked| -> ApiResult<SpaceRecord> {
        let mut record = managed(app, caller, id)?;
        record.grants = grants;
        locked.write(&format!("spaces/{id}.json"), &record)?;
        Ok(record)
    })?;
    Ok(json(&shown(&record)))
}

/// A trashed space still shows its permissions.
fn managed(app: &App, caller: &Caller, id: &str) -> ApiResult<SpaceRecord> {
    let record: Option<SpaceRecord> = if is_id(id) { app.store.read(&format!("spaces/{id}.json"))? } else { None };
    let record = record
        .ok_or_else(|| ApiError::not_found("RESOURCE_DOES_NOT_EXIST", format!("Genie space {id} does not exist.")))?;
    if app.level_of(&record, caller) < Level::Manage {
        return Err(ApiError::permission(format!("{} does not have Manage permissions on {id}.", caller.name)));
    }
    Ok(record)
}

fn grant_of(entry: &AccessControlRequest) -> ApiResult<Grant> {
    let names = [
        ("user", &entry.user_name),
        ("group", &entry.group_name),
        ("service_principal", &entry.service_principal_name),
    ];
    let named = names.into_iter().find_map(|(kind, name)| name.clone().map(|name| (kind, name)));
    let (kind, name) = named.ok_or_else(|| ApiError::invalid("An access control entry names nobody."))?;
    if Level::parse(&entry.permission_level).is_none() {
        return Err(ApiError::invalid(format!(
            "'{}' is not a permission level of genie-space; use CAN_READ, CAN_RUN, CAN_EDIT or CAN_MANAGE.",
            entry.permission_level
        )));
    }
    Ok(Grant { kind: kind.to_owned(), name, level: entry.permission_level.clone() })
}

fn shown(record: &SpaceRecord) -> ObjectPermissions {
    let admins = Permission {
        permission_level: "CAN_MANAGE".to_owned(),
        inherited: true,
        inherited_from_object: vec!["/directories/".to_owned()],
    };
    let mut list: Vec<AccessControl> = record
        .grants
        .iter()
        .map(|grant| {
            let name = |kind: &str| (grant.kind == kind).then(|| grant.name.clone());
            AccessControl {
                user_name: name("user"),
                group_name: name("group"),
                service_principal_name: name("service_principal"),
                display_name: Some(grant.name.clone()),
                all_permissions: vec![Permission { permission_level: grant.level.clone(), ..Permission::default() }],
            }
        })
        .collect();
    list.push(AccessControl {
        group_name: Some("admins".to_owned()),
        all_permissions: vec![admins],
        ..AccessControl::default()
    });
    ObjectPermissions {
        object_id: Some(format!("/genie/{}", record.id)),
        object_type: "genie-space".to_owned(),
        access_control_list: list,
    }
}

/// `GET /api/2.0/preview/scim/v2/Me`.
pub(super) async fn me(Extension(caller): Extension<Caller>) -> Response {
    json(&serde_json::json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "id": super::USER_ID.to_string(),
        "userName": caller.name,
        "displayName": caller.name,
        "active": true,
        "emails": [{"value": caller.name, "type": "work", "primary": true}],
        "groups": if caller.admin { serde_json::json!([{"display": "admins"}]) } else { serde_json::json!([]) },
    }))
}
