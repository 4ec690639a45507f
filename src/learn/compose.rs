//! Putting an example together from learnt parts.

use super::corpus::Corpus;
use super::known::Known;
use super::pattern::{Body, Calculation, DateRule, Slot, Template};
use super::shapes::{Member, Shape};
use crate::sql::{
    ColumnRef, Features, Fragment, LiteralKind, Marker, literals, parse_query, quote, quote_name, with_parameters,
};
use crate::text::{is_hangul, split_identifier, spoken_name};
use std::collections::{BTreeMap, BTreeSet};

/// Share of the queries over a table that come with another one, for the two to belong together.
const USUAL: f64 = 0.8;

/// What an example of a form over one table is made of.
pub(super) struct Parts<'a> {
    corpus: &'a Corpus<'a>,
    known: &'a Known<'a>,
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
    /// The date column, with its table.
    date: String,
}

impl<'a> Parts<'a> {
    pub(super) fn of(
        corpus: &'a Corpus<'a>,
        known: &'a Known<'a>,
        shape: Shape,
        table: &'a str,
        members: &'a [Member<'a>],
    ) -> Self {
        let texts: Vec<&String> = members.iter().flat_map(|member| &corpus.families[member.family].texts).collect();
        let korean = texts.iter().filter(|text| text.chars().any(is_hangul)).count() * 2 > texts.len();
        let mut parts = Self { corpus, known, shape, table, hubs: Vec::new(), members, korean };
        parts.hubs = parts.usual_joins();
        parts
    }

    /// The queries over the table.
    fn queries(&self) -> impl Iterator<Item = &'a Features> {
        let families = self.corpus.over_one(self.table).iter().map(|at| &self.corpus.families[*at]);
        let queries = families.flat_map(|family| &family.features);
        queries.filter(|features| features.tables.contains(self.table))
    }

    fn usual_joins(&self) -> Vec<(String, String)> {
        let over: Vec<&Features> = self.queries().collect();
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
            .known
            .patterns
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
        for features in self.queries() {
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
        let rule = self.known.patterns.iter().find_map(|learnt| match &learnt.body {
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
        self.queries().any(|features| {
            let computed = features.inner.contains(&measure.key)
                || features.counted.as_ref() == Some(measure)
                || features.outputs.iter().any(|output| measure.columns.is_subset(&output.core.columns));
            computed && features.group_keys.iter().any(|key| key.columns.contains(dimension))
        })
    }

    /// The most used period with a number that is written on a date of the table.
    fn period(&self) -> Option<Period> {
        let of_table = self.known.patterns.iter().filter_map(|learnt| match &learnt.body {
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
        Some(Period { phrase: phrase.clone(), condition: template.replace("{date}", &date), unit, date })
    }

    fn defaults(&self) -> Vec<String> {
        let rules = self.known.patterns.iter().filter_map(|learnt| match &learnt.body {
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

    /// All that a column is called: by its words, and by its comment where that is a name.
    fn column_names(&self, column: &ColumnRef) -> Vec<String> {
        let comment = self.corpus.comment(column);
        let told = comment.lines().map(str::trim).filter(|line| (1..=3).contains(&line.split_whitespace().count()));
        let parts = told.clone().filter_map(|line| line.split_whitespace().next_back());
        let own = split_identifier(&column.column);
        let mut names: Vec<String> = self.known.words(column).iter().map(|word| (*word).to_owned()).collect();
        names.extend(told.map(str::to_owned));
        names.extend(parts.map(str::to_owned));
        names.push(own.join(" "));
        names.extend(own.into_iter().filter(|word| word.chars().count() >= 4));
        names
    }

    fn dimension_name(&self, column: &ColumnRef) -> String {
        let name = self.spoken(self.known.words(column).iter().copied()).map(str::to_owned);
        name.unwrap_or_else(|| spoken_name(&column.column))
    }

    /// How the form writes its measure, with `{measure}` where the plain one stands.
    fn expression(&self) -> String {
        if self.shape != Shape::Share {
            return "{measure}".to_owned();
        }
        let mut forms: BTreeMap<String, usize> = BTreeMap::new();
        for member in self.members {
            let inner = self.known.with_keys(&member.features.inner).first().map(|calculation| &calculation.fragment);
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

/// Examples of the form, if its parts make one that nobody asks for: one for each way in which
/// people put the question.
pub(super) fn compose(parts: &Parts) -> Vec<Template> {
    let (measures, dimensions) = (parts.measures(), parts.dimensions());
    let pairs = measures.iter().flat_map(|(measure, _)| dimensions.iter().map(move |dimension| (*measure, dimension)));
    let fits = |measure: &Calculation| parts.shape != Shape::Comparison || summed(measure).is_some();
    let free = pairs.into_iter().find(|(m, (d, _))| fits(m) && !parts.is_asked(&m.fragment, d));
    let Some((measure, (dimension, join))) = free else { return Vec::new() };
    let Some((sql, slots)) = written(parts, measure, dimension, join.as_deref()) else { return Vec::new() };
    let Some(measure_name) = parts.spoken(measure.terms.iter().map(String::as_str)).map(str::to_owned) else {
        return Vec::new();
    };
    let dimension_name = parts.dimension_name(dimension);
    let named: Vec<String> = slots.iter().map(|slot| format!("`:{}`", slot.name)).collect();
    let guidance = format!(
        "The way to write {} over {}, with any of its measures and dimensions; set {} to what the question names.",
        parts.shape.name(),
        prefix(parts.table).replace('`', ""),
        named.join(" and ")
    );
    let period = parts.period();
    let mut questions = ways(parts, measure, dimension, &slots);
    questions.push(question(parts, &measure_name, &dimension_name, period.as_ref()));
    questions.dedup();
    let template = |question: String| Template {
        question,
        sql: sql.clone(),
        slots: slots.clone(),
        guidance: guidance.clone(),
        terms: vec![measure_name.clone(), dimension_name.clone()],
        masks: BTreeSet::new(),
    };
    questions.into_iter().take(MAX_WAYS).map(template).collect()
}

/// The SQL with its slots.
fn written(
    parts: &Parts,
    measure: &Calculation,
    dimension: &ColumnRef,
    join: Option<&str>,
) -> Option<(String, Vec<Slot>)> {
    let (days, top) = (parts.fresh(&[14, 28, 10, 45, 21]), parts.fresh(&[7, 4, 8, 12, 15]));
    let period = parts.period();
    let slots = slots(parts.shape, period.as_ref(), days, top);
    if parts.shape == Shape::Comparison {
        let sql = compared(parts, measure, dimension, join, period.as_ref()?)?;
        return Some((sql, slots));
    }
    let form = parts.expression();
    if form.is_empty() {
        return None;
    }
    let sql = sql(parts, measure, dimension, join, &form, period.as_ref(), days, top);
    let found = literals(&sql).ok()?;
    let at = |kind: LiteralKind| found.iter().rposition(|literal| literal.kind == kind);
    let mut names: BTreeMap<usize, Marker> = BTreeMap::new();
    for slot in &slots {
        let kind = if slot.name == "top_n" { LiteralKind::Limit } else { LiteralKind::Interval };
        names.insert(at(kind)?, Marker::plain(&slot.name));
    }
    if names.is_empty() {
        return None;
    }
    Some((with_parameters(&sql, &names).ok()?, slots))
}

/// Ways of putting one form that are shown.
const MAX_WAYS: usize = 3;

/// The questions of the form as people put them, with the example's measure, dimension and slots
/// in the place of theirs; the shortest first.
fn ways(parts: &Parts, measure: &Calculation, dimension: &ColumnRef, slots: &[Slot]) -> Vec<String> {
    let Some(slot) = slots.first() else { return Vec::new() };
    let marker = format!("{{{}}}", slot.name);
    let known = parts.known.with_keys([&measure.fragment.key]);
    let own: Vec<&String> = known.into_iter().flat_map(|calculation| &calculation.terms).collect();
    let names = parts.column_names(dimension);
    let mut found = BTreeSet::new();
    for member in parts.members {
        let counted = member.features.windows().filter_map(|window| window.n);
        // Of two periods in a row the bounds are n and 2n.
        let numbers: BTreeSet<i64> = counted.flat_map(|n| [Some(n), (n % 2 == 0).then_some(n / 2)]).flatten().collect();
        let Some(key) = member.features.group_keys.first().and_then(|key| key.columns.first()) else { continue };
        let (theirs, keys) = (parts.known.aggregates_within(&member.output.core.columns), parts.column_names(key));
        for text in &parts.corpus.families[member.family].texts {
            let korean = text.chars().any(is_hangul);
            let in_language = |word: &&String| word.chars().any(is_hangul) == korean;
            let Some(own) = own.iter().copied().find(in_language).or(own.first().copied()) else { continue };
            let Some(name) = names.iter().find(in_language).or(names.first()) else { continue };
            let mut terms = theirs.iter().flat_map(|calculation| &calculation.terms);
            let Some(text) = terms.find_map(|term| replaced(text, term, "{measure}")) else { continue };
            let grouped = keys.iter().find_map(|word| replaced(&text, word, "{dimension}"));
            let Some(text) = grouped else { continue };
            let counted = numbers.iter().fold(text.clone(), |text, n| with_slot(&text, *n, &marker));
            if counted != text {
                found.insert(counted.replace("{measure}", own).replace("{dimension}", name));
            }
        }
    }
    let mut found: Vec<String> = found.into_iter().collect();
    found.sort_by_key(|text| (text.chars().count(), text.clone()));
    found
}

/// Replaces the first whole occurrence of a word, whatever its case; a plural's ending goes too.
fn replaced(text: &str, word: &str, marker: &str) -> Option<String> {
    let (lower, wanted) = (text.to_lowercase(), word.to_lowercase());
    if wanted.is_empty() || lower.len() != text.len() {
        return None;
    }
    let latin = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    let whole = |at: &usize| {
        let after = lower[at + wanted.len()..].chars().next();
        let glued = latin(wanted.chars().next_back()) && latin(after);
        !(glued || latin(wanted.chars().next()) && latin(lower[..*at].chars().next_back()))
    };
    let at = lower.match_indices(&wanted).map(|(at, _)| at).find(whole)?;
    Some(format!("{}{marker}{}", &text[..at], &text[at + wanted.len()..]))
}

/// The text with a slot for every occurrence of a number.
fn with_slot(text: &str, n: i64, marker: &str) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(&digits) {
        let alone = |c: Option<char>| !c.is_some_and(|c| c.is_ascii_digit());
        let (before, after) = (&rest[..at], &rest[at + digits.len()..]);
        let whole = alone(before.chars().next_back().or(out.chars().next_back())) && alone(after.chars().next());
        out.push_str(before);
        out.push_str(if whole { marker } else { &digits });
        rest = after;
    }
    out.push_str(rest);
    out
}

/// What a plain sum adds up.
fn summed(measure: &Calculation) -> Option<String> {
    let plain = measure.fragment.with_prefix(&|table| prefix(table));
    let inner = plain.strip_prefix("SUM(")?.strip_suffix(')')?;
    let balanced = inner.chars().try_fold(0_i32, |depth, c| {
        let depth = depth + i32::from(c == '(') - i32::from(c == ')');
        (depth >= 0).then_some(depth)
    });
    (balanced == Some(0) && measure.scope.is_empty()).then(|| inner.to_owned())
}

/// Two sums by dimension: the last n days, and the n days before.
fn compared(
    parts: &Parts,
    measure: &Calculation,
    dimension: &ColumnRef,
    join: Option<&str>,
    period: &Period,
) -> Option<String> {
    let inner = summed(measure)?;
    let date = &period.date;
    let slot = &period.unit;
    if slot != "days" && slot != "day" {
        return None;
    }
    let since = format!("DATE_SUB(CURRENT_DATE, :{slot})");
    let key = format!("{}.{}", prefix(&dimension.table), quote(&dimension.column));
    let mut conditions = parts.defaults();
    conditions.push(format!("{date} >= DATE_SUB(CURRENT_DATE, 2 * :{slot})"));
    conditions.push(format!("{date} < CURRENT_DATE"));
    let hubs: String = parts.hubs.iter().map(|(_, join)| join.as_str()).collect();
    let sql = format!(
        "SELECT {key}, SUM(CASE WHEN {date} >= {since} THEN {inner} ELSE 0 END) AS current_period, \
         SUM(CASE WHEN {date} < {since} THEN {inner} ELSE 0 END) AS previous_period FROM {} AS {}{hubs}{} \
         WHERE {} GROUP BY {key}",
        quote_name(parts.table),
        prefix(parts.table),
        join.unwrap_or_default(),
        conditions.join(" AND ")
    );
    // Over several lines, as people read it.
    Some(format!("{:#}", parse_query(&sql).ok()?))
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
        Shape::Comparison => String::new(),
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
            Shape::Comparison => {
                let days = period.map(|period| format!("{{{}}}", period.unit)).unwrap_or_default();
                format!("{dimension}별 {measure} {when}vs 직전 {days}일")
            }
        };
    }
    let when = period.map(|period| format!(" in the {}", slot(period))).unwrap_or_default();
    match parts.shape {
        Shape::TopN => format!("Top {{top_n}} by {measure}{when}, per {dimension}"),
        Shape::Ranking => format!("{measure} by {dimension}{when}, highest first"),
        Shape::Share => format!("Share of {measure} by {dimension}{when}"),
        Shape::Series => format!("{measure} over time{when}"),
        Shape::Comparison => {
            let days = period.map(|period| format!("{{{}}}", period.unit)).unwrap_or_default();
            format!("{measure} by {dimension}{when} vs the {days} days before")
        }
    }
}
