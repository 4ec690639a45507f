//! Words, quoted texts and punctuation of a question, in order.

use super::words::fold;
use crate::text::{Script, is_hangul, normalise, strip_particles, tokens};

/// Longer questions are cut: nobody asks with so many words.
const MAX_CHARS: usize = 4_000;

#[derive(Clone, Debug)]
pub struct Tok {
    /// As written; without the quotes of a quoted text.
    pub text: String,
    pub lower: String,
    /// Comparable form.
    pub word: String,
    /// Comparable form with one more Korean particle off.
    pub stem2: String,
    /// Form to look up among the cues.
    pub cue: String,
    pub quoted: bool,
    pub possessive: bool,
    pub each: bool,
}

impl Tok {
    pub fn is_mark(&self) -> bool {
        !self.quoted && self.text.chars().next().is_none_or(|c| !c.is_alphanumeric())
    }

    /// Without `'s` and without Korean particles.
    pub fn plain(&self) -> &str {
        if self.quoted {
            return &self.text;
        }
        if self.text.chars().any(is_hangul) {
            return &self.word;
        }
        self.text.strip_suffix("'s").or_else(|| self.text.strip_suffix("’s")).unwrap_or(&self.text)
    }
}

pub fn tokenise(question: &str) -> Vec<Tok> {
    let cut: String = question.chars().take(MAX_CHARS).collect();
    let text = without_method(&normalise(&cut));
    let mut out = Vec::new();
    let mut rest = text.as_str();
    while let Some((before, inside, after)) = next_quoted(rest) {
        words(before, &mut out);
        out.push(quoted(inside));
        rest = after;
    }
    words(rest, &mut out);
    glue(out)
}

/// Without advice on how to write the query: `…, by doing a left join of A and B.`
fn without_method(text: &str) -> String {
    const ADVICE: [&str; 5] =
        [", by doing a", ", based on joining", ", by joining", ", using a join", " based on joining"];
    let lower = text.to_ascii_lowercase();
    match ADVICE.iter().filter_map(|lead| lower.find(lead)).min() {
        Some(from) => {
            let end = text[from..].find(['.', '?', ';']).map_or(text.len(), |at| from + at);
            format!("{}{}", &text[..from], &text[end..])
        }
        None => text.to_owned(),
    }
}

/// The next quoted text; an apostrophe inside a word opens nothing.
fn next_quoted(text: &str) -> Option<(&str, &str, &str)> {
    const PAIRS: [(char, char); 6] = [('"', '"'), ('\'', '\''), ('“', '”'), ('‘', '’'), ('„', '“'), ('`', '`')];
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        let pair = PAIRS.iter().find(|(open, _)| *open == c);
        if let Some((_, close)) = pair.filter(|_| !before.is_alphanumeric()) {
            let inner = &text[at + c.len_utf8()..];
            if let Some(end) = closing(inner, *close).filter(|end| *end > 0 && *end < 120) {
                let inside = inner[..end].trim().trim_end_matches(['.', ',', '?']);
                return Some((&text[..at], inside, &inner[end + close.len_utf8()..]));
            }
        }
        before = c;
    }
    None
}

fn closing(inner: &str, close: char) -> Option<usize> {
    inner.char_indices().filter(|(_, c)| *c == close).map(|(at, _)| at).find(|at| {
        let after = inner[at + close.len_utf8()..].chars().next();
        close != '\'' && close != '’' || after.is_none_or(|c| !c.is_ascii_alphanumeric())
    })
}

fn quoted(inside: &str) -> Tok {
    Tok {
        text: inside.to_owned(),
        lower: inside.to_lowercase(),
        word: String::new(),
        stem2: String::new(),
        cue: String::new(),
        quoted: true,
        possessive: false,
        each: false,
    }
}

fn words(text: &str, out: &mut Vec<Tok>) {
    let text = normalise(text);
    let mut end = 0;
    for token in tokens(&text) {
        marks(&text[end..token.start], out);
        end = token.start + token.text.len();
        let parts: Vec<&str> = token.text.split('_').filter(|part| !part.is_empty()).collect();
        out.extend(parts.into_iter().map(|part| word(part, token.script)));
    }
    marks(&text[end..], out);
}

fn marks(between: &str, out: &mut Vec<Tok>) {
    let mut chars = between.chars().peekable();
    while let Some(c) = chars.next() {
        let mut mark = c.to_string();
        if (c == '<' || c == '>') && chars.peek() == Some(&'=') {
            mark.push('=');
            chars.next();
        }
        if matches!(c, ',' | ';' | '.' | '?' | '!' | ':' | '<' | '>' | '=' | '-' | '~' | '/') {
            let text = if c == '~' { "-".to_owned() } else { mark };
            out.push(Tok {
                cue: text.clone(),
                lower: text.clone(),
                word: String::new(),
                stem2: String::new(),
                text,
                quoted: false,
                possessive: false,
                each: false,
            });
        }
    }
}

fn word(text: &str, script: Script) -> Tok {
    let lower = text.to_lowercase();
    let hangul = script == Script::Hangul;
    let mut folded = fold(text);
    let mut sorted = hangul && each_suffix(text, &folded);
    // `수를`, `수는`: the count noun is one syllable.
    if hangul
        && folded.chars().count() == 2
        && folded.starts_with('수')
        && folded.ends_with(['를', '는', '가', '의', '도', '와'])
    {
        folded = "수".to_owned();
    }
    // `성별로`: what is left of a word must not be one syllable.
    if sorted && folded.chars().count() == 1 && text.chars().nth(1) == Some('별') {
        folded = text.chars().take(2).collect();
        sorted = text.chars().count() > 2;
    }
    Tok {
        possessive: lower.ends_with("'s") || lower.ends_with("’s"),
        each: sorted,
        cue: if hangul { korean_cue(&lower, &folded) } else { lower.clone() },
        stem2: if hangul { one_less(&folded) } else { folded.clone() },
        word: folded,
        lower,
        text: text.to_owned(),
        quoted: false,
    }
}

