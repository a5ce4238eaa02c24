"""In what a copy of a tree differs from it: names, types, content, and everything that stat(2), xattr(7) and lseek(2) tell, as
sets of names for each property. Access and change times are not looked at, nor sockets, which no backup program keeps."""
import hashlib
import os
import stat

PROPERTIES = ("names and types", "content", "permissions", "owners", "modification times, to the second", "modification times, to the nanosecond",
              "targets of symbolic links", "device numbers", "hard links", "extended attributes", "access control lists", "holes")
SECOND = 10**9


def names_below(root):
    """Relative names of all entries, the root itself as ".", without sockets."""
    found = {b"."}
    for directory, directories, files in os.walk(root):
        for name in directories + files:
            path = os.path.join(directory, name)
            if not stat.S_ISSOCK(os.lstat(path).st_mode):
                found.add(os.path.relpath(path, root))
    return found


def digest(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def data_bytes(path, size):
    """How much of a file is not a hole."""
    descriptor = os.open(path, os.O_RDONLY)
    total = end = 0
    try:
        while end < size:
            start = os.lseek(descriptor, end, os.SEEK_DATA)
            end = os.lseek(descriptor, start, os.SEEK_HOLE)
            total += end - start
    except OSError:  # no more data, or a file system that knows no holes
        pass
    finally:
        os.close(descriptor)
    return total


def attributes(path):
    """Extended attributes without those that hold access control lists, and those alone."""
    try:
        values = {name: os.getxattr(path, name, follow_symlinks=False) for name in os.listxattr(path, follow_symlinks=False)}
    except OSError:  # such as a file system that has none
        values = {}
    lists = {name: value for name, value in values.items() if name.startswith("system.posix_acl_")}
    return {name: value for name, value in values.items() if name not in lists}, lists


def link_groups(root, names):
    """Which names each name shares its inode with."""
    groups = {}
    for name in names:
        status = os.lstat(os.path.join(root, name))
        if not stat.S_ISDIR(status.st_mode):
            groups.setdefault((status.st_dev, status.st_ino), set()).add(name)
    return {name: frozenset(group) for group in groups.values() for name in group}


def differences(left, right):
    """A dictionary of PROPERTIES, each with the names that differ in it, as bytes. `left` is the original."""
    left, right = os.fsencode(left), os.fsencode(right)
    left_names, right_names = names_below(left), names_below(right)
    found = {name: set() for name in PROPERTIES}
    found["names and types"] |= left_names ^ right_names
    common = left_names & right_names
    for name in common:
        compare(name, os.path.join(left, name), os.path.join(right, name), found)
    groups = [link_groups(root, common) for root in (left, right)]
    found["hard links"] |= {name for name in groups[0] if groups[0][name] != groups[1].get(name)}
    return found


def compare(name, left, right, found):
    ours, theirs = os.lstat(left), os.lstat(right)

    def note(name_of_property, differs):
        if differs:
            found[name_of_property].add(name)

    kind = stat.S_IFMT(ours.st_mode)
    if kind != stat.S_IFMT(theirs.st_mode):
        return note("names and types", True)
    note("owners", (ours.st_uid, ours.st_gid) != (theirs.st_uid, theirs.st_gid))
    note("modification times, to the second", ours.st_mtime_ns // SECOND != theirs.st_mtime_ns // SECOND)
    note("modification times, to the nanosecond", ours.st_mtime_ns != theirs.st_mtime_ns)
    if kind == stat.S_IFLNK:
        note("targets of symbolic links", os.readlink(left) != os.readlink(right))
    else:
        note("permissions", stat.S_IMODE(ours.st_mode) != stat.S_IMODE(theirs.st_mode))
    if kind in (stat.S_IFBLK, stat.S_IFCHR):
        note("device numbers", ours.st_rdev != theirs.st_rdev)
    our_attributes, their_attributes = attributes(left), attributes(right)
    note("extended attributes", our_attributes[0] != their_attributes[0])
    note("access control lists", our_attributes[1] != their_attributes[1])
    if kind == stat.S_IFREG:
        note("content", ours.st_size != theirs.st_size or digest(left) != digest(right))
        # Where a hole of the original reads as data, a copy of it fills the disk.
        is_sparse = data_bytes(left, ours.st_size) < ours.st_size
        note("holes", is_sparse and data_bytes(right, theirs.st_size) >= theirs.st_size)
    return None
