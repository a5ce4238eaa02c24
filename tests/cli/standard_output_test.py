#!/usr/bin/env python3
"""Every command of the program whose standard output is full, or read by nobody: neither may pass
for success.

usage: standard_output_test.py PROGRAM
"""

import concurrent.futures
import os
import pathlib
import shutil
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "compat"))
# pylint: disable-next=wrong-import-position
import every_command  # noqa: E402

PROGRAM = ""


class StandardOutputTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        template = tempfile.mkdtemp(prefix="snapfs-output-")
        cls.addClassCleanup(shutil.rmtree, template, ignore_errors=True)
        cls.scenery = every_command.Scenery(template, PROGRAM, "correct horse")

    def run_with(self, command, output):
        """What became of it, and what it left of mounts and locks."""
        work = pathlib.Path(tempfile.mkdtemp(prefix="snapfs-output-"))
        try:
            done = self.scenery.run(work, *self.scenery.line(command, work), stdout=output)
            left = [str(path) for path in (work / "repository" / "locks").iterdir()]
            return done, left, os.path.ismount(work / "mountpoint")
        finally:
            shutil.rmtree(work, ignore_errors=True)

    def test_every_command(self):
        has_fuse = os.access("/dev/fuse", os.R_OK | os.W_OK)
        commands = every_command.all_but(PROGRAM, {} if has_fuse else {"mount": "/dev/fuse cannot be used here"})
        reader, closed = os.pipe()
        os.close(reader)
        self.addCleanup(os.close, closed)
        full = os.open("/dev/full", os.O_WRONLY)
        self.addCleanup(os.close, full)
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
    PROGRAM = os.path.abspath(sys.argv.pop(1))
    unittest.main()
