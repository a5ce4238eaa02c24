"""Runs a program that may hang, or take all there is, and tells what it took; and what files there are, to
compare them with what they were.
"""
import dataclasses
import hashlib
import os
import resource
import signal
import stat
import subprocess
import tempfile
import threading

import harness

MOST_MEMORY = 500 << 20
# Not what is usual: what nobody mistakes for a program that goes on for ever, on a busy machine.
MOST_SECONDS = 120
MOST_ADDRESSES = 4 << 30


@dataclasses.dataclass
class Ended:
    """How a program ended."""
    status: int
    out: bytes
    err: str
    memory: int
    timed_out: bool


def run(arguments, cwd, environment, limit_memory=True, seconds=MOST_SECONDS):
    """With what it took; outputs go to files, so that nothing waits for anything."""
    def limit():
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if limit_memory and not harness.SANITIZER:
            resource.setrlimit(resource.RLIMIT_AS, (MOST_ADDRESSES, MOST_ADDRESSES))
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = subprocess.Popen(arguments, cwd=cwd, env=environment, stdin=subprocess.DEVNULL,
                                   stdout=out, stderr=err, preexec_fn=limit, start_new_session=True)
        late = threading.Event()

        def end():
            late.set()
            os.killpg(process.pid, signal.SIGKILL)  # not reaped before wait4 below
        timer = threading.Timer(seconds, end)
        timer.start()
        _, status, usage = os.wait4(process.pid, 0)
        timer.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        texts = []
        for file in (out, err):
            file.seek(0)
            texts.append(file.read(64 << 20))
        return Ended(process.returncode, texts[0], texts[1].decode(errors="surrogateescape"),
                     usage.ru_maxrss << 10, late.is_set())


def disk_used(*directories):
    """What files take, holes aside."""
    total = 0
    for directory in directories:
        for where, _, names in os.walk(directory):
            for name in names:
                try:
                    total += os.lstat(os.path.join(where, name)).st_blocks * 512
                except FileNotFoundError:
                    continue
    return total


def state_of(directory, without=()):
    """All that is in it, to see that nobody changed anything: of directories not when something was put
    into them, of large files not the content.
    """
    found = {}
    for where, directories, names in os.walk(directory):
        directories[:] = [name for name in directories if os.path.join(where, name) not in without]
        for name in directories + names:
            path = os.path.join(where, name)
            status = os.lstat(path)
            content = None
            if stat.S_ISREG(status.st_mode) and status.st_size < 1 << 20:
                with open(path, "rb") as file:
                    content = hashlib.sha256(file.read()).digest()
            elif stat.S_ISLNK(status.st_mode):
                content = os.readlink(path)
            grown = None if stat.S_ISDIR(status.st_mode) else (status.st_size, status.st_mtime_ns)
            attributes = sorted(os.listxattr(path, follow_symlinks=False))
            found[path] = (status.st_mode, grown, status.st_uid, status.st_gid, status.st_nlink if grown else 0,
                           attributes, content)
    return found
