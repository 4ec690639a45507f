//! The two streams: stdout carries data, stderr carries progress and messages.

use super::args::{ColorChoice, Global};
use crate::format::inert_json;
use crate::render::{Detail, TerminalOptions};
use std::io::{IsTerminal, Write};

/// How to write, decided once.
#[derive(Clone, Copy, Debug)]
pub struct Output {
    pub color_out: bool,
    pub color_err: bool,
    /// Columns of the terminal; 100 where there is none.
    pub width: usize,
    /// A person watches stderr.
    pub interactive: bool,
    pub quiet: bool,
    /// Stdout carries one JSON document, also for a failure.
    pub json: bool,
    /// Stdout is somebody else's: a fleet tells about all of its projects at the end.
    pub muted: bool,
}

impl Output {
    pub fn of(global: &Global, json: bool) -> Self {
        let color = |terminal: bool| match global.color {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => terminal && wants_color(),
        };
        let interactive = std::io::stderr().is_terminal();
        Self {
            color_out: color(std::io::stdout().is_terminal()),
            color_err: color(interactive),
            width: terminal_width(),
            interactive,
            quiet: global.quiet,
            json,
            muted: false,
        }
    }

    /// The same without data.
    pub fn muted(self) -> Self {
        Self { muted: true, ..self }
    }

    /// How to render what goes to stdout.
    pub fn style(&self) -> TerminalOptions {
        TerminalOptions { width: self.width, color: self.color_out, unicode: is_utf8(), detail: Detail::Normal }
    }

    /// As [`Output::style`], with nothing folded or left out if `full`.
    pub fn style_with(&self, full: bool) -> TerminalOptions {
        TerminalOptions { detail: if full { Detail::Full } else { Detail::Normal }, ..self.style() }
    }

    /// How to render what goes to stderr.
    pub fn style_err(&self) -> TerminalOptions {
        TerminalOptions { color: self.color_err, ..self.style() }
    }

    /// Writes data. A reader that has gone away (`| head`) is no error.
    pub fn data(&self, text: &str) {
        if self.muted {
            return;
        }
        let text = &if self.json { inert_json(text) } else { text.to_owned() };
        let mut out = std::io::stdout().lock();
        let newline = if text.ends_with('\n') { "" } else { "\n" };
        let _ = write!(out, "{text}{newline}").and_then(|()| out.flush());
    }

    /// Writes a message for people.
    pub fn message(&self, text: &str) {
        let mut err = std::io::stderr().lock();
        let _ = writeln!(err, "{}", text.trim_end_matches('\n'));
    }
}

fn wants_color() -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !set("NO_COLOR") && std::env::var("TERM").map_or(true, |term| term != "dumb")
}

/// The locale's letters, as POSIX decides on them; where nothing is said, as on most CI machines,
/// UTF-8 is safe to write.
fn is_utf8() -> bool {
    let said = ["LC_ALL", "LC_CTYPE", "LANG"].iter().filter_map(|name| std::env::var(name).ok());
    said.into_iter().find(|value| !value.is_empty()).is_none_or(|value| {
        let value = value.to_lowercase();
        value.contains("utf") || !value.contains('.') && !matches!(value.as_str(), "ascii")
    })
}

fn terminal_width() -> usize {
    let columns = std::env::var("COLUMNS").ok().and_then(|text| text.parse().ok());
    let measured = || terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
    columns.or_else(measured).unwrap_or(100).clamp(40, 160)
}
