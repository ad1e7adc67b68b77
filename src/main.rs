//! Parse, run, exit.

fn main() -> std::process::ExitCode {
    workbench::cli::main()
}
