"""Rewrites and repairs snapshots beside restic: the same trees come out."""
import json
import os
import random
import subprocess

from harness import PASSWORD, RESTIC, CompatTest, main
from nasty_tree import NastyTree


def restic_knows(command):
    return subprocess.run([RESTIC, *command, "--help"], capture_output=True,
                          check=False).returncode == 0


class RewriteTest(CompatTest):
    def make_repository(self):
        source = os.path.join(self.scratch, "source")
        for path in ("a/b/x.log", "a/y", "c/z.LOG", "c/deep/er/w.log", "only/v.log"):
            os.makedirs(os.path.join(source, os.path.dirname(path)), exist_ok=True)
            with open(os.path.join(source, path), "w", encoding="ascii") as file:
                file.write(path * 3)
        self.cheap_repository()
        self.restic("backup", "source")
        return source

    def rewritten(self):
        (found,) = [s for s in self.snapshots() if "rewrite" in s.get("tags", [])]
        return found

    def test_makes_the_trees_that_restic_makes(self):
        if not restic_knows(["rewrite"]):
            self.skipTest("this restic has no rewrite")
        source = self.make_repository()
        NastyTree(os.path.join(source, "nasty")).make()
        self.restic("backup", "source", TZ="Asia/Kolkata")
        patterns = os.path.join(self.scratch, "patterns")
        with open(patterns, "w", encoding="ascii") as file:
            file.write("# nothing\n/source/c\n")
        for options in (("--exclude", "*.log"), ("--iexclude", "*.log"), ("-e", "/source/a/b"),
                        ("--exclude-file", patterns), ("-e", "only", "-e", "deep"),
                        ("-e", "sub*", "--iexclude", "Y"), ("-i", "*.log"), ("-i", "/source/a/b"),
                        ("--iinclude", "*.LOG", "-i", "nasty"), ("--include-file", patterns)):
            results = []
            for run in (self.restic, self.snapfs):
                run("rewrite", "latest", *options)
                snapshot = self.rewritten()
                results.append((snapshot["tree"], snapshot["original"], snapshot["tags"],
                                snapshot.get("summary", {}).get("total_files_processed"),
                                snapshot.get("summary", {}).get("total_bytes_processed")))
                self.restic("forget", snapshot["id"])
            self.assertEqual(results[0], results[1], options)
        self.check()

    def test_describes_snapshots_as_restic_does(self):
        if not restic_knows(["rewrite"]):
            self.skipTest("this restic has no rewrite")
        self.make_repository()
        results = []
        for run in (self.restic, self.snapfs):
            run("rewrite", "--new-host", "other", "--new-time", "2020-02-03 04:05:06")
            snapshot = self.rewritten()
            self.restic("forget", snapshot.pop("id"))
            del snapshot["short_id"]
            results.append(snapshot)
        self.assertEqual(results[0], results[1])

    def test_leaves_a_snapshot_alone_of_which_nothing_is_included(self):
        self.make_repository()
        self.snapfs("rewrite", "--forget", "-i", "no such name")
        (snapshot,) = self.snapshots()
        self.assertNotIn("original", snapshot)

    def test_forgets_and_says_what_it_would_do(self):
        self.make_repository()
        (before,) = self.snapshots()
        dry = self.snapfs("rewrite", "-n", "-v", "--forget", "-e", "*.log").stdout
        self.assertIn("/source/a/b/x.log: excluded", dry)
        self.assertEqual(self.snapshots(), [before])
        self.snapfs("rewrite", "--forget", "-e", "*.log")
        (after,) = self.snapshots()
        self.assertEqual(after["original"], before["id"])
        self.assertNotIn("tags", after)
        unchanged = json.loads(
            self.snapfs("rewrite", "--forget", "-e", "*.log", "--json").stdout.splitlines()[-1])
        self.assertEqual(unchanged["snapshots_changed"], 0)
        self.snapfs("prune", "--max-unused", "0")
        self.check()

    def test_does_not_replace_a_snapshot_by_an_empty_one(self):
        self.make_repository()
        before = self.snapshots()
        for options in (("--dry-run",), ()):
            told = self.snapfs("rewrite", "--forget", *options, "-e", "*", expect=1).stderr
            self.assertIn(f"snapfs forget {before[0]['id'][:8]}", told)
            self.assertEqual(self.snapshots(), before)
        told = self.snapfs("rewrite", "-e", "*").stderr
        self.assertIn("nothing is left of it", told)
        self.assertEqual(len(self.snapshots()), 1 + len(before))

    def test_says_what_is_wrong_in_one_line(self):
        self.make_repository()
        for options, words in (((), "nothing is to be changed"),
                               (("-e", "a", "-i", "b"), "cannot be combined"), (("-e", "["), "["),
                               (("--new-time", "x"), "x"), (("-e", "a", "ffffff"), "ffffff")):
            result = self.snapfs("rewrite", *options, expect=1)
            self.assertEqual(len(result.stderr.splitlines()), 1, result.stderr)
            self.assertIn(words, result.stderr)


