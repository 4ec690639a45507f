//! The server: what it binds, and what it answers to reading.

use super::actions::{Actions, Past, Project};
use super::guard::{Refusal, Secrets, harden};
use super::hub::Hub;
use super::views::{self, Context, Part};
use super::{live, page, writes};
use axum::Router;
use axum::extract::{DefaultBodyLimit, Path, Query, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use maud::{Markup, html};
use serde::Deserialize;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// The largest request body.
pub const MOST_BYTES: usize = 2 * 1024 * 1024;

/// How to serve.
#[derive(Clone, Debug)]
pub struct UiOptions {
    /// 0: any free port.
    pub port: u16,
    /// Opens the link in the browser.
    pub open: bool,
    /// Must be a loopback address.
    pub bind: IpAddr,
}

impl Default for UiOptions {
    fn default() -> Self {
        Self { port: 0, open: false, bind: IpAddr::V4(Ipv4Addr::LOCALHOST) }
    }
}

/// Why the dashboard cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum UiError {
    #[error("{0} is not a loopback address; the dashboard is served to this machine only")]
    NotLoopback(IpAddr),
    #[error("cannot listen on {address}: {source}")]
    Listen { address: SocketAddr, source: std::io::Error },
}

/// A dashboard that is being served. Dropping it leaves the server running.
pub struct RunningUi {
    /// With the token in it: whoever has it can do everything the page can.
    pub url_with_token: String,
    pub address: SocketAddr,
    stop: watch::Sender<bool>,
    server: tokio::task::JoinHandle<()>,
}

impl RunningUi {
    /// Ends the server and every open stream, and waits for it.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        // Requests under way have a moment to end; a browser that holds on does not keep us.
        let grace = std::time::Duration::from_secs(2);
        let abort = self.server.abort_handle();
        if tokio::time::timeout(grace, self.server).await.is_err() {
            abort.abort();
        }
    }

    /// Waits until the server ends by itself.
    pub async fn wait(&mut self) {
        let _ = (&mut self.server).await;
    }
}

/// What every request sees.
pub(super) struct App {
    pub hub: Arc<Hub>,
    pub actions: Arc<dyn Actions>,
    pub secrets: Secrets,
    pub stopped: watch::Receiver<bool>,
}

/// Serves the dashboard until it is stopped.
///
/// # Errors
/// If the address is not a loopback one or cannot be listened on.
pub async fn serve(options: UiOptions, hub: Arc<Hub>, actions: Arc<dyn Actions>) -> Result<RunningUi, UiError> {
    if !options.bind.is_loopback() {
        return Err(UiError::NotLoopback(options.bind));
    }
    let address = SocketAddr::new(options.bind, options.port);
    let failed = |source| UiError::Listen { address, source };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    let (stop, stopped) = watch::channel(false);
    let secrets = Secrets::new(address.port());
    let url_with_token = format!("http://{address}/?token={}", secrets.token());
    let app = Arc::new(App { hub, actions, secrets, stopped: stopped.clone() });
    let server = tokio::spawn(async move {
        let until = async move {
            let mut stopped = stopped;
            // An error means that the handle is gone; the server then runs as long as the program.
            if stopped.wait_for(|stopped| *stopped).await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        if let Err(error) = axum::serve(listener, router(app)).with_graceful_shutdown(until).await {
            tracing::warn!(%error, "the dashboard's server ended");
        }
    });
    if options.open {
        open(&url_with_token);
    }
    Ok(RunningUi { url_with_token, address, stop, server })
}

/// Asks the desktop to open the link. That it cannot is no error: the link is printed as well.
fn open(url: &str) {
    let (program, first): (&str, &[&str]) = if cfg!(target_os = "macos") {
        ("open", &[])
    } else if cfg!(windows) {
        ("rundll32", &["url.dll,FileProtocolHandler"])
    } else {
        ("xdg-open", &[])
    };
    let mut command = tokio::process::Command::new(program);
    command.args(first).arg(url).stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
    if let Err(error) = command.spawn() {
        tracing::debug!(%error, "no browser could be opened");
    }
}

fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/", get(index))
        .route("/part/{name}", get(part))
        .route("/failure", get(failure))
        .route("/log", get(log))
        .route("/report.html", get(report))
        .route("/events", get(live::events))
        .route("/assets/style.css", get(async || typed("text/css; charset=utf-8", page::STYLE)))
        .route("/assets/app.js", get(async || typed("text/javascript; charset=utf-8", page::SCRIPT)))
        .route("/favicon.ico", get(async || StatusCode::NO_CONTENT))
        .route("/do/{action}", post(writes::act))
        .fallback(async || refuse(StatusCode::NOT_FOUND, "There is no such page."))
        .layer(DefaultBodyLimit::max(MOST_BYTES))
        .layer(from_fn_with_state(Arc::clone(&app), checked))
        .with_state(app)
}

