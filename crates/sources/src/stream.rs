//! Raw bytes → decompressed bytes. The compression is told by the data's first bytes, never by a
//! name; streams that follow each other in one file are read as one.

use crate::parkable::Parkable;
use crate::pump::Pump;
use bzip2::bufread::MultiBzDecoder;
use flate2::bufread::MultiGzDecoder;
use lzma_rust2::XzReader;
use std::io::{self, BufReader, Read};

/// First bytes that telling the compression takes.
pub(crate) const MAGIC_BYTES: usize = 10;
/// Compressed bytes read at once.
const COMPRESSED_BYTES: usize = 64 << 10;
/// Memory that an .xz file may ask for: `xz -9` needs 65 MiB; a hostile header could ask for 4 GiB.
/// (.zst is held to 128 MiB by its own library; .gz and .bz2 need little.)
const XZ_MEMORY_KIB_MAX: u32 = 256 << 10;

/// How bytes are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Compression {
    /// Not at all.
    #[default]
    None,
    /// .gz
    Gzip,
    /// .xz
    Xz,
    /// .zst
    Zstd,
    /// .bz2
    Bzip2,
}

impl Compression {
    /// The compression that data beginning like this has.
    pub fn of(head: &[u8]) -> Compression {
        match head {
            [0x1f, 0x8b, 8, ..] => Compression::Gzip,
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Compression::Xz,
            [0x28, 0xb5, 0x2f, 0xfd, ..] => Compression::Zstd,
            // "BZh9" alone could be text: a block or the end mark has to follow.
            [b'B', b'Z', b'h', b'1'..=b'9', 0x31, 0x41, 0x59, 0x26, 0x53, 0x59, ..]
            | [b'B', b'Z', b'h', b'1'..=b'9', 0x17, 0x72, 0x45, 0x38, 0x50, 0x90, ..] => {
                Compression::Bzip2
            }
            _ => Compression::None,
        }
    }

    /// The usual extension of such files; empty for none.
    pub fn word(self) -> &'static str {
        match self {
            Compression::None => "",
            Compression::Gzip => "gz",
            Compression::Xz => "xz",
            Compression::Zstd => "zst",
            Compression::Bzip2 => "bz2",
        }
    }
}

/// Where raw bytes come from.
#[derive(Debug)]
pub(crate) enum Raw {
    File(Parkable),
    Pipe(Pump),
}

impl Raw {
    fn park(&mut self) {
        if let Raw::File(file) = self {
            file.park();
        }
    }

    fn position(&self) -> u64 {
        match self {
            Raw::File(file) => file.position(),
            Raw::Pipe(pump) => pump.position(),
        }
    }
}

impl Read for Raw {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Raw::File(file) => file.read(buffer),
            Raw::Pipe(pump) => pump.read(buffer),
        }
    }
}

/// Decompressed bytes of one input.
pub(crate) enum Stream {
    Plain(Raw),
    Gzip(Box<MultiGzDecoder<BufReader<Raw>>>),
    Xz(Box<XzReader<BufReader<Raw>>>),
    Zstd(Box<zstd::Decoder<'static, BufReader<Raw>>>),
    Bzip2(Box<MultiBzDecoder<BufReader<Raw>>>),
}

impl Stream {
    /// A stream over a file, from its first byte.
    pub(crate) fn of_file(mut file: Parkable) -> io::Result<Stream> {
        let mut head = Vec::with_capacity(MAGIC_BYTES);
        (&mut file).take(MAGIC_BYTES as u64).read_to_end(&mut head)?;
        file.move_to(0);
        Stream::new(Raw::File(file), Compression::of(&head))
    }

    /// A stream over a pipe. Needs the pipe's first bytes; an error of kind `WouldBlock` means that
    /// they are not there yet.
    pub(crate) fn of_pipe(pump: &mut Option<Pump>) -> io::Result<Stream> {
        let Some(waiting) = pump else {
            return Err(io::ErrorKind::NotFound.into());
        };
        let compression = Compression::of(waiting.head(MAGIC_BYTES)?);
        if compression != Compression::None {
            waiting.be_patient();
        }
        match pump.take() {
            Some(pump) => Stream::new(Raw::Pipe(pump), compression),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn new(raw: Raw, compression: Compression) -> io::Result<Stream> {
        let buffered = |raw| BufReader::with_capacity(COMPRESSED_BYTES, raw);
        Ok(match compression {
            Compression::None => Stream::Plain(raw),
            Compression::Gzip => Stream::Gzip(Box::new(MultiGzDecoder::new(buffered(raw)))),
            Compression::Xz => Stream::Xz(Box::new(XzReader::new_mem_limit(
                buffered(raw),
                true,
                XZ_MEMORY_KIB_MAX,
            ))),
            Compression::Zstd => Stream::Zstd(Box::new(zstd::Decoder::with_buffer(buffered(raw))?)),
            Compression::Bzip2 => Stream::Bzip2(Box::new(MultiBzDecoder::new(buffered(raw)))),
        })
    }

    pub(crate) fn compression(&self) -> Compression {
        match self {
            Stream::Plain(_) => Compression::None,
            Stream::Gzip(_) => Compression::Gzip,
            Stream::Xz(_) => Compression::Xz,
            Stream::Zstd(_) => Compression::Zstd,
            Stream::Bzip2(_) => Compression::Bzip2,
        }
    }

    /// Bytes come when they come, and are handed on at once.
    pub(crate) fn is_live(&self) -> bool {
        matches!(self, Stream::Plain(Raw::Pipe(_)))
    }

    fn raw_mut(&mut self) -> &mut Raw {
        match self {
            Stream::Plain(raw) => raw,
            Stream::Gzip(decoder) => decoder.get_mut().get_mut(),
            Stream::Xz(decoder) => decoder.inner_mut().get_mut(),
            Stream::Zstd(decoder) => decoder.get_mut().get_mut(),
            Stream::Bzip2(decoder) => decoder.get_mut().get_mut(),
        }
    }

    /// Lets go of the file descriptor until the next read.
    pub(crate) fn park(&mut self) {
        self.raw_mut().park();
    }

    /// Bytes of the input used so far, as they stand on disk.
    pub(crate) fn position(&self) -> u64 {
        match self {
            Stream::Plain(raw) => raw.position(),
            Stream::Gzip(decoder) => decoder.get_ref().get_ref().position(),
            Stream::Xz(decoder) => decoder.inner().get_ref().position(),
            Stream::Zstd(decoder) => decoder.get_ref().get_ref().position(),
            Stream::Bzip2(decoder) => decoder.get_ref().get_ref().position(),
        }
    }

    /// Goes on at another offset; only an uncompressed file can, the others say `false`.
    pub(crate) fn move_to(&mut self, offset: u64) -> bool {
        match self {
            Stream::Plain(Raw::File(file)) => {
                file.move_to(offset);
                true
            }
            _ => false,
        }
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Stream::Plain(raw) => raw.read(buffer),
            Stream::Gzip(decoder) => decoder.read(buffer),
            Stream::Xz(decoder) => decoder.read(buffer),
            Stream::Zstd(decoder) => decoder.read(buffer),
            Stream::Bzip2(decoder) => decoder.read(buffer),
        }
    }
}

impl std::fmt::Debug for Stream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Stream({:?} at {})", self.compression(), self.position())
    }
}
