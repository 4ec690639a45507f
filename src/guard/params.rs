//! Parameters of guards: declared names and kinds, checked once, then read without surprises.

use serde_json::{Map, Value};

/// A parameter that a rule knows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Param {
    pub name: &'static str,
    pub default: ParamDefault,
    pub help: &'static str,
}

/// The default, which also tells the kind.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ParamDefault {
    Count(u64),
    /// 0 to 1.
    Share(f64),
    Flag(bool),
    /// One of these; the first is the default.
    Choice(&'static [&'static str]),
    /// A list of texts; empty.
    Names,
}

/// What is wrong with a configured parameter.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParamError {
    #[error("the guard `{rule}` has no parameter `{name}`{known}")]
    Unknown { rule: String, name: String, known: String },
    #[error("`{name}` of the guard `{rule}` must be {expected}, not {found}")]
    Kind { rule: String, name: String, expected: String, found: String },
}

/// A rule's parameters with the configured values.
pub struct Params<'a> {
    known: &'static [Param],
    given: &'a Map<String, Value>,
}

impl<'a> Params<'a> {
    /// Values of a wrong kind are read as the default; [`check`](Self::check) tells them.
    pub fn new(known: &'static [Param], given: &'a Map<String, Value>) -> Self {
        Self { known, given }
    }

    /// Everything that is wrong with the configured values.
    pub fn check(&self, rule: &str) -> Vec<ParamError> {
        self.given.iter().filter_map(|(name, value)| self.check_one(rule, name, value)).collect()
    }

    fn check_one(&self, rule: &str, name: &str, value: &Value) -> Option<ParamError> {
        let Some(param) = self.known.iter().find(|param| param.name == name) else {
            let names: Vec<String> = self.known.iter().map(|param| format!("`{}`", param.name)).collect();
            let known = if names.is_empty() { String::new() } else { format!("; it has {}", names.join(", ")) };
            return Some(ParamError::Unknown { rule: rule.to_owned(), name: name.to_owned(), known });
        };
        let (fits, expected) = match param.default {
            ParamDefault::Count(_) => (value.is_u64(), "a whole number from 0 on".to_owned()),
            ParamDefault::Share(_) => {
                (value.as_f64().is_some_and(|share| (0.0..=1.0).contains(&share)), "a number from 0 to 1".to_owned())
            }
            ParamDefault::Flag(_) => (value.is_boolean(), "true or false".to_owned()),
            ParamDefault::Choice(choices) => {
                let fits = value.as_str().is_some_and(|text| choices.contains(&text));
                (fits, format!("one of {}", choices.join(", ")))
            }
            ParamDefault::Names => {
                let fits = value.as_array().is_some_and(|items| items.iter().all(Value::is_string));
                (fits, "a list of texts".to_owned())
            }
        };
        let found = value.to_string();
        (!fits).then(|| ParamError::Kind { rule: rule.to_owned(), name: name.to_owned(), expected, found })
    }

    fn default(&self, name: &str) -> Option<ParamDefault> {
        self.known.iter().find(|param| param.name == name).map(|param| param.default)
    }

    pub fn count(&self, name: &str) -> u64 {
        let default = match self.default(name) {
            Some(ParamDefault::Count(count)) => count,
            _ => 0,
        };
        self.given.get(name).and_then(Value::as_u64).unwrap_or(default)
    }

    pub fn share(&self, name: &str) -> f64 {
        let default = match self.default(name) {
            Some(ParamDefault::Share(share)) => share,
            _ => 0.0,
        };
        self.given.get(name).and_then(Value::as_f64).unwrap_or(default)
    }

    pub fn flag(&self, name: &str) -> bool {
        let default = matches!(self.default(name), Some(ParamDefault::Flag(true)));
        self.given.get(name).and_then(Value::as_bool).unwrap_or(default)
    }

    pub fn choice(&self, name: &str) -> &str {
        let default = match self.default(name) {
            Some(ParamDefault::Choice([first, ..])) => first,
            _ => "",
        };
        self.given.get(name).and_then(Value::as_str).unwrap_or(default)
    }

    pub fn names(&self, name: &str) -> Vec<&str> {
        let items = self.given.get(name).and_then(Value::as_array);
        items.map_or(Vec::new(), |items| items.iter().filter_map(Value::as_str).collect())
    }
}
