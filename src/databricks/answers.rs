//! A finished message into an answer.

use crate::model::Answer;
use crate::wire::{Message, QueryAttachment, QueryParameter};

/// Reads the attachments of a completed message. A query wins over words; among several queries
/// the last one is the answer, the others were steps towards it.
pub(super) fn answer_of(message: &Message) -> Answer {
    let attachments = message.attachments.as_deref().unwrap_or_default();
    let mut queries = attachments.iter().filter_map(|attachment| attachment.query.as_ref());
    if let Some(query) = queries.rfind(|query| sql_of(query).is_some()) {
        return Answer::Sql {
            sql: sql_of(query).unwrap_or_default(),
            description: query.description.clone().unwrap_or_default(),
            thoughts: query.thoughts.iter().map(|thought| thought.content.clone()).collect(),
        };
    }
    // Texts of a phase are Genie thinking aloud, not its answer.
    let texts = || attachments.iter().filter_map(|a| a.text.as_ref()).filter(|text| text.phase.is_none());
    let text: Vec<&str> = texts().map(|text| text.content.as_str()).collect();
    let asks_back = texts().any(|text| text.purpose.as_deref() == Some("FOLLOW_UP_QUESTION"));
    Answer::Text { text: text.join("\n"), asks_back }
}

/// The SQL of the last query attachment, if there is one.
pub(super) fn last_sql(message: &Message) -> Option<String> {
    let attachments = message.attachments.as_deref().unwrap_or_default();
    attachments.iter().filter_map(|attachment| attachment.query.as_ref()).filter_map(sql_of).next_back()
}

/// The id of the last query attachment, where its result can be read.
pub(super) fn last_query_id(message: &Message) -> Option<String> {
    let attachments = message.attachments.as_deref().unwrap_or_default();
    let query = attachments.iter().rfind(|a| a.query.as_ref().is_some_and(|query| sql_of(query).is_some()))?;
    query.attachment_id.clone().or_else(|| query.query.as_ref().and_then(|query| query.id.clone()))
}

fn sql_of(query: &QueryAttachment) -> Option<String> {
    let sql = query.query.as_deref().filter(|sql| !sql.trim().is_empty())?;
    Some(inline_parameters(sql, &query.parameters))
}

/// Puts the values of a query's `:name` markers into its text, so that the answer runs on its
/// own. Markers in quotes and comments, and `::` casts, are left alone.
fn inline_parameters(sql: &str, parameters: &[QueryParameter]) -> String {
    if parameters.is_empty() {
        return sql.to_owned();
    }
    let mut out = String::with_capacity(sql.len());
    let mut rest = sql;
    while let Some(first) = rest.chars().next() {
        let taken = match first {
            '\'' | '"' | '`' => quoted(rest, first),
            '-' if rest.starts_with("--") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |end| end + 2),
            ':' if rest.starts_with("::") => 2,
            ':' => {
                let name: String = rest[1..].chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                if let Some(parameter) = parameters.iter().find(|parameter| parameter.keyword == name) {
                    out.push_str(&literal(parameter));
                    rest = &rest[1 + name.len()..];
                    continue;
                }
                1
            }
            other => other.len_utf8(),
        };
        out.push_str(&rest[..taken]);
        rest = &rest[taken..];
    }
    out
}

/// Length of the quoted text at the start, with its quotes.
fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        if !escaped && c == quote {
            return at + c.len_utf8();
        }
        escaped = !escaped && c == '\\' && quote != '`';
    }
    text.len()
}

fn literal(parameter: &QueryParameter) -> String {
    let Some(value) = &parameter.value else { return "NULL".to_owned() };
    let quoted = format!("'{}'", value.replace('\\', "\\\\").replace('\'', "\\'"));
    let sql_type = parameter.sql_type.as_deref().unwrap_or("STRING").to_uppercase();
    match sql_type.as_str() {
        "" | "STRING" => quoted,
        _ if value.parse::<f64>().is_ok_and(f64::is_finite) && !matches!(sql_type.as_str(), "DATE" | "TIMESTAMP") => {
            value.clone()
        }
        other if other.chars().all(|c| c.is_ascii_alphanumeric() || "_(),".contains(c)) => {
            format!("CAST({quoted} AS {other})")
        }
        _ => quoted,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn read(attachments: Value) -> Answer {
        answer_of(&serde_json::from_value(json!({"attachments": attachments})).unwrap())
    }

    #[test]
    fn queries_win_over_texts_and_questions_back_are_told_apart() {
        let sql = read(json!([{"suggested_questions":{"questions":["x"]}},
            {"text":{"content":"thinking","phase":"RESPONSE_PHASE_THINKING"}},
            {"attachment_id":"a","query":{"query":"SELECT 1","description":"d","thoughts":[{"content":"t"}]}},
            {"text":{"content":"One."}}]));
        assert_eq!(sql, Answer::Sql { sql: "SELECT 1".into(), description: "d".into(), thoughts: vec!["t".into()] });
        let back = read(json!([{"text":{"content":"Which year?","purpose":"FOLLOW_UP_QUESTION"}}]));
        assert_eq!(back, Answer::Text { text: "Which year?".into(), asks_back: true });
        assert_eq!(read(Value::Null), Answer::Text { text: String::new(), asks_back: false });
    }

    #[test]
    fn parameters_are_put_into_the_sql() {
        let answer = read(
            json!([{"query":{"query":"SELECT ':a', x::int -- :a\nFROM t WHERE a = :a AND n > :n AND d = :d AND z = :zz",
            "parameters":[{"keyword":"a","sql_type":"STRING","value":"it's"},{"keyword":"n","sql_type":"INT","value":"5"},
                          {"keyword":"d","sql_type":"DATE","value":"2025-01-01"}]}}]),
        );
        assert_eq!(
            answer.sql(),
            Some(
                "SELECT ':a', x::int -- :a\nFROM t WHERE a = 'it\\'s' AND n > 5 AND d = CAST('2025-01-01' AS DATE) AND z = :zz"
            )
        );
    }
}
