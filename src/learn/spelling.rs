//! One word in its several forms, told from the corpus: what no list of endings can tell of a
//! single form.
//!
//! A Korean word may end like a particle (만족도): where it comes with different endings, what is
//! common to all of them is the word. A German noun comes with and without its ending (Filiale,
//! Filialen): where both are said, they are one word.

use super::corpus::Family;
use super::terms::Word;
use crate::text::{is_hangul, is_particle};
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn settle(families: &mut [Family]) {
    let values = values(families);
    for word in words(families) {
        if let Some(value) = value_of(&word.surface, &values) {
            // The key stays: values are stemmed as well where they are compared with words.
            word.text = value.to_owned();
        }
    }
    let mut forms: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for word in words(families) {
        forms.entry(word.key.clone()).or_default().insert(word.surface.clone());
    }
    let whole: BTreeMap<String, String> =
        forms.iter().filter_map(|(key, forms)| Some((key.clone(), whole_word(key, forms)?))).collect();
    let bare: BTreeMap<String, String> =
        forms.keys().filter_map(|key| Some((key.clone(), bare_form(key, &forms)?))).collect();
    for word in words(families) {
        if let Some(text) = whole.get(&word.key).filter(|_| value_of(&word.surface, &values).is_none()) {
            word.text.clone_from(text);
        }
        if let Some(key) = bare.get(&word.key) {
            word.key.clone_from(key);
        }
    }
}

/// Korean texts that queries compare with: words, whatever they end with (소아과).
fn values(families: &[Family]) -> BTreeSet<String> {
    let all = families.iter().flat_map(|family| &family.features).flat_map(|features| &features.values);
    let words = all.filter(|value| value.is_text && value.value.chars().all(is_hangul));
    words.map(|value| value.value.clone()).filter(|value| value.chars().count() >= 2).collect()
}

/// The longest value that a word is, but for particles.
fn value_of<'v>(surface: &str, values: &'v BTreeSet<String>) -> Option<&'v str> {
    let ends = surface.char_indices().map(|(at, _)| at).chain([surface.len()]).rev();
    let is_rest = |rest: &str| rest.is_empty() || is_particle(rest);
    let whole = ends.filter(|end| is_rest(&surface[*end..])).find_map(|end| values.get(&surface[..end]));
    whole.map(String::as_str)
}

fn words(families: &mut [Family]) -> impl Iterator<Item = &mut Word> {
    families.iter_mut().flat_map(|family| family.segments.iter_mut().flatten().flatten())
}

/// What all forms of a Korean word begin with, if that is its stem and one syllable more. Where
/// the stem and a particle make up every form, the stem is the word.
fn whole_word(stem: &str, forms: &BTreeSet<String>) -> Option<String> {
    let plain = |form: &String| form.strip_prefix(stem).is_some_and(|rest| rest.is_empty() || is_particle(rest));
    let korean = forms.len() > 1 && stem.chars().all(is_hangul) && !forms.iter().all(plain);
    let mut all = forms.iter().filter(|_| korean);
    let first = all.next()?.clone();
    let common = all.fold(first, |common, form| {
        common.chars().zip(form.chars()).take_while(|(a, b)| a == b).map(|(a, _)| a).collect()
    });
    let more = common.strip_prefix(stem)?;
    // Signs of a grouping and of a plural are never the end of a name.
    (more.chars().count() == 1 && !["별", "들"].contains(&more)).then_some(common)
}

/// The form without an ending that is said as well.
fn bare_form(key: &str, forms: &BTreeMap<String, BTreeSet<String>>) -> Option<String> {
    let latin = key.chars().all(|c| c.is_alphabetic() && !is_hangul(c));
    let endings = ["n", "en"].into_iter().filter(|_| latin);
    let bare = endings.filter_map(|ending| key.strip_suffix(ending)).filter(|bare| bare.chars().count() >= 5);
    bare.filter(|bare| forms.contains_key(*bare)).map(str::to_owned).next()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learn::terms::segments;

    fn settled(texts: &[&str]) -> Vec<(String, String)> {
        let family =
            |text: &&str| Family { ids: vec![], texts: vec![], segments: vec![segments(text)], features: vec![] };
        let mut families: Vec<Family> = texts.iter().map(family).collect();
        settle(&mut families);
        words(&mut families).map(|word| (word.key.clone(), word.text.clone())).collect()
    }

    #[test]
    fn words_that_end_like_a_particle_stay_whole() {
        let said = ["만족도를 알려줘", "만족도는 얼마", "매출을", "매출은", "지역별", "지역별로", "게임이", "게임이나"];
        let texts: Vec<String> = settled(&said).into_iter().map(|word| word.1).collect();
        assert_eq!(texts, ["만족도", "만족도", "매출", "매출", "지역", "지역", "게임", "게임"]);
    }

    #[test]
    fn a_value_is_a_word_whatever_it_ends_with() {
        let values: BTreeSet<String> = ["소아과", "소아", "대전"].map(str::to_owned).into();
        let whole = |word: &str| value_of(word, &values).map(str::to_owned);
        assert_eq!(whole("소아과의").as_deref(), Some("소아과"));
        assert_eq!(whole("소아과").as_deref(), Some("소아과"));
        assert_eq!(whole("소아를").as_deref(), Some("소아"));
        assert_eq!((whole("대전역"), whole("서울")), (None, None));
    }

    #[test]
    fn forms_of_a_german_noun_are_one_word() {
        let keys: Vec<String> =
            settled(&["Umsatz je Filiale", "nach Filialen", "Tokens"]).into_iter().map(|w| w.0).collect();
        assert_eq!(keys, ["umsatz", "filiale", "filiale", "token"]);
    }
}
