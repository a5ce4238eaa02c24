"""Readers of a mounted tree in every order, with small files pushed ahead of them and without."""
import os
import statistics
import subprocess
import sys

from benchmarks.everyday import below, mount, processor_seconds_of

PROGRAM = os.path.join(os.path.dirname(os.path.realpath(__file__)), "tree_readers.py")
ORDERS = (("in the order of the listing", "listing", 1), ("by name", "name", 1),
          ("by inode number", "inode", 1), ("backwards", "backwards", 1), ("at random", "random", 1),
          ("four at once, by name", "name", 4))
WAYS = (("pushing", ()), ("--no-push", ("--no-push",)))


class Readers:
    """A table of its own: seconds of the reader and of the server's processor."""

    def __init__(self, session):
        self.session = session
        self.rows = {what: {way: [] for way, _ in WAYS} for what, _, _ in ORDERS}

    def measure(self, source):
        """Each reader has a new mount, of which the kernel knows nothing; the ways take turns."""
        with self.session.repository() as repository:
            subprocess.run([self.session.programs["snapfs"], "-r", repository, "backup", "-q", source],
                           env=self.session.environment, check=True)
            for what, order, readers in ORDERS:
                for way, options in WAYS:
                    self.rows[what][way].append(self.read(repository, source, order, readers, options))

    def read(self, repository, source, order, readers, options):
        mountpoint = os.path.join(self.session.work, "mount-readers")
        command = [self.session.programs["snapfs"], "-r", repository]
        with mount(self.session, command, mountpoint, *options) as server:
            before = processor_seconds_of(server.pid)
            tree = below(os.path.join(mountpoint, "snapshots", "latest"), source)
            seconds, _ = self.session.clock([sys.executable, PROGRAM, tree, order, str(readers)])
            return seconds, processor_seconds_of(server.pid) - before

    def show(self, source):
        print(f"\nEvery file of {source} read once, pushing and with --no-push in turn\n")
        print("| reader | pushing | --no-push | ratio | the server's processor | ratio |")
        print("|---|---:|---:|---:|---:|---:|")
        for what, ways in self.rows.items():
            (seconds, processor), (plain_seconds, plain_processor) = (
                [statistics.median(values) for values in zip(*ways[way])] for way, _ in WAYS)
            print(f"| {what} | {seconds:.2f} s | {plain_seconds:.2f} s | {seconds / plain_seconds:.2f} | "
                  f"{plain_processor:.2f} → {processor:.2f} s | {processor / plain_processor:.2f} |")
