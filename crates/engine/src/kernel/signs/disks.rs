//! Disks, the way to them, arrays and mappers, and servers of files.

use super::Sign;
use crate::kernel::classify::Family::Storage;
use crate::kernel::classify::Severity::{Critical, High, Medium};

/// libata, SCSI, NVMe, the block layer, md, the device mapper, NFS, CIFS, Ceph.
pub(super) const SIGNS: &[Sign] = &[
    Sign::new(
        &["exception Emask", "failed command: ", "error: { ", "SError: {", "qc timeout", "COMRESET failed", "limiting SATA link speed", ": disable device", "reset failed, giving up"],
        r"(ata[0-9]+)(?:\.[0-9]+)?: (exception Emask|failed command: .+|error: \{ .+|SError: \{ .+|qc timeout|COMRESET failed|limiting SATA link speed|disable device|reset failed, giving up)",
        "ATA",
        (Storage, High),
        "ATA errors on {d}",
    )
    .on("ata", 1)
    .with(&[("what", 2)]),
    Sign::new(
        &["resetting link"],
        r"(ata[0-9]+)(?:\.[0-9]+)?: (?:hard|soft) resetting link",
        "ATA",
        (Storage, High),
        "ATA errors on {d}",
    )
    .on("ata", 1),
    Sign::new(
        &["Sense Key : Medium Error", "Sense Key : Hardware Error", "FAILED Result:", "Unrecovered read error", "rejecting I/O to offline device", "Device offlined", "critical medium error", "critical target error", "Add. Sense: Unrecovered", "uncorrectable error"],
        r"(?:sd [0-9:]+: \[([a-z]+)\]|sd [0-9:]+:|(?:blk_update_request|print_req_error|critical).*dev ([a-z0-9]+)).*?(Medium Error|Hardware Error|FAILED Result|Unrecovered read error|rejecting I/O to offline device|Device offlined|medium error|target error)|(?:critical (?:medium|target) error, dev ([a-z0-9]+))",
        "SCSI",
        (Storage, High),
        "SCSI errors on {d}",
    )
    .on("disk", 1)
    .with(&[("what", 3)]),
    Sign::new(
        &["nvme"],
        r"nvme (nvme[0-9]+): (I/O (?:tag )?[0-9]+ .*timeout|controller is down|Device not ready|Removing after probe failure|Abort status|Identify Controller failed|failed to set APST|.*resetting controller|Disabling device after reset failure|.*completion polled|queue [0-9]+: timeout|starting error recovery|failed nvme_keep_alive)",
        "NVME",
        (Storage, High),
        "NVMe errors on {d}",
    )
    .on("disk", 1)
    .with(&[("what", 2)]),
    Sign::new(
        &["(sct 0x"],
        r"(nvme[0-9]+(?:c[0-9]+)?n[0-9]+): [A-Za-z/ ]+\([^)]*\) @ LBA ([0-9]+).*\(sct 0x",
        "NVME",
        (Storage, High),
        "NVMe errors on {d}",
    )
    .on("disk", 1)
    .with(&[("lba", 2)]),
    Sign::new(
        // The names of `blk_errors`; bad media and targets are rows above.
        &["I/O error, dev ", "timeout error, dev ", "offline error, dev ", "protection error, dev ", "transport error, dev ", "allocation error, dev "],
        r"(?:I/O|timeout|device offline|protection|recoverable transport|critical space allocation) error, dev ([^,]+), sector ([0-9]+)(?: op 0x[0-9a-f]+:\(([A-Z_]+)\))?",
        "BLOCK_IO",
        (Storage, High),
        "I/O errors on {d}",
    )
    .on("disk", 1)
    .with(&[("sector", 2), ("operation", 3)]),
    Sign::new(
        &["Buffer I/O error on dev", "lost async page write", "lost page write due to"],
        r"(?:Buffer I/O error on dev(?:ice)? ([^,]+),|lost (?:async )?page write due to I/O error on ([^ ]+))",
        "BLOCK_IO",
        (Storage, High),
        "I/O errors on {d}",
    )
    .on("disk", 1),
    Sign::new(
        &["Disk failure on", "kicking non-fresh", "Operation continuing on", "not enough operational", "is not clean -- starting background"],
        r"(?:md/[a-z0-9]+:(md[0-9a-z_]+): (?:Disk failure on ([a-z0-9]+)|not enough operational|Operation continuing)|md: kicking non-fresh ([a-z0-9]+)|raid[0-9]+: Disk failure on ([a-z0-9]+))",
        "MD_DEGRADED",
        (Storage, High),
        "a RAID array lost a disk",
    )
    .on("disk", 1)
    .with(&[("disk", 2)]),
    Sign::new(
        &["Timeout waiting for hardware", "cache flush error", "card never left busy state"],
        r"(mmc[0-9]+): (?:Timeout waiting for hardware (?:interrupt|cmd interrupt)|cache flush error|[Cc]ard never left busy state)",
        "MMC",
        (Storage, Medium),
        "memory card errors on {d}",
    )
    .on("disk", 1),
    Sign::new(
        &["task abort", "timing out command", "abort: device reset", "Task Abort"],
        r"(?:sd|scsi) ?([0-9:]+): .*(?:timing out command|task abort|Task Abort)|attempting task abort",
        "SCSI",
        (Storage, High),
        "SCSI errors on {d}",
    )
    .on("disk", 1),
    Sign::new(
        &["nfs: server "],
        r"nfs: server ([^ ]+) not responding",
        "HUNG_IO",
        (Storage, Medium),
        "a file server does not answer",
    )
    .with(&[("server", 1)]),
    Sign::new(
        &["CIFS: VFS: "],
        r"CIFS: VFS: \\\\([^ \\]+).* has not responded in",
        "HUNG_IO",
        (Storage, Medium),
        "a file server does not answer",
    )
    .with(&[("server", 1)]),
    Sign::new(
        &["ceph: mds", "libceph: osd"],
        r"(?:libceph|ceph): (mds[0-9]+ hung|osd[0-9]+ down)",
        "HUNG_IO",
        (Storage, Medium),
        "a file server does not answer",
    )
    .with(&[("server", 1)]),
    Sign::new(
        &["read error NOT corrected", "read error not correct"],
        r"md/[a-z0-9]+:(md[0-9a-z_]+): read error (?:NOT|not) correct",
        "BLOCK_IO",
        (Storage, High),
        "I/O errors on {d}",
    )
    .on("disk", 1),
    Sign::new(
        &["Failing path "],
        r"device-mapper: multipath: (?:[0-9:]+: )?Failing path ([0-9:]+)",
        "MULTIPATH",
        (Storage, High),
        "the path {d} to a disk failed",
    )
    .on("disk", 1),
    Sign::new(
        &["switching pool to ", "device-mapper: thin: "],
        r"device-mapper: thin: ([0-9:]+): switching pool to (out-of-data-space|read-only|failure)",
        "DEVICE_MAPPER",
        (Storage, Critical),
        "the thin pool {d} takes no more data",
    )
    .on("disk", 1)
    .with(&[("state", 2)]),
    Sign::new(
        &["device-mapper: verity: ", "device-mapper: integrity: ", "device-mapper: snapshots: Invalidating", "device-mapper: cache: ", "device-mapper: era: "],
        r"device-mapper: (?:verity: ([0-9:]+): .*is corrupted|integrity: ([a-z0-9-]+): (?:INTEGRITY AEAD ERROR|Checksum failed)|snapshots: Invalidating snapshot|[a-z]+: .*aborting current metadata transaction)",
        "DEVICE_MAPPER",
        (Storage, High),
        "damaged data under a device mapper",
    )
    .on("disk", 1),
];
