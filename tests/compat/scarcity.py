"""How a command has to end that lacks something of the machine. The judge is tried by scarce_machine_test.py."""
STATUSES = (0, 1, 3, 12)


def judge(result, what):
    """What is wrong with how a command ended; None when nothing is."""
    lines = result.stderr.decode("utf-8", "replace").splitlines()
    if result.returncode not in STATUSES:
        return f"{what}: status {result.returncode}: {lines}"
    if result.returncode != 0 and not any(line.startswith("snapfs: ") for line in lines):
        return f"{what}: status {result.returncode} without a word of ours: {lines}"
    if any("damaged" in line for line in lines):
        return f"{what}: blamed the repository: {lines}"
    return None
