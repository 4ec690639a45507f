//! Writes that arrive late: until then readers, and questions, meet what stood there before.

use super::app::guard;
use crate::embedded::spaces::SpaceRecord;
use std::collections::HashMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Writes of spaces that are still on their way.
#[derive(Default)]
pub(super) struct Propagation {
    delay: Duration,
    /// By space, oldest first.
    under_way: Mutex<HashMap<String, Vec<Write>>>,
}

/// When it arrives, and what stood there before it.
type Write = (Instant, Option<SpaceRecord>);

impl Propagation {
    pub fn of(delay: Duration) -> Self {
        Self { delay, under_way: Mutex::default() }
    }

    /// Notes a write just made; none stood before it where it made the space.
    pub fn wrote(&self, id: &str, before: Option<SpaceRecord>) {
        if !self.delay.is_zero() {
            let arrives = Instant::now() + self.delay;
            guard(&self.under_way).entry(id.to_owned()).or_default().push((arrives, before));
        }
    }

    /// What readers see of a space that stands as `record`; none if it has not arrived at all.
    pub fn seen(&self, record: SpaceRecord) -> Option<SpaceRecord> {
        let mut under_way = guard(&self.under_way);
        let Some(writes) = under_way.get_mut(&record.id) else { return Some(record) };
        let now = Instant::now();
        writes.retain(|(arrives, _)| *arrives > now);
        match writes.first() {
            Some((_, before)) => before.clone(),
            None => Some(record),
        }
    }
}
