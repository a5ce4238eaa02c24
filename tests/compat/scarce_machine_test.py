"""On a machine that is short of something a command does its work or says in a line what it lacked: the
repository is never called damaged, nothing is lost, and no lock is left.

A disk: a file system of its own, filled to ever other points, over and over. Descriptors: from none that
are left to nearly enough, by every command of the program's help. (Memory: memory_limit_test.py, and allocation by allocation tests/sim.)
"""
import concurrent.futures
import os
import pathlib
import random
import resource
import shutil
import subprocess
import unittest

import every_command
import harness
from scarcity import DESCRIPTORS, DISK, judge

PASSES = 24
SEED = 14


class JudgeTest(unittest.TestCase):
    """The judge can condemn."""

    @staticmethod
    def verdict(status, *lines):
        text = "".join(line + "\n" for line in lines).encode()
        return judge(subprocess.CompletedProcess([], status, b"", text), "it", DISK)

    def test_it_notices(self):
        full = "snapfs: cannot write x: No space left on device"
        for status, *lines in ((-11,), (-6,), (1,), (2, full), (12, full), (1, "snapfs: pack 1 is damaged"), (0, "pack 1 is damaged"),
                               (1, "no space"), (1, "snapfs: not enough memory"), (1, full, "something else"),
                               (1, "snapfs: 1 error, named above"), (1, "snapfs: 1 error, named above", full),
                               (1, full, "snapfs: 1 error, named above", "snapfs: 1 error, named above"),
                               (1, "snapfs: a wrong word", full)):
            self.assertIsNotNone(self.verdict(status, *lines), (status, lines))
        for status, *lines in ((0,), (0, "a note"), (1, full), (1, "a note", full, full),
                               (3, full, "snapfs: 1 problem, named above: and so on")):
            self.assertIsNone(self.verdict(status, *lines), (status, lines))


class ScarceMachineTest(harness.CompatTest):
    needs_restic = False
    lack = None  # as the judge has it

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
        self.assertIsNone(judge(result, arguments, self.lack))
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
    lack = DISK

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
            if number % 2 == 0 and self.taken:  # it refuses to remove everything
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
    lack = DESCRIPTORS

    # With three the system cannot even load the program.
    COUNTS = range(4, 22)
    # Up to where most have enough. For each command every so manyth of these, others for each.
    FEW = range(4, 13)
    STEP = 3
    EXCUSED = {"mount": "it serves until it is ended; its beginning is tried below"}

    def limit_to(self, most):
        return lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))

    def run_limited(self, scenery, command, most):
        """What became of it, and what it left."""
        work = pathlib.Path(self.scratch, f"{command} {most}")
        line = scenery.line(command, work)
        done = scenery.run(work, *line, preexec_fn=self.limit_to(most), text=False, errors=None)
        locks = [path for name in ("repository", "other", "old-version") for path in (work / name / "locks").iterdir()
                 if command != "unlock"]
        # It may have been the password that was changed.
        opens = [scenery.run(work, "check", "--no-lock", environment={"SNAPFS_PASSWORD": password}).returncode
                 for password in (scenery.password, "battery staple")]
        shutil.rmtree(work)
        return done, locks, opens

    def test_every_command(self):
        scenery = every_command.Scenery(os.path.join(self.scratch, "scenery"), harness.SNAPFS, "correct horse")
        commands = every_command.all_but(harness.SNAPFS, self.EXCUSED)
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            jobs = {(command, most): pool.submit(self.run_limited, scenery, command, most)
                    for number, command in enumerate(commands)
                    for most in self.FEW[number % self.STEP::self.STEP]}
        failed = 0
        for case, job in jobs.items():
            with self.subTest(case=case):
                done, locks, opens = job.result()
                self.assertIsNone(judge(done, case, self.lack))
                self.assertEqual(locks, [])
                self.assertIn(0, opens, "what is there is not sound")
                failed += done.returncode != 0
        self.assertGreater(failed, 5)

    def test_the_beginning_of_a_mount(self):
        if not harness.mount_usable():
            self.skipTest("/dev/fuse cannot be used here")
        self.cheap_repository_of_ours()
        mountpoint = os.path.join(self.scratch, "mount")
        os.mkdir(mountpoint)
        came_up = set()
        self.addCleanup(subprocess.run, ["fusermount3", "-uzq", mountpoint], check=False, capture_output=True)
        for most in self.COUNTS[::3]:
            with subprocess.Popen([harness.SNAPFS, "mount", mountpoint], cwd=self.scratch, env=self.environment,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=self.limit_to(most)) as server:
                is_up = bool(server.stdout.readline())
                if is_up:
                    server.terminate()
                _, said = server.communicate(timeout=60)
            ended = subprocess.CompletedProcess([], server.returncode, b"", said)
            self.assertIsNone(judge(ended, most, self.lack))
            self.assertEqual(is_up, server.returncode == 0, said)
            self.assertEqual(os.listdir(os.path.join(self.repository, "locks")), [])
            came_up.add(is_up)
        self.assertEqual(came_up, {False, True})

    def test_each_command_with_ever_more(self):
        self.cheap_repository_of_ours()
        self.try_snapshot(0)
        failed = 0
        for descriptors in self.COUNTS:
            set_limit = self.limit_to(descriptors)
            self.try_snapshot(descriptors, preexec_fn=set_limit)
            for command in (("check", "--read-data"), ("ls", "latest"), ("prune",), ("find", "large"),
                            ("tag", "--add", "x"), ("repair", "index")):
                failed += self.try_command(*command, preexec_fn=set_limit).returncode != 0
        self.require_all()
        self.assertGreater(failed, 0)
        self.assertGreater(len(self.taken), 5)


if __name__ == "__main__":
    harness.main()
