"""Clocks that are set while a command runs, summer time, and times that others cannot count: real
processes, whose clock a library of ours shifts (tests/support/shifted_clock.cc).
"""
import json
import os
import select
import signal
import subprocess
import time

import forge
import harness
from recording_server import RecordingServer

CLOCK = os.environ.get("SNAPFS_TEST_CLOCK_LIBRARY", "build/tests/support/libshifted_clock.so")
HOUR = 3600
PATIENCE = 60  # to fail a test that would wait for ever


class SetClockCase(harness.CompatTest):
    needs_restic = False

    def setUp(self):
        super().setUp()
        if harness.SANITIZER:
            self.skipTest("a sanitizer has to be loaded first")
        self.scene = forge.Scene(self.repository)
        self.clock = os.path.join(self.scratch, "clock")
        self.set_clock(0)
        self.environment |= {"RESTIC_PASSWORD": forge.PASSWORD, "LD_PRELOAD": os.path.abspath(CLOCK),
                             "SNAPFS_TEST_CLOCK": self.clock}

    def set_clock(self, seconds):
        """To so many seconds from what it is; in one moment for whoever looks."""
        with open(self.clock + ".new", "w", encoding="ascii") as file:
            file.write(str(seconds))
        os.rename(self.clock + ".new", self.clock)


class ShiftTest(SetClockCase):
    def test_the_clock_is_shifted(self):
        """The test itself: what is shown moves with it."""
        self.set_clock(24 * HOUR * 365 * 20)
        made = self.snapfs("snapshot", "--json", self.repository + "/keys").stdout
        identity = json.loads(made.splitlines()[-1])["snapshot_id"]
        told = {entry["id"]: entry["time"] for entry in json.loads(self.snapfs("snapshots", "--json").stdout)}
        self.assertGreater(told[identity], "2040")


