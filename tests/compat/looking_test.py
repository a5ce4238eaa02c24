"""Looking into a repository: what snapfs and restic say of the same one is the same."""
import datetime
import functools
import io
import json
import os
import re
import shutil
import subprocess
import tarfile
import unittest
import zipfile

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
        self.old, self.new, self.nasty = (s["short_id"] for s in self.snapshots()[:3])

    def make(self):
        self.cheap_repository()
        nasty_tree.NastyTree(os.path.join(self.scratch, "nasty"),
                             raw_link_targets=harness.restic_version() >= (0, 16)).make()
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

    def assert_both_refuse(self, *arguments):
        result = subprocess.run([harness.RESTIC, *arguments], cwd=self.scratch, check=False,
                                env=self.environment, capture_output=True)
        self.assertNotIn(result.returncode, (0, 130), arguments)
        self.snapfs(*arguments, expect=1)

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
        # restic says nothing, and succeeds.
        self.assertIn('has no "/nowhere"', self.snapfs("ls", "-q", self.old, "/nowhere", expect=1).stderr)

    def test_a_directory_has_to_be_absolute(self):
        self.assert_both_refuse("ls", self.old, "work")

    def test_subfolders(self):
        self.require_option("cat", "snapshot:subfolder")
        for folder in ("/work/a", "work/a", "/work/a/", "/"):
            self.assert_same_text("ls", "-q", f"{self.old}:{folder}")
        self.assert_same_text("ls", "-q", f"{self.old}:/work", "/a")
        for folder in ("/nowhere", "/work/a/y.txt"):
            self.assert_both_refuse("ls", f"{self.old}:{folder}")

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
                          ["list", "nonsense"]):
            self.assert_both_refuse(*arguments)
        if harness.restic_version() >= (0, 18):  # older ones look for it for more than a minute
            self.assert_both_refuse("cat", "index", "0" * 64)
        self.snapfs("cat", "index", "0" * 64, expect=1)


    def test_list_prints_lines_even_as_json(self):
        for kind in ("blobs", "packs", "index", "snapshots", "keys", "locks"):
            theirs, ours = self.both("list", kind, "--json")
            self.assertEqual(sorted(theirs.splitlines()), sorted(ours.splitlines()), kind)


