"""tag, unlock and key beside restic's: the same repositories come of it, and either program honours what
the other one wrote.
"""
import contextlib
import datetime
import hashlib
import json
import os
import re
import signal
import subprocess

import damage
import harness


class ChangesTest(harness.CompatTest):
    def setUp(self):
        super().setUp()
        os.mkdir(os.path.join(self.scratch, "source"))
        with open(os.path.join(self.scratch, "source", "file"), "w", encoding="ascii") as file:
            file.write("content")
        self.cheap_repository()

    def backup(self, *options, host="alpha"):
        self.restic("backup", "-q", "--host", host, *options, "source")

    def files(self, directory):
        """Whole ones: what is being written has a longer name."""
        names = os.listdir(os.path.join(self.repository, directory))
        return sorted(name for name in names if len(name) == 64)

    def messages(self, result):
        return [json.loads(line) for line in result.stdout.splitlines() if line.startswith("{")]


class TagTest(ChangesTest):
    def tags(self):
        found = json.loads(self.snapfs("snapshots", "--no-lock", "--json").stdout)
        return [snapshot.get("tags") for snapshot in found]

    def test_same_tags_as_restic(self):
        changes = (["--set", "a,b"], ["--add", "c,a", "--add", "d"], ["--remove", "a"],
                   ["--add", "e", "--remove", "d,c"], ["--add", "e"], ["--remove", "b,e"],
                   ["--add", "x,y", "--tag", ""], ["--remove", "x", "--host", "beta"])
        results = []
        for program in (self.snapfs, self.restic):
            self.use_format("2", "auto" if program == self.restic else "off")
            self.cheap_repository()
            self.backup("--time", "2026-01-01 00:00:00")
            self.backup("--tag", "t", "--time", "2026-01-02 00:00:00", host="beta")
            steps = []
            for change in changes:
                messages = self.messages(program("tag", "--json", *change))
                steps.append((self.tags(), messages[-1:],
                              [sorted(message) for message in messages[:-1]]))
            results.append(steps)
        if not results[1][0][1]:  # an older one, that tells nothing in JSON
            results = [[step[0] for step in steps] for steps in results]
        self.assertEqual(*results)

    def test_first_version_is_remembered(self):
        self.backup()
        first = self.snapshots()[0]
        self.snapfs("tag", "--add", "a", first["id"][:8])
        messages = self.messages(self.snapfs("tag", "--add", "b", "latest", "--json"))
        (now,) = self.snapshots()
        self.assertEqual(now["original"], first["id"])
        self.assertEqual(messages[0]["new_snapshot_id"], now["id"])
        for name in ("time", "tree", "paths", "hostname", "username"):
            self.assertEqual(now.get(name), first.get(name))
        self.check()

    def test_variables_that_are_not_set_are_no_tags(self):
        self.backup("--tag", "t")
        before = self.files("snapshots")
        for value in ("", ",", " , "):
            # restic passes over it, without a word.
            refused = self.snapfs("tag", "--set", value, expect=1)
            self.assertIn("--remove", refused.stderr)
            for option in ("--add", "--remove"):
                self.assertIn("no snapshots", self.snapfs("tag", option, value).stdout)
        self.assertEqual(self.files("snapshots"), before)
        self.snapfs("tag", "--add", "x,")
        self.assertEqual(self.tags(), [["t", "x"]])
        self.snapfs("tag", "--set", "a,", "--set", "")
        self.assertEqual(self.tags(), [["a"]])

    def test_mistakes_change_nothing(self):
        self.backup()
        before = self.files("snapshots")
        for arguments in ([], ["--set", "a", "--add", "b"], ["--add", "snapfs-partial"]):
            self.snapfs("tag", *arguments, expect=1)
        self.snapfs("tag", "--add", "a", "ffffff", expect=1)
        self.snapfs("tag", "--add", "a", "--host", "nobody")
        self.assertEqual(self.files("snapshots"), before)


