"""What another program can read, and this one cannot, is never called damaged, and no repair gives it up."""
import os
import subprocess

import forge
import forgeries
import harness


class BeyondTest(harness.CompatTest):
    needs_restic = False

    def setUp(self):
        super().setUp()
        self.scene = forge.Scene(self.repository)
        self.environment |= {"RESTIC_PASSWORD": forge.PASSWORD}

    def content(self):
        """What there is: the snapshots, and the blobs by what the packs themselves say."""
        blobs = self.snapfs("list", "blobs").stdout.split("\n")
        return set(os.listdir(os.path.join(self.repository, "snapshots"))), set(blobs)

    def packs(self):
        return [name for _, _, names in os.walk(os.path.join(self.repository, "data")) for name in names]

    def assert_nothing_is_given_up(self, *words):
        before = self.content()
        told = self.snapfs("check", "--read-data", expect=1)
        for word in words:
            self.assertIn(word, told.stdout + told.stderr)
        for word in ("damaged", "repair packs", "repair snapshots"):
            self.assertNotIn(word, told.stdout + told.stderr)
        for command in (["packs", *self.packs()], ["snapshots", "--forget"], ["index"], ["index", "--read-all-packs"]):
            done = subprocess.run([harness.SNAPFS, "repair", *command], cwd=self.scratch, env=self.environment,
                                  capture_output=True, text=True, check=False)
            self.assertIn(done.returncode, (0, 1), done.stderr)
            for word in ("is damaged", "lost,"):
                self.assertNotIn(word, done.stdout + done.stderr, command)
            self.assertEqual(self.content(), before, command)

    def test_a_large_blob(self):
        forgeries.large_blob(100)(self.scene)
        self.assert_nothing_is_given_up("104857600 bytes", "another program may read it")

    def test_a_directory_s_own_entry(self):
        for name in (".", "/"):
            with self.subTest(name=name):
                inner = self.scene.blob(forge.TREE, forge.tree_text([forge.node("file", "file", content=[])]))
                outer = self.scene.blob(forge.TREE, forge.tree_text([forge.node(name, "dir", subtree=inner.id)]))
                forgeries.add_snapshot(self.scene, outer, inner)
                self.assert_nothing_is_given_up("very old", "another program may read it")


if __name__ == "__main__":
    harness.main()
