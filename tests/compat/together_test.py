"""Two processes on one repository, one restic, one snapfs: each takes snapshots, mounts, forgets and
prunes as it likes, with nothing between them but the locks. In the end both find the repository
sound, and every snapshot that was reported and that nobody forgot is restored as it was.

SNAPFS_TEST_MINUTES says how long, on each server; some twenty seconds unless it is set.
"""
import collections
import contextlib
import hashlib
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

import harness
import servers


SECONDS = 60 * float(os.environ.get("SNAPFS_TEST_MINUTES") or 1 / 3)
LOCKED = 11
PATIENCE = 600  # seconds after which a lock is one that nobody gives back
SAVED = re.compile(r"snapshot ([0-9a-f]{8,64}) saved")


def manifest(directory):
    """What is in each file below."""
    found = {}
    for folder, _, names in os.walk(directory):
        for name in names:
            path = os.path.join(folder, name)
            with open(path, "rb") as file:
                found[os.path.relpath(path, directory)] = hashlib.sha256(file.read()).hexdigest()
    return found


class Worker(threading.Thread):
    """One program, working on its own source with its own snapshots."""

    def __init__(self, test, name, program, seed):
        super().__init__(name=name)
        self.test = test
        self.program = program
        self.random = random.Random(seed)
        self.knows_patience = program == harness.SNAPFS or harness.restic_version() >= (0, 16)
        self.source = os.path.join(test.scratch, f"source of {name}")
        self.mountpoint = os.path.join(test.scratch, f"mount of {name}")
        self.saved = {}  # ID → what was in the source
        self.counts = collections.Counter()
        self.failure = None
        for directory in (self.source, self.mountpoint):
            os.makedirs(directory)

    def run(self):
        try:
            self.work()
        except BaseException as error:  # pylint: disable=broad-exception-caught
            self.failure = error
            self.test.over.set()

    def work(self):
        while True:
            for step in (self.snapshot, self.snapshot, self.read_mount, self.snapshot, self.forget,
                         self.prune):
                if self.test.over.is_set():
                    return
                step()
            self.counts["rounds"] += 1
            if time.monotonic() > self.test.end:
                return

    def wait_for_lock(self, since, what):
        """Called each time that somebody else's lock is in the way."""
        self.counts["lock waits"] += 1
        if self.test.over.is_set():
            raise AssertionError("the other one failed")
        if time.monotonic() - since > PATIENCE:
            raise AssertionError(f"{self.name} {what}: locked for {PATIENCE} s")

    def call(self, *arguments):
        """Until it gets its lock: sometimes by the program's own patience, sometimes by ours."""
        patient = self.knows_patience and self.random.random() < 0.3
        patience = ("--retry-lock", "1m") if patient else ()
        since = time.monotonic()
        while True:
            result = subprocess.run(
                [self.program, *arguments, *patience], env=self.test.environment,
                cwd=self.test.scratch, capture_output=True, text=True, check=False, timeout=600)
            self.counts["lock waits"] += "already locked, waiting" in result.stdout + result.stderr
            if result.returncode == 0:
                return result.stdout
            # Debian 12's restic has no status of its own for it.
            is_locked = result.returncode == LOCKED or "already locked" in result.stderr
            if not is_locked:
                raise AssertionError(f"{self.name} {arguments}: {result.returncode}\n{result.stdout}"
                                     f"\n{result.stderr}")
            self.wait_for_lock(since, f"{arguments}\n{result.stdout}\n{result.stderr}")

    def change_source(self):
        for _ in range(self.random.randrange(1, 8)):
            path = os.path.join(self.source, str(self.random.randrange(20)),
                                str(self.random.randrange(20)))
            os.makedirs(os.path.dirname(path), exist_ok=True)
            # Others than those of the other one, but for some that both have.
            shared = self.random.random() < 0.3
            rng = random.Random(self.random.randrange(5)) if shared else self.random
            with open(path, "wb") as file:
                file.write(rng.randbytes(rng.randrange(300_000)))
        if self.random.random() < 0.3:
            directories = [name for name in os.listdir(self.source) if name.isdigit()]
            shutil.rmtree(os.path.join(self.source, self.random.choice(directories)))
        with open(os.path.join(self.source, "round"), "w", encoding="ascii") as file:
            file.write(f"{self.name} {self.counts['snapshots']}")

    def snapshot(self):
        self.change_source()
        printed = self.call("backup", self.source)
        self.saved[SAVED.search(printed)[1]] = manifest(self.source)
        self.counts["snapshots"] += 1

    def forget(self):
        if len(self.saved) < 3:
            return
        snapshot = self.random.choice(list(self.saved))
        # From here on nobody may count on it, whatever becomes of the command.
        with self.test.forgotten:
            del self.saved[snapshot]
        self.call("forget", snapshot, *(("--prune",) if self.random.random() < 0.5 else ()))
        self.counts["forgotten"] += 1

    def prune(self):
        self.call("prune", "--max-unused", self.random.choice(("0", "5%", "unlimited")))
        self.counts["prunes"] += 1

    def read_mount(self):
        """All of one snapshot, by a mount that holds a lock."""
        since = time.monotonic()
        while not self.try_to_read_mount():
            self.wait_for_lock(since, "mount")

    def try_to_read_mount(self):
        """Whether nobody's lock was in the way."""
        command = [self.program, "mount", self.mountpoint]
        with tempfile.TemporaryFile("w+") as log:
            with subprocess.Popen(command, env=self.test.environment, cwd=self.test.scratch,
                                  stdout=log, stderr=log) as process:
                try:
                    while not os.path.ismount(self.mountpoint):
                        if process.poll() is None:
                            time.sleep(0.01)
                            continue
                        log.seek(0)
                        words = log.read()
                        if "already locked" not in words:
                            raise AssertionError(f"{self.name}: no mount: {words}")
                        return False
                    snapshot = self.random.choice(list(self.saved))
                    self.test.require_same(self.in_mount(self.mountpoint, snapshot),
                                           self.saved[snapshot], f"{self.name} mounts {snapshot}")
                    self.counts["mounts"] += 1
                    return True
                finally:
                    process.send_signal(signal.SIGINT)  # upon which both give back their locks
                    process.wait()
                    subprocess.run(["fusermount3", "-uzq", self.mountpoint], check=False)

    def in_mount(self, mountpoint, snapshot):
        ids = os.path.join(mountpoint, "ids")
        # Both list them by the beginnings of their IDs.
        (name,) = [name for name in os.listdir(ids) if snapshot.startswith(name)
                   or name.startswith(snapshot)]
        return manifest(os.path.join(ids, name) + self.source)


