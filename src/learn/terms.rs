//! Terms of a question: words, runs of up to three words, and parts of compounds.
//!
//! A term's key has no white space, so that compounds which people space freely (신규유저, 신규 유저)
//! are one term. Function words and words of dates, periods and requests end a run; they are
//! grammar, not vocabulary.

use super::time_words;
use crate::text::{Script, compact, is_hangul, tokens};

/// One word of a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    /// Lower case, stemmed, without `-` and `_`.
    pub key: String,
    /// As written, without Korean particles.
    pub text: String,
    /// In lower case, with its particles.
    pub surface: String,
    pub is_number: bool,
}

/// Runs of content words.
pub(super) type Segments = Vec<Vec<Word>>;

/// A term in a text, with the words it covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Term {
    pub key: String,
    pub text: String,
    pub words: usize,
}

/// Function words of several languages and the polite endings of Korean questions: words that
/// carry a sentence and no meaning of their own. Measured on no corpus; plain grammar.
const FUNCTION_WORDS: &str = "a an the their his her they them its while more less most least of in on at to for from by with and or not is are was were be been do does did \
    has have had what which who whom whose when where why how many much me my i we us our you your it its this that \
    these those there as per each every all any some than then so if into over under between during through about \
    show corresponding respective respectively including include inclusive excluding exclude exclusive ensure note using being she he him \
    because came come went gone got something anything everything nothing someone anyone everyone somebody anybody thing things stuff \
    show list give tell find get return display please can could would should want need let see also only just s t \
    der die das den dem des ein eine einen einem einer und oder nicht ist sind war waren wie viel viele wieviel \
    welche welcher welches was wer wo wann warum mit von vom zu zum zur im in am an auf aus bei für nach pro je über \
    unter zwischen zeige zeig gib liste bitte mir wir uns unser gibt es hat haben hatte alle jede jeder jedes \
    que qué cuál cuáles cuántos cuántas quién dónde cuándo el la los las un una unos unas de del en por para con y o según solo cada durante cuánto cuánta quiero ver \
    es son fue muestra dame lista le les du et ou est sont quel quelle quels quelles combien dans sur pour par avec \
    montre donne moi nous \
    은 는 이 가 을 를 의 에 로 와 과 도 만 별 간 에서 으로 까지 부터 및 그리고 또는 어떻게 되나요 무엇 무엇인가 무엇인가요 인가요 알려줘 \
    알려주세요 알려 주세요 보여줘 보여주세요 보여 줘 비교 비교해주세요 비교해줘 해주세요 해줘 얼마 얼마나 얼마인가요 어디 어디인가요 어느 \
    어떤 있나요 있어 있는 나타내 구해줘 구해주세요 계산해줘 계산해주세요 되나 되는지 했나요 변화했나요 어떻습니까 네 대한 대해 위한 각 각각 \
    것 수 동안 중 내 what's how's";

/// Words that say what kind of number it is and not of what.
const KIND_WORDS: &str = "amount amt average avg cnt count max maximum min minimum num number pct percent percentage qty \
    quantity ratio res result sum tot total val value values col metric measure figure daily weekly monthly yearly overall \
    anzahl summe wert gesamt durchschnitt maximal minimal betrag \
    평균 합계 총 총합 전체 최대 최소 값 일일 일간 주간 월간 연간 건수 횟수 개수 수치 지표 total_count";

pub fn is_kind_word(word: &str) -> bool {
    use std::sync::LazyLock;
    static WORDS: LazyLock<std::collections::HashSet<&'static str>> =
        LazyLock::new(|| KIND_WORDS.split_whitespace().collect());
    WORDS.contains(word)
}

pub fn is_function_word(word: &str) -> bool {
    use std::sync::LazyLock;
    static WORDS: LazyLock<std::collections::HashSet<&'static str>> =
        LazyLock::new(|| FUNCTION_WORDS.split_whitespace().collect());
    WORDS.contains(word)
}

