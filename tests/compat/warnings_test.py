"""What a snapshot that met trouble says of it: each line begins with its item, and the last one says
whether anything is missing. Also files that can be read but not sought in."""
import json
import os
import subprocess
import unittest

import damage
import harness

DEEP = 2049  # one more directory than a source is followed


class WarningsTest(harness.CompatTest):
    needs_restic = False

    def setUp(self):
        super().setUp()
        self.cheap_repository_of_ours()
        self.source = os.path.join(self.scratch, "source")
        os.makedirs(self.source)
        self.write("kept", "kept")

    def write(self, name, content):
        path = os.path.join(self.source, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="ascii") as file:
            file.write(content)
        return path

    def lines(self, *arguments, expect=0):
        """Those on standard error, without the program's name; the same as programs read them."""
        result = self.snapfs("snapshot", "-q", *arguments, expect=expect)
        lines = result.stderr.splitlines()
        for line in lines:
            self.assertTrue(line.startswith("snapfs: "), line)
        return [line.removeprefix("snapfs: ") for line in lines]

    def stored(self, path):
        return self.snapfs("dump", "latest", path).stdout

    def test_nested_too_deep(self):
        self.addCleanup(subprocess.run, ["rm", "-rf", self.source], check=True)
        here = os.open(self.source, os.O_RDONLY)
        for _ in range(DEEP):
            os.mkdir("d", dir_fd=here)
            below = os.open("d", os.O_RDONLY, dir_fd=here)
            os.close(here)
            here = below
        os.close(here)
        warning, last = self.lines(self.source, expect=3)
        self.assertTrue(warning.startswith(self.source + "/d/d/"), warning[:200])
        self.assertIn(": directories are nested more than 2048 deep", warning)
        self.assertIn("1 problem, named above; what could not be read is not in the snapshot", last)
        self.assertTrue(last.startswith("Warning: at least one source file could not be read"), last)

    def test_what_cannot_be_read_or_is_not_there(self):
        missing = os.path.join(self.scratch, "missing")
        warning, last = self.lines(self.source, missing, expect=3)
        self.assertEqual(warning, f"{missing}: cannot stat: No such file or directory")
        self.assertIn("is not in the snapshot", last)
        record, end = (json.loads(line) for line in self.snapfs(
            "snapshot", "--json", "-q", self.source, missing, expect=3).stderr.splitlines())
        self.assertEqual((record["item"], record["error"]["message"]), (missing, warning))
        self.assertEqual((end["message_type"], end["code"], end["message"]), ("exit_error", 3, last))

    def forget_blobs_of(self, path):
        """The pack of that file's content is gone, and the index knows."""
        node = next(json.loads(line) for line in self.snapfs(
            "ls", "--json", "latest").stdout.splitlines() if f'"path":"{path}"' in line)
        self.assertEqual(node["type"], "file")
        tree = json.loads(self.snapfs("cat", "blob", self.tree_of(os.path.dirname(path))).stdout)
        (found,) = (one for one in tree["nodes"] if one["name"] == os.path.basename(path))
        self.remove_pack_of(found["content"][0])

    def tree_of(self, directory):
        snapshot = json.loads(self.snapfs("snapshots", "--json", "latest").stdout)[0]
        tree = snapshot["tree"]
        for name in directory.strip("/").split("/"):
            nodes = json.loads(self.snapfs("cat", "blob", tree).stdout)["nodes"]
            (tree,) = (node["subtree"] for node in nodes if node["name"] == name)
        return tree

    def remove_pack_of(self, blob):
        for index in self.snapfs("list", "index").stdout.split():
            for pack in json.loads(self.snapfs("cat", "index", index).stdout)["packs"]:
                if any(one["id"] == blob for one in pack["blobs"]):
                    os.remove(damage.pack_path(self.repository, pack["id"]))
        self.snapfs("repair", "index")

    def test_content_that_the_repository_lost(self):
        path = self.write("file", "x" * 5000)
        os.utime(path, (1, 1))
        self.lines(self.source)
        self.forget_blobs_of(path)
        # Those that share the pack are missed, too. The change time is too new to tell a file that was not changed.
        *warnings, last = self.lines("--ignore-ctime", self.source, expect=3)
        self.assertIn(f"{path}: parts of its content are missing from the repository; it is read "
                      "again", warnings)
        self.assertIn("everything was stored", last)
        self.assertNotIn("not in the snapshot", last)
        self.assertEqual(self.stored(path), "x" * 5000)

    def test_directory_that_the_repository_lost(self):
        directory = os.path.dirname(self.write("dir/file", "x"))
        self.lines(self.source)
        self.remove_pack_of(self.tree_of(directory))
        *warnings, last = self.lines(self.source, expect=3)
        self.assertTrue(warnings)
        for warning in warnings:
            self.assertTrue(warning.startswith("/"), warning)
            self.assertRegex(warning, "the parent snapshot's directory cannot be read|missing from")
        self.assertIn("everything was stored", last)
        self.assertEqual(self.stored(os.path.join(directory, "file")), "x")

    def test_tags_that_are_no_files(self):
        tag = self.write("cache/CACHEDIR.TAG", "")
        for make, what in ((lambda: os.symlink("nowhere", tag), "a symbolic link"),
                           (lambda: os.symlink("CACHEDIR.TAG", tag), "a symbolic link"),
                           (lambda: os.mkfifo(tag), "a pipe"), (lambda: os.mkdir(tag), "a directory")):
            os.remove(tag)
            make()
            self.assertEqual(self.lines("--exclude-caches", self.source),
                             [f"{tag}: cannot read as a file: it is {what}: its directory is saved"])
            self.assertIn("CACHEDIR.TAG", self.snapfs("ls", "latest").stdout)

    def test_targets_of_which_nothing_is_left(self):
        other = os.path.join(self.scratch, "other")
        os.makedirs(os.path.join(other, "sub"))
        empty = os.path.join(self.scratch, "empty")
        os.makedirs(empty)
        nothing = "the rules leave nothing of it: it is empty in the snapshot"
        for arguments, directories in (
                (["-e", self.source + "/*"], [self.source]), (["-e", "kept"], [self.source]),
                (["-e", "/**"], [self.source, other]), (["-e", self.source], [self.source]),
                (["--exclude-larger-than", "1"], [self.source]), (["-e", "nothing"], [])):
            self.assertCountEqual(self.lines(*arguments, self.source, other, empty),
                                  [f"{directory}: {nothing}" for directory in directories])

    def test_variable_that_widens(self):
        rules = self.write("../rules", "# all\n$UNSET_X/**\n")
        for command in (["snapshot", "--exclude-file", rules, self.source],
                        ["snapshot", "--iexclude-file", rules, self.source],
                        ["restore", "latest", "--target", self.scratch + "/r", "--include-file", rules],
                        ["rewrite", "--forget", "--exclude-file", rules],
                        ["rewrite", "--forget", "--iinclude-file", rules]):
            result = self.snapfs(*command, expect=1)
            for word in (rules, "line 2", "UNSET_X"):
                self.assertIn(word, result.stderr)
        self.assertEqual(self.snapfs("list", "snapshots").stdout, "")

    def test_failed_command_of_a_stream(self):
        for command, words in ((["sh", "-c", "echo half; exit 3"], "sh failed with status 3"),
                               (["no-such-program"], "no-such-program")):
            arguments = ["snapshot", "--json", "--stdin-filename", "/dump", "--stdin-from-command",
                         "--", *command]
            error, end = (json.loads(line)
                          for line in self.snapfs(*arguments, expect=1).stderr.splitlines())
            self.assertEqual((error["message_type"], error["during"], error["item"]),
                             ("error", "archival", "/dump"))
            self.assertIn(words, error["error"]["message"])
            self.assertEqual((end["message_type"], end["code"]), ("exit_error", 1))

    def test_files_that_cannot_be_sought_in(self):
        if not harness.mount_usable():
            self.skipTest("/dev/fuse cannot be used here")
        mountpoint = os.path.join(self.scratch, "streams")
        os.mkdir(mountpoint)
        server = subprocess.Popen([os.environ["SNAPFS_TEST_STREAMS"], mountpoint])
        self.assertEqual(server.wait(timeout=60), 0)  # it serves in the background
        try:
            with open(os.path.join(mountpoint, "small"), "rb", buffering=0) as file:
                self.assertFalse(file.seekable())
            expected = {}
            for name in ("empty", "small", "large"):
                with open(os.path.join(mountpoint, name), "rb", buffering=0) as file:
                    expected[name] = b"".join(iter(lambda: file.read(1 << 16), b""))
            self.assertEqual(len(expected["large"]), 5_000_000)
            for _ in range(2):  # the second time beside the first one
                self.assertEqual(self.lines(mountpoint), [])
                self.snapfs("restore", f"latest:{mountpoint}", "--target", self.scratch + "/back",
                            "--delete")
                for name, content in expected.items():
                    with open(os.path.join(self.scratch, "back", name), "rb") as file:
                        self.assertEqual(file.read(), content, name)
        finally:
            subprocess.run(["fusermount3", "-uz", mountpoint], check=True)


if __name__ == "__main__":
    harness.main()
