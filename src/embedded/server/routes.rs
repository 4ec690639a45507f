//! Which path is served by what.

use super::app::App;
use super::reply::ApiError;
use super::{
    catalog, comments, conversations, eval_runs, files, gate, oidc, permissions, results, serving, spaces, statements,
};
use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post, put};
use std::sync::Arc;

const MESSAGE: &str = "/api/2.0/genie/spaces/{space}/conversations/{conversation}/messages/{message}";

pub(super) fn router(app: Arc<App>) -> Router {
    Router::new()
        .merge(genie())
        .merge(conversations())
        .merge(benchmarks())
        .merge(sql_and_catalog())
        .merge(others())
        .fallback(unknown)
        .method_not_allowed_fallback(unknown)
        .layer(from_fn_with_state(app.clone(), gate::gate))
        .layer(DefaultBodyLimit::max(64 << 20))
        .with_state(app)
}

fn genie() -> Router<Arc<App>> {
    Router::new()
        .route("/api/2.0/genie/spaces", get(spaces::list).post(spaces::create))
        .route("/api/2.0/genie/spaces/{space}", get(spaces::get).patch(spaces::update).delete(spaces::trash))
        .route(
            "/api/2.0/permissions/genie/{space}",
            get(permissions::get).put(permissions::put).patch(permissions::patch),
        )
        .route("/api/2.0/permissions/genie/{space}/permissionLevels", get(permissions::levels))
}

fn conversations() -> Router<Arc<App>> {
    let all = "/api/2.0/genie/spaces/{space}/conversations";
    let one = "/api/2.0/genie/spaces/{space}/conversations/{conversation}";
    Router::new()
        .route("/api/2.0/genie/spaces/{space}/start-conversation", post(conversations::start))
        .route(all, get(conversations::list))
        .route(one, axum::routing::delete(conversations::delete))
        .route(&format!("{one}/messages"), get(conversations::list_messages).post(conversations::follow_up))
        .route(MESSAGE, get(conversations::get_message).delete(conversations::delete_message))
        .route(&format!("{MESSAGE}/feedback"), post(conversations::feedback))
        .route(&format!("{MESSAGE}/comments"), get(comments::of_message).post(comments::create))
        .route(&format!("{one}/list-comments"), get(comments::of_conversation))
        .merge(query_results())
}

fn query_results() -> Router<Arc<App>> {
    Router::new()
        .route(&format!("{MESSAGE}/attachments/{{a}}/query-result"), get(results::query_result))
        .route(&format!("{MESSAGE}/attachments/{{a}}/execute-query"), post(results::execute_query))
        .route(&format!("{MESSAGE}/attachments/{{a}}/downloads"), post(results::download))
        .route(&format!("{MESSAGE}/attachments/{{a}}/downloads/{{download}}"), get(results::downloaded))
        .route(&format!("{MESSAGE}/query-result/{{a}}"), get(results::query_result))
        .route(&format!("{MESSAGE}/query-result"), get(results::query_result_of_message))
        .route(&format!("{MESSAGE}/execute-query"), post(results::execute_query_of_message))
}

fn benchmarks() -> Router<Arc<App>> {
    let runs = "/api/2.0/genie/spaces/{space}/eval-runs";
    Router::new()
        .route(runs, get(eval_runs::list).post(eval_runs::create))
        .route(&format!("{runs}/{{run}}"), get(eval_runs::get))
        .route(&format!("{runs}/{{run}}/results"), get(eval_runs::results))
        .route(&format!("{runs}/{{run}}/results/{{result}}"), get(eval_runs::details))
}

fn sql_and_catalog() -> Router<Arc<App>> {
    let unity = "/api/2.1/unity-catalog";
    Router::new()
        .route("/api/2.0/sql/statements", post(statements::execute))
        .route("/api/2.0/sql/statements/", post(statements::execute))
        .route("/api/2.0/sql/statements/{id}", get(statements::get))
        .route("/api/2.0/sql/statements/{id}/result/chunks/{chunk}", get(statements::chunk))
        .route("/api/2.0/sql/statements/{id}/cancel", post(statements::cancel))
        .route("/external/{id}/{chunk}/{signature}", get(statements::external))
        .route(&format!("{unity}/tables"), get(catalog::tables))
        .route(&format!("{unity}/tables/{{name}}"), get(catalog::table))
        .route(&format!("{unity}/tables/{{name}}/exists"), get(catalog::exists))
        .route(&format!("{unity}/table-summaries"), get(catalog::summaries))
        .route(&format!("{unity}/functions"), get(catalog::functions))
        .route(&format!("{unity}/functions/{{name}}"), get(catalog::function))
        .route(&format!("{unity}/schemas"), get(catalog::schemas))
        .route(&format!("{unity}/catalogs"), get(catalog::catalogs))
}

fn others() -> Router<Arc<App>> {
    let directory = put(files::make_directory).get(files::list_directory).delete(files::delete_directory);
    Router::new()
        .route("/api/2.0/fs/files/{*path}", put(files::put).get(files::get).delete(files::delete))
        .route("/api/2.0/fs/directories/{*path}", directory)
        .route("/serving-endpoints/{name}/invocations", post(serving::invoke))
        .route("/serving-endpoints/chat/completions", post(serving::completions))
        .route("/api/2.0/serving-endpoints", get(serving::list))
        .route("/api/2.0/serving-endpoints/{name}", get(serving::get))
        .route("/api/2.0/preview/scim/v2/Me", get(permissions::me))
        .route("/.well-known/databricks-config", get(oidc::host))
        .route("/oidc/.well-known/oauth-authorization-server", get(oidc::metadata))
        .route("/oidc/v1/token", post(oidc::token))
        .route("/telemetry-ext", post(permissions::telemetry))
}

async fn unknown(request: Request) -> ApiError {
    let message = format!("No API found for '{} {}'", request.method(), request.uri().path());
    ApiError::not_found("ENDPOINT_NOT_FOUND", message)
}
