//! The forms of benchmark files.

use super::*;
use crate::config::yaml::Sources;
use crate::model::{ColumnPolicy, Diagnostic, Question, Space};
use serde_json::json;

fn read(name: &str, text: &str) -> (Vec<Question>, Vec<Diagnostic>) {
    let mut sources = Sources::default();
    let file = sources.add(name, text);
    let (placed, mut findings) = read_questions(&sources, file);
    findings.extend(check_suite(&placed, &sources));
    (placed.into_iter().map(|placed| placed.question).collect(), findings)
}

fn codes(findings: &[Diagnostic]) -> Vec<(&str, usize)> {
    findings.iter().map(|finding| (finding.code.as_str(), finding.span.as_ref().map_or(0, |span| span.line))).collect()
}

#[test]
fn every_key_of_a_question_is_read() {
    let (questions, findings) = read(
        "b.yaml",
        "questions:\n  - {id: a, question: 몇 개?, sql: SELECT 1, accepted: [SELECT 2], family: f, category: c, difficulty: easy,\n     \
         tags: [x], weight: 2, ordered: true, tolerance: 0.01, columns: reject_extra, percent_ok: true, protected: true, skip: why}\n",
    );
    assert_eq!(findings, []);
    let text = |text: &str| text.to_owned();
    let expected = Question {
        id: text("a"),
        question: text("몇 개?"),
        sql: text("SELECT 1"),
        accepted: vec![text("SELECT 2")],
        family: text("f"),
        category: text("c"),
        difficulty: text("easy"),
        tags: vec![text("x")],
        weight: 2.0,
        ordered: true,
        tolerance: Some(0.01),
        columns: ColumnPolicy::RejectExtra,
        percent_ok: true,
        protected: true,
        skip: Some(text("why")),
    };
    assert_eq!(questions, [expected]);
}

#[test]
fn older_json_forms_are_read() {
    let list = json!([
        {"id": "1", "question": "How many?", "korean_question": "몇 개?", "expected_sql": "SELECT 1", "category": "c", "difficulty": "easy"},
        {"id": 2, "question": "", "korean_question": "얼마? 😀", "expected_sql": "SELECT 2", "category": null},
    ]);
    for text in [list.to_string(), json!({"benchmarks": list}).to_string(), format!("{:#}", json!({"questions": list}))]
    {
        let (questions, findings) = read("b.json", &text);
        assert_eq!(findings, []);
        let found: Vec<_> =
            questions.iter().map(|q| (q.id.as_str(), q.question.as_str(), q.sql.as_str(), q.weight)).collect();
        assert_eq!(found, [("1", "How many?", "SELECT 1", 1.0), ("2", "얼마? 😀", "SELECT 2", 1.0)]);
    }
    let (questions, _) = read("b.json", r#"[{"id":"x","question":"\ud83d\ude00","sql":"SELECT 1"}]"#);
    assert_eq!(questions[0].question, "😀");
}

#[test]
fn markdown_is_read_with_ids_that_stay() {
    let text = "# Title\n\n## 1. First\n\n**Question:** How many\norders?\n\n```sql\nSELECT 1\n-- ## no heading\n```\n\n## 2. Half\n**Question:** And?\n";
    let (questions, findings) = read("b.md", text);
    assert_eq!(codes(&findings), [("GE0416", 13)]);
    assert_eq!(
        (questions[0].question.as_str(), questions[0].sql.as_str()),
        ("How many orders?", "SELECT 1\n-- ## no heading")
    );
    let moved = format!("## 0. Other\n**Question:** Why?\n```sql\nSELECT 2\n```\n{text}");
    let (again, _) = read("b.md", &moved);
    assert_eq!(again[1].id, questions[0].id);
    assert_ne!(again[0].id, questions[0].id);
}

#[test]
fn all_mistakes_of_a_file_are_told() {
    let (questions, findings) = read(
        "b.yaml",
        "- {id: a, question: Q one?, sql: SELECT 1}\n- {id: a, question: q  One, sql: SELECT 2, skipp: x}\n\
         - {id: b, question: ' ', sql: ''}\n- {question: x}\n- {id: d, question: q one, sql: select  1}\n\
         - {id: e, question: e, sql: '', skip: ''}\n- 5\n",
    );
    assert_eq!(questions.len(), 5);
    for expected in [
        ("GE0401", 2),
        ("GE0411", 2),
        ("GE0414", 2),
        ("GE0412", 3),
        ("GE0413", 3),
        ("GE0403", 4),
        ("GE0415", 6),
        ("GE0402", 7),
    ] {
        assert!(codes(&findings).contains(&expected), "{expected:?} in {findings:#?}");
    }
    assert_eq!(codes(&findings).iter().filter(|(code, _)| *code == "GE0414").count(), 1);
    let help = findings.iter().find(|finding| finding.code == "GE0411").and_then(|finding| finding.help.as_deref());
    assert_eq!(help, Some("first used at b.yaml:1:8"));
}

#[test]
fn what_is_no_list_of_questions_is_refused() {
    for text in ["a: 1", "5", "questions: 5", "version: 2\ndata_sources: {}\nbenchmarks: {questions: []}"] {
        let (_, findings) = read("b.yaml", text);
        assert_eq!(findings[0].code, "GE0404", "{text}");
    }
    assert_eq!(read("b.json", "[1,").1[0].code, "GE0101");
}

#[test]
fn a_spaces_own_questions_make_a_suite() {
    let space = Space::from_document(json!({"version": 2, "benchmarks": {"questions": [
        {"id": "1", "question": ["a\n", "b"], "answer": [{"format": "SQL", "content": ["SELECT\n", "1"]}]},
        {"id": "2", "question": ["c"]}]}}));
    let suite = suite_of_space(&space.expect("a space"));
    assert_eq!((suite.questions[0].question.as_str(), suite.questions[0].sql.as_str()), ("a\nb", "SELECT\n1"));
    assert!(suite.questions[0].skip.is_none() && suite.questions[1].skip.is_some());
}
