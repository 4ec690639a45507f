//! How a terminal rendering looks: width, colour, symbols, and laying text into lines.

use super::text_diff::Segment;
use owo_colors::{OwoColorize, Style as Paint};

/// What the terminal can do and how much is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TerminalOptions {
    pub width: usize,
    pub color: bool,
    /// False: ASCII only, for terminals that are not UTF-8. Content keeps its own letters.
    pub unicode: bool,
    pub detail: Detail,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// One line for each change.
    Concise,
    Normal,
    /// Nothing folded, and every rejection listed.
    Full,
}

impl Default for TerminalOptions {
    fn default() -> Self {
        Self { width: 100, color: false, unicode: true, detail: Detail::Normal }
    }
}

/// What a piece of text means; colour follows from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tone {
    Plain,
    Strong,
    Faint,
    Good,
    Bad,
    Warn,
}

impl TerminalOptions {
    pub(super) fn paint(&self, tone: Tone, text: &str) -> String {
        if !self.color || tone == Tone::Plain || text.is_empty() {
            return text.to_owned();
        }
        text.style(style(tone)).to_string()
    }

    /// A symbol or its ASCII stand-in.
    pub(super) fn symbol<'a>(&self, unicode: &'a str, ascii: &'a str) -> &'a str {
        if self.unicode { unicode } else { ascii }
    }

    pub(super) fn arrow(&self) -> &'static str {
        self.symbol("→", "->")
    }

    pub(super) fn dot(&self) -> &'static str {
        self.symbol(" · ", ", ")
    }

    /// Words laid into lines of the given width; the first line has `first` in front, the
    /// others as many spaces.
    pub(super) fn paragraph(&self, first: &str, text: &str) -> String {
        let indent = " ".repeat(width(first));
        let room = self.width.saturating_sub(indent.len()).max(20);
        let segment = Segment { text: text.to_owned(), strong: false };
        let mut shown = String::new();
        for (at, line) in wrap(&[segment], room).iter().enumerate() {
            shown.push_str(if at == 0 { first } else { &indent });
            shown.push_str(&line.iter().map(|segment| segment.text.as_str()).collect::<String>());
            shown.push('\n');
        }
        shown
    }

    /// Segments in a tone, the strong ones bold and underlined.
    pub(super) fn segments(&self, tone: Tone, segments: &[Segment]) -> String {
        let paint = |segment: &Segment| match (self.color, segment.strong) {
            (true, true) => segment.text.style(style(tone).bold().underline()).to_string(),
            _ => self.paint(tone, &segment.text),
        };
        segments.iter().map(paint).collect()
    }
}

fn style(tone: Tone) -> Paint {
    match tone {
        Tone::Plain => Paint::new(),
        Tone::Strong => Paint::new().bold(),
        Tone::Faint => Paint::new().dimmed(),
        Tone::Good => Paint::new().green(),
        Tone::Bad => Paint::new().red(),
        Tone::Warn => Paint::new().yellow(),
    }
}

/// Columns that a text takes: two for wide letters, none for combining ones.
pub(super) fn width(text: &str) -> usize {
    text.chars().map(char_width).sum()
}

fn char_width(c: char) -> usize {
    match c {
        '\u{300}'..='\u{36f}' | '\u{fe00}'..='\u{fe0f}' | '\u{1160}'..='\u{11ff}' => 0,
        '\u{1100}'..='\u{115f}'
        | '\u{2e80}'..='\u{303e}'
        | '\u{3041}'..='\u{a4cf}'
        | '\u{a960}'..='\u{a97c}'
        | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}'
        | '\u{fe30}'..='\u{fe6f}'
        | '\u{ff00}'..='\u{ff60}'
        | '\u{ffe0}'..='\u{ffe6}'
        | '\u{1f300}'..='\u{1faff}'
        | '\u{20000}'..='\u{3fffd}' => 2,
        _ => 1,
    }
}

/// A text cut to a number of columns, with `…` for what is left out.
pub(super) fn cut(text: &str, room: usize) -> String {
    if width(text) <= room {
        return text.to_owned();
    }
    let mut used = 1;
    let kept: String = text
        .chars()
        .take_while(|c| {
            used += char_width(*c);
            used <= room
        })
        .collect();
    format!("{}…", kept.trim_end())
}

/// Breaks a line at spaces where it can; a word that is longer than a line is cut.
pub(super) fn wrap(segments: &[Segment], room: usize) -> Vec<Vec<Segment>> {
    let letters: Vec<(char, bool)> =
        segments.iter().flat_map(|segment| segment.text.chars().map(|c| (c, segment.strong))).collect();
    let mut lines = Vec::new();
    let mut rest = &letters[..];
    loop {
        let (mut used, mut end, mut space) = (0, 0, None);
        while end < rest.len() && used + char_width(rest[end].0) <= room.max(2) {
            used += char_width(rest[end].0);
            if rest[end].0 == ' ' {
                space = Some(end);
            }
            end += 1;
        }
        if end == rest.len() {
            lines.push(join(rest));
            return lines;
        }
        // The blank that the line is broken at ends it.
        let at = if rest[end].0 == ' ' { end } else { space.filter(|at| *at > 0).unwrap_or(end) };
        lines.push(join(&rest[..at]));
        rest = &rest[at..];
        rest = if rest[0].0 == ' ' { &rest[1..] } else { rest };
    }
}

fn join(letters: &[(char, bool)]) -> Vec<Segment> {
    let mut segments: Vec<Segment> = Vec::new();
    for (c, strong) in letters {
        match segments.last_mut() {
            Some(last) if last.strong == *strong => last.text.push(*c),
            _ => segments.push(Segment { text: c.to_string(), strong: *strong }),
        }
    }
    segments
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_letters_take_two_columns() {
        assert_eq!(width("매출 a"), 6);
        assert_eq!(cut("매출 합계", 6), "매출…");
        let lines = wrap(&[Segment { text: "매출 합계 a-long-word".into(), strong: false }], 6);
        let texts: Vec<String> = lines.iter().map(|line| line.iter().map(|s| s.text.as_str()).collect()).collect();
        assert_eq!(texts, ["매출", "합계", "a-long", "-word"]);
    }
}
