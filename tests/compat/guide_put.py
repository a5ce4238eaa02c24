#!/usr/bin/env python3
"""Does with a block of a file what its reader does with an editor.

usage: guide_put.py new|in|added BLOCK FILE
  new    the block becomes the file
  in     each of its keys replaces that of the same table and name, or is added
  added  it is added at the end
"""
import os
import re
import sys


# A key with its value, which may be a list of several lines, and what stands behind that.
KEY = re.compile(r"^([\w-]+) *= *(\[[^\]]*\]|[^\n]*)[^\n]*\n", re.M)


def tables(text):
    """What stands before the first, by the name "", and each table by its head."""
    parts = re.split(r"^(\[[^\n]*\])[^\n]*\n", text, flags=re.M)
    return {"": parts[0], **dict(zip(parts[1::2], parts[2::2]))}


def merged(old, new):
    result = tables(old)
    for head, text in tables(new).items():
        names = {found[1] for found in KEY.finditer(text)}
        kept = KEY.sub(lambda found: "" if found[1] in names else found[0], result.get(head, ""))
        result[head] = kept.rstrip("\n") + "\n" + "".join(found[0] for found in KEY.finditer(text)) + "\n"
    return "".join((head + "\n" if head else "") + text for head, text in result.items())


def main(how, block, path):
    with open(block, encoding="utf-8") as file:
        new = file.read()
    path = os.path.expanduser(path)
    old = ""
    if how != "new":
        with open(path, encoding="utf-8") as file:
            old = file.read()
    if how == "in":
        new = merged(old, new)
    elif how == "added":
        new = old + new
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(new)


if __name__ == "__main__":
    main(*sys.argv[1:])
