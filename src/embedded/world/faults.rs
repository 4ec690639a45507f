//! Faults: what goes wrong with which request.

use super::{share, span};
use serde::{Deserialize, Serialize};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// One fault.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// `METHOD /path`; `*` stands for one path segment, or for any method, and `**` at the end
    /// for any rest.
    #[schemars(regex(pattern = r"^(\S+ )?/\S*$"), example = &"POST /api/2.0/genie/spaces/*/start-conversation")]
    pub route: String,
    /// This many matching requests pass first.
    #[serde(default)]
    pub skip: u64,
    /// Then this many are hit; none means all further ones.
    #[serde(default)]
    pub times: Option<u64>,
    /// Of the matching requests, only this share is hit (0 to 1, by the seed); none means all.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub share: Option<f64>,
    /// Before the request is carried out, or after (so that only its answer is lost).
    #[serde(default)]
    pub when: When,
    /// What happens.
    pub effect: FaultEffect,
    /// Of a `status` effect; default 500.
    #[serde(default)]
    #[schemars(range(min = 100, max = 599))]
    pub status: Option<u16>,
    /// Of a `status` effect: the body's `error_code`.
    #[serde(default)]
    pub error_code: String,
    /// Of a `status` effect: the body's `message`.
    #[serde(default)]
    pub message: String,
    /// Of a `status` effect, in seconds.
    #[serde(default)]
    pub retry_after: Option<u64>,
    /// Of a `delay` effect.
    #[serde(default, with = "span")]
    #[schemars(with = "crate::config::Timespan")]
    pub delay: Duration,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum When {
    /// Before the request is carried out.
    #[default]
    Before,
    /// After it was carried out.
    After,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum FaultEffect {
    /// An error answer.
    Status,
    /// The answer comes late.
    Delay,
    /// The connection closes without an answer.
    Reset,
    /// A page instead of JSON, as a login page or a proxy gives.
    Html,
    /// The process ends at once, as by a power cut.
    Kill,
}

impl Fault {
    fn matches(&self, method: &str, path: &str) -> bool {
        route_matches(&self.route, method, path)
    }
}

/// True if a `METHOD /path` pattern matches a request.
pub(super) fn route_matches(route: &str, method: &str, path: &str) -> bool {
    let (wanted, pattern) = route.split_once(' ').unwrap_or(("*", route));
    if wanted != "*" && !wanted.eq_ignore_ascii_case(method) {
        return false;
    }
    let mut pattern = pattern.trim().trim_end_matches('/').split('/');
    let mut path = path.trim_end_matches('/').split('/');
    loop {
        match (pattern.next(), path.next()) {
            (Some("**"), Some(_)) | (None, None) => return true,
            (Some(want), Some(have)) if want == "*" || want == have => {}
            _ => return false,
        }
    }
}

/// Counts the requests that each fault has seen.
#[derive(Default)]
pub struct FaultBook {
    seed: u64,
    watched: Mutex<Vec<Watched>>,
}

struct Watched {
    fault: Fault,
    seen: u64,
}

impl FaultBook {
    pub fn new(faults: Vec<Fault>, seed: u64) -> Self {
        let book = Self { seed, watched: Mutex::default() };
        book.set(faults);
        book
    }

    /// Puts other faults in place; counting starts anew.
    pub fn set(&self, faults: Vec<Fault>) {
        *self.lock() = faults.into_iter().map(|fault| Watched { fault, seen: 0 }).collect();
    }

    /// The faults that hit this request; to be called once for each request and moment.
    pub fn hits(&self, when: When, method: &str, path: &str) -> Vec<Fault> {
        let mut hits = Vec::new();
        for watched in self.lock().iter_mut() {
            let Watched { fault, seen } = watched;
            if fault.when != when || !fault.matches(method, path) {
                continue;
            }
            let number = *seen;
            *seen += 1;
            let used_up = |times: u64| number >= fault.skip.saturating_add(times);
            let spared = fault.share.is_some_and(|limit| share(self.seed, &["fault", &fault.route], number) >= limit);
            if number >= fault.skip && !fault.times.is_some_and(used_up) && !spared {
                hits.push(fault.clone());
            }
        }
        hits
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Watched>> {
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routes_match_by_segment() {
        let route = "PATCH /api/2.0/genie/spaces/*";
        assert!(route_matches(route, "PATCH", "/api/2.0/genie/spaces/01f0"));
        assert!(!route_matches(route, "GET", "/api/2.0/genie/spaces/01f0"));
        assert!(!route_matches(route, "PATCH", "/api/2.0/genie/spaces/01f0/x"));
        assert!(route_matches("* /api/**", "GET", "/api/2.0/genie"));
        assert!(route_matches("/api/x", "GET", "/api/x/"));
    }

    #[test]
    fn skip_and_times_are_counted() {
        let fault: Fault = serde_yaml::from_str("{route: 'GET /x', skip: 1, times: 2, effect: reset}").unwrap();
        let book = FaultBook::new(vec![fault], 0);
        let hit = |path| !book.hits(When::Before, "GET", path).is_empty();
        assert_eq!([hit("/x"), hit("/y"), hit("/x"), hit("/x"), hit("/x")], [false, false, true, true, false]);
        assert!(book.hits(When::After, "GET", "/x").is_empty());
    }
}
