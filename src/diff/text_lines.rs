//! Lines of a text instruction, addressed by section heading and line.

/// The lines of one section: its heading (if it has one) and the line numbers of its body.
struct Section {
    heading: Option<usize>,
    body: std::ops::Range<usize>,
}

/// True if `line` stands in `section`. Space at the end of a line does not count.
pub(super) fn contains(text: &str, section: &str, line: &str) -> bool {
    let lines: Vec<&str> = text.lines().collect();
    find(&lines, section).is_some_and(|found| lines[found.body].iter().any(|have| have.trim_end() == line.trim_end()))
}

/// Puts `line` at the end of `section`, which is made at the end of the text if it is not there.
pub(super) fn insert(text: &str, section: &str, line: &str) -> String {
    let mut lines: Vec<&str> = text.lines().collect();
    let heading = format!("## {section}");
    match find(&lines, section) {
        Some(found) => {
            let filled = lines[found.body.clone()].iter().rposition(|have| !have.trim().is_empty());
            lines.insert(found.body.start + filled.map_or(0, |last| last + 1), line);
        }
        None => {
            if lines.last().is_some_and(|last| !last.trim().is_empty()) {
                lines.push("");
            }
            lines.extend([heading.as_str(), line]);
        }
    }
    finish(&lines, text.is_empty() || text.ends_with('\n'))
}

/// Takes `line` out of `section`, and the heading with it when the section is empty then.
pub(super) fn remove(text: &str, section: &str, line: &str) -> Option<String> {
    let mut lines: Vec<&str> = text.lines().collect();
    let found = find(&lines, section)?;
    let offset = lines[found.body.clone()].iter().position(|have| have.trim_end() == line.trim_end())?;
    lines.remove(found.body.start + offset);
    let rest = found.body.start..found.body.end - 1;
    if let Some(heading) = found.heading
        && lines[rest.clone()].iter().all(|have| have.trim().is_empty())
    {
        let blank_before = usize::from(heading > 0 && lines[heading - 1].trim().is_empty());
        lines.drain(heading - blank_before..rest.end);
    }
    Some(finish(&lines, text.ends_with('\n')))
}

fn find(lines: &[&str], section: &str) -> Option<Section> {
    let is_heading = |line: &&str| line.starts_with('#');
    let heading = match section {
        "" => None,
        wanted => Some(lines.iter().position(|line| is_heading(line) && title(line) == wanted.trim())?),
    };
    let start = heading.map_or(0, |at| at + 1);
    let length = lines[start..].iter().position(is_heading);
    Some(Section { heading, body: start..length.map_or(lines.len(), |length| start + length) })
}

fn title(line: &str) -> &str {
    line.trim_start_matches('#').trim()
}

fn finish(lines: &[&str], with_end: bool) -> String {
    let mut text = lines.join("\n");
    if with_end && !text.is_empty() {
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_go_into_their_section_and_come_out_again() {
        let text = "Be brief.\n\n## Dates\n- Weeks start on Monday.\n\n## Money\n- Won.\n";
        let added = insert(text, "Dates", "- A year has 365 days.");
        assert_eq!(
            added,
            "Be brief.\n\n## Dates\n- Weeks start on Monday.\n- A year has 365 days.\n\n## Money\n- Won.\n"
        );
        assert!(contains(&added, "Dates", "- A year has 365 days."));
        assert!(!contains(&added, "Money", "- A year has 365 days."));
        assert_eq!(remove(&added, "Dates", "- A year has 365 days.").as_deref(), Some(text));
    }

    #[test]
    fn a_new_section_is_made_and_removed_with_its_last_line() {
        for text in ["Be brief.\n", "Be brief.", "", "## A\n- b\n"] {
            let added = insert(text, "Rules", "- One.");
            assert!(contains(&added, "Rules", "- One."), "{text:?}");
            assert_eq!(remove(&added, "Rules", "- One.").as_deref(), Some(text), "{text:?}");
        }
    }
}
