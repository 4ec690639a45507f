//! The terms of a corpus: phrases kept whole, parts of compounds, words of date windows left out.

use super::association::TermInfo;
use super::corpus::Family;
use super::terms::{Segments, Term, terms};
use super::time_words::without_grain;
use std::collections::{BTreeMap, BTreeSet};

/// All terms with the families that say them, in order.
pub(super) fn collect_terms(texts: &[Segments]) -> Vec<TermInfo> {
    let words: BTreeSet<&str> = texts.iter().flatten().flatten().map(|word| word.key.as_str()).collect();
    let mut found: BTreeMap<String, TermInfo> = BTreeMap::new();
    for (family, segments) in texts.iter().enumerate() {
        let segments = &plain(segments, &words);
        let mut all = terms(segments);
        all.extend(segments.iter().flatten().flat_map(|word| parts_of_compound(&word.key, &words)));
        for Term { key, text, words } in all {
            let info = found.entry(key.clone()).or_insert_with(|| TermInfo {
                key,
                texts: BTreeMap::new(),
                words,
                families: BTreeSet::new(),
            });
            info.words = info.words.min(words);
            *info.texts.entry(text).or_default() += 1;
            info.families.insert(family);
        }
    }
    found.into_values().collect()
}

/// Words without a grain before them.
fn plain(segments: &Segments, words: &BTreeSet<&str>) -> Segments {
    let mut segments = segments.clone();
    for word in segments.iter_mut().flatten() {
        if let Some(rest) = without_grain(&word.key, words).map(str::to_owned) {
            word.text = rest.clone();
            word.key = rest;
        }
    }
    segments
}

/// Words of the corpus that a Hangul compound begins or ends with.
fn parts_of_compound(word: &str, words: &BTreeSet<&str>) -> Vec<Term> {
    let chars: Vec<char> = word.chars().collect();
    if chars.len() < 3 || !chars.iter().all(|c| crate::text::is_hangul(*c)) {
        return Vec::new();
    }
    let cuts = 2..chars.len();
    let starts = cuts.clone().map(|cut| chars[..cut].iter().collect::<String>());
    let ends = cuts.map(|cut| chars[chars.len() - cut..].iter().collect::<String>());
    let known = starts.chain(ends).filter(|part| words.contains(part.as_str()));
    known.map(|key| Term { text: key.clone(), key, words: 1 }).collect()
}

/// A family's words; those around the number of a date window are part of the number.
pub(super) fn without_windows(family: &Family, units: &BTreeSet<String>) -> Segments {
    let mut all: Segments = family.segments.iter().flatten().cloned().collect();
    for run in &mut all {
        for at in 0..run.len() {
            if run[at].is_number && run.get(at + 1).is_some_and(|next| units.contains(&next.key)) {
                run[at + 1].is_number = true;
                if let Some(before) = at.checked_sub(1) {
                    run[before].is_number = true;
                }
            }
        }
    }
    all
}

/// Joins the words of known phrases, longest first.
pub(super) fn keep_whole(segments: &Segments, phrases: &BTreeSet<String>) -> Segments {
    let mut result = Vec::new();
    for run in segments {
        let mut kept = Vec::new();
        let mut at = 0;
        while at < run.len() {
            let length = (2..=3.min(run.len() - at)).rev().find(|length| {
                let key: String = run[at..at + length].iter().map(|word| word.key.as_str()).collect();
                phrases.contains(&key)
            });
            let words = &run[at..at + length.unwrap_or(1)];
            let mut whole = words[0].clone();
            for word in &words[1..] {
                whole.key.push_str(&word.key);
                whole.text = format!("{} {}", whole.text, word.text);
            }
            kept.push(whole);
            at += words.len();
        }
        result.push(kept);
    }
    result
}
