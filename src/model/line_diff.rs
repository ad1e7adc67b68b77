//! The shortest way from one text to another, in whole lines.
//!
//! Myers, "An O(ND) Difference Algorithm and Its Variations" (1986), in its linear
//! space: the middle of a shortest way is found from both ends at once, and what
//! lies before and after it is solved alike.

use std::collections::HashMap;
use std::ops::Range;

/// What becomes of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edit {
    Keep,
    Remove,
    Add,
}

/// One line of either text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line<'t> {
    pub edit: Edit,
    /// With the line end, if it has one.
    pub text: &'t str,
}

/// Lines that changed, and some around them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hunk<'t> {
    /// Which lines of the first text it is about, from 0.
    pub before: Range<usize>,
    /// The same of the second.
    pub after: Range<usize>,
    pub lines: Vec<Line<'t>>,
}

/// All lines of both texts, in order, of which as many are kept as can be. What is
/// removed stands before what is added in its place.
pub fn diff<'t>(before: &'t str, after: &'t str) -> Vec<Line<'t>> {
    let old: Vec<&str> = before.split_inclusive('\n').collect();
    let new: Vec<&str> = after.split_inclusive('\n').collect();
    // Lines are compared often: by number, and not by letters.
    let mut numbers: HashMap<&str, usize> = HashMap::new();
    let mut numbered = |lines: &[&'t str]| -> Vec<usize> {
        let next = |line: &&'t str| {
            let next = numbers.len();
            *numbers.entry(line).or_insert(next)
        };
        lines.iter().map(next).collect()
    };
    let (a, b) = (numbered(&old), numbered(&new));
    let mut edits = Vec::with_capacity(a.len() + b.len());
    edit(&a, &b, &mut edits);

    let (mut old, mut new) = (old.into_iter(), new.into_iter());
    let mut lines: Vec<Line<'t>> = Vec::with_capacity(edits.len());
    for run in edits.chunk_by(|one, next| (*one == Edit::Keep) == (*next == Edit::Keep)) {
        let of = |edit: Edit| run.iter().filter(move |e| **e == edit).count();
        let removed = old.by_ref().take(of(Edit::Remove));
        lines.extend(removed.map(|text| Line {
            edit: Edit::Remove,
            text,
        }));
        let added = new.by_ref().take(of(Edit::Add));
        lines.extend(added.map(|text| Line {
            edit: Edit::Add,
            text,
        }));
        let kept = old.by_ref().zip(new.by_ref()).take(of(Edit::Keep));
        lines.extend(kept.map(|(_, text)| Line {
            edit: Edit::Keep,
            text,
        }));
    }
    lines
}

/// What changed, with `context` lines that did not before and after it.
pub fn hunks<'t>(lines: &[Line<'t>], context: usize) -> Vec<Hunk<'t>> {
    let changed = (0..lines.len()).filter(|&at| lines[at].edit != Edit::Keep);
    let mut spans: Vec<Range<usize>> = Vec::new();
    for at in changed {
        let from = at.saturating_sub(context);
        let to = (at + context + 1).min(lines.len());
        match spans.last_mut() {
            Some(last) if from <= last.end => last.end = to,
            _ => spans.push(from..to),
        }
    }
    let of = |lines: &[Line<'_>], other: Edit| lines.iter().filter(|l| l.edit != other).count();
    spans
        .into_iter()
        .map(|span| {
            let (old, new) = (
                of(&lines[..span.start], Edit::Add),
                of(&lines[..span.start], Edit::Remove),
            );
            let lines = &lines[span];
            Hunk {
                before: old..old + of(lines, Edit::Add),
                after: new..new + of(lines, Edit::Remove),
                lines: lines.to_vec(),
            }
        })
        .collect()
}

fn edit(a: &[usize], b: &[usize], out: &mut Vec<Edit>) {
    let alike = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    out.extend((0..alike).map(|_| Edit::Keep));
    let (a, b) = (&a[alike..], &b[alike..]);
    let alike = a
        .iter()
        .rev()
        .zip(b.iter().rev())
        .take_while(|(x, y)| x == y)
        .count();
    let (a, b) = (&a[..a.len() - alike], &b[..b.len() - alike]);
    if a.is_empty() || b.is_empty() {
        out.extend(a.iter().map(|_| Edit::Remove));
        out.extend(b.iter().map(|_| Edit::Add));
    } else {
        let (x, y) = middle(a, b);
        edit(&a[..x], &b[..y], out);
        edit(&a[x..], &b[y..], out);
    }
    out.extend((0..alike).map(|_| Edit::Keep));
}

/// How far each diagonal was followed from one end. A diagonal is a number of
/// lines removed less the number added.
struct Frontier {
    reached: Vec<isize>,
    /// The place of diagonal 0.
    zero: isize,
}

/// A diagonal that was not come to.
const NOWHERE: isize = -1;

impl Frontier {
    fn new(a: usize, b: usize) -> Self {
        let zero = b as isize + 1;
        Self {
            reached: vec![NOWHERE; a + b + 3],
            zero,
        }
    }

    fn at(&self, diagonal: isize) -> isize {
        self.reached[(self.zero + diagonal) as usize]
    }

