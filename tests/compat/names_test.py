"""Every command and option of restic is one of snapfs, or docs/restic.md says that it is not."""
import os
import re
import unittest

import harness

HERE = os.path.dirname(os.path.abspath(__file__))
DIFFERENCES = os.path.join(HERE, "..", "..", "docs", "restic.md")
# What a value can look like, where "1" is none.
VALUES = {
    "--archive": "tar", "--compression": "auto", "--group-by": "host", "--mode": "raw-data",
    "--option": "local.connections=2", "--overwrite": "always", "--read-data-subset": "1/2",
    "--repack-smaller-than": "1M", "--retry-lock": "1m", "--sort": "name",
    "--stuck-request-timeout": "1m", "--time": "2026-01-01 00:00:00",
    "--new-time": "2026-01-01 00:00:00", "--newest": "2026-01-01", "--oldest": "2026-01-01",
    **{f"--keep-within{period}": "1d" for period in
       ("", "-hourly", "-daily", "-weekly", "-monthly", "-yearly")},
}


def read_names():
    """Command → its options, each as (short name or none, long name, whether it takes a value)."""
    commands = {}
    with open(os.path.join(HERE, "restic_names.txt"), encoding="utf-8") as file:
        for line in file:
            if line.startswith("#"):
                continue
            command, _, options = line.partition(":")
            for option in options.split():
                short, _, name = option.rpartition(",")
                commands.setdefault(command, []).append(
                    (short, name.rstrip("="), name.endswith("=")))
            commands.setdefault(command, [])
    return commands


def read_refused():
    """What the manual of differences says is refused: (command, option), or (command, "")."""
    refused = set()
    with open(DIFFERENCES, encoding="utf-8") as file:
        for line in file:
            cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
            if len(cells) >= 3 and cells[2].startswith("refused:"):
                for command in re.findall("`([^`]+)`", cells[0]):
                    options = re.findall("`([^`]+)`", cells[1])
                    refused |= {(command, option) for option in options or [""]}
    return refused


def read_storage_options():
    """What docs/restic.md says of options for storage: name → whether it is refused."""
    options = {}
    with open(DIFFERENCES, encoding="utf-8") as file:
        section = file.read().split("\n## Options for storage\n")[1].split("\n## ")[0]
    for line in section.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| `"):
            for name in re.findall("`([^`]+)`", cells[0]):
                options[name] = cells[1].startswith("refused")
    return options


class NamesTest(harness.CompatTest):
    needs_restic = False

    def setUp(self):
        super().setUp()
        program = os.path.join(self.scratch, "restic")
        os.symlink(os.path.abspath(harness.SNAPFS), program)
        self.program = program
        self.names = read_names()
        self.refused = read_refused()

    def status(self, *arguments):
        """An option that is not known is an error before help is printed."""
        return self.run_quietly(*arguments, "--help").returncode

    def run_quietly(self, *arguments):
        return harness.subprocess.run([self.program, *arguments], capture_output=True, check=False,
                                      cwd=self.scratch, env=self.environment, timeout=60)

    def assert_taken(self, command, option, *arguments):
        with self.subTest(f"{command} {option}"):
            taken = self.status(*arguments) == 0
            self.assertEqual(taken, (command, option) not in self.refused and
                             (command, "") not in self.refused)

    def test_an_unknown_option_is_an_error(self):
        for command in self.names:
            if command not in ("global", "help"):
                self.assertEqual(self.status(*command.split(), "--no-such-option"), 1, command)
        self.assertEqual(self.status("--no-such-option"), 1)
        self.assertEqual(self.run_quietly("no-such-command").returncode, 1)

    def test_commands(self):
        for command in self.names:
            if command != "global":
                self.assert_taken(command, "", *command.split())

    def test_options(self):
        for command, options in self.names.items():
            if command != "global":
                self.check_options(command, options, command.split())

    def test_global_options(self):
        """Before the command, and after each."""
        options = self.names["global"]
        for place in ([], ["snapshots"], ["version"], ["key", "list"]):
            self.check_options("global", options, place)
        # All but one of two that exclude each other.
        one_line = [name if not value else f"{name}={VALUES.get(name, '1')}"
                    for _, name, value in options
                    if ("global", name) not in self.refused and name != "--quiet"]
        for command in self.names:
            if command != "global" and (command, "") not in self.refused:
                self.assertEqual(self.status(*command.split(), *one_line), 0, command)
                self.assertEqual(self.status(*one_line, *command.split()), 0, command)

    def check_options(self, command, options, place):
        for short, name, has_value in options:
            value = VALUES.get(name, "1")
            self.assert_taken(command, name, *place, f"{name}={value}" if has_value else name)
            if has_value:
                self.assert_taken(command, name, *place, name, value)
            if short:
                self.assert_taken(command, name, *place, *([short, value] if has_value else [short]))

    def test_what_is_refused_is_something_of_restic(self):
        known = {(command, name) for command, options in self.names.items()
                 for name in ["", *(name for _, name, _ in options)]}
        self.assertLessEqual(self.refused, known | {("self-update", "")})

    def test_storage_options(self):
        """Each of restic's is in the manual of differences, and listed by the program unless it is
        refused."""
        with open(os.path.join(HERE, "restic_storage_options.txt"), encoding="ascii") as file:
            known = {line.strip() for line in file if not line.startswith("#")}
        told = read_storage_options()
        self.assertEqual(set(told), known)
        listed = re.findall(r"^  ([\w.-]+) ", self.snapfs("options").stdout, re.MULTILINE)
        self.assertEqual(set(listed), {name for name, refused in told.items() if not refused})


if __name__ == "__main__":
    harness.main()
