//! Files and object stores: state, ledger, plans, journal, locks, cache, history.
