//! Which type a column has: the narrowest that all of its values fit exactly, or
//! all but a few that are told.

use std::collections::BTreeMap;

use super::layout::short;
use super::numbers::{WRITINGS, Writing};
use super::values::{Example, ShapeCount, Values};
use crate::model::source::DeclaredColumn;

/// Formats that a column may be written in.
const FORMATS: usize = 3;
/// Names of columns whose digits are no number.
const LABELS: [&str; 14] = [
    "phone", "mobile", "fax", "zip", "postcode", "postal", "plz", "iban", "isbn", "ean", "gtin",
    "barcode", "ssn", "vat",
];
/// Names of columns that eight digits may be a date in.
const DAYS: [&str; 8] = ["date", "day", "datum", "_dt", "_on", "_at", "fecha", "jour"];

/// What is proposed for a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypedColumn {
    pub declared: DeclaredColumn,
    /// What is not sure about it.
    pub notes: Vec<String>,
    /// Values that do not fit.
    pub misfits: u64,
    pub first_misfit: Option<Example>,
    pub empty: u64,
    pub filled: u64,
}

/// A type, and how well it fits.
struct Candidate {
    ty: String,
    formats: Vec<String>,
    writing: Option<Writing>,
    fits: u64,
    nulls: Vec<String>,
    null_count: u64,
    first_misfit: Option<Example>,
    notes: Vec<String>,
}

/// Decides on the type of a column. `day_first`: what its neighbours say, if they
/// do, about which of day and month comes first.
pub fn decide(name: &str, values: &Values, day_first: Option<bool>) -> TypedColumn {
    let mut typed = TypedColumn {
        declared: DeclaredColumn::new(name, "VARCHAR"),
        notes: Vec::new(),
        misfits: 0,
        first_misfit: None,
        empty: values.empty,
        filled: values.filled,
    };
    if values.filled == 0 {
        typed
            .notes
            .push("it is empty everywhere, so nothing tells its type".to_owned());
        return typed;
    }
    if values.is_text {
        return typed;
    }
    let candidates = [
        number(values),
        date(name, values, day_first),
        boolean(values),
    ];
    let best = candidates.into_iter().flatten().max_by_key(|c| c.fits);
    let Some(best) = best.filter(|best| best.fits > 0) else {
        if values.shapes.iter().all(ShapeCount::is_null_word) && values.others == 0 {
            typed
                .notes
                .push("it holds nothing but words for a missing value".to_owned());
        }
        typed.notes.extend(text_notes(values));
        return typed;
    };
    let judged = values.filled - best.null_count;
    let misfits = judged - best.fits;
    let few =
        misfits == 0 || (judged >= 20 && misfits * 50 <= judged) || (judged >= 8 && misfits == 1);
    if !few {
        if best.fits * 2 > judged {
            typed.notes.push(format!(
                "text, though {} of {} values are {}{}",
                best.fits,
                judged,
                what(&best.ty),
                such_as(&best.first_misfit)
            ));
        }
        return typed;
    }
    if let Some(why) = as_text(name, values, &best) {
        typed.notes.push(why);
        return typed;
    }
    typed.declared.ty = best.ty;
    let mut formats = best.formats.into_iter();
    typed.declared.format = formats.next();
    typed.declared.also.formats = formats.collect();
    if let Some(writing) = best.writing {
        typed.declared.decimal = (writing.decimal != b'.').then(|| char::from(writing.decimal));
        typed.declared.also.thousands = writing.thousands.map(char::from);
    }
    typed.declared.also.nulls = best.nulls;
    typed.notes = best.notes;
    typed.misfits = misfits;
    typed.first_misfit = best.first_misfit.filter(|_| misfits > 0);
    typed
}

fn what(ty: &str) -> &'static str {
    match ty {
        "DATE" => "dates",
        "TIMESTAMP" => "timestamps",
        "BOOLEAN" => "true or false",
        _ => "numbers",
    }
}

fn such_as(example: &Option<Example>) -> String {
    example
        .as_ref()
        .map_or(String::new(), |e| format!("; not so {}", short(&e.text)))
}

/// Why values that would fit a type had better stay text.
fn as_text(name: &str, values: &Values, best: &Candidate) -> Option<String> {
    if best.ty != "BIGINT" {
        return None;
    }
    let zeros: u64 = values.shapes.iter().map(|s| s.leading_zeros).sum();
    if zeros > 0 && best.writing.is_none_or(|w| w.thousands.is_none()) {
        let first = values.shapes.iter().find(|s| s.leading_zeros > 0)?;
        let zero = if first.first.text.starts_with('0') {
            first.first.text.as_str()
        } else {
            "007"
        };
        return Some(format!(
            "text: {zeros} of {} values begin with a zero, such as `{zero}`, which a number would lose",
            values.filled
        ));
    }
    if values.shapes.iter().any(|s| s.too_large > 0) {
        return Some("text: these digits are more than a BIGINT holds".to_owned());
    }
    LABELS
        .iter()
        .any(|label| {
            name.split('_').any(|part| part == *label) || (label.len() > 4 && name.contains(label))
        })
        .then(|| "text, by its name, though all values are digits: nobody adds them up".to_owned())
}

