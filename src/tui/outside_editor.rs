//! A text in the user's own editor.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Command;

/// Has a text edited: `$VISUAL`, `$EDITOR` or `vi`. Blocks; the terminal is theirs.
///
/// # Errors
/// Why it came to nothing, as a sentence. What was written all the same is left in its
/// file, which the sentence names.
pub fn edit(text: &str) -> Result<String, String> {
    let set = |name| {
        std::env::var(name)
            .ok()
            .filter(|value| !value.trim().is_empty())
    };
    let editor = set("VISUAL").or_else(|| set("EDITOR"));
    let editor = editor.unwrap_or_else(|| "vi".to_owned());
    let name = format!("workbench-{}.sql", uuid::Uuid::new_v4().simple());
    edit_in(&std::env::temp_dir().join(name), text, &editor)
}

fn edit_in(path: &Path, text: &str, editor: &str) -> Result<String, String> {
    let edited = edited(path, text, editor);
    let is_lost = edited.is_err() && fs::read(path).is_ok_and(|is| is != text.as_bytes());
    if !is_lost {
        let _ = fs::remove_file(path);
    }
    edited.map_err(|why| match is_lost {
        true => format!("{why}; what was written is in `{}`", path.display()),
        false => format!("{why}; the text is as it was"),
    })
}

fn edited(path: &Path, text: &str, editor: &str) -> Result<String, String> {
    let shown = path.display();
    let of_file = |error: std::io::Error| format!("`{shown}`: {error}");
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).map_err(of_file)?;
    file.write_all(text.as_bytes()).map_err(of_file)?;
    drop(file);
    // As git does it: what is set there may have words of its own.
    let status = Command::new("sh")
        .arg("-c")
        .arg(format!("{editor} \"$1\""))
        .arg("sh")
        .arg(path)
        .status()
        .map_err(|error| format!("`{editor}` could not be started: {error}"))?;
    if !status.success() {
        return Err(format!("`{editor}` failed"));
    }
    let bytes = fs::read(path).map_err(of_file)?;
    String::from_utf8(bytes).map_err(|_| format!("`{editor}` wrote what is no text in UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_never_thrown_away() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.sql");
        let edit = |script: &str| {
            let editor = format!("f() {{ {script}; }}; f");
            edit_in(&path, "SELECT 1", &editor).map_err(|why| why.replace(&editor, "vi"))
        };
        assert_eq!(
            edit("printf ' + 1' >> \"$1\""),
            Ok("SELECT 1 + 1".to_owned())
        );
        assert!(!path.exists());
        let nothing = Err("`vi` failed; the text is as it was".to_owned());
        assert_eq!(edit("false"), nothing);
        assert_eq!(edit("rm \"$1\"; false"), nothing);
        assert!(!path.exists());
        let left = format!("what was written is in `{}`", path.display());
        for (script, why, there) in [
            ("printf 2 > \"$1\"; false", "`vi` failed", &b"2"[..]),
            (
                "printf '\\377' > \"$1\"",
                "`vi` wrote what is no text in UTF-8",
                b"\xff",
            ),
        ] {
            assert_eq!(edit(script), Err(format!("{why}; {left}")));
            assert_eq!(fs::read(&path).unwrap(), there);
            fs::remove_file(&path).unwrap();
        }
    }
}
