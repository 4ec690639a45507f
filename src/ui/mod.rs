//! The dashboard server and its assets.
