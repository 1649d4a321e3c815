//! Words → what they mean to the tokenizer. A small, general English and protocol vocabulary in
//! one table; matched without regard to case, looked up by one hash of the packed word.

/// Outcome, state and severity: never part of a value, never opened by an alias.
pub(super) const OUTCOME: u32 = 1;
/// "user": a name follows.
pub(super) const USER: u32 = 1 << 1;
/// Follows "user" without being a name ("user request", "user space").
pub(super) const NO_NAME: u32 = 1 << 2;
/// true, false, null.
pub(super) const BOOLEAN: u32 = 1 << 3;
/// yes, no, none: a value only after `=`.
pub(super) const ANSWER: u32 = 1 << 4;
/// Month, short or long.
pub(super) const MONTH: u32 = 1 << 5;
/// Day of the week, short or long.
pub(super) const WEEKDAY: u32 = 1 << 6;
/// Time zone, AM or PM after a time of day.
pub(super) const ZONE: u32 = 1 << 7;
/// Key whose value names somebody or something.
pub(super) const IDENTITY: u32 = 1 << 8;
/// Key whose value is a message of its own.
pub(super) const MESSAGE: u32 = 1 << 9;
/// Unit of data, short.
pub(super) const SIZE: u32 = 1 << 10;
/// Unit of time.
pub(super) const TIME: u32 = 1 << 11;
/// An HTTP status follows.
pub(super) const STATUS: u32 = 1 << 12;
/// HTTP method.
pub(super) const METHOD: u32 = 1 << 13;
/// A noun after which a word shaped like a name is one.
pub(super) const NOUN: u32 = 1 << 14;
/// Names a way or act of logging in; "for <user>" may follow.
pub(super) const LOGIN: u32 = 1 << 15;
/// "for"
pub(super) const FOR: u32 = 1 << 16;
/// "byte", "bytes"
pub(super) const BYTES: u32 = 1 << 17;
/// A name with digits that is a word of its own (protocols, architectures, file systems).
pub(super) const FIXED: u32 = 1 << 18;
/// "from"
pub(super) const FROM: u32 = 1 << 19;
/// Key whose value is a command line.
pub(super) const COMMAND: u32 = 1 << 21;
/// "by"
pub(super) const BY: u32 = 1 << 22;
/// A length of time follows.
pub(super) const LASTING: u32 = 1 << 23;
/// The kernel's word before the name of a process.
pub(super) const COMM: u32 = 1 << 24;
/// "code": goes on with what "status" began.
pub(super) const CODE: u32 = 1 << 25;
/// Key whose value, if short, says which kind of event it is.
pub(super) const EVENT_CODE: u32 = 1 << 26;
/// A host by its name alone.
pub(super) const LOCALHOST: u32 = 1 << 27;
/// Before "user": whatever follows is the name of one that does not exist.
pub(super) const NO_SUCH: u32 = 1 << 20;

