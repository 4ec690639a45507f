//! Texts and known values: what column they belong to, and how they restrict.

use super::cues::{Cue, Match};

use super::frame::{Expr, Pred};
use super::lexicon::Target;
use super::parse::{Parser, Zone};
use super::scan::Kind;
use super::schema::{ColumnId, TableId};
use super::values::quote;
use crate::model::TypeFamily;

/// Words of columns that say where something is.
const PLACES: [&str; 16] = [
    "country",
    "city",
    "state",
    "region",
    "location",
    "place",
    "nation",
    "district",
    "address",
    "continent",
    "국가",
    "지역",
    "도시",
    "land",
    "stadt",
    "ort",
];

/// True for a name with a word for a place.
pub fn is_place(words: &[String]) -> bool {
    words.iter().any(|w| PLACES.contains(&w.as_str()))
}

impl Parser<'_> {
    /// A text in quotes, or a proper name.
    pub fn literal(&mut self, at: usize) -> usize {
        let text = self.nodes[at].element.text.clone();
        let quoted = matches!(self.nodes[at].element.kind, Kind::Literal { quoted: true });
        if !quoted && super::mentions::is_sql_word(&text) {
            return at + 1;
        }
        if let Some(used) = self.inside(at, &text) {
            return used;
        }
        let acronym = text.chars().count() <= 6 && text.chars().all(|c| c.is_uppercase() || c.is_ascii_digit());
        let placed = at > 0 && matches!(self.cue(at - 1), Some(Cue::Place | Cue::Named | Cue::Or | Cue::Compare(..)));
        if acronym
            && !quoted
            && !placed
            && self.zone == Zone::Output
            && !self.is_korean()
            && !self.target(at + 1).is_some_and(|t| matches!(t, Target::Table(_) | Target::Column(_)))
        {
            self.frame.unknown.push(text);
            return at + 1;
        }
        if let Some(used) = self.value_of_next(at, &text) {
            return used;
        }
        let places = self.literal_places(at, &text);
        let Some(first) = places.first().copied() else { return at + 1 };
        self.frame.entity = self.frame.entity.or(Some(first.table));
        let mut values = vec![text];
        let mut next = at + 1;
        while let (true, Some(Kind::Literal { .. })) = (
            matches!(self.cue(next), Some(Cue::Or | Cue::And)) || matches!(self.kind(next), Some(Kind::Comma)),
            self.kind(next + 1),
        ) {
            values.push(self.nodes[next + 1].element.text.clone());
            next += 2;
        }
        let negated = std::mem::take(&mut self.negated);
        let both = self.both;
        let texts: Vec<Pred> = values.iter().map(|value| self.mention(at, value, &places, negated)).collect();
        if places.len() > 1 && both {
            texts.into_iter().for_each(|pred| self.frame.filters.push(pred));
        } else {
            self.add_texts(first, texts, negated, both);
        }
        next
    }

    /// `general 채널에서`: Korean says the value, and then the column.
    fn value_of_next(&mut self, at: usize, text: &str) -> Option<usize> {
        let next = self.nodes.get(at + 1)?;
        let Some(Target::Column(column)) = next.target else { return None };
        let korean = next.element.text.chars().any(crate::text::is_hangul);
        let holds = self.schema().family(column) == TypeFamily::Text;
        (korean && holds && next.score >= 0.45 && !next.element.each).then_some(())?;
        let negated = std::mem::take(&mut self.negated);
        let pred = self.mention(at, text, &[column], negated);
        self.frame.entity = self.frame.entity.or(Some(column.table));
        self.add_filter(pred);
        Some(at + 2)
    }

    /// `have 'Ford' in their name`.
    pub fn inside(&mut self, at: usize, text: &str) -> Option<usize> {
        if !matches!(self.nodes.get(at + 1), Some(n) if n.element.text == "in") {
            return None;
        }
        let next = self.skip(at + 2, |c| matches!(c, Cue::Filler | Cue::Pronoun));
        let Some(Target::Column(column)) = self.target(next).filter(|_| next > at + 2) else { return None };
        let column = *column;
        (self.schema().family(column) == TypeFamily::Text).then_some(())?;
        let negated = std::mem::take(&mut self.negated);
        self.add_filter(Pred::Like { column, pattern: format!("%{text}%"), negated });
        Some(next + 1)
    }

    pub fn text_equals(&self, column: ColumnId, value: String, negated: bool) -> Pred {
        let info = self.schema().column(column);
        if self.world.partial && info.family == TypeFamily::Text {
            return Pred::Like { column, pattern: format!("%{}%", value.replace('%', "\\%")), negated };
        }
        let known =
            info.values.iter().find(|(v, name)| v.eq_ignore_ascii_case(&value) || name.eq_ignore_ascii_case(&value));
        match known {
            Some((stored, _)) => Pred::In { column, values: vec![quote(stored)], negated },
            None if info.family != TypeFamily::Text => {
                Pred::Compare { left: Expr::Column(column), op: if negated { "<>" } else { "=" }, right: quote(&value) }
            }
            None => Pred::Text { column, value, negated },
        }
    }

    pub fn add_texts(&mut self, column: ColumnId, texts: Vec<Pred>, negated: bool, both: bool) {
        self.forget_guess(column, &texts);
        if both {
            for pred in texts {
                self.frame.filters.push(Pred::Has { table: column.table, when: vec![pred], negated });
            }
        } else if negated {
            texts.into_iter().for_each(|pred| self.add_filter(pred));
        } else {
            match <[Pred; 1]>::try_from(texts) {
                Ok([one]) => self.add_filter(one),
                Err(many) => self.add_filter(Pred::Any(many)),
            }
        }
    }

    /// `successful orders (status 'success')`: what is said outright goes before what was guessed.
    fn forget_guess(&mut self, column: ColumnId, texts: &[Pred]) {
        let start = |text: &str| text.trim_matches('\'').to_lowercase().chars().take(4).collect::<String>();
        let said: Vec<String> = texts
            .iter()
            .filter_map(|p| match p {
                Pred::Text { value, .. } => Some(start(value)),
                Pred::In { values, .. } => values.first().map(|v| start(v)),
                _ => None,
            })
            .collect();
        self.frame.filters.retain(|p| match p {
            Pred::Mentioned { places, .. } => {
                !places.iter().any(|(c, forms)| *c == column && forms.iter().any(|f| said.contains(&start(f))))
            }
            Pred::Text { column: c, value, .. } => *c != column || texts.contains(p) || !said.contains(&start(value)),
            _ => true,
        });
    }

    /// Where the text may stand: the column that is named beside it, else a column whose
    /// dictionary has it, else every column that may hold it.
    pub fn literal_places(&self, at: usize, value: &str) -> Vec<ColumnId> {
        let text = |c: ColumnId| matches!(self.schema().family(c), TypeFamily::Text | TypeFamily::Other);
        if let Some(column) =
            self.subject_column().filter(|c| text(*c) && self.near_subject(at) && self.is_told(at, *c))
        {
            return vec![column];
        }
        if let Some(Target::Column(c)) = self.target(at + 1).filter(|_| self.nodes[at + 1].score >= 0.75)
            && text(*c)
        {
            return vec![*c];
        }
        if let Some(column) = self.known_value(value) {
            return vec![column];
        }
        let beside = [at.checked_sub(1), Some(at + 1)].into_iter().flatten().find_map(|i| match self.target(i) {
            Some(Target::Table(t)) => Some(*t),
            _ => None,
        });
        if let Some(table) = beside {
            let found = self.columns_for(table, value);
            return if found.is_empty() { self.schema().labels(table) } else { found };
        }
        let asked = self.subject_column().map(|c| c.table).filter(|_| self.zone == Zone::Output);
        let outputs = self.frame.outputs.iter().find_map(|o| o.expr.column()).map(|c| c.table);
        let named = self.named.first().copied();
        let ahead = || self.later_tables().into_iter().next();
        let Some(table) = self.frame.entity.or(asked).or(named).or(outputs).or_else(ahead) else { return Vec::new() };
        // A code, or a verb that says a role, may stand in a reference as well.
        let code = value.chars().count() <= 4 && value.chars().all(|c| c.is_uppercase() || c.is_ascii_digit());
        let placed = !code
            && self.verb_role(at).is_none()
            && (at.saturating_sub(2)..at).any(|i| self.cue(i) == Some(Cue::Place));
        let found = self.places_for(table, value, placed);
        if found.is_empty() { self.schema().labels(table).into_iter().filter(|c| text(*c)).collect() } else { found }
    }

    /// True if the column before a text is compared with it, not asked for: not `what country is X
    /// in`, and not `the names in X`.
    fn is_told(&self, at: usize, column: ColumnId) -> bool {
        let Some(place) = (0..at).rev().find(|i| self.target(*i) == Some(&Target::Column(column))) else { return true };
        let which = place > 0 && matches!(self.cue(place - 1), Some(Cue::Which | Cue::Resume | Cue::Who));
        let within = (place + 1..at).any(|i| self.cue(i) == Some(Cue::Place));
        let placelike = PLACES.iter().any(|p| self.schema().column(column).core.iter().any(|w| w == p));
        let verb = (place + 1..at).any(|i| {
            matches!(
                self.nodes[i].element.text.to_lowercase().as_str(),
                "is" | "are" | "do" | "does" | "did" | "was" | "were"
            )
        });
        let shown = self.zone == Zone::Output && self.frame.outputs.iter().any(|o| o.expr == Expr::Column(column));
        let owned = self.nodes[place].source == "table and column name"
            || place > 0 && self.nodes[place - 1].element.possessive;
        owned || !(which && place + 1 < at || within && !placelike || verb && shown)
    }

    /// Where the rows are: a column of the tables in use that names a place.
    pub fn place_column(&self) -> Option<ColumnId> {
        let outputs = self.frame.outputs.iter().filter_map(|o| o.expr.column()).map(|c| c.table);
        let used: Vec<TableId> =
            self.named.iter().copied().chain(self.frame.entity).chain(outputs).chain(self.later_tables()).collect();
        let text = |id: &ColumnId| self.schema().family(*id) == TypeFamily::Text;
        let column = |place: &str| {
            let named = |core: &[String]| core == [place] || core == [place, "name"];
            let fits = |(id, c): &(ColumnId, &super::schema::ColumnInfo)| {
                used.contains(&id.table) && named(&c.core) && text(id)
            };
            self.schema().columns().find(fits).map(|(id, _)| id)
        };
        let table = |place: &str, any: bool| {
            let fits = |t: &TableId| self.schema().tables[*t].words == [place] && (any || used.contains(t));
            let found = (0..self.schema().tables.len()).find(fits)?;
            self.schema().labels(found).first().copied().filter(text)
        };
        let near = PLACES.iter().find_map(|place| table(place, false).or_else(|| column(place)));
        near.or_else(|| PLACES.iter().find_map(|place| table(place, true)))
    }

    /// A value that the space knows.
    pub fn value(&mut self, at: usize, column: ColumnId, value: &str) -> usize {
        let literal = if self.schema().family(column).is_numeric() { value.to_owned() } else { quote(value) };
        let negated = std::mem::take(&mut self.negated);
        self.conditions += 1;
        if self.both {
            self.frame.filters.push(Pred::Has {
                table: column.table,
                when: vec![Pred::In { column, values: vec![literal], negated }],
                negated: false,
            });
            return at + 1;
        }
        let listed = self.frame.filters.iter_mut().rev().find_map(|p| match p {
            Pred::In { column: known, values, negated: n } if *known == column && *n == negated => Some(values),
            _ => None,
        });
        if let Some(values) = listed {
            if !values.contains(&literal) {
                values.push(literal);
            }
            self.or = false;
            return at + 1;
        }
        let elsewhere = negated
            && self
                .frame
                .entity
                .is_some_and(|e| e != column.table && !self.schema().is_unique(column.table, &[column.column]));
        let pred = Pred::In { column, values: vec![literal], negated: negated && !elsewhere };
        if elsewhere && self.absent.is_none() {
            self.frame.filters.push(Pred::Has { table: column.table, when: vec![pred], negated: true });
        } else {
            self.add_filter(pred);
        }
        at + 1
    }

    /// `starts with J`, `contains the letter 'a'`.
    pub fn pattern(&mut self, at: usize, kind: Match) -> usize {
        let mut kind = kind;
        let mut next = at + 1;
        while let Some(cue) = self.cue(next).filter(|c| matches!(c, Cue::Filler | Cue::Pattern(_) | Cue::Place)) {
            if let Cue::Pattern(inner @ (Match::Starts | Match::Ends)) = cue {
                kind = inner;
            }
            next += 1;
        }
        let Some(text) = self.nodes.get(next).map(|n| n.element.text.clone()).filter(|t| t.chars().count() <= 60)
        else {
            return at + 1;
        };
        let fallback = || self.frame.entity.and_then(|t| self.schema().labels(t).first().copied());
        let Some(column) =
            self.subject_column().filter(|c| self.schema().family(*c) == TypeFamily::Text).or_else(fallback)
        else {
            return next + 1;
        };
        self.forget_output(column);
        let safe = text.replace('%', "\\%");
        let pattern = match kind {
            Match::Starts => format!("{safe}%"),
            Match::Ends => format!("%{safe}"),
            Match::Contains => format!("%{safe}%"),
        };
        let negated = std::mem::take(&mut self.negated);
        self.add_filter(Pred::Like { column, pattern, negated });
        next + 1
    }

    pub fn null(&mut self, at: usize) -> usize {
        let next = match self.target(at + 1) {
            Some(Target::Column(c)) => Some(*c),
            _ => None,
        };
        if let Some(column) = self.subject_column().or(next) {
            let negated = std::mem::take(&mut self.negated);
            self.add_filter(Pred::Null { column, negated });
        }
        at + 1
    }
}
