"""Options of "snapshot" and "backup", given to both programs: trees, counts, exit codes, messages."""
import json
import os
import shutil
import signal
import subprocess
import tempfile
import unittest

import harness

TIME = "2024-01-02 03:04:05"
COUNTS = ("files_new", "files_changed", "files_unmodified", "dirs_new", "dirs_changed",
          "dirs_unmodified", "data_blobs", "tree_blobs", "data_added", "total_files_processed",
          "total_bytes_processed")


def since(*version):
    """Skips a test with a restic that does not have the option yet."""
    wanted = ".".join(map(str, version))
    known = harness.RESTIC is not None and harness.restic_version() >= version
    return unittest.skipUnless(known, f"restic {wanted} or newer is needed")


class SnapshotOptionsTest(harness.CompatTest):
    """Each program has a repository of its own; both began as the same, chunker included."""

    template = None  # deriving keys takes its time: one is made, and copied

    def setUp(self):
        super().setUp()
        self.ours, self.theirs = self.repository, os.path.join(self.scratch, "theirs")
        if SnapshotOptionsTest.template is None:
            SnapshotOptionsTest.template = tempfile.mkdtemp(prefix="snapfs-compat-")
            self.addClassCleanup(shutil.rmtree, self.template)
            self.snapfs("init", RESTIC_REPOSITORY=os.path.join(self.template, "repository"))
        for copy in (self.ours, self.theirs):
            shutil.copytree(os.path.join(self.template, "repository"), copy)
        self.source = os.path.join(self.scratch, "source")
        os.makedirs(os.path.join(self.source, "below"))
        self.write("one", "first\n")
        self.write("below/two", "second\n")

    def write(self, name, text):
        with open(os.path.join(self.source, name), "w", encoding="utf-8") as file:
            file.write(text)

    def run_raw(self, program, repository, arguments, data=b"", **environment):
        environment = {**self.environment, "RESTIC_REPOSITORY": repository, **environment}
        return subprocess.run([program, "backup", *arguments], input=data, cwd=self.scratch,
                              env=environment, capture_output=True, timeout=300, check=False)

    def both(self, *arguments, expect=0, **options):
        """Both programs with the same arguments; their results, after the exit codes agreed."""
        ours = self.run_raw(harness.SNAPFS, self.ours, arguments, **options)
        theirs = self.run_raw(harness.RESTIC, self.theirs, arguments, **options)
        self.assertEqual((ours.returncode, theirs.returncode), (expect, expect),
                         f"{arguments}\n{ours.stderr}\n{theirs.stderr}")
        return ours, theirs

    def messages(self, result, kind):
        lines = [json.loads(line) for line in result.stdout.splitlines() if line.startswith(b"{")]
        return [line for line in lines if line["message_type"] == kind]

    def assert_same_summary(self, *arguments, **options):
        """The summaries of both, after what must be the same was."""
        ours, theirs = (self.messages(result, "summary")[-1]
                        for result in self.both("--json", *arguments, **options))
        self.assertEqual({key: ours[key] for key in COUNTS}, {key: theirs[key] for key in COUNTS})
        return ours, theirs

    def newest(self, repository):
        """The snapshot that was written last, whatever time it says."""
        files = os.scandir(os.path.join(repository, "snapshots"))
        identity = max(files, key=lambda file: file.stat().st_mtime_ns).name
        shown = self.restic("cat", "snapshot", identity, RESTIC_REPOSITORY=repository)
        return {**json.loads(shown.stdout), "id": identity}

    def count(self, repository):
        return len(os.listdir(os.path.join(repository, "snapshots")))

    def assert_same_snapshot(self):
        ours, theirs = self.newest(self.ours), self.newest(self.theirs)
        for key in ("tree", "paths", "hostname", "tags", "uid", "gid", "username"):
            self.assertEqual(ours.get(key), theirs.get(key), key)
        self.assertEqual("parent" in ours, "parent" in theirs)
        return ours

    # Streams

    def test_standard_input(self):
        names = [None, "../q", "name with\nline"]
        if harness.restic_version() >= (0, 17):  # other metadata for the directories before
            names += ["/x/y/z.txt", "a//./b/"]
        for name in names:
            with self.subTest(name=name):
                named = ["--stdin-filename", name] if name else []
                self.assert_same_summary("--stdin", "--time", TIME, *named, data=b"hello\n")
                self.assertNotIn("parent", self.assert_same_snapshot())
        self.restic("check", "--read-data", RESTIC_REPOSITORY=self.ours)

    def test_large_standard_input(self):
        data = os.urandom(5 << 20) + bytes(3 << 20)
        self.assert_same_summary("--stdin", "--time", TIME, data=data)
        identity = self.assert_same_snapshot()["id"]
        dumped = subprocess.run([harness.RESTIC, "dump", identity, "stdin"], check=True,
                                env={**self.environment, "RESTIC_REPOSITORY": self.ours},
                                capture_output=True)
        self.assertEqual(dumped.stdout, data)

    def test_standard_input_alone(self):
        self.both("--stdin", "source", expect=1)
        self.both("--stdin", expect=1, data=b"x", RESTIC_PASSWORD="")

    @since(0, 17)
    def test_standard_input_needs_a_name(self):
        for name in ("", "/", ".", ".."):
            with self.subTest(name=name):
                self.both("--stdin", "--stdin-filename", name, expect=1, data=b"x")

    def test_empty_standard_input_makes_no_snapshot(self):
        """restic 0.17 and newer leave an empty snapshot behind and say 3."""
        ours = self.run_raw(harness.SNAPFS, self.ours, ["--stdin"])
        self.assertEqual(ours.returncode, 1)
        self.assertIn(b"standard input is empty", ours.stderr)
        self.assertEqual(self.count(self.ours), 0)

    @since(0, 17)
    def test_command(self):
        words = ["--stdin-from-command", "--time", TIME, "--stdin-filename", "out", "--"]
        self.assert_same_summary(*words[:2], "2024-01-01 00:00:00", *words[3:], "echo", "0")
        self.assert_same_summary(*words, "printf", "%s|", "-v", "a b", "$HOME", "*")
        self.assertIn("parent", self.assert_same_snapshot())

    @since(0, 17)
    def test_failing_command_makes_no_snapshot(self):
        for command in (["sh", "-c", "echo half; exit 3"], ["sh", "-c", "echo half; kill -9 $$"],
                        ["false"], ["/no/such/program"], []):
            with self.subTest(command=command):
                self.both("--stdin-from-command", "--", *command, expect=1)
                self.assertEqual((self.count(self.ours), self.count(self.theirs)), (0, 0))

    def test_interrupted_command_is_ended(self):
        ready = os.path.join(self.scratch, "ready")
        os.mkfifo(ready)
        running = subprocess.Popen(
            [harness.SNAPFS, "snapshot", "--stdin-from-command", "--", "sh", "-c",
             'echo data; echo $$ > "$0"; exec sleep 1000', ready],
            env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        with open(ready, encoding="ascii") as fifo:
            child = int(fifo.read())
        running.send_signal(signal.SIGINT)
        _, errors = running.communicate(timeout=60)
        self.assertEqual((running.returncode, errors), (130, b"snapfs: interrupted\n"))
        self.assertFalse(os.path.exists(f"/proc/{child}"))
        self.assertEqual(os.listdir(os.path.join(self.ours, "locks")), [])
        self.assertEqual(self.count(self.ours), 0)

    # Runs that write nothing, or no snapshot

    def state(self, repository):
        """Every file with its bytes, and when each directory was last written to."""
        state = {}
        for directory, _, files in os.walk(repository):
            state[directory] = os.stat(directory).st_mtime_ns
            for name in files:
                path = os.path.join(directory, name)
                with open(path, "rb") as file:
                    state[path] = file.read()
        return state

    def test_dry_run_writes_nothing(self):
        for attempt in ("first", "second"):
            with self.subTest(attempt=attempt):
                before = self.state(self.ours)
                ours, _ = self.assert_same_summary("-n", "source")
                self.assertEqual(self.state(self.ours), before)
                self.assertIs(ours["dry_run"], True)
            self.both("source")
            self.write("three", "third\n")

    def test_dry_run_needs_no_lock(self):
        """An exclusive lock is no obstacle, and neither program adds one of its own."""
        for repository in (self.ours, self.theirs):
            lock = os.path.join(repository, "locks", 64 * "0")
            with open(lock, "wb") as file:
                file.write(b"not even a valid one")
        self.both("--dry-run", "source")

    def test_dry_run_says_would(self):
        ours, _ = self.both("--dry-run", "source")
        self.assertIn(b"Would add to the repository", ours.stdout)
        self.assertNotIn(b"saved", ours.stdout)

    @since(0, 17)
    def test_skip_if_unchanged(self):
        for step in ("new", "same", "changed"):
            with self.subTest(step=step):
                if step == "changed":
                    self.write("one", "changed\n")
                ours, theirs = self.assert_same_summary("--skip-if-unchanged", "source")
                self.assertEqual("snapshot_id" in ours, step != "same")
                self.assertEqual("snapshot_id" in theirs, step != "same")
        self.assertEqual((self.count(self.ours), self.count(self.theirs)), (2, 2))
        ours, theirs = self.both("--skip-if-unchanged", "source")
        for result in (ours, theirs):
            self.assertTrue(result.stdout.endswith(b"\nskipped creating snapshot\n"))
        self.both("--skip-if-unchanged", "--force", "source")
        self.assertEqual((self.count(self.ours), self.count(self.theirs)), (3, 3))

    # What is taken over

    @since(0, 16)
    def test_group_by(self):
        other = os.path.join(self.scratch, "other")
        os.makedirs(other)
        steps = (["--host", "a", "source"], ["--host", "b", "source", "--tag", "t,u"],
                 ["--host", "a", "source", "other"], ["-g", "", "--host", "c", "source"],
                 ["-g", "host", "--host", "a", "other"], ["-g", "paths", "--host", "d", "source"],
                 ["-g", "tags", "--host", "d", "source", "--tag", "t"],
                 ["-g", "tags", "--host", "d", "source", "--tag", "x"],
                 ["-g", "tag,path,hosts", "--host", "b", "source", "--tag", "u"])
        for step in steps:
            with self.subTest(step=step):
                self.assert_same_summary(*step)
                self.assert_same_snapshot()
        for group in ("nope", "host, paths", "Host"):
            self.both("-g", group, "source", expect=1)

    def test_parent(self):
        self.assert_same_summary("source")
        for arguments, expect in ((["--parent", "latest"], 0), (["--parent", ""], 0),
                                  (["--force"], 0), (["--force", "--parent", "latest"], 0),
                                  (["--parent", "nope"], 1), (["--parent", "deadbeef"], 1),
                                  (["--parent", "latest", "--host", "nobody"], 1)):
            if "latest" in arguments and harness.restic_version() < (0, 16):
                continue  # it wanted an ID
            with self.subTest(arguments=arguments):
                if expect == 0:
                    self.assert_same_summary(*arguments, "source")
                    self.assert_same_snapshot()
                else:
                    self.both(*arguments, "source", expect=expect)

    def test_ignored_ctime_and_inode(self):
        for option in ("--ignore-ctime", "--ignore-inode", None):
            with self.subTest(option=option):
                arguments = [option] if option else []
                self.assert_same_summary(*arguments, "source")
                os.chmod(os.path.join(self.source, "one"), 0o600)
                os.chmod(os.path.join(self.source, "one"), 0o644)
                two = os.path.join(self.source, "below", "two")
                shutil.copy2(two, two + ".copy")
                os.rename(two + ".copy", two)
                ours, _ = self.assert_same_summary(*arguments, "source")
                unmodified = {"--ignore-ctime": 1, "--ignore-inode": 2, None: 0}[option]
                self.assertEqual(ours["files_unmodified"], unmodified)
                self.assert_same_snapshot()

    def test_access_times(self):
        os.utime(os.path.join(self.source, "one"), (1, 2))
        self.assert_same_summary("--with-atime", "source")
        self.assert_same_snapshot()

    # What is recorded, and what is refused

    def test_recorded_words(self):
        self.both("source", "--tag", "a,,b, c ,a", "--tag", "d", "--host", "h", "--time", TIME)
        self.assertEqual(self.assert_same_snapshot()["tags"], ["a", "b", "c", "a", "d"])
        ours, theirs = self.newest(self.ours), self.newest(self.theirs)
        self.assertEqual(ours["time"], theirs["time"])

    @since(0, 17)
    def test_host_variable(self):
        self.both("source", RESTIC_HOST="of the environment")
        self.assertEqual(self.assert_same_snapshot()["hostname"], "of the environment")

    def test_refused_arguments(self):
        for arguments in (["--time", "nope"], ["--time", "2020-01-01"], ["--pack-size", "x"],
                          ["--pack-size", "1"], ["--pack-size", "200"], ["--compression", "x"],
                          ["--no-such-option"], ["-g", "x"]):
            with self.subTest(arguments=arguments):
                self.both(*arguments, "source", expect=1)
        self.both(expect=1)
        self.both("/no/such/directory", expect=1)

    @since(0, 16)
    def test_read_concurrency(self):
        for value, expect in (("3", 0), ("0", 0), ("-1", 1), ("x", 1)):
            with self.subTest(value=value):
                self.both(f"--read-concurrency={value}", "--no-scan", "source", expect=expect)
                self.both("source", expect=expect, RESTIC_READ_CONCURRENCY=value)

    # Another path

    def listing(self, repository, identity, prefix):
        """All nodes at and below `prefix`, with their paths from there."""
        listed = self.restic("ls", "--json", identity, RESTIC_REPOSITORY=repository).stdout
        nodes = [json.loads(line) for line in listed.splitlines()[1:]]
        wanted = ("type", "mode", "uid", "gid", "size", "mtime", "ctime", "inode")
        return {node["path"][len(prefix):]: [node.get(key) for key in wanted]
                for node in nodes if (node["path"] + "/").startswith(prefix + "/")}

    def test_as_path(self):
        place = os.path.join(self.scratch, "made", "up")
        taken = self.run_raw(harness.SNAPFS, self.ours, ["--as-path", place, "source"])
        self.assertEqual(taken.returncode, 0, taken.stderr)
        snapshot = self.newest(self.ours)
        self.assertEqual(snapshot["paths"], [place])
        self.both("source")
        theirs = self.newest(self.theirs)
        self.assertEqual(self.listing(self.ours, snapshot["id"], place),
                         self.listing(self.theirs, theirs["id"], "/source"))
        # The directories above: one of them exists here, the other one does not.
        above = self.listing(self.ours, snapshot["id"], self.scratch)
        self.assertEqual(above[""][1] & 0o777, os.stat(self.scratch).st_mode & 0o777)
        self.assertEqual(above["/made"][1] & 0o777, 0o755)
        self.assertFalse(above["/made"][-1], "an inode number")
        self.restic("check", "--read-data", RESTIC_REPOSITORY=self.ours)
        target = os.path.join(self.scratch, "restored")
        self.restic("restore", snapshot["id"], "--target", target, RESTIC_REPOSITORY=self.ours)
        self.assert_same_files(self.source, target + place)

    def test_as_path_chooses_the_parent(self):
        first = self.run_raw(harness.SNAPFS, self.ours, ["--as-path", "/data/x", "source"])
        self.assertIn(b"no parent snapshot", first.stdout)
        again = self.run_raw(harness.SNAPFS, self.ours, ["--as-path", "/data/x", "--json", "source"])
        (summary,) = self.messages(again, "summary")
        self.assertEqual((summary["files_unmodified"], summary["files_new"]), (2, 0))

    def test_as_path_of_a_missing_target(self):
        for missing in ("gone", "gone/gone"):
            failed = self.run_raw(harness.SNAPFS, self.ours, ["--as-path", "/data/x", missing])
            self.assertEqual(failed.returncode, 1)
            self.assertIn(b"gone", failed.stderr)
        self.assertEqual(self.count(self.ours), 0)

    # Messages

    def items(self, result):
        return sorted((line["action"], line["item"], line["data_size"], line["metadata_size"])
                      for line in self.messages(result, "verbose_status")
                      if line["action"] != "scan_finished")

    @since(0, 19)
    def test_items_in_json(self):
        os.symlink("one", os.path.join(self.source, "link"))
        for step in ("new", "modified"):
            with self.subTest(step=step):
                ours, theirs = self.both("-vv", "--json", "source")
                self.assertEqual(self.items(ours), self.items(theirs))
                self.write("one", "changed\n")
                os.remove(os.path.join(self.source, "link"))
                self.write("link", "no link any more\n")

    @since(0, 19)
    def test_items_in_text(self):
        self.both("source")
        self.write("one", "changed\n")
        self.write("with\nline end", "x")
        ours, theirs = self.both("-vv", "source")
        lines = [sorted(line.split(b" in ")[0] for line in result.stdout.splitlines()
                        if line.startswith((b"new", b"modified", b"unchanged")))
                 for result in (ours, theirs)]
        self.assertEqual(len(lines[0]), 5)
        self.assertEqual(lines[0], lines[1])

    @since(0, 19)
    def test_members_of_messages(self):
        """Every kind of message has restic's members, in restic's order."""
        runs = (["--json", "-vv", "source"], ["--json", "-vv", "source"],
                ["--json", "-n", "source"], ["--json", "--skip-if-unchanged", "source"])
        for arguments in runs:
            ours, theirs = self.both(*arguments)
            for kind in ("verbose_status", "summary"):
                members = [{tuple(line) for line in self.messages(result, kind)
                            if line.get("action") != "scan_finished"}
                           for result in (ours, theirs)]
                self.assertEqual(members[0], members[1], (arguments, kind))
        ours, theirs = self.both("--json", "/no/such/directory", expect=1)
        last = [json.loads(result.stderr.splitlines()[-1]) for result in (ours, theirs)]
        self.assertEqual(list(last[0]), list(last[1]))
        self.assertEqual(last[0]["code"], last[1]["code"])

    @since(0, 19)
    def test_members_of_errors(self):
        """A file that cannot be read: the memory of a process, whose first page is not there."""
        ours, theirs = self.both("--json", "/proc/self/mem", expect=3)
        errors = [json.loads(result.stderr.splitlines()[0]) for result in (ours, theirs)]
        self.assertEqual(list(errors[0]), list(errors[1]))
        self.assertEqual([error["item"] for error in errors], 2 * ["/proc/self/mem"])


if __name__ == "__main__":
    harness.main()
