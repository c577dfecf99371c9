//! nginx as the probed service: a process for each platform, so that each can be stopped alone.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::conditions::Conditions;
use super::diary::Moment;
use super::pause;
use super::shim::Shim;

pub(crate) struct Nginx {
    port: u16,
    configuration: PathBuf,
    child: Option<Child>,
}

/// What takes longer than this does not come.
const START_MAX: Duration = Duration::from_secs(30);

impl Nginx {
    pub(crate) fn is_there() -> bool {
        let found = Command::new("nginx")
            .arg("-v")
            .stderr(Stdio::null())
            .status();
        found.is_ok_and(|status| status.success())
    }

    pub(crate) fn new(
        folder: &Path,
        platform: &str,
        port: u16,
        conditions: &Conditions,
    ) -> anyhow::Result<Self> {
        let root = folder.join(format!("nginx-{platform}"));
        fs::create_dir(&root)?;
        // twice what is sent in the first second when it is slow
        fs::write(root.join("body"), "o".repeat(3000))?;
        let faults = conditions.folder().display();
        let path = root.display();
        let text = format!(
            "daemon off; master_process off; pid {path}/pid; error_log {path}/error.log;\n\
             events {{ worker_connections 4096; }}\n\
             http {{\n\
               access_log off; client_body_temp_path {path}/b; proxy_temp_path {path}/p;\n\
               fastcgi_temp_path {path}/f; uwsgi_temp_path {path}/u; scgi_temp_path {path}/s;\n\
               reset_timedout_connection on;\n\
               server {{ listen 127.0.0.1:{port} backlog=4096; root {path};\n\
                 location ~ ^/(?<endpoint>[a-z0-9]+)$ {{\n\
                   if (-f {faults}/$endpoint.status) {{ return 503; }}\n\
                   if (-f {faults}/$endpoint.reset) {{ return 444; }}\n\
                   if (-f {faults}/$endpoint.hang) {{ set $limit_rate 10; }}\n\
                   if (-f {faults}/$endpoint.slow) {{ set $limit_rate 2000; }}\n\
                   rewrite ^ /body break;\n\
                 }}\n\
               }}\n\
             }}\n"
        );
        let configuration = root.join("nginx.conf");
        fs::write(&configuration, text)?;
        Ok(Self {
            port,
            configuration,
            child: None,
        })
    }

    /// Returns when it answers.
    pub(crate) fn start(&mut self, shim: &Shim) -> anyhow::Result<Moment> {
        let mut command = Command::new("nginx");
        command.arg("-c").arg(&self.configuration);
        command.args(["-e", "stderr"]);
        command.stdin(Stdio::null()).stderr(Stdio::null());
        super::site::alone(&mut command);
        shim.tie(&mut command);
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, self.port));
        let (moment, started) = Moment::of(|| {
            let child = self.child.insert(command.spawn().context("nginx")?);
            let deadline = Instant::now() + START_MAX;
            while TcpStream::connect(address).is_err() {
                if let Some(status) = child.try_wait()? {
                    bail!("nginx ended at once: {status}");
                }
                if Instant::now() > deadline {
                    bail!("nginx does not listen on {address}");
                }
                pause(Duration::from_millis(2));
            }
            Ok(())
        });
        started?;
        Ok(moment)
    }

    /// Returns when nobody listens any more.
    pub(crate) fn stop(&mut self) -> anyhow::Result<Moment> {
        let (moment, stopped) = Moment::of(|| {
            let Some(mut child) = self.child.take() else {
                return Ok(());
            };
            child.kill()?;
            child.wait()?;
            anyhow::Ok(())
        });
        stopped?;
        Ok(moment)
    }

    pub(crate) fn signal(&self, signal: Signal) -> anyhow::Result<Moment> {
        let child = self.child.as_ref().context("nginx does not run")?;
        let pid = Pid::from_raw(i32::try_from(child.id())?);
        let (moment, sent) = Moment::of(|| kill(pid, signal));
        sent?;
        Ok(moment)
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            // it may have ended already
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
