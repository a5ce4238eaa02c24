"""Completion in bash, with the program itself: every option of every command, and what only the repository knows,
without a question to anybody. The same in fish, and zsh finds its script by itself, where they are."""
import contextlib
import os
import pty
import re
import select
import shutil
import signal
import subprocess
import unittest

import harness

PROPOSE = r"""
source "$1"
COMP_LINE=$2 COMP_POINT=${#2} COMP_WORDBREAKS=$' \t\n"\'><=;|&(:'
COMP_WORDS=() word=''
# As readline divides it.
for ((i = 0; i < ${#COMP_LINE}; i++)); do
  c=${COMP_LINE:i:1}
  case $c in
    ' ') [[ -z $word ]] || COMP_WORDS+=("$word"); word='' ;;
    [:=]) [[ -z $word ]] || COMP_WORDS+=("$word"); COMP_WORDS+=("$c"); word='' ;;
    *) word+=$c ;;
  esac
done
COMP_WORDS+=("$word")
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_snapfs
printf '%s\n' "${COMPREPLY[@]}"
"""


class CompletionTest(harness.CompatTest):
    needs_restic = False

    def setUp(self):
        super().setUp()
        programs = os.path.join(self.scratch, "bin")
        os.makedirs(programs)
        os.symlink(os.path.abspath(harness.SNAPFS), os.path.join(programs, "snapfs"))
        self.environment |= {"PATH": programs + ":" + self.environment["PATH"], "HOME": self.scratch}
        self.scripts = {shell: os.path.join(self.scratch, shell) for shell in ("bash", "zsh", "fish")}
        for shell, file in self.scripts.items():
            self.snapfs("generate", f"--{shell}-completion", file)

    def make_snapshots(self):
        self.cheap_repository_of_ours()
        self.source = os.path.join(self.scratch, "work")
        os.makedirs(os.path.join(self.source, "folder with blanks"))
        for name in ("report.odt", "folder with blanks/inner"):
            with open(os.path.join(self.source, name), "w", encoding="ascii") as file:
                file.write(name)
        self.snapfs("snapshot", "-q", "--tag", "nightly,special", "--host", "web1", self.source)
        (self.id,) = re.findall(r"^[0-9a-f]{8}", self.snapfs("snapshots").stdout, re.M)

    def propose(self, line, **environment):
        done = subprocess.run(["bash", "--norc", "-c", PROPOSE, "bash", self.scripts["bash"], line], text=True,
                              stdin=subprocess.DEVNULL, env={**self.environment, **environment}, timeout=60,
                              capture_output=True, check=False)
        self.assertEqual(done.stderr, "", line)
        return [reply for reply in done.stdout.split("\n") if reply]

    def commands(self):
        """The words of every command of the help, and its options."""
        waiting = [[]]
        while waiting:
            words = waiting.pop()
            text = self.snapfs(*words, "--help").stdout
            options = set()
            for line in text.splitlines():
                if re.match("  --?[A-Za-z]", line):
                    options |= set(re.findall(r"--[a-z][a-z-]*", line.strip().split(" ")[0]))
            yield words, options
            if "Subcommands:" in text:
                block = text.split("Subcommands:", 1)[1].split("\n\n", 1)[0]
                waiting += [[*words, name] for name in re.findall(r"^  ([a-z][a-z-]*)", block, re.M)]

    def test_every_option_of_every_command(self):
        checked = []
        for words, options in self.commands():
            proposed = set(self.propose("snapfs " + " ".join([*words, "--"])))
            self.assertIn("--help", proposed)
            self.assertLessEqual(options, proposed, words)
            if words:
                self.assertIn(words[-1], self.propose("snapfs " + " ".join([*words[:-1], words[-1][:-1]])))
                checked.append(words[-1])
        self.assertGreater(len(checked), 30)
        self.assertNotIn("complete-line", checked)

    def test_what_the_repository_has(self):
        self.make_snapshots()
        for line, replies in (
                ("snapfs ls ", {self.id, "latest"}),
                ("snapfs ls lat", {"latest"}),
                ("snapfs forget " + self.id[:3], {self.id}),
                ("snapfs snapshots --tag ni", {"nightly"}),
                ("snapfs snapshots --tag=ni", {"nightly"}),
                ("snapfs snapshots --tag nightly,sp", {"nightly,special"}),
                ("snapfs forget --keep-tag sp", {"special"}),
                ("snapfs ls latest --host we", {"web1"}),
                ("snapfs snapshots --path /", {self.source}),
                (f"snapfs dump latest {self.source}/re", {f"{self.source}/report.odt"}),
                (f"snapfs drill {self.id} {self.source}/", {f"{self.source}/report.odt", f"{self.source}/folder\\ with\\ blanks/"}),
                (f"snapfs ls latest:{self.source}/re", {f"{self.source}/report.odt"}),
                ("snapfs snapshot re", set()),
                ("snapfs ls nothing", set()),
        ):
            self.assertEqual(set(self.propose(line)), replies, line)
        elsewhere = {"RESTIC_REPOSITORY": "", "RESTIC_PASSWORD": ""}
        with open(os.path.join(self.scratch, "password"), "w", encoding="ascii") as file:
            file.write(harness.PASSWORD)
        self.assertEqual(self.propose("snapfs -r ~/repository -p ~/password ls lat", **elsewhere), ["latest"])

    def make_profiles(self, text):
        directory = os.path.join(self.scratch, ".config", "snapfs")
        os.makedirs(directory)
        for name in ("home", "host-of-mine", "other"):
            with open(os.path.join(directory, name + ".toml"), "w", encoding="utf-8") as file:
                file.write(text)

    def test_names_of_profiles(self):
        self.make_profiles("mistakes matter nothing here")
        for line, replies in (
                ("snapfs -P ho", {"home", "host-of-mine"}),
                ("snapfs snapshots --profile ot", {"other"}),
                ("snapfs --profile=ot", {"other"}),
                ("snapfs profile show ", {"home", "host-of-mine", "other"}),
                ("snapfs profile check hom", {"home"}),
                ("snapfs profile enable --user ot", {"other"}),
                ("snapfs -P home profile disable ot", {"other"}),
                ("snapfs profile init ho", set()),
                ("snapfs -P ./ho", set()),
        ):
            self.assertEqual({name for name in self.propose(line, XDG_CONFIG_HOME="") if not name.startswith("-")}, replies, line)

    def test_the_repository_of_a_profile(self):
        self.make_snapshots()
        with open(os.path.join(self.scratch, "password"), "w", encoding="ascii") as file:
            file.write(harness.PASSWORD)
        self.make_profiles("repository = '~/repository'\npassword-file = '~/password'\n[ls]\nsort = 'size'\n")
        bare = {"RESTIC_REPOSITORY": "", "RESTIC_PASSWORD": "", "XDG_CONFIG_HOME": ""}
        self.assertEqual(self.propose("snapfs ls lat", **bare), [])
        self.assertEqual(self.propose("snapfs -P home ls lat", **bare), ["latest"])
        self.assertEqual(self.propose("snapfs snapshots --profile home --tag ni", **bare), ["nightly"])
        self.assertEqual(self.propose("snapfs ls lat", SNAPFS_PROFILE="home", **bare), ["latest"])
        # What the line says counts first, then the environment.
        self.assertEqual(self.propose("snapfs -P home -r /nonexistent ls lat", **bare), [])
        self.assertEqual(self.propose("snapfs -P home ls lat", **{**bare, "RESTIC_REPOSITORY": "/nonexistent"}), [])
        self.assertEqual(self.propose("snapfs -P nonexistent ls lat", **bare), [])

    def test_a_profile_asks_nobody_either(self):
        self.make_snapshots()
        asked = os.path.join(self.scratch, "asked")
        self.make_profiles(f"repository = '~/repository'\npassword-command = 'touch {asked}'\n[hooks]\nbefore = 'touch {asked}'\n")
        self.assertEqual(self.propose("snapfs -P home ls lat", RESTIC_REPOSITORY="", RESTIC_PASSWORD="", XDG_CONFIG_HOME=""), [])
        self.assertFalse(os.path.exists(asked))

    def test_nobody_is_asked(self):
        self.make_snapshots()
        asked = os.path.join(self.scratch, "asked")
        for environment in ({"RESTIC_PASSWORD": ""}, {"RESTIC_PASSWORD": "wrong"},
                            {"RESTIC_PASSWORD": "", "RESTIC_PASSWORD_COMMAND": f"touch {asked}"},
                            {"RESTIC_REPOSITORY": ""}, {"RESTIC_REPOSITORY": "/nonexistent"}):
            self.assertEqual(self.propose("snapfs ls lat", **environment), [], environment)
        self.assertFalse(os.path.exists(asked))
        # On a terminal, too: whatever is read from it would never come.
        ours, theirs = os.openpty()
        try:
            done = subprocess.run([harness.SNAPFS, "complete-line", "--", "snapfs ls lat"], stdin=theirs, stderr=theirs,
                                  stdout=subprocess.PIPE, env={**self.environment, "RESTIC_PASSWORD": ""}, timeout=60,
                                  start_new_session=True, check=False)
            self.assertEqual(done.stdout, b"")
            os.set_blocking(ours, False)
            with self.assertRaises(BlockingIOError):
                os.read(ours, 1)
        finally:
            os.close(ours)
            os.close(theirs)
        self.assertEqual(os.listdir(os.path.join(self.repository, "locks")), [])

    @unittest.skipUnless(shutil.which("zsh"), "zsh is not installed")
    def test_zsh_finds_its_script(self):
        """As it is installed: a file "_snapfs" where zsh looks for functions."""
        self.make_snapshots()
        functions = os.path.join(self.scratch, "functions")
        os.makedirs(functions)
        shutil.copy(self.scripts["zsh"], os.path.join(functions, "_snapfs"))
        begin = f"fpath=({functions} $fpath); autoload -U compinit; compinit -u -D; PS1=rea''dy-; clear"
        for typed, becomes in (("snapfs dri", "snapfs drill "), ("snapfs check --read-data-s", "snapfs check --read-data-subset "),
                               (f"snapfs ls {self.id[:4]}", f"snapfs ls {self.id}")):
            with self.terminal("zsh", "-f", "-i") as talk:
                talk(begin + "\r", "ready-")
                screen = talk(typed + "\t", becomes[len(typed):])
                self.assertTrue(screen.rstrip().endswith(becomes.rstrip()), screen)

    @contextlib.contextmanager
    def terminal(self, *command):
        """A shell at a terminal, told as what to type and what then has to come; what it put out is returned."""
        child, terminal = pty.fork()
        if child == 0:
            try:
                os.execvpe(command[0], command, {**self.environment, "TERM": "dumb", "ZDOTDIR": self.scratch})
            finally:
                os._exit(127)

        def talk(text, wanted):
            os.write(terminal, text.encode())
            screen = ""
            while not screen.rstrip().endswith(wanted.rstrip()):
                self.assertTrue(select.select([terminal], [], [], 60)[0], screen)
                screen += os.read(terminal, 65536).decode(errors="replace")
                screen = re.sub(r"\x1b\[[?0-9;]*[a-zA-Z]", "", screen)
            return screen
        try:
            yield talk
        finally:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            os.close(terminal)

    def propose_in_fish(self, line):
        done = subprocess.run(["fish", "--no-config", "-c", f"source {self.scripts['fish']}; complete -C'{line}'"], text=True,
                              env=self.environment, capture_output=True, check=True, timeout=60)
        self.assertEqual(done.stderr, "", line)
        return {reply.split("\t")[0] for reply in done.stdout.splitlines()}

    @unittest.skipUnless(shutil.which("fish"), "fish is not installed")
    def test_fish_proposes(self):
        self.make_snapshots()
        self.assertIn("latest", self.propose_in_fish("snapfs ls lat"))
        self.assertIn("drill", self.propose_in_fish("snapfs dri"))
        self.assertIn("add", self.propose_in_fish("snapfs -r drill key a"))

    @unittest.skipUnless(shutil.which("fish"), "fish is not installed")
    def test_fish_proposes_the_options_of_the_command(self):
        _, shared = next(self.commands())
        for words, options in self.commands():
            proposed = {word for word in self.propose_in_fish("snapfs " + " ".join([*words, "--"])) if word.startswith("--")}
            self.assertLessEqual(options - {"--help"}, proposed, words)
            # Short forms and hidden names of options are of no other command.
            self.assertLessEqual(proposed - options, shared, words)


if __name__ == "__main__":
    harness.main()
