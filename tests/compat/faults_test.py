"""Storage that fails in the middle of commands: what goes on by itself, what is said, what a Ctrl-C ends,
and what nobody may get to see. All that can be wrong with one request is in tests/fs/backend/faults.
"""
import contextlib
import os
import signal
import socket
import stat
import subprocess
import threading

import harness
import fault_server
from fault_server import HANG, RESET

# Far less than what anything is waited for where nobody has pressed Ctrl-C.
SOON = 20


class FaultTest(harness.CompatTest):
    needs_restic = False

    def setUp(self):
        super().setUp()
        self.cheap_repository_of_ours()
        self.source = os.path.join(self.scratch, "source")
        os.makedirs(self.source)
        for number in range(12):
            with open(os.path.join(self.source, str(number)), "wb") as file:
                file.write(os.urandom(900_000))
        self.environment["RESTIC_PACK_SIZE"] = "4"
        self.environment["AWS_EC2_METADATA_DISABLED"] = "true"

    def serve(self, **options):
        server = fault_server.FaultServer(self.repository, **options)
        self.addCleanup(server.close)
        self.environment["RESTIC_REPOSITORY"] = server.url
        return server

    def start(self, *arguments, **environment):
        """snapfs, with its errors in a pipe."""
        process = subprocess.Popen(
            [harness.SNAPFS, *arguments], env={**self.environment, **environment}, cwd=self.scratch,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.addCleanup(process.stderr.close)
        return process

    def wait_for_line(self, process, words):
        lines = []
        for line in process.stderr:
            lines.append(line)
            if words in line:
                return line
        self.fail(f"no '{words}' in {lines}")

    def check_directory(self):
        self.snapfs("check", "--read-data", "-q", RESTIC_REPOSITORY=self.repository)


def nth(number, match, fault):
    """A rule: from the request of that number on of those that match, `fault`, until it is cleared."""
    seen = []

    def rule(method, path):
        if not match(method, path):
            return None
        seen.append(path)
        return fault if len(seen) >= number else None
    return rule


class Interrupted(FaultTest):
    """What goes away and comes back is waited for."""

    def go_away(self, server, process, match, number=2):
        """The server ends at that request; it is there again when the program has noticed."""
        self.assertTrue(server.met.wait(120))
        server.stop()
        self.wait_for_line(process, "is tried again")
        server.rule = lambda method, path: None
        server.start()
        errors = process.stderr.read()
        self.assertEqual(process.wait(), 0, errors)

    def test_a_snapshot_survives_a_restart_of_the_server(self):
        server = self.serve()
        server.rule = nth(2, lambda method, path: method == "POST" and "/data/" in path, RESET)
        process = self.start("snapshot", self.source)
        self.go_away(server, process, None)
        self.check_directory()
        self.snapfs("restore", "latest", "--target", "restored")
        self.assert_same_files(self.source, os.path.join(self.scratch, "restored", self.source[1:]))

    def test_a_prune_survives_a_restart_of_the_server(self):
        server = self.serve()
        self.snapfs("snapshot", self.source)
        for number in range(0, 12, 2):
            os.remove(os.path.join(self.source, str(number)))
        self.snapfs("snapshot", self.source)
        for method, kind in (("POST", "/data/"), ("POST", "/index/"), ("DELETE", "/index/"),
                             ("DELETE", "/data/")):
            with self.subTest(method=method, kind=kind):
                server.met.clear()
                # pylint: disable-next=cell-var-from-loop
                server.rule = nth(1, lambda m, path: m == method and kind in path, RESET)
                ids = [s["id"] for s in self.all_snapshots()]
                if len(ids) == 1:
                    with open(os.path.join(self.source, "1"), "ab") as file:
                        file.write(os.urandom(900_000))
                    server.rule = lambda method, path: None
                    self.snapfs("snapshot", self.source)
                    # pylint: disable-next=cell-var-from-loop
                    server.rule = nth(1, lambda m, path: m == method and kind in path, RESET)
                process = self.start("forget", "--keep-last", "1", "--prune", "--max-unused=0",
                                     "--repack-small")
                self.go_away(server, process, None)
                self.check_directory()

    def all_snapshots(self):
        import json  # pylint: disable=import-outside-toplevel
        return json.loads(self.snapfs("snapshots", "--json").stdout)

    def test_a_mount_recovers_by_itself(self):
        server = self.serve()
        self.snapfs("snapshot", self.source)
        with self.mounted("--no-cache") as mountpoint:
            below = f"{mountpoint}/snapshots/latest{self.source}"
            self.assertEqual(len(os.listdir(below)), 12)
            server.stop()
            read = []
            reader = threading.Thread(target=lambda: read.append(self.content(f"{below}/3")))
            reader.start()
            server.start()
            reader.join()
            self.assertEqual(read, [self.content(os.path.join(self.source, "3"))])
            self.assertEqual(self.content(f"{below}/5"),
                             self.content(os.path.join(self.source, "5")))

    @staticmethod
    def content(path):
        with open(path, "rb") as file:
            return file.read()


class Refused(FaultTest):
    """What does not pass is said at once, and nothing that was stored is lost."""

    def refused(self, rule, *arguments, **options):
        server = self.serve()
        server.rule = rule
        result = self.snapfs(*arguments, **options)
        self.assertNotIn("is tried again", result.stderr)
        return result.stderr

    def test_a_full_server(self):
        words = self.refused(nth(2, lambda method, path: method == "POST" and "/data/" in path, 507),
                             "snapshot", self.source, expect=1)
        self.assertIn("its storage is full; make room there", words)
        self.assertIn(self.environment["RESTIC_REPOSITORY"], words)
        self.assertEqual(os.listdir(os.path.join(self.repository, "locks")), [])
        self.serve()
        self.snapfs("snapshot", self.source)
        self.check_directory()

    def test_credentials_that_expire(self):
        words = self.refused(nth(2, lambda method, path: method == "POST" and "/data/" in path, 401),
                             "snapshot", self.source, expect=1)
        self.assertIn("check the user name and the password", words)
        self.check_directory()

    def test_a_name_that_nobody_knows(self):
        self.environment["RESTIC_REPOSITORY"] = "rest:http://me:hushhush@nobody.invalid/r/"
        process = self.start("snapshots")
        line = self.wait_for_line(process, "is tried again")
        self.assertIn("nobody knows the address of nobody.invalid", line)
        self.assertNotIn("hushhush", line)
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(SOON), 130)


