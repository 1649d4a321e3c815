//! The figures of a study → a table with the bars beside them, or one JSON object.

use crate::bursts::{Figures, Found};
use crate::precursors::Claims;
use model::CandidateType;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write;

/// False bursts a day that a person may be asked to bear, of each thousand signatures.
const WRONG_BURSTS_MAX: f64 = 2.5;
const BURST_RECALL_MIN: f64 = 0.95;
/// Half of the bursts found are found within so many minutes.
const BURST_DELAY_MAX: f64 = 15.0;
const ESCALATION_RECALL_MIN: f64 = 0.80;
/// Share of replays without any order in which one may be claimed.
const CLAIMED_MAX: f64 = 0.05;

/// One figure with the bar that it is held to.
struct Bar {
    name: &'static str,
    value: f64,
    bar: f64,
    /// It must not be above the bar; else not below.
    at_most: bool,
}

impl Bar {
    fn is_met(&self) -> bool {
        if self.at_most { self.value <= self.bar } else { self.value >= self.bar }
    }
}

fn at_most(name: &'static str, value: f64, bar: f64) -> Bar {
    Bar { name, value, bar, at_most: true }
}

fn at_least(name: &'static str, value: f64, bar: f64) -> Bar {
    Bar { name, value, bar, at_most: false }
}

fn bars_of_bursts(figures: &Figures) -> Vec<Bar> {
    let wrong = figures.wrong_a_day(Some(CandidateType::Burst));
    let delay = figures.bursts.delay(0.5).unwrap_or(f64::INFINITY);
    vec![
        at_most("false bursts a day", wrong, WRONG_BURSTS_MAX * figures.born as f64 / 1_000.0),
        at_least("burst recall", figures.bursts.recall(), BURST_RECALL_MIN),
        at_most("burst delay, median minutes", delay, BURST_DELAY_MAX),
        at_least("escalation recall", figures.escalations.recall(), ESCALATION_RECALL_MIN),
    ]
}

/// The claims of the arms, shuffled, at the same hour, planted.
pub(crate) struct Arms {
    pub(crate) shuffled: Claims,
    pub(crate) same_hour: Claims,
    pub(crate) planted: Claims,
}

fn bars_of_precursors(arms: &Arms) -> Vec<Bar> {
    let share = arms.shuffled.share(arms.shuffled.told);
    vec![at_most("replays with a claim, shuffled", share, CLAIMED_MAX)]
}

fn table_of_bars(text: &mut String, bars: &[Bar]) {
    for bar in bars {
        let sign = if bar.at_most { "≤" } else { "≥" };
        let met = if bar.is_met() { "met" } else { "not met" };
        let _ = writeln!(
            text,
            "  {:<34} {:>8.3}  bar {sign} {:<5} {met}",
            bar.name, bar.value, bar.bar
        );
    }
}

/// Part one as text.
pub(crate) fn bursts_as_text(seed: u64, figures: &Figures) -> String {
    let mut text = format!(
        "bursts: seed {seed}, {} signatures ({} cells), {} events, {} days judged\n",
        figures.born, figures.cells, figures.events, figures.days_judged
    );
    table_of_bars(&mut text, &bars_of_bursts(figures));
    found_as_text(&mut text, figures);
    let days = f64::from(figures.days_judged.max(1));
    let _ = writeln!(text, "  false a day  {:.2} of all types", figures.wrong_a_day(None));
    for (name, families) in &figures.wrong {
        let a_day = families.values().sum::<usize>() as f64 / days;
        let _ = writeln!(text, "    {name:<12} {a_day:>7.2}  of {}", listed(families));
    }
    let _ = writeln!(text, "  late, not counted: {}", listed(&figures.late));
    text
}

/// What was found, and when.
fn found_as_text(text: &mut String, figures: &Figures) {
    for (name, found) in [("bursts", &figures.bursts), ("escalations", &figures.escalations)] {
        let minutes = |share| found.delay(share).map_or("-".to_owned(), |d| format!("{d:.0}"));
        let _ = writeln!(
            text,
            "  {name:<12} found {} of {}, minutes to the find: median {}, nine of ten {}; in another open candidate {}; missed: {}",
            found.found,
            found.injected,
            minutes(0.5),
            minutes(0.9),
            found.elsewhere,
            listed(&found.missed)
        );
    }
}

