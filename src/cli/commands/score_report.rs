//! What `score` says beside the scorecard: repeats, cost, the workspace's own rating, the health
//! of the benchmarks, and the comparison of two runs.

use crate::format::{pretty_sorted, scorecard_to_json};
use crate::model::{Cost, Question, Scorecard};
use crate::ops::{Claim, GoldFinding, NativeRun, Paired, Rated, Repeated};
use crate::stats::{Member, families, wilson};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What there is to say beside the scorecards.
pub struct Report<'a> {
    pub repeated: Option<&'a Repeated>,
    pub native: Option<&'a NativeRun>,
    pub cost: &'a Cost,
    pub by_question: &'a BTreeMap<String, Cost>,
    /// Questions that a space which says nothing answers right every time.
    pub too_easy: &'a [String],
}

pub fn json(cards: &[Scorecard], report: &Report<'_>) -> String {
    let card = |card: &Scorecard| serde_json::from_str::<Value>(&scorecard_to_json(card)).unwrap_or_default();
    pretty_sorted(&json!({
        "scorecards": cards.iter().map(card).collect::<Vec<_>>(),
        "repeats": report.repeated,
        "native": report.native,
        "cost": report.cost,
        "cost_by_question": report.by_question,
        "too_easy": report.too_easy,
    }))
}

pub fn text(card: &Scorecard, report: &Report<'_>) -> String {
    let mut lines = Vec::new();
    if let Some(interval) = wilson(card.correct(), card.total()) {
        lines.push(format!("  95 % interval {} to {}", percent(interval.low), percent(interval.high)));
    }
    if let Some(repeated) = report.repeated {
        lines.extend(repeats(repeated));
    }
    if let Some(native) = report.native {
        lines.extend(rating(native));
    }
    if !report.too_easy.is_empty() {
        lines.push(format!("  too easy, right every time in a bare space: {}", report.too_easy.join(", ")));
    }
    lines.push(String::new());
    lines.push(cost(report.cost));
    let mut slow: Vec<(&str, f64)> =
        card.questions.iter().filter_map(|question| Some((question.id.as_str(), question.seconds?))).collect();
    slow.sort_by(|a, b| b.1.total_cmp(&a.1));
    if slow.len() > 1 && slow[0].1 >= 1.0 {
        let named: Vec<String> = slow.iter().take(3).map(|(id, seconds)| format!("{id} {seconds:.1} s")).collect();
        lines.push(format!("  longest answers: {}", named.join(", ")));
    }
    lines.extend(dearest(report.by_question));
    lines.join("\n")
}

/// The questions that cost most: in money where prices are declared, else in time on the warehouse
/// and at the model.
fn dearest(by_question: &BTreeMap<String, Cost>) -> Option<String> {
    let mut all: Vec<(&String, &Cost)> = by_question.iter().collect();
    all.sort_by(|(_, a), (_, b)| {
        let by_usd = b.usd.total_cmp(&a.usd);
        by_usd.then_with(|| b.tokens.cmp(&a.tokens)).then_with(|| b.sql_seconds.total_cmp(&a.sql_seconds))
    });
    let told = |(id, cost): &(&String, &Cost)| {
        let tokens = if cost.tokens > 0 { format!(", {} tokens", cost.tokens) } else { String::new() };
        let money = if cost.usd > 0.0 { format!(", {:.4} USD", cost.usd) } else { String::new() };
        format!("{id} ({} statements in {:.1} s{tokens}{money})", cost.statements, cost.sql_seconds)
    };
    let is_dear = |(_, cost): &&(&String, &Cost)| cost.usd > 0.0 || cost.tokens > 0 || cost.sql_seconds >= 1.0;
    let named: Vec<String> = all.iter().filter(is_dear).take(3).map(told).collect();
    (!named.is_empty()).then(|| format!("  dearest questions: {}", named.join(", ")))
}

