//! Runs as they go into the history and come out of it.

use super::*;
use crate::model::{Cost, Event};

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

/// The table of costs as the first release declared it.
const OLD_COSTS: Table = Table { columns: CostRow::TABLE.columns.split_at(6).0, ..CostRow::TABLE };

#[tokio::test]
async fn costs_go_into_a_table_of_an_older_release() {
    assert_eq!(OLD_COSTS.columns.last().map(|column| column.name), Some("seconds"));
    let folder = tempfile::tempdir().expect("a folder");
    let place = Place::Folder(folder.path().to_owned());
    let history = History::Files(place.clone());
    let older = DeltaTable::new(place.join("costs"), OLD_COSTS);
    let old = |id: &str| Row::from_iter([("run_id".to_owned(), id.into()), ("questions_asked".to_owned(), 7.into())]);
    older.append(&[old("before")]).await.expect("appended");

    let mut run = run("a", "2025-08-27T09:00:00Z");
    let cost = Cost { questions: 5, statements: 9, sql_seconds: 1.5, dbu: 0.25, tokens: 1_000, usd: 0.5, seconds: 3.0 };
    run.spent(&cost);
    run.spent(&Cost { tokens: 10, ..Cost::default() });
    history.add(&run).await.expect("added");
    older.append(&[old("after")]).await.expect("the older release goes on");

    let costs: Vec<CostRow> = history.all().await.expect("read");
    let of = |id: &str| costs.iter().find(|row| row.run_id == id).expect("a row");
    for id in ["before", "after"] {
        let expected = CostRow { run_id: id.to_owned(), questions_asked: Some(7), ..CostRow::default() };
        assert_eq!(of(id), &expected, "what the older release did not count is not known");
    }
    let found = of("a");
    assert_eq!((found.questions_sent, found.statements, found.tokens), (Some(5), Some(9), Some(1_010)));
    assert_eq!((found.sql_seconds, found.dbu, found.usd), (Some(1.5), Some(0.25), Some(0.5)));
    let seen = older.read().await.expect("the older release reads on");
    assert_eq!(seen.len(), 3);
    let whole = history.whole(history.find("a").await.expect("found")).await.expect("read");
    assert_eq!(whole.costs, *found);
}
