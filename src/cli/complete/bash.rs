//! Bash. It takes `features.orders@1` and `--as-of=latest` apart at `@`, `=` and `:`, and
//! puts only the last part in place of what a completion says. So its words are put
//! together again before they are sent, and cut off again what it has already.

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::Path;

use clap_complete::engine;
use clap_complete::env::EnvCompleter;

/// Talks to bash, from version 3.2 on.
pub struct Bash;

const SCRIPT: &str = r#"_NAME() {
    local rest=${COMP_LINE:0:COMP_POINT} typed=$2 words=() i word after
    for ((i = 0; i <= COMP_CWORD; i++)); do
        after=${rest#"${rest%%[![:space:]]*}"}
        word=${COMP_WORDS[i]}
        ((i == COMP_CWORD)) && word=$after
        if ((i == 0)) || [[ $after != "$rest" ]]; then
            words+=("$word")
        else
            words[${#words[@]} - 1]+=$word
        fi
        rest=${after#"$word"}
    done
    word=${words[${#words[@]} - 1]}
    local has=${word%"$typed"}
    COMPREPLY=()
    while IFS= read -r word; do
        COMPREPLY+=("${word#"$has"}")
    done < <(VARIABLE=bash "PROGRAM" -- "${words[@]}" 2>/dev/null)
    if [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == *[=/] ]]; then
        compopt -o nospace 2>/dev/null
    fi
}
if ((BASH_VERSINFO[0] > 4 || (BASH_VERSINFO[0] == 4 && BASH_VERSINFO[1] >= 4))); then
    complete -o nosort -F _NAME NAME
else
    complete -F _NAME NAME
fi
"#;

impl EnvCompleter for Bash {
    fn name(&self) -> &'static str {
        "bash"
    }

    fn is(&self, name: &str) -> bool {
        name == "bash"
    }

    fn write_registration(
        &self,
        variable: &str,
        name: &str,
        _bin: &str,
        program: &str,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        // Inside double quotes.
        let special = |c: char| matches!(c, '"' | '$' | '`' | '\\');
        let program: String = program
            .chars()
            .flat_map(|c| special(c).then_some('\\').into_iter().chain([c]))
            .collect();
        let script = SCRIPT
            .replace("NAME", name)
            .replace("VARIABLE", variable)
            .replace("PROGRAM", &program);
        out.write_all(script.as_bytes())
    }

    fn write_complete(
        &self,
        command: &mut clap::Command,
        words: Vec<OsString>,
        here: Option<&Path>,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let last = words.len().saturating_sub(1);
        for candidate in engine::complete(command, words, last, here)? {
            writeln!(out, "{}", candidate.get_value().to_string_lossy())?;
        }
        Ok(())
    }
}
