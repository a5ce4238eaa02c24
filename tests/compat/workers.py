"""Programs at work on one repository, each in a thread of its own: who takes snapshots, mounts, forgets
and prunes as it likes, who checks, and who only reads. For tests of several processes at once.
"""
import collections
import contextlib
import hashlib
import os
import random
import re
import shutil
import signal
import statistics
import subprocess
import tempfile
import threading
import time

import harness

LOCKED = 11
MOST_SNAPSHOTS = 10  # of one worker
PATIENCE = 240  # seconds after which a lock is one that nobody gives back
MANNERS = 60    # seconds after which the others let somebody in who wants to be alone
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


class Turns:
    """Locks know no turns: who wants to be alone would wait for ever where the others never all pause."""

    def __init__(self):
        self.changed = threading.Condition()
        self.waiting = set()  # those who have waited long

    def waits(self, worker):
        with self.changed:
            self.waiting.add(worker)

    def is_served(self, worker):
        with self.changed:
            self.waiting.discard(worker)
            self.changed.notify_all()

    def let_others_in(self, worker):
        with self.changed:
            self.changed.wait_for(lambda: not self.waiting - {worker}, timeout=2 * PATIENCE)


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
        for directory in (self.source, self.mountpoint):
            os.makedirs(directory)

    def run(self):
        try:
            self.work()
        except BaseException as error:  # pylint: disable=broad-exception-caught
            self.test.fail_with(error)
        finally:
            self.test.turns.is_served(self)

    def steps(self):
        """What it does in one round."""
        return (self.snapshot, self.snapshot, self.read_mount, self.snapshot, self.forget, self.prune)

    def work(self):
        while True:
            for step in self.steps():
                self.test.turns.let_others_in(self)
                if self.test.over.is_set():
                    return
                step()
                self.test.turns.is_served(self)
            self.counts["rounds"] += 1
            if time.monotonic() > self.test.end:
                return

    def wait_for_lock(self, since, what):
        """Called each time that somebody else's lock is in the way."""
        self.counts["lock waits"] += 1
        if self.test.over.is_set():
            raise AssertionError("the other one failed")
        if time.monotonic() - since > MANNERS:
            self.test.turns.waits(self)
        if time.monotonic() - since > PATIENCE:
            raise AssertionError(f"{self.name} {what}: locked for {PATIENCE} s {self.holder(what)}")

    def run_program(self, *arguments):
        command = [self.program, *arguments]
        with subprocess.Popen(command, env=self.test.environment, cwd=self.test.scratch, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            self.began(process, arguments)
            try:
                output, errors = process.communicate(timeout=600)
            except subprocess.TimeoutExpired:
                process.kill()
                raise
        return subprocess.CompletedProcess(command, process.returncode, output, errors)

    def began(self, process, arguments):
        """So that a lock that stays can be told whose it is."""
        self.test.processes[process.pid] = (self.name, arguments, process)

    def holder(self, words):
        """Of the lock that a message is about: what it ran, and how that ended."""
        pid = re.search(r"by PID (\d+)", words)
        name, arguments, process = self.test.processes.get(int(pid[1]) if pid else 0, ("nobody", (), None))
        return f"by {name} {arguments}: {process and process.returncode}"

    def call(self, *arguments):
        """Until it gets its lock: sometimes by the program's own patience, sometimes by ours."""
        patient = self.knows_patience and self.random.random() < 0.3
        patience = ("--retry-lock", "1m") if patient else ()
        since = time.monotonic()
        while True:
            result = self.run_program(*arguments, *patience)
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
        """One of them, and more when they become many: else the repository would grow for ever."""
        if len(self.saved) < 3:
            return
        snapshots = self.random.sample(list(self.saved), max(1, len(self.saved) - MOST_SNAPSHOTS))
        # From here on nobody may count on them, whatever becomes of the command.
        with self.test.forgotten:
            for snapshot in snapshots:
                del self.saved[snapshot]
        self.call("forget", *snapshots, *(("--prune",) if self.random.random() < 0.5 else ()))
        self.counts["forgotten"] += len(snapshots)

    def prune(self):
        self.call("prune", "--max-unused", self.random.choice(("0", "5%", "unlimited")))
        self.counts["prunes"] += 1

    def read_mount(self):
        """All of one snapshot, by a mount that holds a lock."""
        since = time.monotonic()
        while words := self.try_to_read_mount():
            self.wait_for_lock(since, f"mount: {words}")

    def try_to_read_mount(self):
        """What it says when somebody's lock was in the way."""
        command = [self.program, "mount", self.mountpoint]
        with tempfile.TemporaryFile("w+") as log:
            with subprocess.Popen(command, env=self.test.environment, cwd=self.test.scratch,
                                  stdout=log, stderr=log) as process:
                self.began(process, command[1:])
                try:
                    while not os.path.ismount(self.mountpoint):
                        if process.poll() is None:
                            time.sleep(0.01)
                            continue
                        log.seek(0)
                        words = log.read()
                        if "already locked" not in words:
                            raise AssertionError(f"{self.name}: no mount: {words}")
                        return words
                    snapshot = self.random.choice(list(self.saved))
                    self.test.require_same(self.in_mount(self.mountpoint, snapshot),
                                           self.saved[snapshot], f"{self.name} mounts {snapshot}")
                    self.counts["mounts"] += 1
                    return ""
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


class Checker(Worker):
    """Looks for damage all the time, and finds none."""

    def steps(self):
        return (self.check,)

    def check(self):
        self.call("check", *(("--read-data",) if self.random.random() < 0.5 else ()))
        self.counts["checks"] += 1


class Growth:
    """How the memory of a mount, what its caches hold aside, and its descriptors grew, by samples."""

    def __init__(self):
        self.samples = []  # (seconds, KiB of memory, descriptors)

    def look_at(self, pid, mountpoint):
        with open(f"/proc/{pid}/status", encoding="ascii") as status:
            memory = next(int(line.split()[1]) for line in status if line.startswith("VmRSS:"))
        with open(os.path.join(mountpoint, ".snapfs", "status"), encoding="utf-8") as status:
            figures = dict(line.split(": ", 1) for line in status)
        memory -= sum(int(figures[f"{cache}_cache_bytes"]) for cache in ("blob", "tree", "file")) >> 10
        # Who is not root cannot look into a process that guards its secrets.
        descriptors = len(os.listdir(f"/proc/{pid}/fd")) if os.geteuid() == 0 else 0
        self.samples.append((time.monotonic(), memory, descriptors))

    def hourly(self, which):
        """The slope of the second half, when caches are full, by least squares: a unit an hour."""
        late = self.samples[len(self.samples) // 2:]
        if len(late) < 2 or late[0][0] == late[-1][0]:
            return 0.0
        return 3600 * statistics.linear_regression([sample[0] for sample in late],
                                                   [sample[which] for sample in late]).slope

    def __str__(self):
        (_, memory, descriptors), (_, last_memory, last_descriptors) = self.samples[0], self.samples[-1]
        tenths = self.samples[::max(1, len(self.samples) // 10)]
        return (f"memory {memory >> 10} -> {last_memory >> 10} MiB, {self.hourly(1) / 1024:+.1f} MiB an hour; "
                f"descriptors {descriptors} -> {last_descriptors}, {self.hourly(2):+.1f} an hour; "
                f"by tenths {[(sample[1] >> 10, sample[2]) for sample in tenths]}")

    def is_flat(self):
        """Less than 16 MiB and 8 descriptors an hour more."""
        return self.hourly(1) < 16 << 10 and self.hourly(2) < 8


class Watcher(threading.Thread):
    """A mount of snapfs's without a lock, all the time: what is forgotten may vanish from it, and what
    prune moves may not.
    """

    def __init__(self, test, workers, mountpoint, server, seed):
        super().__init__(name="watcher")
        self.test, self.workers, self.mountpoint, self.server = test, workers, mountpoint, server
        self.random = random.Random(seed)
        self.growth = Growth()
        self.reads = 0

    def run(self):
        try:
            while not self.test.done.wait(0.1):
                self.growth.look_at(self.server.pid, self.mountpoint)
                worker = self.random.choice(self.workers)
                with contextlib.suppress(IndexError):
                    self.read_one(worker, self.random.choice(list(worker.saved)))
        except BaseException as error:  # pylint: disable=broad-exception-caught
            self.test.fail_with(error)

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
