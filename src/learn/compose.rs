//! Putting an example together from learnt parts.

use super::corpus::Corpus;
use super::pattern::{Body, Calculation, DateRule, LearntPattern, Slot, Template};
use super::shapes::{Member, Shape};
use crate::sql::{ColumnRef, Fragment, LiteralKind, literals, quote, quote_name, with_parameters};
use crate::text::{is_hangul, split_identifier};
use std::collections::{BTreeMap, BTreeSet};

/// Share of the queries over a table that come with another one, for the two to belong together.
const USUAL: f64 = 0.8;

/// What an example of a form over one table is made of.
pub(super) struct Parts<'a> {
    corpus: &'a Corpus<'a>,
    learnt: &'a [LearntPattern],
    shape: Shape,
    table: &'a str,
    /// Tables that (almost) every query over the table joins, with their joins.
    hubs: Vec<(String, String)>,
    members: &'a [Member<'a>],
    /// The questions are mostly Korean.
    korean: bool,
}

/// A period: how it is said and written, with `{n}`.
struct Period {
    phrase: String,
    condition: String,
    unit: String,
}

impl<'a> Parts<'a> {
    pub(super) fn of(
        corpus: &'a Corpus<'a>,
        learnt: &'a [LearntPattern],
        shape: Shape,
        table: &'a str,
        members: &'a [Member<'a>],
    ) -> Self {
        let texts: Vec<&String> = members.iter().flat_map(|member| &corpus.families[member.family].texts).collect();
        let korean = texts.iter().filter(|text| text.chars().any(is_hangul)).count() * 2 > texts.len();
        let mut parts = Self { corpus, learnt, shape, table, hubs: Vec::new(), members, korean };
        parts.hubs = parts.usual_joins();
        parts
    }

    fn usual_joins(&self) -> Vec<(String, String)> {
        let all = self.corpus.families.iter().flat_map(|family| &family.features);
        let over: Vec<_> = all.filter(|features| features.tables.contains(self.table)).collect();
        let mut uses: BTreeMap<&String, usize> = BTreeMap::new();
        for table in over.iter().flat_map(|features| &features.tables).filter(|table| *table != self.table) {
            *uses.entry(table).or_default() += 1;
        }
        let usual = uses.into_iter().filter(|(_, uses)| *uses as f64 >= USUAL * over.len() as f64);
        usual.filter_map(|(table, _)| Some((table.clone(), self.join_to(table)?))).collect()
    }

    /// The table and those it always comes with.
    fn has(&self, table: &str) -> bool {
        table == self.table || self.hubs.iter().any(|(hub, _)| hub == table)
    }

    fn fits(&self, text: &str) -> bool {
        text.chars().any(is_hangul) == self.korean
    }

    /// Of several words the first in the questions' language, else the first.
    fn spoken<'w>(&self, words: impl Iterator<Item = &'w str> + Clone) -> Option<&'w str> {
        words.clone().find(|word| self.fits(word)).or_else(|| words.into_iter().next())
    }

    /// Named measures over the table, most used first.
    fn measures(&self) -> Vec<(&'a Calculation, usize)> {
        let mut found: Vec<(&Calculation, usize)> = self
            .learnt
            .iter()
            .filter_map(|learnt| match &learnt.body {
                Body::Calculation(c) if c.is_aggregate && !c.terms.is_empty() && !c.aliases.is_empty() => {
                    let here = c.fragment.tables().len() == 1 && c.fragment.tables().contains(self.table);
                    here.then_some((c, learnt.pattern.support))
                }
                _ => None,
            })
            .collect();
        found.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.fragment.key.cmp(&b.0.fragment.key)));
        found
    }

    /// Columns that queries over the table group by, most used first, with the join they need.
    fn dimensions(&self) -> Vec<(ColumnRef, Option<String>)> {
        let series = self.shape == Shape::Series;
        let mut uses: BTreeMap<ColumnRef, usize> = BTreeMap::new();
        let all = self.corpus.families.iter().flat_map(|family| &family.features);
        for features in all.filter(|features| features.tables.contains(self.table)) {
            for column in features.group_keys.iter().filter(|key| key.columns.len() == 1).flat_map(|key| &key.columns) {
                let is_date = features.grains.iter().any(|grain| grain.column == *column);
                if is_date == series {
                    *uses.entry(column.clone()).or_default() += 1;
                }
            }
        }
        let mut found: Vec<(ColumnRef, usize)> = uses.into_iter().collect();
        found.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
        let joined = found.into_iter().map(|(column, _)| (self.join_to(&column.table), column));
        let here = |column: &ColumnRef| self.has(&column.table);
        let known = joined.filter(|(join, column)| join.is_some() || here(column));
        known.map(|(join, column)| if here(&column) { (column, None) } else { (column, join) }).collect()
    }

    fn join_to(&self, other: &str) -> Option<String> {
        let rule = self.learnt.iter().find_map(|learnt| match &learnt.body {
            Body::Join(rule) => {
                let sides = [rule.left.as_str(), rule.right.as_str()];
                let [left, right] = sides;
                ((self.has(left) && right == other) || (self.has(right) && left == other)).then_some(rule)
            }
            _ => None,
        })?;
        let side = |table: &str, column: &str| format!("{}.{}", prefix(table), quote(column));
        let pairs = rule.pairs.iter().map(|(a, b)| format!("{} = {}", side(&rule.left, a), side(&rule.right, b)));
        let on = pairs.collect::<Vec<_>>().join(" AND ");
        Some(format!(" JOIN {} AS {} ON {on}", quote_name(other), prefix(other)))
    }

    /// True if some question asks for the measure by the dimension.
    fn is_asked(&self, measure: &Fragment, dimension: &ColumnRef) -> bool {
        self.corpus.families.iter().any(|family| {
            family.any(|features| {
                let computed = features.inner.contains(&measure.key)
                    || features.outputs.iter().any(|output| output.core.key == measure.key);
                computed && features.group_keys.iter().any(|key| key.columns.contains(dimension))
            })
        })
    }

    /// The most used period with a number that is written on a date of the table.
    fn period(&self) -> Option<Period> {
        let of_table = self.learnt.iter().filter_map(|learnt| match &learnt.body {
            Body::Date(DateRule::Window { phrase, template, columns }) if phrase.contains("{n}") => {
                let column = columns.iter().find(|column| self.has(&column.table))?;
                Some((learnt.pattern.support, phrase, template, column))
            }
            _ => None,
        });
        let (_, phrase, template, column) =
            of_table.max_by_key(|(support, phrase, ..)| (self.fits(phrase), *support, std::cmp::Reverse(*phrase)))?;
        let date = format!("{}.{}", prefix(&column.table), quote(&column.column));
        let unit = template.split("{n} ").nth(1)?.split_whitespace().next()?.trim_matches(')').to_lowercase();
        Some(Period { phrase: phrase.clone(), condition: template.replace("{date}", &date), unit })
    }

    fn defaults(&self) -> Vec<String> {
        let rules = self.learnt.iter().filter_map(|learnt| match &learnt.body {
            Body::Filter(rule) if rule.default_of.as_deref().is_some_and(|table| self.has(table)) => {
                Some(&rule.fragment)
            }
            _ => None,
        });
        rules.map(|fragment| fragment.with_prefix(&|table| prefix(table))).collect()
    }

    /// A number that no question of the table uses.
    fn fresh(&self, wanted: &[u64]) -> u64 {
        let mut used: BTreeSet<u64> = BTreeSet::new();
        for features in self.corpus.families.iter().flat_map(|family| &family.features) {
            used.extend(features.limit);
            used.extend(features.windows().filter_map(|window| window.n).filter_map(|n| u64::try_from(n).ok()));
        }
        wanted.iter().copied().find(|n| !used.contains(n)).unwrap_or(11)
    }

    fn dimension_name(&self, column: &ColumnRef) -> String {
        let words = self.learnt.iter().filter_map(|learnt| match &learnt.body {
            Body::Vocabulary(word) if matches!(&word.facet, super::Facet::Column(c) if c == column) => {
                Some(word.term.as_str())
            }
            _ => None,
        });
        let name = self.spoken(words).map(str::to_owned);
        name.unwrap_or_else(|| split_identifier(&column.column).join(" "))
    }

    /// How the form writes its measure, with `{measure}` where the plain one stands.
    fn expression(&self) -> String {
        if self.shape != Shape::Share {
            return "{measure}".to_owned();
        }
        let mut forms: BTreeMap<String, usize> = BTreeMap::new();
        let all = self.learnt.iter().filter_map(|learnt| match &learnt.body {
            Body::Calculation(calculation) => Some(&calculation.fragment),
            _ => None,
        });
        for member in self.members {
            let inner = all.clone().find(|fragment| member.features.inner.contains(&fragment.key));
            let form = inner.map(|inner| member.output.fragment.sql.replace(&inner.sql, "{measure}"));
            if let Some(form) = form.filter(|form| !form.contains(self.table)) {
                *forms.entry(form).or_default() += 1;
            }
        }
        forms.into_iter().max_by(|a, b| a.1.cmp(&b.1).then(b.0.cmp(&a.0))).map(|(form, _)| form).unwrap_or_default()
    }
}

