"""Looking into a repository: what snapfs and restic say of the same one is the same."""
import datetime
import functools
import json
import os
import subprocess
import unittest

import cheap_key
import harness
import nasty_tree


@functools.cache
def help_of(command):
    return subprocess.run([harness.RESTIC, command, "--help"], capture_output=True, text=True,
                          check=False).stdout


def normalized(value):
    """JSON with instants for times: a node's time is shown in the zone of the reader."""
    if isinstance(value, dict):
        return {key: normalized(item) for key, item in value.items()}
    if isinstance(value, list):
        return [normalized(item) for item in value]
    if isinstance(value, str) and len(value) >= 20 and value[4] == "-" and value[10] == "T":
        try:
            seconds, _, rest = value.partition(".")
            digits = rest.rstrip("Z").partition("+")[0].partition("-")[0]
            moment = datetime.datetime.fromisoformat(
                (seconds + rest[len(digits):]).replace("Z", "+00:00"))
            return (moment.timestamp(), digits)
        except ValueError:
            return value
    return value


def json_lines(text):
    return [normalized(json.loads(line)) for line in text.splitlines()]


class LookingTest(harness.CompatTest):
    """One repository for all: an awkward tree, and a small one that changed once."""

    made = None

    def setUp(self):
        if LookingTest.made is None:
            LookingTest.made = LookingTest("make")
            super(LookingTest, LookingTest.made).setUp()
            unittest.addModuleCleanup(LookingTest.made.doCleanups)
            LookingTest.made.make()
        for name in ("scratch", "repository", "environment"):
            setattr(self, name, getattr(self.made, name))
        self.old, self.new, self.nasty = (s["short_id"] for s in self.snapshots())

    def make(self):
        self.restic("init")
        cheap_key.cheapen(self.repository, harness.PASSWORD)
        nasty_tree.NastyTree(os.path.join(self.scratch, "nasty")).make()
        work = os.path.join(self.scratch, "work")
        os.makedirs(os.path.join(work, "a", "b"))
        for name, text in (("a/b/x.txt", "hi\n"), ("a/y.txt", "yo\n"), ("top", "zz\n"),
                           ("gone", "gone\n"), ("same.tar.gz", "same\n")):
            self.write(work, name, text)
        os.symlink("y.txt", os.path.join(work, "a", "link"))
        os.makedirs(os.path.join(work, "a", "removed", "below"))
        self.write(work, "a/removed/below/file", "r\n")
        self.backup("work", "2026-01-01 10:00:00", "--tag", "one,two")
        self.write(work, "a/b/x.txt", "more\n")
        os.chmod(os.path.join(work, "a", "y.txt"), 0o600)
        os.remove(os.path.join(work, "top"))
        os.remove(os.path.join(work, "gone"))
        os.remove(os.path.join(work, "a", "removed", "below", "file"))
        os.removedirs(os.path.join(work, "a", "removed", "below"))
        os.makedirs(os.path.join(work, "top", "deep"))
        self.write(work, "top/deep/new", "n\n")
        os.makedirs(os.path.join(work, "added"))
        self.write(work, "added/same again", "hi\n")
        self.backup("work", "2026-02-01 10:00:00", "--host", "other")
        self.backup("nasty", "2026-03-01 10:00:00")

    @staticmethod
    def write(directory, name, text):
        with open(os.path.join(directory, name), "w", encoding="utf-8") as file:
            file.write(text)

    def backup(self, name, moment, *options):
        self.restic("backup", "-q", name, "--time", moment, *options)

    def both(self, *arguments, expect=0):
        return (self.restic(*arguments, expect=expect).stdout,
                self.snapfs(*arguments, expect=expect).stdout)

    def assert_same_text(self, *arguments):
        theirs, ours = self.both(*arguments)
        self.assertEqual(theirs, ours)
        self.assertNotEqual(ours, "")

    def assert_same_lines_unordered(self, *arguments):
        theirs, ours = self.both(*arguments)
        self.assertEqual(sorted(theirs.splitlines()), sorted(ours.splitlines()))
        self.assertNotEqual(ours, "")

    def assert_same_json_lines(self, *arguments):
        theirs, ours = self.both(*arguments, "--json")
        self.assertEqual(json_lines(theirs), json_lines(ours))

    def assert_same_json(self, *arguments):
        theirs, ours = self.both(*arguments, "--json")
        self.assertEqual(normalized(json.loads(theirs)), normalized(json.loads(ours)))

    def require_option(self, command, option):
        if option not in help_of(command):
            self.skipTest(f"this restic's {command} has no {option}")


