//! The views: each renders one part of the page from the run, and nothing else.

mod act;
mod apply;
mod failures;
mod fixes;
mod history;
mod overview;
mod rounds;
mod scoring;
mod space_changes;

use super::actions::{Past, Project};
use super::run::Run;
use maud::{Markup, html};

pub use act::diagnostics;
pub use failures::one as failure;
pub use scoring::log;

/// A view of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Overview,
    Scoring,
    Failures,
    Fixes,
    Apply,
    Changes,
    Rounds,
    History,
    Do,
}

impl Part {
    pub const ALL: [Self; 9] = [
        Self::Overview,
        Self::Scoring,
        Self::Failures,
        Self::Fixes,
        Self::Apply,
        Self::Changes,
        Self::Rounds,
        Self::History,
        Self::Do,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Overview => "overview",
            Self::Scoring => "scoring",
            Self::Failures => "failures",
            Self::Fixes => "fixes",
            Self::Apply => "apply",
            Self::Changes => "changes",
            Self::Rounds => "rounds",
            Self::History => "history",
            Self::Do => "do",
        }
    }

    pub fn title(self) -> &'static str {
        match self {
            Self::Overview => "Overview",
            Self::Scoring => "Scoring",
            Self::Failures => "Failures",
            Self::Fixes => "Fixes",
            Self::Apply => "Apply",
            Self::Changes => "Space changes",
            Self::Rounds => "Rounds",
            Self::History => "History",
            Self::Do => "Do",
        }
    }

    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|part| part.name() == name)
    }
}

/// A set of views.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parts(u16);

impl Parts {
    pub const NONE: Self = Self(0);
    pub const ALL: Self = Self((1 << Part::ALL.len()) - 1);

    pub fn of(parts: &[Part]) -> Self {
        Self(parts.iter().fold(0, |set, part| set | 1 << (*part as u16)))
    }

    pub fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub fn names(self) -> Vec<&'static str> {
        Part::ALL.into_iter().filter(|part| self.0 & (1 << (*part as u16)) != 0).map(Part::name).collect()
    }
}

/// What a view may show besides the run.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    pub run: &'a Run,
    pub history: &'a Past,
    pub project: Option<&'a Project>,
    /// The token that forms send back; none where nothing can be done, as in the report.
    pub csrf: Option<&'a str>,
}

impl Context<'_> {
    /// A report is read without a server: everything must be in it.
    pub fn is_report(&self) -> bool {
        self.csrf.is_none()
    }
}

/// The whole section of a view.
pub fn section(part: Part, context: &Context<'_>) -> Markup {
    let name = part.name();
    html! {
        section.view id=(name) aria-labelledby={ (name) "-h" } {
            h2 id={ (name) "-h" } tabindex="-1" { (part.title()) }
            (body(part, context))
        }
    }
}

fn body(part: Part, context: &Context<'_>) -> Markup {
    match part {
        Part::Overview => overview::view(context),
        Part::Scoring => scoring::view(context),
        Part::Failures => failures::view(context),
        Part::Fixes => fixes::view(context),
        Part::Apply => apply::view(context),
        Part::Changes => space_changes::view(context),
        Part::Rounds => rounds::view(context),
        Part::History => history::view(context),
        Part::Do => act::view(context),
    }
}

/// What stands where there is nothing yet.
fn empty(text: &str) -> Markup {
    html! { p.empty { (text) } }
}

/// A figure with its name.
fn tile(name: &str, figure: &str, note: &Markup) -> Markup {
    html! { div.tile { dt { (name) } dd { span.big { (figure) } " " span.under { (note) } } } }
}
