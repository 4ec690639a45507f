//! One chat turn with a schema for the answer.

use super::json_text::{json_fault, json_in};
use futures::future::BoxFuture;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Carries a chat body to a model and its answer back, with its own retries and deadline.
pub trait Transport: Send + Sync {
    fn send(&self, body: Value) -> BoxFuture<'_, Result<Value, Refusal>>;

    /// The model's name, for people and prices.
    fn model(&self) -> &str;
}

/// A request the endpoint did not answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Refusal {
    /// None if there was no answer at all.
    pub status: Option<u16>,
    pub message: String,
    /// True if the same request may succeed later.
    pub transient: bool,
    pub retry_after: Option<Duration>,
}

/// What is asked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ChatRequest {
    pub system: String,
    pub user: String,
    /// Name and JSON Schema of the answer; none means free text.
    pub schema: Option<(String, Value)>,
    pub max_tokens: u32,
    /// 0 gives the steadiest replies.
    pub temperature: f64,
}

/// What came back.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ChatAnswer {
    pub text: String,
    /// The JSON of the answer, where a schema was given. Not checked against it: what a model
    /// says is untrusted, and the caller grounds it.
    pub json: Option<Value>,
    pub usage: Usage,
}

/// Tokens used, all attempts together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    pub prompt_tokens: u64,
    pub completion_tokens: u64,
}

impl Usage {
    pub fn total(self) -> u64 {
        self.prompt_tokens.saturating_add(self.completion_tokens)
    }

    pub fn plus(self, other: Self) -> Self {
        Self {
            prompt_tokens: self.prompt_tokens.saturating_add(other.prompt_tokens),
            completion_tokens: self.completion_tokens.saturating_add(other.completion_tokens),
        }
    }

    /// An equal share for each of so many.
    pub fn shared_by(self, count: u64) -> Self {
        let count = count.max(1);
        Self { prompt_tokens: self.prompt_tokens / count, completion_tokens: self.completion_tokens / count }
    }
}

/// Why there is no usable answer.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ChatError {
    #[error("the model {model} did not answer: {}", told(.refusal))]
    Refused { model: String, refusal: Refusal },
    #[error("the model {model} stopped at its limit of {max_tokens} tokens. Ask for less at once, or raise the limit.")]
    CutOff { model: String, max_tokens: u32, usage: Usage },
    #[error(
        "the model {model} answered twice without the JSON it was asked for: {fault}{}. Try another model, or do \
         without one.", began(.start)
    )]
    NotJson { model: String, fault: String, start: String, usage: Usage },
}

impl ChatError {
    /// Tokens that were used up although there is no answer.
    pub fn usage(&self) -> Usage {
        match self {
            Self::Refused { .. } => Usage::default(),
            Self::CutOff { usage, .. } | Self::NotJson { usage, .. } => *usage,
        }
    }
}

/// The refusal and what to do about it, which the message may say itself.
fn told(refusal: &Refusal) -> String {
    let message = refusal.message.trim().trim_end_matches('.');
    let help = match refusal.status {
        Some(401 | 403) => "Ask for CAN QUERY on the endpoint.",
        Some(404) => "Check `llm.endpoint`; the workspace's Serving page lists what there is.",
        Some(429) => "Its rate limit is reached; wait, or choose another endpoint.",
        _ if refusal.transient && message.contains("later") => "",
        _ if refusal.transient => "Try again later.",
        _ => "Check `llm` in the project file.",
    };
    format!("{message}. {help}").trim_end().to_owned()
}

fn began(start: &str) -> String {
    if start.trim().is_empty() { String::new() } else { format!(" (it began with “{}”)", start.trim()) }
}

/// Characters of a reply that is no JSON which are sent back.
const SENT_BACK: usize = 4_000;

/// A model to talk to. Remembers what its endpoint does not understand.
#[derive(Clone)]
pub struct Chat {
    transport: Arc<dyn Transport>,
    no_schema: Arc<AtomicBool>,
}

impl Chat {
    pub fn new(transport: Arc<dyn Transport>) -> Self {
        Self { transport, no_schema: Arc::default() }
    }

    pub fn model(&self) -> &str {
        self.transport.model()
    }

