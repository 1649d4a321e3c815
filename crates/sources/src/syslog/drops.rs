//! The kernel's count of datagrams that found no room in a socket's buffer, from `/proc/net/udp` and `udp6`: the last
//! column of the socket's row. The same counter as `SO_RXQ_OVFL` tells, which however comes only with a later
//! datagram; here the last losses of a burst are seen too.

use std::fs;
use std::net::UdpSocket;

/// The count of one socket.
#[derive(Debug)]
pub(crate) struct Drops {
    inode: Option<u64>,
    table: &'static str,
    counted: u32,
    /// Counted and not told as a gap yet.
    untold: u64,
}

impl Drops {
    /// The count of one socket, since it was made or from now on.
    pub(crate) fn of(socket: &UdpSocket, from_now_on: bool) -> Drops {
        let is_v6 = socket.local_addr().is_ok_and(|address| address.is_ipv6());
        let table = if is_v6 { "/proc/net/udp6" } else { "/proc/net/udp" };
        let mut drops = Drops { inode: inode(socket), table, counted: 0, untold: 0 };
        if from_now_on {
            drops.counted = drops.read().unwrap_or(0);
        }
        drops
    }

    /// Whether the system tells.
    pub(crate) fn are_known(&self) -> bool {
        self.read().is_some()
    }

    /// Datagrams that were dropped since the last time.
    pub(crate) fn more(&mut self) -> u64 {
        let Some(now) = self.read() else { return 0 };
        // The kernel's counter has 32 bits and wraps.
        let more = now.wrapping_sub(self.counted);
        self.counted = now;
        self.untold += u64::from(more);
        u64::from(more)
    }

    /// Those that are to be told now.
    pub(crate) fn take_untold(&mut self) -> u64 {
        std::mem::take(&mut self.untold)
    }

    fn read(&self) -> Option<u32> {
        let inode = self.inode?;
        // A long table is given in pieces; while sockets come and go a row may fall between two.
        (0..3).find_map(|_| {
            let table = fs::read_to_string(self.table).ok()?;
            table.lines().skip(1).find_map(|row| of_row(row, inode))
        })
    }
}

/// The last column of a row, if the row is the socket's.
fn of_row(row: &str, inode: u64) -> Option<u32> {
    let mut columns = row.split_ascii_whitespace();
    let is_it = columns.nth(9)?.parse() == Ok(inode);
    columns.nth(2).filter(|_| is_it)?.parse().ok()
}

#[cfg(target_os = "linux")]
fn inode(socket: &UdpSocket) -> Option<u64> {
    use std::os::fd::AsRawFd;
    let link = fs::read_link(format!("/proc/self/fd/{}", socket.as_raw_fd())).ok()?;
    link.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok()
}

#[cfg(not(target_os = "linux"))]
fn inode(_: &UdpSocket) -> Option<u64> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_column_of_the_sockets_row() {
        let row = "  812: 0100007F:158A 00000000:0000 07 00000000:00001200 00:00000000 00000000     0        0 48213 2 \
                   00000000a1b2c3d4 1733";
        assert_eq!(of_row(row, 48_213), Some(1_733));
        assert_eq!(of_row(row, 48_214), None);
        assert_eq!(of_row("", 1), None);
    }
}
