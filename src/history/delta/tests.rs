//! The protocol as a table keeps it: writers at once, kills, other writers' commits, new columns.

use super::*;
use crate::history::tables::{Column, Kind};
use std::path::Path;
use std::process::{Command, Stdio};

const OLD: Table = Table {
    name: "t",
    means: "A table.",
    columns: &[
        Column { name: "id", kind: Kind::Text, means: "Who." },
        Column { name: "n", kind: Kind::Whole, means: "How many." },
    ],
};

const NEW: Table = Table {
    name: "t",
    means: "A table.",
    columns: &[
        OLD.columns[0],
        OLD.columns[1],
        Column { name: "share", kind: Kind::Real, means: "Which part." },
        Column { name: "good", kind: Kind::Truth, means: "Whether." },
        Column { name: "at", kind: Kind::Moment, means: "When." },
    ],
};

fn table(folder: &Path, table: Table) -> DeltaTable {
    DeltaTable::new(Place::Folder(folder.to_owned()), table)
}

fn row(cells: &[(&str, Value)]) -> Row {
    cells.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
}

fn numbered(n: i64) -> Row {
    row(&[("id", "행".into()), ("n", n.into())])
}

fn numbers(rows: &[Row]) -> Vec<i64> {
    let mut numbers: Vec<i64> = rows.iter().filter_map(|row| row.get("n")?.as_i64()).collect();
    numbers.sort_unstable();
    numbers
}

/// Commits that are not about rows that stood there before.
fn appends(folder: &Path) -> usize {
    let entries = std::fs::read_dir(folder.join("_delta_log")).into_iter().flatten().flatten();
    let commits = entries.filter(|entry| entry.file_name().to_string_lossy().ends_with(".json"));
    commits.filter(|entry| !std::fs::read_to_string(entry.path()).expect("read").contains("OPTIMIZE")).count()
}

fn commit(folder: &Path, version: u64, lines: &[Value]) {
    let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    std::fs::write(folder.join(format!("_delta_log/{version:020}.json")), text).expect("written");
}

#[tokio::test]
async fn rows_come_back_as_they_went_in() {
    let folder = tempfile::tempdir().expect("a folder");
    let there = table(folder.path(), NEW);
    assert!(there.read().await.expect("no table yet").is_empty());
    there.append(&[]).await.expect("nothing");
    assert!(there.read().await.expect("still none").is_empty());
    let rows = [
        row(&[
            ("id", "질문\n'1'".into()),
            ("n", i64::MIN.into()),
            ("share", 0.1.into()),
            ("good", false.into()),
            ("at", "2025-08-27T09:14:22.000001Z".into()),
        ]),
        Row::new(),
    ];
    there.append(&rows).await.expect("appended");
    assert_eq!(there.read().await.expect("read"), rows);
    let wrong = row(&[("at", "yesterday".into())]);
    assert!(there.append(&[wrong]).await.is_err());
    assert_eq!(there.read().await.expect("read").len(), 2);
}

#[test]
fn writers_at_once_lose_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    std::thread::scope(|scope| {
        for writer in 0..4 {
            let path = folder.path();
            scope.spawn(move || {
                for n in 0..10 {
                    // Old and new programs at the same time.
                    let there = table(path, if writer % 2 == 0 { OLD } else { NEW });
                    futures::executor::block_on(there.append(&[numbered(writer * 10 + n)])).expect("appended");
                }
            });
        }
    });
    let rows = futures::executor::block_on(table(folder.path(), NEW).read()).expect("read");
    assert_eq!(numbers(&rows), (0..40).collect::<Vec<_>>());
    assert_eq!(appends(folder.path()), 40, "one commit for each");
    let names = std::fs::read_dir(folder.path().join("_delta_log")).expect("a log").flatten();
    let names: Vec<String> = names.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    let known = |name: &String| name.ends_with(".json") || name.ends_with(".checkpoint.parquet");
    assert!(names.iter().all(known), "nothing else is left: {names:?}");
}

