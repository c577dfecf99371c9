//! Reading a file that may be anything: a pipe that nobody writes to, a device without end.

use std::fs::OpenOptions;
use std::io::{self, ErrorKind, Read};
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

/// Longest wait for a pipe or a device.
const WAIT_MAX: Duration = Duration::from_secs(10);

/// How often it is looked whether anything has come.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// Everything in it, as long as it has no more than `bytes_max`; of more, a byte more.
pub(super) fn read(path: &Path, bytes_max: u64) -> io::Result<Vec<u8>> {
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_NONBLOCK)
        .open(path)?;
    let is_pipe = file.metadata()?.file_type().is_fifo();
    let deadline = Instant::now() + WAIT_MAX;
    let (mut bytes, mut rest) = (Vec::new(), file.take(bytes_max + 1));
    loop {
        match rest.read_to_end(&mut bytes) {
            // nobody writes to it yet
            Ok(_) if is_pipe && bytes.is_empty() && rest.limit() > 0 => {}
            Ok(_) => return Ok(bytes),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
        if Instant::now() >= deadline {
            let problem = format!("its end did not come in {} s", WAIT_MAX.as_secs());
            return Err(io::Error::new(ErrorKind::TimedOut, problem));
        }
        wait();
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "whoever writes to a pipe is not waited for by the runtime: files are read aside from it"
)]
fn wait() {
    thread::sleep(LOOK_EVERY);
}
