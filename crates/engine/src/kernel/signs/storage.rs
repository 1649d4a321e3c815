//! Disks, their links, and file systems.

use super::Sign;
use crate::kernel::classify::Family::Storage;
use crate::kernel::classify::Severity::{Critical, High, Medium};

/// libata, SCSI, NVMe, the block layer, md, and the file systems.
pub(super) const SIGNS: &[Sign] = &[
    Sign::new(
        &["exception Emask", "failed command: ", "error: { ", "SError: {", "qc timeout", "COMRESET failed", "limiting SATA link speed"],
        r"(ata[0-9]+)(?:\.[0-9]+)?: (exception Emask|failed command: .+|error: \{ .+|SError: \{ .+|qc timeout|COMRESET failed|limiting SATA link speed)",
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
        r"nvme (nvme[0-9]+): (I/O (?:tag )?[0-9]+ .*timeout|controller is down|Device not ready|Removing after probe failure|Abort status|Identify Controller failed|failed to set APST|.*resetting controller|Disabling device after reset failure|.*completion polled)",
        "NVME",
        (Storage, High),
        "NVMe errors on {d}",
    )
    .on("disk", 1)
    .with(&[("what", 2)]),
    Sign::new(
        &["I/O Error (sct", "I/O Cmd("],
        r"(nvme[0-9]+(?:c[0-9]+)?n[0-9]+): (?:I/O Cmd\([^)]*\)|[A-Za-z]+\([^)]*\)) @ LBA ([0-9]+).*I/O Error",
        "NVME",
        (Storage, High),
        "NVMe errors on {d}",
    )
    .on("disk", 1)
    .with(&[("lba", 2)]),
    Sign::new(
        &["I/O error, dev "],
        r"I/O error, dev ([^,]+), sector ([0-9]+)(?: op 0x[0-9a-f]+:\(([A-Z_]+)\))?",
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
        &["Remounting filesystem read-only", "forced readonly", "remounting filesystem read-only"],
        r"\((?:device )?([a-zA-Z0-9_-]+)[^)]*\).*(?:[Rr]emounting filesystem read-only|forced readonly)|^[Rr]emounting filesystem read-only",
        "FS_RO_REMOUNT",
        (Storage, Critical),
        "a file system became read-only on {d}",
    )
    .on("filesystem", 1),
    Sign::new(
        &["Aborting journal on device", "Detected aborted journal", "journal has aborted"],
        r"(?:Aborting journal on device (dm-[0-9]+|[a-z0-9]+)|EXT[234]-fs.*\((?:device )?([a-z0-9-]+)\).*(?:aborted journal|journal has aborted))",
        "FS_EXT4",
        (Storage, Critical),
        "the journal of {d} was aborted",
    )
    .on("filesystem", 1),
    Sign::new(
        &["-fs error (device "],
        r"(EXT[234])-fs error \(device ([^)]+)\)(?: in)?:? ?([a-z0-9_]+)?",
        "FS_EXT4",
        (Storage, High),
        "ext4 errors on {d}",
    )
    .on("filesystem", 2)
    .with(&[("function", 3)]),
    Sign::new(
        &["-fs warning (device "],
        r"(EXT[234])-fs warning \(device ([^)]+)\): ([a-z0-9_]+)",
        "FS_EXT4",
        (Storage, Medium),
        "ext4 warnings on {d}",
    )
    .on("filesystem", 2)
    .with(&[("function", 3)]),
    Sign::new(
        &["XFS ("],
        r"XFS \(([^)]+)\): (?:.*xfs_do_force_shutdown|.*[Ss]hut(?:ting)? down|.*Filesystem has been shut|Corruption of in-memory data)",
        "FS_XFS",
        (Storage, Critical),
        "XFS shut down on {d}",
    )
    .on("filesystem", 1),
    Sign::new(
        &["XFS ("],
        r"XFS \(([^)]+)\): (.*(?:[Mm]etadata corruption|Corruption detected|metadata I/O error|log I/O error|Internal error|Unmount and run xfs_repair).*)",
        "FS_XFS",
        (Storage, High),
        "XFS errors on {d}",
    )
    .on("filesystem", 1),
    Sign::new(
        &["BTRFS"],
        r"BTRFS(?:: | )(?:error|critical|warning|info)? ?\(device ([^) ]+)[^)]*\):? (.*(?:csum failed|checksum (?:error|verify failed)|parent transid verify failed|bdev .* errs: (?:wr|rd) [1-9]|corrupt (?:leaf|node)|errno=-|read error corrected|open_ctree failed|failed to read).*)",
        "FS_BTRFS",
        (Storage, High),
        "btrfs errors on {d}",
    )
    .on("filesystem", 1),
    Sign::new(
        &["F2FS-fs (", "FAT-fs (", "SQUASHFS error", "UBIFS error", "ubi0 error", "NTFS-fs error", "jffs2: ", "EROFS"],
        r"(?:F2FS-fs \(([^)]+)\): .*(?:inconsistent|corrupt|cp_error|Fail)|FAT-fs \(([^)]+)\): error|SQUASHFS error:|UBIFS error|ubi[0-9]+ error:|NTFS-fs error|jffs2: (?:error|Data CRC))",
        "FS_OTHER",
        (Storage, High),
        "file system errors on {d}",
    )
    .on("filesystem", 1),
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
];