class FindTest(LookingTest):
    def found(self, *arguments):
        """What is found in each snapshot, in no order: older versions of restic have none."""
        return tuple(sorted(part.strip("\n") for part in re.split("(?m)^(?=Found )", text))
                     for text in self.both(*arguments))

    def test_patterns(self):
        for patterns in (["x.txt"], ["*.t*"], ["nope"], ["top"], ["work/a"], ["/work/*"],
                         ["work/**/x.txt"], ["[xy].txt"], ["/work/a/?.txt", "deep"], ["*"], [""],
                         ["x.txt", "/nowhere/*"], ["!top"], ["a/b"], ["**/b"], ["/work/a/**"],
                         ["new*line"]):
            self.assertEqual(*self.found("find", *patterns), patterns)

    def test_options(self):
        for arguments in (["-l", "*"], ["-i", "TOP"], ["-R", "top"], ["-s", self.old, "top"],
                          ["-s", self.new, "-s", self.old, "a"], ["-s", "latest", "plain"],
                          ["-O", "2026-01-01", "*"], ["-N", "2000-01-01", "*"],
                          ["-O", "1970-01-01 00:00:00", "-N", "1970-01-01 00:00:01", "*"],
                          ["--host", "other", "*"], ["--tag", "two", "*"],
                          ["--path", os.path.join(self.scratch, "work"), "x.txt"]):
            if all(word in help_of("find") for word in arguments if word.startswith("-")):
                self.assertEqual(*self.found("find", *arguments), arguments)

    def test_json(self):
        if "inode" not in self.restic("find", "--json", "x.txt").stdout:
            self.skipTest("this restic's objects have fewer fields")
        for arguments in (["x.txt", "*.t*"], ["nope"], ["nasty"], ["-i", "LINK"]):
            self.assert_same_json("find", *arguments)

    def test_newer_and_older_are_other_names(self):
        for ours, theirs in (("--newer", "--oldest"), ("--older", "--newest")):
            self.assertEqual(self.snapfs("find", ours, "2020-01-01", "*").stdout,
                             self.snapfs("find", theirs, "2020-01-01", "*").stdout)

    def test_human_sizes(self):
        self.require_option("find", "--human-readable")
        self.assert_same_text("find", "-l", "--human-readable", "several*")

    def blob_and_tree(self):
        root = json.loads(self.snapfs("cat", "tree", self.old).stdout)["nodes"][0]["subtree"]
        entries = json.loads(self.snapfs("cat", "blob", root).stdout)["nodes"]
        directory = next(e["subtree"] for e in entries if e["name"] == "a")
        file = next(e["content"][0] for e in entries if e["name"] == "same.tar.gz")
        return file, directory

    def test_blobs_and_trees(self):
        blob, tree = self.blob_and_tree()
        for arguments in (["--blob", blob], ["--blob", blob[:8]], ["--tree", tree],
                          ["--tree", tree[:8]], ["--blob", "0" * 64]):
            self.assertEqual(*self.found("find", *arguments), arguments)
            theirs, ours = (json.loads(text) for text in self.both("find", *arguments, "--json"))
            self.assertCountEqual(normalized(theirs), normalized(ours))

    def test_packs(self):
        for pack in self.snapfs("list", "packs").stdout.split():
            theirs, ours = self.both("find", "--pack", pack)
            self.assertNotEqual(ours, "")
            if theirs:  # older ones look for data only, and list it in no order
                self.assertCountEqual(theirs.splitlines(), ours.splitlines())

    def test_show_pack_id(self):
        blob, tree = self.blob_and_tree()
        self.assert_same_lines_unordered("find", "--show-pack-id", "--blob", blob)
        self.assert_same_lines_unordered("find", "--show-pack-id", "--tree", tree)

    def test_mistakes(self):
        for arguments in ([], ["-O", "nonsense", "x"], ["["], ["--blob", "--tree", "00000000"],
                          ["--pack", "00000000"]):
            self.assert_both_refuse("find", *arguments)

    def test_says_what_could_not_be_searched(self):
        blob, tree = self.blob_and_tree()
        self.assertTrue(blob)
        copy = os.path.join(self.scratch, "damaged")
        shutil.copytree(self.repository, copy, symlinks=True)
        try:
            found = self.snapfs("find", "--show-pack-id", "--tree", tree).stdout
            pack = next(line for line in found.splitlines() if line.startswith("Object")).split()[-1]
            os.chmod(os.path.join(copy, "data", pack[:2], pack), 0o600)
            with open(os.path.join(copy, "data", pack[:2], pack), "r+b") as file:
                file.write(b"damage" * 100)
            result = self.snapfs("find", "-r", copy, "--no-cache", "x.txt", expect=1)
            self.assertRegex(result.stderr, "(?m)^snapfs: tree [0-9a-f]{8}: this directory was not searched: ")
            self.assertIn("/work/a/b/x.txt", result.stdout)
        finally:
            shutil.rmtree(copy)


class DiffTest(LookingTest):
    def test_changes(self):
        for pair in ((self.old, self.new), (self.new, self.old), (self.old, self.nasty),
                     (self.old, self.old)):
            self.assert_same_text("diff", *pair)
            self.assert_same_text("diff", "--metadata", *pair)

    def test_json(self):
        if "message_type" not in self.restic("diff", "--json", self.old, self.new).stdout:
            self.skipTest("this restic's diff has no JSON")
        self.assert_same_json_lines("diff", self.old, self.new)
        self.assert_same_json_lines("diff", "--metadata", self.new, self.nasty)

    def test_folders(self):
        self.require_option("cat", "snapshot:subfolder")
        self.assert_same_text("diff", f"{self.old}:/work/a", f"{self.new}:/work/a")
        self.assert_same_text("diff", f"{self.old}:work", f"{self.new}:work/added")

    def test_mistakes(self):
        for arguments in ([self.old], [self.old, "00000000"], [self.old, f"{self.new}:/nowhere"]):
            self.assert_both_refuse("diff", *arguments)


