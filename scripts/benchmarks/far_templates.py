"""Repositories to start from, and what they are snapshots of. All are made by restic; the snapshots
in them by snapfs, with a key that costs nothing, and have restic's own key again afterwards."""
import contextlib
import os
import random
import shutil
import subprocess
import sys

from benchmarks import sources
from benchmarks.session import PASSWORD, ROOT

sys.path.insert(0, os.path.join(ROOT, "tests", "compat"))
import cheap_key  # noqa: E402

SMALL_FILES = 5_000
SMALL_BYTES = 25_000_000
COPIED_FILES = 1_000
FILE_BYTES = 200_000_000
LARGE_BYTES = 500_000_000
MANY_SNAPSHOTS = 1_000
SNAPSHOTS = 200
CHANGED_AT_A_TIME = 50


class Templates:
    """Each is made when it is first asked for, and stays as it is: a directory."""

    def __init__(self, session, removals):
        self.session = session
        self.removals = removals
        self.made = {}
        self.directory = os.path.join(session.work, "templates")

    def repository(self, name):
        """One of: empty, small, many, history, halved, large, litter."""
        return self.once(name, lambda path: getattr(self, f"make_{name}")(path))

    def source(self, name):
        """One of: tree, file, files."""
        return self.once(name, lambda path: getattr(self, f"make_{name}")(path))

    def once(self, name, make):
        if name not in self.made:
            path = os.path.join(self.directory, name)
            os.makedirs(self.directory, exist_ok=True)
            make(path)
            self.made[name] = path
        return self.made[name]

    def make_tree(self, path):
        """5,000 files of 1 to 9 kB, random; ten directories of 100 in each of five."""
        generator = random.Random(1)
        for number in range(SMALL_FILES):
            directory = os.path.join(path, f"{number // COPIED_FILES}", f"{number // 100 % 10}")
            os.makedirs(directory, exist_ok=True)
            with open(os.path.join(directory, f"file-{number % 100:02}"), "wb") as file:
                file.write(generator.randbytes(1_000 + generator.randrange(8_001)))

    def make_file(self, path):
        sources.random_file(path, FILE_BYTES)

    def make_files(self, path):
        """500 MB, of which the first file is 200 MB."""
        os.makedirs(path)
        os.link(self.source("file"), os.path.join(path, "file"))
        for number in range(3):
            sources.random_file(os.path.join(path, f"more-{number}"), 100_000_000 + number)

    def make_empty(self, path):
        self.session.prepare("restic", "-r", path, "init")

    @contextlib.contextmanager
    def filling(self, path, start="empty"):
        """A copy of the template `start`, with a key that is cheap for as long as it is filled."""
        shutil.copytree(self.repository(start), path)
        keys = os.path.join(path, "keys")
        shutil.copytree(keys, f"{path}-keys")
        cheap_key.cheapen(path, PASSWORD)
        yield
        shutil.rmtree(keys)
        os.rename(f"{path}-keys", keys)

    def snapshot(self, repository, source):
        self.session.prepare("snapfs", "-r", repository, "--no-cache", "backup", "-q", source)

    def make_small(self, path):
        with self.filling(path):
            self.snapshot(path, self.source("tree"))

    def make_large(self, path):
        with self.filling(path):
            self.snapshot(path, self.source("files"))

    def make_many(self, path):
        """1,000 snapshots of the same."""
        with self.filling(path):
            tree = os.path.join(self.source("tree"), "0", "0")
            for _ in range(MANY_SNAPSHOTS):
                self.snapshot(path, tree)

    def make_history(self, path):
        """200 snapshots of 1,000 files, 50 of them new each time."""
        tree = f"{path}-source"
        shutil.copytree(os.path.join(self.source("tree"), "0"), tree)
        with self.filling(path):
            for snapshot in range(SNAPSHOTS):
                for number in range(CHANGED_AT_A_TIME):
                    name = (snapshot * CHANGED_AT_A_TIME + number) % COPIED_FILES
                    sources.random_file(
                        os.path.join(tree, f"{name // 100}", f"file-{name % 100:02}"),
                        2_000 + snapshot * CHANGED_AT_A_TIME + number)
                self.snapshot(path, tree)

    def make_halved(self, path):
        """The same, of which every second one was forgotten."""
        with self.filling(path, "history"):
            self.session.prepare("snapfs", "-r", path, "--no-cache", "forget", "-q",
                                 *self.session.snapshot_ids(path)[::2])

    def make_litter(self, path):
        """Beside what a snapshot needs, packs that the index does not know."""
        shutil.copytree(self.repository("small"), path)
        generator = random.Random(2)
        for _ in range(self.removals):
            name = generator.randbytes(32).hex()
            with open(os.path.join(path, "data", name[:2], name), "wb") as file:
                file.write(generator.randbytes(100))

    def opening_seconds(self, program):
        """What a program takes that opens a repository on this machine, and no more."""
        seconds, _ = self.session.clock([self.session.programs[program], "-r",
                                         self.repository("empty"), "--no-cache", "cat", "config"])
        return seconds
