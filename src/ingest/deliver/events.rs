//! What the ledger is told about steps.

use chrono::NaiveDate;

use crate::model::input_file::{InputFile, Place, RowCounts, ScannedFile};
use crate::model::ledger::Event;
use crate::model::plan::FileStep;
use crate::model::run::RunNumber;
use crate::model::source::SourceDefinition;

/// The events that the ledger gets for these steps, if every record is taken.
pub fn expected_events(
    source: &SourceDefinition,
    steps: &[FileStep],
    run: RunNumber,
    day: NaiveDate,
) -> Vec<Event> {
    let name = || source.name.clone();
    let input_file = |number: u64, place: Place, file: &ScannedFile| {
        let rows = RowCounts {
            read: file.records,
            added: file.records,
            ..RowCounts::default()
        };
        input_file(source, (number, place, file), (run, day), rows)
    };
    let event = |step: &FileStep| match step {
        FileStep::Take {
            number,
            place,
            file,
        } => Some(Event::Taken {
            source: name(),
            file: input_file(*number, *place, file),
        }),
        FileStep::Rewrite {
            number,
            replaces,
            file,
        } => Some(Event::Rewritten {
            source: name(),
            replaces: replaces.number,
            file: input_file(*number, replaces.place, file),
        }),
        other => event_of(source, other),
    };
    steps.iter().filter_map(event).collect()
}

/// An input file as a run takes it: its number, place and content; the run and
/// its day; what became of its records.
pub fn input_file(
    source: &SourceDefinition,
    (number, place, file): (u64, Place, &ScannedFile),
    (run, day): (RunNumber, NaiveDate),
    rows: RowCounts,
) -> InputFile {
    InputFile {
        number,
        blake3: file.blake3,
        size: file.stat.size,
        place,
        paths: vec![file.path.clone()],
        run,
        day,
        rows,
        definition: source.fingerprint(),
    }
}

/// The event of a step that reads no file; None if nothing is to be told.
pub fn event_of(source: &SourceDefinition, step: &FileStep) -> Option<Event> {
    match step {
        FileStep::Retract { file } => Some(Event::Retracted {
            source: source.name.clone(),
            number: file.number,
        }),
        _ => moved(source, step),
    }
}

/// The event of a step that only changes which paths carry a content.
fn moved(source: &SourceDefinition, step: &FileStep) -> Option<Event> {
    let (number, paths) = match step {
        FileStep::Rename { file, paths } | FileStep::FewerPaths { file, paths } => {
            (file.number, paths)
        }
        FileStep::Duplicate { number, paths, .. } => (*number, paths),
        _ => return None,
    };
    Some(Event::Renamed {
        source: source.name.clone(),
        number,
        paths: paths.clone(),
    })
}
