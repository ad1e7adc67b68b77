//! Which key does what: the table of bindings, and the user's own key file.

use std::collections::{BTreeMap, BTreeSet};

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use serde::Deserialize;

use super::action::Action;
use super::bindings::{BINDINGS, Binding, Place};
use super::state::Pane;

/// A key with what is held down beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key {
    code: KeyCode,
    modifiers: KeyModifiers,
}

impl Key {
    /// Reads `ctrl+p`, `G`, `pagedown`, `+`.
    ///
    /// # Errors
    /// What is not understood.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut modifiers = KeyModifiers::NONE;
        let mut rest = text;
        while let Some((before, behind)) = rest.split_once('+') {
            if behind.is_empty() && before.is_empty() {
                break;
            }
            modifiers |= match before.to_ascii_lowercase().as_str() {
                "ctrl" => KeyModifiers::CONTROL,
                "alt" => KeyModifiers::ALT,
                "shift" => KeyModifiers::SHIFT,
                _ => {
                    return Err(format!(
                        "`{before}` in `{text}` is none of ctrl, alt, shift"
                    ));
                }
            };
            rest = behind;
        }
        let mut characters = rest.chars();
        let code = match (characters.next(), characters.next()) {
            (Some(c), None) => KeyCode::Char(c),
            _ => named(rest).ok_or_else(|| format!("`{rest}` in `{text}` is no key"))?,
        };
        Ok(Self { code, modifiers }.plain())
    }

    /// A key as the terminal tells it.
    pub fn of(event: &KeyEvent) -> Self {
        Self {
            code: event.code,
            modifiers: event.modifiers,
        }
        .plain()
    }

    /// Whether it is a character where text is typed.
    pub fn is_text(self) -> bool {
        matches!(self.code, KeyCode::Char(_)) && self.modifiers.is_empty()
    }

    /// Shift is in the character already, and in the name of its tab.
    fn plain(mut self) -> Self {
        if matches!(self.code, KeyCode::Char(_) | KeyCode::BackTab) {
            self.modifiers.remove(KeyModifiers::SHIFT);
        }
        self
    }
}

const NAMES: [(&str, KeyCode); 16] = [
    ("up", KeyCode::Up),
    ("down", KeyCode::Down),
    ("left", KeyCode::Left),
    ("right", KeyCode::Right),
    ("pageup", KeyCode::PageUp),
    ("pagedown", KeyCode::PageDown),
    ("home", KeyCode::Home),
    ("end", KeyCode::End),
    ("tab", KeyCode::Tab),
    ("backtab", KeyCode::BackTab),
    ("enter", KeyCode::Enter),
    ("esc", KeyCode::Esc),
    ("space", KeyCode::Char(' ')),
    ("backspace", KeyCode::Backspace),
    ("delete", KeyCode::Delete),
    ("insert", KeyCode::Insert),
];

fn named(text: &str) -> Option<KeyCode> {
    let text = text.to_ascii_lowercase();
    if let Some(number) = text.strip_prefix('f').and_then(|n| n.parse().ok()) {
        return Some(KeyCode::F(number));
    }
    let mut names = NAMES.iter();
    names.find(|(name, _)| *name == text).map(|(_, code)| *code)
}

/// The user's key file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyFile {
    #[serde(default)]
    app: Settings,
    /// By action: all its keys; none takes them away.
    #[serde(default)]
    keys: BTreeMap<Action, Vec<String>>,
}

/// How the app is used, beside its keys.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    #[serde(default)]
    editor: Editing,
}

/// How text is edited.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Editing {
    #[default]
    Plain,
    Vim,
}

/// Which key does what.
#[derive(Debug, Clone)]
pub struct Keymap {
    /// Text is edited as in vim.
    pub is_vim: bool,
    bound: Vec<(Place, Key, Action)>,
    /// As they were written, for footer and help.
    written: BTreeMap<Action, Vec<String>>,
    /// Actions whose keys are the user's.
    own: BTreeSet<Action>,
}

impl Default for Keymap {
    fn default() -> Self {
        Self::with(&BTreeMap::new())
    }
}

impl Keymap {
    fn with(own: &BTreeMap<Action, Vec<String>>) -> Self {
        let mut bound = Vec::new();
        let mut written = BTreeMap::new();
        for binding in BINDINGS {
            let default = || binding.keys.iter().map(|k| (*k).to_owned()).collect();
            let keys = own.get(&binding.action).cloned().unwrap_or_else(default);
            for key in keys.iter().filter_map(|k| Key::parse(k).ok()) {
                bound.push((binding.place, key, binding.action));
            }
            written.entry(binding.action).or_insert(keys);
        }
        // There is always a way out.
        let out = Key {
            code: KeyCode::Char('c'),
            modifiers: KeyModifiers::CONTROL,
        };
        let is_out = |place: Place, key: Key| place == Place::Everywhere && key == out;
        if !bound.iter().any(|(place, key, _)| is_out(*place, *key)) {
            bound.push((Place::Everywhere, out, Action::Quit));
        }
        let own = own.keys().copied().collect();
        Self {
            is_vim: false,
            bound,
            written,
            own,
        }
    }

