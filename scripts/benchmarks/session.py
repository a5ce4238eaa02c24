"""What all parts of the benchmark share: the programs, the work directory, the clock, and the table
that the measurements go to."""
import contextlib
import json
import os
import re
import shutil
import statistics
import subprocess
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
LIMIT_PROGRAM = os.path.join(ROOT, "build", "bench", "limit_bench")
PASSWORD = "benchmark"


class Measurement:
    """What one program took for one piece of work, over all runs."""

    def __init__(self, source_bytes=0):
        self.source_bytes = source_bytes
        self.seconds = []
        self.peak_kib = []

    def median(self):
        """Seconds; of a measurement of memory alone, KiB."""
        return statistics.median(self.seconds or self.peak_kib)

    def show(self):
        if not self.seconds:
            return f"{statistics.median(self.peak_kib) / 1024:.0f} MB"
        text = f"{self.median():.2f} s"
        if self.source_bytes:
            text += f", {self.source_bytes / 1e6 / self.median():.0f} MB/s"
        if any(self.peak_kib):
            text += f", {statistics.median(self.peak_kib) / 1024:.0f} MB"
        return text


class Session:
    """One call of scripts/bench. Leaves nothing behind in the work directory."""

    def __init__(self, options):
        self.rows = {}  # work → program → Measurement
        self.sizes = {}  # program → sizes of the repository of the sources
        self.programs = {"snapfs": os.path.join(ROOT, "build", "snapfs"), "restic": options.restic}
        self.work = tempfile.mkdtemp(prefix="snapfs-bench-", dir=options.work)
        self.environment = {**os.environ, "RESTIC_PASSWORD": PASSWORD, "SNAPFS_PASSWORD": PASSWORD,
                            "RESTIC_FROM_PASSWORD": PASSWORD,
                            "RESTIC_CACHE_DIR": os.path.join(self.work, "cache"),
                            "RESTIC_PROGRESS_FPS": "0.1"}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.work)

    def record(self, work, program, seconds, peak_kib=0, source_bytes=0):
        row = self.rows.setdefault(work, {})
        measurement = row.setdefault(program, Measurement(source_bytes))
        measurement.seconds.append(seconds)
        measurement.peak_kib.append(peak_kib)

    def record_memory(self, work, program, peak_kib):
        """What a program took that runs beside what is timed."""
        self.rows.setdefault(work, {}).setdefault(program, Measurement()).peak_kib.append(peak_kib)

    def time(self, work, program, command, source_bytes=0, core=None):
        """Runs the command, adds its wall-clock time and peak memory to the table. With `core` it
        runs on that one alone."""
        pinned = command if core is None else ["taskset", "-c", str(core), *command]
        seconds, peak_kib = self.clock(pinned)
        # Of a mount's reader it would be the memory of find or cp.
        self.record(work, program, seconds,
                    peak_kib if command[0] in self.programs.values() else 0, source_bytes)

    def clock(self, command):
        """Runs the command; returns its wall-clock seconds and its peak memory in KiB. The peak
        begins with that of this very process, which the command was forked from: nothing here may
        hold much memory."""
        start = time.monotonic()
        process = subprocess.Popen(command, env=self.environment, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.PIPE)
        errors = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - start
        process.stderr.close()
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in (0, 3):
            raise SystemExit(f"{command} failed:\n{errors.decode(errors='replace')}")
        return seconds, usage.ru_maxrss

    @contextlib.contextmanager
    def repository(self):
        """A new repository of restic's, which both programs know."""
        path = tempfile.mkdtemp(prefix="repository-", dir=self.work)
        subprocess.run([self.programs["restic"], "-r", path, "init"], env=self.environment,
                       check=True, stdout=subprocess.DEVNULL)
        try:
            yield path
        finally:
            shutil.rmtree(path)

    def prepare(self, program, *arguments):
        """Runs the program, untimed; returns what it prints."""
        return subprocess.run([self.programs[program], *arguments], env=self.environment, check=True,
                              capture_output=True, text=True).stdout

    def snapshot_ids(self, repository):
        """Of all snapshots, the oldest first."""
        listed = json.loads(self.prepare("snapfs", "-r", repository, "snapshots", "--json"))
        return [snapshot["id"] for snapshot in listed]

    def snapshot(self, work, program, repository, sources, **how):
        command = [self.programs[program], "-r", repository, "backup", "-q", *sources]
        self.time(work, program, command, **how)

    def limit(self, work, sources, verify=True, source_bytes=0):
        """Adds what the primitives alone take on all cores. The program itself opens again what it
        sealed, which verify=False leaves out."""
        output = subprocess.run(
            [LIMIT_PROGRAM, "--threads", str(os.cpu_count()), "--verify", "yes" if verify else "no",
             "--work", self.work, *sources], check=True, capture_output=True, text=True).stdout
        seconds = float(re.search(r"^limit .*\bseconds=([\d.]+)", output, re.MULTILINE).group(1))
        self.record(work, "limit", seconds, source_bytes=source_bytes)

    def has_limit(self):
        return os.path.exists(LIMIT_PROGRAM)
