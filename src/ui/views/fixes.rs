//! Fixes: what the plan changes and why, and what it does not and why not.

use super::{Context, empty};
use crate::model::{Category, ChangeEvidence, Plan, PlannedChange, Rejection, RejectionReason};
use crate::ui::chart::{self, Slice};
use crate::ui::difference;
use crate::ui::run::Run;
use crate::ui::show::{self, Tone};
use maud::{Markup, html};
use std::collections::BTreeMap;

pub const CATEGORIES: [Category; 6] = [
    Category::Metadata,
    Category::JoinSpecs,
    Category::SqlSnippets,
    Category::SampleQueries,
    Category::Instructions,
    Category::Other,
];

pub fn view(context: &Context<'_>) -> Markup {
    let run = context.run;
    let Some(plan) = run.plan() else { return so_far(run) };
    html! {
        div.fixes-head {
            div.card { (chart::donut("fixes-donut", "Changes by category", "change", &slices(plan))) }
            dl.tiles {
                (super::tile("Changes", &plan.changes.len().to_string(), &html! { (actions(plan)) }))
                (super::tile("Candidates tried", &plan.evidence.candidates_tried.to_string(),
                    &html! { (plan.rejections.len()) " rejected" }))
                (super::tile("Wins and losses", &format!("{} : {}", plan.evidence.wins, plan.evidence.losses), &html! {
                    @if let Some(p) = plan.evidence.p_value { "one-sided exact p " (if p < 0.0001 { "< 0.0001".to_owned() } else { format!("{p:.4}") }) } @else { "on the learn set" }
                }))
                (super::tile("Holdout", &format!("{} : {}", plan.evidence.holdout_wins, plan.evidence.holdout_losses),
                    &html! { "gain " (show::code(&plan.evidence.holdout)) }))
            }
        }
        @for category in CATEGORIES { (group(plan, category)) }
        (rejections(plan))
        @if !plan.evidence.notes.is_empty() {
            h3 { "Notes on the evidence" }
            ul { @for note in &plan.evidence.notes { li { (show::prose(note)) } } }
        }
    }
}

fn so_far(run: &Run) -> Markup {
    let Some((made, rejected)) = run.candidates else {
        return empty("Fixes are made from patterns once the base is scored.");
    };
    html! {
        dl.tiles {
            (super::tile("Patterns learnt", &run.patterns.unwrap_or_default().to_string(), &html! {}))
            (super::tile("Candidates", &made.to_string(), &html! { (rejected) " rejected before any trial" }))
            (super::tile("Trials", &run.trials.len().to_string(), &html! { "on the shadow" }))
        }
    }
}

fn slices(plan: &Plan) -> Vec<Slice> {
    let count = |category| plan.changes.iter().filter(|change| change.category == category).count();
    let all = CATEGORIES.into_iter().filter(|category| *category != Category::Other || count(*category) > 0);
    all.map(|category| Slice {
        name: show::category_name(category).to_owned(),
        class: format!("cat-{}", category.as_str()),
        amount: count(category),
    })
    .collect()
}

fn actions(plan: &Plan) -> String {
    let mut counts = BTreeMap::new();
    for change in &plan.changes {
        *counts.entry(change.action).or_insert(0_usize) += 1;
    }
    counts.iter().map(|(action, count)| format!("{count} {action}")).collect::<Vec<_>>().join(", ")
}

fn group(plan: &Plan, category: Category) -> Markup {
    let changes: Vec<_> = plan.changes.iter().filter(|change| change.category == category).collect();
    html! {
        @if !changes.is_empty() {
            h3 { span class={ "key cat-" (category.as_str()) } aria-hidden="true" {}
                (show::category_name(category)) " " span.badge { (changes.len()) } }
            @for change in changes { (item(change)) }
        }
    }
}

fn item(change: &PlannedChange) -> Markup {
    let fixes = change.evidence.fixes.len();
    html! {
        details.item id=(show::anchor("change", &change.id)) {
            summary {
                span.question { (show::told(&change.reason)) }
                span.meta {
                    (action_chip(change)) " " code { (show::text(&change.id)) }
                    @if fixes > 0 { " " (show::chip(Tone::Good, &format!("fixes {fixes}"))) }
                    @if !change.evidence.breaks.is_empty() {
                        " " (show::chip(Tone::Bad, &format!("breaks {}", change.evidence.breaks.len())))
                    }
                }
            }
            div.detail {
                p { (difference::place(&change.change)) }
                (difference::of(&change.change))
                (evidence(&change.evidence))
            }
        }
    }
}

pub fn action_chip(change: &PlannedChange) -> Markup {
    use crate::model::Action;
    let (sign, class) = match change.action {
        Action::Add => ("+", "add"),
        Action::Update => ("~", "update"),
        Action::Remove => ("−", "remove"),
    };
    html! { span class={ "chip action " (class) } { span.mark aria-hidden="true" { (sign) } " " (change.action) } }
}

fn evidence(evidence: &ChangeEvidence) -> Markup {
    let list = |ids: &[String]| ids.iter().map(|id| show::text(id)).collect::<Vec<_>>().join(", ");
    html! {
        dl.facts {
            dt { "Evidence" } dd { (show::chip(evidence_tone(evidence), &evidence.status.replace('-', " "))) }
            dt { "Support" } dd { (evidence.support) " question " @if evidence.support == 1 { "family" } @else { "families" } }
            @if !evidence.pattern.is_empty() { dt { "Patterns" } dd { code { (list(&evidence.pattern)) } } }
            @if !evidence.fixes.is_empty() { dt { "Fixes" } dd { code { (list(&evidence.fixes)) } } }
            @if !evidence.breaks.is_empty() { dt { "Breaks" } dd.bad { code { (list(&evidence.breaks)) } } }
            @if !evidence.group.is_empty() { dt { "Together with" } dd { code { (list(&evidence.group)) } } }
            dt { "From" } dd { (show::prose(&evidence.provenance)) }
        }
    }
}

fn evidence_tone(evidence: &ChangeEvidence) -> Tone {
    match evidence.status.as_str() {
        "measured" => Tone::Good,
        "declared" => Tone::Info,
        _ => Tone::Warn,
    }
}

pub fn rejection_name(reason: RejectionReason) -> &'static str {
    match reason {
        RejectionReason::NotGrounded => "not grounded",
        RejectionReason::Leak => "carries an answer",
        RejectionReason::Duplicate => "said already",
        RejectionReason::Limit => "over a limit",
        RejectionReason::HumanText => "over a person's words",
        RejectionReason::Conflict => "conflict",
        RejectionReason::NoEffect => "no effect",
        RejectionReason::Harm => "harm",
        RejectionReason::Idle => "not needed",
        RejectionReason::NotTried => "not tried",
        RejectionReason::Policy => "excluded by policy",
    }
}

fn rejections(plan: &Plan) -> Markup {
    let mut groups: BTreeMap<RejectionReason, Vec<&Rejection>> = BTreeMap::new();
    for rejection in &plan.rejections {
        groups.entry(rejection.reason).or_default().push(rejection);
    }
    html! {
        @if !groups.is_empty() {
            h3 { "Rejected candidates " span.badge { (plan.rejections.len()) } }
            @for (reason, list) in groups {
                details.item {
                    summary { span.question { (rejection_name(reason)) } span.meta { span.badge { (list.len()) } } }
                    ul.rows { @for rejection in list { li {
                        code { (show::text(&rejection.candidate.id)) } " " (show::told(&rejection.candidate.reason))
                        span.quiet { " — " (show::told(&rejection.detail)) }
                    } } }
                }
            }
        }
    }
}
