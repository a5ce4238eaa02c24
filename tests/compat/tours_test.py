"""README's tours, run as printed but for the names of hosts, by a user who has nothing yet: that of a minute, and those of
repositories elsewhere, with real servers.
"""
import os
import re
import shutil
import subprocess
import unittest

import harness
import servers
import ssh_server


README = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "README.md")


def blocks(heading):
    """What stands literally below it."""
    with open(README, encoding="utf-8") as file:
        (section,) = re.findall(rf"^## {heading}$(.*?)^## ", file.read(), re.M | re.S)
    return re.findall(r"^```\n(.*?)^```$", section, re.M | re.S)


def tours():
    """What all of them begin with, and one for each kind of storage."""
    first, *others = blocks("Repositories elsewhere")
    return first, {re.search(r"SNAPFS_REPOSITORY=(\w+):", block)[1]: block for block in others}


class ToursTest(harness.CompatTest):
    def setUp(self):
        super().setUp()
        if not harness.mount_usable():
            self.skipTest("/dev/fuse cannot be used here")
        self.home = os.path.join(self.scratch, "home")
        os.makedirs(os.path.join(self.home, "work"))
        with open(os.path.join(self.home, "work", "report.odt"), "w", encoding="ascii") as file:
            file.write("content")
        programs = os.path.join(self.scratch, "bin")
        os.makedirs(programs)
        os.symlink(os.path.abspath(harness.SNAPFS), os.path.join(programs, "snapfs"))
        self.environment = {
            **{name: value for name, value in self.environment.items() if not name.startswith("RESTIC_")},
            "HOME": self.home, "PATH": programs + ":" + os.environ["PATH"],
            "AWS_EC2_METADATA_DISABLED": "true"}

    def run_lines(self, lines):
        """Returns the output. A line that fails ends a tour, also before "&&"."""
        script = "set -eu\n" + re.sub(" && ", "\n", lines)
        done = subprocess.run(["bash", "-c", script], cwd=self.home, env=self.environment, timeout=300,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        subprocess.run(["fusermount3", "-uzq", os.path.join(self.home, "mnt")], check=False,
                       capture_output=True)
        self.assertEqual(done.returncode, 0, f"{script}\n{done.stdout}\n{done.stderr}")
        return done.stdout

    def follow(self, scheme, replaced):
        first, others = tours()
        block = others[scheme]
        for printed, real in replaced.items():
            self.assertIn(printed, block)
            block = block.replace(printed, real)
        self.assertIn("latest", self.run_lines(first + block).split(), "what the mount shows")
        # Where restic finds the same.
        location = re.search(r"SNAPFS_REPOSITORY=(\S+)", block)[1]
        self.environment |= {"RESTIC_REPOSITORY": location, "RESTIC_PASSWORD": "choose a better one",
                             **{f"RESTIC_{name}": value for name, value in
                                re.findall(r"SNAPFS_(REST_\w+)=(\S+)", block)},
                             **dict(re.findall(r"(AWS_\w+)=(\S+)", block))}

    def test_the_tour_of_a_minute(self):
        block = blocks("A minute's tour")[0]
        built, _, lines = block.partition("\n")
        self.assertTrue(built.startswith("scripts/build && export PATH="), built)
        # Where the tour leaves what it copies.
        self.environment["TMPDIR"] = self.scratch
        output = self.run_lines(lines)
        (shown,) = re.findall(r"^ls ~/mnt +# (.*)$", block, re.M)
        self.assertIn("\n".join(shown.split()), output, "what README says that a mount shows")
        (copy,) = [os.path.join(path, "old-work") for path, folders, _ in os.walk(self.scratch) if "old-work" in folders]
        self.assert_same_files(os.path.join(self.home, "work"), copy)
        self.environment |= {"RESTIC_REPOSITORY": os.path.join(self.home, "snapshots"), "RESTIC_PASSWORD": "choose a better one"}
        self.check()

    def test_every_tour_is_tried(self):
        self.assertEqual(set(tours()[1]), {"sftp", "s3", "rest", "rclone"})

    @unittest.skipIf(ssh_server.missing(), ssh_server.missing())
    def test_sftp(self):
        server = ssh_server.SshServer(os.path.join(self.scratch, "ssh"))
        self.addCleanup(server.stop)
        server.start()
        # In place of the user's configuration, which is that of whoever runs the test.
        with open(os.path.join(self.scratch, "bin", "ssh"), "w", encoding="ascii") as file:
            file.write(f"#!/bin/sh\nexec {shutil.which('ssh')} {server.options()} \"$@\"\n")
        os.chmod(file.name, 0o755)
        probe = subprocess.run([*server.command().split()], stdin=subprocess.DEVNULL,
                               capture_output=True, text=True, check=False)
        if probe.returncode != 0:
            self.skipTest(f"nobody can log in here: {probe.stderr}")
        there = os.path.join(self.scratch, "there")
        self.follow("sftp", {
            "sftp:me@backup.example:snapshots": f"sftp://{server.user}@127.0.0.1:{server.port}/{there}",
            "sftp://me@backup.example:2222//srv/snapshots":
                f"sftp://{server.user}@127.0.0.1:{server.port}/{there}-too",
            "-i ~/.ssh/backup -J gate.example": "-o ConnectTimeout=60"})
        self.environment["RESTIC_REPOSITORY"] = there
        self.check()

    def test_s3(self):
        cluster = servers.start_ceph(self)
        self.follow("s3", {"AWS_ACCESS_KEY_ID=…": f"AWS_ACCESS_KEY_ID={cluster.user[0]}",
                           "AWS_SECRET_ACCESS_KEY=…": f"AWS_SECRET_ACCESS_KEY={cluster.user[1]}",
                           "https://s3.example.org": cluster.endpoint})
        self.check()

    def test_rest(self):
        users = os.path.join(self.scratch, "htpasswd")
        with open(users, "w", encoding="ascii") as file:
            file.write(servers.HTPASSWD)
        served = os.path.join(self.scratch, "served")
        server = servers.start_rest_server(self, served, "--htpasswd-file", users, "--private-repos")
        self.follow("rest", {"SNAPFS_REST_PASSWORD=…": "SNAPFS_REST_PASSWORD=secret",
                             "https://backup.example.org:8000": f"http://127.0.0.1:{server.port}"})
        self.environment["RESTIC_REPOSITORY"] = os.path.join(served, "me")
        self.check()

    def test_rclone(self):
        if servers.RCLONE is None:
            self.skipTest("rclone is not installed")
        os.symlink(servers.RCLONE, os.path.join(self.scratch, "bin", "rclone"))
        self.environment["RCLONE_CONFIG"] = os.path.join(self.scratch, "rclone.conf")
        with open(self.environment["RCLONE_CONFIG"], "w", encoding="ascii") as file:
            file.write(f"[remote]\ntype = alias\nremote = {self.scratch}/there\n")
        self.follow("rclone", {})
        self.check()


if __name__ == "__main__":
    harness.main()
