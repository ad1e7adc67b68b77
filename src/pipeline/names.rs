//! The names there are in a project, for who is typing one: from `workbench.toml`, the
//! names of files and the state alone, because it has to be quick. What cannot be read
//! has no names.

use std::collections::BTreeSet;
use std::fs;

use chrono::NaiveDate;

use super::context::Context;
use crate::model::moment::Moment;
use crate::model::run::RunKind;
use crate::model::transform::TransformKind;
use crate::model::wish::Wish;
use crate::state::{RevisionRow, RunRow, State};

/// How many runs are offered: who means an older one knows its number.
const RUNS: u32 = 50;
/// How many steps back from the newest day.
const BACK: u32 = 5;

/// A name, and a few words about it.
type Told = (String, String);

/// The names of a project.
#[derive(Debug, Clone, Default)]
pub struct Names {
    sources: Vec<Told>,
    /// All that have a file, or had one.
    transforms: BTreeSet<(TransformKind, String)>,
    revisions: Vec<RevisionRow>,
    /// Newest first.
    days: Vec<NaiveDate>,
    /// Those of which something was dropped, newest first.
    dropped: Vec<NaiveDate>,
    runs: Vec<RunRow>,
    wishes: Vec<Wish>,
}

impl Names {
    /// Reads them.
    pub(crate) fn of(ctx: &Context) -> Self {
        let sources = ctx.project.sources.iter();
        let mut names = Self {
            sources: sources
                .map(|s| (s.name.to_string(), s.path.clone()))
                .collect(),
            ..Self::default()
        };
        for kind in [
            TransformKind::Staging,
            TransformKind::Features,
            TransformKind::Check,
        ] {
            let folder = ctx.project.root.join("sql").join(kind.folder());
            let files = fs::read_dir(folder).into_iter().flatten().flatten();
            let files = files.filter_map(|f| f.file_name().into_string().ok());
            let stems = files.filter_map(|f| Some(f.strip_suffix(".sql")?.to_owned()));
            let stems = stems.filter(|stem| !stem.starts_with('.'));
            names.transforms.extend(stems.map(|stem| (kind, stem)));
        }
        if let Ok(Some(state)) = State::open_for_reading(&ctx.layout.state()) {
            names.revisions = state.revisions().unwrap_or_default();
            names.runs = state.listed_runs(Some(RUNS)).unwrap_or_default();
            names.wishes = state.wishes().unwrap_or_default();
            let url = ctx.project.target.to_string();
            names.days = state.days(&url).unwrap_or_default();
            names.dropped = state.dropped_days(&url).unwrap_or_default();
        }
        let recorded = names.revisions.iter();
        let recorded: Vec<_> = recorded.map(|r| (r.kind, r.name.to_string())).collect();
        names.transforms.extend(recorded);
        names
    }

    /// The sources, each with the pattern of its files.
    pub fn sources(&self) -> Vec<Told> {
        self.sources.clone()
    }

    /// The datasets.
    pub fn datasets(&self) -> Vec<Told> {
        let all = self.transforms.iter();
        all.filter(|(kind, _)| *kind == TransformKind::Features)
            .map(|(_, name)| (name.clone(), "dataset".to_owned()))
            .collect()
    }

