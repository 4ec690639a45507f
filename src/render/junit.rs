//! Scorecards and plans as JUnit XML, for CI systems that show tests.

use super::escape::{visible_line, xml};
use super::title::title;
use crate::format::plan_id;
use crate::model::{GuardLevel, GuardOutcome, GuardStatus, Outcome, Plan, QuestionOutcome, Scorecard, ScoredQuestion};

/// A plan in three suites: its questions as they stand with it, its guards, and its verdict. An
/// advisory guard never fails a suite.
pub fn plan(plan: &Plan) -> String {
    let questions: Vec<String> = plan.questions.iter().map(question).collect();
    let guards: Vec<String> = plan.guards.iter().map(guard).collect();
    let names: Vec<String> = plan.changes.iter().map(|planned| title(&planned.change)).collect();
    let verdict = format!("{}: {}", plan.verdict.as_str(), visible_line(&plan.verdict_reason));
    let verdict = vec![format!(
        "    <testcase classname=\"plan\" name=\"{}\">\n      <system-out>{}</system-out>\n    </testcase>\n",
        plan_id(plan).short(),
        xml(&format!("{verdict}\n{}", names.join("\n")))
    )];
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n");
    for (name, cases) in [("questions", questions), ("guards", guards), ("verdict", verdict)] {
        let count = |mark: &str| cases.iter().filter(|case| case.contains(mark)).count();
        text.push_str(&format!(
            "  <testsuite name=\"{name}\" tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"{}\">\n{}  </testsuite>\n",
            cases.len(),
            count("\n      <failure "),
            count("\n      <skipped "),
            cases.concat()
        ));
    }
    text.push_str("</testsuites>\n");
    text
}

fn question(question: &QuestionOutcome) -> String {
    let head = format!("    <testcase classname=\"questions\" name=\"{}\"", xml(&visible_line(&question.id)));
    let was =
        if question.before == question.after { String::new() } else { format!(", was {}", question.before.as_str()) };
    let message = format!("{}{was}: {}", question.after.as_str(), xml(&visible_line(&question.reason_after)));
    match question.after {
        Outcome::Correct => format!("{head}/>\n"),
        outcome if outcome.counts() => {
            format!("{head}>\n      <failure type=\"{}\" message=\"{message}\"/>\n    </testcase>\n", outcome.as_str())
        }
        _ => format!("{head}>\n      <skipped message=\"{message}\"/>\n    </testcase>\n"),
    }
}

fn guard(guard: &GuardOutcome) -> String {
    let head = format!("    <testcase classname=\"guards\" name=\"{}\"", xml(&visible_line(&guard.rule)));
    let message = xml(&visible_line(&guard.message));
    match (guard.status, guard.level) {
        (GuardStatus::Passed, _) => format!("{head}/>\n"),
        (GuardStatus::Failed, GuardLevel::Mandatory | GuardLevel::Hard) => {
            format!("{head}>\n      <failure type=\"guard\" message=\"{message}\"/>\n    </testcase>\n")
        }
        (GuardStatus::Failed | GuardStatus::Waived, _) => {
            format!("{head}>\n      <skipped message=\"{message}\"/>\n    </testcase>\n")
        }
    }
}

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
