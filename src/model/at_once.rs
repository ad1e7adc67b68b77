//! One job for each of many things, on several threads.

use std::convert::Infallible;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Does a job for each thing. What comes of it is in the order of the things.
pub fn each<T: Sync, O: Send>(
    things: &[T],
    threads: usize,
    job: impl Fn(&T) -> O + Sync,
) -> Vec<O> {
    let Ok(done) = try_each(things, threads, |thing| Ok::<_, Infallible>(job(thing)));
    done
}

/// The same for a job that may fail: then none is begun any more.
///
/// # Errors
/// One of those of the jobs that were begun.
pub fn try_each<T: Sync, O: Send, E: Send>(
    things: &[T],
    threads: usize,
    job: impl Fn(&T) -> Result<O, E> + Sync,
) -> Result<Vec<O>, E> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(thing) = things.get(at) else {
                return Ok(done);
            };
            match job(thing) {
                Ok(out) => done.push((at, out)),
                Err(error) => {
                    next.store(things.len(), Ordering::Relaxed);
                    return Err(error);
                }
            }
        }
    };
    let mut done = thread::scope(|scope| {
        let threads: Vec<_> = (0..threads.max(1).min(things.len()))
            .map(|_| scope.spawn(work))
            .collect();
        let mut done = Vec::with_capacity(things.len());
        let mut failed = None;
        for thread in threads {
            match thread.join() {
                Ok(Ok(some)) => done.extend(some),
                Ok(Err(error)) => failed = failed.or(Some(error)),
                Err(panic) => resume_unwind(panic),
            }
        }
        failed.map_or(Ok(done), Err)
    })?;
    done.sort_unstable_by_key(|(at, _)| *at);
    Ok(done.into_iter().map(|(_, out)| out).collect())
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;

    use super::*;

    #[test]
    fn all_is_done_at_once_and_told_in_order() {
        let things: Vec<usize> = (0..100).collect();
        // Nobody goes on before all four have begun.
        let begun = Barrier::new(4);
        let squares = each(&things, 4, |n| {
            if *n < 4 {
                begun.wait();
            }
            n * n
        });
        let expected: Vec<usize> = things.iter().map(|n| n * n).collect();
        assert_eq!(squares, expected);
        assert_eq!(each(&[], 4, |n: &usize| *n), Vec::<usize>::new());
    }

    #[test]
    fn nothing_is_begun_behind_an_error() {
        let begun = AtomicUsize::new(0);
        let ended = try_each(&[1, 2, 3, 4, 5], 1, |n| {
            begun.fetch_add(1, Ordering::Relaxed);
            if *n == 3 { Err(*n) } else { Ok(*n) }
        });
        assert_eq!(ended, Err(3));
        assert_eq!(begun.into_inner(), 3);
    }
}
