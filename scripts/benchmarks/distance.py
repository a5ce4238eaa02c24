"""Both programs over a link of some length and rate, to a REST server and an object store at its far
end. Every row starts with caches that are empty, unless it says otherwise."""
import contextlib
import os
import shutil
import statistics
import subprocess
import sys
import time

from benchmarks.everyday import mount, peak_kib_of
from benchmarks.far_link import FarLink
from benchmarks.far_report import FarTable, Goal, Sample
from benchmarks.far_servers import rest_server, s3_server
from benchmarks.far_templates import (COPIED_FILES, FILE_BYTES, LARGE_BYTES, MANY_SNAPSHOTS,
                                      SMALL_BYTES, SMALL_FILES, SNAPSHOTS, Templates)

READERS = os.path.join(os.path.dirname(os.path.realpath(__file__)), "random_readers.py")
AT_ONCE = 32
LINK_SHARE = 0.9
COPY_SECONDS = {20: 1.5, 80: 4.0}  # round trip → goal


class Distance:
    """One server at one distance, within one run."""

    def __init__(self, session, link, server, templates, table, round_trip, megabits, opening):
        self.session = session
        self.link = link
        self.server = server
        self.templates = templates
        self.table = table
        self.round_trip = round_trip
        self.bytes_a_second = megabits * 1e6 / 8
        self.opening = opening  # seconds that it takes on this machine

    def link_seconds(self, count):
        return count / self.bytes_a_second

    @contextlib.contextmanager
    def repository(self, template, program):
        """The URL of a copy of the template, at the far end."""
        name = self.server.put(self.templates.repository(template))
        self.empty_cache()
        yield self.server.url(name)
        self.server.remove(name)

    def empty_cache(self):
        shutil.rmtree(self.session.environment["RESTIC_CACHE_DIR"], ignore_errors=True)

    def command(self, program, url):
        return [*self.link.near, self.session.programs[program], "-r", url]

    def run(self, work, goal, program, url, *arguments):
        self.link.traffic()
        seconds, peak_kib = self.session.clock([*self.command(program, url), *arguments])
        self.table.record(work, program, Sample(seconds, peak_kib, self.link.traffic()), goal)

    def simple(self, work, goal, template, *arguments):
        """A row that is one command over a copy of the template."""
        for program in self.session.programs:
            with self.repository(template, program) as url:
                self.run(work, goal, program, url, *arguments)

    @contextlib.contextmanager
    def mounted(self, template, program):
        """The directory of the latest snapshot in a mount of which nothing was asked yet, and the
        process that serves it."""
        mountpoint = os.path.join(self.session.work, "mountpoint")
        with self.repository(template, program) as url:
            with mount(self.session, self.command(program, url), mountpoint) as server:
                # The names above the snapshots are not what is measured.
                os.listdir(os.path.join(mountpoint, "snapshots"))
                self.link.traffic()
                yield os.path.join(mountpoint, "snapshots", "latest"), server

    def in_mount(self, work, goal, template, program, source, command):
        """A command over `source` in a mount of its own. `command` makes it of the path there."""
        with self.mounted(template, program) as (latest, server):
            seconds, _ = self.session.clock(command(latest + source))
            self.table.record(work, program,
                              Sample(seconds, peak_kib_of(server.pid), self.link.traffic()), goal)


def snapshots(far):
    """first, and unchanged twice, with what the caches have then and without."""
    tree = far.templates.source("tree")
    first = Goal(far.link_seconds(SMALL_BYTES) + 1.0, 1.4 if far.server.name == "REST" else 2.0)
    for program in far.session.programs:
        with far.repository("empty", program) as url:
            backup = ("backup", "-q", tree)
            far.run(f"first snapshot, {SMALL_FILES:,} files, 25 MB", first, program, url, *backup)
            far.run("unchanged, warm cache", Goal(far.opening + 0.4), program, url, *backup)
            far.empty_cache()
            far.run("unchanged, no cache", Goal(far.opening + 0.8), program, url, *backup)


def start(far):
    work = f"mount until `ls` answers, {MANY_SNAPSHOTS:,} snapshots"
    mountpoint = os.path.join(far.session.work, "mountpoint")
    for program in far.session.programs:
        with far.repository("many", program) as url:
            far.link.traffic()
            begin = time.monotonic()
            with mount(far.session, far.command(program, url), mountpoint) as server:
                subprocess.run(["ls", os.path.join(mountpoint, "snapshots")], check=True,
                               stdout=subprocess.DEVNULL)
                sample = Sample(time.monotonic() - begin, peak_kib_of(server.pid),
                                far.link.traffic())
                far.table.record(work, program, sample, Goal(far.opening + 1.0))


def copy(far):
    target = os.path.join(far.session.work, "copied")
    for program in far.session.programs:
        far.in_mount(f"mount: `cp -a` of {COPIED_FILES:,} small files",
                     Goal(COPY_SECONDS.get(far.round_trip)), "small", program,
                     os.path.join(far.templates.source("tree"), "0"),
                     lambda path: ["cp", "-a", path, target])
        shutil.rmtree(target)


