//! The search for the best set of changes, pure: what to ask next, bisection, elimination.