    /// Takes one more edit to come to a diagonal, and follows it while `is_alike`.
    fn advance(
        &mut self,
        diagonal: isize,
        first: bool,
        (n, m): (isize, isize),
        is_alike: impl Fn(usize, usize) -> bool,
    ) {
        let removed = match self.at(diagonal - 1) {
            x if x != NOWHERE && x < n => x + 1,
            _ => NOWHERE,
        };
        let added = match self.at(diagonal + 1) {
            x if x != NOWHERE && x - diagonal <= m => x,
            _ => NOWHERE,
        };
        let mut x = if first { 0 } else { removed.max(added) };
        if x != NOWHERE {
            while x < n && x - diagonal < m && is_alike(x as usize, (x - diagonal) as usize) {
                x += 1;
            }
        }
        self.reached[(self.zero + diagonal) as usize] = x;
    }
}

/// A point on a shortest way, neither its begin nor its end. Neither text is empty,
/// and they differ in their first lines and in their last.
fn middle(a: &[usize], b: &[usize]) -> (usize, usize) {
    let (n, m) = (a.len() as isize, b.len() as isize);
    let (mut forth, mut back) = (
        Frontier::new(a.len(), b.len()),
        Frontier::new(a.len(), b.len()),
    );
    let mut edits = 0;
    loop {
        // Diagonals outside the texts lead nowhere.
        let diagonals = |edits: isize| {
            let all = (-edits..=edits).step_by(2);
            all.filter(move |d| -m <= *d && *d <= n)
        };
        for diagonal in diagonals(edits) {
            let is_alike = |x, y| a[x] == b[y];
            forth.advance(diagonal, edits == 0, (n, m), is_alike);
            let (x, other) = (forth.at(diagonal), back.at(n - m - diagonal));
            if x != NOWHERE && other != NOWHERE && x + other >= n {
                return (x as usize, (x - diagonal) as usize);
            }
        }
        for diagonal in diagonals(edits) {
            let is_alike = |x, y| a[a.len() - 1 - x] == b[b.len() - 1 - y];
            back.advance(diagonal, edits == 0, (n, m), is_alike);
            let (x, other) = (back.at(diagonal), forth.at(n - m - diagonal));
            if x != NOWHERE && other != NOWHERE && x + other >= n {
                let (x, y) = (n - x, m - (x - diagonal));
                return (x as usize, y as usize);
            }
        }
        edits += 1;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A text of few different lines, the last of which may not be ended.
    fn texts() -> impl Strategy<Value = String> {
        let line = prop_oneof!["[abc]", Just(String::new()), "[a-f]{2}"];
        (prop::collection::vec(line, 0..24), any::<bool>()).prop_map(|(lines, ended)| {
            let text = lines.join("\n");
            if ended && !text.is_empty() {
                return text + "\n";
            }
            text
        })
    }

    /// The length of a longest common subsequence, from its definition.
    fn longest_common(a: &[&str], b: &[&str]) -> usize {
        let mut longest = vec![vec![0; b.len() + 1]; a.len() + 1];
        for (i, x) in a.iter().enumerate() {
            for (j, y) in b.iter().enumerate() {
                longest[i + 1][j + 1] = if x == y {
                    longest[i][j] + 1
                } else {
                    longest[i][j + 1].max(longest[i + 1][j])
                };
            }
        }
        longest[a.len()][b.len()]
    }

    fn side(lines: &[Line<'_>], other: Edit) -> String {
        let lines = lines.iter().filter(|l| l.edit != other);
        lines.map(|l| l.text).collect()
    }

    /// Puts the hunks into the first text, by their line numbers alone.
    fn applied(before: &str, hunks: &[Hunk<'_>]) -> String {
        let old: Vec<&str> = before.split_inclusive('\n').collect();
        let (mut out, mut at) = (String::new(), 0);
        for hunk in hunks {
            out.extend(old[at..hunk.before.start].iter().copied());
            assert_eq!(
                side(&hunk.lines, Edit::Add),
                old[hunk.before.clone()].concat()
            );
            let new = out.split_inclusive('\n').count();
            assert_eq!(new, hunk.after.start);
            out += &side(&hunk.lines, Edit::Remove);
            at = hunk.before.end;
        }
        out.extend(old[at..].iter().copied());
        out
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        #[test]
        fn a_diff_leads_from_one_text_to_the_other_the_shortest_way(
            before in texts(), after in texts(), context in 0..4_usize
        ) {
            let lines = diff(&before, &after);
            prop_assert_eq!(&side(&lines, Edit::Add), &before);
            prop_assert_eq!(&side(&lines, Edit::Remove), &after);
            prop_assert_eq!(applied(&before, &hunks(&lines, context)), after.clone());

            let split = |text| str::split_inclusive(text, '\n').collect::<Vec<_>>();
            let kept = lines.iter().filter(|l| l.edit == Edit::Keep).count();
            prop_assert_eq!(kept, longest_common(&split(&before), &split(&after)));
            let order = lines.windows(2).all(|w| (w[0].edit, w[1].edit) != (Edit::Add, Edit::Remove));
            prop_assert!(order, "{:?}", lines);
        }
    }

    #[test]
    fn long_texts_without_a_line_in_common_take_no_ages() {
        let text = |name: &str| {
            (0..3000)
                .map(|n| format!("{name}{n}\n"))
                .collect::<String>()
        };
        let (before, after) = (text("a"), text("b"));
        assert_eq!(diff(&before, &after).len(), 6000);
        assert_eq!(hunks(&diff(&before, &before), 3), []);
    }
}
