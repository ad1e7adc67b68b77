//! What a check says.

use serde::Serialize;

/// How it stands, from best to worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    Ok,
    /// It could not be looked at; the finding says why.
    Skipped,
    /// Everything works, and something is not as it should be.
    Warning,
    /// Something does not work, or is lost.
    Error,
}

impl Verdict {
    /// The word for it, in messages and documents.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Skipped => "skipped",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// One thing that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    pub verdict: Verdict,
    /// As a sentence without its full stop. It may have several lines.
    pub found: String,
    /// What to run or to do about it.
    pub run: Option<String>,
    /// `doctor --fix` mends it.
    pub mendable: bool,
}

impl Finding {
    fn new(verdict: Verdict, found: impl Into<String>) -> Self {
        Self {
            verdict,
            found: found.into(),
            run: None,
            mendable: false,
        }
    }

    /// All is well: what was looked at.
    pub fn ok(found: impl Into<String>) -> Self {
        Self::new(Verdict::Ok, found)
    }

    /// Not looked at: why.
    pub fn skipped(why: impl Into<String>) -> Self {
        Self::new(Verdict::Skipped, why)
    }

    /// See [`Verdict::Warning`].
    pub fn warning(found: impl Into<String>) -> Self {
        Self::new(Verdict::Warning, found)
    }

    /// See [`Verdict::Error`].
    pub fn error(found: impl Into<String>) -> Self {
        Self::new(Verdict::Error, found)
    }

    /// Says what to run.
    pub fn run(mut self, what: impl Into<String>) -> Self {
        self.run = Some(what.into());
        self
    }

    /// `doctor --fix` mends it.
    pub fn mendable(mut self) -> Self {
        self.mendable = true;
        if self.run.is_none() {
            self.run = Some("`workbench doctor --fix`".to_owned());
        }
        self
    }
}

/// One check and all that it found. It always says something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Checked {
    /// As programs know it. It does not change silently.
    pub name: &'static str,
    pub findings: Vec<Finding>,
}

impl Checked {
    /// The worst of what was found.
    pub fn verdict(&self) -> Verdict {
        let verdicts = self.findings.iter().map(|f| f.verdict);
        verdicts.max().unwrap_or(Verdict::Ok)
    }
}

/// How many names a sentence has room for.
const NAMED: usize = 5;

/// Names in a sentence, the first few and how many more.
pub(super) fn named<S: AsRef<str>>(names: &[S]) -> String {
    let shown = names
        .iter()
        .take(NAMED)
        .map(|n| format!("`{}`", n.as_ref()));
    let mut text = shown.collect::<Vec<_>>().join(", ");
    if names.len() > NAMED {
        text += &format!(" and {} more", names.len() - NAMED);
    }
    text
}
