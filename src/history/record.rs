//! The rows of one run, gathered while it runs.

use super::tables::{ChangeRow, CostRow, GuardRow, Moment, QuestionRow, Record, RoundRow, Row, RunRow, Table};
use crate::model::{Cost, Event, GuardLevel, GuardStatus, Plan, Scorecard, Split, Suite};
use serde_json::Value;
use std::collections::BTreeMap;

/// A change that was planned and, as yet, no more.
const PLANNED: &str = "planned";

/// What is known of a run so far.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunRecord {
    pub run: RunRow,
    pub rounds: Vec<RoundRow>,
    pub questions: Vec<QuestionRow>,
    pub changes: Vec<ChangeRow>,
    pub guards: Vec<GuardRow>,
    pub costs: CostRow,
    /// Trials since the last round ended.
    trials: i64,
}

impl RunRecord {
    /// A run that begins; its id is its own on every machine.
    pub fn begin(run: RunRow) -> Self {
        let run_id = if run.run_id.is_empty() { uuid::Uuid::now_v7().to_string() } else { run.run_id.clone() };
        let costs = CostRow {
            run_id: run_id.clone(),
            questions_asked: Some(0),
            questions_cached: Some(0),
            trials: Some(0),
            waited_seconds: Some(0.0),
            seconds: None,
            ..CostRow::default()
        };
        Self { run: RunRow { run_id, ..run }, costs, ..Self::default() }
    }

    /// Takes in what a look at the live space came to.
    pub fn drift(&mut self, verdict: &str, places: &str) {
        (self.run.verdict, self.run.verdict_reason) = (verdict.to_owned(), places.to_owned());
    }

    /// Takes in what happened at a moment (RFC 3339).
    pub fn event(&mut self, event: &Event, at: &str) {
        match event {
            Event::QuestionScored { cached: true, .. } => add(&mut self.costs.questions_cached, 1),
            Event::QuestionScored { .. } => add(&mut self.costs.questions_asked, 1),
            Event::Waiting { seconds, .. } => {
                *self.costs.waited_seconds.get_or_insert_default() += seconds.max(0.0);
            }
            Event::TrialStarted { .. } => {
                add(&mut self.costs.trials, 1);
                self.trials += 1;
            }
            Event::RoundFinished { round, rounds, correct, total } => {
                let row = RoundRow {
                    run_id: self.run.run_id.clone(),
                    round: whole(*round),
                    rounds: whole(*rounds),
                    correct: whole(*correct),
                    total: whole(*total),
                    trials: Some(std::mem::take(&mut self.trials)),
                    ended_at: Some(Moment(at.to_owned())),
                };
                self.rounds.push(row);
            }
            Event::ChangeApplied { id, status } => {
                let change = self.changes.iter_mut().find(|change| change.change_id == *id);
                change.into_iter().for_each(|change| change.status.clone_from(status));
            }
            _ => {}
        }
    }

    /// The plan that this run made.
    pub fn plan(&mut self, plan: &Plan, id: &str) {
        self.concerns(plan, id);
        let (run_id, plan_id) = (&self.run.run_id, id);
        self.questions = plan
            .questions
            .iter()
            .map(|question| QuestionRow {
                run_id: run_id.clone(),
                plan_id: plan_id.to_owned(),
                question_id: question.id.clone(),
                split: match question.split {
                    Split::Learn => "learn",
                    Split::Holdout => "holdout",
                    Split::Out => "out",
                }
                .to_owned(),
                before: question.before.as_str().to_owned(),
                after: question.after.as_str().to_owned(),
                reason_before: question.reason_before.clone(),
                reason_after: question.reason_after.clone(),
                ..QuestionRow::default()
            })
            .collect();
        let guards = plan.guards.iter().map(|guard| GuardRow {
            run_id: run_id.clone(),
            plan_id: plan_id.to_owned(),
            rule: guard.rule.clone(),
            level: match guard.level {
                GuardLevel::Off => "off",
                GuardLevel::Advisory => "advisory",
                GuardLevel::Mandatory => "mandatory",
                GuardLevel::Hard => "hard",
            }
            .to_owned(),
            status: match guard.status {
                GuardStatus::Passed => "passed",
                GuardStatus::Failed => "failed",
                GuardStatus::Waived => "waived",
            }
            .to_owned(),
            message: guard.message.clone(),
        });
        self.guards = guards.collect();
    }

