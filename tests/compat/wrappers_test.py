"""Wrappers of restic find in snapfs what they find in restic: the same answers, the same statuses.

Each session of wrappers/ runs twice, in turn with a link called `restic` to either program first on PATH,
over the same files. What the wrapper read must be equal, once IDs, times and places are masked.
"""
import importlib
import os
import re
import shutil
import tempfile
import unittest

import cheap_key
import harness
from wrappers.program import Mask, PASSWORD, Restic

WRAPPERS = ("autorestic", "backrest", "restic_exporter", "resticprofile", "resticpy")
PROGRAMS = {"restic": harness.RESTIC, "snapfs": harness.SNAPFS}


class BothProgramsTest(harness.CompatTest):
    """One repository that was just made, and files to save, for all."""

    made = None

    def setUp(self):
        if BothProgramsTest.made is None:
            made = BothProgramsTest("make")
            super(BothProgramsTest, made).setUp()
            unittest.addModuleCleanup(made.doCleanups)
            made.make()
            BothProgramsTest.made = made
        self.scratch, self.source = self.made.scratch, self.made.source

    def make(self):
        self.restic("init")
        cheap_key.cheapen(self.repository, PASSWORD)
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

    def program(self, name):
        """In a new directory of its own."""
        return Restic(os.path.join(self.scratch, "bin", name), tempfile.mkdtemp(dir=self.scratch),
                      self.source, harness.restic_version(), self.made.repository)


class WrappersTest(BothProgramsTest):
    def read_by(self, wrapper, name):
        restic = self.program(name)
        mask = Mask(restic)
        read = [(asked, mask(answer)) for asked, answer
                in importlib.import_module(f"wrappers.{wrapper}").session(restic)]
        shutil.rmtree(restic.directory)
        return read

    def compare(self, wrapper):
        theirs = self.read_by(wrapper, "restic")
        ours = dict(self.read_by(wrapper, "snapfs"))
        self.assertEqual([asked for asked, _ in theirs], list(ours))
        for asked, answer in theirs:
            with self.subTest(asked):
                self.assertEqual(answer, ours[asked])


class WordsTest(BothProgramsTest):
    """What docs/restic.md promises for those who cut text: both programs print it, in the same order."""

    SNAPSHOT = r"[0-9a-f]{8}"
    CALLS = (
        (("init",), {}, [r"^created restic repository [0-9a-f]+ at "]),
        (("init",), {}, [r"^Fatal: .*config file already exists"]),
        (("snapshots",), {"RESTIC_REPOSITORY": "missing"},
         [r"^Fatal: .*unable to open config file", r"Is there a repository at the following location\?",
          r"missing"]),
        (("snapshots",), {"RESTIC_PASSWORD": "wrong"}, [r"^Fatal: wrong password or no key found"]),
        (("backup", "{source}"), {},
         [r"^Files: +\d+ new, +\d+ changed, +\d+ unmodified$",
          r"^Dirs: +\d+ new, +\d+ changed, +\d+ unmodified$", r"^Added to the repository: [\d.]+ \w+ +\(",
          r"^processed \d+ files, [\d.]+ \w+ in \d+:\d\d$", rf"^snapshot {SNAPSHOT} saved$"]),
        (("backup", "{source}", "{source}/missing"), {},
         [rf"^using parent snapshot {SNAPSHOT}$", rf"^snapshot {SNAPSHOT} saved$",
          r"^Warning: at least one source file could not be read"]),
        (("snapshots",), {}, [r"^ID +Time +Host +Tags", r"^2 snapshots$"]),
        (("snapshots", "--latest", "1"), {}, [r"^1 snapshots$"]),
        (("tag", "--add", "one", "latest"), {}, [r"^modified 1 snapshots$"]),
        (("tag", "--add", "one", "latest"), {}, [r"^no snapshots were modified$"]),
        (("forget", "--keep-last", "1", "--group-by", ""), {},
         [r"^Applying Policy: keep 1 latest snapshots", r"^keep 1 snapshots:$", r"^remove 1 snapshots:$"]),
        (("check",), {}, [r"^no errors were found$"]),
        (("unlock",), {}, [r"^successfully removed 1 locks$"]),
        (("restore", "latest", "--target", "restored"), {},
         [rf"^restoring snapshot {SNAPSHOT} of \[.*\] at .* by .*@.* to restored$",
          r"^Summary: Restored \d+ files/dirs \([\d.]+ \w+\) in \d+:\d\d"]),
        (("stats",), {}, [r"^Stats in restore-size mode:", r"Snapshots processed: +1$",
                          r"Total File Count: +\d+$", r"Total Size: +[\d.]+ \w+$"]),
        (("prune",), {}, [r"^total prune: +\d+ blobs / [\d.]+ \w+", r"^remaining: +\d+ blobs / "]),
        (("copy", "--from-repo", "{repository}"), {"RESTIC_REPOSITORY": "second"},
         [rf"^snapshot {SNAPSHOT} saved, copied from source snapshot {SNAPSHOT}$"]),
        (("copy", "--from-repo", "{repository}", "-v"), {"RESTIC_REPOSITORY": "second"},
         [rf"^skipping source snapshot {SNAPSHOT}, was already copied to snapshot {SNAPSHOT}$"]),
        (("rewrite", "--exclude", "*.bin", "--dry-run"), {},
         [r"^would save new snapshot$", r"^would modify 1 snapshots$"]),
        (("rewrite", "--exclude", "*.bin", "--forget"), {},
         [rf"^saved new snapshot {SNAPSHOT}$", rf"^removed old snapshot {SNAPSHOT}$",
          r"^modified 1 snapshots$"]),
        (("rewrite", "--exclude", "*.bin"), {}, [r"^no snapshots were modified$"]),
    )

    def test_words(self):
        new = harness.restic_version() >= (0, 18)  # older ones had other words here and there
        for name in PROGRAMS if new else ["snapfs"]:
            restic = self.program(name)
            for number, (arguments, variables, patterns) in enumerate(self.CALLS):
                if arguments == ("unlock",):
                    restic.lock(age_seconds=3600)
                if number == 2:
                    restic.make_repository()
                    restic.run("init", RESTIC_REPOSITORY="second")
                self.look_for(patterns, restic, name, arguments, variables)

    def look_for(self, patterns, restic, name, arguments, variables):
        known = {"{source}": restic.source, "{repository}": restic.repository}
        words = [known.get(word.removesuffix("/missing"), word) +
                 ("/missing" if word.endswith("/missing") else "") if "{" in word else word
                 for word in arguments]
        told = restic.run(*words, merged=True, RESTIC_FROM_PASSWORD=PASSWORD, **variables).out
        with self.subTest(f"{name} {' '.join(arguments)}"):
            lines, place = told.splitlines(), 0
            for pattern in patterns:
                found = [number for number in range(place, len(lines))
                         if re.search(pattern, lines[number])]
                self.assertTrue(found, f"{pattern} is not in\n{told}")
                place = found[0]


def add_test(wrapper):
    setattr(WrappersTest, f"test_{wrapper}", lambda self: self.compare(wrapper))


for WRAPPER in WRAPPERS:
    add_test(WRAPPER)


if __name__ == "__main__":
    harness.main()
