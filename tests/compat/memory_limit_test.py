"""With too little memory a command ends with a line that says so, or does what it always does: it never
takes a sound repository for a damaged one, and removes nothing."""
import json
import os
import resource
import subprocess

import harness

MEBIBYTE = 1 << 20
# From what hardly starts the program to what is nearly enough.
LIMITS = (120 * MEBIBYTE, 260 * MEBIBYTE, 400 * MEBIBYTE)
COMMANDS = (
    ("check",), ("check", "--read-data"), ("repair", "snapshots", "--forget"), ("repair", "index"),
    ("recover",), ("rewrite", "--forget", "--exclude", "/nowhere"), ("prune",), ("ls", "latest"),
    ("copy", "--from-repo", "@", "--from-password-file", "@password"))


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

    def limited(self, limit, command):
        def set_limit():
            resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        return subprocess.run(
            [harness.SNAPFS, *command, "--no-cache"], cwd=self.scratch, env=self.environment,
            capture_output=True, text=True, errors="replace", preexec_fn=set_limit, check=False,
            timeout=300)

    def target_of_copy(self):
        """Arguments that copy the repository to an empty one."""
        target = os.path.join(self.scratch, "target")
        password = os.path.join(self.scratch, "password")
        if not os.path.exists(target):
            with open(password, "w", encoding="ascii") as file:
                file.write(self.environment["RESTIC_PASSWORD"])
            self.snapfs("init", RESTIC_REPOSITORY=target)
        return ("copy", "--from-repo", self.repository, "--from-password-file", password,
                "--repo", target)

    def trees(self):
        return sorted(snapshot["tree"] for snapshot in json.loads(self.snapfs("snapshots", "--json").stdout))

    def test_a_sound_repository_stays_what_it_is(self):
        trees = self.trees()
        self.assertEqual(len(trees), 2)
        for command in COMMANDS:
            for limit in LIMITS:
                before = self.files()
                snapshots = self.files(("snapshots",))
                arguments = self.target_of_copy() if command[0] == "copy" else command
                result = self.limited(limit, arguments)
                said = f"{command} in {limit}: {result.returncode}\n{result.stderr[-2000:]}"
                self.assertIn(result.returncode, (0, 1), said)
                for word in ("damaged", "content is lost", "repair snapshots --forget"):
                    self.assertNotIn(word, result.stderr + result.stdout[-2000:], said)
                if command[0] == "rewrite" and result.returncode == 0:
                    # They get the figures that they lacked, from restic as well.
                    self.assertEqual(trees, self.trees(), said)
                else:
                    self.assertLessEqual(snapshots, self.files(("snapshots",)), said)
                if result.returncode != 0:
                    self.assertRegex(result.stderr, "memory|threads", said)
                    self.assertLessEqual(before, self.files(), said)
        self.assertIn("no errors were found", self.snapfs("check").stdout)


if __name__ == "__main__":
    harness.main()
