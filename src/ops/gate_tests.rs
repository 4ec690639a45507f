//! The gate against services that fail, refuse, and recover. Time stands still but for waits.

use super::*;
use crate::limit::Budget;
use crate::model::Answer;
use crate::ops::Prices;
use std::sync::atomic::{AtomicUsize, Ordering};

const SECOND: Duration = Duration::from_secs(1);

fn options() -> GateOptions {
    GateOptions {
        concurrency: 3,
        retries: 2,
        backoff: SECOND * 5,
        failures: 5,
        cool_down: SECOND * 60,
        per_minute: None,
        minute: SECOND * 60,
        seed: 1,
    }
}

/// A gate, with the states that its breaker tells of.
fn gate(options: GateOptions, budget: Budget) -> (Gate, Arc<Mutex<Vec<String>>>) {
    let told = Arc::new(Mutex::new(Vec::new()));
    let sink = told.clone();
    let events = Events::new(move |event| {
        if let Event::Breaker { state } = event {
            sink.lock().expect("sound").push(state.clone());
        }
    });
    let meter = Arc::new(Meter::new(budget, Prices::default(), events.clone()));
    (Gate::new(options, meter, events), told)
}

fn asked() -> Asked {
    Asked {
        answer: Answer::Text { text: String::new(), asks_back: true },
        conversation_id: "c".into(),
        message_id: "m".into(),
        seconds: 8.0,
        attachment_id: None,
        failed_sql: None,
    }
}

fn failure(rate_limited: bool) -> AskFailure {
    AskFailure {
        not_run: NotRun::Service { message: "down".into() },
        attempts: u32::from(!rate_limited),
        retryable: true,
        rate_limited,
        retry_after: rate_limited.then_some(SECOND * 7),
        conversation: None,
        pending: false,
    }
}

/// Asks `count` questions at once; `answer` says what becomes of the n-th call, from 0.
async fn ask(
    gate: &Gate,
    count: usize,
    answer: impl Fn(usize) -> Result<(), AskFailure> + Sync,
) -> (Vec<Result<Asked, NotRun>>, usize, usize) {
    let (calls, at_once, most) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
    let attempt = || async {
        let number = calls.fetch_add(1, Ordering::Relaxed);
        most.fetch_max(at_once.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
        tokio::time::sleep(SECOND * 8).await;
        at_once.fetch_sub(1, Ordering::Relaxed);
        answer(number).map(|()| asked())
    };
    let outcomes = futures::future::join_all((0..count).map(|_| gate.ask(attempt))).await;
    (outcomes, calls.load(Ordering::Relaxed), most.load(Ordering::Relaxed))
}

#[tokio::test(start_paused = true)]
async fn a_dead_service_is_not_asked_forty_times() {
    let (gate, told) = gate(options(), Budget::default());
    let began = Instant::now();
    let (outcomes, calls, _) = ask(&gate, 40, |_| Err(failure(false))).await;
    let trials = told.lock().expect("sound").iter().filter(|state| *state == "half-open").count();
    assert!(calls <= 5 + 2 + trials, "{calls} calls with {trials} trials");
    assert!(trials <= 3 && began.elapsed() < SECOND * 300, "{trials} trials in {:?}", began.elapsed());
    assert!(outcomes.iter().all(Result::is_err));
    let open = outcomes.iter().filter(|outcome| matches!(outcome, Err(NotRun::BreakerOpen))).count();
    assert!(open >= 35, "{open} were not sent");
}

#[tokio::test(start_paused = true)]
async fn after_trouble_one_tries_and_then_all_go_on() {
    let (gate, told) = gate(options(), Budget::default());
    let (outcomes, calls, most) = ask(&gate, 20, |call| if call < 6 { Err(failure(false)) } else { Ok(()) }).await;
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    assert_eq!((calls, most), (26, 3));
    let told = told.lock().expect("sound").clone();
    assert_eq!(told, ["open", "half-open", "closed"]);
    assert_eq!(gate.breaker(), BreakerState::Closed);
}

#[tokio::test(start_paused = true)]
async fn two_failures_of_twenty_leave_eighteen_answers() {
    let (gate, _) = gate(GateOptions { retries: 0, ..options() }, Budget::default());
    let (outcomes, calls, _) = ask(&gate, 20, |call| if call % 10 == 3 { Err(failure(false)) } else { Ok(()) }).await;
    let right = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    assert_eq!((right, calls), (18, 20));
}

#[tokio::test(start_paused = true)]
async fn refusals_for_quota_cost_no_attempt_and_open_no_breaker() {
    let (gate, told) = gate(options(), Budget::default());
    let (outcomes, calls, _) = ask(&gate, 4, |call| if call < 9 { Err(failure(true)) } else { Ok(()) }).await;
    assert!(outcomes.iter().all(Result::is_ok));
    assert_eq!(calls, 13);
    assert!(told.lock().expect("sound").is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_budget_is_never_exceeded_by_questions_at_the_same_time() {
    let (gate, _) = gate(options(), Budget { questions: Some(7), ..Budget::default() });
    let (outcomes, calls, _) = ask(&gate, 20, |_| Ok(())).await;
    let stopped = outcomes.iter().filter(|outcome| matches!(outcome, Err(NotRun::Budget { .. }))).count();
    assert_eq!((calls, stopped), (7, 13));
    let (gate, _) = self::gate(options(), Budget { time: Some(SECOND * 20), ..Budget::default() });
    let (_, calls, _) = ask(&gate, 20, |_| Ok(())).await;
    assert_eq!(calls, 9, "three rounds of eight seconds begin within twenty");
}

#[tokio::test(start_paused = true)]
async fn a_quota_is_used_to_the_full() {
    let (gate, _) = gate(GateOptions { per_minute: Some(5), ..options() }, Budget::default());
    let began = Instant::now();
    let (outcomes, ..) = ask(&gate, 20, |_| Ok(())).await;
    assert!(outcomes.iter().all(Result::is_ok));
    // Five in each minute, and the last two rounds of three places.
    let bound = SECOND * (3 * 60 + 16);
    assert!(began.elapsed() <= bound.mul_f64(1.02), "{:?}", began.elapsed());
}
