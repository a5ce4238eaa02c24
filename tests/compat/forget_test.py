"""forget beside restic's: the same verdict, with the same reasons, on generated sets of snapshots and
policies, and the same habits around it.
"""
import hashlib
import json
import os
import random
import subprocess
from datetime import datetime, timedelta, timezone

import harness

MAKER = os.environ.get("SNAPFS_TEST_SNAPSHOT_MAKER", "build/tests/support/make_snapshots")
GROUPS = 40
PERIODS = ("last", "hourly", "daily", "weekly", "monthly", "yearly")
ZONES = [None] + [timezone(timedelta(minutes=minutes)) for minutes in (60, 120, -420, 330, 0)]
TAGS = ("a", "b", "release", "with blank")
# Where calendars are interesting: years of 52 and 53 weeks, ends of months, changes of the clock.
ANCHORS = [datetime(2020, 12, 28), datetime(2024, 2, 28), datetime(2024, 12, 29), datetime(2026, 3, 29),
           datetime(2025, 10, 26), datetime(2026, 7, 31), datetime(2026, 11, 1), datetime(2031, 1, 1)]


def restic_knows(command, word):
    text = subprocess.run([harness.RESTIC, command, "--help"], capture_output=True, text=True,
                          check=True).stdout
    return word in text


def write_time(moment, zone):
    """As a program in that zone writes it; None is the zone of the tests, Berlin."""
    text = moment.astimezone(zone).isoformat() if zone else local_time(moment)
    return text.replace("+00:00", "Z")


def local_time(moment):
    # Central European time without the help of zone files: summer is from the last Sunday of March
    # to that of October, at 01:00 UTC.
    def last_sunday(month):
        day = datetime(moment.year, month, 31, 1, tzinfo=timezone.utc)
        return day - timedelta(days=(day.weekday() + 1) % 7)
    summer = last_sunday(3) <= moment < last_sunday(10)
    return moment.astimezone(timezone(timedelta(hours=2 if summer else 1))).isoformat()


