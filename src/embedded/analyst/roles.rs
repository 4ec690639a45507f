//! Two references to one table, told apart by their roles: where a flight leaves from and where it
//! goes to, who sends and who receives.

use super::frame::Role;
use super::parse::Parser;
use super::schema::{ColumnId, Schema};

/// How words that say a role begin, for the source and for the target of something.
#[rustfmt::skip]
const SOURCES: [&str; 14] = [
    "from", "source", "src", "origin", "depart", "leav", "start", "send", "sent", "sender", "follower", "begin", "home", "outgoing",
];
#[rustfmt::skip]
const TARGETS: [&str; 15] = [
    "to", "target", "dest", "destination", "arriv", "land", "reach", "end", "receiv", "recipient", "receiver", "followee", "followed", "away", "incoming",
];

fn role_of_word(word: &str) -> Option<Role> {
    let is = |list: &[&str]| list.iter().any(|w| *w == word || w.len() >= 4 && word.starts_with(w));
    match (is(&SOURCES), is(&TARGETS)) {
        (true, false) => Some(Role::Source),
        (false, true) => Some(Role::Target),
        _ => None,
    }
}

/// The role that a column's name says.
pub fn role_of(schema: &Schema, column: ColumnId) -> Option<Role> {
    schema.column(column).words.iter().find_map(|w| role_of_word(w))
}

impl Parser<'_> {
    /// The role of a text at this place, by the words before it. A verb says more than `from`.
    pub fn role_at(&self, at: usize) -> Option<Role> {
        let before = at.checked_sub(1).and_then(|i| self.nodes.get(i));
        self.verb_role(at).or_else(|| before.and_then(|n| role_of_word(&n.element.text.to_lowercase())))
    }

    /// The role that a verb or noun before this place says.
    pub fn verb_role(&self, at: usize) -> Option<Role> {
        let near = self.nodes[at.saturating_sub(5)..at].iter().rev();
        let mut words = near.map(|n| n.element.text.to_lowercase()).filter(|w| w != "from" && w != "to");
        words.find_map(|w| w.split(' ').find_map(role_of_word))
    }
}
