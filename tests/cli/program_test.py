#!/usr/bin/env python3
"""The program as a script sees it: exit statuses, one-line errors, JSON, and what it leaves behind.

usage: program_test.py PROGRAM
"""

import contextlib
import fcntl
import hashlib
import io
import json
import os
import pathlib
import pty
import re
import resource
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import threading
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "compat"))
# pylint: disable-next=wrong-import-position
from cheap_key import cheapen  # noqa: E402

PROGRAM = ""
PASSWORD = "correct horse"


class ProgramTest(unittest.TestCase):
    template = None

    def setUp(self):
        self.work = pathlib.Path(tempfile.mkdtemp(prefix="snapfs-program-"))
        self.addCleanup(shutil.rmtree, self.work, ignore_errors=True)
        self.repository = self.work / "repository"
        self.source = self.work / "source"
        self.source.mkdir()
        (self.source / "file").write_text("hello\n")

    def environment(self, **changes):
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("SNAPFS_", "RESTIC_"))}
        kept.update(SNAPFS_REPOSITORY=str(self.repository), SNAPFS_PASSWORD=PASSWORD)
        kept.update(changes)
        return {k: v for k, v in kept.items() if v is not None}

    def run_program(self, *arguments, env=None, stdin=""):
        return subprocess.run(
            [PROGRAM, *map(str, arguments)], env=env or self.environment(), input=stdin,
            capture_output=True, text=True, timeout=60, check=False)

    def succeed(self, *arguments, **options):
        done = self.run_program(*arguments, **options)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def assert_fails(self, done, status, *words):
        self.assertEqual(done.returncode, status, done.stderr)
        lines = done.stderr.splitlines()
        self.assertTrue(lines and all(line.startswith("snapfs: ") for line in lines), done.stderr)
        for word in words:
            self.assertIn(word, done.stderr)

    def locks(self):
        return [lock for lock in (self.repository / "locks").iterdir() if len(lock.name) == 64]

    def init(self):
        """A new repository, as a copy of one: deriving keys takes its time."""
        if ProgramTest.template is None:
            ProgramTest.template = pathlib.Path(tempfile.mkdtemp(prefix="snapfs-program-"))
            self.addClassCleanup(shutil.rmtree, ProgramTest.template, ignore_errors=True)
            self.succeed("-r", ProgramTest.template / "repository", "init")
            cheapen(ProgramTest.template / "repository", PASSWORD)
        shutil.copytree(ProgramTest.template / "repository", self.repository)

    def test_init_never_overwrites(self):
        self.succeed("init")
        before = (self.repository / "config").read_bytes()
        self.assert_fails(self.run_program("init"), 1, str(self.repository))
        self.assertEqual((self.repository / "config").read_bytes(), before)
        self.assertEqual(len(list((self.repository / "keys").iterdir())), 1)

    def test_missing_repository_is_10(self):
        self.assert_fails(self.run_program("snapshots"), 10, str(self.repository))

    def test_wrong_password_is_12(self):
        self.init()
        wrong = self.environment(SNAPFS_PASSWORD="wrong")
        self.assert_fails(self.run_program("snapshots", env=wrong), 12, "password")

    def test_restic_variables_are_understood(self):
        theirs = self.environment(
            SNAPFS_REPOSITORY=None, SNAPFS_PASSWORD=None,
            RESTIC_REPOSITORY=str(self.repository), RESTIC_PASSWORD=PASSWORD)
        self.succeed("init", env=theirs)
        self.succeed("snapshots")

    def test_password_on_standard_input(self):
        self.init()
        bare = self.environment(SNAPFS_PASSWORD=None)
        self.succeed("snapshots", env=bare, stdin=PASSWORD + "\n")
        self.assert_fails(self.run_program("snapshots", env=bare), 1, "empty")

    def test_other_storages_are_refused_clearly(self):
        self.assert_fails(self.run_program("-r", "b2:bucket", "init"), 1, "b2:", "rclone:REMOTE")

    def test_what_is_no_url_of_its_storage_is_said_before_anybody_is_asked(self):
        for name in ("S3:x", "rest:ftp://me:secret@h/", "sftp://me:secret@h/r", "rest:/srv"):
            for command in ("init", "snapshots"):
                done = self.run_program("-r", name, command)
                self.assert_fails(done, 1, name[:name.index(":")].lower() + ":")
                self.assertNotIn("secret", done.stderr)

    def test_paths_are_recorded_by_the_shell_s_name_of_the_directory(self):
        """Through symbolic links, as restic does: a parent is found by these paths."""
        self.init()
        link = self.work / "link"
        link.symlink_to(self.work)
        done = subprocess.run([PROGRAM, "snapshot", "source"], cwd=link, check=False,
                              env=self.environment(PWD=str(link)), capture_output=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        (listed,) = json.loads(self.succeed("snapshots", "--json"))
        self.assertEqual(listed["paths"], [str(link / "source")])

    def test_missing_source_is_3_and_all_missing_is_1(self):
        self.init()
        gone = self.work / "gone"
        self.assert_fails(self.run_program("snapshot", self.source, gone), 3, str(gone))
        self.assert_fails(self.run_program("snapshot", gone), 1, str(gone))
        self.assertEqual(len(json.loads(self.succeed("snapshots", "--json"))), 1)
        self.assertEqual(self.locks(), [])

    @unittest.skipIf(os.geteuid() == 0 and shutil.which("setpriv") is None, "root reads everything")
    def test_unreadable_file_is_3_and_named(self):
        secret = self.source / "secret"
        secret.write_text("x")
        secret.chmod(0)
        prefix = []
        if os.geteuid() == 0:
            prefix = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
            for path in [self.work, *self.work.rglob("*")]:
                os.chown(path, 65534, 65534)
        for command, status in (["init"], 0), (["snapshot", str(self.source)], 3):
            done = subprocess.run([*prefix, PROGRAM, *command], env=self.environment(),
                                  capture_output=True, text=True, timeout=60, check=False)
            self.assertEqual(done.returncode, status, done.stderr)
        self.assertIn(str(secret), done.stderr)
        self.assertIn("1 new", done.stdout)

    def test_json_of_snapshot_and_snapshots(self):
        self.assertEqual(json.loads(self.succeed("init", "--json"))["message_type"], "initialized")
        lines = self.succeed("snapshot", "--json", "--tag", "a,b", self.source).splitlines()
        summary = json.loads(lines[-1])
        self.assertEqual(summary["message_type"], "summary")
        self.assertEqual(summary["files_new"], 1)
        self.assertEqual(summary["total_bytes_processed"], 6)
        listed = json.loads(self.succeed("snapshots", "--json"))
        self.assertEqual([s["id"] for s in listed], [summary["snapshot_id"]])
        self.assertEqual(listed[0]["short_id"], listed[0]["id"][:8])
        self.assertEqual(listed[0]["paths"], [str(self.source)])
        self.assertEqual(listed[0]["tags"], ["a", "b"])

    def test_json_errors(self):
        self.init()
        done = self.run_program("snapshot", "--json", self.source, self.work / "gone")
        self.assertEqual(done.returncode, 3)
        error, last = (json.loads(line) for line in done.stderr.splitlines())
        self.assertEqual((error["message_type"], error["during"]), ("error", "archival"))
        self.assertEqual((last["message_type"], last["code"]), ("exit_error", 3))

    def test_filters_and_latest(self):
        self.init()
        other = self.work / "other"
        other.mkdir()
        self.succeed("snapshot", "--host", "a", "--tag", "x", self.source)
        self.succeed("snapshot", "--host", "b", self.source, "--time", "2020-01-31 12:00:00")
        self.succeed("snapshot", "--host", "b", self.source)
        self.succeed("snapshot", "--host", "b", other, self.source)

        def count(*arguments):
            return len(json.loads(self.succeed("snapshots", "--json", *arguments)))

        self.assertEqual(count(), 4)
        self.assertEqual(count("--host", "b"), 3)
        self.assertEqual(count("--tag", "x"), 1)
        self.assertEqual(count("--path", other), 1)
        self.assertEqual(count("--latest", "1"), 3)
        self.assertEqual(count("latest"), 1)
        self.assertIn("4 snapshots", self.succeed("snapshots"))

    @unittest.skipUnless(shutil.which("restic"), "restic is needed to hold an exclusive lock")
    def test_locked_repository_is_11(self):
        self.init()
        env = self.environment(RESTIC_PASSWORD=PASSWORD, RESTIC_CACHE_DIR=str(self.work / "cache"))
        holder = subprocess.Popen(["restic", "-r", str(self.repository), "check"], env=env,
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            while not self.locks():
                self.assertIsNone(holder.poll(), "restic ended before it locked")
            holder.send_signal(signal.SIGSTOP)
            self.assert_fails(self.run_program("snapshot", self.source), 11, "lock")
            self.assertEqual(len(self.locks()), 1)
            self.succeed("snapshots", "--no-lock")
        finally:
            holder.kill()
            holder.wait()

    def test_damaged_config_is_one_clear_line(self):
        self.init()
        config = self.repository / "config"
        config.chmod(0o600)
        config.write_bytes(config.read_bytes()[:20])
        self.assert_fails(self.run_program("snapshots"), 1, "config")
        config.write_bytes(b"")
        self.assert_fails(self.run_program("snapshots"), 1, "config")

    def test_damaged_key_is_one_clear_line(self):
        self.init()
        key = next((self.repository / "keys").iterdir())
        key.chmod(0o600)
        key.write_bytes(key.read_bytes()[:100])
        self.assert_fails(self.run_program("snapshots"), 1, "key")

    def test_garbage_in_the_repository_does_no_harm(self):
        self.init()
        for kind in ("keys", "locks", "snapshots", "index", "data"):
            (self.repository / kind / "garbage").write_text("x")
        (self.repository / "data" / "00" / "tmp-1").write_text("x")
        self.succeed("snapshot", self.source)
        self.assertEqual(len(json.loads(self.succeed("snapshots", "--json"))), 1)

    @unittest.skipUnless(os.path.exists("/dev/fuse"), "no FUSE here")
    def test_mountpoint_in_the_repository_is_refused(self):
        self.init()
        for place in self.repository, self.repository / "data", self.work:
            self.assert_fails(self.run_program("mount", place), 1, str(place))
        self.assertEqual(self.locks(), [])

    def test_tour_runs_as_printed(self):
        """The lines of --help and of the manual page, in a home that has work in it."""
        text = self.succeed("--help").split("A first tour:\n", 1)[1].split("\n\n", 1)[0]
        commands = [line.split("#")[0].strip() for line in text.splitlines()]
        page = pathlib.Path(__file__).resolve().parents[2] / "man" / "snapfs.1"
        printed = page.read_text().split("A first tour:\n", 1)[1].split(".Ed", 1)[0]
        self.assertEqual(printed.splitlines()[1:], commands)
        if not os.path.exists("/dev/fuse"):
            text = "\n".join(line for line in text.splitlines() if "~/mnt" not in line)
        home = self.work / "home"
        (home / "work").mkdir(parents=True)
        (home / "work" / "report.odt").write_text("report")
        (home / "bin").mkdir()
        (home / "bin" / "snapfs").symlink_to(PROGRAM)
        environment = {**self.environment(SNAPFS_REPOSITORY=None, SNAPFS_PASSWORD=None),
                       "HOME": str(home), "PATH": f"{home}/bin:{os.environ['PATH']}"}
        done = subprocess.run(["sh", "-e", "-c", text], env=environment, cwd=home, check=False,
                              capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stderr)
        if os.path.exists("/dev/fuse"):
            saved = home / "work-of-the-last-snapshot" / "report.odt"
            self.assertEqual(saved.read_text(), "report")
            self.assertFalse(os.path.ismount(home / "mnt"))

    def test_help_of_everything(self):
        self.assertEqual(self.succeed(), self.succeed("help"))
        self.assertEqual(self.succeed("help", "ls"), self.succeed("ls", "--help"))
        self.assertEqual(self.succeed("help", "key", "add"), self.succeed("key", "add", "-h"))
        self.assertEqual(self.succeed("repair"), self.succeed("help", "repair"))
        self.assertIn("Subcommands:", self.succeed("key"))
        self.assertEqual(self.succeed("-V"), self.succeed("--version"))
        self.assert_fails(self.run_program("help", "lss"), 1, "lss")
        self.assert_fails(self.run_program("snapshto"), 1, "did you mean snapshot")
        self.assert_fails(self.run_program("ls", "--recrusive"), 1, "did you mean --recursive")
        with open("/dev/full", "w") as full:
            for line in ["--help"], ["help"], ["ls", "-h"], ["-V"], []:
                done = subprocess.run([PROGRAM, *line], stdout=full, stderr=subprocess.PIPE, check=False)
                self.assertEqual(done.returncode, 1, line)
        for line in ["--help"], ["help", "ls"], ["-V"]:
            reader, writer = os.pipe()
            os.close(reader)
            done = subprocess.run([PROGRAM, *line], stdout=writer, stderr=subprocess.PIPE, check=False)
            os.close(writer)
            self.assertEqual((done.returncode, done.stderr), (141, b""), line)

    def test_wrong_lines_under_json_are_objects(self):
        for line in (["--json", "snapshots", "--latest", "x"], ["snapshots", "--nope", "--json"],
                     ["--json"] + ["nope"], ["forget", "--keep-last=x", "--json"], ["ls", "--json"],
                     ["-q", "-v", "--json", "snapshots"], ["-o", "=x", "version", "--json"]):
            done = self.run_program(*line)
            self.assertEqual(done.returncode, 1, line)
            error = json.loads(done.stderr)
            self.assertEqual((error["message_type"], error["code"]), ("exit_error", 1))
        done = self.run_program("snapshots", "--host", "--json", "--nope")
        self.assertTrue(done.stderr.startswith("snapfs: "), done.stderr)

    def test_old_forms_of_restic(self):
        self.init()
        self.succeed("backup", "--hostname", "old", self.source)
        self.succeed("backup", self.source)
        done = self.run_program("snapshots", "--last", "--json")
        self.assertEqual(len(json.loads(done.stdout)), 2)
        self.assertIn("use --latest 1", json.loads(done.stderr)["message"])
        self.assertIn("old", self.succeed("forget", "--keep-last=1", "--hostname=old", "-n"))
        self.assertIn("repair index", self.run_program("rebuild-index").stderr)
        script = self.succeed("generate", "--bash-completion", "-")
        self.assertIn("--keep-last", script)
        self.assert_fails(self.run_program("generate", "--man", self.work), 1, "installed")
        self.assert_fails(self.run_program("generate"), 1, "nothing to do")
        self.assertIn("local.connections", self.succeed("options"))
        self.succeed("features")

    def test_full_standard_output_is_an_error(self):
        self.init()
        with open("/dev/full", "w") as full:
            done = subprocess.run([PROGRAM, "snapshots"], env=self.environment(), stdout=full,
                                  stderr=subprocess.PIPE, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("standard output", done.stderr)

    def test_interrupted_snapshot_is_130_and_leaves_no_lock(self):
        self.init()
        # Enough to be busy with, and sparse, so that making it takes no time.
        with open(self.source / "big", "wb") as big:
            big.truncate(64 << 30)
        running = subprocess.Popen([PROGRAM, "snapshot", str(self.source)], env=self.environment(),
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.assertIn("no parent", running.stdout.readline())  # the lock is held by now
        self.assertEqual(len(self.locks()), 1)
        running.send_signal(signal.SIGHUP)  # must not end it
        running.send_signal(signal.SIGINT)
        _, errors = running.communicate(timeout=60)
        self.assertEqual(running.returncode, 130, errors)
        self.assertEqual(errors, "snapfs: interrupted\n")
        self.assertEqual(self.locks(), [])
        self.assertEqual(list((self.repository / "snapshots").iterdir()), [])

    def hold_a_lock(self):
        """A process that goes on until it is killed."""
        with open(self.source / "big", "wb") as big:
            big.truncate(64 << 30)
        running = subprocess.Popen([PROGRAM, "snapshot", str(self.source)], env=self.environment(),
                                   stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.assertIn("no parent", running.stdout.readline())
        self.assertEqual(len(self.locks()), 1)
        return running

    def test_a_lock_of_a_dead_process_is_called_so(self):
        self.init()
        holder = self.hold_a_lock()
        try:
            self.assert_fails(self.run_program("prune"), 11, f"locked by PID {holder.pid}",
                              "is running")
        finally:
            holder.kill()
            holder.communicate()
        self.assert_fails(self.run_program("prune"), 11, "is gone", "'snapfs unlock'")
        self.assertIn("removed 1 lock", self.succeed("unlock"))
        self.succeed("prune")

    def test_processes_of_other_namespaces_are_not_taken_for_dead(self):
        apart = ["unshare", "--pid", "--fork", "--mount-proc"]
        if subprocess.run([*apart, "true"], capture_output=True, check=False).returncode != 0:
            self.skipTest("no namespace can be made here")
        self.init()
        holder = self.hold_a_lock()
        try:
            done = subprocess.run([*apart, PROGRAM, "unlock"], env=self.environment(),
                                  capture_output=True, text=True, timeout=60, check=False)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertIn(f"left alone: the lock of PID {holder.pid}", done.stdout)
            self.assertEqual(len(self.locks()), 1)
        finally:
            holder.kill()
            holder.communicate()

    def on_terminal(self, arguments, answers, until=None):
        """Runs the program on a terminal of its own; answers each prompt for a password.

        Returns its status and all it wrote. With `until`, interrupts it once that text appears.
        """
        environment = {k: v for k, v in self.environment().items() if k != "SNAPFS_PASSWORD"}
        pid, terminal = pty.fork()
        if pid == 0:
            os.execve(PROGRAM, [PROGRAM, *map(str, arguments)], environment)
        written, answered = "", 0
        try:
            while True:
                try:
                    piece = os.read(terminal, 4096)
                except OSError:  # a terminal nobody writes to any more
                    break
                if not piece:
                    break
                written += piece.decode(errors="replace")
                prompts = re.findall(r"enter [a-z ]*password[a-z ]*: ", written)
                if answered < len(answers) and len(prompts) > answered:
                    os.write(terminal, answers[answered].encode() + b"\n")
                    answered += 1
                if until and until in written:
                    os.kill(pid, signal.SIGINT)
                    until = None
        finally:
            _, status = os.waitpid(pid, 0)
            os.close(terminal)
        return os.waitstatus_to_exitcode(status), written

    def test_password_is_asked_for_on_a_terminal_and_not_shown(self):
        status, written = self.on_terminal(["init"], [PASSWORD, PASSWORD])
        self.assertEqual(status, 0, written)
        self.assertNotIn(PASSWORD, written)
        self.succeed("snapshots")
        status, written = self.on_terminal(["snapshots"], [PASSWORD])
        self.assertEqual(status, 0, written)
        self.assertNotIn(PASSWORD, written)

    def test_passwords_that_differ_make_no_repository(self):
        status, written = self.on_terminal(["init"], [PASSWORD, "another"] * 3)
        self.assertEqual(status, 1, written)
        self.assertIn("do not match: nothing was done", written)
        self.assertFalse((self.repository / "config").exists())

    def test_passwords_that_differ_are_asked_for_again(self):
        status, written = self.on_terminal(["init"], [PASSWORD, "another", PASSWORD, PASSWORD])
        self.assertEqual(status, 0, written)
        self.assertIn("do not match: try again", written)
        status, written = self.on_terminal(
            ["key", "add"], [PASSWORD, "second", "mistyped", "second", "second"])
        self.assertEqual(status, 0, written)
        self.succeed("snapshots", env=self.environment(SNAPFS_PASSWORD="second"))

    def test_wrong_password_is_asked_for_three_times(self):
        self.init()
        status, written = self.on_terminal(["snapshots"], ["wrong", "wrong again", PASSWORD])
        self.assertEqual(status, 0, written)
        self.assertEqual(written.count("wrong password: try again"), 2, written)
        status, written = self.on_terminal(["snapshots"], ["wrong"] * 3)
        self.assertEqual(status, 12, written)
        self.assertIn("no key of", written)

    def run_unblocking(self, arguments, stdin=b"", env=None):
        """Runs the program with pipes that do not block, each full or empty most of the time, as what
        starts others without threads makes them. Returns status, output and errors.
        """
        pipes = [os.pipe() for _ in range(3)]
        (stdin_read, stdin_write), (out_read, out_write), (err_read, err_write) = pipes
        for fd in (stdin_read, out_write, err_write):
            os.set_blocking(fd, False)
        fcntl.fcntl(out_write, fcntl.F_SETPIPE_SZ, 4096)
        running = subprocess.Popen([PROGRAM, *map(str, arguments)], env=env or self.environment(),
                                   stdin=stdin_read, stdout=out_write, stderr=err_write)
        for fd in (stdin_read, out_write, err_write):
            os.close(fd)
        collected = {out_read: b"", err_read: b""}

        def feed():
            for begin in range(0, len(stdin), 7):
                with contextlib.suppress(BrokenPipeError):
                    os.write(stdin_write, stdin[begin:begin + 7])
            os.close(stdin_write)

        def drain(fd):
            while piece := os.read(fd, 1000):
                collected[fd] += piece
            os.close(fd)

        threads = [threading.Thread(target=feed),
                   *(threading.Thread(target=drain, args=[fd]) for fd in collected)]
        for thread in threads:
            thread.start()
        status = running.wait(timeout=60)
        for thread in threads:
            thread.join()
        return status, collected[out_read], collected[err_read]

    def test_descriptors_that_do_not_block(self):
        self.init()
        for number in range(1500):
            (self.source / f"{number:04} {'x' * 100}").write_text(str(number))
        listed = b"".join(bytes(path) + b"\n" for path in self.source.iterdir())
        status, _, errors = self.run_unblocking(
            ["snapshot", "-vv", "--files-from", "-"], stdin=listed)
        self.assertEqual(status, 0, errors)
        self.assertNotIn(b"snapfs:", errors)
        status, output, errors = self.run_unblocking(["ls", "latest"])
        self.assertEqual((status, errors), (0, b""))
        self.assertEqual(output.decode(), self.succeed("ls", "latest"))
        self.assertEqual(output.count(b"xxx\n"), 1500)
        status, output, errors = self.run_unblocking(["dump", "latest", "/"])
        self.assertEqual((status, errors), (0, b""))
        self.assertEqual(len(tarfile.open(fileobj=io.BytesIO(output)).getmembers()) >= 1500, True)
        # What is to be stored, and the password, come so, too.
        content = bytes(range(256)) * 100
        status, _, errors = self.run_unblocking(["snapshot", "--stdin"], stdin=content)
        self.assertEqual((status, errors), (0, b""))
        status, output, errors = self.run_unblocking(["dump", "latest", "/stdin"])
        self.assertEqual((status, output, errors), (0, content, b""))
        without = self.environment(SNAPFS_PASSWORD=None)
        status, output, errors = self.run_unblocking(
            ["snapshots"], stdin=PASSWORD.encode() + b"\n", env=without)
        self.assertEqual((status, errors), (0, b""))
        self.assertIn(b"2 snapshots", output)

    def in_place_of(self, path, kind):
        """Puts something else in a file's place."""
        path.unlink()
        if kind == "fifo":
            os.mkfifo(path)
        else:
            path.symlink_to("nowhere")

    def test_what_is_no_file_in_a_repository_is_named_and_no_damage(self):
        self.init()
        self.succeed("snapshot", self.source)
        whole = self.work / "whole"
        shutil.copytree(self.repository, whole)
        for kind in ("fifo", "link"):
            for folder in ("data", "index", "snapshots", "keys", "locks", "config"):
                if kind != "fifo" and folder != "data":
                    continue
                with self.subTest(kind=kind, folder=folder):
                    shutil.rmtree(self.repository)
                    shutil.copytree(whole, self.repository)
                    below = self.repository / folder
                    files = [below] if below.is_file() else sorted(
                        path for path in below.rglob("*") if path.is_file())
                    if folder == "locks":
                        files = [below / ("0" * 64)]
                        files[0].touch()
                    for path in files:
                        self.in_place_of(path, kind)
                    for command in (["check"], ["prune"], ["repair", "index"],
                                    ["restore", "latest", "--target", self.work / "out"],
                                    ["dump", "latest", self.source / "file"],
                                    ["repair", "snapshots", "--forget"], ["unlock"]):
                        if folder == "locks" and command[0] not in ("check", "unlock"):
                            continue  # locks are given time to become readable
                        done = self.run_program(*command)
                        self.assertNotIn("is damaged", done.stderr + done.stdout, command)
                        if command[0] == "check":
                            self.assertEqual(done.returncode, 1, done.stderr)
                            # The first one that the directory lists ends the listing.
                            self.assertTrue(any(path.name[:8] in done.stderr + done.stdout
                                                for path in files), done.stderr)
                    # Nothing was removed for it.
                    for path in files:
                        self.assertTrue(os.path.lexists(path), path)
                        path.unlink()
                        if folder != "locks":
                            shutil.copy2(whole / path.relative_to(self.repository), path)
                    self.assertIn("no errors were found", self.succeed("check", "--read-data"))
                    self.assertEqual(self.succeed("dump", "latest", self.source / "file"),
                                     "hello\n")

    def test_a_key_asking_for_hours_is_interrupted_at_once(self):
        self.init()
        (key,) = (self.repository / "keys").iterdir()
        fields = json.loads(key.read_text())
        fields.update(N=1 << 14, r=8, p=1 << 17)
        text = json.dumps(fields).encode()
        key.unlink()
        name = hashlib.sha256(text).hexdigest()
        (key.parent / name).write_bytes(text)
        # Unless it is named it is not tried.
        self.assertIn(f"--key-hint {name[:8]}", self.run_program("snapshots").stderr)
        running = subprocess.Popen([PROGRAM, "snapshots", "--key-hint", name], env=self.environment(),
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        warning = running.stderr.readline()
        self.assertIn(name[:8], warning)
        running.send_signal(signal.SIGINT)
        _, errors = running.communicate(timeout=60)
        self.assertEqual((running.returncode, errors), (130, "snapfs: interrupted\n"))

    def test_limits_of_the_process_leave_no_lock(self):
        self.init()
        (self.source / "large").write_bytes(os.urandom(100_000))
        self.succeed("snapshot", self.source)

        def few_bytes():
            resource.setrlimit(resource.RLIMIT_FSIZE, (8192, 8192))

        target = self.work / "target"
        for command in (["restore", "latest", "--target", target],
                        ["dump", "latest", self.source / "large", "--target", self.work / "out"],
                        ["dump", "latest", "/", "--target", self.work / "archive"],
                        ["snapshot", "--force", "--exclude=x", self.source]):
            (self.source / "large").write_bytes(os.urandom(100_000))
            done = subprocess.run([PROGRAM, *map(str, command)], env=self.environment(),
                                  capture_output=True, text=True, timeout=60, check=False,
                                  preexec_fn=few_bytes)
            self.assert_fails(done, 1, "File too large")
            self.assertEqual(self.locks(), [])
        self.assertEqual((target / str(self.source)[1:] / "file").read_text(), "hello\n")

        # A stream that has no end takes all the time it is given.
        running = subprocess.Popen(
            [PROGRAM, "snapshot", "--stdin"], env=self.environment(), stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(running.kill)
        running.stdin.write(bytes(10_000_000))
        for _ in range(3):
            running.send_signal(signal.SIGXCPU)
        running.wait(timeout=60)
        _, errors = running.communicate()
        self.assertEqual(running.returncode, 1)
        self.assertIn(b"processor time", errors)
        self.assertEqual(self.locks(), [])

    def test_the_key_of_the_hint_is_tried_first(self):
        self.init()
        (key,) = (self.repository / "keys").iterdir()
        fields = json.loads(key.read_text())
        key.unlink()
        keys = []
        for number in range(4):
            fields.update(N=1 << 14, r=8, p=(1 << 20) + number)
            text = json.dumps(fields).encode()
            keys.append(hashlib.sha256(text).hexdigest())
            (key.parent / keys[-1]).write_bytes(text)
        for hinted in (min(keys), max(keys)):
            for line in (["snapshots", "--key-hint", hinted],
                         ["copy", "--from-repo", self.repository, "--from-key-hint", hinted],
                         ["init", "-r", self.work / "new", "--copy-chunker-params",
                          "--from-repo", self.repository, "--from-key-hint", hinted[:20]]):
                running = subprocess.Popen(
                    [PROGRAM, *map(str, line)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                    text=True, env=self.environment(SNAPFS_FROM_PASSWORD=PASSWORD))
                warning = running.stderr.readline()
                running.send_signal(signal.SIGINT)
                running.communicate(timeout=60)
                self.assertIn(hinted[:8], warning, line)

    def test_addresses_are_no_directories(self):
        self.init()
        for name in ("user@host:/b", "https://me:secret@h/r", "ssh://h/r", "file:///r", "b2:x",
                     "C:\\r"):
            environment = self.environment(SNAPFS_REPOSITORY=name)
            for command in (["init"], ["snapshots"], ["snapshot", self.source]):
                done = subprocess.run([PROGRAM, *map(str, command)], env=environment, cwd=self.work,
                                      capture_output=True, text=True, timeout=60, check=False)
                # What to write instead: a directory has "local:" before it.
                self.assert_fails(done, 1, "rest:https:" if name.startswith("https:") else "local:")
                self.assertNotIn("secret", done.stderr)
        self.assertEqual(sorted(path.name for path in self.work.iterdir()),
                         ["repository", "source"])

    def test_repository_file_is_decoded_as_other_lists_are(self):
        self.init()
        file = self.work / "name"
        for encoding in ("utf-8", "utf-8-sig", "utf-16"):
            file.write_bytes(f"{self.repository}\r\n".encode(encoding))
            environment = self.environment(SNAPFS_REPOSITORY=None)
            self.succeed("--repository-file", file, "snapshots", env=environment)

    def test_progress_is_shown_on_a_terminal(self):
        self.init()
        # Large, quickly made, and with no hole that is long enough to be passed over.
        with open(self.source / "big", "wb") as big:
            for offset in range(0, 16 << 30, 500 << 10):
                os.pwrite(big.fileno(), b"x", offset)
            big.truncate(16 << 30)
        status, written = self.on_terminal(["snapshot", self.source], [PASSWORD], until="ETA")
        self.assertEqual(status, 130, written)
        self.assertIn("files", written)
        self.assertIn("16.000 GiB", written)
        self.assertIn(f"\n{self.source}/big", written)  # the file being read

    def test_running_program_keeps_its_secrets(self):
        self.init()
        with open(self.source / "big", "wb") as big:
            big.truncate(64 << 30)
        running = subprocess.Popen([PROGRAM, "snapshot", str(self.source)], env=self.environment(),
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        try:
            running.stdout.readline()
            place = pathlib.Path(f"/proc/{running.pid}/environ")
            if os.geteuid() == 0:
                environment = place.read_bytes()
                self.assertIn(b"SNAPFS_REPOSITORY", environment)
                self.assertNotIn(PASSWORD.encode(), environment)
            else:
                self.assertRaises(PermissionError, place.read_bytes)
            # At most a byte, which is how the kernel is told to dump no core at all.
            soft_limit, _ = resource.prlimit(running.pid, resource.RLIMIT_CORE)
            self.assertIn(soft_limit, (0, 1))
        finally:
            running.kill()
            running.communicate()


if __name__ == "__main__":
    PROGRAM = os.path.abspath(sys.argv.pop(1))
    unittest.main()
