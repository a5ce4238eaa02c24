"""What the number of blobs in the index costs, over repositories of which only the index is large."""
import contextlib
import json
import os
import shutil
import subprocess

from benchmarks.session import ROOT

MAKER = os.path.join(ROOT, "build", "tests", "support", "make_indexed_repository")
BENCH = os.path.join(ROOT, "build", "bench", "scale_bench")


def measure(session, blobs):
    for count in blobs:
        repository = os.path.join(session.work, f"indexed-{count}")
        password = subprocess.run([MAKER, repository, str(count)], check=True, capture_output=True,
                                  text=True).stdout.rstrip("\n")
        with opened_with(session, password):
            measure_programs(session, repository, count)
        subprocess.run([BENCH, repository, str(count)], check=True)
        shutil.rmtree(repository)


@contextlib.contextmanager
def opened_with(session, password):
    """These repositories are not made by restic, and the password is the maker's."""
    before = session.environment
    session.environment = {**before, "RESTIC_PASSWORD": password, "SNAPFS_PASSWORD": password}
    try:
        yield
    finally:
        session.environment = before


def measure_programs(session, repository, count):
    snapshots = json.loads(session.prepare("snapfs", "-r", repository, "snapshots", "--json"))
    tree = snapshots[0]["tree"]
    for work, arguments in (("open, read one tree", ("cat", "blob", tree)),
                            ("check", ("check",)),
                            ("prune --dry-run", ("prune", "--dry-run"))):
        for program, path in session.programs.items():
            session.time(f"{count:,} blobs, {work}", program,
                         [path, "-r", repository, "--no-cache", *arguments])
