//! `/api/2.0/genie/spaces` (reference 1).

use super::app::{App, Caller, Level, now_ms};
use super::gate::{LogNote, note};
use super::reply::{ApiError, ApiResult, body, empty, json, page};
use crate::embedded::spaces::{Grant, Limits, SpaceRecord, accept, is_id, table_names};
use crate::embedded::world::{When, apply_edit};
use crate::model::{Catalog, Sidecar, digest_json, short_id};
use crate::wire;
use axum::Extension;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use serde::Deserialize;
use serde_json::Value;
use std::sync::Arc;

/// Paging and flags of the space calls.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct SpaceQuery {
    page_size: Option<i64>,
    page_token: Option<String>,
    include_serialized_space: Option<bool>,
}

pub(super) async fn list(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Query(query): Query<SpaceQuery>,
) -> ApiResult<Response> {
    let mut spaces = Vec::new();
    for id in app.store.names("spaces")? {
        let record: Option<SpaceRecord> = app.store.read(&format!("spaces/{id}.json"))?;
        let visible = record.filter(|r| !app.is_gone(r) && app.level_of(r, &caller) >= Level::Read);
        let visible = visible.and_then(|record| app.propagation.seen(record));
        spaces.extend(visible.map(|record| record.to_wire(false, false)));
    }
    let (spaces, next_page_token) = page(&spaces, query.page_size, query.page_token.as_deref(), 20)?;
    Ok(json(&wire::SpaceList { spaces, next_page_token }))
}

pub(super) async fn get(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    Query(query): Query<SpaceQuery>,
) -> ApiResult<Response> {
    let record = app.seen_space(&id, &caller, Level::Read)?;
    // Without CAN EDIT the document is left out, not refused.
    let may_export = app.level_of(&record, &caller) >= Level::Edit;
    Ok(json(&record.to_wire(query.include_serialized_space == Some(true) && may_export, false)))
}

pub(super) async fn create(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    bytes: Bytes,
) -> ApiResult<Response> {
    let write = read_write(&bytes)?;
    let serialized = write.serialized_space.as_deref();
    let serialized = serialized.ok_or_else(|| ApiError::invalid("Missing required field: serialized_space"))?;
    let warehouse = write.warehouse_id.as_deref().filter(|id| !id.is_empty());
    let warehouse = warehouse.ok_or_else(|| ApiError::invalid("Missing required field: warehouse_id"))?;
    let document = checked(&app, serialized)?;
    let parent_path = folder(write.parent_path.as_deref().unwrap_or(&format!("/Users/{}", caller.name)));
    let now = timestamp();
    let record = app.store.locked(|locked| -> ApiResult<SpaceRecord> {
        let number = locked.next("spaces")?;
        let title = write.title.clone().filter(|title| !title.is_empty()).unwrap_or_else(|| "New Space".to_owned());
        let title = free_title(&app, &title, &parent_path)?;
        let record = SpaceRecord {
            id: id("space", number),
            sidecar: Sidecar {
                title,
                description: write.description.clone().unwrap_or_default(),
                warehouse_id: warehouse.to_owned(),
                parent_path,
            },
            document,
            etag: 1,
            created_by: caller.name.clone(),
            create_time: now.clone(),
            update_time: now,
            trashed_at: None,
            grants: vec![Grant { kind: "user".into(), name: caller.name.clone(), level: "CAN_MANAGE".into() }],
        };
        locked.write(&format!("spaces/{}.json", record.id), &record)?;
        app.propagation.wrote(&record.id, None);
        Ok(record)
    })?;
    Ok(written(&record))
}

pub(super) async fn update(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
    bytes: Bytes,
) -> ApiResult<Response> {
    app.space(&id, &caller, Level::Edit)?;
    let write = read_write(&bytes)?;
    let document = write.serialized_space.as_deref().map(|text| checked(&app, text)).transpose()?;
    let record = app.store.locked(|locked| -> ApiResult<SpaceRecord> {
        // Read again: another process may have been faster.
        let mut record = app.space(&id, &caller, Level::Edit)?;
        let before = record.clone();
        let held = record.etag.to_string();
        if let Some(etag) = write.etag.as_deref().filter(|etag| !etag.is_empty() && *etag != held) {
            let message = format!("Etag mismatch: expected {held}, got {etag}");
            return Err(ApiError::new(409, "ABORTED", message));
        }
        let sidecar = &mut record.sidecar;
        for (place, value) in [
            (&mut sidecar.title, write.title),
            (&mut sidecar.description, write.description),
            (&mut sidecar.warehouse_id, write.warehouse_id),
            (&mut sidecar.parent_path, write.parent_path.map(|path| folder(&path))),
        ] {
            value.into_iter().for_each(|value| *place = value);
        }
        // Only another document moves the etag; the fields beside it do not.
        if let Some(document) = document.filter(|document| *document != record.document) {
            record.document = document;
            record.etag += 1;
        }
        record.update_time = timestamp();
        locked.write(&format!("spaces/{id}.json"), &record)?;
        app.propagation.wrote(&id, Some(before));
        Ok(record)
    })?;
    Ok(written(&record))
}

