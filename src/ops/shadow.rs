//! The shadow: a copy of the space under the owner's name, on which candidates are proved. It is
//! recorded in the ledger before it is made, never the live space by construction, and removed at
//! the end; what a killed run leaves behind is swept by the next one. A space that its owner lends
//! in its place bears a title of its own meanwhile, and gets back what it held.

use super::lent::{Loan, Loans, give_back};
use super::score::Target;
use super::workspace::{OpsError, Workspace};
use crate::databricks::LiveSpace;
use crate::model::{Digest, Space};
use crate::store::{self, Identity, Ledger};
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// Marks the titles of shadows, for people who list their spaces.
const TITLE_MARK: &str = "[genie-enhance shadow]";

/// After this time a shadow is swept whoever owns it: no run takes longer.
const TIME_LIMIT: SignedDuration = SignedDuration::from_hours(24);

/// A write is seen by readers within this time, or the workspace is not to be measured on.
const PROPAGATION: Duration = Duration::from_secs(60);

/// Longest wait between two looks for a write.
const LONGEST_LOOK: Duration = Duration::from_secs(2);

/// One shadow space and what stands in it.
pub struct Shadow {
    workspace: Arc<Workspace>,
    ledger: Ledger,
    /// The one space that is never written to, with what it holds; it is asked where it holds
    /// what is to be asked.
    live: Option<(String, Digest)>,
    title: String,
    made: Option<Made>,
    /// A space of the owner's that was lent for proving.
    lent: Option<(Loans, Loan)>,
}

struct Made {
    space_id: String,
    content: Digest,
}

impl Shadow {
    pub fn new(workspace: Arc<Workspace>, ledger: Ledger, live: Option<&LiveSpace>, of: &Space, run: &str) -> Self {
        // Two runs may start in the same second; the run's name stays the end of the title.
        let own = uuid::Uuid::now_v7().simple().to_string();
        let title = format!("{} {TITLE_MARK} {} {run}", of.sidecar.title, &own[own.len() - 8..]);
        let live = live.map(|live| (live.id.clone(), live.space.digest()));
        Self { workspace, ledger, live, title, made: None, lent: None }
    }

    /// Proves on a space that its owner names for this: its content is replaced while the plan is
    /// made, and written back at the end. What it holds is on record before anything is written.
    pub async fn borrow(&mut self, space_id: &str, loans: &Loans) -> Result<(), OpsError> {
        self.assert_not_live(space_id)?;
        let held = self.workspace.client.get_space(space_id).await?;
        let is_lent = loans.open()?.iter().any(|loan| loan.space_id == held.id);
        let own_title = &held.space.sidecar.title;
        if is_lent || own_title.contains(TITLE_MARK) {
            return Err(OpsError::usage(format!(
                "the space {space_id} (\"{own_title}\"), named under `proof.space`, is lent to another run; wait until \
                 that is done. If it was killed, `shadows gc` in its project gives the space back what it held"
            )));
        }
        self.title = format!("{own_title} {TITLE_MARK} {}", self.title.split(TITLE_MARK).last().unwrap_or("").trim());
        let loan = Loan {
            space_id: held.id.clone(),
            title: self.title.clone(),
            host: self.workspace.host.clone(),
            owner: owner(),
            created: Timestamp::now(),
            before: held.space.clone(),
        };
        loans.begin(&loan)?;
        self.made = Some(Made { space_id: held.id, content: held.space.digest() });
        self.lent = Some((loans.clone(), loan));
        Ok(())
    }

    /// Where `content` can be asked: the live space if it holds exactly that, else the shadow.
    pub async fn place(&mut self, content: &Space) -> Result<Target, OpsError> {
        match &self.live {
            Some((space_id, digest)) if *digest == content.digest() => Ok(Target::of(space_id.clone(), content)),
            _ => self.hold(content).await,
        }
    }

