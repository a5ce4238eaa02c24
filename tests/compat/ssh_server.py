"""OpenSSH's server for one test: on loopback, with keys, a configuration and a port of its own, and for
the user who runs the test, so that nobody is added to the system.
"""
import contextlib
import ctypes
import fcntl
import getpass
import os
import shutil
import signal
import socket
import subprocess

SSHD = shutil.which("sshd", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
PRIVILEGE_SEPARATION = "/run/sshd"  # without it a server of root's does not start
PR_SET_PDEATHSIG = 1


def missing():
    """What this machine lacks for it; nothing when it lacks nothing."""
    if SSHD is None:
        return "sshd is not installed"
    return None if shutil.which("ssh") else "ssh is not installed"


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def die_with_parent():
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def descendants(pid):
    """All processes below one, each after those below it."""
    parents = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            with contextlib.suppress(OSError), open(f"/proc/{name}/stat", encoding="ascii",
                                                    errors="replace") as file:
                parents[int(name)] = int(file.read().rpartition(")")[2].split()[1])
    found = []
    for child, parent in parents.items():
        if parent == pid:
            found += [*descendants(child), child]
    return found


class PrivilegeSeparation:
    """The directory that a server of root's wants to be there all the time. If it is not there it is made,
    and removed by the last test that uses it: each holds a lock on it.
    """
    MARK = os.path.join(PRIVILEGE_SEPARATION, "made-by-a-test")

    def __init__(self):
        while True:
            with contextlib.suppress(FileExistsError):
                os.mkdir(PRIVILEGE_SEPARATION, 0o755)
                with open(self.MARK, "xb"):
                    pass
            with contextlib.suppress(FileNotFoundError):
                self.directory = os.open(PRIVILEGE_SEPARATION, os.O_RDONLY | os.O_DIRECTORY)
                fcntl.flock(self.directory, fcntl.LOCK_SH)
                # Another may have been removing it.
                if os.path.samestat(os.fstat(self.directory), os.stat(PRIVILEGE_SEPARATION)):
                    return
                os.close(self.directory)

    def release(self):
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(self.directory, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.path.exists(self.MARK):
                os.remove(self.MARK)
                os.rmdir(PRIVILEGE_SEPARATION)
        os.close(self.directory)


class SshServer:
    def __init__(self, directory, chroot=None):
        """With `chroot` whoever logs in sees that directory, and can do nothing but SFTP."""
        self.directory = directory
        self.port = free_port()
        self.user = getpass.getuser()
        self.process = None
        self.separation = PrivilegeSeparation() if os.getuid() == 0 else None
        os.makedirs(directory)
        for key in ("host", "client", "stranger"):
            self.make_key(key)
        shutil.copy(self.file("client.pub"), self.file("authorized_keys"))
        self.write("known_hosts", f"[127.0.0.1]:{self.port} {self.read('host.pub')}")
        self.write("sshd_config", f"""
ListenAddress 127.0.0.1:{self.port}
HostKey {self.file("host")}
PidFile none
AuthorizedKeysFile {self.file("authorized_keys")}
StrictModes no
PubkeyAuthentication yes
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
UsePAM no
UseDNS no
MaxStartups 100
Subsystem sftp internal-sftp
{f"ChrootDirectory {chroot}" if chroot else ""}
{"ForceCommand internal-sftp" if chroot else ""}
""")

    def file(self, name):
        return os.path.join(self.directory, name)

    def read(self, name):
        with open(self.file(name), encoding="ascii") as file:
            return file.read()

    def write(self, name, text):
        with open(self.file(name), "w", encoding="ascii") as file:
            file.write(text)

    def make_key(self, name):
        for path in (self.file(name), self.file(name + ".pub")):
            with contextlib.suppress(FileNotFoundError):
                os.remove(path)
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f",
                        self.file(name)], check=True)

    def start(self):
        """Returns when it can be connected to."""
        with open(self.file("log"), "ab") as log:
            self.process = subprocess.Popen(
                [SSHD, "-D", "-e", "-f", self.file("sshd_config")], stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, preexec_fn=die_with_parent)
        while self.process.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port)):
                return
        raise RuntimeError("sshd did not start: " + self.read("log"))

    def kill(self):
        """It and all that it serves, at once."""
        for pid in [*descendants(self.process.pid), self.process.pid]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()

    def stop(self):
        if self.process and self.process.poll() is None:
            self.kill()
        if self.separation:
            self.separation.release()

    def options(self, key="client"):
        """Of ssh, so that it knows nothing of whoever runs the test."""
        return (f"-F none -i {self.file(key)} -o IdentitiesOnly=yes -o IdentityAgent=none"
                f" -o UserKnownHostsFile={self.file('known_hosts')} -o BatchMode=yes"
                " -o GlobalKnownHostsFile=/dev/null -o StrictHostKeyChecking=yes")

    def command(self):
        """In ssh's place for programs that take no more options."""
        return f"ssh {self.options()} -p {self.port} {self.user}@127.0.0.1 -s sftp"
