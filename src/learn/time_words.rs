//! Words that place a question in time or ask for a form: dates, periods, grains, comparison,
//! requests. They are grammar of any domain and never the name of a column, value or measure.

use crate::text::{Script, Token, tokens};
use std::collections::{BTreeSet, HashMap};
use std::sync::LazyLock;

/// What a word does in a period: `last` (modifier) `week` (unit), `yesterday` (whole).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Whole,
    Modifier,
    Unit,
    /// A grain or a word of comparison or request: no part of a period.
    Other,
}

const WHOLE: &str = "yesterday today tomorrow tonight ytd mtd qtd wtd gestern heute vorgestern morgen vormonat vorwoche \
    vorjahr ayer hoy 어제 오늘 그제 엊그제 전일 당일 금일 내일 지난주 지난달 지난해 작년 올해 금년 내년 이번주 이번달 이달 금주 전주 전월 \
    전년 금월 당월 지지난주 지지난달 직전월 직전주 전분기 지난분기 이번분기 저번주 저번달 전전월 전전주 전년도 당해 월초 연초";

const MODIFIERS: &str = "last past recent previous prior current this these next rolling trailing preceding upcoming \
    letzte letzten letzter letztes letztem vergangene vergangenen vergangener diese diesen dieser dieses diesem aktuelle \
    aktuellen laufende laufenden vorige vorigen nächste nächsten último última últimos últimas pasado pasados \
    최근 지난 이번 저번 직전 이전 다음 올 지지난 지금 현재 최신";

const UNITS: &str = "day week month quarter year hour minute date time period tag tage tagen woche wochen monat monate \
    monaten quartal quartale quartalen jahr jahre jahren stunde stunden zeitraum datum día semana mes meses trimestre año \
    일 주 월 달 년 해 분기 주간 개월 년도 \
    연도 날 날짜 시간 일간 월간 연간 일자 주일 반기 기간 며칠 주차 일차 january february march april june july august \
    september october november december januar februar märz juni juli oktober dezember";

const OTHERS: &str = "daily weekly monthly quarterly yearly annual annually hourly täglich tägliche wöchentlich wöchentliche \
    monatlich monatliche jährlich jährliche 일별 월별 주별 연별 연도별 분기별 날짜별 일자별 요일 요일별 매일 매주 매월 매달 매년 주간별 \
    월간별 일단위 월단위 주단위 \
    total overall sum altogether combined compare compared comparison versus vs trend top bottom highest lowest \
    biggest largest smallest most fewest best worst latest newest earliest oldest number count order ordering sort \
    sorted ranking rank ranked descending ascending across breakdown split both out far ever come brought look happen \
    moved now before after ago since until during name names different many much separately alone \
    gesamt insgesamt summe vergleich vergleiche verglichen höchste höchsten niedrigste meiste meisten größte größten \
    kleinste anzahl verlauf entwicklung reihenfolge sortiert promedio máximo mínimo \
    합계 총 총합 전체 합쳐서 합친 합산 모두 모든 상위 하위 순서 순서대로 순 순위 추이 흐름 변화 변했어 변했는지 비교 대비 가장 제일 높은 낮은 많은 \
    적은 큰 작은 많이 적게 몇 개 명 건 번 위 좀 따로 정리 뽑아줘 정리해줘 나왔어 얼마였어 얼마야 몇이야 어때 언제야 쭉 보자 \
    뭐야 뭐뭐 있지 돼 기준 누적 마지막 첫 처음 이상 이하 미만 초과 전 후 둘 다 같이 함께 씩 지금까지 알려줘 보여줘 얼마지 궁금해 \
    트렌드 추세 증감 증감율 증감률 증가율 감소율 완료 완료된 분포 \
    차이 다른지 합쳐 각각 어느 개씩 목록 리스트";

static WORDS: LazyLock<HashMap<&'static str, Part>> = LazyLock::new(|| {
    let lists = [(OTHERS, Part::Other), (UNITS, Part::Unit), (MODIFIERS, Part::Modifier), (WHOLE, Part::Whole)];
    lists.into_iter().flat_map(|(words, part)| words.split_whitespace().map(move |word| (word, part))).collect()
});

/// What a word does in a period, if it is a word of this kind.
fn part(token: &Token) -> Option<Part> {
    let lower = token.text.to_lowercase();
    WORDS.get(token.stem.as_str()).or_else(|| WORDS.get(lower.as_str())).copied()
}

