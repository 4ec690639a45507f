//! Events as JSON lines: `{"seq", "ts", "type", …}`; the first line names the format, the last
//! one is always a summary.

use super::enums::{OutcomeForm, PhaseForm};
use super::error::{FileKind, FormatError};
use super::json::{check_version, strict_value};
use crate::model::{Cost, Event};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub(super) const EVENT_FORMAT_VERSION: u64 = 1;

/// One line.
#[derive(Clone, Debug, PartialEq)]
pub struct EventLine {
    /// From 0, without gaps.
    pub seq: u64,
    /// RFC 3339.
    pub ts: String,
    pub body: LineBody,
}

#[derive(Clone, Debug, PartialEq)]
pub enum LineBody {
    /// The first line of a stream.
    Started {
        command: String,
        run: String,
        tool_version: String,
    },
    Event(Event),
    /// The last line of a stream, whatever happened.
    Summary(RunSummary),
}

/// How a run ended.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunSummary {
    /// The name of the exit code.
    pub status: String,
    pub exit_code: u8,
    pub message: String,
    pub plan_id: Option<String>,
    /// Further figures of the command.
    pub data: Value,
}

/// The line as one line of JSON, with its line end.
pub fn event_to_json(line: &EventLine) -> String {
    let form = LineForm::from(line.body.clone());
    // Plain values only, so this cannot fail.
    let mut value = json!({"seq": line.seq, "ts": line.ts});
    if let (Value::Object(all), Ok(Value::Object(rest))) = (&mut value, serde_json::to_value(form)) {
        all.extend(rest);
    }
    format!("{value}\n")
}

/// Reads one line.
pub fn event_from_json(text: &str) -> Result<EventLine, FormatError> {
    let kind = FileKind::Event;
    let mut value = strict_value(kind, text)?;
    let Value::Object(map) = &mut value else {
        return Err(FormatError::NotThis { kind, message: "it is not an object".to_owned() });
    };
    let seq = map.remove("seq").and_then(|seq| seq.as_u64());
    let ts = map.remove("ts").and_then(|ts| ts.as_str().map(str::to_owned));
    let (Some(seq), Some(ts)) = (seq, ts) else {
        return Err(FormatError::NotThis { kind, message: "it has no `seq` and `ts`".to_owned() });
    };
    if map.get("type").and_then(Value::as_str) == Some("started") {
        check_version(kind, &value, EVENT_FORMAT_VERSION)?;
    }
    let form: LineForm = serde_json::from_value(value).map_err(|error| FormatError::value(kind, error))?;
    Ok(EventLine { seq, ts, body: form.into() })
}

/// The body of a line.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "type", deny_unknown_fields)]
#[schemars(title = "genie-enhance event, beside its `seq` and `ts`")]
pub(super) enum LineForm {
    /// Always the first line.
    Started {
        format_version: u64,
        command: String,
        run: String,
        tool_version: String,
    },
    /// Always the last line.
    Summary {
        status: String,
        exit_code: u8,
        message: String,
        plan_id: Option<String>,
        data: Value,
    },
    PhaseStarted {
        phase: PhaseForm,
        message: String,
    },
    ScoringStarted {
        what: String,
        total: usize,
    },
    Estimated {
        cost: Cost,
        cached: usize,
    },
    Spent {
        cost: Cost,
    },
    GoldFinding {
        id: String,
        code: String,
        message: String,
    },
    QuestionAsked {
        id: String,
        question: String,
    },
    QuestionScored {
        id: String,
        outcome: OutcomeForm,
        reason: String,
        cached: bool,
        done: usize,
        total: usize,
    },
    ScoringFinished {
        what: String,
        correct: usize,
        total: usize,
    },
    Breaker {
        state: String,
    },
    Waiting {
        why: String,
        seconds: f64,
    },
    PatternsLearnt {
        patterns: usize,
    },
    CandidatesMade {
        candidates: usize,
        rejected: usize,
    },
    TrialStarted {
        candidates: Vec<String>,
        questions: usize,
    },
    TrialFinished {
        candidates: Vec<String>,
        fixed: Vec<String>,
        broken: Vec<String>,
        kept: bool,
    },
    RoundFinished {
        round: usize,
        rounds: usize,
        correct: usize,
        total: usize,
    },
    ChangeApplied {
        id: String,
        status: String,
    },
    Note {
        message: String,
    },
    Warning {
        message: String,
    },
}

impl From<LineBody> for LineForm {
    fn from(body: LineBody) -> Self {
        match body {
            LineBody::Started { command, run, tool_version } => {
                Self::Started { format_version: EVENT_FORMAT_VERSION, command, run, tool_version }
            }
            LineBody::Summary(RunSummary { status, exit_code, message, plan_id, data }) => {
                Self::Summary { status, exit_code, message, plan_id, data }
            }
            LineBody::Event(event) => event.into(),
        }
    }
}

