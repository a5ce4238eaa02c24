"""Repositories that somebody made to harm who reads them, each with a different lie in it (see
forgeries.py), and every command over them (see hostile.py).

In the tests each of them meets a restore, a check that reads the data, and two of the other commands, in
turn. `hostile_test.py --torture MINUTES SEED` goes on with all commands, then with two lies at a time
and with lies made up.
"""
import concurrent.futures
import multiprocessing
import os
import random
import stat
import sys
import tempfile
import time
import traceback
import unittest

import forgeries
import harness
import hostile

OTHERS = ("ls", "check", "dump", "dump all", "find", "diff", "stats", "raw stats", "snapshots", "log", "list",
          "cat", "drill", "restore over", "mount", "copy", "prune", "repair index", "repair snapshots",
          "repair packs", "rewrite", "forget", "tag", "recover", "snapshot")


def attempt(forgery, commands, options):
    """The faults of one repository; runs in a process of its own."""
    try:
        return hostile.Trial(forgery, **options).run(commands)
    except Exception:  # pylint: disable=broad-except
        return [f"{forgery.name}: {traceback.format_exc()}"]


_waiting = []  # a table's changes are functions, which a pool inherits but cannot be sent


def attempt_numbered(number):
    return attempt(*_waiting[number])


def attempt_all(attempts, workers=None):
    """Yields the faults of each. Most of a trial is waiting, for locks to settle above all."""
    _waiting[:] = attempts
    with concurrent.futures.ProcessPoolExecutor(
            workers or 3 * (os.cpu_count() or 1), mp_context=multiprocessing.get_context("fork")) as pool:
        yield from pool.map(attempt_numbered, range(len(attempts)))


def named(name):
    return next(forgery for forgery in forgeries.TABLE if forgery.name == name)


class HostileTest(unittest.TestCase):
    def test_names_are_unique(self):
        names = [forgery.name for forgery in forgeries.TABLE]
        self.assertEqual(len(set(names)), len(names))

    def test_every_command_has_its_turn(self):
        trial = hostile.Trial(named("frame: no size"))
        self.addCleanup(trial.remove)
        self.assertEqual(set(trial.commands()), {*OTHERS, *hostile.ALWAYS})

    def test_nothing_wrong_is_taken_for_right(self):
        attempts = []
        turn = 0
        for forgery in forgeries.TABLE:
            if forgery.is_long:
                continue
            attempts.append((forgery, (OTHERS[turn % len(OTHERS)], OTHERS[(turn + 1) % len(OTHERS)]), {}))
            turn += 2
        self.assertGreater(len(attempts), 600)
        faults = [fault for found in attempt_all(attempts) for fault in found]
        self.assertEqual(faults, [], "\n".join(faults))


