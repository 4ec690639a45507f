//! Catalog, files, models, unknown routes.

use super::*;
use bytes::Bytes;
use serde_json::{Value, json};

#[tokio::test]
async fn tables_come_with_their_keys() {
    let server = serve(World::default(), None).await;
    let client = client(&server);
    let table = client.table("`main`.sales.ORDERS").await.unwrap();
    assert_eq!(table, FakeEngine::new().0.table("main.sales.orders").unwrap().clone());
    assert_eq!(client.list_tables("main", "sales").await.unwrap().len(), 2);
    let error = client.table("main.nope.x").await.unwrap_err();
    assert_eq!((error.error_code.as_str(), error.is_not_found()), ("SCHEMA_DOES_NOT_EXIST", true));
}

#[tokio::test]
async fn files_are_kept_and_not_overwritten_unasked() {
    let server = serve(World::default(), None).await;
    let client = client(&server);
    let path = "/Volumes/main/default/state/a b/state-1.json";
    client.write_file(path, Bytes::from_static(b"one"), false).await.unwrap();
    let error = client.write_file(path, Bytes::from_static(b"two"), false).await.unwrap_err();
    assert!(error.is_conflict() && error.error_code == "ALREADY_EXISTS");
    client.write_file(path, Bytes::from_static(b"three"), true).await.unwrap();
    assert_eq!(client.read_file(path).await.unwrap(), "three");
    let entries = client.list_directory("/Volumes/main/default/state/a b").await.unwrap();
    assert_eq!((entries.len(), entries[0].file_size), (1, Some(5)));
    client.delete_file(path).await.unwrap();
    assert!(client.read_file(path).await.unwrap_err().is_not_found());
    let outside = client.write_file("/Volumes/a/b/c/../../../../x", Bytes::new(), true).await;
    assert!(outside.is_err());
}

#[tokio::test]
async fn models_answer_by_script() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let script = json!([{"contains": "twice", "reply": "no more", "status": 429, "times": 1},
        {"contains": "twice", "reply": {"a": 1}}, {"reply": "hello"}]);
    std::fs::write(file.path(), script.to_string()).unwrap();
    let world = world(&format!("endpoints: {{m: {{replies: {:?}}}}}", file.path()));
    let server = serve(world, None).await;
    let client = client(&server);
    let said = |answer: &Value| answer["choices"][0]["message"]["content"].clone();
    let ask = |text: &str| json!({"messages": [{"role": "user", "content": text}]});
    assert_eq!(said(&client.invoke_endpoint("m", &ask("hi")).await.unwrap()), "hello");
    assert_eq!(said(&client.invoke_endpoint("m", &ask("twice")).await.unwrap()), "{\"a\":1}");
    assert_eq!(client.chat_endpoints().await.unwrap(), ["m"]);
    assert!(client.invoke_endpoint("other", &ask("hi")).await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn unknown_routes_are_told_and_discovery_is_open() {
    let server = serve(World::default(), None).await;
    let http = reqwest::Client::new();
    let get = |path: &str| http.get(format!("{}{path}", server.url)).bearer_auth(&server.token).send();
    let unknown = get("/api/2.0/nothing").await.unwrap();
    assert_eq!(unknown.status(), 404);
    let body: Value = unknown.json().await.unwrap();
    assert_eq!(body["error_code"], "ENDPOINT_NOT_FOUND");
    let host = reqwest::get(format!("{}/.well-known/databricks-config", server.url)).await.unwrap();
    let host: Value = host.json().await.unwrap();
    assert_eq!(host["oidc_endpoint"], format!("{}/oidc", server.url));
    let summaries: Value = get("/api/2.1/unity-catalog/table-summaries?catalog_name=main&table_name_pattern=o%25")
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(summaries["tables"][0]["full_name"], "main.sales.orders");
}

#[tokio::test]
async fn eval_runs_rate_the_spaces_own_questions() {
    let server = serve(World::default(), None).await;
    let client = client(&server);
    let mut space = space("Sales");
    let benchmark = |n: u8, question: &str, sql: &str| json!({"id": format!("{n:032x}"), "question": [question], "answer": [{"format": "SQL", "content": [sql]}]});
    space.document_mut()["benchmarks"] = json!({"questions": [
        benchmark(1, "how many?", "ROWS 3"), benchmark(2, "wrong", "ROWS 3"), benchmark(3, "vague", "ROWS 3")]});
    let made = client.create_space(&space).await.unwrap();
    let started = client.start_eval_run(&made.id, &[]).await.unwrap();
    let done = loop {
        let run = client.eval_run(&made.id, &started.eval_run_id).await.unwrap();
        if run.eval_run_status == "DONE" {
            break run;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    };
    assert_eq!((done.num_questions, done.num_done, done.num_correct), (Some(3), Some(3), Some(1)));
    let mut ratings = Vec::new();
    for result in client.eval_results(&made.id, &done.eval_run_id).await.unwrap() {
        let details = client.eval_result(&made.id, &done.eval_run_id, &result.result_id).await.unwrap();
        ratings.push((result.question, details.assessment.unwrap()));
    }
    let of = |question: &str| ratings.iter().find(|(q, _)| q == question).map(|(_, rating)| rating.as_str());
    assert_eq!([of("how many?"), of("wrong"), of("vague")], [Some("GOOD"), Some("BAD"), Some("BAD")]);
    let one = client.start_eval_run(&made.id, &[format!("{:032x}", 2)]).await.unwrap();
    assert_eq!(one.num_questions, Some(1));
    assert!(client.start_eval_run(&made.id, &["nope".into()]).await.unwrap_err().is_not_found());
}