    /// All tables: `features.orders`, `staging.orders`, `raw.orders`.
    pub fn tables(&self) -> Vec<Told> {
        let of = |wanted, what: &'static str| {
            let all = self.transforms.iter();
            let all = all.filter(move |(kind, _)| *kind == wanted);
            all.map(move |(kind, name)| (format!("{}.{name}", kind.folder()), what.to_owned()))
        };
        let raw = self.sources.iter();
        let raw = raw.map(|(name, path)| (format!("raw.{name}"), path.clone()));
        of(TransformKind::Features, "dataset")
            .chain(of(TransformKind::Staging, "staging view"))
            .chain(raw)
            .collect()
    }

    /// All transforms and checks: `features.orders`, `checks.no_orphans`.
    pub fn transforms(&self) -> Vec<Told> {
        let all = self.transforms.iter();
        all.map(|(kind, name)| {
            let what = match kind {
                TransformKind::Features => "dataset",
                TransformKind::Staging => "staging view",
                TransformKind::Check => "check",
            };
            (format!("{}.{name}", kind.folder()), what.to_owned())
        })
        .collect()
    }

    /// The revisions of a transform, newest first: `latest`, then numbers, or how
    /// fingerprints begin.
    pub fn revisions(&self, transform: &str) -> Vec<Told> {
        let plain = transform.replace('-', "_");
        let mut own: Vec<&RevisionRow> = self
            .revisions
            .iter()
            .filter(|r| {
                let name = r.name.as_str();
                name == plain || plain == format!("{}.{name}", r.kind.folder())
            })
            .collect();
        own.reverse();
        let latest = own.first().map(|_| {
            let what = "the one that was last published".to_owned();
            ("latest".to_owned(), what)
        });
        let all = own.into_iter().map(|r| {
            let revision = match r.revision {
                Some(number) => number.to_string(),
                None => r.fingerprint.to_string()[..8].to_owned(),
            };
            (revision, format!("first found by run {}", r.first_run))
        });
        latest.into_iter().chain(all).collect()
    }

    /// Published days, newest first.
    pub fn days(&self) -> Vec<Told> {
        let all = self.days.iter();
        all.map(|day| (day.to_string(), "published".to_owned()))
            .collect()
    }

    /// Days that a snapshot can be put back of: those of which one was dropped, then
    /// the others.
    pub fn past_days(&self) -> Vec<Told> {
        let dropped = self.dropped.iter();
        let dropped = dropped.map(|day| (day.to_string(), "dropped".to_owned()));
        let others = self.days().into_iter();
        let is_other = |told: &Told| self.dropped.iter().all(|day| told.0 != day.to_string());
        dropped.chain(others.filter(is_other)).collect()
    }

    /// The newest runs, newest first.
    pub fn runs(&self) -> Vec<Told> {
        self.runs.iter().map(told).collect()
    }

    /// Those of them that published something, or took it out.
    pub fn published_runs(&self) -> Vec<Told> {
        let all = self.runs.iter();
        all.filter(|run| run.target_seq.is_some())
            .map(told)
            .collect()
    }

    /// Runs as which a day can be put back: those that published that day, if any are
    /// among the newest.
    pub fn past_runs(&self, day: Option<NaiveDate>) -> Vec<Told> {
        let all = self.runs.iter();
        let all = all.filter(|run| run.target_seq.is_some() && run.kind != RunKind::Drop);
        let (of_the_day, others): (Vec<_>, Vec<_>) =
            all.partition(|run| day.is_none_or(|day| run.ingest_date == day));
        let meant = if of_the_day.is_empty() {
            others
        } else {
            of_the_day
        };
        meant.into_iter().map(told).collect()
    }

    /// Moments: `latest` and before it, days, runs.
    pub fn moments(&self) -> Vec<Told> {
        let latest = self.days.iter().zip(0..=BACK).map(|(day, back)| {
            let moment = Moment::Latest { back };
            (moment.to_string(), day.to_string())
        });
        latest
            .chain(self.days())
            .chain(self.published_runs())
            .collect()
    }

    /// What is asked for and not carried out, by how its id begins.
    pub fn wishes(&self) -> Vec<Told> {
        let all = self.wishes.iter();
        all.map(|wish| (wish.short_id().to_owned(), wish.typed()))
            .collect()
    }
}

fn told(run: &RunRow) -> Told {
    let what = match run.kind {
        RunKind::Export => format!("run of {}, {}", run.ingest_date, run.status),
        kind => format!("{kind} of {}, {}", run.ingest_date, run.status),
    };
    (run.number.to_string(), what)
}
