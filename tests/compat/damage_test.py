"""Damaged repositories: snapfs sees what restic sees, says how to repair it, and does. restic agrees
afterwards, every file that can be saved is saved, and every one that cannot is named."""
import copy
import hashlib
import json
import os
import random
import shutil
import subprocess
import tempfile
import unittest

import cheap_key
import damage
import harness

FILES = {"top": 2500, "dir/first": 4000, "dir/second": 100_000, "dir/deep/third": 10, "later": 7000}
FIRST = [name for name in FILES if name != "later"]


class SoundRepository:
    """Made once; each test damages a copy."""

    def __init__(self, scratch):
        self.source = os.path.join(scratch, "source")
        self.repository = os.path.join(scratch, "sound")
        self.environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith(("RESTIC_", "SNAPFS_"))},
            "RESTIC_PASSWORD": harness.PASSWORD, "RESTIC_REPOSITORY": self.repository,
            "RESTIC_CACHE_DIR": os.path.join(scratch, "cache")}
        os.mkdir(self.source)
        self.run(harness.SNAPFS, "init")
        cheap_key.cheapen(self.repository, harness.PASSWORD)
        content = random.Random(5)
        for name, size in FILES.items():
            path = os.path.join(self.source, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                file.write(content.randbytes(size))
        # Two runs: two index files, two packs of each type.
        self.run(harness.SNAPFS, "snapshot", *FIRST)
        self.run(harness.SNAPFS, "snapshot", ".")
        self.key = damage.master_key(self.repository, harness.PASSWORD)
        self.index_files = {name: self.packs_of(name) for name in self.list("index")}
        self.snapshots = self.list("snapshots")
        # The packs of the first run, which is most of it.
        (_, packs) = max(self.index_files.items(), key=lambda item: sum(
            blob["length"] for pack in item[1] for blob in pack["blobs"]))
        self.data = next(p for p in packs if p["blobs"][0]["type"] == "data")
        self.tree = next(p for p in packs if p["blobs"][0]["type"] == "tree")

    def run(self, program, *arguments):
        return subprocess.run([program, *arguments], cwd=self.source, env=self.environment,
                              check=True, capture_output=True, text=True).stdout

    def list(self, kind):
        return sorted(os.listdir(os.path.join(self.repository, kind)))

    def packs_of(self, name):
        return json.loads(self.run(harness.RESTIC, "cat", "index", name))["packs"]


SOUND = None
RESTIC_HAS_SUMMARY = False


def setUpModule():
    global SOUND, RESTIC_HAS_SUMMARY
    if harness.RESTIC is None:
        return
    scratch = tempfile.mkdtemp(prefix="snapfs-compat-")
    unittest.addModuleCleanup(shutil.rmtree, scratch)
    SOUND = SoundRepository(scratch)
    RESTIC_HAS_SUMMARY = '"summary"' in SOUND.run(harness.RESTIC, "check", "--json")


class DamageTest(harness.CompatTest):
    def setUp(self):
        super().setUp()
        self.sound = SOUND
        self.start_anew()

    def start_anew(self):
        """The repository is sound again. Its files are replaced by all programs and never written
        to, so that links are as good as copies."""
        for name in os.listdir(self.scratch):
            if name.startswith("pack-"):
                os.remove(os.path.join(self.scratch, name))
        shutil.rmtree(self.repository, ignore_errors=True)
        shutil.copytree(self.sound.repository, self.repository, copy_function=os.link)

    # What a program says.

    def verdict(self, program, *arguments):
        """Exit status and summary of a check."""
        result = subprocess.run([program, "check", "--json", *arguments], cwd=self.scratch,
                                env=self.environment, capture_output=True, text=True, timeout=60,
                                check=False)
        summary = None
        for line in result.stdout.splitlines():
            if '"message_type":"summary"' in line:
                summary = json.loads(line)
        return result.returncode, summary, result.stderr

    def assert_same_verdict(self, *arguments):
        """Returns ours. An old restic is not asked: it sees less, and tries to load what is not
        there for a minute."""
        our_status, ours, errors = self.verdict(harness.SNAPFS, *arguments)
        self.assertEqual(ours["num_errors"] > 0, our_status != 0)
        told = [json.loads(line)["message_type"] for line in errors.splitlines()]
        self.assertEqual(told.count("error"), ours["num_errors"], errors)
        self.assertEqual(told.count("exit_error"), our_status != 0, errors)
        self.assertEqual(len(told), told.count("note") + ours["num_errors"] + (our_status != 0))
        if RESTIC_HAS_SUMMARY:
            status, theirs, _ = self.verdict(harness.RESTIC, *arguments)
            self.assertEqual(our_status, status, errors)
            self.assertEqual(ours["broken_packs"], theirs["broken_packs"])
            self.assertEqual(ours["num_errors"] > 0, theirs["num_errors"] > 0)
            for suggestion in ("suggest_repair_index", "suggest_prune"):
                self.assertGreaterEqual(ours[suggestion], theirs[suggestion], suggestion)
        return ours

    # What is damaged.

    def pack(self, description):
        return damage.pack_path(self.repository, description["id"])

    def file(self, kind, number=0):
        return os.path.join(self.repository, kind, self.sound.list(kind)[number])

    def relist(self, change, keep=False):
        """Replaces the index file that lists the data pack by what `change` makes of it, or adds
        that."""
        for name, packs in self.sound.index_files.items():
            if self.sound.data in packs:
                changed = change(copy.deepcopy(packs))
                damage.save_index(self.repository, self.sound.key, changed)
                if not keep:
                    os.remove(os.path.join(self.repository, "index", name))

    def change_entry(self, number, **fields):
        def change(packs):
            pack = next(p for p in packs if p["id"] == self.sound.data["id"])
            for field, value in fields.items():
                entry = pack["blobs"][number]
                entry[field] = entry[field] + value if isinstance(value, int) else value
            return packs
        self.relist(change)

    # What comes of repairing it.

    def repair(self, summary):
        """Runs what the summary suggests, in its order."""
        if summary["suggest_repair_index"]:
            self.snapfs("repair", "index")
        if summary["broken_packs"]:
            self.snapfs("repair", "packs", *summary["broken_packs"])
            for pack in summary["broken_packs"]:
                self.assertTrue(os.path.exists(os.path.join(self.scratch, "pack-" + pack)))

    def assert_sound(self):
        self.check()
        status, summary = self.verdict(harness.SNAPFS, "--read-data")[:2]
        self.assertEqual(summary.pop("packs_read"), summary.pop("packs"))
        self.assertEqual((status, summary), (0, self.verdict(harness.SNAPFS)[1]))

    def assert_saved(self, lost=()):
        """After the repair of snapshots, all files of the latest snapshot but those lost are as
        they were."""
        target = os.path.join(self.scratch, "restored")
        shutil.rmtree(target, ignore_errors=True)
        self.restic("restore", "latest", "--target", target)
        for name in FILES:
            path = os.path.join(target, name)
            if name in lost:
                self.assertFalse(os.path.exists(path) and damage.read(path) ==
                                 damage.read(os.path.join(self.sound.source, name)), name)
            else:
                self.assertEqual(damage.read(path),
                                 damage.read(os.path.join(self.sound.source, name)), name)

    def assert_lost(self, lost):
        """A check names the files; without them the repository is sound."""
        _, summary, errors = self.verdict(harness.SNAPFS)
        lines = [json.loads(line) for line in errors.splitlines()]
        messages = [line["message"] for line in lines if line["message_type"] == "error"]
        self.assertEqual({message.split('"')[1] for message in messages},
                         {os.path.basename(name) for name in lost})
        self.assertTrue(summary["suggest_repair_snapshots"])
        named = self.snapfs("repair", "snapshots", "--forget")
        for name in lost:
            self.assertIn(os.path.basename(name), named.stdout + named.stderr)
        self.assert_sound()
        self.assert_saved(lost)

    def blob_of(self, name):
        """The file's only blob, as the index lists it."""
        content = damage.read(os.path.join(self.sound.source, name))
        (blob,) = [b for packs in self.sound.index_files.values() for p in packs
                   for b in p["blobs"] if b["id"] == hashlib.sha256(content).hexdigest()]
        return blob


class IndexDamageTest(DamageTest):
    def test_sound_repository(self):
        self.assertEqual(self.assert_same_verdict("--read-data")["num_errors"], 0)
        self.assert_saved()

    def test_damaged_index_files_are_built_anew(self):
        index = self.file("index")
        sound = damage.read(index)
        for content in (b"", sound[:100], sound[:-1], sound[:50] + b"x" + sound[51:]):
            damage.write(index, content)
            summary = self.assert_same_verdict()
            self.assertTrue(summary["suggest_repair_index"])
            self.repair(summary)
            self.assert_sound()
            self.assert_saved()
            self.start_anew()

    def test_missing_index_files_are_built_anew(self):
        for number in (0, 1):
            os.remove(self.file("index", number))
            summary = self.assert_same_verdict("--read-data")
            self.assertTrue(summary["suggest_repair_index"])
        self.repair(summary)
        self.assert_sound()
        self.assert_saved()

    def test_pack_listed_twice_is_harmless(self):
        self.relist(lambda packs: [p for p in packs if p["id"] == self.sound.data["id"]], keep=True)
        summary = self.assert_same_verdict("--read-data")
        self.assertTrue(summary["suggest_repair_index"])
        self.repair(summary)
        self.assertFalse(self.assert_same_verdict()["suggest_repair_index"])
        self.assert_sound()

    def test_pack_listed_with_different_blobs(self):
        def some(packs):
            (pack,) = [p for p in packs if p["id"] == self.sound.data["id"]]
            pack["blobs"].pop()
            return [pack]
        self.relist(some, keep=True)
        self.repair(self.assert_same_verdict())
        self.assert_sound()
        self.assert_saved()

    def test_wrong_size_in_the_index(self):
        self.change_entry(-1, length=10)
        self.repair(self.assert_same_verdict())
        self.assert_sound()
        self.assert_saved()

    def test_wrong_size_is_corrected_without_moving_data(self):
        self.change_entry(-1, length=10)
        self.snapfs("repair", "index")
        self.assertTrue(os.path.exists(self.pack(self.sound.data)))
        self.assert_sound()

    def test_wrong_entries_that_only_reading_the_data_finds(self):
        for fields in ({"uncompressed_length": 1}, {"id": "ab" * 32}):
            with self.subTest(fields):
                self.change_entry(1, **fields)
                self.repair(self.assert_same_verdict("--read-data"))
                self.assert_sound()
                self.start_anew()

    def test_blob_of_another_type(self):
        self.change_entry(0, type="tree")
        summary = self.assert_same_verdict()
        self.assertTrue(summary["suggest_prune"])
        self.snapfs("repair", "index", "--read-all-packs")
        self.assert_sound()
        self.assert_saved()

    def test_packs_that_nobody_lists_are_harmless(self):
        os.remove(self.file("index"))
        for name in os.listdir(os.path.join(self.repository, "snapshots")):
            os.remove(os.path.join(self.repository, "snapshots", name))
        summary = self.assert_same_verdict("--read-data")
        self.assertTrue(summary["suggest_prune"])
        self.assertEqual(summary["num_errors"], 0)

    def test_pack_that_never_was(self):
        self.relist(lambda packs: packs + [{"id": "ab" * 32, "blobs": [
            {"id": "cd" * 32, "type": "data", "offset": 0, "length": 50}]}])
        self.repair(self.assert_same_verdict("--read-data"))
        self.assert_sound()

    def test_dry_runs_write_nothing(self):
        os.remove(self.file("index"))
        damage.flip(self.pack(self.sound.data), 100)
        before = self.files()
        self.assertIn("is listed now", self.snapfs("repair", "index", "-n").stdout)
        self.snapfs("repair", "packs", "--dry-run", self.sound.data["id"][:8])
        self.assertEqual(self.files(), before)

    def files(self):
        found = {}
        for path, _, names in os.walk(self.scratch):
            for name in names:
                found[os.path.join(path, name)] = damage.read(os.path.join(path, name))
        return found


class PackDamageTest(DamageTest):
    def test_flipped_bytes_in_a_blob(self):
        blob = self.blob_of("dir/first")
        damage.flip(self.pack(self.sound.data), blob["offset"] + 20)
        self.assertEqual(self.assert_same_verdict()["num_errors"], 0)
        summary = self.assert_same_verdict("--read-data")
        self.assertEqual(summary["broken_packs"], [self.sound.data["id"]])
        self.repair(summary)
        self.assert_lost(["dir/first"])

    def test_flipped_bytes_in_the_header_lose_nothing(self):
        for offset in (-1, -4, -5, -30, -100):
            with self.subTest(offset):
                damage.flip(self.pack(self.sound.data), offset)
                self.repair(self.assert_same_verdict("--read-data"))
                self.assert_sound()
                self.assert_saved()
                self.start_anew()

    def test_truncated_pack(self):
        blobs = self.sound.data["blobs"]
        lost = [name for name in FIRST if self.blob_of(name)["offset"] >= blobs[-1]["offset"]]
        damage.truncate(self.pack(self.sound.data), blobs[-1]["offset"] + 3)
        self.repair(self.assert_same_verdict())
        self.assert_lost(lost)

    def test_repairing_the_index_first_keeps_a_truncated_pack(self):
        damage.truncate(self.pack(self.sound.data), self.sound.data["blobs"][-1]["offset"] + 3)
        self.assertIn("repair packs", self.snapfs("repair", "index").stdout)
        self.assertEqual(self.assert_same_verdict()["broken_packs"], [self.sound.data["id"]])

    def test_empty_pack_loses_all_that_was_in_it(self):
        damage.write(self.pack(self.sound.data), b"")
        self.repair(self.assert_same_verdict())
        self.assert_lost(FIRST)

    def test_missing_pack(self):
        os.remove(self.pack(self.sound.data))
        summary = self.assert_same_verdict("--read-data")
        self.assertEqual(summary["broken_packs"], None)
        self.repair(summary)
        self.assert_lost(FIRST)

    def test_missing_pack_that_comes_back(self):
        os.remove(self.pack(self.sound.data))
        self.snapfs("repair", "index")
        os.link(damage.pack_path(self.sound.repository, self.sound.data["id"]),
                self.pack(self.sound.data))
        self.snapfs("repair", "index")
        self.assert_sound()
        self.assert_saved()

    def test_repairing_packs_that_are_sound_harms_nothing(self):
        self.snapfs("repair", "packs", self.sound.data["id"], self.sound.tree["id"])
        self.assert_sound()
        self.assert_saved()

    def test_a_copy_that_is_kept_is_not_overwritten(self):
        kept = os.path.join(self.scratch, "pack-" + self.sound.data["id"])
        damage.write(kept, b"something else")
        result = self.snapfs("repair", "packs", self.sound.data["id"], expect=1)
        self.assertIn("exists already", result.stderr)
        self.assertEqual(damage.read(kept), b"something else")
        self.assert_sound()
        os.remove(kept)
        shutil.copy(self.pack(self.sound.data), kept)
        self.snapfs("repair", "packs", self.sound.data["id"])
        self.assert_sound()

    def test_unknown_packs_are_refused(self):
        for pack in ("ab" * 32, "abababab", "xyz", ""):
            self.assertIn("pack", self.snapfs("repair", "packs", pack, expect=1).stderr)
        self.snapfs("repair", "packs", expect=1)
        self.assert_sound()


class TreeDamageTest(DamageTest):
    def test_damaged_tree(self):
        damage.flip(self.pack(self.sound.tree), self.sound.tree["blobs"][0]["offset"] + 20)
        self.assertTrue(self.assert_same_verdict()["suggest_repair_snapshots"])
        summary = self.assert_same_verdict("--read-data")
        self.assertEqual(summary["broken_packs"], [self.sound.tree["id"]])
        self.repair(summary)
        self.snapfs("repair", "snapshots", "--forget")
        self.assert_sound()

    def test_nothing_is_given_up_for_a_directory_that_is_not_mounted(self):
        data = os.path.join(self.repository, "data")
        os.rename(data, data + "-away")
        os.mkdir(data)
        before = (os.listdir(os.path.join(self.repository, "index")), self.snapshots())
        for command in (["index"], ["index", "-n"], ["snapshots", "--forget"],
                        ["snapshots", "--forget", "-n"]):
            self.assertIn("mounted", self.snapfs("repair", *command, expect=1).stderr)
        self.assertEqual((os.listdir(os.path.join(self.repository, "index")), self.snapshots()),
                         before)
        os.rmdir(data)
        os.rename(data + "-away", data)
        self.assert_sound()

    def test_missing_tree_pack(self):
        os.remove(self.pack(self.sound.tree))
        self.repair(self.assert_same_verdict("--read-data"))
        self.snapfs("repair", "snapshots", "--forget")
        self.assert_sound()
        # Only the second run stored it.
        target = os.path.join(self.scratch, "restored")
        self.restic("restore", "latest", "--target", target)
        self.assertEqual(damage.read(os.path.join(target, "later")),
                         damage.read(os.path.join(self.sound.source, "later")))

    def test_damaged_snapshots(self):
        snapshot = self.file("snapshots")
        sound = damage.read(snapshot)
        for content in (b"", sound[:50], sound[:50] + b"x" + sound[51:]):
            damage.write(snapshot, content)
            self.assertEqual(self.assert_same_verdict()["num_errors"], 1)
        # Checking the others is possible all the same.
        other = self.sound.list("snapshots")[1]
        self.assertEqual(self.verdict(harness.SNAPFS, other)[0], 0)
        self.assertEqual(self.verdict(harness.SNAPFS, self.sound.list("snapshots")[0])[0], 1)

    def test_damaged_config_and_key(self):
        for path in (os.path.join(self.repository, "config"), self.file("keys")):
            sound = damage.read(path)
            for content in (b"", sound[:-1], sound[:60] + b"x" + sound[61:]):
                damage.write(path, content)
                self.assertIn(self.verdict(harness.SNAPFS)[0], (1, 12), content)
                if RESTIC_HAS_SUMMARY:
                    self.assertNotEqual(self.verdict(harness.RESTIC)[0], 0, content)
            damage.write(path, sound)
        self.assert_sound()


class RandomDamageTest(DamageTest):
    """Bits flipped anywhere."""
    FLIPS = 200
    COMPARED = 10  # with restic, which takes longer

    def test_flips_are_always_noticed(self):
        choice = random.Random(7)
        paths = [os.path.join(path, name)
                 for path, _, names in os.walk(self.repository) for name in names]
        paths.sort()
        for number in range(self.FLIPS):
            path = choice.choice(paths)
            sound = damage.read(path)
            damage.flip(path, choice.randrange(len(sound)), choice.randrange(8))
            with self.subTest(path):
                status, _, errors = self.verdict(harness.SNAPFS, "--read-data")
                self.assertIn(status, (1, 12), errors)  # a damaged key fits no password
                if RESTIC_HAS_SUMMARY and number < self.COMPARED:
                    self.assertNotEqual(self.verdict(harness.RESTIC, "--read-data")[0], 0)
            damage.write(path, sound)
        self.assert_sound()


class OptionsTest(DamageTest):
    def test_only_chosen_snapshots(self):
        # The second run's own packs; the first snapshot does not need them.
        first, second = (s["id"] for s in self.snapshots())
        (packs,) = [p for p in self.sound.index_files.values() if self.sound.data not in p]
        data = next(p for p in packs if p["blobs"][0]["type"] == "data")
        damage.flip(self.pack(data), 10)
        self.assertEqual(self.verdict(harness.SNAPFS, "--read-data", first)[0], 0)
        self.assertEqual(self.verdict(harness.SNAPFS, "--read-data", second[:8])[0], 1)
        self.assertEqual(self.verdict(harness.SNAPFS, "--read-data", "latest")[0], 1)
        # restic says that no errors were found, having looked at nothing.
        self.assertIn("no snapshot matches",
                      self.snapfs("check", "--host", "nobody", expect=1).stderr)
        self.assertEqual(self.verdict(harness.SNAPFS, "--read-data", "00000000")[0], 1)
        if RESTIC_HAS_SUMMARY:
            for arguments in ([first], [second[:8]], ["latest"]):
                self.assertEqual(self.verdict(harness.SNAPFS, "--read-data", *arguments)[0],
                                 self.verdict(harness.RESTIC, "--read-data", *arguments)[0])

    def test_subsets_together_are_everything(self):
        damage.flip(self.pack(self.sound.data), 100)
        statuses = [self.verdict(harness.SNAPFS, "--read-data-subset", f"{n}/3")[0]
                    for n in (1, 2, 3)]
        self.assertEqual(sorted(statuses), [0, 0, 1])
        self.assertEqual(statuses, [self.verdict(harness.RESTIC, "--read-data-subset", f"{n}/3")[0]
                                    for n in (1, 2, 3)])
        self.assertEqual(self.verdict(harness.SNAPFS, "--read-data-subset", "100%")[0], 1)
        self.assertEqual(self.verdict(harness.SNAPFS, "--read-data-subset", "1G")[0], 1)

    def test_subsets_that_restic_refuses_are_refused(self):
        for subset in ("0/3", "4/3", "1/257", "0%", "101%", "x", "-1", "1/0", "50 %"):
            for program in (harness.SNAPFS, harness.RESTIC):
                self.run_program(program, ["check", "--read-data-subset", subset], expect=1)
        self.snapfs("check", "--read-data", "--read-data-subset", "1/2", expect=1)

    def test_text(self):
        result = self.snapfs("check")
        self.assertEqual(result.stdout.splitlines()[-1], "no errors were found")
        self.assertEqual(self.snapfs("check", "-q").stdout, "")
        os.remove(self.pack(self.sound.data))
        result = self.snapfs("check", expect=1)
        self.assertIn(self.sound.data["id"], result.stderr)
        self.assertIn("\n  snapfs repair index\n", result.stderr)
        self.assertEqual(result.stderr.splitlines()[-1], "snapfs: the repository contains errors")

    def test_unused_blobs_are_no_errors(self):
        # Newer restics ignore the option.
        os.remove(os.path.join(self.repository, "snapshots", self.snapshots()[1]["id"]))
        status, summary, errors = self.verdict(harness.SNAPFS, "--check-unused")
        self.assertEqual((status, summary["num_errors"], summary["suggest_prune"]), (0, 0, True))
        notes = [json.loads(line) for line in errors.splitlines()]
        self.assertTrue(notes)
        for note in notes:
            self.assertEqual(note["message_type"], "note")
            self.assertIn("is not used by any snapshot", note["message"])
        self.assertEqual(len(notes),
                         self.snapfs("check", "--check-unused").stdout.count("is not used"))
        self.assertEqual(self.verdict(harness.RESTIC, "--check-unused")[0], 0)

    def test_locks(self):
        blocker = subprocess.Popen([harness.SNAPFS, "snapshot", "--stdin"], cwd=self.scratch,
                                   env=self.environment, stdin=subprocess.PIPE,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            while not os.listdir(os.path.join(self.repository, "locks")):
                self.assertIsNone(blocker.poll())
                os.sched_yield()
            for command in (["check"], ["repair", "index"], ["repair", "packs", "00000000"]):
                self.snapfs(*command, expect=11)
            self.snapfs("check", "--no-lock")
        finally:
            blocker.communicate(b"content", timeout=60)
        self.snapfs("check")


del DamageTest

if __name__ == "__main__":
    harness.main()
