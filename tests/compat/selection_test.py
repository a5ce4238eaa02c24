"""Both programs leave out the same: one table of argument lists, run over the same tree.

Compared are the tree IDs, the exit codes, the counts of the summaries, and the paths and excludes
that the snapshots record.
"""
import json
import os
import random
import subprocess
import unittest

import harness

COUNTS = ("files_new", "files_changed", "files_unmodified", "dirs_new", "dirs_changed",
          "dirs_unmodified", "total_files_processed", "total_bytes_processed")
# Explicit targets are never excluded since then; missing ones make the exit code 3.
EXPLICIT_TARGETS_KEPT = (0, 19)
CACHE_TAG = "Signature: 8a477f597d28d172789f06886806bc55\n# made by hand\n"

FILES = {
    "src/main.c": "int main;", "src/main.o": "x" * 3000, "src/lib/util.c": "u", "src/lib/util.o": "o",
    "src/lib/deep/er/x.c": "x", "doc/README": "readme", "doc/Readme.TXT": "other",
    "cache/CACHEDIR.TAG": CACHE_TAG, "cache/a": "1", "cache/sub/b": "2",
    "fake/CACHEDIR.TAG": "Signature: 0", "fake/a": "1",
    "tagged/.nobackup": "head: here\n", "tagged/x": "1", "tagged/sub/y": "2", "both/.nobackup": "",
    "both/CACHEDIR.TAG": CACHE_TAG, "both/x": "1",
    "äöü/ÄÖÜ.Txt": "1", "ΣΑΣ": "sigma", "\u212aelvin": "kelvin", "a*b": "star", "[x]": "bracket",
    "#hash": "#", "!bang": "!", " blank ": " ", "back\\slash": "\\", "$HOME": "$",
    "a/b/a/b/a/f": "f", "a/f": "f", "a/b/f": "f", "a/x/y/b/f": "f", "large": "l" * 5000,
}
# Files with arguments in them, outside the tree; {w} is the tree.
LISTS = {
    "plain": "*.o\n# comment\n\n  \t\ndoc \n",
    "variables": "$PICK\n${PICK}x\n$$HOME\n$UNSET_NAME.BIN\n",
    "negated": "*.c\n!util.c\n",
    "caseless": "README*\näÖÜ\n",
    "bom": "\ufeffdoc\n", "crlf": "doc\r\n*.o\r\n", "no newline": "doc", "empty": "",
    "malformed": "fine\n[x\n", "variable star": "a/$STAR/f\n",
    "globs": "# sources\nsrc/*.c\n\n  doc  \n./a/?\n", "absolute globs": "{w}/src/*.c\n{w}/d*\n",
    "no match": "none*\n", "some match": "none*\ndoc\n", "bad glob": "doc\n[x\n",
    "escaped": "\\#hash\na\\*b\n\\[x]\n", "slash behind": "doc/\nsrc*/\n", "deep": "*/*/*.c\n",
    "verbatim": "doc/README\n#hash\n\na*b\r\n", "verbatim blank": " blank \n",
    "verbatim missing": "doc\nmissing\n", "raw": "doc/README\0#hash\0", "raw open": "doc\0src",
    "raw empty name": "doc\0\0src\0",
}
# Each list is followed by "." unless it names targets of its own behind "--".
EXCLUDES = [
    # Names and runs of components, anchored and not.
    ["-e", "*.o"], ["-e", "src/lib"], ["-e", "lib/*.c"], ["-e", "/src"], ["-e", "{w}/src"],
    ["-e", "{w}/*/lib"], ["-e", "{w}"], ["-e", "a/b"], ["-e", "b/a"], ["--exclude=doc", "--exclude", "large"],
    ["-e", "README"], ["-e", "readme"], ["-e", "src/main"], ["-e", "{name}/src"], ["-e", "{name}"],
    # Cleaning.
    ["-e", "src/"], ["-e", "./src"], ["-e", "src//lib"], ["-e", "doc/../src/lib"], ["-e", "../src"],
    ["-e", "."], ["-e", ".."], ["-e", "/"], ["-e", ""], ["-e", "/."], ["-e", "src/."],
    # Globs.
    ["-e", "*"], ["-e", "?"], ["-e", "*.[co]"], ["-e", "*.[^c]"], ["-e", "[!s]rc"], ["-e", "a[*]b"],
    ["-e", "a\\*b"], ["-e", "a*b"], ["-e", "[[]x]"], ["-e", "\\[x]"], ["-e", "[x]"],
    ["-e", "back\\\\slash"], ["-e", "???"], ["-e", "[ä-ü]*"], ["-e", "#hash"], ["-e", "$HOME"],
    ["-e", "\\!bang"], ["-e", "[!]bang"], ["-e", " blank "], ["-e", "blank"],
    # Two stars.
    ["-e", "**"], ["-e", "/**"], ["-e", "**/f"], ["-e", "a/**"], ["-e", "a/**/f"],
    ["-e", "src/**/*.c"], ["-e", "**/lib/**"], ["-e", "a/**/b/**/f"], ["-e", "{w}/**/f"],
    ["-e", "/**/lib/**"], ["-e", "/**/b/**/f/**"], ["-e", "**/**/**/lib"], ["-e", "a/**/**/**/f"],
    ["-e", "a/**/**/**/**/**/**/**/**/f"], ["-e", "a**"], ["-e", "**b"], ["-e", "a/***/f"],
    # Taking back.
    ["-e", "f", "-e", "!b/f"], ["-e", "!b/f", "-e", "f"], ["-e", "a", "-e", "!a/f"],
    ["-e", "*.c", "-e", "!util.c", "-e", "util*"], ["-e", "!src"], ["-e", "!"], ["-e", "!!bang"],
    ["-e", "*", "-e", "!src", "-e", "!src/**"], ["-e", "a/*", "-e", "!a/b"],
    ["-e", "a", "-e", "!**/a"],
    # Malformed.
    ["-e", "[x"], ["-e", "a/[x/b"], ["-e", "x\\"], ["-e", "[]x]"], ["-e", "!["], ["-e", "[a-]"],
    ["--iexclude", "[X"],
    # Without case.
    ["--iexclude", "readme*"], ["--iexclude", "äöü.TXT"], ["--iexclude", "σας"],
    ["--iexclude", "kelvin"], ["--iexclude", "{W}/SRC"], ["--iexclude", "SRC", "-e", "!src"],
    ["--iexclude", "*.C", "--iexclude", "!UTIL.c"], ["-e", "*.o", "--iexclude", "!*.O"],
    # Files.
    ["--exclude-file", "plain"], ["--exclude-file", "variables"], ["--exclude-file", "negated"],
    ["-e", "!main.c", "--exclude-file", "negated", "-e", "doc"],
    ["--exclude-file", "negated", "--exclude-file", "plain"], ["--iexclude-file", "caseless"],
    ["--exclude-file", "caseless"], ["--exclude-file", "bom"], ["--exclude-file", "utf16"],
    ["--exclude-file", "crlf"], ["--exclude-file", "no newline"], ["--exclude-file", "empty"],
    ["--exclude-file", "malformed"], ["--iexclude-file", "malformed"],
    ["--exclude-file", "variable star"], ["--exclude-file", "missing"], ["--exclude-file", ""],
    # Tags.
    ["--exclude-caches"], ["--exclude-if-present", ".nobackup"],
    ["--exclude-if-present", ".nobackup:head"], ["--exclude-if-present", ".nobackup:head: here\nx"],
    ["--exclude-if-present", ".nobackup:other"], ["--exclude-if-present", ".nobackup:"],
    ["--exclude-if-present", "CACHEDIR.TAG"], ["--exclude-if-present", "sub"],
    ["--exclude-if-present", "sub:x"], ["--exclude-if-present", ".nobackup", "--exclude-caches"],
    ["--exclude-if-present", ".nobackup", "-e", ".nobackup"], ["--exclude-if-present", "#hash"],
    ["--exclude-if-present", "link"], ["--exclude-if-present", ":x"], ["--exclude-if-present", ""],
    # Sizes.
    ["--exclude-larger-than", "4k"], ["--exclude-larger-than", "3000"],
    ["--exclude-larger-than", "2999B"], ["--exclude-larger-than", "0"],
    ["--exclude-larger-than", "1T"], ["--exclude-larger-than", "+1K"],
    ["--exclude-larger-than", "1.5k"], ["--exclude-larger-than", "k"],
    ["--exclude-larger-than", "many"], ["--exclude-larger-than", ""],
    # Targets.
    ["-e", "lib", "--", "src"], ["-e", "*.c", "--", "src/lib", "doc"], ["-x", "--", "src", "doc"],
    ["-e", "deep", "--exclude-caches", "--", "src", "cache"], ["-x"], ["-e", "large", "--", ".", "../{name}/a"],
]
# Excludes that meet an explicit target, and a mistake that older ones do not see.
EXPLICIT = [
    ["-e", "deep", "--exclude-caches", "--", "src", "cache/sub"],
    ["-e", "doc", "--", "../{name}/doc", "src"], ["--files-from", "globs", "-e", "main.c"],
    ["--exclude-larger-than", "9999999999T", "src"],
    ["-e", "src", "--", "src"], ["-e", "src/lib", "--", "src/lib"], ["-e", "*", "--", "large"],
    ["-e", "lib", "--", "src", "src/lib"], ["-e", "src/lib", "--", "src", "src/lib/deep"],
    ["--exclude-larger-than", "1k", "--", "large", "src"], ["--exclude-caches", "--", "cache/a"],
    ["--exclude-caches", "--", "cache", "cache/sub"], ["-e", "{name}", "--", ".", "doc"],
    ["-e", "{name}", "--", "doc", "."], ["-e", "lib", "--", ".", "src/lib"],
    ["--exclude-if-present", "#hash", "--", ".", "doc"],
    ["--exclude-if-present", "#hash", "--", "doc", "."],
]
# The directories above absolute targets change all the time: the trees are not compared.
ABSOLUTE = [["--files-from", "absolute globs"], ["-e", "lib", "--", "{w}/src"], ["-x", "{w}"]]
TARGETS = [
    ["--files-from", "globs"], ["--files-from", "no match"],
    ["--files-from", "some match"], ["--files-from", "bad glob"], ["--files-from", "escaped"],
    ["--files-from", "slash behind"], ["--files-from", "deep"], ["--files-from", "empty"],
    ["--files-from", "empty", "doc"], ["--files-from", "missing"], ["--files-from", "bom"],
    ["--files-from", "utf16"], ["--files-from", "globs", "--files-from", "escaped", "large"],
    ["--files-from-verbatim", "verbatim"], ["--files-from-verbatim", "verbatim blank"],
    ["--files-from-verbatim", "empty"], ["--files-from-raw", "raw"],
    ["--files-from-raw", "raw open"], ["--files-from-raw", "raw empty name"],
    ["--files-from-raw", "empty"], ["--files-from-raw", "missing"],
    ["--files-from-raw", "raw", "--files-from-verbatim", "verbatim", "--files-from", "globs", "a"],
    ["--files-from", "globs", "-e", "util.c", "--iexclude", "README"], [], ["doc", "doc/"],
    ["./[x]", "a*b", "#hash"],
]
STANDARD_INPUT = [("--files-from", "globs"), ("--files-from", "crlf"),
                  ("--files-from-verbatim", "verbatim"), ("--files-from-raw", "raw")]
