//! Texts whose column nobody names: where a value may stand, and in which forms.
//!
//! A space without value dictionaries does not say which column holds `Asia` or `dog`. The query
//! then looks in every column that may, in the tables that the question is about and the ones they
//! belong to; with dictionaries, columns that do not have the value are left out.

use super::cues::Cue;
use super::frame::Pred;
use super::lexicon::Target;
use super::parse::{Parser, Zone};
use super::scan::Kind;
use super::schema::{ColumnId, TableId};
use super::words::fold;
use crate::model::TypeFamily;

/// Columns looked into in one table.
const MOST: usize = 8;

/// Adjectives of peoples and places that no ending explains.
#[rustfmt::skip]
const PEOPLES: [(&str, &str); 34] = [
    ("french", "france"), ("spanish", "spain"), ("german", "germany"), ("dutch", "netherlands"), ("british", "uk"),
    ("english", "england"), ("swiss", "switzerland"), ("swedish", "sweden"), ("danish", "denmark"), ("turkish", "turkey"),
    ("polish", "poland"), ("greek", "greece"), ("irish", "ireland"), ("scottish", "scotland"), ("welsh", "wales"),
    ("finnish", "finland"), ("norwegian", "norway"), ("chinese", "china"), ("japanese", "japan"), ("portuguese", "portugal"),
    ("american", "usa"), ("european", "europe"), ("italian", "italy"), ("brazilian", "brazil"), ("canadian", "canada"),
    ("mexican", "mexico"), ("belgian", "belgium"), ("ukrainian", "ukraine"), ("hungarian", "hungary"), ("korean", "korea"),
    ("vietnamese", "vietnam"), ("thai", "thailand"), ("czech", "czech republic"), ("israeli", "israel"),
];

/// Words for the sexes, with their codes.
#[rustfmt::skip]
const SEXES: [(&str, &[&str]); 8] = [
    ("female", &["female", "f", "woman", "w"]), ("woman", &["female", "f", "woman", "w"]), ("women", &["female", "f", "woman", "w"]),
    ("male", &["male", "m", "man"]), ("man", &["male", "m", "man"]), ("men", &["male", "m", "man"]),
    ("weiblich", &["weiblich", "w", "f", "female"]), ("männlich", &["männlich", "m", "male"]),
];

/// Words before a name that restrict nothing.
#[rustfmt::skip]
const IDLE: &[&str] = &[
    "all", "available", "certain", "certainly", "corresponding", "current", "currently", "entire", "existing", "following", "given", "individual",
    "listed", "main", "more", "new", "particular", "possible", "present", "recorded", "registered", "related", "relevant",
    "same", "several", "single", "specific", "stored", "such", "whole", "own", "other", "many", "few", "less", "actual", "real",
    "full", "complete", "exact", "common", "general", "kind", "type", "sort", "also", "both", "either", "least", "most",
    "separate", "associated", "respective", "overall", "total", "different", "first", "last", "next", "previous", "old",
    "through", "during", "among", "against", "about", "into", "onto", "via", "than", "upon", "toward", "towards", "gab", "gibt",
    "wir", "noch", "who", "went", "come", "comes", "live", "lives", "work", "works", "own", "like", "well", "just", "still", "now", "here", "out", "off", "different", "various", "people", "person", "many", "much",
];

/// What follows `in` without being a place.
#[rustfmt::skip]
const NO_PLACES: &[&str] = &[
    "total", "general", "order", "database", "dataset", "data", "table", "system", "list", "stock", "all", "addition",
    "sum", "common", "charge", "detail", "full", "turn", "person", "particular", "average", "which", "it", "them", "history", "record", "world",
    "day", "week", "month", "quarter", "year", "date", "period", "time", "company", "school", "university", "country", "store", "market", "past", "future", "dollar", "usd", "descending", "ascending",
];

