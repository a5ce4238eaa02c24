"""A repository whose password and keys are canaries, and the search for them, as they are and as they are
written, in what a program shows, keeps and has in memory.
"""
import base64
import json
import os
import re
import stat
import subprocess

import cheap_key
import damage
import forge
import harness
from recording_server import RecordingServer

CANARY = "canary-Zk4vQ9-of-the-password"
SECOND_CANARY = "canary-Hw7tB2-of-another-password"
STORAGE_CANARY = "canary-Pn3xL8-of-the-storage"
NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
IS_SANITIZED = harness.SANITIZER is not None


def forms(secret):
    """As it is, and as it is written."""
    return {secret, secret.hex().encode(), secret.hex().upper().encode(), *(base64_after(n, secret) for n in range(3))}


def base64_after(count, secret):
    """Of its base64 when so many bytes come before it, what does not depend on what is around it."""
    text = base64.b64encode(bytes(count) + secret)
    return text[(8 * count + 5) // 6:8 * (count + len(secret)) // 6]


def keys_of(repository, password):
    """By name, the parts of its master key and of the one that is derived from the password."""
    (name,) = os.listdir(os.path.join(repository, "keys"))
    key_file = json.loads(damage.read(os.path.join(repository, "keys", name)))
    user = cheap_key.derive(password, base64.b64decode(key_file["salt"]), key_file)
    master = damage.master_key(repository, password)
    parts = {"encrypt": slice(32), "mac k": slice(32, 48), "mac r": slice(48, 64)}
    return ({name: master[part] for name, part in parts.items()} |
            {f"user's {name}": user[part] for name, part in parts.items()})


class Memory:
    """What a core dump of a process would have, and what it would not, by /proc."""

    def __init__(self, pid):
        self.dumped, self.kept = [], []  # (flags, content)
        self.locked_kib = 0
        with open(f"/proc/{pid}/smaps", encoding="utf-8", errors="replace") as file:
            mappings = []
            for line in file:
                if re.match(r"[0-9a-f]+-[0-9a-f]+ ", line):
                    span, permissions = line.split()[:2]
                    mappings.append([*(int(part, 16) for part in span.split("-")), permissions, ()])
                elif line.startswith("VmFlags:"):
                    mappings[-1][3] = line.split()[1:]
                elif line.startswith("Locked:"):
                    self.locked_kib += int(line.split()[1])
        with open(f"/proc/{pid}/mem", "rb", buffering=0) as file:
            for begin, end, permissions, flags in mappings:
                if not permissions.startswith("rw"):
                    continue
                try:
                    file.seek(begin)
                    content = file.read(end - begin)
                except OSError:
                    continue
                (self.kept if "dd" in flags else self.dumped).append((flags, content))

    @staticmethod
    def count(places, secret):
        return sum(content.count(secret) for _, content in places)


class SecretCase(harness.CompatTest):
    needs_restic = False

    def setUp(self):
        super().setUp()
        os.umask(os.umask(0) & 0o22)
        self.scene = forge.Scene(self.repository)
        os.chmod(os.path.join(self.repository, "config"), 0o600)  # its group means others', too
        self.use_password(CANARY)
        home = os.path.join(self.scratch, "home")
        os.mkdir(home)
        self.cache = os.path.join(home, "cache")
        self.environment |= {"RESTIC_PASSWORD": CANARY, "HOME": home, "TMPDIR": home,
                             "RESTIC_CACHE_DIR": self.cache}

    def use_password(self, password):
        """In place of the key that is there. Keeps what is derived from it."""
        scene = self.scene
        os.remove(scene.at("keys", scene.key_id))
        scene.key_id = scene.put_named("keys", forge.encode(scene.key_file(scene.master(), password)))
        self.secrets = {"password": CANARY.encode(), "other password": SECOND_CANARY.encode(),
                        "storage's password": STORAGE_CANARY.encode(), **keys_of(self.repository, password)}

    def serve(self, directory=None):
        """The repository, or what is to become one, over HTTP, which is what has a cache; with a password in its URL."""
        server = RecordingServer(directory or self.repository)
        self.addCleanup(server.close)
        server.location = server.url.replace("//", f"//user:{STORAGE_CANARY}@")
        return server

    def use_server(self):
        server = self.serve()
        self.environment["RESTIC_REPOSITORY"] = server.location
        return server

    def cached_files(self, cache=None):
        """Those with content of the repository. There have to be some, or nothing is said of a cache."""
        found = [os.path.join(folder, name) for folder, _, names in os.walk(cache or self.cache)
                 for name in names if re.match("[0-9a-f]{64}", name)]
        self.assertNotEqual(found, [], "nothing is cached")
        return found

    def assert_none(self, place, content):
        """No secret in these bytes."""
        for name, secret in self.secrets.items():
            for form in forms(secret):
                self.assertTrue(form not in content, f"the {name} is in {place}")

    def assert_none_below(self, directory, without=()):
        for where, directories, names in os.walk(directory):
            directories[:] = [name for name in directories if os.path.join(where, name) not in without]
            for name in names:
                path = os.path.join(where, name)
                if stat.S_ISREG(os.lstat(path).st_mode):
                    self.assert_none(path, damage.read(path))

    def running_mount(self, *options, program=(harness.SNAPFS,), preexec_fn=None, **environment):
        """A mount that can be used; its process."""
        if not harness.mount_usable():
            self.skipTest("/dev/fuse cannot be used here")
        mountpoint = os.path.join(self.scratch, "mount")
        os.makedirs(mountpoint, exist_ok=True)
        server = subprocess.Popen([*program, "mount", *options, mountpoint], cwd=self.scratch, preexec_fn=preexec_fn,
                                  env=self.environment | environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(self.end_mount, server, mountpoint)
        if not server.stdout.readline():
            self.fail(server.stderr.read())
        return server, mountpoint

    def read_mount(self, mountpoint):
        for path, content in forge.RIGHT.items():
            self.assertEqual(damage.read(os.path.join(mountpoint, "snapshots", "latest", path)), content)

    def end_mount(self, server, mountpoint):
        if server.poll() is None:
            server.terminate()
            self.written = b"".join(server.communicate(timeout=60))
        subprocess.run(["fusermount3", "-uzq", mountpoint], check=False, capture_output=True)
        server.stdout.close()
        server.stderr.close()

    def wait_for_lock(self, process):
        """Then the keys are loaded."""
        while not any(len(name) == 64 for name in os.listdir(os.path.join(self.repository, "locks"))):
            self.assertIsNone(process.poll(), "it ended before it took its lock")
            os.sched_yield()

    # The system's own stay as they are.
    DEVICES = """set -e
mkdir {0}/devices; mount --bind /dev {0}/devices; mount -t tmpfs none /dev
for name in null zero random urandom fuse; do cp -a {0}/devices/$name /dev/; done
umount {0}/devices
"""

    def with_devices(self, script):
        """The shell that runs the script, as root, where devices may be changed, and mounts are seen by nobody else."""
        if os.geteuid() != 0 or not harness.mount_usable():
            self.skipTest("/dev/fuse cannot be used here, or devices not be changed")
        return subprocess.Popen(["unshare", "--mount", "sh", "-c", self.DEVICES.format(self.scratch) + script],
                                cwd=self.scratch, env=self.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT)
