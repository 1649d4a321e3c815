//! A pipe read by a thread of its own, so that whoever waits for its bytes can also look at other
//! things (an interrupt, the clock) while the pipe is silent.

use crate::input::{Input, Kind};
use std::fs::File;
use std::io::{self, Read};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;

/// Bytes that one read of the pipe asks for.
const CHUNK_BYTES: usize = 256 << 10;
/// Chunks that wait between the thread and the reader.
const CHUNKS_WAITING_MAX: usize = 4;
/// How long the reader waits for bytes before it reports silence: short enough that an interrupt
/// seems to work at once.
const SILENCE: Duration = Duration::from_millis(200);

#[derive(Debug)]
pub(crate) struct Pump {
    chunks: Receiver<io::Result<Vec<u8>>>,
    chunk: Vec<u8>,
    used: usize,
    position: u64,
    /// Silence is waited out rather than reported: decompressors cannot stop in the middle.
    patient: bool,
}

impl Pump {
    /// Starts to read. Opening a named pipe waits for its writer, so the thread does that as well.
    pub(crate) fn start(input: &Input) -> Pump {
        let (sender, chunks) = sync_channel(CHUNKS_WAITING_MAX);
        let input = input.clone();
        std::thread::spawn(move || {
            let result = match input.kind {
                Kind::Stdin => send_all(&mut io::stdin().lock(), &sender),
                Kind::Pipe | Kind::File => {
                    File::open(&input.path).and_then(|mut pipe| send_all(&mut pipe, &sender))
                }
            };
            if let Err(error) = result {
                // Nobody listens any more: nobody wants to know.
                let _ = sender.send(Err(error));
            }
        });
        Pump { chunks, chunk: Vec::new(), used: 0, position: 0, patient: false }
    }

    /// From now on, waits for bytes as long as it takes.
    pub(crate) fn be_patient(&mut self) {
        self.patient = true;
    }

    pub(crate) fn position(&self) -> u64 {
        self.position
    }

    /// The first bytes, at least `least` of them unless the pipe ends before. They stay unread.
    pub(crate) fn head(&mut self, least: usize) -> io::Result<&[u8]> {
        while self.chunk.len() - self.used < least {
            match self.receive()? {
                None => break,
                Some(chunk) if self.chunk.is_empty() => self.chunk = chunk,
                Some(chunk) => self.chunk.extend_from_slice(&chunk),
            }
        }
        Ok(&self.chunk[self.used..])
    }

    /// The next chunk, or `None` at the end; an error of kind `WouldBlock` means silence.
    fn receive(&mut self) -> io::Result<Option<Vec<u8>>> {
        let received = if self.patient {
            self.chunks.recv().map_err(|_| RecvTimeoutError::Disconnected)
        } else {
            self.chunks.recv_timeout(SILENCE)
        };
        match received {
            Ok(chunk) => chunk.map(Some),
            Err(RecvTimeoutError::Timeout) => Err(io::ErrorKind::WouldBlock.into()),
            Err(RecvTimeoutError::Disconnected) => Ok(None),
        }
    }
}

impl Read for Pump {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.used == self.chunk.len() {
            match self.receive()? {
                None => return Ok(0),
                Some(chunk) => (self.chunk, self.used) = (chunk, 0),
            }
        }
        let rest = &self.chunk[self.used..];
        let read = rest.len().min(buffer.len());
        buffer[..read].copy_from_slice(&rest[..read]);
        self.used += read;
        self.position += read as u64;
        Ok(read)
    }
}

/// Sends everything; ends quietly when nobody listens any more.
fn send_all(pipe: &mut dyn Read, chunks: &SyncSender<io::Result<Vec<u8>>>) -> io::Result<()> {
    let mut buffer = vec![0; CHUNK_BYTES];
    loop {
        match pipe.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(read) => {
                if chunks.send(Ok(buffer[..read].to_vec())).is_err() {
                    return Ok(());
                }
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
