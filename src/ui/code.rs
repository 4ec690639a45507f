//! SQL on the page: highlighted, and two queries side by side with their differences marked.
//!
//! The lexer is total: an answer that no parser accepts is what people most want to look at.

use super::show;
use maud::{Markup, html};
use similar::{Algorithm, DiffTag, capture_diff_slices};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Space,
    Word,
    Keyword,
    Name,
    Text,
    Number,
    Comment,
    Sign,
}

#[derive(Clone, Copy, Debug)]
struct Token<'a> {
    kind: Kind,
    text: &'a str,
}

const KEYWORDS: &str = " ALL AND ANTI ANY AS ASC BETWEEN BY CASE CAST CROSS CURRENT_DATE CURRENT_TIMESTAMP DATE DAY \
    DAYS DESC DISTINCT ELSE END EXCEPT EXISTS EXTRACT FALSE FILTER FIRST FROM FULL GROUP HAVING ILIKE IN INNER INTERSECT \
    INTERVAL IS JOIN LAST LATERAL LEFT LIKE LIMIT MONTH MONTHS NOT NULL NULLS OFFSET ON OR ORDER OUTER OVER PARTITION \
    QUALIFY RANGE RIGHT RLIKE ROLLUP ROWS SELECT SEMI THEN TRUE UNION USING VALUES WEEK WEEKS WHEN WHERE WINDOW WITH \
    WITHIN YEAR YEARS ";

/// Longer queries are shown without marks: comparing them would hold up the page.
const MOST_TOKENS: usize = 4000;

fn tokens(sql: &str) -> Vec<Token<'_>> {
    let mut found = Vec::new();
    let mut rest = sql;
    while let Some(first) = rest.chars().next() {
        let kind = kind_of(first, rest);
        let length = length_of(kind, first, rest).clamp(first.len_utf8(), rest.len());
        let (text, after) = rest.split_at(length);
        let keyword = kind == Kind::Word && KEYWORDS.contains(&format!(" {} ", text.to_ascii_uppercase()));
        found.push(Token { kind: if keyword { Kind::Keyword } else { kind }, text });
        rest = after;
    }
    found
}

fn kind_of(first: char, rest: &str) -> Kind {
    match first {
        c if c.is_whitespace() => Kind::Space,
        '\'' | '"' => Kind::Text,
        '`' => Kind::Name,
        c if c.is_ascii_digit() => Kind::Number,
        c if c.is_alphabetic() || c == '_' => Kind::Word,
        _ if rest.starts_with("--") || rest.starts_with("/*") => Kind::Comment,
        _ => Kind::Sign,
    }
}

/// In bytes, always at a character's border.
fn length_of(kind: Kind, first: char, rest: &str) -> usize {
    let run = |inside: &dyn Fn(char) -> bool| rest.find(|c| !inside(c)).unwrap_or(rest.len());
    match kind {
        Kind::Space => run(&char::is_whitespace),
        Kind::Word | Kind::Keyword => run(&|c| c.is_alphanumeric() || c == '_'),
        Kind::Number => run(&|c| c.is_ascii_digit() || c == '.'),
        Kind::Text | Kind::Name => rest[1..].find(first).map_or(rest.len(), |end| end + 2),
        Kind::Comment if rest.starts_with("--") => rest.find('\n').unwrap_or(rest.len()),
        Kind::Comment => rest.find("*/").map_or(rest.len(), |end| end + 2),
        Kind::Sign => first.len_utf8(),
    }
}

fn paint(token: &Token<'_>) -> Markup {
    let class = match token.kind {
        Kind::Keyword => "kw",
        Kind::Name => "nm",
        Kind::Text => "st",
        Kind::Number => "nu",
        Kind::Comment => "co",
        Kind::Space | Kind::Word | Kind::Sign => "",
    };
    let text = show::text(token.text);
    html! { @if class.is_empty() { (text) } @else { span class=(class) { (text) } } }
}

