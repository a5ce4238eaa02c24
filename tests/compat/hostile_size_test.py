"""Small repositories that somebody made to take all memory or time: they take a little of both."""
import json
import os
import resource
import select
import shutil
import signal
import subprocess

import bounded
import harness

MAKER = os.environ.get("SNAPFS_TEST_HOSTILE_MAKER", "build/tests/support/make_hostile_repository")

# The whole address space of a process, with its threads' stacks: every directory's path would take
# 3 GB, and as much again for who keeps it twice.
MOST_BYTES = 1500 << 20


def limit_memory():
    resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))


@harness.without_sanitizer(harness.ADDRESSES)
class HostileSizeTest(harness.CompatTest):
    needs_restic = False

    def make(self, *arguments):
        made = subprocess.run([MAKER, self.repository, *arguments], capture_output=True, text=True,
                              check=True)
        self.environment |= {"RESTIC_PASSWORD": made.stdout.strip(), "MALLOC_ARENA_MAX": "2"}

    def assert_finishes(self, *arguments, **environment):
        """In bounded memory. What it prints can be as long as the square of the depth."""
        with self.subTest(arguments=arguments):
            done = subprocess.run([harness.SNAPFS, *arguments], cwd=self.scratch,
                                  env={**self.environment, **environment}, timeout=300,
                                  preexec_fn=limit_memory, stdin=subprocess.DEVNULL,
                                  stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
            said = b"" if arguments[0] == "copy" else done.stderr[-1000:]  # it notes something
            self.assertEqual((done.returncode, said), (0, b""), done.stderr[-1000:])

    def commands(self):
        old, new = (s["id"] for s in self.snapshots_of_ours())
        target = os.path.join(self.scratch, "target")
        self.snapfs("init", "-r", target, RESTIC_PASSWORD="x")
        copied = {"RESTIC_REPOSITORY": target, "RESTIC_PASSWORD": "x",
                  "RESTIC_FROM_REPOSITORY": self.repository,
                  "RESTIC_FROM_PASSWORD": self.environment["RESTIC_PASSWORD"]}
        return [(["check"], {}), (["check", "--read-data"], {}), (["stats"], {}),
                (["stats", "--mode", "files-by-contents"], {}),
                (["stats", "--mode", "blobs-per-file"], {}), (["stats", "--mode", "raw-data"], {}),
                (["prune", "--dry-run"], {}), (["copy"], copied),
                (["rewrite", "--exclude", "second", "--dry-run"], {}),
                (["rewrite", "--include", "second", "--dry-run"], {}),
                (["rewrite", "--exclude", "/d/**/second", "--exclude", "l/r/second"], {}),
                (["repair", "snapshots"], {}), (["find", "nothing"], {}),
                (["find", "/d/**/nothing"], {}), (["diff", old, old], {})]

    def snapshots_of_ours(self):
        return json.loads(self.snapfs("snapshots", "--json").stdout)

    def test_deep_with_long_names(self):
        self.make("deep", "5000", "255")
        old, new = (s["id"] for s in self.snapshots_of_ours())
        for arguments, environment in self.commands():
            self.assert_finishes(*arguments, **environment)
        for arguments in (["ls", new], ["ls", "--sort", "size", new], ["find", "second"],
                          ["diff", old, new], ["dump", new, "/"]):
            self.assert_finishes(*arguments)

    def test_deeper_than_any_stack(self):
        self.make("deep", "50000", "1")
        for arguments, environment in self.commands():
            self.assert_finishes(*arguments, **environment)

    def test_more_paths_than_anybody_can_count(self):
        self.make("shared", "40")
        for arguments, environment in self.commands():
            self.assert_finishes(*arguments, **environment)

    def content_of(self, snapshot):
        """The blob of the one file at the bottom."""
        tree = json.loads(self.snapfs("cat", "tree", snapshot + ":/" + "l/" * 40).stdout)
        return next(node["content"][0] for node in tree["nodes"] if node["name"] == "second")

    def test_what_tells_of_every_path_ends_when_it_is_told_to(self):
        self.make("shared", "40")
        old, new = (s["id"] for s in self.snapshots_of_ours())
        for arguments in (["ls", new], ["ls", "--json", new], ["ls", "--ncdu", new],
                          ["find", "second"], ["find", "--json", "/l/**/second"],
                          ["find", "--blob", self.content_of(new)],
                          ["diff", old, new], ["diff", "--json", old, new],
                          ["dump", new, "/"], ["dump", "-a", "zip", new, "/"],
                          ["restore", new, "-t", "to"], ["restore", new, "--verify", "-t", "verified"],
                          ["restore", new, "-t", "dry", "--dry-run", "-vv"]):
            with self.subTest(arguments=arguments), \
                    subprocess.Popen([harness.SNAPFS, *arguments], cwd=self.scratch,
                                     env=self.environment, stdout=subprocess.PIPE,
                                     stderr=subprocess.STDOUT) as process:
                if arguments[0] == "restore" and "--dry-run" not in arguments:
                    while not os.path.exists(os.path.join(self.scratch, arguments[-1], "l")):
                        select.select([], [], [], 0.01)
                else:
                    os.read(process.stdout.fileno(), 1)
                process.send_signal(signal.SIGINT)
                process.stdout.read()
                self.assertEqual(process.wait(timeout=60), 130)

    def test_more_nodes_than_memory(self):
        """A directory of as many nodes as there may be, and one of more, each in 4 MB of the repository."""
        repair = ["repair", "snapshots", "--dry-run"]
        for count, size, status, commands in ("4190000", "63", 0, [["check"], repair]), ("9200000", "28", 1, [repair]):
            shutil.rmtree(self.repository, ignore_errors=True)
            self.make("short", count, size)
            for arguments in commands:
                with self.subTest(count=count, arguments=arguments):
                    ended = bounded.run([harness.SNAPFS, *arguments], self.scratch, self.environment)
                    self.assertEqual(ended.status, status, ended.err)
                    if status:
                        self.assertIn("shorter than any program writes them", ended.err)
                    self.assertLess(ended.memory, bounded.MOST_MEMORY)

    def test_more_text_than_memory(self):
        """Directories of 190 MB of text each, of which a few kilobytes are stored: one at a time is read."""
        self.make("lists", "3", "2800000")
        target = os.path.join(self.scratch, "target")
        self.snapfs("init", "-r", target, RESTIC_PASSWORD="x")
        copied = {"RESTIC_REPOSITORY": target, "RESTIC_PASSWORD": "x", "RESTIC_FROM_REPOSITORY": self.repository,
                  "RESTIC_FROM_PASSWORD": self.environment["RESTIC_PASSWORD"]}
        for arguments, environment, status in (
                (["check"], {}, 1), (["repair", "snapshots", "--forget"], {}, 0), (["find", "nothing"], {}, 0),
                (["stats", "--mode", "raw-data"], {}, 0), (["prune", "--max-unused", "0"], {}, 0), (["copy"], copied, 0),
                (["restore", "latest", "--dry-run", "--target", "to"], {}, 0)):
            with self.subTest(arguments=arguments):
                ended = bounded.run([harness.SNAPFS, *arguments], self.scratch, self.environment | environment)
                self.assertEqual(ended.status, status, ended.err)
                if not harness.SANITIZER:
                    self.assertLess(ended.memory, bounded.MOST_MEMORY, arguments)


if __name__ == "__main__":
    harness.main()
