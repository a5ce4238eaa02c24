"""resticpy: a module for Python. It asks every command for JSON, before the command."""
import json
import re


def session(restic):
    password = restic.write("password", "correct horse")

    def run(*arguments, repository=restic.repository, password_file=password, **options):
        return restic.run("--json", "--repo", repository, "--password-file", password_file,
                          "--no-cache", *arguments, **options)

    told = restic.run("--json", "version")
    yield "version", (told.status, sorted(version(told.out)))
    made = run("init", repository=restic.path("first"))
    yield "init", (made.status, repository_id(made.out) != "")
    restic.make_repository()
    yield from saving(restic, run)
    yield from looking(restic, run)
    yield from keys(restic, run)
    yield from upkeep(restic, run)
    if restic.since(0, 15):
        yield from rewriting(run)
    yield from second_repository(restic, run, password)


def saving(restic, run):
    letter = restic.source + "/docs/letter.txt"
    excludes = restic.write("excludes", "*.tmp\n")
    sources = restic.write("sources", letter + "\n")
    for name, arguments in (
            ("a file", (letter,)),
            ("a directory", (restic.source, "--exclude", "*.iso", "--exclude-file", excludes, "--tag",
                             "one", "--tag", "two", "--host", "other")),
            ("a list", ("--files-from", sources)),
            ("dry", (restic.source, "--dry-run"))):
        yield f"backup {name}", last_line(run("backup", *arguments))
    if restic.since(0, 17):  # twice from where no directory above it counts
        for name in ("relative", "unchanged"):
            yield f"backup {name}", last_line(
                run("backup", "letter.txt", "--no-scan", "--skip-if-unchanged",
                    cwd=restic.source + "/docs"))
    failed = run("backup", restic.path("missing"))
    yield "backup nothing", (failed.status, failed.err != "")


def looking(restic, run):
    yield "find", [[{key: match[key] for key in ("path", "type", "permissions", "size")}
                    for match in found["matches"]] + [found["hits"]]
                   for found in run("find", "letter.txt").json()]
    yield "find nothing", run("find", "nowhere.txt").json()
    yield "snapshots", shape(run("snapshots").json())
    for arguments in (("--group-by", "host"), ("--tag", "one,two"), ("--path", restic.source),
                      ("--host", "other"), ("latest",)):
        found = run("snapshots", *arguments)
        yield f"snapshots {arguments[0]}", (found.status, shape(found.json()))
    for mode in ("restore-size", "files-by-contents", "blobs-per-file"):
        told = run("stats", "--mode", mode).json()
        yield f"stats {mode}", (told["total_size"], told.get("total_file_count"))
    raw = run("stats", "--mode", "raw-data").json()
    yield "stats raw-data", (raw["total_blob_count"] > 0, raw["total_size"] > 0)
    target = restic.path("restored")
    (whole,) = [snapshot["id"] for snapshot in run("snapshots", "--host", "other").json()]
    yield "restore", run("restore", whole, "--include", "letter.txt",
                         "--target", target).status
    with open(target + restic.source + "/docs/letter.txt", encoding="utf-8") as file:
        yield "restored", file.read()
    newest = run("snapshots").json()[-1]["id"]
    for kind, arguments in (("snapshot", (newest,)), ("config", ()), ("masterkey", ())):
        told = run("cat", kind, *arguments).json()
        yield f"cat {kind}", sorted(set(told) & {"id", "version", "chunker_polynomial", "mac", "encrypt",
                                                 "time", "tree", "paths", "hostname", "username"})
    for kind in ("locks", "snapshots", "keys"):
        yield f"list {kind}", run("list", kind).lines()
    yield "list index", set(map(len, run("list", "index").lines()))


def keys(restic, run):
    second = restic.write("second", "other horse")
    third = restic.write("third", "third horse")
    yield "key list", key_list(run("key", "list"))
    yield "key add", run("key", "add", "--host", "there", "--user", "me", "--new-password-file",
                         second).status
    yield "key list of two", key_list(run("key", "list"))
    yield "key passwd", run("key", "passwd", "--new-password-file", third,
                            password_file=second).status
    yield "key list after", key_list(run("key", "list"))
    (unused,) = [key["id"] for key in run("key", "list").json() if not key["current"]]
    yield "key remove", run("key", "remove", unused).status
    yield "key list at last", key_list(run("key", "list"))


