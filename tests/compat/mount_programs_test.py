"""What programs see in a mount must be what they see in the source: the tools that people copy,
compare and look with, side by side on both.
"""
import ctypes
import errno
import fcntl
import filecmp
import mmap
import os
import random
import shutil
import stat
import subprocess
import sys
import tarfile
import threading
import unittest

import harness
from nasty_tree import NastyTree

# Everything find knows that does not depend on the file system: directories have one link in a mount,
# which means "unknown", and their sizes are their file system's business.
FILES = r"%P %y %m %U %G %n %s %T@ %l\0"
DIRECTORIES = r"%P %y %m %U %G %T@\0"
HUGE = (4 << 30) + 12345


class MountProgramsTest(harness.CompatTest):
    """One source and one mount for all tests, which change neither."""

    needs_restic = False
    shared = None

    @classmethod
    def setUpClass(cls):
        if not harness.mount_usable():
            raise unittest.SkipTest("/dev/fuse cannot be used here")
        cls.shared = cls("make_shared")
        cls.shared.setUp()
        cls.addClassCleanup(cls.shared.doCleanups)
        cls.shared.make_shared()

    def make_shared(self):
        self.source = os.path.join(self.scratch, "source")
        NastyTree(self.source, 3).make()
        self.more_files()
        self.cheap_repository_of_ours()
        self.snapfs("snapshot", self.source)
        # The next snapshot has other content under the same names, hard links among them.
        self.change_between_snapshots()
        self.snapfs("snapshot", self.source)
        self.make_huge()
        context = self.mounted()
        mountpoint = context.__enter__()
        self.addCleanup(context.__exit__, None, None, None)
        self.mountpoint = mountpoint
        snapshots = os.path.join(mountpoint, "snapshots")
        times = sorted(set(os.listdir(snapshots)) - {"latest"})
        below = self.source.lstrip("/")
        self.older, self.shown, _ = (os.path.join(snapshots, time, below)
                                     for time in times)
        self.huge_shown = os.path.join(snapshots, times[-1], self.huge.lstrip("/"))

    def make_huge(self):
        """In a snapshot of its own: few programs are quick with four GiB of zeros."""
        self.huge = os.path.join(self.scratch, "huge")
        with open(self.huge, "wb") as file:
            file.write(b"begin")
            file.seek(HUGE)
            file.write(b"end")
        self.snapfs("snapshot", self.huge)

    def more_files(self):
        shutil.copy(shutil.which("true"), os.path.join(self.source, "program"))
        if os.geteuid() == 0 and shutil.which("setcap"):
            subprocess.run(["setcap", "cap_net_raw+ep", os.path.join(self.source, "program")],
                           check=True)
        if shutil.which("fio"):
            subprocess.run(["fio", *self.verified(os.path.join(self.source, "verified")), "--rw=write",
                            "--do_verify=0"], check=True, cwd=self.scratch, capture_output=True)
        os.makedirs(os.path.join(self.source, "many"))
        for i in range(3000):
            open(os.path.join(self.source, "many", f"{i * 7919 % 3000:04}"), "wb").close()

    @staticmethod
    def fio_file(path):
        """A colon ends a file's name."""
        return "--filename=" + path.replace(":", "\\:")

    def verified(self, path):
        """Of a file whose blocks say what is in them, to fio."""
        return ["--name=verified", self.fio_file(path), "--size=8m", "--bs=64k", "--thread",
                "--verify=crc32c"]

    def change_between_snapshots(self):
        with open(os.path.join(self.source, "several chunks"), "r+b") as file:
            file.write(b"changed")

    def setUp(self):
        if self is self.shared:
            super().setUp()
            return
        for name in ("scratch", "source", "shown", "older", "huge", "huge_shown", "mountpoint"):
            setattr(self, name, getattr(self.shared, name))
        self.work = os.path.join(self.scratch, self._testMethodName)
        os.makedirs(self.work)
        self.addCleanup(shutil.rmtree, self.work, ignore_errors=True)

    def need(self, *programs):
        for program in programs:
            if shutil.which(program) is None:
                self.skipTest(program + " is not installed")

    def output(self, *command, cwd=None, expect=(0,)):
        done = subprocess.run(command, cwd=cwd, capture_output=True, timeout=300, check=False)
        self.assertIn(done.returncode, expect, done.stderr.decode(errors="replace"))
        return done.stdout

    def same_output(self, *command, sort=None):
        """The command says the same in the source and in the mount, and it says something."""
        said = [self.output(*command, cwd=directory) for directory in (self.source, self.shown)]
        if sort is not None:
            said = [sorted(text.split(sort)) for text in said]
        self.maxDiff = 4000
        self.assertEqual(*said)
        self.assertGreater(len(said[0]), 0)

    # Metadata

    def test_find_sees_the_same_metadata(self):
        self.same_output("find", ".", "-type", "d", "-printf", DIRECTORIES, sort=b"\0")
        self.same_output("find", ".", "-not", "-type", "d", "-not", "-type", "s", "-printf", FILES,
                         sort=b"\0")

    def test_stat_sees_the_same_devices(self):
        if os.geteuid() != 0:
            self.skipTest("only root can make devices")
        self.same_output("stat", "-c", "%n %t:%T %F %h", "char device", "block device",
                         "large device", "fifo")

    def test_room_and_sizes(self):
        self.same_output("du", "-a", "--apparent-size", "--block-size=1", "dir/below/file 007",
                         "sparse", "zeros", "empty", "compressible")
        for path in (os.path.join(self.shown, "sparse"), self.huge_shown):
            words = self.output("du", "--block-size=1", path).split()
            self.assertLess(int(words[0]), 16 << 20)

    def test_mtree(self):
        self.need("mtree")
        keywords = "uid,gid,mode,link,type,time"
        files = keywords + ",size,nlink,sha256digest"
        specification = os.path.join(self.work, "specification")
        for words, only in ((keywords, ["-d"]), (files, [])):
            with open(specification, "wb") as file:
                file.write(self.output("mtree", "-c", "-k", words, *only, "-p",
                                       os.path.join(self.source, "dir")))
            # A directory's size and number of links differ, which -d leaves out.
            difference = self.output("mtree", *only, "-f", specification, "-p",
                                     os.path.join(self.shown, "dir"), expect=(0, 2)).decode()
            changed = [line for line in difference.splitlines()
                       if line and not line.startswith((" ", "\t")) and "below/file" in line]
            self.assertEqual(changed, [])
            if only:
                self.assertEqual(difference, "")

    def test_extended_attributes_and_capabilities(self):
        self.same_output("getfattr", "-R", "-h", "-d", "-m", "-", "-e", "hex", "plain", "dir")
        if os.geteuid() == 0 and shutil.which("getcap"):
            self.same_output("getcap", "program")

    def test_access_control_lists(self):
        self.same_output("getfacl", "-R", "--numeric", "compressible", "dir", sort=b"\n\n")

    def test_sizes_of_attributes(self):
        path = os.path.join(self.shown, "plain")
        self.assertEqual(os.getxattr(path, "user.b"), b"")
        self.assertEqual(len(os.getxattr(path, "user.large")), 2000)
        with self.assertRaises(OSError) as caught:
            os.getxattr(path, "user.absent")
        self.assertEqual(caught.exception.errno, errno.ENODATA)
        libc = ctypes.CDLL(None, use_errno=True)
        self.assertEqual(libc.getxattr(os.fsencode(path), b"user.large", None, 0), 2000)
        buffer = ctypes.create_string_buffer(100)
        self.assertEqual(libc.getxattr(os.fsencode(path), b"user.large", buffer, 100), -1)
        self.assertEqual(ctypes.get_errno(), errno.ERANGE)

    def test_file_system_figures(self):
        figures = os.statvfs(self.shown)
        self.assertEqual(figures.f_namemax, 1024)
        self.assertEqual((figures.f_blocks, figures.f_bavail, figures.f_files), (0, 0, 0))
        self.assertTrue(figures.f_flag & os.ST_RDONLY)
        self.assertTrue(figures.f_flag & os.ST_NOSUID)
        self.assertEqual(self.output("df", "--output=pcent", self.shown).split()[-1], b"-")
        # Status 1 when a mount that somebody else just took away is still in its list.
        self.assertNotIn(os.fsencode(self.shown), self.output("df", expect=(0, 1)))
        self.assertIn(b"fuse", self.output("stat", "-f", "-c", "%T", self.shown))

    # Copies

    def test_rsync_finds_no_difference(self):
        self.assert_same_files(self.source, self.shown)

    def test_copy_is_exact(self):
        copy = os.path.join(self.work, "copy")
        self.output("cp", "-a", self.shown, copy)
        self.assert_same_files(self.source, copy)
        self.assertLess(os.stat(os.path.join(copy, "sparse")).st_blocks * 512, 16 << 20)

    def test_copy_of_a_huge_file_with_holes(self):
        copy = os.path.join(self.work, "copy")
        self.output("cp", "--sparse=auto", self.huge_shown, copy)
        self.assertEqual(os.stat(copy).st_size, HUGE + 3)
        self.assertLess(os.stat(copy).st_blocks * 512, 64 << 20)
        with open(copy, "rb") as file:
            self.assertEqual(os.pread(file.fileno(), 5, 0), b"begin")
            self.assertEqual(os.pread(file.fileno(), 10, HUGE), b"end")

    def test_copies_of_two_snapshots_are_not_mixed_up(self):
        """cp recognises hard links by inode number: one must not mean two snapshots' files."""
        both = os.path.join(self.work, "both")
        os.makedirs(both)
        names = [os.path.join(os.path.relpath(snapshot, self.mountpoint), name)
                 for snapshot in (self.older, self.shown) for name in ("several chunks", "hard link")]
        self.output("cp", "-a", "--parents", *names, both, cwd=self.mountpoint)
        for snapshot in (self.older, self.shown):
            inodes = set()
            for name in ("several chunks", "hard link"):
                copied = os.path.join(both, os.path.relpath(snapshot, self.mountpoint), name)
                self.assertTrue(filecmp.cmp(copied, os.path.join(snapshot, name), shallow=False))
                inodes.add(os.stat(copied).st_ino)
            self.assertEqual(len(inodes), 1)
        with open(os.path.join(self.shown, "hard link"), "rb") as file:
            self.assertEqual(file.read(7), b"changed")
        with open(os.path.join(self.older, "hard link"), "rb") as file:
            self.assertNotEqual(file.read(7), b"changed")

    def test_tar_is_exact(self):
        archive = os.path.join(self.work, "archive")
        out = os.path.join(self.work, "out")
        os.makedirs(out)
        self.output("tar", "--xattrs", "--xattrs-include=*", "--acls", "-S", "--numeric-owner",
                    "--format=pax", "-cf", archive, ".", cwd=self.shown)
        self.output("tar", "--xattrs", "--xattrs-include=*", "--acls", "--numeric-owner", "--atime-preserve",
                    "-xpf", archive, cwd=out)
        self.assert_same_files(self.source, out)
        with tarfile.open(archive) as members:
            self.assertGreater(len(members.getnames()), 3000)

    # Reading

    def test_large_file_is_the_same(self):
        size = HUGE + 3
        for offset in (0, (4 << 30) - 4096, 4 << 30, HUGE - 100, size - 3, size, size + 1):
            with self.subTest(offset=offset):
                read = []
                for path in (self.huge, self.huge_shown):
                    with open(path, "rb") as file:
                        read.append(os.pread(file.fileno(), 8192, offset))
                self.assertEqual(*read)

    def test_direct_reads(self):
        path = os.path.join(self.shown, "several chunks")
        copy = os.path.join(self.work, "copy")
        self.output("dd", "iflag=direct", "bs=1M", "if=" + path, "of=" + copy)
        self.assertTrue(filecmp.cmp(copy, os.path.join(self.source, "several chunks"), shallow=False))

    def test_mapped_reads(self):
        with open(os.path.join(self.shown, "several chunks"), "rb") as shown, \
             open(os.path.join(self.source, "several chunks"), "rb") as original:
            content = original.read()
            with mmap.mmap(shown.fileno(), 0, prot=mmap.PROT_READ) as mapped:
                for _ in range(200):
                    offset = random.randrange(len(content))
                    self.assertEqual(mapped[offset:offset + 5000], content[offset:offset + 5000])

    def test_programs_run(self):
        self.output(os.path.join(self.shown, "program"))

    def test_fio_reads(self):
        self.need("fio")
        self.output("fio", "--readonly", "--name=x", "--rw=randread", "--bs=64k", "--numjobs=2",
                    self.fio_file(os.path.join(self.shown, "several chunks")), "--size=8m",
                    "--thread", cwd=self.work)
        for how in ("read", "randread"):
            self.output("fio", "--readonly", *self.verified(os.path.join(self.shown, "verified")),
                        "--rw=" + how, "--verify_fatal=1", cwd=self.work)

    def test_many_programs_under_pressure(self):
        """While memory is short and the kernel forgets what it has, everybody sees the same."""
        self.need("stress-ng", "tar", "fio")
        pressure = subprocess.Popen(
            ["stress-ng", "--quiet", "--temp-path", self.work, "--timeout", "600s", "--vm", "1",
             "--vm-bytes", "64m", "--cpu", "1", "--cache", "1"], stdin=subprocess.DEVNULL)
        try:
            commands = (["find", ".", "-not", "-type", "d", "-not", "-type", "s", "-printf", FILES],
                        ["tar", "-c", "--sort=name", "--numeric-owner", "-f", "-", "dir", "several chunks"],
                        ["cat", "several chunks", "compressible", "verified"])
            expected = [self.output(*command, cwd=self.shown) for command in commands]
            for _ in range(2):
                running = [subprocess.Popen(command, cwd=self.shown, stdout=subprocess.PIPE)
                           for command in commands for _ in range(2)]
                self.drop_caches()
                results = [None] * len(running)

                def collect(index, process):
                    results[index] = process.communicate(timeout=120)[0]

                threads = [threading.Thread(target=collect, args=each) for each in enumerate(running)]
                for thread in threads:
                    thread.start()
                for thread in threads:
                    thread.join()
                for index, process in enumerate(running):
                    self.assertEqual(process.returncode, 0)
                    # Not assertEqual: the difference of megabytes takes minutes to show.
                    self.assertTrue(results[index] == expected[index // 2], commands[index // 2])
            self.assertIsNone(pressure.poll(), "the pressure was off before the end")
        finally:
            pressure.terminate()
            pressure.wait()
        self.assertEqual(self.output("sha256sum", "several chunks", cwd=self.shown),
                         self.output("sha256sum", "several chunks", cwd=self.source))

    @staticmethod
    def drop_caches():
        try:
            with open("/proc/sys/vm/drop_caches", "w", encoding="ascii") as file:
                file.write("3")
        except OSError:
            pass  # not root: less pressure


    def test_holes_are_found(self):
        path = os.path.join(self.shown, "sparse")
        with open(path, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            data = os.lseek(file.fileno(), 0, os.SEEK_DATA)
            self.assertLessEqual(data, 20 << 20)
            hole = os.lseek(file.fileno(), 20 << 20, os.SEEK_HOLE)
            self.assertGreater(hole, 20 << 20)
            self.assertLessEqual(hole, size)
            with self.assertRaises(OSError) as caught:
                os.lseek(file.fileno(), size, os.SEEK_DATA)
            self.assertEqual(caught.exception.errno, errno.ENXIO)

    # Directories

    def test_positions_in_a_large_directory(self):
        """Every position that telldir gave leads back to the entry that followed it."""
        libc = ctypes.CDLL(None, use_errno=True)
        libc.opendir.restype = ctypes.c_void_p
        libc.readdir.restype = ctypes.c_void_p
        libc.readdir.argtypes = libc.telldir.argtypes = libc.closedir.argtypes = [ctypes.c_void_p]
        libc.telldir.restype = ctypes.c_long
        libc.seekdir.argtypes = [ctypes.c_void_p, ctypes.c_long]
        directory = libc.opendir(os.fsencode(os.path.join(self.shown, "many")))

        def next_name():
            entry = libc.readdir(directory)
            # struct dirent: inode and offset of 8 bytes, a length of 2, a type of 1, the name
            return ctypes.string_at(entry + 19) if entry else None

        entries = []
        while True:
            position = libc.telldir(directory)
            name = next_name()
            if name is None:
                break
            entries.append((position, name))
        self.assertEqual(len(entries), 3002)
        random.Random(1).shuffle(entries)
        for position, name in entries:
            libc.seekdir(directory, position)
            self.assertEqual(next_name(), name)
        libc.closedir(directory)
        self.assertEqual(sorted(name for _, name in entries)[2:],
                         sorted(map(os.fsencode, os.listdir(os.path.join(self.source, "many")))))

    def test_entries_know_their_type_and_inode(self):
        for root, _, _ in os.walk(self.shown):
            for entry in os.scandir(root):
                status = entry.stat(follow_symlinks=False)
                self.assertEqual(entry.inode(), status.st_ino)
                self.assertEqual(entry.is_dir(follow_symlinks=False), stat.S_ISDIR(status.st_mode))
                self.assertEqual(entry.is_symlink(), stat.S_ISLNK(status.st_mode))

    def test_long_names(self):
        for length, number in ((255, errno.ENOENT), (1024, errno.ENOENT),
                               (1025, errno.ENAMETOOLONG)):
            with self.assertRaises(OSError) as caught:
                os.stat(os.path.join(self.shown, "x" * length))
            self.assertEqual(caught.exception.errno, number)

    def test_handles_survive_the_caches(self):
        """What an NFS server does: a handle is all it keeps."""
        if os.geteuid() != 0:
            self.skipTest("only root may open by handle")
        libc = ctypes.CDLL(None, use_errno=True)

        class Handle(ctypes.Structure):
            _fields_ = [("bytes", ctypes.c_uint), ("type", ctypes.c_int),
                        ("handle", ctypes.c_ubyte * 128)]

        kept = []
        for name in ("plain", "dir/below/file 007", "dir/below", "many/0000"):
            handle, mount_id = Handle(bytes=128), ctypes.c_int()
            path = os.fsencode(os.path.join(self.shown, name))
            if libc.name_to_handle_at(-100, path, ctypes.byref(handle), ctypes.byref(mount_id), 0) != 0:
                self.fail(os.strerror(ctypes.get_errno()))
            kept.append((name, handle))
        try:
            with open("/proc/sys/vm/drop_caches", "w", encoding="ascii") as file:
                file.write("2")
        except OSError:
            self.skipTest("caches cannot be dropped here")
        mount = os.open(self.mountpoint, os.O_RDONLY)
        for name, handle in kept:
            fd = libc.open_by_handle_at(mount, ctypes.byref(handle), os.O_RDONLY)
            self.assertGreaterEqual(fd, 0, f"{name}: {os.strerror(ctypes.get_errno())}")
            expected = os.stat(os.path.join(self.shown, name))
            self.assertEqual(os.fstat(fd).st_ino, expected.st_ino)
            if stat.S_ISREG(expected.st_mode):
                with open(os.path.join(self.source, name), "rb") as original:
                    self.assertEqual(os.read(fd, 1 << 20), original.read(1 << 20))
            os.close(fd)
        os.close(mount)

    # Nothing can be changed

    def test_every_change_is_refused(self):
        here = self.shown

        def path(name):
            return os.path.join(here, name)

        def locked_append():
            with open(path("plain"), "ab") as file:
                fcntl.flock(file, fcntl.LOCK_EX)

        changes = {
            "write": lambda: os.open(path("plain"), os.O_WRONLY),
            "read and write": lambda: os.open(path("plain"), os.O_RDWR),
            "append": locked_append,
            "truncate": lambda: os.truncate(path("plain"), 0),
            "truncate on opening": lambda: os.open(path("plain"), os.O_RDONLY | os.O_TRUNC),
            "create": lambda: os.open(path("new"), os.O_CREAT | os.O_WRONLY, 0o600),
            "create exclusively": lambda: os.open(path("new"), os.O_CREAT | os.O_EXCL | os.O_RDWR),
            "mkdir": lambda: os.mkdir(path("new")),
            "mkfifo": lambda: os.mkfifo(path("new")),
            "unlink": lambda: os.unlink(path("plain")),
            "rmdir": lambda: os.rmdir(path("dir/empty directory")),
            "rename": lambda: os.rename(path("plain"), path("new")),
            "rename over": lambda: os.rename(path("plain"), path("empty")),
            "link": lambda: os.link(path("plain"), path("new")),
            "symlink": lambda: os.symlink("plain", path("new")),
            "chmod": lambda: os.chmod(path("plain"), 0o600),
            "chown": lambda: os.chown(path("plain"), 1, 1),
            "lchown": lambda: os.lchown(path("to plain"), 1, 1),
            "utime": lambda: os.utime(path("plain"), (0, 0)),
            "setxattr": lambda: os.setxattr(path("plain"), "user.b", b"1"),
            "setxattr of another": lambda: os.setxattr(path("plain"), "user.new", b"1"),
            "removexattr": lambda: os.removexattr(path("plain"), "user.b"),
            "in the root": lambda: os.mkdir(os.path.join(self.mountpoint, "new")),
            "of a snapshot": lambda: os.rmdir(self.shown),
        }
        for name, change in changes.items():
            with self.subTest(change=name):
                with self.assertRaises(OSError) as caught:
                    change()
                self.assertEqual(caught.exception.errno, errno.EROFS)

    def test_devices_are_not_opened(self):
        if os.geteuid() != 0:
            self.skipTest("only root can make devices")
        with self.assertRaises(OSError) as caught:
            os.open(os.path.join(self.shown, "char device"), os.O_RDONLY)
        self.assertEqual(caught.exception.errno, errno.EACCES)


if __name__ == "__main__":
    sys.exit(harness.main())
