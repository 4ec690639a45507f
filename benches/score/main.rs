//! Scoring five ways on one simulated service, with the seed's figures scaled down: one after the
//! other with the seed's pauses, in parallel, in three phases with barriers, the pipeline of this
//! program, and the bound that no schedule can beat.
//!
//! `cargo bench --bench score` prints the tables. `SCORE_SCALE` (default 0.05) is the length of a
//! simulated second; `SCORE_SEQUENTIAL_200=1` also runs the longest one instead of computing it.

mod rig;
#[allow(dead_code, reason = "the tests use the rest of it")]
mod service;

use futures::stream::{self, StreamExt};
use genie_enhance::databricks::{AskOptions, Client, SqlOptions};
use rig::{Rig, client, questions, target};
use serde_json::json;
use service::{Pace, Reply, Service, question, verdicts};
use std::io::Write;
use std::time::{Duration, Instant};

/// The seed's figures, in simulated seconds.
const GENIE: (f64, f64) = (8.0, 3.0);
const STATEMENT: f64 = 2.0;
const JUDGE: f64 = 5.0;
const PAUSE: f64 = 3.0;
const POLL: f64 = 1.0;
const CHUNK: usize = 10;
/// One answer in sixteen is left open by the rules.
const DOUBTFUL: usize = 16;

struct World {
    scale: f64,
    statement: f64,
    judge: f64,
    /// Of Genie, in simulated seconds.
    answers: Vec<f64>,
}

impl World {
    fn new(scale: f64, count: usize, statement: f64, judge: f64) -> Self {
        let mut random = fastrand::Rng::with_seed(8);
        // Uniform with the seed's mean and deviation.
        let half = GENIE.1 * 3f64.sqrt();
        let answers = (0..=count).map(|_| GENIE.0 - half + 2.0 * half * random.f64()).collect();
        Self { scale, statement, judge, answers }
    }

    fn real(&self, seconds: f64) -> Duration {
        Duration::from_secs_f64(seconds * self.scale)
    }

    fn simulated(&self, time: Duration) -> f64 {
        time.as_secs_f64() / self.scale
    }

    async fn service(&self, quota: Option<(usize, Duration)>) -> Service {
        let pace = Pace {
            answers: self.answers.iter().map(|seconds| self.real(*seconds)).collect(),
            statement: self.real(self.statement),
            judge: self.real(self.judge),
            quota,
        };
        Service::start(pace, DOUBTFUL, Box::new(|items, _| Reply::Text(verdicts(items, "not_equivalent")))).await
    }

    fn ask(&self) -> AskOptions {
        AskOptions {
            timeout: Duration::from_secs(120),
            first_poll: Some(self.real(POLL)),
            longest_poll: self.real(POLL),
        }
    }

    /// The best list schedule of the drawn durations, one poll, the last SQL and judgement.
    fn bound(&self, count: usize, places: usize) -> f64 {
        let mut durations: Vec<f64> = self.answers[1..=count].to_vec();
        durations.sort_by(|a, b| b.total_cmp(a));
        let mut free = vec![0.0_f64; places];
        for duration in durations {
            let next = free.iter_mut().min_by(|a, b| a.total_cmp(b)).expect("a place");
            *next += duration;
        }
        free.into_iter().fold(0.0, f64::max) + POLL + self.statement + self.judge
    }
}

/// The steps of one question, as the ways without a pipeline take them.
struct Steps<'a> {
    client: Client,
    world: &'a World,
}

impl Steps<'_> {
    async fn genie(&self, number: usize) -> String {
        let asked = self.client.ask("space", &question(number).0, &self.world.ask()).await.expect("an answer");
        asked.answer.sql().expect("SQL").to_owned()
    }

    async fn sql(&self, sql: &str) {
        self.client.run_sql("w", sql, &SqlOptions::default()).await.expect("rows");
    }

    async fn pair(&self, number: usize, answer: &str) {
        self.sql(&question(number).1).await;
        self.sql(answer).await;
    }

    async fn judge(&self, count: usize) {
        let items: Vec<_> = (0..count).map(|id| json!({"id": id.to_string()})).collect();
        let prompt = format!("```json\n{}\n```", json!(items));
        let body = json!({"messages": [{"role": "user", "content": prompt}]});
        self.client.invoke_endpoint("judge", &body).await.expect("a reply");
    }

    async fn whole(&self, number: usize) {
        let answer = self.genie(number).await;
        self.pair(number, &answer).await;
        self.judge(1).await;
    }
}

async fn sequential(steps: &Steps<'_>, count: usize) {
    for number in 1..=count {
        steps.whole(number).await;
        if number < count {
            tokio::time::sleep(steps.world.real(PAUSE)).await;
        }
    }
}

async fn parallel(steps: &Steps<'_>, count: usize, places: usize) {
    stream::iter(1..=count).for_each_concurrent(places, |number| steps.whole(number)).await;
}

async fn three_phases(steps: &Steps<'_>, count: usize, places: usize) {
    let answers: Vec<(usize, String)> = stream::iter(1..=count)
        .map(|number| async move { (number, steps.genie(number).await) })
        .buffered(places)
        .collect()
        .await;
    stream::iter(&answers).for_each_concurrent(10, |(number, answer)| steps.pair(*number, answer)).await;
    let chunks = (0..count).collect::<Vec<_>>();
    futures::future::join_all(chunks.chunks(CHUNK).map(|chunk| steps.judge(chunk.len()))).await;
}

