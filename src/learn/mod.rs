//! The miners: patterns from questions and their gold SQL.
