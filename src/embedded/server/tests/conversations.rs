//! Questions over the wire.

use super::*;
use futures::future::join_all;
use serde_json::Value;

#[tokio::test]
async fn the_three_kinds_of_answers() {
    let server = serve(World::default(), None).await;
    let client = client(&server);
    let made = client.create_space(&space("Sales")).await.unwrap();
    let asked = client.ask(&made.id, "how many orders?", &patience()).await.unwrap();
    assert_eq!(
        asked.answer,
        Answer::Sql {
            sql: "SELECT 1 /* 2 tables, 1 profiles */ ROWS 3".into(),
            description: "answers how many orders?".into(),
            thoughts: vec!["counted".into()],
        }
    );
    let vague = client.ask(&made.id, "vague", &patience()).await.unwrap();
    assert_eq!(vague.answer, Answer::Text { text: "Which one?".into(), asks_back: true });
    let wrong = client.ask(&made.id, "wrong", &patience()).await.unwrap();
    assert!(matches!(&wrong.answer, Answer::Failed { error_type, message }
        if error_type == "SQL_EXECUTION_EXCEPTION" && message.starts_with("[UNRESOLVED_COLUMN]")));
    assert!(wrong.failed_sql.is_some_and(|sql| sql.contains("FAIL")));
    let log = server.log().unwrap();
    let questions: Vec<&str> = log.iter().filter_map(|entry| entry.question.as_deref()).collect();
    assert_eq!(questions, ["how many orders?", "vague", "wrong"]);
}

