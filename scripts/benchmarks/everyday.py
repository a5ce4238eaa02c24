"""Snapshots of the machine's own files, and everyday programs over the mounted snapshots."""
import contextlib
import os
import shutil
import signal
import subprocess
import time

FIRST = "first snapshot"


def measure(session, options):
    if "snapshot" in options.only or "mount" in options.only:
        for program in session.programs:
            with session.repository() as repository:
                snapshots(session, program, repository, options.sources)
                if "mount" in options.only:
                    mount(session, program, repository, options.sources[0])
    if "mount" in options.only:
        read_tree(session, "plain files", options.sources[0])
    if "limit" in options.only:
        session.limit(FIRST, options.sources)
        session.limit(FIRST + ", nothing opened again", options.sources, verify=False)


def snapshots(session, program, repository, sources):
    session.snapshot(FIRST, program, repository, sources)
    session.sizes.setdefault(program, []).append(size_of(repository))
    session.snapshot("snapshot again, nothing changed", program, repository, sources)


def mount(session, program, repository, source):
    with mounted(session, program, repository) as latest:
        read_tree(session, program, latest + os.path.realpath(source))


@contextlib.contextmanager
def mounted(session, program, repository):
    mountpoint = os.path.join(session.work, f"mount-{program}")
    os.makedirs(mountpoint, exist_ok=True)
    server = subprocess.Popen(
        [session.programs[program], "-r", repository, "mount", mountpoint],
        env=session.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: os.path.ismount(mountpoint), server)
        yield os.path.join(mountpoint, "snapshots", "latest")
    finally:
        # As Ctrl-C does: restic 0.14 dies of SIGTERM without unmounting.
        server.send_signal(signal.SIGINT)
        server.wait()
        subprocess.run(["fusermount3", "-uz", mountpoint], check=False, stderr=subprocess.DEVNULL)


def read_tree(session, program, tree):
    session.time("find, first time", program, ["find", tree, "-printf", "%s %T@\n"])
    session.time("find, again", program, ["find", tree, "-printf", "%s %T@\n"])
    session.time("ls -lR", program, ["ls", "-lR", tree])
    copy = os.path.join(session.work, "copy")
    session.time("cp -a", program, ["cp", "-a", tree, copy])
    shutil.rmtree(copy)
    session.time("tar", program, ["sh", "-c", f'tar -C "{tree}" -cf - . | cat >/dev/null'])


def wait_until(condition, server, limit=60):
    deadline = time.monotonic() + limit
    while not condition():
        if server.poll() is not None or time.monotonic() > deadline:
            raise SystemExit(f"{server.args} did not mount")
        time.sleep(0.01)


def size_of(directory):
    return sum(os.lstat(os.path.join(path, name)).st_size
               for path, _, names in os.walk(directory) for name in names)
