"""Listings of directories that do not fit one reply, in every view of the mount: with buffers of all
sizes that programs use, caches that are dropped between two calls, readers that go back, and two at
once. Each name is there exactly once.
"""
import ctypes
import itertools
import os
import struct
import subprocess
import sys

import harness

WIDE = 2100
SIZES = (2 << 10, 8 << 10, 32 << 10, 64 << 10)
SYS_GETDENTS64 = {"x86_64": 217}.get(os.uname().machine, 61)
libc = ctypes.CDLL(None, use_errno=True)


calls = itertools.count()


def drop_caches(every=1):
    """Has the kernel forget what it was told of names, where we may: at one of so many calls."""
    if os.geteuid() == 0 and next(calls) % every == 0:
        with open("/proc/sys/vm/drop_caches", "w", encoding="ascii") as file:
            file.write("2")


class Reader:
    """getdents64(2) on a directory, a call at a time."""

    def __init__(self, path, size):
        self.fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        self.buffer = ctypes.create_string_buffer(size)
        self.ended = False

    def step(self):
        """The next names, each with where the reader stands after it."""
        count = libc.syscall(SYS_GETDENTS64, self.fd, self.buffer, len(self.buffer))
        if count < 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        self.ended = count == 0
        names, at = [], 0
        while at < count:
            offset, length = struct.unpack_from("=qH", self.buffer.raw, at + 8)
            names.append((self.buffer.raw[at + 19:at + length].split(b"\0")[0].decode(), offset))
            at += length
        return names

    def seek(self, offset):
        os.lseek(self.fd, offset, os.SEEK_SET)
        self.ended = False

    def rest(self, between=lambda: None):
        names = []
        while not self.ended:
            names += self.step()
            between()
        return names

    def close(self):
        os.close(self.fd)


class ListingTest(harness.CompatTest):
    needs_restic = False

    def make(self):
        """A directory of many names, two versions of it, and as many snapshots, hosts and tags."""
        source = os.path.join(self.scratch, "source")
        os.makedirs(os.path.join(source, "wide"))
        os.makedirs(os.path.join(source, "directories"))
        for i in range(WIDE):
            with open(os.path.join(source, "wide", f"name-{i:05}.txt"), "wb"):
                pass
            os.mkdir(os.path.join(source, "directories", f"directory-{i:05}"))
        self.cheap_repository_of_ours()
        self.snapfs("snapshot", "--host", "a", "--time", "2026-01-01 00:00:00", "source")
        for i in range(WIDE):
            os.utime(os.path.join(source, "wide", f"name-{i:05}.txt"), (i, i))
        self.snapfs("snapshot", "--host", "a", "--time", "2026-01-02 00:00:00", "source")

    def expect_whole(self, path, count):
        """Every way of reading it shows the same names, as many as there are."""
        expected = sorted(os.listdir(path))
        self.assertEqual(len(expected), count, path)
        for size in SIZES:
            for between in (lambda: None, lambda: drop_caches(every=16)):
                drop_caches()
                reader = Reader(path, size)
                names = sorted(name for name, _ in reader.rest(between))
                reader.close()
                self.assertEqual(names, [".", "..", *expected], (path, size))
            self.expect_going_back(path, size, expected)
            self.expect_two_at_once(path, size, expected)

    def expect_going_back(self, path, size, expected):
        drop_caches()
        reader = Reader(path, size)
        first = reader.step()
        second = reader.step()
        drop_caches()
        reader.seek(first[-1][1])
        again = reader.rest(lambda: drop_caches(every=16))
        self.assertEqual(again[:len(second)], second, path)
        self.assertEqual(sorted(name for name, _ in first + again), [".", "..", *expected], path)
        reader.seek(0)
        names = sorted(name for name, _ in reader.rest())
        self.assertEqual(names, [".", "..", *expected], path)
        reader.close()

    def expect_two_at_once(self, path, size, expected):
        drop_caches()
        readers = [Reader(path, size), Reader(path, SIZES[0])]
        names = [[], []]
        while not all(reader.ended for reader in readers):
            for reader, seen in zip(readers, names):
                if not reader.ended:
                    seen += [name for name, _ in reader.step()]
                    drop_caches(every=16)
        for reader, seen in zip(readers, names):
            reader.close()
            self.assertEqual(sorted(seen), [".", "..", *expected], path)

    def test_wide_directories_of_snapshots(self):
        self.make()
        with self.mounted("--path-template", "snapshots/%T", "--time-template",
                          "2006-01-02") as mountpoint:
            def inside(*names):
                return os.path.join(mountpoint, *names)
            self.expect_whole(inside("snapshots", "2026-01-02", "source", "wide"), WIDE)
            self.expect_whole(inside("at", "now", "source", "wide"), WIDE)
            self.expect_whole(inside("changed", "2026-01-01..2026-01-02", "source", "wide"), WIDE)
            self.expect_whole(inside("versions", "source", "wide"), WIDE + 2)
            self.expect_whole(inside("versions", "source", "directories"), WIDE + 1)
            for name in ("wide", "directories"):
                found = subprocess.run(["find", inside("versions", "source", name), "-ls"],
                                       capture_output=True, text=True, check=False)
                self.assertEqual((found.returncode, found.stderr), (0, ""))

    def test_many_snapshots(self):
        maker = os.environ["SNAPFS_TEST_MAKER"]
        made = subprocess.run([maker, self.repository, str(WIDE), "1", "1", "0"], check=True,
                              capture_output=True, text=True)
        self.environment["RESTIC_PASSWORD"] = made.stdout.strip()
        # Everybody of the views that a template may lay out: by ID, time, host and tag.
        with self.mounted("--path-template", "ids/%i", "--path-template", "snapshots/%T",
                          "--path-template", "hosts/%h-%I/%T", "--path-template", "tags/%I/%T",
                          "--path-template", "at-%I/%T") as mountpoint:
            for view, count in (("ids", WIDE), ("snapshots", WIDE + 1), ("hosts", WIDE),
                                ("tags", WIDE)):
                self.expect_whole(os.path.join(mountpoint, view), count)
            self.expect_whole(mountpoint, WIDE + 4 + 3)


if __name__ == "__main__":
    sys.exit(harness.main())
