"""What "cmake --install" puts where, that it works there, and what scripts/release makes of a clone."""
import glob
import os
import re
import shutil
import subprocess
import unittest

import harness
from links_test import links

PROJECT = os.path.realpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
BUILD = os.path.dirname(os.path.realpath(harness.SNAPFS))


def manual_pages():
    return {name for name in os.listdir(os.path.join(PROJECT, "man")) if re.fullmatch(r".*\.[158]", name)}


@unittest.skipUnless(shutil.which("cmake") and os.path.exists(os.path.join(BUILD, "cmake_install.cmake")),
                     "the program is in no build directory")
class InstallTest(harness.CompatTest):
    needs_restic = False

    def setUp(self):
        super().setUp()
        self.root = os.path.join(self.scratch, "root")
        self.install("/usr", self.root)

    def install(self, prefix, root):
        subprocess.run(["cmake", "--install", BUILD, "--prefix", prefix], check=True, timeout=300,
                       stdout=subprocess.DEVNULL, env={**os.environ, "DESTDIR": root})

    def test_everything_has_its_place(self):
        found = {os.path.relpath(os.path.join(path, name), os.path.join(self.root, "usr"))
                 for path, _, names in os.walk(self.root) for name in names}
        pages = {f"share/man/man{page[-1]}/{page}" for page in manual_pages()}
        found.discard("share/doc/snapfs/NEWS.md")  # of a release
        documents = {f"share/doc/snapfs/docs/{path}" for pattern in ("*.md", "guide/*.md", "adr/*.md", "figures/*.svg")
                     for path in glob.glob(pattern, root_dir=os.path.join(PROJECT, "docs"))}
        units = {f"lib/systemd/{manager}/snapfs-{unit}" for manager in ("system", "user")
                 for unit in ("run@.service", "run@.timer", "check@.service", "check@.timer", "mount@.service",
                              "failure@.service")}
        self.assertEqual(found, pages | units | documents | {
            "bin/snapfs", "bin/snapfs-restore", "sbin/mount.snapfs", "sbin/mount.fuse.snapfs",
            "share/bash-completion/completions/snapfs", "share/fish/vendor_completions.d/snapfs.fish",
            "share/zsh/site-functions/_snapfs", "lib/tmpfiles.d/snapfs.conf",
            "share/doc/snapfs/LICENSE", "share/doc/snapfs/README.md", "share/doc/snapfs/CONTRIBUTING.md",
            "share/snapfs/alerts.yml", "share/snapfs/grafana-dashboard.json"})
        for path, folders, names in os.walk(self.root):
            for name in folders + names:
                status = os.lstat(os.path.join(path, name))
                self.assertEqual(status.st_mode & 0o022, 0 if not os.path.islink(os.path.join(path, name)) else 0o022, name)

    def test_units_start_what_was_installed(self):
        for prefix in "/usr", "/usr/local":
            root = os.path.join(self.scratch, "below" + prefix.replace("/", "-"))
            self.install(prefix, root)
            programs = set()
            for unit in glob.glob(f"{root}{prefix}/lib/systemd/*/snapfs-*.service"):
                with open(unit, encoding="utf-8") as file:
                    programs |= set(re.findall(r"^ExecStart=.*?([^ ]*snapfs) -P ", file.read().replace("\\\n", ""), re.M))
            self.assertEqual(len(programs), 1, programs)
            # systemd.service(5), "Command lines": where a name without a directory is looked for.
            places = [os.path.join(place, *programs) for place in ("/usr/local/bin", "/usr/bin")]
            self.assertIn(True, [os.path.exists(root + place) for place in places])

    def test_what_documents_refer_to_is_there(self):
        documents = os.path.join(self.root, "usr/share/doc/snapfs")
        targets = set()
        for path in glob.glob(os.path.join(documents, "**", "*.md"), recursive=True):
            with open(path, encoding="utf-8") as file:
                targets |= {os.path.normpath(os.path.join(os.path.dirname(path), target.partition("#")[0]))
                            for _, target in links(file.read()) if "://" not in target and not target.startswith("#")}
        self.assertGreater(len(targets), 20)
        self.assertEqual([target for target in targets if not os.path.exists(target)], [])

    def test_it_runs_there(self):
        program = os.path.join(self.root, "usr/bin/snapfs")
        version = self.run_program(program, ["version"]).stdout
        with open(os.path.join(PROJECT, "CMakeLists.txt"), encoding="utf-8") as file:
            (stated,) = re.findall(r"^project\(snapfs VERSION ([0-9.]+) ", file.read(), re.M)
        self.assertIn(f"snapfs {stated}", version)
        helper = os.path.join(self.root, "usr/sbin/mount.snapfs")
        self.assertEqual(os.path.realpath(helper), os.path.realpath(program))
        self.assertIn("Usage", self.run_program(helper, ["--help"]).stdout)
        with open(program, "rb") as file:
            self.assertNotIn(b".debug_info", file.read())
        script = os.path.join(self.root, "usr/share/bash-completion/completions/snapfs")
        done = self.run_program("bash", ["--norc", "-c", f"source {script} && complete -p snapfs"])
        self.assertIn("_snapfs", done.stdout)