fn repeats(found: &Repeated) -> Vec<String> {
    let mut lines = vec![
        String::new(),
        format!("Repeats: {} times", found.repeats),
        format!(
            "  {} of all answers are right; all {} answers to a question (pass^{}): {}",
            percent(found.share),
            found.repeats,
            found.repeats,
            percent(found.pass_all)
        ),
        format!("  {} firm, {} flaky, {} failing", found.firm.len(), found.flaky.len(), found.failing.len()),
    ];
    if let Some((low, high)) = found.interval {
        lines.insert(3, format!("  95 % interval {} to {}", percent(low), percent(high)));
    }
    lines.extend(
        found.flaky.iter().map(|flaky| format!("  flaky: {} ({} of {} right)", flaky.id, flaky.right, flaky.runs)),
    );
    lines
}

fn rating(native: &NativeRun) -> Vec<String> {
    let apart: Vec<&Rated> = native.rated.iter().filter(|rated| rated.disagrees()).collect();
    let mut lines = vec![
        String::new(),
        format!(
            "Databricks' own rating (run {}, {}): {} of {} agree",
            native.run_id,
            native.status,
            native.rated.len() - apart.len(),
            native.rated.len()
        ),
    ];
    lines.extend(apart.iter().map(|rated| {
        let reasons = if rated.reasons.is_empty() { String::new() } else { format!(" ({})", rated.reasons.join(", ")) };
        format!("  {}: ours {}, theirs {}{reasons}, predicted {}", rated.id, rated.ours, rated.native, rated.predicted)
    }));
    if !native.without.is_empty() {
        lines.push(format!("  not among the space's own benchmarks: {}", native.without.join(", ")));
    }
    lines
}

fn cost(cost: &Cost) -> String {
    let mut parts = vec![
        format!("{} questions asked", cost.questions),
        format!("{} statements ({:.1} s)", cost.statements, cost.sql_seconds),
    ];
    if cost.dbu > 0.0 {
        parts.push(format!("at most {:.3} DBU", cost.dbu));
    }
    if cost.tokens > 0 {
        parts.push(format!("{} tokens", cost.tokens));
    }
    if cost.usd > 0.0 {
        parts.push(format!("{:.2} USD", cost.usd));
    }
    parts.push(format!("{:.1} s", cost.seconds));
    format!("Cost: {}", parts.join(", "))
}

/// The findings by question, and the families.
pub fn health(findings: &[GoldFinding], questions: &[&Question]) -> String {
    let faults = findings.iter().filter(|finding| finding.fault).count();
    let mut lines: Vec<String> = findings
        .iter()
        .map(|finding| {
            let sign = if finding.fault { "fault" } else { "hint " };
            format!("{sign}  {}  {}: {}", finding.id, finding.code, finding.message)
        })
        .collect();
    let members: Vec<Member> = questions
        .iter()
        .map(|question| Member {
            id: question.id.clone(),
            family: question.family.clone(),
            sql: crate::sql::plain_form(&question.sql),
            ..Member::default()
        })
        .collect();
    let groups = families(&members);
    lines.push(format!(
        "{} questions in {} families: {faults} with a fault, {} hints",
        questions.len(),
        groups.len(),
        findings.len() - faults
    ));
    lines.extend(groups.iter().filter(|group| group.len() > 1).map(|group| format!("  family: {}", group.join(", "))));
    lines.join("\n")
}

pub fn comparison(found: &Paired) -> String {
    let gained = found.wins.len() as i64 - found.losses.len() as i64;
    let verdict = match found.verdict {
        Claim::Better => "the second is better",
        Claim::Worse => "the second is worse",
        Claim::NotShown => "no difference is shown",
    };
    let mut lines = vec![
        format!("{verdict} (exact two-sided p = {:.3})", found.p),
        format!("  {} won, {} lost, {} the same: {gained:+}", found.wins.len(), found.losses.len(), found.same),
    ];
    if let Some((low, high)) = found.interval {
        lines.push(format!("  95 % interval of the gain {} to {}", percent(low), percent(high)));
    }
    for (name, ids) in
        [("won", &found.wins), ("lost", &found.losses), ("flaky", &found.flaky), ("left out", &found.left_out)]
    {
        if !ids.is_empty() {
            lines.push(format!("  {name}: {}", ids.join(", ")));
        }
    }
    lines.join("\n")
}

fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}
