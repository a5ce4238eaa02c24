"""Small files are in the kernel's cache before programs read them: fewer requests, the same bytes, whatever
happens meanwhile. Nothing is timed; what hangs meets the limits of time below.
"""
import errno
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time

import harness

DIRECTORIES = 30
FILES = 60  # in each
LIMIT = 120
DROP = "/proc/sys/vm/drop_caches"


class MountPushTest(harness.CompatTest):
    needs_restic = False

    def setUp(self):
        super().setUp()
        if not harness.mount_usable():
            self.skipTest("/dev/fuse cannot be used here")
        self.source = os.path.join(self.scratch, "source")
        chance = random.Random(1)
        for i in range(DIRECTORIES):
            directory = os.path.join(self.source, *(f"d{i // 3 ** k % 3}" for k in range(3)), f"{i:02}")
            os.makedirs(directory)
            for k in range(FILES):
                with open(os.path.join(directory, f"{k:03}"), "wb") as file:
                    file.write(chance.randbytes(chance.randrange(1, 30_000)))
        self.write_odd_files(os.path.join(self.source, "d0"))
        self.cheap_repository_of_ours()
        self.snapfs("snapshot", self.source)

    @staticmethod
    def write_odd_files(directory):
        """Among others: empty ones, one that is too large, holes, two names of one."""
        for name, size in (("empty", 0), ("large", 300_000), ("limit", 64 << 10), ("above", (64 << 10) + 1)):
            with open(os.path.join(directory, name), "wb") as file:
                file.write(os.urandom(size))
        with open(os.path.join(directory, "hole"), "wb") as file:
            file.truncate(64 << 10)
        os.link(os.path.join(directory, "limit"), os.path.join(directory, "linked"))

    def shown(self, mountpoint):
        return os.path.join(mountpoint, "snapshots", "latest") + self.source

    def figures(self, mountpoint):
        with open(os.path.join(mountpoint, ".snapfs", "status"), encoding="ascii") as file:
            return {name: int(value) for name, value in (line.split(": ") for line in file if ": " in line)}

    def run_tool(self, *command):
        return subprocess.run(command, check=True, capture_output=True, timeout=LIMIT).stdout

    def tar(self, directory):
        target = os.path.join(self.scratch, "target")
        os.makedirs(target)
        packed = subprocess.run(["tar", "-C", directory, "-cf", "-", "."], check=True, capture_output=True,
                                timeout=LIMIT).stdout
        subprocess.run(["tar", "-C", target, "-xf", "-"], check=True, input=packed, timeout=LIMIT)
        return target

    def cp(self, directory):
        target = os.path.join(self.scratch, "target")
        self.run_tool("cp", "-a", directory, target)
        return target

    def rsync(self, directory):
        target = os.path.join(self.scratch, "target")
        self.run_tool("rsync", "-aHAX", directory + "/", target)
        return target

    def check_copy(self, target):
        self.assert_same_files(self.source, target)
        shutil.rmtree(target)

    def test_programs_that_copy_ask_for_few_files(self):
        for copy in (self.tar, self.cp, self.rsync):
            with self.subTest(copy.__name__), self.mounted() as mountpoint:
                target = copy(self.shown(mountpoint))
                figures = self.figures(mountpoint)
                self.assertGreater(figures["pushed_files"], DIRECTORIES * FILES // 4, figures)
                self.assertLess(figures["pushed_unread_bytes"], figures["pushed_bytes"] // 2, figures)
                self.check_copy(target)
                # Everything is the kernel's by now.
                self.check_copy(copy(self.shown(mountpoint)))
                self.assertEqual(self.figures(mountpoint)["pushed_files"], figures["pushed_files"])

    def test_who_reads_file_after_file_by_cat(self):
        with self.mounted() as mountpoint:
            packed = self.run_tool("sh", "-c", 'find "$1" -type f | sort | xargs cat', "sh",
                                   self.shown(mountpoint))
            self.assertEqual(packed, self.run_tool("sh", "-c", 'find "$1" -type f | sort | xargs cat', "sh",
                                                   self.source))
            self.assertGreater(self.figures(mountpoint)["pushed_files"], DIRECTORIES * FILES // 4)

    def test_a_listing_alone_pushes_nothing(self):
        with self.mounted() as mountpoint:
            for command in (("ls", "-lR"), ("find",), ("du", "-s")):
                self.run_tool(*command, self.shown(mountpoint))
            self.assertEqual(self.figures(mountpoint)["pushed_files"], 0)

    def test_told_not_to_it_pushes_nothing(self):
        with self.mounted("--no-push") as mountpoint:
            self.check_copy(self.cp(self.shown(mountpoint)))
            self.assertEqual(self.figures(mountpoint)["pushed_files"], 0)

    def test_told_so_it_has_no_attributes(self):
        some = os.path.join(self.source, "d0", "limit")
        try:
            os.setxattr(some, "user.note", b"text")
        except OSError:
            self.skipTest("this file system has no attributes")
        self.snapfs("snapshot", self.source)
        for options, names in ((), ["user.note"]), (("--no-xattrs",), []):
            with self.subTest(options), self.mounted(*options) as mountpoint:
                shown = os.path.join(self.shown(mountpoint), "d0", "limit")
                if names:
                    self.assertEqual(os.getxattr(shown, "user.note"), b"text")
                for _ in range(2):  # the kernel asks the first time only
                    self.assertEqual(self.names_of_attributes(shown), names)
                target = self.cp(self.shown(mountpoint))
                self.assertEqual(self.names_of_attributes(os.path.join(target, "d0", "limit")), names)
                os.setxattr(os.path.join(target, "d0", "limit"), "user.note", b"text")
                self.check_copy(target)

    @staticmethod
    def names_of_attributes(path):
        """None, too, where a file system has no attributes at all."""
        try:
            return os.listxattr(path)
        except OSError as error:
            if error.errno != errno.ENOTSUP:
                raise
            return []

    def test_attributes_by_which_access_is_decided_are_not_left_out(self):
        words = self.snapfs("mount", "--no-xattrs", "--allow-other", self.scratch, expect=1).stderr
        self.assertIn("--no-default-permissions", words)

    def test_caches_are_dropped_all_the_time(self):
        if not os.access(DROP, os.W_OK):
            self.skipTest("caches cannot be dropped here")
        over = threading.Event()

        def drop():
            while not over.is_set():
                with open(DROP, "w", encoding="ascii") as file:
                    file.write("3")

        with self.mounted() as mountpoint:
            thread = threading.Thread(target=drop)
            thread.start()
            try:
                for copy in (self.tar, self.cp, self.rsync):
                    self.check_copy(copy(self.shown(mountpoint)))
            finally:
                over.set()
                thread.join()

    def test_a_reader_that_is_stopped_holds_nobody_up(self):
        with self.mounted() as mountpoint:
            stopped = subprocess.Popen(["tar", "-C", self.shown(mountpoint), "-cf", "-", "."],
                                       stdout=subprocess.PIPE)
            self.assertEqual(len(stopped.stdout.read(1 << 20)), 1 << 20)
            stopped.send_signal(signal.SIGSTOP)
            try:
                self.check_copy(self.cp(self.shown(mountpoint)))
            finally:
                stopped.send_signal(signal.SIGCONT)
                rest = stopped.communicate(timeout=LIMIT)[0]
            self.assertEqual(stopped.returncode, 0)
            self.assertGreater(len(rest), 1 << 20)

    def test_readers_that_are_killed(self):
        with self.mounted() as mountpoint:
            for round_ in range(20):
                reader = subprocess.Popen(["tar", "-C", self.shown(mountpoint), "-cf", "-", "."],
                                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
                reader.stdout.read((1 + round_) << 16)
                reader.kill()
                reader.stdout.close()
                reader.wait(timeout=LIMIT)
            self.check_copy(self.cp(self.shown(mountpoint)))

    def test_unmounted_while_it_is_read(self):
        mountpoint = os.path.join(self.scratch, "mount")
        os.makedirs(mountpoint)
        for round_ in range(6):
            server = subprocess.Popen([harness.SNAPFS, "mount", mountpoint],
                                      env=self.environment, stdout=subprocess.PIPE)
            self.assertTrue(server.stdout.readline())
            reader = subprocess.Popen(["tar", "-C", self.shown(mountpoint), "-cf", "-", "."],
                                      stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
            reader.stdout.read((1 + round_) << 17)
            subprocess.run(["fusermount3", "-uz", mountpoint], check=True, timeout=LIMIT)
            reader.stdout.close()
            reader.wait(timeout=LIMIT)
            # Nobody tells it: the last file was closed.
            self.assertEqual(server.wait(timeout=LIMIT), 0)
            server.stdout.close()

    def cgroup(self, limit):
        """A control group with a limit of memory; skips where there is none."""
        parent = "/sys/fs/cgroup"
        path = os.path.join(parent, f"snapfs-test-{os.getpid()}")
        try:
            if os.path.exists(os.path.join(parent, "cgroup.controllers")):
                os.makedirs(path)
                self.addCleanup(os.rmdir, path)
                name = "memory.max"
            else:
                path = os.path.join(parent, "memory", f"snapfs-test-{os.getpid()}")
                os.makedirs(path)
                self.addCleanup(os.rmdir, path)
                name = "memory.limit_in_bytes"
            with open(os.path.join(path, name), "w", encoding="ascii") as file:
                file.write(str(limit))
        except OSError as error:
            self.skipTest(f"no control group of memory here: {error}")
        return path

    @harness.without_sanitizer(harness.ADDRESSES)
    def test_little_memory_for_what_is_pushed(self):
        group = self.cgroup(90 << 20)
        mountpoint = os.path.join(self.scratch, "mount")
        os.makedirs(mountpoint)
        server = subprocess.Popen(
            ["sh", "-c", 'echo $$ > "$1/cgroup.procs" && shift && exec "$@"', "sh", group, harness.SNAPFS,
             "mount", "--blob-cache", "16", "--tree-cache", "16", mountpoint],
            env=self.environment, stdout=subprocess.PIPE)
        try:
            self.assertTrue(server.stdout.readline())
            for copy in (self.tar, self.cp, self.rsync):
                self.check_copy(copy(self.shown(mountpoint)))
        finally:
            server.terminate()
            server.wait(timeout=LIMIT)
            server.stdout.close()
            # The pages that it left are the group's.
            deadline = time.monotonic() + LIMIT
            while os.path.ismount(mountpoint) and time.monotonic() < deadline:
                subprocess.run(["fusermount3", "-uzq", mountpoint], check=False)


if __name__ == "__main__":
    sys.exit(harness.main())
