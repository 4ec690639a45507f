//! Charts as SVG made on the server. Each has a title and a description for screen readers; the
//! views print the same numbers as a table beside them.
//!
//! Why not a chart library, of which Chart.js (67 kB compressed) is the smallest that has a gauge,
//! a line and a pie: it draws on a canvas, which says nothing to a screen reader, is blurred in
//! print, does not follow the page's colours, and needs script. These pages then would differ from
//! the report, which has none, and from what a reader without script sees; and a view that is
//! fetched anew when something happened would have to be drawn again by hand. What it would add,
//! figures under the pointer, stands in the table beside each chart. Four charts are 200 lines.

use super::show;
use maud::{Markup, html};
use std::f64::consts::PI;

/// A half-circle gauge of a share with a tick at the target.
pub fn gauge(share: Option<f64>, before: Option<f64>, target: Option<f64>) -> Markup {
    let value = share.map_or_else(|| "–".to_owned(), show::percent);
    let met = matches!((share, target), (Some(share), Some(target)) if share >= target);
    let fill = if met { "arc good" } else { "arc info" };
    let goal = target.map_or_else(|| "no target".to_owned(), |target| format!("target {}", show::percent(target)));
    html! {
        svg.chart.gauge viewBox="0 0 240 150" role="img" aria-labelledby="gauge-t gauge-d" {
            title id="gauge-t" { "Score against the target" }
            desc id="gauge-d" { "Score " (value) ", " (goal) "." }
            path.arc.track d=(arc(1.0)) {}
            @if let Some(share) = share { path class=(fill) d=(arc(share)) {} }
            @if let Some(before) = before { (tick(before, "tick before", 84.0, 112.0)) }
            @if let Some(target) = target { (tick(target, "tick target", 80.0, 118.0)) }
            text.figure x="120" y="112" text-anchor="middle" { (value) }
            text.note x="120" y="138" text-anchor="middle" { (goal) @if met { " ✓" } }
        }
    }
}

fn point(share: f64, radius: f64) -> (f64, f64) {
    let angle = PI * (1.0 - share.clamp(0.0, 1.0));
    (120.0 + radius * angle.cos(), 120.0 - radius * angle.sin())
}

fn arc(share: f64) -> String {
    let (x, y) = point(share.max(0.004), 98.0);
    format!("M22 120 A98 98 0 0 1 {x:.2} {y:.2}")
}

fn tick(share: f64, class: &str, from: f64, to: f64) -> Markup {
    let ((x1, y1), (x2, y2)) = (point(share, from), point(share, to));
    html! { line class=(class) x1=(n(x1)) y1=(n(y1)) x2=(n(x2)) y2=(n(y2)) {} }
}

/// Position on the x axis, share, and its interval.
pub type Point = (usize, f64, Option<(f64, f64)>);

/// One line of a line chart.
pub struct Series {
    pub name: &'static str,
    /// `learn`, `holdout` or `all`; colour, dashes and the shape of the marks follow from it.
    pub class: &'static str,
    /// Position on the x axis, share, and its interval.
    pub points: Vec<Point>,
}

/// Room for "100%", also in the larger letters of a narrow screen.
const LEFT: f64 = 64.0;
const RIGHT: f64 = 624.0;
const TOP: f64 = 18.0;
const BOTTOM: f64 = 226.0;

