"""Snapshots of the machine's own files, and everyday programs over the mounted snapshots."""
import contextlib
import os
import shutil
import signal
import subprocess
import time

FIRST = "first snapshot"
PLAIN = "plain files"


def measure(session, options):
    if "snapshot" in options.only:
        for program in session.programs:
            with session.repository() as repository:
                snapshots(session, program, repository, options.sources)
    if "mount" in options.only:
        mounts(session, options.sources)
    if "limit" in options.only:
        session.limit(FIRST, options.sources)
        session.limit(FIRST + ", nothing opened again", options.sources, verify=False)


def snapshots(session, program, repository, sources):
    session.snapshot(FIRST, program, repository, sources)
    session.sizes.setdefault(program, []).append(size_of(repository))
    session.snapshot("snapshot again, nothing changed", program, repository, sources)


def mounts(session, sources):
    """The same snapshot, mounted by each program in turn, and the source itself. Nothing of a new
    mount is in the kernel's caches; the repository's files are."""
    with session.repository() as repository:
        subprocess.run([session.programs["snapfs"], "-r", repository, "backup", "-q", *sources],
                       env=session.environment, check=True)
        large = largest_file(sources)
        for program in session.programs:
            with mounted(session, program, repository) as latest:
                read_trees(session, program, [below(latest, source) for source in sources],
                           below(latest, large))
    read_trees(session, PLAIN, sources, large)


def below(root, path):
    return root + os.path.realpath(path)


@contextlib.contextmanager
def mounted(session, program, repository):
    mountpoint = os.path.join(session.work, f"mount-{program}")
    with mount(session, [session.programs[program], "-r", repository], mountpoint) as server:
        yield os.path.join(mountpoint, "snapshots", "latest")
        session.record_memory("mount: peak memory after all that", program, peak_kib_of(server.pid))


@contextlib.contextmanager
def mount(session, command, mountpoint):
    """The command, which names program and repository, mounts it there: the process that does."""
    os.makedirs(mountpoint, exist_ok=True)
    server = subprocess.Popen([*command, "mount", mountpoint], env=session.environment,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: os.path.ismount(mountpoint), server)
        yield server
    finally:
        # As Ctrl-C does: restic 0.14 dies of SIGTERM without unmounting.
        server.send_signal(signal.SIGINT)
        server.wait()
        subprocess.run(["fusermount3", "-uz", mountpoint], check=False, stderr=subprocess.DEVNULL)


def read_trees(session, program, trees, large):
    """The first of the trees is the one to copy, the second the one to pack up."""
    find = ["find", *trees, "-printf", "%s %T@\n"]
    session.time("mount: find, first time", program, find)
    session.time("mount: find, again", program, find)
    last = trees[min(1, len(trees) - 1)]
    session.time(f"mount: ls -lR {os.path.basename(last)}", program, ["ls", "-lR", last])
    session.time(f"mount: du -s {os.path.basename(last)}", program, ["du", "-s", last])
    copy = os.path.join(session.work, "copy")
    session.time(f"mount: cp -a {os.path.basename(trees[0])}", program,
                 ["cp", "-a", trees[0], copy])
    shutil.rmtree(copy)
    session.time("mount: cat the largest file", program, ["cat", large])
    session.time("mount: cat it again", program, ["cat", large])
    session.time(f"mount: tar of {os.path.basename(last)}", program,
                 ["sh", "-c", f'tar -C "{last}" -cf - . | cat >/dev/null'])


def largest_file(sources):
    paths = (os.path.join(path, name) for source in sources
             for path, _, names in os.walk(source) for name in names)
    return max((path for path in paths if os.path.isfile(path) and not os.path.islink(path)),
               key=os.path.getsize)


def peak_kib_of(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:"))


def wait_until(condition, server, limit=60):
    deadline = time.monotonic() + limit
    while not condition():
        if server.poll() is not None or time.monotonic() > deadline:
            raise SystemExit(f"{server.args} did not mount")
        time.sleep(0.01)


def size_of(directory):
    return sum(os.lstat(os.path.join(path, name)).st_size
               for path, _, names in os.walk(directory) for name in names)
