//! Agreements (`sla`): what of an outage a contract counts, and what credit is due.

use std::fmt;
use std::str::FromStr;

use super::availability::Percent;
use super::objective::Bounded;
use super::rollup::DownWhen;
use super::time::{Millis, Period, UnixMillis};
use super::zone::Zone;

/// The terms of an agreement. It is settled for each calendar month.
///
/// Shows and reads as one line: `each month in Europe/Berlin; outages from 5m; partial minutes
/// exact; maintenance excluded; down when all; credit 10% below 99.9%, 25% below 99%`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agreement {
    /// Of the month.
    pub zone: Zone,
    /// Whole minutes: shorter outages do not count. 0: all do.
    pub outage_min: Millis,
    pub partial_minutes: PartialMinutes,
    /// Whether time declared as maintenance counts as any other.
    pub maintenance_counts: bool,
    /// When members make it down; `None`: as its own windows have it.
    pub down_when: Option<DownWhen>,
    /// The best first: each `below` lower than the one before, each credit higher
    /// ([`are_tiers`](Self::are_tiers)). Not empty.
    pub tiers: Vec<Tier>,
}

words! {
    /// What becomes of the rest of an outage that is no whole minute.
    PartialMinutes, "way to count partial minutes" {
        /// To the millisecond.
        Exact = "exact",
        /// Each outage is cut to whole minutes.
        Dropped = "dropped",
        /// Each outage is rounded up to whole minutes.
        Counted = "counted",
    }
}

/// Below this uptime so much credit is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tier {
    pub below: Percent,
    pub credit: Percent,
}

/// A month settled. Of one that is not over, as it would be if nothing more went wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settlement {
    pub month: Period,
    /// Up to which it is known; the month is over if that is its end.
    pub until: UnixMillis,
    /// Of the month up to `until`, without maintenance that is excluded: what nobody watched, or in
    /// which nothing was configured.
    pub unobserved: Millis,
    /// Of the reported, the shortest and the longest possible downtime: `least` goes with the
    /// shortest. Downtime and credit of the least are not above those reported, and these not above
    /// those of the most.
    pub reckonings: Bounded<Reckoning>,
}

/// What a contract makes of downtime.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reckoning {
    /// Of the month that counts: all of it, but for maintenance so far where that is excluded. Time
    /// that nobody watched counts, as up unless it may have been down and the most is reckoned.
    pub whole: Millis,
    /// Of outages that count, by the contract's minutes. Not above `whole`.
    pub down: Millis,
    /// Outages that count and reach into the month. Of the longest there may be fewer than of the
    /// reported, where two may have been one.
    pub counted: u64,
    /// And those too short.
    pub too_short: u64,
    /// (whole - down) / whole. `None` where nothing counts.
    pub uptime: Option<Percent>,
    /// 0 if none is due. By the uptime to the millisecond. `None` where nothing counts.
    pub credit: Option<Percent>,
}

/// The text is no agreement.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no agreement; write it as in `{EXAMPLE}`")]
pub struct BadAgreement(pub String);

const EXAMPLE: &str = "each month in UTC; outages from 5m; partial minutes exact; maintenance \
                       excluded; credit 10% below 99.9%, 25% below 99%";

impl Agreement {
    /// Whether these can be the tiers of an agreement.
    pub fn are_tiers(tiers: &[Tier]) -> bool {
        let is_one = |tier: &Tier| {
            let nothing = |share: Percent| share.thousandths == 0;
            !nothing(tier.below) && !nothing(tier.credit)
        };
        let in_order =
            |pair: &[Tier]| pair[1].below < pair[0].below && pair[0].credit < pair[1].credit;
        !tiers.is_empty() && tiers.iter().all(is_one) && tiers.windows(2).all(in_order)
    }
}

