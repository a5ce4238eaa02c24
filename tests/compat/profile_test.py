"""Profiles: what they say to real commands, runs with their hooks, and what restic makes of the result."""
import datetime
import hashlib
import json
import os
import re
import signal
import stat
import shutil
import subprocess
import textwrap
import unittest

import harness
import sealing
from cheap_key import key_of

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")


class ProfileTest(harness.CompatTest):
    def setUp(self):
        super().setUp()
        self.home = os.path.join(self.scratch, "home")
        self.profiles = os.path.join(self.home, ".config", "snapfs")
        os.makedirs(self.profiles)
        os.makedirs(os.path.join(self.home, "work"))
        self.write("work/report.odt", "content")
        self.write("password", harness.PASSWORD + "\n")
        # Nothing comes from the environment.
        self.environment = {name: value for name, value in self.environment.items()
                            if not name.startswith(("RESTIC_", "XDG_"))}
        self.environment |= {"HOME": self.home, "LOG": os.path.join(self.home, "log"),
                             "XDG_STATE_HOME": os.path.join(self.scratch, "state"),
                             "SNAPFS_CACHE_DIR": os.path.join(self.scratch, "cache")}
        self.reading = {"RESTIC_REPOSITORY": self.repository, "RESTIC_PASSWORD": harness.PASSWORD}

    def write(self, name, text):
        path = os.path.join(self.home, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def profile(self, text, name="home"):
        path = self.write(f".config/snapfs/{name}.toml", text)
        os.chmod(path, 0o600)
        return path

    def usual(self, more="", snapshot="", forget="keep-last = 1"):
        return self.profile(f"repository = '{self.repository}'\npassword-file = '~/password'\n"
                            f"[snapshot]\nsources = ['~/work']\nhost = 'profiled'\n{snapshot}\n"
                            f"[forget]\n{forget}\n{more}")

    def make_repository(self):
        environment = self.environment
        self.environment = {**environment, **self.reading}
        self.cheap_repository()
        self.environment = environment

    def log(self):
        path = os.path.join(self.home, "log")
        if not os.path.exists(path):
            return []
        with open(path, encoding="utf-8") as file:
            return file.read().splitlines()

    def seen_by_restic(self):
        return json.loads(self.restic("snapshots", "--json", **self.reading).stdout)


class SettingsTest(ProfileTest):
    def test_every_step_of_a_repository_s_life(self):
        mountpoint = os.path.join(self.home, "mnt")
        os.makedirs(mountpoint)
        self.usual("[check]\nread-data = true\n[restore]\nsnapshot = 'latest'\ntarget = '../../out'\n"
                   "[mount]\nmountpoint = '~/mnt'\n", snapshot="tag = ['a', 'b']")
        self.snapfs("-P", "home", "init")
        self.snapfs("snapshot", "-q", SNAPFS_PROFILE="home")
        self.snapfs("-P", "home", "check")
        self.snapfs("-P", "home", "restore", "-q")
        with open(os.path.join(self.home, "out", self.home[1:], "work", "report.odt"),
                  encoding="utf-8") as file:
            self.assertEqual(file.read(), "content")
        (snapshot,) = self.seen_by_restic()
        self.assertEqual((snapshot["hostname"], snapshot["tags"], snapshot["paths"]),
                         ("profiled", ["a", "b"], [os.path.join(self.home, "work")]))
        self.snapfs("-P", "home", "snapshot", "-q", "--host", "line", os.path.join(self.home, "password"))
        self.assertEqual([(one["hostname"], one["paths"]) for one in self.seen_by_restic()][1:],
                         [("line", [os.path.join(self.home, "password")])])
        if harness.mount_usable():
            self.snapfs("-P", "home", "mount", "--background")
            self.addCleanup(subprocess.run, ["fusermount3", "-uzq", mountpoint], check=False)
            self.assertEqual(sorted(os.listdir(os.path.join(mountpoint, "hosts"))), ["line", "profiled"])
            self.snapfs("umount", mountpoint)

    def test_mistakes_name_their_place_and_change_nothing(self):
        self.make_repository()
        path = self.usual(forget="keep-lats = 1")
        for command in "snapshot", "run", "snapshots":
            words = self.snapfs("-P", "home", command, expect=1).stderr
            self.assertIn(f"{path}:8:1: [forget] has no key \"keep-lats\": did you mean keep-last", words)
        path = self.usual(forget="keep-last = 'some'")
        self.snapfs("-P", "home", "snapshots")
        self.assertIn(f"{path}:8:13: keep-last: ", self.snapfs("-P", "home", "run", expect=1).stderr)
        self.assertEqual(self.seen_by_restic(), [])

    def test_a_profile_that_others_can_write_is_refused(self):
        self.make_repository()
        path = self.usual()
        os.chmod(path, 0o666)
        self.assertIn("chmod go-w", self.snapfs("-P", "home", "snapshots", expect=1).stderr)
        os.chmod(path, 0o600)
        self.snapfs("-P", "home", "snapshots")
        # Nor may others put another one there.
        os.chmod(self.home, 0o777)
        words = self.snapfs("-P", "home", "snapshots", expect=1).stderr
        self.assertIn(f"{self.home} can be written by others, who could replace the profile {path}", words)
        self.assertEqual(words.count("\n"), 1, words)
        os.chmod(self.home, 0o755)
        self.snapfs("-P", "home", "snapshots")

    def test_an_inherited_profile_is_looked_at_like_any_other(self):
        self.make_repository()
        shared = os.path.join(self.home, "shared")
        os.mkdir(shared)
        base = self.write("shared/base.toml", f"repository = '{self.repository}'\npassword-file = '~/password'\n")
        self.profile(f"inherit = '{base}'\n")
        os.chmod(base, 0o600)
        self.snapfs("-P", "home", "snapshots")
        os.chmod(shared, 0o777)
        self.assertIn(f"chmod go-w {shared}", self.snapfs("-P", "home", "snapshots", expect=1).stderr)

    def test_fstab_s_options_may_name_one(self):
        helper = os.path.join(self.scratch, "mount.snapfs")
        os.symlink(os.path.abspath(harness.SNAPFS), helper)
        done = self.run_program(helper, ["/none", "/none", "-f", "-o", "profile=home,no-lock"])
        self.assertEqual(done.returncode, 0)


class RunTest(ProfileTest):
    def setUp(self):
        super().setUp()
        self.make_repository()

    def run_home(self, *options, expect=0, **environment):
        return self.snapfs("-P", "home", "run", *options, expect=expect, **environment)

    def test_takes_one_and_forgets_the_rest(self):
        self.usual()
        for _ in range(3):
            self.run_home("-q")
        self.assertEqual(len(self.seen_by_restic()), 1)
        self.assertIn("no errors", self.restic("check", **self.reading).stdout)

    def test_a_lock_that_a_loss_of_power_left_is_in_nobodys_way(self):
        self.usual()
        mountpoint = os.path.join(self.scratch, "mountpoint")
        os.mkdir(mountpoint)
        with subprocess.Popen([harness.SNAPFS, "-P", "home", "mount", mountpoint], cwd=self.scratch,
                              env=self.environment, stdout=subprocess.PIPE) as mount:
            self.assertTrue(mount.stdout.readline())
            self.assertIn("a mount on", self.run_home("-q", expect=11).stderr, "it is held")
            mount.kill()
        subprocess.run(["fusermount3", "-uzq", mountpoint], check=True)
        locks = os.path.join(self.repository, "locks")
        self.assertEqual(len(os.listdir(locks)), 1)
        self.run_home("--dry-run", expect=11)
        self.assertEqual(len(os.listdir(locks)), 1, "that writes nothing")
        done = self.run_home("--json")
        for line in done.stdout.splitlines():
            self.assertNotIn("locks", json.loads(line))
        self.assertEqual(os.listdir(locks), [])
        self.assertEqual(len(self.seen_by_restic()), 1)

    def forge_lock(self, **members):
        """An exclusive one, as other programs write it, by a process of this machine that there is not."""
        key = key_of(json.loads(self.snapfs("-P", "home", "cat", "masterkey", "--no-lock").stdout))
        now = datetime.datetime.now(datetime.timezone.utc)
        lock = {"time": now.isoformat(), "exclusive": True, "hostname": os.uname().nodename, "username": "root",
                "pid": 999_999_999} | members
        content = sealing.seal(key, json.dumps(lock).encode())
        path = os.path.join(self.repository, "locks", hashlib.sha256(content).hexdigest())
        with open(path, "wb") as file:
            file.write(content)
        return path

    def test_a_prune_that_lost_its_power_is_in_nobodys_way(self):
        self.usual("[unlock]\nremove-all = true\n")
        left = self.forge_lock()
        self.assertIn("1 lock of processes that are gone was removed", self.run_home("-q").stderr)
        self.assertFalse(os.path.exists(left))
        self.assertEqual(len(self.seen_by_restic()), 1)
        # Of another machine, of which nobody here knows, however old it is.
        hours_ago = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(hours=5)
        foreign = self.forge_lock(hostname="elsewhere", time=hours_ago.isoformat())
        self.run_home("-q", expect=11)
        self.assertTrue(os.path.exists(foreign))

    def test_without_a_table_for_it_nothing_is_forgotten(self):
        self.usual()
        self.profile(f"repository = '{self.repository}'\npassword-file = '~/password'\n"
                     "[snapshot]\nsources = ['~/work']\n")
        self.run_home("-q")
        self.run_home("-q")
        self.assertEqual(len(self.seen_by_restic()), 2)

    def test_hooks_stand_around_it(self):
        self.usual("[hooks]\nbefore = 'echo before $SNAPFS_COMMAND >> $LOG'\n"
                   "after = 'echo after $SNAPFS_SNAPSHOT_ID >> $LOG; echo seen'\n"
                   "finally = 'echo finally $SNAPFS_EXIT_STATUS >> $LOG'\n"
                   "[snapshot.hooks]\nbefore = 'echo before $SNAPFS_COMMAND >> $LOG'\n")
        done = self.run_home("--json")
        (snapshot,) = self.seen_by_restic()
        self.assertEqual(self.log(), ["before run", "before snapshot", "after " + snapshot["id"], "finally 0"])
        self.assertNotIn("seen", done.stdout)  # JSON alone
        for line in done.stdout.splitlines():
            json.loads(line)

    def test_statuses_are_the_worst(self):
        hooks = ("[hooks]\nfailed = 'echo failed $SNAPFS_EXIT_STATUS >> $LOG'\n"
                 "[forget.hooks]\nbefore = 'echo forget >> $LOG'\n")
        self.usual(hooks, snapshot="files-from-verbatim = ['../../list']")
        self.write("list", os.path.join(self.home, "nothing") + "\n")
        self.run_home("-q", expect=3)
        self.assertEqual(self.log(), ["forget", "failed 3"])
        self.assertEqual(len(self.seen_by_restic()), 1)
        self.usual(hooks)
        for status, change in ((12, {"password-file": "work/report.odt"}), (10, {"repository": "none"})):
            os.remove(os.path.join(self.home, "log"))
            with open(os.path.join(self.profiles, "home.toml"), encoding="utf-8") as file:
                text = file.read()
            for key, value in change.items():
                text = re.sub(f"^{key} = .*$", f"{key} = '~/{value}'", text, flags=re.M)
            self.profile(text)
            words = self.run_home("-q", expect=status).stderr
            self.assertIn("none is forgotten", words)
            self.assertEqual(self.log(), [f"failed {status}"])

    def test_a_hook_that_fails_makes_status_1(self):
        self.usual("[hooks]\nbefore = 'exit 7'\n")
        words = self.run_home(expect=1).stderr
        self.assertIn("\"exit 7\"", words)
        self.assertIn("status 7", words)
        self.assertEqual(self.seen_by_restic(), [])

    def test_a_second_run_does_nothing(self):
        self.usual("[hooks]\nbefore = ['echo begun >> $LOG']\nfinally = ['echo done >> $LOG']\nfailed = 'echo failed >> $LOG'\n"
                   "[snapshot.hooks]\nbefore = 'echo there; read line < $FIFO'\n")
        fifo = os.path.join(self.scratch, "fifo")
        os.mkfifo(fifo)
        environment = {**self.environment, "FIFO": fifo}
        with subprocess.Popen([harness.SNAPFS, "-P", "home", "-q", "run"], env=environment,
                              cwd=self.scratch, stderr=subprocess.PIPE, text=True) as first:
            try:
                self.assertEqual(first.stderr.readline(), "there\n")
                words = self.run_home(expect=11, FIFO="/dev/null").stderr
                self.assertIn(f"under way (process {first.pid})", words)
                self.assertEqual(self.log(), ["begun"], "what the first needs is not cleaned up by the second")
            finally:
                with open(fifo, "w", encoding="utf-8") as file:
                    file.write("\n")
            self.assertEqual(first.wait(), 0)
        self.run_home("-q", FIFO="/dev/null", expect=1)  # nothing to read: but no lock either
        self.assertEqual(len(self.seen_by_restic()), 1)

    def test_an_interruption_ends_a_hook_and_cleans_up(self):
        self.usual("[hooks]\nbefore = 'echo there; exec sleep 1000'\n"
                   "finally = 'echo clean $SNAPFS_EXIT_STATUS >> $LOG'\n")
        with subprocess.Popen([harness.SNAPFS, "-P", "home", "run"], env=self.environment,
                              cwd=self.scratch, stderr=subprocess.PIPE, text=True) as run:
            self.assertEqual(run.stderr.readline(), "there\n")
            run.send_signal(signal.SIGTERM)
            run.stderr.read()
            self.assertEqual(run.wait(), 130)
        self.assertEqual(self.log(), ["clean 130"])
        self.assertEqual(self.seen_by_restic(), [])

    def test_a_hook_of_a_command_may_call_it(self):
        self.usual("[snapshot.hooks]\nafter = ['echo after >> $LOG', '\"$PROGRAM\" -q snapshot \"$HOME\"/.config']\n")
        self.run_home("-q", PROGRAM=harness.SNAPFS)
        self.assertEqual(self.log(), ["after"])
        self.assertEqual(len(self.seen_by_restic()), 2)

    def test_a_run_that_its_own_hook_calls_is_refused(self):
        self.usual("[hooks]\nbefore = '\"$PROGRAM\" -q run; echo $? >> $LOG'\n")
        self.run_home("-q", PROGRAM=harness.SNAPFS)
        self.assertEqual(self.log(), ["11"])
        self.assertEqual(len(self.seen_by_restic()), 1)

    def test_hooks_get_neither_our_input_nor_our_passwords(self):
        self.usual("[hooks]\nbefore = ['cat >> $LOG', 'echo \"$DB_PASSWORD-$RESTIC_FROM_PASSWORD\" >> $LOG']\n")
        subprocess.run([harness.SNAPFS, "-P", "home", "-q", "run"], input="secret\n", text=True, check=True, cwd=self.scratch,
                       env={**self.environment, "DB_PASSWORD": "of the dump", "RESTIC_FROM_PASSWORD": "ours"})
        self.assertEqual(self.log(), ["of the dump-"])

    def test_half_a_dry_run_is_refused(self):
        for change in ({"snapshot": "dry-run = true"}, {"forget": "keep-last = 1\ndry-run = true"}):
            self.usual(**change)
            self.assertIn("run --dry-run", self.run_home(expect=1).stderr)
            self.run_home("--dry-run")
        self.assertEqual(self.seen_by_restic(), [])

    def test_no_zero_byte_gets_into_names(self):
        for line in ("sources = [\"/tmp\\u0000x\"]", "as-path = \"/a\\u0000b\"", "host = \"a\\u0000b\""):
            self.usual(snapshot=line if not line.startswith(("sources", "host")) else "")
            if line.startswith(("sources", "host")):
                self.profile(f"repository = '{self.repository}'\n[snapshot]\n{line}\n")
            self.assertIn("a zero byte", self.run_home(expect=1).stderr)
            self.assertIn("a zero byte", self.snapfs("profile", "check", "home", expect=1).stderr)
        self.assertEqual(self.seen_by_restic(), [])

    def test_the_password_is_asked_for_once(self):
        self.profile(f"repository = '{self.repository}'\n[snapshot]\nsources = ['~/work']\n"
                     "[forget]\nkeep-last = 1\n")
        subprocess.run([harness.SNAPFS, "-P", "home", "-q", "run"], env=self.environment, check=True,
                       cwd=self.scratch, input=harness.PASSWORD + "\n", text=True)
        self.run_home("-q", SNAPFS_PASSWORD=harness.PASSWORD)
        self.assertEqual(len(self.seen_by_restic()), 1)

    def test_a_dry_run_writes_nothing_and_runs_no_hooks(self):
        self.usual("[hooks]\nbefore = 'echo before >> $LOG'\n")
        self.run_home("--dry-run")
        self.assertEqual((self.seen_by_restic(), self.log()), ([], []))

    def test_it_needs_a_profile_that_names_sources(self):
        self.assertIn("-P", self.snapfs("run", expect=1).stderr)
        self.profile("[forget]\nkeep-last = 1\n")
        self.assertIn("sources = ", self.run_home(expect=1).stderr)


class CommandTest(ProfileTest):
    needs_restic = False

    def test_init_writes_one_that_is_private_and_stays(self):
        self.snapfs("profile", "init", "new", "-r", "snapshots", "-p", "password")
        path = os.path.join(self.profiles, "new.toml")
        self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)
        with open(path, encoding="utf-8") as file:
            text = file.read()
        self.assertIn(f"\nrepository = \"{self.scratch}/snapshots\"\n", text)
        self.assertIn(f"\npassword-file = \"{self.scratch}/password\"\n", text)
        self.assertIn("stays as it is", self.snapfs("profile", "init", "new", expect=1).stderr)
        with open(path, encoding="utf-8") as file:
            self.assertEqual(file.read(), text)

    def test_init_writes_what_was_named(self):
        named = os.path.join(self.scratch, "named")
        with open(named, "w", encoding="ascii") as file:
            file.write("rest:http://host/r\n")
        for number, (arguments, written) in enumerate((
                (["-r", "local:here"], f"local:{self.scratch}/here"), (["--repository-file", named], "rest:http://host/r"),
                (["-r", "sftp:host:r"], "sftp:host:r"))):
            self.snapfs("profile", "init", f"p{number}", *arguments)
            with open(os.path.join(self.profiles, f"p{number}.toml"), encoding="utf-8") as file:
                self.assertIn(f'\nrepository = "{written}"\n', file.read())
        self.assertIn("which is UTF-8", self.snapfs("profile", "init", "odd", "-r", b"/tmp/bad\xffname", expect=1).stderr)

    def test_list_names_those_there_are(self):
        self.assertIn("snapfs profile init", self.snapfs("profile", "list").stdout)
        self.profile("", "base")
        self.profile("inherit = 'base'", "home")
        listed = json.loads(self.snapfs("profile", "list", "--json").stdout)
        self.assertEqual([one["name"] for one in listed], ["base", "home"])
        self.assertIn("base.toml", self.snapfs("profile", "list").stdout.splitlines()[3])

    def test_show_says_where_everything_is_from(self):
        path = self.usual()
        shown = self.snapfs("-P", "home", "profile", "show", SNAPFS_COMPRESSION="max").stdout
        self.assertRegex(shown, f"(?m)^keep-last = \"1\" +# {re.escape(path)}:8$")
        self.assertRegex(shown, '(?m)^compression = "max" +# from SNAPFS_COMPRESSION$')
        keys = json.loads(self.snapfs("profile", "show", "home", "--json").stdout)
        (found,) = [one for one in keys if (one["table"], one["key"]) == ("snapshot", "sources")]
        self.assertEqual((found["values"], found["line"]), ([os.path.join(self.home, "work")], 4))

    def test_check_finds_all_mistakes(self):
        self.usual()
        self.assertIn("no mistakes", self.snapfs("profile", "check", "home").stdout)
        self.profile("compression = 'none'\npasswords = 'x'\n[forget]\nkeep-daily = 'x'\n")
        words = self.snapfs("profile", "check", "home", expect=1).stderr
        self.assertEqual(len(words.splitlines()), 4)
        found = json.loads(self.snapfs("profile", "check", "home", "--json", expect=1).stdout)
        self.assertEqual(len(found["mistakes"]), 3)
        self.profile("= 1\n")
        self.assertIn("home.toml:1:1", self.snapfs("profile", "check", "home", expect=1).stderr)

    def test_one_that_is_missing_is_named_with_the_nearest(self):
        self.profile("")
        self.assertIn("did you mean home?", self.snapfs("-P", "hoem", "snapshots", expect=1).stderr)


