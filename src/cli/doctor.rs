//! `workbench doctor`.

use super::args::{Doctor, Global, ListFormat, ProgressArg};
use super::{fail, listing, pager, progress, surroundings};
use crate::pipeline::doctor::{DoctorRequest, Verdict};
use crate::report::doctor;
use crate::report::failure::Exit;
use crate::workbench;

/// Runs it and says how it ended.
pub fn run(global: &Global, command: &Doctor) -> Exit {
    let (sink, done) = progress::wanted(ProgressArg::Auto, global);
    let request = DoctorRequest {
        deep: command.deep,
        fix: command.fix,
    };
    let examined = surroundings::remains(global)
        .and_then(|root| workbench::doctor(&root, request, surroundings::all(sink)));
    done();
    let examined = match examined {
        Ok(examined) => examined,
        Err(error) => return fail(global, &error, command.format.of_errors()),
    };
    // Whoever wants to hear of errors only hears of what is wrong.
    let all = !global.quiet || command.format != ListFormat::Table;
    let text = listing::told(
        command.format,
        &doctor::listing(&examined),
        || doctor::json(&examined),
        |width| doctor::text(&examined, all, width),
    );
    pager::show(global, command.format, &text);
    match examined.verdict() {
        Verdict::Error => Exit::Failed,
        Verdict::Ok | Verdict::Skipped | Verdict::Warning => Exit::Done,
    }
}
