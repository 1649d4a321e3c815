//! The least of an HTTP client: one request to the service of this machine on a connection of its own.

use anyhow::{Context, bail};
use std::io::{Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::time::Duration;

/// The service says by itself when it has no answer in time; this is longer.
const LIMIT: Duration = Duration::from_secs(60);

/// Where the service is, and who asks.
pub(super) struct Service {
    pub(super) address: SocketAddr,
    pub(super) token: Option<String>,
}

impl Service {
    /// Sends JSON; returns the body of the answer.
    pub(super) fn post(&self, path: &str, body: &str) -> anyhow::Result<String> {
        let address = self.nearest();
        let token = self.token.as_deref().map(str::trim);
        let token = token.map_or(String::new(), |token| format!("x-api-token: {token}\r\n"));
        let request = format!(
            "POST {path} HTTP/1.0\r\nhost: {address}\r\n{token}content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        let ask = || -> std::io::Result<Vec<u8>> {
            let mut stream = TcpStream::connect_timeout(&address, LIMIT)?;
            stream.set_read_timeout(Some(LIMIT))?;
            stream.write_all(request.as_bytes())?;
            let mut answer = Vec::new();
            stream.read_to_end(&mut answer)?;
            Ok(answer)
        };
        let answer = ask().with_context(|| format!("cannot ask the service on {address}"))?;
        let answer = String::from_utf8_lossy(&answer);
        let (head, body) = answer.split_once("\r\n\r\n").context("the service broke off")?;
        match head.split(' ').nth(1) {
            Some("200") => Ok(body.to_owned()),
            status => {
                bail!("the service answered {}: {}", status.unwrap_or("nothing"), body.trim())
            }
        }
    }

    /// What listens on all addresses is asked by that of this machine.
    fn nearest(&self) -> SocketAddr {
        let mut address = self.address;
        if address.ip().is_unspecified() {
            let local: IpAddr = match address.is_ipv4() {
                true => std::net::Ipv4Addr::LOCALHOST.into(),
                false => std::net::Ipv6Addr::LOCALHOST.into(),
            };
            address.set_ip(local);
        }
        address
    }
}
