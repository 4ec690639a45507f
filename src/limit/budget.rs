//! Budget: what a run may use up in all.

use std::time::Duration;

/// Upper limits; none means no limit.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Budget {
    pub questions: Option<u64>,
    pub tokens: Option<u64>,
    pub time: Option<Duration>,
    pub usd: Option<f64>,
}

/// What was used so far.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Spending {
    pub questions: u64,
    pub tokens: u64,
    pub time: Duration,
    pub usd: f64,
}

impl Spending {
    /// The first limit that leaves no room for another step, in words: `400 questions`.
    pub fn exhausted(&self, budget: &Budget) -> Option<String> {
        let questions = budget.questions.filter(|limit| self.questions >= *limit).map(|n| format!("{n} questions"));
        let tokens = || budget.tokens.filter(|limit| self.tokens >= *limit).map(|n| format!("{n} tokens"));
        let time = || {
            budget.time.filter(|limit| self.time >= *limit).map(|t| format!("{:.0} minutes", t.as_secs_f64() / 60.0))
        };
        let usd = || budget.usd.filter(|limit| self.usd >= *limit).map(|n| format!("{n} USD"));
        questions.or_else(tokens).or_else(time).or_else(usd)
    }

    /// True if `questions` more would stay within the budget.
    pub fn has_room_for(&self, questions: u64, budget: &Budget) -> bool {
        self.exhausted(budget).is_none()
            && budget.questions.is_none_or(|limit| self.questions.saturating_add(questions) <= limit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_used_up_limit_is_named() {
        let budget =
            Budget { questions: Some(10), tokens: Some(100), time: Some(Duration::from_secs(120)), usd: Some(1.5) };
        let mut spent = Spending { questions: 9, ..Spending::default() };
        assert_eq!(spent.exhausted(&budget), None);
        assert!(spent.has_room_for(1, &budget) && !spent.has_room_for(2, &budget));
        spent.usd = 1.5;
        assert_eq!(spent.exhausted(&budget).as_deref(), Some("1.5 USD"));
        spent.time = Duration::from_secs(121);
        assert_eq!(spent.exhausted(&budget).as_deref(), Some("2 minutes"));
        spent.tokens = 100;
        assert_eq!(spent.exhausted(&budget).as_deref(), Some("100 tokens"));
        spent.questions = 10;
        assert_eq!(spent.exhausted(&budget).as_deref(), Some("10 questions"));
        assert_eq!(spent.exhausted(&Budget::default()), None);
    }
}
