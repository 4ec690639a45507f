//! SARIF 2.1.0: findings and planned changes as annotations on declared files.

use super::escape::visible_line;
use super::facts::evidence_line;
use super::title::title;
use crate::format::pretty_sorted;
use crate::model::{Address, Diagnostic, Plan, Severity};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A plan's changes as notes on `file`, on the line where each element stands. An element that
/// is new is shown where the nearest element around it stands, or on the first line.
pub fn plan(plan: &Plan, file: &str, lines: &BTreeMap<Address, usize>) -> String {
    let results = plan.changes.iter().map(|planned| {
        let evidence = evidence_line(&planned.evidence, ", ");
        let name = title(&planned.change);
        let text = format!("{} {}: {} ({evidence})", planned.action, name, visible_line(&planned.reason));
        json!({
            "ruleId": planned.category.as_str(),
            "level": "note",
            "message": {"text": text},
            "locations": [location(file, line_of(&planned.change.address, lines), 1)],
            "partialFingerprints": {"address/v1": planned.change.address.to_string()},
        })
    });
    document(results.collect())
}

/// Diagnostics as errors and warnings.
pub fn diagnostics(findings: &[Diagnostic]) -> String {
    let results = findings.iter().map(|finding| {
        let level = match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        let help = finding.help.as_deref().map(|help| format!(" {help}")).unwrap_or_default();
        let spans = finding.span.iter().map(|span| location(&span.file, span.line, span.column));
        json!({
            "ruleId": finding.code,
            "level": level,
            "message": {"text": visible_line(&format!("{}{help}", finding.message))},
            "locations": spans.collect::<Vec<_>>(),
        })
    });
    document(results.collect())
}

fn line_of(address: &Address, lines: &BTreeMap<Address, usize>) -> usize {
    let segments = address.segments();
    let around = (1..=segments.len()).rev().map(|length| Address::from_segments(segments[..length].iter().cloned()));
    around.into_iter().find_map(|address| lines.get(&address).copied()).unwrap_or(1)
}

fn location(file: &str, line: usize, column: usize) -> Value {
    json!({"physicalLocation": {
        "artifactLocation": {"uri": file.replace('\\', "/")},
        "region": {"startLine": line.max(1), "startColumn": column.max(1)},
    }})
}

fn document(results: Vec<Value>) -> String {
    let mut rules: Vec<&str> = results.iter().filter_map(|result| result["ruleId"].as_str()).collect();
    rules.sort_unstable();
    rules.dedup();
    let rules: Vec<Value> = rules.into_iter().map(|id| json!({"id": id})).collect();
    let driver = json!({"name": "genie-enhance", "version": env!("CARGO_PKG_VERSION"), "rules": rules});
    pretty_sorted(&json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "results": results}],
    }))
}