def listing(far):
    for program in far.session.programs:
        far.in_mount(f"mount: `ls -lR` of {SMALL_FILES:,}", Goal(1.0), "small", program,
                     far.templates.source("tree"), lambda path: ["ls", "-lR", path])


def sequential(far):
    file = os.path.join(far.templates.source("files"), "file")
    goal = Goal(far.link_seconds(FILE_BYTES) / LINK_SHARE)
    for program in far.session.programs:
        far.in_mount("mount: a file of 200 MB, from end to end", goal, "large", program, file,
                     lambda path: ["cat", path])


def scattered(far):
    file = os.path.join(far.templates.source("files"), "file")
    work = "mount: 16 readers, 4 places each in 200 MB"
    for program in far.session.programs:
        with far.mounted("large", program) as (latest, server):
            begin = time.monotonic()
            output = subprocess.run([sys.executable, READERS, latest + file, "16", "4"], check=True,
                                    capture_output=True, text=True).stdout
            sample = Sample(time.monotonic() - begin, peak_kib_of(server.pid), far.link.traffic())
            far.table.record(work, program, sample, Goal())
            far.table.record("the longest of these reads", program, Sample(float(output)), Goal())


def restoring(far, work, template, size, goal):
    target = os.path.join(far.session.work, "restored")
    for program in far.session.programs:
        with far.repository(template, program) as url:
            far.run(f"restore of {work}", goal, program, url, "restore", "latest", "--target", target)
        shutil.rmtree(target)


def restore(far):
    restoring(far, f"25 MB in {SMALL_FILES:,} files", "small", SMALL_BYTES,
              Goal(far.link_seconds(SMALL_BYTES) + 1.0))


def restore_large(far):
    restoring(far, "500 MB", "large", LARGE_BYTES, Goal(far.link_seconds(LARGE_BYTES) / LINK_SHARE))


def upload(far):
    far.simple("first snapshot of a random file of 200 MB",
               Goal(far.link_seconds(FILE_BYTES) / LINK_SHARE), "empty",
               "backup", "-q", far.templates.source("file"))


def check(far):
    far.simple(f"check, {SNAPSHOTS} snapshots", Goal(ratio=2), "history", "check")


def find(far):
    far.simple(f"find, {SNAPSHOTS} snapshots", Goal(ratio=2), "history", "find", "file-42")


def diff(far):
    ids = far.session.snapshot_ids(far.templates.repository("history"))
    far.simple(f"diff, {SNAPSHOTS} snapshots", Goal(ratio=2), "history", "diff", ids[0], ids[-1])


def forget(far):
    far.simple(f"forget, {SNAPSHOTS // 2} of {SNAPSHOTS} snapshots", Goal(ratio=2), "history",
               "forget", "-q", "--keep-last", str(SNAPSHOTS // 2))


def prune(far):
    far.simple(f"prune, {SNAPSHOTS // 2} of {SNAPSHOTS} snapshots forgotten", Goal(ratio=2), "halved",
               "prune")


def removal(far):
    far.simple(f"prune that removes {far.templates.removals:,} packs", Goal(at_once=AT_ONCE),
               "litter", "prune")


ROWS = {"snapshots": snapshots, "start": start, "copy": copy, "listing": listing,
        "sequential": sequential, "scattered": scattered, "restore": restore,
        "restore-large": restore_large, "upload": upload, "check": check, "find": find,
        "diff": diff, "forget": forget, "prune": prune, "removal": removal}
# What takes the link's rate or the server's time, whatever the distance: measured at the first.
ONCE = {"sequential", "scattered", "restore-large", "upload", "removal"}


class Distances:
    """All servers at all distances, as often as measure() is called."""

    def __init__(self, session, options):
        self.session = session
        self.options = options
        self.templates = Templates(session, options.removals)
        self.tables = {}

    def measure(self):
        options = self.options
        with FarLink(options.megabits) as link:
            if "rest" in options.servers:
                with rest_server(self.session, link, options.rest_server) as server:
                    self.measure_server(link, server)
            if "s3" in options.servers:
                with s3_server(self.session, link) as server:
                    self.measure_server(link, server)

    def measure_server(self, link, server):
        if server is None:
            return
        opening = statistics.median(self.templates.opening_seconds("snapfs") for _ in range(3))
        for round_trip in self.options.round_trips:
            title = (f"{server.name}, {round_trip:g} ms there and back, "
                     f"{self.options.megabits:g} Mbit/s; opening a repository here: {opening:.2f} s")
            table = self.tables.setdefault((server.name, round_trip), FarTable(title))
            far = Distance(self.session, link, server, self.templates, table, round_trip,
                           self.options.megabits, opening)
            link.round_trip(round_trip)
            for name in self.options.rows:
                if name in ONCE and round_trip != self.options.round_trips[0]:
                    continue
                print(f"{server.name}, {round_trip:g} ms: {name}", file=sys.stderr)
                ROWS[name](far)

    def show(self):
        for table in self.tables.values():
            table.show()
