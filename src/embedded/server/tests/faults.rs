//! Refusals, lost answers and wrong pages.

use super::*;
use crate::databricks::ErrorKind;

const ASK: &str = "POST /api/2.0/genie/spaces/*/start-conversation";

fn fault(route: &str, rest: &str) -> World {
    world(&format!("faults: [{{route: '{route}', times: 1, {rest}}}]"))
}

#[tokio::test]
async fn a_refused_patch_is_sent_again_and_executed_once() {
    for status in ["status: 429, retry_after: 0", "status: 503, error_code: TEMPORARILY_UNAVAILABLE"] {
        let server = serve(fault("PATCH /api/2.0/genie/spaces/*", &format!("effect: status, {status}")), None).await;
        let client = client(&server);
        let made = client.create_space(&space("Sales")).await.unwrap();
        let empty = Space::empty().with_sidecar(made.space.sidecar.clone());
        let after = client.update_space(&made.id, &empty, made.etag.as_deref()).await.unwrap();
        assert_eq!((after.etag.as_deref(), executed(&server, "PATCH")), (Some("2"), 1), "{status}");
    }
}

#[tokio::test]
async fn a_patch_whose_answer_is_lost_is_executed_exactly_once() {
    for effect in ["effect: reset", "effect: html", "effect: status, status: 500"] {
        let world = fault("PATCH /api/2.0/genie/spaces/*", &format!("when: after, {effect}"));
        let server = serve(world, None).await;
        let client = client(&server);
        let made = client.create_space(&space("Sales")).await.unwrap();
        let empty = Space::empty().with_sidecar(made.space.sidecar.clone());
        let error = client.update_space(&made.id, &empty, made.etag.as_deref()).await.unwrap_err();
        if effect == "effect: html" {
            assert_eq!(error.kind, ErrorKind::NotApi);
        } else {
            assert!(error.outcome_unknown(), "{error}");
        }
        assert_eq!(executed(&server, "PATCH"), 1);
        assert_eq!(client.get_space(&made.id).await.unwrap().space.digest(), Space::empty().digest());
    }
}

#[tokio::test]
async fn reads_are_repeated_whatever_happens_to_them() {
    for effect in
        ["effect: reset", "effect: status, status: 500", "effect: status, status: 502", "when: after, effect: reset"]
    {
        let server = serve(fault("GET /api/2.0/genie/spaces/*", effect), None).await;
        let client = client(&server);
        let made = client.create_space(&space("Sales")).await.unwrap();
        assert!(client.get_space(&made.id).await.is_ok(), "{effect}");
    }
}

#[tokio::test]
async fn a_lost_question_is_found_again() {
    let server = serve(fault(ASK, "when: after, effect: reset"), None).await;
    let client = client(&server);
    let made = client.create_space(&space("Sales")).await.unwrap();
    assert!(client.ask(&made.id, "how many?", &patience()).await.is_ok());
    assert_eq!(executed(&server, "POST"), 2, "one space, one question");
}

#[tokio::test]
async fn a_question_that_never_arrived_may_be_asked_again() {
    let server = serve(fault(ASK, "effect: reset"), None).await;
    let client = client(&server);
    let made = client.create_space(&space("Sales")).await.unwrap();
    let failure = client.ask(&made.id, "how many?", &patience()).await.unwrap_err();
    assert!(failure.retryable && failure.attempts == 0, "{failure:?}");
    assert!(client.ask(&made.id, "how many?", &patience()).await.is_ok());
    assert_eq!(executed(&server, "POST"), 2);
}

#[tokio::test]
async fn a_refused_question_is_the_callers_to_wait_out() {
    let server =
        serve(fault(ASK, "effect: status, status: 429, error_code: RESOURCE_EXHAUSTED, retry_after: 7"), None).await;
    let client = client(&server);
    let made = client.create_space(&space("Sales")).await.unwrap();
    let failure = client.ask(&made.id, "how many?", &patience()).await.unwrap_err();
    assert!(failure.rate_limited && failure.retryable);
    assert_eq!(failure.retry_after, Some(Duration::from_secs(7)));
}

#[tokio::test]
async fn polls_survive_a_broken_connection() {
    let route = "GET /api/2.0/genie/spaces/*/conversations/*/messages/*";
    let server = serve(fault(route, "effect: reset"), None).await;
    let client = client(&server);
    let made = client.create_space(&space("Sales")).await.unwrap();
    assert!(client.ask(&made.id, "how many?", &patience()).await.is_ok());
}

#[tokio::test]
async fn a_page_instead_of_json_is_an_error_that_says_so() {
    let server = serve(fault("GET /api/2.0/genie/spaces", "effect: html"), None).await;
    let error = client(&server).list_spaces().await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::NotApi);
    assert!(error.to_string().contains("an HTML page titled \"Sign in\""), "{error}");
}

#[tokio::test]
async fn somebody_elses_edit_before_the_patch_is_a_conflict() {
    let world =
        world("edits: [{route: 'PATCH /api/2.0/genie/spaces/*', nth: 1, set: {/instructions: {}, /data_sources: {}}}]");
    let server = serve(world, None).await;
    let client = client(&server);
    let made = client.create_space(&space("Sales")).await.unwrap();
    let error = client.update_space(&made.id, &space("x"), made.etag.as_deref()).await.unwrap_err();
    assert!(error.is_conflict(), "{error}");
}

#[tokio::test]
async fn no_server_is_an_error_that_names_the_cause() {
    let server = serve(World::default(), None).await;
    let client = client(&server);
    server.stop().await;
    let error = client.list_spaces().await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Connect);
    assert!(error.to_string().contains("Check the host"), "{error}");
}
