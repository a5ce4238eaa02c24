"""The guide, followed from its first page on by somebody who has nothing yet: every block of every page is run as printed, but
for the names in REPLACED and the programs in guide_stand_in.py, or looked at as what it is.

Each page has a shell, and a machine, of its own (a mount namespace with other directories in the place of /home, /etc, /mnt and so
on), which begins with what the two first pages have left. So nothing of this machine is seen or changed, and only root can do it.
"""
import datetime
import os
import re
import shlex
import shutil
import subprocess
import unittest

import guide_stand_in
import harness
import servers
import ssh_server
from guide_pages import ROOT, blocks, blocks_of, pages

HERE = os.path.dirname(os.path.abspath(__file__))
UNSHARE = ["unshare", "--mount", "--uts", "--pid", "--fork", "--kill-child", "--mount-proc"]
ROOM = "/media/room"  # the scratch directory, as a page's machine has it

# What is printed, on which page, and what it is here; names of servers are in their tests.
REPLACED = {
    # A whole machine takes too long.
    "daily": {'sources = ["/"]': 'sources = ["/etc", "/home"]'},
    # A mount looks for new snapshots every two seconds, and a script does not think in between.
    "machines": {"ls ~/snapshots/hosts\n": "until [ -e ~/snapshots/hosts/desktop ]; do sleep 0.1; done; ls ~/snapshots/hosts\n"},
    # Typed on a terminal.
    "drills": {"snapfs -r /mnt/backup/snapshots snapshots\n":
               "snapfs -r /mnt/backup/snapshots snapshots < ~/.snapfs-password\n"},
}

# The repositories on disks, and their password files.
REPOSITORIES = ("/mnt/backup/snapshots=/home/me/.snapfs-password", "/mnt/backup/machine=/root/snapfs-password",
                "/mnt/second/snapshots=/home/me/.snapfs-password", "/mnt/backup/restic=/home/me/.restic-password")

# Keys that open in a moment, after an init.
CHEAPEN = f"""
for repository in {' '.join(REPOSITORIES)}; do
  [ ! -e "${{repository%%=*}}"/config ] || PYTHONPATH={ROOM}/python python3 -c '
import sys, cheap_key
cheap_key.cheapen(sys.argv[1], open(sys.argv[2]).read().strip())' "${{repository%%=*}}" "${{repository#*=}}"
done
"""

# What has happened before a page, beside what its text says.
BEFORE = {
    "start": """
mkdir -p ~/work /mnt/backup && echo first > ~/work/report.odt
mkdir -p scripts build && printf '#!/bin/sh\\nmkdir -p build-package && : > build-package/snapfs_0_amd64.deb\\n' > scripts/package
printf '#!/bin/sh\\n:\\n' > scripts/build && chmod +x scripts/*
""",
    # Five weeks, in which a file was changed and lost.
    "restoring": """
mkdir ~/work/old-project && echo plan > ~/work/old-project/plan && echo old > ~/work/report.odt
snapfs -P home -q snapshot --time "$FIVE_WEEKS_AGO"
rm -r ~/work/old-project && echo newer > ~/work/report.odt && snapfs -P home -q snapshot
rm ~/work/report.odt && snapfs -P home -q snapshot
mkdir /mnt/new
""",
    "machines": "mkdir -p /mnt/second ~/snapshots && snapfs -P home mount --background -q\n",
    "restic": """
(umask 077; echo secret > ~/.restic-password)
restic -q -r /mnt/backup/restic -p ~/.restic-password init
""" + CHEAPEN + """
restic -q -r /mnt/backup/restic -p ~/.restic-password backup ~/work
""",
    "recipes": "mkdir -p /mnt/snap /srv && echo served > /srv/file && test -e /etc/updatedb.conf || echo 'PRUNEFS=\"proc\"' > /etc/updatedb.conf\n",
}