/// Seconds of the pipeline; with `known`, after a run from which durations are known, and which gold
/// is sound.
async fn pipeline(world: &World, service: &Service, count: usize, rig: &Rig, known: bool) -> f64 {
    let folder = tempfile::tempdir().expect("a folder");
    let suite = questions(count);
    let asked: Vec<_> = suite.iter().collect();
    if known {
        // What an earlier run would have left behind.
        let scorer = rig.scorer(service, folder.path(), |_| {});
        for (at, question) in suite.iter().enumerate() {
            scorer.remember_duration(question, world.answers[at + 1] * world.scale);
            scorer.remember_gold(question, true);
        }
    }
    let scorer = rig.scorer(service, folder.path(), |_| {});
    let began = Instant::now();
    let card = scorer.score(&target(), &asked, 1, "bench").await;
    let took = world.simulated(began.elapsed());
    let doubtful = (1..=count).filter(|number| number % DOUBTFUL == 0).count();
    assert_eq!((card.total(), card.correct()), (count, count - doubtful), "the verdicts are right");
    took
}

fn say(line: &str) {
    writeln!(std::io::stdout(), "{line}").expect("stdout");
}

async fn table(scale: f64, count: usize) {
    let world = World::new(scale, count, STATEMENT, JUDGE);
    let service = world.service(None).await;
    let steps = Steps { client: client(&service.host), world: &world };
    let sum: f64 = world.answers[1..=count].iter().sum();
    let one_by_one = sum + count as f64 * (2.0 * STATEMENT + JUDGE) + (count - 1) as f64 * PAUSE;
    let measured = count <= 20 || std::env::var_os("SCORE_SEQUENTIAL_200").is_some();
    let slow = if measured { timed(&world, sequential(&steps, count)).await } else { one_by_one };
    let how = if measured { "" } else { " (computed)" };
    say(&format!(
        "\n{count} questions, in simulated seconds; Genie {} ± {} s, statement {STATEMENT} s, judge {JUDGE} s",
        GENIE.0, GENIE.1
    ));
    say(&format!("  sequential with the seed's pauses   {slow:8.1}{how}"));
    let middle = timed(&world, parallel(&steps, count, 3)).await;
    say(&format!("  parallel, 3 at a time               {middle:8.1}   {:5.2} x", slow / middle));
    let phases = timed(&world, three_phases(&steps, count, 3)).await;
    say(&format!("  three phases with barriers          {phases:8.1}   {:5.2} x", slow / phases));
    for places in [3, 5, 10] {
        let rig = Rig { concurrency: places, poll: world.real(POLL), ..Rig::default() };
        let bound = world.bound(count, places);
        for known in [false, true] {
            service.sim.reset();
            let ours = pipeline(&world, &service, count, &rig, known).await;
            let words = if known { "durations known" } else { "first run      " };
            say(&format!(
                "  ours, {places:2} at a time, {words}  {ours:8.1}   {:5.2} x   bound {bound:6.1}   {:.3} of it",
                slow / ours,
                ours / bound
            ));
        }
    }
    let needed = slow / 13.0;
    say(&format!(
        "  13 x would need {needed:.1} s, {:.1} s a question: {:.1} questions at a time at least",
        needed / count as f64,
        sum / needed
    ));
}

async fn timed(world: &World, work: impl Future<Output = ()>) -> f64 {
    let began = Instant::now();
    work.await;
    world.simulated(began.elapsed())
}

/// Three phases of comparable weight: Genie, SQL and judging each take about as long.
async fn comparable(scale: f64) {
    const COUNT: usize = 60;
    // A pair takes ten places, Genie three: 2 x 13.3 / 10 = 8 / 3.
    let world = World::new(scale, COUNT, 13.3, GENIE.0 * COUNT as f64 / 3.0 / 2.0);
    let service = world.service(None).await;
    let steps = Steps { client: client(&service.host), world: &world };
    let phases = timed(&world, three_phases(&steps, COUNT, 3)).await;
    service.sim.reset();
    let rig = Rig { poll: world.real(POLL), judges: false, ..Rig::default() };
    let folder = tempfile::tempdir().expect("a folder");
    let suite = questions(COUNT);
    let asked: Vec<_> = suite.iter().collect();
    let scorer = rig.scorer(&service, folder.path(), |_| {});
    let began = Instant::now();
    scorer.score(&target(), &asked, 1, "bench").await;
    let ours = world.simulated(began.elapsed()) + world.judge;
    say(&format!(
        "\nphases of comparable weight, {COUNT} questions: three phases {phases:.1}, ours {ours:.1} with one judgement at the end: {:.2} x faster",
        phases / ours
    ));
}

/// Five questions a minute, with the minute scaled in service and client alike.
async fn quota(scale: f64) {
    const COUNT: usize = 20;
    let world = World::new(scale, COUNT, STATEMENT, JUDGE);
    let minute = world.real(60.0);
    let service = world.service(Some((5, minute))).await;
    let rig = Rig { per_minute: Some(5), minute, poll: world.real(POLL), ..Rig::default() };
    let ours = pipeline(&world, &service, COUNT, &rig, false).await;
    let (_, refused, _) = service.sim.counts();
    // Five in each full minute; the last five begin when the fourth minute does.
    let last = world.bound(5, 3);
    let bound = 60.0 * (COUNT / 5 - 1) as f64 + last;
    say(&format!(
        "\nfive questions a minute, {COUNT} questions: ours {ours:.1}, bound {bound:.1}: {:.3} of it; {refused} refusals",
        ours / bound
    ));
}

fn main() {
    let scale = std::env::var("SCORE_SCALE").ok().and_then(|text| text.parse().ok()).unwrap_or(0.05);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        for count in [20, 200] {
            table(scale, count).await;
        }
        comparable(scale).await;
        // The margin for the network, 20 ms, does not scale: time runs less fast here.
        quota(4.0 * scale).await;
        let claims = rig::claims_of_itself(200, 40).await;
        say(&format!("\na noisy content against itself: {claims} of 200 comparisons claim a difference"));
    });
}
