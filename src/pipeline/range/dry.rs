//! What an export of days in a row would do. Nothing is written.

use std::collections::BTreeSet;
use std::time::Instant;

use chrono::NaiveDate;

use super::{Day, Days, Meant, Outcome, RangeRequest, not_tried, reasons};
use crate::model::names::TransformName;
use crate::model::plan::{DatasetAction, Plan};
use crate::model::progress::Progress;
use crate::model::run::Known;
use crate::model::transform::{Schema, Transform, Transforms};
use crate::pipeline::context::Context;
use crate::pipeline::error::RunError;
use crate::pipeline::ground;
use crate::pipeline::plan::selected;
use crate::pipeline::run::{make_plan, read_transforms};
use crate::pipeline::scan;
use crate::pipeline::shapes;
use crate::pipeline::summary;
use crate::state::State;

/// Plans day after day. A day that would be refused is told, and the next one
/// looked at.
pub fn plan(ctx: &Context, request: &RangeRequest) -> Days {
    let began = Instant::now();
    let mut days = Days::new(ctx, request, true);
    days.error = look(ctx, request, &mut days).err();
    days.note_known(ctx, request);
    days.seconds = began.elapsed().as_secs_f64();
    days
}

fn look(ctx: &Context, request: &RangeRequest, told: &mut Days) -> Result<(), RunError> {
    request.days(ctx)?;
    let transforms = read_transforms(ctx)?;
    selected(&transforms, &request.each.only)?;
    let target = request.each.target.as_ref().unwrap_or(&ctx.project.target);
    let ground = ground::look(ctx, target, &transforms, &request.each)?;
    let state = State::open_for_reading(&ctx.layout.state())?;
    let scanned = scan::sources(ctx, state.as_ref(), scan::Wait::No)?;
    let Meant { days, left_out } = request.meant(ctx, &transforms, &ground.published)?;
    told.left_out = left_out as u64;
    let mut before = Before::default();
    let mut bound = BTreeSet::new();
    for (n, date) in days.iter().enumerate() {
        if told.stops_here(ctx, &days[n..]) {
            return Ok(());
        }
        ctx.progress.report(Progress::Day {
            day: *date,
            number: n + 1,
            total: days.len(),
        });
        let began = Instant::now();
        let each = request.of(*date);
        let planned =
            make_plan(ctx, &each, target, &transforms, &ground, &scanned).and_then(|plan| {
                // Days that are alike are not bound again.
                let shape = Shape::of(&transforms, &plan);
                if !bound.contains(&shape) {
                    shapes::check(ctx, &ground, &transforms, &plan)?;
                    bound.insert(shape);
                }
                Ok(before.then(&transforms, plan))
            });
        if let Ok(plan) = &planned {
            if request.leaves_out(plan) {
                told.left_out += 1;
                continue;
            }
            before.is_followed_by(plan);
        }
        told.days.push(Day {
            date: *date,
            seconds: began.elapsed().as_secs_f64(),
            ..as_planned(planned)
        });
    }
    Ok(())
}

fn as_planned(planned: Result<Plan, RunError>) -> Day {
    let nothing = not_tried(NaiveDate::MIN);
    let plan = match planned {
        Ok(plan) => plan,
        Err(error) => {
            return Day {
                outcome: Outcome::NotDone,
                error: Some(error),
                ..nothing
            };
        }
    };
    let published = plan.datasets.iter();
    let datasets = published
        .filter(|d| d.action == DatasetAction::Publish)
        .count() as u64;
    Day {
        outcome: match datasets {
            0 if plan.is_empty() => Outcome::Unchanged,
            0 => Outcome::WouldRecord,
            _ => Outcome::WouldPublish,
        },
        known: summary::known(plan.known),
        datasets,
        because: reasons(&plan),
        ..nothing
    }
}

/// All that the columns of a day's datasets depend on.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Shape {
    /// Files that wait are taken, and may bring columns.
    loads: bool,
    published: Vec<TransformName>,
    /// Set where earlier days are read.
    day: Option<NaiveDate>,
}

impl Shape {
    fn of(transforms: &Transforms, plan: &Plan) -> Self {
        let published = plan.datasets.iter();
        let reads = |t: &Transform| t.reads.iter().any(|r| r.schema == Schema::History);
        Self {
            loads: plan.known == Known::Now,
            published: published
                .filter(|d| d.action == DatasetAction::Publish)
                .map(|d| d.name.clone())
                .collect(),
            day: transforms.all().any(reads).then_some(plan.ingest_date),
        }
    }
}

/// What the days before would have done by the time it is a day's turn.
#[derive(Default)]
struct Before {
    published: BTreeSet<TransformName>,
    /// Files that wait were taken.
    loaded: bool,
}

impl Before {
    /// A plan as it will be when its turn comes.
    fn then(&self, transforms: &Transforms, mut plan: Plan) -> Plan {
        for planned in &mut plan.datasets {
            let Some(dataset) = transforms.feature(planned.name.as_str()) else {
                continue;
            };
            let reads = transforms.reads_of(dataset);
            let reads_them = reads.iter().any(|r| {
                r.schema == Schema::History && self.published.iter().any(|n| n.as_str() == r.name)
            });
            if planned.action == DatasetAction::Unchanged && reads_them {
                planned.action = DatasetAction::Publish;
                planned.reason = "an earlier day that it reads is published before it".to_owned();
            }
        }
        if self.loaded {
            // What waits is taken once.
            plan.sources.clear();
        }
        plan
    }

    fn is_followed_by(&mut self, plan: &Plan) {
        let published = plan.datasets.iter();
        self.published.extend(
            published
                .filter(|d| d.action == DatasetAction::Publish)
                .map(|d| d.name.clone()),
        );
        self.loaded |= plan.known == Known::Now && !plan.is_empty();
    }
}
