//! The body of a request → bytes in bounded memory and bounded time, decompressed.

use super::limits::Limits;
use super::problem::{Kind, Problem};
use axum::body::{Body, Bytes};
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use http_body_util::BodyExt;
use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The largest window of zstd that is taken: what a decoder may be made to allocate (2^23 is that of level 19).
const ZSTD_WINDOW_LOG_MAX: u32 = 23;

/// Memory for bodies that all requests share.
#[derive(Debug, Default)]
pub(crate) struct Budget {
    held: AtomicUsize,
}

/// Some of the budget, given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Held {
    budget: Arc<Budget>,
    bytes: usize,
    bytes_max: usize,
}

impl Budget {
    pub(crate) fn hold(self: &Arc<Budget>, bytes_max: usize) -> Held {
        Held { budget: Arc::clone(self), bytes: 0, bytes_max }
    }

    /// Bytes of bodies that are held now.
    pub(crate) fn held(&self) -> usize {
        self.held.load(Ordering::Relaxed)
    }
}

impl Held {
    fn grow(&mut self, bytes: usize) -> Result<(), Problem> {
        let before = self.budget.held.fetch_add(bytes, Ordering::Relaxed);
        self.bytes += bytes;
        match before + bytes > self.bytes_max {
            true => Err(Problem::new(
                Kind::Unavailable,
                "too many large requests at once: send this again",
            )
            .retry_after(1)
            .closing()),
            false => Ok(()),
        }
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.budget.held.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// How a body is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Coding {
    Plain,
    Gzip,
    Zstd,
}

/// How the body is compressed, by its header.
pub(crate) fn coding(headers: &HeaderMap) -> Result<Coding, Problem> {
    let Some(value) = headers.get(CONTENT_ENCODING) else {
        return Ok(Coding::Plain);
    };
    match value.to_str().map(|v| v.trim().to_ascii_lowercase()).as_deref() {
        Ok("" | "identity") => Ok(Coding::Plain),
        Ok("gzip" | "x-gzip") => Ok(Coding::Gzip),
        Ok("zstd") => Ok(Coding::Zstd),
        _ => Err(Problem::new(
            Kind::MediaType,
            "this content-encoding is not understood: use gzip, zstd or none",
        )),
    }
}

/// The media type without its parameters, in lower case; empty where none is given.
pub(crate) fn media_type(headers: &HeaderMap) -> Result<String, Problem> {
    let Some(value) = headers.get(CONTENT_TYPE) else {
        return Ok(String::new());
    };
    let value = value
        .to_str()
        .map_err(|_| Problem::new(Kind::MediaType, "the content-type holds strange characters"))?;
    Ok(value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
}

/// Asks for JSON.
pub(crate) fn must_be_json(headers: &HeaderMap) -> Result<(), Problem> {
    match media_type(headers)?.as_str() {
        "application/json" => Ok(()),
        other => Err(Problem::new(
            Kind::MediaType,
            format!("send `content-type: application/json`, not `{other}`"),
        )),
    }
}

fn too_large(what: &str, bytes_max: usize) -> Problem {
    let detail = format!("{what} has more than {bytes_max} bytes: send it in parts");
    Problem::new(Kind::TooLarge, detail).closing()
}

/// Reads the body as it comes.
pub(crate) async fn read(
    headers: &HeaderMap,
    mut body: Body,
    limits: &Limits,
    bytes_max: usize,
    budget: &Arc<Budget>,
) -> Result<(Bytes, Held), Problem> {
    let announced =
        headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|bytes| bytes > bytes_max) {
        return Err(too_large("the body", bytes_max));
    }
    let mut held = budget.hold(limits.bodies_bytes_max);
    let all = async {
        let mut first = Bytes::new();
        let mut rest = Vec::new();
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|_| {
                Problem::new(Kind::BadBody, "the body broke off: send it again").closing()
            })?;
            let Ok(chunk) = frame.into_data() else {
                continue; // trailers
            };
            if first.len() + rest.len() + chunk.len() > bytes_max {
                return Err(too_large("the body", bytes_max));
            }
            held.grow(chunk.len())?;
            // Most bodies come in one piece, which is then lent on as it is.
            if first.is_empty() && rest.is_empty() {
                first = chunk;
                continue;
            }
            if rest.is_empty() {
                rest.reserve((first.len() + chunk.len()).max(announced.unwrap_or_default()));
                rest.extend_from_slice(&first);
                first = Bytes::new();
            }
            rest.extend_from_slice(&chunk);
        }
        Ok(match rest.is_empty() {
            true => first,
            false => Bytes::from(rest),
        })
    };
    match tokio::time::timeout(limits.body_wait, all).await {
        Ok(bytes) => Ok((bytes?, held)),
        Err(_) => {
            let secs = limits.body_wait.as_secs();
            let detail = format!("the body did not come within {secs} s: send less at once");
            Err(Problem::new(Kind::Slow, detail).closing())
        }
    }
}

/// Decompresses a body, up to a limit.
pub(crate) fn plain(
    bytes: Bytes,
    coding: Coding,
    bytes_max: usize,
    held: &mut Held,
) -> Result<Bytes, Problem> {
    let reader: Box<dyn Read + '_> = match coding {
        Coding::Plain => return Ok(bytes),
        Coding::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(&bytes[..])),
        Coding::Zstd => {
            let mut reader =
                zstd::stream::read::Decoder::with_buffer(&bytes[..]).map_err(broken)?;
            reader.window_log_max(ZSTD_WINDOW_LOG_MAX).map_err(broken)?;
            Box::new(reader)
        }
    };
    let mut reader = reader.take(bytes_max as u64 + 1);
    let mut plain = Vec::with_capacity((bytes.len() * 4).min(bytes_max));
    loop {
        // In steps, so that what is held is known before it is much.
        let step = (&mut reader).take(1 << 20).read_to_end(&mut plain).map_err(broken)?;
        held.grow(step)?;
        if plain.len() > bytes_max {
            return Err(too_large("the decompressed body", bytes_max));
        }
        if step == 0 {
            return Ok(Bytes::from(plain));
        }
    }
}

fn broken(error: std::io::Error) -> Problem {
    Problem::new(Kind::BadBody, format!("the body is not what its content-encoding says: {error}"))
}
