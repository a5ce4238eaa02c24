"""Every command of the program, as its own help lists them, each with a line that has it do its work: for
tests of what holds of all of them. A test that leaves one out says why, and a new command fails them all
until it has a line here.
"""
import hashlib
import os
import pathlib
import re
import shutil
import subprocess

from cheap_key import cheapen

# {} stands for what Scenery.line() makes, in a directory of the command's own, {work}.
LINES = {
    "init": "-r {work}/new init",
    "snapshot": "snapshot {source}",
    "backup": "backup {source}",
    "run": "-P {work}/home.toml run",
    "profile init": "profile init new",
    "profile list": "profile list",
    "profile show": "profile show {work}/home.toml",
    "profile check": "profile check {work}/home.toml",
    "snapshots": "snapshots",
    "restore": "restore latest --target {work}/out",
    "ls": "ls latest",
    "find": "find file",
    "log": "log {source}/file",
    "diff": "diff {older} {newer}",
    "drill": "drill latest",
    "dump": "dump latest {source}/file",
    "stats": "stats",
    "cat": "cat config",
    "list": "list snapshots",
    "forget": "forget --keep-last 1",
    "mount": "mount {work}/mountpoint",
    "tag": "tag --add new latest",
    "check": "check --read-data",
    "copy": "copy --from-repo {other} --from-password-file {work}/password",
    "prune": "prune --max-unused 0",
    "repair index": "repair index",
    "repair packs": "repair packs {pack}",
    "repair snapshots": "repair snapshots --forget",
    "rewrite": "rewrite --forget --exclude file",
    "key list": "key list",
    "key add": "key add --new-password-file {work}/new-password",
    "key remove": "key remove {key}",
    "key passwd": "key passwd --new-password-file {work}/new-password",
    "unlock": "unlock --remove-all",
    "migrate": "-r {work}/old-version migrate upgrade_repo_v2",
    "cache": "cache",
    "recover": "recover",
    "generate": "generate --bash-completion -",
    "options": "options",
    "features": "features",
    "help": "help ls",
    "version": "version",
}
WITHOUT_LINE = {
    "umount": "it needs a mount, and says nothing when all is well",
    "profile enable": "it talks to the service manager of whoever runs the test",
    "profile disable": "it talks to the service manager of whoever runs the test",
}
WITHOUT_REPOSITORY = {name: "it opens no repository" for name in (
    "profile init", "profile list", "profile show", "profile check", "generate", "options", "features", "help",
    "version")}


def listed(program, *path):
    """All that do something by themselves, such as "repair index"."""
    text = subprocess.run([program, *path, "--help"], capture_output=True, text=True, check=True).stdout
    (table,) = re.findall(r"^Subcommands:\n((?:  .*\n)+)", text, re.MULTILINE) or [""]
    found = re.findall(r"^  (\w+(?:, \w+)*)", table, re.MULTILINE)
    for name in (name for names in found for name in names.split(", ")):
        below = list(listed(program, *path, name)) if name != "help" else []
        yield from below or [" ".join([*path, name])]


def all_but(program, excused):
    """The names of those to be tried; `excused` has names of others, and the reasons."""
    known = LINES.keys() | WITHOUT_LINE.keys()
    if set(listed(program)) != known:
        raise AssertionError(f"not in both the program's help and every_command.py: {set(listed(program)) ^ known}")
    if not excused.keys() <= LINES.keys():
        raise AssertionError(f"excused, but no commands: {excused.keys() - LINES.keys()}")
    return [name for name in LINES if name not in excused]


class Scenery:
    """What the lines are about, made once in `directory` and copied for each of them: two repositories with
    two snapshots each, and what a third left that was lost.
    """

    def __init__(self, directory, program, password, new_password="battery staple"):
        self.template = pathlib.Path(directory)
        self.program, self.password = program, password
        self.source = self.template / "source"
        self.source.mkdir(parents=True)
        for name, options in (("other", ()), ("old-version", ("--repository-version", "1")), ("repository", ())):
            repository = self.template / name
            self.must(self.template, "-r", repository, "init", *options)
            cheapen(repository, password)
            for text in ("one", "two", "lost"):
                (self.source / "file").write_text(text)
                self.must(self.template, "-r", repository, "snapshot", "-q", self.source)
                if text == "two":
                    kept = set(os.listdir(repository / "snapshots"))
            for snapshot in set(os.listdir(repository / "snapshots")) - kept:
                (repository / "snapshots" / snapshot).unlink()
            for folder in (repository / "data").iterdir():
                if not any(folder.iterdir()):  # it is made when it is needed
                    folder.rmdir()
        # Of what only the second snapshot has.
        found = self.must(self.template, "find", "--show-pack-id", "--blob", hashlib.sha256(b"two").hexdigest())
        self.pack = next(line for line in found.splitlines() if line.startswith("Object")).split()[-1]
        (self.template / "password").write_text(password)
        (self.template / "new-password").write_text(new_password)
        (self.template / "home.toml").write_text(
            f"[snapshot]\nsources = ['{self.source}']\n[forget]\nkeep-last = 1\n")
        (self.template / "home.toml").chmod(0o600)
        (self.template / "mountpoint").mkdir()

    def environment(self, work):
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("SNAPFS_", "RESTIC_"))}
        return kept | {"SNAPFS_REPOSITORY": str(work / "repository"), "SNAPFS_PASSWORD": self.password,
                       "SNAPFS_CACHE_DIR": str(work / "cache"), "XDG_STATE_HOME": str(work / "state"),
                       "XDG_CONFIG_HOME": str(work / "configuration"), "TMPDIR": str(work)}

    def run(self, work, *arguments, environment=None, **options):
        """In that copy, or with its environment; the options are subprocess's."""
        how = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL, "timeout": 60,
               "text": True, "errors": "surrogateescape"} | options
        return subprocess.run([self.program, *map(str, arguments)], cwd=work, check=False,
                              env=self.environment(work) | (environment or {}), **how)

    def must(self, work, *arguments):
        done = self.run(work, *arguments)
        if done.returncode != 0:
            raise AssertionError(f"{arguments}: {done.returncode}\n{done.stderr}")
        return done.stdout

    def line(self, command, work):
        """The command's line, and in `work` what it is about, which no command has changed yet."""
        shutil.copytree(self.template, work, dirs_exist_ok=True)
        repository = work / "repository"
        (key,) = (repository / "keys").iterdir()
        older, newer = os.listdir(repository / "snapshots")
        words = {"work": work, "source": self.source, "pack": self.pack, "other": work / "other", "key": key.name,
                 "older": older, "newer": newer}
        line = LINES[command]
        if command == "key remove":
            # Of two, the one that is not in use.
            self.must(work, "key", "add", "--new-password-file", work / "new-password")
            (words["key"],) = {path.name for path in (repository / "keys").iterdir()} - {key.name}
            line += f" --key-hint {key.name}"
        if command == "unlock":
            (repository / "locks" / ("0" * 64)).touch()
        if command == "repair snapshots":
            (repository / "data" / self.pack[:2] / self.pack).unlink()
            self.must(work, "repair", "index")
        return [word.format(**words) for word in line.split(" ")]
