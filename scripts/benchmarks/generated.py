"""Sources that no machine has lying about: very many small files, and very large ones."""
import os
import shutil

from benchmarks import sources


def measure_million(session, files):
    tree = os.path.join(session.work, "million")
    if not os.path.exists(tree):
        sources.small_files(tree, 0, files)
    name = f"{files:,} small files"
    for program in session.programs:
        with session.repository() as repository:
            session.snapshot(f"{name}, first snapshot", program, repository, [tree])
            session.snapshot(f"{name}, nothing changed", program, repository, [tree])
    if session.has_limit():
        session.limit(f"{name}, first snapshot", [tree])


def measure_large(session, size):
    for name, make in (("random", sources.random_file), ("log", sources.log_file)):
        path = os.path.join(session.work, f"large-{name}")
        make(path, size)  # in every run: the page cache has no room for all of them
        work = f"one {name} file of {size >> 20:,} MiB"
        for program in session.programs:
            with session.repository() as repository:
                session.snapshot(work, program, repository, [path], source_bytes=size)
        if session.has_limit():
            session.limit(work, [path], source_bytes=size)
        os.unlink(path)
    shutil.rmtree(os.path.join(session.work, "cache"), ignore_errors=True)