/// Shares over steps, with a line at the target.
pub fn line(id: &str, title: &str, labels: &[String], series: &[Series], target: Option<f64>) -> Markup {
    let last = labels.len().saturating_sub(1).max(1);
    let x = |step: usize| LEFT + 24.0 + (RIGHT - LEFT - 48.0) * step as f64 / last as f64;
    // Few labels fit; the table has them all.
    let every = labels.len().div_ceil(12).max(1);
    html! {
        svg.chart.line viewBox="0 0 640 262" role="img" aria-labelledby={ (id) "-t " (id) "-d" } {
            title id={ (id) "-t" } { (title) }
            desc id={ (id) "-d" } { (described(labels, series, target)) }
            @for step in 0..=4 {
                @let share = f64::from(step) / 4.0;
                line.grid x1=(n(LEFT)) x2=(n(RIGHT)) y1=(n(y(share))) y2=(n(y(share))) {}
                text.axis x=(n(LEFT - 8.0)) y=(n(y(share) + 4.0)) text-anchor="end" { (format!("{:.0}%", share * 100.0)) }
            }
            @for (step, label) in labels.iter().enumerate().filter(|(step, _)| step % every == 0) {
                text.axis.x x=(n(x(step))) y=(n(BOTTOM + 24.0)) text-anchor="middle" { (show::text(label)) }
            }
            @if let Some(target) = target {
                line.goal x1=(n(LEFT)) x2=(n(RIGHT)) y1=(n(y(target))) y2=(n(y(target))) {}
                text.axis.goal-label x=(n(LEFT + 6.0)) y=(n(y(target) - 6.0)) { "target " (show::percent(target)) }
            }
            @for one in series { (one_line(one, &x)) }
        }
    }
}

fn one_line(series: &Series, x: &dyn Fn(usize) -> f64) -> Markup {
    // Beside each other, so that one series' interval does not hide the other's.
    let aside = if series.class == "holdout" { 9.0 } else { 0.0 };
    let x = |step: usize| x(step) + aside;
    let path: Vec<String> =
        series.points.iter().map(|(step, share, _)| format!("{:.1},{:.1}", x(*step), y(*share))).collect();
    html! {
        g class={ "series " (series.class) } {
            @for (step, _, interval) in &series.points {
                @if let Some((low, high)) = interval {
                    line.interval x1=(n(x(*step))) x2=(n(x(*step))) y1=(n(y(*low))) y2=(n(y(*high))) {}
                }
            }
            polyline points=(path.join(" ")) {}
            @for (step, share, _) in &series.points { (dot(series.class, x(*step), y(*share))) }
        }
    }
}

fn dot(class: &str, x: f64, y: f64) -> Markup {
    html! {
        @if class == "holdout" {
            rect.dot x=(n(x - 5.0)) y=(n(y - 5.0)) width="10" height="10" {}
        } @else {
            circle.dot cx=(n(x)) cy=(n(y)) r="5.5" {}
        }
    }
}

fn described(labels: &[String], series: &[Series], target: Option<f64>) -> String {
    let mut text = String::new();
    for one in series {
        let points = one.points.iter().map(|(step, share, _)| {
            format!("{} {}", labels.get(*step).map_or("", String::as_str), show::percent(*share))
        });
        text.push_str(&format!("{}: {}. ", one.name, points.collect::<Vec<_>>().join(", ")));
    }
    if let Some(target) = target {
        text.push_str(&format!("Target {}.", show::percent(target)));
    }
    show::text(&text)
}

fn y(share: f64) -> f64 {
    BOTTOM - (BOTTOM - TOP) * share.clamp(0.0, 1.0)
}

fn n(value: f64) -> String {
    format!("{value:.1}")
}

/// A part of a whole: name, class of its colour, amount.
pub struct Slice {
    pub name: String,
    pub class: String,
    pub amount: usize,
}

/// A ring of parts, with a legend that names and counts each.
pub fn donut(id: &str, title: &str, noun: &str, slices: &[Slice]) -> Markup {
    let total: usize = slices.iter().map(|slice| slice.amount).sum();
    let words: Vec<String> = slices.iter().map(|slice| format!("{} {}", slice.name, slice.amount)).collect();
    html! {
        figure.donut {
            svg.chart viewBox="0 0 200 200" role="img" aria-labelledby={ (id) "-t " (id) "-d" } {
                title id={ (id) "-t" } { (title) }
                desc id={ (id) "-d" } { (words.join(", ")) "." }
                @if total == 0 { circle.ring.neutral cx="100" cy="100" r="72" {} }
                @for (slice, offset) in with_offsets(slices) {
                    (ring(slice, offset, total))
                }
                text.figure x="100" y="104" text-anchor="middle" { (total) }
                text.note x="100" y="126" text-anchor="middle" { (noun) @if total != 1 { "s" } }
            }
            figcaption {
                table.legend {
                    tbody { @for slice in slices {
                        tr {
                            th scope="row" { span class={ "key " (slice.class) } aria-hidden="true" {} (slice.name) }
                            td.number { (slice.amount) }
                            td.number.quiet { (share_of(slice.amount, total)) }
                        }
                    } }
                }
            }
        }
    }
}

