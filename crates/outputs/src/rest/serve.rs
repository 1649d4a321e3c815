//! A listener → connections, each with its limits; and an end in order.

use super::access::Peer;
use super::backing::Api;
use super::count::{add, get};
use super::problem::{Kind, Problem};
use super::routes;
use super::shared::Shared;
use super::slow::Watched;
use axum::Router;
use axum::response::IntoResponse;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

/// Bytes of a request's head; hyper answers 431 to a longer one.
const HEAD_BYTES_MAX: usize = 32 << 10;
/// After an error of `accept` (out of descriptors) before the next try.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Serves until `stop` is done; then takes no more connections, lets what is under way end, and returns. What takes
/// longer than [`super::Limits::stop_wait`] is cut off.
///
/// # Errors
/// None at present: what goes wrong with one connection ends that one only.
pub async fn serve(
    listener: TcpListener,
    api: Api,
    stop: impl Future<Output = ()>,
) -> io::Result<()> {
    let shared = Arc::new(Shared::new(api));
    let router = routes::router(Arc::clone(&shared));
    let under_way = GracefulShutdown::new();
    let mut stop = std::pin::pin!(stop);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut stop => break,
        };
        match accepted {
            Ok((stream, peer)) => connection(stream, peer, &router, &shared, &under_way),
            Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
        }
    }
    drop(listener);
    let _ = tokio::time::timeout(shared.api.settings.limits.stop_wait, under_way.shutdown()).await;
    Ok(())
}

/// Counts a connection as long as it lives.
struct Open(Arc<Shared>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.count.connections.fetch_sub(1, Ordering::Relaxed);
    }
}

fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    router: &Router,
    shared: &Arc<Shared>,
    under_way: &GracefulShutdown,
) {
    let limits = &shared.api.settings.limits;
    if get(&shared.count.connections) >= limits.connections_max as u64 {
        add(&shared.count.connections_refused, 1);
        tokio::spawn(turn_away(stream));
        return;
    }
    add(&shared.count.connections, 1);
    let open = Open(Arc::clone(shared));
    let _ = stream.set_nodelay(true);
    let stream = TokioIo::new(Watched::new(stream, limits.write_wait));
    let router = router.clone();
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(Peer(peer));
        let router = router.clone();
        async move { Ok::<_, Infallible>(answer(router, request).await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .half_close(true) // a sender may end its half and still read
        .header_read_timeout(limits.head_wait)
        .max_buf_size(HEAD_BYTES_MAX)
        .serve_connection(stream, service);
    let connection = under_way.watch(connection);
    tokio::spawn(async move {
        let _ = connection.await; // a peer that breaks off is no news
        drop(open);
    });
}

async fn answer(mut router: Router, request: hyper::Request<Incoming>) -> axum::response::Response {
    use tower_service::Service;
    let request = request.map(axum::body::Body::new);
    match router.call(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

/// Tells one connection too many that it is, so that its sender waits and does not guess.
async fn turn_away(mut stream: TcpStream) {
    let problem =
        Problem::new(Kind::Unavailable, "too many connections: keep them open and use them again")
            .retry_after(2)
            .closing();
    let (head, body) = problem.into_response().into_parts();
    let Ok(body) = body.collect().await.map(|body| body.to_bytes()) else {
        return;
    };
    let mut text = format!("HTTP/1.1 {}\r\ncontent-length: {}\r\n", head.status, body.len());
    for (name, value) in &head.headers {
        text += &format!("{name}: {}\r\n", value.to_str().unwrap_or_default());
    }
    text += "\r\n";
    let say = async {
        stream.write_all(text.as_bytes()).await?;
        stream.write_all(&body).await?;
        stream.shutdown().await
    };
    let _ = tokio::time::timeout(Duration::from_secs(1), say).await;
}

/// The API on threads of its own: for a program that is not async.
pub struct Server {
    local_addr: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<io::Result<()>>>,
}

impl Server {
    /// Begins to serve a bound listener on this many threads.
    ///
    /// # Errors
    /// If the listener is no good, or no thread can be had.
    pub fn start(listener: std::net::TcpListener, api: Api, threads: usize) -> io::Result<Server> {
        let local_addr = listener.local_addr()?;
        listener.set_nonblocking(true)?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(threads.max(1))
            .thread_name("http")
            .enable_io()
            .enable_time()
            .build()?;
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::Builder::new().name("http-accept".into()).spawn(move || {
            let served = runtime.block_on(async {
                let listener = TcpListener::from_std(listener)?;
                serve(listener, api, async {
                    let _ = stopped.await;
                })
                .await
            });
            // A question to a store that does not end must not keep the program from ending.
            runtime.shutdown_timeout(Duration::from_secs(1));
            served
        })?;
        Ok(Server { local_addr, stop: Some(stop), thread: Some(thread) })
    }

    /// Where it listens.
    pub fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// Ends in order, and waits for it.
    ///
    /// # Errors
    /// If serving had failed.
    pub fn stop(mut self) -> io::Result<()> {
        self.end()
    }

    fn end(&mut self) -> io::Result<()> {
        drop(self.stop.take());
        match self.thread.take().map(std::thread::JoinHandle::join) {
            Some(Ok(served)) => served,
            Some(Err(_)) => Err(io::Error::other("the HTTP server broke down")),
            None => Ok(()),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.end();
    }
}
