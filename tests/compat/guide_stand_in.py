#!/usr/bin/env python3
"""In the place of programs that a test must not, or cannot, have do their work: it is called by their names (links lead here),
and looks whether what it is asked for exists. An error is one that the guide has.
"""
import os
import re
import subprocess
import sys

ROOM = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
UNITS = os.path.join(ROOM, "units")  # system/ and user/, as they are installed
DROP_INS = {"system": "/etc/systemd/system", "user": os.path.expanduser("~/.config/systemd/user")}


def fail(words):
    sys.exit(f"{os.path.basename(sys.argv[0])}: {words}: {' '.join(sys.argv[1:])}")


def environment():
    """What a login has, or a unit."""
    return {name: value for name, value in os.environ.items() if name in ("HOME", "PATH", "LANG", "USER")}


def sudo(arguments):
    os.execvpe(arguments[0], arguments, environment() | {"HOME": "/root", "USER": "root"})


def apt(arguments):
    if len(arguments) != 2 or arguments[0] != "install" or not os.path.isfile(arguments[1]):
        fail("no package is named")


def cmake(arguments):
    if arguments != ["--install", "build", "--prefix", "/usr"] or not os.path.isdir("build"):
        fail("this is not how it is installed")


def loginctl(arguments):
    if arguments != ["enable-linger"]:
        fail("not known here")


def unit_file(manager, name):
    """The unit, and what stands behind its @."""
    found = re.fullmatch(r"([a-z-]+@)([\w-]+)(\.service|\.timer)", name)
    path = os.path.join(UNITS, manager, (found[1] + found[3]) if found else name)
    if not found or not os.path.isfile(path):
        fail(f"there is no unit {name}")
    return path, found[2]


def start(manager, name):
    """Does what its ExecStart says; of a mount, until it can be used."""
    path, instance = unit_file(manager, name)
    with open(path, encoding="utf-8") as file:
        unit = file.read()
    (command,) = re.findall(r"^ExecStart=(.*)$", unit.replace("\\\n", ""), re.M)
    command = command.replace("%i", instance).replace("$$", "$")
    if "Type=notify" in unit:
        command += " --background"
    done = subprocess.run(["sh", "-c", command], env=environment(), stdin=subprocess.DEVNULL, check=False)
    if done.returncode != 0:
        fail(f"{name} ended with status {done.returncode}")


def verify(manager):
    """The units that are installed, with what stands beside them."""
    beside = DROP_INS[manager]
    names = {name.split(".d")[0] for name in os.listdir(beside) if name.endswith(".d")} if os.path.isdir(beside) else ()
    for name in sorted(name for name in names if name.startswith("snapfs-")):
        unit_file(manager, name)
        done = subprocess.run(
            ["systemd-analyze", *(["--user"] if manager == "user" else []), "--man=no", "verify", name], check=False,
            capture_output=True, text=True, env=environment() | {
                "SYSTEMD_UNIT_PATH": f"{beside}:{UNITS}/{manager}:", "XDG_RUNTIME_DIR": ROOM})
        wrong = [line for line in done.stderr.splitlines() if "snapfs-" in line]
        if wrong:
            fail(wrong[0])


def systemctl(arguments):
    manager = "user" if "--user" in arguments else "system"
    verb, *names = [argument for argument in arguments if not argument.startswith("--")]
    if verb == "list-timers" and names == ["snapfs-*"]:
        return
    if verb == "daemon-reload" and not names:
        verify(manager)
    elif verb in ("enable", "start") and names:
        for name in names:
            unit_file(manager, name)
            # A timer waits for the night.
            if name.endswith(".service"):
                start(manager, name)
    elif verb in ("disable", "status") and names:
        # Nothing that the guide has started is to end.
        for name in names:
            unit_file(manager, name)
    else:
        fail("not known here")


def journalctl(arguments):
    given = " ".join(arguments)
    found = re.fullmatch(r"(--user )?-u (\S+)( -n \d+)?", given)
    if not found:
        fail("not known here")
    unit_file("user" if found[1] else "system", found[2] + ".service")


def notify_send(arguments):
    if len(arguments) != 1:
        fail("not one text")


# Each with the reason why it does not run itself.
STAND_INS = {
    "sudo": (sudo, "asks for a password; here its command is run as root"),
    "apt": (apt, "changes the machine; scripts/test-package installs the package"),
    "cmake": (cmake, "changes the machine; compat.install does it somewhere else"),
    "loginctl": (loginctl, "changes how the machine starts"),
    "systemctl": (systemctl, "there may be no systemd; here units are looked at, and what they start is started"),
    "journalctl": (journalctl, "there may be no journal"),
    "notify-send": (notify_send, "there may be nobody to see it"),
}

if __name__ == "__main__":
    STAND_INS[os.path.basename(sys.argv[0])][0](sys.argv[1:])
