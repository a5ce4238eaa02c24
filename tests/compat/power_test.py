"""The power fails while commands write: after each of their changes, and whatever a disk may have kept of
what was not synced (tests/crash/disk_model.h), the invariant of docs/reliability.md holds. And the test of
the test: without any one sync, or with two steps in the wrong order, it does not.

    power_test.py [--draws N] [--seed N] [--show-every N] [SCENE...]    more states, and other ones
    power_test.py --faults [SCENE...]
    power_test.py --torture MINUTES SEED
"""
import argparse
import concurrent.futures
import contextlib
import dataclasses
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

import changing_commands
import harness
from changing_commands import DAYS, NEXT_DAY, SCENES, Scene, Stage, Verdict
from killed_test import TRACER, tracing_works

STATES = os.environ.get("SNAPFS_TEST_POWER_STATES", "build/tests/crash/power_states")

# What is done in one run of the program relies on what was synced in an earlier one, too.
SEQUENCES = {
    "init, then a snapshot": (
        Scene("", ("init",), "nothing", keeps=()),
        Scene("", ("snapshot", "source", "--time", DAYS[0]), keeps=())),
    "forget, then prune": (
        Scene("", ("forget", "--keep-last", "1"), keeps=DAYS[2:]),
        Scene("", ("prune", "--max-unused", "0"), keeps=DAYS[2:])),
    "two snapshots": (
        Scene("", ("snapshot", "source", "--time", NEXT_DAY, "-g", "host")),
        Scene("", ("snapshot", "other-source", "--time", NEXT_DAY, "-g", "host"))),
}
# It is not the repository that is written to: states of these are looked at by the real program.
SHOWN_ONLY = ("restore", "the cache", "the cache, after a snapshot", "cache --cleanup")
# Steps that rely on each other (tests/crash/write_log.cc): in some scene, each two of them are swapped.
ORDERS = 9
# What a lock says is for those who are running: after a power cut it is as good that it is gone.
# Nor is the repository looked at that a copy is made from: only a lock is written there.
HARMLESS = re.compile(r"UNNOTICED: without event \d+, sync \S+/(?:locks$|root/other/)")
HARMLESS_IN = {
    # The other one is a partial one, of which nobody was told: it makes the next run faster.
    "snapshot with a checkpoint": "UNNOTICED: unlink in snapshots before rename in snapshots",
    # Nobody uses these packs, and the index is made from those that are there.
    "prune without room": "UNNOTICED: unlink in data before unlink in index",
    # It was wrong before, and is made from the packs when that is begun again.
    "repair index": "UNNOTICED: unlink in index before rename in index",
}


class Recording:
    """A scene, and the log of what its commands wrote."""

    def __init__(self, scratch, scene, commands):
        self.scene = scene
        self.scratch = scratch
        self.base = Stage(os.path.join(scratch, "before"))
        os.mkdir(self.base.directory)
        self.base.make(scene)
        shutil.copytree(self.base.path("source"), self.base.path("other-source"), symlinks=True)
        with open(self.base.path("other-source", "kept"), "ab") as file:
            file.write(b"and more")
        self.stage = self.base.copy_to(os.path.join(scratch, "root"))
        self.log = os.path.join(scratch, "log")
        self.output = ""
        with open(self.log, "wb") as log:
            for arguments in commands:
                part = os.path.join(scratch, "part")
                hold = ["--hold", *scene.hold] if scene.hold else []
                with self.stage.as_it_is_for(scene):
                    self.output += self.stage.must(*hold, "record", part, self.stage.directory, "--",
                                                   harness.SNAPFS, *arguments, program=TRACER)
                with open(part, "rb") as file:
                    shutil.copyfileobj(file, log)

    def command(self, **options):
        words = [STATES, self.base.directory, self.log, self.stage.directory]
        keys = {"key add": "2", "key remove": "1", "key passwd": "1"}.get(self.scene.name)
        for name, values in (
                ("password", self.scene.passwords), ("password-after", self.scene.opens_after),
                ("keeps", self.scene.keeps), ("keys-after", (keys,) if keys else ()),
                ("version-after", ("2",) if self.scene.name == "migrate" else ()),
                ("repairs-index", ("1",) if ("repair", "index") in self.scene.mend else ()),
                *self.promises_in_damage(),
                *((name.replace("_", "-"), (str(value),)) for name, value in options.items())):
            for value in values:
                words += [name, value]
        return words

    def promises_in_damage(self):
        """Of a repository that was damaged before, and stays so until the last of its mending commands."""
        scene = self.scene
        if not (scene.unlike and scene.mend):
            return ()
        moves = "BROKEN" in scene.arguments
        broken = self.base.words.get("BROKEN", "")
        return (("damaged", ("1",)), ("moved", (f"repository/data/{broken[:2]}/{broken}",) * moves),
                ("moved-to", (f"pack-{broken}",) * moves), ("whole", [time for time in scene.keeps if time not in scene.unlike]),
                ("whole-after", scene.unlike if len(scene.mend) == 1 else ()))

    def states(self, **options):
        """(moments, states, distinct ones). Raises AssertionError when a promise was broken."""
        result = subprocess.run(self.command(**options), capture_output=True, text=True, check=False)
        if result.returncode != 0:
            raise AssertionError(f"{self.scene.name}: {result.stdout}{result.stderr}")
        return [int(number) for number in re.findall(r"\d+", result.stdout.splitlines()[0])]

    def faults(self):
        """What became of the faults: a line of figures, the orders that were noticed, and those that nobody
        noticed.
        """
        result = subprocess.run(self.command(faults=1), capture_output=True, text=True, check=True)
        lines = result.stdout.splitlines()
        orders = [line for line in lines[:-1] if line.startswith("NOTICED: ")]
        return ([int(number) for number in re.findall(r"\d+", lines[-1])], orders,
                [line for line in lines[:-1] if line not in orders and not HARMLESS.match(line) and
                 line != HARMLESS_IN.get(self.scene.name)])

    def show(self, every, thoroughly, **options):
        """Has the real programs look at each of so many states. Returns how many that were."""
        place = os.path.join(self.scratch, "state")
        shown = 0
        with subprocess.Popen(self.command(show=every, **options) + ["in", place], text=True,
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE) as states:
            for line in states.stdout:
                # What was removed may be back, as no command promises: damaged snapshots, too.
                ended = line.split()[-1] == "ended" and not self.scene.mend
                stage = Stage(place, self.stage.trees, self.stage.words)
                try:
                    # What went to a server is not in the log.
                    output = self.output if ended and not self.scene.far else ""
                    Verdict(self.scene, stage, output, ended).look(thoroughly)
                except AssertionError as error:
                    states.kill()
                    raise AssertionError(f"{self.scene.name}, state {line.strip()}: {error}") from error
                shown += 1
                states.stdin.write("\n")
                states.stdin.flush()
        if states.returncode != 0:
            raise AssertionError(f"{self.scene.name}: power_states ended with {states.returncode}")
        return shown


