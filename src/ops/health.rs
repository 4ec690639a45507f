//! The health of benchmarks: what their owner should know before questions are spent on them.

use super::gold::{Gold, unlimited};
use super::score::Scorer;
use crate::compare::{GoldFacts, Policy, Side, compare, policy_of};
use crate::model::{Cell, Decision, Event, Question, ResultSet};
use crate::sql::{SqlError, parse_query, plain_form, reads_clock, with_sort_keys};
use futures::future::join_all;
use std::collections::BTreeMap;

/// One thing about one question's gold.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct GoldFinding {
    pub id: String,
    /// Stable, such as `GOLD_EMPTY`.
    pub code: String,
    pub message: String,
    /// True if the question cannot be scored.
    pub fault: bool,
}

impl GoldFinding {
    fn hint(id: &str, code: &str, message: impl Into<String>) -> Self {
        Self { id: id.to_owned(), code: code.to_owned(), message: message.into(), fault: false }
    }
}

impl Scorer {
    /// Tells what can be seen of the questions without running anything.
    pub fn announce_findings(&self, questions: &[&Question]) {
        for GoldFinding { id, code, message, .. } in unread(questions, self.as_of.is_some()) {
            self.events.emit(Event::GoldFinding { id, code, message });
        }
    }

    /// Checks every gold, by looking and by running it twice. Asks no question.
    pub async fn check_golds(&self, questions: &[&Question]) -> Vec<GoldFinding> {
        let mut findings = unread(questions, self.as_of.is_some());
        let run = questions.iter().filter(|question| question.skip.is_none()).map(|question| self.check_gold(question));
        findings.extend(join_all(run).await.into_iter().flatten());
        let place: BTreeMap<&str, usize> =
            questions.iter().enumerate().map(|(at, question)| (question.id.as_str(), at)).collect();
        findings.sort_by_key(|finding| (place.get(finding.id.as_str()).copied(), !finding.fault));
        findings
    }

    async fn check_gold(&self, question: &Question) -> Vec<GoldFinding> {
        let gold = self.gold(question).await;
        let fault = |(code, message): &(String, String)| GoldFinding {
            id: question.id.clone(),
            code: code.clone(),
            message: message.clone(),
            fault: true,
        };
        if let Some(found) = &gold.fault {
            return vec![fault(found)];
        }
        let unsteady = self.unsteady(question, &gold).await;
        let mut findings: Vec<GoldFinding> = unsteady.iter().map(fault).collect();
        let Some((first, Side::Rows(rows))) = gold.accepted.first().map(|first| (first, &first.side)) else {
            return findings;
        };
        if rows.truncated {
            let message = "its result is too large to read; it is compared inside the warehouse".to_owned();
            findings.push(GoldFinding::hint(&question.id, "GOLD_LARGE", message));
        }
        if is_weak(rows) {
            let message = "its result is one small number or word, which wrong SQL gives easily as well";
            findings.push(GoldFinding::hint(&question.id, "GOLD_WEAK", message));
        }
        if self.is_tied(&first.sql, &first.facts.order_by, rows).await {
            let message = "rows are tied at its LIMIT, so that several results are right; sort by more columns";
            findings.push(GoldFinding::hint(&question.id, "GOLD_TIE", message));
        }
        findings
    }

    /// Runs the gold a second time: why it cannot be compared with, if the results differ. Ties
    /// at a limit may fall either way and are no fault.
    pub(super) async fn unsteady(&self, question: &Question, gold: &Gold) -> Option<(String, String)> {
        let found = gold.steady.get_or_init(|| async {
            let first = gold.accepted.first()?;
            if self.statements.was_steady(&first.sql) {
                return None;
            }
            let again = self.statements.run_now(&self.workspace, &first.sql).await;
            if !matches!(again, Side::Rows(_)) {
                return None;
            }
            if again == first.side {
                self.statements.remember_steady(&first.sql);
                return None;
            }
            let facts = GoldFacts {
                limit: first.facts.limit,
                answer_limit: first.facts.limit,
                order_by: first.facts.order_by.clone(),
                round_digits: first.facts.round_digits.clone(),
                ..GoldFacts::default()
            };
            let policy = Policy { ordered: false, ..policy_of(question, &facts) };
            let found = compare(&first.side, &again, &policy);
            let same =
                found.verdict == Decision::Match || matches!(found.reason.as_str(), "TIE_AT_LIMIT" | "TRUNCATED");
            if same || facts.hides_keys() && facts.limit.is_some() {
                return None;
            }
            let message = "the gold SQL gives another result when it is run again".to_owned();
            let (id, code) = (question.id.clone(), "GOLD_UNSTABLE".to_owned());
            self.events.emit(Event::GoldFinding { id, code: code.clone(), message: message.clone() });
            Some((code, message))
        });
        found.await.clone()
    }

