//! The meter: what a run has used up so far, against its budget. One for all that asks, runs SQL
//! or talks to a model.

use super::events::Events;
use crate::limit::{Budget, Spending};
use crate::llm::Usage;
use crate::model::{Cost, Event};
use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
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

    /// DBU and US dollars of so many seconds on the warehouse, at most.
    pub fn of_statements(&self, seconds: f64) -> (f64, f64) {
        let dbu = self.dbu_per_hour * seconds / 3_600.0;
        (dbu, dbu * self.usd_per_dbu)
    }
}

tokio::task_local! {
    /// The question on whose behalf the current task works.
    static QUESTION: String;
}

/// Counts, and says when a budget is used up.
pub struct Meter {
    budget: Budget,
    prices: Prices,
    started: Instant,
    spent: Arc<Mutex<Account>>,
    events: Events,
}

/// What the meters of a run have counted, for its record; outlives them.
#[derive(Clone, Default)]
pub struct Bills(Arc<Mutex<Vec<Arc<Mutex<Account>>>>>);

impl Bills {
    pub fn include(&self, meter: &Meter) {
        locked(&self.0).push(Arc::clone(&meter.spent));
    }

    /// Everything used up so far by all of them; the time is for others to take.
    pub fn sum(&self) -> Cost {
        let mut sum = Cost::default();
        for account in locked(&self.0).iter() {
            let cost = &locked(account).all;
            sum.questions += cost.questions;
            sum.statements += cost.statements;
            sum.sql_seconds += cost.sql_seconds;
            sum.dbu += cost.dbu;
            sum.tokens += cost.tokens;
            sum.usd += cost.usd;
        }
        sum
    }
}

/// Nothing panics while holding such a lock; a poisoned one still holds sound counters.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[derive(Default)]
struct Account {
    all: Cost,
    by_question: BTreeMap<String, Cost>,
}

impl Account {
    /// Books an amount, also on the question that it is spent for.
    fn book(&mut self, amount: impl Fn(&mut Cost)) {
        amount(&mut self.all);
        // Work for no single question, such as a chunk for the judge, has none.
        if let Ok(id) = QUESTION.try_with(Clone::clone) {
            amount(self.by_question.entry(id).or_default());
        }
    }
}

impl Meter {
    pub fn new(budget: Budget, prices: Prices, events: Events) -> Self {
        Self { budget, prices, started: Instant::now(), spent: Arc::default(), events }
    }

    pub fn budget(&self) -> &Budget {
        &self.budget
    }

    pub fn prices(&self) -> &Prices {
        &self.prices
    }

    /// Everything used up so far.
    pub fn spent(&self) -> Cost {
        Cost { seconds: self.started.elapsed().as_secs_f64(), ..self.lock().all.clone() }
    }

    /// What each question has cost so far; `seconds` are Genie's.
    pub fn by_question(&self) -> BTreeMap<String, Cost> {
        self.lock().by_question.clone()
    }

    /// Does work on behalf of a question, which pays for it.
    pub async fn on_behalf<T>(&self, id: &str, work: impl Future<Output = T>) -> T {
        QUESTION.scope(id.to_owned(), work).await
    }

    /// Books what is known only later: Genie's time, and a share of a judge's tokens, which are
    /// in the sum already.
    pub fn charge(&self, id: &str, seconds: f64, usage: Usage) {
        let usd = self.prices.of(usage);
        let mut spent = self.lock();
        let cost = spent.by_question.entry(id.to_owned()).or_default();
        cost.seconds += seconds;
        cost.tokens += usage.total();
        cost.usd += usd;
    }

    /// The first limit that leaves no room for another call, in words.
    pub fn exhausted(&self) -> Option<String> {
        self.spending(&self.lock().all).exhausted(&self.budget)
    }

    /// Counts one question, if there is room for it: checked and counted in one step, so that
    /// questions at the same time cannot exceed the budget together.
    pub fn take_question(&self) -> Result<(), String> {
        let mut spent = self.lock();
        if let Some(what) = self.spending(&spent.all).exhausted(&self.budget) {
            return Err(what);
        }
        spent.book(|cost| cost.questions += 1);
        drop(spent);
        self.tell();
        Ok(())
    }

    pub fn add_statement(&self, time: Duration) {
        let (dbu, usd) = self.prices.of_statements(time.as_secs_f64());
        self.lock().book(|cost| {
            cost.statements += 1;
            cost.sql_seconds += time.as_secs_f64();
            cost.dbu += dbu;
            cost.usd += usd;
        });
    }

    pub fn add_tokens(&self, usage: Usage) {
        self.lock().book(|cost| {
            cost.tokens += usage.total();
            cost.usd += self.prices.of(usage);
        });
        self.tell();
    }

    fn tell(&self) {
        self.events.emit(Event::Spent { cost: self.spent() });
    }

    fn spending(&self, spent: &Cost) -> Spending {
        Spending { questions: spent.questions, tokens: spent.tokens, time: self.started.elapsed(), usd: spent.usd }
    }

    fn lock(&self) -> MutexGuard<'_, Account> {
        locked(&self.spent)
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

    #[tokio::test]
    async fn a_question_pays_for_what_is_done_on_its_behalf() {
        let prices = Prices { dbu_per_hour: 36.0, usd_per_dbu: 0.5, ..Prices::default() };
        let meter = Meter::new(Budget::default(), prices, Events::none());
        let second = Duration::from_secs(1);
        meter.on_behalf("a", async { meter.add_statement(second) }).await;
        meter.on_behalf("b", async { meter.take_question() }).await.expect("no budget");
        let bills = Bills::default();
        bills.include(&meter);
        meter.add_statement(second);
        meter.charge("a", 8.0, Usage { prompt_tokens: 90, completion_tokens: 10 });
        let (all, each) = (meter.spent(), meter.by_question());
        assert_eq!((all.statements, all.questions, all.tokens), (2, 1, 0));
        assert!((all.dbu - 0.02).abs() < 1e-9 && (all.usd - 0.01).abs() < 1e-9, "{all:?}");
        assert_eq!((each["a"].statements, each["a"].tokens, each["b"].questions), (1, 100, 1));
        assert!((each["a"].seconds - 8.0).abs() < 1e-9);
        drop(meter);
        let another = Meter::new(Budget::default(), prices, Events::none());
        another.add_tokens(Usage { prompt_tokens: 3, completion_tokens: 4 });
        bills.include(&another);
        assert_eq!(bills.sum(), Cost { tokens: 7, seconds: 0.0, ..all }, "of meters that are gone as well");
    }
}
