//! Over real spaces: once it is applied, nothing is left to plan.

use super::fake::Fake;
use super::site::{Site, now, plan, space};
use crate::diff::diff;
use crate::guard::GuardConfig;
use crate::model::{GuardLevel, Space};
use crate::ops::{Carried, beside_live, drift};

/// The shared spaces, as they came from other repositories. None where they are absent.
fn spaces() -> Option<Vec<(String, Space)>> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/spaces");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        assert!(std::env::var_os("CI").is_none(), "the shared spaces are missing: {}", folder.display());
        println!("skipped: {} is not there", folder.display());
        return None;
    };
    let read = |path: std::path::PathBuf| {
        let text = std::fs::read_to_string(&path).expect("a space file");
        (path.file_name().expect("a name").to_string_lossy().into_owned(), Space::parse(&text).expect("a space"))
    };
    Some(entries.filter_map(Result::ok).map(|entry| read(entry.path())).collect())
}

/// Tables are the workspace's to check, and this one has none.
fn without_tables(space: &Space) -> Space {
    let mut space = space.clone();
    if let Some(map) = space.document_mut().as_object_mut() {
        map.insert("data_sources".to_owned(), serde_json::json!({}));
    }
    space
}

#[tokio::test]
async fn after_an_apply_the_next_plan_is_empty() {
    let Some(spaces) = spaces() else { return };
    let fake = Fake::start().await;
    let mut applied = 0;
    for (name, whole) in spaces {
        let base = space("Be brief.");
        let mut target = without_tables(&whole);
        target.migrate();
        target.sidecar = base.sidecar.clone();
        fake.put(&name, &base);
        let site = Site::standing(&fake, "ann", &name, &base);
        site.declare(&target);
        let mut plan = plan(&base, &target, "1", Some(&name));
        plan.base.definition_before = Some(target.digest());
        plan.base.definition_after = Some(target.digest());
        // Whole spaces at once are more than anybody reviews.
        let many = GuardConfig { rule: "changes".to_owned(), level: Some(GuardLevel::Off), ..GuardConfig::default() };
        match site.apply_with(&plan, vec![many], None, now()).await {
            Ok(Carried::Done(done)) => {
                assert_ne!(done.read_back.as_str(), "lossy", "{name}");
                applied += 1;
            }
            Ok(_) => panic!("{name}: nothing was done"),
            // Not every file found in the world is one that the service takes.
            Err(error) => {
                assert!(error.to_string().contains("400"), "{name}: {error}");
                assert_eq!(fake.space(&name).digest(), base.digest(), "{name}");
                continue;
            }
        }
        let live = fake.space(&name);
        let declared = site.declared().expect("declared").space;
        assert_eq!(diff(&beside_live(&declared, &live), &live), [], "{name}: a phantom difference");
        assert_eq!(drift(site.state().and_then(|s| s.stands).as_ref().expect("known"), &live), [], "{name}");
        site.check(&fake, &name);
    }
    assert!(applied >= 3, "only {applied} were taken");
}
