"""The real program without one of its allocations (of operator new) or without one of its threads, or without
any from that one on: it does its work or says in a line what it lacked. The repository
is never called damaged, nothing is lost, no lock is left that some memory could remove, and what a restore or a
mount gives is right.

Run by itself, besides unittest's options:

    scarce_process_test.py --every N                each Nth allocation, 1 for all
    scarce_process_test.py --seed N                 as many as in the tests, drawn by lot
    scarce_process_test.py --torture MINUTES SEED   the same with one seed after the other, for some time

A library of ours refuses them (tests/support/scarce_process.cc).
"""
import mmap
import os
import random
import shutil
import struct
import subprocess
import sys
import time
import unittest

import harness
from scarcity import MEMORY as LACK
from scarcity import judge

LIBRARY = os.environ.get("SNAPFS_TEST_SCARCE_LIBRARY", "build/tests/support/libscarce_process.so")
# Of the allocations of each command, about so many, once and for good, unless --every says otherwise.
POINTS = 5
EVERY = None
LOTS = None  # random.Random, when the points are drawn
MEMORY, THREADS = 0, 24


class Supplies:
    """What the program asked for and is refused, in memory that it shares with us."""

    def __init__(self, path):
        self.path = path
        with open(path, "wb") as file:
            file.write(bytes(48))
        with open(path, "r+b") as file:
            self.shared = mmap.mmap(file.fileno(), 48)

    def asked(self, kind):
        return struct.unpack_from("Q", self.shared, kind)[0]

    def refuse(self, kind, first, for_good=False):
        """The one with this number, counted from 1; 0 for none."""
        struct.pack_into("Q", self.shared, kind + 16, for_good)
        struct.pack_into("Q", self.shared, kind + 8, first)

    def reset(self):
        self.shared[:] = bytes(48)


