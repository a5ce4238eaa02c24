"""Which snapshot "latest:/path" and a time stand for where several jobs share a repository, and what
is said when there is none."""
import json
import os
import unittest

import harness


class NamingTest(harness.CompatTest):
    needs_restic = False

    def setUp(self):
        super().setUp()
        self.cheap_repository_of_ours()
        self.ids = []
        # Two jobs by turns; the second one of web loses a file.
        self.web = self.take("web", "2026-01-01 12:00:00", "web", {"page": "1", "old": "o", "sub/x": "x"})
        self.take("mail", "2026-01-02 12:00:00", "mail", {"box": "1"})
        os.remove(os.path.join(self.web, "old"))
        self.take("web", "2026-01-03 12:00:00", "web", {"page": "2"})
        self.mail = self.take("mail", "2026-01-04 12:00:00", "mail", {"box": "2"})

    def take(self, host, time, name, files):
        root = os.path.join(self.scratch, name)
        for path, content in files.items():
            path = os.path.join(root, path)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="ascii") as file:
                file.write(content)
        result = self.snapfs("snapshot", "--json", "--host", host, "--time", time, root)
        self.ids.append(json.loads(result.stdout.splitlines()[-1])["snapshot_id"])
        return root

    def restored(self, name, *arguments):
        """The content of "page" or "box", and what was said of where it is from."""
        target = os.path.join(self.scratch, "target")
        result = self.snapfs("restore", name, "--target", target, "--delete", *arguments)
        files = sorted(os.listdir(target))
        with open(os.path.join(target, files[-1] if "box" in files else "page"),
                  encoding="ascii") as file:
            return file.read(), result.stderr

    def test_newest_that_has_the_path(self):
        content, told = self.restored(f"latest:{self.web}")
        self.assertEqual(content, "2")
        for words in (self.ids[2][:8], self.ids[3][:8], "--path", self.web):
            self.assertIn(words, told)
        self.assertEqual(self.restored(f"latest:{self.mail}"), ("2", ""))
        self.assertEqual(self.restored(f"latest:{self.web}", "--host", "web"), ("2", ""))
        self.assertEqual(self.restored(f"latest:{self.web}", "--path", self.web), ("2", ""))
        self.assertEqual(self.restored(f"2026-01-02:{self.web}")[0], "1")
        self.assertEqual(self.restored(f"2026-01-03T12:00:{self.web}"), ("2", ""))
        self.assertEqual(self.restored(f"2026-01-03T11:59:59:{self.web}")[0], "1")
        self.assertEqual(self.restored(f"yesterday:{self.mail}"), ("2", ""))
        self.assertEqual(self.restored(f"{self.ids[0][:8]}:{self.web}"), ("1", ""))

    def test_every_command_that_looks(self):
        page = os.path.join(self.web, "page")
        old = os.path.join(self.web, "old")
        for name, content in (("latest", "2"), ("2026-01-02", "1"), ("now", "2")):
            self.assertEqual(self.snapfs("dump", name, page).stdout, content)
            self.assertEqual(self.snapfs("dump", f"{name}:{self.web}", "page").stdout, content)
        self.assertEqual(self.snapfs("dump", "latest", old).stdout, "o")
        self.assertIn("page", self.snapfs("ls", f"latest:{self.web}").stdout)
        self.assertIn(self.ids[1][:8], self.snapfs("snapshots", "2026-01-02").stdout)
        self.assertNotIn(self.ids[3][:8], self.snapfs("snapshots", "2026-01-02").stdout)
        self.assertIn("box", self.snapfs("find", "-s", "2026-01-02", "box").stdout)
        self.assertEqual(json.loads(self.snapfs("stats", "--json", "yesterday").stdout)
                         ["snapshots_count"], 1)
        copy = os.path.join(self.scratch, "copy")
        self.snapfs("init", "-r", copy)
        self.snapfs("copy", "2026-01-02", "--from-repo", self.repository, "-r", copy,
                    SNAPFS_FROM_PASSWORD=harness.PASSWORD)
        (copied,) = json.loads(self.snapfs("snapshots", "--json", "-r", copy).stdout)
        self.assertEqual(copied["original"], self.ids[1])
        # What is gone is gone in a comparison.
        told = self.snapfs("diff", f"2026-01-01:{self.web}", "2026-01-03:" + self.web).stdout
        self.assertIn("-    /old", told)
        told = self.snapfs("diff", f"2026-01-01:{self.web}", "latest:" + self.web, expect=1).stderr
        self.assertIn(self.ids[3][:8], told)

    def test_what_is_nowhere_names_snapshots_and_filters(self):
        # Snapshots have the IDs they have.
        age = next(text for text in map("{}d".format, range(2, 10)) if not any(id.startswith(text) for id in self.ids))
        for arguments, words in (
                (["ls", "latest:/nope"], ["/nope", "none of 4 snapshots", self.ids[3][:8], "--path"]),
                (["dump", "--host", "mail", "latest", self.web + "/page"],
                 ["none of 2 snapshots matching --host mail", self.ids[3][:8]]),
                (["restore", f"2026-01-01:{self.mail}", "-t", "x"],
                 [self.mail, self.ids[0][:8], "before which there is no snapshot"]),
                (["ls", f"{self.ids[0][:8]}:/nope"], ["/nope", self.ids[0][:8]]),
                (["ls", "latest:~/work"], ["/~/work", "$HOME"]),
                (["dump", self.ids[0], "/nope"], ["/nope", self.ids[0][:8]]),
                (["ls", "latest", "--host", "web", "--tag", "x,y", "--path", "/p"],
                 ["no snapshot matches --host web --tag x,y --path /p"]),
                (["ls", "2025-12-31"], ["2025-12-31", "snapfs snapshots"]),
                (["ls", age], [f"ID begins with \"{age}\"", "7d-ago"]),
                (["ls", "last week"], ["last week", "yesterday"])):
            with self.subTest(arguments=arguments):
                told = self.snapfs(*arguments, expect=1).stderr
                self.assertEqual(len(told.splitlines()), 1, told)
                for word in words:
                    self.assertIn(word, told)


if __name__ == "__main__":
    harness.main()
