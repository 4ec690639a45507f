//! YAML with places: text → [`Node`] tree where every value knows its bytes, and back.

mod depth;
mod emit;
mod node;
mod parse;
mod scalar;
mod source;

pub(super) use emit::{Emitter, flow};
pub(super) use node::{Data, Entry, Node, Place};
pub(super) use parse::{parse_json, parse_yaml};
pub(super) use scalar::{double_quoted, inline, plain_value};
pub(super) use source::{Source, Sources, block_header};

#[cfg(test)]
mod tests;
