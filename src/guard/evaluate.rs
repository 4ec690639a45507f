//! Running the guards, and what waivers lift.

use super::{Finding, Guard, GuardConfig, GuardInput, Params, Violation, Waiver, all, find};
use crate::model::{Diagnostic, GuardLevel, GuardOutcome, GuardStatus};
use jiff::civil::Date;
use serde_json::Map;

/// Violations named in a message; the rest is counted.
const NAMED: usize = 5;

/// What is wrong with the configuration of guards and waivers, all at once.
pub fn check_config(configs: &[GuardConfig], waivers: &[Waiver], today: Date) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for config in configs {
        match find(&config.rule) {
            None => found.push(unknown_rule(&config.rule)),
            Some(guard) => {
                let errors = Params::new(guard.params(), &config.params).check(guard.rule());
                found.extend(errors.into_iter().map(|error| Diagnostic::error("GE0791", error.to_string())));
            }
        }
    }
    for waiver in waivers {
        found.extend(check_waiver(waiver, configs, today));
    }
    found
}

/// The most changes that a plan may hold without being blocked by the guard `changes`; none if
/// nothing but advice bounds them, or a waiver lifts the bound.
pub fn most_changes(configs: &[GuardConfig], waivers: &[Waiver], today: Date) -> Option<usize> {
    let guard = find("changes")?;
    let max = |config: &GuardConfig| Params::new(guard.params(), &config.params).count("max");
    binding(guard, configs, waivers, today).iter().filter_map(|config| usize::try_from(max(config)).ok()).min()
}

/// The configurations with which this guard would block a plan: not those that only advise, nor
/// those that a waiver lifts. Without any of its own the guard has its standard one.
pub(super) fn binding(guard: &dyn Guard, configs: &[GuardConfig], waivers: &[Waiver], today: Date) -> Vec<GuardConfig> {
    let lifts = |waiver: &Waiver| waiver.rule == guard.rule() && waiver.scope.is_empty() && holds(waiver, today);
    let waived = waivers.iter().any(lifts);
    let standard = GuardConfig { rule: guard.rule().to_owned(), ..GuardConfig::default() };
    let own: Vec<&GuardConfig> = configs.iter().filter(|config| config.rule == guard.rule()).collect();
    let asked = if own.is_empty() { vec![&standard] } else { own };
    let binds = |config: &&GuardConfig| match level(guard, config) {
        GuardLevel::Off | GuardLevel::Advisory => false,
        GuardLevel::Mandatory => !waived,
        GuardLevel::Hard => true,
    };
    asked.into_iter().filter(binds).cloned().collect()
}

fn unknown_rule(rule: &str) -> Diagnostic {
    let near = all().iter().map(|guard| (strsim::jaro_winkler(guard.rule(), rule), guard.rule()));
    let near = near.max_by(|a, b| a.0.total_cmp(&b.0)).filter(|(likeness, _)| *likeness > 0.8);
    let names: Vec<&str> = all().iter().map(|guard| guard.rule()).collect();
    let help = match near {
        Some((_, name)) => format!("did you mean `{name}`?"),
        None => format!("the guards are {}", names.join(", ")),
    };
    Diagnostic::error("GE0790", format!("there is no guard `{rule}`")).help(help)
}

fn check_waiver(waiver: &Waiver, configs: &[GuardConfig], today: Date) -> Option<Diagnostic> {
    let rule = &waiver.rule;
    let Some(guard) = find(rule) else { return Some(unknown_rule(rule)) };
    let hard = levels(guard, configs).contains(&GuardLevel::Hard);
    match waiver.expires.parse::<Date>() {
        _ if hard => Some(Diagnostic::error("GE0793", format!("the guard `{rule}` is hard: no waiver lifts it"))),
        _ if waiver.reason.trim().is_empty() || waiver.owner.trim().is_empty() => {
            Some(Diagnostic::error("GE0792", format!("the waiver of `{rule}` needs a reason and an owner")))
        }
        Err(_) => {
            let told =
                format!("`{}` is not a day; the waiver of `{rule}` needs one, such as 2026-12-31", waiver.expires);
            Some(Diagnostic::error("GE0792", told))
        }
        Ok(last) if last < today => {
            let told = format!("the waiver of `{rule}` by {} expired on {last}", waiver.owner);
            Some(Diagnostic::error("GE0792", told).help("renew it with a new date, or remove it"))
        }
        Ok(_) => None,
    }
}

