use proptest::prelude::*;

use super::*;

fn at(text: &str) -> Editor {
    // `|` is the cursor, and a second one where the selection began.
    let cursor = text.find('|').unwrap();
    let mut editor = Editor::of(text.replacen('|', "", 1));
    editor.height = 10;
    editor.width = 80;
    editor.go_to(cursor, false);
    editor
}

fn shown(editor: &Editor) -> String {
    let mut text = editor.text().to_owned();
    text.insert(editor.cursor(), '|');
    text
}

#[test]
fn words_are_taken_back_as_words_and_a_paste_as_one() {
    let mut editor = at("|");
    for c in "SELECT a".chars() {
        editor.insert(c.encode_utf8(&mut [0; 4]));
    }
    editor.paste(" FROM b\r\nWHERE c\r");
    assert_eq!(shown(&editor), "SELECT a FROM b\nWHERE c\n|");
    editor.undo();
    assert_eq!(shown(&editor), "SELECT a|");
    editor.undo();
    assert_eq!(shown(&editor), "SELECT |");
    editor.undo();
    assert_eq!(shown(&editor), "|");
    assert!(!editor.undo());
    editor.redo();
    editor.redo();
    assert_eq!(shown(&editor), "SELECT a|");
    editor.delete(Motion::Left);
    editor.delete(Motion::Left);
    // Nothing can be made again that was before another change.
    assert!(!editor.redo());
    editor.undo();
    assert_eq!(shown(&editor), "SELECT a|");
}

#[test]
fn motions_go_by_what_is_seen() {
    let mut editor = at("größe 名前|\n\nx");
    editor.go(Motion::Left, false);
    assert_eq!(shown(&editor), "größe 名|前\n\nx");
    editor.go(Motion::Down, false);
    editor.go(Motion::Down, false);
    assert_eq!(shown(&editor), "größe 名前\n\nx|");
    editor.go(Motion::Up, false);
    editor.go(Motion::Up, false);
    assert_eq!(shown(&editor), "größe 名|前\n\nx");
    editor.go(Motion::WordLeft, true);
    assert_eq!(editor.selected(), Some("名"));
    editor.insert("Nam");
    assert_eq!(shown(&editor), "größe Nam|前\n\nx");
}

#[test]
fn lines_are_indented_and_made_comments_and_back() {
    let mut editor = at("|SELECT a\n  , b\n");
    editor.select_all();
    editor.toggle_comment();
    assert_eq!(editor.text(), "-- SELECT a\n  -- , b\n");
    editor.toggle_comment();
    editor.indent();
    assert_eq!(editor.text(), "    SELECT a\n      , b\n");
    editor.unindent();
    assert_eq!(editor.text(), "SELECT a\n  , b\n");
}

#[test]
fn with_modes_it_does_what_vim_does() {
    for (before, keys, after) in [
        ("|SELECT a FROM b", "wdw", "SELECT |FROM b"),
        ("SELECT |a, b FROM t", "cwxy\u{1b}", "SELECT x|y, b FROM t"),
        ("f(a, |b) + 1", "ci(0\u{1b}", "f(|0) + 1"),
        ("|a\nb\nc", "ddp", "b\n|a\nc"),
        ("|a\nb\nc", "yyjp", "a\nb\n|a\nc"),
        ("a\n|b", "dd", "|a"),
        ("|one two three", "2wD", "one two| "),
        ("|abc def", "fexu", "abc d|ef"),
        ("|abc", "vly$p", "abca|b"),
        ("x = |'old'", "ci'new\u{1b}", "x = 'ne|w'"),
        ("|a\n  b", "J", "a| b"),
        ("|a b", "A c\u{1b}0x", "| b c"),
    ] {
        let mut editor = at(before);
        editor.vim = Some(Vim::default());
        for c in keys.chars() {
            match c {
                '\u{1b}' => editor.leave_insert(),
                c if editor.vim.as_ref().unwrap().mode == Mode::Insert => {
                    editor.insert(c.encode_utf8(&mut [0; 4]));
                }
                c => editor.command(c),
            }
        }
        assert_eq!(shown(&editor), after, "{before} {keys}");
    }
}

#[derive(Debug, Clone)]
enum Do {
    Insert(String),
    Paste(String),
    Delete(u8),
    Go(u8, bool),
    Other(u8),
    Command(char),
}

const MOTIONS: [Motion; 12] = [
    Motion::Left,
    Motion::Right,
    Motion::Up,
    Motion::Down,
    Motion::WordLeft,
    Motion::WordRight,
    Motion::LineStart,
    Motion::LineEnd,
    Motion::PageUp,
    Motion::PageDown,
    Motion::Start,
    Motion::End,
];

fn a_do() -> impl Strategy<Value = Do> {
    prop_oneof![
        "[a-z ('\t]|é|名|e\u{301}|👩\u{200d}🚀".prop_map(Do::Insert),
        "([a-z ]|\r\n|\n|名|--){0,12}".prop_map(Do::Paste),
        (0..12u8).prop_map(Do::Delete),
        (0..12u8, any::<bool>()).prop_map(|(at, selects)| Do::Go(at, selects)),
        (0..8u8).prop_map(Do::Other),
        "[hjklwbe0^$gGfxdcyrvVaAiIoOJpPu'(2{}]"
            .prop_map(|c| Do::Command(c.chars().next().unwrap())),
    ]
}

fn perform(editor: &mut Editor, step: &Do) {
    match step {
        Do::Insert(text) => editor.insert(text),
        Do::Paste(text) => editor.paste(text),
        Do::Delete(at) => editor.delete(MOTIONS[usize::from(*at)]),
        Do::Go(at, selects) => editor.go(MOTIONS[usize::from(*at)], *selects),
        Do::Other(0) => editor.break_line(),
        Do::Other(1) => editor.indent(),
        Do::Other(2) => editor.unindent(),
        Do::Other(3) => editor.toggle_comment(),
        Do::Other(4) => editor.select_all(),
        Do::Other(5) => editor.leave_insert(),
        Do::Other(6) => editor.scroll(3),
        Do::Other(_) => {
            editor.deselect();
        }
        Do::Command(c) => editor.command(*c),
    }
}

proptest! {
    /// Whatever is done, the cursor is between graphemes and in sight; all of it can
    /// be taken back and made again.
    #[test]
    fn all_can_be_taken_back(text in "([a-z ]|\n|名|é){0,40}", steps in prop::collection::vec(a_do(), 0..40), modes in any::<bool>()) {
        let mut editor = Editor::of(text.clone());
        (editor.height, editor.width) = (4, 10);
        editor.vim = modes.then(Vim::default);
        editor.settle();
        for step in &steps {
            perform(&mut editor, step);
            prop_assert_eq!(editor.boundary(editor.cursor()), editor.cursor());
            let spot = editor.spot(editor.cursor());
            prop_assert!((editor.top..editor.top + 4).contains(&spot.line));
            prop_assert!((editor.left..editor.left + 10).contains(&spot.column));
            if let Some(range) = editor.selection() {
                prop_assert!(editor.text().get(range).is_some());
            }
        }
        let last = editor.text().to_owned();
        while editor.undo() {}
        prop_assert_eq!(editor.text(), &text);
        while editor.redo() {}
        // Taken back in vim, a change may have been followed by others.
        if !steps.iter().any(|step| matches!(step, Do::Command('u'))) {
            prop_assert_eq!(editor.text(), &last);
        }
    }
}
