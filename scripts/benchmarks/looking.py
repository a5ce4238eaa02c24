"""What goes through trees: commands over a snapshot of very many small files."""
import os
import shutil

from benchmarks import sources

CHANGED_EVERY = 100


def measure(session, files):
    tree = os.path.join(session.work, "looking")
    sources.small_files(tree, 0, files)
    with session.repository() as repository:
        session.prepare("snapfs", "-r", repository, "backup", "-q", tree)
        for number in range(0, files, CHANGED_EVERY):
            with open(sources.path_of(tree, number), "a", encoding="ascii") as file:
                file.write("more\n")
        session.prepare("snapfs", "-r", repository, "backup", "-q", tree)
        old, new = session.snapshot_ids(repository)
        commands = {"ls -l": ["ls", "-l", new], "find a name": ["find", "-s", new, "file-42"],
                    "diff of two": ["diff", old, new], "stats": ["stats", new]}
        for name, arguments in commands.items():
            for program in session.programs:
                command = [session.programs[program], "-r", repository, *arguments]
                session.time(f"{name}, {files:,} files", program, command)
    shutil.rmtree(tree)