/// Tokens, with one mark around each run of marked ones and the white space between them.
fn painted(tokens: &[Token<'_>], marks: &[bool]) -> Markup {
    let is_marked = |at: usize| marks.get(at).copied().unwrap_or(false);
    let mut runs: Vec<(bool, usize, usize)> = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let bridges = token.kind == Kind::Space && !token.text.contains('\n') && at > 0 && is_marked(at - 1);
        let marked = is_marked(at) || (bridges && is_marked(at + 1));
        match runs.last_mut() {
            Some((same, _, end)) if *same == marked => *end = at + 1,
            _ => runs.push((marked, at, at + 1)),
        }
    }
    html! { @for (marked, from, to) in runs {
        @if marked { mark { @for token in &tokens[from..to] { (paint(token)) } } }
        @else { @for token in &tokens[from..to] { (paint(token)) } }
    } }
}

/// One query, highlighted.
pub fn sql(query: &str) -> Markup {
    html! { pre.sql { code { @for token in tokens(query) { (paint(&token)) } } } }
}

/// The same word, whatever its case and quoting.
fn sense(token: &Token<'_>) -> String {
    match token.kind {
        Kind::Word | Kind::Keyword => token.text.to_lowercase(),
        Kind::Name => token.text.trim_matches('`').to_lowercase(),
        _ => token.text.to_owned(),
    }
}

/// Which tokens of each side have no counterpart on the other. White space and comments never
/// count.
fn differing(left: &[Token<'_>], right: &[Token<'_>]) -> (Vec<bool>, Vec<bool>) {
    let mut marks = (vec![false; left.len()], vec![false; right.len()]);
    if left.len().max(right.len()) > MOST_TOKENS {
        return marks;
    }
    let telling = |tokens: &[Token<'_>]| -> (Vec<usize>, Vec<String>) {
        let kept = tokens.iter().enumerate().filter(|(_, t)| !matches!(t.kind, Kind::Space | Kind::Comment));
        kept.map(|(at, token)| (at, sense(token))).unzip()
    };
    let ((left_at, left), (right_at, right)) = (telling(left), telling(right));
    for op in capture_diff_slices(Algorithm::Myers, &left, &right) {
        if op.tag() != DiffTag::Equal {
            op.old_range().for_each(|at| marks.0[left_at[at]] = true);
            op.new_range().for_each(|at| marks.1[right_at[at]] = true);
        }
    }
    marks
}

/// Gold and answer side by side; what only one of them has is marked.
pub fn side_by_side(gold: &str, answer: &str) -> Markup {
    let (left, right) = (tokens(gold), tokens(answer));
    let (left_marks, right_marks) = differing(&left, &right);
    html! {
        div.sides {
            (side("Gold SQL", "gold", &left, &left_marks))
            (side("Answered SQL", "answer", &right, &right_marks))
        }
    }
}

fn side(name: &str, class: &str, tokens: &[Token<'_>], marks: &[bool]) -> Markup {
    html! {
        figure class={ "side " (class) } {
            figcaption { (name) }
            pre.sql { code { (painted(tokens, marks)) } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lexer_loses_nothing() {
        for query in ["SELECT `한글` FROM a.b -- 끝\nWHERE x='a''b' /* open", "'", "\"é", "1.5e3%%\u{202e}", ""] {
            assert_eq!(tokens(query).iter().map(|t| t.text).collect::<String>(), query);
        }
    }

    #[test]
    fn only_real_differences_are_marked() {
        let same = side_by_side("select  A from `t`", "SELECT a\nFROM t").into_string();
        assert!(!same.contains("<mark"), "{same}");
        let other = side_by_side("SELECT a FROM t WHERE env = 'live'", "SELECT a FROM t").into_string();
        let marked = "<mark><span class=\"kw\">WHERE</span> env = <span class=\"st\">'live'</span></mark>";
        assert!(other.contains(marked), "{other}");
    }

    #[test]
    fn sql_is_escaped() {
        let shown = sql("SELECT '<script>alert(1)</script>'").into_string();
        assert!(!shown.contains("<script"), "{shown}");
    }
}
