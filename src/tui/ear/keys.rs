//! Keys whose bytes came apart: behind an escape that is a key of its own, or from a slow
//! line, what another key sends is heard as letters (`[17~`), and is no text.

use std::io;
use std::time::Duration;

use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

/// What comes so soon behind an escape was not typed by a hand.
pub const SOON: Duration = Duration::from_millis(10);

/// What is heard next. `is_more` says whether something else comes soon.
pub fn hear(
    mut read: impl FnMut() -> io::Result<Event>,
    mut is_more: impl FnMut() -> bool,
) -> io::Result<Vec<Event>> {
    let first = read()?;
    let is_escape = matches!(&first, Event::Key(key)
        if key.code == KeyCode::Esc && key.modifiers.is_empty() && key.kind != KeyEventKind::Release);
    let mut heard = vec![first];
    if !is_escape {
        return Ok(heard);
    }
    let mut sequence = String::new();
    while is_more() {
        let event = read()?;
        let c = match &event {
            Event::Key(KeyEvent {
                code: KeyCode::Char(c),
                modifiers,
                ..
            }) if modifiers.difference(KeyModifiers::SHIFT).is_empty() => Some(*c),
            _ => None,
        };
        heard.push(event);
        match c {
            Some(c @ ('[' | 'O')) if sequence.is_empty() => sequence.push(c),
            Some(c @ ('0'..='9' | ';')) if !sequence.is_empty() => sequence.push(c),
            Some(c) if !sequence.is_empty() => {
                sequence.push(c);
                if let Some(key) = key_of(&sequence[1..]) {
                    heard.truncate(1);
                    heard.push(Event::Key(key));
                }
                break;
            }
            _ => break,
        }
    }
    Ok(heard)
}

/// The key that sends this behind `ESC [` or `ESC O`, as xterm does.
fn key_of(sequence: &str) -> Option<KeyEvent> {
    let last = sequence.chars().next_back()?;
    let numbers = &sequence[..sequence.len() - last.len_utf8()];
    let (first, modifiers) = numbers.split_once(';').unwrap_or((numbers, "1"));
    let code = match (last, first) {
        ('A', _) => KeyCode::Up,
        ('B', _) => KeyCode::Down,
        ('C', _) => KeyCode::Right,
        ('D', _) => KeyCode::Left,
        ('H', _) | ('~', "1" | "7") => KeyCode::Home,
        ('F', _) | ('~', "4" | "8") => KeyCode::End,
        ('Z', _) => KeyCode::BackTab,
        ('P'..='S', _) => KeyCode::F(last as u8 - b'P' + 1),
        ('~', "2") => KeyCode::Insert,
        ('~', "3") => KeyCode::Delete,
        ('~', "5") => KeyCode::PageUp,
        ('~', "6") => KeyCode::PageDown,
        ('~', number) => KeyCode::F(match number.parse::<u8>().ok()? {
            n @ 11..=15 => n - 10,
            n @ 17..=21 => n - 11,
            n @ 23..=24 => n - 12,
            _ => return None,
        }),
        _ => return None,
    };
    let bits = modifiers.parse::<u8>().ok()?.checked_sub(1)?;
    let mut held = KeyModifiers::empty();
    for (bit, modifier) in [
        (1, KeyModifiers::SHIFT),
        (2, KeyModifiers::ALT),
        (4, KeyModifiers::CONTROL),
    ] {
        held.set(modifier, bits & bit != 0);
    }
    Some(KeyEvent::new(code, held))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_key_sends_behind_an_escape_is_that_key() {
        let key = |code| Event::Key(KeyEvent::new(code, KeyModifiers::NONE));
        let with = |code, held| Event::Key(KeyEvent::new(code, held));
        let heard = |typed: &[Event]| -> Vec<Event> {
            let mut left = typed.iter().rev().cloned().collect::<Vec<_>>();
            let mut all = Vec::new();
            while !left.is_empty() {
                let left = std::cell::RefCell::new(&mut left);
                let read = || Ok(left.borrow_mut().pop().unwrap());
                all.extend(hear(read, || !left.borrow().is_empty()).unwrap());
            }
            all
        };
        let typed = |text: &str| -> Vec<Event> {
            let keys = text.chars().map(|c| match c {
                '\u{1b}' => key(KeyCode::Esc),
                c => key(KeyCode::Char(c)),
            });
            keys.collect()
        };
        let escape = key(KeyCode::Esc);
        for (text, keys) in [
            ("\u{1b}[17~", vec![escape.clone(), key(KeyCode::F(6))]),
            ("\u{1b}[24~", vec![escape.clone(), key(KeyCode::F(12))]),
            ("\u{1b}OP", vec![escape.clone(), key(KeyCode::F(1))]),
            ("\u{1b}[A", vec![escape.clone(), key(KeyCode::Up)]),
            (
                "\u{1b}[15;2~",
                vec![escape.clone(), with(KeyCode::F(5), KeyModifiers::SHIFT)],
            ),
        ] {
            assert_eq!(heard(&typed(text)), keys, "{text:?}");
        }
        // What is none is what was typed.
        for text in [
            "\u{1b}",
            "\u{1b}[",
            "\u{1b}[x",
            "\u{1b}[99~",
            "\u{1b}a[1",
            "[17~",
        ] {
            assert_eq!(heard(&typed(text)), typed(text), "{text:?}");
        }
    }
}
