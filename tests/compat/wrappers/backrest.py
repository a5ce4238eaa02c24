"""Backrest: a web interface that runs plans. Every line it builds ends with an extended option."""
import io
import re
import tarfile

from wrappers.program import pick, settled, zero

# It is on every line: a repository over SFTP must never ask.
BATCH_MODE = ("-o", "sftp.args=-oBatchMode=yes")
# The password from its own configuration comes before what the environment of the service has.
ENVIRONMENT = {"RESTIC_PASSWORD_FILE": "", "RESTIC_PASSWORD_COMMAND": "",
               "RESTIC_PROGRESS_FPS": "2"}
PLAN = "plan:documents,created-by:host"
SUMMARY_NUMBERS = (
    "files_new", "files_changed", "files_unmodified", "data_blobs", "total_files_processed",
    "total_bytes_processed")


def session(restic):
    def run(*arguments, **options):
        return restic.run(*arguments, *BATCH_MODE, **{**ENVIRONMENT, **options})

    yield "version", version(restic.run("version"))
    yield from life_of_a_repository(restic, run)
    yield from plan(restic, run)
    yield from way_back(restic, run)
    yield from upkeep(restic, run)


def life_of_a_repository(restic, run):
    yield "exists", exists(run("cat", "config"))
    made = run("init", "--json", merged=True)
    # Before 0.15 it printed no JSON.
    yield "init", (made.status, restic.since(0, 15) and len(made.json()["id"]))
    again = run("init", "--json", merged=True)
    yield "init of what is there", (again.status, "config file already exists" in again.out
                                    or "already initialized" in again.out)
    restic.make_repository()
    yield "exists now", exists(run("cat", "config"))
    yield "wrong password", exists(run("cat", "config", RESTIC_PASSWORD="wrong"))
    yield "snapshots of an empty repository", snapshots(run("snapshots", "--json", "--tag", PLAN))


def plan(restic, run):
    options = ("--exclude-caches", "--tag", "plan:documents", "--tag", "created-by:host",
               "--exclude", "*.tmp", "--iexclude", "*.ISO")
    first = run("backup", "--json", restic.source, *options, merged=True)
    yield "backup", progress(first, SUMMARY_NUMBERS)
    parent = (*options, "--parent", first.last_message("summary")["snapshot_id"])
    yield "backup again", progress(
        run("backup", "--json", restic.source, *parent, merged=True), SUMMARY_NUMBERS)
    yield "backup of what cannot be read", progress(
        run("backup", "--json", restic.source, "/proc/self/mem", *parent, merged=True),
        SUMMARY_NUMBERS)
    yield "dry run", progress(
        run("backup", "--json", restic.source, *parent, "--dry-run", "-vv", merged=True),
        SUMMARY_NUMBERS)
    yield "backup without a path", progress(
        run("backup", "--json", *options, merged=True), SUMMARY_NUMBERS)
    yield "snapshots", snapshots(run("snapshots", "--json", "--tag", PLAN))
    yield "stats", stats(restic, run("stats", "--json", "--mode=raw-data"))
    first_two = [snapshot["id"] for snapshot in run("snapshots", "--json").json()[:2]]
    yield "tag", run("tag", "--add", "plan:other,seen", *first_two).status
    yield "tagged", snapshots(run("snapshots", "--json", "--tag", "plan:other,seen"))


def way_back(restic, run):
    newest = run("snapshots", "--json", "--tag", PLAN).json()[-1]["id"]
    for name in ("docs", "docs/letter.txt", ""):
        yield f"ls {name}", ls(run("ls", "--json", newest, f"{restic.source}/{name}", "--no-lock"))
    docs = restic.source + "/docs"
    restores = [("everything", newest, ())]
    if restic.since(0, 17):  # --json, and snapshot:path
        restores += [("a part", f"{newest}:{docs}", ("--include", "/letter.txt")),
                     ("from the root", f"{newest}:/", ("--include", "/" + docs.split("/")[1]))]
    for name, snapshot, include in restores:
        target = restic.path("restored " + name)
        result = run("restore", "--json", snapshot, "--target", target, *include, merged=True)
        yield f"restore {name}", (
            result.status if not restic.since(0, 17) else
            progress(result, ("total_files", "files_restored", "total_bytes", "bytes_restored")))
    archive = run("dump", newest, docs, "--archive", "tar", text=False)
    yield "dump", (archive.status, members(archive.out))


def upkeep(restic, run):
    yield "check", run("check").status
    yield "check a part", run("check", "--read-data-subset=2.5000%").status
    yield "unlock", run("unlock").status
    yield "forget of a plan", forget(
        run("forget", "--json", "--keep-last", "1", "--keep-daily", "1",
            "--tag", PLAN, "--group-by", ""))
    yield "forget of all plans", forget(run("forget", "--json", "--keep-last", "1", "--group-by",
                                            "tag"))
    run("backup", "--json", restic.source)  # prune wants one to be left
    oldest = run("snapshots", "--json").json()[0]["id"]
    yield "forget one", run("forget", "--json", oldest).status
    yield "prune", run("prune", "--max-unused", "25%").status
    yield "prune with a limit in bytes", run("prune", "--max-unused", "104857600B").status
    yield "prune all", run("prune", "--max-unused", "0%").status


def version(result):
    """It wants three numbers after the name, and at least the version that it was built for."""
    return result.status, re.search(r"restic\s+(\d+)\.(\d+)\.(\d+)", result.out) is not None


def exists(result):
    if result.status != 0:
        return result.status
    config = result.json()
    return result.status, config["version"], len(config["id"])


def progress(result, numbers):
    """Backup and restore: the first line must be JSON, the others are passed over if they are not."""
    if result.status not in (0, 3):
        return result.status, None
    events = [pick(message, "message_type", "during", "item") for message in result.messages()
              if message["message_type"] == "error"]
    summary = result.last_message("summary")
    directories = [summary.get(f"dirs_{state}", 0) for state in ("new", "changed", "unmodified")]
    return (result.status, result.lines()[0].startswith("{"), zero(summary, *numbers),
            settled(*directories), len(summary.get("snapshot_id", "")) >= 8, events)


def snapshots(result):
    """Also what `forget` lists."""
    return result.status, [snapshot_fields(snapshot) for snapshot in result.json()]


def snapshot_fields(snapshot):
    return pick(snapshot, "id", "time", "tree", "paths", "hostname", "username", "tags")


def ls(result):
    (snapshot, *nodes) = [message for message in result.messages()]
    return (result.status, snapshot_fields(snapshot),
            [zero(node, "name", "type", "path", "uid", "gid", "size", "mode", "mtime", "atime",
                  "ctime") for node in nodes])


def stats(restic, result):
    told = result.json()
    return (result.status, told["total_blob_count"] > 0,
            restic.since(0, 15) and (told["total_uncompressed_size"] > 0, told["snapshots_count"],
                                     told["compression_ratio"] > 0, told["compression_progress"],
                                     "compression_space_saving" in told))


def forget(result):
    groups = [{kind: [snapshot_fields(snapshot) for snapshot in group[kind] or ()]
               for kind in ("keep", "remove")} for group in result.json()]
    return result.status, sorted(groups, key=str)


def members(archive):
    """The files: of the directory that was asked for restic's archives say nothing."""
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        return [(member.name, member.size, member.mode) for member in tar if member.isfile()]
