//! A byte stream → the messages in it (RFC 6587), in whatever pieces it arrives and in bounded
//! memory. Framing is decided anew for each frame, because senders mix them: digits and a blank
//! announce a length (§3.4.1); anything else goes up to the line feed (§3.4.2), or up to a NUL with
//! the next message behind it, as some senders write.
//!
//! A frame that lies in one piece is lent from it; only one that was cut between two is copied.

use memchr::memchr2;

/// Bytes of a frame that are kept if nothing else is set.
pub const FRAME_BYTES_MAX: usize = 64 << 10;
/// The largest announced length that is believed: behind a larger one nobody should wait.
pub const COUNT_MAX: u64 = 16 << 20;
/// No number of 64 bits has more digits: a longer run is no length, but a line of digits.
const COUNT_DIGITS_MAX: usize = 20;
/// A connection that waits for its next frame keeps no more memory than this.
const IDLE_BYTES_MAX: usize = 4 << 10;

/// One message without its frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame<'a> {
    /// The bytes that are kept, as they came.
    pub bytes: &'a [u8],
    /// How many bytes it had. If the stream ended within it: how many came.
    pub length: u64,
    /// Why this is only its head.
    pub cut: Option<Cut>,
    /// What broke the rules of framing since the frame before, this one's early end included.
    pub errors: u64,
}

/// Why a frame is not whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// It was longer than the limit; the rest was passed over.
    TooLong,
    /// The stream ended within it.
    Closed,
}

/// What became of a stream so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Framed {
    /// Frames handed out.
    pub frames: u64,
    /// Frames with an announced length that held nothing but ends of lines: not handed out.
    pub empty: u64,
    /// Frames of which only the head was kept.
    pub too_long: u64,
    /// Bytes of those that were passed over.
    pub bytes_cut: u64,
    /// Announced lengths of zero, with leading zeros, or over [`COUNT_MAX`]: read as lines.
    pub bad_counts: u64,
    /// Frames within which the stream ended (0 or 1 of one stream).
    pub closed_within: u64,
}

impl Framed {
    /// Adds what became of another stream.
    pub fn add(&mut self, other: &Framed) {
        self.frames += other.frames;
        self.empty += other.empty;
        self.too_long += other.too_long;
        self.bytes_cut += other.bytes_cut;
        self.bad_counts += other.bad_counts;
        self.closed_within += other.closed_within;
    }

    /// What broke the rules of framing.
    pub fn errors(&self) -> u64 {
        self.bad_counts + self.closed_within
    }
}

/// Where in a frame the stream stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before a frame: ends of lines and NULs are passed over.
    Between,
    /// Within what may be a length; `held` has it so far.
    Head,
    /// Within a frame of announced length; so many bytes are still to come.
    Counted(usize),
    /// Within a line.
    Line {
        /// The latest byte was a NUL: the next one tells whether it ended the frame.
        after_nul: bool,
    },
}

/// What the first bytes of a frame say.
enum Head {
    /// More bytes are needed to tell.
    More,
    /// It is a line.
    Line,
    /// A length that cannot be true; so many bytes are passed over, the rest is a line.
    BadCount(usize),
    /// So many bytes are a length, which is `size`.
    Count { bytes: usize, size: usize },
}

/// Cuts one stream into frames.
#[derive(Debug)]
pub struct Framer {
    bytes_max: usize,
    state: State,
    /// The kept bytes of a frame that arrives in pieces.
    held: Vec<u8>,
    /// Its bytes so far, kept or not.
    length: u64,
    /// How many of the latest ones may be its end: CR and NUL.
    ends: u64,
    framed: Framed,
    /// Errors that were told with a frame.
    errors_told: u64,
}

impl Framer {
    /// A framer that keeps at most so many bytes of each frame (and at least one).
    pub fn new(bytes_max: usize) -> Framer {
        Framer {
            bytes_max: bytes_max.max(1),
            state: State::Between,
            held: Vec::new(),
            length: 0,
            ends: 0,
            framed: Framed::default(),
            errors_told: 0,
        }
    }

    /// What became of the stream so far.
    pub fn framed(&self) -> &Framed {
        &self.framed
    }

