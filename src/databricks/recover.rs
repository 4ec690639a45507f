//! Finding a conversation whose start was sent but whose answer was lost.

use super::client::Client;
use super::error::ClientError;
use super::http::{Call, segment};
use crate::wire::{ConversationList, ConversationSummary, MessageList};
use std::time::Duration;
use tokio::time::Instant;

/// The clocks of client and service may differ by this much.
const SKEW_MS: i64 = 30_000;
const MAX_PAGES: usize = 100;
/// Before the first look; each further one comes after twice as long.
const PAUSE: Duration = Duration::from_secs(3);
const LOCAL_PAUSE: Duration = Duration::from_millis(50);

impl Client {
    /// How long to look for a question whose answer was lost just now.
    pub(super) fn until_begun(&self) -> Duration {
        if self.settings().is_local() { LOCAL_PAUSE * 2 } else { PAUSE * 2 }
    }

    /// How long to look for a question that somebody sent at a time (ms) and did not live to hear
    /// of: until it would have arrived, which is at once if that was long ago.
    pub(super) fn until_arrived(&self, sent_at: i64) -> Duration {
        let arrives = if self.settings().is_local() { LOCAL_PAUSE * 30 } else { PAUSE * 3 };
        let age = jiff::Timestamp::now().as_millisecond().saturating_sub(sent_at).max(0);
        arrives.saturating_sub(Duration::from_millis(age.unsigned_abs()))
    }

    /// The conversation with exactly this question that began after `started_at` (ms) and that
    /// this client does not know yet, with its first message. It becomes known at once, so that
    /// two lost questions of the same words find two conversations. Looked for over and over for
    /// so long, because the service may still be about to begin it.
    pub(super) async fn lost_conversation(
        &self,
        space_id: &str,
        question: &str,
        started_at: i64,
        so_long: Duration,
    ) -> Result<Option<(String, String)>, ClientError> {
        let mut pause = if self.settings().is_local() { LOCAL_PAUSE } else { PAUSE };
        let due = Instant::now() + so_long;
        loop {
            let left = due.saturating_duration_since(Instant::now());
            tokio::time::sleep(pause.min(left)).await;
            for candidate in self.recent_conversations(space_id, started_at - SKEW_MS).await? {
                if let Some(message) = self.first_message(space_id, &candidate, question).await?
                    && self.known().insert(candidate.clone())
                {
                    return Ok(Some((candidate, message)));
                }
            }
            if left <= pause {
                return Ok(None);
            }
            pause *= 2;
        }
    }

    /// Ids of conversations this client does not know that began at or after a time (ms).
    async fn recent_conversations(&self, space_id: &str, since: i64) -> Result<Vec<String>, ClientError> {
        let mut found = Vec::new();
        let mut token: Option<String> = None;
        for _ in 0..MAX_PAGES {
            let path = format!("/api/2.0/genie/spaces/{}/conversations", segment(space_id));
            let mut call = Call::get("list conversations", path).query("page_size", "100");
            if let Some(token) = &token {
                call = call.query("page_token", token);
            }
            let page: ConversationList = self.http().json(call).await?;
            let recent = |summary: &ConversationSummary| summary.created_timestamp.is_none_or(|at| at >= since);
            // No order is documented: what the page shows decides whether the next can matter.
            let only_older = newest_first(&page.conversations) && !page.conversations.iter().any(recent);
            let known = self.known().clone();
            found.extend(
                page.conversations
                    .into_iter()
                    .filter(|summary| recent(summary))
                    .map(|summary| summary.conversation_id)
                    .filter(|id| !known.contains(id)),
            );
            token = page.next_page_token.filter(|token| !token.is_empty());
            if token.is_none() || only_older {
                break;
            }
        }
        Ok(found)
    }

    /// The id of the conversation's first message if it asks exactly this question.
    async fn first_message(
        &self,
        space_id: &str,
        conversation: &str,
        question: &str,
    ) -> Result<Option<String>, ClientError> {
        let (space, conversation) = (segment(space_id), segment(conversation));
        let path = format!("/api/2.0/genie/spaces/{space}/conversations/{conversation}/messages");
        let list: MessageList = match self.http().json(Call::get("list messages", path)).await {
            Ok(list) => list,
            // Deleted between the two reads: not the one looked for.
            Err(error) if error.is_not_found() => return Ok(None),
            Err(error) => return Err(error),
        };
        let first = list.messages.into_iter().min_by_key(|message| message.created_timestamp);
        Ok(first
            .filter(|message| message.content == question)
            .map(|message| if message.message_id.is_empty() { message.id } else { message.message_id }))
    }
}

/// True if the conversations of a page visibly come from newest to oldest.
fn newest_first(page: &[ConversationSummary]) -> bool {
    let times: Vec<i64> = page.iter().filter_map(|summary| summary.created_timestamp).collect();
    times.len() == page.len() && times.is_sorted_by(|a, b| a >= b) && times.first() > times.last()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_page_that_shows_its_order_is_trusted_to_have_one() {
        let page = |times: &[i64]| -> Vec<ConversationSummary> {
            let summary = |at: &i64| ConversationSummary { created_timestamp: Some(*at), ..Default::default() };
            times.iter().map(summary).collect()
        };
        assert!(newest_first(&page(&[9, 7, 7, 1])));
        for times in [&[1, 7, 9][..], &[9, 1, 7], &[5, 5], &[5], &[]] {
            assert!(!newest_first(&page(times)), "{times:?}");
        }
        assert!(!newest_first(&[page(&[9]), vec![ConversationSummary::default()]].concat()));
    }
}
