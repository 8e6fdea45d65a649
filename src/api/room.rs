//! Room for analyses that a request waits for: each on a thread of its own, and so many at once that nothing else suffers.
//!
//! The threads have a name and end with their work, as threads must that touch tensors: a pool would keep what libtorch
//! allots to each.

use std::sync::Arc;
use std::thread;

use tokio::sync::{Semaphore, oneshot};

use super::Error;

/// So many places. Clones share them.
#[derive(Clone)]
pub(super) struct Room {
    places: Arc<Semaphore>,
    size: usize,
}

impl Room {
    pub(super) fn new(size: usize) -> Self {
        Self { places: Arc::new(Semaphore::new(size)), size }
    }

    /// Does work that takes seconds, or refuses it at once where every place is taken. A place is taken until its work
    /// ends, also where nobody waits for that any more.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| Error::Busy { running: self.size })?;
        let (answer, done) = oneshot::channel();
        let begun = thread::Builder::new().name("analysis".to_owned()).spawn(move || {
            let outcome = work();
            drop(place);
            // Whoever asked may have gone.
            let _ = answer.send(outcome);
        });
        begun.map_err(|_| Error::Interrupted)?;
        done.await.map_err(|_| Error::Interrupted)?
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use axum::http::{StatusCode, header};
    use axum::response::IntoResponse;

    use super::*;

    #[tokio::test]
    async fn one_too_many_is_told_to_come_back_and_finds_room_then() {
        let room = Room::new(1);
        let (leave, left) = mpsc::channel::<()>();
        let (entered, inside) = oneshot::channel();
        let first = tokio::spawn({
            let room = room.clone();
            async move {
                room.run(move || {
                    let _ = entered.send(());
                    Ok(left.recv().is_ok())
                })
                .await
            }
        });
        inside.await.unwrap();
        let refusal = room.run(|| Ok(())).await.unwrap_err().into_response();
        assert_eq!(refusal.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert!(refusal.headers().contains_key(header::RETRY_AFTER));
        leave.send(()).unwrap();
        assert!(first.await.unwrap().unwrap());
        assert_eq!(room.run(|| Ok(7)).await.unwrap(), 7);
    }

    #[tokio::test]
    async fn work_that_panics_frees_its_place() {
        let room = Room::new(1);
        let panicked: Result<(), Error> = room.run(|| panic!("in a test")).await;
        assert!(matches!(panicked, Err(Error::Interrupted)));
        assert_eq!(room.run(|| Ok(7)).await.unwrap(), 7);
    }
}
