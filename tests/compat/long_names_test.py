"""Names longer than this system can make: whatever the program stores of them, it reads again, and
so does restic. Only what must make a file of that name fails, and that for the one item."""
import os
import unittest

import harness

LENGTHS = (255, 256, 1024, 1025, 4000)


def tree_of(lengths):
    return {f"{length}-".ljust(length, "n"): str(length) for length in lengths}


class LongNamesTest(harness.CompatTest):
    def setUp(self):
        super().setUp()
        self.cheap_repository_of_ours()

    def sound(self):
        self.snapfs("check", "--read-data")
        self.check()
        before = self.files("snapshots")
        self.snapfs("repair", "snapshots", "--forget")
        self.assertEqual(self.files("snapshots"), before)

    def files(self, kind):
        return sorted(os.listdir(os.path.join(self.repository, kind)))

    def test_streams(self):
        for name, content in tree_of(LENGTHS).items():
            source = self.write(content)
            self.snapfs("snapshot", "--stdin-from-command", "--stdin-filename", f"/d/{name}", "--",
                        "cat", source)
            self.assertEqual(self.snapfs("dump", "latest", f"/d/{name}").stdout, content)
            self.assertIn(name, self.snapfs("ls", "latest").stdout)
            target = os.path.join(self.scratch, "target", str(len(name)))
            fits = len(name) <= 255
            told = self.snapfs("restore", "latest", "--target", target, expect=0 if fits else 1)
            self.assertEqual(os.path.isdir(os.path.join(target, "d")), True)
            self.assertEqual(os.listdir(os.path.join(target, "d")), [name] if fits else [])
            self.assertEqual(name[:200] in told.stderr, not fits)
        self.sound()

    def write(self, content):
        path = os.path.join(self.scratch, "content")
        with open(path, "w", encoding="ascii") as file:
            file.write(content)
        return path

    def test_other_paths(self):
        source = os.path.join(self.scratch, "source")
        os.makedirs(source)
        for name in ("a", "b"):
            with open(os.path.join(source, name), "w", encoding="ascii") as file:
                file.write(name)
        for name in tree_of(LENGTHS):
            self.snapfs("snapshot", "--as-path", f"/x/{name}", source)
            self.assertIn(f"/x/{name}/b", self.snapfs("ls", "latest").stdout)
            self.assertEqual(self.snapfs("dump", "latest", f"/x/{name}/a").stdout, "a")
        self.sound()

    def test_what_is_no_name_is_refused(self):
        for path in ("..", ".", "/", "/.."):
            self.snapfs("snapshot", "--stdin-from-command", "--stdin-filename", path, "--", "echo", "x",
                        expect=1)
        self.assertEqual(self.files("snapshots"), [])


if __name__ == "__main__":
    harness.main()