class LockCase:
    """What becomes of a command that holds a lock. Those that follow say which one."""

    def begin(self, *arguments, **environment):
        """The command, at work, with its lock."""
        process = subprocess.Popen([harness.SNAPFS, *arguments], cwd=self.scratch, env=self.environment | environment,
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(self.end, process)
        self.wait_for(lambda: self.lock_files() or process.poll() is not None)
        self.assertIsNone(process.poll(), "it is over")
        return process

    def end(self, process):
        if process.poll() is None:
            process.kill()
        process.communicate()

    def wait_for(self, condition):
        # What is waited for is a file of another process, which tells nobody.
        for _ in range(PATIENCE * 20):
            if condition():
                return
            select.select([], [], [], 0.05)
        self.fail("it did not come to pass")

    def lock_files(self):
        return {name for name in os.listdir(os.path.join(self.repository, "locks")) if len(name) == 64}

    def files(self):
        """All that matters."""
        return {os.path.join(folder, name) for kind in ("data", "index", "snapshots")
                for folder, _, names in os.walk(os.path.join(self.repository, kind)) for name in names}

    def require_end(self, process):
        """It does its work, and its lock is gone."""
        out, err = self.let_go_on(process)
        self.assertEqual(process.returncode, 0, err)
        self.assertEqual(self.lock_files(), set())
        self.require_work(out)
        self.snapfs("check", "--read-data")

    def require_stopped(self, process, before):
        """It says why, and of what was there nothing is gone, nor is there a snapshot that was not."""
        self.assertEqual(process.wait(timeout=PATIENCE), 1)
        self.assertIn("lock", process.communicate()[1].decode())
        self.assertLessEqual(before, self.files())
        self.assertEqual(len(json.loads(self.snapfs("snapshots", "--json").stdout)), self.snapshots_before)
        self.assertEqual(self.lock_files(), set())
        self.snapfs("check", "--read-data")

    def test_set_back_by_hours(self):
        """The lock is written anew, and nothing ends."""
        process = self.start()
        before = self.lock_files()
        self.set_clock(-5 * HOUR)
        self.wait_for(lambda: self.lock_files() and not self.lock_files() & before)
        self.require_end(process)

    def test_set_forward_by_hours(self):
        """As after a sleep: others may have taken the lock for stale, so nothing is changed any more."""
        process = self.start()
        before = self.files()
        self.set_clock(5 * HOUR)
        self.require_stopped(process, before)  # what it waits for goes on

    def test_stopped_for_longer_than_a_lock_lives(self):
        """What was asleep, and does not know it, changes nothing when it goes on."""
        process = self.start()
        before = self.files()
        process.send_signal(signal.SIGSTOP)
        self.set_clock(2 * HOUR)
        self.snapfs("unlock")
        self.assertEqual(self.lock_files(), set())
        process.send_signal(signal.SIGCONT)
        self.let_go_on(process)
        self.require_stopped(process, before)

    def test_when_32_bits_are_full(self):
        """2038-01-19: it is held before and after that second, and an hour later it is stale."""
        full = 2**31 - int(time.time())
        self.set_clock(full - 300)
        process = self.start()
        held = self.lock_files()
        self.set_clock(full + 300)
        self.snapfs("unlock")
        self.wait_for(lambda: self.lock_files() and not self.lock_files() & held)
        self.snapfs("unlock")
        self.assertEqual(len(self.lock_files()), 1, "a lock that is held was removed")
        process.kill()
        process.communicate()
        self.set_clock(full + HOUR)
        self.snapfs("unlock")
        self.assertEqual(self.lock_files(), set(), "a stale one was not")
        process = self.start()
        self.assertEqual(len(self.lock_files()), 1)
        self.require_end(process)


class SnapshotLockTest(LockCase, SetClockCase):
    """Until its standard input ends."""
    snapshots_before = 2

    def start(self):
        process = self.begin("snapshot", "--stdin", "--json")
        process.stdin.write(b"content")
        process.stdin.flush()
        return process

    def let_go_on(self, process):
        return process.communicate(timeout=PATIENCE)

    def require_work(self, out):
        self.assertIn("snapshot_id", out.decode())


class PruneLockTest(LockCase, SetClockCase):
    """Alone. Until the server takes the packs that it moves things to."""
    snapshots_before = 1

    def setUp(self):
        super().setUp()
        self.snapfs("forget", "latest")
        self.packs = os.listdir(os.path.join(self.repository, "data"))

    def start(self):
        server = RecordingServer(self.repository)
        self.addCleanup(server.close)
        waits, self.go_on = server.hold("data")
        self.addCleanup(self.go_on.set)
        process = self.begin("prune", "--max-unused", "0", RESTIC_REPOSITORY=server.url)
        self.assertTrue(waits.wait(PATIENCE))
        return process

    def let_go_on(self, process):
        self.go_on.set()
        return process.communicate(timeout=PATIENCE)

    def require_work(self, out):
        self.assertIn("removing packs", out.decode())


class MountLockTest(LockCase, SetClockCase):
    """Until it is unmounted."""
    snapshots_before = 2

    def start(self):
        if not harness.mount_usable():
            self.skipTest("/dev/fuse cannot be used here")
        self.mountpoint = os.path.join(self.scratch, "mount")
        subprocess.run(["fusermount3", "-uzq", self.mountpoint], check=False)
        os.makedirs(self.mountpoint, exist_ok=True)
        process = self.begin("mount", self.mountpoint)
        self.addCleanup(subprocess.run, ["fusermount3", "-uzq", self.mountpoint], check=False)
        self.assertNotEqual(process.stdout.readline(), b"")
        return process

    def let_go_on(self, process):
        if process.poll() is None and self.lock_files():
            with open(os.path.join(self.mountpoint, "snapshots", "latest", "file"), "rb") as file:
                self.assertEqual(file.read(), forge.SMALL)
            process.terminate()
        return process.communicate(timeout=PATIENCE)

    def require_work(self, out):
        self.assertFalse(os.path.ismount(self.mountpoint))


class TimesTest(harness.CompatTest):
    def setUp(self):
        super().setUp()
        self.cheap_repository()
        self.source = os.path.join(self.scratch, "source")
        os.mkdir(self.source)

    # Before 1970; the last second of 32 bits and the first after it; of unsigned ones; of ext4; and the
    # hour that there was twice in Berlin, and the one that there was not. (Zones whose offset had seconds once
    # are another matter: the format has minutes only.)
    MOMENTS = (-2**31, -1, 0, 2**31 - 1, 2**31, 2**32 - 1, 2**32, 15032385535, 1761440400, 1761444000,
               1743296400)

    def test_moments_come_back_and_are_the_same_to_both(self):
        for moment in self.MOMENTS:
            path = os.path.join(self.source, str(moment))
            with open(path, "w", encoding="ascii") as file:
                file.write(str(moment))
            os.utime(path, ns=(moment * 10**9 + 5, moment * 10**9 + 5))
        kept = {moment: os.stat(os.path.join(self.source, str(moment))).st_mtime_ns
                for moment in self.MOMENTS}
        for zone in ("UTC", "America/New_York", "Asia/Tokyo", "Europe/Berlin"):
            with self.subTest(zone=zone):
                self.environment["TZ"] = zone
                self.snapfs("snapshot", "-q", "source")
                self.restic("backup", "-q", "--force", "source")
                ours, theirs = self.snapshots()[-2:]
                self.assertEqual(ours["tree"], theirs["tree"])
                target = os.path.join(self.scratch, "to " + zone.replace("/", " "))
                self.snapfs("restore", "latest", "-t", target)
                for moment, nanoseconds in kept.items():
                    path = os.path.join(target, "source", str(moment))
                    self.assertEqual(os.stat(path).st_mtime_ns, nanoseconds)
        with self.mounted() as mountpoint:
            for moment, nanoseconds in kept.items():
                path = os.path.join(mountpoint, "snapshots", "latest", "source", str(moment))
                self.assertEqual(os.stat(path).st_mtime_ns, nanoseconds)

    def test_leap_seconds_are_refused_where_they_are_typed(self):
        for arguments in (["snapshot", "--time", "2016-12-31 23:59:60", "source"],
                          ["find", "--newest", "2016-12-31 23:59:60", "x"]):
            result = self.snapfs(*arguments, expect=1)
            self.assertIn("23:59:60", result.stderr)
        self.assertEqual(self.snapshots(), [])

    def test_snapshots_on_both_sides_of_the_hour_that_comes_twice(self):
        """Berlin, 26 October 2025: 02:30 in summer time, and 02:30 an hour later."""
        self.environment["TZ"] = "UTC"
        for time in ("2025-10-26 00:30:00", "2025-10-26 01:30:00", "2038-01-19 03:14:08"):
            self.snapfs("snapshot", "-q", "--time", time, "source")
        self.environment["TZ"] = "Europe/Berlin"
        order = [snapshot["time"] for snapshot in json.loads(self.snapfs("snapshots", "--json").stdout)]
        self.assertEqual(order, sorted(order))
        for program in self.snapfs, self.restic:
            removed = program("forget", "--dry-run", "--keep-hourly", "3", "--json").stdout
            self.assertIsNone(json.loads(removed.splitlines()[-1])[0]["remove"])
        with self.mounted() as mountpoint:
            names = [name for name in os.listdir(os.path.join(mountpoint, "snapshots")) if name != "latest"]
            self.assertEqual(len(names), 3)


if __name__ == "__main__":
    harness.main()
