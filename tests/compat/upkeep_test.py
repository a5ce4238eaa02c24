"""migrate, recover and cache: what restic makes of the repositories afterwards, and what stays on this
machine.
"""
import json
import os
import time

import harness


class UpkeepTest(harness.CompatTest):
    def setUp(self):
        super().setUp()
        os.makedirs(os.path.join(self.scratch, "source", "below"))
        for name in ("file", "below/file"):
            with open(os.path.join(self.scratch, "source", name), "w", encoding="ascii") as file:
                file.write(f"content of {name}")

    def contents(self):
        found = {}
        for directory, _, names in os.walk(self.repository):
            for name in names:
                with open(os.path.join(directory, name), "rb") as file:
                    found[os.path.join(directory, name)] = file.read()
        return found


class MigrateTest(UpkeepTest):
    def setUp(self):
        super().setUp()
        self.cheap_repository("--repository-version", "1")
        self.restic("backup", "-q", "source")

    def version(self):
        return json.loads(self.restic("cat", "config").stdout)["version"]

    def test_version_1_becomes_version_2(self):
        before = self.contents()
        self.assertIn("upgrade_repo_v2", self.snapfs("migrate").stdout)
        self.assertEqual(self.contents(), before)
        (available,) = json.loads(self.snapfs("migrate", "--json").stdout)
        self.assertEqual(available["name"], "upgrade_repo_v2")
        told = json.loads(self.snapfs("migrate", "upgrade_repo_v2", "--json").stdout)
        self.assertEqual((told["message_type"], told["version"]), ("migrated", 2))
        self.assertEqual(self.version(), 2)
        changed = [path for path, content in self.contents().items() if before.get(path) != content]
        self.assertEqual(changed, [os.path.join(self.repository, "config")])
        self.check()
        self.snapfs("snapshot", "-q", "source")
        self.restic("backup", "-q", "source")
        self.check()
        self.assertEqual(len({snapshot["tree"] for snapshot in self.snapshots()}), 1)

    def test_done_again_it_does_nothing(self):
        self.snapfs("migrate", "upgrade_repo_v2")
        before = self.contents()
        self.assertIn("already", self.snapfs("migrate", "upgrade_repo_v2").stderr)
        self.assertNotIn("upgrade", self.snapfs("migrate").stdout)
        self.assertEqual(json.loads(self.snapfs("migrate", "--json").stdout), [])
        self.assertEqual(self.contents(), before)

    def test_unknown_migrations_are_refused(self):
        self.assertIn("typo", self.snapfs("migrate", "typo", expect=1).stderr)
        self.assertEqual(self.version(), 1)


class RecoverTest(UpkeepTest):
    def setUp(self):
        super().setUp()
        self.cheap_repository()

    def test_forgotten_snapshots_come_back(self):
        self.restic("backup", "-q", "source")
        (forgotten,) = self.snapshots()
        self.snapfs("forget", "latest")
        message = json.loads(self.snapfs("recover", "--json").stdout)
        self.assertEqual((message["roots"], message["unreadable_trees"]), (1, 0))
        (recovered,) = self.snapshots()
        self.assertEqual(message["snapshot_id"], recovered["id"])
        self.assertEqual((recovered["paths"], recovered["tags"]), (["/recover"], ["recovered"]))
        self.check()
        target = os.path.join(self.scratch, "target")
        self.restic("restore", "latest", "--target", target)
        root = os.path.join(target, forgotten["tree"][:8])
        self.assert_same_files(os.path.join(self.scratch, "source"), os.path.join(root, "source"))

    def test_nothing_lost_is_nothing_changed(self):
        self.restic("backup", "-q", "source")
        before = self.contents()
        self.assertIn("nothing to recover", self.snapfs("recover").stdout)
        self.assertEqual(self.contents(), before)

    def test_same_roots_as_restic(self):
        for number in range(3):
            with open(os.path.join(self.scratch, "source", "file"), "a", encoding="ascii") as file:
                file.write(f"{number}")
            self.restic("backup", "-q", "source")
        self.restic("forget", "-q", *[snapshot["id"] for snapshot in self.snapshots()[:2]])
        self.snapfs("recover")
        self.assertIn("found 0 unreferenced", self.restic("recover").stdout)
        roots = [json.loads(line)["path"]
                 for line in self.restic("ls", "--json", "latest").stdout.splitlines()[1:]]
        self.assertEqual(len([path for path in roots if path.count("/") == 1]), 2)


