"""Repositories over SFTP: a real OpenSSH server, and both programs on one repository."""
import contextlib
import os
import shutil
import subprocess
import tempfile
import threading
import time
import unittest

import harness
import ssh_server
from cheap_key import cheapen


@unittest.skipIf(ssh_server.missing(), ssh_server.missing())
class SftpTest(harness.CompatTest):
    def setUp(self):
        super().setUp()
        self.server = ssh_server.SshServer(os.path.join(self.scratch, "ssh"))
        self.addCleanup(self.server.stop)
        self.server.start()
        probe = subprocess.run([*self.server.command().split()], stdin=subprocess.DEVNULL,
                               capture_output=True, text=True, check=False)
        if probe.returncode != 0:
            self.skipTest(f"nobody can log in here: {probe.stderr}")
        self.location = f"sftp://{self.server.user}@127.0.0.1:{self.server.port}/{self.repository}"
        self.source = os.path.join(self.scratch, "source")
        self.make_source()

    def make_source(self):
        os.makedirs(os.path.join(self.source, "below"))
        for number in range(50):
            with open(os.path.join(self.source, "below", str(number)), "wb") as file:
                file.write(os.urandom(number * 1000))
        os.symlink("below", os.path.join(self.source, "link"))

    def far(self, *arguments, key="client", **options):
        """snapfs, by way of the server."""
        return self.snapfs("-r", self.location, "-o", f"sftp.args={self.server.options(key)}",
                           *arguments, **options)

    def far_restic(self, *arguments, **options):
        return self.restic("-r", f"sftp:host:{self.repository}", "-o",
                           f"sftp.command={self.server.command()}", *arguments, **options)

    def make_repository(self):
        self.far("init", "-q")
        cheapen(self.repository, harness.PASSWORD)

    def test_both_programs_on_one_repository(self):
        self.make_repository()
        self.far("snapshot", "-q", self.source)
        self.assertIn("no errors were found", self.far_restic("check", "--read-data").stdout)
        with open(os.path.join(self.source, "new"), "w", encoding="ascii") as file:
            file.write("written for restic")
        self.far_restic("backup", "-q", self.source)
        self.assertEqual(len(self.snapshots()), 2)  # of the directory itself
        self.far("check", "--read-data")
        with self.mounted("-r", self.location, "-o",
                          f"sftp.args={self.server.options()}") as mountpoint:
            copy = os.path.join(self.scratch, "copy")
            subprocess.run(["cp", "-a", f"{mountpoint}/snapshots/latest{self.source}", copy],
                           check=True)
            self.assert_locked("-r", self.location, "-o", f"sftp.args={self.server.options()}")
        self.assert_same_files(self.source, copy)
        self.far("forget", "--keep-last", "1", "--group-by", "", "--prune")
        self.far("check", "--read-data")
        self.assertIn("no errors were found", self.far_restic("check", "--read-data").stdout)

    def test_files_are_as_those_of_restic(self):
        self.make_repository()
        self.far("snapshot", "-q", self.source)
        modes = set()
        for directory, _, names in os.walk(self.repository):
            self.assertEqual(os.stat(directory).st_mode & 0o7777, 0o700, directory)
            modes |= {os.stat(os.path.join(directory, name)).st_mode & 0o7777 for name in names}
        # The key was made anew by this test.
        self.assertLessEqual(modes, {0o600, os.stat(self.one_of("keys")).st_mode & 0o7777})

    def one_of(self, kind):
        directory = os.path.join(self.repository, kind)
        return os.path.join(directory, os.listdir(directory)[0])

    def test_a_stranger_is_told_so_at_once(self):
        result = self.far("snapshots", key="stranger", expect=1)
        self.assertIn("Permission denied", result.stderr)
        self.assertNotIn("tried again", result.stderr)

    def test_another_server_in_its_place_is_refused(self):
        self.server.kill()
        self.server.make_key("host")
        self.server.start()
        result = self.far("snapshots", expect=1)
        self.assertIn("Host key verification failed", result.stderr)
        self.assertNotIn("tried again", result.stderr)

    def test_a_server_that_was_away_for_a_while(self):
        self.make_repository()
        program = subprocess.Popen(
            [harness.SNAPFS, "-r", self.location, "-o", f"sftp.args={self.server.options()}",
             "snapshot", "--stdin", "--pack-size", "4"],
            cwd=self.scratch, env=self.environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE)
        try:
            program.stdin.write(os.urandom(24 << 20))
            program.stdin.flush()
            self.wait_for_pack(program)
            self.server.kill()
            is_noticed = threading.Event()
            feeder = threading.Thread(target=self.feed, args=(program.stdin, is_noticed))
            feeder.start()
            errors = b""
            while b"tried again" not in errors:
                said = os.read(program.stderr.fileno(), 4096)
                self.assertTrue(said, errors)
                errors += said
            self.server.start()
            is_noticed.set()
            feeder.join()
            errors += program.communicate(timeout=120)[1]
        finally:
            program.kill()
            program.wait()
        self.assertEqual(program.returncode, 0, errors)
        self.far("check", "--read-data")

    @staticmethod
    def feed(pipe, is_enough):
        """For as long as the program takes it, which is not long without a server."""
        with contextlib.suppress(BrokenPipeError):
            while not is_enough.is_set():
                pipe.write(os.urandom(1 << 20))

    def wait_for_pack(self, program):
        data = os.path.join(self.repository, "data")
        while not any(os.listdir(os.path.join(data, below)) for below in os.listdir(data)):
            self.assertIsNone(program.poll(), "it ended too early")
            time.sleep(0.01)


