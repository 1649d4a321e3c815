//! Network adapters and their links.

use super::Sign;
use crate::kernel::classify::Family::Network;
use crate::kernel::classify::Severity::{High, Info};

/// `net/sched/sch_generic.c`, drivers of adapters, bonding.
pub(super) const SIGNS: &[Sign] = &[
    Sign::new(
        &["NETDEV WATCHDOG: "],
        r"NETDEV WATCHDOG: ([^ ]+) \(([^)]*)\):? (?:.*queue ([0-9]+) timed out)?",
        "NETDEV_WATCHDOG",
        (Network, High),
        "the transmit queue of {d} stands still",
    )
    .on("net", 1)
    .with(&[("driver", 2), ("queue", 3)]),
    // Since 6.5 the adapter stands in front, as for any message of a driver.
    Sign::new(
        &["NETDEV WATCHDOG: CPU: "],
        r"(?:^|[ :])([^ :]+): NETDEV WATCHDOG: CPU: [0-9]+: transmit queue ([0-9]+) timed out",
        "NETDEV_WATCHDOG",
        (Network, High),
        "the transmit queue of {d} stands still",
    )
    .on("net", 1)
    .with(&[("queue", 2)]),
    Sign::new(
        &["Detected Hardware Unit Hang", "Detected Tx Unit Hang", "PCIe link lost", "Adapter removed"],
        r"([^ ]+ [0-9a-f:.]+)(?: ([^ :]+))?: (?:Detected (?:Hardware|Tx) Unit Hang|PCIe link lost|.*Adapter removed)",
        "NETDEV_WATCHDOG",
        (Network, High),
        "the adapter {d} hangs",
    )
    .on("net", 1)
    .subtype("unit_hang"),
    Sign::new(
        &["device's health compromised", "Fatal error detected, FW assert"],
        r"([a-z0-9_]+ [0-9a-f:.]+): .*(?:device's health compromised|Fatal error detected)",
        "NETDEV_WATCHDOG",
        (Network, High),
        "the adapter {d} hangs",
    )
    .on("net", 1)
    .subtype("firmware"),
    Sign::new(
        &["link status definitely down"],
        r"\(slave ([^)]+)\): link status definitely down|for (?:active )?interface ([^,]+),",
        "LINK_FLAP",
        (Network, Info),
        "the link of {d} went down",
    )
    .on("net", 1),
    Sign::new(
        &["Link is Down", "NIC Link is Down", "link becomes down", "Link is down"],
        r"([a-z][a-z0-9_.@-]*):? (?:NIC )?[Ll]ink is [Dd]own|([a-z][a-z0-9_.@-]*): (?:NIC )?Link is Down",
        "LINK_FLAP",
        (Network, Info),
        "the link of {d} went down",
    )
    .on("net", 1),
];
