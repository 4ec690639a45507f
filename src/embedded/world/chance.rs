//! Chance: numbers drawn from a seed and from what they are for, never from order or time.

use sha2::{Digest as _, Sha256};

/// A number in [0, 1) that depends on the seed, the words and the count alone.
pub(crate) fn share(seed: u64, words: &[&str], count: u64) -> f64 {
    // 53 bits, the precision of a double.
    (draw(seed, words, count) >> 11) as f64 / (1_u64 << 53) as f64
}

/// An index below `len`; 0 for an empty range.
pub(crate) fn choose(seed: u64, words: &[&str], count: u64, len: usize) -> usize {
    usize::try_from(draw(seed, words, count) % (len.max(1) as u64)).unwrap_or_default()
}

fn draw(seed: u64, words: &[&str], count: u64) -> u64 {
    let mut hash = Sha256::new();
    hash.update(seed.to_le_bytes());
    for word in words {
        hash.update(word.as_bytes());
        hash.update([0x1f]);
    }
    hash.update(count.to_le_bytes());
    let bytes = hash.finalize();
    bytes.iter().take(8).fold(0, |number, byte| (number << 8) | u64::from(*byte))
}
