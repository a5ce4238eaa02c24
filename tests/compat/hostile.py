"""Runs every command over a repository that somebody made to harm who reads it, within bounds, and says
what went wrong: a crash, a hang, too much memory or disk, a file outside the target, an error that names
nothing, or wrong bytes that were taken for right.
"""
import contextlib
import dataclasses
import errno
import io
import json
import os
import re
import shutil
import stat
import subprocess
import sys
import tarfile
import tempfile
import threading
import traceback

import forge
import harness
from bounded import MOST_MEMORY, MOST_SECONDS, Ended, disk_used, run, state_of
from forgeries import SOUND, victim

MOST_DISK = 500 << 20

CRASHED = re.compile(r"terminate called|internal error|Assertion|Sanitizer|std::|bad_alloc|uncaught|"
                     r"what\(\):|basic_string|vector::|stack smashing|runtime error", re.IGNORECASE)
STEERS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
# What an error can name of any repository: an object by its ID, or what a snapshot holds; and the kinds of
# files, of which it has to be one that the lie is about.
NAMED = r"\b[0-9a-f]{8}|/(file|inner|large|link|zz|added|d)\b"
KIND = r"\b(config|key|snapshot|index|pack|data|lock)s?\b"
STATUSES = (0, 1, 3, 10, 11, 12)

ALWAYS = ("restore", "check data")
CHANGING = ("prune", "repair index", "repair snapshots", "repair packs", "rewrite", "forget", "tag", "recover",
            "snapshot")
# Whose work leaves the newest snapshot as it is.
KEEPING = ("prune", "rewrite", "forget", "tag")
READER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "read_mounted.py")


def naming(forgery):
    """A pattern for what an error about it has to name."""
    kinds = sorted(set(re.findall(KIND, forgery.name.replace("master", "key"))))
    return re.compile("|".join([NAMED, *(rf"\b{kind}s?\b" for kind in kinds)]))


def fast_scratch():
    """A directory in memory, where a sync costs nothing, if there is one with room."""
    memory = "/dev/shm"
    if os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 3 << 30:
        return memory
    return None


def remove(directory):
    """However deep it is."""
    subprocess.run(["chmod", "-R", "u+rwX", directory], check=False, capture_output=True)
    subprocess.run(["rm", "-rf", directory], check=True)


class Growth:
    """A file that becomes longer while one lives, up to some size."""
    MOST_BYTES = 64 << 20

    def __init__(self, path):
        self.path = path
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.grow)

    def grow(self):
        with open(self.path, "ab") as file:
            while file.tell() < self.MOST_BYTES and not self.ended.wait(0.0005):
                file.write(os.urandom(512))
                file.flush()

    def __enter__(self):
        self.thread.start()

    def __exit__(self, *_):
        self.ended.set()
        self.thread.join()


@dataclasses.dataclass
class Made:
    """What is to be known of a scene."""
    old: str
    new: str
    pack: str
    index: str
    key: str
    grows: str


def make_scene(path, forgery, **options):
    """In a process of its own, which ends: what a program takes at most is told beside what its parent has."""
    receive, send = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            scene = forge.Scene(path, forgery.apply, forgery.version, **options)
            grows = victim(scene, forgery.grows) if forgery.grows else ""
            os.write(send, json.dumps([scene.old, scene.new, scene.packs[0]["id"], scene.index, scene.key_id,
                                       grows]).encode())
            os._exit(0)
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(1)
    os.close(send)
    with open(receive, "rb") as pipe:
        made = pipe.read()
    if os.waitpid(child, 0)[1] != 0:
        raise RuntimeError(f"{forgery.name}: it could not be forged")
    return Made(*json.loads(made))


