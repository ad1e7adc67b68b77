//! Commands, measured as whole processes: time, processor time, peak memory.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// What one process took.
#[derive(Debug, Clone)]
pub struct Run {
    pub wall: Duration,
    /// Of user and system.
    pub cpu: Duration,
    /// Bytes.
    pub peak: u64,
}

impl std::fmt::Display for Run {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{:6.2} s ({:5.2} s cpu, {:4} MB)",
            self.wall.as_secs_f64(),
            self.cpu.as_secs_f64(),
            self.peak / 1_000_000
        )
    }
}

/// Runs a command to its end, with its peak memory polled from the kernel.
pub fn measure(mut command: Command) -> (Run, Vec<u8>) {
    let before = children_cpu();
    let started = Instant::now();
    let child = command
        .stdout(Stdio::piped())
        .spawn()
        .expect("the command starts");
    let status = format!("/proc/{}/status", child.id());
    let poll = std::thread::spawn(move || {
        let mut peak = 0;
        while let Ok(text) = std::fs::read_to_string(&status) {
            let kilobytes = text
                .lines()
                .find_map(|l| l.strip_prefix("VmHWM:"))
                .and_then(|l| l.trim().split(' ').next()?.parse::<u64>().ok());
            let Some(kilobytes) = kilobytes else { break };
            peak = peak.max(kilobytes * 1024);
            std::thread::sleep(Duration::from_millis(5));
        }
        peak
    });
    let output = child.wait_with_output().expect("the command ends");
    let wall = started.elapsed();
    assert!(output.status.success(), "{command:?}: {}", output.status);
    let run = Run {
        wall,
        cpu: children_cpu() - before,
        peak: poll.join().expect("the poll ends"),
    };
    (run, output.stdout)
}

/// User and system time of the children that have ended, in this process's own
/// line of `/proc` (fields 16 and 17, in hundredths of a second).
fn children_cpu() -> Duration {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = text.rsplit(')').next().unwrap_or_default();
    let ticks: u64 = after_name
        .split_whitespace()
        .skip(13)
        .take(2)
        .filter_map(|t| t.parse::<u64>().ok())
        .sum();
    Duration::from_millis(ticks * 10)
}

/// The middle of some values.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
