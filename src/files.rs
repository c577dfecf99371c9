//! Files that are written whole or not at all.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use anyhow::{Context, bail};

/// Fills the file at `path`. If `write` fails, what was there stays as it was: unless that is no
/// file but a device or a pipe, which is written to as it stands.
pub fn write_whole(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    match fs::metadata(path) {
        Ok(there) if there.is_dir() => bail!("it is a folder"),
        Ok(there) if there.is_file() => {
            // the file that a link leads to, not the link
            replace(&fs::canonicalize(path)?, Some(there.permissions()), write)
        }
        // a file in its place would be the end of /dev/null
        Ok(_) => {
            let device = fs::OpenOptions::new().write(true).open(path)?;
            let mut device = io::BufWriter::new(device);
            write(&mut device)?;
            Ok(device.flush()?)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => replace(path, None, write),
        Err(error) => Err(error.into()),
    }
}

fn replace(
    path: &Path,
    permissions: Option<fs::Permissions>,
    write: impl FnOnce(&mut dyn Write) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    // beside the target, since only within one file system a rename is atomic
    let mut name = path.file_name().context("is not a file name")?.to_owned();
    name.push(format!(".{}.part", std::process::id()));
    let part = path.with_file_name(name);
    let result = (|| {
        let file = fs::File::create(&part)?;
        if let Some(permissions) = permissions {
            file.set_permissions(permissions)?;
        }
        let mut file = io::BufWriter::new(file);
        write(&mut file)?;
        file.into_inner()
            .map_err(io::IntoInnerError::into_error)?
            .sync_all()?;
        fs::rename(&part, path)?;
        Ok(())
    })();
    if result.is_err() {
        // best effort: the error that matters is the first
        let _ = fs::remove_file(&part);
    }
    result
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{FileTypeExt, PermissionsExt, symlink};

    use super::*;

    fn write_line(path: &Path) -> anyhow::Result<()> {
        write_whole(path, |out| Ok(writeln!(out, "new")?))
    }

    #[test]
    fn what_is_no_file_is_not_replaced_by_one() {
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join("null");
        symlink("/dev/null", &link).unwrap();
        write_line(&link).unwrap();
        assert!(link.is_symlink(), "the link is left as it was");
        let device = fs::metadata(&link).unwrap();
        assert!(device.file_type().is_char_device());
        let error = write_line(folder.path()).unwrap_err();
        assert_eq!(error.to_string(), "it is a folder");
    }

    #[test]
    fn a_file_keeps_its_permissions_and_the_links_to_it() {
        let folder = tempfile::tempdir().unwrap();
        let [file, link] = ["file", "link"].map(|name| folder.path().join(name));
        fs::write(&file, "old").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        symlink("file", &link).unwrap();
        write_line(&link).unwrap();
        assert!(link.is_symlink());
        assert_eq!(fs::read_to_string(&file).unwrap(), "new\n");
        assert_eq!(
            fs::metadata(&file).unwrap().permissions().mode() & 0o777,
            0o600
        );
    }

    #[test]
    fn what_was_there_stays_if_writing_fails() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "old").unwrap();
        let failed = write_whole(&file, |out| {
            writeln!(out, "half")?;
            bail!("no more")
        });
        assert!(failed.is_err());
        assert_eq!(fs::read_to_string(&file).unwrap(), "old");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
