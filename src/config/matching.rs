//! Files that a pattern names. Links are followed, but a folder that leads back into itself is
//! entered once, and a file that is reached by several ways is one file.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};
use walkdir::WalkDir;

const SIGNS: [char; 3] = ['*', '?', '['];

/// True for a name with the signs of a pattern.
pub fn is_pattern(text: &str) -> bool {
    text.contains(SIGNS)
}

/// Files below `folder` that a pattern matches, in order of their names. `**` stands for any
/// number of folders; `*` and `?` stay within one name.
pub fn matching_files(folder: &Path, pattern: &str) -> Result<Vec<PathBuf>, glob::PatternError> {
    let (plain, signs) = split(pattern);
    let wanted = glob::Pattern::new(&signs.to_string_lossy())?;
    let options = glob::MatchOptions { require_literal_separator: true, ..glob::MatchOptions::new() };
    let base = folder.join(plain);
    let root = if base.as_os_str().is_empty() { Path::new(".") } else { &base };
    let deepest = if signs.iter().any(|part| part == "**") { usize::MAX } else { signs.iter().count() };
    let entries = WalkDir::new(root).follow_links(true).max_depth(deepest);
    // What cannot be read, and a folder inside itself, holds nothing that is meant.
    let entries = entries.into_iter().filter_map(Result::ok).filter(|entry| entry.file_type().is_file());
    let names = entries.filter_map(|entry| entry.path().strip_prefix(root).ok().map(Path::to_owned));
    let found = names.filter(|name| wanted.matches_path_with(name, options)).map(|name| base.join(name));
    Ok(once_each(found))
}

/// The folders before the first sign of a pattern, and the rest.
fn split(pattern: &str) -> (PathBuf, PathBuf) {
    let parts = Path::new(pattern).components().filter(|part| *part != Component::CurDir);
    let (mut plain, mut signs) = (PathBuf::new(), PathBuf::new());
    for part in parts {
        let has_sign = is_pattern(&part.as_os_str().to_string_lossy());
        let side = if has_sign || !signs.as_os_str().is_empty() { &mut signs } else { &mut plain };
        side.push(part);
    }
    (plain, signs)
}

/// Of several ways to one file the shortest.
fn once_each(found: impl Iterator<Item = PathBuf>) -> Vec<PathBuf> {
    let mut files: BTreeMap<PathBuf, PathBuf> = BTreeMap::new();
    let rank = |path: &Path| (path.components().count(), path.to_owned());
    for path in found {
        let real = path.canonicalize().unwrap_or_else(|_| path.clone());
        let kept = files.entry(real).or_insert_with(|| path.clone());
        if rank(&path) < rank(kept) {
            *kept = path;
        }
    }
    let mut files: Vec<PathBuf> = files.into_values().collect();
    files.sort();
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(folder: &Path, pattern: &str) -> Vec<String> {
        let files = matching_files(folder, pattern).expect("a pattern");
        let name = |file: PathBuf| file.strip_prefix(folder).expect("below").display().to_string();
        files.into_iter().map(name).collect()
    }

    #[test]
    fn stars_stay_within_a_name_and_two_stand_for_folders() {
        let folder = tempfile::tempdir().expect("a folder");
        let [root, strange] = ["", "we[i]rd"].map(|name| folder.path().join(name));
        for name in ["a.yaml", "b.yml", "x/c.yaml", "x/y/d.yaml", "we[i]rd/e.yaml"] {
            let path = root.join(name);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
            std::fs::write(path, "").expect("written");
        }
        assert_eq!(found(&root, "*.yaml"), ["a.yaml"]);
        assert_eq!(found(&root, "./?.y*ml"), ["a.yaml", "b.yml"]);
        assert_eq!(found(&root, "x/*.yaml"), ["x/c.yaml"]);
        assert_eq!(found(&root, "*/*.yaml"), ["we[i]rd/e.yaml", "x/c.yaml"]);
        assert_eq!(found(&root, "**/*.yaml"), ["a.yaml", "we[i]rd/e.yaml", "x/c.yaml", "x/y/d.yaml"]);
        assert_eq!(found(&root, "x/**/d.yaml"), ["x/y/d.yaml"]);
        assert_eq!(found(&strange, "*.yaml"), ["e.yaml"], "the folder's own name is no pattern");
        assert_eq!(found(&root, "nowhere/*.yaml"), Vec::<String>::new());
        assert!(matching_files(&root, "a[").is_err());
    }

    #[cfg(unix)]
    #[test]
    fn links_lead_to_each_file_once() {
        use std::os::unix::fs::symlink;
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path();
        std::fs::create_dir(root.join("sub")).expect("a folder");
        std::fs::write(root.join("sub/a.yaml"), "").expect("written");
        symlink(".", root.join("round")).expect("a link");
        symlink("..", root.join("sub/up")).expect("a link");
        symlink("sub", root.join("also")).expect("a link");
        symlink("nothing.yaml", root.join("dead.yaml")).expect("a link");
        assert_eq!(found(root, "**/*.yaml"), ["also/a.yaml"]);
        assert_eq!(found(root, "sub/*.yaml"), ["sub/a.yaml"]);
    }
}
