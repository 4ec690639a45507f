//! The state of one run: everything the views show, folded from the run's events and, once there
//! is one, its plan. Nothing here does I/O or reads a clock.

use crate::model::{Cost, Event, Outcome, Phase, Plan, QuestionOutcome, Score, Scorecard, Space, Suite};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What is known of a run before its first event.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunInfo {
    /// The space's title.
    pub title: String,
    /// Where the space lives, for people: a host, or `embedded ./data`.
    pub workspace: String,
    /// The declared target, 0 to 1.
    pub target: Option<f64>,
    /// The most rounds that may be played.
    pub rounds: usize,
    /// A recorded run is played; nothing real happens.
    pub demo: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum RunStatus {
    /// Nothing has been started.
    #[default]
    Idle,
    Planning,
    /// There is a plan.
    Planned,
    Applying,
    /// The plan was applied and read back.
    Applied,
    Stopped,
    Failed(String),
}

impl RunStatus {
    pub fn is_busy(&self) -> bool {
        matches!(self, Self::Planning | Self::Applying)
    }
}

/// What a run has cost so far beside the questions, which are counted from the events.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Spending {
    pub tokens: u64,
    pub usd: Option<f64>,
}

/// What a finished plan run hands over. Only the plan is needed; the rest makes views richer.
#[derive(Clone, Debug, PartialEq)]
pub struct Finished {
    pub plan: Plan,
    pub id: String,
    pub before: Option<Scorecard>,
    pub after: Option<Scorecard>,
    pub suite: Option<Suite>,
    /// The base and the content the plan would make of it, for whole counts.
    pub space_before: Option<Space>,
    pub space_after: Option<Space>,
}

/// One batch of questions being scored.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Batch {
    pub what: String,
    pub total: usize,
    pub done: usize,
    pub correct: usize,
    pub cached: usize,
    pub finished: bool,
    /// Second of the run at which it began.
    pub started: f64,
    /// Outcomes in the order they came.
    pub scored: Vec<ScoredRow>,
}

/// One scored question of the current batch.
#[derive(Clone, Debug, PartialEq)]
pub struct ScoredRow {
    pub id: String,
    pub outcome: Outcome,
    pub reason: String,
    pub cached: bool,
}

/// A trial of candidates on the shadow.
#[derive(Clone, Debug, PartialEq)]
pub struct Trial {
    pub candidates: Vec<String>,
    pub questions: usize,
    /// Right answers of how many, once its questions are scored.
    pub right: Option<(usize, usize)>,
    pub result: Option<TrialResult>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct TrialResult {
    pub fixed: Vec<String>,
    pub broken: Vec<String>,
    pub kept: bool,
}

/// A finished round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Round {
    pub round: usize,
    pub rounds: usize,
    pub correct: usize,
    pub total: usize,
}

/// A line for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    pub warning: bool,
    pub text: String,
}

/// What the batches of trials are called.
pub const TRIAL: &str = "trial";

const MOST_MESSAGES: usize = 100;

/// One run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Run {
    pub info: RunInfo,
    pub status: RunStatus,
    /// Seconds since the run began, as of the last event.
    pub elapsed: f64,
    /// Phases begun, in order, with what was said of each.
    pub phases: Vec<(Phase, String)>,
    pub batch: Option<Batch>,
    /// Question texts by id, as far as they were asked.
    pub texts: BTreeMap<String, String>,
    /// Questions that are out with Genie now, oldest first.
    pub asking: Vec<String>,
    /// Batches that came to their end: what, right answers, total.
    pub batches: Vec<(String, usize, usize)>,
    pub asked: usize,
    pub cached: usize,
    pub breaker: String,
    pub waiting: Option<(String, f64)>,
    pub waited: f64,
    pub patterns: Option<usize>,
    pub candidates: Option<(usize, usize)>,
    pub trials: Vec<Trial>,
    pub rounds: Vec<Round>,
    /// Status of each change by id, as `apply` reported it.
    pub applied: BTreeMap<String, String>,
    pub messages: Vec<Message>,
    pub spending: Spending,
    /// Shared, because every look at the run copies it.
    pub finished: Option<Arc<Finished>>,
}

