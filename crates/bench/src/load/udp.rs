//! Syslog over UDP: many datagrams a call, so that sending costs little.

use super::messages::Messages;
use super::{AT_ONCE, Plan, Sent};
use anyhow::Result;
use nix::errno::Errno;
use nix::sys::socket::{MsgFlags, MultiHeaders, SockaddrIn, sendmmsg};
use std::io::IoSlice;
use std::net::UdpSocket;
use std::os::fd::AsRawFd;

/// Sends all that the time allows; what was sent is what the kernel took.
///
/// # Errors
/// If there is no socket.
pub(crate) fn send(plan: &Plan) -> Result<Sent> {
    plan.send(|plan, sender, numbers| {
        let socket = UdpSocket::bind(("127.0.0.1", 0))?;
        socket.connect(plan.target)?;
        let (mut messages, mut pace) = (Messages::new(plan.form, sender), plan.pace());
        let (mut next, mut sent, mut buffer, mut ends) = (numbers.start, 0, Vec::new(), Vec::new());
        while next < numbers.end {
            let granted = pace.take(AT_ONCE.min(numbers.end - next));
            if granted == 0 {
                break;
            }
            buffer.clear();
            ends.clear();
            for number in next..next + granted {
                messages.write(&mut buffer, number);
                ends.push(buffer.len());
            }
            sent += datagrams(&socket, &buffer, &ends)?;
            next += granted;
        }
        Ok((sent, Vec::new()))
    })
}

/// Sends each stretch of the buffer as a datagram; how many were taken.
fn datagrams(socket: &UdpSocket, buffer: &[u8], ends: &[usize]) -> Result<u64> {
    let starts = std::iter::once(0).chain(ends.iter().copied());
    let slices: Vec<[IoSlice<'_>; 1]> =
        starts.zip(ends).map(|(start, end)| [IoSlice::new(&buffer[start..*end])]).collect();
    let mut sent = 0;
    while sent < slices.len() {
        let rest = &slices[sent..];
        let mut headers = MultiHeaders::<SockaddrIn>::preallocate(rest.len(), None);
        let addresses = vec![None; rest.len()];
        match sendmmsg(socket.as_raw_fd(), &mut headers, rest, &addresses, [], MsgFlags::empty()) {
            Ok(results) => sent += results.count(),
            Err(Errno::EINTR | Errno::EAGAIN | Errno::ENOBUFS) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(sent as u64)
}
