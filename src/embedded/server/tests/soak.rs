//! Every fault at every request, and a long run with many of them.

use super::*;
use crate::databricks::{ClientError, SqlOptions};
use futures::stream::{self, StreamExt};

const EFFECTS: [&str; 8] = [
    "when: before, effect: reset",
    "when: after, effect: reset",
    "when: before, effect: status, status: 429",
    "when: before, effect: status, status: 503, error_code: TEMPORARILY_UNAVAILABLE",
    "when: before, effect: status, status: 500",
    "when: after, effect: status, status: 504",
    "when: after, effect: html",
    "when: before, effect: html",
];

/// One of each kind of call. Changes that fail are decided by reading, as callers must.
async fn everything(client: &Client) -> Result<(), String> {
    let words = |error: ClientError| error.to_string();
    let made = match client.create_space(&space("Sales")).await {
        Ok(made) => made.id,
        Err(error) => {
            let listed = client.list_spaces().await.map_err(words)?;
            listed.first().map(|space| space.id.clone()).ok_or(error.to_string())?
        }
    };
    let read = client.get_space(&made).await.map_err(words)?;
    let mut changed = read.space.clone();
    changed.document_mut()["instructions"] = serde_json::json!({});
    let written = client.update_space(&made, &changed, read.etag.as_deref()).await;
    let after = client.get_space(&made).await.map_err(words)?;
    match written {
        Ok(_) => assert_eq!(after.space.digest(), changed.digest()),
        Err(error) => assert!(error.to_string().contains("change space"), "{error}"),
    }
    if let Err(failure) = client.ask(&made, "how many?", &patience()).await
        && failure.retryable
    {
        client.ask(&made, "how many?", &patience()).await.map_err(|failure| failure.to_string())?;
    }
    let result = client.run_sql(WAREHOUSE_ID, "ROWS 5", &SqlOptions::default()).await.map_err(|e| e.to_string())?;
    assert_eq!(result.rows.len(), 5);
    client.table("main.sales.orders").await.map_err(words)?;
    client.trash_space(&made).await.map_err(words)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_fault_at_each_request_ends_well_or_with_clear_words() {
    let cases = EFFECTS.into_iter().flat_map(|effect| (0..11_u32).map(move |skip| (effect, skip)));
    let runs = stream::iter(cases).map(|(effect, skip)| async move {
        let yaml = format!("faults: [{{route: '* /**', skip: {skip}, times: 1, {effect}}}]");
        let server = serve(world(&yaml), None).await;
        let outcome = everything(&client(&server)).await;
        if let Err(words) = &outcome {
            assert!(words.len() > 20, "{effect} at {skip}: {words}");
        }
        let log = server.log().unwrap();
        let count = |test: &dyn Fn(&crate::embedded::spaces::LogEntry) -> bool| {
            log.iter().filter(|e| e.executed && test(e)).count()
        };
        let case = format!("{effect} at {skip}: {log:#?}");
        assert!(count(&|e| e.method == "PATCH") <= 1, "{case}");
        assert!(count(&|e| e.question.is_some()) <= 1, "{case}");
        assert!(count(&|e| e.method == "POST" && e.question.is_none()) <= 1, "{case}");
        outcome.is_ok()
    });
    let outcomes: Vec<bool> = runs.buffer_unordered(8).collect().await;
    let fine = outcomes.iter().filter(|fine| **fine).count();
    assert!(fine * 10 >= outcomes.len() * 7, "only {fine} of {} went well", outcomes.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_run_with_five_percent_faults_loses_no_question() {
    let faults = "{seed: 3, faults: [{route: '* /**', share: 0.03, effect: reset}, \
        {route: '* /**', share: 0.02, when: after, effect: reset}]}";
    let server = serve(world(faults), None).await;
    let client = client(&server);
    let made = match client.create_space(&space("Sales")).await {
        Ok(made) => made.id,
        Err(_) => client.list_spaces().await.unwrap()[0].id.clone(),
    };
    let questions = 400_usize;
    let (client, made) = (&client, &made);
    let asked = stream::iter(0..questions).map(|n| async move {
        let question = format!("question {n}");
        for _ in 0..5 {
            match client.ask(made, &question, &patience()).await {
                Ok(asked) => return Some(asked.answer),
                Err(failure) if failure.retryable => {}
                Err(failure) => panic!("{failure}"),
            }
        }
        None
    });
    let began = std::time::Instant::now();
    let answers: Vec<Option<Answer>> = asked.buffer_unordered(10).collect().await;
    eprintln!("{questions} questions in {:?}", began.elapsed());
    assert!(answers.iter().all(|answer| answer.as_ref().is_some_and(|a| a.sql().is_some())));
    assert_eq!(server.log().unwrap().iter().filter(|e| e.question.is_some() && e.executed).count(), questions);
}