@unittest.skipUnless(os.path.exists(os.path.join(PROJECT, ".git")) and shutil.which("git"), "this is no clone")
class ReleaseTest(harness.CompatTest):
    needs_restic = False

    def setUp(self):
        super().setUp()
        self.clone = os.path.join(self.scratch, "clone")
        self.environment |= {f"GIT_{role}_{what}": value for role in ("AUTHOR", "COMMITTER")
                             for what, value in (("NAME", "n"), ("EMAIL", "e@example.org"))}
        self.git("clone", "--quiet", "--no-hardlinks", "--depth", "1", f"file://{PROJECT}", self.clone, cwd=self.scratch)
        # The script as it is here, which may not be committed yet.
        shutil.copy(os.path.join(PROJECT, "scripts", "release"), os.path.join(self.clone, "scripts", "release"))
        self.git("add", "scripts/release")
        self.git("commit", "--quiet", "--allow-empty", "--message", "release")

    def git(self, *arguments, cwd=None):
        return self.run_program("git", arguments, cwd=cwd or self.clone).stdout

    def release(self, version, expect=0):
        return self.run_program(os.path.join(self.clone, "scripts/release"), [version], expect=expect)

    def unreleased(self):
        return sorted(os.listdir(os.path.join(self.clone, "docs/changelog/unreleased")))

    def read(self, name):
        with open(os.path.join(self.clone, name), encoding="utf-8") as file:
            return file.read()

    def test_release(self):
        notes = [name for name in self.unreleased() if name.endswith(".md")]
        self.assertIn("drill.md", notes)
        first_line = self.read("docs/changelog/unreleased/drill.md").splitlines()[0]
        self.release("77.0.1")
        self.assertEqual(self.unreleased(), [".gitkeep"])
        changelog = self.read("docs/changelog/77.0.1.md")
        self.assertRegex(changelog, r"\A# snapfs 77\.0\.1 \(\d{4}-\d\d-\d\d\)\n")
        self.assertIn("#" + first_line, changelog.splitlines())
        self.assertIn("project(snapfs VERSION 77.0.1 ", self.read("CMakeLists.txt"))
        self.assertEqual(self.git("status", "--porcelain"), "")
        self.assertEqual(self.git("tag", "--points-at", "HEAD").strip(), "v77.0.1")
        for version, words in (("77.0.2", "nothing to tell"), ("77.0.1", "already"), ("1.0.0", "older"), ("v2", "three numbers")):
            self.assertIn(words, self.release(version, expect=1).stderr)

    def test_notes_have_headings_of_their_own(self):
        headings = []
        for name in self.unreleased():
            if name.endswith(".md"):
                headings.append(self.read(f"docs/changelog/unreleased/{name}").splitlines()[0])
        self.assertEqual([heading for heading in headings if not heading.startswith("# ")], [])
        self.assertEqual(len(set(headings)), len(headings))
        with open(os.path.join(self.clone, "docs/changelog/unreleased/none.md"), "w", encoding="utf-8") as file:
            file.write("- A list.\n")
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "none")
        self.assertIn("none.md begins with no heading", self.release("77.0.1", expect=1).stderr)

    def test_nothing_is_released_with_changes(self):
        with open(os.path.join(self.clone, "README.md"), "a", encoding="utf-8") as file:
            file.write("x")
        self.assertIn("commit what you have changed", self.release("77.0.1", expect=1).stderr)


if __name__ == "__main__":
    harness.main()
