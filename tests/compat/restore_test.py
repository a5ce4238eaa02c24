"""Both programs restore the same: over nothing, over what is there already, with every option."""
import fcntl
import json
import os
import random
import shutil
import signal
import stat
import subprocess
import unittest

import harness
from nasty_tree import NastyTree

COUNTS = ("total_files", "files_restored", "files_skipped", "files_deleted", "total_bytes",
          "bytes_restored", "bytes_skipped")
FILES = {
    "same": "the same content", "changed": "new content", "longer": "longer than it was before",
    "shorter": "short", "newer": "from the snapshot", "older": "from the snapshot, too",
    "was link": "a file now", "was directory": "a file now, too", "new": "not there before",
    "folder/inner": "inner", "folder/changed": "changed inside", "was file/below": "below",
    "linked folder/below": "below a link", "readonly": "cannot be written to by others",
    "attributes": "with attributes", "large": "0123456789abcdef" * 300000, "empty": "",
    "special": "was a fifo", "Upper/Case.TXT": "case", "Upper/lower.txt": "case",
    "deep/er/and/deeper.txt": "deep", "deep/er/other.bin": "deep",
}
PAST, FUTURE = 1_500_000_000, 4_000_000_000


def restic_restore_help():
    if harness.RESTIC is None:
        return ""
    return subprocess.run([harness.RESTIC, "restore", "--help"], capture_output=True, text=True,
                          check=False).stdout


HELP = restic_restore_help()


def needs(*words):
    """The case is left out when restic has no such option yet."""
    missing = [word for word in words if word not in HELP]
    return unittest.skipIf(missing, f"restic has no {missing}")


