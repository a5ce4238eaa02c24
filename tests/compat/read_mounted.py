"""Mounts a repository, reads what it shows, within bounds, and tells of it in JSON.

usage: read_mounted.py MOUNTPOINT PATHS PROGRAM mount ...

A process of its own: whoever waits for a mount that hangs can only be ended with it.
"""
import json
import os
import signal
import stat
import subprocess
import sys

MOST_ENTRIES = 3000
MOST_BYTES = 1 << 20
LISTED = 200


def read(path, limit=MOST_BYTES):
    with open(path, "rb") as file:
        return file.read(limit)


def look(directory, errors, left):
    """At names, attributes and content, down to some number of entries."""
    waiting = [directory]
    while waiting and left[0] > 0:
        directory = waiting.pop()
        try:
            names = os.listdir(directory)
        except OSError as error:
            errors.append(f"{directory[-80:]}: {error.errno}")
            continue
        for name in names[:LISTED]:
            left[0] -= 1
            path = os.path.join(directory, name)
            if name in ("", ".", "..") or "/" in name or "\0" in name:
                errors.append(f"impossible: {name!r}")
            try:
                status = os.lstat(path)
                for attribute in os.listxattr(path, follow_symlinks=False)[:20]:
                    os.getxattr(path, attribute, follow_symlinks=False)
                if stat.S_ISDIR(status.st_mode):
                    waiting.append(path)
                elif stat.S_ISLNK(status.st_mode):
                    os.readlink(path)
                elif stat.S_ISREG(status.st_mode):
                    read(path, 4096)
            except OSError as error:
                errors.append(f"{path[-80:]}: {error.errno}")


def main():
    mountpoint, paths, *command = sys.argv[1:]
    server = subprocess.Popen(command, stdout=subprocess.PIPE)
    found = {"contents": {}, "errors": []}
    if server.stdout.readline():
        root = os.path.join(mountpoint, "snapshots", "latest")
        for path in json.loads(paths):
            try:
                if stat.S_ISREG(os.lstat(os.path.join(root, path)).st_mode):
                    found["contents"][path] = read(os.path.join(root, path)).hex()
            except OSError as error:
                found["errors"].append(f"{path}: {error.errno}")
        look(mountpoint, found["errors"], [MOST_ENTRIES])
        server.send_signal(signal.SIGTERM)
    _, status, usage = os.wait4(server.pid, 0)
    server.returncode = found["status"] = os.waitstatus_to_exitcode(status)
    found["memory"] = usage.ru_maxrss
    found["errors"] = [text.encode(errors="backslashreplace").decode() for text in found["errors"][:50]]
    json.dump(found, sys.stdout)


main()
