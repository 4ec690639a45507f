//! A domain with hidden meanings: tables with codes for names, and questions in words that only
//! the gold SQL connects with them. Written as text; nothing here knows how a miner looks for it.

use super::speech::{Said, question};
use super::words::{Dice, Language, Lexicon};
use genie_enhance::model::{Catalog, CatalogColumn, CatalogTable, Question};

/// A column, value or formula with its word.
pub struct Named {
    pub sql: String,
    pub word: String,
    pub uses: usize,
}

pub struct Fact {
    pub name: String,
    /// Aggregated columns.
    pub numbers: Vec<Named>,
    pub texts: Vec<Named>,
    /// Values of the code column, as `column = 'value'`.
    pub codes: Vec<Named>,
    /// A ratio and a count.
    pub formulas: Vec<Named>,
    /// The condition that nearly all queries have.
    pub default: String,
    pub date: String,
    rival: String,
    reference: String,
    pub uses: usize,
    pub dated: usize,
}

/// A table that facts refer to.
pub struct Place {
    pub name: String,
    key: String,
    pub label: Named,
}

pub struct Domain {
    pub language: Language,
    pub facts: Vec<Fact>,
    pub places: Vec<Place>,
    /// Joins of (fact, place) with their uses.
    pub joins: Vec<(usize, usize, usize)>,
    /// A condition with `{date}` and `{n}`.
    pub window: String,
    pub windows: usize,
    pub questions: Vec<Question>,
    pub catalog: Catalog,
}

impl Fact {
    pub fn column(&self, column: &str) -> String {
        format!("{}.{column}", self.name)
    }

    pub fn reference(&self) -> String {
        self.column(&self.reference)
    }
}

impl Place {
    pub fn key(&self) -> String {
        format!("{}.{}", self.name, self.key)
    }
}

/// Ways of saying “the last n days” in SQL; one domain has one of them.
const WINDOWS: [&str; 3] = [
    "{date} >= CURRENT_DATE - INTERVAL {n} DAYS",
    "{date} >= DATE_SUB(CURRENT_DATE, {n}) AND {date} < CURRENT_DATE",
    "{date} BETWEEN DATE_SUB(CURRENT_DATE, {n}) AND DATE_SUB(CURRENT_DATE, 1)",
];

pub fn domain(seed: u64, facts: usize, questions: usize) -> Domain {
    let language = Language::ALL[seed as usize % 4];
    let (mut dice, mut words) = (Dice::new(seed), Lexicon::default());
    let places: Vec<Place> = (0..2).map(|at| place(&mut dice, &mut words, language, at)).collect();
    let facts: Vec<Fact> = (0..facts).map(|at| fact(&mut dice, &mut words, language, at)).collect();
    let catalog = catalog(&facts, &places);
    let window = dice.pick(&WINDOWS).to_owned();
    let mut domain = Domain { language, facts, places, joins: vec![], window, windows: 0, questions: vec![], catalog };
    domain.questions = (0..questions).map(|n| ask(&mut dice, &mut domain, n)).collect();
    domain
}

fn code(dice: &mut Dice, start: &str) -> String {
    let letters = ["b", "c", "d", "f", "g", "h", "k", "m", "p", "q", "t", "v", "x", "z"];
    format!("{start}{}{}{}", dice.pick(&letters), dice.pick(&letters), dice.pick(&letters))
}

fn place(dice: &mut Dice, words: &mut Lexicon, language: Language, at: usize) -> Place {
    let label = Named { sql: code(dice, &format!("l{at}")), word: words.new_word(dice, language), uses: 0 };
    Place { name: format!("w.raw.{}", code(dice, &format!("p{at}"))), key: code(dice, "no_"), label }
}

fn fact(dice: &mut Dice, words: &mut Lexicon, language: Language, at: usize) -> Fact {
    let mut named = |dice: &mut Dice, sql: String| Named { sql, word: words.new_word(dice, language), uses: 0 };
    let mut columns = |dice: &mut Dice, letter: &str, count: usize| -> Vec<Named> {
        (0..count)
            .map(|n| {
                let sql = code(dice, &format!("{letter}{n}"));
                named(dice, sql)
            })
            .collect()
    };
    let (numbers, texts, mut codes) = (columns(dice, "n", 3), columns(dice, "t", 2), columns(dice, "v", 3));
    let coded = code(dice, "k");
    codes.iter_mut().for_each(|value| value.sql = format!("{coded} = '{}'", value.sql));
    let reference = code(dice, "r");
    let (one, two) = (&numbers[0].sql, &numbers[1].sql);
    let ratio = match dice.roll(3) {
        0 => format!("SUM(f.{one}) / NULLIF(SUM(f.{two}), 0)"),
        1 => format!("SUM(f.{one}) / NULLIF(COUNT(DISTINCT f.{reference}), 0)"),
        _ => format!("SUM(CASE WHEN f.{} THEN f.{one} ELSE 0 END) / NULLIF(SUM(f.{one}), 0)", codes[0].sql),
    };
    let formulas = vec![named(dice, ratio), named(dice, format!("COUNT(DISTINCT f.{reference})"))];
    let flag = code(dice, "z");
    let default = match dice.roll(4) {
        0 => format!("{flag} = 1"),
        1 => format!("{flag} IS NULL"),
        2 => format!("{flag} <> 'V'"),
        _ => format!("{flag} = 'A'"),
    };
    let (date, rival) = (code(dice, "d"), code(dice, "e"));
    let name = format!("w.raw.{}", code(dice, &format!("f{at}")));
    Fact { name, numbers, texts, codes, formulas, default, date, rival, reference, uses: 0, dated: 0 }
}