#[tokio::test]
async fn the_raw_shapes_are_those_of_the_vendor() {
    let server = serve(World::default(), None).await;
    let made = client(&server).create_space(&space("Sales")).await.unwrap();
    let http = reqwest::Client::new();
    let base = format!("{}/api/2.0/genie/spaces/{}", server.url, made.id);
    let get = |path: String| http.get(path).bearer_auth(&server.token).send();
    let post = |path: String, body: Value| http.post(path).bearer_auth(&server.token).json(&body).send();
    let started: Value = post(format!("{base}/start-conversation"), serde_json::json!({"content": "how many?"}))
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let (c, m) = (started["conversation_id"].as_str().unwrap(), started["message_id"].as_str().unwrap());
    assert_eq!(started["message"]["status"], "SUBMITTED");
    assert_eq!(started["message"]["attachments"], Value::Null);
    let path = format!("{base}/conversations/{c}/messages/{m}");
    let done = loop {
        let message: Value = get(path.clone()).await.unwrap().json().await.unwrap();
        if message["status"] == "COMPLETED" {
            break message;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    };
    let attachment = &done["attachments"][0];
    assert_eq!(attachment["query"]["query_result_metadata"]["row_count"], 3);
    assert_eq!(attachment["query"]["thoughts"][0]["thought_type"], "THOUGHT_TYPE_STEPS");
    let a = attachment["attachment_id"].as_str().unwrap();
    for result in [
        get(format!("{path}/attachments/{a}/query-result")).await.unwrap(),
        post(format!("{path}/attachments/{a}/execute-query"), serde_json::json!({})).await.unwrap(),
        get(format!("{path}/query-result")).await.unwrap(),
    ] {
        let result: Value = result.json().await.unwrap();
        assert_eq!(result["statement_response"]["result"]["data_array"][1], serde_json::json!(["1", null]));
        assert_eq!(result["statement_response"]["manifest"]["chunks"][0]["row_count"], 3);
    }
    let feedback = serde_json::json!({"rating": "POSITIVE", "comment": "ok"});
    assert_eq!(post(format!("{path}/feedback"), feedback).await.unwrap().status(), 200);
    let list: Value = get(format!("{base}/conversations?page_size=3")).await.unwrap().json().await.unwrap();
    assert_eq!(list["conversations"][0]["title"], "how many?");
    let gone = http.delete(format!("{base}/conversations/{c}")).bearer_auth(&server.token).send().await.unwrap();
    assert_eq!((gone.status().as_u16(), get(path).await.unwrap().status().as_u16()), (200, 404));
}

#[tokio::test]
async fn a_follow_up_is_answered_too() {
    let server = serve(World::default(), None).await;
    let client = client(&server);
    let made = client.create_space(&space("Sales")).await.unwrap();
    let asked = client.ask(&made.id, "one", &patience()).await.unwrap();
    let path =
        format!("{}/api/2.0/genie/spaces/{}/conversations/{}/messages", server.url, made.id, asked.conversation_id);
    let request = reqwest::Client::new().post(path).bearer_auth(&server.token);
    let message: Value =
        request.json(&serde_json::json!({"content": "two"})).send().await.unwrap().json().await.unwrap();
    let id = message["message_id"].as_str().unwrap();
    let second = client.resume(&made.id, &asked.conversation_id, id, &patience()).await.unwrap();
    assert!(matches!(second.answer, Answer::Sql { description, .. } if description == "answers two"));
}

#[tokio::test]
async fn an_answer_is_over_the_content_at_ask_time() {
    let server = serve(world("latency: {answer: {median: 200ms}}"), None).await;
    let client = client(&server);
    let made = client.create_space(&space("Sales")).await.unwrap();
    let options = patience();
    let ask = client.ask(&made.id, "how many?", &options);
    let change = async {
        tokio::time::sleep(Duration::from_millis(60)).await;
        client.update_space(&made.id, &Space::empty().with_sidecar(made.space.sidecar.clone()), None).await
    };
    let (asked, changed) = futures::join!(ask, change);
    changed.unwrap();
    assert!(asked.unwrap().answer.sql().unwrap().contains("SELECT 1 /* 2 tables"));
}

#[tokio::test]
async fn the_timeout_is_kept_and_an_answer_can_be_fetched_later() {
    let server = serve(world("latency: {answer: {median: 600ms}}"), None).await;
    let client = client(&server);
    let made = client.create_space(&space("Sales")).await.unwrap();
    let options = AskOptions { timeout: Duration::from_millis(150), ..AskOptions::default() };
    let failure = client.ask(&made.id, "how many?", &options).await.unwrap_err();
    assert!(matches!(failure.not_run, NotRun::Timeout { .. }) && failure.retryable);
    let (conversation, message) = failure.conversation.unwrap();
    assert!(client.resume(&made.id, &conversation, &message, &patience()).await.is_ok());
}

#[tokio::test]
async fn the_quota_refuses_and_says_how_long() {
    let server = serve(world("{quota_per_minute: 2, time_scale: 0.02}"), None).await;
    let client = client(&server);
    let made = client.create_space(&space("Sales")).await.unwrap();
    let options = patience();
    let outcomes = join_all((0..3).map(|_| client.ask(&made.id, "q", &options))).await;
    let refused: Vec<_> = outcomes.into_iter().filter_map(Result::err).collect();
    assert_eq!(refused.len(), 1);
    assert!(refused[0].rate_limited && refused[0].retryable && refused[0].attempts == 0);
    assert!(refused[0].retry_after.is_some());
    assert_eq!(executed(&server, "POST"), 3, "one space and two questions");
    tokio::time::sleep(Duration::from_millis(1_300)).await;
    assert!(client.ask(&made.id, "q", &patience()).await.is_ok());
}

#[tokio::test]
async fn noise_strikes_from_time_to_time_and_the_same_way_again() {
    let noise = "{seed: 5, noise: {questions: 0.5, answers: 0.5}}";
    let mut runs = Vec::new();
    for _ in 0..2 {
        let server = serve(world(noise), None).await;
        let client = client(&server);
        let made = client.create_space(&space("Sales")).await.unwrap();
        let mut answers = Vec::new();
        for n in 0..30 {
            let asked = client.ask(&made.id, &format!("question {}", n % 10), &patience()).await.unwrap();
            answers.push(asked.answer);
        }
        runs.push(answers);
    }
    assert_eq!(runs[0], runs[1]);
    let odd = runs[0].iter().filter(|a| !a.sql().is_some_and(|sql| sql.starts_with("SELECT 1"))).count();
    assert!((2..18).contains(&odd), "{odd} of 30 differ");
}
