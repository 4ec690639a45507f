//! The dashboard in headless Chromium: a plan, an apply and a way back through the page.

use crate::python::{printed, script};
use crate::support::{DEADLINE, Project, repository};
use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::sync::mpsc;

/// `ui` over a project, stopped when dropped.
struct Ui {
    child: Child,
    link: String,
}

impl Ui {
    fn over(project: &Project, arguments: &[&str]) -> Self {
        let mut command = project.command();
        command.arg("ui").args(arguments).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().expect("the dashboard starts");
        let (send, line) = mpsc::channel();
        let out = BufReader::new(child.stdout.take().expect("stdout"));
        // Ends with the process.
        std::thread::spawn(move || out.lines().map_while(Result::ok).try_for_each(|line| send.send(line)));
        let link = line.recv_timeout(DEADLINE).expect("the dashboard says where it is");
        Self { child, link }
    }
}

impl Drop for Ui {
    fn drop(&mut self) {
        // Both fail only if it is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A plan, an apply, a plan of edits (`old` in `space.yaml` becomes `new`) and the way back.
fn played_through(project: &Project, old: &str, new: &str) {
    let Some(mut driver) = script("dashboard.py") else { return };
    let ui = Ui::over(project, &[]);
    printed(driver.arg(&ui.link).arg(project.path("")).args([old, new]));
}

#[test]
fn a_plan_is_made_applied_and_undone_in_the_browser() {
    played_through(&Project::small(), "Delivery trips.", "Delivery trips of the vans.");
}

#[test]
fn so_it_is_with_the_game_kpi_example() {
    let project = Project::copy_of(&repository().join("examples/game-kpi"));
    played_through(
        &project,
        "Minutes played by all users of the row together.",
        "Minutes that all users of the row played.",
    );
}

#[test]
fn the_demo_needs_no_project_and_has_no_serious_fault() {
    let Some(mut driver) = script("demo.py") else { return };
    let ui = Ui::over(&Project::empty(), &["--demo"]);
    printed(driver.arg(&ui.link));
}

#[test]
fn a_run_of_500_questions_and_10_000_events_is_light() {
    let Some(mut maker) = script("large.py") else { return };
    let (project, _) = Project::planned();
    printed(maker.arg("make").arg(project.path("")));
    let ui = Ui::over(&project, &["--run", "2099"]);
    let mut looker = script("large.py").expect("there a moment ago");
    // In milliseconds, for a build that is not optimised on a machine that has other things to do.
    // A release build, with both cores busy, took 120; a second is what is promised.
    printed(looker.args(["look", &ui.link, "4000"]));
}
