"""Hundreds of argument lines, given to both programs: each must mean the same, seen by what it does.

The lines are generated: options in every form that restic takes, before and after the command,
between other arguments, twice, empty, behind "--", and some wrong. SNAPFS_TEST_SEED repeats a run,
SNAPFS_TEST_LINES says how many there are.
"""
import concurrent.futures
import json
import os
import random
import subprocess
import tempfile

import harness

SEED = int(os.environ.get("SNAPFS_TEST_SEED") or random.SystemRandom().randrange(1 << 32))
LINES = int(os.environ.get("SNAPFS_TEST_LINES") or 510)
FLAG_VALUES = ("true", "false", "1", "0", "t", "F", "TRUE", "False")

# What the repository holds: host, tags, day, what of the source.
SNAPSHOTS = (
    ("h", ("a",), 1, "one"), ("h", ("a", "b"), 2, "one"), ("h", (), 3, "one"),
    ("web", ("out",), 4, "[Photos]"), ("web", ("a", "out"), 5, "[Photos]"),
    ("=h", ("b",), 6, "one"), ("-x", (), 7, "two, three"), ("h", ("out",), 8, "two, three"),
    ("h", ("a",), 9, "one"), ("web", ("b",), 10, "one"),
)
FILES = ("one/a", "one/b.log", "one/*.log", "one/[x,y]", "one/-dash", "one/e", "one/f", "one/=x",
         "[Photos]/1.jpg", "[Photos]/b", "two, three/a", "two, three/--host")


class Value:
    """An option with a value; `letter` is its short form."""

    def __init__(self, name, letter, values, several=False):
        self.name, self.letter, self.values, self.several = name, letter, values, several

    def write(self, rng):
        value = str(rng.choice(self.values))
        forms = [[f"--{self.name}={value}"], [f"--{self.name}", value]]
        if self.letter:
            forms.append([f"-{self.letter}", value])
            if value:
                forms += [[f"-{self.letter}{value}"], [f"-{self.letter}={value}"]]
        return rng.choice(forms)


class Flag:
    def __init__(self, name, letter=None):
        self.name, self.letter = name, letter

    def write(self, rng):
        forms = [[f"--{self.name}"], [f"--{self.name}={rng.choice(FLAG_VALUES)}"]]
        if self.letter:
            forms += [[f"-{self.letter}"], [f"-{self.letter}={rng.choice(FLAG_VALUES)}"]]
        return rng.choice(forms)


class Count(Flag):
    def write(self, rng):
        return rng.choice([["-v"], ["-vv"], ["-v=2"], ["-v=0"], ["--verbose=1"], ["--verbose"]])


def is_new():
    """Until 0.17 some options meant other things: an empty host, a tag that is none, what a policy
    keeps that is not used up, --latest in groups."""
    return harness.restic_version() >= (0, 17)


def filters(source, short_host=True):
    paths = [os.path.join(source, name) for name in ("one", "[Photos]", "two, three", "none")]
    return [Value("host", "H" if short_host else None, ("h", "web", "=h", "-x", "none", *[""][:is_new()]), True),
            Value("tag", None, ("a", "b", "a,b", "out", "", "none", "[a,b]"), True),
            Value("path", None, paths, True)]


