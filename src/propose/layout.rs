//! Where the table begins in a file, what its columns are called, and which lines
//! are comments.

use super::cell::Kind;
use super::dialect::Guess;
use super::header::{self, Verdict};
use super::header_names::Named;
use super::sample::Sample;
use super::split;

/// Rows that are looked at.
const ROWS: usize = 4000;
/// Characters that comments begin with, and how many such lines it takes.
const COMMENTS: [(u8, usize); 3] = [(b'#', 1), (b'%', 2), (b'!', 2)];
/// Lines in front of a table that are looked for one.
const PREAMBLE: usize = 200;
/// Lines that are told of what is passed over.
const SHOWN: usize = 3;

/// A row of the sample.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    pub line: u32,
    pub texts: Vec<String>,
    pub kinds: Vec<Kind>,
    pub raw: String,
    pub flawed: bool,
}

/// How a file is laid out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// Lines in front of the header, or of the first row where that names none.
    pub skip: u32,
    /// Whether the program can read the column names from the file itself.
    pub header: bool,
    pub comment: Option<u8>,
    /// As raw tables have them: all different.
    pub columns: Vec<String>,
    /// As the file has them; empty where it has none.
    pub written: Vec<String>,
    /// What whoever reads the proposal should know.
    pub notes: Vec<String>,
}

/// Lays out a sample that is read as `guess` says.
pub fn layout(sample: &Sample, guess: &Guess) -> Layout {
    let mut rows = seen(sample, guess);
    let mut notes = Vec::new();
    let comment = comment(&rows, guess.width);
    if let Some(comment) = comment {
        rows.retain(|row| row.raw.as_bytes()[0] != comment);
    }
    let mut start = body(&rows, guess.width);
    let mut head = Vec::new();
    if let Some(above) = start.checked_sub(1) {
        // A header whose rows all have a delimiter more at their ends, or less.
        let row = &rows[above];
        let near = row.texts.len().abs_diff(guess.width) <= 1;
        if guess.width > 2 && near && !row.flawed && header::is_header_like(row, &rows[start..]) {
            start = above;
        }
    }
    let verdict = header::judge(&rows[start..], guess.width);
    if verdict != Verdict::None {
        head = rows[start..]
            .iter()
            .take(1 + header::more_rows(&rows[start..], guess.width))
            .collect();
    }
    if start > 0 {
        notes.push(passed_over(&rows[..start]));
    }
    let first = rows.get(start).map_or(1, |row| row.line);
    let after = rows.get(start + head.len());
    match verdict {
        Verdict::None => {
            notes.push(
                "no header was found: its columns have numbers; give them their names, in this order"
                    .to_owned(),
            );
            Layout {
                skip: if start > 0 || guess.width == 1 {
                    first - 1
                } else {
                    0
                },
                header: false,
                comment,
                columns: (1..=guess.width).map(|at| format!("column_{at}")).collect(),
                written: Vec::new(),
                notes,
            }
        }
        Verdict::Sure | Verdict::Unsure => {
            if verdict == Verdict::Unsure {
                notes.push(
                    "its first row was taken for a header, though it is much like the others; if it \
                     is data, write `header = false` and name the columns"
                        .to_owned(),
                );
            }
            let named = Named::of(&head, &rows[start + head.len()..], guess.width, &mut notes);
            let line = match after {
                Some(row) => row.line,
                None => head.last().map_or(1, |row| row.line + 1 + lines(&row.raw)),
            };
            let skip = match named.as_written {
                // Comments and empty lines are passed over anyway.
                true if start == 0 && head.len() == 1 => 0,
                true => head[head.len() - 1].line - 1,
                false => line - 1,
            };
            Layout {
                skip,
                header: named.as_written,
                comment,
                columns: named.columns,
                written: named.written,
                notes,
            }
        }
    }
}

fn lines(raw: &str) -> u32 {
    raw.matches('\n').count() as u32
}

/// The first rows of a sample, and those of its pieces.
fn seen(sample: &Sample, guess: &Guess) -> Vec<Seen> {
    let mut all = Vec::new();
    let texts = std::iter::once((&sample.head, ROWS))
        .chain(sample.pieces.iter().map(|piece| (piece, ROWS / 40)));
    for (at, (text, most)) in texts.enumerate() {
        let is_cut = at > 0 || sample.is_cut;
        let mut taken = 0;
        split::rows(text, &guess.form, |row| {
            if row.is_last && is_cut {
                return false;
            }
            let texts = row.cells.iter().map(|cell| {
                let text = String::from_utf8_lossy(cell.text);
                match guess.form.quote {
                    Some(quote) if cell.quoted => {
                        let quote = char::from(quote).to_string();
                        text.replace(&quote.repeat(2), &quote)
                    }
                    _ => text.into_owned(),
                }
            });
            all.push(Seen {
                line: row.line,
                texts: texts.collect(),
                kinds: row.cells.iter().map(|cell| Kind::of(cell.text)).collect(),
                raw: String::from_utf8_lossy(row.raw).into_owned(),
                flawed: row.flawed,
            });
            taken += 1;
            taken < most
        });
    }
    all
}

