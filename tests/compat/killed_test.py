"""Every command that changes files is killed before each of its changes: each file made, written, synced,
renamed, linked or removed, each directory. Whenever it was, the invariant of docs/reliability.md holds.

    killed_test.py [--every N] [--from N] [SCENE...]    each N-th of these points, beginning with another one
    killed_test.py --list                               how many there are
    killed_test.py --torture MINUTES SEED               as many as the time allows, in an order by lot
"""
import argparse
import collections
import concurrent.futures
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

import changing_commands
import harness
from changing_commands import SCENES, Stage, Verdict

TRACER = os.environ.get("SNAPFS_TEST_TRACER", "build/tests/crash/trace_writes")
KILLED = 128 + 9
# Each waits for the lock of its commands to settle most of the time.
WORKERS = 4
# A scene is prepared and watched once before the first kill, alone.
SCENES_AT_ONCE = 3


def tracing_works():
    result = subprocess.run([TRACER, "count", "/dev/null", "/nowhere", "--", "true"],
                            capture_output=True, check=False)
    return result.returncode == 0


class Killing:
    """A scene whose command is ended at one point after the other."""

    def __init__(self, scene, scratch):
        self.scene = scene
        self.scratch = scratch
        self.base = Stage(os.path.join(scratch, "base"))
        os.mkdir(self.base.directory)
        self.base.make(scene)

    def run(self, what, number=0):
        """A stage on which the command was run, what it said, its status, and what the tracer saw."""
        stage = self.base.copy_to(os.path.join(self.scratch, f"{what}-{number}"))
        report = os.path.join(self.scratch, f"report-{number}")
        hold = ["--hold", *self.scene.hold] if self.scene.hold else []
        nth = [str(number)] if what == "kill" else []
        with stage.as_it_is_for(self.scene):
            result = stage.run(*hold, what, *nth, report, stage.directory, "--", self.scene.program,
                               *self.scene.arguments, program=TRACER)
        with open(report, encoding="utf-8") as file:
            seen = file.read().splitlines()
        os.remove(report)
        return stage, result, seen

    def points(self):
        """What the command does when nobody ends it, which it survives, too."""
        stage, result, seen = self.run("count")
        if result.returncode != 0:
            raise AssertionError(result.stderr)
        Verdict(self.scene, stage, result.stdout, True).look(True)
        shutil.rmtree(stage.directory)
        return seen

    def kill(self, number, thoroughly):
        """Whether the command was killed there: the calls of its threads are not always as many."""
        stage, result, seen = self.run("kill", number)
        killed = result.returncode == KILLED
        try:
            if not killed and result.returncode != 0:
                raise AssertionError(result.stderr)
            Verdict(self.scene, stage, result.stdout, not killed).look(thoroughly)
        except AssertionError as error:
            where = seen[-1] if seen else "its end"
            raise AssertionError(f"{self.scene.name}, killed at {number}, before {where}: {error}") from error
        shutil.rmtree(stage.directory)
        return killed


def kill_at(scene, choose, thorough_every, until=None):
    """Kills the command at the points that are chosen of `count`, until the time is up. Returns how often it
    was killed. Raises AssertionError for the first time that it did harm.
    """
    with tempfile.TemporaryDirectory(prefix="snapfs-killed-",
                                     dir=changing_commands.scratch_parent()) as scratch:
        killing = Killing(scene, os.path.realpath(scratch))
        numbers = choose(len(killing.points()))

        def kill(place, number):
            if until is not None and time.monotonic() > until:
                return False
            return killing.kill(number, place % thorough_every == 0)
        with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
            done = [pool.submit(kill, *each) for each in enumerate(numbers)]
            return sum(future.result() for future in done)


def each(every, first):
    """Each so-many-th point."""
    return lambda count: range(min(first, count), count + 1, every)


@unittest.skipIf(harness.RESTIC is None, "restic is not installed")
@unittest.skipUnless(harness.mount_usable(), "/dev/fuse cannot be used here")
@unittest.skipUnless(tracing_works(), "no program can be traced here")
class KilledTest(unittest.TestCase):
    """Each tenth point of every scene, with restic and the mount at each fifth of these."""
    EVERY = 10

    def test_every_scene_is_tried(self):
        killed = 0
        with concurrent.futures.ThreadPoolExecutor(SCENES_AT_ONCE) as pool:
            tried = [pool.submit(kill_at, scene, each(self.EVERY, 1 + place % self.EVERY), 5)
                     for place, scene in enumerate(SCENES)]
            for scene, future in zip(SCENES, tried):
                with self.subTest(scene.name):
                    here = future.result()
                    self.assertGreater(here, 0)
                    killed += here
        self.assertGreaterEqual(killed, 90)

    def test_a_program_that_does_harm_is_noticed(self):
        with self.assertRaisesRegex(AssertionError, "planted, killed at 2, before rename .*there is not"):
            kill_at(changing_commands.PLANTED, each(1, 1), 1)


def list_points(scenes):
    total = 0
    for scene in scenes:
        with tempfile.TemporaryDirectory(prefix="snapfs-killed-",
                                         dir=changing_commands.scratch_parent()) as scratch:
            seen = Killing(scene, os.path.realpath(scratch)).points()
        kinds = collections.Counter(line.split()[0] for line in seen)
        print(f"{scene.name}: {len(seen)}", dict(kinds), flush=True)
        total += len(seen)
    print(f"{total} points")


def torture(minutes, seed):
    """All points of all scenes in an order by lot, as far as the time goes."""
    until = time.monotonic() + 60 * minutes
    lots = random.Random(seed)
    scenes = list(SCENES)
    lots.shuffle(scenes)
    total = 0
    for place, scene in enumerate(scenes):
        # What one scene leaves of its share of the time is the others'.
        share = time.monotonic() + (until - time.monotonic()) / (len(scenes) - place)
        killed = kill_at(scene, lambda count: lots.sample(range(1, count + 1), count), 5, share)
        print(f"{scene.name}: killed at {killed} points", flush=True)
        total += killed
    print(f"{total} points")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--from", type=int, default=1, dest="first")
    parser.add_argument("--thorough-every", type=int, default=1)
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--torture", type=int, nargs=2, metavar=("MINUTES", "SEED"))
    parser.add_argument("scenes", nargs="*")
    options = parser.parse_args()
    scenes = [scene for scene in SCENES if not options.scenes or scene.name in options.scenes]
    if options.torture:
        return torture(*options.torture)
    if options.list:
        return list_points(scenes)
    points = 0
    for scene in scenes:
        killed = kill_at(scene, each(options.every, options.first), options.thorough_every)
        print(f"{scene.name}: killed at {killed} points", flush=True)
        points += killed
    print(f"{points} points")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main()
    else:
        harness.main()