@unittest.skipIf(ssh_server.missing(), ssh_server.missing())
@unittest.skipIf(os.getuid() != 0, "only root may have a root directory of its own")
class ChrootTest(harness.CompatTest):
    """Users who see one directory of the server, and get no shell there: internal-sftp in a chroot."""

    def setUp(self):
        super().setUp()
        # All above it must be root's alone, as /tmp is not.
        self.root = tempfile.mkdtemp(prefix="snapfs-chroot-", dir="/run")
        self.addCleanup(shutil.rmtree, self.root)
        os.chmod(self.root, 0o755)
        self.server = ssh_server.SshServer(os.path.join(self.scratch, "ssh"), chroot=self.root)
        self.addCleanup(self.server.stop)
        self.server.start()
        probe = subprocess.run([*self.server.command().split()], stdin=subprocess.DEVNULL,
                               capture_output=True, text=True, check=False)
        if probe.returncode != 0:
            self.skipTest(f"nobody can log in here: {probe.stderr}")
        self.source = os.path.join(self.scratch, "source")
        os.makedirs(os.path.join(self.source, "below"))
        for number in range(20):
            with open(os.path.join(self.source, "below", str(number)), "wb") as file:
                file.write(os.urandom(number * 10_000))

    def test_both_programs_on_one_repository(self):
        at = f"sftp://{self.server.user}@127.0.0.1:{self.server.port}"
        ours = ("-r", f"{at}//srv/r", "-o", f"sftp.args={self.server.options()}")
        theirs = ("-r", "sftp:host:/srv/r", "-o", f"sftp.command={self.server.command()}")
        self.snapfs(*ours, "init", "-q")
        self.assertTrue(os.path.exists(os.path.join(self.root, "srv", "r", "config")))
        cheapen(os.path.join(self.root, "srv", "r"), harness.PASSWORD)
        self.snapfs(*ours, "snapshot", "-q", self.source)
        self.assertIn("no errors were found", self.restic(*theirs, "check", "--read-data").stdout)
        with open(os.path.join(self.source, "new"), "w", encoding="ascii") as file:
            file.write("written for restic")
        self.restic(*theirs, "backup", "-q", self.source)
        self.snapfs(*ours, "check", "--read-data")
        with self.mounted(*ours) as mountpoint:
            self.assert_same_files(self.source, f"{mountpoint}/snapshots/latest{self.source}")
        self.snapfs(*ours, "forget", "--keep-last", "1", "--group-by", "", "--prune")
        self.assertIn("no errors were found", self.restic(*theirs, "check", "--read-data").stdout)
        # Where a home directory is missing, paths without a slash begin at the root.
        self.snapfs("-r", f"{at}/srv/r", *ours[2:], "snapshots")


class WithoutSshTest(harness.CompatTest):
    """What needs no server: another program in ssh's place."""
    needs_restic = False

    def test_paths_are_below_the_home_directory(self):
        server = "/usr/lib/openssh/sftp-server"
        if not os.path.exists(server):
            self.skipTest("no sftp-server is installed")
        command = f"sftp.command={server} -d {self.scratch}"
        self.snapfs("-r", "sftp:host:repository", "-o", command, "init", "-q")
        self.assertTrue(os.path.exists(os.path.join(self.scratch, "repository", "config")))
        self.snapfs("-r", "sftp://host/repository", "-o", command, "snapshots")
        self.snapfs("-r", f"sftp://host/{self.repository}", "-o", command, "snapshots")

    def test_wrong_options_are_named(self):
        for options, words in (
                (["-o", "sftp.args=x", "-o", "sftp.command=y"], "exclude each other"),
                (["-o", "sftp.connection=3"], "sftp.connection"),
                (["-o", "sftp.connections=many"], "sftp.connections"),
                (["-o", "sftp.command=/no/such/program"], "/no/such/program")):
            with self.subTest(options=options):
                result = self.snapfs("-r", "sftp:host:dir", *options, "snapshots", expect=1)
                self.assertIn(words, result.stderr)

    def test_a_repository_that_is_not_there(self):
        server = "/usr/lib/openssh/sftp-server"
        if not os.path.exists(server):
            self.skipTest("no sftp-server is installed")
        self.snapfs("-r", f"sftp:host:{self.repository}", "-o", f"sftp.command={server}",
                    "snapshots", expect=10)


if __name__ == "__main__":
    harness.main()