#[tokio::test]
async fn columns_are_added_by_who_needs_them_first() {
    let folder = tempfile::tempdir().expect("a folder");
    let (old, new) = (table(folder.path(), OLD), table(folder.path(), NEW));
    old.append(&[numbered(1)]).await.expect("appended");
    let with = row(&[("n", 2.into()), ("share", 0.5.into())]);
    new.append(std::slice::from_ref(&with)).await.expect("appended");
    new.append(&[numbered(3)]).await.expect("appended");
    old.append(&[numbered(4)]).await.expect("the old program goes on");
    let rows = old.read().await.expect("read");
    assert_eq!(numbers(&rows), [1, 2, 3, 4]);
    assert!(rows.contains(&with));
    let schemas = |version: u64| {
        let text =
            std::fs::read_to_string(folder.path().join(format!("_delta_log/{version:020}.json"))).expect("a commit");
        text.matches("schemaString").count()
    };
    assert_eq!([0, 1, 2, 3].map(schemas), [1, 1, 0, 0]);

    let other = Table { columns: &[Column { name: "n", kind: Kind::Text, means: "A name." }], ..OLD };
    let error = table(folder.path(), other).append(&[row(&[("n", "x".into())])]).await.expect_err("another type");
    assert!(error.to_string().contains("`n` is of type \"long\", not string"), "{error}");
}

#[tokio::test]
async fn commits_of_other_writers_count() {
    let folder = tempfile::tempdir().expect("a folder");
    let there = table(folder.path(), OLD);
    there.append(&[numbered(1)]).await.expect("appended");
    there.append(&[numbered(2)]).await.expect("appended");
    let snapshot = Snapshot::read(&there.place, "t").await.expect("read");
    let first = snapshot.files.keys().next().expect("a file").clone();
    // Another writer rewrites the first file under a name that has to be encoded.
    std::fs::copy(folder.path().join(&first), folder.path().join("a b.parquet")).expect("copied");
    commit(
        folder.path(),
        2,
        &[
            json!({"txn": {"appId": "x", "version": 1}}),
            json!({"remove": {"path": first, "dataChange": false}}),
            json!({"add": {"path": "a%20b.parquet", "partitionValues": {}, "size": 1, "modificationTime": 1, "dataChange": false}}),
        ],
    );
    assert_eq!(numbers(&there.read().await.expect("read")), [1, 2]);
    commit(folder.path(), 3, &[json!({"remove": {"path": "a%20b.parquet", "dataChange": true}})]);
    assert_eq!(numbers(&there.read().await.expect("read")), [2]);
    there.append(&[numbered(3)]).await.expect("appended");
    assert_eq!(numbers(&there.read().await.expect("read")), [2, 3]);
}

#[tokio::test]
async fn what_is_not_understood_is_refused() {
    let refused = [
        json!({"protocol": {"minReaderVersion": 3, "minWriterVersion": 7, "readerFeatures": ["deletionVectors"], "writerFeatures": []}}),
        json!({"protocol": {"minReaderVersion": 2, "minWriterVersion": 5}}),
        json!({"metaData": {"schemaString": "{}", "partitionColumns": ["id"], "configuration": {}}}),
        json!({"metaData": {"schemaString": "{}", "partitionColumns": [], "configuration": {"delta.columnMapping.mode": "name"}}}),
    ];
    for action in refused {
        let folder = tempfile::tempdir().expect("a folder");
        let there = table(folder.path(), OLD);
        there.append(&[numbered(1)]).await.expect("appended");
        commit(folder.path(), 1, std::slice::from_ref(&action));
        assert!(matches!(there.read().await, Err(HistoryError::Unsupported { .. })), "{action}");
        assert!(matches!(there.append(&[numbered(2)]).await, Err(HistoryError::Unsupported { .. })), "{action}");
    }
    let folder = tempfile::tempdir().expect("a folder");
    let there = table(folder.path(), OLD);
    there.append(&[numbered(1)]).await.expect("appended");
    let constrained = json!({"protocol": {"minReaderVersion": 1, "minWriterVersion": 3}});
    commit(folder.path(), 1, &[constrained]);
    assert_eq!(numbers(&there.read().await.expect("can be read")), [1]);
    assert!(there.append(&[numbered(2)]).await.is_err(), "but not written");
    commit(folder.path(), 3, &[json!({})]);
    let error = there.read().await.expect_err("a gap");
    assert!(error.to_string().contains("no version 2"), "{error}");
}

#[tokio::test]
async fn what_a_kill_leaves_behind_is_no_part_of_the_table() {
    let folder = tempfile::tempdir().expect("a folder");
    let there = table(folder.path(), OLD);
    there.append(&[numbered(1)]).await.expect("appended");
    // Killed after the data, while the data, and while the commit was being written.
    let data = rows::to_parquet(&OLD, &[numbered(9)]).expect("bytes");
    std::fs::write(folder.path().join("part-00000-x-c000.parquet"), &data).expect("written");
    std::fs::write(folder.path().join("_writing-1"), &data[..9]).expect("written");
    std::fs::write(folder.path().join("_delta_log/_writing-2"), "{\"commitInfo\":{").expect("written");
    assert_eq!(numbers(&there.read().await.expect("read")), [1]);
    there.append(&[numbered(2)]).await.expect("appended");
    assert_eq!(numbers(&there.read().await.expect("read")), [1, 2]);
}

