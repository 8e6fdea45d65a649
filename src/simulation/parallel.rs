//! The same work on many things, on all cores.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::Error;

/// The results in the order of the things; the first error, where one fails. `done` is told how many are done.
pub(super) fn each<T: Sync, R: Send>(
    things: &[T],
    done: &(dyn Fn(usize) + Sync),
    work: impl Fn(&T) -> Result<R, Error> + Sync,
) -> Result<Vec<R>, Error> {
    let (next, ready) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let results: Vec<Mutex<Option<Result<R, Error>>>> = things.iter().map(|_| Mutex::new(None)).collect();
    let labour = || {
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(thing) = things.get(at) else { return };
            let result = work(thing);
            if result.is_err() {
                next.store(things.len(), Ordering::Relaxed);
            }
            if let Ok(mut place) = results[at].lock() {
                *place = Some(result);
            }
            done(ready.fetch_add(1, Ordering::Relaxed) + 1);
        }
    };
    let workers = thread::available_parallelism().map_or(1, usize::from).min(things.len().max(1));
    thread::scope(|scope| (0..workers).for_each(|_| drop(scope.spawn(labour))));
    let finished = results.into_iter().filter_map(|place| place.into_inner().ok().flatten());
    finished.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_keep_their_order_and_an_error_is_returned() {
        let things: Vec<usize> = (0..50).collect();
        let told = AtomicUsize::new(0);
        let done = |count: usize| {
            told.fetch_max(count, Ordering::Relaxed);
        };
        let squares = each(&things, &done, |thing| Ok(thing * thing)).unwrap();
        assert_eq!(squares, things.iter().map(|thing| thing * thing).collect::<Vec<_>>());
        assert_eq!(told.into_inner(), 50);
        let out_of_range = |value: usize| Error::OutOfRange { name: "x", value: value as f64, least: 0.0, most: 9.0 };
        let failed = each(&things, &|_| (), |thing| if *thing > 9 { Err(out_of_range(*thing)) } else { Ok(()) });
        assert!(matches!(failed, Err(Error::OutOfRange { value: 10.0.., .. })));
    }
}