class StatsTest(LookingTest):
    MODES = ("restore-size", "files-by-contents", "raw-data", "blobs-per-file")

    def test_modes(self):
        self.require_option("stats", "blobs-per-file")
        for mode in self.MODES:
            for ids in ([self.nasty], [self.old], []):
                if mode == "blobs-per-file" and not ids:
                    continue  # the order of snapshots decides, and restic's is any
                theirs, ours = (json.loads(text) for text in
                                self.both("stats", "--json", "--mode", mode, *ids))
                if mode == "raw-data" and "compression_ratio" in theirs:
                    for key in list(theirs):
                        if isinstance(theirs[key], float):
                            self.assertAlmostEqual(theirs.pop(key), ours.pop(key))
                self.assertEqual(theirs, {key: ours.get(key, 0) for key in theirs}, (mode, ids))

    def test_text(self):
        self.require_option("snapshots", "--latest")
        for mode in self.MODES:
            theirs, ours = self.both("stats", "--mode", mode, self.nasty)
            if "     Snapshots processed:  1" not in theirs:
                self.skipTest("this restic's lines are others")
            self.assertEqual([line for line in theirs.splitlines() if line[0] not in "s["],
                             ours.splitlines())

    def test_filters(self):
        for arguments in (["--host", "other"], ["latest"], ["--tag", "one"]):
            theirs, ours = (json.loads(text) for text in self.both("stats", "--json", *arguments))
            self.assertEqual(theirs["total_size"], ours["total_size"])
        self.assert_both_refuse("stats", "--mode", "nonsense")