/// A character that some rows begin with, none of which is like the others.
fn comment(rows: &[Seen], width: usize) -> Option<u8> {
    if width == 1 {
        return None;
    }
    COMMENTS.iter().find_map(|(byte, least)| {
        let is_comment = |row: &&Seen| row.raw.as_bytes()[0] == *byte;
        let found = rows.iter().filter(is_comment).count();
        let like_others = |row: &Seen| row.texts.len() == width && !row.flawed;
        let differ = !rows.iter().filter(is_comment).any(like_others);
        (found >= *least && differ).then_some(*byte)
    })
}

/// The first row that the table is made of.
fn body(rows: &[Seen], width: usize) -> usize {
    let fits = |row: &Seen| row.texts.len() == width && !row.flawed;
    let start = (0..rows.len().min(PREAMBLE)).find(|at| {
        let next = &rows[*at..rows.len().min(at + 6)];
        // Most of the next rows, and one of the next three.
        fits(&rows[*at])
            && next.iter().filter(|row| fits(row)).count() * 2 > next.len()
            && (next.len() < 2 || next[1..next.len().min(4)].iter().any(fits))
    });
    let mut start = start.unwrap_or(0);
    // What spreadsheets write in front of a table has as many cells, all but one
    // or two of them empty.
    let filled = |row: &Seen| row.texts.iter().filter(|t| !t.trim().is_empty()).count();
    if width >= 4 {
        let usual = rows[start..].iter().map(filled).max().unwrap_or(0);
        while start + 1 < rows.len() && filled(&rows[start]) * 3 < usual {
            let more_follow = rows[start + 1..]
                .iter()
                .take(5)
                .any(|row| filled(row) * 3 >= usual * 2);
            if !more_follow || rows[start].kinds.iter().any(|k| k.is_typed()) {
                break;
            }
            start += 1;
        }
    }
    start
}

fn passed_over(rows: &[Seen]) -> String {
    let shown: Vec<String> = rows.iter().take(SHOWN).map(|row| short(&row.raw)).collect();
    let more = rows.len().saturating_sub(SHOWN);
    let more = if more > 0 {
        format!(" … and {more} more")
    } else {
        String::new()
    };
    let (these, are) = if rows.len() == 1 {
        ("this line", "is")
    } else {
        ("these lines", "are")
    };
    format!(
        "{these} above the table {are} passed over (`skip`): {}{more}",
        shown.join(" / ")
    )
}

/// A piece of the user's text for a comment: one line, not long.
pub(super) fn short(text: &str) -> String {
    const LONGEST: usize = 60;
    let mut out: String = text
        .chars()
        .take(LONGEST)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    if text.chars().count() > LONGEST {
        out.push('…');
    }
    format!("`{}`", out.replace('`', "'"))
}

#[cfg(test)]
mod tests {
    use super::super::dialect::guess;
    use super::*;

    fn lay(text: &str) -> Layout {
        let sample = Sample::of(text.as_bytes()).unwrap();
        layout(&sample, &guess(&sample))
    }

    #[track_caller]
    fn is(text: &str, skip: u32, header: bool, columns: &str) {
        let found = lay(text);
        let found = (found.skip, found.header, found.columns.join(" "));
        assert_eq!(found, (skip, header, columns.to_owned()), "{text}");
    }

    #[test]
    fn tables_are_found() {
        is("id,name\n1,Ann\n2,Bob\n", 0, true, "id name");
        is("1,Ann\n2,Bob\n3,Cy\n", 0, false, "column_1 column_2");
        is(
            "Report\n\nid,name,n\n1,Ann,1\n2,Bob,2\n",
            2,
            true,
            "id name n",
        );
        is(
            "# by me\nid,name\n1,Ann\n# half\n2,Bob\n",
            0,
            true,
            "id name",
        );
        is(
            "Report,,,\nof today,,,\nid,name,x,y\n1,Ann,2,3\n2,Bob,3,4\n",
            2,
            true,
            "id name x y",
        );
        is(
            "name,town\nAnn,Rome\nBob,Oslo\nCy,Rome\n",
            0,
            true,
            "name town",
        );
        is(
            "country,2001,2002,2003\nIT,5,6,7\nNO,7,8,9\n",
            0,
            true,
            "country 2001 2002 2003",
        );
        is("\"a\nb\",c\n1,2\n3,4\n", 0, true, "a_b c");
        is("id,name\n", 0, true, "id name");
    }

    #[test]
    fn names_that_cannot_be_are_replaced() {
        is("id,Name,name\n1,a,b\n2,c,d\n", 1, false, "id name name_3");
        is("id,,n\n1,a,5\n2,c,6\n", 1, false, "id column_2 n");
        is("id,n,,\n1,a,,\n2,b,,\n", 0, true, "id n");
        is("id,n,\n1,a,7\n2,b,8\n", 1, false, "id n column_3");
        is("id,rowid\n1,2\n3,4\n", 1, false, "id column_2");
        is(
            "id,a,n\n1,2,3,\n2,3,4,\n3,4,5,\n",
            1,
            false,
            "id a n column_4",
        );
        is(
            "day,sales,,costs,\n,net,tax,net,tax\n1/1/2020,1,2,3,4\n2/1/2020,3,4,5,6\n",
            2,
            false,
            "day sales_net sales_tax costs_net costs_tax",
        );
        is(
            "id,size,weight\nno,cm,kg\n1,5,6\n2,6,7\n",
            2,
            false,
            "id size weight",
        );
    }
}
