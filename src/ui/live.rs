//! Live updates by server-sent events: each tells which views have changed since the last one, and
//! the script fetches those. A page that was away says which entry it saw last and gets the rest.

use super::server::App;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures::stream::{Stream, unfold};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// Pages are told at most this often; a burst of events is one step for them.
const PACE: Duration = Duration::from_millis(250);

struct Listener {
    app: Arc<App>,
    newest: watch::Receiver<u64>,
    stopped: watch::Receiver<bool>,
    /// The entry that the page has seen.
    seen: u64,
}

/// `GET /events`; the number to go on from is in `Last-Event-ID` or, at first, in `?after=`.
pub(super) async fn events(
    State(app): State<Arc<App>>,
    axum::extract::RawQuery(query): axum::extract::RawQuery,
    headers: HeaderMap,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let last = headers.get("last-event-id").and_then(|value| value.to_str().ok()).and_then(|id| id.parse().ok());
    let after = query.as_deref().and_then(|query| query.strip_prefix("after=")).and_then(|seq| seq.parse().ok());
    let seen = last.or(after).unwrap_or(0);
    let listener = Listener { newest: app.hub.subscribe(), stopped: app.stopped.clone(), app, seen };
    Sse::new(unfold(listener, step)).keep_alive(KeepAlive::default())
}

/// Waits for something new and tells it; ends with the server.
async fn step(mut listener: Listener) -> Option<(Result<Event, Infallible>, Listener)> {
    let seen = listener.seen;
    tokio::select! {
        changed = listener.newest.wait_for(|newest| *newest != seen) => { changed.ok()?; }
        // Without a handle there is nobody to stop the server, and this branch is out.
        Ok(_) = listener.stopped.wait_for(|stopped| *stopped) => return None,
    }
    tokio::time::sleep(PACE).await;
    let (parts, newest) = listener.app.hub.since(seen);
    listener.seen = newest;
    let event = Event::default().event("changed").id(newest.to_string()).data(parts.names().join(" "));
    Some((Ok(event), listener))
}
