"""The views of the mount with real programs, on snapshots that restic wrote."""
import contextlib
import errno
import os
import shutil
import subprocess
import time

import harness


def run(*command, **options):
    return subprocess.run(command, check=True, capture_output=True, timeout=60, **options).stdout


def lines(*command):
    return run(*command).decode().splitlines()


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


class ViewsTest(harness.CompatTest):
    def setUp(self):
        super().setUp()
        self.environment["TZ"] = "UTC"
        self.source = os.path.join(self.scratch, "source")
        self.cheap_repository()

    def path(self, *names):
        return os.path.join(self.source, *names)

    def backup(self, moment, *options):
        self.restic("backup", "source", "--time", moment, *options)
        return self.snapshots()[-1]["id"]

    @contextlib.contextmanager
    def mounted_by_restic(self, *arguments):
        mountpoint = os.path.join(self.scratch, "restic-mount")
        os.makedirs(mountpoint, exist_ok=True)
        with subprocess.Popen([harness.RESTIC, "mount", *arguments, mountpoint],
                              env=self.environment, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL) as server:
            try:
                deadline = time.monotonic() + 60
                while not os.path.ismount(mountpoint):
                    self.assertIsNone(server.poll())
                    self.assertLess(time.monotonic(), deadline)
                yield mountpoint
            finally:
                subprocess.run(["fusermount3", "-uzq", mountpoint], check=False)
                server.terminate()
                server.wait(timeout=30)

    def wait_until(self, condition, what):
        deadline = time.monotonic() + 30
        while not condition():
            self.assertLess(time.monotonic(), deadline, what)

    @staticmethod
    def status(mountpoint, figure):
        text = read(os.path.join(mountpoint, ".snapfs", "status"))
        return int(text.split(f"\n{figure}: ")[1].split()[0])

    def test_names_and_filters_are_restics(self):
        write(self.path("f"), "content")
        self.backup("2026-01-02 03:04:05", "--tag", "a,b", "--host", "one")
        self.backup("2026-11-22 23:14:15", "--tag", "b", "--host", "one")
        self.backup("2026-11-22 23:14:15", "--host", "two")
        listing = ["find", "snapshots", "hosts", "tags", "ids", "-maxdepth", "2", "-printf",
                   "%p %y %l\\n"]
        # restic shows layouts with slashes differently from version to version.
        for options in ([], ["--time-template", "2006-01-02T15:04:05Z07:00"],
                        ["--time-template", "2006-01-02_15-04-05"],
                        ["--time-template", "Mon Jan _2 15:04:05.000 -0700 2006"],
                        ["--time-template", "Monday, 02 January 06 03:04pm Z0700"],
                        ["--host", "one", "--tag", "a,b"],
                        ["--tag", "a", "--tag", "b", "--path", self.source],
                        ["--path", "/absent"]):
            with self.subTest(options=options):
                with self.mounted_by_restic(*options) as mountpoint:
                    expected = sorted(run(*listing, cwd=mountpoint).decode().splitlines())
                # Ours has no colons unless they are asked for.
                ours = () if "--time-template" in options else (
                    "--time-template", "2006-01-02T15:04:05Z07:00")
                with self.mounted(*ours, *options) as mountpoint:
                    shown = sorted(run(*listing, cwd=mountpoint).decode().splitlines())
                self.assertEqual(shown, expected)

    def test_mistakes_in_the_time_template_are_named(self):
        result = self.snapfs("mount", "--time-template", "%Y-%m-%d", self.scratch, expect=1)
        self.assertIn("%Y, which is not understood", result.stderr)
        self.assertEqual(len(result.stderr.splitlines()), 1)

    def test_copies_from_the_state_at_a_time(self):
        write(self.path("d", "f"), "first")
        self.backup("2026-01-02 03:04:05")
        before = os.path.join(self.scratch, "before")
        shutil.copytree(self.source, before)
        run("rsync", "-a", self.source + "/", before + "/")
        write(self.path("d", "f"), "second")
        self.backup("2026-03-04 05:06:07")
        with self.mounted() as mountpoint:
            old = os.path.join(mountpoint, "at", "2026-02-01")
            copy = os.path.join(self.scratch, "copy")
            run("cp", "-a", os.path.join(old, "source"), copy)
            self.assert_same_files(before, copy)
            self.assert_same_files(self.source, os.path.join(mountpoint, "at/now/source"))
            self.assertFalse(os.path.exists(os.path.join(mountpoint, "at", "2026-01-01")))
            self.assertIn("yesterday", lines("ls", os.path.join(mountpoint, "at")))

    def make_two_states(self):
        """Two snapshots, and the first state beside the source."""
        for name in ("same/x", "edited", "gone", "removed/y", "becomes/p", "inner/deep/z"):
            write(self.path(name), "first " + name)
        write(self.path("was"), "a file")
        os.symlink("edited", self.path("link"))
        self.backup("2026-01-02 03:04:05")
        first = os.path.join(self.scratch, "first")
        run("rsync", "-aHAX", self.source + "/", first + "/")
        write(self.path("edited"), "changed!")
        write(self.path("added"), "second")
        write(self.path("name with\nnewline"), "second")
        os.remove(self.path("gone"))
        shutil.rmtree(self.path("removed"))
        shutil.rmtree(self.path("becomes"))
        write(self.path("becomes"), "a file")
        os.remove(self.path("was"))
        write(self.path("was", "r"), "in a directory")
        os.remove(self.path("inner/deep/z"))
        os.chmod(self.path("same"), 0o750)
        self.backup("2026-03-04 05:06:07")
        return first

    def test_rollback_copies_what_differs_and_removes_the_rest(self):
        first = self.make_two_states()
        with self.mounted() as mountpoint:
            back = os.path.join(mountpoint, "changed", "latest..2026-02-01")
            self.assertEqual(
                sorted(lines("find", back, "-type", "f", "-printf", "%P\\n")),
                ["source/becomes/p", "source/edited", "source/gone", "source/inner/deep/z",
                 "source/removed/y", "source/was"])
            self.assertNotIn(".deleted", lines("ls", "-A", back))
            with open(os.path.join(back, ".deleted0"), "rb") as removed:
                run("xargs", "-0", "rm", "-rf", "--", stdin=removed, cwd=self.scratch)
            # Only the difference is there to be copied.
            run("rsync", "-aHAX", back + "/source/", self.source + "/")
            self.assert_same_files(first, self.source)
            text = run("cat", os.path.join(back, ".deleted")).decode()
            self.assertEqual(text.splitlines()[-1], "source/was/r")
            self.assertEqual(os.stat(os.path.join(back, ".deleted")).st_size, len(text))

    def test_versions_of_a_file(self):
        for day, text in enumerate(("one", "one", "two", "three", "two"), 1):
            write(self.path("report.txt"), text)
            self.backup(f"2026-01-0{day} 10:00:00")
        with self.mounted() as mountpoint:
            versions = os.path.join(mountpoint, "versions", "source", "report.txt")
            names = lines("ls", versions)
            self.assertEqual(names, [f"2026-01-0{day}T10-00-00Z.txt" for day in (1, 3, 4)])
            self.assertEqual(run("cat", *[os.path.join(versions, name) for name in names]),
                             b"onetwothree")
            above = os.path.dirname(versions)
            self.assertIn("report.txt", lines("ls", above))
            oldest = os.path.join(above, lines("ls", above)[0])
            self.assertEqual(run("cat", oldest + "/report.txt"), b"one")
            copy = os.path.join(self.scratch, "copy")
            run("cp", "-a", oldest, copy)
            self.assertEqual(os.listdir(copy), ["report.txt"])

    def test_a_running_mount_follows_the_repository(self):
        write(self.path("f"), "first")
        first = self.backup("2026-01-02 03:04:05")
        # forget wants the repository for itself.
        with self.mounted("--no-lock") as mountpoint:
            latest = os.path.join(mountpoint, "snapshots", "latest")
            content = os.path.join(latest, "source", "f")
            self.assertEqual(run("cat", content), b"first")
            # Nobody lists a directory from here on: names are looked up, no more.
            write(self.path("f"), "second")
            self.backup("2026-03-04 05:06:07")
            self.wait_until(lambda: os.readlink(latest) == "2026-03-04T05-06-07Z",
                            "latest does not move")
            self.assertEqual(run("cat", content), b"second")
            self.assertEqual(run("cat", os.path.join(mountpoint, "at/now/source/f")), b"second")
            self.restic("forget", first)
            self.wait_until(lambda: not os.path.exists(os.path.join(mountpoint, "ids", first[:8])),
                            "the forgotten one stays")
            self.assertFalse(os.path.exists(os.path.join(mountpoint, "at", "2026-02-01")))

    def test_status_is_new_at_every_look(self):
        write(self.path("f"), "content")
        self.backup("2026-01-02 03:04:05")
        with self.mounted() as mountpoint:
            status = os.path.join(mountpoint, ".snapfs", "status")
            self.assertIn("snapshots: 1", lines("cat", status))
            before = lines("cat", status)
            run("cat", os.path.join(mountpoint, "at/now/source/f"))
            self.assertNotEqual(lines("cat", status), before)
            self.assertNotIn(".snapfs", lines("ls", "-A", mountpoint))

    def test_what_the_kernel_forgets_takes_no_memory(self):
        if os.geteuid() != 0:
            self.skipTest("only root may drop the kernel's caches")
        for i in range(300):
            write(self.path("many", str(i)), str(i))
        self.backup("2026-01-02 03:04:05")
        with self.mounted() as mountpoint:
            def inodes():
                return self.status(mountpoint, "virtual_inodes")

            before = inodes()
            many = os.path.join(mountpoint, "versions", "source", "many")
            # A version of each, and what is in the one version of the directory.
            self.assertEqual(len(lines("find", many, "-mindepth", "2")), 600)
            self.assertGreater(inodes(), before + 300)
            try:
                write("/proc/sys/vm/drop_caches", "2")
            except OSError:
                self.skipTest("caches cannot be dropped here")
            self.wait_until(lambda: inodes() < before + 50, "they are kept")
            self.assertEqual(read(os.path.join(many, "7", "2026-01-02T03-04-05Z")), "7")

    def test_snapshots_that_are_forgotten_take_no_memory(self):
        for i in range(50):
            write(self.path("many", str(i), "f"), str(i))
        self.backup("2026-01-02 03:04:05")
        with self.mounted("--no-lock") as mountpoint:
            def kept():
                return [self.status(mountpoint, of) for of in ("virtual_inodes", "directories")]

            run("find", os.path.join(mountpoint, "ids"), "-type", "f", "-exec", "cat", "{}", "+")
            before = kept()
            self.assertGreater(before[1], 50)
            forgotten = self.backup("2026-01-03 03:04:05", "--host", "other", "--tag", "t")
            ids = os.path.join(mountpoint, "ids")
            self.wait_until(lambda: len(os.listdir(ids)) == 2, "the new one is not there")
            places = [os.path.join(mountpoint, place) for place in (
                f"ids/{forgotten[:8]}", "hosts/other", "hosts/other/at/now", "tags", "at/now")]
            run("find", *places, "-type", "f", "-exec", "cat", "{}", "+")
            self.assertEqual(kept()[1], 6 * before[1])
            inside = os.path.join(ids, forgotten[:8], "source/many/7")
            with open(os.path.join(inside, "f"), encoding="ascii") as file, \
                    subprocess.Popen(["cat"], stdin=subprocess.PIPE, cwd=inside) as somebody:
                self.restic("forget", forgotten)
                # The kernel is told of the names, and forgets all but where somebody is.
                self.wait_until(lambda: kept()[1] == 2 * before[1], "they are kept")
                self.assertEqual(file.read(), "7")
                self.assertEqual(os.listdir(f"/proc/{somebody.pid}/cwd"), ["f"])
                somebody.communicate()
            # What somebody was in it lets go when memory is short.
            try:
                write("/proc/sys/vm/drop_caches", "2")
            except OSError:
                self.skipTest("caches cannot be dropped here")
            self.wait_until(lambda: kept() == before, f"it is kept: {before}")

    def test_only_the_prefetch_file_can_be_written(self):
        write(self.path("f"), "content")
        self.backup("2026-01-02 03:04:05")
        with self.mounted("--prefetch-file") as mountpoint:
            file = os.path.join(mountpoint, "at/now/source/f")
            with open(os.path.join(mountpoint, ".snapfs", "prefetch"), "w",
                      encoding="utf-8") as prefetch:
                prefetch.write("at/now/source\n")
            self.wait_until(lambda: "blob_cache_misses: 1" in lines(
                "cat", os.path.join(mountpoint, ".snapfs", "status")), "nothing is loaded")
            self.assertEqual(run("cat", file), b"content")
            for change in (lambda: os.open(file, os.O_WRONLY), lambda: os.truncate(file, 0),
                           lambda: os.chmod(file, 0o777), lambda: os.remove(file),
                           lambda: os.rename(file, file + "2"), lambda: os.utime(file),
                           lambda: os.link(file, file + "2"), lambda: os.symlink("x", file + "2"),
                           lambda: os.mkdir(file + "2"), lambda: os.mkfifo(file + "2"),
                           lambda: os.open(file + "2", os.O_CREAT | os.O_WRONLY),
                           lambda: os.setxattr(file, "user.x", b"y"),
                           lambda: os.rmdir(os.path.dirname(file))):
                with self.assertRaises(OSError) as refused:
                    change()
                self.assertEqual(refused.exception.errno, errno.EROFS)
            self.assertFalse(os.access(file, os.W_OK))
            self.assertTrue(os.access(file, os.R_OK))


if __name__ == "__main__":
    harness.main()
