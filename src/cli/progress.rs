//! Progress on stderr: bars on a terminal, else a line at each step and every 30 seconds, also
//! while nothing happens.

use super::output::Output;
use super::record::Recorder;
use crate::model::{Cost, Event, Outcome};
use crate::ops::Events;
use indicatif::{ProgressBar, ProgressStyle};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

/// Between two lines where nobody watches a bar.
const HEARTBEAT: Duration = Duration::from_secs(30);
/// Between two looks whether a line is due.
const TICK: Duration = Duration::from_millis(500);

/// Turns events into progress.
struct Progress {
    output: Output,
    bar: ProgressBar,
    batch: Batch,
    /// What the run has cost so far.
    cost: Cost,
    last_line: Instant,
    trials: usize,
}

/// The questions that are just being scored.
#[derive(Default)]
struct Batch {
    total: usize,
    done: usize,
    correct: usize,
    began: Option<Instant>,
    /// What was expected before the first answer came.
    expected: f64,
    /// What is waited for, and until when.
    waiting: Option<(String, Instant)>,
}

/// Events that show as progress and go on record.
pub fn recorded(output: Output, recorder: &Recorder) -> Events {
    let recorder = recorder.clone();
    events(output, move |event| recorder.event(event))
}

/// Events that show as progress; what `also` does with them happens first.
pub fn events(output: Output, also: impl Fn(&Event) + Send + Sync + 'static) -> Events {
    let bar = if output.interactive && !output.quiet { ProgressBar::no_length() } else { ProgressBar::hidden() };
    bar.set_style(style());
    let progress =
        Progress { output, bar, batch: Batch::default(), cost: Cost::default(), last_line: Instant::now(), trials: 0 };
    let progress = Arc::new(Mutex::new(progress));
    if !output.quiet {
        let watched = Arc::downgrade(&progress);
        // Ends with the events: then nobody holds the progress any more. Without it there are
        // only fewer lines.
        let _ = std::thread::Builder::new().name("progress".to_owned()).spawn(move || beat(&watched));
    }
    Events::new(move |event| {
        also(event);
        lock(&progress).show(event);
    })
}

fn beat(watched: &Weak<Mutex<Progress>>) {
    loop {
        std::thread::sleep(TICK);
        let Some(progress) = watched.upgrade() else { return };
        lock(&progress).tick();
    }
}

fn lock(progress: &Mutex<Progress>) -> MutexGuard<'_, Progress> {
    progress.lock().unwrap_or_else(PoisonError::into_inner)
}

fn style() -> ProgressStyle {
    ProgressStyle::with_template("  {bar:28.cyan/dim} {pos}/{len}  {msg}")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("━━─")
}

impl Progress {
    fn show(&mut self, event: &Event) {
        match event {
            Event::PhaseStarted { message, .. } => self.line(message),
            Event::ScoringStarted { what, total } => self.start(what, *total),
            Event::Estimated { cost, cached } => self.estimated(cost, *cached),
            Event::Spent { cost } => self.cost = cost.clone(),
            Event::QuestionScored { outcome, done, .. } => self.scored(*outcome, *done),
            Event::ScoringFinished { what, correct, total } => self.finish(what, *correct, *total),
            Event::TrialStarted { .. } => self.trials += 1,
            Event::RoundFinished { round, rounds, correct, total } => {
                self.line(&format!("round {round} of {rounds}: {correct} of {total} right on the learn set"));
            }
            Event::PatternsLearnt { patterns } => self.line(&format!("  {patterns} patterns")),
            Event::CandidatesMade { candidates, rejected } => {
                self.line(&format!("  {candidates} candidates to try, {rejected} refused at once"));
            }
            Event::Breaker { state } => self.say(&format!("warning: circuit breaker {state}")),
            Event::Waiting { why, seconds } if *seconds >= 1.0 => {
                let until = Instant::now() + Duration::from_secs_f64(seconds.clamp(0.0, 1e6));
                self.batch.waiting = Some((why.clone(), until));
                self.bar.set_message(self.batch.told(&self.cost));
            }
            Event::GoldFinding { id, code, message } => self.line(&format!("  {code} {id}: {message}")),
            Event::Note { message } => self.line(message),
            Event::Warning { message } => self.say(&format!("warning: {message}")),
            Event::ChangeApplied { .. }
            | Event::QuestionAsked { .. }
            | Event::Waiting { .. }
            | Event::TrialFinished { .. } => {}
        }
    }

    fn start(&mut self, what: &str, total: usize) {
        self.batch = Batch { total, began: Some(Instant::now()), ..Batch::default() };
        self.bar.reset();
        self.bar.set_length(u64::try_from(total).unwrap_or(u64::MAX));
        let message = match what {
            "trial" => format!("trial {}", self.trials),
            other => other.to_owned(),
        };
        self.bar.set_message(message);
    }

    fn estimated(&mut self, cost: &Cost, cached: usize) {
        self.batch.expected = cost.seconds;
        // Only where it takes long, or costs money, is it worth a line.
        if cost.questions > 0 && (cost.seconds >= HEARTBEAT.as_secs_f64() || cost.usd > 0.0) {
            self.line(&format!("  {} questions to ask, {cached} known: {}", cost.questions, expected(cost)));
        }
    }

