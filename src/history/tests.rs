//! Runs as they go into the history and come out of it.

use super::*;
use crate::model::Event;

fn run(id: &str, at: &str) -> RunRecord {
    let run = RunRow {
        run_id: id.to_owned(),
        folder: format!("folder-{id}"),
        command: "score".to_owned(),
        started_at: Some(Moment(at.to_owned())),
        ..RunRow::default()
    };
    RunRecord::begin(run)
}

fn question(run: &RunRecord, id: &str, after: &str) -> QuestionRow {
    let run_id = run.run.run_id.clone();
    QuestionRow { run_id, question_id: id.to_owned(), after: after.to_owned(), ..QuestionRow::default() }
}

#[tokio::test]
async fn a_run_comes_back_whole() {
    let folder = tempfile::tempdir().expect("a folder");
    let history = History::Files(Place::Folder(folder.path().to_owned()));
    assert!(history.runs().await.expect("empty").is_empty());
    let mut one = run("a-1", "2025-08-27T09:00:00Z");
    let scored = |cached| Event::QuestionScored {
        id: "q".into(),
        outcome: crate::model::Outcome::Correct,
        reason: String::new(),
        cached,
        done: 1,
        total: 1,
    };
    for event in [
        scored(false),
        scored(true),
        Event::Waiting { why: "quota".into(), seconds: 1.5 },
        Event::TrialStarted { candidates: Vec::new(), questions: 1 },
        Event::RoundFinished { round: 1, rounds: 3, correct: 4, total: 5 },
    ] {
        one.event(&event, "2025-08-27T09:00:30Z");
    }
    one.questions.push(question(&one, "q", "correct"));
    one.end("ok", 0, "", "2025-08-27T09:01:00Z");
    history.add(&one).await.expect("added");
    let two = run("b-2", "2025-08-28T09:00:00Z");
    assert!(history.add_now(&two).expect("added"));
    let runs = history.runs().await.expect("read");
    assert_eq!(runs.iter().map(|run| run.run_id.as_str()).collect::<Vec<_>>(), ["b-2", "a-1"]);
    let found = history.find("a-1").await.expect("found");
    let whole = history.whole(found).await.expect("read");
    assert_eq!(whole.run, one.run);
    assert_eq!((whole.rounds, whole.questions), (one.rounds.clone(), one.questions.clone()));
    let costs = whole.costs;
    assert_eq!((costs.questions_asked, costs.questions_cached, costs.trials), (Some(1), Some(1), Some(1)));
    assert_eq!((costs.waited_seconds, costs.seconds), (Some(1.5), Some(60.0)));
    assert_eq!(one.rounds[0].trials, Some(1));

    assert_eq!(history.find("latest").await.expect("found").run_id, "b-2");
    assert_eq!(history.find("folder-a").await.expect("found").run_id, "a-1");
    assert!(matches!(history.find("folder").await, Err(HistoryError::Ambiguous { .. })));
    let error = history.find("nothing").await.expect_err("none");
    assert!(error.to_string().contains("folder-b-2"), "{error}");
}

#[test]
fn runs_are_compared_question_by_question() {
    let (mut one, mut two) = (run("a", ""), run("b", ""));
    for (id, earlier, later) in [
        ("gained", "incorrect", "correct"),
        ("lost", "correct", "no-sql"),
        ("other", "no-sql", "bad-sql"),
        ("same", "correct", "correct"),
    ] {
        one.questions.push(question(&one, id, earlier));
        two.questions.push(question(&two, id, later));
    }
    one.questions.push(question(&one, "old", "correct"));
    two.questions.push(question(&two, "new", "correct"));
    let found = compare(&one, &two);
    let ids = |moved: &[Moved]| moved.iter().map(|moved| moved.question_id.clone()).collect::<Vec<_>>();
    assert_eq!((ids(&found.gained), ids(&found.lost)), (vec!["gained".to_owned()], vec!["lost".to_owned()]));
    assert_eq!((ids(&found.otherwise), found.same), (vec!["other".to_owned()], 1));
    assert_eq!((found.only_earlier, found.only_later), (vec!["old".to_owned()], vec!["new".to_owned()]));
}
