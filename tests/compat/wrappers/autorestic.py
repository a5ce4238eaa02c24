"""autorestic: locations and backends in a file of YAML. Reads the text of `backup`, asks no JSON.

Options from its file stand before the command when they are for all of restic, and after it when they
are for the command: a value of its own argument, and nothing after a switch.
"""
import re

from wrappers.program import settled

LOCATION = "ar:location:home"


def session(restic):
    def run(*arguments, **environment):
        return restic.run("--verbose", "--limit-upload", "100000", *arguments, **environment)

    # A backend that `check` does not find is made.
    yield "check of nothing", run("check").status
    yield "init", run("init").status
    yield "check of what was made", run("check").status
    restic.make_repository()
    yield "check", run("check").status

    for name, options in (("first", ("--exclude", "*.tmp", "--exclude-caches")),
                          ("again", ("-x",)),
                          ("cron", ("--tag", "ar:cron", "--one-file-system"))):
        yield f"backup {name}", backup(
            run("backup", *options, "--tag", LOCATION, restic.source, restic.source + "/docs"))
    missing = run("backup", "--tag", LOCATION, restic.source, restic.path("missing"))
    if restic.since(0, 17):  # older ones take it for nothing
        yield "backup of what is missing", (missing.status, missing.err != "")

    yield from copying(restic, run)
    target = restic.path("restored")
    yield "restore", run("restore", "--target", target, "--tag", LOCATION, "latest", "--include",
                         "letter.txt").status
    with open(target + restic.source + "/docs/letter.txt", encoding="utf-8") as file:
        yield "restored", file.read()
    yield "forget, dry", run("forget", "--tag", LOCATION, "--dry-run", "--keep-last", "1").status
    yield "forget", run("forget", "--tag", LOCATION, "--prune", "--keep-last", "2",
                        "--keep-weekly", "1").status
    yield "exec", run("snapshots", "--compact").lines()[-1]
    yield "exec unlock", run("unlock").status


def copying(restic, run):
    """From the repository to a second one, which has variables of its own that end in 2."""
    second = restic.path("second")
    restic.run("init", RESTIC_REPOSITORY=second)
    newest = backup(run("backup", "--tag", LOCATION, restic.source))["snapshot"]
    yield "copy", run("copy", newest, RESTIC_REPOSITORY2=second,
                      RESTIC_PASSWORD2="correct horse").status
    yield "copied", [snapshot["tags"] for snapshot in
                     restic.run("snapshots", "--json", RESTIC_REPOSITORY=second).json()]


def backup(result):
    """The metadata that its hooks get as variables."""
    told = {"status": result.status}
    for line in result.lines():
        for kind in ("Files", "Dirs"):
            if re.match(f"{kind}:", line, re.IGNORECASE):
                told[kind] = settled(*(re.sub(r"\D", "", part)
                                       for part in line.split(":")[1].split(",")))
        if re.match(r"snapshot \w+ saved", line):
            told["snapshot"] = line.split(" ")[1]
        if re.match("using parent snapshot", line, re.IGNORECASE):
            told["parent"] = line[len("using parent snapshot"):].strip()
        added = re.match(r"Added to the repo(sitory)?: ([\d.]+ \w+)( +\([\d.]+[\w\s]+\))?", line)
        if added:
            told["added"] = bool(added.group(2))
        if re.match(r"processed \d* files", line):
            counted, duration = line.split(" in ")
            files, size = counted.split(",")
            told["processed"] = (re.sub(r"\D", "", files), size.strip(), duration.strip())
    return told
