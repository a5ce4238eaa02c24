#!/usr/bin/env python3
"""Reads a file at random places, by many threads at once, and prints the seconds of the read that
took longest.

usage: random_readers.py FILE READERS READS-EACH
"""
import concurrent.futures
import os
import random
import sys
import time

READ_BYTES = 64 << 10


def longest_read(path, seed, reads):
    generator = random.Random(seed)
    longest = 0
    with open(path, "rb", buffering=0) as file:
        size = os.fstat(file.fileno()).st_size
        for _ in range(reads):
            start = time.monotonic()
            if len(os.pread(file.fileno(), READ_BYTES, generator.randrange(size - READ_BYTES))) == 0:
                raise SystemExit(f"{path} ended")
            longest = max(longest, time.monotonic() - start)
    return longest


def main():
    path, readers, reads = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    with concurrent.futures.ThreadPoolExecutor(readers) as threads:
        print(max(threads.map(lambda seed: longest_read(path, seed, reads), range(readers))))


if __name__ == "__main__":
    main()
