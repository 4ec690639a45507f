//! The chat client with structured output. Async.
