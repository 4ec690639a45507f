//! Do: everything the page can make happen, as plain forms. The script sends them in place; without
//! it they open a page with the reply.

use super::{Context, empty};
use crate::model::{Diagnostic, Plan, Severity};
use crate::ui::actions::{BenchmarkFile, Project};
use crate::ui::run::Run;
use crate::ui::show::{self, Tone};
use maud::{Markup, html};

pub fn view(context: &Context<'_>) -> Markup {
    let Some(csrf) = context.csrf else {
        return empty("A report is for reading; the dashboard is where things are done.");
    };
    let run = context.run;
    html! {
        div.do-grid {
            (start_stop(run, csrf))
            (approve(run, csrf))
            @if let Some(plan) = run.plan() { (select(plan, csrf)) }
            (benchmarks(context.project, csrf))
            (configuration(context.project, csrf))
        }
    }
}

fn token(csrf: &str) -> Markup {
    html! { input type="hidden" name="csrf" value=(csrf); }
}

fn start_stop(run: &Run, csrf: &str) -> Markup {
    let busy = run.status.is_busy();
    html! {
        div.card {
            h3 { "1 · Plan " (super::overview::status_chip(run)) }
            p.quiet { "Scores the space, learns, proves fixes on a shadow copy. The live space is not written." }
            form method="post" action="/do/start" data-live="" {
                (token(csrf))
                p { label { "Rounds, at most " input type="number" name="rounds" min="1" max="20" inputmode="numeric"
                    placeholder=(run.info.rounds.max(1)); } }
                p { label { input type="checkbox" name="fresh" value="yes"; " Ask every question anew (ignore the cache)" } }
                button.primary type="submit" disabled[busy] { "Start a plan" }
                output {}
            }
            form method="post" action="/do/stop" data-live="" {
                (token(csrf))
                button type="submit" disabled[!busy] { "Stop" }
                output {}
            }
        }
    }
}

fn approve(run: &Run, csrf: &str) -> Markup {
    let Some((plan, id)) = run.plan().zip(run.plan_id()).filter(|(plan, _)| has_work(plan)) else {
        return html! { div.card { h3 { "2 · Approve and apply" } (empty("A plan with changes is needed first.")) } };
    };
    let short = super::overview::short(id);
    html! {
        div.card {
            h3 { "2 · Approve and apply" }
            p { (show::count(plan.changes.len(), "change")) " to " b { (show::prose(&plan.base.title)) }
                ", verdict " b { (plan.verdict.as_str()) } ". Exactly these changes are written, in one request." }
            form method="post" action="/do/apply" data-live="" {
                (token(csrf))
                p { label { "Type the plan's short id " code { (show::text(short)) } " to approve"
                    input.id name="typed" autocomplete="off" autocapitalize="none" spellcheck="false" required
                        minlength="8" maxlength="64"; } }
                button.danger type="submit" disabled[run.status.is_busy()] { "Apply this plan" }
                output {}
            }
        }
    }
}

/// A plan without changes still creates a space that is only declared.
fn has_work(plan: &Plan) -> bool {
    !plan.changes.is_empty() || plan.base.space_id.is_none()
}

fn select(plan: &Plan, csrf: &str) -> Markup {
    html! {
        div.card.picking {
            h3 { "Pick single changes" }
            p.quiet { "Makes a new plan of the ticked changes. Changes that work only together stay together." }
            form method="post" action="/do/select" data-live="" {
                (token(csrf))
                ul.picks { @for change in &plan.changes {
                    li { label {
                        input type="checkbox" name="ids" value=(change.id) checked;
                        " " code { (show::text(&change.id)) } " " (show::told(&change.reason))
                    } }
                } }
                button type="submit" { "Make a plan of these" }
                output {}
            }
        }
    }
}

fn benchmarks(project: Option<&Project>, csrf: &str) -> Markup {
    let files = project.map_or(&[][..], |project| &project.benchmarks);
    html! {
        div.card.wide {
            h3 { "Benchmarks" }
            @if files.is_empty() { (empty("No benchmark file is declared.")) }
            ul.rows { @for file in files { li { (health(file)) } } }
            form method="post" action="/do/benchmarks" data-upload="" {
                (token(csrf))
                p { label { "Upload a file (YAML, JSON or Markdown, 2 MB at most) "
                    input type="file" name="file" accept=".yaml,.yml,.json,.md" data-file=""; } }
                details {
                    summary { "or paste it" }
                    p { label { "File name " input name="name" placeholder="more.yaml" maxlength="100" autocomplete="off"; } }
                    p { label { "Text " textarea name="text" rows="8" spellcheck="false" {} } }
                }
                button type="submit" { "Check and add" }
                output {}
            }
        }
    }
}

fn health(file: &BenchmarkFile) -> Markup {
    let errors = file.diagnostics.iter().filter(|found| found.is_error()).count();
    let warnings = file.diagnostics.len() - errors;
    html! {
        code { (show::text(&file.name)) } " " (show::count(file.questions, "question")) " "
        @if errors > 0 { (show::chip(Tone::Bad, &show::count(errors, "error"))) }
        @else if warnings > 0 { (show::chip(Tone::Warn, &show::count(warnings, "warning"))) }
        @else { (show::chip(Tone::Good, "healthy")) }
        @if !file.diagnostics.is_empty() { (diagnostics(&file.diagnostics)) }
    }
}

fn configuration(project: Option<&Project>, csrf: &str) -> Markup {
    let Some(project) = project else { return html! {} };
    html! {
        div.card.wide {
            h3 { "Configuration " code { (show::text(&project.config_path)) } }
            form method="post" action="/do/config" data-live="" {
                (token(csrf))
                label.sr for="config-text" { "Configuration text" }
                textarea id="config-text" name="text" rows="16" spellcheck="false" { (project.config) }
                p {
                    button type="submit" name="what" value="validate" { "Check" } " "
                    button type="submit" name="what" value="save" { "Check and save" }
                }
                output {}
            }
            @if !project.help.is_empty() {
                details { summary { "What the keys mean" } dl.facts { @for (key, meaning) in &project.help {
                    dt { code { (show::text(key)) } } dd { (show::prose(meaning)) }
                } } }
            }
        }
    }
}

/// Findings with their lines.
pub fn diagnostics(found: &[Diagnostic]) -> Markup {
    html! {
        ul.diagnostics { @for one in found { li {
            @let (tone, name) = match one.severity {
                Severity::Error => (Tone::Bad, "error"),
                Severity::Warning => (Tone::Warn, "warning"),
            };
            (show::chip(tone, name)) " " code { (show::text(&one.code)) } " " (show::prose(&one.message))
            @if let Some(span) = &one.span {
                div.quiet { (show::text(&span.file)) ":" (span.line) ":" (span.column) }
                pre.source {
                    span.line-number { (span.line) " │ " } (show::text(&span.text)) "\n"
                    span.line-number { (" ".repeat(span.line.to_string().len())) " │ " }
                    (" ".repeat(span.column.saturating_sub(1).min(400))) strong.bad { ("^".repeat(span.length.clamp(1, 400))) }
                }
            }
            @if let Some(help) = &one.help { div { "help: " (show::prose(help)) } }
        } } }
    }
}