def commands(source, ids):
    """name → (options, whether given more than once, arguments)."""
    counts = (1, 2, 3, "+2", 9)
    every = [Value("keep-" + name, letter, counts) for name, letter in
             (("hourly", "H"), ("daily", "d"), ("weekly", "w"), ("monthly", "m"), ("yearly", "y"))]
    tags = ("a", "a,b", "out", "[x,y]")
    if is_new():
        tags += ("",)
    else:
        every = []
    return {
        "snapshots": (filters(source) + [Value("latest", None, (1, 2, "0x2", "-1")),
                                         Value("group-by", "g", ("paths,host", "host,paths", *["host", "tags", ""][:3 * is_new()])),
                                         Flag("compact", "c")],
                      [[], [], ids[0][:8], ["latest"], [ids[1], ids[2]]]),
        "forget": (filters(source, short_host=False) + every +
                   [Value("keep-last", "l", (1, 2, 3)), Value("keep-within", None, ("3d", "1y2m", "0d")),
                    Value("keep-tag", None, tags, True),
                    Value("group-by", "g", ("host", "host,paths", "", "tags")),
                    Flag("compact", "c")], [[]]),
        "find": (filters(source) + [Flag("ignore-case", "i"), Flag("long", "l"),
                                    Value("snapshot", "s", (ids[0], ids[3][:8], "latest"), True),
                                    Value("oldest", "O", ("2020-01-01",)),
                                    Value("newest", "N", ("2036-01-01",))],
                 [["[a-b]"], ["*.log"], ["A"], ["[Photos]"], ["a", "b*"], ["-dash"], ["--host"],
                  ["=x"], ["one"], ["\\[x,y\\]"]]),
        "ls": (filters(source) + [Flag("long", "l"), Flag("recursive")],
               [["latest"], [ids[3]], [ids[0][:8], os.path.join(source, "one")],
                [ids[6], os.path.join(source, "two, three")]]),
        "stats": (filters(source) + [Value("mode", None, ("raw-data", "restore-size",
                                                          "files-by-contents"))],
                  [[], ["latest"], [ids[0]]]),
    }


GLOBALS = [Count("verbose", "v"), Value("compression", None, ("auto", "off", "max")),
           Value("pack-size", None, (16, "0x10", 64)), Value("limit-upload", None, (0, 100)),
           Value("option", "o", ("a.b=c", "local.connections=3", "x=y,z=[1]")),
           Flag("cleanup-cache"), Value("key-hint", None, ("", "zz"))]
MISTAKES = (["--nope"], ["--hots=x"], ["-Z"], ["-qZ"], ["--host"], ["--latest=x"], ["--latest="],
            ["--keep-last="], ["--keep-last=x"], ["-l=x"], ["-q="], ["-v="], ["--json=maybe"],
            ["--="], ["---"], ["--ho=h"], ["--pack-size=x"], ["--compression="], ["-tag"],
            ["--limit-upload=1.5"])


def interleave(rng, pieces, arguments):
    """The arguments keep their order; so do the options, of which the last one counts."""
    places = sorted(rng.randrange(len(pieces) + 1) for _ in arguments)
    line = []
    for place in range(len(pieces) + 1):
        line += [argument for argument, at in zip(arguments, places) if at == place]
        if place < len(pieces):
            line += pieces[place]
    return line


def generate(rng, source, ids):
    table = commands(source, ids)
    name = rng.choice(("snapshots", "snapshots", "forget", "forget", "find", "ls", "stats"))
    options, arguments = table[name]
    arguments = rng.choice(arguments)
    arguments = [arguments] if isinstance(arguments, str) else list(arguments)
    pieces = [rng.choice(options).write(rng) for _ in range(rng.randrange(5))]
    if name == "forget":
        # A policy that keeps something, or else there is a refusal to compare and nothing else.
        pieces.insert(rng.randrange(len(pieces) + 1), rng.choice((["--keep-last=2"], ["-l1"])))
    before = []
    for option in rng.sample(GLOBALS, rng.randrange(3)):
        (before if rng.random() < 0.4 else pieces).append(option.write(rng))
    if rng.random() < 0.08:
        pieces.insert(rng.randrange(len(pieces) + 1), list(rng.choice(MISTAKES)))
    dashes = any(argument.startswith("-") for argument in arguments)
    if arguments and (dashes or rng.random() < 0.15):
        behind = [*(word for piece in pieces for word in piece), "--", *arguments]
    else:
        behind = interleave(rng, pieces, arguments)
    line = [*(word for piece in before for word in piece), name, *behind]
    if rng.random() < 0.1:  # options of the command may stand before it
        moved = [word for piece in before + pieces for word in piece]
        line = [*moved, name, *(["--"] if dashes else []), *arguments]
    return line


