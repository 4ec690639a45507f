//! Questions as people put them in four languages: other orders, particles, plurals, fillers.

use super::words::{Dice, Language};

/// What a question is about, in words.
#[derive(Clone, Debug, Default)]
pub struct Said<'a> {
    pub measure: &'a str,
    /// `SUM`, `AVG` or `MAX`, if it is said.
    pub aggregate: Option<&'a str>,
    pub by: Option<&'a str>,
    pub code: Option<&'a str>,
    pub days: Option<u32>,
}

pub fn question(dice: &mut Dice, language: Language, said: &Said) -> String {
    match language {
        Language::English => english(dice, said),
        Language::German => german(dice, said),
        Language::Korean => korean(dice, said),
        Language::Spanish => spanish(dice, said),
    }
}

/// The parts behind the beginning, in any order.
fn joined(dice: &mut Dice, start: String, parts: [Option<String>; 3], end: &str) -> String {
    let mut parts: Vec<String> = parts.into_iter().flatten().collect();
    dice.shuffle(&mut parts);
    parts.insert(0, start);
    parts.join(" ") + end
}

fn english(dice: &mut Dice, said: &Said) -> String {
    let aggregate = match said.aggregate {
        Some("SUM") => dice.pick(&["total ", "overall ", "sum of "]),
        Some("AVG") => dice.pick(&["average ", "mean "]),
        Some("MAX") => dice.pick(&["highest ", "maximum ", "largest "]),
        _ => "",
    };
    let begin = dice.pick(&["What was the ", "Show me the ", "Give me ", "I need the ", "Can you tell me the ", ""]);
    let by = said.by.map(|by| match dice.roll(4) {
        0 => format!("per {by}"),
        1 => format!("for each {by}"),
        2 => format!("broken down by {by}"),
        _ => format!("by {by}"),
    });
    let code = said.code.map(|code| format!("{} {code}", dice.pick(&["for", "in", "of only", "from"])));
    let days = said.days.map(|days| match dice.roll(3) {
        0 => format!("in the last {days} days"),
        1 => format!("over the past {days} days"),
        _ => format!("during the last {days} days"),
    });
    let end = dice.pick(&["?", "", ", please"]);
    joined(dice, format!("{begin}{aggregate}{}", said.measure), [by, code, days], end)
}

fn german(dice: &mut Dice, said: &Said) -> String {
    let aggregate = match said.aggregate {
        Some("SUM") => dice.pick(&["gesamte ", "summierte "]),
        Some("AVG") => dice.pick(&["durchschnittliche ", "mittlere "]),
        Some("MAX") => dice.pick(&["höchste ", "größte "]),
        _ => "",
    };
    let begin = dice.pick(&["Wie hoch war die ", "Zeige mir die ", "Was ist die ", "Bitte die ", ""]);
    let by = said.by.map(|by| format!("{} {by}", dice.pick(&["je", "nach", "pro", "aufgeteilt nach"])));
    let code = said.code.map(|code| format!("{} {code}", dice.pick(&["für", "bei", "nur", "in"])));
    let days = said
        .days
        .map(|days| format!("{} {days} Tagen", dice.pick(&["in den letzten", "der letzten", "in den vergangenen"])));
    joined(dice, format!("{begin}{aggregate}{}", said.measure), [by, code, days], dice_end(said))
}

fn dice_end(said: &Said) -> &'static str {
    if said.by.is_some() { "" } else { "?" }
}

fn korean(dice: &mut Dice, said: &Said) -> String {
    let mut parts: Vec<String> = Vec::new();
    parts.extend(
        said.days
            .map(|days| format!("{} {days}{}", dice.pick(&["최근", "지난"]), dice.pick(&["일간", "일 동안", "일"]))),
    );
    parts.extend(said.code.map(|code| format!("{code}{}", dice.pick(&["의", " 기준", "에서", "만"]))));
    parts.extend(said.by.map(|by| format!("{by}{}", dice.pick(&["별", "별로", "마다"]))));
    dice.shuffle(&mut parts);
    let aggregate = match said.aggregate {
        Some("SUM") => dice.pick(&["총 ", "전체 "]),
        Some("AVG") => "평균 ",
        Some("MAX") => dice.pick(&["최대 ", "가장 높은 "]),
        _ => "",
    };
    let measure = said.measure;
    parts.push(match dice.roll(5) {
        0 => format!("{aggregate}{measure}{} 알려줘", after(measure, "을", "를")),
        1 => format!("{aggregate}{measure}{} 얼마인가요?", after(measure, "은", "는")),
        2 => format!("{aggregate}{measure} 보여주세요"),
        3 => format!("{aggregate}{measure}{} 어떻게 되나요?", after(measure, "이", "가")),
        _ => format!("{aggregate}{measure}"),
    });
    parts.join(" ")
}

/// The particle for a word with or without a final consonant.
fn after(word: &str, closed: &'static str, open: &'static str) -> &'static str {
    let last = word.chars().next_back().map_or(0, |c| c as u32);
    if last >= 0xac00 && !(last - 0xac00).is_multiple_of(28) { closed } else { open }
}

fn spanish(dice: &mut Dice, said: &Said) -> String {
    let aggregate = match said.aggregate {
        Some("SUM") => dice.pick(&["total de ", "suma de "]),
        Some("AVG") => dice.pick(&["promedio de ", "media de "]),
        Some("MAX") => dice.pick(&["máximo de ", "mayor "]),
        _ => "",
    };
    let begin = dice.pick(&["¿Cuál fue el ", "Muestra el ", "Dame el ", "Quiero ver el ", ""]);
    let by = said.by.map(|by| format!("{} {by}", dice.pick(&["por", "según", "para cada"])));
    let code = said.code.map(|code| format!("{} {code}", dice.pick(&["para", "de", "en", "solo"])));
    let days = said.days.map(|days| format!("{} {days} días", dice.pick(&["en los últimos", "durante los últimos"])));
    let end = if begin.starts_with('¿') { "?" } else { "" };
    joined(dice, format!("{begin}{aggregate}{}", said.measure), [by, code, days], end)
}
