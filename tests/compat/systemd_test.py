"""The units in a real systemd: from a profile to the nightly run, the weekly check, a mount that comes back
when it hangs, and word of what failed; for the machine and for a user of it.
"""
import json
import os
import subprocess
import time
import unittest

import harness
import machine
import source_snapshot_test

BUILD = os.path.dirname(os.path.realpath(harness.SNAPFS))
PROFILE = """repository = "{home}/repository"
password-file = "{home}/password"
[snapshot]
sources = ["{home}/data"]
[forget]
keep-last = 2
[check]
read-data-subset = "100%"
[mount]
mountpoint = "{home}/snapshots"
[hooks]
before = "systemd-inhibit --list --no-legend --no-pager > {home}/inhibited; true"
"""


@unittest.skipIf(machine.missing(), machine.missing())
@unittest.skipUnless(os.path.exists(os.path.join(BUILD, "cmake_install.cmake")), "the program is in no build directory")
class SystemdTest(harness.CompatTest):
    needs_restic = False

    def setUp(self):
        super().setUp()
        if not os.access("/dev/fuse", os.R_OK | os.W_OK):
            self.skipTest("/dev/fuse cannot be used here")
        try:
            self.machine = machine.Machine(self.scratch)
        except (OSError, subprocess.CalledProcessError) as error:
            self.skipTest(f"no layer can be put over this system: {error}")
        self.addCleanup(self.machine.close)
        subprocess.run(["cmake", "--install", BUILD], check=True, timeout=300, stdout=subprocess.DEVNULL,
                       env={**os.environ, "DESTDIR": self.machine.root})

    def start(self, binds=()):
        with open(os.path.join(self.scratch, "console"), "w+b") as log:
            if not self.machine.start(log, binds):
                log.seek(0)
                self.skipTest(f"no systemd can be started here: {log.read().decode(errors='replace')[-500:]}")

    def there(self, *command, expect=0):
        done = self.machine.run(*command)
        self.assertEqual(done.returncode, expect, f"{command}\n{done.stdout}\n{done.stderr}\n{self.journal()}")
        return done.stdout

    def journal(self):
        return self.machine.run("journalctl", "--no-pager", "--lines=60", "--output=cat").stdout

    def property(self, manager, unit, name):
        return self.there(*manager, "show", "--value", "--property", name, unit).strip()

    def wait_for(self, what, condition):
        deadline = time.monotonic() + 120
        while not condition():
            self.assertLess(time.monotonic(), deadline, f"{what}\n{self.journal()}")

    def prepare(self, home, profile, owner="root"):
        """A profile with what it names, of that user."""
        self.machine.write(profile, PROFILE.format(home=home), 0o600)
        self.machine.write(profile.replace(".toml", ".env"), "SNAPFS_HOST=of-the-file\n", 0o600)
        self.machine.write(f"{home[1:]}/password", "secret\n", 0o600)
        self.machine.write(f"{home[1:]}/data/report", "one")
        os.makedirs(os.path.join(self.machine.root, home[1:], "snapshots"), exist_ok=True)
        self.there("chown", "--recursive", f"{owner}:", home)

    def follow(self, home, as_owner, manager, snapfs):
        """From the profile to a restored file."""
        self.there(*as_owner, *snapfs, "-P", "home", "init")
        self.there(*as_owner, *snapfs, "profile", "enable", "home")
        for unit in ("snapfs-run@home.timer", "snapfs-check@home.timer", "snapfs-mount@home.service"):
            self.wait_for(unit, lambda unit=unit: self.property(manager, unit, "ActiveState") == "active")
            self.assertIn("enabled", self.there(*manager, "is-enabled", unit))
        self.assertIn(f"the snapshots are at {home}/snapshots", self.property(manager, "snapfs-mount@home.service", "StatusText"))
        for _ in range(3):
            self.there(*manager, "start", "snapfs-run@home.service")
        self.there(*manager, "start", "snapfs-check@home.service")
        listed = json.loads(self.there(*as_owner, *snapfs, "-P", "home", "snapshots", "--json"))
        self.assertEqual([snapshot["hostname"] for snapshot in listed], ["of-the-file"] * 2,
                         "three were taken, of which two are kept")
        restored = self.there(*as_owner, "cat", f"{home}/snapshots/snapshots/latest{home}/data/report")
        self.assertEqual(restored, "one")

    def make_up(self, as_owner, manager, units, state):
        """The timer draws a moment between two and three; what was missed it makes up for when it is started. `units` is where
        units are written, `state` where the manager has what it knows of timers.
        """
        self.assertEqual(self.property(manager, "snapfs-run@home.timer", "RandomizedDelayUSec"), "1h")
        self.assertIn(" 02:", self.property(manager, "snapfs-run@home.timer", "NextElapseUSecRealtime"))
        self.there(*manager, "stop", "snapfs-run@home.timer")
        self.assertEqual(self.property(manager, "snapfs-run@home.service", "ActiveState"), "inactive")
        before = self.property(manager, "snapfs-run@home.service", "InvocationID")
        # Last time was three days ago; and nobody waits an hour here.
        self.there(*as_owner, "touch", "--no-create", "--date=3 days ago", f"{state}/stamp-snapfs-run@home.timer")
        self.machine.write(f"{units}/snapfs-run@.timer.d/now.conf", "[Timer]\nRandomizedDelaySec=0\n")
        self.there(*manager, "daemon-reload")
        self.there(*manager, "start", "snapfs-run@home.timer")
        self.wait_for("a run that makes up for what was missed", lambda: self.property(
            manager, "snapfs-run@home.service", "InvocationID") not in (before, ""))
        self.wait_for("its end", lambda: self.property(manager, "snapfs-run@home.service", "ActiveState") == "inactive")
        self.assertEqual(self.property(manager, "snapfs-run@home.service", "Result"), "success")

    def hang(self, home, as_owner, manager):
        """A mount that answers nobody is ended, and another one takes its place."""
        process = self.property(manager, "snapfs-mount@home.service", "MainPID")
        self.there("kill", "-STOP", process)
        self.wait_for("another mount", lambda: self.property(manager, "snapfs-mount@home.service", "MainPID") not in (
            process, "0") and self.property(manager, "snapfs-mount@home.service", "ActiveState") == "active")
        self.assertEqual(self.there(*as_owner, "cat", f"{home}/snapshots/snapshots/latest{home}/data/report"), "one")
        self.there(*manager, "stop", "snapfs-mount@home.service")
        self.assertEqual(self.there("ls", f"{home}/snapshots"), "")

    def come_back(self, home, as_owner, manager):
        """A repository that was away for long is mounted once it is there."""
        self.there("mv", f"{home}/repository", f"{home}/away")
        self.there(*manager, "start", "--no-block", "snapfs-mount@home.service")
        self.wait_for("many tries", lambda: int(self.property(manager, "snapfs-mount@home.service", "NRestarts")) > 7)
        self.there("mv", f"{home}/away", f"{home}/repository")
        self.wait_for("the mount", lambda: self.property(manager, "snapfs-mount@home.service", "ActiveState") == "active")
        self.assertEqual(self.there(*as_owner, "cat", f"{home}/snapshots/snapshots/latest{home}/data/report"), "one")
        self.there(*manager, "stop", "snapfs-mount@home.service")

    def impatient(self, directory):
        """As a test has no three minutes."""
        self.machine.write(f"{directory}/snapfs-mount@.service.d/test.conf",
                           "[Service]\nWatchdogSec=3s\nRestartSec=100ms\n")

    @harness.without_sanitizer("the unit lets no process trace another, as LeakSanitizer does")
    def test_for_the_machine(self):
        self.impatient("etc/systemd/system")
        self.machine.write("etc/snapfs/on-failure", "#!/bin/sh\necho \"$1\" >> /run/failed\n", 0o755)
        self.start()
        manager = ["systemctl"]
        self.prepare("/srv/home", "etc/snapfs/home.toml")
        self.there("setfattr", "-n", "trusted.of-root", "-v", "x", "/srv/home/data/report")
        self.follow("/srv/home", [], manager, ["snapfs"])
        node = json.loads(self.there("snapfs", "-P", "home", "cat", "tree", "latest:/srv/home/data"))["nodes"][0]
        self.assertEqual([attribute["name"] for attribute in node["extended_attributes"]], ["trusted.of-root"])
        for unit, most in ("snapfs-run@home.service", 45), ("snapfs-check@home.service", 40), ("snapfs-mount@home.service", 60):
            self.there("systemd-analyze", "security", "--no-pager", f"--threshold={most}", unit)
        # What the last run saw when it began.
        self.assertRegex(self.there("cat", "/srv/home/inhibited"), r"(?m)^snapfs .* sleep .* block$")
        self.make_up([], manager, "etc/systemd/system", "/var/lib/systemd/timers")
        self.hang("/srv/home", [], manager)
        self.come_back("/srv/home", [], manager)

        # The password of another repository: what fails is told, and timers go on.
        self.machine.write("srv/home/password", "wrong\n", 0o600)
        self.machine.run(*manager, "start", "snapfs-run@home.service")
        self.assertEqual(self.property(manager, "snapfs-run@home.service", "Result"), "exit-code")
        self.assertEqual(self.property(manager, "snapfs-run@home.service", "ExecMainStatus"), "12")
        self.machine.run(*manager, "start", "snapfs-mount@home.service")
        self.wait_for("an end", lambda: self.property(manager, "snapfs-mount@home.service", "ActiveState") == "failed")
        self.assertEqual(self.property(manager, "snapfs-mount@home.service", "NRestarts"), "0")
        failed = os.path.join(self.machine.root, "run/failed")
        # Of the mount that hung, of the first of many tries, and of the wrong password.
        words = ["snapfs-mount@home"] * 3 + ["snapfs-run@home"]
        self.wait_for("word of the failures", lambda: sorted(self.machine.run("cat", "/run/failed").stdout.split()) == words)
        self.assertFalse(os.path.exists(failed), "that is in the machine's memory")
        self.assertEqual(self.property(manager, "snapfs-run@home.timer", "ActiveState"), "active")

        # The unit's credential comes before the file that the profile names.
        self.machine.write("etc/right", "secret\n", 0o600)
        right = "etc/systemd/system/snapfs-run@home.service.d/zz.conf"
        self.machine.write(right, "[Service]\nLoadCredential=snapfs-password:/etc/right\n")
        self.there(*manager, "daemon-reload")
        self.there(*manager, "start", "snapfs-run@home.service")
        self.there("rm", f"/{right}")

        # What the profile does not ask for any more ends.
        self.machine.write("etc/snapfs/home.toml", PROFILE.format(home="/srv/home").partition("[check]")[0], 0o600)
        self.there("snapfs", "profile", "enable", "home")
        for unit, state in (("snapfs-run@home.timer", "enabled"), ("snapfs-check@home.timer", "disabled"),
                            ("snapfs-mount@home.service", "disabled")):
            self.assertEqual(self.machine.run(*manager, "is-enabled", unit).stdout.strip(), state)

        self.there("snapfs", "profile", "disable", "home")
        for unit in "snapfs-run@home.timer", "snapfs-check@home.timer":
            self.assertEqual(self.property(manager, unit, "ActiveState"), "inactive")
        self.assertEqual(self.there("find", "/etc/systemd/system", "-name", "snapfs-*@home*"), "")

    @harness.without_sanitizer("the unit lets no process trace another, as LeakSanitizer does")
    def test_a_unit_hides_nothing_that_a_source_holds(self):
        """What is hardened by putting empty directories over others is not of use here."""
        self.start()
        self.prepare("/srv/home", "etc/snapfs/home.toml")
        places = ("/usr/lib/modules/of-a-kernel", "/tmp/of-somebody", "/var/tmp/of-somebody", "/root/of-root", "/home/of-a-user",
                  "/etc/modprobe.d/of-a-driver")
        for place in places:
            self.machine.write(f"{place[1:]}/file", place)
        # The machine's own memory may lie over its /tmp.
        self.there("sh", "-c", "mkdir -p /tmp/of-somebody && printf %s /tmp/of-somebody > /tmp/of-somebody/file")
        self.there("sed", "-i", f"s|^sources.*|sources = {json.dumps(places)}|", "/etc/snapfs/home.toml")
        self.there("snapfs", "-P", "home", "init")
        self.there("systemctl", "start", "snapfs-run@home.service")
        for place in places:
            self.assertEqual(self.there("snapfs", "-P", "home", "dump", "latest", f"{place}/file"), place)
        self.there("snapfs", "-P", "home", "snapshot", "--force")
        trees = {snapshot["tree"] for snapshot in json.loads(self.there("snapfs", "-P", "home", "snapshots", "--json"))}
        self.assertEqual(len(trees), 1, "what is taken by hand is the same")

    def test_for_a_user(self):
        self.start()
        self.there("useradd", "--create-home", "--uid", "54321", "somebody")
        self.impatient("home/somebody/.config/systemd/user")
        self.prepare("/home/somebody", "home/somebody/.config/snapfs/home.toml", "somebody")
        self.there("systemctl", "start", "user@54321.service")
        as_owner = ["runuser", "-u", "somebody", "--", "env", "HOME=/home/somebody", "XDG_RUNTIME_DIR=/run/user/54321"]
        manager = [*as_owner, "systemctl", "--user"]
        self.there("chmod", "666", "/dev/fuse")
        self.follow("/home/somebody", as_owner, manager, ["snapfs"])
        self.make_up(as_owner, manager, "home/somebody/.config/systemd/user", "/home/somebody/.local/share/systemd/timers")
        self.hang("/home/somebody", as_owner, manager)
        self.come_back("/home/somebody", as_owner, manager)
        self.there(*as_owner, "snapfs", "profile", "disable", "home")
        self.assertEqual(self.property(manager, "snapfs-run@home.timer", "ActiveState"), "inactive")

    @harness.without_sanitizer("the unit lets no process trace another, as LeakSanitizer does")
    def test_a_frozen_source(self):
        """What a unit may not do, it may for a profile that asks for it: mount the snapshot of a file system."""
        if missing := source_snapshot_test.why_not("btrfs", "mkfs.btrfs"):
            self.skipTest(missing)
        image, top = os.path.join(self.scratch, "image"), os.path.join(self.scratch, "top")
        with open(image, "wb") as file:
            file.truncate(300 << 20)
        os.mkdir(top)
        for command in (["mkfs.btrfs", "-q", image], ["mount", "-o", "loop", image, top]):
            subprocess.run(command, check=True, capture_output=True)
        self.addCleanup(subprocess.run, ["umount", "--lazy", top], check=True)
        device = source_snapshot_test.call("findmnt", "-n", "-o", "SOURCE", "--mountpoint", top).strip()
        with open(os.path.join(top, "report"), "w", encoding="ascii") as file:
            file.write("frozen")
        self.start([f"{top}:/srv/home/data", device])
        self.prepare("/srv/home", "etc/snapfs/home.toml")
        self.there("sed", "-i", "/^sources/a source-snapshot = \"btrfs\"", "/etc/snapfs/home.toml")
        self.there("snapfs", "-P", "home", "init")
        self.there("snapfs", "profile", "enable", "home")
        self.there("systemctl", "start", "snapfs-run@home.service")
        self.assertEqual(self.there("snapfs", "-P", "home", "dump", "latest", "/srv/home/data/report"), "frozen")
        self.assertEqual(self.there("btrfs", "subvolume", "list", "/srv/home/data"), "", "no snapshot is left")


if __name__ == "__main__":
    harness.main()