/// What one that knows the true rates finds of the same: so far the bars can be met.
pub(crate) fn reference_as_text(figures: &Figures) -> String {
    let mut text = "bursts, by a reference that knows the true rates\n".to_owned();
    found_as_text(&mut text, figures);
    let _ = writeln!(text, "  false a day  {:.2}", figures.wrong_a_day(None));
    text
}

fn listed(counts: &BTreeMap<&'static str, usize>) -> String {
    let parts: Vec<String> = counts.iter().map(|(name, n)| format!("{name} {n}")).collect();
    if parts.is_empty() { "none".into() } else { parts.join(", ") }
}

/// Part two as text.
pub(crate) fn precursors_as_text(seed: u64, days: u32, arms: &Arms) -> String {
    let mut text = format!(
        "precursors: seeds from {seed}, {} replays of {days} days an arm\n",
        arms.shuffled.replays
    );
    table_of_bars(&mut text, &bars_of_precursors(arms));
    let _ = writeln!(
        text,
        "  {:<22} {:>8} {:>8} {:>10} {:>8} {:>12}",
        "share of replays", "opened", "told", "of target", "right", "target seen"
    );
    for (name, claims) in named(arms) {
        let share = |count| claims.share(count);
        let _ = writeln!(
            text,
            "  {name:<22} {:>8.3} {:>8.3} {:>10.3} {:>8.3} {:>12.3}",
            share(claims.opened),
            share(claims.told),
            share(claims.of_target),
            share(claims.right),
            share(claims.seen)
        );
    }
    text
}

fn named(arms: &Arms) -> [(&'static str, &Claims); 3] {
    [
        ("shuffled", &arms.shuffled),
        ("same hour, no order", &arms.same_hour),
        ("planted", &arms.planted),
    ]
}

fn json_of_bars(bars: &[Bar]) -> Value {
    let one = |bar: &Bar| {
        json!({
            "name": bar.name, "value": bar.value, "bar": bar.bar,
            "at_most": bar.at_most, "met": bar.is_met(),
        })
    };
    bars.iter().map(one).collect()
}

fn json_of_found(found: &Found) -> Value {
    json!({
        "injected": found.injected,
        "found": found.found,
        "recall": found.recall(),
        "delay_minutes_median": found.delay(0.5),
        "delay_minutes_p90": found.delay(0.9),
        "elsewhere": found.elsewhere,
        "missed_by_rhythm": found.missed,
    })
}

/// Part one as JSON.
pub(crate) fn bursts_as_json(figures: &Figures) -> Value {
    json!({
        "signatures": figures.born,
        "cells": figures.cells,
        "events": figures.events,
        "days_judged": figures.days_judged,
        "bars": json_of_bars(&bars_of_bursts(figures)),
        "bursts": json_of_found(&figures.bursts),
        "escalations": json_of_found(&figures.escalations),
        "false_a_day": figures.wrong_a_day(None),
        "false_by_type_and_rhythm": figures.wrong,
        "late_by_type": figures.late,
    })
}

/// The reference as JSON.
pub(crate) fn reference_as_json(figures: &Figures) -> Value {
    json!({
        "bursts": json_of_found(&figures.bursts),
        "escalations": json_of_found(&figures.escalations),
        "false_a_day": figures.wrong_a_day(None),
    })
}

/// Part two as JSON.
pub(crate) fn precursors_as_json(arms: &Arms) -> Value {
    let one = |claims: &Claims| {
        json!({
            "replays": claims.replays,
            "opened": claims.share(claims.opened),
            "told": claims.share(claims.told),
            "of_target": claims.share(claims.of_target),
            "right": claims.share(claims.right),
            "target_seen": claims.share(claims.seen),
        })
    };
    json!({
        "bars": json_of_bars(&bars_of_precursors(arms)),
        "shuffled": one(&arms.shuffled),
        "same_hour": one(&arms.same_hour),
        "planted": one(&arms.planted),
    })
}