fn each_suffix(text: &str, stem: &str) -> bool {
    let suffix = text.strip_prefix(stem).unwrap_or_default();
    !stem.is_empty() && (suffix.contains('별') || suffix.contains("마다"))
}

fn one_less(stem: &str) -> String {
    let last = stem.chars().last();
    let size = stem.chars().count();
    if size > 1 && last.is_some_and(|c| "은는이가을를의에로도와과만별".contains(c)) {
        return stem.chars().take(size - 1).collect();
    }
    stem.to_owned()
}

/// Verb endings of Korean requests, which all mean `show`.
const REQUESTS: [&str; 14] =
    ["알려", "보여", "무엇", "어떻", "구하", "구해", "찾아", "나열", "출력", "조회", "인가", "되나", "주세", "해주"];

fn korean_cue(lower: &str, stem: &str) -> String {
    if matches!(lower, "제일" | "젤") {
        return "가장".to_owned();
    }
    let known = super::cues::is_korean_cue_word;
    if known(lower) {
        return lower.to_owned();
    }
    let bare = strip_particles(stem);
    for form in [stem.to_owned(), one_less(lower), one_less(stem), bare] {
        if known(&form) {
            return form;
        }
    }
    const TAILS: [&str; 12] = ["인", "의", "인지", "이고", "이며", "한", "된", "로", "으로", "순으로", "에", "일"];
    let grown = super::cue_tables::KOREAN
        .iter()
        .map(|(phrase, _)| *phrase)
        .filter(|p| p.chars().count() >= 2 && !p.contains(' '));
    if let Some(found) =
        grown.filter(|p| lower.strip_prefix(p).is_some_and(|tail| TAILS.contains(&tail))).max_by_key(|p| p.len())
    {
        return found.to_owned();
    }
    if REQUESTS.iter().any(|lead| lower.starts_with(lead)) {
        return "알려줘".to_owned();
    }
    lower.to_owned()
}

/// Puts together what the tokeniser takes apart: `2023-01-31`, `2025년`, `1월`.
fn glue(toks: Vec<Tok>) -> Vec<Tok> {
    let mut out: Vec<Tok> = Vec::new();
    let mut at = 0;
    while at < toks.len() {
        let digits = |i: usize| {
            toks.get(i).is_some_and(|t| !t.quoted && !t.text.is_empty() && t.text.chars().all(|c| c.is_ascii_digit()))
        };
        let dash = |i: usize| toks.get(i).is_some_and(|t| t.text == "-");
        if digits(at) && toks[at].text.len() == 4 && dash(at + 1) && digits(at + 2) && dash(at + 3) && digits(at + 4) {
            let text = format!("{}-{}-{}", toks[at].text, toks[at + 2].text, toks[at + 4].text);
            out.push(word(&text, Script::Number));
            at += 5;
            continue;
        }
        let grouped =
            toks.get(at).is_some_and(|t| matches!(t.text.as_str(), "별" | "별로" | "마다" | "별로의" | "별로는"));
        if grouped && let Some(last) = out.last_mut().filter(|t| !t.is_mark()) {
            // `country별`: the particle groups by the Latin word before it.
            last.each = true;
            at += 1;
            continue;
        }
        let ordinal = toks.get(at + 1).filter(|t| matches!(t.text.as_str(), "st" | "nd" | "rd" | "th"));
        if let Some(ordinal) = ordinal.filter(|_| digits(at)) {
            out.push(word(&format!("{}{}", toks[at].text, ordinal.text), Script::Number));
            at += 2;
            continue;
        }
        let unit = toks.get(at + 1).and_then(|t| ["년", "분기", "월", "일"].into_iter().find(|u| is_unit(&t.text, u)));
        if let Some(unit) = unit.filter(|_| digits(at)) {
            out.push(word(&format!("{}{unit}", toks[at].text), Script::Number));
            at += 2;
            continue;
        }
        out.push(toks[at].clone());
        at += 1;
    }
    out
}

fn is_unit(text: &str, unit: &str) -> bool {
    const AFTER: [&str; 22] = [
        "", "부터", "까지", "에", "의", "은", "는", "도", "에는", "동안", "이후", "이전", "과", "와", "이랑", "랑",
        "하고", "이나", "만", "치", "간", "간의",
    ];
    text.strip_prefix(unit).is_some_and(|rest| AFTER.contains(&rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(question: &str) -> Vec<String> {
        tokenise(question).into_iter().map(|t| t.text).collect()
    }

    #[test]
    fn quotes_dates_and_marks() {
        assert_eq!(texts("the owner's 'New York' dog"), ["the", "owner's", "New York", "dog"]);
        assert_eq!(texts("since 2023-01-31, ok?"), ["since", "2023-01-31", ",", "ok", "?"]);
        assert_eq!(texts("2025년 1월 15일부터"), ["2025년", "1월", "15일"]);
        assert_eq!(texts("owners' dogs' names 'a'"), ["owners", "dogs", "names", "a"]);
        assert!(tokenise("").is_empty() && tokenise("'''\"🙂").len() < 3);
    }
}
