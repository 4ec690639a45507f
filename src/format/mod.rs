//! Frozen, versioned file forms of plan, state, scorecard and events.