class RestoreTest(harness.CompatTest):
    def setUp(self):
        super().setUp()
        self.source = os.path.join(self.scratch, "source")
        self.cheap_repository_of_ours()

    def write(self, root, name, content):
        path = os.path.join(root, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(content)
        return path

    def make_files(self):
        for name, content in FILES.items():
            path = self.write(self.source, name, content)
            os.utime(path, (1_600_000_000, 1_600_000_000.5))
        os.symlink("same", os.path.join(self.source, "link"))
        os.symlink("nowhere", os.path.join(self.source, "link over file"))
        os.link(os.path.join(self.source, "large"), os.path.join(self.source, "other name"))
        os.chmod(os.path.join(self.source, "readonly"), 0o444)
        os.setxattr(os.path.join(self.source, "attributes"), "user.wanted", b"1")
        self.snapfs("snapshot", "-q", "source")

    def make_existing(self, target, links=True):
        """What is in the way."""
        os.makedirs(target)
        put = lambda name, content, time: os.utime(self.write(target, name, content), (time, time))
        put("same", FILES["same"], PAST)
        put("changed", "old content", PAST)
        put("longer", "short", PAST)
        put("shorter", "long before", FUTURE)
        put("newer", "newer than that", FUTURE)
        put("older", "older than that", PAST)
        put("large", FILES["large"][:2_000_000] + "x" * 1_000_000, PAST)
        put("same size and time", "mine", PAST)
        os.symlink("/etc/passwd", os.path.join(target, "was link"))
        os.makedirs(os.path.join(target, "was directory"))
        put("folder/changed", "other inside", PAST)
        put("other name", "in the way of a hard link", FUTURE)
        if links:
            put("was file", "a file", PAST)
        os.makedirs(os.path.join(target, "outside"))
        put("outside/mine", "must stay", PAST)
        if links:
            os.symlink("outside", os.path.join(target, "linked folder"))
        put("link over file", "no link", FUTURE)
        put("readonly", "old", PAST)
        os.chmod(os.path.join(target, "readonly"), 0)
        put("attributes", FILES["attributes"], PAST)
        os.setxattr(os.path.join(target, "attributes"), "user.old", b"1")
        put("extra", "extra", PAST)
        put("folder/extra", "extra", PAST)
        put("extra folder/deep/file", "extra", PAST)
        put("deep/extra.txt", "extra", PAST)
        put("deep/extra.bin", "extra", PAST)
        # As after an earlier restore: if-changed has to trust it.
        put("new size", "x", PAST)
        os.utime(self.write(target, "empty", ""), (1_600_000_000, 1_600_000_000.5))
        for path, folders, names in os.walk(target):
            for name in folders + names:
                if os.path.islink(os.path.join(path, name)) or name in folders:
                    os.utime(os.path.join(path, name), (PAST, PAST), follow_symlinks=False)

    def restore_with_both(self, *arguments, what="latest:/source", prepare=None, expect=0,
                          compare_counts=COUNTS):
        """Restores with each program into a directory of its own, and compares them."""
        targets = []
        counts = []
        for program in ("restic", "snapfs"):
            target = os.path.join(self.scratch, f"by {program}")
            shutil.rmtree(target, ignore_errors=True)
            if prepare:
                prepare(target)
            run = self.restic if program == "restic" else self.snapfs
            json_wanted = ["--json"] if "--overwrite" in HELP else []
            result = run("restore", what, "--target", target, *arguments, *json_wanted,
                         expect=expect)
            if json_wanted:
                summary = self.summary(result)
                counts.append({key: summary.get(key, 0) for key in compare_counts})
            targets.append(target)
        self.assertEqual(counts[:1], counts[1:], arguments)
        if any(map(os.path.exists, targets)):
            self.assert_same_below(*targets)
        return targets

    def assert_same_below(self, left, right):
        """The same, but for the two directories themselves, which no snapshot describes."""
        for root in (left, right):
            os.chmod(root, 0o755)
            os.utime(root, (PAST, PAST))
        self.assert_same_files(left, right)

    def summary(self, result):
        found = [json.loads(line) for line in result.stdout.splitlines() if line.startswith("{")]
        (summary,) = [line for line in found if line["message_type"] == "summary"]
        return summary

    def tree_of(self, root):
        """Everything in a directory that lstat tells, but for what reading changes."""
        found = {}
        for path, folders, names in os.walk(root):
            for name in folders + names:
                status = os.lstat(os.path.join(path, name))
                found[os.path.join(path, name)] = (status.st_mode, status.st_mtime_ns,
                                                   status.st_ctime_ns, status.st_ino)
        return found

    def test_nasty_tree_is_exact(self):
        raw = harness.restic_version() >= (0, 17)
        NastyTree(self.source, 4, raw_link_targets=raw).make()
        os.remove(os.path.join(self.source, "in 2400"))  # restic cannot restore its time
        for version, compression in harness.FORMATS:
            with self.subTest(version=version, compression=compression):
                self.use_format(version, compression)
                self.cheap_repository_of_ours("--repository-version", version)
                self.restic("backup", "-q", "source")
                _, target = self.restore_with_both(what="latest")
                self.assert_same_files(self.source, os.path.join(target, "source"))
                # And over it once more.
                before = self.tree_of(target)
                self.snapfs("restore", "latest", "--target", target)
                self.assert_same_files(self.source, os.path.join(target, "source"))
                files = lambda tree: {k: v[3] for k, v in tree.items() if stat.S_ISREG(v[0])}
                self.assertEqual(files(before), files(self.tree_of(target)), "made anew")

    def test_far_times(self):
        os.makedirs(self.source)
        os.utime(self.write(self.source, "in 2400", "x"), (13569465600, 13569465600.5))
        self.snapfs("snapshot", "-q", "source")
        target = os.path.join(self.scratch, "target")
        self.snapfs("restore", "latest", "--target", target)
        self.assert_same_files(self.source, os.path.join(target, "source"))

    @needs("--overwrite", "if-changed")
    def test_existing_targets(self):
        self.make_files()
        for when in ("always", "if-changed", "if-newer", "never"):
            with self.subTest(overwrite=when):
                # What "never" leaves alone restic replaces by a directory all the same.
                prepare = lambda target: self.make_existing(target, links=when != "never")
                self.restore_with_both("--overwrite", when, prepare=prepare)

    def test_existing_target_without_options(self):
        self.make_files()
        target = os.path.join(self.scratch, "target")
        self.make_existing(target)
        os.mkfifo(os.path.join(target, "special"))  # restic would wait for a writer
        self.snapfs("restore", "latest:/source", "--target", target, "--delete")
        self.assert_same_below(self.source, target)

    def test_never_leaves_alone_what_is_in_the_way_of_a_directory(self):
        self.make_files()
        target = os.path.join(self.scratch, "target")
        self.make_existing(target)
        result = self.snapfs("restore", "latest:/source", "--target", target, "--overwrite", "never",
                             expect=1)
        self.assertIn("/was file: there is a file in its place", result.stderr)
        self.assertIn("/linked folder: there is a symbolic link in its place", result.stderr)
        self.assertIn("2 errors", result.stderr)
        with open(os.path.join(target, "was file"), encoding="utf-8") as file:
            self.assertEqual(file.read(), "a file")
        self.assertEqual(os.readlink(os.path.join(target, "linked folder")), "outside")
        self.assertEqual(os.listdir(os.path.join(target, "outside")), ["mine"])
        self.assertTrue(os.path.exists(os.path.join(target, "new")))

    @needs("--delete")
    def test_delete(self):
        self.make_files()
        for arguments in ([], ["--exclude", "extra"], ["--exclude", "/folder"], ["-e", "*.bin"],
                          ["--iexclude", "EXTRA*"]):
            with self.subTest(arguments=arguments):
                self.restore_with_both("--delete", *arguments, prepare=self.make_existing)
        not_total = [key for key in COUNTS if key != "total_files"]
        for arguments in (["--include", "*.txt"], ["--include", "/folder"],
                          ["--include", "/deep/*.txt"], ["--include", "extra*"]):
            with self.subTest(arguments=arguments):
                self.restore_with_both("--delete", *arguments, prepare=self.make_existing,
                                       compare_counts=not_total)

    def test_delete_stays_within_the_paths_of_the_snapshot(self):
        a = os.path.join(self.scratch, "a")
        self.write(a, "docs/letter", "x")
        self.write(a, "photos/1.jpg", "mine")
        self.snapfs("snapshot", "-q", os.path.join(a, "docs"))
        self.write(a, "docs/surplus", "x")
        command = ["restore", "latest:" + a, "-t", a, "--delete"]
        done = self.snapfs(*command, "--dry-run", "-vv")
        self.assertIn("surplus", done.stdout)
        self.assertNotIn("photos", done.stdout)
        self.assertIn(a + ": not deleted: photos;", done.stderr)
        done = self.snapfs(*command, "--json")
        self.assertEqual(json.loads(done.stderr)["message_type"], "warning")
        self.assertEqual((os.listdir(os.path.join(a, "docs")), os.listdir(a).count("photos")),
                         (["letter"], 1))
        self.snapfs(*command, "--delete-outside-paths")
        self.assertEqual(os.listdir(a), ["docs"])

    @needs("--delete")  # older ones forget which program took a snapshot
    def test_delete_with_an_unfinished_snapshot_is_refused(self):
        self.write(self.source, "f", "x")
        self.snapfs("snapshot", "-q", "source")
        self.restic("tag", "-q", "--add", "snapfs-partial")  # snapfs does not
        (snapshot,) = os.listdir(os.path.join(self.repository, "snapshots"))
        done = self.snapfs("restore", snapshot, "-t", "out", "--delete", expect=1)
        self.assertIn("unfinished", done.stderr)

    @needs("--delete")
    def test_dry_run_changes_nothing_and_counts_the_same(self):
        self.make_files()
        for arguments in (["--delete"], ["--overwrite", "if-newer"], ["--overwrite", "never"],
                          ["--delete", "--exclude", "*.txt"]):
            counts = []
            for run in (self.restic, self.snapfs):
                target = os.path.join(self.scratch, "target")
                shutil.rmtree(target, ignore_errors=True)
                # restic takes a link in place of a directory for an error here.
                self.make_existing(target, links=False)
                before = self.tree_of(target)
                summary = self.summary(run("restore", "latest:/source", "--target", target,
                                           "--dry-run", "--json", *arguments))
                self.assertEqual(before, self.tree_of(target))
                counts.append({key: summary.get(key, 0) for key in COUNTS})
            self.assertEqual(*counts, arguments)

    @needs("snapshotID:subfolder")
    def test_selections(self):
        self.make_files()
        lists = os.path.join(self.scratch, "lists")
        os.makedirs(lists)
        self.write(lists, "some", "*.txt\n# comment\n\n$PICK\n")
        self.write(lists, "caseless", "UPPER\n*.TXT\n")
        self.write(lists, "empty", "# nothing\n")
        file = lambda name: os.path.join(lists, name)
        table = [
            ["-e", "*.txt"], ["-e", "/deep"], ["-e", "deep/er"], ["--exclude", "folder"],
            ["-e", "*", "-e", "!same"], ["-e", "*.txt", "-e", "!lower.txt"], ["--iexclude", "*.txt"],
            ["--iexclude", "UPPER/case.txt"], ["--exclude-file", file("some")],
            ["--iexclude-file", file("caseless")], ["-e", "**"], ["-e", "/deep/**/*.txt"],
            ["--exclude-file", file("empty")], ["-e", "large"], ["-e", "/"],
        ]
        includes = [
            ["-i", "*.txt"], ["-i", "/deep"], ["-i", "deep/er"], ["--include", "folder"],
            ["-i", "/deep/er/and"], ["-i", "/deep/**/*.txt"], ["-i", "/*/er/*.bin"], ["-i", "same"],
            ["-i", "*", "-i", "!same"], ["-i", "deep", "-i", "!*.bin"], ["-i", "nothing"],
            ["-i", "/nothing/below"], ["--iinclude", "CASE.*"], ["--iinclude", "/UPPER/*"],
            ["--include-file", file("some")], ["--iinclude-file", file("caseless")],
            ["-i", "large"], ["-i", "other name"], ["-i", "link"], ["-i", "/deep/er", "-i", "same"],
            ["-i", "/"], ["-i", "**"],
        ]
        if "--include-file" not in HELP:
            table = [row for row in table if "file" not in row[0]]
            includes = [row for row in includes if "file" not in row[0]]
        os.environ["PICK"] = "same"
        self.addCleanup(os.environ.pop, "PICK")
        self.environment["PICK"] = "same"
        for arguments in table:
            with self.subTest(arguments=arguments):
                self.restore_with_both(*arguments)
        # restic does not count directories on the way in "total_files".
        counts = [key for key in COUNTS if key != "total_files"]
        for arguments in includes:
            with self.subTest(arguments=arguments):
                self.restore_with_both(*arguments, compare_counts=counts)

    def test_what_a_snapshot_says_does_not_steer_the_terminal(self):
        os.makedirs(self.source)
        self.snapfs("snapshot", "-q", "--host", "\x1b[2Jhost", "source")
        said = self.snapfs("restore", "latest", "--target", "target").stdout
        self.assertIn("[2Jhost", said)
        self.assertNotIn("\x1b", said)

    def test_damaged_snapshot_beside_the_latest_is_told_in_json(self):
        os.makedirs(self.source)
        self.snapfs("snapshot", "-q", "source")
        name = os.path.join(self.repository, "snapshots", "0" * 63 + "3")
        with open(name, "wb") as file:
            file.write(b"garbage")
        result = self.snapfs("restore", "latest", "--target", "target", "--json")
        (warning,) = map(json.loads, result.stderr.splitlines())
        self.assertEqual(warning["message_type"], "warning")
        self.assertEqual(warning["item"], os.path.basename(name))

    @needs("snapshotID:subfolder")
    def test_subfolders(self):
        self.make_files()
        for folder in ("", "/", "/source", "source/deep", "/source/deep/er/", "/source/./deep"):
            with self.subTest(folder=folder):
                self.restore_with_both(what=f"latest:{folder}" if folder else "latest")

    @needs("snapshotID:subfolder")
    def test_sparse(self):
        os.makedirs(self.source)
        with open(os.path.join(self.source, "holes"), "wb") as file:
            file.seek(30 << 20)
            file.write(b"data" * 5000)
            file.truncate(64 << 20)
        with open(os.path.join(self.source, "zeros"), "wb") as file:
            file.write(bytes(100000))
        self.snapfs("snapshot", "-q", "source")
        by_restic, by_snapfs = self.restore_with_both("--sparse")
        blocks = lambda root: sum(os.stat(os.path.join(root, name)).st_blocks
                                  for name in ("holes", "zeros"))
        self.assertLessEqual(blocks(by_snapfs), blocks(by_restic))
        self.assertLess(blocks(by_snapfs) * 512, 1 << 20)

    @needs("--ownership-by-name")
    @unittest.skipIf(os.geteuid() != 0, "only root gives files away")
    def test_ownership_by_name(self):
        os.makedirs(self.source)
        os.chown(self.write(self.source, "daemon's", "x"), 1, 1)
        self.snapfs("snapshot", "-q", "source")
        self.restore_with_both("--ownership-by-name")
        # restic gives what has no name to root, setuid programs included.
        os.chown(self.write(self.source, "nobody knows", "x"), 12345, 12345)
        self.snapfs("snapshot", "-q", "source")
        target = os.path.join(self.scratch, "target")
        self.snapfs("restore", "latest:/source", "--target", target, "--ownership-by-name")
        self.assert_same_below(self.source, target)

    @needs("--include-xattr")
    def test_attribute_filters(self):
        path = self.write(self.source, "file", "x")
        for name in ("user.a", "user.b", "user.other"):
            os.setxattr(path, name, b"1")

        def existing(target):
            for name in ("user.a", "user.mine", "user.other"):
                os.setxattr(self.write(target, "file", "x"), name, b"0")
        self.snapfs("snapshot", "-q", "source")
        for arguments in (["--include-xattr", "user.a"], ["--include-xattr", "user.*"],
                          ["--exclude-xattr", "user.o*"], ["--exclude-xattr", "*"],
                          ["--include-xattr", ""], ["--exclude-xattr", ""], []):
            with self.subTest(arguments=arguments):
                self.restore_with_both(*arguments, prepare=existing)

    @needs("snapshotID:subfolder")
    @unittest.skipIf(os.geteuid() != 0 or not shutil.which("setpriv"), "needs root and setpriv")
    def test_ordinary_users_are_not_bothered_with_owners(self):
        NastyTree(self.source, 5, raw_link_targets=False).make()
        for name in os.listdir(self.source):  # what only root can make, and what nobody can read
            path = os.path.join(self.source, name)
            mode = os.lstat(path).st_mode
            if stat.S_ISCHR(mode) or stat.S_ISBLK(mode) or name == "in 2400":
                os.remove(path)
        self.snapfs("snapshot", "-q", "source")
        subprocess.run(["chmod", "-R", "a+rX", self.scratch], check=True)
        subprocess.run(["chmod", "a+rwx", self.scratch], check=True)
        as_nobody = ["--reuid=65534", "--regid=65534", "--clear-groups"]
        targets = []
        for program in (harness.RESTIC, os.path.abspath(harness.SNAPFS)):
            targets.append(os.path.join(self.scratch, f"by {os.path.basename(program)}"))
            self.run_program("setpriv", [*as_nobody, program, "restore", "latest:/source",
                                         "--target", targets[-1], "--no-lock", "--no-cache"])
        self.assert_same_below(*targets)
        # Over a tree with directories that cannot be written to.
        os.chmod(os.path.join(targets[1], "dir", "below"), 0o555)
        self.run_program("setpriv", [*as_nobody, os.path.abspath(harness.SNAPFS), "restore",
                                     "latest:/source", "--target", targets[1], "--no-lock",
                                     "--no-cache", "--delete"])
        self.assert_same_below(*targets)

    def test_damage_is_named_and_the_rest_is_restored(self):
        self.write(self.source, "random", random.Random(1).randbytes(1 << 20).hex())
        self.make_files()
        packs = [os.path.join(path, name)
                 for path, _, names in os.walk(os.path.join(self.repository, "data"))
                 for name in names]
        data = max(packs, key=os.path.getsize)
        os.chmod(data, 0o600)
        with open(data, "r+b") as file:
            file.write(b"\0" * 40)  # the first blob of the pack
        target = os.path.join(self.scratch, "target")
        result = self.snapfs("restore", "latest:/source", "--target", target, "--json", expect=1)
        errors = [json.loads(line) for line in result.stderr.splitlines()]
        self.assertEqual(errors[-1]["message_type"], "exit_error")
        self.assertEqual(errors[-1]["code"], 1)
        named = {error["item"] for error in errors if error["message_type"] == "error"}
        self.assertTrue(named)
        for error in errors[:-1]:
            self.assertEqual(set(error), {"message_type", "error", "during", "item"})
            self.assertEqual((error["during"], list(error["error"])), ("restore", ["message"]))
        for name in FILES:
            if "/" + name not in named:
                with open(os.path.join(target, name), encoding="utf-8") as file:
                    self.assertEqual(file.read(), FILES[name])

    @needs("--overwrite")
    def test_messages_have_the_same_members(self):
        self.make_files()
        members = []
        for run in (self.restic, self.snapfs):
            target = os.path.join(self.scratch, "target")
            shutil.rmtree(target, ignore_errors=True)
            self.make_existing(target)
            result = run("restore", "latest:/source", "--target", target, "--json", "-vv",
                         "--delete")
            lines = [json.loads(line) for line in result.stdout.splitlines()]
            items = {(line["action"], line["item"], line["size"]) for line in lines
                     if line["message_type"] == "verbose_status"}
            members.append(({tuple(line) for line in lines
                             if line["message_type"] != "status"}, items))
        self.assertEqual(members[0][0], members[1][0])
        self.assertEqual(members[0][1], members[1][1])

    def test_latest_is_chosen_by_filters(self):
        for host, content in (("one", "first"), ("two", "second")):
            self.write(self.source, "file", content)
            self.snapfs("snapshot", "-q", "source", "--host", host, "--tag", f"{host},both")
        for arguments, content in ((["--host", "one"], "first"), (["--tag", "one,both"], "first"),
                                   (["--path", self.source], "second"), ([], "second")):
            target = os.path.join(self.scratch, "-".join(["target", *arguments]).replace("/", "_"))
            self.snapfs("restore", "latest", "--target", target, *arguments)
            with open(os.path.join(target, "source", "file"), encoding="utf-8") as file:
                self.assertEqual(file.read(), content)

    def test_killed_restores_are_resumed(self):
        if not shutil.which("strace"):
            self.skipTest("strace is not installed")
        NastyTree(self.source, 6).make()
        self.snapfs("snapshot", "-q", "source")
        target = os.path.join(self.scratch, "target")
        for call, when in (("pwrite64", 40), ("openat", 60), ("utimensat", 90), ("mkdirat", 10),
                           ("fchmod", 100), ("symlinkat", 2), ("linkat", 1)):
            with self.subTest(call=call):
                shutil.rmtree(target, ignore_errors=True)
                result = subprocess.run(
                    ["strace", "-f", "-qq", "-o", os.devnull, "-e", f"trace={call}",
                     "-e", f"inject={call}:signal=SIGKILL:when={when}",
                     harness.SNAPFS, "restore", "latest:/source", "--target", target],
                    env=self.environment, capture_output=True, text=True, check=False)
                self.assertEqual(result.returncode, -signal.SIGKILL)
                self.snapfs("restore", "latest:/source", "--target", target)
                self.assert_same_below(self.source, target)

    def test_interrupted_restore_ends_with_its_status_and_is_resumed(self):
        NastyTree(self.source, 7).make()
        self.snapfs("snapshot", "-q", "source")
        target = os.path.join(self.scratch, "target")
        # It has to wait for somebody to read what it says.
        reading, writing = os.pipe()
        fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 4096)
        run = subprocess.Popen([harness.SNAPFS, "restore", "latest:/source", "-vv", "--target",
                                target], env=self.environment, stdout=writing,
                               stderr=subprocess.PIPE)
        os.close(writing)
        with open(reading, "rb") as output:
            self.assertIn(b"restoring snapshot", output.readline())
            run.send_signal(signal.SIGINT)
            output.read()
        _, errors = run.communicate(timeout=60)
        self.assertEqual(run.returncode, 130)
        self.assertIn(b"interrupted", errors)
        self.snapfs("restore", "latest:/source", "--target", target)
        self.assert_same_below(self.source, target)

    def test_bad_input(self):
        os.makedirs(self.source)
        self.snapfs("snapshot", "-q", "source")
        target = os.path.join(self.scratch, "target")
        good = ["latest", "--target", target]
        table = [
            ([], "no snapshot"), (["latest"], "--target"), (["latest", "a", "-t", target], "only one"),
            ([*good, "-i", "a", "-e", "b"], "cannot be combined"),
            ([*good, "--dry-run", "--verify"], "--verify"), ([*good, "--overwrite", "x"], "if-newer"),
            (["latest", "-t", "/", "--delete"], "pattern"), ([*good, "-i", "["], "["),
            ([*good, "--exclude-xattr", "["], "["),
            ([*good, "--include-xattr", "a", "--exclude-xattr", "b"], "exclude each other"),
            (["latest:/nope", "-t", target], "/nope"), (["deadbeef", "-t", target], "deadbeef"),
            ([*good, "--exclude-file", "/nope"], "/nope"),
            (["latest", "-t", self.scratch, "--delete"], "repository"),
        ]
        for arguments, words in table:
            with self.subTest(arguments=arguments):
                result = self.snapfs("restore", *arguments, expect=1)
                self.assertEqual(len(result.stderr.strip().splitlines()), 1, result.stderr)
                self.assertIn(words, result.stderr)
                self.assertFalse(os.path.exists(target))
        self.write(self.scratch, "a file", "x")
        result = self.snapfs("restore", "latest", "-t", os.path.join(self.scratch, "a file"),
                             expect=1)
        self.assertIn("a file", result.stderr)


if __name__ == "__main__":
    harness.main()
