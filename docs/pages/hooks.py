"""What mkdocs does not do by itself: lists the decisions and the manual pages, and makes a link of each mention of one, such as snapfs-mount(1)."""
import os
import re

DECISIONS = "docs/adr"
MANUAL = "man"
# Where a mention stays as it is: in links, in code, in headings, and in the tags themselves.
SKIPPED = re.compile(r"<(a|code|pre|h[1-6])\b.*?</\1>|<[^>]*>", re.S)
MENTION = re.compile(r"\b([a-z][a-z.-]+)\((\d)\)")


def names_in(config, directory):
    return sorted(name for name in os.listdir(os.path.join(config["docs_dir"], directory)) if name.endswith(".md"))


def on_config(config):
    config["nav"] += [
        {"Decisions": [f"{DECISIONS}/{name}" for name in names_in(config, DECISIONS)]},
        {"Manual pages": [{re.sub(r"(.*)\.(\d)\.md", r"\1(\2)", name): f"{MANUAL}/{name}"} for name in names_in(config, MANUAL)]}]
    return config


def on_page_content(html, page, config, files):
    if page.file.src_path.startswith(MANUAL + "/"):
        # A section that is not in this page is one of snapfs(1): "see MONITORING in snapfs(1)".
        return re.sub(r'href="#([^"]+)"', lambda found: found[0] if f'id="{found[1]}"' in html else f'href="snapfs.1.html#{found[1]}"', html)
    up = "../" * page.file.url.count("/")

    def link(mention):
        if files.get_file_from_path(f"{MANUAL}/{mention[1]}.{mention[2]}.md") is None:
            return mention[0]
        return f'<a href="{up}{MANUAL}/{mention[1]}.{mention[2]}.html">{mention[0]}</a>'

    result, end = "", 0
    for skipped in SKIPPED.finditer(html):
        result += MENTION.sub(link, html[end:skipped.start()]) + skipped[0]
        end = skipped.end()
    return result + MENTION.sub(link, html[end:])