fn typed(kind: &'static str, body: &'static str) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, kind)], body)
}

/// Every request passes here: where it comes from, and whether it may.
async fn checked(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let place = app.secrets.check_place(request.method(), request.headers());
    let enters = request.uri().path() == "/" && request.uri().query().is_some_and(|query| query.contains("token="));
    let may = place.and_then(|()| if enters { Ok(()) } else { app.secrets.check_session(request.headers()) });
    let mut response = match may {
        Ok(()) => next.run(request).await,
        Err(refusal) => refused(refusal),
    };
    harden(response.headers_mut());
    response
}

pub(super) fn refused(refusal: Refusal) -> Response {
    let status = if refusal == Refusal::NotSignedIn { StatusCode::UNAUTHORIZED } else { StatusCode::FORBIDDEN };
    refuse(status, refusal.message())
}

/// A refusal as plain text: no page, nothing that could be mistaken for one.
pub(super) fn refuse(status: StatusCode, message: &str) -> Response {
    (status, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], format!("{message}\n")).into_response()
}

pub(super) fn show(markup: Markup) -> Response {
    ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], markup.into_string()).into_response()
}

#[derive(Deserialize)]
struct Entry {
    token: Option<String>,
}

async fn index(State(app): State<Arc<App>>, Query(entry): Query<Entry>, headers: HeaderMap) -> Response {
    if let Some(token) = entry.token {
        if !app.secrets.is_token(&token) {
            return refused(Refusal::NotSignedIn);
        }
        return ([(header::SET_COOKIE, app.secrets.cookie())], show(page::enter())).into_response();
    }
    // A query that only looks like an entry has not been checked yet.
    if let Err(refusal) = app.secrets.check_session(&headers) {
        return refused(refusal);
    }
    // The number is taken first: what happens in between is told again, not lost.
    let seq = app.hub.newest();
    let (history, project) = declared(&app).await;
    let run = app.hub.run();
    show(page::dashboard(&run, &history, project.as_ref(), app.secrets.csrf(), seq))
}

/// What the page shows beside the run. A history that cannot be read is told, and does not take
/// the page down.
async fn declared(app: &App) -> (Past, Option<Project>) {
    (past(app).await, app.actions.project().await.ok())
}

async fn past(app: &App) -> Past {
    app.actions.history().await.unwrap_or_else(|error| Past { problem: error.to_string(), ..Past::default() })
}

async fn part(State(app): State<Arc<App>>, Path(name): Path<String>) -> Response {
    let Some(part) = Part::of_name(&name) else { return refuse(StatusCode::NOT_FOUND, "There is no such view.") };
    let history = match part {
        Part::History => past(&app).await,
        _ => Past::default(),
    };
    let project = match part {
        Part::Do => app.actions.project().await.ok(),
        _ => None,
    };
    let run = app.hub.run();
    let csrf = Some(app.secrets.csrf());
    show(views::section(part, &Context { run: &run, history: &history, project: project.as_ref(), csrf }))
}

#[derive(Deserialize)]
struct Which {
    id: String,
}

async fn failure(State(app): State<Arc<App>>, Query(which): Query<Which>, headers: HeaderMap) -> Response {
    let run = app.hub.run();
    match views::failure(&run, &which.id) {
        Some(markup) if is_fetch(&headers) => show(markup),
        Some(markup) => show(page::small(run.question(&which.id), &markup)),
        None => refuse(StatusCode::NOT_FOUND, "There is no such failure in this run."),
    }
}

/// True for requests of our script, which wants fragments.
pub(super) fn is_fetch(headers: &HeaderMap) -> bool {
    headers.contains_key("x-fragment")
}

#[derive(Deserialize)]
struct PageOf {
    #[serde(default)]
    page: usize,
}

async fn log(State(app): State<Arc<App>>, Query(PageOf { page }): Query<PageOf>) -> Response {
    const SIZE: usize = 200;
    let (entries, total) = app.hub.log_page(page, SIZE);
    show(page::small("Events of this run", &views::log(&entries, page, SIZE, total)))
}

async fn report(State(app): State<Arc<App>>) -> Response {
    let file = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"report.html\""),
    ];
    (file, page::report(&app.hub.run())).into_response()
}

/// A reply to an action, as a fragment or as a page of its own.
pub(super) fn reply(headers: &HeaderMap, status: StatusCode, markup: Markup) -> Response {
    if is_fetch(headers) {
        return (status, show(markup)).into_response();
    }
    (status, show(page::small("Done", &html! { (markup) }))).into_response()
}
