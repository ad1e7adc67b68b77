//! Short messages that go away by themselves.

/// How long a message stays, in milliseconds.
const STAYS: u64 = 5_000;
/// How long one of an error stays.
const ERROR_STAYS: u64 = 12_000;

/// How a message is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    Told,
    Error,
}

/// A message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Toast {
    pub text: String,
    pub tone: Tone,
    ends: u64,
}

/// The messages that are seen, the newest last.
#[derive(Debug, Clone, Default)]
pub struct Toasts {
    toasts: Vec<Toast>,
}

impl Toasts {
    /// Says something.
    pub fn tell(&mut self, now: u64, text: impl Into<String>) {
        self.add(now, text.into(), Tone::Told, STAYS);
    }

    /// Says what went wrong.
    pub fn error(&mut self, now: u64, text: impl Into<String>) {
        self.add(now, text.into(), Tone::Error, ERROR_STAYS);
    }

    fn add(&mut self, now: u64, text: String, tone: Tone, stays: u64) {
        self.toasts.retain(|t| t.text != text);
        self.toasts.push(Toast {
            text,
            tone,
            ends: now + stays,
        });
        let extra = self.toasts.len().saturating_sub(3);
        self.toasts.drain(..extra);
    }

    /// Forgets what was seen long enough. Returns whether anything was.
    pub fn expire(&mut self, now: u64) -> bool {
        let before = self.toasts.len();
        self.toasts.retain(|t| t.ends > now);
        self.toasts.len() != before
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        self.toasts.clear();
    }

    /// When the next one goes away.
    pub fn next_end(&self) -> Option<u64> {
        self.toasts.iter().map(|t| t.ends).min()
    }

    /// All that are seen.
    pub fn all(&self) -> &[Toast] {
        &self.toasts
    }
}
