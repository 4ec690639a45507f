//! `scorecard.json`: the outcome of every question for one space content.

use super::enums::OutcomeForm;
use super::error::{FileKind, FormatError};
use super::json::{check_version, pretty_sorted, strict_value, typed};
use crate::model::{Answer, Cost, Digest, FirstDifference, Scorecard, ScoredQuestion, Verdict};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

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
    /// What the run used up in all; absent where nobody counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cost: Option<Cost>,
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
    /// What the question used up; absent where nobody counted, or it used up nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cost: Option<Cost>,
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
    written(form(card))
}

/// The scorecard as text, with what the run and each of its questions used up.
pub fn priced_scorecard_to_json(card: &Scorecard, all: &Cost, by_question: &BTreeMap<String, Cost>) -> String {
    let mut form = form(card);
    form.cost = Some(all.clone());
    for question in &mut form.questions {
        question.cost = by_question.get(&question.id).cloned();
    }
    written(form)
}

fn form(card: &Scorecard) -> ScorecardForm {
    ScorecardForm {
        format_version: SCORECARD_FORMAT_VERSION,
        space: card.space.clone(),
        correct: card.correct(),
        total: card.total(),
        questions: card.questions.iter().map(QuestionForm::from).collect(),
        cost: None,
    }
}

fn written(form: ScorecardForm) -> String {
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
            cost: None,
        }
    }
}

impl From<QuestionForm> for ScoredQuestion {
    fn from(form: QuestionForm) -> Self {
        let QuestionForm { id, outcome, reason, detail, notes, first_difference, native, answer, seconds, cost: _ } =
            form;
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
        assert_eq!(scorecard_from_json(&text), Ok(card.clone()));
        let lied = text.replace("\"correct\": 0", "\"correct\": 1");
        assert!(scorecard_from_json(&lied).is_err());
        let cost = Cost { questions: 1, tokens: 90, ..Cost::default() };
        let priced = priced_scorecard_to_json(&card, &cost, &BTreeMap::from([("q".to_owned(), cost.clone())]));
        assert_eq!(priced.matches("\"tokens\": 90").count(), 2, "of the run and of the question");
        assert_eq!(scorecard_from_json(&priced), Ok(card));
    }
}
