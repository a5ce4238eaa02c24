#!/usr/bin/env python3
"""Reads every file below a directory in an order of choice, by several processes at once.

usage: tree_readers.py DIRECTORY ORDER READERS
  ORDER  listing: as each directory lists them; name, inode: sorted by that; backwards: the reverse of
         name; random: across all directories, always the same way
"""
import os
import random
import sys

READ_BYTES = 1 << 17


def files_below(directory, order):
    """Directory after directory, but at random across all."""
    found = []
    for path, directories, names in walk(directory):
        if order == "name":
            names.sort()
        elif order == "backwards":
            names.sort(reverse=True)
        elif order == "inode":
            names.sort(key=lambda name, path=path: os.lstat(os.path.join(path, name)).st_ino)
        directories.sort()
        if order == "random":
            found += [os.path.join(path, name) for name in names]
        else:
            yield from (os.path.join(path, name) for name in names)
    random.Random(7).shuffle(found)
    yield from found


def walk(directory):
    for path, directories, names in os.walk(directory):
        names[:] = [name for name in names if not os.path.islink(os.path.join(path, name))]
        yield path, directories, names


def read_all(directory, order):
    for path in files_below(directory, order):
        descriptor = os.open(path, os.O_RDONLY)
        while os.read(descriptor, READ_BYTES):
            pass
        os.close(descriptor)


def main():
    directory, order, readers = sys.argv[1], sys.argv[2], int(sys.argv[3])
    children = []
    for _ in range(readers):
        child = os.fork()
        if child == 0:
            read_all(directory, order)
            os._exit(0)
        children.append(child)
    if any(os.waitpid(child, 0)[1] for child in children):
        sys.exit("a reader failed")


if __name__ == "__main__":
    main()