impl Run {
    pub fn new(info: RunInfo) -> Self {
        Self { info, ..Self::default() }
    }

    /// Takes in one event. Events in any order, also nonsensical ones, leave a showable state.
    pub fn apply(&mut self, event: &Event) {
        match event {
            Event::PhaseStarted { phase, message } => self.phase_started(*phase, message),
            Event::ScoringStarted { what, total } => {
                self.batch =
                    Some(Batch { what: what.clone(), total: *total, started: self.elapsed, ..Batch::default() });
                self.asking.clear();
            }
            Event::Estimated { .. } => {}
            Event::Spent { cost } => self.spent(cost),
            Event::GoldFinding { id, message, .. } => self.message(true, &format!("{id}: {message}")),
            Event::QuestionAsked { id, question } => {
                self.texts.insert(id.clone(), question.clone());
                self.waiting = None;
                if !self.asking.contains(id) {
                    self.asking.push(id.clone());
                }
            }
            Event::QuestionScored { id, outcome, reason, cached, done, total } => {
                let row = ScoredRow { id: id.clone(), outcome: *outcome, reason: reason.clone(), cached: *cached };
                self.question_scored(row, *done, *total);
            }
            Event::ScoringFinished { what, correct, total } => self.scoring_finished(what, *correct, *total),
            Event::Breaker { state } => self.breaker.clone_from(state),
            Event::Waiting { why, seconds } => {
                self.waited += seconds.max(0.0);
                self.waiting = Some((why.clone(), *seconds));
            }
            Event::PatternsLearnt { patterns } => self.patterns = Some(*patterns),
            Event::CandidatesMade { candidates, rejected } => self.candidates = Some((*candidates, *rejected)),
            Event::TrialStarted { candidates, questions } => {
                self.trials.push(Trial {
                    candidates: candidates.clone(),
                    questions: *questions,
                    right: None,
                    result: None,
                });
            }
            Event::TrialFinished { candidates, fixed, broken, kept } => {
                let result = TrialResult { fixed: fixed.clone(), broken: broken.clone(), kept: *kept };
                self.trial_finished(candidates, result);
            }
            Event::RoundFinished { round, rounds, correct, total } => {
                self.rounds.push(Round { round: *round, rounds: *rounds, correct: *correct, total: *total });
            }
            Event::ChangeApplied { id, status } => {
                self.applied.insert(id.clone(), status.clone());
            }
            Event::Note { message } => self.message(false, message),
            Event::Warning { message } => self.message(true, message),
        }
    }

    /// Takes in the plan and what came with it.
    pub fn finish(&mut self, finished: Finished) {
        if let Some(suite) = &finished.suite {
            for question in &suite.questions {
                self.texts.insert(question.id.clone(), question.question.clone());
            }
        }
        self.asking.clear();
        self.waiting = None;
        let applied = |id: &String| self.applied.get(id).is_some_and(|status| is_read_back(status));
        let all_applied = !self.applied.is_empty() && finished.plan.changes.iter().all(|change| applied(&change.id));
        self.status = if all_applied { RunStatus::Applied } else { RunStatus::Planned };
        self.finished = Some(Arc::new(finished));
    }

    fn spent(&mut self, cost: &Cost) {
        self.spending = Spending { tokens: cost.tokens, usd: (cost.usd > 0.0).then_some(cost.usd) };
    }

    fn message(&mut self, warning: bool, text: &str) {
        // The views show the newest; the log has them all.
        if self.messages.len() >= MOST_MESSAGES {
            self.messages.remove(0);
        }
        self.messages.push(Message { warning, text: text.to_owned() });
    }

    fn phase_started(&mut self, phase: Phase, message: &str) {
        if phase == Phase::Apply {
            self.applied.clear();
        }
        self.status = if phase == Phase::Apply { RunStatus::Applying } else { RunStatus::Planning };
        self.waiting = None;
        self.phases.push((phase, message.to_owned()));
    }

