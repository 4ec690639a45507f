//! Reading declared files: each problem is told with the path as it was given.

use crate::model::Diagnostic;
use std::io::Read as _;
use std::path::Path;

/// Largest declared file.
const LIMIT: u64 = 20 * 1024 * 1024;

/// Longest line: a whole space in one line of JSON is at most 3.5 MB.
const LINE_LIMIT: usize = 5 * 1024 * 1024;

/// The text of a file, or why there is none.
pub(super) fn read(path: &Path) -> Result<String, Diagnostic> {
    let name = path.display();
    let metadata = std::fs::metadata(path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => Diagnostic::error("GE0111", format!("{name} does not exist")),
        _ => Diagnostic::error("GE0112", format!("{name} cannot be read: {error}")),
    })?;
    if metadata.is_dir() {
        return Err(Diagnostic::error("GE0112", format!("{name} is a folder, not a file")));
    }
    let too_large = || Diagnostic::error("GE0114", format!("{name} is larger than {} MB", LIMIT / 1024 / 1024));
    if metadata.len() > LIMIT {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path);
    // A pipe has no length beforehand, so the limit is kept while reading as well.
    file.and_then(|file| file.take(LIMIT + 1).read_to_end(&mut bytes))
        .map_err(|error| Diagnostic::error("GE0112", format!("{name} cannot be read: {error}")))?;
    if bytes.len() as u64 > LIMIT {
        return Err(too_large());
    }
    let endless = bytes.split(|byte| *byte == b'\n').position(|line| line.len() > LINE_LIMIT);
    if let Some(at) = endless {
        let message = format!("{name}:{}: a line is longer than {} MB", at + 1, LINE_LIMIT / 1024 / 1024);
        return Err(Diagnostic::error("GE0115", message).help("check that this is the right file, or break the line"));
    }
    String::from_utf8(bytes).map_err(|error| {
        let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = good.iter().filter(|byte| **byte == b'\n').count() + 1;
        Diagnostic::error("GE0113", format!("{name} is not UTF-8: line {line} holds other bytes"))
            .help("save the file in the encoding UTF-8")
    })
}