class PlantedTest(unittest.TestCase):
    """Programs with a bug each, which has to be noticed."""

    def setUp(self):
        self.directory = tempfile.mkdtemp(prefix="snapfs-planted-")
        self.addCleanup(hostile.remove, self.directory)

    def plant(self, script):
        path = os.path.join(self.directory, "program")
        with open(path, "w", encoding="ascii") as file:
            file.write(f'#!/bin/sh\nprogram="{os.path.abspath(harness.SNAPFS)}"\n{script}\n')
        os.chmod(path, stat.S_IRWXU)
        return path

    def faults(self, script, forgery="frame: other content", commands=(), **options):
        return "\n".join(hostile.Trial(named(forgery), program=self.plant(script), **options).run(commands))

    def test_as_it_is(self):
        self.assertEqual(self.faults('exec "$program" "$@"'), "")

    @harness.without_sanitizer("memory is not measured")
    def test_an_index_file_is_printed_in_bounded_memory(self):
        """By the program as it is, but where a gigabyte takes no room."""
        script = 'test "$2" != index || exec "$program" "$@" >/dev/null; exec "$program" "$@"'
        self.assertEqual(self.faults(script, "index: bomb", ("cat",)), "")

    def test_success_whatever_happens(self):
        faults = self.faults('"$program" "$@"; exit 0')
        self.assertIn("it finds nothing", faults)

    def test_an_error_that_is_not_told(self):
        self.assertIn("['file'] is missing, and nothing was said", self.faults(
            '"$program" "$@" 2>/dev/null; exit 0'))

    def test_nothing_is_named(self):
        for line in ("it is damaged", "$RESTIC_REPOSITORY is damaged", "the index is damaged"):
            with self.subTest(line=line):
                self.assertIn("restore: it ended with 1 and names nothing", self.faults(
                    f'"$program" "$@" 2>/dev/null; s=$?; echo "snapfs: {line}" >&2; exit $s'))

    def test_a_check_that_finds_nothing_where_a_restore_fails(self):
        script = 'test "$1" != check || exit 0; echo snapfs: config >&2; exit 1'
        self.assertIn("it finds nothing, and yet the restore failed", self.faults(
            script, "config: polynomial 2"))

    def test_nothing_is_said(self):
        self.assertIn("names nothing", self.faults('exec "$program" "$@" 2>/dev/null'))

    def test_wrong_bytes(self):
        faults = self.faults('"$program" "$@" && test ! -e "$4/file" || echo wrong >"$4/file"',
                             "frame: no size")
        self.assertIn("restore: file is wrong", faults)
        self.assertIn("/file is wrong", self.faults(
            'echo wrong; exec "$program" "$@"', "frame: no size", ("dump",)))

    def test_other_bytes_of_a_blob_that_is_not_what_its_id_says(self):
        for status in ("0", "$s"):
            with self.subTest(status=status):
                self.assertIn("restore: file is wrong", self.faults(
                    f'"$program" "$@"; s=$?; test "$1" != restore || echo other >"$4/file"; exit {status}'))
        self.assertIn("/file is wrong", self.faults('"$program" "$@"; echo other', commands=("dump",)))

    def test_more_is_lost_than_the_lie_takes_away(self):
        self.assertIn("['zz'] is missing, which the lie does not reach", self.faults(
            '"$program" "$@"; s=$?; rm -f "$4/zz"; exit $s'))

    def after(self, command, change):
        """A program that makes a change when it has performed the command."""
        return f'"$program" "$@"; s=$?; test "$1" != {command} || {{ {change}; }}; exit $s'

    def test_a_prune_that_drops_a_pack(self):
        faults = self.faults(self.after("prune", 'rm -rf "$RESTIC_REPOSITORY"/data/*'), "frame: no size", ("prune",))
        self.assertIn("prune: what it left is not sound", faults)
        self.assertIn("prune: what could be restored before cannot be any more", faults)

    def test_a_prune_that_gives_up_what_could_be_read(self):
        """Where something is wrong with the repository."""
        faults = self.faults(self.after("prune", 'rm -rf "$RESTIC_REPOSITORY"/data/*'),
                             "done: unlisted", ("prune",))
        self.assertIn("prune: what could be restored before cannot be any more", faults)

    def test_a_forget_that_removes_the_newest(self):
        self.assertIn("['zz'] is missing, which the lie does not reach", self.faults(
            'if test "$1" = forget; then exec "$program" forget latest; fi; exec "$program" "$@"',
            "frame: no size", ("forget",)))

    def test_a_copy_that_loses_a_blob(self):
        faults = self.faults(self.after("copy", 'rm "$RESTIC_REPOSITORY"/data/*/*'), "frame: no size", ("copy",))
        self.assertIn("copy: what it left is not sound", faults)
        self.assertIn("restore after copy: ['file', 'inner/below', 'large', 'zz'] is missing", faults)

    def test_a_snapshot_of_another_file(self):
        self.assertIn("snapshot: file was saved wrong", self.faults(
            'test "$1" != snapshot || { echo other >file; }; exec "$program" "$@"', "frame: no size", ("snapshot",)))

    def test_an_archive_with_a_wrong_byte(self):
        """Also where an error is told, of what comes before that."""
        script = 'test "$1" = dump || exec "$program" "$@"; "$program" "$@" | sed "s/below$/beloW/"; exit '
        self.assertIn("dump all: inner/below is wrong", self.faults(script + "0", "frame: no size", ("dump all",)))
        self.assertIn("dump all: what came of inner/below before the error is wrong", self.faults(
            script + "1", "frame: no size", ("dump all",)))

    def test_an_object_with_a_wrong_byte(self):
        faults = self.faults('"$program" "$@"; s=$?; test "$1" != cat || echo; exit $s', "frame: no size", ("cat",))
        self.assertIn("cat blob: it is wrong", faults)
        self.assertIn("cat pack: it is wrong", faults)

    def test_a_drill_that_loses_a_file(self):
        self.assertIn("drill: ['zz'] is missing", self.faults(
            self.after("drill", 'rm "$6/zz"'), "frame: no size", ("drill",)))

    @unittest.skipUnless(harness.mount_usable(), "/dev/fuse cannot be used here")
    def test_a_mount_with_wrong_content(self):
        """It does without the kernel: files in the place of the mountpoint."""
        script = """
            test "$1" = mount || exec "$program" "$@"
            for mountpoint; do :; done
            mkdir -p "$mountpoint/snapshots"
            "$program" restore latest --no-lock -t "$mountpoint/snapshots/latest" >/dev/null 2>&1
            trap 'rm -rf "$mountpoint/snapshots"; exit' TERM
            cd "$mountpoint/snapshots/latest"; CHANGE
            echo mounted
            while :; do sleep 0.05; done"""
        for change, fault in ((":", ""), ("echo other >file", "mount: file is wrong"),
                              ("rm zz", "mount: ['zz'] is missing"), ("rm file", "mount: ['file'] is missing")):
            with self.subTest(change=change):
                faults = self.faults(script.replace("CHANGE", change), "frame: no size", ("mount",))
                self.assertIn(fault, faults)
                self.assertEqual(bool(fault), bool(faults), faults)

    def test_a_file_outside(self):
        self.assertIn("the outside changed", self.faults(
            '"$program" "$@"; s=$?; echo >>../outside/canary; exit $s'))

    def test_a_file_beside_the_target(self):
        self.assertIn("restore: the outside changed: ['escaped']", self.faults(
            '"$program" "$@"; s=$?; test "$1" != restore || echo >"$4/../escaped"; exit $s'))

    def test_an_attribute_outside(self):
        self.assertIn("restore: the outside changed", self.faults(
            '"$program" "$@"; s=$?; touch -d 2001-01-01 ../outside/canary; exit $s'))

    def test_a_lock_that_stays(self):
        self.assertIn("restore: the outside changed", self.faults(
            '"$program" "$@"; s=$?; echo >"$RESTIC_REPOSITORY/locks/x"; exit $s'))

    def test_a_snapshot_that_writes_elsewhere(self):
        faults = self.faults('"$program" "$@"; s=$?; test "$1" != snapshot || echo >../outside/new; exit $s',
                             "frame: no size", ("snapshot",))
        self.assertRegex(faults, "^frame: no size: snapshot: the outside changed: .*outside/new")

    @unittest.skipUnless(harness.mount_usable(), "/dev/fuse cannot be used here")
    def test_a_mount_that_changes_the_repository(self):
        faults = self.faults('test "$1" != mount || rm "$RESTIC_REPOSITORY"/index/*; exec "$program" "$@"',
                             commands=("mount",))
        self.assertRegex(faults, "mount: the outside changed: .*repository/index/")

    def test_a_change_by_a_reader(self):
        self.assertIn("the outside changed", self.faults(
            '"$program" "$@"; s=$?; rm -f "$RESTIC_REPOSITORY"/index/*; exit $s'))

    def test_a_signal(self):
        self.assertIn("it ended with -11", self.faults("kill -SEGV $$"))

    def test_a_hang(self):
        faults = self.faults("sleep 1000", seconds=1)
        self.assertIn("restore: it did not end", faults)
        self.assertIn("check data: it did not end", faults)

    @harness.without_sanitizer("memory is not measured")
    def test_memory(self):
        self.assertIn("MiB of memory", self.faults(
            'python3 -c "x = bytearray(600 << 20)"; exec "$program" "$@"'))

    def test_disk(self):
        self.assertIn("MiB of disk", self.faults(
            '"$program" "$@"; s=$?; head -c 600M /dev/zero >large; exit $s'))

    def test_the_terminal(self):
        self.assertIn("steers", self.faults('printf "\\033[2J" >&2; exec "$program" "$@"'))

    def test_a_sound_repository_refused(self):
        self.assertIn("where all is sound", self.faults("echo snapfs: config >&2; exit 1", "frame: no size"))