/// Splits a question into runs of content words.
pub(super) fn segments(text: &str) -> Segments {
    let mut runs: Segments = vec![Vec::new()];
    let normal = crate::text::normalise(text);
    let mut end = 0;
    let mut behind_number = false;
    for token in tokens(text) {
        // Sentence marks part words that are no phrase.
        let between = normal.get(end..token.start).unwrap_or_default();
        let parted = between.contains(['.', ',', ';', ':', '?', '!', '/', '(', ')', '·']);
        end = token.start + token.text.len();
        let glued = between.is_empty() && behind_number;
        behind_number = token.script == Script::Number;
        if time_words::is_scaffold(&token) || time_words::counter(&token, glued).is_some() {
            runs.push(Vec::new());
            continue;
        }
        let key = compact(&token.stem);
        let particle = is_particle(&token.stem, between);
        if particle {
            continue;
        }
        if parted || is_function_word(&token.stem) || is_function_word(&token.text.to_lowercase()) || key.is_empty() {
            runs.push(Vec::new());
        }
        if is_function_word(&token.stem) || is_function_word(&token.text.to_lowercase()) || key.is_empty() {
            continue;
        }
        let is_number = token.script == Script::Number;
        let text = shown(&token.text, &token.stem);
        if let Some(run) = runs.last_mut() {
            run.push(Word { key, text, surface: token.text.to_lowercase(), is_number });
        }
    }
    runs.retain(|run| !run.is_empty());
    runs
}

/// A Korean particle that stands right behind a foreign word or number.
fn is_particle(stem: &str, between: &str) -> bool {
    between.is_empty() && stem.chars().all(is_hangul) && stem.chars().count() <= 2 && is_function_word(stem)
}

fn shown(text: &str, stem: &str) -> String {
    if text.chars().any(is_hangul) { stem.to_owned() } else { text.to_owned() }
}

/// All terms of one text: runs of one to three words without a number.
pub(super) fn terms(segments: &Segments) -> Vec<Term> {
    let mut found = Vec::new();
    for run in segments {
        for start in 0..run.len() {
            for length in 1..=3.min(run.len() - start) {
                let words = &run[start..start + length];
                let numbers = words.iter().any(|word| word.is_number);
                let key: String = words.iter().map(|word| word.key.as_str()).collect();
                if numbers || !is_meaningful(&key) {
                    continue;
                }
                let text = words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(" ");
                found.push(Term { key, text, words: length });
            }
        }
    }
    found
}

/// One letter is no word; one Chinese character or Hangul syllable may be, but says too little.
fn is_meaningful(key: &str) -> bool {
    key.chars().count() >= 2
}

/// The distinct content terms of a question as people write them, in order of appearance.
pub fn content_terms(text: &str) -> Vec<(String, String)> {
    let mut seen = std::collections::BTreeSet::new();
    terms(&segments(text)).into_iter().filter(|t| seen.insert(t.key.clone())).map(|t| (t.key, t.text)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(text: &str) -> Vec<String> {
        content_terms(text).into_iter().map(|(key, _)| key).collect()
    }

    #[test]
    fn compounds_have_one_key_however_they_are_spaced() {
        assert!(keys("신규 유저의 매출을 알려줘").contains(&"신규유저".to_owned()));
        assert!(keys("신규유저 매출").contains(&"신규유저".to_owned()));
        assert_eq!(keys("What is the conversion rate per store?"), ["conversion", "conversionrate", "rate", "store"]);
        assert_eq!(keys("inZOI의 DAU"), ["inzoi", "inzoidau", "dau"]);
        assert_eq!(keys("어제 건초 최근 7일치 일별로 뽑아줘"), ["건초"]);
        assert_eq!(keys("last month's hay per day, top 5 barns"), ["hay", "barn"]);
        assert_eq!(keys("Heu der letzten 14 Tage"), ["heu"]);
        assert!(keys("").is_empty() && keys("???").is_empty() && keys("5 10").is_empty());
    }
}
