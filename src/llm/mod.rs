//! Floor 2: asking a language model: chat with structured output that falls back to plain JSON.
//!
//! Where the bytes go is behind [`Transport`]: a serving endpoint of the workspace, or any
//! endpoint that speaks OpenAI's chat form ([`OpenAi`]).

mod chat;
mod json_text;
mod openai;

pub use chat::{Chat, ChatAnswer, ChatError, ChatRequest, Refusal, Transport, Usage};
pub use json_text::{json_fault, json_in};
pub use openai::OpenAi;
