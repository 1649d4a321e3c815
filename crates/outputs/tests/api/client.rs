//! A server under test, and the least of a client: what is sent is what stands in the test.

use crate::fakes::{self, ALL, FakeIntake, FakeViews};
use outputs::rest::{DeadLetters, Meter, Server, Settings};
use serde_json::Value;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::time::Duration;

/// A server over fakes.
pub(crate) struct Under {
    pub(crate) intake: Arc<FakeIntake>,
    pub(crate) views: Arc<FakeViews>,
    pub(crate) meter: Arc<Meter>,
    pub(crate) letters: Arc<dyn DeadLetters>,
    server: Server,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then_some(value.trim())
        })
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("{e}: {self:?}"))
    }

    /// A problem as it must be, with this status; its detail.
    pub(crate) fn problem(&self, status: u16) -> String {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.header("content-type"), Some("application/problem+json"), "{self:?}");
        let body = self.json();
        assert_eq!(body["status"], status);
        assert_eq!(body["ok"], false);
        for key in ["type", "title", "detail"] {
            assert!(body[key].as_str().is_some_and(|text| !text.is_empty()), "{key}: {self:?}");
        }
        if matches!(status, 429 | 503) {
            assert!(self.header("retry-after").is_some(), "{self:?}");
        }
        body["detail"].as_str().unwrap().to_owned()
    }
}

impl Under {
    pub(crate) fn test() -> Under {
        Under::with(Settings::default())
    }

    pub(crate) fn with(settings: Settings) -> Under {
        let (intake, views) = (Arc::<FakeIntake>::default(), Arc::new(FakeViews::new()));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let api = fakes::api(Arc::clone(&intake) as _, Arc::clone(&views) as _, settings);
        let (meter, letters) = (Arc::clone(&api.meter), Arc::clone(&api.letters));
        let server = Server::start(listener, api, 2).unwrap();
        Under { intake, views, meter, letters, server }
    }

    pub(crate) fn at(&self) -> SocketAddr {
        self.server.local_addr()
    }

    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.at()).unwrap();
        // Far beyond what anything here takes: a test that hangs is to fail.
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        stream
    }

    /// Sends a request as it stands and reads until the server closes.
    pub(crate) fn send(&self, request: &[u8]) -> Answer {
        let mut stream = self.connect();
        // A server that has heard enough may close early; what it answered counts.
        let _ = stream.write_all(request);
        let _ = stream.shutdown(Shutdown::Write);
        read(&mut stream)
    }

    pub(crate) fn request(
        &self,
        method: &str,
        path: &str,
        headers: &[&str],
        body: &[u8],
    ) -> Answer {
        self.send(&request(method, path, headers, body))
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.request("GET", path, &[], b"")
    }

    pub(crate) fn post(&self, path: &str, body: &str) -> Answer {
        self.request("POST", path, &["content-type: application/json"], body.as_bytes())
    }

    /// As the holder of a token.
    pub(crate) fn post_as(&self, token: &str, path: &str, body: &str) -> Answer {
        let token = format!("x-api-token: {token}");
        self.request("POST", path, &["content-type: application/json", &token], body.as_bytes())
    }

    pub(crate) fn get_as(&self, token: &str, path: &str) -> Answer {
        self.request("GET", path, &[&format!("authorization: Bearer {token}")], b"")
    }

    pub(crate) fn stop(self) {
        self.server.stop().unwrap();
    }
}

/// The bytes of a request that is the only one on its connection.
pub(crate) fn request(method: &str, path: &str, headers: &[&str], body: &[u8]) -> Vec<u8> {
    let mut request =
        format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n");
    for header in headers {
        request += &format!("{header}\r\n");
    }
    if !headers.iter().any(|header| header.starts_with("transfer-encoding")) {
        request += &format!("content-length: {}\r\n", body.len());
    }
    request += "\r\n";
    let mut bytes = request.into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

/// Reads one answer to its end.
pub(crate) fn read(stream: &mut TcpStream) -> Answer {
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes);
    let text = String::from_utf8(bytes).unwrap();
    let (head, rest) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let status = head.split(' ').nth(1).and_then(|word| word.parse().ok()).unwrap_or(0);
    let chunked = head.to_ascii_lowercase().contains("transfer-encoding: chunked");
    let body = if chunked { unchunk(rest) } else { rest.to_owned() };
    Answer { status, head: head.to_owned(), body }
}

fn unchunk(mut rest: &str) -> String {
    let mut body = String::new();
    while let Some((size, after)) = rest.split_once("\r\n") {
        let size = usize::from_str_radix(size, 16).unwrap();
        body += &after[..size];
        rest = after[size..].trim_start_matches("\r\n");
        if size == 0 {
            break;
        }
    }
    body
}

/// The documented event.
pub(crate) const EVENT: &str = r#"{"tenant_id":"client-a","asset_id":"fw-01","source_type":"syslog","source_path":"/var/log/syslog","host":"fw-01","service":"charon","timestamp":"2026-03-22T03:30:00Z","severity":"warning","facility":"daemon","message_raw":"IPsec SA rekey failed; retrying","structured_fields":{"peer":"203.0.113.10"}}"#;

/// Every token works for reading its own.
#[test]
fn the_client_reads_what_is_sent() {
    let under = Under::test();
    let answer = under.get_as(ALL, "/healthz");
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
}
