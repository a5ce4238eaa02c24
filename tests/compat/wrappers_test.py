"""Wrappers of restic find in snapfs what they find in restic: the same answers, the same statuses.

Each session of wrappers/ runs twice, in turn with a link called `restic` to either program first on PATH,
over the same files. What the wrapper read must be equal, once IDs, times and places are masked.
"""
import importlib
import os
import shutil
import tempfile
import unittest

import cheap_key
import harness
from wrappers.program import Mask, PASSWORD, Restic

WRAPPERS = ("autorestic", "backrest", "restic_exporter", "resticprofile", "resticpy")
PROGRAMS = {"restic": harness.RESTIC, "snapfs": harness.SNAPFS}


class WrappersTest(harness.CompatTest):
    """One repository that was just made, and files to save, for all."""

    made = None

    def setUp(self):
        if WrappersTest.made is None:
            made = WrappersTest("make")
            super(WrappersTest, made).setUp()
            unittest.addModuleCleanup(made.doCleanups)
            made.make()
            WrappersTest.made = made
        self.scratch, self.source = self.made.scratch, self.made.source

    def make(self):
        self.restic("init")
        cheap_key.cheapen(self.repository, PASSWORD)
        # Outside /tmp would be nicer to read, but nothing else is sure to be ours.
        self.source = os.path.join(self.scratch, "home")
        for name, text in (("docs/letter.txt", "Dear reader\n"), ("docs/notes.tmp", "t\n"),
                           ("docs/deep/plan", "1. begin\n"), ("image.iso", "iso\n"),
                           ("data.bin", "01" * 4000), ("empty", "")):
            path = os.path.join(self.source, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
        os.symlink("docs/letter.txt", os.path.join(self.source, "link"))
        for name, program in PROGRAMS.items():
            directory = os.path.join(self.scratch, "bin", name)
            os.makedirs(directory)
            os.symlink(os.path.abspath(program), os.path.join(directory, "restic"))

    def read_by(self, wrapper, name):
        directory = tempfile.mkdtemp(dir=self.scratch, prefix=f"{wrapper}-")
        restic = Restic(os.path.join(self.scratch, "bin", name), directory, self.source,
                        harness.restic_version(), self.made.repository)
        mask = Mask(restic)
        read = [(asked, mask(answer)) for asked, answer
                in importlib.import_module(f"wrappers.{wrapper}").session(restic)]
        shutil.rmtree(directory)
        return read

    def compare(self, wrapper):
        theirs = self.read_by(wrapper, "restic")
        ours = dict(self.read_by(wrapper, "snapfs"))
        self.assertEqual([asked for asked, _ in theirs], list(ours))
        for asked, answer in theirs:
            with self.subTest(asked):
                self.assertEqual(answer, ours[asked])


def add_test(wrapper):
    setattr(WrappersTest, f"test_{wrapper}", lambda self: self.compare(wrapper))


for WRAPPER in WRAPPERS:
    add_test(WRAPPER)


if __name__ == "__main__":
    harness.main()
