//! The Files API (reference 8.1), over the workspace's own folder.

use super::app::App;
use super::reply::{ApiError, ApiResult, json, page};
use crate::wire::{DirectoryEntry, DirectoryList};
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// Flags and paging of the file calls.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct FileQuery {
    overwrite: Option<bool>,
    page_size: Option<i64>,
    page_token: Option<String>,
}

pub(super) async fn put(
    State(app): State<Arc<App>>,
    Path(path): Path<String>,
    Query(query): Query<FileQuery>,
    bytes: Bytes,
) -> ApiResult<Response> {
    let name = inside(&path)?;
    app.store.locked(|locked| -> ApiResult<()> {
        if locked.exists(&name) && query.overwrite == Some(false) {
            return Err(ApiError::new(409, "ALREADY_EXISTS", "The file being created already exists."));
        }
        Ok(locked.write_bytes(&name, &bytes)?)
    })?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// GET and HEAD; the framework leaves the body out for HEAD.
pub(super) async fn get(
    State(app): State<Arc<App>>,
    Path(path): Path<String>,
    asked: HeaderMap,
) -> ApiResult<Response> {
    let full = on_disk(&app, &path)?;
    let read = std::fs::read(&full).and_then(|bytes| Ok((bytes, std::fs::metadata(&full)?.modified()?)));
    let (bytes, modified) = read.map_err(|_| missing(&path))?;
    let said = |name: header::HeaderName| asked.get(name).and_then(|value| value.to_str().ok());
    let unchanged_since = said(header::IF_UNMODIFIED_SINCE).and_then(|text| jiff::fmt::rfc2822::parse(text).ok());
    if unchanged_since.is_some_and(|since| since.timestamp().as_second() < seconds(modified)) {
        return Err(ApiError::new(412, "PRECONDITION_FAILED", "The file has been changed since then."));
    }
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/octet-stream"));
    if let Ok(value) = header::HeaderValue::from_str(&http_date(modified)) {
        headers.insert(header::LAST_MODIFIED, value);
    }
    match said(header::RANGE).and_then(|text| range(text, bytes.len())) {
        Some((from, to)) => {
            let place = format!("bytes {from}-{to}/{}", bytes.len());
            if let Ok(value) = header::HeaderValue::from_str(&place) {
                headers.insert(header::CONTENT_RANGE, value);
            }
            let part = bytes.get(from..=to).unwrap_or_default().to_vec();
            Ok((StatusCode::PARTIAL_CONTENT, headers, part).into_response())
        }
        None => Ok((headers, bytes).into_response()),
    }
}

/// `bytes=2-4` and `bytes=2-` within a file of some length; any other form asks for the whole.
fn range(text: &str, length: usize) -> Option<(usize, usize)> {
    let (from, to) = text.strip_prefix("bytes=")?.split_once('-')?;
    let from: usize = from.trim().parse().ok()?;
    let last = length.checked_sub(1)?;
    let to = if to.trim().is_empty() { last } else { to.trim().parse::<usize>().ok()?.min(last) };
    (from <= to).then_some((from, to))
}

pub(super) async fn delete(State(app): State<Arc<App>>, Path(path): Path<String>) -> ApiResult<Response> {
    let full = on_disk(&app, &path)?;
    if !full.is_file() {
        return Err(missing(&path));
    }
    let name = inside(&path)?;
    app.store.locked(|locked| locked.remove(&name))?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

pub(super) async fn make_directory(State(app): State<Arc<App>>, Path(path): Path<String>) -> ApiResult<Response> {
    let full = on_disk(&app, &path)?;
    if full.is_file() {
        return Err(ApiError::new(409, "ALREADY_EXISTS", "A file is in the way."));
    }
    std::fs::create_dir_all(&full)?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

pub(super) async fn list_directory(
    State(app): State<Arc<App>>,
    Path(path): Path<String>,
    Query(query): Query<FileQuery>,
) -> ApiResult<Response> {
    let full = on_disk(&app, &path)?;
    if !full.is_dir() {
        return Err(missing(&path));
    }
    let mut contents = Vec::new();
    for entry in std::fs::read_dir(&full)? {
        let entry = entry?;
        let Some(name) = entry.file_name().to_str().map(str::to_owned) else { continue };
        let data = entry.metadata()?;
        let modified = data.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
        contents.push(DirectoryEntry {
            path: format!("/{}/{name}", path.trim_matches('/')),
            name,
            is_directory: data.is_dir(),
            file_size: data.is_file().then(|| i64::try_from(data.len()).unwrap_or(i64::MAX)),
            // One-second resolution, as the service has.
            last_modified: i64::try_from(modified.as_secs()).ok().map(|seconds| seconds * 1_000),
        });
    }
    contents.sort_by(|a, b| a.name.cmp(&b.name));
    let (contents, next_page_token) = page(&contents, query.page_size, query.page_token.as_deref(), 1_000)?;
    Ok(json(&DirectoryList { contents, next_page_token }))
}

pub(super) async fn delete_directory(State(app): State<Arc<App>>, Path(path): Path<String>) -> ApiResult<Response> {
    let full = on_disk(&app, &path)?;
    if !full.is_dir() {
        return Err(missing(&path));
    }
    std::fs::remove_dir(&full).map_err(|_| ApiError::new(400, "BAD_REQUEST", "The directory is not empty."))?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

fn missing(path: &str) -> ApiError {
    ApiError::not_found("NOT_FOUND", format!("No file or directory exists at /{}.", path.trim_matches('/')))
}

/// The name below the state folder; nothing may lead out of it.
fn inside(path: &str) -> ApiResult<String> {
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    let fine = |part: &&str| !part.is_empty() && *part != "." && *part != ".." && !part.contains(['\\', '\0']);
    if parts.first() != Some(&"Volumes") || parts.len() < 4 || !parts.iter().all(fine) {
        return Err(ApiError::invalid(format!(
            "'/{path}' is not a path in a volume: /Volumes/catalog/schema/volume/…"
        )));
    }
    Ok(format!("files/{}", parts.join("/")))
}

fn on_disk(app: &App, path: &str) -> ApiResult<PathBuf> {
    Ok(app.store.folder().join(inside(path)?))
}

/// Whole seconds since 1970, as the service counts them.
fn seconds(time: SystemTime) -> i64 {
    i64::try_from(time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()).unwrap_or(i64::MAX)
}

fn http_date(time: SystemTime) -> String {
    let timestamp = jiff::Timestamp::from_second(seconds(time)).unwrap_or_default();
    timestamp.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}
