"""Links of the documents: those into the source tree lead somewhere, as Markdown and in the pages that scripts/pages builds, and those
that lead elsewhere are well formed. Nothing is asked of the network.
"""
import glob
import html.parser
import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest
import urllib.parse

import harness
from guide_pages import ROOT

DOCUMENTS = ["README.md", "CONTRIBUTING.md", "share/README.md", *(
    os.path.relpath(path, ROOT) for pattern in ("docs/*.md", "docs/guide/*.md", "docs/adr/*.md")
    for path in sorted(glob.glob(os.path.join(ROOT, pattern))))]
HOST = re.compile(r"([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}", re.I)


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def without_code(text):
    """What is literal has no links; lines stay where they are."""
    def blank(found):
        return re.sub(r"[^\n]", " ", found[0])

    return re.sub(r"(`+)(?!`)[^\n]*?(?<!`)\1(?!`)", blank, re.sub(r"^```.*?^```$", blank, text, flags=re.M | re.S))


def links(text):
    """Line and target of each."""
    plain = without_code(text)
    for found in re.finditer(r"\]\(([^()\s]*(?:\([^()\s]*\))?)[^()]*\)", plain):
        yield plain.count("\n", 0, found.start()) + 1, found[1]


def anchors(text):
    """The names of its headings, as those who show Markdown make them."""
    names = {}
    for heading in re.findall(r"^#{1,6} +(.*?) *$", re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S), re.M):
        name = re.sub(r"[^\w -]", "", re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).lower()).strip().replace(" ", "-")
        names[name] = names.get(name, -1) + 1
        if names[name]:
            names[f"{name}-{names[name]}"] = 0
    return set(names)


def mistake_of_url(url):
    """What is wrong with an address of the web; nothing when nothing is."""
    parts = urllib.parse.urlsplit(url)
    if parts.scheme != "https":
        return "no https address"
    if not HOST.fullmatch(parts.netloc):
        return "no name of a host"
    return "not encoded" if re.search(r"[^!-~]|[<>\"{}|\\^`]|%(?![0-9A-Fa-f]{2})", url) else None


def mistake_of_link(document, target, text=None):
    """What is wrong with a link that stands in the document."""
    if re.match(r"[a-z][a-z0-9+.-]*:|//", target, re.I):
        return mistake_of_url(target)
    path, _, anchor = target.partition("#")
    place = os.path.normpath(os.path.join(os.path.dirname(document), path)) if path else document
    if path.startswith("/") or place.startswith(".."):
        return "leads out of the source tree"
    if not os.path.exists(os.path.join(ROOT, place)):
        return "there is no such file"
    if anchor and anchor not in anchors(text if text is not None and not path else read(place)):
        return f"there is no heading #{anchor}"
    return None


class MarkdownTest(unittest.TestCase):
    maxDiff = None
    def test_links_lead_somewhere(self):
        mistakes = [f"{document}:{line}: {target}: {mistake}" for document in DOCUMENTS
                    for line, target in links(read(document)) if (mistake := mistake_of_link(document, target))]
        self.assertEqual(mistakes, [])

    def test_the_guide_is_found(self):
        for document in "README.md", "docs/README.md":
            targets = [os.path.normpath(os.path.join(os.path.dirname(document), target)) for _, target in links(read(document))]
            self.assertIn("docs/guide/README.md", targets, document)
        listed = {target for _, target in links(read("docs/guide/README.md"))}
        self.assertEqual({os.path.basename(path) for path in DOCUMENTS if path.startswith("docs/guide/")}, listed | {"README.md"})

    def test_every_document_is_in_the_navigation(self):
        settings = read("docs/pages/mkdocs.yml")
        listed = set(re.findall(r"- (?:\w+: )?(\S+\.md)$", settings, re.M))
        # hooks.py lists the decisions; scripts/pages leaves share/ out.
        self.assertEqual({document for document in DOCUMENTS if not document.startswith(("docs/adr/", "share/"))}, listed)

    def test_wrong_links_are_noticed(self):
        text = "# A heading, or two\n\n## Twice\n\n## Twice\n"
        for target in "#a-heading-or-two", "#twice-1", "docs/format.md#2-cryptography", "https://example.org/a?b=c#d":
            self.assertIsNone(mistake_of_link("README.md", target, text), target)
        for target in ("#no-heading", "#twice-2", "docs/no-file.md", "docs/format.md#no-heading", "/etc/passwd", "../elsewhere",
                       "http://example.org", "https://", "https://example", "https://exa mple.org", "https://example.org/%zz",
                       "mailto:me@example.org", "//example.org"):
            self.assertIsNotNone(mistake_of_link("README.md", target, text), target)
        self.assertEqual(list(links("a [b](c)\n`[d](e)`\n```\n[f](g)\n```\n[h](i(1) \"j\")\n")), [(1, "c"), (6, "i(1)")])