    /// Whether the stream stands within a frame.
    pub fn is_within(&self) -> bool {
        self.state != State::Between
    }

    /// Takes the next bytes of the stream and hands out the frames that they complete.
    pub fn push(&mut self, bytes: &[u8], visit: &mut impl FnMut(Frame<'_>)) {
        let mut rest = bytes;
        while !rest.is_empty() {
            rest = match self.state {
                State::Between => self.begin(rest, visit),
                State::Head => self.head(rest),
                State::Counted(left) => self.counted(left, rest, visit),
                State::Line { after_nul } => self.line(after_nul, rest, visit),
            };
        }
    }

    /// The stream has ended: hands out what came of an unfinished frame.
    pub fn finish(&mut self, visit: &mut impl FnMut(Frame<'_>)) {
        match self.state {
            State::Between => return,
            State::Head => self.length = self.held.len() as u64,
            State::Counted(_) => self.ends = 0,
            State::Line { .. } => {}
        }
        self.framed.closed_within += 1;
        self.hand_out_held(Some(Cut::Closed), visit);
    }

    /// The first bytes of a frame. Where it lies wholly in `bytes`, it is lent from there.
    fn begin<'b>(&mut self, bytes: &'b [u8], visit: &mut impl FnMut(Frame<'_>)) -> &'b [u8] {
        let Some(start) = bytes.iter().position(|b| !is_end(*b)) else { return &[] };
        let bytes = &bytes[start..];
        match head(bytes) {
            Head::More => {
                self.held.extend_from_slice(bytes);
                self.state = State::Head;
                &[]
            }
            Head::Line => self.whole_line(bytes, visit),
            Head::BadCount(skip) => {
                self.framed.bad_counts += 1;
                self.whole_line(&bytes[skip..], visit)
            }
            Head::Count { bytes: digits, size } => {
                let behind = &bytes[digits..];
                match behind.split_at_checked(size) {
                    Some((frame, behind)) => {
                        self.hand_out(frame, size as u64, None, visit);
                        behind
                    }
                    None => {
                        self.state = State::Counted(size);
                        behind
                    }
                }
            }
        }
    }

    fn whole_line<'b>(&mut self, bytes: &'b [u8], visit: &mut impl FnMut(Frame<'_>)) -> &'b [u8] {
        let (line, ended) = line_of(bytes);
        if !ended {
            self.state = State::Line { after_nul: false };
            return bytes;
        }
        let frame = without_ends(line);
        self.hand_out(frame, frame.len() as u64, None, visit);
        &bytes[line.len()..]
    }

    /// The rest of what may be a length, one byte at a time: there are few.
    fn head<'b>(&mut self, bytes: &'b [u8]) -> &'b [u8] {
        self.held.push(bytes[0]);
        match head(&self.held) {
            Head::More => return &bytes[1..],
            Head::Count { size, .. } => {
                self.held.clear();
                self.state = State::Counted(size);
                return &bytes[1..];
            }
            Head::Line => {}
            Head::BadCount(skip) => {
                self.framed.bad_counts += 1;
                self.held.drain(..skip);
            }
        }
        // The byte that told is of the line, and may be its end.
        self.held.pop();
        self.length = self.held.len() as u64;
        self.held.truncate(self.bytes_max);
        self.state = State::Line { after_nul: false };
        bytes
    }

    fn counted<'b>(
        &mut self,
        left: usize,
        bytes: &'b [u8],
        visit: &mut impl FnMut(Frame<'_>),
    ) -> &'b [u8] {
        let (piece, behind) = bytes.split_at(left.min(bytes.len()));
        self.hold(piece);
        self.state = State::Counted(left - piece.len());
        if piece.len() == left {
            self.ends = 0;
            self.hand_out_held(None, visit);
        }
        behind
    }

    fn line<'b>(
        &mut self,
        after_nul: bool,
        bytes: &'b [u8],
        visit: &mut impl FnMut(Frame<'_>),
    ) -> &'b [u8] {
        if after_nul && bytes[0] == b'<' {
            self.hand_out_held(None, visit);
            return bytes;
        }
        let (line, ended) = line_of(bytes);
        self.hold(line);
        if ended {
            self.hand_out_held(None, visit);
        } else {
            self.state = State::Line { after_nul: line.last() == Some(&0) };
        }
        &bytes[line.len()..]
    }

