//! Chance that can be had again, and words that no dictionary has.

use std::collections::BTreeSet;

pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        let mut dice = Self(seed ^ 0x9e37_79b9_7f4a_7c15);
        for _ in 0..4 {
            dice.roll(2);
        }
        dice
    }

    pub fn roll(&mut self, sides: usize) -> usize {
        // Marsaglia's xorshift64*.
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        ((self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize) % sides.max(1)
    }

    pub fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.roll(from.len())]
    }

    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        (1..items.len()).rev().for_each(|at| items.swap(at, self.roll(at + 1)));
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    English,
    German,
    Korean,
    Spanish,
}

impl Language {
    pub const ALL: [Self; 4] = [Self::English, Self::German, Self::Korean, Self::Spanish];

    fn syllables(self) -> &'static [&'static str] {
        match self {
            Self::English => &["bra", "ket", "lom", "fid", "wen", "ston", "glim", "dor", "hap", "rick", "mul", "tay"],
            Self::German => &["sch", "lau", "ber", "grim", "wal", "dor", "kru", "tens", "hof", "mar", "zwi", "bach"],
            // Some end like a particle, as many words do.
            Self::Korean => &["강", "모", "손", "치", "담", "구", "봉", "해", "석", "파", "름", "도", "재", "관", "유"],
            Self::Spanish => &["ca", "rre", "lla", "mon", "ti", "bra", "ñe", "sol", "gui", "pa", "dre", "chu"],
        }
    }

    fn endings(self) -> &'static [&'static str] {
        match self {
            Self::English => &["", "er", "ing", "et"],
            Self::German => &["ung", "er", "el", "schaft"],
            Self::Korean => &["", "율", "액", "수"],
            Self::Spanish => &["o", "a", "ción", "e"],
        }
    }

    /// A noun as this language writes it.
    fn noun(self, dice: &mut Dice) -> String {
        let length = if self == Self::Korean { 2 + dice.roll(2) } else { 2 };
        let mut word: String = (0..length).map(|_| dice.pick(self.syllables())).collect();
        word.push_str(dice.pick(self.endings()));
        match self {
            Self::German => word[..1].to_uppercase() + &word[1..],
            _ => word,
        }
    }
}

/// Words none of which is part of another.
#[derive(Default)]
pub struct Lexicon(BTreeSet<String>);

impl Lexicon {
    pub fn new_word(&mut self, dice: &mut Dice, language: Language) -> String {
        loop {
            let word = language.noun(dice);
            // A Korean word of two syllables may be the beginning of many.
            let close =
                |have: &String| have.contains(&word) || word.contains(have.as_str()) || shares_beginning(have, &word);
            if word.chars().count() >= 3 && !self.0.iter().any(close) {
                self.0.insert(word.clone());
                return word;
            }
        }
    }
}

fn shares_beginning(one: &str, two: &str) -> bool {
    let same = one.chars().zip(two.chars()).take_while(|(a, b)| a == b).count();
    same + 1 >= one.chars().count().min(two.chars().count())
}
