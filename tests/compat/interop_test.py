"""Each program restores and extends what the other wrote."""
import codecs
import json
import os
import subprocess

import harness
from nasty_tree import NastyTree


class InteropTest(harness.CompatTest):
    def setUp(self):
        super().setUp()
        self.source = os.path.join(self.scratch, "source")
        raw = harness.restic_version() >= (0, 17)
        NastyTree(self.source, 2, raw_link_targets=raw).make()

    def latest_in(self, mountpoint):
        return os.path.join(mountpoint, "snapshots", "latest", "source")

    def test_restic_restores_what_snapfs_wrote(self):
        # restic counts nanoseconds in 64 bits when it sets times, so it cannot restore this one.
        os.remove(os.path.join(self.source, "in 2400"))
        for version, compression in harness.FORMATS:
            with self.subTest(version=version, compression=compression):
                self.use_format(version, compression)
                self.cheap_repository_of_ours("--repository-version", version)
                self.snapfs("snapshot", "source")
                self.check()
                target = os.path.join(self.scratch, f"restored-v{version}-{compression}")
                self.restic("restore", "latest", "--target", target)
                self.assert_same_files(self.source, os.path.join(target, "source"))

    def test_mount_shows_what_snapfs_wrote(self):
        for version, compression in harness.FORMATS:
            with self.subTest(version=version, compression=compression):
                self.use_format(version, compression)
                self.cheap_repository_of_ours("--repository-version", version)
                self.snapfs("snapshot", "source")
                with self.mounted() as mountpoint:
                    self.assert_same_files(self.source, self.latest_in(mountpoint))

    def test_restic_repository_is_mounted_and_extended(self):
        for version, compression in harness.FORMATS:
            with self.subTest(version=version, compression=compression):
                self.use_format(version, compression)
                self.extend(version)

    def extend(self, version):
        self.cheap_repository("--repository-version", version)
        self.restic("backup", "source")
        with self.mounted() as mountpoint:
            self.assert_same_files(self.source, self.latest_in(mountpoint))
        summary = self.summary_of_snapshot("source")
        self.assertEqual((summary["files_new"], summary["files_changed"], summary["data_blobs"]),
                         (0, 0, 0))
        self.check()
        first, second = self.snapshots()[-2:]
        self.assertEqual(first["tree"], second["tree"])
        self.assertEqual(second["parent"], first["id"])

        with open(os.path.join(self.source, "plain"), "w", encoding="ascii") as file:
            file.write(f"changed for {self.repository}")
        summary = self.summary_of_snapshot("source")
        self.assertEqual((summary["files_new"], summary["files_changed"], summary["data_blobs"]),
                         (0, 1, 1))
        self.check()
        self.restic("backup", "source")
        self.assertEqual(len({snapshot["tree"] for snapshot in self.snapshots()[-2:]}), 1)

    def summary_of_snapshot(self, *targets):
        lines = self.snapfs("snapshot", "--json", *targets).stdout.splitlines()
        messages = [json.loads(line) for line in lines]
        return next(m for m in messages if m["message_type"] == "summary")

    def test_unchanged_snapshot_opens_no_file_and_adds_no_data(self):
        self.cheap_repository_of_ours()
        self.snapfs("snapshot", "source")
        packs = self.packs()
        self.assertNotEqual(packs, set())
        trace = os.path.join(self.scratch, "trace")
        command = ["strace", "-f", "-y", "-e", "trace=open,openat,openat2", "-o", trace,
                   harness.SNAPFS, "snapshot", "--json", "source"]
        result = subprocess.run(command, cwd=self.scratch, env=harness.traced(self.environment),
                                check=True, capture_output=True, text=True)
        summary = json.loads(result.stdout.splitlines()[-1])
        self.assertEqual((summary["data_blobs"], summary["files_new"], summary["files_changed"]),
                         (0, 0, 0))
        opened = self.opened_below_source(trace)
        self.assertIn(os.fsencode(self.source), opened, "the trace is not to be trusted")
        self.assertEqual([path for path in opened if not os.path.isdir(path)], [])
        self.assertEqual(packs, self.packs())

    def packs(self):
        return {name for _, _, names in os.walk(os.path.join(self.repository, "data"))
                for name in names}

    def opened_below_source(self, trace):
        """The paths that the traced calls opened, from the "= 5</path>" at the end of each line."""
        with open(trace, "rb") as lines:
            results = [line.rpartition(b" = ")[2].strip() for line in lines if b" = " in line]
        paths = [codecs.escape_decode(result.partition(b"<")[2].removesuffix(b">"))[0]
                 for result in results if b"<" in result]
        return {path for path in paths if path.startswith(os.fsencode(self.source))}

    def test_copies_out_of_the_mount_are_exact(self):
        self.cheap_repository_of_ours()
        self.snapfs("snapshot", "source")
        with self.mounted() as mountpoint:
            latest = self.latest_in(mountpoint)
            by_cp = os.path.join(self.scratch, "by cp")
            subprocess.run(["cp", "-a", latest, by_cp], check=True)
            self.assert_same_files(self.source, by_cp)
            by_tar = os.path.join(self.scratch, "by tar")
            os.mkdir(by_tar)
            reader = subprocess.Popen(["tar", "-C", latest, "--xattrs", "--xattrs-include=*",
                                       "--acls", "-cf", "-", "."], stdout=subprocess.PIPE)
            subprocess.run(["tar", "-C", by_tar, "--xattrs", "--xattrs-include=*", "--acls",
                            "--same-owner", "--warning=no-timestamp", "-xpf", "-"], stdin=reader.stdout, check=True)
            reader.stdout.close()
            self.assertEqual(reader.wait(), 0)
            self.assert_same_files(self.source, by_tar)

    def test_a_mount_and_snapshots_of_both_go_on_while_prune_has_to_wait(self):
        self.cheap_repository_of_ours()
        self.snapfs("snapshot", "source")
        locked = 11 if harness.restic_version() >= (0, 17) else 1
        with self.mounted() as mountpoint:
            writers = [subprocess.Popen([program, "backup", "-q", "source"], cwd=self.scratch,
                                        env=self.environment)
                       for program in (harness.SNAPFS, harness.RESTIC) * 2]
            self.assert_same_files(self.source, self.latest_in(mountpoint))
            self.assertEqual([writer.wait(timeout=120) for writer in writers], [0] * 4)
            self.assertIn("lock", self.restic("prune", expect=locked).stderr)
            self.assertIn(f"a mount on {mountpoint}", self.snapfs("prune", expect=11).stderr)
            for program in (self.restic, self.snapfs):  # it is held
                program("unlock")
                self.assertEqual(len(os.listdir(os.path.join(self.repository, "locks"))), 1)
            while len(os.listdir(os.path.join(mountpoint, "ids"))) < 5:
                os.sched_yield()  # it looks for snapshots every two seconds
        self.restic("prune")
        self.check()

    def test_hard_links_never_reach_across_snapshots(self):
        self.cheap_repository_of_ours()
        self.snapfs("snapshot", "source")
        with open(os.path.join(self.source, "several chunks"), "r+b") as file:
            file.write(b"changed in place, the inode stays")
        self.snapfs("snapshot", "source")
        with self.mounted() as mountpoint:
            ids = os.path.join(mountpoint, "ids")
            paths = [os.path.join(ids, name, "source") for name in sorted(os.listdir(ids))]
            self.assertEqual(len(paths), 2)
            inodes = []
            for path in paths:
                links = [os.stat(os.path.join(path, name)).st_ino
                         for name in ("several chunks", "hard link", "dir/below/hard link")]
                self.assertEqual(len(set(links)), 1)
                inodes.append(links[0])
            self.assertNotEqual(*inodes)
            both = os.path.join(self.scratch, "both")
            os.mkdir(both)
            subprocess.run(["cp", "-a", *[os.path.dirname(path) for path in paths], both],
                           check=True)
            heads = set()
            for name in os.listdir(both):
                with open(os.path.join(both, name, "source", "several chunks"), "rb") as file:
                    heads.add(file.read(10))
            self.assertEqual(len(heads), 2)


if __name__ == "__main__":
    harness.main()
