//! A scripted SMTP server, so that a mailer can be tested against every failure of every step.
//!
//! ```
//! use madoguchi_testkit::server::smtp_stub::{SmtpBehaviour, SmtpStep, SmtpStub};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> std::io::Result<()> {
//! let stub = SmtpStub::start().await?;
//! // The next mail is accepted, and its sender never learns it.
//! stub.accept_then(SmtpBehaviour::Reset);
//! // The one after it is refused at its recipient.
//! stub.next(SmtpStep::Recipient, SmtpBehaviour::Reply("550 no such user".into()));
//! // … let the mailer under test send two mails to `stub.address()`; of these, one arrives.
//! assert!(stub.accepted().is_empty(), "nobody has sent one yet");
//! # Ok(())
//! # }
//! ```

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

mod session;

pub use session::{ReceivedMail, SmtpBehaviour, SmtpScript, SmtpStep, serve};

/// The stub server. It listens on a free port of 127.0.0.1 until it is stopped or dropped.
#[derive(Debug)]
pub struct SmtpStub {
    address: SocketAddr,
    shared: Arc<Shared>,
    accept_task: JoinHandle<()>,
}

#[derive(Debug, Default)]
struct Shared(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// One for each connection, in order of arrival.
    script: VecDeque<Fault>,
    always: Option<Fault>,
    accepted: Vec<ReceivedMail>,
    connections: usize,
}

/// What happens at one step of a conversation.
#[derive(Debug, Clone)]
struct Fault {
    step: SmtpStep,
    behaviour: SmtpBehaviour,
    /// Whether a mail is accepted before that.
    accepts: bool,
}

impl SmtpStub {
    /// Starts a server that accepts every mail.
    ///
    /// # Errors
    /// When it cannot listen on a port.
    pub async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let shared = Arc::<Shared>::default();
        let accept_task = tokio::spawn(accept_connections(listener, Arc::clone(&shared)));
        Ok(Self { address, shared, accept_task })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Makes the next connection without a fault behave like this at `step`.
    pub fn next(&self, step: SmtpStep, behaviour: SmtpBehaviour) {
        self.shared.lock().script.push_back(Fault { step, behaviour, accepts: false });
    }

    /// Makes the next connection without a fault accept its mail, and then behave like this instead
    /// of saying so.
    pub fn accept_then(&self, behaviour: SmtpBehaviour) {
        let fault = Fault { step: SmtpStep::End, behaviour, accepts: true };
        self.shared.lock().script.push_back(fault);
    }

    /// Makes all connections that have no fault of their own behave like this at `step`.
    pub fn from_now_on(&self, step: SmtpStep, behaviour: SmtpBehaviour) {
        self.shared.lock().always = Some(Fault { step, behaviour, accepts: false });
    }

    /// All mails that it accepted, in order, also those whose sender never learned it.
    #[must_use]
    pub fn accepted(&self) -> Vec<ReceivedMail> {
        self.shared.lock().accepted.clone()
    }

    /// Number of accepted connections.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.shared.lock().connections
    }

    /// Closes the port and all connections. What was accepted can still be read.
    pub async fn stop(&self) {
        self.accept_task.abort();
        while !self.accept_task.is_finished() {
            tokio::task::yield_now().await;
        }
    }
}

impl Drop for SmtpStub {
    fn drop(&mut self) {
        self.accept_task.abort();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn accept_connections(listener: TcpListener, shared: Arc<Shared>) {
    // Dropped with this task, which also ends all open connections.
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        connections.spawn(serve_connection(stream, Arc::clone(&shared)));
    }
}

async fn serve_connection(stream: TcpStream, shared: Arc<Shared>) {
    let fault = {
        let mut state = shared.lock();
        state.connections += 1;
        state.script.pop_front().or_else(|| state.always.clone())
    };
    serve(stream, Scripted { fault, shared }).await;
}

/// The script of one connection.
struct Scripted {
    fault: Option<Fault>,
    shared: Arc<Shared>,
}

impl SmtpScript for Scripted {
    async fn at(&mut self, step: SmtpStep, mail: &ReceivedMail) -> SmtpBehaviour {
        let fault = self.fault.as_ref().filter(|fault| fault.step == step);
        if step == SmtpStep::End && fault.is_none_or(|fault| fault.accepts) {
            self.shared.lock().accepted.push(mail.clone());
        }
        fault.map_or(SmtpBehaviour::Continue, |fault| fault.behaviour.clone())
    }
}

#[cfg(test)]
mod tests;
