//! What the app says: messages that go away by themselves, and are kept to be read again.

use chrono::NaiveDateTime;

/// How long a message stays, in milliseconds.
const STAYS: u64 = 5_000;
/// How long one of an error stays, once somebody is there to see it.
const ERROR_STAYS: u64 = 12_000;
/// Messages that are kept.
const KEPT: usize = 500;

/// How a message is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    Told,
    Error,
}

impl Tone {
    /// What such a message is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Told => "note",
            Self::Error => "error",
        }
    }
}

/// How long a message is seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stays {
    Until(u64),
    /// Until then, or until the next key: what it says may be true no more.
    UntilKey(u64),
    /// Until some time after the next key: nobody may be there now.
    UntilNoticed,
    Gone,
}

/// A message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Toast {
    /// They are counted.
    pub number: u64,
    pub text: String,
    pub tone: Tone,
    /// When it was said last, in the project's time zone.
    pub at: NaiveDateTime,
    /// How often it was said in a row.
    pub count: usize,
    stays: Stays,
}

/// All messages, the oldest first.
#[derive(Debug, Clone, Default)]
pub struct Toasts {
    toasts: Vec<Toast>,
    /// How many there were.
    count: u64,
    time: NaiveDateTime,
}

impl Toasts {
    /// Says something.
    pub fn tell(&mut self, now: u64, text: impl Into<String>) {
        self.add(text.into(), Tone::Told, Stays::Until(now + STAYS));
    }

    /// Says why what was asked for cannot be done now.
    pub fn refuse(&mut self, now: u64, text: impl Into<String>) {
        self.add(text.into(), Tone::Told, Stays::UntilKey(now + STAYS));
    }

    /// Says what went wrong.
    pub fn error(&mut self, text: impl Into<String>) {
        self.add(text.into(), Tone::Error, Stays::UntilNoticed);
    }

    /// Keeps what is no news to be read in the list alone.
    pub fn note(&mut self, text: impl Into<String>) {
        self.add(text.into(), Tone::Told, Stays::Gone);
    }

    /// Keeps an error that is seen elsewhere.
    pub fn keep(&mut self, text: impl Into<String>) {
        self.add(text.into(), Tone::Error, Stays::Gone);
    }

    fn add(&mut self, text: String, tone: Tone, stays: Stays) {
        let (mut number, mut count) = (self.count + 1, 1);
        let is_same = |last: &mut Toast| (&last.text, last.tone) == (&text, tone);
        if let Some(last) = self.toasts.pop_if(is_same) {
            (number, count) = (last.number, count + last.count);
        }
        for before in self.toasts.iter_mut().filter(|t| t.text == text) {
            before.stays = Stays::Gone;
        }
        self.count = number;
        self.toasts.push(Toast {
            number,
            text,
            tone,
            at: self.time,
            count,
            stays,
        });
        let extra = self.toasts.len().saturating_sub(KEPT);
        self.toasts.drain(..extra);
    }

    /// It is later now, by milliseconds and by the clock: what was seen long enough is
    /// seen no more.
    pub fn expire(&mut self, now: u64, time: NaiveDateTime) {
        self.time = time;
        for toast in &mut self.toasts {
            if matches!(toast.stays, Stays::Until(end) | Stays::UntilKey(end) if end <= now) {
                toast.stays = Stays::Gone;
            }
        }
    }

    /// Somebody is there.
    pub fn noticed(&mut self, now: u64) {
        for toast in &mut self.toasts {
            match toast.stays {
                Stays::UntilNoticed => toast.stays = Stays::Until(now + ERROR_STAYS),
                Stays::UntilKey(_) => toast.stays = Stays::Gone,
                Stays::Until(_) | Stays::Gone => {}
            }
        }
    }

    /// Those that begin so are seen no more: what they speak of was done.
    pub fn forget(&mut self, beginning: &str) {
        for toast in &mut self.toasts {
            if toast.text.starts_with(beginning) {
                toast.stays = Stays::Gone;
            }
        }
    }

    /// None is seen any more.
    pub fn clear(&mut self) {
        for toast in &mut self.toasts {
            toast.stays = Stays::Gone;
        }
    }

    /// When the next one goes away.
    pub fn next_end(&self) -> Option<u64> {
        let ends = self.toasts.iter().filter_map(|toast| match toast.stays {
            Stays::Until(end) | Stays::UntilKey(end) => Some(end),
            Stays::UntilNoticed | Stays::Gone => None,
        });
        ends.min()
    }

    /// Those that are seen, the newest last.
    pub fn seen(&self) -> impl DoubleEndedIterator<Item = &Toast> {
        let is_seen = |toast: &&Toast| toast.stays != Stays::Gone;
        self.toasts.iter().filter(is_seen)
    }

    /// Whether any is seen.
    pub fn is_seen(&self) -> bool {
        self.seen().next().is_some()
    }

    /// All that are kept and hold some words, the newest first.
    pub fn found(&self, wanted: &str) -> Vec<&Toast> {
        let wanted = wanted.to_lowercase();
        let holds = |toast: &&Toast| {
            let text = format!("{} {}", toast.tone.name(), toast.text).to_lowercase();
            wanted.split_whitespace().all(|word| text.contains(word))
        };
        self.toasts.iter().rev().filter(holds).collect()
    }

    /// The number of the newest.
    pub fn newest(&self) -> u64 {
        self.count
    }

    /// When it is, in the project's time zone.
    pub fn time(&self) -> NaiveDateTime {
        self.time
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(toasts: &Toasts) -> Vec<&str> {
        toasts.seen().map(|toast| toast.text.as_str()).collect()
    }

    #[test]
    fn an_error_stays_until_somebody_is_there() {
        let mut toasts = Toasts::default();
        let time = NaiveDateTime::default();
        toasts.error("it failed");
        toasts.tell(1_000, "a note");
        assert_eq!(texts(&toasts), ["it failed", "a note"]);
        toasts.expire(3_600_000, time);
        assert_eq!(texts(&toasts), ["it failed"]);
        // Nothing is due: no time needs to pass.
        assert_eq!(toasts.next_end(), None);
        toasts.noticed(3_600_000);
        toasts.expire(3_611_000, time);
        assert_eq!(texts(&toasts), ["it failed"]);
        toasts.expire(3_612_000, time);
        assert_eq!(texts(&toasts), Vec::<&str>::new());
        assert_eq!(toasts.found("").len(), 2);
        assert_eq!(toasts.found("ERR fail").len(), 1);
    }

    #[test]
    fn what_is_said_again_and_again_is_one_message() {
        let mut toasts = Toasts::default();
        for now in 0..1_000 {
            toasts.tell(now, "the same");
        }
        assert_eq!(toasts.found("")[0].count, 1_000);
        assert_eq!(toasts.found("").len(), 1);
        for now in 0..1_000 {
            toasts.tell(now, format!("message {now}"));
        }
        assert_eq!(toasts.found("").len(), KEPT);
    }
}
