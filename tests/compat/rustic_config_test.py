"""Fields that rustic has in the config: what it means to each command, and that restic reads on."""
import json
import os

import cheap_key
import harness
from sealing import seal


class RusticConfigTest(harness.CompatTest):
    def setUp(self):
        super().setUp()
        os.makedirs(os.path.join(self.scratch, "source"))
        with open(os.path.join(self.scratch, "source", "file"), "w", encoding="ascii") as file:
            file.write("content")

    def set_fields(self, **fields):
        """As rustic's `config` does."""
        key = cheap_key.key_of(json.loads(self.restic("cat", "masterkey").stdout))
        config = json.loads(self.restic("cat", "config").stdout) | fields
        path = os.path.join(self.repository, "config")
        os.chmod(path, 0o600)
        with open(path, "wb") as file:
            file.write(seal(key, json.dumps(config).encode()))

    def config(self):
        return json.loads(self.snapfs("cat", "config").stdout)

    def stored(self):
        """All files but the locks."""
        return {os.path.join(directory, name)
                for directory, _, names in os.walk(self.repository) for name in names
                if os.path.basename(directory) != "locks"}


class FieldsTest(RusticConfigTest):
    def test_are_kept_by_a_migration(self):
        self.cheap_repository("--repository-version", "1")
        fields = {"compression": 3, "treepack_size": 4 << 20, "extra_verify": True,
                  "later": {"a": [1, None]}}
        self.set_fields(**fields)
        before = self.config()
        self.assertEqual({name: before[name] for name in fields}, fields)
        self.snapfs("migrate", "upgrade_repo_v2")
        self.assertEqual(self.config(), before | {"version": 2})
        self.snapfs("snapshot", "source")
        self.check()

    def test_of_the_hot_part_say_what_to_open(self):
        self.cheap_repository()
        self.set_fields(is_hot=True)
        for command in (("snapshots",), ("snapshot", "source"), ("check",)):
            words = self.snapfs(*command, expect=1).stderr
            self.assertIn("name the cold part", words)
            self.assertEqual(words.count("\n"), 1, words)


class AppendOnlyTest(RusticConfigTest):
    def setUp(self):
        super().setUp()
        self.cheap_repository()
        self.restic("backup", "source")
        self.set_fields(append_only=True)
        self.snapshot = self.snapshots()[0]["id"]

    def test_what_adds_and_what_reads_works(self):
        before = self.stored()
        self.snapfs("snapshot", "source")
        self.snapfs("restore", "latest", "--target", "restored")
        self.assert_same_files(os.path.join(self.scratch, "source"),
                               os.path.join(self.scratch, "restored", "source"))
        with self.mounted() as mountpoint:
            self.assertEqual(len(os.listdir(os.path.join(mountpoint, "ids"))), 2)
        for command in (
                ("check", "--read-data"), ("forget", "--keep-last", "1", "--dry-run"),
                ("prune", "--dry-run"), ("repair", "index", "--dry-run"), ("migrate",), ("unlock",),
                ("rewrite", "--new-host", "other", self.snapshot),
                ("rewrite", "--new-host", "x", "--forget", "--dry-run", self.snapshot),
                ("repair", "snapshots"), ("recover",)):
            with self.subTest(command=command):
                self.snapfs(*command)
        password = os.path.join(self.scratch, "password")
        with open(password, "w", encoding="ascii") as file:
            file.write("another")
        self.snapfs("key", "add", "--new-password-file", password)
        self.snapfs("snapshots", RESTIC_PASSWORD="another")
        self.assertLessEqual(before, self.stored())
        self.check()
        self.assertEqual(os.listdir(os.path.join(self.repository, "locks")), [])

    def test_what_removes_is_refused_before_it_does_anything(self):
        before = self.stored()
        copy = "snapfs copy"
        leave_out = "leave out --forget"
        pack = os.path.basename(next(path for path in before if "/data/" in path))
        key = next(path for path in before if "/keys/" in path)
        for command, instead in (
                (("forget", "--keep-last", "1"), copy),
                (("forget", self.snapshot, "--prune"), copy),
                (("prune",), copy),
                (("migrate", "upgrade_repo_v2"), copy),
                (("repair", "index"), copy),
                (("repair", "packs", pack), copy),
                (("repair", "snapshots", "--forget"), leave_out),
                (("rewrite", "--new-host", "other", "--forget", self.snapshot), leave_out),
                (("tag", "--add", "x", self.snapshot), "snapshot --tag"),
                (("key", "remove", os.path.basename(key)), "key add"),
                (("key", "passwd"), "key add"),
                (("unlock", "--remove-all"), "snapfs unlock")):
            with self.subTest(command=command):
                words = self.snapfs(*command, expect=1).stderr
                self.assertIn("append-only", words)
                self.assertIn(instead, words)
                self.assertEqual(words.count("\n"), 1, words)
        self.assertEqual(self.stored(), before)

    def test_a_refusal_asks_for_no_lock(self):
        """Whoever takes a snapshot meanwhile is not disturbed."""
        lock = os.path.join(self.repository, "locks", "0" * 64)
        with open(lock, "wb") as file:
            file.write(b"not one that could be passed over")
        self.assertIn("append-only", self.snapfs("prune", expect=1).stderr)


if __name__ == "__main__":
    harness.main()