class Watcher(threading.Thread):
    """A mount of snapfs's without a lock, all the time: what is forgotten may vanish from it, and what
    prune moves may not.
    """

    def __init__(self, test, workers, mountpoint):
        super().__init__(name="watcher")
        self.test, self.workers, self.mountpoint = test, workers, mountpoint
        self.random = random.Random(3)
        self.reads = 0
        self.failure = None

    def run(self):
        try:
            while not self.test.done.wait(0.1):
                worker = self.random.choice(self.workers)
                with contextlib.suppress(IndexError):
                    self.read_one(worker, self.random.choice(list(worker.saved)))
        except BaseException as error:  # pylint: disable=broad-exception-caught
            self.failure = error
            self.test.over.set()

    def read_one(self, worker, snapshot):
        wanted = worker.saved.get(snapshot)
        while snapshot in worker.saved:
            try:
                found = worker.in_mount(self.mountpoint, snapshot)
                break
            except OSError:
                if snapshot in worker.saved:
                    raise
            except ValueError:  # not there yet: new ones are within seconds
                if self.test.done.wait(0.1):
                    return
        with self.test.forgotten:
            if snapshot in worker.saved:
                self.test.require_same(found, wanted, f"the mount without a lock, {snapshot}")
                self.reads += 1


class Together(harness.CompatTest):
    def prepare(self):
        self.over = threading.Event()   # somebody failed
        self.done = threading.Event()   # the work is done
        self.forgotten = threading.Lock()
        self.end = time.monotonic() + SECONDS

    def require_same(self, found, wanted, what):
        if found != wanted:
            different = [path for path in sorted({*found, *wanted})
                         if found.get(path) != wanted.get(path)]
            raise AssertionError(f"{what}: {different[:5]} of {len(wanted)} differ")

    def work_together(self):
        if not harness.mount_usable():
            self.skipTest("/dev/fuse cannot be used here")
        workers = [Worker(self, "snapfs", harness.SNAPFS, 1), Worker(self, "restic", harness.RESTIC, 2)]
        for worker in workers:
            worker.snapshot()  # so that there is something to see from the beginning
        self.prepare()
        with self.mounted("--no-lock") as mountpoint:
            watcher = Watcher(self, workers, mountpoint)
            threads = [*workers, watcher]
            for thread in threads:
                thread.start()
            for thread in workers:
                thread.join()
            self.done.set()
            watcher.join()
        for thread in threads:
            if thread.failure:
                raise thread.failure
        self.require_sound(workers)
        for worker in workers:
            print(f"{worker.name}: " + ", ".join(f"{count} {what}" for what, count in
                                                 sorted(worker.counts.items())), file=sys.stderr)
            self.assertGreater(worker.counts["prunes"], 0)
            self.assertGreater(worker.counts["mounts"], 0)
        print(f"read {watcher.reads} snapshots in the mount without a lock", file=sys.stderr)
        self.assertGreater(watcher.reads, 0)

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


class RestTogether(Together):
    def test_on_a_rest_server(self):
        self.cheap_repository()
        server = servers.start_rest_server(self, self.scratch, "--no-auth")
        self.environment["RESTIC_REPOSITORY"] = f"rest:http://127.0.0.1:{server.port}/repository/"
        self.prepare()
        self.work_together()


class S3Together(Together):
    def test_on_an_object_store(self):
        cluster = servers.start_ceph(self)
        self.environment["AWS_ACCESS_KEY_ID"], self.environment["AWS_SECRET_ACCESS_KEY"] = cluster.user
        self.environment["RESTIC_REPOSITORY"] = f"s3:{cluster.endpoint}/together"
        self.snapfs("init")
        self.prepare()
        self.work_together()


if __name__ == "__main__":
    harness.main()
