"""scripts/walk, the way of a new user, comes to its end and leaves nothing behind."""
import os

import harness

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")


class WalkTest(harness.CompatTest):
    needs_restic = False

    def test_comes_to_its_end(self):
        if not harness.mount_usable() or not os.path.exists("/dev/fuse"):
            self.skipTest("/dev/fuse cannot be used here")
        shown = self.run_program("bash", [os.path.join(ROOT, "scripts", "walk")], SNAPFS_PROGRAM=os.path.abspath(harness.SNAPFS)).stdout
        self.assertRegex(shown, r"\n\| in all \| 14 \| \d+\.\d \|\n$")
        self.assertEqual([name for name in os.listdir(self.scratch) if name.startswith("snapfs-walk-")], [])


if __name__ == "__main__":
    harness.main()