def random_times(source):
    """Up to 30 different times: some in clusters, some years apart."""
    times = set()
    anchor = source.choice(ANCHORS)
    for _ in range(source.randint(1, 30)):
        span = source.choice((3600, 86400, 7 * 86400, 40 * 86400, 500 * 86400, 3000 * 86400))
        moment = anchor - timedelta(seconds=source.randint(-span // 10, span))
        times.add(moment.replace(tzinfo=timezone.utc, microsecond=source.choice((0, 0, 500000))))
    return sorted(times)


def random_snapshots(source):
    for group in range(GROUPS):
        zones = source.sample(ZONES, 2)
        for moment in random_times(source):
            snapshot = {"time": write_time(moment, source.choice(zones)),
                        "tree": hashlib.sha256(b"tree").hexdigest(),
                        "paths": ["/srv"] if source.random() < 0.8 else ["/srv", "/etc"],
                        "hostname": f"host{group}", "username": "root"}
            tags = source.sample(TAGS, source.choice((0, 0, 1, 2)))
            yield snapshot | ({"tags": tags} if tags else {})


def random_duration(source):
    parts = [f"{source.randint(1, most)}{unit}"
             for unit, most in (("y", 4), ("m", 14), ("d", 40), ("h", 60)) if source.random() < 0.4]
    return "".join(parts) or "5d"


def random_policy(source, unlimited):
    options = []
    for period in source.sample(PERIODS, source.randint(0, 3)):
        count = "unlimited" if unlimited and source.random() < 0.15 else str(source.randint(1, 9))
        options += [f"--keep-{period}", count]
    for period in source.sample(PERIODS, source.choice((0, 0, 1, 2))):
        word = "--keep-within" if period == "last" else f"--keep-within-{period}"
        options += [word, random_duration(source)]
    if source.random() < 0.3:
        options += ["--keep-tag", source.choice(("a", "a,b", "release", "with blank", ""))]
    # Something that keeps one of every group, or else one refusal is all there is to compare.
    if not [word for word in options if word.startswith("--keep") and word != "--keep-tag"]:
        options += ["--keep-last", "1"]
    return options + ["--group-by", source.choice(("host,paths", "host", "host,tags", "paths,tags", ""))]


def verdicts(output):
    """Group → what is kept, what is removed, and for which reasons."""
    found = {}
    for group in json.loads(output):
        key = (group["host"], *(tuple(sorted(group[name] or ())) for name in ("paths", "tags")))
        kept, removed = ([snapshot["id"] for snapshot in group[name] or ()]
                         for name in ("keep", "remove"))
        # In the order of what is kept; older versions do not say the ID again.
        reasons = [reason["matches"] for reason in group["reasons"] or ()]
        assert len(kept) == len(reasons)
        found[key] = (dict(zip(kept, reasons)), removed)
    return found


def for_its_age(verdict):
    """Whether a snapshot is kept because it is the oldest."""
    return any(reason.startswith("oldest") for reasons in verdict[0].values() for reason in reasons)


class ForgetTest(harness.CompatTest):
    def setUp(self):
        super().setUp()
        self.environment["TZ"] = "Europe/Berlin"

    def make(self, snapshots):
        lines = "".join(json.dumps(snapshot) + "\n" for snapshot in snapshots)
        made = subprocess.run([MAKER, self.repository], input=lines, capture_output=True, text=True,
                              check=True)
        self.environment["RESTIC_PASSWORD"] = made.stdout.strip()

    def make_daily(self, days, **fields):
        """One snapshot a day from 2026-01-01 on."""
        self.make({"time": f"2026-01-{day:02}T10:00:00+01:00", "tree": "0" * 63 + "1",
                   "paths": ["/srv"], "hostname": "alpha", **fields} for day in range(1, days + 1))

    def ids(self):
        return sorted(os.listdir(os.path.join(self.repository, "snapshots")))

    def contents(self):
        found = {}
        for directory, _, names in os.walk(self.repository):
            for name in names:
                path = os.path.join(directory, name)
                with open(path, "rb") as file:
                    found[path] = (file.read(), os.stat(path).st_mtime_ns)
        return found

    def test_same_verdict_as_restic_on_generated_sets_and_policies(self):
        source = random.Random(5)
        self.make(random_snapshots(source))
        unlimited = restic_knows("forget", "unlimited' to keep")
        keeps_oldest = restic_knows("forget", "oldest")  # a rule that older versions do not have
        compared = 0
        for _ in range(20):
            options = ["forget", "--dry-run", "--json", *random_policy(source, unlimited)]
            with self.subTest(options=options):
                ours = verdicts(self.snapfs(*options).stdout)
                theirs = verdicts(self.restic(*options, "--no-cache").stdout)
                self.assertEqual(ours.keys(), theirs.keys())
                for group, verdict in ours.items():
                    if keeps_oldest or not for_its_age(verdict):
                        self.assertEqual(verdict, theirs[group])
                        compared += 1
        self.assertGreaterEqual(compared, 200)

    def test_same_objects_in_json(self):
        self.make_daily(4, tags=["b", "a"], username="me", uid=1000, gid=100, excludes=["*.o"],
                        program_version="x")
        options = ["forget", "--dry-run", "--json", "--keep-last", "2"]
        ours, theirs = (json.loads(program(*options).stdout)
                        for program in (self.snapfs, self.restic))
        if "id" not in theirs[0]["reasons"][0]["snapshot"]:
            self.skipTest("this restic leaves out some members")
        self.assertEqual(ours, theirs)
        everything = ["forget", "--dry-run", "--json", "--keep-last", "9"]
        self.assertIsNone(json.loads(self.snapfs(*everything).stdout)[0]["remove"])

    def test_removes_what_it_said_it_would(self):
        self.make_daily(10)
        before = self.contents()
        told = json.loads(self.snapfs("forget", "--keep-daily", "3", "--json", "-n").stdout)
        self.snapfs("forget", "--keep-daily", "3", "-n", "--no-lock", "-c")
        self.assertEqual(self.contents(), before, "a dry run changed the repository")
        self.snapfs("forget", "--keep-daily", "3")
        self.assertEqual(self.ids(), sorted(snapshot["id"] for snapshot in told[0]["keep"]))

    def test_names_that_are_a_slip_remove_nothing(self):
        self.make_daily(5)
        before = self.ids()
        first, second, *rest = before
        for arguments, words in (
                ([first, "--keep-last", "99"], "a policy do not go together"),
                (["--keep-last", "5", "6"], "a policy do not go together"),
                (["--keep-tag", "x", first], "a policy do not go together"),
                ([first[:1]], "too short"), ([first[:7]], "too short"), ([first, second[:4]], "too short"),
                ([first, "ffffffffffff"], "ffffffffffff"), (["nope"], "nope"),
                ([first, "nope"], "nope"), ([""], "does not name"), ([first, ""], "does not name"),
                (["yesterday"], "a time is no name"), (["2026-11"], "a time is no name")):
            with self.subTest(arguments=arguments):
                for more in ([], ["--dry-run"], ["--prune"], ["--json"]):
                    self.assertIn(words, self.snapfs("forget", *arguments, *more, expect=1).stderr)
                self.assertEqual(self.ids(), before)
        self.assertIn("too short", self.snapfs("rewrite", "--forget", "-e", "x", first[:7],
                                               expect=1).stderr)
        self.assertIn("too short", self.snapfs("repair", "snapshots", "--forget", first[:7],
                                               expect=1).stderr)
        self.assertIn("no snapshot's ID", self.snapfs("tag", "--add", "x", "ffffffff", expect=1).stderr)
        self.assertIn("a time is no name", self.snapfs("tag", "--add", "x", "yesterday",
                                                       expect=1).stderr)
        (key,) = json.loads(self.snapfs("key", "list", "--json").stdout)
        self.assertIn("too short", self.snapfs("key", "remove", key["id"][:7], expect=1).stderr)
        self.assertEqual(self.ids(), before)

    def test_named_snapshots_are_removed(self):
        self.make_daily(5)
        first, second, *rest = self.ids()
        self.snapfs("forget", first, second[:8])
        self.assertEqual(self.ids(), rest)
        newest = self.snapshots()[-1]["id"]
        self.snapfs("forget", "latest")
        self.assertNotIn(newest, self.ids())

    def test_never_empties_a_group_by_mistake(self):
        self.make_daily(3)
        before = self.ids()
        for options, words in (
                ([], "keep"), (["--keep-tag", "typo"], "keeps no snapshot of host alpha"),
                (["--keep-last", "0"], "nothing says"),
                (["--unsafe-allow-remove-all"], "--host"),
                (["--keep-tag", "typo", "--unsafe-allow-remove-all", "--host", "alpha"], "keeps no"),
                (["--keep-last", "1", "--no-lock"], "--dry-run")):
            with self.subTest(options=options):
                self.assertIn(words, self.snapfs("forget", *options, expect=1).stderr)
                self.assertEqual(self.ids(), before)
        told = self.snapfs("forget", "--unsafe-allow-remove-all", "--host", "beta").stderr
        self.assertIn("no snapshot matches --host beta, so none is forgotten", told)
        self.assertEqual(self.ids(), before)
        self.snapfs("forget", "--unsafe-allow-remove-all", "--host", "alpha")
        self.assertEqual(self.ids(), [])

    def test_bad_values_are_named(self):
        self.make_daily(1)
        for option, value in (("--keep-last", "-2"), ("--keep-daily", "some"),
                              ("--keep-within", "3d2"), ("--keep-within-daily", "-3d"),
                              ("--group-by", "moon"), ("--max-unused", "much"),
                              ("--max-repack-size", "all"), ("--repack-smaller-than", "tiny")):
            with self.subTest(option=option):
                result = self.snapfs("forget", f"{option}={value}", expect=1)
                self.assertIn(value, result.stderr)
                self.assertEqual(len(result.stderr.splitlines()), 1)

    def test_a_path_that_is_not_set_is_not_the_current_directory(self):
        self.make_daily(3)
        before = self.ids()
        (source,) = self.snapshots()[0]["paths"]
        for options in (["--keep-last", "1"], ["--unsafe-allow-remove-all"]):
            result = self.snapfs("forget", *options, "--path=", expect=1, cwd=source)
            self.assertIn("no path", result.stderr)
        self.assertEqual(self.ids(), before)

    def test_what_cannot_be_removed_is_status_3(self):
        self.make_daily(3)
        directory = os.path.join(self.repository, "snapshots")
        user = {}
        if os.getuid() == 0:
            user = {"user": 65534, "group": 65534}
            os.chmod(self.scratch, 0o755)
            subprocess.run(["chown", "-R", "65534:65534", self.repository], check=True)
        os.chmod(directory, 0o500)
        result = subprocess.run([harness.SNAPFS, "forget", "--keep-last", "1"], env=self.environment,
                                capture_output=True, text=True, check=False, **user)
        self.assertEqual(result.returncode, 3, result.stderr)
        self.assertIn("2 snapshots could not be removed", result.stderr)
        self.assertEqual(len(self.ids()), 3)

    def test_a_damaged_snapshot_is_left_alone(self):
        self.make_daily(3)
        victim = os.path.join(self.repository, "snapshots", self.snapshots()[0]["id"])
        os.chmod(victim, 0o600)
        with open(victim, "ab") as file:
            file.write(b"x")
        result = self.snapfs("forget", "--keep-last", "1", expect=1)
        self.assertIn(os.path.basename(victim)[:8], result.stderr)
        self.assertEqual(len(self.ids()), 2)
        self.assertIn(os.path.basename(victim), self.ids())

    def test_a_damaged_snapshot_goes_by_its_whole_id(self):
        self.make_daily(3)
        victim = self.snapshots()[0]["id"]
        path = os.path.join(self.repository, "snapshots", victim)
        os.chmod(path, 0o600)
        with open(path, "ab") as file:
            file.write(b"x")
        self.snapfs("forget", victim[:12], expect=1)
        self.assertEqual(len(self.ids()), 3)
        self.snapfs("forget", victim)
        self.assertEqual(len(self.ids()), 2)
        self.assertNotIn(victim, self.ids())

    def test_host_may_come_from_the_environment(self):
        self.make_daily(2)
        options = ["snapshots", "--json"]
        self.assertEqual(json.loads(self.snapfs(*options, SNAPFS_HOST="beta").stdout), [])
        for arguments in ((), ("--host", "")):
            self.assertEqual(len(json.loads(self.snapfs(*options, *arguments,
                                                        SNAPFS_HOST="alpha").stdout)), 2)
        self.assertEqual(len(json.loads(self.snapfs(*options, "--host", "",
                                                    SNAPFS_HOST="beta").stdout)), 2)

    def test_prune_frees_what_only_the_removed_needed(self):
        self.cheap_repository()
        source = os.path.join(self.scratch, "source")
        os.mkdir(source)
        for number in range(3):
            with open(os.path.join(source, f"file{number}"), "wb") as file:
                file.write(random.Random(number).randbytes(1 << 20))
            self.restic("backup", "-q", "--time", f"2026-01-0{number + 1} 00:00:00", "source")
            os.remove(os.path.join(source, f"file{number}"))
        before = self.contents()
        told = self.snapfs("forget", "--keep-last", "1", "--prune", "--max-unused", "0", "-n").stdout
        self.assertIn("would", told)
        self.assertEqual(self.contents(), before, "a dry run changed the repository")
        self.snapfs("forget", "--keep-last", "1", "--prune", "--max-unused=x", expect=1)
        self.assertEqual(self.contents(), before, "removed before all options were understood")
        told = self.snapfs("forget", "--keep-last", "1", "--prune", "--max-unused", "0",
                           "--json").stdout
        self.assertEqual(len(json.loads(told)[0]["remove"]), 2)  # one document, as of restic
        self.assertLess(self.size_of(self.contents()), self.size_of(before) - (19 << 16))
        self.check()
        self.snapfs("forget", "latest", "--prune")
        self.assertEqual([path for path in self.contents() if "/data/" in path], [])
        self.check()

    def size_of(self, contents):
        return sum(len(content) for content, _ in contents.values())

    def test_snapshots_are_listed_in_groups(self):
        self.make_daily(3, tags=["t"])
        for by in ("host", "host,paths", "tags", "paths,tags"):
            options = ["snapshots", "--json", "-g", by, "--latest", "2"]
            self.assertEqual(json.loads(self.snapfs(*options).stdout),
                             json.loads(self.restic(*options).stdout))
        text = self.snapfs("snapshots", "-g", "host", "-c").stdout
        self.assertIn("host alpha:", text)
        self.assertNotIn("/srv", text)


if __name__ == "__main__":
    harness.main()