# ------------------------------------------------------------------------------------- the long run


def pair_of(table, choice):
    """Two of the rows, of different stages: each takes what it finds for what the scene has there."""
    one = choice.choice([forgery for forgery in table if forgery.stage != "done"])
    return forgeries.Pair.of(one, choice.choice([
        forgery for forgery in table if forgery.stage.split()[-1] != one.stage.split()[-1]]))


def torture(minutes, seed):
    """Until the time is over: whatever is found is told with what it takes to see it again."""
    print(f"hostile repositories: {minutes} minutes, seed {seed}", flush=True)
    end = time.monotonic() + 60 * minutes
    choice = random.Random(seed)
    table = list(forgeries.TABLE)
    choice.shuffle(table)
    count = 0
    faults = []
    batch = [(forgery, None, {}) for forgery in table]
    while time.monotonic() < end:
        for start in range(0, len(batch), 24):
            for found in attempt_all(batch[start:start + 24]):
                count += 1
                faults += found
                for fault in found:
                    print(fault, flush=True)
            if time.monotonic() >= end:
                break
        short = [forgery for forgery in table if not forgery.is_long]
        lies = [forgeries.random_lie(choice) if choice.randrange(2) else pair_of(short, choice)
                for _ in range(240)]
        batch = [(lie, None, {"seed": choice.getrandbits(32)}) for lie in lies]
    print(f"hostile repositories: {count} tried, {len(faults)} faults, seed {seed}")
    return 1 if faults else 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["--torture"]:
        sys.exit(torture(float(sys.argv[2]), int(sys.argv[3])))
    harness.main()
