//! File systems that are damaged, shut down, or became read-only.

use super::Sign;
use crate::kernel::classify::Family::Storage;
use crate::kernel::classify::Severity::{Critical, High, Medium};

/// ext2 to ext4 with their journal, XFS, Btrfs, ZFS, and others.
pub(super) const SIGNS: &[Sign] = &[
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
        r"BTRFS(?:: | )(?:error|critical|warning|info)? ?\(device ([^) ]+)[^)]*\):? (.*(?:csum failed|checksum (?:error|verify failed)|parent transid verify failed|bdev .* errs: .*[1-9]|corrupt (?:leaf|node)|errno=-|read error corrected|open_ctree failed|failed to read|unable to find logical).*)",
        "FS_BTRFS",
        (Storage, High),
        "btrfs errors on {d}",
    )
    .on("filesystem", 1),
    Sign::new(
        &["F2FS-fs (", "FAT-fs (", "SQUASHFS error", "UBIFS error", "ubi0 error", "NTFS-fs error", "jffs2: ", "erofs: (device ", "bcachefs (", "withdrawn"],
        r"(?:F2FS-fs \(([^)]+)\): .*(?:inconsistent|corrupt|cp_error|Fail)|FAT-fs \(([^)]+)\): error|SQUASHFS error:|UBIFS error|ubi[0-9]+ error:|NTFS-fs error|jffs2: (?:error|Data CRC)|erofs: \(device ([^)]+)\): .*(?:corrupt|bogus|failed)|bcachefs \(([^)]+)\).*(?:fatal error|emergency read only|inconsisten|checksum error)|gfs2: fsid=[^ ]+: .*withdrawn)",
        "FS_OTHER",
        (Storage, High),
        "file system errors on {d}",
    )
    .on("filesystem", 1),
    // An I/O error can cost what was written without making the file system stop.
    Sign::new(
        &["JBD2: ", "data will be lost", "Data will be lost", "data may be lost"],
        r"(?:JBD2: (?:Detected IO errors while flushing file data on|I/O error when updating journal superblock for) ([a-z0-9-]+)|EXT4-fs.*(?:[Dd]ata will be lost|potential data loss))",
        "FS_EXT4",
        (Storage, High),
        "ext4 errors on {d}",
    )
    .on("filesystem", 1),
    Sign::new(
        &["has encountered an uncorrectable I/O failure"],
        r"Pool '([^']+)' has encountered an uncorrectable I/O failure and has been suspended",
        "FS_OTHER",
        (Storage, Critical),
        "the ZFS pool {d} stands still",
    )
    .on("filesystem", 1),
];
