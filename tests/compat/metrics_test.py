"""What a monitoring system hears: --metrics read by a strict reader of Prometheus' format, .snapfs/metrics, the alerts and
the dashboard in share/, --log-json, and levels for the journal."""
import glob
import fcntl
import json
import os
import re
import shutil
import socket
import stat
import subprocess
import threading
import unittest

import exposition
import harness

try:
    import yaml
except ImportError:  # python3-yaml is of the system's own Python
    yaml = None

SHARE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "share")
MEASURED = ("snapshot", "forget", "prune", "check", "drill")


def asked_for(text):
    """The metrics that a file of share/ refers to."""
    return set(re.findall(r"\bsnapfs_[a-z_]+", text))


class MetricsTest(harness.CompatTest):
    needs_restic = False

    def setUp(self):
        super().setUp()
        self.cheap_repository_of_ours()
        self.source = os.path.join(self.scratch, "source")
        os.makedirs(self.source)
        for name in ("a", "b"):
            with open(os.path.join(self.source, name), "w", encoding="ascii") as file:
                file.write(name * 1000)
        self.file = os.path.join(self.scratch, "snapfs.prom")

    def metrics(self):
        with open(self.file, encoding="utf-8") as file:
            return exposition.read(file.read())

    def value(self, name, **labels):
        """Of the one sample of that name with these labels, among others."""
        found = [value for have, value in self.metrics()[name].items() if labels.items() <= dict(have).items()]
        self.assertEqual(len(found), 1, (name, labels, self.metrics()[name]))
        return found[0]

    def run_all(self):
        measure = ("--metrics", self.file)
        self.snapfs("snapshot", *measure, self.source)
        self.snapfs("forget", *measure, "--keep-last", "3")
        self.snapfs("prune", *measure)
        self.snapfs("check", *measure, "--read-data")
        self.snapfs("drill", *measure)

    def test_every_command_tells(self):
        self.run_all()
        for command in MEASURED:
            self.assertEqual(self.value("snapfs_run_exit_status", command=command), 0)
            self.assertEqual(self.value("snapfs_run_errors", command=command), 0)
            self.assertEqual(self.value("snapfs_run_timestamp_seconds", command=command),
                             self.value("snapfs_run_success_timestamp_seconds", command=command))
            self.assertGreaterEqual(self.value("snapfs_run_duration_seconds", command=command, repository=self.repository), 0)
        self.assertEqual(self.value("snapfs_snapshot_files", state="new"), 2)
        self.assertEqual(self.value("snapfs_snapshot_processed_bytes"), 2000)
        self.assertEqual(self.value("snapfs_check_sound"), 1)
        self.assertGreater(self.value("snapfs_check_read_packs"), 0)
        self.assertGreaterEqual(self.value("snapfs_drill_items", outcome="compared"), 2)
        host = socket.gethostname()
        self.assertEqual(self.value("snapfs_repository_snapshots", host=host, paths=self.source), 1)
        newest = json.loads(self.snapfs("snapshots", "--json").stdout)[0]["time"]
        self.assertRegex(newest, r"^\d{4}-")
        self.assertGreater(self.value("snapfs_repository_newest_snapshot_timestamp_seconds", paths=self.source), 1e9)
        packs = sum(os.path.getsize(pack) for pack in glob.glob(os.path.join(self.repository, "data", "*", "*")))
        self.assertLessEqual(self.value("snapfs_repository_bytes"), packs)
        self.assertGreater(self.value("snapfs_repository_bytes"), packs / 2)
        self.assertEqual(stat.S_IMODE(os.stat(self.file).st_mode), 0o644)
        self.assertEqual([name for name in os.listdir(self.scratch) if name.startswith("snapfs.prom")], ["snapfs.prom"])

    def test_failed_run_keeps_the_last_success(self):
        self.snapfs("snapshot", "--metrics", self.file, self.source)
        success = self.value("snapfs_run_success_timestamp_seconds")
        self.snapfs("snapshot", "--metrics", self.file, self.source, expect=12, RESTIC_PASSWORD="wrong")
        self.assertEqual(self.value("snapfs_run_exit_status"), 12)
        self.assertEqual(self.value("snapfs_run_errors"), 1)
        self.assertEqual(self.value("snapfs_run_success_timestamp_seconds"), success)
        self.assertGreater(self.value("snapfs_run_timestamp_seconds"), success)
        self.assertEqual(self.value("snapfs_snapshot_files", state="new"), 2)

    def test_items_that_fail_are_counted(self):
        self.snapfs("snapshot", "--metrics", self.file, self.source, "missing", expect=3)
        self.assertEqual(self.value("snapfs_run_exit_status"), 3)
        self.assertEqual(self.value("snapfs_run_errors"), 1)
        self.assertNotIn("snapfs_run_success_timestamp_seconds", self.metrics())

    def test_damage(self):
        self.snapfs("snapshot", "-q", self.source)
        for pack in glob.glob(os.path.join(self.repository, "data", "*", "*")):
            os.chmod(pack, 0o600)
            with open(pack, "r+b") as file:
                file.seek(50)
                file.write(b"damaged")
        self.snapfs("check", "--read-data", "--metrics", self.file, expect=1)
        self.assertEqual(self.value("snapfs_check_sound"), 0)
        self.assertGreater(self.value("snapfs_check_broken_packs"), 0)

    def test_repositories_and_commands_share_a_file(self):
        self.snapfs("snapshot", "--metrics", self.file, self.source)
        second = os.path.join(self.scratch, "second")
        self.snapfs("init", "--copy-chunker-params", "--from-repo", self.repository, RESTIC_REPOSITORY=second,
                    RESTIC_FROM_PASSWORD=harness.PASSWORD)
        self.snapfs("snapshot", self.source, RESTIC_REPOSITORY=second, SNAPFS_METRICS=self.file)
        self.assertEqual({dict(labels)["repository"] for labels in self.metrics()["snapfs_run_exit_status"]},
                         {self.repository, second})
        threads = [threading.Thread(target=self.snapfs, args=("check", "--no-lock", "--metrics", self.file),
                                    kwargs={"RESTIC_REPOSITORY": at}) for at in (self.repository, second)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(len(self.metrics()["snapfs_run_exit_status"]), 4)

    def make_profile(self, name, text):
        directory = os.path.join(self.scratch, "config", "snapfs")
        os.makedirs(directory, exist_ok=True)
        with open(os.path.join(directory, name + ".toml"), "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(file.name, 0o600)
        self.environment["XDG_CONFIG_HOME"] = os.path.join(self.scratch, "config")

    def test_a_run_is_judged_with_its_hooks(self):
        told = f"[run]\nmetrics = '{self.file}'\n[snapshot]\nsources = ['{self.source}']\n[forget]\nkeep-last = 2\n"
        self.make_profile("home", told)
        self.snapfs("-P", "home", "run", "--dry-run")
        self.assertFalse(os.path.exists(self.file))
        self.snapfs("-P", "home", "run")
        for command in "run", "snapshot", "forget":
            self.assertEqual(self.value("snapfs_run_exit_status", command=command, profile="home"), 0)
        for hook, steps in (("before", 1), ("after", 2)):
            success = self.value("snapfs_run_success_timestamp_seconds", command="run")
            self.make_profile("home", told + f"[hooks]\n{hook} = ['exit 7']\n")
            self.snapfs("-P", "home", "run", expect=1)
            self.assertEqual(self.value("snapfs_run_exit_status", command="run"), 1, hook)
            self.assertEqual(self.value("snapfs_run_success_timestamp_seconds", command="run"), success)
            self.assertEqual(self.value("snapfs_run_exit_status", command="snapshot"), 0)
            self.assertEqual(len(json.loads(self.snapfs("snapshots", "--json").stdout)), steps)

    def test_the_file_that_a_run_is_given_is_for_its_steps_too(self):
        self.make_profile("home", f"[snapshot]\nsources = ['{self.source}']\n")
        self.snapfs("-P", "home", "run", "--metrics", self.file)
        for command in "run", "snapshot":
            self.assertEqual(self.value("snapfs_run_exit_status", command=command, profile="home"), 0)

    def test_profiles_do_not_speak_for_each_other(self):
        for name, source in (("one", "missing"), ("two", self.source)):
            self.make_profile(name, f"[run]\nmetrics = '{self.file}'\n[snapshot]\nsources = ['{source}']\n")
        self.snapfs("-P", "one", "run", expect=1)
        self.snapfs("run", SNAPFS_PROFILE="two")
        self.snapfs("snapshot", "--metrics", self.file, self.source)
        for profile, status in ("one", 1), ("two", 0):
            for command in "run", "snapshot":
                self.assertEqual(self.value("snapfs_run_exit_status", command=command, profile=profile), status)
        self.assertEqual(len(self.metrics()["snapfs_run_exit_status"]), 5)

    def test_dry_runs_and_other_commands_tell_nothing(self):
        self.snapfs("snapshot", "-n", "--metrics", self.file, self.source)
        self.snapfs("snapshot", "-q", self.source)
        self.snapfs("forget", "-n", "--keep-last", "1", "--metrics", self.file)
        self.snapfs("prune", "-n", "--metrics", self.file)
        self.snapfs("snapshots", SNAPFS_METRICS=self.file)
        self.snapfs("check", "--help", SNAPFS_METRICS=self.file)
        self.assertFalse(os.path.exists(self.file))

    def test_password_is_in_no_label(self):
        self.snapfs("check", "--metrics", self.file, "--cacert", "/nonexistent", expect=1,
                    RESTIC_REPOSITORY="rest:https://me:secret@127.0.0.1:1/")
        with open(self.file, encoding="utf-8") as file:
            text = file.read()
        exposition.read(text)
        self.assertNotIn("secret", text)
        self.assertIn("127.0.0.1", text)

    def test_success_stays_success_when_the_file_cannot_be_written(self):
        with open(self.file, "w", encoding="ascii") as file:
            file.write("root:x:0:0\n")
        told = self.snapfs("snapshot", "--metrics", self.file, self.source).stderr
        self.assertIn("the metrics of this run were not written", told)
        self.assertIn("holds something else", told)
        with open(self.file, encoding="ascii") as file:
            self.assertEqual(file.read(), "root:x:0:0\n")
        told = self.snapfs("snapshot", "--metrics", "/nonexistent/x.prom", self.source).stderr
        self.assertIn("/nonexistent", told)

    def test_only_a_regular_file_is_replaced(self):
        pipe, target, link = (os.path.join(self.scratch, name) for name in ("pipe", "target", "link"))
        os.mkfifo(pipe)
        os.symlink(target, link)
        with open(target, "w", encoding="ascii"):
            os.chmod(target, 0o640)
        for path in (pipe, "/dev/null", self.source):
            before = os.lstat(path)
            told = self.snapfs("snapshot", "--metrics", path, self.source).stderr
            self.assertIn("is no regular file, and is left as it is", told)
            self.assertEqual((before.st_ino, before.st_mode), (os.lstat(path).st_ino, os.lstat(path).st_mode))
        self.snapfs("snapshot", "--metrics", link, self.source)
        self.assertTrue(os.path.islink(link))
        self.assertEqual(os.stat(target).st_mode & 0o777, 0o640)
        self.file = target
        self.assertEqual(self.value("snapfs_run_exit_status", command="snapshot"), 0)

    def test_whoever_locks_the_directory_keeps_no_run_from_its_end(self):
        directory = os.open(self.scratch, os.O_RDONLY)
        self.addCleanup(os.close, directory)
        fcntl.flock(directory, fcntl.LOCK_EX)
        self.snapfs("snapshot", "--metrics", self.file, self.source)
        self.assertEqual(self.value("snapfs_run_exit_status", command="snapshot"), 0)

    def test_mount(self):
        self.snapfs("snapshot", "-q", self.source)
        with self.mounted() as mountpoint:
            with open(os.path.join(mountpoint, "snapshots/latest", self.source.lstrip("/"), "a"), encoding="ascii") as file:
                self.assertEqual(len(file.read()), 1000)
            with open(os.path.join(mountpoint, ".snapfs/metrics"), encoding="ascii") as file:
                found = exposition.read(file.read())
            self.assertIn("metrics", os.listdir(os.path.join(mountpoint, ".snapfs")))
        self.assertEqual(found["snapfs_mount_snapshots"], {frozenset(): 1})
        self.assertEqual({dict(labels)["cache"] for labels in found["snapfs_mount_cache_hits_total"]}, {"blob", "tree", "file"})

    def test_share_asks_for_metrics_that_there_are(self):
        self.run_all()
        exist = self.metrics().keys()
        for name in ("alerts.yml", "grafana-dashboard.json"):
            with open(os.path.join(SHARE, name), encoding="utf-8") as file:
                text = file.read()
            self.assertGreater(len(asked_for(text)), 3)
            self.assertEqual(asked_for(text) - exist, set(), name)
            if name.endswith(".json"):
                panels = json.loads(text)["panels"]
                self.assertEqual(len({panel["id"] for panel in panels}), len(panels))
                continue
            self.check_rules(text)

    def check_rules(self, text):
        """As far as it goes without promtool, which is asked where it is."""
        if yaml is None:
            self.skipTest("this Python has no yaml")
        (group,) = yaml.safe_load(text)["groups"]
        names = [rule["alert"] for rule in group["rules"]]
        self.assertEqual(len(set(names)), len(names))
        for rule in group["rules"]:
            self.assertLessEqual({"alert", "expr", "labels", "annotations"}, rule.keys())
            self.assertIn(rule["labels"]["severity"], ("warning", "critical"))
            for opening, closing in ("()", "{}"):
                self.assertEqual(rule["expr"].count(opening), rule["expr"].count(closing), rule["expr"])
        if promtool := shutil.which("promtool"):
            self.run_program(promtool, ["check", "rules", os.path.join(SHARE, "alerts.yml")])

    def test_reader_is_strict(self):
        good = '# HELP a A.\n# TYPE a gauge\na{x="y"} 1\n'
        self.assertEqual(exposition.read(good), {"a": {frozenset({("x", "y")}): 1}})
        for bad in (good[:-1], good + 'a{x="y"} 2\n', "a 1\n", good + "b 1\n", good.replace("gauge", "counter"),
                    good.replace(" 1", "  1"), good.replace('"y"', "y"), good.replace("1", "one"), good + "\n",
                    good + "# comment\n", "# HELP a A.\n# TYPE a gauge\n", good.replace('"y"', r'"\y"')):
            with self.assertRaises(exposition.NotExposition, msg=bad):
                exposition.read(bad)


class LogTest(harness.CompatTest):
    needs_restic = False

    def setUp(self):
        super().setUp()
        self.cheap_repository_of_ours()
        os.makedirs(os.path.join(self.scratch, "source"))

    def test_log_json(self):
        for more in ((), ("--json",)):
            done = self.snapfs("snapshot", "--log-json", *more, "source", "missing\nname", expect=3)
            lines = [json.loads(line) for line in done.stderr.splitlines()]
            self.assertEqual({line["level"] for line in lines}, {"error"})
            for line in lines:
                self.assertRegex(line["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
                self.assertLessEqual(line.keys(), {"level", "time", "text", "item"})
            self.assertIn("missing\nname", lines[0]["item"])
            self.assertIn("could not be read", lines[-1]["text"])
        for arguments, status in ((["--log-json", "nonsense"], 1), (["snapshots", "--log-json", "--nonsense"], 1),
                                  (["--log-json", "ls", "12345678"], 1)):
            (line,) = self.snapfs(*arguments, expect=status).stderr.splitlines()
            self.assertEqual(json.loads(line)["level"], "error")

    def test_journal_gets_levels(self):
        out, err = os.pipe()
        try:
            status = os.fstat(err)
            stream = f"{status.st_dev}:{status.st_ino}"
            for named, begins in ((stream, "<3>"), ("1:2", "snapfs: ")):
                subprocess.run([harness.SNAPFS, "ls", "12345678"], stderr=err, check=False, stdin=subprocess.DEVNULL,
                               env={**self.environment, "JOURNAL_STREAM": named})
                told = os.read(out, 65536).decode()
                self.assertTrue(told.startswith(begins), told)
                self.assertEqual(len(told.splitlines()), 1)
        finally:
            os.close(out)
            os.close(err)

    @unittest.skipUnless(os.path.exists("/dev/ptmx"), "there are no terminals here")
    def test_colour_is_for_terminals_that_want_it(self):
        def told(**variables):
            ours, theirs = os.openpty()
            try:
                subprocess.run([harness.SNAPFS, "ls", "12345678"], stderr=theirs, check=False, stdin=subprocess.DEVNULL,
                               env={**self.environment, "TERM": "xterm", **variables})
                return os.read(ours, 65536).decode()
            finally:
                os.close(ours)
                os.close(theirs)
        self.assertTrue(told().startswith("\x1b[31msnapfs:\x1b[0m "))
        for variables in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
            self.assertTrue(told(**variables).startswith("snapfs: "), variables)
        self.assertTrue(self.snapfs("ls", "12345678", expect=1, TERM="xterm").stderr.startswith("snapfs: "))


if __name__ == "__main__":
    harness.main()