    /// Reads a key file over the defaults, and tells of keys that mean two things
    /// in one place.
    ///
    /// # Errors
    /// What is wrong with the file, with the place in it.
    pub fn read(text: &str) -> Result<(Self, Vec<String>), String> {
        let file: KeyFile = toml::from_str(text).map_err(|e| e.to_string())?;
        for (action, keys) in &file.keys {
            for key in keys {
                Key::parse(key).map_err(|why| format!("{}: {why}", action.name()))?;
            }
        }
        let mut map = Self::with(&file.keys);
        map.is_vim = file.app.editor == Editing::Vim;
        let conflicts = map.conflicts();
        Ok((map, conflicts))
    }

    /// Keys that mean two things in one place.
    pub fn conflicts(&self) -> Vec<String> {
        let mut found = Vec::new();
        for (at, (place, key, action)) in self.bound.iter().enumerate() {
            let mut before = self.bound[..at].iter();
            if let Some((_, _, other)) =
                before.find(|(p, k, a)| p == place && k == key && a != action)
            {
                let written = self.written.get(action).into_iter().flatten();
                let mut written = written.filter(|k| Key::parse(k).as_ref() == Ok(key));
                found.push(format!(
                    "`{}` is `{}` and `{}`: it does the first",
                    written.next().map_or("", String::as_str),
                    other.name(),
                    action.name()
                ));
            }
        }
        found
    }

    /// What a key does where the focus is.
    pub fn action(&self, key: Key, pane: Pane) -> Option<Action> {
        // What is said of a smaller place comes first.
        let fits = self
            .bound
            .iter()
            .filter(|(place, bound, _)| *bound == key && place.holds(pane));
        fits.min_by_key(|(place, _, _)| place.breadth())
            .map(|(_, _, action)| *action)
    }

    /// The keys of an action, as they are written.
    pub fn keys(&self, action: Action) -> &[String] {
        self.written.get(&action).map_or(&[], Vec::as_slice)
    }

    /// The first key of an action that does it where the focus is; empty if none does.
    pub fn key_here(&self, action: Action, pane: Pane) -> &str {
        let is_typing = matches!(pane, Pane::Editor | Pane::Tables);
        let does =
            |key: Key| !(is_typing && key.is_text()) && self.action(key, pane) == Some(action);
        let mut keys = self.keys(action).iter();
        let key = keys.find(|key| Key::parse(key).is_ok_and(does));
        key.map_or("", String::as_str)
    }

    /// The keys of a binding, as they are written: an action may have others elsewhere.
    pub fn keys_at(&self, binding: &Binding) -> Vec<String> {
        match self.own.contains(&binding.action) {
            true => self.keys(binding.action).to_vec(),
            false => binding.keys.iter().map(|key| (*key).to_owned()).collect(),
        }
    }

    /// The first key of an action, for the footer; empty if it has none.
    pub fn key(&self, action: Action) -> &str {
        self.keys(action).first().map_or("", String::as_str)
    }

    /// The first key of a binding, or if text is typed the first that is none; empty if
    /// it has none.
    pub fn key_at(&self, binding: &Binding, is_typing: bool) -> String {
        let keys = self.keys_at(binding);
        let mut fit = keys.iter().filter(|key| !is_typing || !is_text(key));
        fit.next().cloned().unwrap_or_default()
    }

    /// The first key of an action that is none where text is typed; empty if it has none.
    pub fn key_in_text(&self, action: Action) -> &str {
        let mut fit = self.keys(action).iter().filter(|key| !is_text(key));
        fit.next().map_or("", String::as_str)
    }
}

fn is_text(key: &str) -> bool {
    Key::parse(key).is_ok_and(Key::is_text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_of_the_table_is_one_and_means_one_thing() {
        for binding in BINDINGS {
            for key in binding.keys {
                assert!(Key::parse(key).is_ok(), "{key}");
            }
        }
        assert_eq!(Keymap::default().conflicts(), Vec::<String>::new());
    }

    #[test]
    fn a_key_file_changes_some_keys() {
        let (map, conflicts) =
            Keymap::read("[keys]\nquit = [\"ctrl+q\"]\nhelp = []\nfilter = [\"z\"]").unwrap();
        let key = |text: &str| Key::parse(text).unwrap();
        assert_eq!(map.action(key("ctrl+q"), Pane::Grid), Some(Action::Quit));
        assert_eq!(map.action(key("q"), Pane::Grid), None);
        assert_eq!(map.action(key("?"), Pane::Grid), None);
        assert_eq!(
            conflicts,
            ["`z` is `filter` and `freeze`: it does the first"]
        );
        assert!(
            Keymap::read("[keys]\nfly = []")
                .unwrap_err()
                .contains("fly")
        );
        assert!(
            Keymap::read("[keys]\nquit = [\"ctl+q\"]")
                .unwrap_err()
                .contains("`ctl`")
        );
    }

    #[test]
    fn places_come_before_everywhere() {
        let map = Keymap::default();
        let key = Key::parse("r").unwrap();
        assert_eq!(map.action(key, Pane::Grid), Some(Action::SortDescending));
        assert_eq!(map.action(key, Pane::Diff), Some(Action::OnlyRemoved));
        assert_eq!(
            map.action(Key::parse("+").unwrap(), Pane::Grid),
            Some(Action::Widen)
        );
    }
}
