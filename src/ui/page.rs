//! The page around the views, and the small pages beside it.

use super::actions::{Past, Project};
use super::run::Run;
use super::show;
use super::views::{self, Context, Part};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest as _, Sha256};

pub const STYLE: &str = include_str!("assets/style.css");
pub const SCRIPT: &str = include_str!("assets/app.js");

/// The dashboard as a whole. `seq` is the newest entry that is in it: the script goes on from there.
pub fn dashboard(run: &Run, history: &Past, project: Option<&Project>, csrf: &str, seq: u64) -> Markup {
    let context = Context { run, history, project, csrf: Some(csrf) };
    html! {
        (DOCTYPE)
        html lang="en" {
            head { (head(&run.info.title)) link rel="stylesheet" href="/assets/style.css"; script src="/assets/app.js" {} }
            body data-seq=(seq) data-csrf=(csrf) {
                a.skip href="#overview" { "Skip to the overview" }
                (banner(run, true))
                (navigation(&Part::ALL))
                main id="main" { @for part in Part::ALL { (views::section(part, &context)) } }
                footer { a href="/report.html" download="report.html" { "Report as one file" } " · " a href="/log" { "All events" } }
                div id="connection" role="status" {}
            }
        }
    }
}

/// A page with one thing on it: a failure, the log, a reply.
pub fn small(title: &str, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head { (head(title)) link rel="stylesheet" href="/assets/style.css"; script src="/assets/app.js" {} }
            body {
                main.small id="main" { p { a href="/" { "← Dashboard" } } h1 { (show::prose(title)) } (body) }
            }
        }
    }
}

/// What the link with the token answers: the cookie is set, the page follows. The step in between
/// makes the browser send a strict cookie also when the link was opened from another site.
pub fn enter() -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" { head { (head("genie-enhance")) meta http-equiv="refresh" content="0; url=/"; } body { a href="/" { "Open the dashboard" } } }
    }
}

/// A report of the run as one file: all views, no script, nothing to fetch.
pub fn report(run: &Run) -> String {
    let context = Context { run, history: &Past::default(), project: None, csrf: None };
    let digest = STANDARD.encode(Sha256::digest(STYLE.as_bytes()));
    let policy = format!("default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'");
    let parts: Vec<Part> = Part::ALL.into_iter().filter(|part| !matches!(part, Part::History | Part::Do)).collect();
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta http-equiv="Content-Security-Policy" content=(policy);
                (head(&run.info.title))
                // The style sheet is ours and holds no `<`.
                style { (PreEscaped(STYLE)) }
            }
            body.report {
                (banner(run, false))
                (navigation(&parts))
                main id="main" { @for part in &parts { (views::section(*part, &context)) } }
            }
        }
    };
    page.into_string()
}

fn head(title: &str) -> Markup {
    let title = show::text(title);
    html! {
        meta charset="utf-8";
        meta name="viewport" content="width=device-width, initial-scale=1";
        meta name="color-scheme" content="light dark";
        title { @if title.is_empty() { "genie-enhance" } @else { (title) " · genie-enhance" } }
    }
}

fn banner(run: &Run, live: bool) -> Markup {
    html! {
        header.banner {
            div.brand {
                h1 { (show::prose(if run.info.title.is_empty() { "Genie space" } else { &run.info.title })) }
                p.quiet { "genie-enhance" @if !run.info.workspace.is_empty() { " · " (show::prose(&run.info.workspace)) }
                    @if run.info.demo { " · " b { "demo: a recorded run, nothing is written" } } }
            }
            @if live { button.theme type="button" data-theme-button="" hidden { "Theme" } }
        }
    }
}

fn navigation(parts: &[Part]) -> Markup {
    html! {
        nav.views aria-label="Views" { ul { @for part in parts {
            li { a href={ "#" (part.name()) } data-view=(part.name()) { (part.title()) } }
        } } }
    }
}