/// A table's last name, as its alias.
fn prefix(table: &str) -> String {
    quote(table.rsplit('.').next().unwrap_or(table))
}

/// An example of the form, if its parts make one that nobody asks for.
pub(super) fn compose(parts: &Parts) -> Option<Template> {
    let (measures, dimensions) = (parts.measures(), parts.dimensions());
    let pairs = measures.iter().flat_map(|(measure, _)| dimensions.iter().map(move |dimension| (*measure, dimension)));
    let (measure, (dimension, join)) = pairs.into_iter().find(|(m, (d, _))| !parts.is_asked(&m.fragment, d))?;
    let form = parts.expression();
    if form.is_empty() {
        return None;
    }
    let (days, top) = (parts.fresh(&[14, 28, 10, 45, 21]), parts.fresh(&[7, 4, 8, 12, 15]));
    let period = parts.period();
    let sql = sql(parts, measure, dimension, join.as_deref(), &form, period.as_ref(), days, top);
    let slots = slots(parts.shape, period.as_ref(), days, top);
    let found = literals(&sql).ok()?;
    let at = |kind: LiteralKind| found.iter().rposition(|literal| literal.kind == kind);
    let mut names: BTreeMap<usize, String> = BTreeMap::new();
    for slot in &slots {
        let kind = if slot.name == "top_n" { LiteralKind::Limit } else { LiteralKind::Interval };
        names.insert(at(kind)?, slot.name.clone());
    }
    if names.is_empty() {
        return None;
    }
    let measure_name = parts.spoken(measure.terms.iter().map(String::as_str))?.to_owned();
    let dimension_name = parts.dimension_name(dimension);
    let question = question(parts, &measure_name, &dimension_name, period.as_ref());
    let named: Vec<String> = slots.iter().map(|slot| format!("`:{}`", slot.name)).collect();
    let guidance = format!(
        "The way to write {} over {}, with any of its measures and dimensions; set {} to what the question names.",
        parts.shape.name(),
        prefix(parts.table).replace('`', ""),
        named.join(" and ")
    );
    Some(Template {
        question,
        sql: with_parameters(&sql, &names).ok()?,
        slots,
        guidance,
        terms: vec![measure_name, dimension_name],
        masks: BTreeSet::new(),
    })
}

