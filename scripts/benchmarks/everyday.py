"""Snapshots of the machine's own files, and everyday programs over the mounted snapshots."""
import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time

FIRST = "first snapshot"
PLAIN = "plain files"
MEMORY = "/dev/shm"


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
        without_attributes(session, repository, sources[0])


def below(root, path):
    return root + os.path.realpath(path)


def without_attributes(session, repository, source):
    """What copies take where nobody asks for extended attributes, which only snapfs can be told."""
    command = [session.programs["snapfs"], "-r", repository]
    mountpoint = os.path.join(session.work, "mount-without-attributes")
    with mount(session, command, mountpoint, "--no-xattrs"):
        tree = below(os.path.join(mountpoint, "snapshots", "latest"), source)
        copies(session, "snapfs", tree, "mount --no-xattrs: ")
    copies(session, PLAIN, source, "mount --no-xattrs: ")


@contextlib.contextmanager
def mounted(session, program, repository):
    mountpoint = os.path.join(session.work, f"mount-{program}")
    with mount(session, [session.programs[program], "-r", repository], mountpoint) as server:
        yield os.path.join(mountpoint, "snapshots", "latest")
        session.record_memory("mount: peak memory after all that", program, peak_kib_of(server.pid))
        session.record("mount: the server's processor time for all that", program,
                       processor_seconds_of(server.pid))


@contextlib.contextmanager
def mount(session, command, mountpoint, *options):
    """The command, which names program and repository, mounts it there: the process that does."""
    os.makedirs(mountpoint, exist_ok=True)
    server = subprocess.Popen([*command, "mount", *options, mountpoint], env=session.environment,
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
    copies(session, program, trees[0])
    session.time("mount: cat the largest file", program, ["cat", large])
    session.time("mount: cat it again", program, ["cat", large])
    for again in ("", ", again"):
        session.time(f"mount: tar of {os.path.basename(last)}{again}", program,
                     ["sh", "-c", f'tar -C "{last}" -cf - . | cat >/dev/null'])


def copies(session, program, tree, prefix="mount: "):
    """To memory, and to the disk, whose time is in it. Each reads the files' content for the first
    time: the kernel is told to let go of it in between."""
    name = os.path.basename(tree)
    for what, command, target in (
            (f"{prefix}cp -a {name}, to memory", ["cp", "-a", tree], MEMORY),
            (f"{prefix}rsync -aHAX {name}, to memory", ["rsync", "-aHAX", tree + "/"], MEMORY),
            (f"{prefix}cp -a {name}", ["cp", "-a", tree], session.work)):
        if not os.access(target, os.W_OK) or shutil.which(command[0]) is None:
            continue
        copy = tempfile.mkdtemp(prefix="snapfs-bench-copy-", dir=target)
        try:
            session.time(what, program, [*command, os.path.join(copy, "copy")])
        finally:
            shutil.rmtree(copy)
        forget_mount(program, tree)


def forget_mount(program, tree):
    """Has the kernel let go of what it knows of the mount, not of the repository's files."""
    if program == PLAIN:
        return
    for path, _, names in os.walk(tree):
        for name in names:
            drop_pages(os.path.join(path, name))


def drop_pages(path):
    with contextlib.suppress(OSError):
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
        try:
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        finally:
            os.close(descriptor)


def largest_file(sources):
    paths = (os.path.join(path, name) for source in sources
             for path, _, names in os.walk(source) for name in names)
    return max((path for path in paths if os.path.isfile(path) and not os.path.islink(path)),
               key=os.path.getsize)


def processor_seconds_of(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


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
