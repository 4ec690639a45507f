//! The world around the embedded workspace: how slow, how noisy, how broken it is. All of it is
//! seeded: the same seed and the same requests give the same run. The default is none of it.

mod chance;
mod edits;
mod faults;
mod noise;

pub use edits::{Edit, EditBook, apply_edit};
pub use faults::{Fault, FaultBook, FaultEffect, When};
pub use noise::{Noise, weaker_views};

pub(crate) use chance::share;

use crate::config;
use crate::model::Diagnostic;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The world around the embedded workspace: how slow, how noisy, how broken it is. The default is
/// none of it. Durations are texts such as `250ms`, `12s`, `1m`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct World {
    /// Seed of everything that is drawn.
    pub seed: u64,
    /// All delays, the quota's minute and the trash's delay are multiplied by this.
    #[schemars(range(min = 0.0, max = 1000.0))]
    pub time_scale: f64,
    /// How long things take.
    pub latency: Latency,
    /// Questions a minute for the whole workspace; more are refused with 429.
    #[schemars(range(min = 1), example = 5)]
    pub quota_per_minute: Option<u32>,
    /// How often answers differ from time to time.
    pub noise: Option<Noise>,
    /// What goes wrong with which request.
    pub faults: Vec<Fault>,
    /// A trashed space stays readable for this long.
    #[serde(with = "span")]
    #[schemars(with = "crate::config::Timespan")]
    pub trash_delay: Duration,
    /// A write to a space arrives this late: until then readers and questions meet what stood there
    /// before.
    #[serde(with = "span")]
    #[schemars(with = "crate::config::Timespan")]
    pub propagation: Duration,
    /// Results of answers are kept for this long; then the message says `QUERY_RESULT_EXPIRED` until
    /// its query is run again. None keeps them.
    #[serde(with = "span::optional")]
    #[schemars(with = "Option<crate::config::Timespan>")]
    pub result_life: Option<Duration>,
    /// What another user changes in between.
    pub edits: Vec<Edit>,
    /// Further users; the first user is always the administrator who holds the server's token.
    pub users: Vec<User>,
    /// Fields of the space document that this version does not know are kept instead of refused,
    /// as a workspace newer than this program would.
    pub accept_unknown_fields: bool,
    /// Tables and metric views in a space, at most.
    pub max_tables: usize,
    /// Serving endpoints by name.
    pub endpoints: BTreeMap<String, Endpoint>,
    /// Rows in one chunk of a statement's result.
    pub chunk_rows: usize,
}

impl Default for World {
    fn default() -> Self {
        Self {
            seed: 0,
            time_scale: 1.0,
            latency: Latency::default(),
            quota_per_minute: None,
            noise: None,
            faults: Vec::new(),
            trash_delay: Duration::ZERO,
            propagation: Duration::ZERO,
            result_life: None,
            edits: Vec::new(),
            users: Vec::new(),
            accept_unknown_fields: false,
            max_tables: 30,
            endpoints: BTreeMap::new(),
            chunk_rows: 10_000,
        }
    }
}

impl World {
    /// Reads a world file; every mistake comes with its place.
    pub fn read(path: &Path) -> Result<Self, Vec<Diagnostic>> {
        let mut world: Self = config::read_world(path)?;
        // Scripts stand beside the file that names them.
        let folder = path.parent().unwrap_or(Path::new(""));
        for endpoint in world.endpoints.values_mut() {
            endpoint.replies = folder.join(&endpoint.replies);
        }
        Ok(world)
    }

    /// A duration of this world in real time.
    pub fn scaled(&self, duration: Duration) -> Duration {
        let scale = if self.time_scale.is_finite() { self.time_scale.clamp(0.0, 1_000.0) } else { 1.0 };
        duration.mul_f64(scale)
    }

    /// A drawn delay in real time; `what` and `number` make each draw its own.
    pub fn delay(&self, delay: &Delay, what: &str, number: u64) -> Duration {
        if delay.median.is_zero() {
            return Duration::ZERO;
        }
        // Log-normal by Box-Muller: most answers near the median, a few much later.
        let (one, two) = (share(self.seed, &[what, "1"], number), share(self.seed, &[what, "2"], number));
        let normal = (-2.0 * one.max(1e-9).ln()).sqrt() * (std::f64::consts::TAU * two).cos();
        let factor = (normal * delay.spread.clamp(0.0, 2.0)).exp().min(20.0);
        self.scaled(delay.median.mul_f64(factor))
    }
}

/// How long things take.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Latency {
    /// Every request.
    pub request: Delay,
    /// From a question to its answer; real spaces take 12 to 19 s.
    pub answer: Delay,
    /// Every statement.
    pub statement: Delay,
}

