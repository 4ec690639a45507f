//! Declared files: text → typed configuration and diagnostics with places; the YAML forms of project, space and benchmarks.
