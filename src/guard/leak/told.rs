//! An answer in plain words: no SQL in it, and still the answer to one question.
//!
//! A sentence tells the answer when it speaks of what the question speaks of, says what is worked
//! out, and holds every literal of the gold query, one of which no other family of questions has. A
//! definition ("heavy trips carry more than 900 kg") says what a word means and not what is worked
//! out with it; it passes.

use super::key::Key;
use crate::learn::content_terms;
use crate::text::normalise;

/// Share of a question's terms that a sentence about it has at least.
const SPOKEN: f64 = 0.75;

/// What people say for a function, in the languages the learner knows.
const FUNCTIONS: [(&str, &[&str]); 6] = [
    ("count(", &["count", "number", "how many", "anzahl", "wie viele", "zähl", "건수", "개수", "몇", " 수", "세어"]),
    ("sum(", &["sum", "total", "add up", "added up", "gesamt", "합계", "합산", "총", "더한", "더해"]),
    ("avg(", &["average", "mean", "avg", "durchschnitt", "mittel", "평균"]),
    ("min(", &["minimum", "lowest", "smallest", "least", "earliest", "first", "kleinst", "frühest", "최소", "최저"]),
    ("max(", &["maximum", "highest", "largest", "most", "latest", "last", "größt", "höchst", "letzt", "최대", "최고"]),
    (
        " / ",
        &["ratio", "share", "rate", "percent", "divide", "anteil", "quote", "prozent", "비율", "율", "나눈", "나눠"],
    ),
];

/// A question and its answer, ready to be looked for in sentences.
pub(super) struct Spoken {
    /// Terms of the question, in lower case.
    terms: Vec<String>,
    /// Literals of the gold without quotation, in lower case.
    pub literals: Vec<String>,
    /// Those that the question does not say itself: without them nothing is given away.
    pub unsaid: Vec<String>,
    /// What its functions are called; one word of each is wanted.
    functions: Vec<&'static [&'static str]>,
    /// Output columns of a query that computes nothing: they are wanted in place of functions.
    listed: Vec<String>,
}

impl Spoken {
    /// None for what no sentence could give away: a gold without literals of its own.
    pub fn of(question: &str, key: &Key) -> Option<Self> {
        let literals: Vec<String> =
            key.literals.iter().map(|literal| literal.trim_matches('\'').to_lowercase()).collect();
        let output = key.core.split(" from ").next().unwrap_or_default();
        let said = FUNCTIONS.iter().filter(|(function, _)| output.contains(function));
        let functions: Vec<&[&str]> = said.map(|(_, words)| *words).collect();
        let listed = match functions.is_empty() {
            true => output.trim_start_matches("select ").split(',').map(|column| column.trim().to_owned()).collect(),
            false => Vec::new(),
        };
        let terms: Vec<String> = content_terms(question).into_iter().map(|(_, text)| text.to_lowercase()).collect();
        let asked = normalise(question).to_lowercase();
        let unsaid: Vec<String> = literals.iter().filter(|literal| !stands_in(&asked, literal)).cloned().collect();
        (!unsaid.is_empty() && !terms.is_empty()).then_some(Self { terms, literals, unsaid, functions, listed })
    }

    /// True if the sentence is this question's answer in words.
    pub fn is_told_by(&self, sentence: &str) -> bool {
        let text = normalise(sentence).to_lowercase();
        let has = |word: &String| text.contains(word.as_str());
        let spoken = self.terms.iter().filter(|term| has(term)).count();
        spoken as f64 >= SPOKEN * self.terms.len() as f64
            && self.literals.iter().all(|literal| stands_in(&text, literal))
            && self.functions.iter().all(|words| words.iter().any(|word| text.contains(word)))
            && self.listed.iter().all(|column| has(column) || has(&column.replace('_', " ")))
    }
}

/// True if the literal is there as a whole: `900` is not in `1900`. What follows a number may be
/// its unit, and what follows a value in Korean its particle.
fn stands_in(text: &str, literal: &str) -> bool {
    let bare = text.replace(',', "");
    [text, &bare].iter().any(|text| {
        text.match_indices(literal).any(|(at, found)| {
            let before = text[..at].chars().next_back();
            let after = text[at + found.len()..].chars().next();
            let is_number = found.chars().all(|c| c.is_ascii_digit() || c == '.');
            let goes_on = |c: char| if is_number { c.is_ascii_digit() } else { c.is_ascii_alphanumeric() || c == '_' };
            !before.is_some_and(goes_on) && !after.is_some_and(goes_on)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(question: &str, sql: &str, sentence: &str) -> bool {
        let key = Key::of(sql).expect("a query");
        Spoken::of(question, &key).is_some_and(|spoken| spoken.is_told_by(sentence))
    }

    #[test]
    fn an_answer_in_words_is_told_from_a_definition() {
        let heavy = |sentence: &str| {
            let sql = "SELECT COUNT(*) FROM fleet.ops.trips t WHERE t.void = false AND t.load_kg > 900";
            told("How many heavy trips were there?", sql, sentence)
        };
        assert!(heavy("For heavy trips, count the rows that are not void and carry more than 900 kg."));
        assert!(heavy("The number of heavy trips is that of trips over 900kg, without void ones."));
        assert!(!heavy("Heavy trips carry more than 900 kg."), "a definition");
        assert!(!heavy("The number of heavy trips is that of trips over 1900 kg."), "another figure");
        assert!(!heavy("Count rows over 900 kg where that is asked."), "another subject");
        assert!(heavy("Heavy trips: how many there are with more than 9,00 hundredweight, 900 kg"));
    }

    #[test]
    fn other_languages_and_lists() {
        let whales = "SELECT COUNT(DISTINCT user_id) FROM g.s.users WHERE spend >= 50000";
        assert!(told("고래 유저가 몇 명이야?", whales, "고래 유저 수는 누적 결제가 50,000원 이상인 유저의 수입니다."));
        assert!(!told("고래 유저가 몇 명이야?", whales, "고래 유저는 누적 결제 50,000원 이상을 뜻합니다."));
        let list = "SELECT site_name FROM w.s.sites WHERE region = 'Nord'";
        assert!(told("Which depots are up north?", list, "Depots up north: the site name where the region is Nord."));
        assert!(!told("Which depots are up north?", list, "Depots up north are in the region Nord."));
    }

    #[test]
    fn without_literals_nothing_is_told() {
        assert!(!told("How many trips?", "SELECT COUNT(*) FROM t", "Count the trips for the number of trips."));
        let open = "SELECT COUNT(*) FROM orders WHERE status = 'open'";
        assert!(!told("How many open orders?", open, "Open orders: the number of orders."), "it says no more");
    }
}
