"""The units of systemd: that systemd takes them, what "profile enable" makes of a profile, and what a
mount tells whoever started it. No manager is needed, nor asked.
"""
import json
import os
import shutil
import signal
import socket
import subprocess
import unittest

import harness

SHARE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "share", "systemd")


class UnitsTest(harness.CompatTest):
    needs_restic = False

    @unittest.skipUnless(shutil.which("systemd-analyze"), "systemd-analyze is not installed")
    def test_systemd_finds_nothing_wrong(self):
        for manager in "system", "user":
            units = os.path.join(self.scratch, manager)
            os.makedirs(units)
            for name in os.listdir(os.path.join(SHARE, manager)):
                with open(os.path.join(SHARE, manager, name), encoding="utf-8") as file:
                    text = file.read().replace("@SNAPFS_OF_UNITS@", os.path.abspath(harness.SNAPFS))
                with open(os.path.join(units, name.removesuffix(".in")), "w", encoding="utf-8") as file:
                    file.write(text)
            done = self.run_program(
                "systemd-analyze",
                [*(["--user"] if manager == "user" else []), "--man=no", "verify",
                 *sorted(os.path.join(units, name) for name in os.listdir(units))],
                SYSTEMD_UNIT_PATH=units + ":", XDG_RUNTIME_DIR=self.scratch)
            # What is wrong, but not fatal, is a line as well.
            self.assertEqual([line for line in done.stderr.splitlines() if "snapfs-" in line], [])


class EnableTest(harness.CompatTest):
    needs_restic = False

    def setUp(self):
        super().setUp()
        self.config = os.path.join(self.scratch, "config")
        os.makedirs(os.path.join(self.config, "snapfs"))
        programs = os.path.join(self.scratch, "bin")
        os.makedirs(programs)
        self.calls = os.path.join(self.scratch, "calls")
        with open(os.path.join(programs, "systemctl"), "w", encoding="utf-8") as file:
            file.write('#!/bin/sh\necho "$*" >> "$CALLS"\nexit "${STATUS:-0}"\n')
        os.chmod(file.name, 0o755)
        self.environment |= {"XDG_CONFIG_HOME": self.config, "CALLS": self.calls,
                             "PATH": programs + ":" + os.environ["PATH"]}
        self.drop_in = os.path.join(self.config, "systemd", "user", "snapfs-run@home.service.d", "snapfs.conf")

    def profile(self, text):
        path = os.path.join(self.config, "snapfs", "home.toml")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, 0o600)

    def called(self):
        with open(self.calls, encoding="utf-8") as file:
            return file.read().splitlines()

    def test_enable_and_disable(self):
        password = os.path.join(self.config, "snapfs", "password")
        with open(password, "w", encoding="utf-8") as file:
            file.write("x")
        self.profile("password-file = 'password'\n[snapshot]\nsources = ['/a']\n[check]\n")
        told = json.loads(self.snapfs("profile", "enable", "home", "--user", "--json").stdout.splitlines()[-1])
        units = ["snapfs-run@home.timer", "snapfs-check@home.timer"]
        self.assertEqual(told["units"], units)
        self.assertEqual(self.called(), ["--user disable --now snapfs-mount@home.service", "--user daemon-reload",
                                         "--user daemon-reload", "--user enable --now " + " ".join(units)])
        with open(self.drop_in, encoding="utf-8") as file:
            self.assertIn(f"LoadCredential=snapfs-password:{password}\n", file.read())
        os.remove(self.calls)
        self.snapfs("profile", "disable", "home", "--user")
        self.assertEqual(self.called(), [
            "--user disable --now " + " ".join([*units, "snapfs-mount@home.service"]), "--user daemon-reload"])
        self.assertFalse(os.path.exists(os.path.dirname(self.drop_in)))

    def test_what_the_profile_asks_for_no_more_is_undone(self):
        password = os.path.join(self.config, "snapfs", "password")
        with open(password, "w", encoding="utf-8") as file:
            file.write("x")
        self.profile("password-file = 'password'\n[snapshot]\nsources = ['/a']\n[check]\n[mount]\nmountpoint = '/m'\n")
        self.snapfs("profile", "enable", "home", "--user")
        self.assertTrue(os.path.exists(self.drop_in))
        self.assertTrue(os.path.exists(self.drop_in.replace("-run@", "-check@")))
        os.remove(self.calls)
        self.profile("password-command = 'echo x'\n[snapshot]\nsources = ['/a']\n")
        told = json.loads(self.snapfs("profile", "enable", "home", "--user", "--json").stdout.splitlines()[-1])
        self.assertEqual(told["units"], ["snapfs-run@home.timer"])
        self.assertEqual(self.called(), [
            "--user disable --now snapfs-check@home.timer snapfs-mount@home.service", "--user daemon-reload",
            "--user daemon-reload", "--user enable --now snapfs-run@home.timer"])
        self.assertEqual(os.listdir(os.path.join(self.config, "systemd", "user")), [])

    def test_a_profile_with_mistakes_is_refused(self):
        self.profile("[snapshot]\nsuorces = ['/a']\n")
        self.assertIn("did you mean sources", self.snapfs("profile", "enable", "home", "--user", expect=1).stderr)
        self.assertFalse(os.path.exists(self.calls))

    def test_what_systemctl_refuses_is_told(self):
        self.profile("[snapshot]\nsources = ['/a']\n")
        words = self.snapfs("profile", "enable", "home", "--user", expect=1, STATUS="5").stderr
        self.assertIn("failed with status 5", words)


class NotifyTest(harness.CompatTest):
    needs_restic = False

    def test_a_mount_tells_of_its_life(self):
        if not harness.mount_usable():
            self.skipTest("/dev/fuse cannot be used here")
        self.cheap_repository_of_ours()
        mountpoint = os.path.join(self.scratch, "mount")
        os.makedirs(mountpoint)
        self.addCleanup(subprocess.run, ["fusermount3", "-uzq", mountpoint], check=False)
        path = os.path.join(self.scratch, "notify")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
            listener.bind(path)
            listener.settimeout(60)
            with subprocess.Popen([harness.SNAPFS, "-q", "mount", mountpoint], cwd=self.scratch,
                                  env={**self.environment, "NOTIFY_SOCKET": path, "WATCHDOG_USEC": "20000"}) as mount:
                heard = ""
                while "READY=1" not in heard or "WATCHDOG=1" not in heard:
                    heard += listener.recv(4096).decode() + "\n"
                self.assertTrue(heard.startswith("STATUS=opening the repository\n"), heard)
                self.assertIn(f"STATUS=the snapshots are at {mountpoint}\n", heard)
                self.assertIn("snapshots", os.listdir(mountpoint))
                mount.send_signal(signal.SIGTERM)
                while "STOPPING=1" not in heard:
                    heard += listener.recv(4096).decode() + "\n"
                self.assertEqual(mount.wait(), 0)


if __name__ == "__main__":
    harness.main()
