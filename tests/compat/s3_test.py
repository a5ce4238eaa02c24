"""Repositories in a real object store: Ceph's gateway, with faults that are real, too. Skipped where
Ceph is not installed.
"""
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import threading
import time

import servers
from harness import SNAPFS, CompatTest, main

BACKEND_TEST = os.environ.get("SNAPFS_TEST_BACKEND_TEST", "build/tests/fs/backend_test")


class S3Test(CompatTest):
    cluster = None

    @classmethod
    def setUpClass(cls):
        S3Test.cluster = servers.make_ceph()

    @classmethod
    def tearDownClass(cls):
        S3Test.cluster.stop()

    def setUp(self):
        super().setUp()
        self.use_user(self.cluster.user)
        self.environment["HOME"] = self.scratch
        self.environment["AWS_EC2_METADATA_DISABLED"] = "true"
        self.use_bucket(re.sub("[^a-z]", "-", self.id().rsplit(".", 1)[1].lower())[:50], "")

    def use_user(self, keys):
        self.environment["AWS_ACCESS_KEY_ID"], self.environment["AWS_SECRET_ACCESS_KEY"] = keys

    def use_bucket(self, bucket, path):
        self.repository = f"s3:{self.cluster.endpoint}/{bucket}{path}"
        self.environment["RESTIC_REPOSITORY"] = self.repository

    def make_source(self, files=40, size=200_000, seed=1, into=None):
        rng = random.Random(seed)
        source = into or os.path.join(self.scratch, "source")
        for number in range(files):
            path = os.path.join(source, f"d{number % 5}", f"f{number}")
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                file.write(rng.randbytes(rng.randrange(size)))
        return source

    def check_with_both(self):
        self.check()
        self.snapfs("check", "--read-data")


class BothPrograms(S3Test):
    def test_on_one_bucket(self):
        for path in ("", "/a b+c/ünï//x"):
            with self.subTest(path=path):
                self.use_bucket("both", path)
                source = self.make_source()
                self.snapfs("init")
                self.snapfs("snapshot", "source")
                self.check()
                self.make_source(files=60, seed=2)
                self.restic("backup", "source")
                self.snapfs("check", "--read-data")
                with self.mounted() as mountpoint:
                    copy = os.path.join(self.scratch, "copy")
                    subprocess.run(["cp", "-a", f"{mountpoint}/snapshots/latest/source", copy],
                                   check=True)
                    self.assert_same_files(source, copy)
                    shutil.rmtree(copy)
                    self.assert_locked()
                self.restic("restore", "latest", "--target", "restored")
                self.assert_same_files(source, os.path.join(self.scratch, "restored", "source"))
                shutil.rmtree(os.path.join(self.scratch, "restored"))
                self.snapfs("forget", "--keep-last", "1", "--prune")
                self.assertEqual(len(self.snapshots()), 1)
                self.check_with_both()
                shutil.rmtree(source)

    def test_restic_makes_it_and_we_prune_it(self):
        self.restic("init")
        self.make_source(files=30)
        self.restic("backup", "source")
        shutil.rmtree(os.path.join(self.scratch, "source"))
        source = self.make_source(files=30, seed=3)
        self.snapfs("snapshot", "source")
        self.snapfs("forget", "--keep-last", "1", "--prune", "-o", "s3.list-objects-v1=true",
                    "-o", "s3.bucket-lookup=path", "-o", "s3.connections=2")
        self.snapfs("restore", "latest", "--target", "restored")
        self.assert_same_files(source, os.path.join(self.scratch, "restored", "source"))
        self.check_with_both()

    def test_passes_the_suite_for_backends(self):
        result = subprocess.run(
            [BACKEND_TEST, "--gtest_filter=*S3Server*"], capture_output=True, text=True, check=False,
            env={**self.environment, "SNAPFS_TEST_S3": f"{self.repository}/suite"}, timeout=300)
        self.assertEqual(result.returncode, 0, result.stdout)
        self.assertIn("[  PASSED  ]", result.stdout)
        self.assertNotIn("SKIPPED", result.stdout)


