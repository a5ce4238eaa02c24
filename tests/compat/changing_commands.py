"""Every command that changes files: what it is run on, and what has to hold whenever it ends, also by
a kill or a power cut in the middle of it. For the tests that end it there.

A scene is made once, as a directory with everything in it that the command needs, and copied for each
end that the command is to come to. Paths on the command line are relative to it.
"""
import contextlib
import dataclasses
import hashlib
import json
import os
import re
import shutil
import subprocess

import harness
from cheap_key import cheapen
from recording_server import RecordingServer

DAYS = tuple(f"2026-01-0{day}T00:00:00Z" for day in (1, 2, 3))
NEXT_DAY = "2026-02-01T00:00:00Z"
SOME_PACK_BYTE = 20
NO_CONTENT = hashlib.sha256().hexdigest()
PARTIAL = "snapfs-partial"  # the tag of a snapshot of what is done so far


@dataclasses.dataclass(frozen=True)
class Scene:
    name: str
    arguments: tuple
    prepare: str = "history"  # the method of Stage that makes what is there before
    keeps: tuple = DAYS       # times of snapshots that are there at every moment
    goes: tuple = ()          # of those that may be gone, or may be there
    unlike: tuple = ()        # of those some of whose files are changed or damaged
    touched: tuple = ()       # these files of theirs, and what is below them
    mend: tuple = ()          # commands that put right what was wrong before
    passwords: tuple = (harness.PASSWORD,)  # one of them opens it at every moment
    opens_after: tuple = (harness.PASSWORD,)  # all of them do, when the command has ended
    hold: tuple = ()          # ends of paths: who opens the first one waits until the other is synced
    again: bool = True        # it can be run again when it was cut off, and then does what was left
    far: bool = False         # the repository is on a server, so that there is a cache
    program: str = harness.SNAPFS


NEW = "new password"
# What only the second snapshot has: all of it is in one pack.
OF_THE_SECOND = ("changing", "folder/number", "only-in-1")
FROM = ("--from-repo", "other", "--from-password-file", "password")

SCENES = (
    Scene("init", ("init",), "nothing", keeps=(), again=False),
    Scene("snapshot, the first", ("snapshot", "source", "--time", DAYS[0]), "empty", keeps=()),
    Scene("snapshot, the next", ("snapshot", "source", "--time", NEXT_DAY, "-g", "host")),
    Scene("snapshot with a checkpoint",
          ("snapshot", "source", "--time", NEXT_DAY, "-g", "host", "--checkpoint", "1s"), "slow_file",
          hold=("source/later/slow", "repository/snapshots")),
    Scene("forget", ("forget", "--keep-last", "1"), keeps=DAYS[2:], goes=DAYS[:2]),
    Scene("forget --prune", ("forget", "--keep-last", "1", "--prune", "--max-unused", "0"),
          keeps=DAYS[2:], goes=DAYS[:2]),
    Scene("prune", ("prune", "--max-unused", "0"), "forgotten", keeps=DAYS[2:]),
    # It makes room first: for a while, no index is there. Every snapshot's packs are.
    Scene("prune without room", ("prune", "--unsafe-recover-no-free-space", "REPOSITORY"), "forgotten",
          keeps=DAYS[2:], mend=(("repair", "index"),)),
    Scene("repair index", ("repair", "index"), "lost_index", mend=(("repair", "index"),)),
    Scene("repair packs", ("repair", "packs", "BROKEN"), "broken_pack", unlike=DAYS[1:2], touched=OF_THE_SECOND,
          mend=(("repair", "packs", "BROKEN"), ("repair", "snapshots", "--forget")), again=False),
    Scene("repair snapshots", ("repair", "snapshots", "--forget"), "lost_pack", unlike=DAYS[1:2], touched=OF_THE_SECOND,
          mend=(("repair", "snapshots", "--forget"),)),
    Scene("recover", ("recover",), "lost_snapshot", keeps=DAYS[:2]),
    Scene("tag", ("tag", "--set", "new")),
    Scene("key add", ("key", "add", "--new-password-file", "new-password"),
          opens_after=(harness.PASSWORD, NEW)),
    Scene("key passwd", ("key", "passwd", "--new-password-file", "new-password"),
          passwords=(harness.PASSWORD, NEW), opens_after=(NEW,)),
    Scene("key remove", ("key", "remove", "SECOND"), "two_keys", again=False),
    Scene("copy", ("copy", *FROM), "two_repositories", goes=("2026-01-11T00:00:00Z",
                                                            "2026-01-12T00:00:00Z")),
    Scene("rewrite", ("rewrite", "--forget", "--exclude", "folder"), unlike=DAYS, touched=("folder",)),
    Scene("rewrite, the old ones stay", ("rewrite", "--exclude", "only-in-1"), unlike=DAYS, touched=("only-in-1",),
          again=False),
    Scene("migrate", ("migrate", "upgrade_repo_v2"), "version_1", keeps=DAYS[:1], again=False),
    Scene("unlock", ("unlock",), "stale_locks"),
    Scene("restore", ("restore", "latest", "--target", "target")),
    Scene("the cache", ("ls", "latest"), far=True),
    Scene("the cache, after a snapshot", ("snapshot", "source", "--time", NEXT_DAY, "-g", "host"), far=True),
    Scene("cache --cleanup", ("cache", "--cleanup", "--max-age", "1"), "old_cache"),
)
# A program that takes the snapshots away for a moment: what would not notice that, notices nothing.
PLANTED = Scene("planted", ("-c", "mv repository/snapshots aside; mv aside repository/snapshots"),
                program="/bin/sh")