    fn scored(&mut self, outcome: Outcome, done: usize) {
        self.batch.done = done;
        self.batch.correct += usize::from(outcome.is_correct());
        self.bar.set_position(u64::try_from(done).unwrap_or(u64::MAX));
        self.bar.set_message(self.batch.told(&self.cost));
        self.tick();
    }

    fn finish(&mut self, what: &str, correct: usize, total: usize) {
        self.batch.began = None;
        if what != "trial" {
            self.line(&format!("  {what}: {correct} of {total} right"));
        } else if !self.output.interactive && self.last_line.elapsed() >= HEARTBEAT {
            self.line(&format!("  {} trials so far", self.trials));
        }
    }

    /// Keeps a waiting reader informed.
    fn tick(&mut self) {
        if self.batch.began.is_none() {
            return;
        }
        if self.output.interactive {
            self.bar.set_message(self.batch.told(&self.cost));
        } else if self.last_line.elapsed() >= HEARTBEAT {
            self.line(&format!("  {} of {}  {}", self.batch.done, self.batch.total, self.batch.told(&self.cost)));
        }
    }

    /// A line of progress, dropped when quiet.
    fn line(&mut self, text: &str) {
        self.last_line = Instant::now();
        if !self.output.quiet {
            self.say(text);
        }
    }

    fn say(&self, text: &str) {
        let output = self.output;
        self.bar.suspend(|| output.message(text));
    }
}

impl Batch {
    /// Right answers, rate, time left, cost, and what is waited for.
    fn told(&self, cost: &Cost) -> String {
        let mut parts = vec![format!("{} right", self.correct)];
        let elapsed = self.began.map(|began| began.elapsed()).unwrap_or_default();
        if self.done > 0 && !elapsed.is_zero() {
            parts.push(format!("{:.1}/min", self.done as f64 * 60.0 / elapsed.as_secs_f64()));
        }
        if let Some(left) = self.left(elapsed) {
            parts.push(format!("{} left", short(left)));
        }
        parts.push(format!("{} asked", cost.questions));
        parts.extend(prices(cost));
        if let Some((why, until)) = &self.waiting
            && let Some(wait) = until.checked_duration_since(Instant::now())
        {
            parts.push(format!("waiting {}: {why}", short(wait)));
        }
        parts.join("  ")
    }

    /// From the pace so far; before the first answer, from the estimate.
    fn left(&self, elapsed: Duration) -> Option<Duration> {
        if self.done == 0 {
            let left = self.expected - elapsed.as_secs_f64();
            return (left >= 1.0).then(|| Duration::from_secs_f64(left.min(1e9)));
        }
        let open = self.total.saturating_sub(self.done);
        (open > 0).then(|| elapsed.mul_f64(open as f64 / self.done as f64))
    }
}

/// Tokens, DBU and money, as far as there are any.
fn prices(cost: &Cost) -> impl Iterator<Item = String> {
    let tokens = (cost.tokens > 0).then(|| format!("{} tokens", cost.tokens));
    let dbu = (cost.dbu > 0.0).then(|| format!("{:.3} DBU", cost.dbu));
    let usd = (cost.usd > 0.0).then(|| format!("{:.2} USD", cost.usd));
    [tokens, dbu, usd].into_iter().flatten()
}

/// What is going to be used up, in words.
fn expected(cost: &Cost) -> String {
    let mut parts = vec![format!("about {}", short(Duration::from_secs_f64(cost.seconds)))];
    parts.extend(prices(cost));
    parts.join(", ")
}

/// `45 s`, `3 min`, `1 h 20 min`.
fn short(time: Duration) -> String {
    let seconds = time.as_secs_f64().round() as u64;
    match seconds {
        0..90 => format!("{seconds} s"),
        90..5_400 => format!("{} min", (seconds + 30) / 60),
        _ => format!("{} h {} min", seconds / 3_600, seconds % 3_600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_tells_its_pace_what_is_left_and_what_it_costs() {
        let began = Instant::now().checked_sub(Duration::from_secs(60)).expect("a minute ago");
        let waiting = Some(("quota".to_owned(), Instant::now() + Duration::from_secs(12)));
        let batch = Batch { total: 40, done: 10, correct: 7, began: Some(began), expected: 0.0, waiting };
        let cost = Cost { questions: 11, tokens: 900, usd: 0.5, ..Cost::default() };
        let told = batch.told(&cost);
        for part in ["7 right", "10.0/min", "3 min left", "11 asked", "900 tokens", "0.50 USD", "12 s: quota"] {
            assert!(told.contains(part), "{part} is not in {told}");
        }
        let fresh = Batch { total: 40, expected: 100.0, began: Some(Instant::now()), ..Batch::default() };
        assert!(fresh.told(&Cost::default()).contains("2 min left"));
    }

    #[test]
    fn times_are_short() {
        let of = |seconds| short(Duration::from_secs(seconds));
        assert_eq!([of(4), of(100), of(5_000), of(7_300)], ["4 s", "2 min", "83 min", "2 h 1 min"]);
    }
}
