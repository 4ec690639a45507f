//! Spaces over the wire.

use super::*;
use crate::databricks::ErrorKind;
use serde_json::json;

#[tokio::test]
async fn create_read_change_list_trash() {
    let server = serve(World::default(), None).await;
    let client = client(&server);
    let made = client.create_space(&space("Sales")).await.unwrap();
    assert_eq!(made.etag.as_deref(), Some("1"));
    let twin = client.create_space(&space("Sales")).await.unwrap();
    assert_eq!(twin.space.sidecar.title, "Sales (1)");
    assert_eq!(twin.space.sidecar.parent_path, "/Users/admin@embedded.local");

    let read = client.get_space(&made.id).await.unwrap();
    assert_eq!(read.space.digest(), space("Sales").digest());
    let mut changed = read.space.clone();
    changed.sidecar.title = "Renamed".into();
    let beside = client.update_space(&made.id, &changed, read.etag.as_deref()).await.unwrap();
    assert_eq!(beside.etag, read.etag, "fields beside the document do not move the etag");
    changed.document_mut()["instructions"] = json!({});
    let after = client.update_space(&made.id, &changed, read.etag.as_deref()).await.unwrap();
    assert_eq!(after.etag.as_deref(), Some("2"));
    let conflict = client.update_space(&made.id, &space("x"), read.etag.as_deref()).await.unwrap_err();
    assert!(conflict.is_conflict(), "{conflict}");
    assert_eq!(client.get_space(&made.id).await.unwrap().space.digest(), changed.digest());
    assert_eq!(executed(&server, "PATCH"), 2);

    client.trash_space(&made.id).await.unwrap();
    let gone = client.get_space(&made.id).await.unwrap_err();
    assert!(gone.is_not_found() && gone.message.contains("has been trashed"), "{gone}");
    assert_eq!(client.list_spaces().await.unwrap().len(), 1);
    client.trash_space(&made.id).await.unwrap();
    server.stop().await;
}

#[tokio::test]
async fn lists_come_in_pages_and_trash_takes_effect_late() {
    let server = serve(world("trash_delay: 1h"), None).await;
    let client = client(&server);
    for n in 0..105 {
        client.create_space(&space(&format!("s{n:03}"))).await.unwrap();
    }
    let all = client.list_spaces().await.unwrap();
    assert_eq!(all.len(), 105);
    client.trash_space(&all[0].id).await.unwrap();
    assert!(client.get_space(&all[0].id).await.is_ok());
}

#[tokio::test]
async fn a_write_that_arrives_late_is_not_read_nor_asked_before() {
    let delay = Duration::from_millis(400);
    let server = serve(world("propagation: 400ms"), None).await;
    let client = client(&server);
    let made_at = std::time::Instant::now();
    let made = client.create_space(&space("Sales")).await.unwrap();
    let early = client.get_space(&made.id).await;
    // On a machine that is slow enough it has arrived by now, which says nothing.
    assert!(made_at.elapsed() >= delay || early.unwrap_err().is_not_found());
    let seen = async |wanted: &Digest| {
        while !client.get_space(&made.id).await.is_ok_and(|seen| seen.space.digest() == *wanted) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    seen(&space("Sales").digest()).await;
    assert!(made_at.elapsed() >= delay, "it was seen before it arrived");
    let mut changed = space("Sales");
    changed.document_mut()["instructions"] = json!({"sql_snippets": {"measures": []}});
    changed.document_mut()["data_sources"]["tables"] = json!([]);
    let changed_at = std::time::Instant::now();
    // Who writes with the etag of what stands there is not held up.
    let after = client.update_space(&made.id, &changed, made.etag.as_deref()).await.unwrap();
    assert_eq!(after.etag.as_deref(), Some("2"));
    let early = client.get_space(&made.id).await.unwrap();
    assert!(changed_at.elapsed() >= delay || early.etag == made.etag);
    seen(&changed.digest()).await;
    assert!(changed_at.elapsed() >= delay, "it was seen before it arrived");
}

#[tokio::test]
async fn writes_are_checked_in_the_servers_words() {
    let server = serve(World::default(), None).await;
    let client = client(&server);
    let mut bad = space("x");
    bad.document_mut()["data_sources"]["tables"][0]["identifier"] = json!("nowhere.sales.x");
    let error = client.create_space(&bad).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Permission);
    assert!(error.message.contains("Failed to fetch tables for the space. Catalog 'nowhere' does not exist"));
    let mut bad = space("x");
    bad.document_mut()["something"] = json!(1);
    let error = client.create_space(&bad).await.unwrap_err();
    assert!(error.message.contains("Cannot find field: something in message"), "{error}");

    let open = serve(world("accept_unknown_fields: true"), None).await;
    let client = super::client(&open);
    let made = client.create_space(&bad).await.unwrap();
    assert_eq!(client.get_space(&made.id).await.unwrap().space.document()["something"], json!(1));
}

