//! SIGTERM and Ctrl-C: the first asks the process to end what it does, a second one ends it at once.

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

/// As a shell says of a process that SIGINT ended.
const EXIT_INTERRUPTED: i32 = 130;

/// Cancelled by the first signal. Listens on a thread of its own, so that the second one is heard to the very end.
pub(super) fn terminated() -> anyhow::Result<CancellationToken> {
    let terminated = CancellationToken::new();
    let first = terminated.clone();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut signals = {
        let _inside = runtime.enter();
        Signals::listen()?
    };
    std::thread::Builder::new().name("signals".into()).spawn(move || {
        runtime.block_on(signals.next());
        first.cancel();
        runtime.block_on(signals.next());
        std::process::exit(EXIT_INTERRUPTED);
    })?;
    Ok(terminated)
}

struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// Must be called inside a tokio runtime.
    fn listen() -> std::io::Result<Self> {
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => (),
            _ = self.interrupt.recv() => (),
        }
    }
}