#[rustfmt::skip]
const WORDS: &[(u32, &str)] = &[
    (BY, "by"),
    (COMM, "comm"),
    (LASTING, "lifetime duration elapsed uptime runtime age delay xdelay delays"),
    (COMMAND, "command"),
    (NO_SUCH, "invalid illegal unknown nonexistent non-existent undefined"),
    (OUTCOME, "error errors err fail failed fails failing failure failures fatal critical crit alert emerg \
        emergency warning warn notice info debug panic oops bug ok okay success successful successfully succeeded \
        up down start started starting stop stopped stopping running dead alive accepted accept denied deny \
        allowed allow permitted refused reject rejected invalid valid illegal timeout expired lost found missing \
        unreachable reachable unavailable available unknown known open opened close closed connected \
        disconnected enabled disabled online offline active inactive ready unready healthy unhealthy degraded \
        full empty high low normal abnormal aborted abort killed terminated exited crashed crash corrupt \
        corrupted corrected locked unlocked blocked unblocked granted revoked added removed created deleted \
        paused resumed suspended completed complete incomplete pending done passed exceeded overflow underflow \
        reset restart restarted recovered recovery dropped discarded ignored skipped on off not no cannot \
        unable master slave primary secondary leader follower idle busy \
        block pass drop permit deny match close connect disconnect attached detached mounted unmounted loaded unloaded registered unregistered"),
    (USER, "user"),
    (USER | IDENTITY, "username"),
    (NO_NAME, "request requests data authentication input space mode name names account accounts group groups \
        process session sessions agent interface is was has had does did could can may must will would should \
        and or for from to in on at by with profile table file list id ids action limit as that who which the a \
        an of but if when while already level defined specified does password passwords logged logging login \
        log logs manager service services database directory home base info information provided credentials \
        interaction activity permission permissions rights role roles exists exist entered requested logout \
        shutdown side disconnect application operator response responses reply replies answer ack acknowledgement packet packets message messages update \
        updates heartbeat traffic connection connections result results client server host node \
        type types count defaults default settings preferences interrupt initiated error port"),
    (BOOLEAN, "true false null nil nullptr"),
    (ANSWER, "yes no none n/a"),
    (MONTH, "jan feb mar apr may jun jul aug sep sept oct nov dec january february march april june july \
        august september october november december"),
    (WEEKDAY, "mon tue wed thu fri sat sun monday tuesday wednesday thursday friday saturday sunday"),
    (ZONE, "am pm utc gmt est edt cst cdt mst mdt pst pdt cet cest bst ist jst z"),
    (IDENTITY, "ruser rhost host hostname login logname owner client server source src dst dest destination peer \
        domain uid gid id name file path dir directory ctladdr package pkg tag process cmd comm command exe image \
        container pod namespace node instance session token key account acct from to relay device dev volume \
        queue topic database db table thread caller"),
    (MESSAGE, "logdesc msg message reason error err description desc detail details text cause exception status_text"),
    (SIZE, "kb mb gb tb pb kib mib gib tib pib"),
    (TIME, "ms us ns s sec secs second seconds min mins minute minutes hour hours hr hrs day days msec usec"),
    (STATUS, "status http status_code statuscode http_status http_code"),
    (LOCALHOST, "localhost"),
    (CODE, "code"),
    (EVENT_CODE, "eventid event_id eventcode event_code"),
    (METHOD, "get post put delete head options patch connect trace propfind"),
    (NOUN, "domain host node server volume device queue topic table container pod service database pool \
        instance client peer file image bucket vm"),
    (LOGIN, "su sudo password publickey login logon authentication access credentials session gssapi \
        failures failure"),
    (FOR, "for"),
    (FROM, "from"),
    (BYTES, "byte bytes"),
    (FIXED, "ssh1 ssh2 socks4 socks5 tlsv1 tlsv1.0 tlsv1.1 tlsv1.2 tlsv1.3 sslv3 http2 http3 ipv4 ipv6 ip4 ip6 sha1 sha2 sha3 sha224 sha256 sha384 sha512 md4 md5 utf8 utf-8 utf16 \
        utf-16 base64 base32 oauth2 x86 x86_64 x64 x509 amd64 arm64 aarch64 armv7 i386 i486 i586 i686 ppc64 \
        ppc64le s390x riscv64 ext2 ext3 ext4 nfs3 nfs4 nfsv3 nfsv4 smb1 smb2 smb3 fat32 win32 win64 posix1 \
        log4j slf4j h264 h265 mp3 mp4 p2p p2v v2v s3 ec2 k8s i18n l10n l1 l2 l3 l4 l7 rs232 rs485 cp437 iso8859 \
        i2c 802.1q 802.1x 802.11 8021q ieee80211 mac80211 cfg80211 e1000 e1000e ps/2 v4l2 d3d9 d3d11 b2b lz4 \
        bzip2 gzip2 ed25519 aes128 aes256 rc4 des3 3des pbkdf2 argon2 raid0 raid1 raid5 raid6 raid10 md5sum sha1sum \
        sha256sum python2 python3 jdk8 lib32 lib64"),
];

/// Packed words in open addressing; 0 is a free slot (no word packs to 0).
const SLOTS: usize = 2048;
static TABLE: ([u128; SLOTS], [u32; SLOTS]) = build();