/// Says, to the process that this test starts, where to write.
const WRITES_INTO: &str = "GENIE_TEST_WRITES_INTO";

#[test]
fn killed_writers_leave_a_readable_table() {
    if let Some(folder) = std::env::var_os(WRITES_INTO) {
        let there = table(Path::new(&folder), OLD);
        for n in 0.. {
            futures::executor::block_on(there.append(&[numbered(n)])).expect("appended");
        }
    }
    let folder = tempfile::tempdir().expect("a folder");
    let commits = || appends(folder.path());
    // Small files are merged while the writers are killed.
    for n in 0..17 {
        futures::executor::block_on(table(folder.path(), OLD).append(&[numbered(n)])).expect("appended");
    }
    for round in 1..=5 {
        let mut command = Command::new(std::env::current_exe().expect("this test"));
        let name = concat!(module_path!(), "::killed_writers_leave_a_readable_table");
        let name = name.split_once("::").map_or(name, |(_, name)| name);
        command.args(["--exact", name]).env(WRITES_INTO, folder.path()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().expect("a writer");
        let before = commits();
        // Seen from outside, at whatever point of its next commit the writer happens to be.
        while commits() < before + round {
            assert!(child.try_wait().expect("a status").is_none(), "the writer ended");
            std::thread::yield_now();
        }
        child.kill().expect("killed");
        child.wait().expect("gone");
        let rows = futures::executor::block_on(table(folder.path(), OLD).read()).expect("readable");
        assert_eq!(rows.len(), commits(), "every commit is whole");
        assert!(rows.len() >= before + round);
    }
}

#[tokio::test]
async fn a_checkpoint_stands_for_the_log_before_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let (old, new) = (table(folder.path(), OLD), table(folder.path(), NEW));
    old.append(&[numbered(0)]).await.expect("appended");
    let first = Snapshot::read(&old.place, "t").await.expect("read");
    let (path, _) = first.files.first_key_value().expect("a file");
    // What others leave in the log counts on: how far they have come, and what they removed.
    commit(
        folder.path(),
        1,
        &[
            json!({"txn": {"appId": "stream", "version": 7, "lastUpdated": 1}}),
            json!({"remove": {"path": path, "deletionTimestamp": now(), "dataChange": true}}),
        ],
    );
    for n in 2..=45 {
        let there = if n % 2 == 0 { &old } else { &new };
        there.append(&[numbered(n)]).await.expect("appended");
    }
    let whole = Snapshot::read(&old.place, "t").await.expect("read");
    let log = folder.path().join("_delta_log");
    let made: Vec<u64> = (0..=45).filter(|n| log.join(format!("{n:020}.checkpoint.parquet")).is_file()).collect();
    assert_eq!(made, [20, 40]);
    // Without it the log gives the same.
    let kept = log.join(format!("{:020}.checkpoint.parquet", 40));
    let aside = folder.path().join("aside");
    for n in made {
        std::fs::rename(log.join(format!("{n:020}.checkpoint.parquet")), &aside).expect("moved");
    }
    let replayed = Snapshot::read(&old.place, "t").await.expect("read");
    std::fs::rename(&aside, &kept).expect("back");
    let plain = |snapshot: &Snapshot| {
        let value = |action: Action| strip(action.to_json());
        snapshot.actions(0).into_iter().map(value).collect::<Vec<_>>()
    };
    assert_eq!(plain(&whole), plain(&replayed));
    assert!(plain(&whole).iter().any(|action| action.get("remove").is_some()));
    assert!(plain(&whole).iter().any(|action| action.pointer("/txn/version") == Some(&json!(7))));
    // A clean-up may take the commits that it stands for.
    for n in 0..=40 {
        std::fs::remove_file(log.join(format!("{n:020}.json"))).expect("removed");
    }
    assert_eq!(numbers(&new.read().await.expect("read")), (2..=45).collect::<Vec<_>>());
    new.append(&[numbered(46)]).await.expect("appended");
    assert_eq!(numbers(&old.read().await.expect("read")), (2..=46).collect::<Vec<_>>());
}