/// Amounts with a currency or per cent sign are worth a word.
fn text_notes(values: &Values) -> Option<String> {
    let signs: u64 = values
        .shapes
        .iter()
        .filter(|shape| {
            let text = shape
                .shape
                .strip_suffix(b"%")
                .or(shape.shape.strip_prefix(b"$"));
            text.is_some_and(|t| t.contains(&b'0') && t.iter().all(|b| b"0.,- ".contains(b)))
        })
        .map(|shape| shape.count)
        .sum();
    (signs * 10 > values.filled * 9).then(|| {
        "numbers with a sign, so text: convert it in the staging view, as in \
         `replace(x, '$', '')::DECIMAL(18,2)`"
            .to_owned()
    })
}

fn null_words(values: &Values) -> (Vec<String>, u64) {
    let words = values.shapes.iter().filter(|s| s.is_null_word());
    let names = words.clone().map(|s| s.first.text.clone()).collect();
    (names, words.map(|s| s.count).sum())
}

fn boolean(values: &Values) -> Option<Candidate> {
    let fits: u64 = values
        .shapes
        .iter()
        .filter(|s| s.is_boolean())
        .map(|s| s.count)
        .sum();
    let (nulls, null_count) = null_words(values);
    (fits > 0).then(|| Candidate {
        ty: "BOOLEAN".to_owned(),
        formats: Vec::new(),
        writing: None,
        fits,
        nulls,
        null_count,
        first_misfit: misfit(values, |s| s.is_boolean()),
        notes: Vec::new(),
    })
}

/// The first value whose shape neither fits nor stands for a missing value.
fn misfit(values: &Values, fits: impl Fn(&ShapeCount) -> bool) -> Option<Example> {
    let shapes = values
        .shapes
        .iter()
        .filter(|s| !fits(s) && !s.is_null_word());
    let first = shapes.map(|s| &s.first);
    first
        .chain(&values.first_other)
        .min_by_key(|e| (e.file, e.line))
        .cloned()
}

fn number(values: &Values) -> Option<Candidate> {
    let fits = |at: usize| -> u64 {
        let fitting = values.shapes.iter().filter(|s| s.sizes[at].is_some());
        fitting.map(|s| s.count).sum()
    };
    let at = (0..WRITINGS.len()).max_by_key(|at| (fits(*at), usize::MAX - at))?;
    if fits(at) == 0 {
        return None;
    }
    let sizes: Vec<_> = values.shapes.iter().filter_map(|s| s.sizes[at]).collect();
    let whole = sizes.iter().map(|s| s.whole).max()?;
    let decimals = sizes.iter().map(|s| s.decimals).max()?;
    let mut notes = Vec::new();
    let exponents = sizes.iter().any(|s| s.exponent);
    let ty = if exponents {
        notes.push("DOUBLE, for some have an exponent: its sums are not exact".to_owned());
        "DOUBLE".to_owned()
    } else if decimals == 0 {
        "BIGINT".to_owned()
    } else if whole + decimals < 18 {
        format!("DECIMAL(18,{decimals})")
    } else if whole + decimals <= 38 {
        format!("DECIMAL(38,{decimals})")
    } else {
        return None;
    };
    let writing = WRITINGS[at];
    let only_threes = writing.thousands == Some(b',')
        && values
            .shapes
            .iter()
            .all(|s| s.sizes[at].is_none() || s.sizes[2].is_some())
        && values.shapes.iter().any(|s| s.shape.contains(&b','));
    if only_threes {
        notes.push(
            "its commas were taken for thousands; if they stand before decimals, write `decimal = \",\"`"
                .to_owned(),
        );
    }
    let (nulls, null_count) = null_words(values);
    Some(Candidate {
        ty,
        formats: Vec::new(),
        writing: Some(writing),
        fits: fits(at),
        nulls,
        null_count,
        first_misfit: misfit(values, |s| s.sizes[at].is_some()),
        notes,
    })
}

/// How many values each format fits.
fn formats(values: &Values) -> BTreeMap<&super::dates::Format, u64> {
    let mut fits = BTreeMap::new();
    for (reading, count, _) in values.shapes.iter().flat_map(|s| &s.readings) {
        *fits.entry(&reading.format).or_default() += count;
    }
    fits
}

