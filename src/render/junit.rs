//! A scorecard as JUnit XML, for CI systems that show tests.

use super::escape::{visible_line, xml};
use crate::model::{Outcome, Scorecard, ScoredQuestion};

/// One test case for each question. What could not be asked is skipped, never failed.
pub fn scorecard(card: &Scorecard, suite_name: &str) -> String {
    let skipped = card.questions.iter().filter(|question| !question.verdict.outcome.counts()).count();
    let failed = card.total() - card.correct();
    let total: f64 = card.questions.iter().filter_map(|question| question.seconds).sum();
    let name = xml(&visible_line(suite_name));
    let counts = format!(
        "tests=\"{}\" failures=\"{failed}\" errors=\"0\" skipped=\"{skipped}\" time=\"{total:.3}\"",
        card.questions.len()
    );
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    text.push_str(&format!("<testsuites {counts}>\n  <testsuite name=\"{name}\" {counts}>\n"));
    for question in &card.questions {
        text.push_str(&case(question, &name));
    }
    text.push_str("  </testsuite>\n</testsuites>\n");
    text
}

fn case(question: &ScoredQuestion, suite: &str) -> String {
    let verdict = &question.verdict;
    let id = xml(&visible_line(&question.id));
    let head =
        format!("    <testcase classname=\"{suite}\" name=\"{id}\" time=\"{:.3}\"", question.seconds.unwrap_or(0.0));
    let (reason, detail) = (xml(&visible_line(&verdict.reason)), xml(&visible_line(&verdict.detail)));
    match verdict.outcome {
        Outcome::Correct => format!("{head}/>\n"),
        Outcome::NotRun | Outcome::BadGold => {
            format!("{head}>\n      <skipped message=\"{reason}: {detail}\"/>\n    </testcase>\n")
        }
        outcome => {
            let difference = verdict
                .first_difference
                .as_ref()
                .map(|difference| xml(&format!("expected {}, answered {}", difference.expected, difference.actual)));
            format!(
                "{head}>\n      <failure type=\"{}\" message=\"{reason}: {detail}\">{}</failure>\n    </testcase>\n",
                outcome.as_str(),
                difference.unwrap_or_default()
            )
        }
    }
}
