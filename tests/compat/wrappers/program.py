"""A program called `restic`, in a place of its own, as a wrapper sees it."""
import dataclasses
import hashlib
import json
import os
import re
import subprocess

import cheap_key

PASSWORD = "correct horse"
# What a version cannot tell: the statuses that restic has since 0.17 were 1 before.
SPECIFIC_STATUSES = (10, 11, 12)


@dataclasses.dataclass
class Result:
    status: int
    out: str
    err: str

    def lines(self):
        return self.out.splitlines()

    def json(self):
        return json.loads(self.out)

    def messages(self):
        """The lines that are JSON objects, as those wrappers read them that pass over all others."""
        found = []
        for line in self.lines():
            try:
                found.append(json.loads(line))
            except ValueError:
                continue
        return [message for message in found if isinstance(message, dict)]

    def last_message(self, kind):
        return next((message for message in reversed(self.messages())
                     if message.get("message_type") == kind), None)


class Restic:
    """Runs `restic` found on PATH. `directory` is its alone; `source` is what others use, too."""

    def __init__(self, path, directory, source, version, made):
        self.directory = directory
        self.source = source
        self.version = version
        self.repository = os.path.join(directory, "repository")
        self._made = made
        self._environment = {
            **{name: value for name, value in os.environ.items()
               if not name.startswith(("RESTIC_", "SNAPFS_"))},
            "PATH": f"{path}:{os.environ['PATH']}", "TZ": "UTC",
            "RESTIC_PASSWORD": PASSWORD, "RESTIC_REPOSITORY": self.repository,
            "RESTIC_CACHE_DIR": os.path.join(directory, "cache"), "TMPDIR": directory,
        }

    def since(self, *version):
        """Whether the restic that we are compared with is so new."""
        return self.version >= version

    def path(self, *names):
        return os.path.join(self.directory, *names)

    def write(self, name, text):
        """A file with this text. Returns its path."""
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)
        return self.path(name)

    def run(self, *arguments, merged=False, text=True, stdin=None, cwd=None, **environment):
        """Runs it to its end. `merged`: standard error comes on standard output."""
        result = subprocess.run(
            ["restic", *arguments], cwd=cwd or self.directory, check=False, timeout=120, input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT if merged else subprocess.PIPE, text=text,
            env={**self._environment, **environment})
        status = result.returncode
        if status in SPECIFIC_STATUSES and not self.since(0, 17):
            status = 1
        return Result(status, result.stdout, "" if merged else result.stderr)

    def make_repository(self, name="repository"):
        """One that opens quickly: `init` is tried once in a session, this is for the rest of it."""
        target = self.path(name)
        subprocess.run(["rm", "-rf", target], check=True)
        subprocess.run(["cp", "-a", self._made, target], check=True)
        return target

    def lock(self, age_seconds, exclusive=True):
        """Puts the lock of a process on another host into the repository."""
        master = self.run("cat", "masterkey").json()
        key = cheap_key.key_of(master)
        moment = subprocess.run(["date", "-u", "-d", f"{age_seconds} seconds ago",
                                 "+%Y-%m-%dT%H:%M:%SZ"], capture_output=True, text=True, check=True)
        lock = {"time": moment.stdout.strip(), "exclusive": exclusive, "hostname": "elsewhere",
                "username": "someone", "pid": 4711, "uid": 1000, "gid": 1000}
        sealed = cheap_key.seal(key, json.dumps(lock).encode())
        name = hashlib.sha256(sealed).hexdigest()
        with open(os.path.join(self.repository, "locks", name), "wb") as file:
            file.write(sealed)
        return name

    def locks(self):
        return len(os.listdir(os.path.join(self.repository, "locks")))


def pick(value, *keys):
    """Of an object the fields that a wrapper reads; None for one that is not there."""
    return None if value is None else {key: value.get(key) for key in keys}


def zero(value, *keys):
    """The same, as Go reads numbers: 0 for one that is not there."""
    return None if value is None else {key: value.get(key, 0) for key in keys}


def settled(new, changed, unmodified):
    """What is sure of the counts of directories: those above the files belong to others, too, and may
    have changed or not.
    """
    return int(new), int(changed) + int(unmodified)


class Mask:
    """Puts names in the place of what differs between two runs for good reasons."""

    RULES = (
        (re.compile(r"\b[0-9a-f]{64}\b"), "<id>"),
        (re.compile(r"\b(?=[a-f0-9]*[0-9])[0-9a-f]{8}\b"), "<short id>"),
        (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)?( [+-]\d{4} UTC)?"),
         "<time>"),
        (re.compile(r"\b\d+:\d\d\b"), "<duration>"),
    )

    def __init__(self, restic):
        self._directory = restic.directory

    def __call__(self, value):
        if isinstance(value, dict):
            return {self(key): self(item) for key, item in value.items()}
        if isinstance(value, (list, tuple, set)):
            return [self(item) for item in value]
        if isinstance(value, str):
            value = value.replace(self._directory, "<directory>")
            for pattern, name in self.RULES:
                value = pattern.sub(name, value)
        return value
