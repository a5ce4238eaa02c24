"""The cache of a repository that is far away: what is asked of the storage when there is one, what
restic's and ours make of each other's, and that nothing that happens to it can be seen.
"""
import json
import os
import subprocess
import threading

import harness
from recording_server import RecordingServer

KEPT = ("index", "snapshots", "data")


class CacheTest(harness.CompatTest):
    def setUp(self):
        super().setUp()
        self.cheap_repository()
        self.server = RecordingServer(self.repository)
        self.addCleanup(self.server.close)
        self.environment["RESTIC_REPOSITORY"] = self.server.url
        self.cache = os.path.join(self.scratch, "cache")
        self.theirs = os.path.join(self.scratch, "cache-of-restic")
        self.source = os.path.join(self.scratch, "source")
        for name in ("a/b/c/file", "a/d/file", "e/file"):
            path = os.path.join(self.source, name)
            os.makedirs(os.path.dirname(path))
            with open(path, "w", encoding="ascii") as file:
                file.write(name * 100)

    def use_restics(self):
        """From now on our cache is restic's directory."""
        os.makedirs(self.theirs, exist_ok=True)
        os.makedirs(self.cache)
        os.symlink(self.theirs, os.path.join(self.cache, "snapfs"))

    def ours(self, *arguments, **options):
        self.server.forget()
        return self.snapfs(*arguments, "--cache-dir", self.cache, **options)

    def with_restic(self, *arguments, **options):
        self.server.forget()
        return self.restic(*arguments, "--cache-dir", self.theirs, **options)

    def kept(self):
        return [os.path.join(folder, name)
                for folder, _, names in os.walk(os.path.join(self.cache, "snapfs") + "/")
                for name in names if len(name) >= 64 and not name.endswith(".index")]

    def names(self):
        """The paths in the latest snapshot."""
        return self.ours("ls", "latest").stdout

    def test_what_was_read_once_is_not_asked_for_again(self):
        self.with_restic("backup", "source")
        first = self.names()
        self.assertEqual({load[0] for load in self.server.loads(*KEPT)}, set(KEPT))
        self.assertEqual(self.names(), first)
        self.assertEqual(self.server.loads(*KEPT), [])
        self.assertNotEqual(self.server.loads("keys", "config"), [])

    def test_what_was_written_here_is_not_asked_for_at_all(self):
        self.ours("snapshot", "source")
        listed = self.names()
        self.assertIn("/a/b/c/file", listed)
        self.assertEqual(self.server.loads(*KEPT), [])
        self.ours("snapshot", "source")
        self.assertEqual(self.server.loads(*KEPT), [])

    def test_a_cache_that_restic_filled_is_ours(self):
        self.use_restics()
        self.with_restic("backup", "source")
        self.assertIn("/a/b/c/file", self.names())
        self.assertEqual(self.server.loads(*KEPT), [])

    def test_a_cache_that_we_filled_is_restics(self):
        self.use_restics()
        self.ours("snapshot", "source")
        self.assertIn("/a/b/c/file", self.with_restic("ls", "latest").stdout)
        self.assertEqual(self.server.loads(*KEPT), [])

    def test_parts_do_not_disturb_restic(self):
        self.use_restics()
        self.with_restic("backup", "source", "--no-cache")
        self.names()
        self.assertTrue(any("-" in os.path.basename(name) for name in self.kept()))
        self.assertIn("/a/b/c/file", self.with_restic("ls", "latest").stdout)
        self.with_restic("check", "--with-cache")
        self.with_restic("cache")
        self.names()
        self.assertEqual(self.server.loads(*KEPT), [])

    def test_both_at_once(self):
        self.use_restics()
        self.with_restic("backup", "source")
        failures = []

        def run(program):
            for _ in range(4):
                done = program("ls", "latest")
                if "/a/b/c/file" not in done.stdout:
                    failures.append(done.stdout)

        threads = [threading.Thread(target=run, args=(program,))
                   for program in (self.ours, self.with_restic) * 2]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(failures, [])

    def test_damage_in_it_is_not_seen(self):
        self.with_restic("backup", "source")
        expected = self.names()
        kept = self.kept()
        self.assertGreaterEqual(len(kept), 3)
        for change in (lambda content: bytes(len(content)), lambda content: content[:-1],
                       lambda content: b"", lambda content: bytes([content[0] ^ 1]) + content[1:]):
            for path in kept:
                with open(path, "rb") as file:
                    content = file.read()
                with open(path, "wb") as file:
                    file.write(change(content))
            done = self.ours("ls", "latest")
            self.assertEqual((done.stdout, done.stderr), (expected, ""))
            self.assertNotEqual(self.server.loads(*KEPT), [])
            # What shared a file with a damaged blob is fetched when it is wanted next. Files overlap: damage in one
            # is only seen once the other, from which the same blob was read, is gone.
            for _ in kept:
                self.assertEqual(self.names(), expected)
                if not self.server.loads(*KEPT):
                    break
            self.assertEqual(self.names(), expected)
            self.assertEqual(self.server.loads(*KEPT), [])
            kept = self.kept()

    def test_it_is_not_used_when_it_should_not_be(self):
        self.with_restic("backup", "source")
        self.ours("ls", "latest", "--no-cache")
        self.ours("check", "--read-data")
        self.assertFalse(os.path.exists(os.path.join(self.cache, "snapfs")))
        self.names()
        self.ours("check")
        self.assertEqual({load[0] for load in self.server.loads(*KEPT)}, set(KEPT))
        self.ours("ls", "latest", RESTIC_REPOSITORY=self.repository)
        before = sorted(self.kept())
        self.snapfs("ls", "latest", "--cache-dir", os.path.join(self.scratch, "other"),
                    RESTIC_REPOSITORY=self.repository)
        self.assertFalse(os.path.exists(os.path.join(self.scratch, "other", "snapfs")))
        self.assertEqual(sorted(self.kept()), before)

    def test_its_size_is_bounded(self):
        self.with_restic("backup", "source")
        self.ours("ls", "latest", "--cache-size", "0")
        self.assertEqual(self.kept(), [])
        self.ours("ls", "latest", SNAPFS_CACHE_SIZE="0")
        self.assertEqual(self.kept(), [])
        self.ours("ls", "latest", "--cache-min-free", "1000T")
        self.assertEqual(self.kept(), [])
        self.names()
        self.assertNotEqual(self.kept(), [])
        self.ours("ls", "latest", "--cache-size", "much", expect=1)

    def test_a_place_that_cannot_be_written_to_is_a_warning(self):
        self.with_restic("backup", "source")
        os.makedirs(self.cache)
        with open(os.path.join(self.cache, "snapfs"), "w", encoding="ascii") as file:
            file.write("a file where the cache should be")
        done = self.ours("ls", "latest")
        self.assertIn("/a/b/c/file", done.stdout)
        self.assertEqual(done.stderr.count("the cache"), 1, done.stderr)

    def test_what_is_gone_is_not_shown(self):
        self.with_restic("backup", "source")
        self.names()
        snapshots = [name for name in self.kept() if "/snapshots/" in name]
        self.assertEqual(len(snapshots), 1)
        self.with_restic("forget", os.path.basename(snapshots[0]), "--no-cache")
        self.assertEqual(self.ours("snapshots", "--json").stdout, "[]\n")
        self.assertFalse(os.path.exists(snapshots[0]))

    def test_the_command_cache_shows_and_removes_it(self):
        self.with_restic("backup", "source")
        self.names()
        listed = json.loads(self.ours("cache", "--json").stdout)
        self.assertEqual([entry["size"] for entry in listed],
                         [sum(os.path.getsize(path) for path in self.kept())])
        self.ours("cache", "--cleanup", "--cache-size", "1")
        self.assertEqual(self.kept(), [])
        self.assertEqual(json.loads(self.ours("cache", "--json").stdout), [])

    def test_a_mount_keeps_data_if_it_is_told_to(self):
        self.with_restic("backup", "source")
        options = ("--cache-dir", self.cache, "--no-lock")
        for size, expected in (((), True), (("--data-cache", "1M"), True),
                               (("--data-cache", "1M"), False)):
            self.server.forget()
            with self.mounted(*options, *size) as mountpoint:
                copy = os.path.join(self.scratch, "copy")
                subprocess.run(["rm", "-rf", copy], check=True)
                subprocess.run(["cp", "-r", f"{mountpoint}/snapshots/latest/", copy], check=True)
            self.assertEqual(self.server.loads("data") != [], expected, size)
        self.ours("mount", "--no-cache", "--data-cache", "1M", self.scratch, expect=1)


if __name__ == "__main__":
    harness.main()