#[tokio::test]
async fn small_files_are_merged_with_all_that_is_in_them() {
    let folder = tempfile::tempdir().expect("a folder");
    let (old, new) = (table(folder.path(), OLD), table(folder.path(), NEW));
    for n in 0..5 {
        old.append(&[numbered(n)]).await.expect("appended");
    }
    // Columns that an older program knows nothing of.
    let with = row(&[("n", 5.into()), ("share", 0.5.into()), ("at", "2025-08-27T09:14:22Z".into())]);
    new.append(&[with.clone(), numbered(6)]).await.expect("appended");
    new.append(&[numbered(7)]).await.expect("appended");
    let before = Snapshot::read(&old.place, "t").await.expect("read");
    assert_eq!(old.compact(20).await.expect("looked at"), Compacted { before: 7, after: 7 }, "not many yet");
    assert_eq!(old.compact(2).await.expect("merged"), Compacted { before: 7, after: 2 });
    let rows = old.read().await.expect("read");
    assert_eq!(numbers(&rows), (0..8).collect::<Vec<_>>());
    assert!(rows.contains(&with));
    assert_eq!(old.compact(2).await.expect("looked at"), Compacted { before: 2, after: 2 }, "two shapes");
    // The commit tells that nothing changed, and earlier versions can still be read.
    let text = std::fs::read_to_string(folder.path().join("_delta_log/00000000000000000007.json")).expect("a commit");
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let of = |action: &str| lines.iter().filter(|line| line[action]["dataChange"] == json!(false)).count();
    assert_eq!((of("remove"), of("add"), lines.len()), (7, 2, 10));
    for path in before.files.keys() {
        assert!(folder.path().join(path).is_file(), "{path}");
    }
    // What was removed long ago goes.
    let mut snapshot = Snapshot::read(&old.place, "t").await.expect("read");
    assert_eq!(snapshot.removed_before(now() + 1).count(), 7);
    assert_eq!(snapshot.removed_before(now() - 60_000).count(), 0);
    if let Some(Metadata(body)) = &mut snapshot.metadata {
        body["configuration"]["delta.deletedFileRetentionDuration"] = "interval 365 days".into();
    }
    assert_eq!(snapshot.removed_before(now() + 1).count(), 0, "the table keeps them longer");
}

#[tokio::test]
async fn who_merged_the_files_first_wins_and_the_other_gives_up() {
    let folder = tempfile::tempdir().expect("a folder");
    let there = table(folder.path(), OLD);
    for n in 0..3 {
        there.append(&[numbered(n)]).await.expect("appended");
    }
    let stale = Snapshot::read(&there.place, "t").await.expect("read");
    let files: Vec<String> = stale.files.keys().cloned().collect();
    there.compact(2).await.expect("merged");
    let add = Add::of("never.parquet", 1, 3, now());
    assert!(!there.replace(stale.clone(), &files, &[add]).await.expect("given up"));
    assert_eq!(numbers(&there.read().await.expect("read")), [0, 1, 2]);
    // Not given up is what was written already, by an attempt whose answer was lost: its file stays.
    let now_there = Snapshot::read(&there.place, "t").await.expect("read");
    let own: Vec<Add> = now_there.files.values().cloned().collect();
    assert!(there.replace(stale, &files, &own).await.expect("written"), "it is this very commit");
    assert_eq!(numbers(&there.read().await.expect("read")), [0, 1, 2]);
}

#[test]
fn appends_and_compactions_at_once_lose_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    std::thread::scope(|scope| {
        for writer in 0..3 {
            let path = folder.path();
            scope.spawn(move || {
                let there = table(path, OLD);
                for n in 0..12 {
                    futures::executor::block_on(there.append(&[numbered(writer * 12 + n)])).expect("appended");
                    futures::executor::block_on(there.compact(2)).expect("merged or given up");
                }
            });
        }
    });
    let there = table(folder.path(), OLD);
    let rows = futures::executor::block_on(there.read()).expect("read");
    assert_eq!(numbers(&rows), (0..36).collect::<Vec<_>>());
    futures::executor::block_on(there.compact(2)).expect("merged");
    let snapshot = futures::executor::block_on(Snapshot::read(&there.place, "t")).expect("read");
    assert_eq!(snapshot.files.len(), 1);
    assert_eq!(numbers(&futures::executor::block_on(there.read()).expect("read")), (0..36).collect::<Vec<_>>());
}

/// Without members that are empty or absent: a checkpoint has a column for each.
fn strip(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let members = members.into_iter().map(|(name, member)| (name, strip(member)));
            let is_empty = |member: &Value| member.is_null() || *member == json!({}) || *member == json!([]);
            Value::Object(members.filter(|(_, member)| !is_empty(member)).collect())
        }
        other => other,
    }
}
