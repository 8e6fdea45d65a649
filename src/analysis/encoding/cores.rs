//! Pieces of work that know nothing of each other, on as many threads as there are cores.

use std::num::NonZero;
use std::sync::{Mutex, PoisonError};
use std::thread;

use ndarray::{Array, Axis, RemoveAxis, concatenate};

use super::Error;

/// Outputs that are computed at once: on each thread, memory beyond the result is proportional to it.
pub(super) const BLOCK: usize = 1024;

/// Does the work on every item and returns what it made in their order; the first error ends it.
pub(super) fn on_all_cores<I, T>(
    items: impl IntoIterator<Item = I, IntoIter: Send>,
    work: impl Fn(I) -> Result<T, Error> + Sync,
) -> Result<Vec<T>, Error>
where
    T: Send,
{
    let waiting = Mutex::new(items.into_iter().enumerate());
    let next = || waiting.lock().unwrap_or_else(PoisonError::into_inner).next();
    let labour = || {
        let mut done = Vec::new();
        while let Some((place, item)) = next() {
            done.push((place, work(item)?));
        }
        Ok::<_, Error>(done)
    };
    let threads = thread::available_parallelism().map_or(1, NonZero::get);
    let done: Result<Vec<_>, Error> = thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(labour)).collect();
        let join = |worker: thread::ScopedJoinHandle<'_, _>| {
            worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        };
        workers.into_iter().map(join).collect()
    });
    let mut done: Vec<(usize, T)> = done?.into_iter().flatten().collect();
    done.sort_unstable_by_key(|(place, _)| *place);
    Ok(done.into_iter().map(|(_, made)| made).collect())
}

/// The ranges of outputs that make up all of them.
pub(super) fn blocks(outputs: usize) -> impl Iterator<Item = std::ops::Range<usize>> + Send {
    (0..outputs).step_by(BLOCK).map(move |from| from..outputs.min(from + BLOCK))
}

/// Blocks of outputs side by side along `axis`.
pub(super) fn joined<T: Clone, D: RemoveAxis>(axis: Axis, blocks: &[Array<T, D>]) -> Array<T, D> {
    let blocks: Vec<_> = blocks.iter().map(|block| block.view()).collect();
    concatenate(axis, &blocks).expect("blocks differ in their outputs alone. This is a bug.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_keep_the_order_of_the_items() {
        let squares = on_all_cores(0..100_usize, |item| Ok(item * item)).unwrap();
        assert!(squares.into_iter().enumerate().all(|(place, square)| square == place * place));
    }

    #[test]
    fn an_error_comes_out() {
        let refusal = on_all_cores(0..9, |item| if item == 5 { Err(Error::Eigen) } else { Ok(item) });
        assert_eq!(refusal, Err(Error::Eigen));
    }

    #[test]
    fn blocks_cover_all_outputs_once() {
        let covered: Vec<usize> = blocks(2 * BLOCK + 3).flatten().collect();
        assert!(covered.into_iter().eq(0..2 * BLOCK + 3));
    }
}
