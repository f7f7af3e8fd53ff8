//! The simulated outside world: a core bank's ESB, a caller directory and a mail server, with all
//! their failures.
//!
//! The journal records what really happened. Tests depend on it, so every effect is in the file
//! before the answer is sent.
//!
//! What `POST /esb` does in each scenario of `PUT /world/scenario`:
//!
//! | scenario | level set | answer |
//! |---|---|---|
//! | `ok` | yes | 200, code `200`, everything echoed |
//! | `refused` | no | 200, code `E-REFUSED`, which the sandbox's configuration lists as final |
//! | `unlisted_code` | no | 200, code `E-0001`, which no configuration lists |
//! | `applied_then_cut` | yes | none: the connection is dropped |
//! | `cut` | no | none: the connection is dropped |
//! | `applied_late:<ms>` | after `<ms>` | none: the connection is dropped at once |
//! | `slow:<ms>` | after `<ms>`, even if the caller disconnected | after `<ms>`, as `ok` |
//! | `http_500` | no | 500 |
//! | `http_429` | no | 429 with `Retry-After` |
//! | `garbage` | yes | 200 with bytes that are not JSON |
//! | `truncated` | yes | `ok`'s reply and its full `content-length`, but only half of its bytes |
//! | `wrong_echo` | yes | as `ok`, but another `ArrngId` is echoed |
//! | `huge` | yes | as `ok`, with several MiB of description |
//!
//! With the option `--esb-inquiry`, `POST /esb` takes inquiries too (`AcctInfoInq`, a message of
//! Madoguchi's own design): in every scenario it answers 200, code `200`, with the newest level
//! that was really set, or an empty one. An inquiry is journaled as received under `inquiry`, uses
//! no `times`, and is never an effect. Without the option it is malformed.
//!
//! What the two lookups answer, `POST …/itau/ps7/contextos` and `POST …/itau/codigo`:
//!
//! | scenario | answer |
//! |---|---|
//! | `ok` | 200: one of ten callers, `CTX0001` to `CTX0010`, or an account's owner; else as below |
//! | `business_failure` | `contextos`: 200 with code `1`; `codigo`: 500 with code `1` |
//! | `slow:<ms>` | after `<ms>`, as `ok` |
//! | `http_401`, `http_404` | that status with code `1` |
//! | `http_500` | 500 with a page of HTML |
//! | `garbage` | 200 with bytes that are not JSON |
//! | `truncated` | `ok`'s reply and its full `content-length`, but only half of its bytes |
//! | `object_for_array` | as `ok`, but with one object for a list, and one list for an object |
//!
//! A context id is accepted plain and in Base64. An unknown key gets the source's example. With
//! `object_for_array`, an owner's `telefones` and `emails` are one object, and a context's
//! `contexto` is a list.
//!
//! What happens to a mail, by the scenario of its recipient:
//!
//! | scenario | accepted | what the client sees |
//! |---|---|---|
//! | `ok` | yes | 250 after the final dot |
//! | `reject_recipient` | no | 550 to `RCPT TO` |
//! | `defer` | no | 451 to `RCPT TO` |
//! | `cut_before_data` | no | a reset instead of a reply to `DATA` |
//! | `cut_before_dot` | no | a reset after the go-ahead for the content |
//! | `cut_after_dot` | yes | a reset instead of a reply to the final dot |
//! | `slow:<ms>` | after `<ms>`, even if the client disconnected | after `<ms>`, as `ok` |
//! | `garbage` | yes | bytes that are not SMTP instead of a reply to the final dot |
//!
//! `GET /world/bounce?to=hanako@example.com` is the delivery report that the newest mail to this
//! address came back.
//!
//! A scenario for a key (an `ArrngId`, a `contextId` as received, a `codigo_conta`, an address)
//! overrides the one for all; the default is `ok`. A scenario with `times` ends when they are used
//! up. An invalid message gets `malformed`: status 400, no level set, no `times` used.
//!
//! The effects of `applied_late` and `slow` are in the file while they are pending. A restarted
//! world applies each of them once, when it is due, or at the start if it is overdue; a reset
//! deletes them.
//!
//! A repeated order, with the same (arrangement, level, transaction id), is one more effect in
//! [`EsbMode::AbsoluteSet`], and none in [`EsbMode::Dedupes`].

mod bounce;
mod channel;
mod channels;
mod clock;
mod control;
mod esb_mode;
mod http;
mod journal;
mod ledger;
mod listener;
mod received;
mod reply;
mod scenario;
mod smtp;
mod store;

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use tokio::task::JoinSet;

use channel::Channel;
use channels::CHANNELS;
use listener::Listener;
use store::Store;

pub use bounce::delivery_report;
pub use esb_mode::{EsbMode, EsbOptions};
pub use listener::Addresses;

/// All listeners: a new protocol is one line here and an address in [`Addresses`].
static LISTENERS: [Listener; 2] = [http::LISTENER, smtp::LISTENER];

/// The simulated outside world, not started yet.
#[derive(Debug)]
pub struct World;

impl World {
    /// Starts the world with the state that an earlier one left in the directory, and applies the
    /// effects that are overdue.
    ///
    /// # Errors
    /// When an address is taken, or when the state cannot be read or is in use.
    pub async fn start(
        mut addresses: Addresses,
        data: &Path,
        esb: EsbOptions,
    ) -> anyhow::Result<RunningWorld> {
        let deduping = CHANNELS.into_iter().filter(|channel| channel.dedupes(esb.mode));
        let store = Arc::new(Store::open(data, esb, deduping.map(Channel::name).collect())?);
        let mut tasks = JoinSet::new();
        for (id, wait) in store.pending() {
            let effect = Arc::clone(&store).apply_after(wait, Some(id));
            if wait.is_zero() {
                effect.await.context("the world cannot keep its journal; see to its --data")?;
            } else {
                tasks.spawn(async { drop(effect.await) });
            }
        }
        for listener in &LISTENERS {
            let socket = listener.bind(&mut addresses)?;
            tasks.spawn(listener.accept(socket, Arc::clone(&store)));
        }
        Ok(RunningWorld { addresses, store, tasks })
    }
}

/// A running world; it ends when it is stopped or dropped.
#[derive(Debug)]
pub struct RunningWorld {
    addresses: Addresses,
    store: Arc<Store>,
    tasks: JoinSet<()>,
}

impl RunningWorld {
    /// Its address for HTTP.
    #[must_use]
    pub const fn addr(&self) -> SocketAddr {
        self.addresses.http
    }

    /// Its address for SMTP.
    #[must_use]
    pub const fn smtp_addr(&self) -> SocketAddr {
        self.addresses.smtp
    }

    /// Drops all connections and releases the ports and the files, as a power cut would.
    pub async fn stop(mut self) {
        self.tasks.abort_all();
        while let Some(ended) = self.tasks.join_next().await {
            if ended.is_err_and(|error| error.is_panic()) {
                tracing::error!("the world had panicked before it was stopped");
            }
        }
    }
}

impl Drop for RunningWorld {
    fn drop(&mut self) {
        self.tasks.abort_all();
        self.store.close();
    }
}
