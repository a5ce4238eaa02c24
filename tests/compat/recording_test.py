"""scripts/recording makes its picture from a real run: README's tour goes on working, and goes on being shown."""
import os
import sys
import xml.etree.ElementTree as ElementTree

import harness

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
SVG = "{http://www.w3.org/2000/svg}"
LARGEST_BYTES = 150_000
COMMANDS = ("snapfs init", "snapfs snapshot ~/work", "snapfs snapshots", "snapfs mount --background ~/mnt", "ls ~/mnt",
            "cp -a ~/mnt/snapshots/latest", "cd ~/mnt/versions", "diff", "snapfs umount ~/mnt")


def lines_of(path):
    """What the picture shows, line by line."""
    groups = ElementTree.parse(path).getroot().iter(SVG + "g")
    return [" ".join(text.text for text in group.iter(SVG + "text")) for group in groups]


class RecordingTest(harness.CompatTest):
    needs_restic = False

    def assert_shows_the_tour(self, path):
        self.assertLess(os.path.getsize(path), LARGEST_BYTES)
        lines = lines_of(path)
        for command in COMMANDS:
            self.assertTrue(any(line.startswith("$ " + command) or "&& " + command in line for line in lines), f"{command}: {lines}")
        for word in ("created restic repository", "2 snapshots", "as it was", "> may: sow beans"):
            self.assertTrue(any(word in line for line in lines), f"{word}: {lines}")
        for line in lines:
            self.assertNotRegex(line, r"^(snapfs|bash|ls|cp|diff|rm|\S*: line \d+):|No such file|cannot")
            self.assertNotIn("/tmp", line)
            self.assertLessEqual(len(line), 80)

    def test_a_new_recording(self):
        if not harness.mount_usable():
            self.skipTest("/dev/fuse cannot be used here")
        path = os.path.join(self.scratch, "tour.svg")
        self.run_program(sys.executable, [os.path.join(ROOT, "scripts", "recording"), path],
                         SNAPFS_PROGRAM=os.path.abspath(harness.SNAPFS))
        self.assert_shows_the_tour(path)

    def test_a_command_that_fails_ends_the_recording(self):
        program = os.path.join(self.scratch, "snapfs")
        with open(program, "w", encoding="ascii") as file:
            file.write("#!/bin/sh\necho 'no space left'\nexit 1\n")
        os.chmod(program, 0o755)
        if not os.path.exists("/dev/fuse"):
            self.skipTest("there is no /dev/fuse here")
        path = os.path.join(self.scratch, "tour.svg")
        said = self.run_program(sys.executable, [os.path.join(ROOT, "scripts", "recording"), path], expect=1, SNAPFS_PROGRAM=program).stderr
        self.assertIn("'snapfs init' ended with status 1", said)
        self.assertIn("no space left", said)
        self.assertFalse(os.path.exists(path))

    def test_the_one_in_the_documentation(self):
        self.assert_shows_the_tour(os.path.join(ROOT, "docs", "figures", "tour.svg"))
        with open(os.path.join(ROOT, "README.md"), encoding="utf-8") as file:
            self.assertIn("(docs/figures/tour.svg)", file.read())


if __name__ == "__main__":
    harness.main()
