//! The reducer, the report and the server, seen from outside.

mod fold;
mod http;