def digest(directory):
    """Everything in a directory, by path."""
    found = {}
    for folder, folders, files in os.walk(directory):
        for name in folders + files:
            path = os.path.join(folder, name)
            if os.path.islink(path):
                what = os.readlink(path)
            elif os.path.isdir(path):
                what = "directory"
            else:
                with open(path, "rb") as file:
                    what = hashlib.sha256(file.read()).hexdigest()
            found[os.path.relpath(path, directory)] = what
    return found


def below(files, roots):
    """Those of a digest that are one of these paths, or lie below one."""
    return {path: what for path, what in files.items()
            if any(path == root or path.startswith(root + "/") for root in roots)}


def scratch_parent():
    """Where files are in memory, if there is such a place: what a disk does is simulated here."""
    memory = "/dev/shm"
    if os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 1 << 30:
        return memory
    return None


class Stage:
    """A directory in which commands are run."""

    def __init__(self, directory, trees=None, words=None):
        self.directory = directory
        self.trees = trees if trees is not None else {}  # time of a snapshot → digest of its files
        self.words = words if words is not None else {}  # words of the arguments → what they stand for
        self.password = harness.PASSWORD
        self.location = self.path("repository")

    def path(self, *names):
        return os.path.join(self.directory, *names)

    def environment(self):
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("RESTIC_", "SNAPFS_"))}
        # What looks for leaks traces the process, which somebody does already.
        kept["ASAN_OPTIONS"] = kept.get("ASAN_OPTIONS", "") + ":detect_leaks=0"
        return {**kept, "RESTIC_REPOSITORY": self.location, "RESTIC_PASSWORD": self.password,
                "RESTIC_CACHE_DIR": self.path("cache"), "HOME": self.directory,
                "TMPDIR": self.directory, "TZ": "UTC"}

    @contextlib.contextmanager
    def as_it_is_for(self, scene):
        """While the scene's command is run."""
        if not scene.far:
            yield
            return
        server = RecordingServer(self.path("repository"))
        self.location = server.url
        try:
            yield
        finally:
            self.location = self.path("repository")
            server.close()

    def fill_in(self, arguments):
        return [self.words.get(word, word) for word in arguments]

    def run(self, *arguments, program=None, **environment):
        return subprocess.run([program or harness.SNAPFS, *self.fill_in(arguments)],
                              cwd=self.directory, env=self.environment() | environment, text=True,
                              capture_output=True, check=False, timeout=300,
                              stdin=subprocess.DEVNULL)

    def must(self, *arguments, program=None, **environment):
        """What the command prints; it succeeds."""
        result = self.run(*arguments, program=program, **environment)
        if result.returncode != 0:
            raise AssertionError(f"{arguments}: {result.returncode}\n{result.stdout}{result.stderr}")
        return result.stdout

    def make(self, scene):
        """What is there before the scene's command; the files of the snapshot that it will take."""
        getattr(self, scene.prepare)()
        if "--time" in scene.arguments:
            self.trees[scene.arguments[scene.arguments.index("--time") + 1]] = digest(self.path("source"))

    def copy_to(self, directory):
        shutil.copytree(self.directory, directory, symlinks=True)
        copy = Stage(directory, self.trees, self.words)
        copy.password = self.password
        return copy

    def files(self, kind):
        with contextlib.suppress(FileNotFoundError):
            return sorted(n for n in os.listdir(self.path("repository", kind)) if len(n) == 64)
        return []

    # What is there before a command.

    def nothing(self):
        self.write_source(0)
        with open(self.path("password"), "w", encoding="ascii") as file:
            file.write(harness.PASSWORD)
        with open(self.path("new-password"), "w", encoding="ascii") as file:
            file.write(NEW)

    def empty(self, *options):
        self.nothing()
        self.must("init", *options)
        cheapen(self.path("repository"), harness.PASSWORD)

    def history(self, *options):
        """Three snapshots that share some of their packs' content, and a source that was changed."""
        self.empty(*options)
        for number, day in enumerate(DAYS):
            self.take(number, day)
        self.write_source(9)

    def write_source(self, number):
        shutil.rmtree(self.path("source"), ignore_errors=True)
        os.makedirs(self.path("source", "folder"))
        random = {"kept": b"k", "changing": b"c%d" % number, "folder/more": b"m%d" % (number // 2)}
        for name, seed in random.items():
            with open(self.path("source", name), "wb") as file:
                file.write(b"".join(hashlib.sha256(seed + b"%d" % i).digest() for i in range(200)))
        with open(self.path("source", "empty"), "wb"):
            pass
        os.symlink("kept", self.path("source", "link"))
        for name in ("folder/number", f"only-in-{number}"):
            with open(self.path("source", name), "w", encoding="ascii") as file:
                file.write(str(number))

    def take(self, number, time):
        self.write_source(number)
        self.must("snapshot", "source", "--time", time, "-g", "host")
        self.trees[time] = digest(self.path("source"))

    def slow_file(self):
        """One that comes after so many others that they are another job."""
        self.history()
        os.mkdir(self.path("source", "later"))
        for number in range(60):
            with open(self.path("source", f"small-{number}"), "w", encoding="ascii") as file:
                file.write(f"small {number}")
        with open(self.path("source", "later", "slow"), "w", encoding="ascii") as file:
            file.write("slow")

    def forgotten(self):
        self.history()
        self.must("forget", "--keep-last", "1")
        self.words["REPOSITORY"] = json.loads(self.must("cat", "config"))["id"]
        # One that nobody lists, as a run that was killed leaves it.
        content = b"no pack at all"
        name = hashlib.sha256(content).hexdigest()
        os.makedirs(self.path("repository", "data", name[:2]), exist_ok=True)
        with open(self.path("repository", "data", name[:2], name), "wb") as file:
            file.write(content)

    def lost_index(self):
        self.history()
        os.remove(self.path("repository", "index", self.files("index")[0]))

    def pack_of_the_second(self):
        """The pack of what only the second snapshot has."""
        (second,) = [snapshot["id"] for snapshot in json.loads(self.must("snapshots", "--json"))
                     if snapshot["time"] == DAYS[1]]
        tree = json.loads(self.must("cat", "tree", f"{second}:/source"))
        (blob,) = [node["content"][0] for node in tree["nodes"] if node["name"] == "changing"]
        found = self.must("find", "--show-pack-id", "--blob", blob)
        pack = next(line for line in found.splitlines() if line.startswith("Object")).split()[-1]
        self.words["BROKEN"] = pack
        return self.path("repository", "data", pack[:2], pack)

    def broken_pack(self):
        self.history()
        path = self.pack_of_the_second()
        os.chmod(path, 0o600)
        with open(path, "r+b") as file:
            file.seek(SOME_PACK_BYTE)
            byte = file.read(1)
            file.seek(SOME_PACK_BYTE)
            file.write(bytes([byte[0] ^ 1]))

    def lost_pack(self):
        self.history()
        os.remove(self.pack_of_the_second())
        self.must("repair", "index")

    def lost_snapshot(self):
        self.history()
        self.must("forget", "latest")

    def two_keys(self):
        self.history()
        before = set(self.files("keys"))
        self.must("key", "add", "--new-password-file", "new-password")
        (self.words["SECOND"],) = set(self.files("keys")) - before

    def two_repositories(self):
        self.history()
        os.rename(self.path("repository"), self.path("kept-repository"))
        self.empty()
        for number, time in enumerate(("2026-01-11T00:00:00Z", "2026-01-12T00:00:00Z")):
            self.take(number + 20, time)
        os.rename(self.path("repository"), self.path("other"))
        os.rename(self.path("kept-repository"), self.path("repository"))

    def old_cache(self):
        """What was kept of two repositories, long ago."""
        self.history()
        with self.as_it_is_for(Scene("", (), far=True)):
            self.must("ls", "latest")
        (kept,) = [name for name in os.listdir(self.path("cache", "snapfs")) if len(name) == 64]
        for digit in "ab":
            other = self.path("cache", "snapfs", digit * 64)
            shutil.copytree(self.path("cache", "snapfs", kept), other)
            for folder, _, names in os.walk(other, topdown=False):
                for path in [os.path.join(folder, name) for name in names] + [folder]:
                    os.utime(path, (0, 0))

    def version_1(self):
        self.empty("--repository-version", "1")
        self.take(0, DAYS[0])

    def stale_locks(self):
        self.history()
        for _ in range(3):
            with subprocess.Popen([harness.SNAPFS, "snapshot", "--stdin"], cwd=self.directory,
                                  env=self.environment(), stdin=subprocess.PIPE,
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as holder:
                before = len(self.files("locks"))
                while len(self.files("locks")) == before:
                    os.sched_yield()
                holder.kill()


SAVED = re.compile(r"^(?:saved new )?snapshot ([0-9a-f]{8,64})(?: saved.*)?$", re.MULTILINE)


def told(output):
    """The snapshots that the user was told of, by the beginnings of their IDs."""
    return [found[1] for found in SAVED.finditer(output)
            if found[0].startswith("saved new") or " saved" in found[0]]


class Verdict:
    """Whether the invariant holds of a scene's stage after the command came to its end somewhere. The
    stage is used up by it.
    """

    def __init__(self, scene, stage, output, ended):
        self.scene = scene
        self.stage = stage
        self.output = output
        self.ended = ended

    def require(self, holds, words):
        if not holds:
            raise AssertionError(words)

    def look(self, thoroughly):
        """Raises AssertionError. Thoroughly: as restic sees it, too, and with every file read."""
        if not self.find_password():
            return
        self.stage.must("unlock")
        self.require(not self.stage.files("locks"), "a lock stays")
        self.require(self.scene.name != "key remove" or not self.ended or
                     len(self.stage.files("keys")) == 1, "the key that was removed is there")
        self.mend()
        self.stage.must("check", "--read-data")
        self.look_at_snapshots()
        self.look_at_the_cache()
        if thoroughly:
            self.check_by_restic()
            self.restore()
        self.do_again()
        self.go_on()
        if thoroughly:
            self.check_by_restic()

    def find_password(self):
        """False when there is no repository yet, and none was promised."""
        stage = self.stage
        if not os.path.exists(stage.path("repository", "config")):
            self.require(self.scene.prepare == "nothing" and not self.ended, "there is no config")
            again = stage.run("init")
            if again.returncode != 0:  # what was begun is named, and in the way of nothing else
                self.require("already holds keys" in again.stderr, again.stderr)
                shutil.rmtree(stage.path("repository", "keys"))
                stage.must("init")
            stage.must("check", "--read-data")
            return False
        words = self.scene.opens_after if self.ended else self.scene.passwords
        opening = [word for word in words if self.is_opened_by(word)]
        self.require(opening == list(words) if self.ended else opening, f"it is opened by {opening}")
        stage.password = opening[0]
        return True

    def is_opened_by(self, password):
        self.stage.password = password
        result = self.stage.run("cat", "config", "--no-lock")
        self.require(result.returncode in (0, 12), result.stderr)
        return result.returncode == 0

    def mend(self):
        """The command that was ended is the first of those that put things right."""
        for command in self.scene.mend[1 if self.ended else 0:]:
            arguments = self.stage.fill_in(command)
            if "packs" in arguments and not os.path.exists(
                    self.stage.path("repository", "data", arguments[-1][:2], arguments[-1])):
                continue
            self.stage.must(*arguments)

    def look_at_snapshots(self):
        self.snapshots = json.loads(self.stage.must("snapshots", "--json"))
        times = {snapshot["time"] for snapshot in self.snapshots}
        self.require(times >= set(self.scene.keeps), f"there is not more than {times}")
        for beginning in told(self.output):
            self.require(any(s["id"].startswith(beginning) for s in self.snapshots),
                         f"{beginning} was reported as saved")

    def look_at_the_cache(self):
        """Nothing that is in it can be seen."""
        if not self.scene.far and not self.scene.name.startswith("cache"):
            return
        listed = self.stage.must("ls", "--no-lock", "latest")
        with self.stage.as_it_is_for(dataclasses.replace(self.scene, far=True)):
            for _ in range(2):
                self.require(self.stage.must("ls", "--no-lock", "latest") == listed, "it lists other files")

    def do_again(self):
        if not self.scene.again or self.scene.program != harness.SNAPFS:
            return
        with self.stage.as_it_is_for(self.scene):
            self.stage.must(*self.scene.arguments)
        self.stage.password = self.scene.opens_after[0]
        times = {s["time"] for s in json.loads(self.stage.must("snapshots", "--json"))}
        self.require(not (times & set(self.scene.goes)) or self.scene.name == "copy",
                     "run again it does not end what was begun")
        if self.scene.name == "restore":
            self.require(digest(self.stage.path("target", "source")) == self.stage.trees[DAYS[2]],
                         "restored again, the files are others")

    def check_by_restic(self):
        result = self.stage.run("check", "--read-data", program=harness.RESTIC)
        # restic 0.14 has a status for packs that no index lists.
        self.require("no errors were found" in result.stdout, result.stdout + result.stderr)

    def restore(self):
        """Every snapshot through the mount and through restic."""
        known = [s for s in self.snapshots if s["time"] in self.stage.trees]
        with self.mounted() as mountpoint:
            for snapshot in known:
                self.compare(snapshot, os.path.join(mountpoint, "ids", snapshot["id"][:8], "source"))
        for snapshot in known:
            target = f"restored {snapshot['id'][:8]}"
            self.stage.must("restore", "-q", snapshot["id"], "--target", target, program=harness.RESTIC)
            self.compare(snapshot, self.stage.path(target, "source"))

    def compare(self, snapshot, directory):
        found = digest(directory)
        wanted = self.stage.trees[snapshot["time"]]
        if snapshot["time"] in self.scene.unlike:
            touched = below(found, self.scene.touched)
            before = below(wanted, self.scene.touched)
            # What is left out is left out as a whole; what was damaged is lost, or there, file by file:
            # each has one blob.
            self.require(touched in ({}, before) if not self.scene.mend else
                         all(what in (before[path], NO_CONTENT) for path, what in touched.items()),
                         f"of {sorted(before)} in {snapshot['time']} there is {touched}")
            found = {path: what for path, what in found.items() if path not in touched}
            wanted = {path: what for path, what in wanted.items()
                      if path not in below(wanted, self.scene.touched)}
        elif PARTIAL in (snapshot.get("tags") or ()):
            wanted = {path: what for path, what in wanted.items() if path in found}
        self.require(found == wanted, f"the files of {snapshot['time']} are not what they were")

    @contextlib.contextmanager
    def mounted(self):
        mountpoint = self.stage.path("mountpoint")
        os.mkdir(mountpoint)
        with subprocess.Popen([harness.SNAPFS, "mount", mountpoint], cwd=self.stage.directory,
                              env=self.stage.environment(), stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True) as server:
            try:
                # The first line is printed when the mount is usable.
                self.require(server.stdout.readline(), "the mount did not come up")
                yield mountpoint
            finally:
                server.terminate()
                server.wait(timeout=30)
                subprocess.run(["fusermount3", "-uzq", mountpoint], check=False, capture_output=True)

    def go_on(self):
        """The next snapshot and the next prune."""
        self.stage.must("snapshot", "source", "--time", "2026-03-01T00:00:00Z", "-g", "host")
        self.stage.must("prune", "--max-unused", "0")
        self.stage.must("check", "--read-data")
        times = {s["time"] for s in json.loads(self.stage.must("snapshots", "--json"))}
        self.require(times >= {*self.scene.keeps, "2026-03-01T00:00:00Z"}, f"only {times} are left")