    /// Makes the shadow hold `content`, and says where to ask.
    pub async fn hold(&mut self, content: &Space) -> Result<Target, OpsError> {
        let digest = content.digest();
        let mut copy = content.clone();
        copy.sidecar.title.clone_from(&self.title);
        copy.sidecar.warehouse_id.clone_from(&self.workspace.warehouse_id);
        if let Some((_, loan)) = &self.lent {
            copy.sidecar.parent_path.clone_from(&loan.before.sidecar.parent_path);
        }
        let space_id = match &self.made {
            Some(made) if made.content == digest => made.space_id.clone(),
            Some(made) => {
                let space_id = made.space_id.clone();
                self.assert_not_live(&space_id)?;
                let written = self.workspace.client.update_space(&space_id, &copy, None).await?;
                // Whatever comes of it, it does not hold what it held.
                self.made = Some(Made { space_id: space_id.clone(), content: Digest(String::new()) });
                self.arrived(&written).await?;
                space_id
            }
            None => self.make(&copy).await?,
        };
        self.made = Some(Made { space_id: space_id.clone(), content: digest.clone() });
        Ok(Target::of(space_id, content))
    }

    async fn make(&mut self, copy: &Space) -> Result<String, OpsError> {
        // Recorded by title first: a kill between here and the answer leaves a space that the
        // next run finds by that title.
        self.ledger.shadow_planned(&store::Shadow {
            title: self.title.clone(),
            id: None,
            host: self.workspace.host.clone(),
            owner: owner(),
            created: Timestamp::now(),
            ttl: TIME_LIMIT,
        })?;
        let made = create(Arc::clone(&self.workspace), copy.clone()).await?;
        self.assert_not_live(&made.id)?;
        self.ledger.shadow_made(&self.title, &made.id)?;
        self.made = Some(Made { space_id: made.id.clone(), content: Digest(String::new()) });
        self.arrived(&made).await?;
        Ok(made.id)
    }

    /// Waits until a reader sees the write: asked before that, the space would answer from what
    /// it held. The write's answer tells what to look for, so this is a sign and no guess.
    async fn arrived(&self, written: &LiveSpace) -> Result<(), OpsError> {
        let wanted = written.space.digest();
        // A workspace that brings a document into a newer form shows another one than was sent.
        let is_there =
            |seen: &LiveSpace| seen.space.digest() == wanted || (written.etag.is_some() && seen.etag == written.etag);
        let end = Instant::now() + PROPAGATION;
        let mut wait = Duration::from_millis(50);
        loop {
            match self.workspace.client.get_space(&written.id).await {
                Ok(seen) if is_there(&seen) => return Ok(()),
                Err(error) if !error.is_not_found() => return Err(error.into()),
                _ if Instant::now() >= end => {
                    return Err(OpsError::other(format!(
                        "the shadow space {} does not show what was written to it, {} s after the write: somebody else \
                         writes to it, or the workspace is out of order",
                        written.id,
                        PROPAGATION.as_secs()
                    )));
                }
                _ => tokio::time::sleep(wait).await,
            }
            wait = (wait * 2).min(LONGEST_LOOK);
        }
    }

    fn assert_not_live(&self, space_id: &str) -> Result<(), OpsError> {
        if self.live.as_ref().is_some_and(|(live, _)| live == space_id) {
            return Err(OpsError::other(format!(
                "space {space_id} is the live space; refusing to use it as a shadow (name another one under `proof.space`)"
            )));
        }
        Ok(())
    }

    /// Trashes the shadow and strikes it from the ledger; a lent space gets back what it held.
    pub async fn remove(&mut self) -> Result<(), OpsError> {
        let Some(made) = self.made.take() else { return Ok(()) };
        self.assert_not_live(&made.space_id)?;
        match self.lent.take() {
            Some((loans, loan)) => {
                give_back(&self.workspace, &loan).await?;
                loans.end(&loan.space_id)?;
            }
            None => {
                trash(&self.workspace, &made.space_id).await?;
                self.ledger.shadow_gone(&self.title)?;
            }
        }
        Ok(())
    }
}

/// What was put right after runs that ended early.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Titles of shadows that were removed.
    pub removed: Vec<String>,
    /// Titles of lent spaces that got back what they held.
    pub given_back: Vec<String>,
}

