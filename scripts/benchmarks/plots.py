"""The measurements of a run as figures: one of snapshots, one of work over a mount, one of the rest."""
import os

from benchmarks import bars
from benchmarks.report import version_of

MOUNT = "mount: "
PROGRAMS = ("snapfs", "restic", "plain files")
FIGURES = (("snapshot", "Taking snapshots"), ("mount", "Everyday programs over a mounted snapshot"), ("upkeep", "Restoring, checking, moving"))


def figure_of(work):
    if work.startswith(MOUNT):
        return "mount"
    return "snapshot" if "snapshot" in work and "prune" not in work else "upkeep"


def groups_of(session, figure):
    """Works that took both programs some time; what they took in memory is in the table."""
    groups = []
    for work, row in session.rows.items():
        seconds = {name: row[name].median() for name in PROGRAMS if name in row and row[name].seconds}
        if figure_of(work) == figure and "snapfs" in seconds and "restic" in seconds:
            groups.append((work.removeprefix(MOUNT), seconds))
    return groups


def draw(session, options):
    """A file for each figure that has something in it."""
    note = (f"seconds, each work by its own scale; {os.cpu_count()} cores, {' '.join(options.sources)}, median of {options.runs} runs, "
            f"{version_of(session.programs['restic'])}")
    os.makedirs(options.plot, exist_ok=True)
    for name, title in FIGURES:
        groups = groups_of(session, name)
        if not groups:
            continue
        path = os.path.join(options.plot, name + ".svg")
        with open(path, "w", encoding="utf-8") as file:
            file.write(bars.svg(title, note, groups))
        print(f"drawn: {os.path.relpath(path)}")
