//! An engine that is ready before it is needed: it takes longer to begin than most
//! questions do to be answered.

use std::sync::{Arc, Mutex, MutexGuard};

use crate::browse::answers::Answers;
use crate::browse::forget;
use crate::engine::{EngineError, Session, Settings};
use crate::model::interrupt::Interrupt;
use crate::pipeline::context::Context;

/// At most one engine, in which nothing is shown yet.
#[derive(Clone, Default)]
pub(super) struct Spare(Arc<Mutex<Option<Session>>>);

impl Spare {
    /// The engine that is ready, or one that is begun now; the interrupt of `ctx`
    /// stops it.
    pub fn take(&self, ctx: &Context, folder: Option<&Answers>) -> Result<Session, EngineError> {
        let ready = self.lock().take();
        match ready {
            Some(session) => session.stopped_by(&ctx.interrupt),
            None => fresh(ctx, folder),
        }
    }

    /// Begins one for the next question, on a thread of its own.
    pub fn fill(&self, ctx: &Arc<Context>, folder: Option<Arc<Answers>>) {
        let (own, ctx) = (self.clone(), ctx.clone());
        forget::beside(move || {
            if own.lock().is_some() {
                return;
            }
            let ctx = Context {
                interrupt: Interrupt::default(),
                ..(*ctx).clone()
            };
            // Whoever needs it, and finds none, hears what is wrong.
            if let Ok(session) = fresh(&ctx, folder.as_deref()) {
                *own.lock() = Some(session);
            }
        });
    }

    fn lock(&self) -> MutexGuard<'_, Option<Session>> {
        self.0
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

/// What does not fit into its memory is put where answers are: a project that never
/// ran has no folder for that.
fn fresh(ctx: &Context, folder: Option<&Answers>) -> Result<Session, EngineError> {
    let settings = Settings {
        spill: Some(folder.map_or_else(|| ctx.layout.spill(), Answers::spill)),
        ..ctx.settings()
    };
    Session::in_memory(&settings, &ctx.interrupt)
}