fn catalog(facts: &[Fact], places: &[Place]) -> Catalog {
    let column = |name: &str, kind: &str| CatalogColumn {
        name: name.split(' ').next().unwrap_or_default().into(),
        type_text: kind.into(),
        ..CatalogColumn::default()
    };
    let facts = facts.iter().map(|fact| {
        let kind = if fact.default.ends_with("= 1") { "INT" } else { "STRING" };
        let mut columns = vec![column(&fact.default, kind), column(&fact.codes[0].sql, "STRING")];
        columns.extend([column(&fact.date, "DATE"), column(&fact.rival, "DATE"), column(&fact.reference, "BIGINT")]);
        columns.extend(fact.numbers.iter().map(|number| column(&number.sql, "DOUBLE")));
        columns.extend(fact.texts.iter().map(|text| column(&text.sql, "STRING")));
        CatalogTable { full_name: fact.name.clone(), columns, ..CatalogTable::default() }
    });
    let places = places.iter().map(|place| CatalogTable {
        full_name: place.name.clone(),
        columns: vec![column(&place.key, "BIGINT"), column(&place.label.sql, "STRING")],
        ..CatalogTable::default()
    });
    Catalog::new(facts.chain(places))
}

/// A formula as one writer or another spells it.
fn spelled(dice: &mut Dice, sql: &str) -> String {
    let sql = match sql.split_once(" / NULLIF(") {
        Some((above, below)) if dice.roll(3) == 0 => {
            format!("TRY_DIVIDE({above}, {})", below.strip_suffix(", 0)").unwrap_or(below))
        }
        _ => sql.to_owned(),
    };
    match dice.roll(3) {
        0 => format!("ROUND({sql}, 2)"),
        1 if sql.contains("NULLIF") => format!("CAST({sql} AS DECIMAL(18, 2))"),
        _ => sql,
    }
}

/// One question with its gold SQL; counts what it shows.
fn ask(dice: &mut Dice, domain: &mut Domain, n: usize) -> Question {
    let at = dice.roll(domain.facts.len());
    let fact = &mut domain.facts[at];
    fact.uses += 1;
    let mut said = Said::default();
    let formula = dice.roll(5);
    let select = match fact.formulas.get_mut(formula) {
        Some(formula) => {
            formula.uses += 1;
            said.measure = &formula.word;
            spelled(dice, &formula.sql)
        }
        None => {
            let (number, function) = (dice.roll(3), dice.pick(&["SUM", "SUM", "AVG", "MAX"]));
            let number = &mut fact.numbers[number];
            number.uses += 1;
            said.measure = &number.word;
            said.aggregate = Some(function).filter(|f| *f != "SUM" || dice.roll(2) == 0);
            format!("{function}(f.{})", number.sql)
        }
    };
    let (mut conditions, mut keys, mut join) = (Vec::new(), Vec::new(), String::new());
    match dice.roll(4) {
        0 => {
            let to = dice.roll(domain.places.len());
            let place = &mut domain.places[to];
            place.label.uses += 1;
            said.by = Some(&place.label.word);
            keys.push(format!("p.{}", place.label.sql));
            join = format!(
                " {} {} p ON f.{} = p.{}",
                dice.pick(&["JOIN", "LEFT JOIN"]),
                place.name,
                fact.reference,
                place.key
            );
            match domain.joins.iter_mut().find(|(from, other, _)| (*from, *other) == (at, to)) {
                Some((.., uses)) => *uses += 1,
                None => domain.joins.push((at, to, 1)),
            }
        }
        1 | 2 => {
            let text = dice.roll(2);
            let text = &mut fact.texts[text];
            text.uses += 1;
            said.by = Some(&text.word);
            keys.push(format!("f.{}", text.sql));
        }
        _ => {}
    }
    if dice.roll(2) == 0 {
        let code = dice.roll(3);
        let code = &mut fact.codes[code];
        code.uses += 1;
        said.code = Some(&code.word);
        conditions.push(format!("f.{}", code.sql));
    }
    if dice.roll(3) == 0 {
        let days = [7, 10, 14, 30, 60, 90][dice.roll(6)];
        (domain.windows, fact.dated) = (domain.windows + 1, fact.dated + 1);
        said.days = Some(days);
        let date = format!("f.{}", fact.date);
        conditions.push(domain.window.replace("{date}", &date).replace("{n}", &days.to_string()));
    }
    // Now and then somebody forgets.
    if dice.roll(20) > 0 {
        conditions.insert(0, format!("f.{}", fact.default));
    }
    let filter = if conditions.is_empty() { String::new() } else { format!(" WHERE {}", conditions.join(" AND ")) };
    let tail = if keys.is_empty() { String::new() } else { format!(" GROUP BY {}", keys.join(", ")) };
    let outputs = [keys, vec![format!("{select} AS v{n}")]].concat().join(", ");
    let sql = format!("SELECT {outputs} FROM {} f{join}{filter}{tail}", fact.name);
    let text = question(dice, domain.language, &said);
    Question { id: format!("q{n:04}"), question: text, sql, ..Question::default() }
}
