//! Wishes: which are still to be carried out, and what one comes to, in words.

use super::error::count;
use crate::model::ledger::Ledger;
use crate::model::plan::SourcePlan;
use crate::model::wish::{Granted, Left, LeftFile, Verb, Wish};

/// How many paths a sentence names.
const SHOWN: usize = 10;

/// The wishes that the ledger does not have.
pub fn pending(wishes: Vec<Wish>, ledger: &Ledger) -> Vec<Wish> {
    let done = |wish: &Wish| ledger.has_wish(&wish.id);
    wishes.into_iter().filter(|w| !done(w)).collect()
}

/// What a run has to say of wishes and of held files.
pub fn notes(sources: &[SourcePlan]) -> impl Iterator<Item = String> {
    sources.iter().flat_map(|source| {
        let wishes = source.wishes.iter().map(|granted| {
            format!(
                "wish {} (`{}`): {}",
                granted.wish.short_id(),
                granted.wish.typed(),
                told(granted)
            )
        });
        let held = (!source.held.is_empty()).then(|| {
            format!(
                "source `{}`: {} held, and left as {}: {}",
                source.name,
                are(source.held.len()),
                if source.held.len() == 1 {
                    "it is"
                } else {
                    "they are"
                },
                paths(&source.held)
            )
        });
        wishes.chain(held).collect::<Vec<_>>()
    })
}

/// What is said of wishes that this run does not carry out.
pub fn waiting<'a>(
    wishes: &'a [Wish],
    sources: &'a [SourcePlan],
) -> impl Iterator<Item = String> + 'a {
    let taken = |wish: &Wish| sources.iter().any(|s| s.name == wish.source);
    wishes.iter().filter(move |w| !taken(w)).map(|wish| {
        format!(
            "wish {} (`{}`) waits for a run that loads source `{}`",
            wish.short_id(),
            wish.typed(),
            wish.source
        )
    })
}

/// What becomes of a wish, as a sentence fragment.
pub fn told(granted: &Granted) -> String {
    let files = granted.files.as_slice();
    let mut text = match &granted.wish.verb {
        Verb::Reset { .. } | Verb::Rewind { .. } if files.is_empty() => {
            "no file is taken again".to_owned()
        }
        Verb::Reset { .. } | Verb::Rewind { .. } => {
            format!("{} taken again: {}", are(files.len()), paths(files))
        }
        Verb::SetAsProcessed { .. } if files.is_empty() => {
            "no file that matches lies there and was not taken".to_owned()
        }
        Verb::SetAsProcessed { .. } => format!(
            "{} as taken, and no row is loaded: {}",
            counts(files.len()),
            paths(files)
        ),
        Verb::Hold { .. } if files.is_empty() => {
            "no file matches now; what comes and matches is left alone".to_owned()
        }
        Verb::Hold { .. } => format!(
            "{} left as {}: {}",
            are(files.len()),
            if files.len() == 1 {
                "it is"
            } else {
                "they are"
            },
            paths(files)
        ),
        Verb::Replay if files.is_empty() => "nothing of it is in the quarantine".to_owned(),
        Verb::Replay => format!(
            "what {} left in the quarantine is tried again: {}",
            count(files.len() as u64, "file"),
            paths(files)
        ),
        Verb::Release { .. } if files.is_empty() => "no file matches now".to_owned(),
        Verb::Release { .. } => format!("{} held no longer: {}", are(files.len()), paths(files)),
    };
    let mut left = granted.left.iter();
    for LeftFile { path, why } in left.by_ref().take(SHOWN) {
        text += &format!("; `{path}` stays as it was taken: {}", because(why));
    }
    let more = left.count() as u64;
    if more > 0 {
        text += &format!("; and {} more", count(more, "file"));
    }
    text
}

fn because(why: &Left) -> String {
    match why {
        Left::Gone => "it is gone".to_owned(),
        Left::Held => "it is held".to_owned(),
        Left::Before { gone } => {
            format!("`{gone}`, which came after it, is gone, so its rows could not be put in order")
        }
    }
}

fn are(n: usize) -> String {
    let verb = if n == 1 { "is" } else { "are" };
    format!("{} {verb}", count(n as u64, "file"))
}

fn counts(n: usize) -> String {
    let verb = if n == 1 { "counts" } else { "count" };
    format!("{} {verb}", count(n as u64, "file"))
}

fn paths(paths: &[String]) -> String {
    let shown = paths.iter().take(SHOWN).map(|p| format!("`{p}`"));
    let mut text = shown.collect::<Vec<_>>().join(", ");
    if paths.len() > SHOWN {
        text += &format!(" and {} more", paths.len() - SHOWN);
    }
    text
}
