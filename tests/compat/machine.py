"""A machine to itself for a test: this one's system as it is installed, in a layer that keeps what is
changed apart from it, started by a real systemd in a container without a network. Needs root, systemd-nspawn
and an overlay file system. What it leaves is in memory, and gone with it.
"""
import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import time

# No service of the machine that is the model, but for what programs expect.
TARGET = """[Unit]
Description=What a test needs
Requires=basic.target dbus.socket
After=basic.target dbus.socket
AllowIsolate=yes
"""


def missing():
    """What a machine cannot be made for want of; None when nothing is known to be wanting."""
    if os.geteuid() != 0:
        return "only root can start a container"
    if not shutil.which("systemd-nspawn"):
        return "systemd-nspawn is not installed"
    return None


class Machine:
    def __init__(self, scratch):
        """Makes its files, of which the caller may change some before start(). Raises OSError or
        CalledProcessError when this system cannot.
        """
        self.layer = os.path.join(scratch, "layer")
        self.root = os.path.join(scratch, "machine")
        self.process = self.leader = None
        os.mkdir(self.layer)
        os.mkdir(self.root)
        self.ended = contextlib.ExitStack()
        self._mount("-t", "tmpfs", "-o", "mode=0755", "tmpfs", self.layer)
        upper, work = (os.path.join(self.layer, name) for name in ("upper", "work"))
        os.mkdir(upper)
        os.mkdir(work)
        self._mount("-t", "overlay", "-o", f"lowerdir=/,upperdir={upper},workdir={work}", "overlay", self.root)
        self.write("etc/machine-id", "0123456789abcdef0123456789abcdef\n")
        self.write("etc/systemd/system/test.target", TARGET)
        self._begin_at_noon()

    def _begin_at_noon(self):
        """Gives it the zone in which it is noon, so that no timer of the night is due; where there are files of zones."""
        hours = time.gmtime().tm_hour - 12
        zone = f"usr/share/zoneinfo/Etc/GMT{hours:+d}"
        if os.path.exists(os.path.join(self.root, zone)):
            local = os.path.join(self.root, "etc/localtime")
            with contextlib.suppress(FileNotFoundError):
                os.remove(local)
            os.symlink("/" + zone, local)

    def _mount(self, *arguments):
        subprocess.run(["mount", *arguments], check=True, capture_output=True)
        self.ended.callback(subprocess.run, ["umount", "--lazy", arguments[-1]], check=True)

    def write(self, path, text, mode=0o644):
        full = os.path.join(self.root, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(full, mode)

    def start(self, log, binds=()):
        """Returns whether systemd is up; `log` is a file that gets what it says. `binds` are files and directories of this
        machine that it has, too, as "HERE" or "HERE:THERE".
        """
        notify = os.path.join(self.layer, "notify")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
            listener.bind(notify)
            self.process = subprocess.Popen(
                ["systemd-nspawn", "--quiet", "--register=no", "--keep-unit", "--private-network", "--console=pipe",
                 "--notify-ready=yes", "--timezone=off", "--bind=/dev/fuse", *(f"--bind={bind}" for bind in binds),
                 "--machine=snapfs-test", "--directory", self.root, "--boot", "systemd.unit=test.target"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env={**os.environ, "NOTIFY_SOCKET": notify})
            self.ended.callback(self.stop)
            listener.settimeout(1)
            heard = ""
            for _ in range(120):
                with contextlib.suppress(TimeoutError):
                    heard += listener.recv(4096).decode() + "\n"
                if "READY=1" in heard.splitlines():
                    (self.leader,) = re.findall(r"^X_NSPAWN_LEADER_PID=(\d+)$", heard, re.M)
                    return True
                if self.process.poll() is not None:
                    break
        return False

    def run(self, *command):
        """A command there."""
        return subprocess.run(["nsenter", "--target", self.leader, "--all", "env", "-i", "HOME=/root", "LANG=C.UTF-8",
                               "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", *command],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", timeout=180, check=False)

    def stop(self):
        if self.process is None:
            return
        if self.process.poll() is None:
            # For a container's systemd this is what a power button is.
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(timeout=60)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process = None

    def close(self):
        self.ended.close()
