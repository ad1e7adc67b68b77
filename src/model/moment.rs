//! Moments in the life of snapshots, as people name them.

use std::fmt;
use std::str::FromStr;

use chrono::NaiveDate;

use super::run::RunNumber;

/// Which snapshot is meant: `latest`, `latest~1`, `2024-11-03`, `-30d` or the
/// number of a run.
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
    "`{0}` is no moment: write a day (2024-11-03), the number of a run, `latest`, `latest~1` for \
     the one before it, or `-30d` for 30 days before the newest"
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
        if let Some(days) = text.strip_prefix('-') {
            let days = days.strip_suffix('d').and_then(number);
            return days.map(Self::DaysBack).ok_or_else(refused);
        }
        if let Some(run) = number(text) {
            return Ok(Self::Run(run));
        }
        // Chrono takes `2024-1-3` too, which would sort elsewhere.
        let day = text.parse::<NaiveDate>().ok();
        day.filter(|day| day.to_string() == text)
            .map(Self::Day)
            .ok_or_else(refused)
    }
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
    fn what_is_no_moment_is_refused() {
        for text in [
            "",
            "newest",
            "latest~",
            "latest-1",
            "2024-13-01",
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