def upkeep(restic, run):
    restic.lock(age_seconds=3600)
    yield "one lock", run("list", "locks").lines()
    yield "unlock", (run("unlock").status, restic.locks())
    for arguments in (("--dry-run", "--keep-last", "1"), ("--group-by", "host", "--keep-daily", "1"),
                      ("--tag", "one,two", "--host", "other", "--keep-hourly", "1"),
                      ("--prune", "--keep-daily", "5", "--keep-weekly", "2", "--keep-monthly", "2",
                       "--keep-yearly", "1", "--keep-within", "2d"),
                      ("--tag", "nowhere", "--keep-last", "1"), ()):
        if not arguments and not restic.since(0, 17):
            continue  # no policy was no error
        yield f"forget {' '.join(arguments)}", forgotten(run("forget", *arguments))
    yield "check", run("check", "--read-data").status
    yield "check a part", run("check", "--read-data-subset", "1/2").status


def rewriting(run):
    yield "rewrite, dry", run("rewrite", "--exclude", "*.bin", "--dry-run").status
    newest = run("snapshots").json()[-1]["id"]
    yield "rewrite", run("rewrite", "--exclude", "*.bin", "--forget", newest).status
    yield "find what was excluded", [found["hits"] for found in run("find", "*.bin").json()]


def second_repository(restic, run, password):
    target = restic.path("copies")
    origin = ("--from-repo", restic.repository, "--from-password-file", password)
    yield "init of a second one", run("init", "--copy-chunker-params", *origin, "--repository-version",
                                      "2", repository=target).status
    yield "copy", run("copy", *origin, repository=target).status
    yield "copies", shape(run("snapshots", repository=target).json())


def repository_id(text):
    """Of JSON; before 0.15 it was a sentence in any case."""
    if text.startswith("{"):
        return json.loads(text)["id"]
    return re.match(r"created restic repository ([a-z0-9]+) at .+", text).group(1)


def version(text):
    """JSON since 0.17, a sentence before."""
    if text.startswith("{"):
        told = json.loads(text)
        return {"restic": told["version"], "go": told["go_version"][len("go"):],
                "platform": told["go_os"], "architecture": told["go_arch"]}
    match = re.match(r"restic ([0-9.]+) compiled with go([0-9.]+) on (\w+)/(\w+)", text)
    return dict(zip(("restic", "go", "platform", "architecture"), match.groups()))


def last_line(result):
    """The summary, as far as every version tells it."""
    told = json.loads([line for line in result.lines() if line.strip()][-1])
    return result.status, {key: told[key] for key in (
        "message_type", "files_new", "files_changed", "files_unmodified", "dirs_new",
        "total_files_processed", "total_bytes_processed")}, len(told.get("snapshot_id", "")) >= 8


def shape(snapshots):
    """The fields that every version has, in the order that was printed."""
    if snapshots and "group_key" in snapshots[0]:
        return sorted(([group["group_key"], shape(group["snapshots"])] for group in snapshots),
                      key=str)
    return [{key: snapshot[key] for key in ("time", "tree", "paths", "hostname", "username", "id",
                                            "short_id")} | {"tags": snapshot.get("tags")}
            for snapshot in snapshots]


def key_list(result):
    listed = result.json()
    return sorted(([key["current"], key["userName"], key["hostName"], key["created"]]
                   for key in listed), key=str)


def forgotten(result):
    """The first line is JSON, or empty; lines that follow are passed over."""
    if result.status != 0:
        return result.status
    first = result.out.split("\n", maxsplit=1)[0]
    groups = json.loads(first) if first else []
    return result.status, sorted(
        ([group["tags"], group["host"], group["paths"],
          [snapshot["short_id"] for snapshot in group["keep"] or ()],
          [snapshot["short_id"] for snapshot in group["remove"] or ()],
          [reason["matches"] for reason in group["reasons"] or ()]] for group in groups), key=str)