fn levels(guard: &dyn Guard, configs: &[GuardConfig]) -> Vec<GuardLevel> {
    let own = configs.iter().filter(|config| config.rule == guard.rule());
    let levels: Vec<GuardLevel> = own.map(|config| level(guard, config)).collect();
    if levels.is_empty() { vec![guard.default_level()] } else { levels }
}

/// A rule that is configured without a level is meant to hold.
fn level(guard: &dyn Guard, config: &GuardConfig) -> GuardLevel {
    config.level.unwrap_or(match guard.default_level() {
        GuardLevel::Off => GuardLevel::Mandatory,
        level => level,
    })
}

/// True if the outcome keeps a plan from being applied.
pub fn blocks(outcome: &GuardOutcome) -> bool {
    outcome.status == GuardStatus::Failed && outcome.level >= GuardLevel::Mandatory
}

/// The outcomes of all guards that are on, in the order of the registry; rules that do not exist
/// come last, as failures: a typing error must not switch a guard off.
pub fn evaluate(input: &GuardInput, configs: &[GuardConfig], waivers: &[Waiver], today: Date) -> Vec<GuardOutcome> {
    let mut outcomes = Vec::new();
    for guard in all() {
        let own: Vec<&GuardConfig> = configs.iter().filter(|config| config.rule == guard.rule()).collect();
        if own.is_empty() {
            outcomes.extend(run(*guard, guard.default_level(), &Map::new(), input, waivers, today));
        }
        for config in own {
            outcomes.extend(run(*guard, level(*guard, config), &config.params, input, waivers, today));
        }
    }
    for config in configs.iter().filter(|config| find(&config.rule).is_none()) {
        outcomes.push(GuardOutcome {
            rule: config.rule.clone(),
            level: GuardLevel::Mandatory,
            status: GuardStatus::Failed,
            message: unknown_rule(&config.rule).message,
        });
    }
    outcomes
}

fn run(
    guard: &dyn Guard,
    level: GuardLevel,
    params: &Map<String, serde_json::Value>,
    input: &GuardInput,
    waivers: &[Waiver],
    today: Date,
) -> Option<GuardOutcome> {
    if level == GuardLevel::Off {
        return None;
    }
    let params = Params::new(guard.params(), params);
    if let Some(error) = params.check(guard.rule()).first() {
        let rule = guard.rule().to_owned();
        return Some(GuardOutcome { rule, level, status: GuardStatus::Failed, message: error.to_string() });
    }
    let finding = guard.check(input, &params);
    let holding: Vec<&Waiver> =
        waivers.iter().filter(|w| level < GuardLevel::Hard && w.rule == guard.rule() && holds(w, today)).collect();
    let (status, message) = outcome(&finding, &holding);
    Some(GuardOutcome { rule: guard.rule().to_owned(), level, status, message })
}

pub(super) fn holds(waiver: &Waiver, today: Date) -> bool {
    let named = !waiver.reason.trim().is_empty() && !waiver.owner.trim().is_empty();
    named && waiver.expires.parse::<Date>().is_ok_and(|last| last >= today)
}

fn outcome(finding: &Finding, waivers: &[&Waiver]) -> (GuardStatus, String) {
    let lifting = |violation: &Violation| waivers.iter().find(|waiver| covers(&waiver.scope, &violation.subject));
    let open: Vec<&Violation> = finding.violations.iter().filter(|violation| lifting(violation).is_none()).collect();
    if finding.violations.len() <= finding.allowed {
        return (GuardStatus::Passed, finding.passed.clone());
    }
    if open.len() > finding.allowed {
        return (GuardStatus::Failed, told(&open));
    }
    let waiver = finding.violations.iter().find_map(lifting);
    let by = waiver.map_or(String::new(), |w| format!(" (waived by {} until {}: {})", w.owner, w.expires, w.reason));
    (GuardStatus::Waived, told(&finding.violations.iter().collect::<Vec<_>>()) + &by)
}

/// A scope covers what it names and, for addresses, what is below.
fn covers(scope: &str, subject: &str) -> bool {
    let scope = scope.trim().trim_end_matches('*').trim_end_matches('/');
    scope.is_empty() || subject == scope || subject.strip_prefix(scope).is_some_and(|rest| rest.starts_with('/'))
}

fn told(violations: &[&Violation]) -> String {
    let mut parts: Vec<String> = violations.iter().take(NAMED).map(|violation| violation.message.clone()).collect();
    if violations.len() > NAMED {
        parts.push(format!("{} more", violations.len() - NAMED));
    }
    parts.join("; ")
}
