//! The folder of a soak: the configuration, the database, and the processes of the binary that is
//! tried.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use outwatch::domain::time::Millis;
use serde_json::Value;
use tempfile::TempDir;

use super::pause;
use super::settings::{EXTRA, PLATFORMS, Settings};
use super::shim::Shim;

pub(crate) struct Site {
    folder: TempDir,
    outwatch: PathBuf,
    pub(crate) shim: Shim,
    /// The database is on a disk of its own, which can be filled.
    has_disk: bool,
}

/// Which configuration is in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Variant {
    Plain,
    /// With another endpoint.
    Extended,
    Broken,
}

/// What a command did.
pub(crate) struct Done {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
}

/// What takes longer hangs.
pub(crate) const COMMAND_MAX: Duration = Duration::from_mins(2);

/// Of the disk for the database.
const DISK_MIB: u32 = 256;

/// Not in the terminal's group, whose Ctrl-C is for the harness alone.
pub(crate) fn alone(command: &mut Command) {
    command.process_group(0);
}

impl Site {
    pub(crate) fn new(settings: &Settings) -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix("outwatch-soak-")
            .tempdir()?;
        let outwatch = settings
            .outwatch
            .canonicalize()
            .with_context(|| format!("no binary at {}", settings.outwatch.display()))?;
        let shim = Shim::build(folder.path(), &outwatch)?;
        let disk = folder.path().join("disk");
        fs::create_dir(&disk)?;
        let has_disk = settings.may_mount && mount(&disk);
        Ok(Self {
            folder,
            outwatch,
            shim,
            has_disk,
        })
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn db(&self) -> PathBuf {
        self.folder().join("disk/outwatch.db")
    }