impl Parser<'_> {
    /// The forms in which the data may write this word.
    fn forms(&self, text: &str, column: ColumnId) -> Vec<String> {
        let lower = text.to_lowercase();
        if self.world.partial {
            return vec![format!("%{lower}%")];
        }
        let sexed =
            self.schema().column(column).core.iter().any(|w| matches!(w.as_str(), "sex" | "gender" | "geschlecht"));
        if sexed && let Some((_, codes)) = SEXES.iter().find(|(word, _)| *word == lower) {
            return codes.iter().map(|c| (*c).to_owned()).collect();
        }
        let mut forms = vec![lower.clone()];
        if let Some((_, place)) = PEOPLES.iter().find(|(people, _)| *people == lower) {
            forms.push((*place).to_owned());
        } else if let Some(base) = lower.strip_suffix("an").filter(|b| b.len() > 3) {
            forms.extend([format!("{base}a"), base.trim_end_matches('i').to_owned()]);
        }
        if !lower.contains(' ') {
            forms.push(fold(text));
        }
        forms.sort();
        forms.dedup();
        forms.retain(|f| !f.is_empty());
        forms
    }

    /// A condition that the text stands in one of the columns.
    pub fn mention(&self, at: usize, text: &str, places: &[ColumnId], negated: bool) -> Pred {
        let role = self.role_at(at);
        let schema = self.schema();
        // `leaving from X` is not said of where a flight arrives.
        let fits = |c: &&ColumnId| role.is_none_or(|r| super::roles::role_of(schema, **c).is_none_or(|own| own == r));
        let facing: Vec<ColumnId> = places.iter().filter(fits).copied().collect();
        let places = if facing.is_empty() { places } else { &facing };
        if let [one] = places
            && self.forms(text, *one).len() == 1
        {
            return self.text_equals(*one, text.to_owned(), negated);
        }
        let places: Vec<(ColumnId, Vec<String>)> = places.iter().map(|c| (*c, self.forms(text, *c))).collect();
        Pred::Mentioned { places, role, negated }
    }

    /// Text columns of a table that may hold such a value, likely ones first.
    pub fn columns_for(&self, table: TableId, text: &str) -> Vec<ColumnId> {
        #[rustfmt::skip]
        const LONG: [&str; 24] = [
            "email", "phone", "url", "website", "homepage", "address", "description", "comment", "detail", "date", "zip", "zipcode", "fax",
            "note", "password", "abstract", "uuid", "time", "street", "image", "token", "hash", "cell", "mail",
        ];
        let info = &self.schema().tables[table];
        let fits = |column: &usize| {
            let c = &info.columns[*column];
            let own = ColumnId { table, column: *column };
            c.family == TypeFamily::Text
                && !c.core.iter().any(|w| LONG.contains(&w.as_str()))
                && (!c.has_dictionary || self.world.partial || self.forms(text, own).iter().any(|f| has_value(c, f)))
        };
        let mut found: Vec<ColumnId> =
            (0..info.columns.len()).filter(fits).map(|column| ColumnId { table, column }).collect();
        let labels = self.schema().labels(table);
        found.sort_by_key(|c| !labels.contains(c));
        found.truncate(MOST);
        found
    }

    /// Where a text may stand that no name is beside: the table in question, then the tables
    /// around it.
    pub fn places_for(&self, table: TableId, text: &str, placed: bool) -> Vec<ColumnId> {
        if placed {
            let where_it_is = self.located(table, text);
            if !where_it_is.is_empty() {
                return where_it_is;
            }
        }
        let mut found = self.columns_for(table, text);
        let near = |t: &TableId| *t != table && self.world.graph.distance(table, *t).is_some_and(|d| d <= 2);
        for other in (0..self.schema().tables.len()).filter(near) {
            found.extend(self.columns_for(other, text).into_iter().take(MOST / 2));
        }
        found.truncate(3 * MOST);
        found
    }

    /// Columns that say where a row is: its own, else those of the nearest table that has some.
    fn located(&self, table: TableId, text: &str) -> Vec<ColumnId> {
        let places = |t: TableId| {
            let labels = if super::texts::is_place(&self.schema().tables[t].words) {
                self.schema().labels(t)
            } else {
                Vec::new()
            };
            let coded = |c: &ColumnId| {
                self.schema().column(*c).core.last().is_some_and(|w| matches!(w.as_str(), "code" | "id" | "key" | "no"))
            };
            let said = |c: &ColumnId| super::texts::is_place(&self.schema().column(*c).core) && !coded(c);
            let named = |c: &ColumnId| said(c) || labels.contains(c);
            self.columns_for(t, text).into_iter().filter(named).collect::<Vec<_>>()
        };
        let own = places(table);
        if !own.is_empty() {
            return own;
        }
        let mut near: Vec<(usize, TableId)> = (0..self.schema().tables.len())
            .filter(|t| *t != table)
            .filter_map(|t| Some((self.world.graph.distance(table, t)?, t)))
            .filter(|(distance, t)| *distance <= 2 && !places(*t).is_empty())
            .collect();
        near.sort_unstable();
        let nearest = near.first().map(|(distance, _)| *distance);
        near.into_iter().filter(|(d, _)| Some(*d) == nearest).flat_map(|(_, t)| places(t)).collect()
    }

    /// The column whose dictionary has this value, in a table of the question before others.
    pub fn known_value(&self, text: &str) -> Option<ColumnId> {
        let lower = text.to_lowercase();
        let used: Vec<TableId> =
            self.frame.entity.into_iter().chain(self.named.iter().copied()).chain(self.later_tables()).collect();
        let holds = self.schema().columns().filter(|(_, c)| has_value(c, &lower)).map(|(id, _)| id);
        holds.min_by_key(|id| (used.iter().position(|t| *t == id.table).unwrap_or(usize::MAX), *id))
    }

    /// A word that names nothing: before a name it may be a value, as in `dog pets`.
    pub fn word(&mut self, at: usize) -> usize {
        let text = self.nodes[at].element.text.clone();
        if text == "/" {
            return self.divided(at);
        }
        if let Some(column) = self.told_of(at, &text) {
            let negated = std::mem::take(&mut self.negated);
            let pred = self.mention(at, &text, &[column], negated);
            self.forget_output(column);
            self.add_filter(pred);
            return at + 1;
        }
        if let Some(table) = self.restricted_by(at, &text).or_else(|| self.says_of(at, &text)) {
            let places = self.columns_for(table, &text);
            let categories: Vec<ColumnId> = places.into_iter().filter(|c| self.is_category(*c)).collect();
            if !categories.is_empty() {
                let negated = std::mem::take(&mut self.negated);
                let pred = self.mention(at, &text, &categories, negated);
                self.add_filter(pred);
                // `cat and dog pets` are of either kind.
                self.or = matches!(self.cue(at + 1), Some(Cue::And | Cue::Or));
            }
        } else if self.after_place(at, &text) {
            return self.literal(at);
        }
        at + 1
    }

    /// True for a word that may be a value.
    fn may_be_value(&self, text: &str) -> bool {
        let lower = text.to_lowercase();
        let hangul = lower.chars().any(crate::text::is_hangul);
        // Korean verbs before a noun: `작성한`, `가입된`, `사는`.
        let verb = hangul
            && ["한", "된", "하는", "되는", "는", "은", "던", "할", "될", "한다", "있", "없", "함께"]
                .iter()
                .any(|e| lower.ends_with(e));
        lower.chars().all(char::is_alphabetic)
            && lower.chars().count() >= if hangul { 2 } else { 3 }
            && !verb
            && !lower.ends_with("ly")
            && !IDLE.contains(&lower.as_str())
            && !super::scan::is_small(&lower)
    }

    /// The table whose name this unknown word stands before, `cat or dog pets` included.
    fn restricted_by(&self, at: usize, text: &str) -> Option<TableId> {
        let before = at.checked_sub(1).map(|i| &self.nodes[i]);
        let after_name = before.is_some_and(|n| n.element.is_name()) && !self.is_korean();
        let after_word = before.is_some_and(|n| {
            matches!(n.element.kind, Kind::Word) && self.may_be_value(&n.element.text) && !self.is_korean()
        });
        if !self.may_be_value(text) || after_name || after_word {
            return None;
        }
        let mut next = at + 1;
        let listed = |i: usize| {
            matches!(self.cue(i), Some(Cue::And | Cue::Or))
                && self
                    .nodes
                    .get(i + 1)
                    .is_some_and(|n| matches!(n.element.kind, Kind::Word) && self.may_be_value(&n.element.text))
        };
        while listed(next) {
            next += 2;
        }
        // `서울에 사는 사용자`: a verb between the value and the name.
        if self.is_korean()
            && self
                .nodes
                .get(next)
                .is_some_and(|n| matches!(n.element.kind, Kind::Word) && !self.may_be_value(&n.element.text))
        {
            next += 1;
        }
        match self.target(next)? {
            Target::Table(table) if self.nodes[next].score >= 0.55 => Some(*table),
            _ => None,
        }
    }

    /// `how many orders are open`, `what share of orders failed`: a word at the end says how the
    /// rows are.
    fn says_of(&self, at: usize, text: &str) -> Option<TableId> {
        let ends = self.nodes.get(at + 1).is_none_or(|n| matches!(n.element.kind, Kind::Stop | Kind::Comma));
        let before = self.nodes.get(at.checked_sub(1)?)?;
        let verb = matches!(
            before.element.text.to_lowercase().as_str(),
            "is" | "are" | "was" | "were" | "been" | "be" | "sind" | "ist" | "waren" | "not" | "nicht"
        );
        let shared = self.share.is_some() && before.element.is_name();
        let table = self.frame.entity.or_else(|| self.named.last().copied());
        table.filter(|_| ends && (verb || shared) && self.may_be_value(text))
    }

    /// `with status open`, `whose type is premium`: the word is what the column says.
    fn told_of(&self, at: usize, text: &str) -> Option<ColumnId> {
        let mut back = at;
        while back > 0
            && matches!(
                self.nodes[back - 1].element.text.to_lowercase().as_str(),
                "is" | "are" | "was" | "of" | "=" | "ist" | "the"
            )
        {
            back -= 1;
        }
        let place = back.checked_sub(1)?;
        let Some(Target::Column(column)) = self.target(place) else { return None };
        let conditional =
            self.zone == Zone::Condition && (back < at || place > 0 && self.cue(place - 1) == Some(Cue::Boundary));
        let ends = self.nodes.get(at + 1).is_none_or(|n| {
            matches!(n.element.kind, Kind::Stop | Kind::Comma) || matches!(n.cue(), Some(Cue::And | Cue::Or))
        });
        let fits = ends
            && self.may_be_value(text)
            && self.is_category(*column)
            && self.schema().family(*column) == TypeFamily::Text;
        (fits && conditional).then_some(*column)
    }

    /// `in france`, `from usa`: written small, and still a place.
    fn after_place(&self, at: usize, text: &str) -> bool {
        let lower = text.to_lowercase();
        let mut back = at;
        while back > 0 && matches!(self.nodes[back - 1].element.text.as_str(), "the" | "The") {
            back -= 1;
        }
        let placed = back > 0 && self.cue(back - 1) == Some(Cue::Place);
        let ends =
            self.nodes.get(at + 1).is_none_or(|n| matches!(n.element.kind, Kind::Stop | Kind::Comma | Kind::Cue(_)));
        placed
            && ends
            && lower.chars().count() >= 2
            && lower.chars().all(char::is_alphabetic)
            && !NO_PLACES.contains(&lower.as_str())
            && !IDLE.contains(&lower.as_str())
            && self.zone == Zone::Condition
    }

    /// A column of kinds, which an adjective may name.
    fn is_category(&self, column: ColumnId) -> bool {
        #[rustfmt::skip]
        const KINDS: [&str; 40] = [
            "type", "status", "category", "kind", "class", "gender", "sex", "level", "state", "method", "mode", "genre", "style",
            "color", "colour", "nationality", "country", "continent", "region", "role", "position", "segment", "tier", "rank", "form",
            "group", "division", "department", "season", "species", "breed", "food", "major", "language", "grade", "priority", "channel",
            "platform", "result", "outcome",
        ];
        let info = self.schema().column(column);
        info.has_dictionary
            || info
                .core
                .iter()
                .any(|w| KINDS.contains(&w.as_str()) || KINDS.iter().any(|k| k.len() > 3 && w.ends_with(k)))
    }
}

fn has_value(column: &super::schema::ColumnInfo, lower: &str) -> bool {
    column.has_dictionary
        && column.values.iter().any(|(v, name)| v.to_lowercase() == lower || name.to_lowercase() == lower)
}

/// Words of SQL, which advice in a question names.
pub fn is_sql_word(text: &str) -> bool {
    #[rustfmt::skip]
    const WORDS: [&str; 18] = [
        "LIKE", "ILIKE", "NULL", "TRUE", "FALSE", "DISTINCT", "COUNT", "JOIN", "SQL", "SELECT", "AND", "OR", "NOT", "CASE", "GROUP", "ORDER", "BY", "IN",
    ];
    WORDS.contains(&text.to_uppercase().as_str()) && text.chars().any(char::is_uppercase)
}