    /// True if a row outside the limit has the same sort keys as the last one inside.
    async fn is_tied(&self, sql: &str, order_by: &[Option<usize>], rows: &ResultSet) -> bool {
        if order_by.is_empty() {
            return false;
        }
        let limit = rows.rows.len();
        let visible: Option<Vec<usize>> = order_by.iter().copied().collect();
        let (full, keys) = match visible {
            Some(keys) => (unlimited(&self.workspace, &self.statements, sql).await, keys),
            None => {
                let Some(sql) = with_sort_keys(sql) else { return false };
                let Side::Rows(full) = self.statements.run(&self.workspace, &sql).await else { return false };
                let width = full.columns.len();
                (Some(full), (width - order_by.len().min(width)..width).collect())
            }
        };
        let Some(full) = full else { return false };
        let pair = limit.checked_sub(1).and_then(|last| Some((full.rows.get(last)?, full.rows.get(limit)?)));
        pair.is_some_and(|(last, next)| keys.iter().all(|key| last.get(*key) == next.get(*key)))
    }
}

fn is_weak(rows: &ResultSet) -> bool {
    let [row] = &rows.rows[..] else { return false };
    match &row[..] {
        [Cell::Number(text)] => text.parse::<f64>().is_ok_and(|number| number.abs() <= 10.0 && number.fract() == 0.0),
        [Cell::Null | Cell::Bool(_)] => true,
        _ => false,
    }
}

/// What can be told without running anything.
fn unread(questions: &[&Question], frozen: bool) -> Vec<GoldFinding> {
    let mut findings = Vec::new();
    let mut by_words: BTreeMap<String, &str> = BTreeMap::new();
    let mut by_sql: BTreeMap<String, &Question> = BTreeMap::new();
    for question in questions.iter().filter(|question| question.skip.is_none()) {
        let id = &question.id;
        match parse_query(&question.sql) {
            Err(SqlError::Syntax(error)) => {
                let message = format!("it does not parse here ({error}); the warehouse decides");
                findings.push(GoldFinding::hint(id, "GOLD_SYNTAX", message));
            }
            Err(error) => {
                findings.push(GoldFinding { fault: true, ..GoldFinding::hint(id, "GOLD_NO_QUERY", error.to_string()) });
            }
            Ok(_) => {}
        }
        if !frozen && reads_clock(&question.sql) {
            let message = "it reads the clock: tomorrow the same answer is another; write the date, or freeze `as_of`";
            findings.push(GoldFinding::hint(id, "GOLD_RELATIVE_DATE", message));
        }
        let words = question.question.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
        if let Some(other) = by_words.insert(words, id) {
            let message = format!("the same question as {other}; its answer counts twice");
            findings.push(GoldFinding::hint(id, "GOLD_SAME_QUESTION", message));
        }
        if let Some(other) = by_sql.insert(plain_form(&question.sql), question)
            && (question.family.is_empty() || question.family != other.family)
        {
            let message = format!("the same gold SQL as {}; the two stay together as one family", other.id);
            findings.push(GoldFinding::hint(id, "GOLD_SAME_SQL", message));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_reading_shows() {
        let question = |id: &str, words: &str, sql: &str| Question {
            id: id.to_owned(),
            question: words.to_owned(),
            sql: sql.to_owned(),
            ..Question::default()
        };
        let questions = [
            question("a", "매출은?", "SELECT sum(x) FROM t WHERE d >= current_date() - 7"),
            question("b", "매출은?", "SELECT 1"),
            question("c", "other", "select 1;"),
            question("d", "bad", "DROP TABLE t"),
            question("e", "broken", "SELECT FROM WHERE"),
            Question { skip: Some("old".into()), ..question("f", "bad", "DROP TABLE t") },
        ];
        let all: Vec<&Question> = questions.iter().collect();
        let codes = |frozen: bool| -> Vec<String> {
            unread(&all, frozen).iter().map(|finding| format!("{} {}", finding.id, finding.code)).collect()
        };
        assert_eq!(
            codes(false),
            ["a GOLD_RELATIVE_DATE", "b GOLD_SAME_QUESTION", "c GOLD_SAME_SQL", "d GOLD_NO_QUERY", "e GOLD_SYNTAX"]
        );
        assert!(!codes(true).contains(&"a GOLD_RELATIVE_DATE".to_owned()));
    }
}
