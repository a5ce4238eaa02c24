"""Several processes on one repository, restic and snapfs: each takes snapshots, mounts, forgets and
prunes as it likes, with nothing between them but the locks. In the end both find the repository
sound, and every snapshot that was reported and that nobody forgot is restored as it was.

SNAPFS_TEST_MINUTES says how long, on each storage; some twenty seconds unless it is set.
together_test.py --torture MINUTES SEED has a crowd on a directory, then one on a REST server, each for half of the
time.
"""
import contextlib
import os
import shutil
import sys
import threading
import time
import unittest

import harness
import servers
from recording_server import RecordingServer
from workers import Checker, Growth, Turns, Watcher, Worker, manifest


MINUTES = float(os.environ.get("SNAPFS_TEST_MINUTES") or 1 / 3)
SEED = 0
LONG = 30  # minutes after which memory has to be level: before, the caches fill
# The least that a mount may keep: what grows then is something else.
LITTLE_KEPT = ("--blob-cache", "16", "--tree-cache", "16", "-o", "rest.connections=4")


class Together(harness.CompatTest):
    def prepare(self, minutes=MINUTES):
        self.over = threading.Event()   # somebody failed
        self.done = threading.Event()   # the work is done
        self.forgotten = threading.Lock()
        self.turns = Turns()
        self.failures = []
        self.processes = {}  # by number: who started it, with which arguments, and the process
        self.end = time.monotonic() + 60 * minutes

    def fail_with(self, error):
        """Called by whichever thread meets with a failure: the first one counts, others follow from it."""
        self.failures.append(error)
        self.over.set()

    def require_same(self, found, wanted, what):
        if found != wanted:
            different = [path for path in sorted({*found, *wanted})
                         if found.get(path) != wanted.get(path)]
            raise AssertionError(f"{what}: {different[:5]} of {len(wanted)} differ")

    def work_together(self, each=1, checkers=(), mounts=1, minutes=MINUTES):
        """`each`: how many of either program write."""
        if not harness.mount_usable():
            self.skipTest("/dev/fuse cannot be used here")
        self.prepare(minutes)
        writers = [Worker(self, f"{name} {number}", program, seed=SEED + 2 * number + 1 + k)
                   for number in range(each)
                   for k, (name, program) in enumerate((("snapfs", harness.SNAPFS),
                                                        ("restic", harness.RESTIC)))]
        workers = writers + [Checker(self, f"{name} that checks", program, seed=SEED + 101)
                             for name, program in checkers]
        for worker in writers:
            worker.snapshot()  # so that there is something to see from the beginning
        with contextlib.ExitStack() as stack:
            watchers = [Watcher(self, writers, *stack.enter_context(
                self.mount_server(f"watched {number}", "--no-lock", *LITTLE_KEPT)), seed=3 + number)
                for number in range(mounts)]
            threads = [*workers, *watchers]
            for thread in threads:
                thread.start()
            for thread in workers:
                thread.join()
            self.done.set()
            for thread in watchers:
                thread.join()
        if self.failures:
            raise self.failures[0]
        self.require_sound(writers)
        self.report(workers, watchers)
        for worker in writers:
            self.assertGreater(worker.counts["prunes"], 0)
            self.assertGreater(worker.counts["mounts"], 0)
        for watcher in watchers:
            self.assertGreater(watcher.reads, 0)
            self.assertTrue(minutes < LONG or watcher.growth.is_flat(), watcher.growth)

    def report(self, workers, watchers):
        for worker in workers:
            print(f"{worker.name}: " + ", ".join(f"{count} {what}" for what, count in
                                                 sorted(worker.counts.items())), file=sys.stderr)
        for watcher in watchers:
            print(f"{watcher.reads} snapshots read in a mount without a lock; its {watcher.growth}",
                  file=sys.stderr)

    def require_sound(self, workers):
        self.check()
        self.snapfs("check", "--read-data")
        listed = [snapshot["id"] for snapshot in self.snapshots()]
        wanted = [snapshot for worker in workers for snapshot in worker.saved]
        self.assertEqual(len(listed), len(wanted))
        for worker in workers:
            for number, (snapshot, content) in enumerate(worker.saved.items()):
                program = (self.snapfs, self.restic)[number % 2]
                target = os.path.join(self.scratch, f"restored {snapshot}")
                program("restore", snapshot, "--target", target)
                self.require_same(manifest(target + worker.source), content, f"restored {snapshot}")
                shutil.rmtree(target)


