//! What a benchmark is told behind `--`.

/// What follows a name.
pub fn value(name: &str) -> Option<String> {
    let mut args = std::env::args().skip_while(|arg| arg != name);
    args.nth(1)
}

/// The number that follows a name; `default` where there is none.
pub fn number(name: &str, default: u64) -> u64 {
    value(name)
        .and_then(|text| text.parse().ok())
        .unwrap_or(default)
}