fn with_offsets(slices: &[Slice]) -> Vec<(&Slice, usize)> {
    let mut offset = 0;
    let placed = slices.iter().map(|slice| {
        offset += slice.amount;
        (slice, offset - slice.amount)
    });
    placed.filter(|(slice, _)| slice.amount > 0).collect()
}

fn ring(slice: &Slice, offset: usize, total: usize) -> Markup {
    let around = 2.0 * PI * 72.0;
    let length = around * slice.amount as f64 / total.max(1) as f64;
    // A gap keeps neighbours apart for those who do not tell their colours apart.
    let gap = if slice.amount == total { 0.0 } else { 3.0 };
    let dashes = format!("{:.2} {:.2}", (length - gap).max(0.5), around);
    let start = format!("{:.2}", -around * offset as f64 / total.max(1) as f64);
    html! {
        circle class={ "ring " (slice.class) } cx="100" cy="100" r="72" stroke-dasharray=(dashes)
            stroke-dashoffset=(start) transform="rotate(-90 100 100)" {}
    }
}

fn share_of(amount: usize, total: usize) -> String {
    if total == 0 { "–".to_owned() } else { format!("{:.0}%", 100.0 * amount as f64 / total as f64) }
}

/// A bar for each row: before in grey, after in colour.
pub fn pair_bar(before: usize, after: usize, most: usize) -> Markup {
    let width = |value: usize| n(160.0 * value as f64 / most.max(1) as f64);
    html! {
        svg.bar viewBox="0 0 160 18" aria-hidden="true" preserveAspectRatio="none" {
            rect.before x="0" y="1" width=(width(before)) height="7" rx="2" {}
            rect.after x="0" y="10" width=(width(after)) height="7" rx="2" {}
        }
    }
}

/// Progress of something, named for screen readers, with the figures beside it.
pub fn progress(name: &str, done: usize, total: usize, class: &str) -> Markup {
    let figures = format!("{done} of {total}");
    html! {
        div class={ "progress " (class) } {
            progress max=(total.max(1)) value=(done.min(total)) aria-label=(name) { (figures) }
            span.number { (figures) }
        }
    }
}

/// Wilson's 95 % interval of a share.
pub fn interval(correct: usize, total: usize) -> Option<(f64, f64)> {
    if total == 0 {
        return None;
    }
    let (n, z) = (total as f64, 1.96_f64);
    let share = (correct as f64 / n).min(1.0);
    let middle = (share + z * z / (2.0 * n)) / (1.0 + z * z / n);
    let half = z / (1.0 + z * z / n) * (share * (1.0 - share) / n + z * z / (4.0 * n * n)).sqrt();
    Some(((middle - half).max(0.0), (middle + half).min(1.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_is_wilsons() {
        let (low, high) = interval(8, 10).expect("ten questions");
        assert!((low - 0.490).abs() < 0.001 && (high - 0.943).abs() < 0.001, "{low} {high}");
        assert_eq!(interval(0, 0), None);
    }

    #[test]
    fn charts_survive_empty_and_odd_input() {
        for markup in [
            gauge(None, None, None),
            gauge(Some(2.0), Some(-1.0), Some(f64::NAN)),
            line("l", "t", &[], &[], None),
            donut("d", "t", "change", &[]),
            pair_bar(0, 0, 0),
        ] {
            assert!(markup.into_string().contains("<svg"));
        }
    }
}