class Ways(FaultTest):
    def test_ipv6(self):
        try:
            server = self.serve(host="::1")
        except OSError as error:
            self.skipTest(f"no IPv6 here: {error}")
        self.snapfs("snapshot", self.source)
        self.assertIn("[::1]", server.url)
        self.check_directory()

    def test_a_proxy(self):
        proxy = self.serve()
        environment = {"RESTIC_REPOSITORY": "rest:http://storage.example/",
                       "HTTP_PROXY": f"http://us:hushhush@127.0.0.1:{proxy.port}"}
        self.snapfs("snapshot", self.source, **environment)
        self.assertTrue(all(path.startswith("http://storage.example/") for _, path, _ in proxy.seen))
        self.assertIn("Proxy-Authorization", proxy.seen[0][2])
        proxy.rule = lambda method, path: 407
        result = self.snapfs("snapshots", expect=1, **environment)
        self.assertIn("HTTP_PROXY", result.stderr)
        self.assertNotIn("hushhush", result.stderr)
        proxy.rule = lambda method, path: None
        proxy.seen.clear()
        self.serve()
        self.snapfs("snapshots", HTTP_PROXY=f"http://127.0.0.1:{proxy.port}")
        self.assertEqual(proxy.seen, [], "this machine is reached without")


class Secrets(FaultTest):
    SECRETS = {"AWS_SECRET_ACCESS_KEY": "hush-aws", "AWS_SESSION_TOKEN": "hush-token",
               "RESTIC_REST_PASSWORD": "hush-rest", "AZURE_ACCOUNT_KEY": "hush-azure"}

    def program(self, name, script):
        path = os.path.join(self.scratch, name)
        with open(path, "w", encoding="ascii") as file:
            file.write("#!/bin/sh\n" + script)
        os.chmod(path, stat.S_IRWXU)
        return path

    def test_ssh_gets_none_of_them(self):
        seen = os.path.join(self.scratch, "seen")
        ssh = self.program("ssh", f"tr '\\0' '\\n' < /proc/$$/environ > {seen}\n"
                           f"tr '\\0' '\\n' < /proc/$$/cmdline >> {seen}\n"
                           "echo 'me@host: Permission denied (publickey).' >&2; exit 255\n")
        result = self.snapfs("-r", "sftp:host:r", "-o", f"sftp.command={ssh}", "snapshots", expect=1,
                             **self.SECRETS)
        with open(seen, encoding="utf-8", errors="replace") as file:
            text = file.read() + result.stderr
        for secret in (*self.SECRETS.values(), harness.PASSWORD):
            self.assertNotIn(secret, text)

    def test_rclone_gets_no_password_of_ours_and_hides_its_own(self):
        seen = os.path.join(self.scratch, "seen")
        rclone = self.program("rclone", f"tr '\\0' '\\n' < /proc/$$/environ > {seen}\n"
                              f"tr '\\0' '\\n' < /proc/$$/cmdline > {seen}.line\n"
                              "echo \"the password is $RCLONE_PASS\" >&2; exit 1\n")
        result = self.snapfs("-r", "rclone:remote:r", "-o", f"rclone.program={rclone}", "snapshots",
                             expect=1, **self.SECRETS)
        with open(seen, encoding="utf-8", errors="replace") as file:
            variables = file.read()
        with open(seen + ".line", encoding="utf-8", errors="replace") as file:
            words = file.read()
        self.assertNotIn(harness.PASSWORD, variables + words)
        self.assertNotIn("hush-rest", variables + words)
        password = next(line for line in variables.splitlines()
                        if line.startswith("RCLONE_PASS=")).partition("=")[2]
        self.assertNotIn(password, words + result.stderr)
        self.assertIn("the password is ***", result.stderr)


