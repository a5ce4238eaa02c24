"""Two network namespaces with a long and narrow link between them (bench/far_link.cc)."""
import os
import re
import subprocess

from benchmarks.session import ROOT

LINK_PROGRAM = os.path.join(ROOT, "build", "bench", "far_link")
FAR_ADDRESS = "10.77.0.2"


class Traffic:
    """What has passed over the link."""

    def __init__(self, line):
        numbers = dict(re.findall(r"(\w+)=(\d+)", line))
        self.requests = int(numbers["requests"])
        self.at_once = int(numbers["at_once"])


class FarLink:
    """The link lives as long as this does; what was started within its namespaces has to end by
    itself. `near` and `far` begin commands that shall run at that end."""

    def __init__(self, megabits):
        self.process = subprocess.Popen([LINK_PROGRAM, "--megabits", str(megabits)], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=1)
        found = re.match(r"near=(\S+) far=(\S+)", self.process.stdout.readline())
        if found is None:
            raise SystemExit("scripts/bench: the link needs the right to make network namespaces; "
                             "run as root")
        self.near, self.far = (["nsenter", f"--net={space}"] for space in found.groups())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()

    def round_trip(self, milliseconds):
        """Of everything from now on."""
        self.process.stdin.write(f"delay {round(milliseconds * 500)}\n")

    def traffic(self):
        """Since the last time."""
        self.process.stdin.write("count\n")
        return Traffic(self.process.stdout.readline())
