"""restic-exporter: figures for Prometheus, from commands that take no lock."""
import datetime
import hashlib
import re


def session(restic):
    def run(*arguments):
        return restic.run("--no-lock", *arguments, "--insecure-tls")

    restic.make_repository()
    yield "no snapshots", snapshots(run("snapshots", "--json"))
    yield "no locks", locks(run("list", "locks"))
    for tags in ((), ("--tag", "one"), ("--tag", "two,three")):
        restic.run("backup", "-q", restic.source, *tags)
    restic.run("backup", "-q", restic.source + "/docs", "--host", "other")
    restic.lock(age_seconds=60)

    yield "snapshots", snapshots(run("snapshots", "--json"))
    yield "latest", snapshots(run("snapshots", "--json", "--latest", "1"))
    for snapshot in run("snapshots", "--json", "--latest", "1").json():
        told = run("stats", "--json", snapshot["id"]).json()
        yield f"stats of {snapshot['hostname']}", (told["total_size"], told["total_file_count"])
    yield "check", run("check").status
    yield "one lock", locks(run("list", "locks"))
    missing = restic.run("--no-lock", "snapshots", "--json",
                         RESTIC_REPOSITORY=restic.path("missing"))
    yield "no repository", (missing.status, missing.out, missing.err != "")


def snapshots(result):
    return result.status, sorted(map(client, result.json()), key=str)


def client(snapshot):
    """What becomes labels. The time is cut out of it by its form."""
    text = snapshot["hostname"] + snapshot.get("username", "") + ",".join(snapshot["paths"])
    moment = re.sub(r"\.[^+-]+", "", snapshot["time"])
    zoned = len(moment) > len("2026-01-01T00:00:00")
    datetime.datetime.strptime(moment, "%Y-%m-%dT%H:%M:%S" + ("%z" if zoned else ""))
    return {"hash": hashlib.sha256(text.encode()).hexdigest()[:6], "tags": snapshot.get("tags", []),
            "paths": snapshot["paths"], "hostname": snapshot["hostname"],
            "username": snapshot.get("username"), "id": len(snapshot["id"]),
            "short id": len(snapshot["short_id"])}


def locks(result):
    return result.status, sum(bool(re.match("^[a-z0-9]+$", line)) for line in result.lines())