class Stopped(FaultTest):
    """A Ctrl-C ends everything soon, whatever hangs, also what cleans up."""

    def stop(self, process, *ready):
        for event in ready:
            self.assertTrue(event.wait(120), "it was not asked")
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(SOON), 130, process.stderr.read())

    def test_whatever_request_hangs(self):
        self.snapfs("snapshot", self.source)
        everything = [("snapshot", self.source), ("prune",), ("check", "--read-data"),
                      ("restore", "latest", "--target", "restored")]
        for arguments in everything:
            for number in (1, 9):
                with self.subTest(arguments=arguments, number=number):
                    for left in os.listdir(os.path.join(self.repository, "locks")):
                        os.remove(os.path.join(self.repository, "locks", left))
                    server = self.serve()
                    # Nothing is answered from then on, nor is the removal of the lock.
                    server.rule = nth(number, lambda method, path: True, HANG)
                    self.stop(self.start(*arguments, "--no-cache"), server.met)

    def test_an_upload_that_stands_still(self):
        server = self.serve()
        server.rule = nth(1, lambda method, path: method == "POST" and "/data/" in path or hung.is_set(),
                          HANG)
        hung = threading.Event()
        process = self.start("snapshot", self.source)
        self.assertTrue(server.met.wait(120))
        hung.set()  # everything else is, too
        self.stop(process)

    def test_a_server_that_never_answers_the_handshake(self):
        for begin, end in (("rest:https:", "/"), ("s3:https:", "/bucket")):
            # One each: a connection of the one that ended may still be in the queue.
            with socket.create_server(("127.0.0.1", 0)) as listener:
                listener.settimeout(120)
                repository = f"{begin}//127.0.0.1:{listener.getsockname()[1]}{end}"
                process = self.start("snapshots", RESTIC_REPOSITORY=repository,
                                     AWS_ACCESS_KEY_ID="a", AWS_SECRET_ACCESS_KEY="b")
                connection, _ = listener.accept()
                with connection:
                    connection.recv(1)
                    self.stop(process)

    def test_programs_that_hang(self):
        fifo = os.path.join(self.scratch, "started")
        os.mkfifo(fifo)
        program = os.path.join(self.scratch, "program")
        with open(program, "w", encoding="ascii") as file:
            file.write(f"#!/bin/sh\ntrap '' INT TERM\necho $$ > {fifo}\nexec sleep 1000\n")
        os.chmod(program, stat.S_IRWXU)
        for repository, option in (("sftp:host:r", f"sftp.command={program}"),
                                   ("rclone:remote:r", f"rclone.program={program}")):
            with self.subTest(repository=repository):
                process = self.start("-r", repository, "-o", option, "snapshots")
                with open(fifo, encoding="ascii") as file:
                    pid = int(file.read())
                self.stop(process)
                self.wait_for_end_of(pid)

    @staticmethod
    def wait_for_end_of(pid):
        """What was killed may take a moment, and whoever has to bury it, too."""
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            while True:
                with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
                    if file.read().rpartition(")")[2].split()[0] == "Z":
                        return


if __name__ == "__main__":
    harness.main()