    /// How the disk gets full.
    pub(crate) fn disk(&self) -> &'static str {
        if self.has_disk {
            "tmpfs of its own"
        } else {
            "writes refused by the shim"
        }
    }

    /// Leaves the folder there, with the database, to be looked at.
    pub(crate) fn keep(mut self) -> anyhow::Result<PathBuf> {
        if self.has_disk {
            // what is mounted here is gone with this process
            for entry in fs::read_dir(self.folder().join("disk"))? {
                let entry = entry?;
                fs::copy(entry.path(), self.folder().join(entry.file_name()))?;
            }
        }
        self.folder.disable_cleanup(true);
        Ok(self.folder().to_owned())
    }

    /// Replaces the configuration, as an editor does.
    pub(crate) fn configure(
        &self,
        settings: &Settings,
        ports: &[u16],
        variant: Variant,
    ) -> anyhow::Result<()> {
        let mut text = format!(
            "service: Soak\ndefaults:\n  interval: {}\n  timeout: {}\n  confirm_interval: {}\n  slow_if: {{ latency_max: 600ms }}\nplatforms:\n",
            ms(settings.interval),
            ms(settings.timeout()),
            ms(settings.confirm_interval()),
        );
        for (at, platform) in PLATFORMS.iter().enumerate() {
            write!(
                text,
                "  {}:\n    failure_threshold: {}\n    recovery_threshold: {}\n    endpoints:\n",
                platform.name, platform.failure_threshold, platform.recovery_threshold
            )?;
            let of_it = (0..settings.probes).filter(|probe| Settings::platform_of(*probe) == at);
            let mut names: Vec<_> = of_it.map(Settings::endpoint).collect();
            if at == 0 && variant != Variant::Plain {
                names.push(Settings::endpoint(EXTRA));
            }
            for name in names {
                let port = ports[at];
                writeln!(
                    text,
                    "    - {{ name: {name}, url: \"http://127.0.0.1:{port}/{name}\" }}"
                )?;
            }
        }
        if variant == Variant::Broken {
            text += "  nowhere: [{ name: nothing, ulr: none }]\n";
        }
        let new = self.folder().join("probes.yaml.new");
        fs::write(&new, text)?;
        fs::rename(new, self.folder().join("probes.yaml"))?;
        Ok(())
    }

    /// The binary that is tried, with the clock and the disk of the soak.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.outwatch);
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("OUTWATCH_DB", self.db())
            .current_dir(self.folder())
            .args(arguments)
            .stdin(Stdio::null());
        alone(&mut command);
        self.shim.apply(&mut command);
        command
    }

    /// Runs a command to its end, and for not too long.
    pub(crate) fn run(&self, arguments: &[&str]) -> anyhow::Result<Done> {
        let (out, err) = (self.folder().join("stdout"), self.folder().join("stderr"));
        let mut child = self
            .command(arguments)
            .stdout(File::create(&out)?)
            .stderr(File::create(&err)?)
            .spawn()?;
        let deadline = Instant::now() + COMMAND_MAX;
        let status = loop {
            if let Some(status) = child.try_wait()? {
                break Some(status);
            }
            if Instant::now() > deadline {
                child.kill()?;
                child.wait()?;
                break None;
            }
            pause(Duration::from_millis(5));
        };
        let stderr = String::from_utf8_lossy(&fs::read(&err)?).into_owned();
        Ok(Done {
            code: status.and_then(|status| status.code()),
            stdout: fs::read(&out)?,
            stderr: match status {
                Some(_) => stderr,
                None => format!("it took longer than {COMMAND_MAX:?}: {stderr}"),
            },
        })
    }

    /// What a command prints that must succeed.
    pub(crate) fn printed(&self, arguments: &[&str]) -> anyhow::Result<Vec<u8>> {
        let done = self.run(arguments)?;
        if done.code != Some(0) {
            let Done { code, stderr, .. } = done;
            bail!("outwatch {}: exit {code:?}: {stderr}", arguments.join(" "));
        }
        Ok(done.stdout)
    }

    pub(crate) fn json(&self, arguments: &[&str]) -> anyhow::Result<Value> {
        let printed = self.printed(arguments)?;
        let what = || format!("outwatch {} prints no JSON", arguments.join(" "));
        serde_json::from_slice(&printed).with_context(what)
    }

    /// Whether the binary knows this command.
    pub(crate) fn knows(&self, arguments: &[&str]) -> anyhow::Result<bool> {
        let mut arguments = arguments.to_vec();
        arguments.push("--help");
        Ok(self.run(&arguments)?.code == Some(0))
    }

    /// The disk has no room any more.
    pub(crate) fn fill(&self) -> anyhow::Result<()> {
        if !self.has_disk {
            return self.shim.set_full(true);
        }
        let mut ballast = File::create(self.ballast())?;
        let mut piece = vec![0; 1 << 20];
        while !piece.is_empty() {
            match ballast.write(&piece) {
                Ok(_) => {}
                Err(error) if error.kind() == std::io::ErrorKind::StorageFull => {
                    piece.truncate(piece.len() / 2);
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// It has again.
    pub(crate) fn free(&self) -> anyhow::Result<()> {
        if !self.has_disk {
            return self.shim.set_full(false);
        }
        match fs::remove_file(self.ballast()) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error.into()),
            _ => Ok(()),
        }
    }

    fn ballast(&self) -> PathBuf {
        self.folder().join("disk/ballast")
    }

    /// Bytes of the database and its log.
    pub(crate) fn db_bytes(&self) -> u64 {
        let db = self.db();
        let of = |suffix: &str| {
            let mut path = db.clone().into_os_string();
            path.push(suffix);
            fs::metadata(path).map_or(0, |found| found.len())
        };
        of("") + of("-wal")
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        if self.has_disk {
            // it would be gone with this process anyway
            let _ = Command::new("umount")
                .arg(self.folder().join("disk"))
                .status();
        }
    }
}

fn ms(length: Millis) -> String {
    format!("{}ms", length.0)
}

fn mount(disk: &Path) -> bool {
    let mounted = Command::new("mount")
        .args(["-t", "tmpfs", "-o"])
        .arg(format!("size={DISK_MIB}m"))
        .arg("outwatch-soak")
        .arg(disk)
        .stderr(Stdio::null())
        .status();
    mounted.is_ok_and(|status| status.success())
}
