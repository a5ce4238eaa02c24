"""Generated sources: the same bytes on every machine, and never more than a few MiB in memory."""
import hashlib
import os
import random

FILES_PER_DIRECTORY = 100
BLOCK = 1 << 20


def path_of(root, number):
    """Two levels of directories, 100 files to a directory, 100 directories to a directory."""
    directory = number // FILES_PER_DIRECTORY
    return os.path.join(root, f"{directory // 100:04}", f"{directory % 100:02}",
                        f"file-{number % FILES_PER_DIRECTORY:02}")


def small_files(root, first, end):
    """The files numbered first … end − 1, each with a few hundred bytes of its own."""
    for number in range(first, end):
        path = path_of(root, number)
        if number % FILES_PER_DIRECTORY == 0:
            os.makedirs(os.path.dirname(path))
        digest = hashlib.sha256(str(number).encode()).hexdigest()
        lines = 3 + number % 6
        with open(path, "w", encoding="ascii") as file:
            file.write("".join(f"{line} {digest}\n" for line in range(lines)))


def random_file(path, size):
    """What cannot be compressed."""
    generator = random.Random(size)
    with open(path, "wb") as file:
        for start in range(0, size, BLOCK):
            file.write(generator.randbytes(min(BLOCK, size - start)))


def log_file(path, size):
    """What compresses well and never repeats: a web server's log, more or less."""
    generator = random.Random(size)
    pages = [f"/{generator.choice(('article', 'user', 'static', 'api/v1'))}/"
             f"{generator.randrange(100_000)}" for _ in range(2000)]
    agents = [f"Mozilla/5.0 (X11; Linux x86_64; rv:{n}.0) Gecko/20100101" for n in range(60, 120)]
    number = 0
    written = 0
    with open(path, "wb") as file:
        while written < size:
            lines = []
            for number in range(number, number + 5000):
                bits = generator.getrandbits(48)
                lines.append(
                    f"10.{bits & 255}.{bits >> 8 & 255}.{bits >> 16 & 255} - - "
                    f"[{number // 50 // 3600 % 24:02}:{number // 3000 % 60:02}:{number // 50 % 60:02}]"
                    f' "GET {pages[bits % 2000]} HTTP/1.1" {(200, 200, 200, 304, 404)[bits % 5]} '
                    f'{bits >> 30} "{agents[bits % 60]}" {number}\n')
            number += 1
            block = "".join(lines).encode()[:size - written]
            file.write(block)
            written += len(block)
