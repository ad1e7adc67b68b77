//! Who waits for whom: a key is answered, and a page is read, before a sort goes on.

/// How far behind others, in steps of `nice`.
#[cfg(target_os = "linux")]
const BEHIND: i32 = 10;

/// Lets all others go before this thread, and before those that it begins. For good:
/// a process may not take that back.
pub fn give_way() {
    // Elsewhere this would be about the whole process. Where it is refused, a key
    // waits a little longer.
    #[cfg(target_os = "linux")]
    let _ = rustix::process::setpriority_process(None, BEHIND);
}

/// Opens something whose threads give way.
pub(super) fn behind<T: Send>(open: impl FnOnce() -> T + Send) -> T {
    let opened = std::thread::scope(|scope| {
        let thread = scope.spawn(|| {
            give_way();
            open()
        });
        thread.join()
    });
    opened.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    fn nice() -> i32 {
        rustix::process::getpriority_process(None).unwrap()
    }

    #[test]
    fn a_thread_that_gives_way_is_alone_with_that() {
        let own = nice();
        let (opened, begun) = behind(|| {
            let begun = std::thread::spawn(nice).join().unwrap();
            (nice(), begun)
        });
        assert_eq!((opened, begun), (BEHIND.max(own), BEHIND.max(own)));
        assert_eq!(nice(), own);
    }
}