class LsTest(LookingTest):
    def test_names_and_long_lines(self):
        for snapshot in (self.old, self.nasty):
            self.assert_same_text("ls", "-q", snapshot)
            self.assert_same_text("ls", "-q", "-l", snapshot)

    def test_directories(self):
        for arguments in (["/work/a"], ["/work/a/"], ["/work/a", "/work/top"], ["/"],
                          ["/work/a/b/x.txt"], ["/work/../work/a"], ["/work", "/work/a/b"],
                          ["--recursive", "/work/a"], ["--recursive", "/"]):
            self.assert_same_text("ls", "-q", self.old, *arguments)
        self.assertEqual(self.both("ls", "-q", self.old, "/nowhere"), ("", ""))

    def test_a_directory_has_to_be_absolute(self):
        for program in (self.restic, self.snapfs):
            program("ls", self.old, "work", expect=1)

    def test_subfolders(self):
        self.require_option("cat", "snapshot:subfolder")
        for folder in ("/work/a", "work/a", "/work/a/", "/"):
            self.assert_same_text("ls", "-q", f"{self.old}:{folder}")
        self.assert_same_text("ls", "-q", f"{self.old}:/work", "/a")
        for folder in ("/nowhere", "/work/a/y.txt"):
            for program in (self.restic, self.snapfs):
                program("ls", f"{self.old}:{folder}", expect=1)

    def test_orders(self):
        self.require_option("ls", "--sort")
        for order in ("name", "size", "time", "mtime", "atime", "ctime", "extension"):
            self.assert_same_text("ls", "-q", "-l", "--sort", order, self.nasty)
            self.assert_same_text("ls", "-q", "--sort", order, "--reverse", self.old)

    def test_human_sizes(self):
        self.require_option("ls", "--human-readable")
        self.assert_same_text("ls", "-q", "-l", "--human-readable", self.nasty)

    def test_json(self):
        if "message_type" not in self.restic("ls", self.old, "--json").stdout:
            self.skipTest("this restic's objects have fewer fields")
        self.assert_same_json_lines("ls", self.nasty)
        self.assert_same_json_lines("ls", self.old, "/work/a")

    def test_ncdu(self):
        self.require_option("ls", "--ncdu")
        for arguments in ([self.nasty], [self.old, "/work/a"],
                          ["--recursive", self.old, "/work/a/b"]):
            self.assert_same_text("ls", "--ncdu", *arguments)

    def test_latest_goes_by_the_filters(self):
        for arguments in ([], ["--host", "other"], ["--tag", "one,two"],
                          ["--path", os.path.join(self.scratch, "work")]):
            self.assert_same_text("ls", "-q", *arguments, "latest")
        self.snapfs("ls", "--host", "nobody", "latest", expect=1)

    def test_ends_without_a_word_when_nobody_reads_on(self):
        with subprocess.Popen([harness.SNAPFS, "list", "blobs", "--no-lock"], env=self.environment,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE) as program:
            program.stdout.close()
            self.assertEqual(program.stderr.read(), b"")
        self.assertIn(program.returncode, (141, -13))
        with subprocess.Popen([harness.SNAPFS, "ls", self.nasty], env=self.environment,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE) as program:
            program.stdout.close()
            self.assertEqual(program.stderr.read(), b"")
        self.assertEqual(program.returncode, 141)
        self.assertEqual(self.snapfs("list", "locks").stdout, "")


class ObjectsTest(LookingTest):
    def ids(self, kind):
        return self.snapfs("list", kind).stdout.split()

    def test_list(self):
        for kind in ("blobs", "packs", "index", "snapshots", "keys"):
            self.assert_same_lines_unordered("list", kind)
        self.assertEqual(self.both("list", "locks"), ("", ""))

    def test_cat(self):
        for arguments in (["config"], ["masterkey"], ["key", *self.ids("keys")],
                          *(["snapshot", id] for id in self.ids("snapshots")),
                          *(["blob", id] for id in self.ids("blobs")[1:21:2])):
            self.assert_same_text("cat", *arguments)
        for index in self.ids("index"):
            theirs, ours = self.both("cat", "index", index)
            self.assertEqual(theirs.rstrip("\n"), ours.rstrip("\n"))

    def test_cat_tree(self):
        self.require_option("cat", "snapshot:subfolder")
        for tree in (self.old, f"{self.old}:/work/a", f"{self.nasty}:nasty/dir"):
            self.assert_same_text("cat", "tree", tree)

    def test_cat_takes_the_beginning_of_an_id(self):
        for kind, plural in (("index", "index"), ("pack", "packs"), ("key", "keys")):
            whole = self.ids(plural)[0]
            with open(os.path.join(self.scratch, "whole"), "wb") as file:
                subprocess.run([harness.SNAPFS, "cat", kind, whole], env=self.environment,
                               stdout=file, check=True)
            with open(os.path.join(self.scratch, "whole"), "rb") as file:
                part = subprocess.run([harness.SNAPFS, "cat", kind, whole[:20]],
                                      env=self.environment, capture_output=True, check=True)
                self.assertEqual(file.read(), part.stdout)

    def test_bad_names(self):
        for arguments in (["cat"], ["cat", "nonsense"], ["cat", "blob"], ["cat", "blob", "0" * 64],
                          ["cat", "blob", "xyz"], ["cat", "tree", "00000000"], ["list"],
                          ["list", "nonsense"], ["cat", "index", "0" * 64]):
            for program in (self.restic, self.snapfs):
                program(*arguments, expect=1)


if __name__ == "__main__":
    harness.main()
