//! All integration tests in one binary: linking the SQL engine once is enough.

mod layers;