class DumpTest(LookingTest):
    def dump(self, program, *arguments):
        done = subprocess.run([program, "dump", *arguments], env=self.environment,
                              capture_output=True, check=True)
        return done.stdout

    def test_files(self):
        for name in ("several chunks", "sparse", "empty", "new\nline", "zeros", "compressible"):
            path = os.path.join(self.scratch, "nasty", name)
            with open(path, "rb") as file:
                self.assertTrue(file.read() == self.dump(harness.SNAPFS, self.nasty, f"nasty/{name}"))

    def test_tar_restores_exactly(self):
        target = os.path.join(self.scratch, "restored")
        os.makedirs(target)
        archive = self.dump(harness.SNAPFS, self.nasty, "/")
        result = subprocess.run(["tar", "-C", target, "--xattrs", "--xattrs-include=*", "-xpf", "-"],
                                input=archive, capture_output=True, check=True)
        lines = [line for line in result.stderr.splitlines()
                 if b"time stamp" not in line and b"extended header keyword" not in line]
        self.assertEqual(lines, [])
        self.round_to_epoch(os.path.join(target, "nasty", "before epoch"))
        self.assert_same_files(os.path.join(self.scratch, "nasty"), os.path.join(target, "nasty"))
        subprocess.run(["chmod", "-R", "u+rwX", target], check=True)
        shutil.rmtree(target)

    def round_to_epoch(self, restored):
        """The last second before the epoch is the only time that is rounded, to the nearer end."""
        original = os.stat(os.path.join(self.scratch, "nasty", "before epoch")).st_mtime_ns
        self.assertLess(abs(os.stat(restored).st_mtime_ns - original), 10**9 // 2)
        os.utime(restored, ns=(original, original))

    def members(self, archive):
        with tarfile.open(fileobj=io.BytesIO(archive), errors="surrogateescape") as tar:
            return [(m.name, m.type, m.mode, m.uid, m.gid, m.uname, m.gname, m.size, m.linkname)
                    for m in tar if m.type in (tarfile.REGTYPE, tarfile.DIRTYPE, tarfile.SYMTYPE)]

    def test_tar_has_what_restics_has(self):
        for snapshot, path in ((self.old, "/"), (self.new, "/")):
            self.assertEqual(*(self.members(self.dump(program, snapshot, path))
                               for program in (harness.RESTIC, harness.SNAPFS)))
        # A directory comes with its own entry, too.
        theirs, ours = (self.members(self.dump(program, self.old, "/work/a"))
                        for program in (harness.RESTIC, harness.SNAPFS))
        self.assertEqual(ours[0][:2], ("work/a", tarfile.DIRTYPE))
        self.assertEqual(theirs[-len(ours) + 1:], ours[1:])

    def test_folder_is_the_root(self):
        names = [m[0] for m in self.members(self.dump(harness.SNAPFS, f"{self.old}:/work/a", "/"))]
        self.assertEqual(names, ["b", "b/x.txt", "link", "removed", "removed/below",
                                 "removed/below/file", "y.txt"])

    def test_zip(self):
        archive = os.path.join(self.scratch, "archive.zip")
        self.assertEqual(self.dump(harness.SNAPFS, "-a", "zip", "-t", archive, self.old, "/"), b"")
        with zipfile.ZipFile(archive) as file:
            self.assertIsNone(file.testzip())
            self.assertEqual(file.read("work/a/b/x.txt"), b"hi\n")
            self.assertEqual(file.read("work/a/link"), b"y.txt")
        os.remove(archive)

    def test_mistakes(self):
        for arguments in (["latest"], [self.old, "/nowhere"], [self.old, "/work/a/link"],
                          [self.old, "/work/top/x"], ["-a", "nonsense", self.old, "/"]):
            self.assert_both_refuse("dump", *arguments)


class LogTest(LookingTest):
    def log(self, *arguments):
        return [json.loads(line) for line in self.snapfs("log", "--json", *arguments).stdout.splitlines()]

    def history(self, path):
        # Both are of the same directory, but of two hosts.
        return [(entry["short_id"], entry["changes"]) for entry in
                self.log(path, "-s", self.old, "-s", self.new)]

    def test_versions(self):
        for name, text in (("1", "first\n"), ("2", "second\n"), ("2", "second\n")):
            self.write(self.scratch, "file", text)
            self.backup("file", f"2026-04-0{name} 10:00:00", "--host", "logged")
        versions = self.log("--host", "logged", "/file")
        self.assertEqual([v["changes"] for v in versions][0], ["appeared"])
        self.assertEqual(versions[0]["size"], 6)
        self.assertIn("content", versions[1]["changes"])
        self.assertEqual(versions[0]["mount_path"][:29], "snapshots/2026-04-01T10-00-00")
        text = self.snapfs("log", "--host", "logged", "/file").stdout
        self.assertIn(versions[1]["mount_path"], text)
        for snapshot in self.snapshots():
            if snapshot["hostname"] == "logged":
                self.restic("forget", snapshot["id"])

    def test_hosts_are_histories_of_their_own(self):
        self.assertEqual(self.history("/work/top"), [(self.old, ["appeared"]), (self.new, ["appeared"])])

    def test_the_path_of_the_mount_leads_there(self):
        (version,) = self.log("/nasty/several chunks")
        with self.mounted() as mountpoint:
            path = os.path.join(mountpoint, version["mount_path"])
            self.assertEqual(os.path.getsize(path), version["size"])

    def test_a_directory_that_cannot_be_read(self):
        copy = os.path.join(self.scratch, "damaged")
        shutil.copytree(self.repository, copy, symlinks=True)
        self.addCleanup(shutil.rmtree, copy)
        before = self.log("/work/a/b/x.txt")
        place = self.snapfs("find", "--show-pack-id", "--tree", self.tree_of("/work/a/b")).stdout
        pack = next(line for line in place.splitlines() if line.startswith("Object")).split()[-1]
        path = os.path.join(copy, "data", pack[:2], pack)
        os.chmod(path, 0o600)
        with open(path, "r+b") as file:
            file.write(b"damage" * 100)
        self.assertTrue(before)
        done = self.snapfs("log", "-r", copy, "--no-cache", "/work/a/b/x.txt", expect=1)
        self.assertRegex(done.stderr, "(?m)^snapfs: .*tree [0-9a-f]{8}")
        self.assertEqual(len(done.stderr.splitlines()), len(set(done.stderr.splitlines())))
        self.assertNotIn("is in no snapshot", done.stderr)

    def tree_of(self, path):
        parent, name = os.path.split(path)
        tree = json.loads(self.snapfs("cat", "tree", f"{self.old}:{parent}").stdout)
        return next(node["subtree"] for node in tree["nodes"] if node["name"] == name)

    def test_a_path_that_is_nowhere(self):
        self.snapfs("log", "/nowhere", expect=1)


if __name__ == "__main__":
    harness.main()
