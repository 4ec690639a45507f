//! The client itself; its calls are in files of their own.

use super::error::ClientError;
use super::http::{Call, Http};
use super::settings::Settings;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A client of one workspace. Cheap to clone; clones share connections and tokens.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

struct Inner {
    http: Http,
    /// Conversations this client knows to be its own, so that the search for a lost one does not
    /// take somebody else's.
    known: Mutex<HashSet<String>>,
}

impl Client {
    pub fn new(settings: Settings) -> Result<Self, ClientError> {
        Ok(Self { inner: Arc::new(Inner { http: Http::new(settings)?, known: Mutex::new(HashSet::new()) }) })
    }

    pub fn host(&self) -> &str {
        &self.inner.http.settings().host
    }

    pub fn settings(&self) -> &Settings {
        self.inner.http.settings()
    }

    /// The name of the user whose credentials these are.
    pub async fn current_user(&self) -> Result<String, ClientError> {
        let call = Call::get("read the current user", "/api/2.0/preview/scim/v2/Me");
        let me: serde_json::Value = self.http().json(call).await?;
        Ok(me.get("userName").and_then(serde_json::Value::as_str).unwrap_or_default().to_owned())
    }

    /// How many seconds this machine's clock is ahead of the workspace's; none if its answers
    /// carry no time.
    pub async fn clock_skew(&self) -> Result<Option<i64>, ClientError> {
        let call = Call::get("read the workspace's clock", "/api/2.0/preview/scim/v2/Me");
        let there = self.http().send(call).await?.date;
        Ok(there.map(|there| jiff::Timestamp::now().as_second() - there.as_second()))
    }

    pub(super) fn http(&self) -> &Http {
        &self.inner.http
    }

    pub(super) fn known(&self) -> MutexGuard<'_, HashSet<String>> {
        self.inner.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client").field("host", &self.host()).finish_non_exhaustive()
    }
}
