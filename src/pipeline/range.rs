//! Days in a row: an ordinary run for each, oldest first, under one pair of locks.
//!
//! Nothing is remembered of the whole. What is left to do is told by what is
//! published, so the same request again, after a stop or a kill, does the rest.

mod days;
mod dry;

use std::sync::Arc;
use std::time::Instant;

use chrono::{Days as Span, NaiveDate};

use super::context::{Context, ExportRequest};
use super::error::RunError;
use super::held::{Found, Held};
use super::journaled::journaled;
use super::log::LogSink;
use super::plan::selected;
use super::run::read_transforms;
use crate::model::names::TransformName;
use crate::model::partition::PartitionId;
use crate::model::plan::{DatasetAction, Plan};
use crate::model::progress::Progress;
use crate::model::transform::Transforms;
use crate::snapshots::Published;

pub use days::{Day, Days, Outcome};
pub use dry::plan;

use days::{done, not_tried};

/// Which days of a range are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Which {
    #[default]
    All,
    /// Days of which a selected dataset has no live partition, by the commits, and
    /// none was dropped.
    Missing,
    /// Days of which something is published, and of which an export would publish
    /// something: from other SQL or other data, or a dataset that is new. None of which
    /// one was dropped.
    Stale,
    /// Days that are missing or stale.
    MissingOrStale,
}

/// What is asked for.
#[derive(Debug, Clone)]
pub struct RangeRequest {
    pub from: NaiveDate,
    /// Inclusive. None: today.
    pub to: Option<NaiveDate>,
    /// Every so many days, from the first on; at least 1.
    pub every: u32,
    pub which: Which,
    /// Go on after a day that was not done.
    pub keep_going: bool,
    /// Each of the runs; its date is not looked at.
    pub each: ExportRequest,
}

impl RangeRequest {
    fn of(&self, day: NaiveDate) -> ExportRequest {
        ExportRequest {
            date: Some(day),
            ..self.each.clone()
        }
    }

    /// The days from the first to the last, whichever are meant.
    fn days(&self, ctx: &Context) -> Result<Vec<NaiveDate>, RunError> {
        let today = ctx.today();
        let (from, to) = (self.from, self.to.unwrap_or(today));
        if from > to {
            return Err(RunError::EmptyRange { from, to });
        }
        if to > today && !self.each.allow_future {
            return Err(RunError::FutureDate { date: to, today });
        }
        let step = Span::new(u64::from(self.every.max(1)));
        let days = std::iter::successors(Some(from), |day| day.checked_add_days(step));
        Ok(days.take_while(|day| *day <= to).collect())
    }

    /// Those that can be told to be left out before anything is planned.
    fn meant(
        &self,
        ctx: &Context,
        transforms: &Transforms,
        published: &Published,
    ) -> Result<Meant, RunError> {
        let selected = selected(transforms, &self.each.only)?;
        let all = self.days(ctx)?;
        let partitions = |day: NaiveDate| {
            let features = transforms.features.iter();
            let wanted = features.filter(|d| selected.contains(&d.name));
            wanted.map(move |d| PartitionId {
                dataset: d.name.clone(),
                version: d.header.version,
                ingest_date: day,
            })
        };
        // What somebody took out comes back only if its day is named.
        let is_dropped =
            |day: &NaiveDate| partitions(*day).any(|id| published.dropped.contains_key(&id));
        let is_missing =
            |day: &NaiveDate| partitions(*day).any(|id| !published.partitions.contains_key(&id));
        let is_published =
            |day: &NaiveDate| partitions(*day).any(|id| published.partitions.contains_key(&id));
        // What has no snapshot cannot be stale.
        let in_all = match self.which {
            Which::Stale => all.iter().filter(|day| is_published(day)).count(),
            _ => all.len(),
        };
        let days: Vec<NaiveDate> = match self.which {
            Which::All => all,
            Which::Stale => all
                .into_iter()
                .filter(|day| is_published(day) && !is_dropped(day))
                .collect(),
            Which::MissingOrStale => all.into_iter().filter(|day| !is_dropped(day)).collect(),
            Which::Missing => all
                .into_iter()
                .filter(|day| is_missing(day) && !is_dropped(day))
                .collect(),
        };
        let left_out = in_all - days.len();
        Ok(Meant { days, left_out })
    }

    /// Whether a planned day is to be left out.
    fn leaves_out(&self, plan: &Plan) -> bool {
        matches!(self.which, Which::Stale | Which::MissingOrStale)
            && plan
                .datasets
                .iter()
                .all(|d| d.action != DatasetAction::Publish)
    }
}

struct Meant {
    days: Vec<NaiveDate>,
    left_out: usize,
}

