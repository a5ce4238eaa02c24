"""The advice that prune, check and repair print, followed word by word, ends in a sound repository,
whatever is damaged; with as much back as is still there."""
import glob
import json
import os
import re
import shlex
import shutil
import subprocess
import unittest

import damage
import harness
from sealing import seal

ROUNDS = 4


class AdviceTest(harness.CompatTest):
    needs_restic = False

    def setUp(self):
        super().setUp()
        self.cheap_repository_of_ours()
        self.source = os.path.join(self.scratch, "so urce")
        os.makedirs(os.path.join(self.source, "sub"))
        for name in ("one", "sub/two"):
            with open(os.path.join(self.source, name), "wb") as file:
                file.write(os.urandom(300_000))
            self.snapfs("snapshot", "-q", self.source)
        self.first = json.loads(self.snapfs("snapshots", "--json").stdout)[0]["id"]
        self.saved = os.path.join(self.scratch, "saved")
        shutil.copytree(self.repository, self.saved)

    def run_any(self, *arguments):
        return subprocess.run([harness.SNAPFS, *arguments], cwd=self.scratch, env=self.environment,
                              capture_output=True, text=True, check=False)

    def packs(self, kind):
        """The packs that hold blobs of the kind, of the newest index."""
        found = set()
        for index in self.snapfs("list", "index").stdout.split():
            for pack in json.loads(self.snapfs("cat", "index", index).stdout)["packs"]:
                if any(blob["type"] == kind for blob in pack["blobs"]):
                    found.add(damage.pack_path(self.repository, pack["id"]))
        return sorted(found)

    def index_files(self):
        folder = os.path.join(self.repository, "index")
        return [os.path.join(folder, name) for name in os.listdir(folder)]

    @staticmethod
    def advised(text):
        """The commands in a report: each on a line of its own, or in quotes."""
        lines = re.findall(r"^  (snapfs .+)$", text, re.MULTILINE)
        return lines or re.findall(r"[\"'](snapfs [a-z].*?)[\"']", text)

    def follow(self, command):
        """Runs it and what it advises, until it succeeds; what was run."""
        run = []
        for _ in range(ROUNDS):
            result = self.run_any(*command)
            if result.returncode == 0:
                return run
            advice = self.advised(result.stderr)
            self.assertTrue(advice, f"{command}: no advice in {result.stderr}")
            for line in advice:
                run.append(line)
                words = shlex.split(line)[1:]
                # What is sound already needs no repair; a check fails until all are through.
                step = self.run_any(*words)
                if words[0] == "check" and step.returncode != 0 and words != command:
                    if command[0] == "prune":
                        run += self.follow(["check"])
                    elif command == ["check"] and line is advice[-1]:
                        run += self.follow(words)
        self.fail(f"{command} fails after all of {run}: {result.stderr}")

    def damage_each(self):
        data, trees = self.packs("data"), self.packs("tree")
        for what, packs in (("data", data), ("trees", trees)):
            for pack in packs[:1]:
                yield f"{what}: empty pack", lambda pack=pack: damage.truncate(pack, 0)
                yield f"{what}: missing pack", lambda pack=pack: os.remove(pack)
                yield f"{what}: truncated pack", lambda pack=pack: damage.truncate(
                    pack, os.path.getsize(pack) // 2)
                yield f"{what}: damaged header", lambda pack=pack: damage.flip(
                    pack, os.path.getsize(pack) - 30)
                yield f"{what}: damaged blob", lambda pack=pack: damage.flip(pack, 40)
        yield "missing index", lambda: os.remove(self.index_files()[0])
        yield "no index", lambda: [os.remove(index) for index in self.index_files()]
        yield "damaged index", lambda: damage.flip(self.index_files()[0], 50)
        yield "empty index", lambda: damage.truncate(self.index_files()[0], 0)

    def restored(self):
        for name in os.listdir(self.scratch):
            if name.startswith("pack-"):  # the copies that a repair keeps
                os.remove(os.path.join(self.scratch, name))
        shutil.rmtree(self.repository)
        shutil.copytree(self.saved, self.repository)

    def test_an_index_that_is_wrong_about_lengths_costs_no_snapshot(self):
        """Without their data packs look right: what the advice of that look gives up is gone."""
        key = damage.master_key(self.repository, harness.PASSWORD)
        packs = []
        for index in self.snapfs("list", "index").stdout.split():
            packs += json.loads(self.snapfs("cat", "index", index).stdout)["packs"]
        for blob in (blob for pack in packs for blob in pack["blobs"]):
            blob["uncompressed_length"] = blob.get("uncompressed_length", 0) + 1000
        for path in self.index_files():
            os.remove(path)
        damage.save_index(self.repository, key, packs)
        before = sorted(self.snapfs("list", "snapshots").stdout.split())
        os.rename(self.source, self.source + " that is gone")
        self.follow(["check"])
        self.assertEqual(sorted(self.snapfs("list", "snapshots").stdout.split()), before)
        target = os.path.join(self.scratch, "target")
        self.snapfs("restore", "latest:" + self.scratch, "-t", target)
        self.assert_same_files(self.source + " that is gone", os.path.join(target, "so urce"))

    def test_a_config_that_is_older_than_the_files_is_no_damage(self):
        """A mirror by the names of files keeps the config of before the upgrade."""
        key = damage.master_key(self.repository, harness.PASSWORD)
        config = json.loads(self.snapfs("cat", "config").stdout)
        damage.write(os.path.join(self.repository, "config"),
                     seal(key, json.dumps({**config, "version": 1}).encode()))
        before = sorted(glob.glob(self.repository + "/*/**", recursive=True))
        for command in ("snapshots", "check", "check --read-data", "repair index",
                        "repair index --read-all-packs", "repair snapshots --forget", "prune",
                        "ls latest", "recover"):
            result = self.run_any(*command.split())
            self.assertEqual(result.returncode, 1, command)
            self.assertIn("the config is older", result.stderr, command)
            self.assertNotRegex(result.stderr, "(?<!nothing )is damaged|forget|repair", command)
        self.assertEqual(sorted(glob.glob(self.repository + "/*/**", recursive=True)), before)

    def test_advice_of_check_with_the_source_still_there(self):
        for what, harm in self.damage_each():
            with self.subTest(what=what):
                self.restored()
                harm()
                run = self.follow(["check", "--read-data"])
                self.snapfs("prune")
                self.assertEqual(len(run), len(set(run)), f"the same twice: {run}")
                if "index" not in what:
                    self.assertIn(f"snapfs snapshot --force '{self.source}'", run)
                # Nothing is lost in the end, not even to the first snapshot, unless its own
                # directories were.
                name = "latest" if what.startswith("trees") else self.first
                self.snapfs("restore", f"{name}:{self.source}", "-t", self.scratch + "/back",
                            "--delete")
                self.assert_same_content("one", "back")

    def assert_same_content(self, name, folder):
        self.assertEqual(damage.read(os.path.join(self.source, name)),
                         damage.read(os.path.join(self.scratch, folder, name)))

    def test_advice_of_check_without_the_source(self):
        gone = self.source + " gone"
        os.rename(self.source, gone)
        for what, harm in self.damage_each():
            with self.subTest(what=what):
                self.restored()
                harm()
                run = self.follow(["check", "--read-data"])
                self.assertFalse([line for line in run if "--force " in line])
                self.snapfs("prune")

    def test_advice_of_prune(self):
        for what, harm in self.damage_each():
            if "damaged blob" in what:
                continue  # prune does not read them
            with self.subTest(what=what):
                self.restored()
                harm()
                self.follow(["prune"])
                self.snapfs("check")

    def test_what_was_read_is_said(self):
        total = len(self.packs("data")) + len(self.packs("tree"))
        told = self.snapfs("check", "--read-data").stdout
        self.assertIn(f"the data of {total} of {total} packs was read\n", told)
        read = 0
        for part in range(1, 17):
            told = self.snapfs("check", f"--read-data-subset={part}/16").stdout
            count = int(re.search(r"the data of (\d+) of", told)[1])
            self.assertEqual("none of them is in that part" in told, count == 0, told)
            read += count
        self.assertEqual(read, total)
        summary = json.loads(self.snapfs("check", "--json", "--read-data-subset=1%").stdout)
        self.assertEqual((summary["packs_read"], summary["packs"]), (1, total))
        self.assertNotIn("was read", self.snapfs("check").stdout)
        for part in ("", "5", "0", "0%", "101%", "0/5", "6/5", "1/257", "5/", "x", "1.5M", "-1/5"):
            with self.subTest(part=part):
                self.assertIn("--read-data-subset",
                              self.snapfs("check", f"--read-data-subset={part}", expect=1).stderr)


if __name__ == "__main__":
    harness.main()
