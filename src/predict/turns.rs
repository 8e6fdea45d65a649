//! Whose turn it is: windows of all predictions under way go through the encoder together, those that somebody waits for
//! first.
//!
//! A turn is one forward. It takes one window of each run, as many as the model's budget allows, so that nobody waits for
//! more than the turn that runs; where features had to be computed for a window, the turn takes no more windows.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use tokio::sync::oneshot;

use super::pipeline::Pipeline;
use super::run::Run;
use super::{Error, Prediction};

/// Where the end of a prediction is told.
pub(super) type Reply = oneshot::Sender<Result<Prediction, Error>>;

/// The predictions under way.
pub(super) struct Turns<'a> {
    pipeline: &'a Pipeline,
    /// Most windows of a turn.
    budget: usize,
    waiting: VecDeque<Participant<'a>>,
    /// Why libtorch failed since this was last asked for.
    panic: Option<String>,
}

struct Participant<'a> {
    run: Run<'a>,
    /// Whether somebody waits for it.
    is_urgent: bool,
    reply: Reply,
}

impl<'a> Turns<'a> {
    pub(super) fn new(pipeline: &'a Pipeline, budget: usize) -> Self {
        Self { pipeline, budget, waiting: VecDeque::new(), panic: None }
    }

    pub(super) fn is_idle(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Why libtorch failed since the last call.
    pub(super) fn take_panic(&mut self) -> Option<String> {
        self.panic.take()
    }

    /// Lets a prediction in, which `begin` lays out.
    pub(super) fn admit(&mut self, begin: impl FnOnce() -> Result<Run<'a>, Error>, is_urgent: bool, reply: Reply) {
        match sheltered(begin) {
            Ok(run) => self.go_on(Participant { run, is_urgent, reply }),
            Err(error) => self.end(reply, Err(error)),
        }
    }

    /// One forward.
    pub(super) fn turn(&mut self) {
        self.waiting.make_contiguous().sort_by_key(|participant| !participant.is_urgent);
        let mut batch = Vec::new();
        while batch.len() < self.budget
            && let Some(mut participant) = self.waiting.pop_front()
        {
            match sheltered(|| participant.run.prepare()) {
                Ok(all_were_cached) => {
                    batch.push(participant);
                    if !all_were_cached {
                        break;
                    }
                }
                Err(error) => self.end(participant.reply, Err(error)),
            }
        }
        self.forward(batch);
    }

    /// A batch that fails goes through once more window by window, so that no run fails for another's sake.
    fn forward(&mut self, batch: Vec<Participant<'a>>) {
        if batch.is_empty() {
            return;
        }
        metrics::histogram!("encortex_batch_windows").record(batch.len() as f64);
        let begun = Instant::now();
        let windows: Vec<_> = batch.iter().map(|participant| participant.run.features()).collect();
        let latents = sheltered(|| self.pipeline.forward(&windows));
        let seconds_a_window = begun.elapsed().as_secs_f64() / batch.len() as f64;
        match latents {
            Ok(latents) => {
                for (place, mut participant) in batch.into_iter().enumerate() {
                    match sheltered(|| participant.run.take(&latents, place, seconds_a_window)) {
                        Ok(()) => self.go_on(participant),
                        Err(error) => self.end(participant.reply, Err(error)),
                    }
                }
            }
            Err(_) if batch.len() > 1 => batch.into_iter().for_each(|participant| self.forward(vec![participant])),
            Err(error) => {
                if let Some(participant) = batch.into_iter().next() {
                    self.end(participant.reply, Err(error));
                }
            }
        }
    }

    fn go_on(&mut self, participant: Participant<'a>) {
        if participant.run.is_done() {
            let result = sheltered(|| participant.run.finish());
            self.end(participant.reply, result);
        } else {
            self.waiting.push_back(participant);
        }
    }

    fn end(&mut self, reply: Reply, result: Result<Prediction, Error>) {
        if let Err(Error::ModelThread(reason)) = &result {
            self.panic = Some(reason.clone());
        }
        // Nobody waits for the answer of a client that has gone.
        let _ = reply.send(result);
    }
}

/// libtorch reports what goes wrong inside it as a panic; here it becomes an error.
pub(super) fn sheltered<T>(task: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    catch_unwind(AssertUnwindSafe(task)).unwrap_or_else(|panic| {
        let reason = panic.downcast_ref::<String>().cloned();
        let reason = reason.or_else(|| panic.downcast_ref::<&str>().map(|reason| (*reason).to_owned()));
        Err(Error::ModelThread(reason.unwrap_or_else(|| "a panic without a message".to_owned())))
    })
}
