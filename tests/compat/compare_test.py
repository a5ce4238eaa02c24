"""scripts/compare finds what differs between two trees, and nothing between a tree and what snapfs makes of it."""
import os
import shutil
import subprocess
import sys

import harness
from nasty_tree import NastyTree

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
sys.path.insert(0, os.path.join(ROOT, "scripts", "lib"))

from tree_differences import PROPERTIES, differences  # noqa: E402


class CompareTest(harness.CompatTest):
    needs_restic = False

    def test_an_exact_copy_and_others(self):
        source, copy = os.path.join(self.scratch, "source"), os.path.join(self.scratch, "copy")
        NastyTree(source).make()
        subprocess.run(["cp", "-a", "--sparse=always", source, copy], check=True)
        self.assertEqual({name: found for name, found in differences(source, copy).items() if found}, {})
        os.remove(os.path.join(copy, "empty"))
        os.chmod(os.path.join(copy, "zeros"), 0o600)
        with open(os.path.join(copy, "one chunk exactly"), "r+b") as file:
            file.write(b"x")
        os.utime(os.path.join(copy, "at epoch"), ns=(0, 987654321))
        os.removexattr(os.path.join(copy, "plain"), "user.a")
        subprocess.run(["setfacl", "-b", os.path.join(copy, "compressible")], check=True)
        shutil.copyfile(os.path.join(copy, "several chunks"), os.path.join(copy, "new"))
        os.replace(os.path.join(copy, "new"), os.path.join(copy, "hard link"))
        with open(os.path.join(copy, "sparse"), "r+b") as file:
            content = file.read()
            file.seek(0)
            file.write(content)
        found = differences(source, copy)
        for name, path in (("names and types", b"empty"), ("permissions", b"zeros"), ("content", b"one chunk exactly"),
                           ("modification times, to the nanosecond", b"at epoch"), ("extended attributes", b"plain"),
                           ("access control lists", b"compressible"), ("hard links", b"hard link"), ("holes", b"sparse")):
            self.assertIn(path, found[name], name)
        self.assertNotIn(b"at epoch", found["modification times, to the second"])

    def test_ours_differ_in_nothing(self):
        if not harness.mount_usable() or not os.path.exists("/dev/fuse"):
            self.skipTest("/dev/fuse cannot be used here")
        shown = self.run_program(sys.executable, [os.path.join(ROOT, "scripts", "compare"), "--only", "snapfs", "--work", self.scratch],
                                 SNAPFS_PROGRAM=os.path.abspath(harness.SNAPFS)).stdout
        for name in PROPERTIES:
            self.assertIn(f"| {name} | – | – |\n", shown)


if __name__ == "__main__":
    harness.main()