    /// Asks once. Where the endpoint refuses a schema, the schema goes into the prompt instead;
    /// where the answer is no JSON, the model is told so once.
    pub async fn ask(&self, request: &ChatRequest) -> Result<ChatAnswer, ChatError> {
        let with_schema = request.schema.is_some() && !self.no_schema.load(Ordering::Relaxed);
        let first = match self.send(request, with_schema, None).await {
            Err(ChatError::Refused { refusal, .. }) if with_schema && is_about_schema(&refusal) => {
                self.no_schema.store(true, Ordering::Relaxed);
                self.send(request, false, None).await?
            }
            other => other?,
        };
        if request.schema.is_none() || first.json.is_some() {
            return Ok(first);
        }
        let with_schema = with_schema && !self.no_schema.load(Ordering::Relaxed);
        let second = self.send(request, with_schema, Some(&first.text)).await?;
        let usage = first.usage.plus(second.usage);
        if second.json.is_none() {
            let (fault, start) = (json_fault(&second.text), second.text.chars().take(120).collect());
            return Err(ChatError::NotJson { model: self.model().to_owned(), fault, start, usage });
        }
        Ok(ChatAnswer { usage, ..second })
    }

    async fn send(
        &self,
        request: &ChatRequest,
        with_schema: bool,
        wrong: Option<&str>,
    ) -> Result<ChatAnswer, ChatError> {
        let body = body(request, with_schema, wrong);
        let answer = self.transport.send(body).await;
        let answer = answer.map_err(|refusal| ChatError::Refused { model: self.model().to_owned(), refusal })?;
        let usage = usage_of(&answer);
        if answer.pointer("/choices/0/finish_reason").and_then(Value::as_str) == Some("length") {
            let (model, max_tokens) = (self.model().to_owned(), request.max_tokens);
            return Err(ChatError::CutOff { model, max_tokens, usage });
        }
        let text = text_of(&answer);
        let json = request.schema.as_ref().and_then(|_| json_in(&text));
        Ok(ChatAnswer { text, json, usage })
    }
}

/// 400 and 422 answer to a body the endpoint does not understand; what else they may mean comes
/// back on the second try.
fn is_about_schema(refusal: &Refusal) -> bool {
    matches!(refusal.status, Some(400 | 422 | 501))
}

fn body(request: &ChatRequest, with_schema: bool, wrong: Option<&str>) -> Value {
    let mut system = request.system.clone();
    if let (Some((_, schema)), false) = (&request.schema, with_schema) {
        system.push_str("\n\nAnswer with one JSON value that follows this JSON Schema, and with nothing else:\n");
        system.push_str(&schema.to_string());
    }
    let mut messages = vec![json!({"role": "user", "content": request.user})];
    if !system.trim().is_empty() {
        messages.insert(0, json!({"role": "system", "content": system}));
    }
    if let Some(wrong) = wrong {
        let sent_back: String = wrong.chars().take(SENT_BACK).collect();
        messages.push(json!({"role": "assistant", "content": if wrong.is_empty() { "(nothing)" } else { &sent_back }}));
        let content =
            format!("That was not JSON of the form asked for: {}. Answer with the JSON alone.", json_fault(wrong));
        messages.push(json!({"role": "user", "content": content}));
    }
    let mut body = json!({"messages": messages, "max_tokens": request.max_tokens, "temperature": request.temperature});
    if let (Some((name, schema)), true) = (&request.schema, with_schema) {
        body["response_format"] =
            json!({"type": "json_schema", "json_schema": {"name": name, "schema": schema, "strict": true}});
    }
    body
}

/// Content as a text, or as blocks of which those of type `text` count.
fn text_of(answer: &Value) -> String {
    match answer.pointer("/choices/0/message/content") {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(blocks)) => {
            let texts = blocks.iter().filter(|block| block.get("type").and_then(Value::as_str) == Some("text"));
            texts.filter_map(|block| block.get("text").and_then(Value::as_str)).collect()
        }
        _ => String::new(),
    }
}

