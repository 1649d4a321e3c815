//! The beginning of a file → whether it holds log lines, and if not, what it is. Asked of every
//! file, so that a folder like /var/log can be given as it is.

/// Decompressed bytes that are looked at: what `file` and `grep` find enough.
pub(crate) const SNIFF_BYTES: usize = 4 << 10;
/// As many NULs in a row are a hole: what a crash or an emptied file leaves in a log, in whole
/// sectors. The records of wtmp, lastlog and the like hold shorter runs.
const HOLE_BYTES: usize = 512;
/// Besides holes, one NUL in four bytes is no text. Serial consoles lose some bytes to NULs; records
/// of wtmp are NULs to more than a half.
const NULS_ONE_IN: usize = 4;
/// Random bytes have a control character in 10; text that is not UTF-8 (Latin-1) almost none.
const CONTROLS_ONE_IN: usize = 20;

/// Beginnings of file types that are no text, with their names.
const MAGICS: &[(&[u8], &str)] = &[
    (b"LPKSHHRH", "systemd journal: pipe `journalctl -o json` instead"),
    (b"ElfFile\0", "Windows event log: export it as text first"),
    (b"SQLite format 3\0", "SQLite database"),
    (b"PK\x03\x04", "zip archive: unpack it first"),
    (b"7z\xbc\xaf\x27\x1c", "7z archive: unpack it first"),
    (b"Rar!\x1a\x07", "rar archive: unpack it first"),
    (b"\x1f\x9d", "compressed with compress (.Z): unpack it first"),
    (b"\x04\x22\x4d\x18", "compressed with lz4: unpack it first"),
    (b"LZIP", "compressed with lzip: unpack it first"),
    (b"\x89LZO\0", "compressed with lzop: unpack it first"),
    (b"\xff\xfe", "UTF-16 text: convert it to UTF-8 first"),
    (b"\xfe\xff", "UTF-16 text: convert it to UTF-8 first"),
    (b"\x7fELF", "program"),
    (b"\x89PNG\r\n", "image"),
    (b"\xff\xd8\xff", "image"),
    (b"GIF8", "image"),
    (b"%PDF-", "PDF document"),
    (b"PAR1", "Parquet table"),
    (b"\xd4\xc3\xb2\xa1", "packet capture"),
    (b"\xa1\xb2\xc3\xd4", "packet capture"),
    (b"\x0a\x0d\x0d\x0a", "packet capture"),
    (b"\xca\xfe\xba\xbe", "program"),
];
/// Where a tar archive has its mark.
const TAR_MARK: (usize, &[u8]) = (257, b"ustar");

/// What a file that begins like this is, if it does not hold lines of text.
pub(crate) fn not_text(head: &[u8]) -> Option<&'static str> {
    if let Some((_, name)) = MAGICS.iter().find(|(magic, _)| head.starts_with(magic)) {
        return Some(name);
    }
    if head.get(TAR_MARK.0..).is_some_and(|h| h.starts_with(TAR_MARK.1)) {
        return Some("tar archive: unpack it first");
    }
    let (mut text_bytes, mut nuls, mut controls) = (0, 0, 0);
    for run in head.chunk_by(|a, b| (*a == 0) == (*b == 0)) {
        match run {
            [0, ..] if run.len() >= HOLE_BYTES || run.len() == head.len() => continue,
            [0, ..] => nuls += run.len(),
            text => controls += text.iter().filter(|b| is_control(**b)).count(),
        }
        text_bytes += run.len();
    }
    let is_binary = nuls * NULS_ONE_IN > text_bytes
        || controls * CONTROLS_ONE_IN > text_bytes && !is_utf8(head);
    is_binary.then_some("binary file")
}

/// Whether text has this byte only by mistake or as a mark.
fn is_control(byte: u8) -> bool {
    matches!(byte, 1..=6 | 14..=26 | 28..=31 | 127)
}

/// Whether the bytes are UTF-8, but for a character that is cut at the end.
fn is_utf8(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).map_or_else(|e| e.error_len().is_none(), |_| true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_text() {
        for head in [
            &b""[..],
            b"Mar  2 00:00:04 db1 sshd[1]: hello\n",
            &[&[0; 600][..], b" a log that was emptied under its writer\n"].concat(),
            &[b"a line\n", &[0; 1024][..], b"after a crash\n"].concat(),
            b"a serial\0\0 console that\0 loses \xff bytes\0\0\n",
            &[0; SNIFF_BYTES],
            b"\x1b[31mred\x1b[0m and \x1b[1mbold\x1b[0m\n",
            b"8=FIX.4.4\x019=65\x0135=A\x0149=ME\x0156=YOU\x01\n",
            "na\u{ef}ve caf\u{e9}".as_bytes(),
            b"caf\xe9 ferm\xe9\n",
            "cut in a character \u{20ac}".as_bytes().split_at(21).0,
            b"BZh9 is no compression by itself",
        ] {
            assert_eq!(not_text(head), None, "{:?}", String::from_utf8_lossy(head));
        }
    }

    #[test]
    fn other_things_are_told_apart() {
        let mut tar = vec![b'a'; 512];
        tar[257..262].copy_from_slice(b"ustar");
        let mut wtmp = [0; 384];
        wtmp[0] = 7;
        wtmp[8..13].copy_from_slice(b"pts/0");
        let noise: Vec<u8> =
            (0..4096u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        for head in [&b"LPKSHHRH\0\0"[..], b"PK\x03\x04..", &tar, &wtmp, &noise, b"\xff\xfea\0"] {
            assert!(not_text(head).is_some(), "{:?}", &head[..6]);
        }
    }
}