/// True for a word that names nothing of a domain.
pub(super) fn is_scaffold(token: &Token) -> bool {
    part(token).is_some()
}

/// What people count in, right behind a number: 7일간, 5개, 3위.
const COUNTERS: [&str; 22] = [
    "개월", "분기", "시간", "가지", "인당", "일", "주", "월", "달", "년", "개", "명", "위", "건", "회", "번", "배",
    "분", "원", "초", "차", "대",
];

/// The counter of a word that stands right behind a number.
pub(super) fn counter(token: &Token, glued: bool) -> Option<&'static str> {
    let short = token.script == Script::Hangul && token.text.chars().count() <= 4;
    COUNTERS.into_iter().filter(|_| glued && short).find(|counter| token.text.starts_with(counter))
}

/// Compounds of a grain and a word (일매출): the word, if it is known on its own.
pub(super) fn without_grain<'w>(word: &'w str, known: &BTreeSet<&str>) -> Option<&'w str> {
    let grains = ["주간", "월간", "일간", "연간", "일일", "일", "주", "월", "연"];
    let rests = grains.into_iter().filter_map(|grain| word.strip_prefix(grain));
    rests.into_iter().find(|rest| rest.chars().count() >= 2 && known.contains(rest))
}

/// The ways a text says a period, with `{n}` in place of a number, and that number.
pub fn period_phrases(text: &str) -> BTreeSet<(String, Option<i64>)> {
    let all = tokens(text);
    let mut found = BTreeSet::new();
    for at in 0..all.len() {
        found.extend(phrase_at(&all, at));
    }
    found
}

fn phrase_at(all: &[Token], at: usize) -> Option<(String, Option<i64>)> {
    let filler = |token: &Token| ["the", "of", "den", "der", "die"].contains(&token.stem.as_str());
    let mut rest = all[at + 1..].iter().skip_while(|token| filler(token));
    let stem = all[at].stem.clone();
    match part(&all[at])? {
        Part::Whole => Some((stem, None)),
        Part::Modifier => {
            let modifier = all[at].text.to_lowercase();
            let next = rest.next()?;
            if next.script != Script::Number {
                let is_unit = part(next) == Some(Part::Unit) && !["date", "time", "날짜"].contains(&next.stem.as_str());
                return is_unit.then(|| (format!("{modifier} {}", next.stem), None));
            }
            let n = next.text.replace(',', "").parse().ok()?;
            let unit = rest.next()?;
            let glued = next.start + next.text.len() == unit.start;
            match counter(unit, glued) {
                Some(counter) => Some((format!("{modifier} {{n}}{counter}"), Some(n))),
                None => (part(unit) == Some(Part::Unit))
                    .then(|| (format!("{modifier} {{n}} {}", unit.text.to_lowercase()), Some(n))),
            }
        }
        Part::Unit => {
            let (to, date) = (all.get(at + 1)?, all.get(at + 2)?);
            (to.stem == "to" && date.stem == "date").then(|| (format!("{stem} to date"), None))
        }
        Part::Other => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phrases(text: &str) -> Vec<String> {
        period_phrases(text).into_iter().map(|(phrase, _)| phrase).collect()
    }

    #[test]
    fn periods_are_read_in_three_languages() {
        assert_eq!(phrases("hay over the last 30 days"), ["last {n} days"]);
        assert_eq!(phrases("hay for each of the past 7 days"), ["past {n} days"]);
        assert_eq!(phrases("최근 7일간 건초"), ["최근 {n}일"]);
        assert_eq!(phrases("지난 30일 동안"), ["지난 {n}일"]);
        assert_eq!(phrases("어제의 건초, 지난주에"), ["어제", "지난주"]);
        assert_eq!(phrases("last week's hay"), ["last week"]);
        assert_eq!(phrases("month-to-date hay"), ["month to date"]);
        assert_eq!(phrases("Heu der letzten 14 Tage, gestern"), ["gestern", "letzten {n} tage"]);
        assert!(phrases("hay by barn, top 5").is_empty() && phrases("last").is_empty());
    }

    #[test]
    fn a_grain_before_a_known_word_is_no_part_of_it() {
        let known = BTreeSet::from(["건초", "본"]);
        assert_eq!(without_grain("일건초", &known), Some("건초"));
        assert_eq!(without_grain("월간건초", &known), Some("건초"));
        assert_eq!(without_grain("일본", &known), None);
    }
}
