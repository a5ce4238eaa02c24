"""Mounts of what is large: ten thousand snapshots, a directory of a million entries, a file of a hundred
thousand blobs, a file of ten tebibytes. The repository is made by a program of the tests; what is
measured is printed, not judged: machines differ. What hangs meets the limits of time below.
"""
import os
import subprocess
import sys
import time

import harness

MAKER = os.environ.get("SNAPFS_TEST_MAKER", "build/tests/support/make_large_repository")
SNAPSHOTS = 10_000
ENTRIES = 1_000_000
BLOBS = 100_000
SPARSE_BYTES = 10 << 40
BLOB = 16


class MountScaleTest(harness.CompatTest):
    needs_restic = False

    def make(self, snapshots=1, entries=1, blobs=1, sparse_bytes=0):
        if not harness.mount_usable():
            self.skipTest("/dev/fuse cannot be used here")
        numbers = map(str, (snapshots, entries, blobs, sparse_bytes))
        password = subprocess.run([MAKER, self.repository, *numbers], check=True, timeout=500,
                                  capture_output=True, text=True).stdout.strip()
        self.environment["RESTIC_PASSWORD"] = password

    def timed(self, what, function):
        begin = time.monotonic()
        result = function()
        print(f"{what}: {time.monotonic() - begin:.2f} s", file=sys.stderr)
        return result

    def test_many_snapshots(self):
        self.make(snapshots=SNAPSHOTS)
        begin = time.monotonic()
        with self.mounted() as mountpoint:
            print(f"mount: {time.monotonic() - begin:.2f} s", file=sys.stderr)
            snapshots = os.path.join(mountpoint, "snapshots")
            names = self.timed("list", lambda: os.listdir(snapshots))
            self.assertEqual(len(names), SNAPSHOTS + 1)
            latest = os.readlink(os.path.join(snapshots, "latest"))
            self.assertEqual(latest, max(set(names) - {"latest"}))
            self.timed("ls -l", lambda: subprocess.run(["ls", "-l", snapshots], check=True,
                                                       stdout=subprocess.DEVNULL, timeout=120))
            for name in (min(names), latest):
                self.assertIn("long", os.listdir(os.path.join(snapshots, name)))
            self.assertEqual(len(os.listdir(os.path.join(mountpoint, "ids"))), SNAPSHOTS)

    def test_wide_directory(self):
        self.make(entries=ENTRIES)
        with self.mounted() as mountpoint:
            wide = os.path.join(mountpoint, "snapshots", "latest", "wide")
            middle = os.path.join(wide, f"entry-{ENTRIES // 2:08}")
            self.assertEqual(self.timed("stat in the middle", lambda: os.stat(middle)).st_size, 2)
            self.assertEqual(self.timed("list", lambda: sum(1 for _ in os.scandir(wide))), ENTRIES)
            for number in (0, 1, ENTRIES - 1):
                with open(os.path.join(wide, f"entry-{number:08}"), "rb") as file:
                    self.assertEqual(file.read(), b"x\n")
            with self.assertRaises(FileNotFoundError):
                os.stat(os.path.join(wide, f"entry-{ENTRIES:08}"))

    def test_file_of_many_blobs(self):
        self.make(blobs=BLOBS)
        with self.mounted() as mountpoint:
            path = os.path.join(mountpoint, "snapshots", "latest", "long", "file")
            content = b"".join(b"blob---%08d\n" % i for i in range(BLOBS))
            self.assertEqual(os.stat(path).st_size, BLOBS * BLOB)
            with open(path, "rb", buffering=0) as file:
                for offset, length in ((0, 1), (BLOB - 1, 2), (BLOBS // 2 * BLOB - 1, BLOB + 2),
                                       (BLOBS * BLOB - 1, 1), (BLOBS * BLOB - 17, 100)):
                    self.assertEqual(os.pread(file.fileno(), length, offset),
                                     content[offset:offset + length])
            with open(path, "rb") as file:
                self.assertEqual(self.timed("read it all", file.read), content)

    def test_huge_sparse_file(self):
        self.make(sparse_bytes=SPARSE_BYTES)
        with self.mounted() as mountpoint:
            path = os.path.join(mountpoint, "snapshots", "latest", "sparse", "file")
            status = self.timed("stat", lambda: os.stat(path))
            self.assertEqual(status.st_size, SPARSE_BYTES + 4)
            self.assertLess(status.st_blocks * 512, 1 << 20)
            with open(path, "rb", buffering=0) as file:
                fd = file.fileno()
                self.assertEqual(self.timed("read the end",
                                            lambda: os.pread(fd, 100, SPARSE_BYTES - 10)),
                                 bytes(10) + b"end\n")
                self.assertEqual(os.pread(fd, 4096, SPARSE_BYTES // 2 + 1), bytes(4096))
                self.assertEqual(self.timed("find the data", lambda: os.lseek(fd, 0, os.SEEK_DATA)),
                                 SPARSE_BYTES)


if __name__ == "__main__":
    sys.exit(harness.main())
