"""On a machine that is short of something a command does its work or says in a line what it lacked: the
repository is never called damaged, nothing is lost, and no lock is left.

A disk: a file system of its own, filled to ever other points, over and over. Descriptors: from none that
are left to nearly enough. (Memory: memory_limit_test.py, and allocation by allocation tests/sim.)
"""
import os
import random
import resource
import subprocess
import unittest

import harness
from scarcity import judge

PASSES = 24
SEED = 14


class JudgeTest(unittest.TestCase):
    """The judge can condemn."""

    def test_it_notices(self):
        for status, stderr in ((-11, b""), (-6, b""), (1, b""), (1, b"snapfs: pack 1 is damaged\n"), (2, b"snapfs: no\n")):
            self.assertIsNotNone(judge(subprocess.CompletedProcess([], status, b"", stderr), "it"))
        for status, stderr in ((0, b""), (1, b"snapfs: no space left\n"), (1, b"snapfs: not enough memory\n")):
            self.assertIsNone(judge(subprocess.CompletedProcess([], status, b"", stderr), "it"))


class ScarceMachineTest(harness.CompatTest):
    needs_restic = False

    def setUp(self):
        super().setUp()
        self.source = os.path.join(self.scratch, "source")
        os.mkdir(self.source)
        self.random = random.Random(SEED)
        self.taken = {}

    def change_source(self):
        """Another file of some size, and a few small ones."""
        for name, size in (("large", 400_000), ("a", 3000), ("b", 100)):
            with open(os.path.join(self.source, name), "wb") as file:
                file.write(self.random.randbytes(self.random.randrange(size // 2, size)))

    def try_command(self, *arguments, **options):
        result = subprocess.run([harness.SNAPFS, *arguments], cwd=self.scratch, env=self.environment,
                                capture_output=True, check=False, timeout=300, **options)
        self.assertIsNone(judge(result, arguments))
        self.assertEqual(os.listdir(os.path.join(self.repository, "locks")), [], arguments)
        return result

    def try_snapshot(self, number, **options):
        self.change_source()
        with open(os.path.join(self.source, "large"), "rb") as file:
            content = file.read()
        tag = f"t{number}"
        if self.try_command("snapshot", "--tag", tag, self.source, **options).returncode == 0:
            self.taken[tag] = content

    def require_all(self):
        """What was reported as taken and not forgotten is what it was, and everything works."""
        self.snapfs("check", "--read-data")
        listed = self.snapfs("snapshots").stdout.replace(",", " ")
        for tag, content in self.taken.items():
            if tag not in listed.split():
                self.fail(f"{tag} is lost:\n{listed}")
            dumped = self.try_command("dump", "--tag", tag, "latest", os.path.join(self.source, "large"))
            self.assertEqual(dumped.stdout, content, tag)


class FullDiskTest(ScarceMachineTest):
    def setUp(self):
        super().setUp()
        image = os.path.join(self.scratch, "image")
        disk = os.path.join(self.scratch, "disk")
        os.mkdir(disk)
        with open(image, "wb") as file:
            file.truncate(24 << 20)
        made = subprocess.run(["mkfs.ext4", "-q", "-m", "0", image], check=False, capture_output=True)
        mounted = made.returncode == 0 and subprocess.run(
            ["mount", "-o", "loop", image, disk], check=False, capture_output=True).returncode == 0
        if not mounted:
            self.skipTest("no file system can be made and mounted here")
        self.addCleanup(subprocess.run, ["umount", disk], check=True)
        self.filler = os.path.join(disk, "filler")
        self.repository = os.path.join(disk, "repository")
        self.environment["RESTIC_REPOSITORY"] = self.repository
        self.cheap_repository_of_ours()

    def fill(self, left):
        """All but so many bytes."""
        with open(self.filler, "wb") as file:
            status = os.statvfs(self.filler)
            size = status.f_bavail * status.f_frsize - left
            if size > 0:
                os.posix_fallocate(file.fileno(), 0, size)

    def test_it_fills_up_again_and_again(self):
        full = 0
        for number in range(PASSES):
            self.fill(number * number * 1500)
            self.try_snapshot(number)
            self.try_command("check")
            if number % 3 == 0:
                result = self.try_command("forget", "--keep-last", "2")
                if result.returncode == 0:
                    self.taken = dict(list(self.taken.items())[-2:])
            if number % 2 == 0:
                full += self.try_command("prune", "--max-unused", "0").returncode
            os.remove(self.filler)
            full += f"t{number}" not in self.taken
            self.require_all()
        self.snapfs("forget", "--keep-last", "1")
        self.snapfs("prune", "--max-unused", "0")
        self.snapfs("check", "--read-data")
        self.assertGreater(full, PASSES // 4, "the disk was hardly ever full")
        self.assertGreater(len(self.taken), 0)


@harness.without_sanitizer(harness.DESCRIPTORS)
class FewDescriptorsTest(ScarceMachineTest):
    def test_each_command_with_ever_more(self):
        self.cheap_repository_of_ours()
        self.try_snapshot(0)
        failed = 0
        # With three the system cannot even load the program.
        for descriptors in range(4, 22):
            def set_limit(most=descriptors):
                resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
            self.try_snapshot(descriptors, preexec_fn=set_limit)
            for command in (("check", "--read-data"), ("ls", "latest"), ("prune",), ("find", "large"),
                            ("tag", "--add", "x"), ("repair", "index")):
                failed += self.try_command(*command, preexec_fn=set_limit).returncode != 0
        self.require_all()
        self.assertGreater(failed, 0)
        self.assertGreater(len(self.taken), 5)


if __name__ == "__main__":
    harness.main()
