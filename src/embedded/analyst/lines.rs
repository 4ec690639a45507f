//! The text of an instruction line: sentences, the parts that may be SQL, clean terms.

/// Lines, and sentences of lines, without list marks and headings.
pub fn sentences(content: &str) -> Vec<String> {
    let mut found = Vec::new();
    for line in content.lines().take(2_000) {
        let line = line.trim().trim_start_matches(['-', '*', '•', '·']).trim();
        let line = line
            .trim_start_matches(|c: char| c.is_ascii_digit())
            .trim_start_matches([')'])
            .trim_start_matches(". ")
            .trim();
        if line.is_empty() || line.starts_with('#') || line.len() > 2_000 {
            continue;
        }
        found.extend(split_sentences(line));
    }
    found
}

/// At `. ` outside backticks and parentheses.
pub fn split_sentences(line: &str) -> Vec<String> {
    let (mut out, mut start, mut ticked, mut depth) = (Vec::new(), 0, false, 0_i32);
    let bytes = line.as_bytes();
    for (at, c) in line.char_indices() {
        match c {
            '`' => ticked = !ticked,
            '(' => depth += 1,
            ')' => depth -= 1,
            '.' | ';' if !ticked && depth <= 0 && bytes.get(at + 1).is_none_or(|next| *next == b' ') => {
                out.push(line[start..at].trim().to_owned());
                start = at + 1;
            }
            _ => {}
        }
    }
    out.push(line[start..].trim().to_owned());
    out.retain(|s| !s.is_empty());
    out
}

/// What may be SQL in a line: what stands in backticks, the whole, and what follows a lead word.
pub fn fragments(line: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let ticks: Vec<&str> = line.split('`').collect();
    if let (Some(first), Some(last)) = (line.find('`'), line.rfind('`')) {
        // Quoted names inside one condition: `a`.`b` = 'c'.
        found.extend(ticks.iter().skip(1).step_by(2).map(|s| (*s).to_owned()).filter(|s| s.contains([' ', '(', '='])));
        found.push(line[first..=last].to_owned());
        found.extend(ticks.iter().skip(1).step_by(2).map(|s| (*s).to_owned()));
    }
    let text = lower(line);
    for lead in [
        " where ",
        " filter by ",
        " filter on ",
        " filter ",
        " to ",
        " using ",
        " use ",
        " apply ",
        " include only ",
        " only include ",
        " exclude ",
        " that ",
        " with ",
        ": ",
    ] {
        let padded = format!(" {text}");
        if let Some(at) = padded.find(lead) {
            let from = (at + lead.len()).saturating_sub(1);
            found.extend(line.get(from..).map(trim_tail));
        }
    }
    found.push(trim_tail(line));
    found
}

/// Without the words that end a sentence.
pub fn trim_tail(text: &str) -> String {
    let mut rest = text.trim().trim_end_matches(['.', ';']);
    let small = rest.to_ascii_lowercase();
    for tail in [
        " by default",
        " unless",
        " in all queries",
        " in every query",
        " for all queries",
        " for every query",
        " when ",
        " 조건",
    ] {
        if let Some(at) = small.find(tail).filter(|at| *at < rest.len()) {
            rest = &rest[..at];
        }
    }
    rest.trim().to_owned()
}

pub fn lower(line: &str) -> String {
    // Byte offsets must stay: only ASCII is lowered.
    line.to_ascii_lowercase()
}

/// `ACP (average closing price)` has two names.
pub fn split_bracket(term: &str) -> Vec<String> {
    match term.split_once('(') {
        Some((head, rest)) => vec![head.to_owned(), rest.trim_end_matches([')', ' ']).to_owned()],
        None => vec![term.to_owned()],
    }
}

pub fn clean_term(term: &str) -> String {
    let bare = term.trim().trim_matches(['"', '\'', '`', '“', '”', '‘', '’', '*', ':']).trim();
    let lower = bare.to_lowercase();
    let mut rest = lower.as_str();
    for lead in ["the term ", "the word ", "the ", "a ", "an ", "any ", "all ", "calculate ", "compute ", "define "] {
        rest = rest.strip_prefix(lead).unwrap_or(rest).trim_matches(['"', '\'', '`', '“', '”', ' ']);
    }
    rest.to_owned()
}
