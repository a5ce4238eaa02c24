"""Prunes repositories beside restic: the same decisions, and what is left is whole."""
import json
import os
import random
import re
import shutil
import subprocess
import unittest

from harness import CompatTest, main

MAKER = os.environ.get("SNAPFS_TEST_INDEXED_MAKER", "build/tests/support/make_indexed_repository")
FIGURES = ("to repack", "this removes", "total prune", "remaining")


class PruneTest(CompatTest):
    def make_repository(self, seed, version="2", rounds=3, files=40, size=300_000, keep=1):
        """Snapshots of a directory that changes, of which all but the newest are forgotten."""
        rng = random.Random(seed)
        source = os.path.join(self.scratch, "source")
        shutil.rmtree(source, ignore_errors=True)
        self.use_format(f"{version}", f"{'off' if version == '1' else 'auto'}")
        shutil.rmtree(self.repository, ignore_errors=True)
        self.environment["RESTIC_PACK_SIZE"] = "4"
        self.cheap_repository("--repository-version", version)
        for round_number in range(rounds):
            for number in range(files):
                path = os.path.join(source, f"d{number % 5}", f"f{number}")
                os.makedirs(os.path.dirname(path), exist_ok=True)
                if round_number == 0 or rng.random() < 0.3:
                    with open(path, "wb") as file:
                        file.write(rng.randbytes(rng.randrange(size)))
            self.restic("backup", "source")
        self.restic("forget", "--keep-last", str(keep))

    def figures(self, run, *options):
        """The numbers of a dry run, by their titles."""
        text = run("prune", "-n", "-v", *options).stdout
        found = {}
        for title, blobs, size in re.findall(r"^([a-z ]+): +(\d+) blobs / (.+)$", text, re.MULTILINE):
            found[title] = (int(blobs), size)
        for title, packs in re.findall(r"^((?!would)[a-z ]+): +(\d+)(?: packs)?$", text, re.MULTILINE):
            found["packs " + title] = int(packs)
        self.assertTrue(all(title in found for title in FIGURES), text)
        return found

    def assert_same_figures(self, *options):
        # Where this is an option, packs are small by our rule with it only.
        small = () if self.knows_smaller_than() else ("--repack-small",)
        ours = self.figures(self.snapfs, *options)
        theirs = self.figures(self.restic, "-v", *small, *options)
        self.assertEqual(ours, theirs, options)

    def knows_smaller_than(self):
        return "--repack-smaller-than" in self.restic("prune", "--help").stdout

    def test_decides_as_restic_does(self):
        limits = ((), ("--max-unused", "0"), ("--max-unused", "20%"), ("--max-unused", "1M"),
                  ("--max-unused", "unlimited"), ("--max-repack-size", "6M"),
                  ("--max-repack-size", "0"), ("--repack-cacheable-only",),
                  ("--max-unused", "3M", "--max-repack-size", "9M"))
        for seed, version in ((1, "2"), (2, "1")):
            self.make_repository(seed, version)
            for options in limits:
                self.assert_same_figures(*options)

    def test_decides_as_restic_does_about_an_index_of_several_files(self):
        """Half of 120,000 blobs is in use; the packs are holes of the right size."""
        password = subprocess.run([MAKER, self.repository, "120000"], check=True,
                                  capture_output=True, text=True).stdout.strip()
        self.environment["RESTIC_PASSWORD"] = password
        self.restic("check")
        self.snapfs("check")
        self.assert_same_figures()
        self.assert_same_figures("--max-unused", "0")

    def test_merges_small_packs_as_restic_does(self):
        self.make_repository(3, rounds=14, files=6, size=100_000, keep=9)
        options_tried = [(), ("--max-unused", "0"), ("--max-unused", "unlimited")]
        if self.knows_smaller_than():
            options_tried += [("--repack-smaller-than", "100k"), ("--repack-smaller-than", "3M")]
        for options in options_tried:
            self.assert_same_figures(*options)

    def test_uncompressed_data_is_counted_and_compressed_as_restic_does(self):
        self.make_repository(4, rounds=1, files=8)
        with open(os.path.join(self.scratch, "source", "text"), "w", encoding="ascii") as file:
            file.write("all work and no play\n" * 300_000)
        self.restic("backup", "--compression", "off", "source")
        self.assert_same_figures()
        self.assert_same_figures("--repack-uncompressed")
        self.snapfs("prune", "--repack-uncompressed")
        self.assertNotIn("not yet compressed", self.restic("prune", "-n").stdout)
        self.check()

    def test_what_is_left_is_whole_and_restic_finds_nothing_to_do(self):
        for version in ("1", "2"):
            self.make_repository(5, version, keep=2)
            before = json.loads(self.snapfs("prune", "-n", "--max-unused", "0", "--json").stdout)
            done = json.loads(self.snapfs("prune", "--max-unused", "0", "--json").stdout)
            self.assertEqual({**done, "dry_run": True}, before)
            self.check()
            figures = self.figures(self.restic, "--max-unused", "0", "-v")
            self.assertEqual(figures["total prune"], (0, "0 B"))
            self.assertEqual(figures["remaining"][0], done["used_blobs"])
            self.assertEqual(figures["packs partly used packs"], 0)
            self.assertEqual(len(self.snapshots()), 2)

    def test_a_repository_that_snapfs_filled_is_pruned_by_either(self):
        self.make_repository(6)
        self.snapfs("snapshot", "source")
        self.assert_same_figures()
        copy = self.repository + "-copy"
        shutil.copytree(self.repository, copy)
        self.restic("prune", "--max-unused", "0")
        ours = self.figures(self.restic, "-v")
        self.environment["RESTIC_REPOSITORY"] = copy
        self.snapfs("prune", "--max-unused", "0")
        self.assertEqual(self.figures(self.restic, "-v")["remaining"], ours["remaining"])

    def test_says_what_is_wrong_in_one_line(self):
        self.make_repository(8, rounds=1, files=2)
        for options, words in ((("--max-unused", "100%"), "100%"),
                               (("--max-unused", "x"), "x"),
                               (("--repack-smaller-than", "1G"), "--repack-smaller-than"),
                               (("--no-lock",), "--dry-run"),
                               (("--unsafe-recover-no-free-space", "abc"), "ID")):
            result = self.snapfs("prune", *options, expect=1)
            self.assertEqual(len(result.stderr.splitlines()), 1)
            self.assertIn(words, result.stderr)
        self.restic("forget", *[snapshot["id"] for snapshot in self.snapshots()])
        self.assertIn("has no snapshots", self.snapfs("prune", expect=1).stderr)
        self.snapfs("prune", "--unsafe-allow-remove-all")
        self.check()

    @unittest.skipUnless(os.geteuid() == 0, "only root can mount a small file system")
    def test_a_disk_without_a_free_byte_can_be_recovered_from(self):
        small = os.path.join(self.scratch, "small")
        os.mkdir(small)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", small], check=True)
        self.addCleanup(subprocess.run, ["umount", small], check=True)
        self.repository = os.path.join(small, "repository")
        self.environment["RESTIC_REPOSITORY"] = self.repository
        self.cheap_repository_of_ours()
        source = os.path.join(self.scratch, "source")
        os.makedirs(source, exist_ok=True)
        for name in ("kept", "lost"):
            with open(os.path.join(source, "file"), "wb") as file:
                file.write(os.urandom(2_000_000))
            self.snapfs("snapshot", "--host", name, source)
        repository = json.loads(self.snapfs("cat", "config").stdout)["id"]
        with open(os.path.join(small, "filler"), "wb", buffering=0) as file:
            with self.assertRaises(OSError):
                while True:
                    file.write(b"x" * 4096)
        self.assertEqual(os.statvfs(small).f_bavail, 0)
        # Nobody is sent where the way is barred.
        for command, words, wrong in (
                (["snapshots"], "given --no-lock", "prune"), (["check"], "given --no-lock", "prune"),
                (["snapshot", source], "a lock needs", "--no-lock"),
                (["tag", "--add", "x"], "a lock needs", "--no-lock"),
                (["prune"], "a lock needs", "--no-lock")):
            told = self.snapfs(*command, expect=1).stderr
            self.assertIn(words, told)
            self.assertNotIn(wrong, told)
        self.snapfs("snapshots", "--no-lock")
        told = self.snapfs("forget", "--unsafe-allow-remove-all", "--host", "lost")
        self.snapfs("prune", "--unsafe-recover-no-free-space", repository)
        self.snapfs("check", "--read-data")
        self.assertGreater(os.statvfs(small).f_bavail * 4096, 1_500_000)
        (left,) = json.loads(self.snapfs("snapshots", "--json").stdout)
        self.assertEqual(left["hostname"], "kept")

    @unittest.skipUnless(os.geteuid() == 0, "only root can mount read-only")
    def test_a_repository_that_cannot_be_written_to_hints_at_no_lock(self):
        self.cheap_repository_of_ours()
        subprocess.run(["mount", "--bind", self.repository, self.repository], check=True)
        self.addCleanup(subprocess.run, ["umount", self.repository], check=True)
        subprocess.run(["mount", "-o", "remount,bind,ro", self.repository], check=True)
        for command in (["snapshots"], ["check"], ["find", "x"], ["mount", self.scratch]):
            told = self.snapfs(*command, expect=1).stderr
            self.assertIn("what only reads does without, given --no-lock", told)
        for command in (["prune"], ["forget", "--keep-last", "1"], ["snapshot", self.scratch]):
            told = self.snapfs(*command, expect=1).stderr
            self.assertNotIn("--no-lock", told)
        self.snapfs("snapshots", "--no-lock")

    def test_a_full_disk_can_be_recovered_from(self):
        self.make_repository(9)
        with open(os.path.join(self.repository, "config"), "rb"):
            config = json.loads(self.restic("cat", "config").stdout)
        self.snapfs("prune", "--unsafe-recover-no-free-space", config["id"])
        self.check()


if __name__ == "__main__":
    main()
