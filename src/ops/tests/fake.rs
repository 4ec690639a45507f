//! A Genie workspace in memory, with the service's rules for documents and etags, and a hook that
//! every request passes before and after it is carried out.

use crate::databricks::{Client, Credentials, Settings};
use crate::embedded::spaces::{Limits, accept};
use crate::model::{Sidecar, Space};
use crate::wire;
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use futures::future::BoxFuture;
use secrecy::SecretString;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    Before,
    After,
}

/// One request.
#[derive(Clone, Debug)]
pub struct Call {
    pub method: Method,
    /// Of all requests of who sent it, from 0.
    pub number: usize,
    pub space: String,
}

/// What a hook makes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Go,
    /// The answer is replaced; before the handler, the request is not carried out either.
    Status(u16),
}

pub type Hook = Arc<dyn Fn(Moment, Call) -> BoxFuture<'static, Fate> + Send + Sync>;

/// A space as the workspace keeps it.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    pub sidecar: Sidecar,
    pub document: Value,
    pub etag: u64,
}

impl Kept {
    pub fn space(&self) -> Space {
        Space::from_document(self.document.clone()).expect("a document").with_sidecar(self.sidecar.clone())
    }
}

/// A request as it went.
#[derive(Clone, Debug)]
pub struct Logged {
    pub method: Method,
    pub space: String,
    /// It changed something or read something.
    pub executed: bool,
}

#[derive(Default)]
pub struct Inside {
    pub spaces: BTreeMap<String, Kept>,
    pub log: Vec<Logged>,
    counts: BTreeMap<String, usize>,
    hook: Option<Hook>,
    made: usize,
    /// What the service makes of a document that is written.
    rewrite: Option<fn(&mut Value)>,
}

/// A running workspace; it stops with its runtime.
#[derive(Clone)]
pub struct Fake {
    inside: Arc<Mutex<Inside>>,
    pub url: String,
    /// One for each name: to make one costs more than a whole apply.
    clients: Arc<Mutex<BTreeMap<String, Client>>>,
}

