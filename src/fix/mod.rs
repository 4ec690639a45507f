//! Candidates in five categories: made from patterns or prompts, grounded without I/O.
