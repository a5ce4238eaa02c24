"""What reads or moves data: check, restore, prune and copy."""
import os
import shutil

from benchmarks import sources

SNAPSHOTS = 200
FILES = 4_000
CHANGED_AT_A_TIME = 200


def measure(session, options):
    for name, work in (("check", checking), ("prune", pruning), ("copy", copying)):
        if name in options.only:
            work(session, options)


def run(session, work, program, repository, *arguments, **how):
    session.time(work, program, [session.programs[program], "-r", repository, *arguments], **how)


def checking(session, options):
    with session.repository() as repository:
        session.prepare("snapfs", "-r", repository, "backup", "-q", *options.sources)
        for program in session.programs:
            run(session, "check --read-data", program, repository, "check", "--read-data")
        # ext4 is slow where much has just been removed: nothing goes before both are done.
        targets = os.path.join(session.work, "restored")
        for program in session.programs:
            run(session, "restore", program, repository, "restore", "latest", "--target",
                os.path.join(targets, program))
        shutil.rmtree(targets)


def pruning(session, _):
    """Of 200 snapshots, each with 5 % changed, every second one was forgotten."""
    tree = os.path.join(session.work, "pruning")
    copies = os.path.join(session.work, "pruned")
    sources.small_files(tree, 0, FILES)
    with session.repository() as repository:
        for snapshot in range(SNAPSHOTS):
            for number in range(CHANGED_AT_A_TIME):
                path = sources.path_of(tree, (snapshot * CHANGED_AT_A_TIME + number) % FILES)
                sources.random_file(path, 2_000 + snapshot * CHANGED_AT_A_TIME + number)
            session.prepare("snapfs", "-r", repository, "backup", "-q", tree)
        session.prepare("snapfs", "-r", repository, "forget", "-q",
                        *session.snapshot_ids(repository)[::2])
        for program in session.programs:
            shutil.copytree(repository, copies)
            run(session, f"prune, {SNAPSHOTS // 2} of {SNAPSHOTS} snapshots forgotten", program,
                copies, "prune")
            shutil.rmtree(copies)
    shutil.rmtree(tree)


def copying(session, options):
    tree = os.path.join(session.work, "copying")
    os.makedirs(tree)
    size = options.copy_mib << 20
    for number in range(4):
        sources.random_file(os.path.join(tree, f"random-{number}"), size // 4 + number)
    with session.repository() as repository:
        session.prepare("snapfs", "-r", repository, "backup", "-q", tree)
        shutil.rmtree(tree)
        for program in session.programs:
            with session.repository() as target:
                run(session, f"copy of {options.copy_mib:,} MiB", program, target, "copy",
                    "--from-repo", repository, source_bytes=size)