impl Fake {
    pub async fn start() -> Self {
        let inside = Arc::new(Mutex::new(Inside::default()));
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let router = Router::new().fallback(handle).with_state(inside.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { inside, url, clients: Arc::default() }
    }

    /// The client of somebody.
    pub fn client(&self, actor: &str) -> Client {
        let mut clients = self.clients.lock().expect("no panic before");
        let made = clients.entry(actor.to_owned()).or_insert_with(|| {
            let mut settings = Settings::new(&self.url, Credentials::Token(SecretString::from(actor.to_owned())));
            settings.retry_timeout = Duration::from_secs(30);
            settings.retry_wait = Duration::from_millis(1);
            Client::new(settings).expect("a client")
        });
        made.clone()
    }

    pub fn lock(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().expect("no panic before")
    }

    pub fn put(&self, id: &str, space: &Space) {
        let document = accepted(&space.to_wire()).expect("a good document");
        let kept = Kept { sidecar: space.sidecar.clone(), document, etag: 1 };
        self.lock().spaces.insert(id.to_owned(), kept);
    }

    pub fn space(&self, id: &str) -> Space {
        self.lock().spaces[id].space()
    }

    /// An edit by somebody else, in one step.
    pub fn edit(&self, id: &str, edit: impl FnOnce(&mut Kept)) {
        let mut inside = self.lock();
        let kept = inside.spaces.get_mut(id).expect("there");
        let before = kept.document.clone();
        edit(kept);
        kept.etag += u64::from(before != kept.document);
    }

    pub fn hook(&self, hook: Option<Hook>) {
        let mut inside = self.lock();
        inside.hook = hook;
        inside.counts.clear();
    }

    pub fn rewrite(&self, rewrite: Option<fn(&mut Value)>) {
        self.lock().rewrite = rewrite;
    }

    /// Changes of a space that took place.
    pub fn writes(&self, id: &str) -> usize {
        let inside = self.lock();
        inside.log.iter().filter(|entry| entry.executed && entry.method == Method::PATCH && entry.space == id).count()
    }

    /// Requests that would change something, whatever came of them.
    pub fn attempts(&self) -> usize {
        self.lock().log.iter().filter(|entry| entry.method != Method::GET).count()
    }
}

fn accepted(serialized: &str) -> Result<Value, String> {
    accept(serialized, &Limits { max_tables: 30, accept_unknown_fields: true })
}

async fn handle(
    State(inside): State<Arc<Mutex<Inside>>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let actor = headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let actor = actor.trim_start_matches("Bearer ").to_owned();
    let space = uri.path().trim_start_matches("/api/2.0/genie/spaces").trim_matches('/').to_owned();
    let (call, hook) = {
        let mut inside = inside.lock().expect("no panic before");
        let count = inside.counts.entry(actor).or_default();
        let number = *count;
        *count += 1;
        (Call { method: method.clone(), number, space: space.clone() }, inside.hook.clone())
    };
    let pass = async |moment| match &hook {
        Some(hook) => hook(moment, call.clone()).await,
        None => Fate::Go,
    };
    if let Fate::Status(status) = pass(Moment::Before).await {
        log(&inside, &call, false);
        return refusal(status, "");
    }
    let answer = carry_out(&mut inside.lock().expect("no panic before"), &method, &space, &body);
    log(&inside, &call, answer.is_ok());
    if let Fate::Status(status) = pass(Moment::After).await {
        return refusal(status, "");
    }
    match answer {
        Ok(value) => axum::Json(value).into_response(),
        Err((status, message)) => refusal(status, &message),
    }
}

fn log(inside: &Mutex<Inside>, call: &Call, executed: bool) {
    let Call { method, space, .. } = call.clone();
    inside.lock().expect("no panic before").log.push(Logged { method, space, executed });
}

/// Without a message the body is empty, as a proxy's is.
fn refusal(status: u16, message: &str) -> Response {
    let status = StatusCode::from_u16(status).expect("a status");
    let code = match status.as_u16() {
        404 => "RESOURCE_DOES_NOT_EXIST",
        409 => "ABORTED",
        403 => "PERMISSION_DENIED",
        _ => "INVALID_PARAMETER_VALUE",
    };
    match message {
        "" => status.into_response(),
        message => (status, axum::Json(json!({"error_code": code, "message": message}))).into_response(),
    }
}

fn carry_out(inside: &mut Inside, method: &Method, id: &str, body: &[u8]) -> Result<Value, (u16, String)> {
    let gone = || (404, format!("Unable to get space [{id}]. It does not exist."));
    let write = || serde_json::from_slice::<wire::SpaceWrite>(body).map_err(|error| (400, error.to_string()));
    match (method.as_str(), id) {
        ("GET", "") => {
            let spaces: Vec<Value> = inside.spaces.iter().map(|(id, kept)| shown(id, kept, false)).collect();
            Ok(json!({ "spaces": spaces }))
        }
        ("POST", "") => {
            let write = write()?;
            let mut document = document(inside, &write)?.ok_or((400, "no document".to_owned()))?;
            if let Some(rewrite) = inside.rewrite {
                rewrite(&mut document);
            }
            inside.made += 1;
            let id = format!("made{}", inside.made);
            let sidecar = Sidecar {
                title: write.title.unwrap_or_default(),
                description: write.description.unwrap_or_default(),
                warehouse_id: write.warehouse_id.unwrap_or_default(),
                parent_path: write.parent_path.unwrap_or_else(|| "/Users/somebody".to_owned()),
            };
            let kept = Kept { sidecar, document, etag: 1 };
            inside.spaces.insert(id.clone(), kept.clone());
            Ok(shown(&id, &kept, true))
        }
        ("GET", id) => inside.spaces.get(id).map(|kept| shown(id, kept, true)).ok_or_else(gone),
        ("PATCH", id) => {
            let write = write()?;
            let document = document(inside, &write)?;
            let kept = inside.spaces.get_mut(id).ok_or_else(gone)?;
            let held = kept.etag.to_string();
            if write.etag.as_deref().is_some_and(|etag| !etag.is_empty() && etag != held) {
                return Err((409, format!("Etag mismatch: expected {held}")));
            }
            let sidecar = &mut kept.sidecar;
            for (place, value) in [
                (&mut sidecar.title, write.title),
                (&mut sidecar.description, write.description),
                (&mut sidecar.warehouse_id, write.warehouse_id),
                (&mut sidecar.parent_path, write.parent_path),
            ] {
                value.into_iter().for_each(|value| *place = value);
            }
            if let Some(document) = document.filter(|document| *document != kept.document) {
                kept.document = document;
                kept.etag += 1;
            }
            Ok(shown(id, kept, true))
        }
        _ => Err((400, "not a call of this workspace".to_owned())),
    }
}

fn document(inside: &Inside, write: &wire::SpaceWrite) -> Result<Option<Value>, (u16, String)> {
    let Some(text) = &write.serialized_space else { return Ok(None) };
    let mut document = accepted(text).map_err(|message| (400, message))?;
    if let Some(rewrite) = inside.rewrite {
        rewrite(&mut document);
    }
    Ok(Some(document))
}

fn shown(id: &str, kept: &Kept, whole: bool) -> Value {
    let mut value = json!({
        "space_id": id, "title": kept.sidecar.title, "description": kept.sidecar.description,
        "warehouse_id": kept.sidecar.warehouse_id, "parent_path": kept.sidecar.parent_path,
    });
    if whole {
        value["etag"] = json!(kept.etag.to_string());
        value["serialized_space"] = json!(kept.document.to_string());
    }
    value
}

impl Fake {
    /// The same server without anything in it, for many small cases in a row.
    pub fn emptied(&self) -> Self {
        let mut inside = self.lock();
        inside.spaces.clear();
        inside.log.clear();
        inside.counts.clear();
        inside.hook = None;
        inside.rewrite = None;
        drop(inside);
        self.clone()
    }
}
