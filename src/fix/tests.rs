//! Fixes on a small hand-made domain.
