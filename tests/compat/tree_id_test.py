"""The same directory, snapshotted by both programs, has the same tree ID."""
import os

import harness
from nasty_tree import NastyTree


class TreeIdTest(harness.CompatTest):
    def setUp(self):
        super().setUp()
        self.source = os.path.join(self.scratch, "source")

    def make_nasty_tree(self, seed=1):
        # restic before 0.17 stores no linktarget_raw (FORMAT §10.2).
        raw = harness.restic_version() >= (0, 17)
        NastyTree(self.source, seed, raw_link_targets=raw).make()

    def trees_of_both(self, *targets, cwd=None, **environment):
        """Both programs snapshot the targets, snapfs first; the tree IDs of the two snapshots."""
        self.snapfs("snapshot", "--force", *targets, cwd=cwd, **environment)
        self.restic("backup", "--force", *targets, cwd=cwd, **environment)
        ours, theirs = self.snapshots()[-2:]
        self.assertEqual(ours["paths"], theirs["paths"])
        return ours["tree"], theirs["tree"]

    def assert_same_tree(self, *targets, **options):
        ours, theirs = self.trees_of_both(*targets, **options)
        self.assertEqual(ours, theirs)

    def test_nasty_tree_in_every_format(self):
        self.make_nasty_tree()
        for version, compression in harness.FORMATS:
            with self.subTest(version=version, compression=compression):
                self.use_format(version, compression)
                self.snapfs("init", "--repository-version", version)
                self.assert_same_tree("source")
                self.check()

    def test_time_zones(self):
        self.make_nasty_tree()
        self.snapfs("init")
        for zone in ("Europe/Berlin", "Africa/Monrovia", "CET-1CEST", "No/Such/Zone", ""):
            with self.subTest(zone=zone):
                self.assert_same_tree("source/dir", "source/in 1960", TZ=zone)

    def test_kinds_of_targets(self):
        self.make_nasty_tree()
        self.snapfs("init")
        directory = os.path.join(self.source, "dir")
        for targets, cwd in ((["."], directory), (["../dir/below"], directory),
                             (["source/plain", "source/dir/below"], self.scratch),
                             (["source/to plain", "source/dir/"], self.scratch),
                             (["source", "source/dir"], self.scratch),
                             (["./source//dir/../empty"], self.scratch)):
            with self.subTest(targets=targets):
                self.assert_same_tree(*targets, cwd=cwd)

    def test_working_directory_reached_through_a_link(self):
        """Both record the shell's name of the directory."""
        self.make_nasty_tree()
        self.snapfs("init")
        link = os.path.join(self.scratch, "link")
        os.symlink(self.source, link)
        self.assert_same_tree("dir/below", cwd=link, PWD=link)
        self.assertEqual(self.snapshots()[0]["paths"], [os.path.join(link, "dir", "below")])

    def test_system_headers(self):
        """An absolute target whose ancestors nobody changes meanwhile, as /tmp would be."""
        self.snapfs("init")
        self.assert_same_tree("/usr/include")
        self.check()


if __name__ == "__main__":
    harness.main()
