//! Events folded into a run, and the run told to pages.

use crate::model::{Event, Outcome, Phase};
use crate::ui::actions::Past;
use crate::ui::page::dashboard;
use crate::ui::{Hub, Run, RunInfo, RunStatus, demo, report};

fn scored(id: &str, outcome: Outcome, done: usize) -> Event {
    Event::QuestionScored { id: id.into(), outcome, reason: "VALUES_DIFFER".into(), cached: false, done, total: 3 }
}

fn asked(id: &str) -> Event {
    Event::QuestionAsked { id: id.into(), question: format!("질문 {id}") }
}

#[test]
fn a_batch_is_followed() {
    let mut run = Run::new(RunInfo { target: Some(0.9), ..RunInfo::default() });
    for event in [
        Event::PhaseStarted { phase: Phase::Score, message: "base".into() },
        Event::ScoringStarted { what: "base".into(), total: 3 },
        asked("a"),
        asked("b"),
        asked("a"),
        Event::Waiting { why: "quota".into(), seconds: 12.0 },
    ] {
        run.apply(&event);
    }
    assert_eq!(run.asking, ["a", "b"]);
    assert_eq!(run.waiting, Some(("quota".to_owned(), 12.0)));
    run.apply(&scored("a", Outcome::Correct, 1));
    run.apply(&scored("b", Outcome::Incorrect, 2));
    assert!(run.asking.is_empty() && run.waiting.is_none());
    let batch = run.batch.clone().expect("a batch");
    assert_eq!((batch.done, batch.correct, batch.scored.len()), (2, 1, 2));
    assert_eq!(run.score_now().and_then(|score| score.share()), Some(0.5));
    assert_eq!((run.asked, run.status), (2, RunStatus::Planning));
}

#[test]
fn events_out_of_order_leave_something_to_show() {
    let mut run = Run::default();
    run.apply(&scored("x", Outcome::NoSql, 7));
    run.apply(&Event::TrialFinished { candidates: vec!["k".into()], fixed: vec![], broken: vec![], kept: false });
    run.apply(&Event::ChangeApplied { id: "c-99".into(), status: "equal".into() });
    run.apply(&Event::Waiting { why: String::new(), seconds: f64::NAN });
    run.apply(&Event::ScoringFinished { what: String::new(), correct: 5, total: 0 });
    assert!(report(&run).contains("Overview"));
}

#[tokio::test]
async fn a_late_page_hears_what_it_missed() {
    let hub = Hub::new(RunInfo::default());
    hub.publish(asked("a"));
    let seen = hub.newest();
    hub.publish(Event::RoundFinished { round: 1, rounds: 3, correct: 1, total: 2 });
    let (parts, newest) = hub.since(seen);
    assert_eq!((parts.names(), newest), (vec!["overview", "rounds"], 2));
    assert_eq!(hub.since(newest).0.names(), Vec::<&str>::new());
    assert_eq!(hub.since(999).0.names().len(), 9, "a number from another server means everything");
    hub.begin(RunInfo::default());
    assert_eq!(hub.since(seen).0.names().len(), 9, "a new run means everything");
    assert!(hub.run().rounds.is_empty() && hub.log_page(0, 10).0.is_empty());
}

#[test]
fn a_finished_run_shows_the_plans_figures() {
    let (hub, _) = demo(None);
    let run = hub.run();
    let plan = run.plan().expect("a plan");
    let page = report(&run);
    let after = plan.score.after.all();
    assert!(page.contains(&format!("{} of {}", after.correct, after.total)));
    assert!(page.contains(&format!("{:.1}%", 100.0 * after.share().expect("a share"))));
    for change in &plan.changes {
        assert!(page.contains(&format!("<code>{}</code>", change.id)), "{}", change.id);
    }
    for failure in plan.questions.iter().filter(|question| !question.before.is_correct()) {
        assert!(page.contains(&format!("<code>{}</code>", failure.id)), "{}", failure.id);
    }
    assert!(!page.contains("<script") && !page.contains("<form") && !page.contains("http://www"));
}

/// 500 questions, nearly all of them failures, and 10,000 events.
#[test]
fn a_long_run_stays_small() {
    let (hub, _) = demo(None);
    let mut finished = hub.run().finished.as_deref().cloned().expect("a plan");
    let (card, suite) = (finished.before.as_mut().expect("a scorecard"), finished.suite.as_mut().expect("a suite"));
    let (scored, question, outcome) =
        (card.questions[0].clone(), suite.questions[0].clone(), finished.plan.questions[0].clone());
    for number in 0..500 {
        let id = format!("q-{number:03}");
        card.questions.push(crate::model::ScoredQuestion { id: id.clone(), ..scored.clone() });
        suite.questions.push(crate::model::Question { id: id.clone(), ..question.clone() });
        finished.plan.questions.push(crate::model::QuestionOutcome { id, ..outcome.clone() });
    }
    let events = (0..10_000).map(|number| match number % 3 {
        0 => asked(&format!("q-{number}")),
        1 => scored_as(number),
        _ => Event::Note { message: format!("note {number}") },
    });
    let hub = Hub::from_files(RunInfo::default(), events.map(|event| (0.0, event)), Some(finished));
    let page = dashboard(&hub.run(), &Past::default(), None, "", 0).into_string();
    assert!(page.len() < 1_000_000, "{}", page.len());
    assert!(page.contains("data-src=\"/failure?id=q-499\""));
    assert_eq!((hub.log_page(0, 200).0.len(), hub.log_page(0, 200).1), (200, 10_000));
}

fn scored_as(number: usize) -> Event {
    scored(&format!("q-{}", number - 1), Outcome::Incorrect, number / 3)
}

#[test]
fn a_run_from_its_files_is_the_same() {
    let (hub, _) = demo(None);
    let run = hub.run();
    let log = hub.log_page(0, 10_000).0;
    let events = log.into_iter().rev().filter_map(|entry| Some((entry.at, entry.event?)));
    let again = Hub::from_files(run.info.clone(), events, run.finished.as_deref().cloned()).run();
    // Not `assert_eq`: two whole runs would be printed.
    assert!(Run { spending: run.spending, ..again } == run);
}
