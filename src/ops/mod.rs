//! One file per operation: the only place where pure meets effect.
