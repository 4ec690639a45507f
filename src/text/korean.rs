//! Korean particles. A list of suffixes, not a morphological analyser: it needs no dictionary,
//! and is enough to find words again (measured in the project's notes on learning).

/// Longest first within each length class; up to two are taken off a word.
const PARTICLES: [&str; 35] = [
    "으로부터",
    "에서의",
    "에서",
    "에게",
    "까지",
    "부터",
    "보다",
    "처럼",
    "마다",
    "으로",
    "이나",
    "이며",
    "이고",
    "이랑",
    "별로",
    "들의",
    "들을",
    "들이",
    "은",
    "는",
    "이",
    "가",
    "을",
    "를",
    "의",
    "에",
    "로",
    "와",
    "과",
    "도",
    "만",
    "별",
    "간",
    "들",
    "나",
];

/// Words that end like a particle but are whole: taking it off would leave a fragment.
const WHOLE: [&str; 12] =
    ["평균", "국가", "추가", "증가", "대비", "나이", "차이", "가로", "세로", "기간", "시간", "연간"];

pub fn is_particle(syllables: &str) -> bool {
    PARTICLES.contains(&syllables)
}

pub fn is_hangul(c: char) -> bool {
    matches!(c as u32, 0xAC00..=0xD7A3 | 0x1100..=0x11FF | 0x3130..=0x318F)
}

/// A word without its particles; at least one syllable stays.
pub fn strip_particles(word: &str) -> String {
    let mut rest = word;
    for _ in 0..2 {
        if WHOLE.contains(&rest) {
            break;
        }
        let stripped = PARTICLES
            .iter()
            .find_map(|particle| Some((*particle, rest.strip_suffix(particle).filter(|left| !left.is_empty())?)));
        match stripped {
            // A single particle off a two-syllable word is as often part of the word.
            Some((particle, left)) if left.chars().count() >= 2 || rest.chars().count() > 2 => {
                rest = left;
                // What is grouped by is a bare noun (과목별, 만족도별), whatever it ends with.
                if ["별", "별로"].contains(&particle) {
                    break;
                }
            }
            _ => break,
        }
    }
    rest.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn particles_come_off_and_words_stay() {
        for (word, bare) in [
            ("매출을", "매출"),
            ("학과별", "학과"),
            ("만족도별로", "만족도"),
            ("지점별로는", "지점"),
            ("지역별로", "지역"),
            ("국가", "국가"),
            ("국가별", "국가"),
            ("유저는", "유저"),
            ("게임에서의", "게임"),
            ("은", "은"),
            ("타이틀이랑", "타이틀"),
            ("평균", "평균"),
        ] {
            assert_eq!(strip_particles(word), bare, "{word}");
        }
    }
}