def effect_of(name, output):
    """What a line did, without what the versions print differently."""
    if name in ("find", "snapshots", "forget", "stats"):
        start = output.find("[" if name != "stats" else "{")
        found = json.loads(output[start:].splitlines()[0]) if start >= 0 else []
    if name == "snapshots":
        return sorted((json.dumps(item.get("group_key")), snapshot["id"]) for item in found or []
                      for snapshot in item.get("snapshots", [item]))
    if name == "forget":
        return sorted((kind, snapshot["id"]) for group in found or [] for kind in ("keep", "remove")
                      for snapshot in group[kind] or [])
    if name == "find":
        return sorted((item["snapshot"], match["path"]) for item in found or []
                      for match in item["matches"] or [])
    if name == "stats":
        return {key: found.get(key, 0) for key in ("total_size", "total_file_count", "snapshots_count")}
    lines = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    return sorted(line["path"] for line in lines if line.get("struct_type") == "node")


def without(left, right):
    """What is in the first only."""
    if isinstance(left, list):
        right = list(right)
        return [item for item in left if item not in right or right.remove(item)]
    return left


class CommandLineTest(harness.CompatTest):
    """One repository, read only."""

    maxDiff = None

    def setUp(self):
        super().setUp()
        self.cheap_repository()
        self.source = os.path.join(self.scratch, "source")
        for name in FILES:
            path = os.path.join(self.source, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8") as file:
                file.write(name)
        self.environment["GOMAXPROCS"] = "2"
        for host, tags, day, name in SNAPSHOTS:
            self.restic("backup", "--quiet", f"--host={host}", f"--time=2024-03-{day:02} 12:00:00",
                        *(f"--tag={tag}" for tag in tags), "--", os.path.join(self.source, name))
        self.ids = [snapshot["id"] for snapshot in self.snapshots()]

    def run_line(self, program, line):
        # --no-lock, so that lines can run side by side; --json and --dry-run, to see and not to do.
        before = ["--no-lock", "--json"]
        if "forget" in line:
            place = line.index("forget") + 1
            line = [*line[:place], "--dry-run", *line[place:]]
        return subprocess.run([program, *before, *line], cwd=self.source, env=self.environment,
                              capture_output=True, text=True, timeout=300, check=False)

    def difference(self, line):
        """A text, or nothing when both programs took the line for the same."""
        ours, theirs = (self.run_line(program, line) for program in (harness.SNAPFS, harness.RESTIC))
        if ours.returncode == 1 and theirs.returncode == 0 and "gnoring" in theirs.stderr:
            return None  # what is not there fails here, and is passed over there
        if ours.returncode == 1 and "nothing says which snapshots to keep" in ours.stderr:
            return None  # the policy was taken for another option's value; restic removes nothing then
        if (ours.returncode == 0) != (theirs.returncode == 0):
            return (f"{line}: status {ours.returncode}, restic's {theirs.returncode}: "
                    f"{ours.stderr}{theirs.stderr}")
        if theirs.returncode != 0:
            return None
        names = [name for name in ("snapshots", "forget", "find", "ls", "stats") if name in line]
        if not names:  # help
            return None
        effects = [effect_of(names[0], result.stdout) for result in (ours, theirs)]
        if effects[0] == effects[1]:
            return None
        return f"{line}:\n  here only {without(*effects)}\n  there only {without(*reversed(effects))}"

    def assert_same(self, lines):
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            different = [text for text in pool.map(self.difference, lines) if text]
        self.assertEqual("\n".join(different), "", f"seed {SEED}")

    def test_generated_lines(self):
        print(f"SNAPFS_TEST_SEED={SEED}")
        rng = random.Random(SEED)
        self.assert_same([generate(rng, self.source, self.ids) for _ in range(LINES)])

    def test_lines_that_were_misread(self):
        policies = [["forget", "--keep-last=1", "--keep-tag=", "--keep-weekly=10"],
                    ["forget", "--keep-last=1", "--keep-tag", "", "--keep-weekly=10"]]
        self.assert_same(policies * is_new() + [
            ["forget", "--keep-last=1", "--group-by=", "--keep-within", "1d"],
            ["snapshots", "-H=h"], ["snapshots", "-H==h"], ["snapshots", "-H", "=h"], ["snapshots", "-H="],
            ["snapshots", "-v=2"], ["-q=true", "snapshots"], ["snapshots", "-q=false", "--compact=T"],
            ["snapshots", "--latest", "1", "--latest", "3"], ["snapshots", "--host", "-x"],
            ["snapshots", "-Hh", "--host=web"], ["snapshots", "--tag=[a,b]"], ["snapshots", "--tag="],
            ["find", "[a-b]"], ["find", "-i", "A", "--", "-dash"], ["find", "--", "--host"],
            ["find", "-s", self.ids[0], "-s", self.ids[3], "b*"], ["find", "-ilH=h", "A"],
            ["--latest", "1", "snapshots"], ["--host", "h", "snapshots"], ["-o", "a=b", "snapshots"],
            ["--compact", "snapshots"], ["-qv", "snapshots"], ["-vr", self.repository, "snapshots"],
            ["snapshots", "--last"], ["forget", "--keep-last=1", "--hostname=h"],
            ["snapshot"], ["snapshots", "--", "--json"], ["ls"], ["find"], [],
        ])

    def backup(self, program, line):
        """What the snapshot says that the line makes, in a repository of its own."""
        with tempfile.TemporaryDirectory(dir=self.scratch) as place:
            repository = os.path.join(place, "repository")
            subprocess.run(["cp", "-r", self.repository, repository], check=True)
            environment = {**self.environment, "RESTIC_REPOSITORY": repository}
            before = set(os.listdir(os.path.join(repository, "snapshots")))
            done = subprocess.run([program, *line], cwd=self.source, env=environment,
                                  capture_output=True, text=True, input="data", timeout=300,
                                  check=False)
            made = set(os.listdir(os.path.join(repository, "snapshots"))) - before
            if done.returncode != 0 or not made:
                return done.returncode, None
            shown = self.run_program(harness.RESTIC, ["--no-lock", "cat", "snapshot", made.pop()],
                                     RESTIC_REPOSITORY=repository)
            listed = self.run_program(harness.RESTIC, ["--no-lock", "ls", "--json", "latest"],
                                      RESTIC_REPOSITORY=repository)
            snapshot = json.loads(shown.stdout)
            fields = {key: snapshot.get(key) for key in ("paths", "hostname", "tags", "excludes")}
            return done.returncode, (fields, effect_of("ls", listed.stdout))

    def test_backups(self):
        lines = [
            ["backup", "--exclude=", "one", "[Photos]"], ["backup", "--exclude", "", "one", "two, three"],
            ["backup", "-e=*.log", "one"], ["backup", "-e", "*.log", "-e=e", "one"],
            ["backup", "[Photos]"], ["backup", "one", "--", "[Photos]"], ["backup", "-H=h", "one"],
            ["backup", "--host=", "one"], ["backup", "-Hh", "-Hk", "one"], ["backup", "--tag=out", "one"],
            ["backup", "--tag=a,b", "--tag", "c", "one"], ["backup", "--tag=[a,b]", "one"],
            ["backup", "--tag=", "one"], ["backup", "-v=2", "one"], ["backup", "-q=true", "one"],
            ["-q", "backup", "--", "one/-dash"], ["backup", "one/[x,y]", "one/=x"],
            ["--exclude=a", "backup", "one"], ["backup", "-xvf", "one", "-n=false"],
            ["backup", "--hostname=old", "one"], ["backup", "--iexclude=*.LOG", "one"],
            ["backup", "--stdin-filename=x", "--stdin-filename=y", "--stdin"],
            ["backup", "--time=2024-05-01 00:00:00", "--time", "2024-06-01 00:00:00", "one"],
            ["backup", "-nope", "one"], ["backup", "--exclude"], ["backup"], ["backup", "--", "--host"],
            ["backup", "--pack-size=x", "one"],
        ]
        if is_new():
            lines += [["backup", "--read-concurrency=0x2", "one"],
                      ["backup", "--stdin-from-command", "--", "sh", "-c", "[ -e . ] && echo x"],
                      ["backup", "--stdin-from-command", "echo", "[a,b]"]]
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            ours = list(pool.map(lambda line: self.backup(harness.SNAPFS, line), lines))
            theirs = list(pool.map(lambda line: self.backup(harness.RESTIC, line), lines))
        for line, our, their in zip(lines, ours, theirs):
            with self.subTest(line=line):
                self.assertEqual(our, their)


if __name__ == "__main__":
    harness.main()