#[tokio::test]
async fn version_one_is_migrated_on_write() {
    let server = serve(World::default(), None).await;
    let http = reqwest::Client::new();
    let url = format!("{}/api/2.0/genie/spaces", server.url);
    let post = |body: serde_json::Value| http.post(&url).bearer_auth(&server.token).json(&body).send();
    let answer = post(json!({"warehouse_id": "embedded", "serialized_space": "{\"version\":1}", "title": "T"})).await;
    let answer: serde_json::Value = answer.unwrap().json().await.unwrap();
    assert_eq!(answer["serialized_space"], "{\"version\":2,\"data_sources\":{}}");
    assert!(answer["create_time"].as_str().is_some_and(|t| t.ends_with('Z')));
    let answer = post(json!({"warehouse_id": "embedded", "serialized_space": {"version": 1}})).await.unwrap();
    assert_eq!(answer.status(), 400);
    assert!(answer.text().await.unwrap().contains("Expected Scalar value"));
}

#[tokio::test]
async fn another_process_over_the_same_folder_meets_the_same_spaces() {
    let folder = tempfile::tempdir().unwrap();
    let one = serve(World::default(), Some(folder.path())).await;
    let two = serve(World::default(), Some(folder.path())).await;
    let made = client(&one).create_space(&space("Sales")).await.unwrap();
    let read = client(&two).get_space(&made.id).await.unwrap();
    client(&two).update_space(&made.id, &Space::empty().with_sidecar(read.space.sidecar), None).await.unwrap();
    let conflict = client(&one).update_space(&made.id, &space("x"), made.etag.as_deref()).await;
    assert!(conflict.unwrap_err().is_conflict());
    let asked = client(&one).ask(&made.id, "how many?", &patience()).await.unwrap();
    one.stop().await;
    two.stop().await;
    let three = serve(World::default(), Some(folder.path())).await;
    let again = client(&three).resume(&made.id, &asked.conversation_id, &asked.message_id, &patience()).await;
    assert_eq!(again.unwrap().answer, asked.answer);
    assert_eq!(client(&three).get_space(&made.id).await.unwrap().etag.as_deref(), Some("2"));
}

#[tokio::test]
async fn users_see_and_do_what_they_may() {
    let server = serve(world("users: [{name: ann@x.com, token: ann-token}]"), None).await;
    let admin = client(&server);
    let ann = with_token(&server, "ann-token");
    assert_eq!(ann.current_user().await.unwrap(), "ann@x.com");
    let made = admin.create_space(&space("Sales")).await.unwrap();
    assert!(ann.list_spaces().await.unwrap().is_empty());
    assert_eq!(ann.get_space(&made.id).await.unwrap_err().kind, ErrorKind::Permission);
    let grant = |level: &str| crate::wire::PermissionsRequest {
        access_control_list: vec![crate::wire::AccessControlRequest {
            user_name: Some("ann@x.com".into()),
            permission_level: level.into(),
            ..Default::default()
        }],
    };
    admin.set_space_permissions(&made.id, &grant("CAN_RUN")).await.unwrap();
    assert!(ann.ask(&made.id, "how many?", &patience()).await.is_ok());
    let error = ann.get_space(&made.id).await.unwrap_err();
    assert!(error.message.contains("without its content"), "{error}");
    assert_eq!(ann.update_space(&made.id, &space("x"), None).await.unwrap_err().kind, ErrorKind::Permission);
    let shown = admin.set_space_permissions(&made.id, &grant("CAN_EDIT")).await.unwrap();
    assert_eq!(shown.access_control_list.len(), 3);
    assert!(ann.get_space(&made.id).await.is_ok());
    assert_eq!(admin.space_permissions(&made.id).await.unwrap(), shown);
}