class TourTest(ProfileTest):
    def test_the_readme_s_works_as_printed(self):
        with open(os.path.join(ROOT, "README.md"), encoding="utf-8") as file:
            (section,) = re.findall(r"^## Set up once$(.*?)^## ", file.read(), re.M | re.S)
        (block,) = re.findall(r"^```\n(.*?)^```$", section, re.M | re.S)
        programs = os.path.join(self.scratch, "bin")
        os.makedirs(programs)
        os.symlink(os.path.abspath(harness.SNAPFS), os.path.join(programs, "snapfs"))
        done = subprocess.run(["bash", "-euc", block], cwd=self.home, timeout=300, check=False,
                              env={**self.environment, "PATH": programs + ":" + os.environ["PATH"]},
                              stdin=subprocess.DEVNULL, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn(os.path.join(self.home, "work"), done.stdout)

    def test_the_profile_of_the_documentation_has_no_mistakes(self):
        with open(os.path.join(ROOT, "docs", "profiles.md"), encoding="utf-8") as file:
            (text,) = re.findall(r"^```toml\n(.*?)^```$", file.read(), re.M | re.S)
        self.profile(text)
        self.profile("", "common")
        for name in ".snapfs-password", ".config/snapfs/excludes.txt":
            self.write(name, "")
        self.snapfs("profile", "check", "home")

    @unittest.skipUnless(shutil.which("mandoc"), "mandoc is not installed")
    def test_the_profile_of_the_manual_has_no_mistakes(self):
        """As a reader sees it, who may copy it."""
        page = subprocess.run(["mandoc", "-T", "utf8", os.path.join(ROOT, "man", "snapfs-profile.5")], check=True,
                              capture_output=True, text=True).stdout
        (text,) = re.findall(r"^EXAMPLES$(.*?)^SEE ALSO$", re.sub(".\b", "", page), re.M | re.S)
        self.assertIn("[hooks]", text)
        self.profile(textwrap.dedent(text))
        self.write(".snapfs-password", "")
        self.snapfs("profile", "check", "home")


if __name__ == "__main__":
    harness.main()
