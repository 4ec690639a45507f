//! Evidence beyond the two results: what the warehouse can say where a comparison is open or
//! proves little.

use super::gold::{GoldSql, ROW_LIMIT, unlimited};
use super::score::Scorer;
use crate::compare::{GoldFacts, Policy, Side, compare, policy_of};
use crate::model::{Cell, Comparison, Decision, Question, ResultSet};
use crate::sql::{Settling, on_instance, result_facts, same_query, settling, tables_of, with_sort_keys};
use std::collections::{BTreeMap, BTreeSet};

/// Parts of the tables on which weak evidence, and excuses, are looked at again.
const INSTANCES: std::ops::Range<u8> = 0..3;

impl Scorer {
    /// Compares an answer with one gold SQL, and asks the warehouse for what decides it.
    pub(super) async fn compare_with(
        &self,
        question: &Question,
        accepted: &GoldSql,
        actual: &Side,
        sql: Option<&str>,
    ) -> Comparison {
        let mut facts = GoldFacts {
            sql_identical: sql.is_some_and(|sql| same_query(sql, &accepted.sql)),
            limit: accepted.facts.limit,
            order_by: accepted.facts.order_by.clone(),
            round_digits: accepted.facts.round_digits.clone(),
            answer_limit: sql.and_then(|sql| result_facts(sql).limit),
            ..GoldFacts::default()
        };
        let first = compare(&accepted.side, actual, &policy_of(question, &facts));
        let Some(sql) = sql else { return first };
        if first.reason == "TRUNCATED" {
            return self.settle_truncated(question, accepted, actual, sql, &facts).await.unwrap_or(first);
        }
        let first = match first.verdict {
            Decision::Undecided | Decision::Mismatch if facts.limit.is_some() => {
                self.settle_tie(question, accepted, actual, &mut facts, first).await
            }
            _ => first,
        };
        let is_weak = || first.notes.iter().any(|note| note == "WEAK_EVIDENCE");
        match first.verdict {
            Decision::Match if is_weak() => self.second_look(question, accepted, sql, &facts, first).await,
            Decision::Undecided if may_be_refuted(&first, &facts, &accepted.sql, sql) => {
                self.refute(question, accepted, sql, &facts, first).await
            }
            _ => first,
        }
    }

    /// Looks at the rows without the limit, to tell a tie at it from another answer.
    async fn settle_tie(
        &self,
        question: &Question,
        accepted: &GoldSql,
        actual: &Side,
        facts: &mut GoldFacts,
        first: Comparison,
    ) -> Comparison {
        let rows = |side: &Side| if let Side::Rows(rows) = side { rows.rows.len() } else { 0 };
        if facts.hides_keys() {
            // Whether there is a tie can only be told where as many rows came.
            if rows(actual) != rows(&accepted.side) {
                return first;
            }
            let Some(sql) = with_sort_keys(&accepted.sql) else { return first };
            let Side::Rows(full) = self.statements.run(&self.workspace, &sql).await else { return first };
            let width = full.columns.len();
            facts.full_keys = (width - facts.order_by.len().min(width)..width).collect();
            facts.expected_full = Some(full).filter(|full| !full.truncated);
        } else if first.verdict == Decision::Undecided {
            facts.expected_full = unlimited(&self.workspace, &self.statements, &accepted.sql).await;
        }
        if facts.expected_full.is_none() {
            return first;
        }
        compare(&accepted.side, actual, &policy_of(question, facts))
    }

