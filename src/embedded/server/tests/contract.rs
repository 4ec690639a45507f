//! The contract: every operation, with every fault at every one of its requests, ends well or
//! with words that say why not, and nothing is done twice. Also against a real workspace, without
//! the faults.

use super::operations::{Ended, Ground, OPERATIONS, Operation};
use super::*;
use crate::databricks::Attributes;
use crate::embedded::world::{Fault, FaultEffect};
use futures::stream::{self, StreamExt};
use serde_json::json;
use std::panic::AssertUnwindSafe;

const EFFECTS: [&str; 13] = [
    "when: before, effect: reset",
    "when: after, effect: reset",
    "when: before, effect: status, status: 429",
    "when: before, effect: status, status: 429, retry_after: 0, error_code: RESOURCE_EXHAUSTED",
    "when: before, effect: status, status: 503, error_code: TEMPORARILY_UNAVAILABLE",
    "when: before, effect: status, status: 500",
    "when: after, effect: status, status: 500",
    "when: after, effect: status, status: 504",
    "when: before, effect: status, status: 302",
    "when: after, effect: html",
    "when: before, effect: html",
    "when: before, effect: delay, delay: 5s",
    "when: after, effect: delay, delay: 5s",
];

/// A space over the fake engine's tables with one benchmark question.
fn content() -> Space {
    let mut space = space("Contract");
    space.document_mut()["benchmarks"] = json!({"questions": [
        {"id": format!("{:032x}", 7), "question": ["how many?"], "answer": [{"format": "SQL", "content": ["ROWS 3"]}]}]});
    space
}

/// The sign-in goes through discovery and the token endpoint, so that faults hit these as well.
fn credentials(server: &RunningServer, operation: &Operation) -> Credentials {
    let secret = SecretString::from(server.token.clone());
    match operation.name {
        "sign_in" => {
            let (client_id, client_secret) = (server.client_id.clone(), secret);
            Credentials::M2m { client_id, client_secret, scopes: Vec::new() }
        }
        _ => Credentials::Token(secret),
    }
}