/// A drawn delay.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Delay {
    /// Half of the draws are shorter.
    #[serde(with = "span")]
    #[schemars(with = "crate::config::Timespan")]
    pub median: Duration,
    /// Standard deviation of the logarithm; 0 is always the median.
    #[schemars(range(min = 0.0, max = 2.0))]
    pub spread: f64,
}

/// Another user of the workspace.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct User {
    /// `name@example.com`.
    #[schemars(length(min = 1))]
    pub name: String,
    /// The bearer token that this user sends.
    #[schemars(length(min = 1))]
    pub token: String,
    /// May do everything, as the first user.
    pub admin: bool,
}

/// A scripted chat endpoint.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Endpoint {
    /// A JSON file: a list of `{contains?, reply, status?, times?}`; the first entry whose
    /// `contains` occurs in the messages, and which was not used up, answers.
    pub replies: PathBuf,
    /// False: `response_format` is refused with 400, as older endpoints do.
    pub structured_output: Option<bool>,
}

/// Durations as texts.
pub(crate) mod span {
    use serde::{Deserialize, Deserializer, Serializer};
    use std::time::Duration;

    pub fn serialize<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&humantime::format_duration(*duration))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        let text = String::deserialize(deserializer)?;
        humantime::parse_duration(&text).map_err(|error| {
            serde::de::Error::custom(format!("`{text}` is no duration ({error}); write it like 250ms or 12s"))
        })
    }

    /// A duration that may be absent.
    pub mod optional {
        use super::Duration;
        use serde::{Deserialize, Deserializer, Serializer};

        #[derive(Deserialize)]
        struct Text(#[serde(with = "super")] Duration);

        pub fn serialize<S: Serializer>(duration: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
            match duration {
                Some(duration) => super::serialize(duration, serializer),
                None => serializer.serialize_none(),
            }
        }

        pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
            Ok(Option::<Text>::deserialize(deserializer)?.map(|text| text.0))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_world_file_reads_and_the_default_is_calm() {
        let text = "seed: 7\ntime_scale: 0.5\nlatency: {answer: {median: 12s, spread: 0.3}}\nquota_per_minute: 5\n\
            noise: {questions: 0.1}\ntrash_delay: 30s\nfaults:\n- {route: 'POST /api/2.0/genie/spaces/*/start-conversation', \
            skip: 1, times: 2, when: after, effect: reset}\n";
        let world: World = serde_yaml::from_str(text).unwrap();
        assert_eq!(world.trash_delay, Duration::from_secs(30));
        let draws: Vec<Duration> = (0..200).map(|n| world.delay(&world.latency.answer, "answer", n)).collect();
        assert_eq!(draws[3], world.delay(&world.latency.answer, "answer", 3));
        let below = draws.iter().filter(|d| **d < Duration::from_secs(6)).count();
        assert!((60..140).contains(&below), "{below} of 200 below the median");
        assert!(World::default().delay(&Delay::default(), "answer", 1).is_zero());
        assert!(serde_yaml::from_str::<World>("latncy: {}").is_err());
    }

    #[test]
    fn mistakes_come_with_their_place_and_what_was_meant() {
        let text = "seed: 7\nlatncy: {}\nnoise: {questions: 2}\nfaults:\n- {route: 'GET /x', efect: reset, effect: rest}\n\
            - {effect: delay, delay: 5}\n";
        let findings = config::world_of_text::<World>("world.yaml", text).unwrap_err();
        let told: Vec<String> = findings
            .iter()
            .map(|d| {
                let place = d.span.as_ref().map_or(String::new(), |span| format!("{}:{}", span.line, span.column));
                format!("{} {place} {} / {}", d.code, d.message, d.help.as_deref().unwrap_or(""))
            })
            .collect();
        let all = told.join("\n");
        for expected in [
            "GE0601 2:1 unknown key `latncy` / did you mean `latency`?",
            "GE0602 3:20 `noise.questions` must be at most 1",
            "unknown key `efect` in `faults[1]` / did you mean `effect`?",
            "did you mean `reset`?",
            "`faults[2]` lacks `route`",
            "`faults[2].delay` must be a text",
        ] {
            assert!(all.contains(expected), "{expected}\n--\n{all}");
        }
        assert_eq!(config::world_of_text::<World>("world.yaml", "{}").unwrap(), World::default());
    }

    /// `UPDATE_SCHEMAS=1 cargo test --lib world` rewrites the file.
    #[test]
    fn the_checked_in_schema_is_current() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/world.schema.json");
        let text = config::schema_text::<World>();
        if std::env::var_os("UPDATE_SCHEMAS").is_some() {
            std::fs::write(&path, &text).unwrap();
        }
        let found = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(found == text, "world.schema.json is stale: run UPDATE_SCHEMAS=1 cargo test --lib world");
    }
}
