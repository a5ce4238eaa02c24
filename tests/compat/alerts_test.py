"""The alerts of share/alerts.yml, evaluated by Prometheus' own promtool over what runs have told and what becomes of that in time:
nothing is said of what is well, and each alert of what it is for, when it is time.
"""
import json
import os
import re
import shutil
import subprocess
import unittest

import exposition
import harness

ALERTS = os.path.realpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "share", "alerts.yml"))
PROMTOOL = shutil.which("promtool")


@unittest.skipIf(PROMTOOL is None, "promtool is not installed (of the package prometheus)")
class AlertsTest(harness.CompatTest):
    needs_restic = False

    def setUp(self):
        super().setUp()
        self.cheap_repository_of_ours()
        source = os.path.join(self.scratch, "source")
        os.makedirs(source)
        with open(os.path.join(source, "file"), "w", encoding="ascii") as file:
            file.write("content")
        told = os.path.join(self.scratch, "snapfs.prom")
        config = os.path.join(self.home_of_profiles(), "home.toml")
        with open(config, "w", encoding="utf-8") as file:
            file.write(f'repository = "{self.repository}"\n[snapshot]\nsources = ["{source}"]\n[forget]\nkeep-last = 1\n')
        for command in "run", "check", "drill":
            self.snapfs("-P", "home", command, "--metrics", told)
        with open(told, encoding="utf-8") as file:
            families = exposition.read(file.read())
        # promtool's clock begins at 0, which is when the runs were.
        self.series = {(name, labels): 0 if name.endswith("_timestamp_seconds") else value
                       for name, samples in families.items() for labels, value in samples.items()}

    def home_of_profiles(self):
        directory = os.path.join(self.scratch, "config", "snapfs")
        os.makedirs(directory)
        self.environment["XDG_CONFIG_HOME"] = os.path.dirname(directory)
        return directory

    def changed(self, name, value=None, **labels):
        """The series, but with another value of that name and these labels, or without it."""
        found = {key for key in self.series if key[0] == name and labels.items() <= dict(key[1]).items()}
        self.assertNotEqual(found, set(), (name, labels))
        kept = {key: old for key, old in self.series.items() if key not in found}
        return kept | ({key: value for key in found} if value is not None else {})

    def fails(self, series, expected):
        """Whether promtool finds other alerts than the `expected` {time: names} over the series, and what it says."""
        text = {
            "rule_files": [ALERTS], "evaluation_interval": "10m",
            "tests": [{
                "interval": "10m",
                "input_series": [{
                    "series": name + "{" + ", ".join(f"{label}={json.dumps(value)}" for label, value in sorted(labels)) + "}",
                    "values": value if isinstance(value, str) else f"{value!r}+0x{21 * 144}"} for (name, labels), value in series.items()],
                "promql_expr_test": [{
                    "expr": 'count by (alertname) (ALERTS{alertstate="firing"})', "eval_time": moment,
                    "exp_samples": [{"labels": "{" + f'alertname="{name}"' + "}", "value": count} for name, count in names.items()]}
                    for moment, names in expected.items()]}]}
        path = os.path.join(self.scratch, "test.yml")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(text, file)
        done = subprocess.run([PROMTOOL, "test", "rules", path], capture_output=True, text=True, check=False, timeout=300)
        self.assertIn("FAILED" if done.returncode else "SUCCESS", done.stdout + done.stderr)
        return done.stdout + done.stderr if done.returncode else None

    def test_each_alert_tells_what_it_is_for(self):
        old = {"SnapfsSnapshotTooOld": 1}
        # Of "run", and not of what it does besides.
        late = old | {"SnapfsNoSuccess": 1}
        later = late | {"SnapfsCheckOverdue": 1}
        cases = {
            "all is well, and then nothing happens any more": (self.series, {
                "1h": {}, "36h": {}, "37h": old, "3d": old, "74h": late, "14d": late, "341h": later}),
            "there is no run, but its parts": ({key: value for key, value in self.series.items() if dict(key[1]).get("command") != "run"}, {
                "74h": old | {"SnapfsNoSuccess": 2}}),
            "of one host there are no runs, but their parts": (
                {(name, labels | {("instance", host)}): value for host in "ab" for (name, labels), value in self.series.items()
                 if host == "a" or dict(labels).get("command") != "run"}, {"74h": old | {"SnapfsNoSuccess": 3}}),
            "a run failed, and so did its snapshot": (
                {key: 1 if key[0] == "snapfs_run_exit_status" and dict(key[1])["command"] in ("run", "snapshot") else value
                 for key, value in self.series.items()}, {"10m": {"SnapfsRunFailed": 1}}),
            "a snapshot by hand failed": (
                {key: 1 if key[0] == "snapfs_run_exit_status" else value for key, value in self.series.items()
                 if dict(key[1]).get("command") not in ("run", "forget", "check", "drill")}, {"10m": {"SnapfsRunFailed": 1}}),
            "none has ever succeeded": (
                {key: value for key, value in self.series.items() if key[0] != "snapfs_run_success_timestamp_seconds" and
                 key[0] != "snapfs_repository_newest_snapshot_timestamp_seconds"}, {"71h": {}, "73h": {"SnapfsNeverSucceeded": 1}}),
            "one of two machines is gone": (
                {(name, labels | {("instance", host)}): value if host == "b"
                 else f"{value!r}+0x12 stale _x{21 * 144}" for host in "ab" for (name, labels), value in self.series.items()},
                {"2h": {}, "24h": {}, "27h": {"SnapfsNothingTold": 1}}),
            "two machines call theirs alike, and one is never checked": (
                {(name, labels | {("instance", host)}): value for host in "ab" for (name, labels), value in self.series.items()
                 if host == "a" or dict(labels).get("command") != "check"},
                {"13d": {"SnapfsSnapshotTooOld": 1, "SnapfsNoSuccess": 2},
                 "15d": {"SnapfsSnapshotTooOld": 1, "SnapfsNoSuccess": 2, "SnapfsNeverChecked": 1, "SnapfsCheckOverdue": 1}}),
            "nothing is told": ({}, {"23h": {}, "25h": {"SnapfsNothingTold": 1}}),
            "nobody checks": ({key: value for key, value in self.series.items() if dict(key[1]).get("command") != "check"}, {
                "13d": late, "15d": late | {"SnapfsNeverChecked": 1}}),
            "damage": (self.changed("snapfs_check_sound", 0), {"10m": {"SnapfsRepositoryDamaged": 1}}),
            "what came back is not what was": (self.changed("snapfs_drill_items", 1, outcome="different"), {
                "10m": {"SnapfsDrillFailed": 1}}),
        }
        for name, (series, expected) in cases.items():
            with self.subTest(name):
                self.assertIsNone(self.fails(series, expected))
        with open(ALERTS, encoding="utf-8") as file:
            alerts = set(re.findall(r"^ +- alert: (\w+)$", file.read(), re.M))
        self.assertEqual(alerts, {alert for _, expected in cases.values() for names in expected.values() for alert in names})

    def test_another_answer_is_noticed(self):
        self.assertIsNotNone(self.fails(self.series, {"37h": {}}))
        self.assertIsNotNone(self.fails(self.series, {"1h": {"SnapfsSnapshotTooOld": 1}}))


if __name__ == "__main__":
    harness.main()