class Page(html.parser.HTMLParser):
    def __init__(self, path):
        super().__init__()
        self.names, self.links, self.parts = set(), [], []
        with open(path, encoding="utf-8") as file:
            self.feed(file.read())

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.names |= {attributes[name] for name in ("id", "name") if attributes.get(name)}
        if tag == "a" and attributes.get("href"):
            self.links.append(attributes["href"])
        elif tag in ("img", "script") and attributes.get("src"):
            self.parts.append(attributes["src"])
        elif tag == "link" and attributes.get("href") and attributes.get("rel") != "canonical":
            self.parts.append(attributes["href"])


class PagesTest(unittest.TestCase):
    maxDiff = None
    @classmethod
    def setUpClass(cls):
        missing = subprocess.run(
            ["bash", "-c", "source scripts/lib/packages.sh && missing_packages \"${pages_packages[@]}\""], cwd=ROOT, check=False,
            capture_output=True, text=True)
        if missing.returncode != 0 or missing.stdout:
            raise unittest.SkipTest(f"not installed: {' '.join(missing.stdout.split()) or 'dpkg'}; the HTML is not looked at")
        cls.output = tempfile.mkdtemp(prefix="snapfs-pages-")
        cls.addClassCleanup(shutil.rmtree, cls.output)
        done = subprocess.run([os.path.join(ROOT, "scripts", "pages"), cls.output], capture_output=True, text=True, timeout=300,
                              check=False, stdin=subprocess.DEVNULL)
        if done.returncode != 0:
            raise AssertionError(done.stdout + done.stderr)
        paths = glob.glob(os.path.join(cls.output, "**", "*.html"), recursive=True)
        # What a server shows in the place of a page that there is not, wherever that was looked for.
        cls.pages = {path: Page(path) for path in paths if not path.endswith("/404.html")}

    def mistake(self, page, target):
        if re.match(r"[a-z][a-z0-9+.-]*:|//", target, re.I):
            return mistake_of_url(target)
        path, _, anchor = target.partition("#")
        place = os.path.normpath(os.path.join(os.path.dirname(page), urllib.parse.unquote(path))) if path else page
        if not os.path.isfile(place):
            return "there is no such file"
        if anchor and urllib.parse.unquote(anchor) not in self.pages[place].names:
            return "there is no such place in the page"
        return None

    def test_links_lead_somewhere(self):
        mistakes = sorted({f"{os.path.relpath(path, self.output)}: {target}: {mistake}" for path, page in self.pages.items()
                           for target in page.links + page.parts if (mistake := self.mistake(path, target))})
        self.assertEqual(mistakes, [])

    def test_every_document_and_manual_page_is_there(self):
        there = {os.path.relpath(path, self.output) for path in self.pages}
        named = {re.sub(r"(README)?\.md$", lambda found: ("index" if found[1] else "") + ".html", document)
                 for document in DOCUMENTS if not document.startswith("share/")}
        manual = {f"man/{name}.html" for name in os.listdir(os.path.join(ROOT, "man")) if re.search(r"\.[158]$", name)}
        self.assertEqual((named | manual) - there, set())
        self.assertIn("../../man/snapfs-profile.5.html", self.pages[os.path.join(self.output, "docs/guide/daily.html")].links)

    def test_the_search_knows_every_page(self):
        with open(os.path.join(self.output, "search", "search_index.json"), encoding="utf-8") as file:
            known = {entry["location"].partition("#")[0] for entry in json.load(file)["docs"] if entry["text"]}
        shown = {os.path.relpath(path, self.output) for path in self.pages}
        self.assertEqual(shown - {location or "index.html" for location in known}, set())

    def test_a_page_needs_nothing_from_elsewhere(self):
        self.assertEqual([part for page in self.pages.values() for part in page.parts if ":" in part or part.startswith("//")], [])

    def test_wrong_links_are_noticed(self):
        page = os.path.join(self.output, "index.html")
        self.assertIsNone(self.mistake(page, "docs/guide/start.html#install-it"))
        for target in "docs/guide/none.html", "docs/guide/start.html#none", "http://example.org":
            self.assertIsNotNone(self.mistake(page, target), target)


if __name__ == "__main__":
    harness.main()