class RepairTest(CompatTest):
    def make_damaged_repository(self, lose):
        """Two snapshots; the packs for which `lose` holds are gone, and the index knows it."""
        rng = random.Random(3)
        self.cheap_repository()
        for name in ("one", "two"):
            path = os.path.join(self.scratch, "source", name)
            os.makedirs(path)
            for number in range(3):
                with open(os.path.join(path, f"f{number}"), "wb") as file:
                    file.write(rng.randbytes(50_000 if name == "one" else 5_000))
            self.restic("backup", "source")
        for directory, _, names in os.walk(os.path.join(self.repository, "data")):
            for name in names:
                path = os.path.join(directory, name)
                if lose(os.path.getsize(path)):
                    os.remove(path)
        command = ["repair", "index"] if restic_knows(["repair", "index"]) else ["rebuild-index"]
        self.restic(*command)

    def test_repairs_as_restic_does(self):
        if not restic_knows(["repair", "snapshots"]):
            self.skipTest("this restic cannot repair snapshots")
        self.make_damaged_repository(lambda size: size > 100_000)
        trees = []
        for run in (self.restic, self.snapfs):
            run("repair", "snapshots")
            found = [s for s in self.snapshots() if "repaired" in s.get("tags", [])]
            trees.append([(s["tree"], s["original"], s["tags"]) for s in found])
            self.restic("forget", *[s["id"] for s in found])
        self.assertEqual(trees[0], trees[1])
        self.assertEqual(len(trees[0]), 2)

    def test_what_is_repaired_is_whole(self):
        self.make_damaged_repository(lambda size: size > 100_000)
        text = self.snapfs("repair", "snapshots", "--dry-run").stdout
        self.assertIn("/source/one/f0: 1 of 1 pieces of its content are lost", text)
        quiet = self.snapfs("repair", "snapshots", "--forget", "-q")
        self.assertEqual(quiet.stdout, "")
        # In every snapshot that has it.
        self.assertEqual(quiet.stderr.count("/source/one/f0: 1 of 1 pieces of its content are lost"), 2)
        self.check()
        self.assertEqual(len(self.snapshots()), 2)
        again = self.snapfs("repair", "snapshots", "--json").stdout
        self.assertEqual(json.loads(again.splitlines()[-1])["snapshots_changed"], 0)

    def test_a_snapshot_of_which_nothing_is_left_goes_only_when_told(self):
        self.make_damaged_repository(lambda size: size < 5_000)
        self.assertIn("--forget", self.snapfs("repair", "snapshots").stdout)
        self.assertEqual(len(self.snapshots()), 2)
        # That of all nothing is left, is not taken for granted.
        told = self.snapfs("repair", "snapshots", "--forget", expect=1).stderr
        self.assertIn("snapfs forget ID", told)
        self.assertEqual(len(self.snapshots()), 2)
        gone = [s["id"] for s in self.snapshots()]
        self.restic("backup", "--host", "alive", "source/one")
        self.snapfs("repair", "snapshots", "--forget")
        self.assertEqual([s["hostname"] for s in self.snapshots()], ["alive"])
        self.assertFalse(set(gone) & {s["id"] for s in self.snapshots()})


if __name__ == "__main__":
    main()
