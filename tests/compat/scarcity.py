"""How a command has to end that lacks something of the machine. The judge is tried by scarce_machine_test.py."""
import re

# Done; failed; not all could be read.
STATUSES = (0, 1, 3)
# What is lacking, as a line has to name it.
MEMORY, DESCRIPTORS, DISK = r"memory|threads?\b", "open files", "space"
# The last line, when those before it named things one by one, or when it says what was not begun.
CLOSING = re.compile("named above|so none is forgotten|what could be is sound")
# What says of the repository that it is not as it should be.
BLAME = re.compile("damaged|content is lost|lacks what")


def judge(result, what, lack):
    """What is wrong with how a command ended; None when nothing is."""
    lines = result.stderr.decode("utf-8", "replace").splitlines()
    ours = [line for line in lines if line.startswith("snapfs: ")]
    told = [line for line in ours if not CLOSING.search(line)]
    if result.returncode not in STATUSES:
        return f"{what}: status {result.returncode}: {lines}"
    if any(BLAME.search(line) for line in lines):
        return f"{what}: blamed the repository: {lines}"
    if result.returncode == 0:
        return None
    if not told or lines[-1] != ours[-1] or len(ours) > len(told) + 1 or ours[:len(told)] != told:
        return f"{what}: status {result.returncode}, and it does not close with one line of ours: {lines}"
    if not all(re.search(lack, line) for line in told):
        return f"{what}: status {result.returncode} for something else than what it lacked ({lack}): {lines}"
    return None