/// Words longer than this are in no lexicon.
pub(super) const WORD_BYTES_MAX: usize = 16;
/// Sets the bit that makes ASCII letters lower case; digits, `-`, `.`, `/` have it already.
const LOWER: u128 = 0x2020_2020_2020_2020_2020_2020_2020_2020;

const fn slot_of(packed: u128) -> usize {
    let folded = (packed as u64) ^ ((packed >> 64) as u64).rotate_left(23);
    (folded.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 53) as usize
}

const fn build() -> ([u128; SLOTS], [u32; SLOTS]) {
    let (mut words, mut flags) = ([0u128; SLOTS], [0u32; SLOTS]);
    let mut group = 0;
    while group < WORDS.len() {
        let (flag, text) = WORDS[group];
        let bytes = text.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            let (mut packed, mut len) = (0u128, 0);
            while at < bytes.len() && bytes[at] != b' ' {
                packed |= (bytes[at] as u128) << (8 * len);
                len += 1;
                at += 1;
            }
            at += 1;
            if len == 0 {
                continue;
            }
            assert!(len <= WORD_BYTES_MAX, "a word of the lexicon is too long");
            packed |= LOWER;
            let mut slot = slot_of(packed);
            while words[slot] != 0 && words[slot] != packed {
                slot = (slot + 1) % SLOTS;
            }
            words[slot] = packed;
            flags[slot] |= flag;
        }
        group += 1;
    }
    (words, flags)
}

/// The meanings of the word `body[start..end]`; 0 for most.
pub(super) fn meaning(body: &[u8], start: usize, end: usize) -> u32 {
    let len = end - start;
    if len > WORD_BYTES_MAX || len == 0 {
        return 0;
    }
    let packed = match body.get(start..start + 16) {
        Some(window) => {
            let mut bytes = [0; 16];
            bytes.copy_from_slice(window);
            let mask = u128::MAX >> (8 * (WORD_BYTES_MAX - len));
            u128::from_le_bytes(bytes) & mask
        }
        None => {
            let mut bytes = [0; 16];
            bytes[..len].copy_from_slice(&body[start..end]);
            u128::from_le_bytes(bytes)
        }
    } | LOWER;
    let mut slot = slot_of(packed);
    loop {
        match TABLE.0[slot] {
            0 => return 0,
            found if found == packed => return TABLE.1[slot],
            _ => slot = (slot + 1) % SLOTS,
        }
    }
}

/// Endings that make a joined or camel-cased key one that names something: `userName`, `client_id`.
const IDENTITY_ENDINGS: &[&str] = &[
    "name", "user", "host", "id", "addr", "address", "path", "file", "dir", "owner", "uuid",
    "token",
];
/// Endings of keys whose value is a message.
const MESSAGE_ENDINGS: &[&str] = &["msg", "message", "desc", "description", "reason", "error"];

/// The meanings of a key, which may be a compound that ends in a known one.
pub(super) fn key_meaning(body: &[u8], start: usize, end: usize) -> u32 {
    let known = meaning(body, start, end);
    if known != 0 {
        return known;
    }
    let key = &body[start..end];
    let compound = |b: &u8| b.is_ascii_uppercase() || matches!(b, b'_' | b'-' | b'.');
    if !key.iter().skip(1).any(compound) {
        return 0;
    }
    if MESSAGE_ENDINGS.iter().any(|e| ends_with_word(key, e)) {
        MESSAGE
    } else if IDENTITY_ENDINGS.iter().any(|e| ends_with_word(key, e)) {
        IDENTITY
    } else {
        0
    }
}

/// Whether a compound ends in a word, set off by a joiner or a capital.
fn ends_with_word(key: &[u8], ending: &str) -> bool {
    let Some(head) = key.len().checked_sub(ending.len()) else {
        return false;
    };
    let tail = &key[head..];
    let joined = head > 0 && matches!(key[head - 1], b'_' | b'-' | b'.');
    (joined || (head > 0 && tail[0].is_ascii_uppercase()))
        && tail.eq_ignore_ascii_case(ending.as_bytes())
}
