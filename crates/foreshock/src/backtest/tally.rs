//! Judged incidents and shown items → their counts, rates and middle.

use super::judge::Preceded;
use super::shown::Told;
use model::Verdict;
use model::{Backtest, CandidateId, ItemTotals, JudgedIncident, Span, TenantId, TenantTotals};

/// The incidents with what is counted of them.
pub(super) fn counted(incidents: Vec<JudgedIncident>) -> Backtest {
    let of = |verdict: Verdict| incidents.iter().filter(move |judged| judged.verdict == verdict);
    let announced = || of(Verdict::Announced);
    let learning = |judged: &&JudgedIncident| judged.shown.iter().all(|s| s.while_learning);
    let mut leads: Vec<f64> = announced().filter_map(|judged| judged.lead_secs).collect();
    let not_judged = of(Verdict::NotJudged).count() as u64;
    Backtest {
        judged: incidents.len() as u64 - not_judged,
        announced: announced().count() as u64,
        announced_by_client_only: announced().filter(|j| j.matched_by.is_weak()).count() as u64,
        announced_while_learning: announced().filter(learning).count() as u64,
        expected_by_chance: rounded(incidents.iter().filter_map(|judged| judged.by_chance).sum()),
        median_lead_secs: median(&mut leads),
        not_judged,
        incidents,
        ..Backtest::default()
    }
}

/// What one client was shown, and how much of it announced an incident.
pub(super) fn totals((tenant, told): (&TenantId, &Told), preceded: &Preceded<'_>) -> TenantTotals {
    let shown = told.items.len() as u64;
    let has_preceded = |id: &&CandidateId| preceded.contains(&(tenant, **id));
    let preceded = told.items.keys().filter(has_preceded).count() as u64;
    let days = (told.to - told.from).as_secs_f64() / Span::DAY.as_secs_f64();
    let others = shown - preceded;
    let others_per_day = (days >= 1.0).then(|| rounded(others as f64 / days));
    let not_remembered = told.not_remembered();
    let items = ItemTotals { shown, preceded, others, others_per_day, not_remembered };
    TenantTotals { tenant_id: tenant.clone(), days: rounded(days), items }
}

/// All clients together; a rate is per client and day, so it has no sum but a mean over their days.
pub(super) fn sum(tenants: &[TenantTotals]) -> ItemTotals {
    let sum = |of: fn(&ItemTotals) -> u64| tenants.iter().map(|t| of(&t.items)).sum();
    let days: f64 = tenants.iter().map(|tenant| tenant.days).sum();
    let others: u64 = sum(|items| items.others);
    ItemTotals {
        shown: sum(|items| items.shown),
        preceded: sum(|items| items.preceded),
        others,
        others_per_day: (days >= 1.0).then(|| rounded(others as f64 / days)),
        not_remembered: sum(|items| items.not_remembered),
    }
}

/// The middle one, or the mean of the two in the middle.
fn median(values: &mut [f64]) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let (low, high) = (values.len().checked_sub(1)? / 2, values.len() / 2);
    Some((values[low] + values[high]) / 2.0)
}

/// To a thousandth: what lies below is no information.
pub(super) fn rounded(value: f64) -> f64 {
    (value * 1_000.0).round() / 1_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_or_between_the_two_in_the_middle() {
        assert_eq!(median(&mut []), None);
        assert_eq!(median(&mut [3.0]), Some(3.0));
        assert_eq!(median(&mut [9.0, 1.0, 3.0]), Some(3.0));
        assert_eq!(median(&mut [9.0, 1.0, 3.0, 5.0]), Some(4.0));
    }
}
