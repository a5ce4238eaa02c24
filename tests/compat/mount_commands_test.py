"""Mounts as an administrator meets them: in the background, from fstab, taken away, left by a server
that was killed, without rights, without the device, without memory, without the repository.
"""
import errno
import glob
import json
import os
import pty
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
import unittest

import damage
import harness

SCRIPTS = os.path.join(os.path.dirname(__file__), "..", "..", "scripts")
NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]


def wait_until(condition, seconds=30):
    """Polls; whether it came true."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False


class MountCommandsTest(harness.CompatTest):
    needs_restic = False

    def setUp(self):
        if not harness.mount_usable():
            self.skipTest("/dev/fuse cannot be used here")
        super().setUp()
        self.mountpoint = os.path.join(self.scratch, "mount")
        os.makedirs(self.mountpoint)
        self.addCleanup(self.force_unmount)
        source = os.path.join(self.scratch, "source")
        os.makedirs(source)
        for name in ("first", "second"):
            with open(os.path.join(source, name), "wb") as file:
                file.write(name.encode() * 1000 + os.urandom(2 << 20))
        self.cheap_repository_of_ours()
        self.snapfs("snapshot", source)
        self.latest = os.path.join(self.mountpoint, "snapshots", "latest", source.lstrip("/"))
        self.source = source

    def force_unmount(self):
        while self.mounts():
            if subprocess.run(["umount", "-l", self.mountpoint], check=False).returncode != 0:
                subprocess.run(["fusermount3", "-uz", self.mountpoint], check=True)

    def mounts(self):
        with open("/proc/self/mountinfo", encoding="utf-8", errors="replace") as table:
            return [line for line in table if line.split()[4] == os.path.realpath(self.mountpoint)]

    def locks(self):
        return os.listdir(os.path.join(self.repository, "locks"))

    def fails(self, *arguments, status=1, words=(), prefix=(), **environment):
        """Runs snapfs, which must say why in one line."""
        done = subprocess.run([*prefix, harness.SNAPFS, *arguments], cwd=self.scratch, timeout=60,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
                              env={**self.environment, **environment})
        self.assertEqual((done.returncode, done.stdout), (status, ""), done.stderr)
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        for word in ("snapfs: ", *words):
            self.assertIn(word, done.stderr)
        return done

    def serve(self, *arguments, prefix=()):
        """A server in the foreground, whose mount is usable."""
        log = open(os.path.join(self.scratch, "log"), "w+b")  # noqa: closed at the end of the test
        self.addCleanup(log.close)
        server = subprocess.Popen(
            [*prefix, harness.SNAPFS, "mount", *arguments, self.mountpoint], cwd=self.scratch,
            env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log)
        self.addCleanup(server.stdout.close)
        self.addCleanup(server.wait)
        self.addCleanup(server.kill)
        if not server.stdout.readline():
            server.wait(timeout=30)
        return server, log

    def assert_readable(self):
        for name in ("first", "second"):
            with open(os.path.join(self.source, name), "rb") as original, \
                 open(os.path.join(self.latest, name), "rb") as shown:
                self.assertEqual(shown.read(), original.read())

    # In the background

    def test_background_returns_when_usable_and_umount_waits_for_the_lock(self):
        done = self.snapfs("mount", "--background", "mount")
        self.assertIn("snapfs umount " + self.mountpoint, done.stdout)
        self.assertEqual(done.stderr, "")
        self.assert_readable()
        self.assertEqual(len(self.locks()), 1)
        self.snapfs("umount", "mount")
        self.assertEqual(self.mounts(), [])
        self.assertEqual(self.locks(), [])

    def test_background_keeps_nothing_of_the_caller(self):
        """A pipe that a service manager or a shell waits on is closed; the directory is free."""
        reading, writing = os.pipe()
        server = subprocess.Popen([harness.SNAPFS, "mount", "-qb", self.mountpoint], cwd=self.scratch,
                                  env=self.environment, stdin=subprocess.DEVNULL,
                                  stdout=writing, stderr=writing, pass_fds=[writing])
        os.close(writing)
        self.assertEqual(server.wait(timeout=60), 0)
        with open(reading, "rb") as pipe:
            self.assertEqual(pipe.read(), b"")
        pids = self.servers()
        self.assertEqual(len(pids), 1)
        self.assertEqual(os.getsid(pids[0]), pids[0])
        if self.repository.startswith("/"):
            if os.geteuid() == 0:  # others cannot look into it
                self.assertEqual(os.readlink(f"/proc/{pids[0]}/cwd"), "/")
        self.snapfs("umount", self.mountpoint)

    def servers(self):
        return [int(path.split("/")[2]) for path in glob.glob("/proc/[0-9]*/cmdline")
                if self.mountpoint.encode() in self.content(path)]

    @staticmethod
    def content(path):
        try:
            with open(path, "rb") as file:
                return file.read()
        except OSError:
            return b""

    def test_background_fails_as_the_foreground_does(self):
        self.fails("mount", "-b", "mount", status=12, words=["password"], RESTIC_PASSWORD="wrong")
        self.fails("mount", "-b", "absent", words=["absent", "does not exist"])
        self.fails("mount", "-b", "-r", "nowhere", "mount", status=10, words=["nowhere"])
        self.assertEqual(self.locks(), [])

    def test_background_asks_for_the_password_first(self):
        environment = {k: v for k, v in self.environment.items() if k != "RESTIC_PASSWORD"}
        pid, terminal = pty.fork()
        if pid == 0:
            os.execve(harness.SNAPFS, [harness.SNAPFS, "mount", "-b", self.mountpoint], environment)
        said = b""
        while b"enter password" not in said:
            said += os.read(terminal, 1000)
        os.write(terminal, harness.PASSWORD.encode() + b"\n")
        try:
            while os.read(terminal, 1000):
                pass
        except OSError:
            pass  # EIO: nobody has the terminal any more, so the server has left it
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), 0)
        os.close(terminal)
        self.assert_readable()
        self.snapfs("umount", self.mountpoint)

    def test_a_mount_that_nobody_can_be_told_of_is_none(self):
        reader, writer = os.pipe()
        os.close(reader)
        for background in (["-b"], []):
            for output, status in ((os.open("/dev/full", os.O_WRONLY), 1), (os.dup(writer), 141)):
                with self.subTest(background=background, status=status):
                    line = [harness.SNAPFS, "mount", *background, self.mountpoint]
                    done = subprocess.run(line, cwd=self.scratch, env=self.environment,
                                          stdin=subprocess.DEVNULL, stdout=output,
                                          stderr=subprocess.PIPE, timeout=60, text=True, check=False)
                    os.close(output)
                    self.assertEqual(done.returncode, status, done.stderr)
                    self.assertEqual(len(done.stderr.splitlines()), status == 1, done.stderr)
                    if status == 1:
                        self.assertIn("No space left on device: nothing was mounted", done.stderr)
                    self.assertFalse(self.mounts())
                    self.assertEqual(self.locks(), [])
        os.close(writer)
        with open("/dev/full", "wb") as full:
            subprocess.run([harness.SNAPFS, "mount", "-q", "-b", self.mountpoint], cwd=self.scratch,
                           env=self.environment, stdout=full, timeout=60, check=True)
        self.assert_readable()
        self.snapfs("umount", self.mountpoint)

    def test_closed_standard_streams(self):
        """No file of ours gets the number of a standard stream, which others write into."""
        for background in ("-b", ""):
            with self.subTest(background=background):
                script = f'exec "{harness.SNAPFS}" mount {background} "{self.mountpoint}" <&- >&- 2>&-'
                shell = subprocess.Popen(["sh", "-c", script], cwd=self.scratch, env=self.environment)
                if background:
                    self.assertEqual(shell.wait(timeout=60), 0)
                self.assertTrue(wait_until(self.mounts))
                self.assert_readable()
                (server,) = self.servers()
                for number in range(3) if os.geteuid() == 0 else ():
                    self.assertEqual(os.readlink(f"/proc/{server}/fd/{number}"), "/dev/null")
                self.snapfs("umount", self.mountpoint)
                self.assertEqual(shell.wait(timeout=60), 0)

    # mount(8)

    def helper(self, *arguments):
        link = os.path.join(self.scratch, "mount.snapfs")
        if not os.path.lexists(link):
            os.symlink(harness.SNAPFS, link)
        return subprocess.run([link, *arguments], cwd=self.scratch, env=self.environment, timeout=60,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)

    def test_mount_helper(self):
        options = "rw,noauto,nofail,_netdev,x-systemd.automount,noexec,owner_root"
        done = self.helper(self.repository, self.mountpoint, "-o", options)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))
        for option in ("ro", "noexec", "nosuid", "nodev"):
            self.assertIn(option, self.mounts()[0].split()[5].split(","))
        self.assert_readable()
        self.snapfs("umount", self.mountpoint)
        done = self.helper(self.repository, self.mountpoint, "-o", "colour=red")
        self.assertEqual(done.returncode, 1)
        self.assertIn('no option "colour"', done.stderr)
        done = self.helper(self.scratch, self.mountpoint)
        self.assertEqual(done.returncode, 32)
        self.assertEqual(len(done.stderr.splitlines()), 1)

    def test_fstab_line(self):
        """mount(8) itself, with the helper in /sbin of a mount namespace of our own."""
        password_file = os.path.join(self.scratch, "password")
        with open(password_file, "w", encoding="ascii") as file:
            file.write(harness.PASSWORD)
        fstab = os.path.join(self.scratch, "fstab")
        with open(fstab, "w", encoding="ascii") as file:
            file.write(f"{self.repository} {self.mountpoint} snapfs "
                       f"password-file={password_file},noauto,nofail,x-systemd.automount 0 0\n")
        with open(fstab + "-auto", "w", encoding="ascii") as file:
            file.write(f"{self.repository} {self.mountpoint} snapfs password-file={password_file} 0 0\n")
        self.in_namespace(
            'mkdir sbin && ln -s "$SNAPFS_PROGRAM" sbin/mount.snapfs && mount --bind sbin /usr/local/sbin'
            ' && ln -s "$SNAPFS_PROGRAM" sbin/mount.fuse.snapfs'
            ' && mkdir -p upper work && mount -t tmpfs none work && mkdir work/u work/w'
            ' && cp -a sbin/* work/u/'
            ' && mount -t overlay none -o lowerdir=/usr/sbin,upperdir=work/u,workdir=work/w /usr/sbin'
            f' && mount --fstab "{fstab}" "{self.mountpoint}" && cmp "{self.latest}/first" source/first'
            f' && umount "{self.mountpoint}"'
            # The second time mount(8) sees that it is there already.
            f' && mount -a --fstab "{fstab}-auto" && mount -a --fstab "{fstab}-auto"'
            f' && test "$(grep -c "^{self.repository} {self.mountpoint} fuse.snapfs" /proc/mounts)" = 1'
            f' && umount "{self.mountpoint}"'
            # The type as the kernel shows it.
            f' && mount -t fuse.snapfs "{self.repository}" "{self.mountpoint}"'
            f' -o password-file="{password_file}",no-lock && cmp "{self.latest}/first" source/first'
            f' && umount "{self.mountpoint}"')

    def test_mount_helper_tells_of_itself(self):
        for option, words in (("-h", "REPOSITORY MOUNTPOINT"), ("--help", "no-lock"),
                              ("-V", "snapfs ")):
            done = self.helper(option)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertIn(words, done.stdout)

    def in_namespace(self, script):
        """Runs a shell script that may mount what it likes; skips where that is not possible."""
        if os.geteuid() != 0 or subprocess.run(["unshare", "-m", "true"], check=False,
                                               capture_output=True).returncode != 0:
            self.skipTest("only root may have a mount namespace here")
        done = subprocess.run(["unshare", "-m", "sh", "-c", script], cwd=self.scratch, timeout=60,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
                              env={**self.environment, "SNAPFS_PROGRAM": harness.SNAPFS})
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done

    # Taking it away

    def test_commands_that_are_printed_run_as_they_are(self):
        for name in ("with space", "it's $HOME"):
            place = os.path.join(self.scratch, name)
            os.mkdir(place)
            said = self.snapfs("mount", "--background", place).stdout
            refused = self.fails("mount", "-b", place, words=["already mounted"])
            advice = [re.search(r'"snapfs (umount .*)"', text).group(1) for text in (said, refused.stderr)]
            self.assertEqual([shlex.split(text) for text in advice], [["umount", place]] * 2)
            with open(os.path.join(place, os.path.relpath(self.latest, self.mountpoint), "first"), "rb"):
                busy = self.fails("umount", place, words=["--lazy"])
            lazy = re.search(r'"snapfs (umount --lazy .*)"', busy.stderr).group(1)
            self.snapfs(*shlex.split(lazy))
            self.assertEqual(self.mounts(), [])

    def test_umount_names_who_uses_it(self):
        server, _ = self.serve()
        with open(os.path.join(self.latest, "first"), "rb"):
            self.fails("umount", self.mountpoint, words=[f"({os.getpid()})", "--lazy"])
        self.snapfs("umount", self.mountpoint)
        self.assertEqual(server.wait(timeout=30), 0)

    def test_lazy_umount_ends_with_the_last_user(self):
        server, _ = self.serve()
        with open(os.path.join(self.latest, "first"), "rb") as file:
            self.snapfs("umount", "--lazy", self.mountpoint)
            self.assertEqual(self.mounts(), [])
            self.assertEqual(len(file.read(1000)), 1000)
        self.assertEqual(server.wait(timeout=30), 0)
        self.assertEqual(self.locks(), [])

    def test_umount_tells_of_a_mount_elsewhere(self):
        """In another mount namespace, or bound to another directory, a mount goes on."""
        done = self.in_namespace(
            f'"$SNAPFS_PROGRAM" mount -qb "{self.mountpoint}" && mkfifo ready end'
            ' && { unshare -m --propagation private sh -c "echo >ready; read x <end" & }'
            f' && read x <ready && ! "$SNAPFS_PROGRAM" umount "{self.mountpoint}" 2>message'
            f' && ! mountpoint -q "{self.mountpoint}" && cat message && ls repository/locks'
            '; echo >end; wait')
        message, lock = done.stdout.splitlines()
        self.assertRegex(message, r"its server goes on.* another mount namespace.* sh \(\d+\).*"
                                  r"nsenter -t \d+ -m umount " + self.mountpoint)
        self.assertEqual(len(lock), 64)
        self.assertTrue(wait_until(lambda: not self.servers()))
        self.assertEqual(self.locks(), [])

    def test_umount_of_a_dead_mount_does_not_ask_for_others(self):
        self.in_namespace(
            f'mkfifo ready && {{ "$SNAPFS_PROGRAM" mount "{self.mountpoint}" >ready & }}'
            f' && server=$! && read x <ready && mkdir other && mount --bind "{self.mountpoint}" other'
            ' && kill -KILL $server && { wait || true; }'
            f' && "$SNAPFS_PROGRAM" umount "{self.mountpoint}" && "$SNAPFS_PROGRAM" umount other')

    def test_umount_tells_of_a_bound_directory(self):
        done = self.in_namespace(
            f'"$SNAPFS_PROGRAM" mount -qb "{self.mountpoint}" && mkdir other'
            f' && mount --bind "{self.mountpoint}" other'
            f' && ! "$SNAPFS_PROGRAM" umount "{self.mountpoint}" 2>message'
            ' && "$SNAPFS_PROGRAM" umount other && cat message')
        self.assertIn(f'run "snapfs umount {self.scratch}/other"', done.stdout)
        self.assertEqual(self.locks(), [])

    def test_umount_takes_nothing_else_away(self):
        self.fails("umount", self.mountpoint, words=["nothing is mounted"])
        self.fails("umount", "/proc", words=["proc", "not ours"])
        self.fails("umount", "absent", words=["absent"])

    def test_umount_of_another_user_s_mount_is_refused(self):
        if os.geteuid() != 0:
            self.skipTest("only root can become another user")
        self.serve()
        shutil.copy(harness.SNAPFS, self.scratch)
        os.chmod(self.scratch, 0o755)
        done = subprocess.run([*NOBODY, "./snapfs", "umount", self.mountpoint], cwd=self.scratch,
                              capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("mounted by user 0", done.stderr)
        self.assert_readable()

    def test_killed_server_is_noticed_and_cleared(self):
        server, _ = self.serve()
        server.kill()
        server.wait()
        with self.assertRaises(OSError) as caught:
            os.listdir(self.mountpoint)
        self.assertEqual(caught.exception.errno, errno.ENOTCONN)
        self.assertIn("a program that died", self.snapfs("mount", "-b", self.mountpoint).stderr)
        self.assertEqual(len(self.mounts()), 1)
        self.assert_readable()
        self.snapfs("umount", self.mountpoint)

    def test_killed_server_is_cleared_by_hand(self):
        server, _ = self.serve()
        server.kill()
        server.wait()
        # Nothing is there to be mounted: an empty directory would be worse than the error.
        self.fails("mount", "-b", "-r", os.path.join(self.scratch, "nowhere"), self.mountpoint, status=10, words=["nowhere"])
        if os.geteuid() == 0:
            done = subprocess.run([*NOBODY, harness.SNAPFS, "mount", "-b", self.mountpoint], cwd="/", env=self.environment,
                                  capture_output=True, text=True, timeout=60, check=False)
            self.assertNotEqual(done.returncode, 0, "somebody else's")
        self.assertEqual(len(self.mounts()), 1)
        self.snapfs("umount", self.mountpoint)
        self.assertEqual(self.mounts(), [])

    def test_overlapping_mounts_are_refused(self):
        self.serve()
        inside = os.path.join(self.mountpoint, "ids")
        for place, words in ((self.mountpoint, "already mounted"), (inside, "above it"),
                             (self.scratch, "overlaps|would be hidden"), ("/", "would be hidden")):
            with self.subTest(place=place):
                done = subprocess.run([harness.SNAPFS, "mount", "-b", place], text=True, timeout=60,
                                      env=self.environment, capture_output=True, check=False)
                self.assertEqual(done.returncode, 1)
                self.assertRegex(done.stderr, words)

    def test_state_on_request(self):
        server, log = self.serve()
        self.assert_readable()
        server.send_signal(signal.SIGUSR1)

        def said():
            log.seek(0)
            return log.read().decode()

        self.assertTrue(wait_until(lambda: "in flight:" in said()), said())
        for words in ("mountpoint: " + self.mountpoint, "uptime_seconds: ", "requests:", "  read  ",
                      "blob_cache_bytes: "):
            self.assertIn(words, said())
        self.assert_readable()

    @unittest.skipIf(shutil.which("strace") is None, "strace is not installed")
    @unittest.skipIf(os.geteuid() != 0, "fusermount3 cannot be traced")
    def test_the_server_asks_its_own_mount_nothing(self):
        """It would wait for itself: kernels before 4.20 send a request whatever statx() is told."""
        trace = os.path.join(self.scratch, "trace")
        self.environment = harness.traced(self.environment)
        server, _ = self.serve(prefix=["strace", "-f", "-qq", "-o", trace, "-e", "trace=%file"])
        self.assert_readable()
        self.snapfs("umount", self.mountpoint)
        self.assertEqual(server.wait(timeout=60), 0)
        with open(trace, encoding="utf-8", errors="replace") as file:
            calls = [line.split(maxsplit=1)[1] for line in file if f'"{self.mountpoint}"' in line]
        (mounted,) = [number for number, call in enumerate(calls) if call.startswith("mount(")]
        self.assertEqual([call for call in calls[mounted + 1:] if not call.startswith("umount2(")], [])

    # Bad conditions

    def test_first_look_that_fails(self):
        """One clear line, no crash, and no lock is left, whatever of the repository cannot be read."""
        def inside(*names):
            return os.path.join(self.repository, *names)

        def damage_index():
            (name,) = os.listdir(inside("index"))
            damage.flip(inside("index", name), 40)

        def empty_index():
            (name,) = os.listdir(inside("index"))
            damage.truncate(inside("index", name), 0)

        def not_a_directory(folder):
            shutil.rmtree(inside(folder))
            damage.write(inside(folder), b"")

        def unknown_version():
            key = damage.master_key(self.repository, harness.PASSWORD)
            damage.save_json(self.scratch, "made", key, {
                "version": 3, "id": "0" * 64, "chunker_polynomial": "3dea92648f6e83"})
            (name,) = os.listdir(os.path.join(self.scratch, "made"))
            shutil.copy(os.path.join(self.scratch, "made", name), inside("config"))

        os.mkdir(os.path.join(self.scratch, "made"))
        kept = self.repository + "-kept"
        shutil.copytree(self.repository, kept)
        for spoil, words in ((damage_index, "index"), (empty_index, "index"),
                             (lambda: not_a_directory("index"), "index"),
                             (lambda: not_a_directory("snapshots"), "snapshots"),
                             (unknown_version, "version")):
            shutil.rmtree(self.repository)
            shutil.copytree(kept, self.repository)
            spoil()
            with self.subTest(words=words):
                self.fails("mount", "mount", words=[words])
                self.assertEqual((self.locks(), self.mounts()), ([], []))
        self.fails("mount", "--background", "mount", words=["version"])

    def test_an_error_names_the_file(self):
        for _, _, files in os.walk(os.path.join(self.repository, "data")):
            for name in files:
                path = damage.pack_path(self.repository, name)
                if os.stat(path).st_size > 1 << 20:
                    for offset in range(1000, os.stat(path).st_size, 1 << 16):
                        damage.flip(path, offset)
        server, log = self.serve()
        with open(os.path.join(self.latest, "first"), "rb") as file:
            with self.assertRaises(OSError) as caught:
                file.read()
        self.assertEqual(caught.exception.errno, errno.EIO)
        server.terminate()
        server.wait()
        log.seek(0)
        (snapshot,) = os.listdir(os.path.join(self.repository, "snapshots"))
        self.assertIn(f"snapfs: mount: snapshot {snapshot[:8]}:{self.source}/first: read: ".encode(),
                      log.read())

    def test_the_table_of_mounts_names_the_repository(self):
        self.serve("--repo", os.path.relpath(self.repository, self.scratch))
        self.assertEqual(self.mounts()[0].split(" - ")[1].split()[:2],
                         ["fuse.snapfs", os.path.realpath(self.repository)])

    def test_repository_that_goes_and_comes_back(self):
        server, log = self.serve()
        with open(os.path.join(self.latest, "first"), "rb") as file:
            kept = file.read()
        away = self.repository + "-away"
        size = os.stat(os.path.join(self.latest, "second")).st_size
        os.rename(self.repository, away)
        self.drop_pages()

        def noticed():
            """Every look at the list may be the one that asks the repository."""
            self.assertEqual(len(os.listdir(os.path.join(self.mountpoint, "snapshots"))), 2)
            log.seek(0)
            return b"has gone" in log.read()

        self.assertTrue(wait_until(noticed))
        with open(os.path.join(self.latest, "second"), "rb") as file:
            with self.assertRaises(OSError) as caught:
                file.read()
            self.assertEqual(caught.exception.errno, errno.EIO)
            os.rename(away, self.repository)

            def readable():
                try:
                    return len(os.pread(file.fileno(), size, 0)) == size
                except OSError:
                    return False

            self.assertTrue(wait_until(readable))
        self.assert_readable()
        with open(os.path.join(self.latest, "first"), "rb") as file:
            self.assertEqual(file.read(), kept)
        self.assertIsNone(server.poll())

    @staticmethod
    def drop_pages():
        if os.geteuid() == 0:
            try:
                with open("/proc/sys/vm/drop_caches", "w", encoding="ascii") as file:
                    file.write("1")
            except OSError:
                pass

    def test_missing_device(self):
        done = self.in_namespace(
            f'mount -t tmpfs none /dev && ! "$SNAPFS_PROGRAM" mount -b "{self.mountpoint}" 2>message'
            ' && cat message')
        self.assertEqual(len(done.stdout.splitlines()), 1)
        self.assertIn("/dev/fuse does not exist", done.stdout)

    def test_user_without_access_to_the_device(self):
        self.in_namespace(self.as_nobody(
            "600", "", "no access to /dev/fuse, which has the mode 0600 and the group root: have root"))
        self.in_namespace(self.as_nobody(
            "660", "", "mode 0660 and the group daemon: join that group", "chgrp daemon fuse"))

    def test_user_who_may_not_let_others_in(self):
        self.in_namespace(self.as_nobody("666", "--allow-other", "user_allow_other"))

    def test_user_mounts_and_unmounts(self):
        nobody = " ".join(NOBODY)
        self.in_namespace(
            self.place_of_nobody("666") + f' && {nobody} ../snapfs mount -qb place'
            f' && {nobody} cmp "place/snapshots/latest{self.source}/first" "{self.source}/first"'
            f' && {nobody} ../snapfs umount place && test -z "$(ls -A place)$(ls -A r/locks)"'
            ' || { ../snapfs umount --lazy place; false; }')

    def place_of_nobody(self, mode, change="true"):
        """A script: a directory with a repository and a mountpoint of another user's, and a device
        node of that mode."""
        return (f'cp "$SNAPFS_PROGRAM" snapfs && chmod 755 . && mount -t tmpfs none "{self.mountpoint}"'
                f' && cd "{self.mountpoint}" && mknod fuse c 10 229 && chmod {mode} fuse'
                f' && {change}'
                ' && : >fuse.conf && mount --bind fuse /dev/fuse && mount --bind fuse.conf /etc/fuse.conf'
                f' && mkdir place && cp -a "{self.repository}" r && chown -R 65534:65534 r place'
                ' && export RESTIC_REPOSITORY=r')

    def as_nobody(self, mode, options, message, change="true"):
        """A script: snapfs mount as another user says why not."""
        return (self.place_of_nobody(mode, change) +
                f' && ! {" ".join(NOBODY)} ../snapfs mount -b {options} place 2>message; cat message >&2'
                f'; test $(wc -l <message) = 1 && grep -q "{message}" message')

    def test_who_may_read_what(self):
        """Other users see nothing; or what the files' modes allow; or everything."""
        if os.geteuid() != 0:
            self.skipTest("only root can become another user")
        os.chmod(self.scratch, 0o755)
        os.chmod(os.path.join(self.source, "first"), 0o600)
        self.snapfs("snapshot", self.source)
        for options, expected in (([], (False, False)), (["--allow-other"], (False, True)),
                                  (["--allow-other", "--no-default-permissions"], (True, True))):
            with self.subTest(options=options):
                server, _ = self.serve(*options)
                readable = tuple(
                    subprocess.run([*NOBODY, "cat", os.path.join(self.latest, name)], check=False,
                                   capture_output=True).returncode == 0
                    for name in ("first", "second"))
                self.assertEqual(readable, expected)
                self.assert_readable()
                server.terminate()
                self.assertEqual(server.wait(timeout=30), 0)

    @harness.without_sanitizer(harness.ADDRESSES)
    def test_little_memory(self):
        """It serves, or says that it cannot; it ends when it is told to."""
        if shutil.which("prlimit") is None:
            self.skipTest("prlimit is not installed")
        served = 0
        for mebibytes in (60, 80, 100, 400, 800):
            with self.subTest(mebibytes=mebibytes):
                server, log = self.serve(prefix=["prlimit", f"--as={mebibytes << 20}"])
                try:
                    if server.poll() is None:
                        self.assert_readable()
                        served += 1
                except OSError:
                    pass  # what it says, and that it ends, counts
                server.terminate()
                if server.wait(timeout=30) != 0:
                    self.assertEqual(server.returncode, 1)
                    log.seek(0)
                    self.assertRegex(log.read().decode().splitlines()[-1], "^snapfs: .*"
                                     "(memory|temporarily unavailable)")
                self.assertEqual(self.mounts(), [])
        self.assertGreater(served, 0)

    @harness.without_sanitizer(harness.ADDRESSES)
    def test_few_threads(self):
        """Where a thread costs as much as 256 MiB of addresses, some do not start."""
        if shutil.which("prlimit") is None:
            self.skipTest("prlimit is not installed")
        words = b"no more threads"
        for mebibytes in (800, 1100, 1400, 1700, 2000):
            server, log = self.serve(prefix=["prlimit", "--stack=268435456",
                                             f"--as={mebibytes << 20}"])
            served = server.poll() is None
            if served:
                self.assert_readable()
                server.terminate()
            self.assertEqual(server.wait(timeout=30), 0 if served else 1)
            self.assertEqual(self.mounts(), [])
            log.seek(0)
            if served and words in log.read():
                return
        self.fail("it never served with fewer threads than it wants")

    # snapfs-restore

    def test_restore_leaves_standard_input_to_rsync(self):
        path = os.path.dirname(os.path.abspath(harness.SNAPFS)) + ":" + os.environ["PATH"]
        done = subprocess.run(
            [os.path.join(SCRIPTS, "snapfs-restore"), "latest:" + self.source + "/", "out",
             "--files-from=-"], cwd=self.scratch, env={**self.environment, "PATH": path}, timeout=60,
            input="second\n", capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(os.listdir(os.path.join(self.scratch, "out")), ["second"])

    def restore(self, *arguments, expect=0, **environment):
        path = os.path.dirname(os.path.abspath(harness.SNAPFS)) + ":" + os.environ["PATH"]
        done = self.run_program(os.path.join(SCRIPTS, "snapfs-restore"), arguments, expect=expect,
                                PATH=path, **environment)
        self.assertEqual(glob.glob(os.path.join(self.scratch, "snapfs-restore-*")), [])
        self.assertEqual(self.locks(), [])
        return done

    def assert_same_content(self, name, source=None):
        """The same, but for the target itself, which is left as it is."""
        target = os.path.join(self.scratch, name)
        shutil.copystat(source or self.source, target)
        self.assert_same_files(source or self.source, target)

    def test_restore_by_a_profile(self):
        profile = os.path.join(self.scratch, "mine.toml")
        password = os.path.join(self.scratch, "password of the profile")
        for path, content in ((password, self.environment["RESTIC_PASSWORD"]),
                              (profile, f'repository = "{self.repository}"\npassword-file = "{password}"\n'
                                        '[mount]\npath-template = ["only/%i"]\n')):
            with open(path, "w", encoding="utf-8") as file:
                file.write(content)
            os.chmod(path, 0o600)
        nothing = {"RESTIC_REPOSITORY": "", "RESTIC_PASSWORD": ""}
        for option in (["-P", profile], ["--profile=" + profile]):
            self.restore(*option, "latest:" + self.source, "out", **nothing)
            self.assert_same_content("out")
            shutil.rmtree(os.path.join(self.scratch, "out"))
        self.restore("-r", self.repository, "--password-command", f"cat '{password}'", "latest:" + self.source, "out", **nothing)
        self.assert_same_content("out")

    def test_restore_copies_and_cleans_up(self):
        self.restore("latest:" + self.source + "/", "out")
        self.assert_same_content("out")
        (snapshot,) = os.listdir(os.path.join(self.repository, "snapshots"))
        for name in (snapshot, snapshot[:8], snapshot[:3], "now", "today"):
            self.restore(name + ":" + self.source, "by " + name)
            self.assert_same_content("by " + name)

    def test_restore_tells_two_states_of_one_second_apart(self):
        self.restore("latest:" + self.source, "out")
        path = os.path.join(self.scratch, "out", "first")
        shown = os.stat(os.path.join(self.source, "first"))
        with open(path, "r+b") as file:
            file.write(b"?")
        second, part = divmod(shown.st_mtime_ns, 10**9)
        os.utime(path, ns=(shown.st_atime_ns, second * 10**9 + (part + 1) % 10**9))
        self.restore("latest:" + self.source, "out")
        self.assert_same_content("out")

    def test_restore_means_what_the_program_means(self):
        """Of a directory both write the content, and neither touches the target's own attributes."""
        for name, restore in (("one", self.restore), ("two", self.snapfs)):
            target = os.path.join(self.scratch, name)
            to = [target] if restore == self.restore else ["-t", target]
            os.mkdir(target, 0o700)
            if os.geteuid() == 0:
                os.chown(target, 7, 8)
            os.setxattr(target, "user.own", b"1")
            restore(*(["restore"] if restore == self.snapfs else []), "latest:" + self.source, *to)
            self.assertEqual(sorted(os.listdir(target)), ["first", "second"])
            restore(*(["restore"] if restore == self.snapfs else []), "latest", *to)
            self.assertEqual(len(os.listdir(target)), 3)
            status = os.stat(target)
            self.assertEqual(status.st_mode & 0o7777, 0o700)
            self.assertEqual(os.getxattr(target, "user.own"), b"1")
            if os.geteuid() == 0:
                self.assertEqual((status.st_uid, status.st_gid), (7, 8))

    @unittest.skipIf(os.geteuid() != 0 or not shutil.which("setpriv"), "needs root and setpriv")
    def test_restore_by_an_ordinary_user_leaves_the_target_alone(self):
        """In a namespace, as users may not use /dev/fuse everywhere."""
        target = os.path.join(self.scratch, "of nobody")
        for directory in (target, os.path.join(self.scratch, "temporary")):
            os.mkdir(directory, 0o700)
            os.chown(directory, 65534, 65534)
        os.setxattr(target, "user.own", b"1")
        subprocess.run(["chmod", "-R", "a+rX", self.scratch, self.repository], check=True)
        os.chmod(target, 0o710)
        program = os.path.dirname(os.path.abspath(harness.SNAPFS))
        script = ("mount -t tmpfs t /mnt && mknod /mnt/fuse c 10 229 && chmod 666 /mnt/fuse"
                  " && mount --bind /mnt/fuse /dev/fuse"
                  ' && exec setpriv --reuid=65534 --regid=65534 --clear-groups "$@"')
        for what in ("latest:" + self.source, "latest"):
            arguments = ["unshare", "-m", "sh", "-eu", "-c", script, "sh",
                         os.path.join(SCRIPTS, "snapfs-restore"), "-q", "--no-lock", what, target]
            done = subprocess.run(arguments, cwd="/", capture_output=True, text=True, timeout=60,
                                  check=False, env={
                                      **self.environment, "HOME": "/nonexistent",
                                      "TMPDIR": os.path.join(self.scratch, "temporary"),
                                      "PATH": program + ":" + os.environ["PATH"]})
            self.assertEqual(done.returncode, 0, done.stderr)
            status = os.stat(target)
            self.assertEqual((status.st_mode & 0o7777, status.st_uid, status.st_gid),
                             (0o710, 65534, 65534))
            self.assertEqual(os.getxattr(target, "user.own"), b"1")
        self.assertIn("first", os.listdir(target))
        self.assertTrue(os.path.exists(target + os.path.join(self.source, "first")))
        self.assertEqual(os.stat(os.path.join(target, "first")).st_uid, 65534)
        self.assertEqual(os.listdir(os.path.join(self.scratch, "temporary")), [])

    def test_restore_takes_odd_names_and_single_files(self):
        odd = os.path.join(self.scratch, "it's odd;")
        for name in ("#a", ";b", "-c", " d", "new\nline", ".hidden", "..e", "it's"):
            os.makedirs(os.path.join(odd, name))
            with open(os.path.join(odd, name, "f"), "w", encoding="utf-8") as file:
                file.write(name)
        os.link(os.path.join(odd, "#a", "f"), os.path.join(odd, "it's", "linked"))
        self.snapfs("snapshot", "-q", odd)
        self.restore("--path=" + odd, "latest:" + odd, "o")
        self.assert_same_content("o", odd)
        self.restore("latest:" + odd + "/#a/f", "single")
        self.assertEqual(os.listdir(os.path.join(self.scratch, "single")), ["f"])

    def test_restore_chooses_among_snapshots(self):
        for name in ("one", "two"):
            os.mkdir(os.path.join(self.scratch, name))
            with open(os.path.join(self.scratch, name, name), "w", encoding="utf-8"):
                pass
            self.snapfs("snapshot", "-q", "--host", name, "--tag", name + ",x",
                        os.path.join(self.scratch, name))
        one = os.path.join(self.scratch, "one")
        for i, arguments in enumerate((["-H", "one"], ["--host=one"], ["--tag", "one,x"],
                                       ["--path", one])):
            self.restore(*arguments, "latest:" + one, f"t{i}")
            self.assertEqual(os.listdir(os.path.join(self.scratch, f"t{i}")), ["one"])
        for i, name in enumerate(("latest", "today")):
            done = self.restore(name + ":" + one, f"u{i}")  # the newest that has it
            self.assertEqual(os.listdir(os.path.join(self.scratch, f"u{i}")), ["one"])
            self.assertIn("the newest that has " + one, done.stderr)
        self.restore("latest:" + one + "/absent", "x", expect=1)
        done = self.restore("--host", "nobody's", "latest", "x", expect=1)
        self.assertIn("nobody", done.stderr)

    def test_restore_deletes_within_the_paths_of_the_snapshot(self):
        a = os.path.join(self.scratch, "a")
        for name in ("docs/deep", "photos"):
            os.makedirs(os.path.join(a, name))
        self.snapfs("snapshot", "-q", os.path.join(a, "docs"))
        os.makedirs(os.path.join(a, "docs", "deep", "surplus"))
        os.makedirs(os.path.join(a, "docs", "excluded"))
        done = self.restore("latest:" + a, a, "--delete", expect=1)
        self.assertIn("--delete-outside-paths", done.stderr)
        self.assertIn(os.path.join(a, "docs"), done.stderr)
        done = self.restore("-n", "latest:" + a + "/docs", a + "/docs", "--delete")
        # The directory's time may differ, too, or be that of the same tick.
        self.assertEqual([line.split()[1] for line in done.stdout.splitlines()
                          if line.startswith("*deleting")], ["excluded/", "deep/surplus/"])
        self.restore("latest:" + a + "/docs", a + "/docs", "--delete", "--exclude=excluded")
        self.assertEqual(sorted(os.listdir(os.path.join(a, "docs"))), ["deep", "excluded"])
        self.assertEqual(os.listdir(os.path.join(a, "docs", "deep")), [])
        self.restore("--path", a + "/docs", "today:" + a + "/docs", a + "/docs", "--delete")
        self.assertEqual(os.listdir(os.path.join(a, "docs")), ["deep"])
        for options in (["--exclude-from=-"], ["--exclude-from", "-"]):
            done = self.restore("latest:" + a + "/docs", a, "--delete", *options, expect=1)
            self.assertIn("standard input once", done.stderr)
        self.restore("latest:" + a + "/docs/deep", a + "/docs/deep", "--delete")  # it is empty
        self.restore("--delete-outside-paths", "latest:" + a, a, "--delete-excluded")
        self.assertEqual(os.listdir(a), ["docs"])

    def test_restore_deletes_by_the_rules_of_the_program(self):
        """Paths that JSON writes in another way, targets that were relative, unfinished runs."""
        odd = os.path.join(self.scratch, "R&D <\u00e9>")
        os.makedirs(os.path.join(odd, "inside"))
        self.snapfs("snapshot", "-q", odd, "--tag", "odd")
        os.makedirs(os.path.join(self.scratch, "relative", "inside"))
        self.snapfs("snapshot", "-q", "relative", "--tag", "relative")
        target = os.path.join(self.scratch, "t")
        surplus = os.path.join(target, "surplus")
        for tag, path, origin in (("odd", odd, odd), ("relative", "/relative",
                                                      os.path.join(self.scratch, "relative"))):
            os.makedirs(surplus)
            self.restore("--tag", tag, "latest:" + path, target, "--delete")
            self.assertEqual(os.listdir(target), ["inside"])
            os.makedirs(surplus)
            done = self.restore("--tag", tag, "latest", target, "--delete", expect=1)
            self.assertIn(f"(it is of {origin})", done.stderr)
            self.assertTrue(os.path.exists(surplus))
            self.restore("--tag", tag, "latest:" + path, target, "--delete",
                         "--delete-outside-paths")
            self.assertEqual(os.listdir(target), ["inside"])
        (whole,) = json.loads(self.snapfs("snapshots", "--tag", "odd", "--json").stdout)
        unfinished = json.loads(self.snapfs("cat", "snapshot", whole["id"]).stdout)
        unfinished["tags"] = ["snapfs-partial"]
        damage.save_json(self.repository, "snapshots",
                         damage.master_key(self.repository, harness.PASSWORD), unfinished)
        (name,) = json.loads(self.snapfs("snapshots", "--tag", "snapfs-partial", "--json").stdout)
        self.snapfs("forget", "-q", whole["id"])
        os.makedirs(surplus)
        for options in ([], ["--delete-outside-paths"]):
            done = self.restore(*options, f"{name['short_id']}:{odd}", target, "--delete", expect=1)
            self.assertIn("unfinished run", done.stderr)
            self.assertTrue(os.path.exists(surplus))
        self.restore(f"{name['short_id']}:{odd}", target)

    def test_restore_passes_options_to_rsync(self):
        os.makedirs(os.path.join(self.scratch, "out", "extra"))
        self.restore("latest:" + self.source + "/", "out", "--delete", "--exclude=second")
        self.assertEqual(os.listdir(os.path.join(self.scratch, "out")), ["first"])

    def test_restore_dry_run_changes_nothing(self):
        done = self.restore("-n", "latest:" + self.source + "/", "out")
        self.assertIn("first", done.stdout)
        self.assertFalse(os.path.exists(os.path.join(self.scratch, "out")))

    def test_restore_says_what_is_wrong(self):
        self.restore("--help")
        for arguments, status, words in (
                (["latest"], 1, "usage"), (["--colour", "latest", "out"], 1, "--colour"),
                (["nosuch", "out"], 1, "nosuch"), (["0000000000", "out"], 1, "no snapshot"),
                (["latest:/absent", "out"], 1, "/absent"),
                (["-r", "nowhere", "latest", "out"], 10, "nowhere")):
            with self.subTest(arguments=arguments):
                done = self.restore(*arguments, expect=status)
                self.assertIn(words, done.stderr)
        self.restore("latest", "out", expect=12, RESTIC_PASSWORD="wrong")

    def test_restore_that_is_interrupted_cleans_up(self):
        """The stand-in for rsync says that it runs, and waits."""
        programs = os.path.join(self.scratch, "programs")
        os.makedirs(programs)
        with open(os.path.join(programs, "rsync"), "w", encoding="ascii") as file:
            file.write("#!/bin/sh\necho running\nexec sleep 600\n")
        os.chmod(os.path.join(programs, "rsync"), 0o755)
        path = ":".join([programs, os.path.dirname(os.path.abspath(harness.SNAPFS)), os.environ["PATH"]])
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, signal.SIGPIPE):
            script = subprocess.Popen(
                [os.path.join(SCRIPTS, "snapfs-restore"), "latest", "out"], cwd=self.scratch,
                env={**self.environment, "PATH": path}, stdin=subprocess.DEVNULL, text=True,
                stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            self.assertEqual(script.stdout.readline(), "running\n")
            script.send_signal(number)
            script.communicate(timeout=60)
            self.assertEqual(script.returncode, 130)
            self.assertEqual(glob.glob(os.path.join(self.scratch, "snapfs-restore-*")), [])
            self.assertEqual(self.locks(), [])


if __name__ == "__main__":
    sys.exit(harness.main())
