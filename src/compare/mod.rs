//! Comparing two results: match, mismatch, undecided or invalid, with the first difference.
