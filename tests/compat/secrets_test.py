"""The password and the keys, searched for in every place where they must not be: arguments, the
environment, of children too, what is written and kept, and memory that is dumped or swapped. Who else may
read what, and how files are from the first moment on.
"""
import base64
import json
import os
import re
import shutil
import stat
import subprocess
import sys
import unittest

import cheap_key
import forge
import harness

CANARY = "canary-Zk4vQ9-of-the-password"
SECOND_CANARY = "canary-Hw7tB2-of-another-password"
NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
IS_SANITIZED = "asan" in harness.SNAPFS or "tsan" in harness.SNAPFS


def forms(secret):
    """As it is, and as it is written."""
    text = base64.b64encode(secret)
    # Of base64 the part that does not depend on what is around it.
    return {secret, secret.hex().encode(), secret.hex().upper().encode(), text[:len(secret) // 3 * 4]}


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


class SecretsTest(harness.CompatTest):
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
        key_file = scene.key_file(scene.master(), password)
        scene.key_id = scene.put_named("keys", forge.encode(key_file))
        user_key = cheap_key.derive(password, base64.b64decode(key_file["salt"]), key_file)
        self.keys = {"encrypt": scene.key[:32], "mac k": scene.key[32:48], "mac r": scene.key[48:],
                     "user's encrypt": user_key[:32], "user's k": user_key[32:48],
                     "user's r": user_key[48:]}

    def assert_none(self, place, content, keys=True):
        """No secret in these bytes."""
        secrets = {"password": CANARY.encode(), "other password": SECOND_CANARY.encode()}
        for name, secret in {**secrets, **(self.keys if keys else {})}.items():
            for form in forms(secret):
                self.assertTrue(form not in content, f"the {name} is in {place}")

    def assert_none_below(self, directory, without=()):
        for where, directories, names in os.walk(directory):
            directories[:] = [name for name in directories if os.path.join(where, name) not in without]
            for name in names:
                path = os.path.join(where, name)
                if stat.S_ISREG(os.lstat(path).st_mode):
                    with open(path, "rb") as file:
                        self.assert_none(path, file.read())

    def running_mount(self, *options, program=(harness.SNAPFS,), **environment):
        """A mount that was read; its process."""
        if not harness.mount_usable():
            self.skipTest("/dev/fuse cannot be used here")
        mountpoint = os.path.join(self.scratch, "mount")
        os.makedirs(mountpoint, exist_ok=True)
        server = subprocess.Popen([*program, "mount", *options, mountpoint],
                                  cwd=self.scratch, env=self.environment | environment,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(self.end_mount, server, mountpoint)
        if not server.stdout.readline():
            self.fail(server.stderr.read())
        return server, mountpoint

    def end_mount(self, server, mountpoint):
        if server.poll() is None:
            server.terminate()
            self.written = b"".join(server.communicate(timeout=60))
        subprocess.run(["fusermount3", "-uzq", mountpoint], check=False, capture_output=True)
        server.stdout.close()
        server.stderr.close()

    # ------------------------------------------------------------------------------------ memory

    @unittest.skipIf(os.geteuid() != 0, "only root reads the memory of such a process")
    @unittest.skipIf(IS_SANITIZED, "a sanitizer keeps memory that was freed")
    def test_memory_of_a_mount(self):
        server, mountpoint = self.running_mount()
        for path, content in forge.RIGHT.items():
            with open(os.path.join(mountpoint, "snapshots", "latest", path), "rb") as file:
                self.assertEqual(file.read(), content)
        memory = Memory(server.pid)
        for name in ("encrypt", "mac k", "mac r"):
            with self.subTest(key=name):
                # It is there, where it may be: the search can find it.
                self.assertGreater(memory.count(memory.kept, self.keys[name]), 0)
        for name, secret in {"password": CANARY.encode(), **self.keys}.items():
            for form in forms(secret):
                self.assertEqual(memory.count(memory.dumped, form), 0, f"the {name} would be dumped")
        for flags, content in memory.kept:
            if any(secret in content for secret in self.keys.values()):
                self.assertIn("lo", flags, "keys that may be swapped")
        self.assertGreater(memory.locked_kib, 0)

    @unittest.skipIf(os.geteuid() != 0, "only root reads the memory of such a process")
    def test_search_of_memory_finds_what_is_there(self):
        script = "secret = input().encode(); print(len(secret), flush=True); input()"
        with subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE) as process:
            process.stdin.write(CANARY.encode() + b"\n")
            process.stdin.flush()
            process.stdout.readline()
            memory = Memory(process.pid)
            process.stdin.write(b"\n")
        self.assertGreater(memory.count(memory.dumped, CANARY.encode()), 0)

    def test_arguments_and_environment_of_a_mount(self):
        server, _ = self.running_mount(SNAPFS_PASSWORD=CANARY)
        for file in ("cmdline", "environ"):
            try:
                with open(f"/proc/{server.pid}/{file}", "rb") as content:
                    self.assert_none(file, content.read())
            except PermissionError:
                self.assertNotEqual(os.geteuid(), 0)

    def user_can_write(self):
        """Of the whole scratch, with a program in it, nobody is the owner."""
        shutil.copy(harness.SNAPFS, os.path.join(self.scratch, "snapfs"))
        subprocess.run(["chown", "-R", "65534:65534", self.scratch], check=True)

    @unittest.skipIf(os.geteuid() != 0 or shutil.which("setpriv") is None, "only root becomes others")
    def test_others_of_the_same_user_cannot_look_into_it(self):
        self.user_can_write()
        with subprocess.Popen([*NOBODY, os.path.join(self.scratch, "snapfs"), "snapshot", "--stdin"],
                              cwd=self.scratch, env=self.environment, stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            # It holds a lock, so the keys are loaded.
            while not os.listdir(os.path.join(self.repository, "locks")):
                self.assertIsNone(process.poll(), "it ended before it took its lock")
                os.sched_yield()
            self.assertEqual(os.stat(f"/proc/{process.pid}/environ").st_uid, 0, "it can be dumped")
            for file in ("environ", "mem", "maps"):
                looked = subprocess.run([*NOBODY, "head", "-c1", f"/proc/{process.pid}/{file}"],
                                        check=False, capture_output=True, text=True)
                self.assertIn("Permission denied", looked.stderr, file)
            process.communicate(b"content")
        self.assertEqual(process.returncode, 0)

    # ---------------------------------------------------------------------------------- children

    def recorder(self, then="exit 1"):
        """A program that notes what it was given."""
        path = os.path.join(self.scratch, "recorder")
        record = os.path.join(self.scratch, "record")
        with open(path, "w", encoding="ascii") as file:
            file.write("#!/bin/sh\n{ cat /proc/$$/cmdline; echo; cat /proc/$$/environ; echo; "
                       f"cat /proc/$PPID/cmdline; }} >>'{record}'\n{then}\n")
        os.chmod(path, 0o755)
        return path, record

    def recorded(self, record):
        with open(record, "rb") as file:
            content = file.read()
        os.remove(record)
        self.assertIn(b"RECORDED=yes", content, "the search would find nothing")
        return content

    def test_children(self):
        recorder, record = self.recorder()
        secrets = {"RESTIC_FROM_PASSWORD": CANARY, "SNAPFS_FROM_PASSWORD": CANARY,
                   "RESTIC_PASSWORD2": SECOND_CANARY, "RESTIC_REST_PASSWORD": SECOND_CANARY}
        environment = {"RESTIC_PASSWORD": CANARY, "SNAPFS_PASSWORD": CANARY, "RECORDED": "yes", **secrets,
                       "RESTIC_FROM_REPOSITORY": self.repository,
                       "RESTIC_REPOSITORY2": f"rest:http://u:{SECOND_CANARY}@host/"}
        for location, option in (("sftp:host:/repository", f"sftp.command={recorder}"),
                                 ("rclone:remote:repository", f"rclone.program={recorder}")):
            for command in (["snapshots"], ["init"], ["copy"], ["mount", self.scratch + "/home"]):
                with self.subTest(location=location, command=command):
                    # The old names of a source go with no new ones.
                    given = {name: value for name, value in environment.items()
                             if command != ["copy"] or not name.endswith("2")}
                    self.snapfs("-r", location, "-o", option, *command, expect=1, **given)
                    self.assert_none("a child", self.recorded(record))

    def test_password_command(self):
        recorder, record = self.recorder(f"cat '{self.scratch}/secret'")
        with open(os.path.join(self.scratch, "secret"), "w", encoding="ascii") as file:
            file.write(CANARY + "\n")
        given = {"RESTIC_PASSWORD": SECOND_CANARY, "RESTIC_FROM_PASSWORD": SECOND_CANARY,
                 "RECORDED": "yes"}
        self.snapfs("--password-command", recorder, "snapshots", **given)
        self.assert_none("the command", self.recorded(record))

    # ------------------------------------------------------------------------- what is written

    def test_what_commands_write(self):
        target = os.path.join(self.scratch, "target")
        with open(os.path.join(self.scratch, "new"), "w", encoding="ascii") as file:
            file.write(SECOND_CANARY)
        strange = {"RESTIC_FROM_REPOSITORY": self.repository, "RESTIC_FROM_PASSWORD": CANARY}
        for arguments, expected, given in (
                (["snapshots", "-vv"], 0, {}), (["snapshots", "--json"], 0, {}),
                (["ls", "-vv", "latest"], 0, {}), (["check", "--read-data", "-vv"], 0, {}),
                (["check", "--json"], 0, {}), (["key", "list"], 0, {}), (["key", "list", "--json"], 0, {}),
                (["cat", "config"], 0, {}), (["cat", "key", self.scene.key_id], 0, {}),
                (["stats", "--json"], 0, {}), (["snapshot", "-vv", "--json", self.scratch + "/home"], 0, {}),
                (["prune", "-vv"], 0, {}), (["unlock", "-vv"], 0, {}), (["cache", "--json"], 0, {}),
                (["key", "add", "--new-password-file", self.scratch + "/new"], 0, {}),
                (["restore", "latest", "-vv", "-t", self.scratch + "/to"], 0, {}),
                (["init", "-r", target, "--copy-chunker-params"], 0, strange),
                (["copy", "-r", target, "-vv"], 0, strange),
                (["snapshots"], 12, {"RESTIC_PASSWORD": "another " + SECOND_CANARY}),
                (["snapshots", "--json"], 12, {"RESTIC_PASSWORD": "another " + SECOND_CANARY}),
                (["snapshots", "-r", "/nowhere"], 10, {})):
            with self.subTest(arguments=arguments):
                written = self.snapfs(*arguments, expect=expected, **given)
                for name in ("stdout", "stderr"):
                    self.assert_none(name, getattr(written, name).encode(errors="surrogateescape"))
        os.remove(os.path.join(self.scratch, "new"))
        self.assert_none_below(self.scratch)

    def test_master_key_is_told_when_it_is_asked_for(self):
        """The search can find it, in the form in which it is written."""
        told = self.snapfs("cat", "masterkey").stdout.encode()
        with self.assertRaises(AssertionError):
            self.assert_none("what was asked for", told)

    def test_what_a_mount_shows_and_writes(self):
        server, mountpoint = self.running_mount("-vv")
        with open(os.path.join(mountpoint, ".snapfs", "status"), "rb") as file:
            self.assert_none("the status", file.read())
        with open(os.path.join(mountpoint, "snapshots", "latest", "file"), "rb") as file:
            file.read()
        self.end_mount(server, mountpoint)
        self.assert_none("what it wrote", self.written)
        self.assert_none_below(self.scratch, without=(mountpoint,))

    # ------------------------------------------------------------------------------ other users

    @unittest.skipIf(os.geteuid() != 0 or shutil.which("setpriv") is None, "only root becomes others")
    def test_others_are_kept_out(self):
        os.umask(0)
        self.addCleanup(os.umask, 0o22)
        os.chmod(self.scratch, 0o755)
        os.chmod(os.path.join(self.scratch, "home"), 0o755)
        server, mountpoint = self.running_mount()
        made = os.path.join(self.scratch, "made")
        self.snapfs("init", "-r", made)
        self.snapfs("snapshot", "-r", made, self.repository)
        for path in (mountpoint, os.path.join(self.cache, "snapfs"), made):
            with self.subTest(path=path):
                if not os.path.exists(path):
                    self.assertNotEqual(path, made)
                    continue
                looked = subprocess.run([*NOBODY, "ls", path], check=False, capture_output=True, text=True)
                self.assertIn("Permission denied", looked.stderr)
        self.end_mount(server, mountpoint)

    # ---------------------------------------------------------------------- from the first moment

    def calls(self, *arguments, cwd=None, **environment):
        """What a command creates: the calls, of all its threads and children, with a umask of 0."""
        trace = os.path.join(self.scratch, "trace")
        script = 'umask 0; exec "$@"'
        self.run_program("sh", ["-c", script, "sh", "strace", "-f", "-o", trace, "-e",
                                "trace=open,openat,creat,mkdir,mkdirat,mknod,mknodat,bind,chmod,fchmod,fchmodat",
                                harness.SNAPFS, *arguments], cwd=cwd, **environment)
        with open(trace, encoding="utf-8", errors="replace") as file:
            lines = file.read().splitlines()
        os.remove(trace)
        return lines

    def created(self, lines):
        """(mode, line) of each file and directory that was made."""
        found = []
        for line in lines:
            if "O_CREAT" in line or "O_TMPFILE" in line or "creat(" in line or "mkdir" in line or "mknod" in line:
                mode = re.search(r", (?:S_IF\w+\|)?(0[0-7]*)(?:, [^)]*)?\) += ", line)
                if mode:
                    found.append((int(mode[1], 8), line))
        return found

    @unittest.skipIf(shutil.which("strace") is None, "strace is not installed")
    @unittest.skipIf(IS_SANITIZED, "a sanitizer makes files of its own")
    def test_files_are_private_from_the_first_moment(self):
        source = os.path.join(self.scratch, "source")
        os.mkdir(source)
        with open(os.path.join(source, "open to all"), "w", encoding="ascii") as file:
            file.write("text")
        os.chmod(os.path.join(source, "open to all"), 0o666)
        made = os.path.join(self.scratch, "made")
        with open(os.path.join(self.scratch, "new"), "w", encoding="ascii") as file:
            file.write(SECOND_CANARY)
        total = 0
        for arguments in (["init", "-r", made], ["snapshot", "-r", made, source],
                          ["key", "add", "-r", made, "--new-password-file", self.scratch + "/new"],
                          ["forget", "-r", made, "--keep-last", "1"], ["prune", "-r", made],
                          ["check", "--read-data", "-r", made], ["rebuild-index", "-r", made],
                          ["restore", "-r", made, "latest", "-t", self.scratch + "/to"],
                          ["restore", "-r", made, "latest", "--sparse", "-t", self.scratch + "/to2"],
                          ["repair", "packs", self.scene.packs[0]["id"]]):
            with self.subTest(arguments=arguments):
                created = self.created(self.calls(*arguments))
                total += len(created)
                for mode, line in created:
                    # A target of a restore that was not there is made like any directory of the user's.
                    if "mkdir" in line and re.search(r'"[^"]*/to2?"', line):
                        continue
                    self.assertEqual(mode & 0o77, 0, line)
        self.assertGreater(total, 270)  # the search sees something

    @unittest.skipIf(shutil.which("strace") is None, "strace is not installed")
    def test_search_for_modes_finds_what_is_open(self):
        lines = ['1 openat(AT_FDCWD, "x", O_WRONLY|O_CREAT|O_EXCL, 0666) = 3', '1 mkdir("y", 0777) = 0',
                 '2 mkdirat(4, "z", 0755)                = 0', '1 openat(AT_FDCWD, "x", O_RDONLY) = 3']
        self.assertEqual([mode for mode, _ in self.created(lines)], [0o666, 0o777, 0o755])


if __name__ == "__main__":
    harness.main()
