//! State in an object store, over a small S3-compatible server on this machine: two checkouts share
//! it, and a serial is written once.

use crate::support::{Done, Project, serve};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

/// What lies in the only bucket. Conditional writes are as S3 has them: `If-None-Match: *` makes a
/// new object or answers 412.
#[derive(Clone, Default)]
struct Bucket {
    objects: Arc<Mutex<BTreeMap<String, Bytes>>>,
    /// The next write is carried out and its answer is an error.
    loses_answer: Arc<Mutex<bool>>,
}

impl Bucket {
    fn names(&self) -> Vec<String> {
        self.objects.lock().expect("no panic").keys().cloned().collect()
    }

    fn put(&self, name: &str, bytes: Bytes, only_new: bool) -> Response {
        let mut objects = self.objects.lock().expect("no panic");
        if only_new && objects.contains_key(name) {
            return StatusCode::PRECONDITION_FAILED.into_response();
        }
        objects.insert(name.to_owned(), bytes);
        if std::mem::take(&mut *self.loses_answer.lock().expect("no panic")) {
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
        ([("etag", "\"1\"")], "").into_response()
    }

    fn get(&self, name: &str) -> Response {
        match self.objects.lock().expect("no panic").get(name) {
            Some(bytes) => ([("etag", "\"1\""), ("last-modified", MODIFIED)], bytes.clone()).into_response(),
            None => (StatusCode::NOT_FOUND, "<Error><Code>NoSuchKey</Code></Error>").into_response(),
        }
    }

    fn list(&self, prefix: &str) -> Response {
        let mut xml = "<ListBucketResult>".to_owned();
        for (name, bytes) in self.objects.lock().expect("no panic").range(prefix.to_owned()..) {
            if name.starts_with(prefix) {
                let (size, at) = (bytes.len(), "2026-01-01T00:00:00.000Z");
                write!(xml, "<Contents><Key>{name}</Key><LastModified>{at}</LastModified><Size>{size}</Size><ETag>1</ETag></Contents>")
                    .expect("a string");
            }
        }
        format!("{xml}</ListBucketResult>").into_response()
    }

    fn delete(&self, request: &str) -> Response {
        let names = request.split("<Key>").skip(1).filter_map(|part| part.split("</Key>").next());
        let mut xml = "<DeleteResult>".to_owned();
        for name in names {
            self.objects.lock().expect("no panic").remove(name);
            write!(xml, "<Deleted><Key>{name}</Key></Deleted>").expect("a string");
        }
        format!("{xml}</DeleteResult>").into_response()
    }
}

const MODIFIED: &str = "Thu, 01 Jan 2026 00:00:00 GMT";

async fn answer(State(bucket): State<Bucket>, request: Request) -> Response {
    let method = request.method().clone();
    let only_new = request.headers().get("if-none-match").is_some();
    let name = request.uri().path().trim_start_matches("/states").trim_start_matches('/').to_owned();
    let query = request.uri().query().unwrap_or_default().to_owned();
    let prefix = query.split('&').find_map(|part| part.strip_prefix("prefix=")).unwrap_or_default().replace("%2F", "/");
    let body = axum::body::to_bytes(request.into_body(), usize::MAX).await.expect("a body");
    match (method, name.is_empty()) {
        (Method::PUT, false) => bucket.put(&name, body, only_new),
        (Method::GET, false) => bucket.get(&name),
        (Method::GET, true) => bucket.list(&prefix),
        (Method::POST, true) => bucket.delete(&String::from_utf8_lossy(&body)),
        _ => StatusCode::METHOD_NOT_ALLOWED.into_response(),
    }
}

/// A checkout on a machine that reaches the bucket.
struct Machine {
    project: Project,
    endpoint: String,
}

impl Machine {
    fn run(&self, arguments: &[&str]) -> Done {
        let mut command = self.project.command();
        command.args(arguments).env("AWS_ENDPOINT_URL", &self.endpoint).env("AWS_ALLOW_HTTP", "true");
        command.env("AWS_ACCESS_KEY_ID", "id").env("AWS_SECRET_ACCESS_KEY", "word").env("AWS_REGION", "eu-west-1");
        Done::of(&mut command)
    }

    fn apply(&self, plan: &str) -> Done {
        let id = self.project.json(plan)["id"].as_str().expect("an id").to_owned();
        self.run(&["apply", plan, "--approve", &id, "--json"])
    }
}

#[test]
#[cfg_attr(not(feature = "state-cloud"), ignore = "needs `--features state-cloud`")]
fn a_state_in_an_object_store_is_shared_by_machines() {
    let bucket = Bucket::default();
    let endpoint = serve(Router::new().fallback(answer).with_state(bucket.clone()));
    let project = Project::small();
    project.write(
        "benchmarks/one.yaml",
        "questions:\n  - {id: a, question: How many vans?, sql: SELECT COUNT(*) FROM fleet.ops.vans}\n",
    );
    project.edit("genie.yaml", "benchmarks/*.yaml", "benchmarks/one.yaml");
    project.edit("genie.yaml", "version: 1\n", "version: 1\nstate: s3://states/team/vans\n");
    let first = Machine { project, endpoint: endpoint.clone() };
    first.run(&["plan", "--no-learn", "--out", "first.json"]).exits(0);
    // An answer that is lost: what stands there decides.
    *bucket.loses_answer.lock().expect("no panic") = true;
    assert_eq!(first.apply("first.json").exits(0).json()["outcome"], "created");
    assert_eq!(bucket.names(), ["team/vans/versions/00000001.json"], "and the lock is given back");

    // Another machine: the same workspace, and no state of its own.
    let second = Machine { project: Project::copy_of(&first.project.path(".")), endpoint };
    std::fs::remove_file(second.project.path(".genie-enhance/state.json")).expect("removed");
    std::fs::remove_dir_all(second.project.path(".genie-enhance/backups")).expect("removed");
    second.project.edit("space.yaml", "Be brief.", "Be brief and kind.");
    second.run(&["plan", "--no-learn", "--out", "next.json"]).exits(0);
    assert_eq!(second.apply("next.json").exits(0).json()["outcome"], "updated");
    // The first machine sees it.
    assert_eq!(first.run(&["state", "show", "--json"]).exits(0).json()["serial"], 2);

    // Somebody holds the lock.
    let lock = json!({
        "id": "x1", "operation": "apply", "plan_id": null, "who": "cid", "host": "elsewhere", "pid": 7,
        "acquired": "2026-01-01T00:00:00Z", "expires": "2999-01-01T00:00:00Z",
    });
    let held = |bucket: &Bucket| bucket.put("team/vans/lock/lock.json", Bytes::from(lock.to_string()), true);
    held(&bucket);
    second.project.edit("space.yaml", "Be brief and kind.", "Be kind.");
    second.run(&["plan", "--no-learn", "--out", "third.json"]).exits(0);
    let refused = second.apply("third.json").exits(8).says("cid on elsewhere");
    assert_eq!(refused.json()["error"]["status"], "locked");
    assert_eq!(second.run(&["lock", "list", "--json"]).exits(0).json()[0]["who"], "cid");
    second.run(&["lock", "break", "x1"]).exits(0);
    // A serial that somebody else wrote meanwhile is not written over.
    bucket.put("team/vans/versions/00000003.json", Bytes::from_static(b"{}"), true);
    second.apply("third.json").exits(3);
    bucket.delete("<Key>team/vans/versions/00000003.json</Key>");
    second.apply("third.json").exits(0);
    assert_eq!(first.run(&["state", "show", "--json"]).exits(0).json()["serial"], 3);
}
