//! Examples carried over: a question that differs from an example in a few places, each of which
//! has its counterpart in the example's SQL.
//!
//! A place may be a number, a value or a column of the same table. Where one difference has no
//! counterpart, the example is not followed.

use super::examples::{Followed, Known, form, matters};
use super::lexicon::{Lexicon, Target};
use super::schema::{ColumnId, Schema};
use super::tokenise::{Tok, tokenise};
use crate::sql::parse_query;
use crate::text::compact;

/// Words that must be shared, at least and as a share of the longer question.
const SHARED: usize = 3;
const SHARE: f64 = 0.6;
/// Differences, and words of one.
const DIFFERENCES: usize = 2;
const WORDS: usize = 3;

/// Words of the example and of the question that stand in the same place.
type Difference<'a> = (Vec<&'a Tok>, Vec<&'a Tok>);

/// The example that differs least, with its SQL changed to what is asked.
pub fn follow(examples: &[Known], question: &str, schema: &Schema, lexicon: &Lexicon) -> Option<Followed> {
    if examples.is_empty() {
        return None;
    }
    let asked = tokenise(question);
    let asked: Vec<&Tok> = asked.iter().filter(|t| t.quoted || matters(t)).collect();
    let mut best: Option<(usize, Followed)> = None;
    for known in examples.iter().filter(|k| k.example.parameters.is_empty()) {
        let told: Vec<&Tok> = known.toks.iter().filter(|t| t.quoted || matters(t)).collect();
        let (shared, differences) = differences(&told, &asked);
        let longer = told.len().max(asked.len());
        let close = shared >= SHARED && shared as f64 >= SHARE * longer as f64;
        let few = !differences.is_empty()
            && differences.len() <= DIFFERENCES
            && differences.iter().all(|(a, b)| !a.is_empty() && !b.is_empty() && a.len().max(b.len()) <= WORDS);
        if !close || !few || best.as_ref().is_some_and(|(most, _)| *most >= shared) {
            continue;
        }
        if let Some(followed) = carried(known, &differences, schema, lexicon) {
            best = Some((shared, followed));
        }
    }
    best.map(|(_, followed)| followed)
}

/// How many words are the same in the same order, and what stands between them.
fn differences<'a>(told: &[&'a Tok], asked: &[&'a Tok]) -> (usize, Vec<Difference<'a>>) {
    let (n, m) = (told.len(), asked.len());
    let same = |i: usize, j: usize| form(told[i]) == form(asked[j]);
    let mut longest = vec![vec![0_usize; m + 1]; n + 1];
    for i in (0..n).rev() {
        for j in (0..m).rev() {
            longest[i][j] =
                if same(i, j) { longest[i + 1][j + 1] + 1 } else { longest[i + 1][j].max(longest[i][j + 1]) };
        }
    }
    let (mut i, mut j, mut found): (usize, usize, Vec<Difference>) = (0, 0, Vec::new());
    let mut open: Difference = (Vec::new(), Vec::new());
    while i < n || j < m {
        if i < n && j < m && same(i, j) && longest[i][j] == longest[i + 1][j + 1] + 1 {
            found.extend(closed(&mut open));
            (i, j) = (i + 1, j + 1);
        } else if j >= m || i < n && longest[i + 1][j] >= longest[i][j + 1] {
            open.0.push(told[i]);
            i += 1;
        } else {
            open.1.push(asked[j]);
            j += 1;
        }
    }
    found.extend(closed(&mut open));
    (longest[0][0], found)
}

/// The difference so far, if there is one.
fn closed<'a>(open: &mut Difference<'a>) -> Option<Difference<'a>> {
    let some = !open.0.is_empty() || !open.1.is_empty();
    some.then(|| std::mem::take(open))
}

fn carried(known: &Known, differences: &[Difference], schema: &Schema, lexicon: &Lexicon) -> Option<Followed> {
    let mut sql = known.example.sql.trim().trim_end_matches(';').to_owned();
    let mut filled = Vec::new();
    for (told, asked) in differences {
        let text = |toks: &[&Tok]| toks.iter().map(|t| t.plain()).collect::<Vec<_>>().join(" ");
        let (from, to) = (text(told), text(asked));
        sql = number(&sql, &from, &to)
            .or_else(|| value(&sql, &from, &to, schema))
            .or_else(|| column(&sql, told, asked, schema, lexicon))?;
        filled.push(format!("{to} for {from}"));
    }
    parse_query(&sql).ok()?;
    Some(Followed { sql, question: known.example.question.clone(), filled })
}

