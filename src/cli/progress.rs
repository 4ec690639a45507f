//! Progress on stderr: bars on a terminal, else a line at each step and every 30 seconds.

use super::output::Output;
use super::record::Recorder;
use crate::model::{Event, Outcome};
use crate::ops::Events;
use indicatif::{ProgressBar, ProgressStyle};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Between two lines where nobody watches a bar.
const HEARTBEAT: Duration = Duration::from_secs(30);

/// Turns events into progress.
struct Progress {
    output: Output,
    bar: ProgressBar,
    /// Right answers of the batch that is running.
    correct: usize,
    last_line: Instant,
    trials: usize,
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
    let progress = Mutex::new(Progress { output, bar, correct: 0, last_line: Instant::now(), trials: 0 });
    Events::new(move |event| {
        also(event);
        progress.lock().unwrap_or_else(PoisonError::into_inner).show(event);
    })
}

fn style() -> ProgressStyle {
    ProgressStyle::with_template("  {bar:28.cyan/dim} {pos}/{len}  {per_sec:>8}  {msg}")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("━━─")
}

impl Progress {
    fn show(&mut self, event: &Event) {
        match event {
            Event::PhaseStarted { message, .. } => self.line(message),
            Event::ScoringStarted { what, total } => self.start(what, *total),
            Event::QuestionScored { id, outcome, done, total, .. } => self.scored(id, *outcome, *done, *total),
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
                self.bar.set_message(format!("waiting {seconds:.0} s: {why}"));
            }
            Event::Note { message } => self.line(message),
            Event::Warning { message } => self.say(&format!("warning: {message}")),
            Event::ChangeApplied { .. }
            | Event::QuestionAsked { .. }
            | Event::Waiting { .. }
            | Event::TrialFinished { .. } => {}
        }
    }

    fn start(&mut self, what: &str, total: usize) {
        self.correct = 0;
        self.bar.reset();
        self.bar.set_length(u64::try_from(total).unwrap_or(u64::MAX));
        let message = match what {
            "trial" => format!("trial {}", self.trials),
            other => other.to_owned(),
        };
        self.bar.set_message(message);
    }

    fn scored(&mut self, id: &str, outcome: Outcome, done: usize, total: usize) {
        self.correct += usize::from(outcome.is_correct());
        self.bar.set_position(u64::try_from(done).unwrap_or(u64::MAX));
        if !self.output.interactive && self.last_line.elapsed() >= HEARTBEAT {
            self.line(&format!("  {done} of {total} asked, {} right so far; last: {id}", self.correct));
        }
    }

    fn finish(&mut self, what: &str, correct: usize, total: usize) {
        if what != "trial" {
            self.line(&format!("  {what}: {correct} of {total} right"));
        }
        if !self.output.interactive && self.last_line.elapsed() >= HEARTBEAT {
            self.line(&format!("  {} trials so far", self.trials));
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