    fn question_scored(&mut self, row: ScoredRow, done: usize, total: usize) {
        self.asking.retain(|asked| *asked != row.id);
        self.waiting = None;
        if row.cached {
            self.cached += 1;
        } else {
            self.asked += 1;
        }
        let batch = self.batch.get_or_insert_default();
        batch.done = done;
        batch.total = total;
        batch.cached += usize::from(row.cached);
        batch.correct += usize::from(row.outcome.is_correct());
        batch.scored.push(row);
    }

    fn scoring_finished(&mut self, what: &str, correct: usize, total: usize) {
        self.asking.clear();
        if let Some(trial) = self.trials.last_mut().filter(|trial| what == TRIAL && trial.right.is_none()) {
            trial.right = Some((correct, total));
        }
        self.batches.push((what.to_owned(), correct, total));
        if let Some(batch) = &mut self.batch {
            batch.finished = true;
        }
    }

    fn trial_finished(&mut self, candidates: &[String], result: TrialResult) {
        let open = self.trials.iter_mut().rev().find(|trial| trial.result.is_none() && trial.candidates == candidates);
        match open {
            Some(trial) => trial.result = Some(result),
            None => {
                let candidates = candidates.to_vec();
                self.trials.push(Trial { candidates, questions: 0, right: None, result: Some(result) });
            }
        }
    }

    pub fn plan(&self) -> Option<&Plan> {
        self.finished.as_ref().map(|finished| &finished.plan)
    }

    pub fn plan_id(&self) -> Option<&str> {
        self.finished.as_ref().map(|finished| finished.id.as_str())
    }

    pub fn question<'a>(&'a self, id: &'a str) -> &'a str {
        self.texts.get(id).map_or(id, String::as_str)
    }

    /// The score the run began with, on all questions.
    pub fn score_before(&self) -> Option<Score> {
        let planned = self.plan().map(|plan| plan.score.before.all()).filter(|score| score.total > 0);
        planned.or_else(|| self.batches.first().map(|(_, correct, total)| part(*correct, *total)))
    }

    /// The best knowledge of the score now: the plan's, or what the running base batch says.
    /// Rounds are scored on the learn set only, so they do not stand for the whole suite.
    pub fn score_now(&self) -> Option<Score> {
        if let Some(plan) = self.plan() {
            return Some(plan.score.after.all()).filter(|score| score.total > 0);
        }
        let round = self.rounds.last().map(|round| part(round.correct, round.total));
        let running = || self.batch.as_ref().filter(|batch| batch.done > 0).map(|b| part(b.correct, b.done));
        round.or_else(|| self.score_before()).or_else(running)
    }

    pub fn target(&self) -> Option<f64> {
        self.info.target
    }

    /// True if the score now is that of a round, which is played on the learn set only.
    pub fn score_is_of_round(&self) -> bool {
        self.finished.is_none() && !self.rounds.is_empty()
    }

    /// Questions a second in the current batch, and seconds to its end; none at its very start.
    pub fn pace(&self) -> Option<(f64, f64)> {
        let batch = self.batch.as_ref().filter(|batch| batch.done > 0 && !batch.finished)?;
        let rate = batch.done as f64 / Some(self.elapsed - batch.started).filter(|seconds| *seconds > 0.5)?;
        Some((rate, batch.total.saturating_sub(batch.done) as f64 / rate))
    }

    /// The phase that is going on, or the last one.
    pub fn phase(&self) -> Option<Phase> {
        self.phases.last().map(|(phase, _)| *phase)
    }
}

/// Wrong before and right afterwards. A question that was not run before was not wrong.
pub fn is_fixed(question: &QuestionOutcome) -> bool {
    question.before.counts() && !question.before.is_correct() && question.after.is_correct()
}

/// True for the statuses that end a change well or less well: it was read back from the space.
pub fn is_read_back(status: &str) -> bool {
    matches!(status, "equal" | "migrated" | "lossy")
}

fn part(correct: usize, total: usize) -> Score {
    Score { correct, total, ..Score::default() }
}
