//! Text in any language, made comparable: NFC, tokens, Korean particles, n-grams, similarity.
//!
//! Only normalisation lives here. What a word means is decided elsewhere.

mod korean;
mod similarity;
mod tokens;

pub use korean::{is_hangul, is_particle, strip_particles};
pub use similarity::{dice, edit_similarity, trigram_cosine};
pub use tokens::{Script, Token, compact, normalise, split_identifier, spoken_name, stem, tokens};
