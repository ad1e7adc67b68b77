//! How well a name fits what was written of it.

/// How a name fits, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fit {
    Whole,
    Begins,
    /// Its parts, between underscores, begin so: `inv`, `ti` or `totinv` of
    /// `total_invoices`.
    Parts,
    /// Its letters come in this order.
    Letters,
}

/// How `name` fits `written`; None if it does not. Case does not count.
pub(super) fn fit(written: &str, name: &str) -> Option<Fit> {
    if written.is_empty() {
        return Some(Fit::Begins);
    }
    let written: Vec<char> = written.chars().flat_map(char::to_lowercase).collect();
    let name: Vec<char> = name.chars().flat_map(char::to_lowercase).collect();
    if name.starts_with(&written) {
        return Some(if name.len() == written.len() {
            Fit::Whole
        } else {
            Fit::Begins
        });
    }
    if written.len() > name.len() {
        return None;
    }
    if parts(&written, &name) {
        return Some(Fit::Parts);
    }
    let mut letters = name.iter();
    let all = written
        .iter()
        .all(|wanted| letters.any(|letter| letter == wanted));
    (all && written.len() > 1).then_some(Fit::Letters)
}

/// Whether `written` is made of beginnings of parts of the name, in their order.
fn parts(written: &[char], name: &[char]) -> bool {
    // Which beginnings of `written` can be made of the parts up to here.
    let mut reached = vec![false; written.len() + 1];
    reached[0] = true;
    let is_part = |at: usize| at == 0 || !name[at - 1].is_alphanumeric();
    for start in (0..name.len()).filter(|at| is_part(*at)) {
        // From the back: one part is used once.
        for from in (0..written.len())
            .rev()
            .filter(|at| reached[*at])
            .collect::<Vec<_>>()
        {
            let same = written[from..]
                .iter()
                .zip(&name[start..])
                .take_while(|(a, b)| a == b)
                .count();
            reached[from..=from + same].fill(true);
        }
    }
    reached[written.len()]
}
