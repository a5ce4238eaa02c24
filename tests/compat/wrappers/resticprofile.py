"""resticprofile: profiles in a file, of which every key becomes an option `--name=value`.

It reads the text of `backup`, or its JSON; and from standard error whether the repository is locked,
by whom and for how long, on which it decides to wait, to unlock or to give up.
"""
import json
import re

from wrappers.program import settled

# Go's own notation, which it parses.
DURATION = r"(?=.)(\d+h)?(\d+m)?(\d+(\.\d+)?(s|ms|µs|ns))?"


def session(restic):
    common = (f"--password-file={restic.write('key', 'correct horse')}",
              f"--repo={restic.repository}", "--option=sftp.connections=2", "--cleanup-cache",
              "--limit-download=100000", "--limit-upload=100000", "--verbose=1")

    def run(command, *options, arguments=(), **more):
        return restic.run(command, *sorted([*common, *options]), *arguments, **more)

    yield "version", bool(re.search(r"restic ([\d.]+)[ -].+", restic.run("version").out))
    yield "init", run("init").status
    yield "init of what is there", run("init").status
    restic.make_repository()
    yield from backups(restic, run)
    yield from around(restic, run)
    yield from locked(restic, run)


def backups(restic, run):
    excludes = restic.write("excludes", "*.tmp\n")
    options = ("--exclude=*.iso", f"--exclude-file={excludes}", "--one-file-system", "--tag=one",
               "--tag=two", "--host=here", "--exclude-caches=true", "--iexclude=*.BAK",
               "--compression=max", "--pack-size=32", "--group-by=host", "--no-scan=false")
    options = options if restic.since(0, 16) else options[:-2]
    source = (restic.source,)
    yield "backup", plain(run("backup", *options, arguments=source))
    yield "backup again", plain(run("backup", *options, arguments=source))
    yield "dry run", run("backup", *options, "--dry-run", arguments=source).status
    yield "extended status", extended(run("backup", "--json", *options, arguments=source))
    yield "source from a base", plain(run("backup", *options, arguments=("docs",),
                                          cwd=restic.source))
    yield "stdin", plain(run("backup", "--stdin", "--stdin-filename=dump.sql", stdin="select 1;\n"))
    # "no-error-on-warning" makes a success of this status.
    yield "warning", run("backup", arguments=(restic.source, "/proc/self/mem")).status


def around(restic, run):
    where = (f"--path={restic.source}", "--host=here", "--tag=one,two")
    yield "retention", run("forget", "--keep-last=2", "--keep-tag=forever", "--keep-daily=1",
                           "--keep-within=1h", "--group-by=host,paths", "--compact", *where).status
    yield "snapshots", [snapshot["paths"] for snapshot in
                        json.loads(run("snapshots", "--json").out)]
    yield "retention with prune", run("forget", "--prune", "--keep-last=1", *where).status
    yield "check", run("check", "--read-data-subset=50%", "--with-cache").status
    yield "check all", run("check", "--read-data").status
    # In older ones snapshots have no order.
    found = run("find", "--long", arguments=("letter.txt",)).lines()[-1]
    yield "find", found.split("/")[-1]
    yield "ls", run("ls", "--long", arguments=("latest",)).lines()[-1].split()[-1]
    yield "stats", run("stats", "--mode=raw-data", "--json").status
    yield "tag", run("tag", "--add=kept", arguments=("latest",)).status
    yield "restore", run("restore", f"--target={restic.path('restored')}", "--include=letter.txt",
                         arguments=("latest",)).status
    yield "dump", run("dump", arguments=("latest", restic.source + "/docs/letter.txt")).out
    yield "rebuild-index", run("rebuild-index").status
    yield "cache", run("cache", "--max-age=30").status
    second = restic.path("second")
    origin = (f"--from-repo={restic.repository}", f"--from-password-file={restic.path('key')}")
    target = (f"--repo={second}",)  # the last one counts

    def there(command, *options):
        return restic.run(command, *origin, f"--password-file={restic.path('key')}", *target,
                          *options).status

    yield "init of the other", there("init", "--copy-chunker-params")
    yield "copy", there("copy", "--tag=one")
    yield "prune", run("prune", "--max-unused=5%", "--max-repack-size=1G").status
    if restic.since(0, 15):
        yield "rewrite", run("rewrite", "--exclude=*.bin", "--forget").status
    yield "unlock", run("unlock").status


def locked(restic, run):
    restic.lock(age_seconds=300)
    yield "backup, locked", analysis(run("backup", arguments=(restic.source,)))
    yield "prune, locked", analysis(run("prune"))
    yield "JSON, locked", run("backup", "--json", arguments=(restic.source,)).status
    if restic.since(0, 16):
        yield "prune, locked for a while", run("prune", "--retry-lock=1s").status
    yield "unlock of a fresh lock", (run("unlock").status, restic.locks())
    yield "unlock of all", (run("unlock", "--remove-all").status, restic.locks())
    restic.lock(age_seconds=3600)
    yield "unlock of a stale lock", (run("unlock").status, restic.locks())


def analysis(result):
    """Each line is tried with each expression; two must match, or it does not count as locked."""
    patterns = {
        "who": r"unable to create lock.+already locked.+?by (.+)$",
        "age": r"lock was created at.+\(([^()]+)\s+ago\)",
        "stale": r"the\W+unlock\W+command can be used to remove stale locks",
    }
    found = {}
    matches = 0
    for line in (result.out + result.err).splitlines():
        for name, pattern in patterns.items():
            match = re.search(pattern, line)
            if match:
                matches += 1
                found[name] = match.group(1) if match.groups() else True
    # What stands behind is shown, but not parsed.
    who = re.match(r"PID \d+ on \w+ by \w+ \(UID \d+, GID \d+\)", found.get("who", ""))
    age = re.fullmatch(DURATION, found.get("age", ""))
    return result.status, matches >= 2, who and who.group(), age is not None


def plain(result):
    """As C's scanf reads: any white space for white space, a prefix of the line."""
    told = {"status": result.status}
    for line in result.lines():
        words = " ".join(line.split())
        for kind in ("Files", "Dirs"):
            match = re.match(rf"{kind}: (\d+) new, (\d+) changed, (\d+) unmodified", words)
            if match:
                told[kind] = settled(*match.groups())
        match = re.match(r"processed (\d+) files, ([\d.]+) (\w{1,3}) in (\S+)", words)
        if match:
            told["processed"] = match.groups()[:3]
        match = re.match(r"Added to the repo(sitory)?: ([\d.]+) (\w{1,3})", words)
        if match:
            told["added"] = match.groups()[2].endswith("B")
    return told


def extended(result):
    """The bytes of the line decide: a message begins with its type and ends with a brace."""
    told = None
    for line in result.lines():
        line = line.removeprefix("\r\x1b[2K")
        if line.startswith('{"message_type":"summary",') and line.endswith("}"):
            summary = json.loads(line)
            told = {key: summary[key] for key in (
                "files_new", "files_changed", "files_unmodified", "total_files_processed",
                "total_bytes_processed")}
            told["dirs"] = settled(summary["dirs_new"], summary["dirs_changed"],
                                   summary["dirs_unmodified"])
            told["added"] = summary["data_added"] >= 0
    return result.status, told
