//! A long run with many faults.

use super::*;
use futures::stream::{self, StreamExt};

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
    let questions = 550_usize;
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
    assert!(server.requests() > 1_000, "only {} requests", server.requests());
    // Every question's task has ended, and with it what it held.
    let end = std::time::Instant::now() + Duration::from_secs(60);
    while server.tasks_under_way() > 0 {
        assert!(std::time::Instant::now() < end, "{} tasks do not end", server.tasks_under_way());
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}