class UnlockTest(ChangesTest):
    def hold(self, program, *arguments):
        """A process that holds a lock until its standard input ends."""
        before = self.files("locks")
        holder = subprocess.Popen([program, *arguments], cwd=self.scratch, env=self.environment,
                                  stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL)
        self.addCleanup(self.end, holder)
        while len(self.files("locks")) == len(before):
            self.assertIsNone(holder.poll())
            os.sched_yield()
        return holder

    def hold_shared(self, program):
        return self.hold(program, "backup", "--stdin", "--stdin-filename", "x")

    def end(self, holder, rest=b"data"):
        """What is still to be read, and then the end. Returns the status."""
        if not holder.stdin.closed:
            with contextlib.suppress(BrokenPipeError):
                holder.stdin.write(rest)
                holder.stdin.close()
        return holder.wait(timeout=60)

    def locked_status(self):
        return 11 if harness.restic_version() >= (0, 17) else 1

    def test_locks_that_are_held_stay(self):
        for program in (harness.SNAPFS, harness.RESTIC):
            with self.subTest(program=program):
                holder = self.hold_shared(program)
                # Each asks the other's process whether it lives, restic by a signal.
                for unlock in (self.snapfs, self.restic):
                    unlock("unlock")
                    self.assertEqual(len(self.files("locks")), 1)
                self.assertIn(f"PID {holder.pid}", self.snapfs("unlock").stdout)
                self.assertEqual(self.end(holder), 0)
                self.assertEqual(self.files("locks"), [])

    def test_shared_locks_keep_exclusive_ones_out_in_both_directions(self):
        self.backup()
        self.backup()
        changing = (["forget", "--keep-last", "1"], ["tag", "--add", "a"], ["key", "passwd"],
                    ["migrate"], ["recover"], ["prune"])
        for holding, asking, status in ((harness.RESTIC, self.snapfs, 11),
                                        (harness.SNAPFS, self.restic, self.locked_status())):
            holder = self.hold_shared(holding)
            for arguments in changing:
                # Older versions of restic recover beside others.
                if asking == self.restic and arguments == ["recover"] and status != 11:
                    continue
                with self.subTest(holding=holding, arguments=arguments):
                    result = asking(*arguments, expect=status)
                    self.assertIn("lock", result.stderr)
            # Others read and write meanwhile.
            asking("snapshots")
            asking("backup", "-q", "source")
            self.assertEqual(self.end(holder), 0)
        self.assertEqual(len(self.snapshots()), 6)

    def test_exclusive_locks_keep_everybody_out_in_both_directions(self):
        self.backup()
        for holding, asking, status in ((harness.RESTIC, self.snapfs, 11),
                                        (harness.SNAPFS, self.restic, self.locked_status())):
            # It reads the new password from standard input while it holds the lock.
            holder = self.hold(holding, "key", "passwd")
            for arguments in (["snapshots"], ["backup", "source"], ["forget", "--keep-last", "1"]):
                with self.subTest(holding=holding, arguments=arguments):
                    self.assertIn("lock", asking(*arguments, expect=status).stderr)
            self.assertNotEqual(self.end(holder, b""), 0, "an empty password is none")
            self.assertEqual(len(self.files("keys")), 1)

    def test_lock_of_a_killed_process_is_stale(self):
        for program in (harness.SNAPFS, harness.RESTIC):
            with self.subTest(program=program):
                holder = self.hold_shared(program)
                holder.kill()
                holder.wait()
                self.snapfs("tag", "--add", "a", expect=11)
                self.assertIn("successfully removed 1 locks", self.snapfs("unlock").stdout)
                self.assertEqual(self.files("locks"), [])
                self.snapfs("tag", "--add", "a")

    def test_remove_all_removes_what_is_held_and_what_is_broken(self):
        holder = self.hold_shared(harness.SNAPFS)
        broken = hashlib.sha256(b"broken").hexdigest()
        with open(os.path.join(self.repository, "locks", broken), "wb") as file:
            file.write(b"broken")
        result = self.snapfs("unlock")
        self.assertIn("cannot be read", result.stdout)
        self.assertEqual(len(self.files("locks")), 2)
        self.snapfs("unlock", "--remove-all")
        self.assertEqual(self.files("locks"), [])
        self.end(holder)

    def test_what_a_lock_says_does_not_steer_the_terminal(self):
        now = datetime.datetime.now(datetime.timezone.utc).isoformat()
        lock = {"time": now, "exclusive": False, "hostname": "\x1b[2Jhost", "username": "\x1b]0;me",
                "pid": 1, "uid": 0, "gid": 0}
        key = damage.master_key(self.repository, harness.PASSWORD)
        damage.save_json(self.repository, "locks", key, lock)
        said = self.snapfs("unlock").stdout
        self.assertIn("[2Jhost", said)
        self.assertNotIn("\x1b", said)

    def test_signal_of_restic_does_not_end_a_holder(self):
        holder = self.hold_shared(harness.SNAPFS)
        holder.send_signal(signal.SIGHUP)
        self.restic("unlock")
        self.assertIsNone(holder.poll())
        self.assertEqual(self.end(holder), 0)
        self.check()