    /// Keeps what there is room for.
    fn hold(&mut self, piece: &[u8]) {
        let room = self.bytes_max - self.held.len();
        self.held.extend_from_slice(&piece[..piece.len().min(room)]);
        let ends = (piece.len() - without_ends(piece).len()) as u64;
        self.ends = if ends == piece.len() as u64 { self.ends + ends } else { ends };
        self.length += piece.len() as u64;
    }

    fn hand_out_held(&mut self, cut: Option<Cut>, visit: &mut impl FnMut(Frame<'_>)) {
        let length = self.length - self.ends;
        let kept = usize::try_from(length).unwrap_or(usize::MAX).min(self.held.len());
        // Lent from outside of `self` for the call, and put back with its room.
        let mut held = std::mem::take(&mut self.held);
        self.hand_out(&held[..kept], length, cut, visit);
        held.clear();
        held.shrink_to(IDLE_BYTES_MAX);
        self.held = held;
        (self.length, self.ends, self.state) = (0, 0, State::Between);
    }

    fn hand_out(
        &mut self,
        bytes: &[u8],
        length: u64,
        cut: Option<Cut>,
        visit: &mut impl FnMut(Frame<'_>),
    ) {
        let bytes = &bytes[..bytes.len().min(self.bytes_max)];
        let framed = &mut self.framed;
        if bytes.iter().all(|b| is_end(*b)) && length <= self.bytes_max as u64 {
            framed.empty += 1;
            return;
        }
        framed.frames += 1;
        let passed_over = length - bytes.len() as u64;
        framed.too_long += u64::from(passed_over > 0);
        framed.bytes_cut += passed_over;
        let cut = cut.or((passed_over > 0).then_some(Cut::TooLong));
        let errors = framed.errors() - self.errors_told;
        self.errors_told += errors;
        visit(Frame { bytes, length, cut, errors });
    }
}

/// One datagram as a frame; `None` if it holds nothing but CR, LF and NUL. `length` is what was sent
/// where the system told, and else what came.
pub fn datagram(bytes: &[u8], length: usize, bytes_max: usize) -> Option<Frame<'_>> {
    if bytes.iter().all(|b| is_end(*b)) {
        return None;
    }
    let kept = &bytes[..bytes.len().min(bytes_max.max(1))];
    let cut = (kept.len() < length).then_some(Cut::TooLong);
    Some(Frame { bytes: kept, length: length as u64, cut, errors: 0 })
}

fn is_end(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r' | 0)
}

fn without_ends(line: &[u8]) -> &[u8] {
    let ends = line.iter().rev().take_while(|b| is_end(**b)).count();
    &line[..line.len() - ends]
}

/// The bytes up to the end of the line, the end included, and whether it was there.
fn line_of(bytes: &[u8]) -> (&[u8], bool) {
    let mut from = 0;
    while let Some(at) = memchr2(b'\n', 0, &bytes[from..]) {
        let behind = from + at + 1;
        if bytes[behind - 1] == b'\n' || bytes.get(behind) == Some(&b'<') {
            return (&bytes[..behind], true);
        }
        from = behind;
    }
    (bytes, false)
}

fn head(bytes: &[u8]) -> Head {
    let digits = bytes.iter().take(COUNT_DIGITS_MAX + 1).take_while(|b| b.is_ascii_digit()).count();
    if digits == 0 || digits > COUNT_DIGITS_MAX {
        return Head::Line;
    }
    match bytes.get(digits) {
        None => return Head::More,
        Some(b' ') => {}
        Some(_) => return Head::Line,
    }
    let number =
        |value: u64, digit: &u8| value.saturating_mul(10).saturating_add((digit - b'0').into());
    let size = bytes[..digits].iter().fold(0, number);
    if bytes[0] != b'0' && size <= COUNT_MAX {
        return Head::Count { bytes: digits + 1, size: size as usize };
    }
    // Before a message it was meant as a length, and is none of its bytes; else it is text.
    match bytes.get(digits + 1) {
        None => Head::More,
        Some(b'<') => Head::BadCount(digits + 1),
        Some(_) => Head::BadCount(0),
    }
}
