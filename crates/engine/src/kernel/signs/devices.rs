//! USB, firmware, ACPI, other devices.

use super::Sign;
use crate::kernel::classify::Family::Device;
use crate::kernel::classify::Severity::{High, Info, Low, Medium};

/// The USB core, ACPICA, firmware of adapters.
pub(super) const SIGNS: &[Sign] = &[
    Sign::new(
        &["device not accepting address", "device descriptor read/", "unable to enumerate USB device", "over-current", "can't set config"],
        r"(?:usb|hub) ([0-9.:-]+|usb[0-9]+-port[0-9]+): (?:device not accepting address|device descriptor read/[a-z0-9]+, error|unable to enumerate USB device|.*over-current condition)",
        "USB",
        (Device, Low),
        "USB errors on {d}",
    )
    .on("usb", 1),
    Sign::new(
        &["HC died", "host controller not responding, assume dead", "Host System Error"],
        r"([^ ]+ [0-9a-f:.]+): .*(?:HC died|assume dead|Host System Error)",
        "USB",
        (Device, High),
        "the USB controller {d} died",
    )
    .on("usb", 1)
    .subtype("controller_dead"),
    Sign::new(
        &["[Firmware Bug]"],
        r"\[Firmware Bug\]: ?(.*)",
        "FIRMWARE_BUG",
        (Device, Low),
        "firmware bug",
    )
    .with(&[("what", 1)]),
    Sign::new(
        &["ACPI Error", "ACPI BIOS Error", "ACPI Exception"],
        r"ACPI (?:BIOS )?(?:Error|Exception)(?: \(bug\))?: (.*)",
        "ACPI",
        (Device, Low),
        "ACPI error",
    )
    .with(&[("what", 1)]),
    Sign::new(
        &["hrtimer: interrupt took", "perf: interrupt took too long"],
        r"hrtimer: interrupt took [0-9]+ ns",
        "SLOW_INTERRUPT",
        (Device, Info),
        "an interrupt took long",
    ),
    Sign::new(
        &["Firmware error", "Microcode SW error", "firmware crashed", "failed to wake", "HARDWARE ERROR"],
        r"([a-z0-9_]+ [0-9a-f:.]+): .*(Microcode SW error detected|[Ff]irmware crashed|Firmware error)",
        "DEVICE_FIRMWARE",
        (Device, Medium),
        "the firmware of {d} crashed",
    )
    .on("pci", 1),
];