/// Exports day after day. Whatever happened is told day by day.
pub fn export(ctx: &Context, request: &RangeRequest) -> Days {
    let began = Instant::now();
    let mut days = Days::new(ctx, request, false);
    let log = Arc::new(LogSink::open(ctx, ctx.progress.clone()));
    let ctx = Context {
        progress: log.clone(),
        ..ctx.clone()
    };
    let range = Range {
        ctx: &ctx,
        request,
        log: &log,
    };
    days.error = range.carry_out(&mut days).err();
    days.note_known(&ctx, request);
    days.seconds = began.elapsed().as_secs_f64();
    days
}

struct Range<'a> {
    ctx: &'a Context,
    request: &'a RangeRequest,
    log: &'a Arc<LogSink>,
}

impl Range<'_> {
    fn carry_out(&self, told: &mut Days) -> Result<(), RunError> {
        let Self { ctx, request, .. } = self;
        // What can be told to be wrong is told before anything is locked.
        request.days(ctx)?;
        let transforms = read_transforms(ctx)?;
        selected(&transforms, &request.each.only)?;
        let target = request.each.target.as_ref().unwrap_or(&ctx.project.target);
        let held = Held::take(
            ctx,
            &format!("workbench export --from {}", request.from),
            target,
            transforms,
            &request.each,
        )?;
        let mut first = None;
        let looked = journaled(ctx, "export", None, |ctx, journal| {
            first = Some(held.find(ctx, journal)?);
            Ok(())
        });
        told.recovered = looked.summary.recovered;
        if let Some(error) = looked.error {
            return Err(error);
        }
        let mut found = first;
        let Some(here) = &found else { return Ok(()) };
        let Meant { days, left_out } =
            request.meant(ctx, &held.transforms, &here.ground.published)?;
        told.left_out = left_out as u64;
        for (n, date) in days.iter().enumerate() {
            if told.stops_here(ctx, &days[n..]) {
                return Ok(());
            }
            ctx.progress.report(Progress::Day {
                day: *date,
                number: n + 1,
                total: days.len(),
            });
            match self.one(&held, &mut found, *date) {
                Turn::LeftOut => told.left_out += 1,
                Turn::Done(day) => told.days.push(day),
                Turn::Ended(day) => {
                    told.days.push(day);
                    told.days
                        .extend(days[n + 1..].iter().copied().map(not_tried));
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// One day. What was found before is used, and kept where it still holds.
    fn one(&self, held: &Held, found: &mut Option<Found>, date: NaiveDate) -> Turn {
        let request = self.request.of(date);
        let began = Instant::now();
        let (mut left_out, mut because, mut looked) = (false, String::new(), false);
        let exported = journaled(self.ctx, "export", Some(self.log), |ctx, journal| {
            journal.borrow_mut().begin(ctx, &held.target);
            let here = match found.take() {
                Some(here) => here,
                None => held.find(ctx, journal)?,
            };
            looked = true;
            let plan = match held.plan(ctx, &request, &here) {
                Ok(plan) => plan,
                Err(error) => {
                    *found = Some(here);
                    return Err(error);
                }
            };
            because = reasons(&plan);
            left_out = self.request.leaves_out(&plan);
            *found = if left_out {
                Some(here)
            } else {
                held.carry_out(ctx, &request, journal, here, &plan)?
            };
            Ok(())
        });
        if left_out {
            return Turn::LeftOut;
        }
        let ends = exported.error.as_ref().is_some_and(|error| {
            // Where not even the ground can be looked at, no other day can be done.
            !self.request.keep_going || !looked || error.is_interrupt()
        });
        let day = Day {
            seconds: began.elapsed().as_secs_f64(),
            ..done(date, because, exported.summary, exported.error)
        };
        if ends {
            Turn::Ended(day)
        } else {
            Turn::Done(day)
        }
    }
}

/// How one day of many went.
enum Turn {
    LeftOut,
    Done(Day),
    /// And with it the whole.
    Ended(Day),
}

/// Why a plan publishes, each reason once, with the datasets where they differ.
fn reasons(plan: &Plan) -> String {
    let mut reasons: Vec<(&str, Vec<&TransformName>)> = Vec::new();
    let published = plan.datasets.iter();
    for dataset in published.filter(|d| d.action == DatasetAction::Publish) {
        match reasons.iter_mut().find(|(r, _)| *r == dataset.reason) {
            Some((_, names)) => names.push(&dataset.name),
            None => reasons.push((&dataset.reason, vec![&dataset.name])),
        }
    }
    if let [(reason, _)] = reasons[..] {
        return reason.to_owned();
    }
    let told: Vec<String> = reasons
        .into_iter()
        .map(|(reason, names)| {
            let names: Vec<String> = names.iter().map(|n| format!("`{n}`")).collect();
            format!("{}: {reason}", names.join(", "))
        })
        .collect();
    told.join("; ")
}