# The machine of a page; $1 is the scratch directory, $2 and so on are programs.
MACHINE = f"""set -eu
mount --make-rprivate /
# What other tests have mounted would go on here after they have unmounted it, and its server with it.
while read -r _ place type _; do
  # It shows a blank as \\040, which printf undoes. What is gone meanwhile is as good.
  case $type in fuse.*)
    place=$(printf "${{place//%/%%}}")
    umount --lazy "$place" || {{ mountpoint -q "$place" && exit 1 || true; }} ;;
  esac
done <<< "$(cat /proc/self/mounts)"
hostname laptop
mount -t tmpfs room /media
mkdir {ROOM}
mount --bind "$1" {ROOM}
shift
for program in "$@"; do
  : > {ROOM}/bin/${{program##*/}}
  mount --bind "$program" {ROOM}/bin/${{program##*/}}
done
cp -a /etc {ROOM}/etc
echo me:x:4711:4711::/home/me:/bin/sh >> {ROOM}/etc/passwd
mount --bind {ROOM}/etc /etc
for directory in /home /mnt /root /srv /tmp /var/lib /var/cache /var/tmp; do mount -t tmpfs page $directory; done
chmod 1777 /tmp /var/tmp
mkdir -p /home/me /var/lib/prometheus/node-exporter
export HOME=/home/me USER=me PATH={ROOM}/bin:/usr/sbin:/usr/bin:/sbin:/bin
cd
if [ -d {ROOM}/state ]; then
  for directory in home mnt root etc/snapfs; do [ ! -d {ROOM}/state/$directory ] || cp -a {ROOM}/state/$directory/. /$directory/; done
fi
"""
# Between two pages that share a machine's disks.
LEAVE = f"""
findmnt -n -l -t fuse.snapfs -o TARGET | while read -r place; do snapfs umount --lazy "$place"; done
rm -rf {ROOM}/state && mkdir -p {ROOM}/state/etc
cp -a /home /mnt /root {ROOM}/state/
[ ! -d /etc/snapfs ] || cp -a /etc/snapfs {ROOM}/state/etc/
"""


def text(*path):
    with open(os.path.join(ROOT, *path), encoding="utf-8") as file:
        return file.read()


class Followed:
    """What became of a page."""

    def __init__(self, status, output):
        self.status = status
        parts = re.split(r"^@@block (\d+)\n", output, flags=re.M)
        self.outputs = {int(number): said for number, said in zip(parts[1::2], parts[2::2])}
        self.all = output


