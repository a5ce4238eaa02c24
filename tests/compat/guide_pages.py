"""The pages of docs/guide as a test sees them: their blocks, in order."""
import os
import re

ROOT = os.path.realpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
GUIDE = os.path.join(ROOT, "docs", "guide")


class Block:
    def __init__(self, page, line, kind, text):
        self.page, self.line, self.kind, self.text = page, line, kind, text

    def __str__(self):
        return f"docs/guide/{self.page}.md:{self.line}"

    def path(self):
        """Which file it is (about), as its first line says in a comment, and how: "", "in" or "added to"."""
        found = re.match(r"# (in |added to )?([~/]\S+)\n", self.text)
        return (found[2], (found[1] or "").strip()) if found else (None, None)


def pages():
    return sorted(name.removesuffix(".md") for name in os.listdir(GUIDE) if name.endswith(".md"))


def blocks_of(text, page="?"):
    found = []
    for fence in re.finditer(r"^```(\S*)\n(.*?)^```$", text, re.M | re.S):
        found.append(Block(page, text.count("\n", 0, fence.start()) + 1, fence[1], fence[2]))
    return found


def blocks(page):
    with open(os.path.join(GUIDE, page + ".md"), encoding="utf-8") as file:
        return blocks_of(file.read(), page)