/// Whether the dates of a column say that the day comes before the month; None
/// if there are none, or they do not.
pub fn day_first(values: &Values) -> Option<bool> {
    let fits = formats(values);
    let best = fits.iter().max_by_key(|(_, fits)| **fits)?;
    let other = best.0.other_order.as_ref()?;
    let others = fits
        .iter()
        .find(|(f, _)| f.text == *other)
        .map_or(0, |(_, n)| *n);
    (others < *best.1).then(|| is_day_first(&best.0.text))
}

fn is_day_first(format: &str) -> bool {
    format.find("%d") < format.find("%m")
}

fn date(name: &str, values: &Values, neighbours: Option<bool>) -> Option<Candidate> {
    let all = formats(values);
    let mut notes = Vec::new();
    let mut chosen: Vec<(String, bool)> = Vec::new();
    let mut covered = 0;
    let total: u64 = values.filled;
    let mut left = all.clone();
    left.retain(|format, fits| {
        let compact = format.text == "%Y%m%d";
        *fits > 0 && (!compact || DAYS.iter().any(|day| name.contains(day)))
    });
    while chosen.len() < FORMATS {
        // Of those that fit as many values, ISO comes first, then the day.
        let wanted = neighbours.unwrap_or(true);
        let best = left.iter().max_by_key(|(format, fits)| {
            let iso = format.text.starts_with("%Y-%m-%d");
            (
                **fits,
                iso,
                format.other_order.is_some() && is_day_first(&format.text) == wanted,
            )
        });
        let Some((format, fits)) = best.map(|(format, fits)| ((*format).clone(), *fits)) else {
            break;
        };
        let other = format.other_order.as_ref().and_then(|other| {
            let fits = left.iter().find(|(f, _)| f.text == *other)?;
            Some((other.clone(), *fits.1))
        });
        if let Some((other, others)) = &other {
            if *others == fits {
                let by = if neighbours.is_some() {
                    ", as other columns are"
                } else {
                    ""
                };
                notes.push(format!(
                    "not sure: all values would also be dates as `{other}`; day and month may be the \
                     other way round{by}"
                ));
            } else if fits < total && *others > 0 && fits + others / 2 < total {
                notes.push(format!(
                    "mixed: {} values are dates only as `{other}`",
                    total - fits
                ));
            }
        }
        covered += fits;
        chosen.push((format.text.clone(), format.is_timestamp));
        left.retain(|f, _| f.text != format.text && Some(&f.text) != other.as_ref().map(|o| &o.0));
        if covered >= total {
            break;
        }
    }
    if chosen.is_empty() {
        return None;
    }
    let is_timestamp = chosen.iter().any(|(_, is)| *is);
    let texts: Vec<&str> = chosen.iter().map(|(text, _)| text.as_str()).collect();
    let fits_one = |shape: &ShapeCount| {
        shape
            .readings
            .iter()
            .any(|(r, n, _)| *n > 0 && texts.contains(&r.format.text.as_str()))
    };
    let (mut nulls, mut null_count) = null_words(values);
    // `0000-00-00`, whose shape is itself.
    for shape in values
        .shapes
        .iter()
        .filter(|s| s.zeros > 0 && !s.readings.is_empty())
    {
        nulls.push(String::from_utf8_lossy(&shape.shape).into_owned());
        null_count += shape.zeros;
    }
    let within = values
        .shapes
        .iter()
        .filter(|s| fits_one(s))
        .flat_map(|s| &s.readings);
    let within = within
        .filter(|(r, ..)| texts.contains(&r.format.text.as_str()))
        .filter_map(|(_, _, misfit)| misfit.clone())
        .filter(|misfit| !nulls.contains(&misfit.text));
    let first_misfit = within
        .chain(misfit(values, fits_one))
        .min_by_key(|e| (e.file, e.line));
    if chosen.len() > 1 {
        notes.push(format!(
            "mixed: its values are written in {} ways",
            chosen.len()
        ));
    }
    // What the types read by themselves needs no format, unless there are others.
    let plain = |text: &str| matches!(text, "%Y-%m-%d" | "%Y-%m-%d %H:%M:%S");
    let alone =
        chosen.len() == 1 && plain(&chosen[0].0) && (chosen[0].0 != "%Y-%m-%d" || !is_timestamp);
    Some(Candidate {
        ty: if is_timestamp { "TIMESTAMP" } else { "DATE" }.to_owned(),
        formats: if alone {
            Vec::new()
        } else {
            chosen.into_iter().map(|(text, _)| text).collect()
        },
        writing: None,
        fits: covered,
        nulls,
        null_count,
        first_misfit,
        notes,
    })
}

#[cfg(test)]
mod tests;
