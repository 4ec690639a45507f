//! Renderings against checked-in files; `UPDATE_EXPECT=1` writes them anew.

use super::*;
use crate::model::{GuardOutcome, QuestionOutcome};
use std::path::Path;

fn expect(name: &str, actual: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/expected/render").join(name);
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(&path, actual).expect("written");
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(expected == actual, "{name} differs; UPDATE_EXPECT=1 accepts this:\n{actual}");
}

/// Nothing that steers a terminal or hides text.
fn assert_inert(text: &str) {
    let bad = text.chars().find(|c| c.is_control() && *c != '\n');
    assert_eq!(bad, None);
    assert!(!text.contains('\u{202e}') && !text.lines().any(|line| line.trim_start().starts_with("::")));
}

#[test]
fn plan_for_the_terminal() {
    let plan = samples::plan();
    for (name, detail, unicode) in [
        ("plan.txt", Detail::Normal, true),
        ("plan-full-ascii.txt", Detail::Full, false),
        ("plan-concise.txt", Detail::Concise, true),
    ] {
        let options = TerminalOptions { detail, unicode, ..TerminalOptions::default() };
        let text = plan_terminal(&plan, Some(".genie-enhance/plans/1a2b3c4d.json"), &options);
        assert_inert(&text);
        expect(name, &text);
    }
}

#[test]
fn colour_adds_nothing_but_colour() {
    let options = TerminalOptions { color: true, ..TerminalOptions::default() };
    let coloured = plan_terminal(&samples::plan(), None, &options);
    assert!(coloured.contains("\u{1b}[32m"));
    let stripped = anstream::adapter::strip_str(&coloured).to_string();
    assert_eq!(stripped, plan_terminal(&samples::plan(), None, &TerminalOptions::default()));
}

#[test]
fn plan_as_a_comment() {
    let comment = plan_markdown(&samples::plan(), None);
    assert!(!comment.truncated);
    assert_inert(&comment.text);
    assert!(comment.text.starts_with("<!-- genie-enhance {\"v\":1,\"plan\":\"sha256:"), "{}", comment.text);
    expect("plan.md", &comment.text);
}

#[test]
fn a_comment_that_is_too_long_drops_whole_changes_and_says_so() {
    let mut plan = samples::plan();
    plan.changes = (0..40).flat_map(|_| plan.changes.clone()).collect();
    for change in &mut plan.changes {
        change.reason = "길다 ".repeat(200);
    }
    let comment = plan_markdown(&plan, Some("plans/x.json"));
    assert!(comment.truncated && comment.text.contains("\"truncated\":true"));
    assert!(comment.text.len() <= MAX_COMMENT_BYTES, "{}", comment.text.len());
    assert_eq!(comment.text.matches("<details>").count(), comment.text.matches("</details>\n").count());
}

#[test]
fn whatever_a_plan_holds_the_comment_keeps_its_size_and_its_marker() {
    let mut plan = samples::plan();
    let hostile = "--> </details> ``` @everyone ::error::x \u{1b}[2J\u{202e}\0 --!> ".repeat(4_000);
    plan.base.title = hostile.clone();
    plan.base.space_id = None;
    plan.verdict_reason = hostile.clone();
    plan.evidence.notes = vec![hostile.clone(); 200];
    let worse = QuestionOutcome { id: hostile.clone(), ..plan.questions[2].clone() };
    plan.questions.extend((0..200).map(|_| worse.clone()));
    let failed = GuardOutcome { message: hostile.clone(), rule: hostile, ..plan.guards[1].clone() };
    plan.guards.extend((0..200).map(|_| failed.clone()));
    let comment = plan_markdown(&plan, Some("plan.json")).text;
    assert_inert(&comment);
    assert!(comment.len() <= MAX_COMMENT_BYTES, "{}", comment.len());
    let first = comment.lines().next().expect("a line");
    let marker =
        first.strip_prefix("<!-- genie-enhance ").and_then(|rest| rest.strip_suffix(" -->")).expect("a marker");
    assert!(!marker.contains("--") && !marker.contains('>'), "{marker}");
    let marker: serde_json::Value = serde_json::from_str(marker).expect("JSON");
    assert_eq!(marker["plan"], format!("sha256:{}", crate::format::plan_id(&plan)));
}

#[test]
fn plan_as_test_cases() {
    let text = junit::plan(&samples::plan());
    assert_inert(&text);
    expect("plan.junit.xml", &text);
}

#[test]
fn scorecards_and_diagnostics() {
    let card = samples::scorecard();
    expect("scorecard.txt", &scorecard_terminal(&card, None, &TerminalOptions::default()));
    expect("scorecard.junit.xml", &junit::scorecard(&card, "매출 <분석>"));
    let findings = samples::diagnostics();
    expect("diagnostics.txt", &diagnostics_terminal(&findings, &TerminalOptions::default()));
    expect("diagnostics.sarif", &sarif::diagnostics(&findings));
    let orders = crate::model::Address::table("main.sales.orders");
    expect("plan.sarif", &sarif::plan(&samples::plan(), "space.yaml", &[(orders, 7)].into()));
}

#[test]
fn plan_as_a_page() {
    let page = plan_html(&samples::plan());
    assert_inert(&page);
    assert!(!page.contains("<script") && page.contains("&lt;/details&gt; @everyone"));
    expect("plan.html", &page);
}

#[test]
fn applies_and_states() {
    let summary = ApplySummary {
        plan_id: "3b12f2de08".into(),
        space: "매출 분석".into(),
        changes: vec![("c-01".into(), "equal".into()), ("c-02".into(), "lossy".into())],
        serial: 4,
        rollback: Some("genie-enhance rollback 3".into()),
    };
    let shown = applied_terminal(&summary, &TerminalOptions::default());
    assert!(shown.contains("✗ c-02  lossy") && shown.contains("rollback 3"), "{shown}");
    let state = crate::model::State::new("l".into(), "h".into());
    assert_eq!(state_terminal(&state, &TerminalOptions::default()), "Space none yet on h, serial 0, lineage l\n");
}
