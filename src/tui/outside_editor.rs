//! A text in the user's own editor.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Command;

/// Has a text edited: `$VISUAL`, `$EDITOR` or `vi`. Blocks; the terminal is theirs.
///
/// # Errors
/// Why it came to nothing, as a sentence.
pub fn edit(text: &str) -> Result<String, String> {
    let name = format!("workbench-{}.sql", uuid::Uuid::new_v4().simple());
    let path = std::env::temp_dir().join(name);
    let edited = edit_in(&path, text);
    let _ = fs::remove_file(&path);
    edited
}

fn edit_in(path: &Path, text: &str) -> Result<String, String> {
    let shown = path.display();
    let of_file = |error: std::io::Error| format!("`{shown}`: {error}");
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).map_err(of_file)?;
    file.write_all(text.as_bytes()).map_err(of_file)?;
    drop(file);
    let set = |name| {
        std::env::var(name)
            .ok()
            .filter(|value| !value.trim().is_empty())
    };
    let editor = set("VISUAL").or_else(|| set("EDITOR"));
    let editor = editor.unwrap_or_else(|| "vi".to_owned());
    // As git does it: what is set there may have words of its own.
    let status = Command::new("sh")
        .arg("-c")
        .arg(format!("{editor} \"$1\""))
        .arg("sh")
        .arg(path)
        .status()
        .map_err(|error| format!("`{editor}` could not be started: {error}"))?;
    if !status.success() {
        return Err(format!("`{editor}` failed; the text is as it was"));
    }
    fs::read_to_string(path).map_err(of_file)
}