CROWD = {"each": 2, "mounts": 2,
         "checkers": (("snapfs", harness.SNAPFS), ("restic", harness.RESTIC))}


class LocalTogether(Together):
    def test_a_crowd_on_a_directory(self):
        self.cheap_repository()
        in_tests = "SNAPFS_TEST_MINUTES" not in os.environ
        self.work_together(**CROWD, minutes=MINUTES / 2 if in_tests else MINUTES)


class RestTogether(Together):
    def use_rest_server(self):
        self.cheap_repository()
        server = servers.start_rest_server(self, self.scratch, "--no-auth")
        self.environment["RESTIC_REPOSITORY"] = f"rest:http://127.0.0.1:{server.port}/repository/"

    def test_on_a_rest_server(self):
        self.use_rest_server()
        self.work_together()

    def test_a_crowd_on_a_rest_server(self):
        if "SNAPFS_TEST_MINUTES" not in os.environ:
            self.skipTest("it takes minutes: SNAPFS_TEST_MINUTES says how many")
        self.use_rest_server()
        self.work_together(**CROWD, minutes=MINUTES)


class OwnServerTogether(Together):
    """Where restic's server is not to be had, there is the one of the tests."""

    def test_a_crowd_on_a_server_of_the_tests(self):
        self.cheap_repository()
        server = RecordingServer(self.repository)
        self.addCleanup(server.close)
        self.environment["RESTIC_REPOSITORY"] = server.url
        self.work_together(**CROWD, minutes=MINUTES if MINUTES >= 1 else MINUTES / 2)


class S3Together(Together):
    def test_on_an_object_store(self):
        cluster = servers.start_ceph(self)
        self.environment["AWS_ACCESS_KEY_ID"], self.environment["AWS_SECRET_ACCESS_KEY"] = cluster.user
        self.environment["RESTIC_REPOSITORY"] = f"s3:{cluster.endpoint}/together"
        self.snapfs("init")
        self.work_together()


class GrowthTest(unittest.TestCase):
    """That what is not flat is seen."""

    def growth(self, memory, descriptors):
        growth = Growth()
        growth.samples = [(second, memory(second), descriptors(second)) for second in range(600)]
        return growth

    def test_what_is_level_is_flat(self):
        self.assertTrue(self.growth(lambda second: min(second, 200) * 1024 + second % 7 * 100,
                                    lambda second: 20 + second % 5).is_flat())

    def test_a_leak_of_memory_is_seen(self):
        self.assertFalse(self.growth(lambda second: 100_000 + 5 * second, lambda _: 20).is_flat())

    def test_a_leak_of_descriptors_is_seen(self):
        self.assertFalse(self.growth(lambda _: 100_000, lambda second: 20 + second // 60).is_flat())


def torture(minutes, seed):
    global MINUTES, SEED
    MINUTES, SEED = minutes / 2, seed
    os.environ["SNAPFS_TEST_MINUTES"] = str(MINUTES)
    on_a_server = (RestTogether("test_a_crowd_on_a_rest_server") if servers.REST_SERVER
                   else OwnServerTogether("test_a_crowd_on_a_server_of_the_tests"))
    crowds = unittest.TestSuite([LocalTogether("test_a_crowd_on_a_directory"), on_a_server])
    if not unittest.TextTestRunner(verbosity=2).run(crowds).wasSuccessful():
        sys.exit(f"again with: {sys.argv[0]} --torture {minutes} {seed}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--torture"]:
        torture(float(sys.argv[2]), int(sys.argv[3]))
    else:
        harness.main()
