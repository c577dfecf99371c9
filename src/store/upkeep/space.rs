//! How much room there is.

use std::path::Path;

/// Free bytes in the file system of a folder, as far as this user may fill them. `None` where nobody
/// tells.
#[cfg(target_os = "linux")]
pub(super) fn free(folder: &Path) -> Option<u64> {
    let told = rustix::fs::statvfs(folder).ok()?;
    told.f_bavail.checked_mul(told.f_frsize)
}

/// `None`: nobody tells.
#[cfg(not(target_os = "linux"))]
pub(super) fn free(_: &Path) -> Option<u64> {
    None
}
