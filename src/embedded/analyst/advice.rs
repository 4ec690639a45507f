//! What people write beside a question: what its terms mean, and how to write the query.
//!
//! `… TSC … (TSC = total sales count)` defines a term, which is put in its place. `(Match all
//! strings with wildcards)` says how texts are compared. Other advice in brackets is about the
//! making of the query and asks for nothing.

/// A question without its asides.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Asked {
    pub text: String,
    /// Texts are compared by parts.
    pub partial: bool,
}

/// A definition is short: longer texts explain.
const MAX_TERM: usize = 6;

pub fn read(question: &str) -> Asked {
    let (mut text, mut asides) = without_brackets(question);
    if let Some((head, note)) = note(&text) {
        asides.push(note);
        text = head;
    }
    let mut partial = false;
    for aside in &asides {
        let lower = aside.to_lowercase();
        partial |= ["wildcard", "ilike", "partial match", "like operator"].iter().any(|w| lower.contains(w));
    }
    for (term, meaning) in asides.iter().flat_map(|a| definitions(a)) {
        text = replaced(&text, &term, &meaning);
    }
    Asked { text, partial }
}

/// The text without brackets that hold advice or definitions, and what they held.
fn without_brackets(question: &str) -> (String, Vec<String>) {
    let (mut text, mut asides, mut rest) = (String::new(), Vec::new(), question);
    while let Some(open) = rest.find('(') {
        let Some(close) = closing(&rest[open..]) else { break };
        let inside = &rest[open + 1..open + close];
        text.push_str(&rest[..open]);
        if is_aside(inside) {
            asides.push(inside.trim().to_owned());
        } else {
            text.push_str(&rest[open..=open + close]);
        }
        rest = &rest[open + close + 1..];
    }
    text.push_str(rest);
    (text, asides)
}

/// The place of the bracket that closes the first one.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0_i32;
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some(at);
        }
    }
    None
}

/// Whole sentences and definitions; not `(status 'open')`.
fn is_aside(inside: &str) -> bool {
    let words = inside.split_whitespace().count();
    let capital = inside.trim_start().chars().next().is_some_and(char::is_uppercase);
    words >= 4 && (capital || inside.trim_end().ends_with('.')) || inside.contains(" = ") && words >= 3
}

/// `… Note that revenue refers to …`.
fn note(text: &str) -> Option<(String, String)> {
    let lower = text.to_ascii_lowercase();
    let at =
        ["note that ", "note: ", "nb: "].iter().filter_map(|lead| lower.find(lead).map(|at| (at, lead.len()))).min()?;
    let head = text.get(..at.0)?.trim_end();
    let ends = head.ends_with(['.', '?', '!']);
    (ends && !head.is_empty()).then(|| (head.to_owned(), text[at.0 + at.1..].to_owned()))
}

/// `TERM = meaning`, `TERM refers to meaning`, `TERM (long name) = meaning`.
fn definitions(aside: &str) -> Vec<(String, String)> {
    const SIGNS: [&str; 7] =
        [" = ", " refers to ", " is defined as ", " means ", " stands for ", " is calculated as ", " is the "];
    let mut found = Vec::new();
    for sentence in aside.split(". ").flat_map(|s| s.split(';')) {
        let Some((at, sign)) = SIGNS.iter().filter_map(|s| sentence.find(s).map(|at| (at, *s))).min() else { continue };
        let (head, meaning) = (&sentence[..at], sentence[at + sign.len()..].trim().trim_end_matches('.'));
        let term = head.split('(').next().unwrap_or(head).trim().trim_matches(['"', '\'', '“', '”']);
        let short = !term.is_empty() && term.split_whitespace().count() <= MAX_TERM;
        let formula = meaning.contains(['(', '*']) || meaning.split_whitespace().count() > 12;
        let said = !meaning.is_empty() && !formula && !term.contains('_') && !meaning.eq_ignore_ascii_case("true");
        if short && said {
            found.push((term.to_owned(), meaning.to_lowercase()));
        }
    }
    found
}

/// The term as a whole word, replaced.
fn replaced(text: &str, term: &str, meaning: &str) -> String {
    let (lower, needle) = (text.to_ascii_lowercase(), term.to_ascii_lowercase());
    let (mut out, mut from) = (String::new(), 0);
    while let Some(at) = lower[from..].find(&needle).map(|at| at + from) {
        let end = at + needle.len();
        let word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        let whole = !word(text[..at].chars().next_back()) && !word(text[end..].chars().next());
        out.push_str(&text[from..at]);
        out.push_str(if whole { meaning } else { &text[at..end] });
        from = end;
    }
    out.push_str(&text[from..]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terms_are_put_in_place_and_advice_is_left_out() {
        let asked = read("What is the TSC in May? (TSC = Total Sales Count.)");
        assert_eq!(asked.text, "What is the total sales count in May? ");
        assert!(read("Which cafes are in Rome? (Match all strings using wildcard operators)").partial);
        assert_eq!(read("Orders (status 'open') per day").text, "Orders (status 'open') per day");
        assert_eq!(
            read("Top 3 agents by revenue. Note that revenue refers to the sum of price.").text,
            "Top 3 agents by the sum of price."
        );
        assert_eq!(read("A ( b").text, "A ( b");
    }
}
