//! Carrying a plan out, from the lock to the declared space.

use super::apply::{Applied, ApplyInput, apply};
use super::definition::{Following, follow};
use super::events::Events;
use super::guards::Policy;
use super::ready::{Ready, prepare};
use super::settle::settle;
use super::workspace::{OpsError, Workspace};
use crate::config::DeclaredSpace;
use crate::model::{Address, Plan, State, Verified};
use crate::store::{Identity, Journal, Layout, Ledger, Lock, LockRequest, SharedLock, SharedState, StateStore};

/// For how long a lock holds that nobody renews; its holder renews it three times in that time.
pub const LEASE: jiff::SignedDuration = jiff::SignedDuration::from_mins(2);

/// As [`LEASE`], of a shared lock: the clocks of two machines may differ by some of it.
pub const SHARED_LEASE: jiff::SignedDuration = jiff::SignedDuration::from_mins(10);

/// What is to be carried out, where.
pub struct Order<'a> {
    pub workspace: &'a Workspace,
    pub events: Events,
    pub layout: &'a Layout,
    pub plan: &'a Plan,
    pub plan_id: &'a str,
    pub declared: Option<&'a DeclaredSpace>,
    pub policy: Policy<'a>,
    /// The vanished space that may be made again.
    pub recreate: Option<&'a str>,
    /// Where several machines keep this project's state, if they do.
    pub shared: Option<&'a SharedState>,
    pub identity: Identity,
    pub now: jiff::Timestamp,
}

/// How it went.
pub enum Carried {
    /// The space stands as planned already, and that is on record.
    Nothing {
        space_id: String,
        serial: u64,
        verified: Verified,
    },
    Declined,
    Done(Box<Applied>),
}

/// Applies a plan: under the lock, after settling what an earlier apply left, and only if
/// `confirm` says how it was confirmed. The declared space follows.
pub async fn carry_out(
    order: &Order<'_>,
    confirm: impl FnOnce(&Ready) -> Result<Option<String>, OpsError> + Send,
) -> Result<Carried, OpsError> {
    let Some(shared) = order.shared else { return carry_out_here(order, None, confirm).await };
    let request = request("apply", Some(order.plan_id), &order.identity, SHARED_LEASE);
    let mut lock = shared.lock(&request, order.now).await?;
    lock.keep_alive(SHARED_LEASE);
    shared.pull(&StateStore::new(order.layout.state())).await?;
    let carried = carry_out_here(order, Some(&lock), confirm).await;
    let given_back = lock.release().await;
    let carried = carried?;
    given_back?;
    Ok(carried)
}

async fn carry_out_here(
    order: &Order<'_>,
    shared_lock: Option<&SharedLock>,
    confirm: impl FnOnce(&Ready) -> Result<Option<String>, OpsError> + Send,
) -> Result<Carried, OpsError> {
    let lock = take_lock(order.layout, "apply", Some(order.plan_id), &order.identity, order.now)?;
    if let Some(other) = lock.took_over() {
        order.events.warn(format!("took over the lock of {other}, which did not end well"));
    }
    let state_store = StateStore::new(order.layout.state());
    let state = match state_store.load()? {
        Some(state) => state,
        None => State::new(uuid::Uuid::now_v7().to_string(), order.workspace.host.clone()),
    };
    refuse_other_host(&state, &order.workspace.host)?;
    let stood = state.stands.clone();
    let kept: Vec<Address> = Ledger::new(order.layout.ledger()).kept()?.into_iter().map(|kept| kept.address).collect();
    let journal = Journal::new(order.layout.journal());
    let mut input = ApplyInput {
        workspace: order.workspace,
        events: order.events.clone(),
        plan: order.plan,
        plan_id: order.plan_id,
        definition: order.declared.map(|declared| &declared.space),
        policy: &order.policy,
        state,
        state_store: &state_store,
        journal: &journal,
        lock: &lock,
        shared_lock,
        recreate: order.recreate,
        by: order.identity.who.clone(),
        confirmed: String::new(),
        now: order.now,
    };
    if let Some(settled) = settle(&mut input).await? {
        order.events.note(settled);
        push(order.shared, &state_store).await?;
    }
    let ready = prepare(&input).await?;
    if ready.rebased {
        order.events.note("rebased: the space was written since the plan was made, but its content is the same");
    }
    if !ready.has_work() {
        if let (Some(declared), Some(live)) = (order.declared, ready.live()) {
            let recorded = input.state.last().and_then(|last| last.before.as_ref());
            let stood = stood.as_ref().filter(|stood| stood.digest() != live.space.digest()).or(recorded);
            follow(&order.events, declared, &Following { plan: order.plan, live: &live.space, stood, kept: &kept })?;
        }
        let last = input.state.last();
        return Ok(Carried::Nothing {
            space_id: ready.live().map(|live| live.id.clone()).unwrap_or_default(),
            serial: last.map_or(0, |last| last.serial),
            verified: last.map(|last| last.verified).unwrap_or_default(),
        });
    }
    let Some(confirmed) = confirm(&ready)? else { return Ok(Carried::Declined) };
    input.confirmed = confirmed;
    let applied = apply(input, ready).await?;
    push(order.shared, &state_store).await?;
    if let Some(declared) = order.declared {
        let facts = Following { plan: order.plan, live: &applied.stands.space, stood: stood.as_ref(), kept: &kept };
        follow(&order.events, declared, &facts)?;
    }
    Ok(Carried::Done(Box::new(applied)))
}

/// Brings what was recorded here to the shared place.
async fn push(shared: Option<&SharedState>, store: &StateStore) -> Result<(), OpsError> {
    if let (Some(shared), Some(state)) = (shared, store.load()?) {
        shared.push(&state).await?;
    }
    Ok(())
}

fn request(operation: &str, plan_id: Option<&str>, identity: &Identity, lease: jiff::SignedDuration) -> LockRequest {
    LockRequest {
        operation: operation.to_owned(),
        plan_id: plan_id.map(str::to_owned),
        identity: identity.clone(),
        lease,
    }
}

/// Takes the project's lock and keeps it alive.
pub fn take_lock(
    layout: &Layout,
    operation: &str,
    plan_id: Option<&str>,
    identity: &Identity,
    now: jiff::Timestamp,
) -> Result<Lock, OpsError> {
    let request = request(operation, plan_id, identity, LEASE);
    let mut lock = Lock::acquire(&layout.lock(), &request, now)?;
    lock.keep_alive(LEASE);
    Ok(lock)
}

/// A state of another workspace names a space that has nothing to do with this one.
fn refuse_other_host(state: &State, host: &str) -> Result<(), OpsError> {
    if state.host.is_empty() || state.host == host {
        return Ok(());
    }
    Err(OpsError::usage(format!(
        "the state of this project is of the workspace {}, this is {host}; use another state file for each workspace \
         (`state:` in an environment's overlay)",
        state.host
    )))
}

/// Puts on record what asking afterwards has shown.
pub async fn note_verified(
    layout: &Layout,
    shared: Option<&SharedState>,
    serial: u64,
    verified: Verified,
) -> Result<(), OpsError> {
    let store = StateStore::new(layout.state());
    let Some(mut state) = store.load()? else { return Ok(()) };
    if let Some(record) = state.applied.iter_mut().find(|record| record.serial == serial) {
        record.verified = verified;
        store.save(state)?;
        push(shared, &store).await?;
    }
    Ok(())
}