    /// Compares two results that are too large to read whole, inside the warehouse: their
    /// difference both ways. What differs, if it is little, is compared here, by all rules.
    async fn settle_truncated(
        &self,
        question: &Question,
        accepted: &GoldSql,
        actual: &Side,
        sql: &str,
        facts: &GoldFacts,
    ) -> Option<Comparison> {
        let (Side::Rows(gold), Side::Rows(answer)) = (&accepted.side, actual) else { return None };
        let policy = policy_of(question, facts);
        // A multiset says nothing about an order that was asked for.
        if policy.ordered {
            return None;
        }
        let order = columns_by_name(gold, answer)?;
        let statements = settling(&accepted.sql, sql, answer.columns.len(), &order)?;
        let counts = self.numbers(&statements.counts).await?;
        let [gold_rows, answer_rows, missing, extra, missing_kinds, extra_kinds] = counts[..] else { return None };
        if missing == 0 && extra == 0 {
            return Some(settled(Decision::Match, "MATCH"));
        }
        if missing_kinds == 0 && extra_kinds == 0 {
            return Some(match gold_rows == answer_rows {
                true => settled(Decision::Mismatch, "VALUES_DIFFER"),
                false => settled(Decision::Undecided, "DUPLICATES_DIFFER"),
            });
        }
        if missing == 0 || extra == 0 {
            let reason = if missing > 0 { "MISSING_ROWS" } else { "EXTRA_ROWS" };
            return Some(settled(Decision::Mismatch, reason));
        }
        self.compare_differences(&statements, (missing, extra), gold, policy).await
    }

    async fn compare_differences(
        &self,
        statements: &Settling,
        (missing, extra): (u64, u64),
        gold: &ResultSet,
        policy: Policy,
    ) -> Option<Comparison> {
        if missing != extra {
            return Some(settled(Decision::Mismatch, if missing > extra { "MISSING_ROWS" } else { "EXTRA_ROWS" }));
        }
        if missing > ROW_LIMIT {
            return None;
        }
        let read = async |sql: &str| match self.statements.run(&self.workspace, sql).await {
            Side::Rows(rows) if !rows.truncated => Some(ResultSet { columns: gold.columns.clone(), ..rows }),
            _ => None,
        };
        let (only_gold, only_answer) = (read(&statements.only_first).await?, read(&statements.only_second).await?);
        let policy = Policy { limit: None, actual_limit: None, expected_full: None, ..policy };
        let found = compare(&Side::Rows(only_gold), &Side::Rows(only_answer), &policy);
        // The first difference counts rows of the difference, not of the result.
        let first_difference = found.first_difference.map(|mut difference| {
            difference.row = None;
            difference
        });
        let mut notes = found.notes;
        notes.retain(|note| note != "WEAK_EVIDENCE" && note != "ORDER_DIFFERS");
        notes.push(SETTLED.to_owned());
        notes.sort();
        Some(Comparison { verdict: found.verdict, reason: found.reason, notes, first_difference })
    }

    /// Looks at both queries again over parts of the tables. Two queries that mean the same agree
    /// on every part; a lucky number does not.
    async fn second_look(
        &self,
        question: &Question,
        accepted: &GoldSql,
        sql: &str,
        facts: &GoldFacts,
        first: Comparison,
    ) -> Comparison {
        let mut looks = 0;
        for (instance, found) in self.on_parts(question, accepted, sql, facts).await {
            if found.reason == "EMPTY_BOTH" {
                continue;
            }
            if found.verdict != Decision::Match {
                let reason = "LUCKY_MATCH".to_owned();
                return elsewhere(first, instance, found, Decision::Undecided, reason);
            }
            looks += 1;
        }
        let mut found = first;
        if looks > 0 {
            found.notes.push("SECOND_LOOK_AGREES".to_owned());
            found.notes.sort();
        }
        found
    }

    /// Looks for a part of the tables on which what could excuse the difference (another unit, rows
    /// that come more often) does not: then it is no excuse, and no judge is needed.
    async fn refute(
        &self,
        question: &Question,
        accepted: &GoldSql,
        sql: &str,
        facts: &GoldFacts,
        first: Comparison,
    ) -> Comparison {
        for (instance, found) in self.on_parts(question, accepted, sql, facts).await {
            if found.verdict == Decision::Mismatch {
                let reason = found.reason.clone();
                return elsewhere(first, instance, found, Decision::Mismatch, reason);
            }
        }
        first
    }