fn usage_of(answer: &Value) -> Usage {
    let count = |name: &str| match answer.get("usage").and_then(|usage| usage.get(name)) {
        Some(Value::Number(number)) => number.as_u64().unwrap_or_default(),
        Some(Value::String(text)) => text.parse().unwrap_or_default(),
        _ => 0,
    };
    Usage { prompt_tokens: count("prompt_tokens"), completion_tokens: count("completion_tokens") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;
    use std::sync::Mutex;

    /// Plays answers in order and keeps what it was sent.
    struct Script {
        answers: Mutex<Vec<Result<Value, Refusal>>>,
        sent: Mutex<Vec<Value>>,
    }

    impl Transport for Script {
        fn send(&self, body: Value) -> BoxFuture<'_, Result<Value, Refusal>> {
            self.sent.lock().unwrap().push(body);
            let answer = self.answers.lock().unwrap().remove(0);
            async move { answer }.boxed()
        }

        fn model(&self) -> &str {
            "m"
        }
    }

    fn says(content: Value) -> Result<Value, Refusal> {
        Ok(json!({"choices": [{"message": {"content": content}, "finish_reason": "stop"}],
                  "usage": {"prompt_tokens": 10, "completion_tokens": "5"}}))
    }

    fn refuses(status: u16) -> Result<Value, Refusal> {
        Err(Refusal { status: Some(status), message: "no".into(), transient: false, retry_after: None })
    }

    async fn ask(answers: Vec<Result<Value, Refusal>>) -> (Result<ChatAnswer, ChatError>, Vec<Value>) {
        let script = Arc::new(Script { answers: Mutex::new(answers), sent: Mutex::default() });
        let request = ChatRequest {
            user: "u".into(),
            schema: Some(("x".into(), json!({"type": "object"}))),
            max_tokens: 100,
            ..ChatRequest::default()
        };
        let answer = Chat::new(script.clone()).ask(&request).await;
        let sent = script.sent.lock().unwrap().clone();
        (answer, sent)
    }

    #[tokio::test]
    async fn content_may_be_text_or_blocks() {
        let blocks = json!([{"type": "reasoning", "summary": []}, {"type": "text", "text": "{\"a\":1}"}]);
        for content in [json!("{\"a\":1}"), blocks] {
            let (answer, sent) = ask(vec![says(content)]).await;
            let answer = answer.unwrap();
            assert_eq!((answer.json, answer.usage.total()), (Some(json!({"a": 1})), 15));
            assert_eq!(sent[0]["response_format"]["type"], "json_schema");
        }
    }

    #[tokio::test]
    async fn a_refused_schema_goes_into_the_prompt() {
        let (answer, sent) = ask(vec![refuses(400), says(json!("```json\n{\"a\":1}\n```"))]).await;
        assert_eq!(answer.unwrap().json, Some(json!({"a": 1})));
        assert!(sent[1].get("response_format").is_none());
        assert!(sent[1]["messages"][0]["content"].as_str().unwrap().contains("\"type\":\"object\""));
    }

    #[tokio::test]
    async fn words_instead_of_json_are_sent_back_once() {
        let (answer, sent) = ask(vec![says(json!("sure!")), says(json!("{}"))]).await;
        assert_eq!(answer.unwrap().usage.total(), 30);
        assert_eq!(sent[1]["messages"].as_array().unwrap().len(), 3);
        assert!(sent[1]["messages"][2]["content"].as_str().unwrap().contains("holds no JSON"), "{sent:?}");
        let (answer, _) = ask(vec![says(json!("sure!")), says(json!("again"))]).await;
        assert!(matches!(answer, Err(ChatError::NotJson { usage, .. }) if usage.total() == 30));
    }

    #[test]
    fn a_refusal_says_once_what_to_do() {
        let refusal =
            |message: &str| Refusal { status: Some(500), message: message.into(), transient: true, retry_after: None };
        assert_eq!(told(&refusal("500: in trouble; try again later.")), "500: in trouble; try again later.");
        assert_eq!(told(&refusal("500: in trouble")), "500: in trouble. Try again later.");
    }

    #[tokio::test]
    async fn refusals_and_cut_answers_are_told() {
        let (answer, _) = ask(vec![refuses(404)]).await;
        assert!(answer.unwrap_err().to_string().contains("Check `llm.endpoint`"));
        let cut = json!({"choices": [{"message": {"content": "{"}, "finish_reason": "length"}]});
        assert!(matches!(ask(vec![Ok(cut)]).await.0, Err(ChatError::CutOff { .. })));
    }
}
