//! A listener of the world: its address option, and how it serves a connection.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::JoinSet;

use super::store::Store;

/// Pause after a failed accept, for example when no file descriptor is free.
const AFTER_A_FAILED_ACCEPT: Duration = Duration::from_millis(50);

/// The address of each listener of the world; port 0 picks a free port.
#[derive(Debug, Clone, Copy)]
pub struct Addresses {
    /// The channels over HTTP, and the control API.
    pub http: SocketAddr,
    /// The mail server.
    pub smtp: SocketAddr,
}

/// A protocol on a port of its own.
#[derive(Debug)]
pub(super) struct Listener {
    /// Its name in log messages.
    pub(super) name: &'static str,
    /// The command-line option with its address.
    pub(super) option: &'static str,
    pub(super) addr: fn(&mut Addresses) -> &mut SocketAddr,
    /// Serves one accepted connection until it ends.
    pub(super) serve: fn(TcpStream, Arc<Store>) -> Serving,
}

/// A connection being served.
pub(super) type Serving = Pin<Box<dyn Future<Output = ()> + Send>>;

impl Listener {
    /// Binds its port with a large backlog: the usual 128 rejects some of 300 concurrent clients.
    /// Writes the port that was bound into the addresses.
    pub(super) fn bind(&self, addresses: &mut Addresses) -> anyhow::Result<TcpListener> {
        let addr = (self.addr)(addresses);
        let listen = || {
            let socket = if addr.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
            socket.set_reuseaddr(true)?;
            socket.bind(*addr)?;
            socket.listen(1024)
        };
        let socket = listen().with_context(|| {
            let option = self.option;
            format!("the world cannot listen on {addr}; give another {option}, or port 0")
        })?;
        *addr = socket.local_addr().context("the world's own address")?;
        Ok(socket)
    }

    /// Accepts connections until it is dropped; its connections end with it.
    pub(super) async fn accept(&self, socket: TcpListener, store: Arc<Store>) {
        let name = self.name;
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                accepted = socket.accept() => match accepted {
                    Ok((stream, _)) => match stream.set_nodelay(true) {
                        Ok(()) => _ = connections.spawn((self.serve)(stream, Arc::clone(&store))),
                        Err(error) => {
                            tracing::debug!(%error, name, "a connection ended at once");
                        }
                    },
                    Err(error) => {
                        tracing::error!(%error, name, "the world cannot accept a connection");
                        tokio::time::sleep(AFTER_A_FAILED_ACCEPT).await;
                    }
                },
                Some(_) = connections.join_next() => {}
            }
        }
    }
}