async fn embedded(folder: &Path, operation: &Operation) -> (RunningServer, Ground) {
    std::fs::write(folder.join("replies.json"), r#"[{"reply": "hello"}]"#).unwrap();
    let yaml = format!("{{chunk_rows: 4, endpoints: {{model: {{replies: {:?}}}}}}}", folder.join("replies.json"));
    let server = serve(world(&yaml), None).await;
    let mut settings = Settings::new(&server.url, credentials(&server, operation));
    settings.retry_wait = Duration::from_millis(2);
    let client = Client::new(settings).unwrap();
    let space = client.create_space(&content()).await.unwrap();
    let question = "how many orders?".to_owned();
    let asked = client.ask(&space.id, &question, &patience()).await.unwrap();
    let ground = Ground {
        client,
        warehouse: WAREHOUSE_ID.to_owned(),
        table: "main.sales.orders".to_owned(),
        space,
        question,
        asked,
        endpoint: Some("model".to_owned()),
        volume: Some("/Volumes/main/default/state".to_owned()),
    };
    (server, ground)
}

/// What the log says was done, from an entry on: questions, changes by space, other posts.
fn done_twice(server: &RunningServer, from: usize) -> Option<String> {
    let log = server.log().unwrap();
    let executed: Vec<_> = log[from..].iter().filter(|entry| entry.executed).collect();
    let questions = executed.iter().filter(|entry| entry.question.is_some()).count();
    let runs = executed.iter().filter(|entry| entry.path.ends_with("/eval-runs")).count();
    let creates = executed.iter().filter(|entry| entry.method == "POST" && entry.path.ends_with("/spaces")).count();
    let changes = executed.iter().filter(|entry| entry.method == "PATCH").count();
    let twice = questions > 1 || runs > 1 || creates > 1 || changes > 1;
    twice.then(|| format!("{questions} questions, {runs} runs, {creates} creates, {changes} changes: {executed:#?}"))
}

/// Waits until no request is under way: one that was given up may still be carried out.
async fn idle(server: &RunningServer) {
    let end = std::time::Instant::now() + Duration::from_secs(60);
    while server.open_requests() > 0 {
        assert!(std::time::Instant::now() < end, "a request that was given up does not end");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// One operation with one fault at one of its requests.
async fn case(server: &RunningServer, ground: &Ground, operation: &Operation, effect: &str, skip: u64) -> Ended {
    let fault = format!("{{route: '* /**', skip: {skip}, times: 1, {effect}}}");
    let fault: Fault = serde_yaml::from_str(&fault).unwrap();
    let name = format!("{} with {effect} at request {skip}", operation.name);
    let before = server.log().unwrap().len();
    let mut settings = ground.client.settings().clone();
    if fault.effect == FaultEffect::Delay {
        // A delayed answer counts as lost soon. A request that is merely slow may be cut off as
        // well: that is one more fault, and the contract holds all the same.
        settings.request_timeout = Duration::from_millis(300);
    }
    let ground = Ground { client: Client::new(settings).unwrap(), ..ground.clone() };
    server.set_faults(vec![fault]);
    let run = AssertUnwindSafe((operation.run)(&ground)).catch_unwind();
    let outcome = tokio::time::timeout(Duration::from_secs(60), run).await;
    server.set_faults(Vec::new());
    idle(server).await;
    let outcome = outcome.unwrap_or_else(|_| panic!("{name} does not end"));
    let ended = outcome.unwrap_or_else(|_| panic!("{name}: a wrong result, see above"));
    if let Err(words) = &ended {
        let clear = words.len() > 20 && !words.contains(&server.token);
        assert!(clear, "{name}: {words}");
    }
    if let Some(what) = done_twice(server, before) {
        panic!("{name}: {what}");
    }
    ended
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_at_every_request_of_every_operation() {
    let tallies = stream::iter(OPERATIONS).map(|operation| async move {
        let folder = tempfile::tempdir().unwrap();
        let (server, ground) = embedded(folder.path(), operation).await;
        let before = server.requests();
        (operation.run)(&ground).await.unwrap_or_else(|words| panic!("{} without faults: {words}", operation.name));
        // Polling varies; what comes after that many requests is more of the same.
        let requests = (server.requests() - before).min(10);
        let (mut cases, mut well) = (0_usize, 0_usize);
        for effect in EFFECTS {
            for skip in 0..requests {
                cases += 1;
                well += usize::from(case(&server, &ground, operation, effect, skip).await.is_ok());
            }
        }
        (operation.name, cases, well)
    });
    let tallies: Vec<_> = tallies.buffer_unordered(OPERATIONS.len()).collect().await;
    let mut all = (0, 0);
    for (name, cases, well) in tallies {
        eprintln!("{name}: {well} of {cases} cases went well, the others ended in clear words");
        all = (all.0 + cases, all.1 + well);
    }
    eprintln!("all: {} of {}", all.1, all.0);
    // Without retries about every case would fail.
    assert!(all.1 * 2 >= all.0, "only {} of {} cases went well", all.1, all.0);
}

/// What a workspace that is not made for this has to offer.
struct Offer {
    settings: Settings,
    warehouse: String,
    table: String,
    question: String,
    endpoint: Option<String>,
    volume: Option<String>,
}

/// Every operation once, without faults, in a space of its own that is trashed at the end.
async fn keeps_the_contract(offer: Offer) {
    let Offer { settings, warehouse, table, question, endpoint, volume } = offer;
    let client = Client::new(settings).unwrap();
    let document = json!({"version": 2, "data_sources": {"tables": [{"identifier": table}]},
        "benchmarks": {"questions": [{"id": format!("{:032x}", 7), "question": [question],
            "answer": [{"format": "SQL", "content": [format!("SELECT count(*) FROM {table}")]}]}]}});
    let sidecar =
        Sidecar { title: "genie-enhance contract".into(), warehouse_id: warehouse.clone(), ..Sidecar::default() };
    let space = Space::from_document(document).unwrap().with_sidecar(sidecar);
    let space = client.create_space(&space).await.expect("a space of its own");
    let patient = AskOptions { timeout: Duration::from_secs(300), ..AskOptions::default() };
    let asked = client.ask(&space.id, &question, &patient).await.expect("an answer");
    let ground = Ground { client, warehouse, table, space, question, asked, endpoint, volume };
    let mut failed = Vec::new();
    for operation in OPERATIONS {
        if let Err(words) = (operation.run)(&ground).await {
            failed.push(format!("{}: {words}", operation.name));
        }
    }
    ground.client.trash_space(&ground.space.id).await.expect("the space is trashed");
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

/// Runs against the workspace that `DATABRICKS_*` and these variables name:
/// `GENIE_CONTRACT_TABLE` (a table to make a space over) and `GENIE_CONTRACT_QUESTION`; also
/// `GENIE_CONTRACT_ENDPOINT` and `GENIE_CONTRACT_VOLUME` where models and files are to be tried.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_real_workspace_keeps_the_contract() {
    let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let (Some(table), Some(question)) = (set("GENIE_CONTRACT_TABLE"), set("GENIE_CONTRACT_QUESTION")) else {
        eprintln!("skipped: GENIE_CONTRACT_TABLE and GENIE_CONTRACT_QUESTION name no real workspace's table");
        return;
    };
    let settings = Settings::from_environment(Attributes::default()).expect("credentials of a workspace");
    let warehouse = settings.warehouse_id.clone().expect("DATABRICKS_WAREHOUSE_ID");
    let (endpoint, volume) = (set("GENIE_CONTRACT_ENDPOINT"), set("GENIE_CONTRACT_VOLUME"));
    keeps_the_contract(Offer { settings, warehouse, table, question, endpoint, volume }).await;
}

/// The same list, so that it is known to hold before somebody points it at their workspace.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_list_for_real_workspaces_holds_here() {
    let folder = tempfile::tempdir().unwrap();
    let (server, ground) = embedded(folder.path(), &OPERATIONS[0]).await;
    let settings = Settings::new(&server.url, Credentials::Token(SecretString::from(server.token.clone())));
    let Ground { warehouse, table, question, endpoint, volume, .. } = ground;
    keeps_the_contract(Offer { settings, warehouse, table, question, endpoint, volume }).await;
}