class ComesBack(S3Test):
    """A part of the store goes away and comes back, in the middle of all that goes on."""

    def go_on(self, break_it, heal):
        """Copies out of a mount while a snapshot is taken, and again while a prune moves things. In the
        middle of both something breaks; it is mended when the program says that it asks again, or else
        when all is done.
        """
        self.snapfs("init")
        source = self.make_source(files=120, size=400_000)
        self.snapfs("snapshot", "source", "--pack-size", "4")
        for number in range(0, 120, 2):  # packs of which a part is used: prune moves it
            os.remove(os.path.join(source, f"d{number % 5}", f"f{number}"))
        self.snapfs("snapshot", "source")
        first, second = (snapshot["id"] for snapshot in self.snapshots())
        more = os.path.join(self.scratch, "more", "source")
        self.make_source(files=60, size=400_000, seed=9, into=more)
        with self.mounted("--no-lock") as mountpoint:
            shown = f"{mountpoint}/ids/{second[:8]}/source"
            self.break_both(("snapshot", more), shown, break_it, heal)
            self.assert_same_files(source, os.path.join(self.scratch, "copy"))
            self.snapfs("forget", first)
            shutil.rmtree(os.path.join(self.scratch, "copy"))
        with self.mounted("--no-lock") as mountpoint:  # which has nothing in memory yet
            shown = f"{mountpoint}/ids/{second[:8]}/source"
            self.break_both(("prune", "--max-unused", "0"), shown, break_it, heal)
            self.assert_same_files(source, os.path.join(self.scratch, "copy"))
        self.assertEqual(len(self.snapshots()), 2)
        self.snapfs("restore", "latest", "--target", "restored")
        self.assert_same_files(more, os.path.join(self.scratch, "restored") + more)
        self.check_with_both()

    def break_both(self, command, shown, break_it, heal):
        copy = os.path.join(self.scratch, "copy")
        with subprocess.Popen(["cp", "-a", shown, copy]) as copying, \
             subprocess.Popen([SNAPFS, *command], cwd=self.scratch, env=self.environment,
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as program:
            while not os.path.exists(copy) and copying.poll() is None:
                time.sleep(0.01)
            break_it()
            was_running = program.poll() is None
            words = ""
            is_broken = True
            try:
                for line in program.stderr:
                    words += line
                    if is_broken and "is tried again" in line:
                        heal()
                        is_broken = False
                program.wait()
                if self.outlasts_the_program:
                    copying.wait()
            finally:
                if is_broken:
                    heal()
        self.assertEqual((program.returncode, copying.returncode), (0, 0), words)
        self.assertTrue(was_running, "the program ended before anything broke")
        if not self.outlasts_the_program:
            self.assertIn("is tried again", words, "nobody met what was broken")

    # A store of three is done without; a gateway is not.
    outlasts_the_program = True

    def test_the_gateway(self):
        self.outlasts_the_program = False
        self.go_on(lambda: self.cluster.signal("rgw", signal.SIGKILL), self.cluster.start_gateway)

    def test_a_store_that_stands_still(self):
        self.go_on(lambda: self.cluster.signal("osd.0", signal.SIGSTOP),
                   lambda: self.cluster.signal("osd.0", signal.SIGCONT))
        self.cluster.wait_until_clean()

    def test_a_store_that_is_stopped(self):
        def heal():
            self.cluster.start_osd(1)
            self.cluster.wait_until_clean()
        self.go_on(lambda: self.cluster.signal("osd.1", signal.SIGTERM), heal)

    def test_a_store_that_is_killed(self):
        def heal():
            self.cluster.start_osd(2)  # empty: the others give it what it had
            self.cluster.wait_until_clean()
        self.go_on(lambda: self.cluster.signal("osd.2", signal.SIGKILL), heal)


class Refusals(S3Test):
    """Everything that is wrong is said at once, with what to do."""

    def refused(self, *arguments, status=1, **environment):
        return self.snapfs(*arguments, expect=status, **environment).stderr

    def test_unknown_keys(self):
        self.snapfs("init")
        words = self.refused("snapshots", AWS_ACCESS_KEY_ID="nobody")
        self.assertIn("InvalidAccessKeyId", words)
        self.assertIn("check AWS_ACCESS_KEY_ID", words)
        words = self.refused("snapshots", AWS_SECRET_ACCESS_KEY="wrong secret")
        self.assertIn("SignatureDoesNotMatch", words)
        self.assertNotIn("wrong secret", words)
        words = self.refused("snapshots", AWS_ACCESS_KEY_ID="", AWS_SECRET_ACCESS_KEY="")
        self.assertIn("set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY", words)

    def test_a_user_without_rights(self):
        self.snapfs("init")
        self.use_user(self.cluster.add_user("stranger"))
        self.assertIn("AccessDenied", self.refused("snapshots"))
        self.assertIn("AccessDenied", self.refused("init"))

    def test_a_bucket_that_is_not_there(self):
        self.assertIn("repository does not exist", self.refused("snapshots", status=10))

    def test_nobody(self):
        self.snapfs("init")
        self.assertIn("AccessDenied", self.refused("snapshots", "-o", "s3.unsafe-anonymous-auth=true"))

    def test_a_full_quota(self):
        self.use_user(self.cluster.add_user("poor"))
        self.snapfs("init")
        self.make_source(files=10)
        self.snapfs("snapshot", "source")
        self.cluster.limit_user("poor", 100_000)
        source = self.make_source(files=200, size=500_000, seed=5)
        words = self.refused("snapshot", source)
        self.assertIn("QuotaExceeded", words)
        self.assertIn("quota", words)
        # What is there can be read, and room can be made.
        self.assertIn("--no-lock", self.refused("snapshots"))
        with self.mounted("--no-lock") as mountpoint:
            self.assertEqual(os.listdir(f"{mountpoint}/snapshots/latest"), ["source"])
        self.snapfs("snapshots", "--no-lock")
        first = json.loads(self.snapfs("snapshots", "--no-lock", "--json").stdout)[0]["id"]
        self.snapfs("forget", first)
        words = self.refused("prune")
        self.assertIn("quota", words)
        self.cluster.limit_user("poor", 1 << 30)
        self.snapfs("prune", "--unsafe-allow-remove-all")
        self.snapfs("snapshot", source)
        self.check_with_both()

    def test_rights_that_are_taken_away(self):
        self.use_user(self.cluster.add_user("reader"))
        self.snapfs("init")
        source = self.make_source(files=10)
        self.snapfs("snapshot", "source")
        self.cluster.allow_user("reader", "read")
        for command in (("snapshot", "source"), ("prune",), ("forget", "--keep-last", "1"), ("snapshots",)):
            words = self.refused(*command)
            self.assertIn("AccessDenied", words)
            self.assertIn("check what this key may do", words)
        self.assertIn("--no-lock", words)
        with self.mounted("--no-lock") as mountpoint:
            self.assert_same_files(source, f"{mountpoint}/snapshots/latest/source")
        self.snapfs("check", "--no-lock", "--read-data")
        self.cluster.allow_user("reader", "read,write")
        self.snapfs("snapshot", "source")  # of which the lock stays
        self.assertIn("AccessDenied", self.refused("unlock"))
        self.cluster.allow_user("reader", "read,write,delete")
        self.snapfs("unlock")
        self.snapfs("forget", "--keep-last", "1", "--prune")
        self.check_with_both()

    def test_a_clock_that_is_wrong(self):
        if shutil.which("faketime") is None:
            self.skipTest("faketime is not installed")
        self.snapfs("init")
        result = subprocess.run(["faketime", "-f", "+2h", SNAPFS, "snapshots"], cwd=self.scratch,
                                env=self.environment, capture_output=True, text=True, check=False,
                                timeout=120)
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assertRegex(result.stderr, "the clock of this machine is .* ahead")


class Faults(S3Test):
    """What breaks in the middle is waited for."""

    def stream(self, break_it):
        """Takes a snapshot of a stream, in the middle of which something breaks: `break_it` is called
        with the process, after some packs were stored and before the others are.
        """
        self.snapfs("init")
        rng = random.Random(6)
        halves = [rng.randbytes(24 << 20) for _ in range(2)]
        process = subprocess.Popen(
            [SNAPFS, "snapshot", "--stdin", "--stdin-filename", "stream", "--pack-size", "4"],
            cwd=self.scratch, env=self.environment, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE)
        with process:
            process.stdin.write(halves[0])
            # The program stops to read while nothing can be stored.
            feeder = threading.Thread(target=self.feed, args=(process.stdin, halves[1]))
            break_it(process, feeder.start)
            errors = process.stderr.read().decode()
            feeder.join()
        self.assertEqual(process.returncode, 0, errors)
        dumped = subprocess.run([SNAPFS, "dump", "latest", "/stream"], cwd=self.scratch, check=True,
                                env=self.environment, stdout=subprocess.PIPE, timeout=300).stdout
        self.assertEqual(dumped, b"".join(halves))
        self.check_with_both()

    @staticmethod
    def feed(pipe, content):
        try:
            pipe.write(content)
            pipe.close()
        except BrokenPipeError:
            pass  # the program ended, which its status says

    def test_the_gateway_is_killed(self):
        def break_it(process, go_on):
            self.cluster.signal("rgw", signal.SIGKILL)
            go_on()
            line = process.stderr.readline().decode()
            while "is tried again" not in line:
                self.assertNotEqual(line, "", "the program ended")
                line = process.stderr.readline().decode()
            self.cluster.start_gateway()
        self.stream(break_it)

    def test_a_store_stands_still(self):
        def break_it(_, go_on):
            self.cluster.signal("osd.0", signal.SIGSTOP)
            go_on()
        try:
            self.stream(break_it)
        finally:
            self.cluster.signal("osd.0", signal.SIGCONT)

    def test_a_stop_ends_what_hangs(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            repository = f"s3:http://127.0.0.1:{server.getsockname()[1]}/bucket"
            with subprocess.Popen([SNAPFS, "snapshots"], cwd=self.scratch, stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL,
                                  env={**self.environment, "RESTIC_REPOSITORY": repository}) as process:
                server.settimeout(60)
                connection, _ = server.accept()  # of a request that is never answered
                with connection:
                    connection.recv(1)
                    process.send_signal(signal.SIGINT)
                    process.wait(60)
        self.assertEqual(process.returncode, 130)


class LostStore(Faults):
    """One of three stores is gone for good."""

    def test_a_store_is_killed(self):
        def break_it(_, go_on):
            self.cluster.signal("osd.2", signal.SIGKILL)
            go_on()
        self.stream(break_it)

    test_the_gateway_is_killed = test_a_store_stands_still = test_a_stop_ends_what_hangs = None


if __name__ == "__main__":
    main()