    /// The plan that this run is about, made by it or not.
    pub fn concerns(&mut self, plan: &Plan, id: &str) {
        let (before, after) = (plan.score.before.all(), plan.score.after.all());
        let run = &mut self.run;
        id.clone_into(&mut run.plan_id);
        plan.verdict.as_str().clone_into(&mut run.verdict);
        run.verdict_reason.clone_from(&plan.verdict_reason);
        run.host.clone_from(&plan.base.host);
        run.space_title.clone_from(&plan.base.title);
        run.space_id = plan.base.space_id.clone().unwrap_or_default();
        (run.correct_before, run.total_before) = (whole(before.correct), whole(before.total));
        (run.correct_after, run.total_after) = (whole(after.correct), whole(after.total));
        (run.changes, run.rejected) = (whole(plan.changes.len()), whole(plan.rejections.len()));
        let json = |value: &Option<Value>| value.as_ref().map(Value::to_string).unwrap_or_default();
        let changes = plan.changes.iter().map(|planned| ChangeRow {
            run_id: run.run_id.clone(),
            plan_id: id.to_owned(),
            change_id: planned.id.clone(),
            category: planned.category.as_str().to_owned(),
            action: planned.action.to_string(),
            address: planned.change.address.to_string(),
            reason: planned.reason.clone(),
            support: whole(planned.evidence.support),
            fixes: whole(planned.evidence.fixes.len()),
            breaks: whole(planned.evidence.breaks.len()),
            evidence: planned.evidence.status.clone(),
            before_json: json(&planned.change.before),
            after_json: json(&planned.change.after),
            status: PLANNED.to_owned(),
        });
        self.changes = changes.collect();
    }

    /// A scorecard: `before` and `after` of a plan, or `score`.
    pub fn scorecard(&mut self, name: &str, card: &Scorecard) {
        if name == "score" {
            (self.run.correct_after, self.run.total_after) = (whole(card.correct()), whole(card.total()));
        }
        for scored in &card.questions {
            let at = match self.questions.iter().position(|row| row.question_id == scored.id) {
                Some(at) => at,
                None => {
                    let run_id = self.run.run_id.clone();
                    self.questions.push(QuestionRow { run_id, question_id: scored.id.clone(), ..Default::default() });
                    self.questions.len() - 1
                }
            };
            let row = &mut self.questions[at];
            let sql = scored.answer.as_ref().and_then(|answer| answer.sql()).unwrap_or_default().to_owned();
            if name == "before" {
                row.sql_before = sql;
                continue;
            }
            row.sql_after = sql;
            row.seconds = scored.seconds;
            if name == "score" {
                scored.verdict.outcome.as_str().clone_into(&mut row.after);
                row.reason_after.clone_from(&scored.verdict.reason);
            }
        }
    }

    /// The texts of the questions.
    pub fn suite(&mut self, suite: &Suite) {
        let texts: BTreeMap<&str, &str> =
            suite.questions.iter().map(|q| (q.id.as_str(), q.question.as_str())).collect();
        for row in &mut self.questions {
            texts.get(row.question_id.as_str()).copied().unwrap_or_default().clone_into(&mut row.question);
        }
    }

    /// What an apply came to.
    pub fn applied(&mut self, space_id: &str, serial: u64, read_back: &str) {
        space_id.clone_into(&mut self.run.space_id);
        read_back.clone_into(&mut self.run.read_back);
        self.run.serial = i64::try_from(serial).ok();
    }

    /// Adds what a part of the run used up.
    pub fn spent(&mut self, cost: &Cost) {
        let count = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        let costs = &mut self.costs;
        add(&mut costs.questions_sent, count(cost.questions));
        add(&mut costs.statements, count(cost.statements));
        add(&mut costs.tokens, count(cost.tokens));
        for (sum, more) in
            [(&mut costs.sql_seconds, cost.sql_seconds), (&mut costs.dbu, cost.dbu), (&mut costs.usd, cost.usd)]
        {
            *sum.get_or_insert_default() += more;
        }
    }

    /// The end of the run.
    pub fn end(&mut self, status: &str, exit_code: u8, message: &str, at: &str) {
        status.clone_into(&mut self.run.status);
        message.clone_into(&mut self.run.message);
        self.run.exit_code = Some(i64::from(exit_code));
        self.run.ended_at = Some(Moment(at.to_owned()));
        if self.run.command != "plan" {
            let left = self.changes.iter_mut().filter(|change| change.status == PLANNED);
            left.for_each(|change| change.status = "not-applied".to_owned());
        }
        let moment = |text: &str| text.parse::<jiff::Timestamp>().ok();
        let began = self.run.started_at.as_ref().and_then(|began| moment(&began.0));
        self.costs.seconds = began.zip(moment(at)).map(|(from, to)| to.duration_since(from).as_secs_f64());
    }

    /// All rows by table, the run's own row last: who sees it finds the others.
    pub fn rows(&self) -> Vec<(Table, Vec<Row>)> {
        vec![
            of(&self.rounds),
            of(&self.questions),
            of(&self.changes),
            of(&self.guards),
            of(std::slice::from_ref(&self.costs)),
            of(std::slice::from_ref(&self.run)),
        ]
    }
}

fn of<R: Record>(records: &[R]) -> (Table, Vec<Row>) {
    (R::TABLE, records.iter().map(Record::row).collect())
}

fn whole(count: usize) -> Option<i64> {
    i64::try_from(count).ok()
}

fn add(counter: &mut Option<i64>, more: i64) {
    *counter.get_or_insert_default() += more;
}
