//! The HTTP client of an upstream system.

use std::time::Duration;

use reqwest::{Certificate, Client, Identity, Url, redirect, retry};

use crate::settings::{Connections, InvalidUpstream, UpstreamSettings};

impl UpstreamSettings {
    /// Checks everything that [`HttpUpstream::new`](crate::HttpUpstream::new) would refuse, so that
    /// a program can report it with its other configuration errors.
    ///
    /// # Errors
    /// If the settings are invalid.
    pub fn check(&self) -> Result<(), InvalidUpstream> {
        self.client().map(drop)
    }

    /// The URL and the client that calls it, if the settings are valid.
    pub(crate) fn client(&self) -> Result<(Url, Client), InvalidUpstream> {
        let url = self.checked_url()?;
        let client = client(self, &url)?;
        Ok((url, client))
    }
}

fn client(settings: &UpstreamSettings, url: &Url) -> Result<Client, InvalidUpstream> {
    let mut builder = Client::builder()
        .http1_only()
        .retry(retry::never())
        .redirect(redirect::Policy::none())
        .no_proxy()
        .referer(false)
        .connect_timeout(settings.connect_timeout);
    builder = match settings.connections {
        Connections::Fresh => builder.pool_max_idle_per_host(0),
        // Below the idle timeout of most servers: a server may close a connection as it is reused.
        Connections::Kept => builder.pool_idle_timeout(Duration::from_secs(10)),
    };
    if url.scheme() == "http" {
        // Plain HTTP does not load the system's certificates, which may be missing.
        builder = builder.tls_certs_only([]);
    } else if let Some(pem) = &settings.extra_roots {
        let invalid = InvalidUpstream::Pem("extra_roots", "one certificate or more");
        match Certificate::from_pem_bundle(pem.expose()) {
            Ok(roots) if !roots.is_empty() => builder = builder.tls_certs_merge(roots),
            Ok(_) | Err(_) => return Err(invalid),
        }
    }
    if let Some(pem) = &settings.identity {
        let identity = Identity::from_pem(pem.expose()).map_err(|_| {
            InvalidUpstream::Pem("identity", "a certificate chain and its private key")
        })?;
        builder = builder.identity(identity);
    }
    builder.build().map_err(|error| InvalidUpstream::Client(error.without_url()))
}