class Trial:
    """One forged repository, and what every command makes of it."""

    def __init__(self, forgery, program=harness.SNAPFS, seconds=MOST_SECONDS, **scene):
        self.forgery = forgery
        self.program = program
        self.seconds = seconds
        self.names = naming(forgery)
        self.faults = []
        self.said = {}  # command → (status, what it wrote about it): for who writes the table
        self.scratch = tempfile.mkdtemp(prefix="snapfs-hostile-", dir=fast_scratch())
        try:
            self.make_scratch(scene)
        except BaseException:
            self.remove()
            raise

    def make_scratch(self, scene):
        for name in ("outside", "home", "work", "source"):
            os.mkdir(os.path.join(self.scratch, name))
        for name in ("file", "inner", "canary"):
            self.write("outside/" + name, b"nobody may touch this\n")
        self.write("password", forge.PASSWORD.encode())
        self.source = {"file": forge.SMALL, "other": b"of this machine\n"}
        for name, content in self.source.items():
            self.write("source/" + name, content)
        self.original = os.path.join(self.scratch, "repository")
        self.scene = make_scene(self.original, self.forgery, **scene)
        self.repository = self.original
        self.environment = {
            "PATH": os.environ["PATH"], "HOME": os.path.join(self.scratch, "home"), "TZ": "UTC",
            "TMPDIR": os.path.join(self.scratch, "home"), "MALLOC_ARENA_MAX": "2", "LC_ALL": "C.UTF-8",
            "RESTIC_PASSWORD": forge.PASSWORD, "RESTIC_REPOSITORY": self.original}

    def write(self, relative, content):
        with open(os.path.join(self.scratch, relative), "wb") as file:
            file.write(content)

    def remove(self):
        remove(self.scratch)

    def fault(self, command, what, ended=None):
        told = f"\n{ended.err[-1500:]}" if ended else ""
        self.faults.append(f"{self.forgery.name}: {command}: {what}{told}")

    # ------------------------------------------------------------------------------ the commands

    def run(self, commands=None):
        """All of the commands, or some; a restore and a check that reads the data always. Returns the faults."""
        try:
            growth = Growth(self.scene.grows) if self.scene.grows else contextlib.nullcontext()
            with growth:
                self.perform_all(commands)
        finally:
            self.remove()
        return self.faults

    def perform_all(self, commands):
        for name, perform in self.commands().items():
            if self.forgery.is_linked and name in CHANGING:
                continue  # the copy that is to be changed would be the original
            if commands is None or name in commands or name in ALWAYS:
                perform()

    def commands(self):
        """By name, in the order in which they are performed: what changes something comes last."""
        def reads(name, arguments, judge=None):
            return lambda: self.read(name, arguments, judge)

        def maintains(name, arguments):
            return lambda: self.maintain(name, arguments)
        scene = self.scene
        return {
            "restore": reads("restore", ["restore", "latest", "-t", "{work}/to"], self.judge_restored),
            "check data": reads("check data", ["check", "--read-data"], self.judge_checked),
            "ls": reads("ls", ["ls", "--json", "--recursive", "latest"]),
            "check": reads("check", ["check"]),
            "dump": reads("dump", ["dump", "latest", "/file"], self.judge_dumped),
            "dump all": reads("dump all", ["dump", "latest", "/"], self.judge_archive),
            "find": reads("find", ["find", "--json", "*"]),
            "diff": reads("diff", ["diff", scene.old, "latest"]),
            "stats": reads("stats", ["stats"]),
            "raw stats": reads("raw stats", ["stats", "--mode", "raw-data"]),
            "snapshots": reads("snapshots", ["snapshots"]),
            "log": reads("log", ["log", "/file"]),
            "list": self.list,
            "cat": self.cat,
            "drill": reads("drill", ["drill", scene.new, "--files", "1000000", "-t", "{work}/to"],
                           self.judge_restored),
            "restore over": self.restore_over,
            "mount": self.mount,
            "copy": self.copy,
            "prune": maintains("prune", ["prune"]),
            "repair index": maintains("repair index", ["repair", "index"]),
            "repair snapshots": maintains("repair snapshots", ["repair", "snapshots", "--forget"]),
            "repair packs": maintains("repair packs", ["repair", "packs", scene.pack]),
            "rewrite": maintains("rewrite", ["rewrite", "--forget", "--exclude", "/nothing"]),
            "forget": maintains("forget", ["forget", "--keep-last", "1"]),
            "tag": maintains("tag", ["tag", "--add", "tagged"]),
            "recover": maintains("recover", ["recover"]),
            "snapshot": self.snapshot}

    def needs_lock(self):
        return "lock" in self.forgery.name

    def execute(self, arguments, cwd, **environment):
        return run([self.program, *arguments], cwd, self.environment | environment, seconds=self.seconds)

    def perform(self, name, arguments, repository, leaves=(), **environment):
        """In a directory of its own, where it may leave these beside the target."""
        work = os.path.join(self.scratch, "work")
        if any("{work}/to" in part for part in arguments):
            leaves = (*leaves, "to")
        ended = self.watched(name, repository, leaves, lambda: self.execute(
            [part.replace("{work}", work) for part in arguments], work,
            RESTIC_REPOSITORY=repository, **environment))
        self.judge_end(name, ended)
        self.said[name] = (ended.status, ended.err[-3000:])
        return ended

    def watched(self, name, repository, leaves, start):
        """Whatever `start` runs, the outside stays as it is, and not much is written."""
        work = os.path.join(self.scratch, "work")
        before = self.outside()
        ended = start()
        after = self.outside()
        changed = [path for path in before.keys() | after.keys() if before.get(path) != after.get(path)
                   and not self.is_lock_that_went(path, after)]
        changed += set(os.listdir(work)) - set(leaves)
        if changed:
            self.fault(name, f"the outside changed: {sorted(changed)}", ended)
        used = disk_used(work, repository)
        if used > MOST_DISK:
            self.fault(name, f"{used >> 20} MiB of disk")
        return ended

    def is_lock_that_went(self, path, after):
        """Whoever locks the repository removes what is stale."""
        return path not in after and os.path.dirname(path) == os.path.join(self.original, "locks")

    def outside(self):
        """All but where commands may write. What is in `work` beside their targets is looked at there."""
        without = [os.path.join(self.scratch, *parts) for parts in (
            ("work",), ("changed",), ("target",), ("home", ".cache"))]
        return {path: state for path, state in state_of(self.scratch, without).items()
                if path != self.scene.grows}

    def judge_end(self, name, ended):
        if ended.timed_out:
            return self.fault(name, f"it did not end within {self.seconds} seconds", ended)
        if ended.status not in STATUSES:
            self.fault(name, f"it ended with {ended.status}", ended)
        if CRASHED.search(ended.err):
            self.fault(name, "it crashed", ended)
        if STEERS.search(ended.err):
            self.fault(name, "it steers the terminal", ended)
        if ended.memory > MOST_MEMORY and not harness.SANITIZER:
            self.fault(name, f"{ended.memory >> 20} MiB of memory", ended)
        if ended.status != 0 and not self.names_something(ended):
            self.fault(name, f"it ended with {ended.status} and names nothing", ended)
        if ended.status != 0 and self.forgery.says is SOUND:
            self.fault(name, f"it ended with {ended.status} where all is sound", ended)

    def read(self, name, arguments, judge):
        lock = [] if self.needs_lock() or arguments[0] == "check" else ["--no-lock"]
        ended = self.perform(name, [*arguments, *lock], self.original)
        if judge:
            judge(name, ended)
        self.clear_work()

    def clear_work(self):
        work = os.path.join(self.scratch, "work")
        remove(work)
        os.mkdir(work)

    def judge_checked(self, name, ended):
        if self.forgery.says is SOUND:
            return
        if self.forgery.lenient:
            if ended.status == 0 and self.said["restore"][0] != 0 and not self.forgery.other:
                self.fault(name, "it finds nothing, and yet the restore failed", ended)
        elif ended.status == 0:
            self.fault(name, "it finds nothing", ended)
        elif not re.search(self.forgery.says, ended.err):
            self.fault(name, f"it does not say {self.forgery.says!r}", ended)

    # ------------------------------------------------------------------------------- the contents

    def judge_contents(self, name, ended, contents, told=None):
        """What came out: nothing wrong, and all of it but for what the lie can take away, of which is told."""
        for path, content in contents.items():
            if path not in self.forgery.other and content != forge.RIGHT.get(path, content):
                self.fault(name, f"{path} is wrong: {content[:60]!r}", ended)
        missing = forge.RIGHT.keys() - contents - set(self.forgery.other)
        spared = missing - set(self.forgery.absent)
        if spared:
            self.fault(name, f"{sorted(spared)} is missing, which the lie does not reach", ended)
        if missing - spared and not (self.tells(ended) if told is None else told):
            self.fault(name, f"{sorted(missing - spared)} is missing, and nothing was said", ended)

    def names_something(self, ended):
        """In a warning or an error; where the repository is says nothing about it."""
        return any(self.names.search(line.replace(self.scratch, "")) for line in ended.err.splitlines()
                   if line.startswith(("snapfs: ", '{"message_type":"')))

    def tells(self, ended):
        return ended.status != 0 or self.names_something(ended)

    def judge_restored(self, name, ended, told=None):
        """Whether or not it succeeded; a file that is not complete is marked."""
        to = os.path.join(self.scratch, "work", "to")
        contents = {}
        for path in forge.RIGHT:
            where = os.path.join(to, path)
            if not os.path.lexists(where) or not stat.S_ISREG(os.lstat(where).st_mode):
                continue
            if ended.status != 0 and os.lstat(where).st_mode & 0o1777 == 0o1600:
                continue
            with open(where, "rb") as file:
                contents[path] = file.read(1 << 20)
        self.judge_contents(name, ended, contents, told)

    def judge_dumped(self, name, ended):
        if "file" in self.forgery.other:
            return
        if ended.out != forge.SMALL and (ended.status == 0 or not forge.SMALL.startswith(ended.out)):
            self.fault(name, f"/file is wrong: {ended.out[:60]!r}", ended)

    def judge_archive(self, name, ended):
        """All of it, or what of it came before an error."""
        contents = {}
        try:
            with tarfile.open(fileobj=io.BytesIO(ended.out)) as archive:
                for member in archive:
                    if member.isfile():
                        content = ended.out[member.offset_data:member.offset_data + member.size]
                        contents[member.name.lstrip("/")] = content
        except tarfile.TarError as error:
            if ended.status == 0 and len(ended.out) < 64 << 20:
                self.fault(name, f"no archive: {error}", ended)
        if ended.status == 0:
            self.judge_contents(name, ended, contents)
            return
        for path, content in contents.items():
            if path not in self.forgery.other and not forge.RIGHT.get(path, content).startswith(content):
                self.fault(name, f"what came of {path} before the error is wrong: {content[:60]!r}", ended)

    def list(self):
        for kind in ("blobs", "packs", "index", "snapshots", "keys", "locks"):
            self.read("list " + kind, ["list", kind], None)

    def cat(self):
        scene = self.scene
        blob, tree = forge.sha256(forge.SMALL), "latest:/"
        for kind, name in (("config", ()), ("masterkey", ()), ("key", (scene.key,)), ("snapshot", (scene.new,)),
                           ("index", (scene.index,)), ("tree", (tree,)), ("blob", (blob,)), ("pack", (scene.pack,))):
            self.read("cat " + kind, ["cat", kind, *name], self.judge_object if kind in ("blob", "pack") else None)

    def judge_object(self, name, ended):
        """One whose bytes its ID tells, whatever lies are around it."""
        right = {"cat blob": forge.sha256(forge.SMALL), "cat pack": self.scene.pack}[name]
        if ended.status == 0 and forge.sha256(ended.out) != right:
            self.fault(name, f"it is wrong: {ended.out[:60]!r}", ended)

    def restore_over(self):
        """First the older snapshot, so that what it has is in the way of the newer one."""
        lock = [] if self.needs_lock() else ["--no-lock"]
        for name, snapshot in ("restore the older", self.scene.old), ("restore over", "latest"):
            ended = self.perform(name, ["restore", snapshot, "-t", "{work}/to", *lock], self.original)
        self.judge_restored(name, ended)
        self.clear_work()

    def mount(self):
        if not harness.mount_usable():
            return
        self.read_mounted()

    def read_mounted(self):
        mountpoint = os.path.join(self.scratch, "work", "mount")
        os.mkdir(mountpoint)
        lock = [] if self.needs_lock() else ["--no-lock"]
        # The reader is started by a shell that waits for the mount, so that nothing here can hang in it.
        arguments = [sys.executable, "-S", "-E", READER, mountpoint, json.dumps(list(forge.RIGHT)),
                     self.program, "mount", *lock, mountpoint]

        def start():
            ended = run(arguments, os.path.join(self.scratch, "work"), self.environment, limit_memory=False,
                        seconds=self.seconds)
            subprocess.run(["fusermount3", "-uzq", mountpoint], check=False, capture_output=True)
            return ended
        ended = self.watched("mount", self.original, ("mount",), start)
        if os.listdir(mountpoint):
            self.fault("mount", f"below it were written {os.listdir(mountpoint)}", ended)
        if ended.timed_out:
            self.fault("mount", "reading it did not end", ended)
            return
        try:
            found = json.loads(ended.out)
        except ValueError:
            self.fault("mount", f"no answer: {ended.out[-300:]!r}", ended)
            return
        self.said["mount"] = (found["status"], ended.err[-3000:], found["errors"])
        server = Ended(found["status"], b"", ended.err, found["memory"] << 10, False)
        self.judge_end("mount", server)
        contents = {path: bytes.fromhex(content) for path, content in found["contents"].items()}
        refused = any(not error.endswith(f": {errno.ENOENT}") for error in found["errors"])
        self.judge_contents("mount", server, contents, refused or self.tells(server))
        self.clear_work()

    # ------------------------------------------------------------------------ what changes something

    def changed_copy(self):
        """The repository, to be changed."""
        changed = os.path.join(self.scratch, "changed")
        remove(changed)
        subprocess.run(["cp", "-a", "--sparse=always", self.original, changed], check=True)
        return changed

    def judge_sound(self, name, repository):
        """What is sound stays so, and what was copied is."""
        ended = self.execute(["check", "--read-data"], self.scratch, RESTIC_REPOSITORY=repository)
        if ended.status != 0:
            self.fault(name, "what it left is not sound", ended)

    def maintain(self, name, arguments):
        changed = self.changed_copy()
        # The repair of packs keeps copies of them.
        ended = self.perform(name, arguments, changed, (f"pack-{self.scene.pack}",))
        self.clear_work()
        if self.forgery.says is SOUND:
            self.judge_sound(name, changed)
            self.restore_after(name, changed)
        elif ended.status == 0 and name in KEEPING:
            # What they were content with they have to leave as readable as they found it.
            self.restore_after(name, changed)

    def restore_after(self, name, repository):
        told = any(self.said[run][0] != 0 or self.names.search(self.said[run][1].replace(self.scratch, ""))
                   for run in (name, "restore"))
        ended = self.perform("restore after " + name,
                             ["restore", "latest", "-t", "{work}/to", "--no-lock"], repository)
        self.judge_restored("restore after " + name, ended, told or self.tells(ended))
        if self.said["restore"][0] == 0 and ended.status != 0:
            self.fault(name, "what could be restored before cannot be any more", ended)
        self.clear_work()

    def copy(self):
        target = os.path.join(self.scratch, "target")
        forge.Scene(target, version=self.forgery.version, seed=7).empty()
        ended = self.perform("copy", ["copy"], target,
                             RESTIC_FROM_REPOSITORY=self.original,
                             RESTIC_FROM_PASSWORD=forge.PASSWORD)
        if self.forgery.says is SOUND:
            self.judge_sound("copy", target)
        if ended.status == 0:
            self.restore_after("copy", target)
        self.clear_work()

    def snapshot(self):
        """Its parent is what was forged; it is right all the same."""
        changed = self.changed_copy()
        ended = self.watched("snapshot", changed, (), lambda: self.execute(
            ["snapshot", "--json", "--parent", self.scene.new, "."],
            os.path.join(self.scratch, "source"), RESTIC_REPOSITORY=changed))
        self.judge_end("snapshot", ended)
        self.said["snapshot"] = (ended.status, ended.err[-3000:])
        if ended.status != 0:
            return
        made = json.loads(ended.out.splitlines()[-1])["snapshot_id"]
        ended = self.perform("restore what was saved", ["restore", made, "-t", "{work}/to", "--no-lock"],
                             changed)
        if ended.status != 0:
            # It relies on blobs that are there, by what the index says, and now somebody says they are not.
            if self.forgery.says is SOUND:
                self.fault("snapshot", "what was saved cannot be restored", ended)
            return
        for name, content in self.source.items():
            with open(os.path.join(self.scratch, "work", "to", name), "rb") as file:
                if file.read() != content:
                    self.fault("snapshot", f"{name} was saved wrong", ended)
        self.clear_work()