RANDOM_LISTS = 40
FRAGMENTS = ["a", "b", "f", "src", "lib", "doc", "x", "*", "?", "**", "**", "[a-f]", "[^a]", "[!b]", "*.c",
             "*.[^o]", "..", ".", "", "\\a", "[x", "ä*", "?ö?", "***", "*e*", "deep", "SRC", "{name}"]


def random_pattern(made_up):
    parts = [made_up.choice(FRAGMENTS) for _ in range(made_up.randint(1, 5))]
    return made_up.choice(["", "", "", "!", "/", "{w}/", "!{w}/**/"]) + "/".join(parts)


class SelectionTest(harness.CompatTest):
    def setUp(self):
        super().setUp()
        self.tree = os.path.join(self.scratch, "tree")
        self.lists = os.path.join(self.scratch, "lists")
        self.make_tree()
        self.make_lists()
        self.cheap_repository_of_ours()
        self.environment |= {"PICK": "doc", "STAR": "*"}

    def make_tree(self):
        for name, content in FILES.items():
            path = os.path.join(self.tree, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8") as file:
                file.write(content)
        os.symlink("x" * 2000, os.path.join(self.tree, "src", "link"))
        os.makedirs(os.path.join(self.tree, "hollow", "directory"))

    def make_lists(self):
        os.makedirs(self.lists)
        for name, content in LISTS.items():
            with open(os.path.join(self.lists, name), "w", encoding="utf-8", newline="") as file:
                file.write(content.replace("{w}", self.tree))
        with open(os.path.join(self.lists, "utf16"), "w", encoding="utf-16") as file:
            file.write("doc\nsrc/lib\n")

    def filled_in(self, arguments):
        """With names of this run, and of files in `lists` behind the options that take a file."""
        result = []
        for argument in arguments:
            if result and result[-1].startswith(("--files-from", "--exclude-file", "--iexclude-file")):
                argument = os.path.join(self.lists, argument) if argument else ""
            result.append(argument.replace("{w}", self.tree).replace("{W}", self.tree.upper())
                          .replace("{name}", os.path.basename(self.tree)))
        return result

    def start(self, program, command, arguments, stdin):
        with open(stdin, "rb") as file:
            return subprocess.Popen([program, command, "--force", "--json", *arguments],
                                    cwd=self.tree, stdin=file, stdout=subprocess.PIPE,
                                    stderr=subprocess.PIPE, text=True, env=self.environment)

    def run_both(self, arguments, stdin=os.devnull):
        """What came of the arguments: by snapfs, by restic. They run side by side."""
        running = [self.start(harness.SNAPFS, "snapshot", arguments, stdin),
                   self.start(harness.RESTIC, "backup", arguments, stdin)]
        return [self.outcome(process) for process in running]

    def outcome(self, process):
        output, _ = process.communicate(timeout=60)
        outcome = {"code": process.returncode}
        for line in output.splitlines():
            message = json.loads(line)
            if message["message_type"] == "summary":
                outcome |= {key: message.get(key) for key in COUNTS}
                outcome["snapshot"] = message["snapshot_id"]
        return outcome

    def recorded(self):
        """What each snapshot in the repository says of itself, by ID and by its first digits."""
        known = {}
        for snapshot in self.snapshots():
            facts = {key: snapshot.get(key) for key in ("tree", "paths", "excludes")}
            known[snapshot["id"]] = known[snapshot["short_id"]] = facts
        return known

    def compare_table(self, table, targets=(), ignore=()):
        outcomes = []
        for arguments in table:
            filled = self.filled_in(arguments)
            if targets and "--" not in filled:
                filled += ["--", *targets]
            outcomes.append(self.run_both(filled))
        known = self.recorded()
        for arguments, both in zip(table, outcomes):
            with self.subTest(arguments=arguments):
                for outcome in both:
                    outcome |= known.get(outcome.pop("snapshot", None), {})
                    for key in ignore:
                        outcome.pop(key, None)
                ours, theirs = both
                self.assertEqual(ours, theirs)

    def test_excludes(self):
        self.compare_table(EXCLUDES, ["."])

    def test_random_patterns(self):
        """Several made-up patterns at once, some of them malformed; the same ones every time."""
        made_up = random.Random(13)
        table = []
        for _ in range(RANDOM_LISTS):
            patterns = [random_pattern(made_up) for _ in range(made_up.randint(1, 4))]
            option = made_up.choice(["-e", "-e", "--iexclude"])
            table.append([word for pattern in patterns for word in (option, pattern)])
        self.compare_table(table, ["."])

    def test_explicit_targets(self):
        if harness.restic_version() < EXPLICIT_TARGETS_KEPT:
            self.skipTest("this restic excludes explicit targets")
        self.compare_table(EXPLICIT)

    def test_lists_of_targets(self):
        self.compare_table(TARGETS)

    def test_lists_with_zero_bytes_are_refused(self):
        name = os.path.join(self.scratch, "zeros")
        with open(name, "wb") as file:
            file.write(b"one\ntwo\0three\0")
        for option in ("--files-from", "--files-from-verbatim", "--exclude-file"):
            told = self.snapfs("snapshot", option, name, self.scratch, expect=1).stderr
            self.assertIn("zeros: line 2 has a zero byte in it", told)

    def test_absolute_targets(self):
        self.compare_table(ABSOLUTE, ignore=["tree"])

    def test_missing_targets(self):
        if harness.restic_version() < EXPLICIT_TARGETS_KEPT:
            self.skipTest("this restic does not count missing targets as errors")
        self.compare_table([["--files-from-verbatim", "verbatim missing"], ["doc", "missing"],
                            ["missing"], [""]])

    def test_lists_on_standard_input(self):
        for option, name in STANDARD_INPUT:
            with self.subTest(option=option, list=name):
                both = self.run_both([option, "-", "large"], os.path.join(self.lists, name))
                known = self.recorded()
                ours, theirs = [outcome | known[outcome.pop("snapshot")] for outcome in both]
                self.assertEqual(ours, theirs)
                self.assertEqual(ours["code"], 0)

    def test_one_file_system(self):
        """With a file system mounted in the tree, and one more within that."""
        mounts = [os.path.join(self.tree, "src", "mnt"), os.path.join(self.tree, "src", "mnt", "in")]
        for mountpoint in mounts:
            os.makedirs(mountpoint)
            if subprocess.run(["mount", "-t", "tmpfs", "none", mountpoint], check=False,
                              capture_output=True).returncode != 0:
                self.skipTest("mounting a tmpfs needs root")
            self.addCleanup(subprocess.run, ["umount", mountpoint], check=True)
            for name in ("file", "dir/file"):
                path = os.path.join(mountpoint, name)
                os.makedirs(os.path.dirname(path), exist_ok=True)
                with open(path, "w", encoding="ascii") as file:
                    file.write(name)
        lists = [["."], ["src"], ["src/mnt"], ["src", "src/mnt"], ["src/mnt/dir", "src"],
                 [".", "src/mnt/in"], ["src/mnt", "src/mnt/in/dir"]]
        self.compare_table([[option, "--", *targets] for targets in lists
                            for option in ("-x", "--force")])
        ours, _ = self.run_both(["-x", "src/mnt"])
        self.assertEqual(ours["total_files_processed"], 2)

    def names_below(self, *arguments):
        """The names in the root of a snapshot of the working directory, and what was said."""
        result = self.snapfs("snapshot", "--force", "-v", *arguments, ".")
        newest = self.snapshots()[-1]["id"]
        return self.restic("ls", newest).stdout, result.stderr

    def test_the_repository_is_left_out(self):
        """restic would store its own repository."""
        names, said = self.names_below()
        self.assertIn("/tree/src/main.c", names)
        self.assertNotIn("/repository", names)
        self.assertIn("repository is left out", said)
        self.snapfs("snapshot", "--force", "repository/keys")
        self.assertIn("/repository/keys/", self.restic("ls", "latest").stdout)

    def test_a_mounted_repository_is_left_out(self):
        self.snapfs("snapshot", "tree")
        with self.mounted() as mountpoint:
            names, said = self.names_below("-e", "cache")
            self.assertIn("/tree/src/main.c", names)
            self.assertNotIn("/mount", names)
            self.assertIn("mount is left out", said)
            self.snapfs("snapshot", "--force", os.path.join(mountpoint, "snapshots", "latest", "tree"))
            self.assertIn("/snapshots/latest/tree/src/main.c", self.restic("ls", "latest").stdout)


if __name__ == "__main__":
    harness.main()
