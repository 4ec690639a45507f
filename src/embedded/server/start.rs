//! Starting and stopping the server.

use super::app::App;
use super::engine::{Analyst, SqlEngine};
use super::listener::{BreakableListener, Line};
use super::{WAREHOUSE_ID, oidc, routes};
use crate::embedded::spaces::{LogEntry, Store};
use crate::embedded::world::{Fault, World};
use crate::model::digest_text;
use jiff::civil::Date;
use std::io;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// What a server is made of.
pub struct ServerOptions {
    pub engine: Arc<dyn SqlEngine>,
    pub analyst: Arc<dyn Analyst>,
    /// Where spaces and conversations are kept; none means a temporary folder.
    pub state_folder: Option<PathBuf>,
    pub world: World,
    /// None means any free one.
    pub port: Option<u16>,
    /// "Today" for questions with relative dates.
    pub as_of: Option<Date>,
}

/// Why the server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("the embedded workspace cannot use the folder {folder}: {source}. Check that it exists and is writable.")]
    Folder { folder: String, source: io::Error },
    #[error(
        "the embedded workspace cannot listen on 127.0.0.1:{port}: {source}. Choose another port, or 0 for any \
         free one."
    )]
    Port { port: u16, source: io::Error },
}

/// A running server. It stops when it is dropped, or cleanly with [`RunningServer::stop`].
pub struct RunningServer {
    /// `http://127.0.0.1:PORT`.
    pub url: String,
    /// The administrator's bearer token; stays the same for one state folder.
    pub token: String,
    pub warehouse_id: String,
    /// For OAuth M2M; the client secret is the token.
    pub client_id: String,
    app: Arc<App>,
    stop: watch::Sender<bool>,
    task: Option<JoinHandle<()>>,
}

/// Starts a server on this machine's loopback address.
pub async fn start(options: ServerOptions) -> Result<RunningServer, StartError> {
    let shown = options.state_folder.as_ref().map_or("(temporary)".to_owned(), |f| f.display().to_string());
    let folder = |source| StartError::Folder { folder: shown.clone(), source };
    let store = Store::open(options.state_folder.as_deref()).map_err(folder)?;
    let token = kept_token(&store).map_err(folder)?;
    let wanted = options.port.unwrap_or(0);
    let port = |source| StartError::Port { port: wanted, source };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, wanted)).await.map_err(port)?;
    let url = format!("http://{}", listener.local_addr().map_err(port)?);
    let app = Arc::new(App::new(
        options.engine,
        options.analyst,
        store,
        options.world,
        options.as_of,
        token.clone(),
        url.clone(),
    ));
    let (stop, mut stopped) = watch::channel(false);
    let service = routes::router(app.clone()).into_make_service_with_connect_info::<Line>();
    let task = tokio::spawn(async move {
        // An error here means that the sender is gone, which is a stop as well.
        let signal = async move { stopped.wait_for(|stop| *stop).await.map_or((), |_| ()) };
        let serving = axum::serve(BreakableListener(listener), service).with_graceful_shutdown(signal);
        if let Err(error) = serving.await {
            tracing::error!(%error, "the embedded workspace stopped");
        }
    });
    tracing::debug!(url, "the embedded workspace is up");
    Ok(RunningServer {
        url,
        token,
        warehouse_id: WAREHOUSE_ID.to_owned(),
        client_id: oidc::CLIENT_ID.to_owned(),
        app,
        stop,
        task: Some(task),
    })
}

impl RunningServer {
    /// The request log, oldest first.
    pub fn log(&self) -> io::Result<Vec<LogEntry>> {
        self.app.store.log()
    }

    /// How many requests came so far.
    pub fn requests(&self) -> u64 {
        self.app.requests()
    }

    /// How many requests are under way; those whose caller has gone away end by themselves.
    pub fn open_requests(&self) -> u64 {
        self.app.open_requests()
    }

    /// How many answers, statements and eval runs are under way.
    pub fn tasks_under_way(&self) -> usize {
        self.app.tasks_under_way()
    }

    /// Puts other faults in the place of the world file's.
    pub fn set_faults(&self, faults: Vec<Fault>) {
        self.app.faults.set(faults);
    }

    /// Takes no more requests and waits for those under way, for at most five seconds.
    pub async fn stop(mut self) {
        self.app.stop_tasks();
        self.stop.send_replace(true);
        if let Some(mut task) = self.task.take() {
            let wait = std::time::Duration::from_secs(5);
            if tokio::time::timeout(wait, &mut task).await.is_err() {
                task.abort();
            }
        }
    }
}

impl Drop for RunningServer {
    fn drop(&mut self) {
        self.app.stop_tasks();
        self.stop.send_replace(true);
    }
}

/// The folder's token, made on first use, so that a restarted server knows its callers. It opens
/// nothing but this local server.
fn kept_token(store: &Store) -> io::Result<String> {
    store.locked(|locked| {
        if let Some(token) = locked.read::<String>("token.json")? {
            return Ok(token);
        }
        // Both the time and the random part of the id differ for every server.
        let made = digest_text(&format!("{}{}", uuid::Uuid::now_v7(), uuid::Uuid::now_v7()));
        let token = format!("embedded-{}", made.as_str().get(..32).unwrap_or_default());
        locked.write("token.json", &token)?;
        Ok(token)
    })
}