/// Removes the shadows that dead runs of this project left behind, and gives lent spaces back what
/// they held. Those of a run that is still alive are left to it.
pub async fn sweep(workspace: &Workspace, ledger: &Ledger, loans: &Loans) -> Result<Swept, OpsError> {
    let now = Timestamp::now();
    let is_over = |created: Timestamp, owner: &str| {
        created.checked_add(TIME_LIMIT).is_ok_and(|end| end <= now) || !owner_lives(owner)
    };
    let mut left = ledger.shadows()?;
    left.retain(|shadow| shadow.host == workspace.host && (shadow.is_expired(now) || !owner_lives(&shadow.owner)));
    let mut lent = loans.open()?;
    lent.retain(|loan| loan.host == workspace.host && is_over(loan.created, &loan.owner));
    put_right(workspace, ledger, loans, left, lent).await
}

/// The same for one run, by its name: for a run that was stopped.
pub async fn sweep_run(workspace: &Workspace, ledger: &Ledger, loans: &Loans, run: &str) -> Result<Swept, OpsError> {
    let _none_is_being_made = workspace.making.lock().await;
    let of_run = format!(" {run}");
    let is_ours =
        |host: &str, title: &str| host == workspace.host && title.contains(TITLE_MARK) && title.ends_with(&of_run);
    let mut left = ledger.shadows()?;
    left.retain(|shadow| is_ours(&shadow.host, &shadow.title));
    let mut lent = loans.open()?;
    lent.retain(|loan| is_ours(&loan.host, &loan.title));
    put_right(workspace, ledger, loans, left, lent).await
}

async fn put_right(
    workspace: &Workspace,
    ledger: &Ledger,
    loans: &Loans,
    left: Vec<store::Shadow>,
    lent: Vec<Loan>,
) -> Result<Swept, OpsError> {
    let mut swept = Swept::default();
    for loan in lent {
        give_back(workspace, &loan).await?;
        loans.end(&loan.space_id)?;
        swept.given_back.push(loan.before.sidecar.title);
    }
    swept.removed = remove_all(workspace, ledger, left).await?;
    Ok(swept)
}

async fn remove_all(workspace: &Workspace, ledger: &Ledger, left: Vec<store::Shadow>) -> Result<Vec<String>, OpsError> {
    if left.is_empty() {
        return Ok(Vec::new());
    }
    let spaces = workspace.client.list_spaces().await?;
    for shadow in &left {
        // A space may have got a suffix to its title, and its id may never have been recorded.
        let ids = spaces.iter().filter(|space| space.title.starts_with(&shadow.title)).map(|space| space.id.clone());
        let mut ids: Vec<String> = ids.chain(shadow.id.clone()).collect();
        ids.dedup();
        for id in ids {
            trash(workspace, &id).await?;
        }
        ledger.shadow_gone(&shadow.title)?;
    }
    Ok(left.into_iter().map(|shadow| shadow.title).collect())
}

/// Who runs this, on which machine, as which process.
fn owner() -> String {
    let me = Identity::current();
    format!("{} on {}:{}", me.who, me.host, me.pid)
}

/// True unless the owner is known to be dead: a process of this machine that is gone. Of other
/// machines nothing is known before the time limit.
fn owner_lives(owner: &str) -> bool {
    let me = Identity::current();
    let Some((place, pid)) = owner.rsplit_once(':') else { return true };
    let here = place.ends_with(&format!(" on {}", me.host));
    let processes = std::path::Path::new("/proc");
    !here || pid == me.pid.to_string() || !processes.exists() || processes.join(pid).exists()
}

/// Makes a space in a task of its own: a run that is stopped meanwhile does not cut the request
/// off half way, and who sweeps after it waits until the answer is there.
async fn create(workspace: Arc<Workspace>, copy: Space) -> Result<LiveSpace, OpsError> {
    let making = Arc::clone(&workspace.making).lock_owned().await;
    let creating = tokio::spawn(async move {
        let made = workspace.client.create_space(&copy).await;
        drop(making);
        made
    });
    Ok(creating.await.map_err(|error| OpsError::other(format!("making the shadow broke off: {error}")))??)
}

async fn trash(workspace: &Workspace, space_id: &str) -> Result<(), OpsError> {
    match workspace.client.trash_space(space_id).await {
        Err(error) if !error.is_not_found() => Err(error.into()),
        _ => Ok(()),
    }
}
