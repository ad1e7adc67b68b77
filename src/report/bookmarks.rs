//! What bookmarks tell: what was taken, and what is asked for.

use serde_json::{Value, json};

use super::listing::{self, Cell, number, text};
use super::plan::describe;
use super::words::{bytes, count, grouped};
use crate::model::bookmarks::{Bookmark, Standing};
use crate::model::wish::Wish;
use crate::pipeline::bookmarks::{Asked, FileStory, Listing, Next};
use crate::pipeline::wishes::told;

/// All sources as JSON.
pub fn json_list(listing: &Listing) -> Value {
    let sources = listing.sources.iter().map(|s| {
        json!({
            "source": s.name,
            "live": s.live,
            "waiting": s.waiting,
            "held": s.held,
            "processed": s.processed,
            "gone": s.gone,
            "rows": s.rows,
            "last_run": s.last_run,
            "holds": s.holds,
            "trouble": s.trouble,
        })
    });
    json!({
        "sources": sources.collect::<Vec<_>>(),
        "wishes": listing.wishes.iter().map(json_wish).collect::<Vec<_>>(),
    })
}

/// A wish as JSON.
pub fn json_wish(wish: &Wish) -> Value {
    let mut value = serde_json::to_value(wish).unwrap_or_default();
    value["typed"] = json!(wish.typed());
    value
}

/// All sources.
pub fn listing(listing: &Listing) -> listing::Listing {
    let some = |n: u64| Cell::shown(n, grouped(n));
    let maybe = |n: Option<u64>| n.map_or(Cell::none("?"), some);
    let mut all = listing::Listing::new([
        text("source", "source"),
        number("live", "live"),
        number("waiting", "waiting"),
        number("held", "held"),
        number("processed", "processed"),
        number("gone", "gone"),
        number("rows", "rows taken"),
        number("last_run", "last run"),
    ]);
    all.rows.extend(listing.sources.iter().map(|s| {
        vec![
            Cell::plain(&s.name),
            some(s.live),
            maybe(s.waiting),
            maybe(s.held),
            some(s.processed),
            maybe(s.gone),
            some(s.rows),
            Cell::maybe(s.last_run),
        ]
    }));
    all
}

/// All sources for people.
pub fn text_list(listing: &Listing, width: Option<u16>) -> String {
    let mut out = self::listing(listing).table(width);
    for source in &listing.sources {
        if !source.holds.is_empty() {
            let holds = source.holds.join("`, `");
            out += &format!("\nHeld in source `{}`: `{holds}`.\n", source.name);
        }
        if let Some(trouble) = &source.trouble {
            out += &format!(
                "\nThe next run refuses source `{}`: {trouble}\n",
                source.name
            );
        }
    }
    if !listing.wishes.is_empty() {
        out += "\nFor the next export or load:\n";
    }
    for wish in &listing.wishes {
        out += &format!(
            "  {}  {}  (asked {} UTC)\n",
            wish.short_id(),
            wish.typed(),
            wish.asked.format("%Y-%m-%d %H:%M")
        );
    }
    out
}

/// What a verb came to, as JSON.
pub fn json_asked(asked: &Asked) -> Value {
    let granted = asked.granted.as_ref();
    json!({
        "wish": json_wish(&asked.wish),
        "files": granted.map(|g| &g.files),
        "left": granted.map(|g| &g.left),
    })
}

/// What a verb came to, for people.
pub fn text_asked(asked: &Asked) -> String {
    let id = asked.wish.short_id();
    let does = match &asked.granted {
        Some(granted) => told(granted),
        None => format!(
            "nothing before the definition of source `{}` is settled",
            asked.wish.source
        ),
    };
    format!(
        "Wish {id} is written down: `{}`.\nThe next export or load carries it out: {does}.\n\
         `workbench bookmarks cancel {id}` withdraws it.\n",
        asked.wish.typed()
    )
}

/// A path's story as JSON.
pub fn json_stories(stories: &[FileStory]) -> Value {
    let taken = |b: &Bookmark| {
        json!({
            "standing": word(b.standing),
            "number": b.file.number,
            "paths": b.file.paths,
            "blake3": b.file.blake3,
            "run": b.file.run,
            "day": b.file.day,
            "place": b.file.place,
            "rows": b.file.rows,
        })
    };
    let story = |s: &FileStory| {
        let (action, reason) = next(&s.next);
        json!({
            "source": s.source,
            "there": s.shown.as_ref().map(|f| json!({
                "blake3": f.blake3, "bytes": f.stat.size, "records": f.records,
            })),
            "taken": s.taken.iter().map(taken).collect::<Vec<_>>(),
            "held_by": s.held_by,
            "next": {"action": action, "reason": reason},
        })
    };
    Value::Array(stories.iter().map(story).collect())
}

/// A path's story for people.
pub fn text_stories(stories: &[FileStory]) -> String {
    let mut out = String::new();
    for story in stories {
        if !out.is_empty() {
            out.push('\n');
        }
        out += &format!("`{}` in source `{}`\n\n", story.path, story.source);
        out += &match &story.shown {
            Some(file) => format!(
                "there now  {}, {}, BLAKE3 {}\n",
                count(file.records, "record"),
                bytes(file.stat.size),
                file.blake3
            ),
            None => "there now  nothing\n".to_owned(),
        };
        for bookmark in &story.taken {
            out += &taken(bookmark);
        }
        if story.taken.is_empty() {
            out += "taken      never\n";
        }
        for glob in &story.held_by {
            out += &format!("held       by `{glob}`\n");
        }
        let (action, reason) = next(&story.next);
        out += &format!("next run   {action}: {reason}\n");
    }
    out
}

fn taken(bookmark: &Bookmark) -> String {
    let file = &bookmark.file;
    format!(
        "taken      by run {} of {} as input file {}, at place {}: {}\n           \
         {} read: {} added, {} repeated, {} superseded, {} quarantined; BLAKE3 {}\n           \
         carried by `{}`\n",
        file.run,
        file.day,
        file.number,
        file.place,
        meaning(bookmark.standing),
        count(file.rows.read, "record"),
        grouped(file.rows.added),
        grouped(file.rows.repeated),
        grouped(file.rows.superseded),
        grouped(file.rows.quarantined),
        file.blake3,
        file.paths.join("`, `"),
    )
}

fn word(standing: Standing) -> &'static str {
    match standing {
        Standing::Live => "live",
        Standing::Retracted => "retracted",
        Standing::Replaced => "replaced",
        Standing::Reset => "reset",
        Standing::Processed => "processed",
    }
}

fn meaning(standing: Standing) -> &'static str {
    match standing {
        Standing::Live => "its rows count",
        Standing::Retracted => "its rows were retracted",
        Standing::Replaced => "another content took its place",
        Standing::Reset => "its rows were let go, and it is taken again where it turns up",
        Standing::Processed => "it counts as taken, and was not loaded",
    }
}

fn next(next: &Next) -> (&'static str, String) {
    match next {
        Next::Step(step) => {
            let (action, path, reason) = describe(step, &[]);
            (action, format!("`{path}`, {reason}"))
        }
        Next::Unchanged => ("unchanged", "it is as it was taken".to_owned()),
        Next::Held => ("held", "it is left as it is".to_owned()),
        Next::Nothing => (
            "nothing",
            "it is not there, and nothing of it is to be done".to_owned(),
        ),
        Next::Refused(why) => ("refused", why.clone()),
    }
}
