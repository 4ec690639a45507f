//! Putting a plan together and judging its freshness; pure.
