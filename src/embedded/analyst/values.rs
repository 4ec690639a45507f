//! Values that a description lists: `possible values: a, b`, `bro=PUBG`, `(e.g., cash, check)`.

/// Values of a column as (stored value, words that name it).
pub fn described(description: &str) -> Vec<(String, String)> {
    let mut found = mapped(description);
    if found.is_empty() {
        found = listed(description);
    }
    found.truncate(200);
    found
}

/// `New=신규, Exist=기존` and `1: Sunday, 2: Monday`: every pair of a list of pairs.
fn mapped(description: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for part in description.split([',', ';', '\n', '，']) {
        let Some((left, right)) = part.split_once('=').or_else(|| part.split_once(" - ").filter(|_| false)) else {
            continue;
        };
        let value = clean(left.rsplit([':', '(']).next().unwrap_or(left));
        let name = clean(right.split(['(', ')', '.']).next().unwrap_or(right));
        if is_value(&value) && !name.is_empty() && name.chars().count() <= 40 && value.split(' ').count() <= 3 {
            found.push((value.clone(), name));
            found.push((value.clone(), value));
        }
    }
    found
}

/// Phrases after which values are listed.
const LEADS: [&str; 14] = [
    "possible values:",
    "possible values are",
    "values:",
    "one of:",
    "one of",
    "allowed values:",
    "e.g.,",
    "e.g.",
    "such as",
    "including",
    "예:",
    "값:",
    "z.b.",
    "werte:",
];

fn listed(description: &str) -> Vec<(String, String)> {
    let lower = description.to_lowercase();
    // Offsets of the two only agree where lowering keeps every length.
    let text = if lower.len() == description.len() { description } else { &lower };
    let lead = LEADS.iter().find_map(|lead| lower.find(lead).map(|at| at + lead.len()));
    let list = match lead {
        Some(from) => text.get(from..).unwrap_or_default(),
        None => match text.split_once(':') {
            Some((_, rest)) if rest.contains(" / ") => rest,
            _ => return Vec::new(),
        },
    };
    let list = list.split([')', ';', '\n']).next().unwrap_or_default();
    let list = list.split(". ").next().unwrap_or_default().trim_end_matches('.');
    let parts: Vec<String> = if list.contains(" / ") && !list.contains(',') {
        list.split(" / ").map(clean).collect()
    } else {
        list.split(',').map(|part| clean(part.trim().trim_start_matches("and ").trim_start_matches("or "))).collect()
    };
    parts.into_iter().filter(|part| is_value(part)).map(|part| (part.clone(), part)).collect()
}

fn clean(text: &str) -> String {
    text.trim().trim_matches(['\'', '"', '`', '“', '”', ' ', '.']).trim().to_owned()
}

fn is_value(text: &str) -> bool {
    !text.is_empty() && text.chars().count() <= 40 && text.split(' ').count() <= 4
}

/// A text as a SQL literal.
pub fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> Vec<String> {
        described(text).into_iter().map(|(value, _)| value).collect()
    }

    #[test]
    fn lists_in_descriptions() {
        assert_eq!(values("possible values: active, inactive"), ["active", "inactive"]);
        assert_eq!(values("Method of payment (e.g., cash, check)"), ["cash", "check"]);
        assert_eq!(values("플랫폼 대분류: PC / CONSOLE / MOBILE"), ["PC", "CONSOLE", "MOBILE"]);
        let pairs = described("유저 구분: New=신규, Return=복귀(14일 이상)");
        assert!(pairs.contains(&("New".into(), "신규".into())) && pairs.contains(&("Return".into(), "복귀".into())));
        assert!(values("The name of the city").is_empty());
    }
}