impl fmt::Display for Agreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            zone,
            outage_min,
            partial_minutes,
            maintenance_counts,
            down_when,
            tiers,
        } = self;
        let minutes = outage_min.0 / MINUTE.0;
        let maintenance = if *maintenance_counts {
            COUNTED
        } else {
            EXCLUDED
        };
        write!(
            f,
            "each month in {zone}; outages from {minutes}m; partial minutes {partial_minutes}; \
             maintenance {maintenance}; "
        )?;
        if let Some(down_when) = down_when {
            write!(f, "down when {down_when}; ")?;
        }
        let tiers = tiers.iter().map(Tier::to_string);
        write!(f, "credit {}", tiers.collect::<Vec<_>>().join(", "))
    }
}

impl fmt::Display for Tier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} below {}",
            self.credit.written(),
            self.below.written()
        )
    }
}

impl FromStr for Agreement {
    type Err = BadAgreement;

    fn from_str(text: &str) -> Result<Self, BadAgreement> {
        read(text).ok_or_else(|| BadAgreement(text.to_owned()))
    }
}

const MINUTE: Millis = Millis::from_secs(60);
const COUNTED: &str = "counted";
const EXCLUDED: &str = "excluded";

fn read(text: &str) -> Option<Agreement> {
    let mut clauses = text.split("; ");
    let zone = clauses
        .next()?
        .strip_prefix("each month in ")?
        .parse()
        .ok()?;
    let minutes = clauses.next()?.strip_prefix("outages from ")?;
    let minutes: u32 = minutes.strip_suffix('m')?.parse().ok()?;
    let partial_minutes = clauses.next()?.strip_prefix("partial minutes ")?;
    let maintenance_counts = match clauses.next()?.strip_prefix("maintenance ")? {
        COUNTED => true,
        EXCLUDED => false,
        _ => return None,
    };
    let mut last = clauses.next()?;
    let mut down_when = None;
    if let Some(policy) = last.strip_prefix("down when ") {
        down_when = Some(policy.parse().ok()?);
        last = clauses.next()?;
    }
    let tiers = last.strip_prefix("credit ")?.split(", ").map(|tier| {
        let (credit, below) = tier.split_once(" below ")?;
        Some(Tier {
            below: below.parse().ok()?,
            credit: credit.parse().ok()?,
        })
    });
    let tiers = tiers.collect::<Option<Vec<_>>>()?;
    (clauses.next().is_none() && Agreement::are_tiers(&tiers)).then_some(Agreement {
        zone,
        outage_min: Millis(i64::from(minutes) * MINUTE.0),
        partial_minutes: partial_minutes.parse().ok()?,
        maintenance_counts,
        down_when,
        tiers,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agreement_reads_back_as_it_shows() {
        for text in [
            EXAMPLE,
            "each month in Europe/Berlin; outages from 0m; partial minutes dropped; maintenance \
             counted; down when 50%; credit 100% below 100%",
        ] {
            let agreement: Agreement = text.parse().unwrap();
            assert_eq!(agreement.to_string(), text);
        }
        let right = "each month in UTC; outages from 5m; partial minutes exact; maintenance \
                     excluded; down when all; credit 10% below 99.9%, 25% below 99%";
        assert!(right.parse::<Agreement>().is_ok());
        for (part, wrong) in [
            ("UTC", "Utopia"),
            ("5m", "5s"),
            ("5m", "-5m"),
            ("5m", "5000000000m"),
            ("exact", "rounded"),
            ("excluded", "ignored"),
            ("all", "0"),
            ("10%", "0%"),
            ("10%", "25%"),
            ("10%", "10"),
            ("99%", "99.9%"),
            ("99%", "0%"),
            ("99%", "99%; and more"),
            ("credit 10% below 99.9%, 25% below 99%", "credit "),
            ("; credit 10% below 99.9%, 25% below 99%", ""),
        ] {
            let text = right.replace(part, wrong);
            assert_ne!(text, right);
            assert_eq!(text.parse::<Agreement>(), Err(BadAgreement(text)));
        }
    }
}
