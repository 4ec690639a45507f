//! The hard scenarios over the real binary, each directly and through a saved plan, with what must
//! always hold checked after every one. What needs every request, every byte or every order is
//! shown beside the code of `ops`.

mod approval;
#[cfg(unix)]
mod interrupted;
mod others;
mod reconcile;
mod recovery;
mod stage;
mod verified;

const PATCH: &str = "PATCH /api/2.0/genie/spaces/*";
const GET: &str = "GET /api/2.0/genie/spaces/*";

/// A world with one fault.
fn fault(route: &str, rest: &str) -> String {
    format!("faults:\n- {{route: '{route}', {rest}}}\n")
}

/// A world in which somebody else edits the space once.
fn edit(route: &str, rest: &str) -> String {
    format!("edits:\n- {{route: '{route}', {rest}}}\n")
}