def points(count):
    if LOTS:
        return sorted(LOTS.sample(range(1, count + 1), min(count, POINTS)))
    return range(1, count + 1, EVERY or max(1, count // POINTS))


def all_cases(asked):
    """(kind, which one, whether those that follow are refused, too)."""
    one_by_one = [(MEMORY, n) for n in points(asked[MEMORY])] + [(THREADS, n) for n in range(1, asked[THREADS] + 1)]
    return [(*case, for_good) for case in one_by_one for for_good in (False, True)]


@harness.without_sanitizer(harness.ADDRESSES)
class ScarceProcessTest(harness.CompatTest):
    needs_restic = False

    def setUp(self):
        super().setUp()
        self.source = os.path.join(self.scratch, "source")
        os.makedirs(os.path.join(self.source, "directory", "below"))
        for name, content in (("a", b"1"), ("b", b"2" * 5000), ("directory/c", os.urandom(70_000)),
                              ("directory/below/d", b"")):
            with open(os.path.join(self.source, name), "wb") as file:
                file.write(content)
        os.symlink("a", os.path.join(self.source, "link"))
        os.link(os.path.join(self.source, "a"), os.path.join(self.source, "directory", "second name"))
        self.cheap_repository_of_ours()
        self.snapfs("snapshot", "--tag", "kept", self.source)
        self.supplies = Supplies(os.path.join(self.scratch, "supplies"))
        self.scarce = {**self.environment, "LD_PRELOAD": os.path.abspath(LIBRARY),
                       "SNAPFS_TEST_SCARCE": self.supplies.path}

    def run_scarce(self, *arguments):
        return subprocess.run([harness.SNAPFS, *arguments], cwd=self.scratch, env=self.scarce, stdin=subprocess.DEVNULL,
                              capture_output=True, check=False, timeout=120)

    def try_all(self, arguments, prepare=lambda: None, look=lambda result: None):
        """The command without this and that; `look` judges what it did. Returns how often it failed."""
        prepare()
        self.supplies.reset()
        self.assertEqual(self.run_scarce(*arguments).returncode, 0, arguments)
        asked = {kind: self.supplies.asked(kind) for kind in (MEMORY, THREADS)}
        self.assertGreater(asked[MEMORY], 100, "the library is not there")
        cases = all_cases(asked)
        failed = 0
        for case in cases:
            prepare()
            self.supplies.reset()
            self.supplies.refuse(*case)
            result = self.run_scarce(*arguments)
            self.assertIsNone(judge(result, (arguments, case), LACK))
            locks = os.path.join(self.repository, "locks")
            if os.listdir(locks):
                # For that, too, some memory is needed.
                self.assertTrue(case[0] == MEMORY and case[2], (arguments, case, result.stderr))
                self.snapfs("unlock")
                self.assertEqual(os.listdir(locks), [])
            look(result)
            failed += result.returncode != 0
        return failed

    def renew_repository(self):
        """As it was when it was first asked for."""
        copy = os.path.join(self.scratch, "copy of the repository")
        if not os.path.exists(copy):
            shutil.copytree(self.repository, copy)
        shutil.rmtree(self.repository)
        shutil.copytree(copy, self.repository)

    def require_kept(self):
        self.snapfs("check", "--read-data")
        self.assertEqual(self.snapfs("dump", "--tag", "kept", "latest", os.path.join(self.source, "a")).stdout, "1")

    def test_restore(self):
        target = os.path.join(self.scratch, "target")
        command = ("restore", "latest", "--target", target)

        def look(result):
            if result.returncode != 0:
                self.snapfs(*command)
            self.assert_same_files(self.source, target + self.source)

        failed = self.try_all(command, lambda: shutil.rmtree(target, ignore_errors=True), look)
        self.assertGreater(failed, 10)

    def test_what_only_reads(self):
        expected = {}

        def look(result):
            if result.returncode == 0:
                self.assertEqual(expected.setdefault(command, result.stdout), result.stdout)

        for command in (("ls", "latest"), ("dump", "latest", self.source), ("find", "c"), ("check", "--read-data")):
            # What check says of its progress need not be the same.
            self.assertGreater(self.try_all(command, look=look if command[0] != "check" else lambda result: None), 10, command)

    def test_what_writes(self):
        with open(os.path.join(self.source, "e"), "wb") as file:
            file.write(b"new" * 1000)
        for command in (("snapshot", self.source), ("forget", "--keep-last", "1", "--keep-tag", "kept"),
                        ("prune", "--max-unused", "0"), ("tag", "--add", "more"), ("repair", "index")):
            self.assertGreater(self.try_all(command, self.renew_repository, lambda result: self.require_kept()), 10, command)
            self.renew_repository()

    def read_all(self, place):
        """What can be read there, by path, and what cannot."""
        content, failed = {}, {}
        for directory, _, names in os.walk(place, onerror=lambda error: failed.update({error.filename: error.errno})):
            for name in names:
                path = os.path.join(directory, name)
                try:
                    if os.path.islink(path):
                        content[path] = os.readlink(path)
                        continue
                    with open(path, "rb") as file:
                        content[path] = file.read()
                except OSError as error:
                    failed[path] = error.errno
        return content, failed

    def test_the_beginning_of_a_mount(self):
        if not harness.mount_usable():
            self.skipTest("/dev/fuse cannot be used here")
        mountpoint = os.path.join(self.scratch, "mountpoint")
        os.mkdir(mountpoint)
        kept = os.path.join(mountpoint, "tags", "kept", "latest") + self.source

        def begin_and_end(case):
            """Returns whether it came up. In time it takes what it lacks no more."""
            self.supplies.reset()
            if case:
                self.supplies.refuse(*case)
            log = os.path.join(self.scratch, "log")
            with open(log, "w+b") as stderr, subprocess.Popen(
                    [harness.SNAPFS, "mount", mountpoint], cwd=self.scratch, env=self.scarce, stdout=subprocess.PIPE,
                    stderr=stderr) as server:
                is_up = bool(server.stdout.readline())
                self.supplies.refuse(MEMORY, 0)
                self.supplies.refuse(THREADS, 0)
                if is_up:
                    with open(os.path.join(kept, "b"), "rb") as file:
                        self.assertEqual(file.read(), b"2" * 5000, case)
                    server.terminate()
                server.wait(timeout=60)
                subprocess.run(["fusermount3", "-uzq", mountpoint], check=False, capture_output=True)
                stderr.seek(0)
                ended = subprocess.CompletedProcess([], server.returncode, b"", stderr.read())
            self.assertIsNone(judge(ended, ("mount", case), LACK))
            if is_up:
                self.assertEqual(ended.returncode, 0, case)
            if case is None or not case[2]:
                self.assertEqual(os.listdir(os.path.join(self.repository, "locks")), [], case)
            self.snapfs("unlock")
            return is_up

        self.assertTrue(begin_and_end(None))
        asked = {kind: self.supplies.asked(kind) for kind in (MEMORY, THREADS)}
        cases = all_cases(asked)
        came_up = [begin_and_end(case) for case in cases]
        self.assertIn(False, came_up)
        self.assertIn(True, came_up)

    def test_a_mount_that_is_read(self):
        caches = "/proc/sys/vm/drop_caches"
        if not os.access(caches, os.W_OK):
            self.skipTest("the kernel's caches cannot be dropped here")
        self.environment |= {name: self.scarce[name] for name in ("LD_PRELOAD", "SNAPFS_TEST_SCARCE")}
        with self.mount_server("mountpoint") as (mountpoint, server):
            place = os.path.join(mountpoint, "tags", "kept", "latest") + self.source
            for name in ("LD_PRELOAD", "SNAPFS_TEST_SCARCE"):
                del self.environment[name]

            def read_anew():
                with open(caches, "w", encoding="ascii") as file:
                    file.write("2")
                return self.read_all(place)

            before = self.supplies.asked(MEMORY)
            right, failed = read_anew()
            self.assertEqual((len(right), failed), (6, {}))
            count = self.supplies.asked(MEMORY) - before
            self.assertGreater(count, 20, "the kernel kept it all")
            failures = 0
            for n in points(count):
                for for_good in (False, True):
                    self.supplies.refuse(MEMORY, self.supplies.asked(MEMORY) + n, for_good)
                    content, failed = read_anew()
                    self.supplies.refuse(MEMORY, 0)
                    failures += bool(failed)
                    for path, read in content.items():
                        self.assertEqual(read, right[path], (n, for_good, path))
                    self.assertEqual(read_anew(), (right, {}), (n, for_good))
                    self.assertIsNone(server.poll(), (n, for_good))
            self.assertGreater(failures, 0)


def torture(minutes, seed):
    """Ends with the first round that finds something."""
    global LOTS
    until = time.monotonic() + 60 * minutes
    rounds = 0
    while time.monotonic() < until:
        LOTS = random.Random(seed + rounds)
        tests = unittest.defaultTestLoader.loadTestsFromTestCase(ScarceProcessTest)
        if not unittest.TextTestRunner(verbosity=0).run(tests).wasSuccessful():
            sys.exit(f"again with: {sys.argv[0]} --seed {seed + rounds}")
        rounds += 1
    print(f"{rounds} rounds, seeds from {seed} on")


if __name__ == "__main__":
    if len(sys.argv) > 2 and sys.argv[1] == "--every":
        EVERY = int(sys.argv[2])
        del sys.argv[1:3]
    elif len(sys.argv) > 2 and sys.argv[1] == "--seed":
        LOTS = random.Random(int(sys.argv[2]))
        del sys.argv[1:3]
    if sys.argv[1:2] == ["--torture"]:
        torture(float(sys.argv[2]), int(sys.argv[3]))
    else:
        harness.main()
