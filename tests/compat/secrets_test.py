"""The password and the keys, searched for in every place where they must not be: arguments, the
environment, of children too, what is written and kept, and memory that is dumped or swapped.
"""
import concurrent.futures
import contextlib
import os
import pathlib
import resource
import shutil
import signal
import socket
import subprocess
import sys
import threading
import unittest

import damage
import every_command
import harness
from recording_server import RecordingServer
from secret_search import (CANARY, IS_SANITIZED, NOBODY, SECOND_CANARY, STORAGE_CANARY, Memory, SecretCase, forms,
                           keys_of)

ONLY_ROOT = unittest.skipIf(os.geteuid() != 0, "only root reads the memory of such a process")
SANITIZER_KEEPS = unittest.skipIf(IS_SANITIZED, "a sanitizer keeps memory that was freed")


def end_program(mountpoint):
    """The one that serves it in the background."""
    for pid in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            if damage.read(f"/proc/{pid}/cmdline").endswith(mountpoint.encode() + b"\0"):
                os.kill(int(pid), signal.SIGKILL)


def read_until(receiver, is_over, told):
    """Adds all that comes to `told`, until it is over and nothing comes any more."""
    while True:
        try:
            told += receiver.recv(1 << 16)
        except TimeoutError:
            if is_over.is_set():
                return


class MemoryTest(SecretCase):
    def assert_none_dumped(self, pid):
        """What opens the repository is in no page that a dump would have, nor in one that may be swapped."""
        memory = Memory(pid)
        for name in ("encrypt", "mac k", "mac r"):
            # It is there, where it may be: the search can find it.
            self.assertGreater(memory.count(memory.kept, self.secrets[name]), 0, name)
        for name, secret in self.secrets.items():
            if name != "storage's password":  # that is in ordinary memory, as curl wants it
                for form in forms(secret):
                    self.assertEqual(memory.count(memory.dumped, form), 0, f"the {name} would be dumped")
        for flags, content in memory.kept:
            if any(secret in content for secret in self.secrets.values()):
                self.assertIn("lo", flags, "keys that may be swapped")
        self.assertGreater(memory.locked_kib, 0)

    def held(self, server, kind, *arguments, **environment):
        """The command runs, and waits where it saves a file of this kind."""
        waits, go_on = server.hold(kind)
        self.addCleanup(go_on.set)
        process = subprocess.Popen([harness.SNAPFS, *arguments], cwd=self.scratch, env=self.environment | environment,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        while not waits.wait(0.1):
            self.assertIsNone(process.poll(), "it saved nothing")
        self.assert_none_dumped(process.pid)
        go_on.set()
        _, errors = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0, errors)

    @ONLY_ROOT
    @SANITIZER_KEEPS
    def test_of_a_mount(self):
        server, mountpoint = self.running_mount()
        self.read_mount(mountpoint)
        self.assert_none_dumped(server.pid)

    @ONLY_ROOT
    @SANITIZER_KEEPS
    def test_of_a_mount_of_a_server(self):
        self.use_server()
        server, mountpoint = self.running_mount()
        self.read_mount(mountpoint)
        self.assert_none_dumped(server.pid)

    @ONLY_ROOT
    @SANITIZER_KEEPS
    def test_of_a_snapshot(self):
        self.held(self.use_server(), "snapshots", "snapshot", self.scratch + "/home")

    @ONLY_ROOT
    @SANITIZER_KEEPS
    def test_of_a_copy(self):
        target = os.path.join(self.scratch, "target")
        self.snapfs("init", "-r", target, RESTIC_PASSWORD=SECOND_CANARY)
        self.secrets |= {f"target's {name}": key for name, key in keys_of(target, SECOND_CANARY).items()}
        server = self.serve(target)
        self.held(server, "snapshots", "copy", RESTIC_FROM_REPOSITORY=self.repository, RESTIC_FROM_PASSWORD=CANARY,
                  RESTIC_REPOSITORY=server.location, RESTIC_PASSWORD=SECOND_CANARY)

    @ONLY_ROOT
    @SANITIZER_KEEPS
    def test_of_a_change_of_the_password(self):
        with open(os.path.join(self.scratch, "new"), "w", encoding="ascii") as file:
            file.write(SECOND_CANARY)
        self.held(self.use_server(), "keys", "key", "passwd", "--new-password-file", "new")

    @ONLY_ROOT
    def test_search_finds_what_is_there(self):
        script = "secret = input().encode(); print(len(secret), flush=True); input()"
        with subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE) as process:
            process.stdin.write(CANARY.encode() + b"\n")
            process.stdin.flush()
            process.stdout.readline()
            memory = Memory(process.pid)
            process.stdin.write(b"\n")
        self.assertGreater(memory.count(memory.dumped, CANARY.encode()), 0)


