//! How the program is linked.

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let target = |what: &str| env::var(format!("CARGO_CFG_TARGET_{what}")).unwrap_or_default();
    // At a fixed address: DuckDB and the SDK have 157,000 places that would be
    // relocated at each start, on 700 pages of their own. That is 6 ms of the 36
    // that a small query takes. Libraries, stack and heap still lie at random.
    if target("OS") == "linux" && target("ENV") == "gnu" {
        println!("cargo::rustc-link-arg-bins=-no-pie");
    }
}