/// A number that the SQL has once.
fn number(sql: &str, from: &str, to: &str) -> Option<String> {
    let digits = |text: &str| text.chars().take_while(char::is_ascii_digit).collect::<String>();
    let unit = |text: &str| text.chars().skip_while(char::is_ascii_digit).collect::<String>();
    let (old, new) = (digits(from), digits(to));
    if old.is_empty() || new.is_empty() || unit(from) != unit(to) {
        return None;
    }
    let places = words_at(sql, &old);
    match places.as_slice() {
        [at] => Some(format!("{}{new}{}", &sql[..*at], &sql[at + old.len()..])),
        _ => None,
    }
}

/// Where this word stands alone in the SQL.
fn words_at(sql: &str, word: &str) -> Vec<usize> {
    let part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '.');
    sql.match_indices(word)
        .map(|(at, _)| at)
        .filter(|at| !part(sql[..*at].chars().next_back()) && !part(sql[at + word.len()..].chars().next()))
        .collect()
}

/// A text literal of the SQL, which the question names by itself or by another name.
fn value(sql: &str, from: &str, to: &str, schema: &Schema) -> Option<String> {
    let literals: Vec<&str> = sql.split('\'').skip(1).step_by(2).filter(|l| !l.is_empty()).collect();
    let named = |(stored, name): &(String, String), text: &str| {
        compact(stored) == compact(text) || compact(name) == compact(text)
    };
    for (_, info) in schema.columns() {
        let old = info.values.iter().find(|pair| named(pair, from) && literals.contains(&pair.0.as_str()));
        let new = info.values.iter().find(|pair| named(pair, to));
        if let (Some((old, _)), Some((new, _))) = (old, new) {
            return Some(sql.replace(&super::values::quote(old), &super::values::quote(new)));
        }
    }
    let old = literals.iter().find(|l| compact(l) == compact(from))?;
    let cased = if **old == old.to_lowercase() { to.to_lowercase() } else { to.to_owned() };
    let quoted = format!("'{old}'");
    sql.contains(&quoted).then(|| sql.replace(&quoted, &super::values::quote(&cased)))
}

/// A column of the SQL, for which another of the same table and kind is asked.
fn column(sql: &str, told: &[&Tok], asked: &[&Tok], schema: &Schema, lexicon: &Lexicon) -> Option<String> {
    let named = |toks: &[&Tok]| -> Vec<ColumnId> {
        let words: Vec<String> = toks.iter().map(|t| t.word.clone()).collect();
        let raw = toks.iter().map(|t| t.plain()).collect::<Vec<_>>().join(" ");
        let sure = lexicon.candidates(&words, &raw).into_iter().filter(|c| c.score >= 0.85);
        sure.filter_map(|c| if let Target::Column(id) = c.target { Some(id) } else { None }).collect()
    };
    let olds = named(told);
    let news = named(asked);
    let name = |id: ColumnId| schema.column(id).name.as_str();
    for old in olds.into_iter().filter(|old| !words_of_column(sql, name(*old)).is_empty()) {
        let fits = |new: &&ColumnId| {
            new.table == old.table
                && **new != old
                && schema.family(**new).is_numeric() == schema.family(old).is_numeric()
                && words_of_column(sql, name(**new)).is_empty()
        };
        if let Some(new) = news.iter().find(fits) {
            return Some(renamed(sql, name(old), name(*new)));
        }
    }
    None
}

/// Where a column's name stands in the SQL, after its table or alone.
fn words_of_column(sql: &str, name: &str) -> Vec<usize> {
    let part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
    sql.match_indices(name)
        .map(|(at, _)| at)
        .filter(|at| {
            let inside = sql[..*at].matches('\'').count() % 2 == 1;
            !inside && !part(sql[..*at].chars().next_back()) && !part(sql[at + name.len()..].chars().next())
        })
        .collect()
}

fn renamed(sql: &str, old: &str, new: &str) -> String {
    let (mut out, mut from) = (String::new(), 0);
    for at in words_of_column(sql, old) {
        out.push_str(&sql[from..at]);
        out.push_str(new);
        from = at + old.len();
    }
    out.push_str(&sql[from..]);
    out
}
