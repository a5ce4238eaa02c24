#!/usr/bin/env python3
"""Every command of the program whose standard output is full, or read by nobody: neither may pass
for success. The commands come from the program's own help, so that a new one needs a line here.

usage: standard_output_test.py PROGRAM
"""

import concurrent.futures
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "compat"))
# pylint: disable-next=wrong-import-position
from cheap_key import cheapen  # noqa: E402

PROGRAM = ""
PASSWORD = "correct horse"

# A line for each command that has something to say; {} stands for names that are made up below.
LINES = {
    "init": "-r {work}/new init",
    "snapshot": "snapshot {source}",
    "backup": "backup {source}",
    "run": "-P {work}/home.toml run",
    "profile init": "profile init {work}/new.toml",
    "profile list": "profile list",
    "profile show": "profile show {work}/home.toml",
    "profile check": "profile check {work}/home.toml",
    "snapshots": "snapshots",
    "restore": "restore latest --target {work}/out",
    "ls": "ls latest",
    "find": "find file",
    "log": "log {source}/file",
    "diff": "diff {snapshots}",
    "drill": "drill latest",
    "dump": "dump latest {source}/file",
    "stats": "stats",
    "cat": "cat config",
    "list": "list snapshots",
    "forget": "forget --keep-last 1",
    "mount": "mount {work}/mountpoint",
    "tag": "tag --add new latest",
    "check": "check",
    "copy": "copy --from-repo {other} --from-password-file {work}/password",
    "prune": "prune",
    "repair index": "repair index",
    "repair packs": "repair packs {pack}",
    "repair snapshots": "repair snapshots",
    "rewrite": "rewrite --exclude file",
    "key list": "key list",
    "key add": "key add --new-password-file {work}/password",
    "key remove": "key remove {key}",
    "key passwd": "key passwd --new-password-file {work}/password",
    "unlock": "unlock --remove-all",
    "migrate": "migrate",
    "cache": "cache",
    "recover": "recover",
    "generate": "generate --bash-completion -",
    "options": "options",
    "features": "features",
    "help": "help ls",
    "version": "version",
}

# What says nothing when all is well.
SILENT = {"umount"}

# What talks to another program, which is not to be bothered here.
ELSEWHERE = {"profile enable", "profile disable"}


class StandardOutputTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.template = pathlib.Path(tempfile.mkdtemp(prefix="snapfs-output-"))
        cls.addClassCleanup(shutil.rmtree, cls.template, ignore_errors=True)
        source = cls.template / "source"
        source.mkdir()
        for name in ("repository", "other"):
            cls.run_program(cls.template, "-r", cls.template / name, "init").check_returncode()
            cheapen(cls.template / name, PASSWORD)
            for text in ("one", "two"):
                (source / "file").write_text(text)
                cls.run_program(cls.template, "-r", cls.template / name, "snapshot",
                                source).check_returncode()

    @classmethod
    def run_program(cls, work, *arguments, output=subprocess.PIPE):
        environment = {k: v for k, v in os.environ.items()
                       if not k.startswith(("SNAPFS_", "RESTIC_"))}
        environment.update(SNAPFS_REPOSITORY=str(work / "repository"), SNAPFS_PASSWORD=PASSWORD,
                           SNAPFS_CACHE_DIR=str(work / "cache"), XDG_STATE_HOME=str(work / "state"))
        return subprocess.run([PROGRAM, *map(str, arguments)], env=environment, stdout=output,
                              stderr=subprocess.PIPE, text=True, stdin=subprocess.DEVNULL,
                              timeout=60, check=False)

    def commands(self, *path):
        """All that do something by themselves, such as "repair index"."""
        text = self.run_program(self.template, *path, "--help").stdout
        (listed,) = re.findall(r"^Subcommands:\n((?:  .*\n)+)", text, re.MULTILINE) or [""]
        found = re.findall(r"^  (\w+(?:, \w+)*)", listed, re.MULTILINE)
        for name in (name for names in found for name in names.split(", ")):
            below = list(self.commands(*path, name)) if name != "help" else []
            yield from below or [" ".join([*path, name])]

    def line(self, command, work):
        """The command's line, and in `work` what it is about, which no command has changed yet."""
        shutil.copytree(self.template, work, dirs_exist_ok=True)
        repository = work / "repository"
        (work / "password").write_text(PASSWORD)
        (work / "home.toml").write_text(f"[snapshot]\nsources = ['{self.template}/source']\n"
                                        "[forget]\nkeep-last = 1\n")
        (work / "home.toml").chmod(0o600)
        (work / "mountpoint").mkdir()
        (key,) = (repository / "keys").iterdir()
        pack = next(path for path in (repository / "data").rglob("*") if path.is_file())
        snapshots = " ".join(path.name for path in (repository / "snapshots").iterdir())
        words = {"work": work, "source": self.template / "source", "pack": pack.name,
                 "other": work / "other", "key": key.name, "snapshots": snapshots}
        line = LINES[command]
        if command == "key remove":
            # Of two, the one that is not in use.
            self.run_program(work, "key", "add", "--new-password-file",
                             work / "password").check_returncode()
            (words["key"],) = {path.name for path in (repository / "keys").iterdir()} - {key.name}
            line += f" --key-hint {key.name}"
        if command == "unlock":
            (repository / "locks" / ("0" * 64)).touch()
        return line.format(**words).split(" ")

    def run_with(self, command, output):
        """What became of it, and what it left of mounts and locks."""
        work = pathlib.Path(tempfile.mkdtemp(prefix="snapfs-output-"))
        try:
            done = self.run_program(work, *self.line(command, work), output=output)
            left = [str(path) for path in (work / "repository" / "locks").iterdir()]
            return done, left, os.path.ismount(work / "mountpoint")
        finally:
            shutil.rmtree(work, ignore_errors=True)

    def test_every_command(self):
        self.assertEqual(set(self.commands()), LINES.keys() | SILENT | ELSEWHERE)
        reader, closed = os.pipe()
        os.close(reader)
        self.addCleanup(os.close, closed)
        full = os.open("/dev/full", os.O_WRONLY)
        self.addCleanup(os.close, full)
        commands = [command for command in LINES
                    if command != "mount" or os.access("/dev/fuse", os.R_OK | os.W_OK)]
        # Most of the time goes by in waiting for locks to settle and for disks.
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            on_full = {command: pool.submit(self.run_with, command, full) for command in commands}
            on_closed = {command: pool.submit(self.run_with, command, closed)
                         for command in commands}
        for command in commands:
            with self.subTest(command=command, output="full"):
                done, locks, mounted = on_full[command].result()
                self.assertEqual(done.returncode, 1, done.stderr)
                self.assertIn("standard output: No space left on device", done.stderr)
                self.assertEqual((locks, mounted), ([], False))
            with self.subTest(command=command, output="closed"):
                done, locks, mounted = on_closed[command].result()
                self.assertEqual(done.returncode, 141, done.stderr)
                self.assertNotIn("snapfs: ", done.stderr)
                self.assertEqual((locks, mounted), ([], False))


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    unittest.main()
