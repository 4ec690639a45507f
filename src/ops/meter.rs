//! The meter: what a run has used up so far, against its budget. One for all that asks, runs SQL
//! or talks to a model.

use super::events::Events;
use crate::limit::{Budget, Spending};
use crate::llm::Usage;
use crate::model::{Cost, Event};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Prices, as declared; zero where none is.
#[derive(Clone, Copy, Debug, Default)]
pub struct Prices {
    pub usd_per_million_input: f64,
    pub usd_per_million_output: f64,
    pub dbu_per_hour: f64,
    pub usd_per_dbu: f64,
}

impl Prices {
    pub fn of(&self, usage: Usage) -> f64 {
        let millions = |tokens: u64, price: f64| tokens as f64 / 1e6 * price;
        millions(usage.prompt_tokens, self.usd_per_million_input)
            + millions(usage.completion_tokens, self.usd_per_million_output)
    }
}

/// Counts, and says when a budget is used up.
pub struct Meter {
    budget: Budget,
    prices: Prices,
    started: Instant,
    spent: Mutex<Cost>,
    events: Events,
}

impl Meter {
    pub fn new(budget: Budget, prices: Prices, events: Events) -> Self {
        Self { budget, prices, started: Instant::now(), spent: Mutex::default(), events }
    }

    pub fn budget(&self) -> &Budget {
        &self.budget
    }

    pub fn prices(&self) -> &Prices {
        &self.prices
    }

    /// Everything used up so far.
    pub fn spent(&self) -> Cost {
        Cost { seconds: self.started.elapsed().as_secs_f64(), ..self.lock().clone() }
    }

    /// The first limit that leaves no room for another call, in words.
    pub fn exhausted(&self) -> Option<String> {
        self.spending(&self.lock()).exhausted(&self.budget)
    }

    /// Counts one question, if there is room for it: checked and counted in one step, so that
    /// questions at the same time cannot exceed the budget together.
    pub fn take_question(&self) -> Result<(), String> {
        let mut spent = self.lock();
        if let Some(what) = self.spending(&spent).exhausted(&self.budget) {
            return Err(what);
        }
        spent.questions += 1;
        drop(spent);
        self.tell();
        Ok(())
    }

    pub fn add_statement(&self, time: Duration) {
        let mut spent = self.lock();
        spent.statements += 1;
        spent.sql_seconds += time.as_secs_f64();
        let dbu = self.prices.dbu_per_hour * time.as_secs_f64() / 3_600.0;
        spent.dbu += dbu;
        spent.usd += self.prices.usd_per_dbu * dbu;
    }

    pub fn add_tokens(&self, usage: Usage) {
        let mut spent = self.lock();
        spent.tokens += usage.total();
        spent.usd += self.prices.of(usage);
        drop(spent);
        self.tell();
    }

    fn tell(&self) {
        self.events.emit(Event::Spent { cost: self.spent() });
    }

    fn spending(&self, spent: &Cost) -> Spending {
        Spending { questions: spent.questions, tokens: spent.tokens, time: self.started.elapsed(), usd: spent.usd }
    }

    fn lock(&self) -> MutexGuard<'_, Cost> {
        // Nothing panics while holding the lock; a poisoned one still holds sound counters.
        self.spent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_call_is_checked_and_counted() {
        let budget = Budget { questions: Some(2), usd: Some(0.5), ..Budget::default() };
        let prices = Prices { usd_per_million_input: 1.0, usd_per_million_output: 4.0, ..Prices::default() };
        let meter = Meter::new(budget, prices, Events::none());
        assert!(meter.take_question().is_ok() && meter.take_question().is_ok());
        assert_eq!(meter.take_question(), Err("2 questions".to_owned()));
        assert_eq!(meter.spent().questions, 2, "what was refused is not counted");
        meter.add_tokens(Usage { prompt_tokens: 100_000, completion_tokens: 100_000 });
        let spent = meter.spent();
        assert!(spent.tokens == 200_000 && (spent.usd - 0.5).abs() < 1e-9, "{spent:?}");
        let without = Budget { questions: None, ..meter.budget().clone() };
        let meter = Meter { budget: without, ..meter };
        assert_eq!(meter.exhausted().as_deref(), Some("0.5 USD"));
    }
}
