"""Copies snapshots between repositories, mixed with restic's copy."""
import json
import os
import random

from cheap_key import cheapen
from harness import PASSWORD, CompatTest, main


class CopyTest(CompatTest):
    def setUp(self):
        super().setUp()
        self.password_file = os.path.join(self.scratch, "password")
        with open(self.password_file, "w", encoding="ascii") as file:
            file.write("another one\n")
        self.source_files = os.path.join(self.scratch, "files")
        self.other = os.path.join(self.scratch, "other")
        self.from_other = ("--from-repo", self.other, "--from-password-file", self.password_file)

    def make_source(self, version="2"):
        """A repository with another password and three snapshots."""
        rng = random.Random(5)
        other = {"RESTIC_REPOSITORY": self.other, "RESTIC_PASSWORD": "another one"}
        self.restic("init", "--repository-version", version, **other)
        cheapen(self.other, "another one")
        for round_number, host in enumerate(("alpha", "beta", "alpha")):
            for number in range(12):
                path = os.path.join(self.source_files, f"d{number % 3}", f"f{number}")
                os.makedirs(os.path.dirname(path), exist_ok=True)
                if round_number == 0 or number % 4 == round_number:
                    with open(path, "wb") as file:
                        file.write(rng.randbytes(rng.randrange(200_000)) + b"text " * 20_000)
            self.restic("backup", "--host", host, "--tag", f"t{round_number}", "files", **other)
        return other

    def make_target(self, version="2"):
        self.cheap_repository("--repository-version", version)

    def copied(self, result):
        return [json.loads(line) for line in result.stdout.splitlines()
                if json.loads(line)["message_type"] == "copied"]

    def assert_same_snapshots(self, other):
        theirs = sorted(json.loads(self.restic("snapshots", "--json", **other).stdout),
                        key=lambda snapshot: snapshot["time"])
        ours = self.snapshots()
        for copy, source in zip(ours, theirs, strict=True):
            self.assertEqual(copy["original"], source["id"])
            for key in ("tree", "time", "hostname", "tags", "paths", "username"):
                self.assertEqual(copy.get(key), source.get(key))
            self.assertNotIn("parent", copy)

    def test_copies_and_either_program_sees_that_it_did(self):
        for source_version, target_version in (("2", "2"), ("1", "2"), ("2", "1")):
            with self.subTest(f"{source_version} to {target_version}"):
                self.other = os.path.join(self.scratch, f"{source_version}-{target_version}")
                self.from_other = ("--from-repo", self.other, "--from-password-file",
                                   self.password_file)
                self.use_format(target_version, f"to-{source_version}")
                del self.environment["RESTIC_COMPRESSION"]
                other = self.make_source(source_version)
                self.make_target(target_version)
                self.assertEqual(len(self.copied(self.snapfs("copy", "--json", *self.from_other))), 3)
                self.assert_same_snapshots(other)
                self.check()
                self.assertEqual(self.copied(self.snapfs("copy", "--json", *self.from_other)), [])
                self.restic("copy", *self.from_other)
                self.assertEqual(len(self.snapshots()), 3)

    def test_goes_on_where_restic_left_off(self):
        other = self.make_source()
        self.make_target()
        self.restic("copy", *self.from_other, "--host", "beta")
        result = self.snapfs("copy", "--json", *self.from_other)
        self.assertEqual(len(self.copied(result)), 2)
        self.assert_same_snapshots(other)
        self.check()

    def test_takes_only_what_is_asked_for(self):
        self.make_source()
        self.make_target()
        self.snapfs("copy", *self.from_other, "--tag", "t1")
        self.snapfs("copy", *self.from_other, "latest", "--host", "alpha")
        self.assertEqual([snapshot["tags"] for snapshot in self.snapshots()], [["t1"], ["t2"]])

    def test_the_source_comes_from_variables_too(self):
        self.make_source()
        self.make_target()
        script = os.path.join(self.scratch, "spy")
        with open(script, "w", encoding="ascii") as file:
            file.write("#!/bin/sh\nenv > env.txt\necho another one\n")
        os.chmod(script, 0o700)
        self.snapfs("copy", RESTIC_FROM_REPOSITORY=self.other,
                    SNAPFS_FROM_PASSWORD_COMMAND=script)
        self.assertEqual(len(self.snapshots()), 3)
        with open(os.path.join(self.scratch, "env.txt"), encoding="ascii") as file:
            self.assertNotIn(PASSWORD, file.read())
        self.snapfs("copy", SNAPFS_FROM_REPOSITORY=self.other, RESTIC_FROM_PASSWORD="another one")

    def test_says_what_is_wrong_in_one_line(self):
        self.make_source()
        self.make_target()
        cases = (((), "--from-repo"),
                 (("--from-repo", self.repository, "--from-password-file", self.own_password()),
                  "same repository"),
                 ((*self.from_other, "ffffffffff"), "ffffffffff"))
        for options, words in cases:
            result = self.snapfs("copy", *options, expect=1)
            self.assertEqual(len(result.stderr.splitlines()), 1, result.stderr)
            self.assertIn(words, result.stderr)
        self.snapfs("copy", "--from-repo", self.other, "--from-password-file", self.own_password(),
                    expect=12)
        self.snapfs("copy", "--from-repo", self.scratch, "--from-password-file",
                    self.password_file, expect=10)

    def own_password(self):
        path = os.path.join(self.scratch, "own-password")
        with open(path, "w", encoding="ascii") as file:
            file.write(PASSWORD)
        return path


if __name__ == "__main__":
    main()