@contextlib.contextmanager
def recorded(name):
    with tempfile.TemporaryDirectory(prefix="snapfs-power-",
                                     dir=changing_commands.scratch_parent()) as scratch:
        scratch = os.path.realpath(scratch)
        if name in SEQUENCES:
            scenes = SEQUENCES[name]
            scene = dataclasses.replace(scenes[0], name=name, keeps=scenes[-1].keeps, again=False)
            yield Recording(scratch, scene, [scene.arguments for scene in scenes])
        else:
            (scene,) = [scene for scene in SCENES if scene.name == name]
            yield Recording(scratch, scene, [scene.arguments])


# Each waits for the lock of its commands to settle now and then.
WORKERS = 3
NAMES = [scene.name for scene in SCENES] + list(SEQUENCES)


@unittest.skipUnless(tracing_works(), "no program can be traced here")
class PowerTest(unittest.TestCase):
    """A few states of each moment, and one of some hundred by the real programs."""

    def test_nothing_is_lost_and_each_fault_would_be_noticed(self):
        total = 0
        noticed = 0
        orders = set()
        with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
            # The syncs of init are for what comes after it: see the sequences.
            tried = {name: pool.submit(try_scene, name) for name in NAMES if name != "init"}
            for name, future in tried.items():
                with self.subTest(name):
                    states, figures, swapped, unnoticed = future.result()
                    self.assertEqual(unnoticed, [])
                    total += states
                    noticed += figures[0] + figures[2]
                    orders.update(swapped)
        self.assertGreater(total, 3000)
        self.assertGreater(noticed, 100)
        self.assertEqual(len(orders), ORDERS, orders)


def try_scene(name):
    """How many states were looked at, and what became of the faults, as Recording.faults says it."""
    with recorded(name) as recording:
        if name in SHOWN_ONLY:
            recording.show(150, False, draws=1)
            return 0, (0, 0, 0), [], []
        _, states, _ = recording.states(draws=2, go_on=8)
        recording.show(states // 2, False, draws=2)
        return states, *recording.faults()


def look_at(name, show_every, **how):
    """Prints and returns (moments, states, distinct ones)."""
    with recorded(name) as recording:
        figures = [0, 0, 0]
        if name not in SHOWN_ONLY:
            figures = recording.states(**how)
            print(f"{name}: {figures[0]} moments, {figures[1]} states, {figures[2]} distinct", flush=True)
        every = show_every or (20 if name in SHOWN_ONLY else 0)
        if every:
            how.pop("go_on")
            print(f"{name}: {recording.show(every, True, **how)} states by the real programs", flush=True)
        return figures


def torture(minutes, seed):
    until = time.monotonic() + 60 * minutes
    total = 0
    while time.monotonic() < until:
        for name in NAMES:
            total += look_at(name, 500, draws=100, seed=seed, go_on=8)[1]
            if time.monotonic() > until:
                break
        seed += 1
    print(f"{total} states")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--draws", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--go-on", type=int, default=1)
    parser.add_argument("--show-every", type=int, default=0)
    parser.add_argument("--faults", action="store_true")
    parser.add_argument("--torture", type=int, nargs=2, metavar=("MINUTES", "SEED"))
    parser.add_argument("scenes", nargs="*")
    options = parser.parse_args()
    if options.torture:
        return torture(*options.torture)
    total = [0, 0, 0]
    for name in options.scenes or NAMES:
        if options.faults:
            with recorded(name) as recording:
                print(f"{name}:", *recording.faults(), flush=True)
            continue
        figures = look_at(name, options.show_every, draws=options.draws, seed=options.seed,
                          go_on=options.go_on)
        total = [sum(pair) for pair in zip(total, figures)]
    if not options.faults:
        print(f"{total[0]} moments, {total[1]} states, {total[2]} distinct")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main()
    else:
        harness.main()
