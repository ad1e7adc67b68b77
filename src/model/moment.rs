//! Moments in the life of snapshots, as people name them.

use std::fmt;
use std::str::FromStr;

use chrono::{Days, Months, NaiveDate};

use super::run::RunNumber;

/// Which snapshot is meant: `latest`, `latest~1`, `2024-11-03`, `2024-11` for the end
/// of a month, `-30d`, `-2w`, or the number of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Moment {
    /// The newest snapshot, or so many before it.
    Latest { back: u32 },
    /// The snapshot of this day, or the last before it.
    Day(NaiveDate),
    /// As of so many days before the newest snapshot.
    DaysBack(u32),
    /// What stood at the target when this run had published.
    Run(RunNumber),
}

/// Why a text names no moment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no moment: write a day (2024-11-03), a month (2024-11, as of its end), the number of a \
     run, `latest`, `latest~1` for the one before it, or `-30d` or `-2w` before the newest"
)]
pub struct NoMoment(pub String);

impl FromStr for Moment {
    type Err = NoMoment;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refused = || NoMoment(text.to_owned());
        if let Some(back) = text.strip_prefix("latest") {
            return match back.strip_prefix('~') {
                None if back.is_empty() => Ok(Self::Latest { back: 0 }),
                None => Err(refused()),
                Some(n) => number(n)
                    .map(|back| Self::Latest { back })
                    .ok_or_else(refused),
            };
        }
        if let Some(back) = text.strip_prefix('-') {
            let weeks = back.strip_suffix('w').and_then(number::<u32>);
            let weeks = weeks.and_then(|weeks| weeks.checked_mul(7));
            let days = back.strip_suffix('d').and_then(number).or(weeks);
            return days.map(Self::DaysBack).ok_or_else(refused);
        }
        if let Some(run) = number(text) {
            return Ok(Self::Run(run));
        }
        if let Some(end) = end_of_month(text) {
            return Ok(Self::Day(end));
        }
        // Chrono takes `2024-1-3` too, which would sort elsewhere.
        let day = text.parse::<NaiveDate>().ok();
        day.filter(|day| day.to_string() == text)
            .map(Self::Day)
            .ok_or_else(refused)
    }
}

/// The last day of a month that is written `2024-11`.
fn end_of_month(text: &str) -> Option<NaiveDate> {
    let first = format!("{text}-01").parse::<NaiveDate>().ok()?;
    let is_month = first.format("%Y-%m").to_string() == text;
    let next = first
        .checked_add_months(Months::new(1))
        .filter(|_| is_month);
    next?.checked_sub_days(Days::new(1))
}

/// Digits only: no sign, no blank.
fn number<N: FromStr>(text: &str) -> Option<N> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Latest { back: 0 } => f.pad("latest"),
            Self::Latest { back } => write!(f, "latest~{back}"),
            Self::Day(day) => write!(f, "{day}"),
            Self::DaysBack(days) => write!(f, "-{days}d"),
            Self::Run(run) => write!(f, "{run}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_as_they_are_written() {
        for text in ["latest", "latest~1", "2024-11-03", "-30d", "12"] {
            let moment: Moment = text.parse().unwrap();
            assert_eq!(moment.to_string(), text);
        }
    }

    #[test]
    fn months_end_and_weeks_have_seven_days() {
        for (text, moment) in [
            ("2024-02", "2024-02-29"),
            ("2023-12", "2023-12-31"),
            ("-2w", "-14d"),
        ] {
            assert_eq!(text.parse::<Moment>().unwrap().to_string(), moment);
        }
    }

    #[test]
    fn what_is_no_moment_is_refused() {
        for text in [
            "",
            "newest",
            "latest~",
            "latest-1",
            "2024-13-01",
            "2024-13",
            "2024-1",
            "-9999999999w",
            "2024-1-3",
            "03/11/2024",
            "-30",
            "-d",
            "+3",
            "1e3",
            "99999999999999999999",
            "latest~-1",
        ] {
            assert_eq!(text.parse::<Moment>(), Err(NoMoment(text.to_owned())));
        }
    }
}