#[allow(clippy::too_many_arguments)] // Each is a clause of the query.
fn sql(
    parts: &Parts,
    measure: &Calculation,
    dimension: &ColumnRef,
    join: Option<&str>,
    form: &str,
    period: Option<&Period>,
    days: u64,
    top: u64,
) -> String {
    let plain = measure.fragment.with_prefix(&|table| prefix(table));
    let value = form.replace("{measure}", &plain);
    let value = match measure.digits.filter(|_| parts.shape != Shape::Share) {
        Some(digits) => format!("ROUND({value}, {digits})"),
        None => value,
    };
    let name = measure.aliases.first().map(String::as_str).unwrap_or("value");
    let alias = quote(&if parts.shape == Shape::Share { format!("{name}_share") } else { name.to_owned() });
    let key = format!("{}.{}", prefix(&dimension.table), quote(&dimension.column));
    let mut conditions = parts.defaults();
    conditions.extend(period.map(|period| period.condition.replace("{n}", &days.to_string())));
    let filter = if conditions.is_empty() { String::new() } else { format!(" WHERE {}", conditions.join(" AND ")) };
    let hubs: String = parts.hubs.iter().map(|(_, join)| join.as_str()).collect();
    let tail = match parts.shape {
        Shape::TopN => format!(" ORDER BY {alias} DESC LIMIT {top}"),
        Shape::Ranking | Shape::Share => format!(" ORDER BY {alias} DESC"),
        Shape::Series => format!(" ORDER BY {key}"),
    };
    format!(
        "SELECT {key}, {value} AS {alias} FROM {} AS {}{hubs}{}{filter} GROUP BY {key}{tail}",
        quote_name(parts.table),
        prefix(parts.table),
        join.unwrap_or_default()
    )
}

fn slots(shape: Shape, period: Option<&Period>, days: u64, top: u64) -> Vec<Slot> {
    let slot = |name: &str, description: String, default: u64| Slot {
        name: name.to_owned(),
        type_hint: "INTEGER".to_owned(),
        description,
        default: default.to_string(),
        spoken: default.to_string(),
        column: None,
    };
    let length = period.map(|period| slot(&period.unit, format!("Number of {}.", period.unit), days));
    let rows = (shape == Shape::TopN).then(|| slot("top_n", "Number of rows.".to_owned(), top));
    length.into_iter().chain(rows).collect()
}

/// The question, in the words and the language of the corpus.
fn question(parts: &Parts, measure: &str, dimension: &str, period: Option<&Period>) -> String {
    let slot = |period: &Period| period.phrase.replace("{n}", &format!("{{{}}}", period.unit));
    if parts.korean {
        let when = period.map(|period| format!("{} ", slot(period))).unwrap_or_default();
        return match parts.shape {
            Shape::TopN => format!("{when}{dimension}별 {measure} 상위 {{top_n}}개"),
            Shape::Ranking => format!("{when}{dimension}별 {measure} 높은 순"),
            Shape::Share => format!("{when}{dimension}별 {measure} 비중"),
            Shape::Series => format!("{when}{measure} 추이"),
        };
    }
    let when = period.map(|period| format!(" in the {}", slot(period))).unwrap_or_default();
    match parts.shape {
        Shape::TopN => format!("Top {{top_n}} by {measure}{when}, per {dimension}"),
        Shape::Ranking => format!("{measure} by {dimension}{when}, highest first"),
        Shape::Share => format!("Share of {measure} by {dimension}{when}"),
        Shape::Series => format!("{measure} over time{when}"),
    }
}