impl From<Event> for LineForm {
    fn from(event: Event) -> Self {
        match event {
            Event::PhaseStarted { phase, message } => Self::PhaseStarted { phase: phase.into(), message },
            Event::ScoringStarted { what, total } => Self::ScoringStarted { what, total },
            Event::Estimated { cost, cached } => Self::Estimated { cost, cached },
            Event::Spent { cost } => Self::Spent { cost },
            Event::GoldFinding { id, code, message } => Self::GoldFinding { id, code, message },
            Event::QuestionAsked { id, question } => Self::QuestionAsked { id, question },
            Event::QuestionScored { id, outcome, reason, cached, done, total } => {
                Self::QuestionScored { id, outcome: outcome.into(), reason, cached, done, total }
            }
            Event::ScoringFinished { what, correct, total } => Self::ScoringFinished { what, correct, total },
            Event::Breaker { state } => Self::Breaker { state },
            Event::Waiting { why, seconds } => Self::Waiting { why, seconds },
            Event::PatternsLearnt { patterns } => Self::PatternsLearnt { patterns },
            Event::CandidatesMade { candidates, rejected } => Self::CandidatesMade { candidates, rejected },
            Event::TrialStarted { candidates, questions } => Self::TrialStarted { candidates, questions },
            Event::TrialFinished { candidates, fixed, broken, kept } => {
                Self::TrialFinished { candidates, fixed, broken, kept }
            }
            Event::RoundFinished { round, rounds, correct, total } => {
                Self::RoundFinished { round, rounds, correct, total }
            }
            Event::ChangeApplied { id, status } => Self::ChangeApplied { id, status },
            Event::Note { message } => Self::Note { message },
            Event::Warning { message } => Self::Warning { message },
        }
    }
}

impl From<LineForm> for LineBody {
    fn from(form: LineForm) -> Self {
        Self::Event(match form {
            LineForm::Started { format_version: _, command, run, tool_version } => {
                return Self::Started { command, run, tool_version };
            }
            LineForm::Summary { status, exit_code, message, plan_id, data } => {
                return Self::Summary(RunSummary { status, exit_code, message, plan_id, data });
            }
            LineForm::PhaseStarted { phase, message } => Event::PhaseStarted { phase: phase.into(), message },
            LineForm::ScoringStarted { what, total } => Event::ScoringStarted { what, total },
            LineForm::Estimated { cost, cached } => Event::Estimated { cost, cached },
            LineForm::Spent { cost } => Event::Spent { cost },
            LineForm::GoldFinding { id, code, message } => Event::GoldFinding { id, code, message },
            LineForm::QuestionAsked { id, question } => Event::QuestionAsked { id, question },
            LineForm::QuestionScored { id, outcome, reason, cached, done, total } => {
                Event::QuestionScored { id, outcome: outcome.into(), reason, cached, done, total }
            }
            LineForm::ScoringFinished { what, correct, total } => Event::ScoringFinished { what, correct, total },
            LineForm::Breaker { state } => Event::Breaker { state },
            LineForm::Waiting { why, seconds } => Event::Waiting { why, seconds },
            LineForm::PatternsLearnt { patterns } => Event::PatternsLearnt { patterns },
            LineForm::CandidatesMade { candidates, rejected } => Event::CandidatesMade { candidates, rejected },
            LineForm::TrialStarted { candidates, questions } => Event::TrialStarted { candidates, questions },
            LineForm::TrialFinished { candidates, fixed, broken, kept } => {
                Event::TrialFinished { candidates, fixed, broken, kept }
            }
            LineForm::RoundFinished { round, rounds, correct, total } => {
                Event::RoundFinished { round, rounds, correct, total }
            }
            LineForm::ChangeApplied { id, status } => Event::ChangeApplied { id, status },
            LineForm::Note { message } => Event::Note { message },
            LineForm::Warning { message } => Event::Warning { message },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Outcome, Phase};

    #[test]
    fn lines_read_back_and_begin_with_seq_and_ts() {
        let bodies = [
            LineBody::Started { command: "plan".into(), run: "r".into(), tool_version: "0.1.0".into() },
            LineBody::Event(Event::PhaseStarted { phase: Phase::Prove, message: "a\nb".into() }),
            LineBody::Event(Event::QuestionScored {
                id: "q".into(),
                outcome: Outcome::NoSql,
                reason: "ASKS_BACK".into(),
                cached: false,
                done: 1,
                total: 2,
            }),
            LineBody::Summary(RunSummary { status: "ok".into(), data: json!({"changes": 2}), ..RunSummary::default() }),
        ];
        for (seq, body) in bodies.into_iter().enumerate() {
            let line = EventLine { seq: seq as u64, ts: "2026-01-01T00:00:00Z".into(), body };
            let text = event_to_json(&line);
            assert!(text.starts_with(&format!("{{\"seq\":{seq},\"ts\":")) && text.matches('\n').count() == 1, "{text}");
            assert_eq!(event_from_json(&text), Ok(line));
        }
    }
}
