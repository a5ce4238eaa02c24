"""The same directory, snapshotted by both programs, has the same tree ID."""
import glob
import os
import subprocess

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
                self.cheap_repository_of_ours("--repository-version", version)
                self.assert_same_tree("source")
                self.check()

    def test_names_that_are_no_text(self):
        """JSON has none but text: of attributes and owners both store the same, and restore the same."""
        if os.geteuid() != 0 or subprocess.run(["unshare", "-m", "true"], check=False,
                                               capture_output=True).returncode != 0:
            self.skipTest("only root may have a mount namespace, and owners of files, here")
        os.mkdir(self.source)
        path = os.path.join(self.source, "file")
        with open(path, "wb"):
            pass
        attributes = {b"user.\xff\xfea": b"1", b"user.plain": b"\xff", b"user.\xed\xa0\x80": b"2"}
        for name, value in attributes.items():
            os.setxattr(path, name, value)
        os.chown(path, 12345, 54321)
        script = ""
        for name, line in (("passwd", b"us\xffer:x:12345:54321::/:/bin/sh\n"),
                           ("group", b"gr\xff\xfeoup:x:54321:\n")):
            with open(os.path.join("/etc", name), "rb") as file:
                content = file.read()
            with open(os.path.join(self.scratch, name), "wb") as file:
                file.write(content + line)
            script += f"mount --bind {name} /etc/{name}; "
        self.cheap_repository_of_ours()
        programs = [os.path.abspath(harness.SNAPFS), harness.RESTIC]
        script += f'"{programs[0]}" snapshot --force source; "{programs[1]}" backup --force source; '
        for number, (program, snapshot) in enumerate((p, s) for p in programs for s in "ab"):
            script += (f'set -- $(ls repository/snapshots); [ {snapshot} = a ] || shift; '
                       f'"{program}" restore "$1" --target out{number}; ')
        self.run_program("unshare", ["-m", "sh", "-eu", "-c", script])
        ours, theirs = self.snapshots()
        self.assertEqual(ours["tree"], theirs["tree"])
        seen = []
        for number in range(4):
            (restored,) = glob.glob(f"{self.scratch}/out{number}/**/file", recursive=True)
            seen.append({name: os.getxattr(restored, name) for name in os.listxattr(restored)})
            self.assertEqual((os.stat(restored).st_uid, os.stat(restored).st_gid), (12345, 54321))
        self.assertEqual(seen, [seen[0]] * 4)
        self.assertEqual(len(seen[0]), 3)
        self.assertEqual(seen[0]["user.plain"], b"\xff")
        self.check()

    def test_time_zones(self):
        self.make_nasty_tree()
        self.cheap_repository_of_ours()
        for zone in ("Europe/Berlin", "Africa/Monrovia", "CET-1CEST", "No/Such/Zone", ""):
            with self.subTest(zone=zone):
                self.assert_same_tree("source/dir", "source/in 1960", TZ=zone)

    def test_kinds_of_targets(self):
        self.make_nasty_tree()
        self.cheap_repository_of_ours()
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
        self.cheap_repository_of_ours()
        link = os.path.join(self.scratch, "link")
        os.symlink(self.source, link)
        self.assert_same_tree("dir/below", cwd=link, PWD=link)
        self.assertEqual(self.snapshots()[0]["paths"], [os.path.join(link, "dir", "below")])

    def test_system_headers(self):
        """An absolute target whose ancestors nobody changes meanwhile, as /tmp would be."""
        self.cheap_repository_of_ours()
        self.assert_same_tree("/usr/include")
        self.check()


if __name__ == "__main__":
    harness.main()
