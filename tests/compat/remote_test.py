"""Repositories on servers: both programs on one of them, and servers that refuse, go away, and keep."""
import os
import subprocess

import harness
import servers


class RestTest(harness.CompatTest):
    def setUp(self):
        super().setUp()
        self.served = os.path.join(self.scratch, "served")
        self.repository = os.path.join(self.served, "me", "r")
        os.makedirs(os.path.dirname(self.repository))
        self.source = os.path.join(self.scratch, "source")
        os.makedirs(os.path.join(self.source, "directory"))
        for name, size in (("small", 100), ("directory/large", 5 << 20), ("directory/empty", 0)):
            with open(os.path.join(self.source, name), "wb") as file:
                file.write(os.urandom(size))

    def serve(self, *options, who="", **more):
        """Starts the server; the repository is there from then on."""
        server = servers.start_rest_server(self, self.served, *(options or ("--no-auth",)), **more)
        self.environment["RESTIC_REPOSITORY"] = f"rest:http://{who}127.0.0.1:{server.port}/me/r/"
        return server

    def write_users(self):
        path = os.path.join(self.scratch, "htpasswd")
        with open(path, "w", encoding="ascii") as file:
            file.write(servers.HTPASSWD)
        return path

    def start(self, *arguments):
        """snapfs, with pipes."""
        process = subprocess.Popen(
            [harness.SNAPFS, *arguments], env=self.environment, cwd=self.scratch,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for pipe in (process.stdin, process.stdout, process.stderr):
            self.addCleanup(pipe.close)
        self.addCleanup(process.kill)
        return process

    def test_both_programs_work_on_one_repository(self):
        self.serve("--htpasswd-file", self.write_users(), "--private-repos", who="me:secret@")
        shown = f" at {self.environment['RESTIC_REPOSITORY'].replace('secret', '***')}\n"
        self.assertIn(shown, self.snapfs("init").stdout)
        self.snapfs("snapshot", self.source)
        self.check()
        self.restic("backup", self.source)
        self.snapfs("check", "--read-data")
        with self.mounted() as mountpoint:
            latest = os.path.join(mountpoint, "snapshots", "latest", self.source.lstrip("/"))
            copy = os.path.join(self.scratch, "copy")
            subprocess.run(["cp", "-a", latest, copy], check=True)
            with open("/proc/mounts", encoding="utf-8") as mounts:
                line = next(line for line in mounts if f" {mountpoint} " in line)
            self.assertTrue(line.startswith("rest:http://me:***@127.0.0.1:"), line)
            self.assert_locked()
        self.assert_same_files(self.source, copy)
        self.snapfs("forget", "--keep-last", "1", "--group-by", "", "--prune")
        self.assertEqual(len(self.snapshots()), 1)
        self.check()

    def test_who_is_not_known_is_told_so_and_no_password_is_shown(self):
        self.cheap_repository_of_ours()
        server = self.serve("--htpasswd-file", self.write_users(), who="me:wrong@")
        result = self.snapfs("snapshots", expect=1)
        self.assertIn("user name and the password", result.stderr)
        self.assertNotIn("wrong@", result.stderr)
        self.assertIn("me:***@", result.stderr)
        self.environment["RESTIC_REPOSITORY"] = f"rest:http://127.0.0.1:{server.port}/me/r"
        self.snapfs("snapshots", RESTIC_REST_USERNAME="me", RESTIC_REST_PASSWORD="secret")
        self.environment["RESTIC_REPOSITORY"] = (
            f"rest:http://me:secret@127.0.0.1:{server.port}/me/other")
        result = self.snapfs("snapshots", expect=10)
        self.assertIn("me:***@", result.stderr)

    def test_a_server_that_goes_away_is_waited_for(self):
        self.cheap_repository_of_ours()
        server = self.serve()
        process = self.start("backup", "--stdin", "--stdin-filename", "stream", "--pack-size=4")
        data = os.urandom(20 << 20)
        process.stdin.write(data[:10 << 20])
        process.stdin.flush()
        server.kill()
        process.stdin.write(data[10 << 20:])
        process.stdin.close()
        line = process.stderr.readline().decode()
        self.assertIn("is tried again", line)
        self.serve(port=server.port)
        rest = process.stderr.read().decode()
        process.stdout.read()
        self.assertEqual(process.wait(), 0, line + rest)
        self.assertIn("succeeded after", rest)
        self.check()
        dumped = subprocess.run([harness.SNAPFS, "dump", "latest", "stream"], env=self.environment,
                                capture_output=True, check=True).stdout
        self.assertEqual(dumped, data)

    def test_an_append_only_server_takes_snapshots_and_keeps_them(self):
        self.cheap_repository_of_ours()
        self.serve("--no-auth", "--append-only")
        for _ in range(2):
            self.snapfs("snapshot", self.source)
        for arguments in (("--keep-last", "1"), ("--keep-last", "1", "--prune"),
                          (self.snapshots()[0]["id"],)):
            result = self.snapfs("forget", *arguments, expect=3)
            self.assertIn("append-only", result.stderr)
        self.assertEqual(len(self.snapshots()), 2)
        self.assertEqual(os.listdir(os.path.join(self.repository, "locks")), [])
        self.check()


class RcloneTest(harness.CompatTest):
    def test_both_programs_work_on_one_repository(self):
        if servers.RCLONE is None:
            self.skipTest("rclone is not installed")
        self.environment["RCLONE_CONFIG"] = os.path.join(self.scratch, "rclone.conf")
        self.cheap_repository_of_ours()
        with open(self.environment["RCLONE_CONFIG"], "w", encoding="ascii") as file:
            file.write(f"[here]\ntype = alias\nremote = {self.scratch}\n")
        self.environment["RESTIC_REPOSITORY"] = "rclone:here:repository"
        source = os.path.join(self.scratch, "source")
        os.makedirs(source)
        with open(os.path.join(source, "file"), "wb") as file:
            file.write(os.urandom(3 << 20))
        options = (f"-orclone.program={servers.RCLONE}",)
        self.snapfs(*options, "snapshot", source)
        self.restic(*options, "backup", source)
        with self.mounted(*options) as mountpoint:
            latest = os.path.join(mountpoint, "snapshots", "latest", source.lstrip("/"))
            self.assert_same_files(source, latest)
            self.assert_locked(*options)
        self.assertIn("no errors were found", self.restic(*options, "check", "--read-data").stdout)
        self.snapfs(*options, "forget", "--keep-last", "1", "--group-by", "", "--prune")
        self.snapfs(*options, "check", "--read-data")
        self.environment["RESTIC_REPOSITORY"] = self.repository
        self.check()

    def test_what_rclone_says_is_told(self):
        if servers.RCLONE is None:
            self.skipTest("rclone is not installed")
        self.environment["RCLONE_CONFIG"] = os.path.join(self.scratch, "rclone.conf")
        result = self.snapfs(f"-orclone.program={servers.RCLONE}", "-r", "rclone:nowhere:r",
                             "snapshots", expect=1)
        self.assertIn("nowhere", result.stderr)
        self.assertIn("find section in config file", result.stderr)


if __name__ == "__main__":
    harness.main()
