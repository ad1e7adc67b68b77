//! One file, looked at: how it is written, and what its columns are called.

use super::dialect::{self, Guess};
use super::find::Candidate;
use super::layout::{self, Layout};
use super::sample::Sample;
use super::split::Form;
use super::work::Work;
use crate::ingest::text;
use crate::model::dialect::{Dialect, Encoding};

/// Bytes that are kept to look at a file again.
const KEPT: usize = 32 * 1024;

/// A file, looked at.
#[derive(Debug, Clone)]
pub struct Sniffed {
    pub file: Candidate,
    pub guess: Guess,
    pub layout: Layout,
    pub encoding: Encoding,
    pub is_ascii: bool,
    /// Bytes that are no text.
    pub bad_bytes: u64,
    /// The quote occurs at all.
    has_quotes: bool,
    start: Sample,
}

/// Looks at a whole file. The error is why it cannot be a raw file.
///
/// # Errors
/// As a sentence, for whoever is told what was left out.
pub fn sniff(file: &Candidate, work: &Work<'_>) -> Result<Sniffed, String> {
    let sample = match Sample::read(&file.absolute, work) {
        Ok(sample) => sample,
        Err(error) => return Err(format!("it cannot be read: {error}")),
    };
    if sample.bytes == 0 {
        return Err("it is empty".to_owned());
    }
    let zeros = sample.head.iter().filter(|b| **b == 0).count();
    if sample.has_zeros && zeros * 50 > sample.head.len() {
        let start = &sample.head[..sample.head.len().min(4)];
        return Err(format!("it is {}", text::looks_like(start)));
    }
    if sample.head.starts_with(b"PAR1") || sample.head.starts_with(b"PK\x03\x04") {
        return Err(format!("it is {}", text::looks_like(&sample.head[..4])));
    }
    if sample.head.iter().all(u8::is_ascii_whitespace) {
        return Err("it holds nothing but empty lines".to_owned());
    }
    let guess = dialect::guess(&sample);
    let layout = layout::layout(&sample, &guess);
    Ok(Sniffed::new(file.clone(), sample, guess, layout))
}

impl Sniffed {
    pub(super) fn new(file: Candidate, sample: Sample, guess: Guess, layout: Layout) -> Self {
        let quote = guess.form.quote.unwrap_or(b'"');
        let has_quote = |text: &Vec<u8>| memchr::memchr(quote, text).is_some();
        let has_quotes = has_quote(&sample.head) || sample.pieces.iter().any(has_quote);
        Self {
            file,
            has_quotes,
            encoding: sample.encoding,
            is_ascii: sample.is_ascii,
            bad_bytes: sample.bad_bytes,
            start: start(sample),
            guess,
            layout,
        }
    }

    /// The file's dialect.
    pub fn dialect(&self) -> Dialect {
        let Form {
            delimiter,
            quote,
            escape,
        } = self.guess.form.clone();
        Dialect {
            // One column has no delimiter.
            delimiter,
            quote,
            escape,
            comment: self.layout.comment,
            encoding: self.encoding,
            header: self.layout.header,
            skip: self.layout.skip,
        }
    }

    /// The same file, read as another is, if that makes the same table of it.
    pub fn like(&self, other: &Self) -> Option<Self> {
        if self.agrees(other) {
            return Some(self.clone());
        }
        let guess = Guess {
            form: other.guess.form.clone(),
            width: other.guess.width,
            score: self.guess.score,
        };
        let mut layout = layout::layout(&self.start, &guess);
        if layout.columns != other.layout.columns || layout.skip != other.layout.skip {
            return None;
        }
        layout.header = other.layout.header;
        let like = Self {
            guess,
            layout,
            ..self.clone()
        };
        like.agrees(other).then_some(like)
    }

    /// Whether one dialect reads both files.
    pub fn agrees(&self, other: &Self) -> bool {
        let (a, b) = (self.dialect(), other.dialect());
        let quotes = (a.quote == b.quote && a.escape == b.escape)
            || !self.has_quotes
            || !other.has_quotes
            || (a.quote == b.quote && (a.escape.is_none() || b.escape.is_none()));
        let comments = a.comment == b.comment || a.comment.is_none() || b.comment.is_none();
        let delimiters = a.delimiter == b.delimiter;
        let encodings = a.encoding == b.encoding || self.fits(b.encoding) || other.fits(a.encoding);
        quotes && comments && delimiters && encodings && a.header == b.header && a.skip == b.skip
    }

    /// Whether it would be the same in this encoding.
    fn fits(&self, encoding: Encoding) -> bool {
        self.is_ascii && encoding != Encoding::Utf16
    }
}

/// The dialect that reads all of some files that agree.
pub fn common(files: &[Sniffed]) -> Dialect {
    let quoting = files
        .iter()
        .find(|f| f.has_quotes && f.dialect().escape.is_some());
    let quoting = quoting.or_else(|| files.iter().find(|f| f.has_quotes));
    let mut dialect = quoting.unwrap_or(&files[0]).dialect();
    let lettered = files.iter().find(|f| !f.is_ascii);
    dialect.encoding = lettered.unwrap_or(&files[0]).encoding;
    dialect.comment = files.iter().find_map(|f| f.layout.comment);
    dialect
}

fn start(mut sample: Sample) -> Sample {
    sample.is_cut |= sample.head.len() > KEPT;
    sample.head.truncate(KEPT);
    sample.pieces.clear();
    sample
}
