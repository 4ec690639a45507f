//! Which column a time or an adjective is about, where the question names none.

use super::cues::Scale;
use super::lexicon::Target;
use super::parse::Parser;
use super::schema::{ColumnId, TableId};
use super::words::same_root;
use crate::model::TypeFamily;
use std::collections::BTreeSet;

impl Parser<'_> {
    pub fn is_time(&self, column: ColumnId) -> bool {
        let info = self.schema().column(column);
        info.family.is_temporal() || info.core.iter().any(|w| matches!(w.as_str(), "year" | "date" | "jahr" | "datum"))
    }

    /// The date column that a time at this place is about.
    pub fn time_column(&self, at: usize) -> Option<ColumnId> {
        let used: BTreeSet<TableId> = self.frame.tables();
        let order: Vec<TableId> = self
            .frame
            .entity
            .into_iter()
            .chain(self.named.iter().copied())
            .chain(used)
            .chain(self.later_tables())
            .collect();
        let fact = self.fact();
        let timed = || self.schema().columns().map(|(id, _)| id).filter(|id| self.is_time(*id));
        let mut candidates: Vec<ColumnId> = timed().filter(|id| order.contains(&id.table)).collect();
        candidates.extend(timed().filter(|id| !order.contains(&id.table)));
        // `joined in 2022`: the verb names the column.
        let near = self.nodes[at.saturating_sub(5).min(at)..at.min(self.nodes.len())].iter().rev();
        let verb = near.flat_map(|n| n.element.words.clone()).find_map(|word| {
            candidates.iter().copied().find(|id| {
                word.len() > 3
                    && fact.is_none_or(|f| f == id.table)
                    && self.schema().column(*id).core.iter().any(|w| same_root(&word, w) && w != "date" && w != "time")
            })
        });
        let counted = self.frame.outputs.iter().filter(|o| o.expr.is_aggregate()).find_map(|o| {
            let mut tables = BTreeSet::new();
            o.expr.tables(&mut tables);
            tables.into_iter().find_map(|t| self.date_column(t))
        });
        verb.or_else(|| fact.and_then(|f| self.date_column(f)))
            .or(counted)
            .or_else(|| order.iter().find_map(|t| self.date_column(*t)))
    }

    /// The dated table of the measure that the question asks for.
    fn fact(&self) -> Option<TableId> {
        let measured = |n: &super::link::Node| match &n.target {
            Some(Target::Snippet(s)) => {
                let snippet = self.world.snippets.get(*s)?;
                let fragment = snippet.fragment.as_ref()?;
                fragment.aggregate.then(|| fragment.tables.iter().copied().collect::<Vec<_>>())
            }
            Some(Target::Rule(r)) => {
                let fragment = self.world.rules.definition(*r)?;
                fragment.aggregate.then(|| fragment.tables.iter().copied().collect())
            }
            Some(Target::Column(c)) if n.score >= 0.9 && self.additive(*c) => Some(vec![c.table]),
            _ => None,
        };
        self.nodes.iter().filter_map(measured).flatten().find(|t| self.date_column(*t).is_some())
    }

    /// Tables that the rest of the question names.
    pub fn later_tables(&self) -> Vec<TableId> {
        let table = |n: &super::link::Node| match &n.target {
            Some(Target::Table(t)) => Some(*t),
            Some(Target::Column(c) | Target::Value(c, _)) => Some(c.table),
            Some(Target::Snippet(s)) => self
                .world
                .snippets
                .get(*s)
                .and_then(|s| s.fragment.as_ref())
                .and_then(|f| f.tables.iter().next().copied()),
            _ => None,
        };
        self.nodes.iter().filter_map(table).collect()
    }

    /// The date of a table's rows: what a rule says, else its first date that is no bookkeeping.
    pub fn date_column(&self, table: TableId) -> Option<ColumnId> {
        if let Some(said) = self.world.rules.date_of(table) {
            return Some(said);
        }
        const BOOKKEEPING: [&str; 14] = [
            "created", "updated", "crtd", "update", "modified", "load", "loaded", "etl", "insert", "inserted",
            "create", "creation", "epoch", "ingested",
        ];
        let columns = &self.schema().tables[table].columns;
        let temporal: Vec<usize> = (0..columns.len()).filter(|c| columns[*c].family.is_temporal()).collect();
        let plain =
            temporal.iter().copied().find(|c| !columns[*c].words.iter().any(|w| BOOKKEEPING.contains(&w.as_str())));
        let by_name = |wanted: &str| {
            columns.iter().position(|c| c.core.last().is_some_and(|w| w == wanted) && c.family != TypeFamily::Decimal)
        };
        let found = plain.or_else(|| by_name("date")).or_else(|| by_name("year")).or_else(|| temporal.first().copied());
        found.map(|column| ColumnId { table, column })
    }

    /// The column of a table that an adjective measures, and whether its order is turned round.
    pub fn intrinsic(&self, table: TableId, scale: Scale) -> Option<(ColumnId, bool)> {
        let words: &[&str] = match scale {
            Scale::Age => &["age", "alter", "나이", "연령"],
            Scale::Cost => {
                &["price", "cost", "amount", "charge", "fee", "가격", "비용", "금액", "preis", "kosten", "betrag"]
            }
            Scale::Size => &[
                "area",
                "size",
                "capacity",
                "surface",
                "population",
                "volume",
                "면적",
                "크기",
                "인구",
                "flache",
                "grosse",
            ],
            Scale::Length => &["length", "duration", "height", "minute", "distance", "길이", "lange", "dauer", "hohe"],
            Scale::Weight => &["weight", "무게", "gewicht"],
            Scale::Speed => &["speed", "time", "속도"],
            Scale::Quality => &["rating", "score", "star", "grade", "rank", "평점", "점수", "bewertung"],
            Scale::Time | Scale::Any | Scale::Frequency => &[],
        };
        let find = |wanted: &dyn Fn(&str) -> bool| {
            let columns = &self.schema().tables[table].columns;
            columns
                .iter()
                .position(|c| {
                    let told = super::lexicon::words_of(&c.description);
                    (c.core.iter().any(|w| wanted(w)) || told.len() <= 3 && told.iter().any(|w| wanted(w)))
                        && (c.family != TypeFamily::Text || scale == Scale::Age || scale == Scale::Weight)
                })
                .map(|column| ColumnId { table, column })
        };
        let direct = words
            .iter()
            .find_map(|word| find(&|w| w == *word))
            .or_else(|| words.iter().find_map(|word| find(&|w| w.chars().count() > 4 && w.ends_with(word))));
        match (direct, scale) {
            (Some(column), _) => Some((column, false)),
            (None, Scale::Age) => find(&|w| {
                matches!(w, "birth" | "birthday" | "birthdate" | "born" | "dob" | "geburtsdatum" | "생년월일")
            })
            .map(|c| (c, true)),
            (None, Scale::Time) => self.date_column(table).map(|c| (c, false)),
            _ => None,
        }
    }

    /// What an adjective measures, of the table named last that has it.
    pub fn measured(&self, scale: Scale) -> Option<ColumnId> {
        let later = self.later_tables();
        let mut tables = self.named.iter().rev().copied().chain(self.frame.entity).chain(later);
        tables.find_map(|t| self.intrinsic(t, scale)).map(|(c, _)| c)
    }
}