class InitTest(UpkeepTest):
    def polynomial(self, repository, **environment):
        config = self.restic("-r", repository, "cat", "config", **environment).stdout
        return json.loads(config)["chunker_polynomial"]

    def test_chunker_parameters_are_copied(self):
        self.cheap_repository()
        copy = os.path.join(self.scratch, "copy")
        arguments = ["init", "-r", copy, "--from-repo", self.repository]
        self.assertIn("--copy-chunker-params", self.snapfs(*arguments, expect=1).stderr)
        self.snapfs("init", "-r", copy, "--copy-chunker-params", expect=1)
        self.assertIn("wrong password", self.snapfs(*arguments, "--copy-chunker-params", expect=12,
                                                    RESTIC_FROM_PASSWORD="wrong").stderr)
        self.assertFalse(os.path.exists(os.path.join(copy, "config")))
        self.snapfs(*arguments, "--copy-chunker-params", RESTIC_PASSWORD="another",
                    RESTIC_FROM_PASSWORD=harness.PASSWORD)
        self.assertEqual(self.polynomial(copy, RESTIC_PASSWORD="another"),
                         self.polynomial(self.repository))
        self.snapfs("snapshot", "-q", "-r", copy, "source", RESTIC_PASSWORD="another")

    def test_source_may_come_from_files_and_the_environment(self):
        self.cheap_repository()
        for name, text in (("place", self.repository), ("password", harness.PASSWORD)):
            with open(os.path.join(self.scratch, name), "w", encoding="ascii") as file:
                file.write(text + "\n")
        for number, (options, environment) in enumerate((
                (["--from-repository-file", "place", "--from-password-file", "password"], {}),
                (["--from-password-command", "cat password"],
                 {"RESTIC_FROM_REPOSITORY": self.repository}))):
            copy = os.path.join(self.scratch, f"copy{number}")
            self.snapfs("init", "-r", copy, "--copy-chunker-params", *options, **environment)
            self.assertEqual(self.polynomial(copy), self.polynomial(self.repository))

    def test_nothing_is_overwritten(self):
        self.cheap_repository()
        before = self.contents()
        self.assertIn("already", self.snapfs("init", expect=1).stderr)
        self.assertEqual(self.contents(), before)

    def test_empty_password_must_be_wanted(self):
        del self.environment["RESTIC_PASSWORD"]
        self.snapfs("init", expect=1)
        self.snapfs("init", "--insecure-no-password")
        self.assertEqual(self.snapfs("snapshots", "--insecure-no-password", "--json").stdout, "[]\n")


class CacheTest(UpkeepTest):
    needs_restic = False

    def setUp(self):
        super().setUp()
        self.directory = os.path.join(self.environment["RESTIC_CACHE_DIR"], "snapfs")
        os.makedirs(self.directory)

    def add(self, letter, size, days_ago):
        path = os.path.join(self.directory, letter * 64 + ".index")
        with open(path, "wb") as file:
            file.write(b"x" * size)
        used = time.time() - days_ago * 86400 - 60
        os.utime(path, (used, used))

    def listed(self, *arguments):
        found = json.loads(self.snapfs("cache", "--json", *arguments).stdout)
        return [(entry["repository_id"][0], entry["size"], entry["old"]) for entry in found]

    def test_lists_and_cleans_up(self):
        self.assertIn("nothing", self.snapfs("cache").stdout)
        self.add("a", 1000, 40)
        self.add("b", 2000, 1)
        self.add("c", 3000, 5)
        self.assertEqual(self.listed(), [("b", 2000, False), ("c", 3000, False), ("a", 1000, True)])
        self.assertEqual([old for *_, old in self.listed("--max-age", "3")], [False, True, True])
        self.assertEqual([old for *_, old in self.listed("--cache-size", "4k")], [False, True, True])
        text = self.snapfs("cache").stdout
        self.assertRegex(text, r"aaaaaaaaaa +40 days ago +yes +1000 B")
        self.assertNotIn("1000 B", self.snapfs("cache", "--no-size").stdout)
        self.snapfs("cache", "--cleanup")
        self.assertEqual(self.listed(), [("b", 2000, False), ("c", 3000, False)])
        removed = self.listed("--cleanup", "--cache-size", "2000")
        self.assertEqual(removed, [("c", 3000, True)])
        self.assertEqual(self.listed(), [("b", 2000, False)])
        self.snapfs("cache", "--no-cache", expect=1)
        self.snapfs("cache", "--cache-size", "much", expect=1)


if __name__ == "__main__":
    harness.main()
