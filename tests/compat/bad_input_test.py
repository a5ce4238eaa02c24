"""Bad input gets one clear line, the right exit code, and loses nothing (FORMAT §23)."""
import json
import os
import signal
import subprocess
import unittest

import harness
from nasty_tree import NastyTree


class BadInputTest(harness.CompatTest):
    def setUp(self):
        super().setUp()
        self.source = os.path.join(self.scratch, "source")
        os.makedirs(os.path.join(self.source, "dir"))
        for name in ("one", "two", "dir/three"):
            with open(os.path.join(self.source, name), "w", encoding="ascii") as file:
                file.write(f"content of {name}")

    def assert_one_line(self, result, *words):
        lines = result.stderr.strip().splitlines()
        self.assertEqual(len(lines), 1, result.stderr)
        for word in words:
            self.assertIn(word, lines[0])

    def fail_with(self, code, *arguments, words=(), **options):
        self.assert_one_line(self.snapfs(*arguments, expect=code, **options), *words)

    def test_wrong_password(self):
        self.cheap_repository_of_ours()
        for command in (["snapshot", "source"], ["snapshots"], ["mount", self.scratch]):
            self.fail_with(12, *command, words=["password"], RESTIC_PASSWORD="wrong")

    def test_no_repository(self):
        for command in (["snapshot", "source"], ["snapshots"]):
            self.fail_with(10, *command, words=[self.repository, "snapfs init"])

    def test_init_overwrites_nothing(self):
        self.cheap_repository_of_ours()
        before = self.files_of_repository()
        self.fail_with(1, "init", words=["already"])
        self.assertEqual(before, self.files_of_repository())

    def files_of_repository(self):
        return sorted(os.path.join(path, name) for path, _, names in os.walk(self.repository)
                      for name in names)

    def test_locked_by_restic(self):
        self.cheap_repository_of_ours()
        fifo = os.path.join(self.scratch, "fifo")
        os.mkfifo(fifo)
        # restic holds its exclusive lock as long as nobody gives it the new password.
        blocker = subprocess.Popen(
            [harness.RESTIC, "key", "passwd", "--new-password-file", fifo],
            env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            self.wait_for_lock(blocker)
            self.fail_with(11, "snapshot", "source", words=["locked", str(blocker.pid)])
            self.snapfs("snapshots", "--no-lock")
        finally:
            with open(fifo, "w", encoding="ascii") as file:
                file.write(harness.PASSWORD)
            blocker.wait(timeout=60)
        self.snapfs("snapshot", "source")

    def wait_for_lock(self, blocker):
        """Until the lock file is there and restic has come to reading the fifo."""
        locks = os.path.join(self.repository, "locks")
        while not os.listdir(locks):
            self.assertIsNone(blocker.poll(), "restic ended before it took its lock")
            os.sched_yield()

    def test_missing_source(self):
        self.cheap_repository_of_ours()
        result = self.snapfs("snapshot", "source", "absent", expect=3)
        self.assertIn("absent", result.stderr)
        self.assertEqual(self.snapshots()[-1]["paths"], [self.source])
        self.snapfs("snapshot", "absent", "gone", expect=1)
        self.assertEqual(len(self.snapshots()), 1)
        self.check()

    @unittest.skipIf(os.geteuid() == 0 and not os.path.exists("/usr/bin/setpriv"),
                     "as root, setpriv is needed to lose the right to read everything")
    def test_unreadable_file_is_named_and_the_rest_saved(self):
        self.cheap_repository_of_ours()
        os.chmod(os.path.join(self.source, "two"), 0)
        os.chmod(os.path.join(self.source, "dir"), 0)
        command = [harness.SNAPFS, "snapshot", "source"]
        if os.geteuid() == 0:
            command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *command]
            subprocess.run(["chown", "-R", "65534:65534", self.scratch], check=True)
        result = subprocess.run(command, cwd=self.scratch, env=self.environment,
                                capture_output=True, text=True, check=False)
        self.assertEqual(result.returncode, 3, result.stderr)
        self.assertIn("source/two", result.stderr)
        self.assertIn("source/dir", result.stderr)
        listed = self.restic("ls", "latest").stdout.splitlines()
        self.assertIn("/source/one", listed)
        self.assertNotIn("/source/two", listed)
        self.assertNotIn("/source/dir", listed)

    def test_truncated_config_and_key(self):
        self.cheap_repository_of_ours()
        key = os.path.join(self.repository, "keys",
                           os.listdir(os.path.join(self.repository, "keys"))[0])
        for path in (os.path.join(self.repository, "config"), key):
            with open(path, "rb") as file:
                whole = file.read()
            for length in (0, 1, 31, 32, len(whole) - 1):
                with self.subTest(path=path, length=length):
                    self.replace(path, whole[:length])
                    result = self.snapfs("snapshots", expect=1)
                    self.assert_one_line(result)
            self.replace(path, whole)
        self.snapfs("snapshots")

    def replace(self, path, content):
        if os.path.exists(path):
            os.chmod(path, 0o600)
        with open(path, "wb") as file:
            file.write(content)

    def test_garbage_in_the_repository_is_harmless(self):
        self.cheap_repository_of_ours()
        self.snapfs("snapshot", "source")
        for directory, _, _ in list(os.walk(self.repository)):
            for name in (".hidden", "garbage", "a" * 64 + "-tmp-123", "A" * 63):
                with open(os.path.join(directory, name), "wb") as file:
                    file.write(b"garbage")
        os.makedirs(os.path.join(self.repository, "data", "directory", "in", "the", "way"))
        self.snapfs("snapshot", "--force", "source")
        self.assertEqual(len(json.loads(self.snapfs("snapshots", "--json").stdout)), 2)

    def test_damaged_files_beside_good_ones(self):
        self.cheap_repository_of_ours()
        self.snapfs("snapshot", "source")
        garbage = {kind: os.path.join(self.repository, kind, "0" * 63 + "3")
                   for kind in ("keys", "snapshots", "locks")}
        self.replace(garbage["keys"], b"garbage")
        self.snapfs("snapshots")
        self.fail_with(12, "snapshots", words=["password", "damaged"], RESTIC_PASSWORD="wrong")
        self.replace(garbage["snapshots"], b"garbage")
        listed = self.snapfs("snapshots", "--json", expect=1)
        self.assertEqual(len(json.loads(listed.stdout)), 1)
        self.assertIn("damaged", listed.stderr)
        os.remove(garbage["snapshots"])
        self.replace(garbage["locks"], b"garbage")
        self.fail_with(1, "snapshots", words=["lock", "unlock"])

    @harness.without_sanitizer(harness.DESCRIPTORS)
    def test_too_few_descriptors_are_no_fault_of_the_source(self):
        self.cheap_repository_of_ours()
        # Several, so that every walker has one: what is handed from one to the next needs fewer.
        for chain in range(10):
            os.makedirs(os.path.join(self.source, str(chain), *["d"] * 60))
        command = f'ulimit -n 40; exec "{harness.SNAPFS}" snapshot source'
        result = self.run_program("sh", ["-c", command], expect=1)
        self.assert_one_line(result, "ulimit -n")
        self.assertEqual(self.snapshots(), [])

    def test_a_burst_of_signals_is_one(self):
        """As timeout(1) sends them: to the process, and at once to its group."""
        self.cheap_repository_of_ours()
        with self.mounted() as mountpoint:
            server = next(pid for pid in self.lock_owners())
            for _ in range(3):
                os.kill(server, signal.SIGTERM)
            while os.path.ismount(mountpoint):
                os.sched_yield()
        self.assertEqual(os.listdir(os.path.join(self.repository, "locks")), [])

    def lock_owners(self):
        locks = self.restic("list", "locks", "--no-lock").stdout.split()
        return [json.loads(self.restic("cat", "lock", lock, "--no-lock").stdout)["pid"]
                for lock in locks]

    @unittest.skipUnless(os.geteuid() == 0, "only root can make bind mounts")
    def test_overlap_through_a_bind_mount(self):
        self.cheap_repository_of_ours()
        bound = os.path.join(self.scratch, "bound")
        os.mkdir(bound)
        subprocess.run(["mount", "--bind", self.repository, bound], check=True)
        self.addCleanup(subprocess.run, ["umount", bound], check=True)
        for mountpoint in (bound, os.path.join(bound, "data")):
            self.fail_with(1, "mount", mountpoint, words=["overlap"])

    def test_mounting_twice(self):
        self.cheap_repository_of_ours()
        with self.mounted() as mountpoint:
            self.fail_with(1, "mount", mountpoint, words=["already", "snapfs umount"])

    def test_mountpoint_that_overlaps_the_repository(self):
        self.cheap_repository_of_ours()
        inside = os.path.join(self.repository, "data")
        link = os.path.join(self.scratch, "link")
        os.symlink(inside, link)
        for mountpoint in (self.repository, inside, self.scratch, link):
            self.fail_with(1, "mount", mountpoint, words=["overlap"])

    def test_mountpoint_that_is_no_directory(self):
        self.cheap_repository_of_ours()
        self.fail_with(1, "mount", os.path.join(self.scratch, "absent"), words=["absent"])
        self.fail_with(1, "mount", os.path.join(self.source, "one"), words=["directory"])

    @unittest.skipUnless(os.geteuid() == 0, "only root can mount a small file system")
    def test_full_disk(self):
        small = os.path.join(self.scratch, "small")
        os.mkdir(small)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", small], check=True)
        self.addCleanup(subprocess.run, ["umount", small], check=True)
        self.repository = os.path.join(small, "repository")
        self.environment["RESTIC_REPOSITORY"] = self.repository
        self.cheap_repository_of_ours()
        self.snapfs("snapshot", "source")
        with open(os.path.join(self.scratch, "large"), "wb") as file:
            file.write(os.urandom(12 << 20))
        self.fail_with(1, "snapshot", "large", words=["No space left"])
        leftovers = [path for path in self.files_of_repository() if "-tmp-" in path]
        self.assertEqual(leftovers, [])
        self.check()
        self.assertEqual(len(self.snapshots()), 1)
        self.snapfs("snapshot", "source")
        self.check()

    def test_usage_errors(self):
        self.cheap_repository_of_ours()
        self.fail_with(1, "snapshot", "--compression", "tiny", "source", words=["compression"])
        self.fail_with(1, "snapshot", "--no-such-option", "source", words=["--no-such-option"])
        self.fail_with(1, "snapshot", words=["PATH", "--files-from"])
        self.fail_with(1, "snapshot", "-e", "a/[x", "source", words=["--exclude", "a/[x"])
        self.fail_with(1, "snapshot", "--exclude-larger-than", "1x", "source", words=["1x", "100M"])
        self.fail_with(1, "snapshot", "--exclude-if-present", ":x", "source", words=["NAME"])
        self.fail_with(1, "snapshot", "--exclude-file", "gone", "source", words=["gone"])
        self.fail_with(1, "-r", "s3:bucket", "snapshots", words=["s3"])

    def test_whatever_the_tree_the_repository_stays_sound_after_a_kill(self):
        NastyTree(os.path.join(self.scratch, "nasty"), 3).make()
        self.cheap_repository_of_ours()
        self.snapfs("snapshot", "source")
        command = ["strace", "-f", "-o", "/dev/null", "-e", "trace=rename",
                   "-e", "inject=rename:signal=SIGKILL:when=2",
                   harness.SNAPFS, "snapshot", "nasty"]
        result = subprocess.run(command, cwd=self.scratch, env=self.environment, check=False,
                                capture_output=True)
        self.assertNotEqual(result.returncode, 0)
        self.restic("unlock", "--remove-all")
        self.check()
        self.snapfs("snapshot", "nasty", "source")
        self.check()


if __name__ == "__main__":
    harness.main()