@unittest.skipIf(IS_SANITIZED, "a sanitizer takes these signals for faults")
class CoreTest(SecretCase):
    """Killed as by a fault of its own, a process that holds keys leaves no core. Whether one was made, the kernel
    says, to whatever place it goes."""

    @staticmethod
    def allow_cores():
        resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))

    def leaves_core(self, process, number):
        process.send_signal(number)
        _, status = os.waitpid(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        self.assertEqual(process.returncode, -number)
        return os.WCOREDUMP(status)

    def require_cores(self):
        """Another program would leave one here."""
        try:
            with subprocess.Popen(["sleep", "1000"], cwd=self.scratch, preexec_fn=self.allow_cores) as process:
                if not self.leaves_core(process, signal.SIGSEGV):
                    self.skipTest("this system dumps no cores")
        except subprocess.SubprocessError:
            self.skipTest("the limit of cores cannot be raised here")
        for name in os.listdir(self.scratch):
            if name.startswith("core"):
                os.remove(os.path.join(self.scratch, name))

    def test_of_a_mount(self):
        self.require_cores()
        for number in (signal.SIGSEGV, signal.SIGABRT):
            server, mountpoint = self.running_mount(preexec_fn=self.allow_cores)
            self.read_mount(mountpoint)
            self.assertFalse(self.leaves_core(server, number), number)
            self.end_mount(server, mountpoint)
        self.assertEqual([name for name in os.listdir(self.scratch) if "core" in name], [])

    def test_of_a_snapshot(self):
        self.require_cores()
        for number in (signal.SIGSEGV, signal.SIGABRT):
            with subprocess.Popen([harness.SNAPFS, "snapshot", "--stdin"], cwd=self.scratch, env=self.environment,
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                  preexec_fn=self.allow_cores) as process:
                self.wait_for_lock(process)
                self.assertFalse(self.leaves_core(process, number), number)
            self.snapfs("unlock", "--remove-all")
        self.assertEqual([name for name in os.listdir(self.scratch) if "core" in name], [])


class ProcessTest(SecretCase):
    """Arguments and environment, of the program and of those that it starts."""

    def test_a_mount(self):
        server, _ = self.running_mount(SNAPFS_PASSWORD=CANARY)
        for file in ("cmdline", "environ"):
            try:
                self.assert_none(file, damage.read(f"/proc/{server.pid}/{file}"))
            except PermissionError:
                self.assertNotEqual(os.geteuid(), 0)

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
        content = damage.read(record)
        os.remove(record)
        self.assertIn(b"RECORDED=yes", content, "the search would find nothing")
        return content

    def test_programs_that_talk_to_storage(self):
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

    def test_hooks(self):
        recorder, record = self.recorder("exit 0")
        profile = os.path.join(self.scratch, "profile.toml")
        with open(profile, "w", encoding="utf-8") as file:
            file.write(f"[snapshot]\nsources = ['{self.scratch}/home']\n[forget]\nkeep-last = 1\n[hooks]\n" +
                       "".join(f"{kind} = '{recorder}'\n" for kind in ("before", "after", "finally")))
        os.chmod(profile, 0o600)
        self.use_server()
        self.snapfs("-P", profile, "run", RECORDED="yes", SNAPFS_PASSWORD=CANARY, RESTIC_FROM_PASSWORD=SECOND_CANARY)
        content = self.recorded(record)
        self.assertEqual(content.count(b"RECORDED=yes"), 3)
        self.assert_none("a hook", content)

    @unittest.skipIf(None in map(shutil.which, ("setpriv", "fusermount3")), "setpriv or fusermount3 is not installed")
    @unittest.skipUnless(harness.strace_works(), "strace is not installed, or may not trace")
    @unittest.skipIf(IS_SANITIZED, "a sanitizer cannot be traced")
    def test_fusermount(self):
        """What mounts for users who may not."""
        self.use_server()
        mountpoint, trace = (os.path.join(self.scratch, name) for name in ("mount", "trace"))
        os.mkdir(mountpoint)
        program = os.path.join(self.scratch, "snapfs")
        shutil.copy(harness.SNAPFS, program)
        self.addCleanup(end_program, mountpoint)
        subprocess.run(["chown", "-R", "65534:65534", self.scratch], check=True)
        self.environment |= {"RECORDED": "yes", "RESTIC_FROM_PASSWORD": SECOND_CANARY}
        with self.with_devices(f"chmod 666 /dev/fuse; strace -f -v -s 100000 -o {trace} -e trace=execve "
                               f"{' '.join(NOBODY)} sh -c '{program} mount --background {mountpoint} && "
                               f"env -i fusermount3 -u {mountpoint}'") as shell:
            said, _ = shell.communicate(timeout=60)
            self.assertEqual(shell.returncode, 0, said)
        started = b"".join(line for line in damage.read(trace).splitlines() if b"fusermount3" in line.partition(b", [")[0])
        self.assertIn(b"RECORDED=yes", started, "it was not started")
        self.assert_none("fusermount3", started)


class WrittenTest(SecretCase):
    # What is asked of each command: all that it has to say, in either form.
    WAYS = (("-vv",), ("--json", "--log-json"))
    MEASURED = ("snapshot", "forget", "prune", "check", "drill")
    EXCUSED = {"mount": "it has tests of its own below"}
    # They read directories, so there has to be a cache.
    CACHED = ("snapshot", "restore", "ls", "find", "diff", "dump")

    def written_by(self, scenery, command, way, work):
        """By the command on the repository as a server has it: what it says, and nothing else is left."""
        line = scenery.line(command, work)
        server = RecordingServer(str(work / "repository"))
        measure = ("--metrics", work / "metrics") if command in self.MEASURED else ()
        location = server.url.replace("//", f"//user:{STORAGE_CANARY}@")
        try:
            done = scenery.run(work, *way, *line, *measure, environment={"SNAPFS_REPOSITORY": location})
        finally:
            server.close()
        for name in ("password", "new-password"):
            os.remove(work / name)
        return done

    def test_every_command(self):
        place = pathlib.Path(self.scratch)
        scenery = every_command.Scenery(place / "template", harness.SNAPFS, CANARY, SECOND_CANARY)
        for name in ("repository", "other", "old-version"):
            keys = keys_of(scenery.template / name, CANARY)
            self.secrets |= {f"{name}'s {key}": secret for key, secret in keys.items()}
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            jobs = {(command, way, work): pool.submit(self.written_by, scenery, command, way, work)
                    for command in every_command.all_but(harness.SNAPFS, self.EXCUSED)
                    for way in self.WAYS for work in (place / f"{command} {way[0]}",)}
        for (command, way, work), job in jobs.items():
            with self.subTest(command=command, way=way):
                done = job.result()
                self.assertEqual(done.returncode, 0, done.stderr)
                for name in ("stdout", "stderr"):
                    self.assert_none(name, getattr(done, name).encode(errors="surrogateescape"))
                if command in self.CACHED:
                    self.cached_files(work / "cache")
                if command in self.MEASURED:
                    self.assertIn(b"snapfs_run_exit_status", damage.read(work / "metrics"))
                if command == "profile init":
                    # It names the repository as it was named to it, to be read by its owner alone.
                    profile = work / "configuration/snapfs/new.toml"
                    self.assertEqual(profile.stat().st_mode & 0o7777, 0o600)
                    profile.unlink()
                self.assert_none_below(work)

    def test_a_new_repository_on_a_server(self):
        for way in ((), ("--json",)):
            with self.subTest(way=way):
                server = self.serve(os.path.join(self.scratch, f"new{len(way)}"))
                done = self.snapfs("init", "-r", server.location, *way)
                self.assertIn("user:***@127.0.0.1", done.stdout)
                self.assert_none("stdout", done.stdout.encode())
                self.assert_none("stderr", done.stderr.encode())

    def test_failures(self):
        server = self.use_server()
        wrong = {"RESTIC_PASSWORD": "another " + SECOND_CANARY}
        for arguments, expected, given in (
                (["snapshots"], 12, wrong), (["snapshots", "--json"], 12, wrong),
                (["snapshots", "--log-json"], 12, wrong), (["snapshots", "-r", "/nowhere"], 10, {}),
                (["snapshots", "-r", server.location + "nowhere/"], 10, {}),
                (["ls", "nothing"], 1, {}), (["cat", "blob", "0" * 64], 1, {})):
            with self.subTest(arguments=arguments):
                written = self.snapfs(*arguments, expect=expected, **given)
                self.assertNotEqual(written.stderr, "")
                for name in ("stdout", "stderr"):
                    self.assert_none(name, getattr(written, name).encode(errors="surrogateescape"))
        self.assert_none_below(self.scratch)

    def test_master_key_is_told_when_it_is_asked_for(self):
        """The search can find it, in the form in which it is written."""
        told = self.snapfs("cat", "masterkey").stdout.encode()
        with self.assertRaises(AssertionError):
            self.assert_none("what was asked for", told)

    def test_what_a_mount_shows_and_writes(self):
        served = self.use_server()
        server, mountpoint = self.running_mount("-vv")
        with open("/proc/self/mountinfo", "rb") as file:
            (shown,) = [line for line in file if mountpoint.encode() in line]
        self.assertIn(served.url.partition("//")[2].strip("/").encode(), shown)
        self.assert_none("the list of mounts", shown)
        for name in ("status", "metrics"):
            content = damage.read(os.path.join(mountpoint, ".snapfs", name))
            self.assertNotEqual(content, b"")
            self.assert_none(name, content)
        self.read_mount(mountpoint)
        self.end_mount(server, mountpoint)
        self.assert_none("what it wrote", self.written)
        self.cached_files()
        self.assert_none_below(self.scratch, without=(mountpoint,))

    def test_what_a_mount_tells_the_system_s_log(self):
        served = self.use_server()
        mountpoint = os.path.join(self.scratch, "mount")
        os.mkdir(mountpoint)
        program = os.path.abspath(harness.SNAPFS)
        self.addCleanup(end_program, mountpoint)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as log:
            log.bind(os.path.join(self.scratch, "log"))
            log.settimeout(0.1)
            # Whoever writes waits while some lines lie there unread.
            told, is_over = bytearray(), threading.Event()
            reader = threading.Thread(target=read_until, args=(log, is_over, told))
            reader.start()
            self.addCleanup(reader.join)
            self.addCleanup(is_over.set)
            with self.with_devices(f"ln -s {self.scratch}/log /dev/log; {program} mount -vv --background "
                                   f"--request-timeout 1s --no-push --no-cache {mountpoint}; echo mounted; read line; "
                                   f"if cat {mountpoint}/snapshots/latest/file; then exit 7; fi") as shell:
                said = b""
                while b"mounted\n" not in said:
                    line = shell.stdout.readline()
                    self.assertNotEqual(line, b"", said)
                    said += line
                served.close()
                said += shell.communicate(b"\n", timeout=60)[0]
                self.assertEqual(shell.returncode, 0, said)
                self.assert_none("what it said", said)
            is_over.set()
            reader.join()
        self.assertIn(b"127.0.0.1", told)  # it complains of the server
        self.assert_none("the system's log", told)


if __name__ == "__main__":
    harness.main()
