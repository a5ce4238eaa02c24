"""With too little memory a command ends with a line that says so, or does what it always does: it never
takes a sound repository for a damaged one, and removes nothing."""
import json
import os
import resource
import shutil
import subprocess

import every_command
import harness
from scarcity import MEMORY, judge

MEBIBYTE = 1 << 20
# From what hardly starts the program to what is nearly enough.
LIMITS = (120 * MEBIBYTE, 260 * MEBIBYTE, 400 * MEBIBYTE)
# Where the usual line would take long, or has nothing to do with so large a directory; {} as in every_command.py.
LINES = every_command.LINES | {
    "restore": "restore latest --dry-run --target {work}/out", "find": "find entry-00299999",
    "log": "log /wide/entry-00299999", "dump": "dump latest /long/file", "prune": "prune",
    "rewrite": "rewrite --forget --exclude /nowhere",
    "copy": "copy --from-repo {other} --from-password-file {work}/password --repo {work}/target",
    "cat": "cat tree latest:/wide", "list": "list blobs"}
# What reads all of it has each of the limits, the others one in turn.
THOROUGH = ("check", "repair snapshots", "repair index", "recover", "rewrite", "prune", "ls", "copy")
EXCUSED = every_command.WITHOUT_REPOSITORY | {
    "init": "it makes a repository that is empty", "backup": "it is another name of snapshot",
    "run": "it is snapshot and forget, one after the other", "mount": "it serves until it is ended; see mount_scale_test.py",
    "cache": "it opens no repository", "migrate": "the repository has the newest version",
    "drill": "it restores hundreds of thousands of files"}


@harness.without_sanitizer(harness.ADDRESSES)
class MemoryLimitTest(harness.CompatTest):
    needs_restic = False

    def setUp(self):
        super().setUp()
        made = subprocess.run(
            [os.environ["SNAPFS_TEST_MAKER"], self.repository, "2", "300000", "2", "0"],
            capture_output=True, text=True, check=True)
        self.environment["RESTIC_PASSWORD"] = made.stdout.strip()
        # Each thread's arena would reserve addresses that count, on machines of many cores.
        self.environment["MALLOC_ARENA_MAX"] = "2"

    def files(self, kinds=("data", "index", "snapshots", "keys")):
        found = set()
        for kind in kinds:
            for directory, _, names in os.walk(os.path.join(self.repository, kind)):
                found.update(os.path.join(directory, name) for name in names)
        return found

    def limited(self, limit, line):
        def set_limit():
            resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        return subprocess.run([harness.SNAPFS, *line, "--no-cache"], cwd=self.work, env=self.environment,
                              capture_output=True, preexec_fn=set_limit, check=False, timeout=300)

    def use_copy(self, name):
        """Another one for each run; files of a repository are never written to, so that links are as good."""
        self.work = os.path.join(self.scratch, name)
        self.repository = os.path.join(self.work, "repository")
        shutil.copytree(self.sound, self.repository, copy_function=os.link)
        self.environment["RESTIC_REPOSITORY"] = self.repository

    def line(self, command):
        os.mkdir(os.path.join(self.work, "source"))
        for name in ("password", "new-password", "source/file"):
            with open(os.path.join(self.work, name), "w", encoding="ascii") as file:
                file.write(("another " if name == "new-password" else "") + self.environment["RESTIC_PASSWORD"])
        if command == "copy":
            self.snapfs("init", RESTIC_REPOSITORY=os.path.join(self.work, "target"))
        (key,), (older, newer) = (os.listdir(os.path.join(self.repository, kind)) for kind in ("keys", "snapshots"))
        words = {"work": self.work, "source": os.path.join(self.work, "source"), "other": self.repository,
                 "pack": os.path.basename(sorted(self.files(("data",)))[0]), "older": older, "newer": newer, "key": key}
        if command == "key remove":
            self.snapfs("key", "add", "--new-password-file", os.path.join(self.work, "new-password"))
            (words["key"],) = set(os.listdir(os.path.join(self.repository, "keys"))) - {key}
        return [word.format(**words) for word in LINES[command].split(" ")]

    def trees(self):
        return sorted(snapshot["tree"] for snapshot in json.loads(self.snapfs("snapshots", "--json").stdout))

    def test_a_sound_repository_stays_what_it_is(self):
        self.sound = self.repository
        self.assertEqual(len(self.trees()), 2)
        trees, failed = self.trees(), set()
        for number, command in enumerate(every_command.all_but(harness.SNAPFS, EXCUSED)):
            for limit in LIMITS if command in THOROUGH else LIMITS[number % len(LIMITS):][:1]:
                with self.subTest(command=command, limit=limit):
                    self.use_copy(f"{command} {limit}")
                    line = self.line(command)
                    before, snapshots = self.files(), self.files(("snapshots",))
                    result = self.limited(limit, line)
                    self.assertIsNone(judge(result, line, MEMORY))
                    if result.returncode != 0:
                        self.assertLessEqual(before, self.files())
                        failed.add(command)
                    elif command in ("rewrite", "tag"):
                        # The first gives them the figures that they lacked, from restic as well.
                        self.assertEqual(trees, self.trees())
                    elif command != "forget":
                        self.assertLessEqual(snapshots, self.files(("snapshots",)))
        self.assertGreater(len(failed), 6)
        self.assertIn("no errors were found", self.snapfs("check").stdout)


if __name__ == "__main__":
    harness.main()
