//! Exact tests, intervals, splits.
