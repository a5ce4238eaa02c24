"""How the cost of a file develops as the tree grows, and how it does without the other cores."""
import os
import shutil

from benchmarks import figure, sources
from benchmarks.session import ROOT

SIZES = (10_000, 30_000, 100_000, 300_000, 1_000_000)
KINDS = ("first snapshot", "nothing changed")
ONE_CORE_FILES = 100_000
FIGURE = os.path.join(ROOT, "docs", "figures", "scale.svg")


def sizes(largest):
    """The steps up to `largest`, or that alone when it is below the first."""
    return [size for size in SIZES if size <= largest] or [largest]


def work_name(kind, files, core=None):
    return f"{files:,} files, {kind}" + ("" if core is None else ", 1 core")


def open_name(files):
    return f"{files:,} files, list snapshots"


def measure(session, largest):
    tree = os.path.join(session.work, "scale")
    steps = sizes(largest)
    done = 0
    for files in steps:
        sources.small_files(tree, done, files)
        done = files
        measure_step(session, tree, files)
        # The last step that is not too long for a single core.
        if files == max([step for step in steps if step <= ONE_CORE_FILES] or steps):
            measure_step(session, tree, files, core=0)
    shutil.rmtree(tree)


def measure_step(session, tree, files, core=None):
    for program, path in session.programs.items():
        with session.repository() as repository:
            for kind in KINDS:
                session.snapshot(work_name(kind, files, core), program, repository, [tree],
                                 core=core)
            if core is None:
                session.time(open_name(files), program, [path, "-r", repository, "snapshots"])


def microseconds_per_file(session, program, kind, files):
    """Without what it takes to open the repository, which is mostly the derivation of its key."""
    seconds = session.rows[work_name(kind, files)][program].median()
    seconds -= session.rows[open_name(files)][program].median()
    return seconds * 1e6 / files


def draw(session, largest):
    steps = sizes(largest)
    lines = []
    for kind in KINDS:
        for program, colour in zip(session.programs, figure.COLOURS):
            # What is below the clock's noise is drawn as next to nothing: the axis has no zero.
            points = [(files, max(microseconds_per_file(session, program, kind, files), 0.1))
                      for files in steps]
            lines.append({"name": f"{program}, {kind}", "colour": colour,
                          "dashed": kind != KINDS[0], "points": points})
            values = ", ".join(f"{value:.1f} at {files:,}" for files, value in points)
            print(f"µs per file, {program}, {kind}: {values}")
    os.makedirs(os.path.dirname(FIGURE), exist_ok=True)
    with open(FIGURE, "w", encoding="utf-8") as file:
        file.write(figure.svg(lines, "files in the tree",
                              "µs per file, without opening the repository"))
    print(f"drawn: {os.path.relpath(FIGURE)}")