pub(super) async fn trash(
    State(app): State<Arc<App>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> ApiResult<Response> {
    app.space(&id, &caller, Level::Manage)?;
    app.store.locked(|locked| -> ApiResult<()> {
        let mut record = app.any_space(&id)?;
        record.trashed_at = record.trashed_at.or(Some(now_ms()));
        Ok(locked.write(&format!("spaces/{id}.json"), &record)?)
    })?;
    Ok(empty())
}

fn written(record: &SpaceRecord) -> Response {
    let content = Some(digest_json(&record.document).to_string());
    note(json(&record.to_wire(true, true)), LogNote { question: None, content })
}

/// Reads a write body. The document must be a text; an object is the most common mistake.
fn read_write(bytes: &[u8]) -> ApiResult<wire::SpaceWrite> {
    let value: Value = body(bytes)?;
    if value.get("serialized_space").is_some_and(|field| !field.is_string() && !field.is_null()) {
        return Err(ApiError::invalid("Expected Scalar value for String field 'serialized_space'"));
    }
    serde_json::from_value(value).map_err(|error| ApiError::new(400, "MALFORMED_REQUEST", error.to_string()))
}

/// Checks the document and that its tables are there, as the server does at write time.
fn checked(app: &App, serialized: &str) -> ApiResult<Value> {
    let limits = Limits { max_tables: app.world.max_tables, accept_unknown_fields: app.world.accept_unknown_fields };
    let document = accept(serialized, &limits).map_err(ApiError::invalid)?;
    for name in table_names(&document) {
        if app.engine.catalog().table(&name).is_none() {
            let message = format!(
                "An error occurred accessing the schema. Failed to fetch tables for the space. {}",
                what_is_missing(app.engine.catalog(), &name)
            );
            return Err(ApiError::permission(message));
        }
    }
    Ok(document)
}

/// Names the first part of a table's name that is not there.
pub(super) fn what_is_missing(catalog: &Catalog, name: &str) -> String {
    let parts: Vec<&str> = name.split('.').collect();
    let known = |count: usize| {
        let wanted = parts.get(..count).unwrap_or_default().join(".").to_lowercase();
        catalog.tables().any(|table| {
            let own: Vec<&str> = table.full_name.split('.').collect();
            own.get(..count).unwrap_or_default().join(".").to_lowercase() == wanted
        })
    };
    match parts[..] {
        [catalog_name, ..] if !known(1) => format!("Catalog '{catalog_name}' does not exist."),
        [catalog_name, schema, ..] if !known(2) => format!("Schema '{catalog_name}.{schema}' does not exist."),
        _ => format!("Table '{name}' does not exist."),
    }
}

/// A title that no other space of the folder has: " (1)", " (2)" … is added.
fn free_title(app: &App, title: &str, parent_path: &str) -> ApiResult<String> {
    let mut taken = Vec::new();
    for id in app.store.names("spaces")? {
        let record: Option<SpaceRecord> = app.store.read(&format!("spaces/{id}.json"))?;
        let same = record.filter(|r| r.trashed_at.is_none() && r.sidecar.parent_path == parent_path);
        taken.extend(same.map(|record| record.sidecar.title));
    }
    let candidates = (1_u64..).map(|n| format!("{title} ({n})"));
    let mut all = std::iter::once(title.to_owned()).chain(candidates);
    Ok(all.find(|candidate| !taken.contains(candidate)).unwrap_or_else(|| title.to_owned()))
}

/// Without the `/Workspace` prefix, as the server gives it back.
fn folder(path: &str) -> String {
    path.strip_prefix("/Workspace").filter(|rest| rest.starts_with('/')).unwrap_or(path).to_owned()
}

pub(super) fn timestamp() -> String {
    format!("{:.3}", jiff::Timestamp::now())
}

/// An id in the vendor's form whose order is the order of making.
pub(super) fn id(kind: &str, number: u64) -> String {
    let tail = short_id(&[kind, &number.to_string()]);
    format!("01f0{number:08x}{}", tail.get(..20).unwrap_or_default())
}

/// Makes the edits of another user that are due.
pub(super) fn other_user_edits(app: &App, when: When, method: &str, path: &str) {
    for edit in app.edits.due(when, method, path) {
        let in_path = path.strip_prefix("/api/2.0/genie/spaces/").and_then(|rest| rest.split('/').next());
        let Some(wanted) = edit.space.as_deref().or(in_path) else { continue };
        let made = app.store.locked(|locked| -> ApiResult<()> {
            for id in locked.names("spaces")? {
                let name = format!("spaces/{id}.json");
                let Some(mut record) = locked.read::<SpaceRecord>(&name)? else { continue };
                if !(is_id(&id) && (id == wanted || record.sidecar.title == wanted)) {
                    continue;
                }
                edit.title.iter().for_each(|title| record.sidecar.title.clone_from(title));
                edit.description.iter().for_each(|text| record.sidecar.description.clone_from(text));
                let before = record.document.clone();
                apply_edit(&mut record.document, &edit);
                record.etag += u64::from(before != record.document);
                record.update_time = timestamp();
                locked.write(&name, &record)?;
            }
            Ok(())
        });
        if let Err(error) = made {
            tracing::warn!(message = error.body.message, "an edit of the world file could not be made");
        }
    }
}