class KeyTest(ChangesTest):
    def write(self, name, content):
        path = os.path.join(self.scratch, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(content)
        return path

    def keys(self, **environment):
        return json.loads(self.snapfs("key", "list", "--json", **environment).stdout)

    def test_list_is_restics(self):
        listed = json.loads(self.restic("key", "list", "--json").stdout)
        own = self.keys()
        self.assertEqual(len(own[0]["id"]), 64)
        for ours, theirs in zip(own, listed):  # older versions shorten the ID
            ours["id"] = ours["id"][:len(theirs["id"])]
        self.assertEqual(own, listed)
        text = self.snapfs("key", "list").stdout
        self.assertIn("*" + self.files("keys")[0][:8], text)

    def test_added_key_opens_it_for_both(self):
        self.backup()
        second = self.write("second", "\ufeffzweites Paßwort\n")
        result = self.snapfs("key", "add", "--new-password-file", second, "--user", "u", "--host", "h")
        added = re.search("[0-9a-f]{64}", result.stdout).group()
        (key,) = [key for key in self.keys() if not key["current"]]
        self.assertEqual((key["id"], key["userName"], key["hostName"]), (added, "u", "h"))
        for program in (self.snapfs, self.restic):
            self.assertEqual(len(json.loads(program("snapshots", "--json",
                                                    RESTIC_PASSWORD="zweites Paßwort").stdout)), 1)
        self.snapfs("key", "remove", added[:10])
        self.restic("snapshots", RESTIC_PASSWORD="zweites Paßwort",
                    expect=12 if harness.restic_version() >= (0, 17) else 1)

    def test_damaged_key_is_named_and_the_list_is_not_complete(self):
        second = self.write("second", "another one")
        added = re.search("[0-9a-f]{64}", self.snapfs("key", "add", "--new-password-file", second).stdout).group()
        path = os.path.join(self.repository, "keys", added)
        os.chmod(path, 0o600)
        os.truncate(path, 100)
        listed = self.snapfs("key", "list", expect=1)
        self.assertNotIn(added[:8], listed.stdout)
        self.assertIn(added[:8], listed.stderr)
        self.assertTrue(listed.stderr.endswith("snapfs: 1 key was left out, named above\n"), listed.stderr)

    def test_key_in_use_is_not_removed(self):
        (current,) = self.files("keys")
        self.assertIn("passwd", self.snapfs("key", "remove", current, expect=1).stderr)
        self.assertIn("key list", self.snapfs("key", "remove", "f" * 8, expect=1).stderr)
        self.snapfs("key", "remove", expect=1)
        self.assertEqual(self.files("keys"), [current])

    def test_changed_password(self):
        (old,) = self.files("keys")
        new = self.write("new", "new one")
        self.snapfs("key", "passwd", "--new-password-file", new)
        self.assertNotIn(old, self.files("keys"))
        self.assertEqual(len(self.files("keys")), 1)
        self.snapfs("snapshots", expect=12)
        for program in (self.snapfs, self.restic):
            program("snapshots", RESTIC_PASSWORD="new one")

    def test_empty_passwords_must_be_wanted(self):
        empty = self.write("empty", "\n")
        before = self.files("keys")
        for arguments in (["--new-password-file", empty],
                          ["--new-password-file", empty, "--new-insecure-no-password"],
                          ["--new-password-file", self.scratch + "/nowhere"]):
            for action in ("add", "passwd"):
                self.snapfs("key", action, *arguments, expect=1)
        self.assertEqual(self.files("keys"), before)
        self.snapfs("key", "add", "--new-insecure-no-password")
        del self.environment["RESTIC_PASSWORD"]
        self.assertEqual(self.snapfs("snapshots", "--insecure-no-password", "--json").stdout, "[]\n")
        if harness.restic_version() >= (0, 17):
            self.restic("snapshots", "--insecure-no-password")
        self.snapfs("snapshots", "--insecure-no-password", RESTIC_PASSWORD="x", expect=1)

    def test_new_password_from_standard_input(self):
        result = subprocess.run([harness.SNAPFS, "key", "add"], env=self.environment, text=True,
                                input="typed\nnot this\n", capture_output=True, check=True)
        self.assertNotIn("typed", result.stdout + result.stderr)
        self.snapfs("snapshots", RESTIC_PASSWORD="typed")


if __name__ == "__main__":
    harness.main()
