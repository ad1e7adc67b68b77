//! The clipboard: by the terminal, which also works from afar, and by the system.

use std::io::Write;

/// How a text got to the clipboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// OSC 52: the terminal was asked to take it. It does not say whether it did.
    Terminal,
    /// The system's own, too.
    Both,
    System,
}

/// Terminals take no longer texts than about this, in bytes of Base64.
const LONGEST: usize = 74_994;

/// Puts a text on the clipboard.
///
/// # Errors
/// Why neither the terminal nor the system took it.
pub fn copy(out: &mut impl Write, text: &str) -> Result<Way, String> {
    let encoded = base64(text.as_bytes());
    let terminal = match encoded.len() > LONGEST {
        true => Err("it is longer than terminals take".to_owned()),
        false => write!(out, "\x1b]52;c;{encoded}\x07")
            .and_then(|()| out.flush())
            .map_err(|e| e.to_string()),
    };
    match (terminal, system(text)) {
        (Ok(()), Ok(())) => Ok(Way::Both),
        (Ok(()), Err(_)) => Ok(Way::Terminal),
        (Err(_), Ok(())) => Ok(Way::System),
        (Err(why), Err(other)) => Err(format!("{why}; {other}")),
    }
}

/// Reads the system's clipboard. What a terminal has is not told.
///
/// # Errors
/// Why it cannot be read, and what can be done.
pub fn read() -> Result<String, String> {
    let advice = "paste with the terminal's own key, such as ctrl+shift+v";
    with_system(arboard::Clipboard::get_text)
        .map_err(|why| format!("The system's clipboard: {why}; {advice}"))
}

fn system(text: &str) -> Result<(), String> {
    with_system(|clipboard| clipboard.set_text(text))
}

fn with_system<T>(
    act: impl FnOnce(&mut arboard::Clipboard) -> Result<T, arboard::Error>,
) -> Result<T, String> {
    // On X11 the text is there as long as the one who gave it: it is kept.
    use std::sync::Mutex;
    static CLIPBOARD: Mutex<Option<arboard::Clipboard>> = Mutex::new(None);
    let mut clipboard = CLIPBOARD
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner());
    if clipboard.is_none() {
        *clipboard = Some(arboard::Clipboard::new().map_err(|e| e.to_string())?);
    }
    match &mut *clipboard {
        Some(clipboard) => act(clipboard).map_err(|e| e.to_string()),
        None => Err("there is none".to_owned()),
    }
}

/// Base64 as of RFC 4648, section 4.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let mut three = [0; 3];
        three[..chunk.len()].copy_from_slice(chunk);
        let bits = u32::from_be_bytes([0, three[0], three[1], three[2]]);
        for at in 0..4 {
            let digit = (bits >> (18 - 6 * at)) & 63;
            text.push(if at <= chunk.len() {
                DIGITS[digit as usize] as char
            } else {
                '='
            });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_as_the_standard_has_it() {
        for (text, encoded) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64(text.as_bytes()), encoded);
        }
        assert_eq!(base64("größe ∅".as_bytes()), "Z3LDtsOfZSDiiIU=");
    }
}