    /// Both queries compared over parts of the tables, as far as they can be run there.
    async fn on_parts(
        &self,
        question: &Question,
        accepted: &GoldSql,
        sql: &str,
        facts: &GoldFacts,
    ) -> Vec<(u8, Comparison)> {
        let columns = self.columns_of(&[&accepted.sql, sql]).await;
        let known = |name: &str| columns.get(&name.to_lowercase()).cloned();
        let facts = GoldFacts { expected_full: None, full_keys: Vec::new(), ..facts.clone() };
        let policy = policy_of(question, &facts);
        let mut all = Vec::new();
        for instance in INSTANCES {
            let parts = (on_instance(&accepted.sql, instance, &known), on_instance(sql, instance, &known));
            let (Some(gold), Some(answer)) = parts else { break };
            let gold = self.statements.run(&self.workspace, &gold).await;
            let answer = self.statements.run(&self.workspace, &answer).await;
            if let (Side::Rows(_), Side::Rows(_)) = (&gold, &answer) {
                all.push((instance, compare(&gold, &answer, &policy)));
            }
        }
        all
    }

    /// Columns of all tables that the queries read, by name in lower case; each table is asked
    /// for once.
    async fn columns_of(&self, queries: &[&str]) -> BTreeMap<String, Vec<String>> {
        let names = queries.iter().flat_map(|sql| tables_of(sql));
        let mut found = BTreeMap::new();
        for name in names {
            let key = name.to_lowercase();
            let known = self.tables.lock().await.get(&key).cloned();
            let columns = match known {
                Some(columns) => columns,
                None => {
                    // A table that cannot be read gives no second look, which is no error.
                    let table = self.workspace.client.table(&name).await.ok();
                    let columns: Vec<String> =
                        table.iter().flat_map(|table| &table.columns).map(|column| column.name.clone()).collect();
                    self.tables.lock().await.insert(key.clone(), columns.clone());
                    columns
                }
            };
            found.insert(key, columns);
        }
        found
    }

    /// The whole numbers of a statement's only row.
    async fn numbers(&self, sql: &str) -> Option<Vec<u64>> {
        let Side::Rows(rows) = self.statements.run(&self.workspace, sql).await else { return None };
        rows.rows.first()?.iter().map(|cell| Cell::as_wire(cell)?.parse().ok()).collect()
    }
}

/// What was found on a part of the tables, in the place of the first verdict.
fn elsewhere(first: Comparison, instance: u8, found: Comparison, verdict: Decision, reason: String) -> Comparison {
    let mut notes = first.notes;
    if first.verdict == Decision::Undecided {
        notes.push(first.reason);
    }
    notes.push(format!("PART_{instance}_{}", found.reason));
    notes.sort();
    Comparison { verdict, reason, notes, first_difference: found.first_difference }
}

/// Open comparisons that a part of the tables may settle. Not where a limit cuts: there ties
/// differ from part to part. And not where the queries read other tables: they may mean the same
/// by keys that hold in the whole tables only.
fn may_be_refuted(first: &Comparison, facts: &GoldFacts, gold: &str, answer: &str) -> bool {
    const EXCUSES: [&str; 9] = [
        "DUPLICATES_DIFFER",
        "PERCENT_SCALE",
        "UNIT_SCALE",
        "STRING_CASE",
        "NULL_ZERO",
        "FORMATTED_NUMBER",
        "DATE_GRAIN",
        "EXTRA_COLUMNS",
        "MISSING_COLUMNS",
    ];
    let tables = |sql: &str| tables_of(sql).into_iter().map(|name| name.to_lowercase()).collect::<BTreeSet<_>>();
    EXCUSES.contains(&first.reason.as_str())
        && facts.limit.is_none()
        && facts.answer_limit.is_none()
        && tables(gold) == tables(answer)
}

const SETTLED: &str = "SETTLED_IN_WAREHOUSE";

fn settled(verdict: Decision, reason: &str) -> Comparison {
    Comparison { verdict, reason: reason.to_owned(), notes: vec![SETTLED.to_owned()], first_difference: None }
}

/// The answer's column for each of the gold's: by name where all are there, else by place where
/// there are as many.
fn columns_by_name(gold: &ResultSet, answer: &ResultSet) -> Option<Vec<usize>> {
    let place = |name: &str| answer.columns.iter().position(|column| column.name.eq_ignore_ascii_case(name));
    let named: Option<Vec<usize>> = gold.columns.iter().map(|column| place(&column.name)).collect();
    let distinct = |order: &Vec<usize>| (0..order.len()).all(|at| !order[..at].contains(&order[at]));
    named
        .filter(distinct)
        .or_else(|| (gold.columns.len() == answer.columns.len()).then(|| (0..gold.columns.len()).collect()))
}
