//! `scorecard.json`: the outcome of every question for one space content.

use super::enums::OutcomeForm;
use super::error::{FileKind, FormatError};
use super::json::{check_version, pretty_sorted, strict_value, typed};
use crate::model::{Answer, Digest, FirstDifference, Scorecard, ScoredQuestion, Verdict};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub const SCORECARD_FORMAT_VERSION: u64 = 1;

/// A scored suite.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "genie-enhance scorecard")]
pub(super) struct ScorecardForm {
    format_version: u64,
    /// Canonical digest of the space that was asked.
    space: Digest,
    correct: usize,
    /// The denominator: every question whose outcome says something about the space.
    total: usize,
    questions: Vec<QuestionForm>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct QuestionForm {
    id: String,
    outcome: OutcomeForm,
    reason: String,
    detail: String,
    notes: Vec<String>,
    first_difference: Option<DifferenceForm>,
    /// What Databricks' own benchmark would say: `GOOD`, `BAD` or `NEEDS_REVIEW`.
    native: String,
    /// Null: the question was not run.
    answer: Option<AnswerForm>,
    /// Null: the answer came from the cache.
    seconds: Option<f64>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct DifferenceForm {
    row: Option<usize>,
    column: Option<String>,
    expected: String,
    actual: String,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", tag = "kind", deny_unknown_fields)]
enum AnswerForm {
    Sql { sql: String, description: String, thoughts: Vec<String> },
    Text { text: String, asks_back: bool },
    Failed { error_type: String, message: String },
}

/// The scorecard as text.
pub fn scorecard_to_json(card: &Scorecard) -> String {
    let form = ScorecardForm {
        format_version: SCORECARD_FORMAT_VERSION,
        space: card.space.clone(),
        correct: card.correct(),
        total: card.total(),
        questions: card.questions.iter().map(QuestionForm::from).collect(),
    };
    // The form has string keys and plain values only, so this cannot fail.
    pretty_sorted(&serde_json::to_value(form).unwrap_or_default())
}

pub fn scorecard_from_json(text: &str) -> Result<Scorecard, FormatError> {
    let kind = FileKind::Scorecard;
    check_version(kind, &strict_value(kind, text)?, SCORECARD_FORMAT_VERSION)?;
    let form: ScorecardForm = typed(kind, text)?;
    let card =
        Scorecard { space: form.space, questions: form.questions.into_iter().map(ScoredQuestion::from).collect() };
    if (card.correct(), card.total()) != (form.correct, form.total) {
        let message = format!(
            "it says {} of {} and its questions give {} of {}",
            form.correct,
            form.total,
            card.correct(),
            card.total()
        );
        return Err(FormatError::value(kind, message));
    }
    Ok(card)
}

impl From<&ScoredQuestion> for QuestionForm {
    fn from(question: &ScoredQuestion) -> Self {
        let ScoredQuestion { id, answer, verdict, seconds } = question.clone();
        let Verdict { outcome, reason, detail, notes, first_difference, native } = verdict;
        Self {
            id,
            outcome: outcome.into(),
            reason,
            detail,
            notes,
            first_difference: first_difference.map(DifferenceForm::from),
            native,
            answer: answer.map(AnswerForm::from),
            seconds,
        }
    }
}

impl From<QuestionForm> for ScoredQuestion {
    fn from(form: QuestionForm) -> Self {
        let QuestionForm { id, outcome, reason, detail, notes, first_difference, native, answer, seconds } = form;
        let first_difference = first_difference.map(FirstDifference::from);
        let verdict = Verdict { outcome: outcome.into(), reason, detail, notes, first_difference, native };
        Self { id, answer: answer.map(Answer::from), verdict, seconds }
    }
}

impl From<FirstDifference> for DifferenceForm {
    fn from(difference: FirstDifference) -> Self {
        let FirstDifference { row, column, expected, actual } = difference;
        Self { row, column, expected, actual }
    }
}

impl From<DifferenceForm> for FirstDifference {
    fn from(form: DifferenceForm) -> Self {
        let DifferenceForm { row, column, expected, actual } = form;
        Self { row, column, expected, actual }
    }
}

impl From<Answer> for AnswerForm {
    fn from(answer: Answer) -> Self {
        match answer {
            Answer::Sql { sql, description, thoughts } => Self::Sql { sql, description, thoughts },
            Answer::Text { text, asks_back } => Self::Text { text, asks_back },
            Answer::Failed { error_type, message } => Self::Failed { error_type, message },
        }
    }
}

impl From<AnswerForm> for Answer {
    fn from(form: AnswerForm) -> Self {
        match form {
            AnswerForm::Sql { sql, description, thoughts } => Self::Sql { sql, description, thoughts },
            AnswerForm::Text { text, asks_back } => Self::Text { text, asks_back },
            AnswerForm::Failed { error_type, message } => Self::Failed { error_type, message },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Outcome, digest_text};

    #[test]
    fn what_is_written_reads_back() {
        let verdict = Verdict {
            outcome: Outcome::Incorrect,
            reason: "VALUES_DIFFER".into(),
            detail: "row 1 differs".into(),
            notes: vec!["ROUNDED".into()],
            first_difference: Some(FirstDifference {
                row: Some(1),
                column: Some("매출".into()),
                expected: "1".into(),
                actual: "2".into(),
            }),
            native: "BAD".into(),
        };
        let answer = Answer::Sql { sql: "select 1".into(), description: String::new(), thoughts: vec![] };
        let card = Scorecard {
            space: digest_text("space"),
            questions: vec![ScoredQuestion { id: "q".into(), answer: Some(answer), verdict, seconds: Some(0.125) }],
        };
        let text = scorecard_to_json(&card);
        assert_eq!(scorecard_from_json(&text), Ok(card));
        let lied = text.replace("\"correct\": 0", "\"correct\": 1");
        assert!(scorecard_from_json(&lied).is_err());
    }
}