class GuideTest(harness.CompatTest):
    needs_restic = False
    shared = None

    @classmethod
    def setUpClass(cls):
        if not harness.mount_usable():
            raise unittest.SkipTest("/dev/fuse cannot be used here")
        if os.geteuid() != 0 or subprocess.run([*UNSHARE, "true"], check=False, capture_output=True).returncode != 0:
            raise unittest.SkipTest("only root may have a machine of its own here: the guide is not tried")
        if shutil.which("systemd-analyze") is None:
            raise unittest.SkipTest("systemd-analyze is not installed")
        cls.shared = cls("make_room")
        cls.shared.setUp()
        cls.addClassCleanup(cls.shared.doCleanups)
        cls.shared.make_room()

    def setUp(self):
        if self is self.shared or self.shared is None:
            super().setUp()
        else:
            self.scratch, self.environment = self.shared.scratch, self.shared.environment

    def make_room(self):
        self.first = {}
        os.chmod(self.scratch, 0o755)
        programs = os.path.join(self.scratch, "bin")
        os.makedirs(programs)
        for name in guide_stand_in.STAND_INS:
            shutil.copy(os.path.join(HERE, "guide_stand_in.py"), os.path.join(programs, name))
            os.chmod(os.path.join(programs, name), 0o755)
        shutil.copy(os.path.join(HERE, "guide_put.py"), self.scratch)
        os.makedirs(os.path.join(self.scratch, "python"))
        for name in "cheap_key.py", "sealing.py":
            shutil.copy(os.path.join(HERE, name), os.path.join(self.scratch, "python"))
        for manager in "system", "user":
            directory = os.path.join(self.scratch, "units", manager)
            os.makedirs(directory)
            for name in os.listdir(os.path.join(ROOT, "share", "systemd", manager)):
                unit = text("share", "systemd", manager, name)
                with open(os.path.join(directory, name.removesuffix(".in")), "w", encoding="utf-8") as file:
                    file.write(unit.replace("@SNAPFS_OF_UNITS@", f"{ROOM}/bin/snapfs"))

    # A page as a script

    def script(self, page, listed, replaced):
        """Shell that does what the blocks say, each after a line with its number."""
        directory = os.path.join(self.scratch, "blocks")
        shutil.rmtree(directory, ignore_errors=True)
        os.makedirs(directory)
        unused = set(replaced)
        script = ""
        for number, block in enumerate(listed):
            content = block.text
            for printed, real in replaced.items():
                if printed in content:
                    unused.discard(printed)
                    content = content.replace(printed, real)
            file = f"{ROOM}/blocks/{number}"
            with open(os.path.join(directory, str(number)), "w", encoding="utf-8") as stored:
                stored.write(content)
            script += f"echo; echo '@@block {number}'\n" + self.step(block, file, content)
        self.assertEqual(unused, set(), f"{page}.md has none of these any more")
        return script

    def step(self, block, file, content):
        path, how = block.path()
        if block.kind in ("sh", ""):
            return f". {file}\n" + (CHEAPEN if " init" in content else "")
        if block.kind == "toml":
            self.assertIsNotNone(path, f"{block}: begins with a comment that names the file")
            verb = {"": "new", "in": "in", "added to": "added"}[how]
            return (f"python3 {ROOM}/guide_put.py {verb} {file} {shlex.quote(path)}\n"
                    f"chmod go-w {path}\nsnapfs profile check {path}\n")
        if block.kind == "ini":
            self.assertEqual(how, "", f"{block}: begins with a comment that names the file")
            return f"python3 {ROOM}/guide_put.py new {file} {shlex.quote(path)}\n"
        if block.kind == "crontab":
            return "".join(self.cron_line(block, line) for line in content.splitlines())
        if block.kind == "output":
            return ""
        self.assertIn(block.kind, LOOKED_AT, f"{block}: nothing here runs such a block, or looks at it")
        LOOKED_AT[block.kind](self, block)
        return ""

    def cron_line(self, block, line):
        if line.startswith("PATH="):
            # Where the package, and the archive, put the program; here it is in a place of its own.
            self.assertLessEqual({"/usr/bin", "/usr/local/bin"}, set(line.removeprefix("PATH=").split(":")))
            return ""
        found = re.fullmatch(r"(@reboot|[\d*/,-]+( +[\d*/,-]+){4}) +(\S.*)", line)
        self.assertIsNotNone(found, f"{block}: not a line for cron: {line}")
        return f"env -i HOME=$HOME PATH=$PATH sh -c {shlex.quote(found[3])}\n"

    def looks_like_the_manual(self, block):
        """What recipes_test.py tries as it stands there."""
        page = text("man", "snapfs-mount.1")
        self.assertIn("\n".join(line.strip() for line in block.text.splitlines()),
                      "\n".join(line.strip() for line in page.splitlines()), f"{block}: not as in snapfs-mount(1)")

    def looks_like_readme(self, block):
        self.assertIn(block.text, text("README.md"), f"{block}: not as in README.md")

    def looks_like_resticprofile(self, block):
        for key in re.findall(r"^ +([a-z-]+): .", block.text, re.M):
            self.assertIn(key, text("docs", "profiles.md") + "schedule", f"{block}: the table has no {key}")

    # Following it

    def run_page(self, script, *programs, leave="", **variables):
        whole = MACHINE + script + leave
        done = subprocess.run(
            [*UNSHARE, "bash", "-c", whole, "page", self.scratch, os.path.abspath(harness.SNAPFS), *programs],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
            timeout=300, check=False, cwd="/", env={
                "PATH": os.environ["PATH"], "LANG": "C.UTF-8", "TZ": "UTC", "AWS_EC2_METADATA_DISABLED": "true",
                "FIVE_WEEKS_AGO": (datetime.datetime.now() - datetime.timedelta(35)).strftime("%Y-%m-%d %H:%M:%S"),
                **variables})
        shutil.rmtree(os.path.join(self.scratch, "etc"), ignore_errors=True)
        return Followed(done.returncode, done.stdout)

    def follow(self, page, replaced=(), programs=(), leave="", **variables):
        listed = blocks(page)
        script = self.script(page, listed, {**REPLACED.get(page, {}), **dict(replaced)})
        followed = self.run_page(BEFORE.get(page, "") + script, *programs, leave=leave, **variables)
        self.judge(listed, followed)

    def judge(self, listed, followed):
        last = max(followed.outputs, default=None)
        where = "before its first block" if last is None else f"in {listed[last]}"
        self.assertEqual(followed.status, 0, f"{where}:\n{followed.outputs.get(last, followed.all)}")
        shown = ""
        for number, block in enumerate(listed):
            if block.kind == "output":
                self.assert_shown(block, shown)
            else:
                shown = followed.outputs[number]

    def assert_shown(self, block, shown):
        """Each of its lines is one, or several, that the block before it printed; … stands for anything, and blanks do not count."""
        for line in block.text.splitlines():
            words = r"\s+".join(re.escape(word).replace("…", ".*") for word in line.split())
            self.assertRegex(shown, rf"(?m)^\s*{words}\s*$", f"{block}: not what is shown")

    def begin(self):
        """The two pages that all others build on."""
        for page in "start", "daily":
            if page not in self.shared.first:
                self.shared.first[page] = False
                self.follow(page, leave=LEAVE)
                self.shared.first[page] = True
            self.assertTrue(self.shared.first[page], f"{page}.md cannot be followed, see its own test")

    def test_1_start(self):
        self.follow("start", leave=LEAVE)
        self.shared.first["start"] = True
        for script in "package", "build":
            self.assertTrue(os.access(os.path.join(ROOT, "scripts", script), os.X_OK))
        self.assertIn("build-package", text("scripts", "package"))

    def test_2_daily(self):
        self.assertTrue(self.shared.first.get("start"), "start.md cannot be followed, see its own test")
        self.follow("daily", leave=LEAVE)
        self.shared.first["daily"] = True

    def test_restoring(self):
        self.begin()
        self.follow("restoring")

    def test_drills(self):
        self.begin()
        self.follow("drills", programs=self.restic())

    def test_restic(self):
        self.begin()
        self.follow("restic", programs=self.restic())

    def restic(self):
        if harness.RESTIC is None:
            self.skipTest("restic is not installed")
        return [self.named("restic", harness.RESTIC)]

    def named(self, name, program):
        """A program whose file may be called otherwise."""
        place = os.path.join(self.scratch, "named")
        os.makedirs(place, exist_ok=True)
        shutil.copy(program, os.path.join(place, name))
        return os.path.join(place, name)

    def test_recipes(self):
        overlay = ("mount -t tmpfs t /mnt && mkdir /mnt/l /mnt/u /mnt/w && "
                   "mount -t overlay o -o lowerdir=/mnt/l,upperdir=/mnt/u,workdir=/mnt/w /mnt/l")
        if subprocess.run([*UNSHARE, "sh", "-c", overlay], check=False, capture_output=True).returncode != 0:
            self.skipTest("there is no overlayfs here")
        self.begin()
        self.follow("recipes")

    def test_machines(self):
        self.begin()
        self.follow("machines", self.rest_server("8001", "--append-only"))

    def test_servers(self):
        # All kinds of storage, or this machine cannot try the page.
        if ssh_server.missing():
            self.skipTest(ssh_server.missing())
        if servers.RCLONE is None:
            self.skipTest("rclone is not installed")
        self.begin()
        store = servers.start_store(self, "my-bucket")
        remote = os.path.join(self.scratch, "remote")
        os.makedirs(remote)
        with open(os.path.join(self.scratch, "rclone.conf"), "w", encoding="ascii") as file:
            file.write(f"[remote]\ntype = alias\nremote = {ROOM}/remote\n")
        self.follow("servers", {
            **self.host(), **self.rest_server("8000"),
            "AWS_ACCESS_KEY_ID=…": f"AWS_ACCESS_KEY_ID={store.user[0]}",
            "AWS_SECRET_ACCESS_KEY=…": f"AWS_SECRET_ACCESS_KEY={store.user[1]}", "https://s3.example.org": store.endpoint},
            programs=[self.named("rclone", servers.RCLONE)], RCLONE_CONFIG=f"{ROOM}/rclone.conf")

    def host(self):
        """A host that ssh reaches."""
        server = ssh_server.SshServer(os.path.join(self.scratch, "ssh"))
        self.addCleanup(server.stop)
        server.start()
        wrapper = os.path.join(self.scratch, "bin", "ssh")
        with open(wrapper, "w", encoding="ascii") as file:
            file.write(f"#!/bin/sh\nexec /usr/bin/ssh {server.options().replace(self.scratch, ROOM)} -p {server.port} \"$@\"\n")
        os.chmod(wrapper, 0o755)
        probe = subprocess.run(server.command().split(), stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        if probe.returncode != 0:
            self.skipTest(f"nobody can log in here: {probe.stderr}")
        return {"me@backup.example:snapshots": f"{server.user}@127.0.0.1:{self.scratch}/there",
                "me@backup.example true": f"{server.user}@127.0.0.1 true"}

    def rest_server(self, port, *options):
        """rest-server, or rclone in its place."""
        served = os.path.join(self.scratch, "served" + port)
        os.makedirs(os.path.join(served, "me"))
        if servers.REST_SERVER:
            users = os.path.join(self.scratch, "htpasswd")
            with open(users, "w", encoding="ascii") as file:
                file.write(servers.HTPASSWD)
            server = servers.start_rest_server(self, served, "--htpasswd-file", users, "--private-repos", *options)
        elif servers.RCLONE:
            server = servers.Server([servers.RCLONE, "serve", "restic", "--addr", f"127.0.0.1:{ssh_server.free_port()}", "--user", "me",
                                     "--pass", "secret", "--private-repos", *options, served],
                                    self.environment)
            self.addCleanup(server.kill)
        else:
            self.skipTest("neither rest-server nor rclone is installed")
        return {f"https://backup.example.org:{port}": f"http://127.0.0.1:{server.port}",
                "SNAPFS_REST_PASSWORD=…": "SNAPFS_REST_PASSWORD=secret"}

    # What holds for all of it

    def test_every_page_with_blocks_is_followed(self):
        followed = {name.split("_")[-1] for name in dir(self) if name.startswith("test_")}
        self.assertEqual([page for page in pages() if blocks(page) and page not in followed], [])

    def test_what_is_wrong_is_noticed(self):
        """A guide with mistakes."""
        def mistake(written):
            listed = blocks_of(written)
            self.judge(listed, self.run_page(self.script("?", listed, {})))

        mistake("```sh\ntrue\n```\n")
        for words, wrong in (
                ("no-such-command", "```sh\nsnapfs no-such-command\n```\n"),
                ("1 != 0", "```sh\nfalse\n```\n```sh\ntrue\n```\n"),
                ("no-such-program", "```\nno-such-program\n```\n"),
                ("did you mean sources", "```toml\n# /etc/snapfs/x.toml\n[snapshot]\nsuorces = ['/a']\n```\n"),
                ("names the file", "```toml\n[snapshot]\n```\n"),
                ("nothing here runs", "```console\n$ snapfs\n```\n"),
                ("not a line for cron", "```crontab\n17 2 * *  snapfs version\n```\n"),
                ("no-such-command", "```crontab\n17 2 * * *  snapfs no-such-command\n```\n"),
                ("not as in snapfs-mount", "```exports\n/mnt/snap *(rw)\n```\n"),
                ("there is no unit", "```sh\nsystemctl --user start snapfs-backup@home.service\n```\n"),
                ("OnCalender", "```ini\n# ~/.config/systemd/user/snapfs-run@home.timer.d/hour.conf\n[Timer]\nOnCalender=noon\n```\n"
                               "```sh\nsystemctl --user daemon-reload\n```\n"),
                ("not what is shown", "```sh\nsnapfs version\n```\n```output\nsnapfs 99\n```\n")):
            with self.subTest(wrong=wrong), self.assertRaisesRegex(AssertionError, words):
                mistake(wrong)


# Blocks that are nothing to run: what is known of each kind.
LOOKED_AT = {
    "smb.conf": GuideTest.looks_like_the_manual,
    "exports": GuideTest.looks_like_the_manual,
    "fstab": GuideTest.looks_like_readme,
    "yaml": GuideTest.looks_like_resticprofile,
}


if __name__ == "__main__":
    harness.main()
