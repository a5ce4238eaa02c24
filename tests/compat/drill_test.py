"""Recovery drills over the program: samples, what is compared, what is found, and the exit status."""
import glob
import json
import os
import unittest

import harness


class DrillTest(harness.CompatTest):
    needs_restic = False

    def setUp(self):
        super().setUp()
        self.cheap_repository_of_ours()
        self.source = os.path.join(self.scratch, "source")
        os.makedirs(os.path.join(self.source, "folder"))
        for number in range(40):
            self.write(f"folder/{number}", f"small {number}")
        self.write("large", "0123456789abcdef" * 100_000)
        self.write("empty", "")
        os.symlink("large", os.path.join(self.source, "link"))
        os.mkfifo(os.path.join(self.source, "pipe"))
        os.link(os.path.join(self.source, "large"), os.path.join(self.source, "other name"))
        self.snapfs("snapshot", "-q", self.source)

    def write(self, name, content):
        path = os.path.join(self.source, name)
        with open(path, "w", encoding="ascii") as file:
            file.write(content)
        return path

    def drill(self, *arguments, expect=0, **environment):
        done = self.snapfs("drill", "--json", *arguments, expect=expect, **environment)
        messages = [json.loads(line) for line in done.stdout.splitlines()]
        errors = [json.loads(line) for line in done.stderr.splitlines()]
        return messages[-1], errors, [m for m in messages if m["message_type"] == "verbose_status"]

    def of_source(self, *names):
        return [f"{self.source}/{name}" for name in names]

    def test_all_is_compared(self):
        summary, errors, _ = self.drill()
        # Directories above the source have other change times by now, as files are made in them.
        self.assertEqual(errors, [])
        self.assertEqual(summary["restored"], summary["items"])
        self.assertEqual(summary["total_items"], summary["items"])
        self.assertGreaterEqual(summary["compared"], 46)
        self.assertEqual((summary["different"], summary["unreadable"]), (0, 0))
        text = self.snapfs("drill").stdout
        self.assertIn("drill of snapshot ", text)
        self.assertRegex(text, r", seed \d+\n")
        self.assertRegex(text, r"Summary: restored \d+ of \d+ items")

    def test_relative_targets_are_found(self):
        """They lie elsewhere in the snapshot than on the machine."""
        for target, directory in (("source", self.scratch), (".", self.source), ("../source/folder", self.source)):
            self.snapfs("snapshot", "-q", target, cwd=directory)
            summary, errors, _ = self.drill()
            self.assertEqual((errors, summary["gone_since"]), ([], 0), target)
            self.assertGreaterEqual(summary["compared"], 40)

    def test_seed_repeats_the_sample(self):
        first, _, items = self.drill("--files", "9", "-v")
        self.assertEqual(len(items), 9)
        again, _, same = self.drill("--files", "9", "-v", "--seed", str(first["seed"]))
        self.assertEqual(sorted(i["item"] for i in items), sorted(i["item"] for i in same))
        self.assertEqual(again["seed"], first["seed"])
        # Of each kind one.
        names = {os.path.relpath(i["item"], self.source) for i in items}
        self.assertLessEqual({"pipe", "link", "empty"}, names)

    def test_changed_and_gone(self):
        self.write("folder/1", "changed since")
        os.unlink(os.path.join(self.source, "folder/2"))
        summary, errors, items = self.drill("latest", *self.of_source("folder/1", "folder/2", "large"), "-v")
        self.assertEqual(errors, [])
        self.assertEqual({os.path.basename(i["item"]): i["action"] for i in items},
                         {"1": "changed_since", "2": "gone_since", "large": "compared"})
        self.assertEqual(summary["restored"], 3)

    def test_what_compares_nothing_says_so(self):
        self.write("folder/1", "changed since")
        summary, errors, _ = self.drill("latest", *self.of_source("folder/1"))
        self.assertEqual((summary["restored"], summary["compared"]), (1, 0))
        self.assertIn("nothing was compared", errors[0]["message"])
        _, errors, _ = self.drill("latest", *self.of_source("folder/1", "large"))
        self.assertEqual(errors, [])

    def make_wrong(self):
        """A snapshot with content that is not the file's, though all that stat(2) tells is."""
        path = os.path.join(self.source, "folder/3")
        before = os.stat(path)
        self.write("folder/3", "SMALL 3")
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
        self.snapfs("snapshot", "-q", "--ignore-ctime", self.source)

    def test_difference_is_an_error(self):
        self.make_wrong()
        summary, errors, _ = self.drill(expect=1)
        self.assertEqual(summary["different"], 1)
        self.assertEqual(errors[0]["item"], f"{self.source}/folder/3")
        self.assertEqual(errors[0]["during"], "drill")
        self.assertEqual((errors[-1]["message_type"], errors[-1]["code"]), ("exit_error", 1))
        told = self.snapfs("drill", "--target", os.path.join(self.scratch, "t"), expect=1).stderr
        self.assertIn(f"{self.source}/folder/3: its content differs from the source", told)

    def test_damage_is_named(self):
        for pack in glob.glob(os.path.join(self.repository, "data", "*", "*")):
            os.chmod(pack, 0o600)
            with open(pack, "r+b") as file:
                file.seek(100)
                byte = file.read(1)
                file.seek(100)
                file.write(bytes([byte[0] ^ 1]))
        done = self.snapfs("drill", expect=1)
        self.assertRegex(done.stderr, r"\d+ items? did not come back right, named above")
        self.assertRegex(done.stdout, r"\d+ unreadable")

    def test_target_holds_the_sample(self):
        target = os.path.join(self.scratch, "target")
        summary, _, _ = self.drill("--target", target, "latest", *self.of_source("folder", "large", "other name"))
        self.assertEqual(summary["unreadable"] + summary["different"], 0)
        restored = target + self.source
        with open(os.path.join(restored, "folder/7"), encoding="ascii") as file:
            self.assertEqual(file.read(), "small 7")
        self.assertTrue(os.path.samefile(os.path.join(restored, "large"), os.path.join(restored, "other name")))
        self.assertFalse(os.path.lexists(os.path.join(restored, "link")))
        refused = self.snapfs("drill", "--target", target, expect=1)
        self.assertIn("is not empty", refused.stderr)

    def test_other_host_is_compared_with_nothing(self):
        self.snapfs("snapshot", "-q", "--host", "elsewhere", self.source)
        summary, _, _ = self.drill()
        self.assertGreater(summary["compared"], 0)  # "latest" is this host's
        summary, errors, _ = self.drill("--host", "elsewhere")
        self.assertEqual((summary["compared"], summary["uncompared"]), (0, summary["items"]))
        self.assertIn("not of this host", errors[0]["message"])

    @unittest.skipUnless(os.geteuid() == 0, "for root, who can be somebody else")
    def test_source_that_cannot_be_read(self):
        os.chmod(os.path.join(self.source, "large"), 0)
        self.snapfs("snapshot", "-q", self.source)
        for path, _, _ in os.walk(self.repository):
            os.chmod(path, 0o777)
        for path, _, names in os.walk(self.repository):
            for name in names:
                os.chmod(os.path.join(path, name), 0o644)
        os.chmod(self.scratch, 0o755)
        done = self.run_program("setpriv", ["--reuid=65534", "--regid=65534", "--clear-groups", harness.SNAPFS,
                                            "--no-cache", "drill", "latest", *self.of_source("large")],
                                expect=3, HOME="/nonexistent")
        self.assertIn("cannot open the source: Permission denied", done.stderr)

    def test_mistakes(self):
        for arguments, words in (
                (("latest", "relative"), "begin with a slash"),
                (("latest", "/nothing"), 'has no "/nothing"'),
                (("--files", "none"), "--files"),
                (("--files", "0"), "give a larger"),
                (("--bytes", "much"), "--bytes"),
        ):
            self.assertIn(words, self.snapfs("drill", *arguments, expect=1).stderr)


if __name__ == "__main__":
    harness.main()
