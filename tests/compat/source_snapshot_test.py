"""snapshot --source-snapshot: on real Btrfs, and on LVM of which the programs are played by scripts that copy the
volume (ext4 and xfs are real). A run is held just after it has frozen the source by a standard output that is full.
"""
import contextlib
import glob
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

import harness

PREFIX = ".snapfs-frozen-"
# Of a process that there is not.
DEAD = f"snapfs-frozen-{os.stat('/proc/self/ns/pid').st_ino}-999999999-1-0"
READ_SIZE = 65536


def call(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def why_not(file_system, maker):
    """What is missing here to have such a file system; empty: nothing."""
    if os.geteuid() != 0:
        return "only root may mount"
    # Only what is built in or loaded is in the list; a mount would load it.
    if shutil.which("modprobe"):
        subprocess.run(["modprobe", "--quiet", file_system], check=False, capture_output=True)
    with open("/proc/filesystems", encoding="ascii") as file:
        if file_system not in file.read().split():
            return f"the kernel has no {file_system}"
    if shutil.which(maker) is None:
        return f"{maker} is not installed"
    with tempfile.NamedTemporaryFile() as image:
        image.truncate(1 << 20)
        loop = subprocess.run(["losetup", "--find", "--show", image.name], capture_output=True, text=True, check=False)
        if loop.returncode != 0:
            return "there are no loop devices"
        call("losetup", "--detach", loop.stdout.strip())
    return ""


def writes_to_a_pipe(process):
    """Whether one of its threads waits for a reader, by the name of the kernel's function. True where it names none."""
    with open(f"/proc/{os.getppid()}/wchan", encoding="ascii") as file:
        if file.read() == "0":  # though that one waits for us
            return True
    for place in glob.glob(f"/proc/{process}/task/*/wchan"):
        with contextlib.suppress(OSError), open(place, encoding="ascii") as file:
            if file.read().endswith("pipe_write"):
                return True
    return False


class SourceSnapshotTest(harness.CompatTest):
    needs_restic = False

    def setUp(self):
        super().setUp()
        self.cheap_repository_of_ours()

    def make_image(self, name, size, *maker):
        image = os.path.join(self.scratch, name)
        with open(image, "wb") as file:
            file.truncate(size)
        call(*maker, image)
        return image

    def mount(self, what, name, *options):
        place = os.path.join(self.scratch, name)
        os.makedirs(place, exist_ok=True)
        call("mount", *options, what, place)
        self.addCleanup(call, "umount", place)
        return place

    @staticmethod
    def write(path, text):
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)

    def frozen(self, kind, *arguments, **options):
        """What a run with --json said: of the source snapshot, and its summary."""
        result = self.snapfs("snapshot", "--json", "--source-snapshot", kind, *arguments, **options)
        lines = [json.loads(line) for line in result.stdout.splitlines()]
        by_type = {line["message_type"]: line for line in lines}
        return by_type["source_snapshot"], by_type["summary"]

    def tree(self, snapshot="latest"):
        return json.loads(self.snapfs("cat", "snapshot", snapshot).stdout)["tree"]

    def content(self, path, snapshot="latest"):
        return self.snapfs("dump", snapshot, path).stdout

    @contextlib.contextmanager
    def held(self, kind, *arguments):
        """A run that has frozen the source, and waits for somebody to read what it says."""
        reading, writing = os.pipe()
        os.set_blocking(writing, False)
        with contextlib.suppress(BlockingIOError):
            while True:
                os.write(writing, bytes(READ_SIZE))
        os.set_blocking(writing, True)
        with subprocess.Popen([harness.SNAPFS, "snapshot", "--json", "--source-snapshot", kind, *arguments],
                              cwd=self.scratch, env=self.environment, stdout=writing,
                              stderr=subprocess.PIPE) as run:
            os.close(writing)
            try:
                yield run, reading
            finally:
                if run.poll() is None:
                    run.kill()
                os.close(reading)

    def wait_until(self, run, happened):
        """Nobody is told of a new name but those who look."""
        end = time.monotonic() + 120
        while not happened():
            self.assertIsNone(run.poll(), "the run ended before")
            self.assertLess(time.monotonic(), end, "it does not happen")
            os.sched_yield()

    def let_go(self, run, reading):
        """Reads what a held run says. Its status, and its last line."""
        output = b""
        while block := os.read(reading, READ_SIZE):
            output += block
        _, errors = run.communicate(timeout=120)
        return run.returncode, output.strip(b"\0").decode(), errors.decode()


@unittest.skipIf(why_not("btrfs", "mkfs.btrfs"), why_not("btrfs", "mkfs.btrfs"))
class BtrfsTest(SourceSnapshotTest):
    def setUp(self):
        super().setUp()
        self.image = self.make_image("image", 300 << 20, "mkfs.btrfs", "-q")
        self.top = self.mount(self.image, "top", "-o", "loop")
        self.device = call("findmnt", "-n", "-o", "SOURCE", "--mountpoint", self.top).strip()
        self.subvolume("@home")
        self.home = self.mount(self.device, "home", "-o", "subvol=@home")
        self.subvolume("@home/nested")
        self.subvolume("@home/nested/deeper")
        os.makedirs(self.path("plain/below"))
        for name in "file", "plain/below/file", "nested/file", "nested/deeper/file":
            self.write(self.path(name), f"old {name}\n")
        os.link(self.path("file"), self.path("plain/other-name"))
        os.symlink("plain", self.path("link"))
        os.setxattr(self.path("plain"), "user.mark", b"1")
        os.sync()

    def subvolume(self, name):
        call("btrfs", "subvolume", "create", os.path.join(self.top, name))

    def path(self, name):
        return os.path.join(self.home, name)

    def left(self):
        return [name for name in os.listdir(self.top) if name.startswith(PREFIX)]

    def wait_until_frozen(self, count, run):
        """And until the run says so, which is when it has found its way to all that it froze."""
        self.wait_until(run, lambda: len(self.left()) >= count and writes_to_a_pipe(run.pid))

    def test_the_same_tree_as_without(self):
        for options in [], ["-x"], ["-e", "below"], ["--exclude-larger-than", "10"]:
            with self.subTest(options=options):
                self.snapfs("snapshot", *options, "home")
                plain = self.tree()
                _, summary = self.frozen("btrfs", *options, "home")
                self.assertEqual(self.tree(), plain)
                self.assertEqual((summary["files_new"], summary["files_changed"], summary["dirs_changed"]), (0, 0, 0))
                self.snapfs("snapshot", "--force", *options, "home")
                self.assertEqual(self.tree(), plain)
        self.frozen("btrfs", "--force", "home")
        self.snapfs("snapshot", "home")
        output = self.snapfs("snapshot", "--json", "--source-snapshot", "btrfs", "--skip-if-unchanged", "home")
        self.assertNotIn("snapshot_id", output.stdout.splitlines()[-1])
        self.assertEqual(self.left(), [])

    def test_every_kind_of_path_leads_there(self):
        self.mount(self.path("plain"), "bound", "--bind")
        os.symlink(self.path("plain"), os.path.join(self.scratch, "way"))
        self.mount(self.device, "again", "-o", "subvol=@home")
        os.symlink(os.path.join(self.scratch, "again"), self.path("plain/out"))
        targets = [
            (["home/plain/below"], None), (["."], self.path("plain")), (["../plain/below"], self.path("plain")),
            (["way/below"], None), (["bound"], None), (["home/file"], None),
            (["home/nested", "home/nested/deeper", "home/link"], None), (["home/plain/out/nested"], None),
            (["bound/out/plain/below"], None), (["--as-path", "/elsewhere", self.path("plain")], None),
        ]
        for arguments, directory in targets:
            with self.subTest(arguments=arguments):
                self.snapfs("snapshot", *arguments, cwd=directory)
                plain = self.tree()
                said, _ = self.frozen("btrfs", *arguments, cwd=directory)
                self.assertEqual(self.tree(), plain)
                self.assertNotEqual(said["frozen"], [])
        self.assertEqual(self.left(), [])

    def test_what_is_stored_is_one_moment(self):
        names = ("file", "plain/below/file", "nested/file", "nested/deeper/file")
        with self.held("btrfs", self.home) as (run, reading):
            self.wait_until_frozen(3, run)
            for name in names:
                self.write(self.path(name), "new, and longer than before\n")
            self.write(self.path("plain/late"), "")
            shutil.rmtree(self.path("plain/below"))
            call("btrfs", "subvolume", "delete", self.path("nested/deeper"))
            os.rename(self.path("nested"), self.path("moved"))
            status, _, errors = self.let_go(run, reading)
        self.assertEqual((status, errors), (0, ""))
        for name in names:
            self.assertEqual(self.content(self.path(name)), f"old {name}\n")
        self.assertNotIn("late", self.snapfs("ls", "latest").stdout)
        self.assertEqual(self.left(), [])
        # What changed since then is read by the next run, though it changed before this one's end.
        self.frozen("btrfs", self.home)
        self.assertEqual(self.content(self.path("moved/file")), "new, and longer than before\n")

    def test_the_run_began_before_the_source_was_frozen(self):
        """By that time the next run knows what to read again."""
        with self.held("btrfs", self.home) as (run, reading):
            self.wait_until_frozen(3, run)
            moment = call("date", "-u", "+%Y-%m-%dT%H:%M:%S.%N").strip()
            self.assertEqual(self.let_go(run, reading)[0], 0)
        start = json.loads(self.snapfs("cat", "snapshot", "latest").stdout)["summary"]["backup_start"]
        self.assertLess(start.rstrip("Z"), moment)

    def test_nothing_is_left_of_a_run_that_is_stopped(self):
        for number in signal.SIGINT, signal.SIGTERM:
            with self.subTest(signal=number), self.held("btrfs", self.home) as (run, reading):
                self.wait_until_frozen(3, run)
                run.send_signal(number)
                self.assertEqual(self.let_go(run, reading)[0], 130)
            self.assertEqual(self.left(), [])

    def test_nothing_is_left_of_a_run_that_fails(self):
        with self.held("btrfs", self.home) as (run, reading):
            self.wait_until_frozen(3, run)
            shutil.rmtree(os.path.join(self.repository, "data"))
            self.write(os.path.join(self.repository, "data"), "")
            self.assertEqual(self.let_go(run, reading)[0], 1)
        self.assertEqual(self.left(), [])
        with self.held("btrfs", self.home) as (run, reading):
            self.wait_until_frozen(3, run)
            os.close(reading)
            reading = os.open("/dev/null", os.O_RDONLY)
            run.communicate(timeout=120)
        self.assertEqual(self.left(), [])

    def test_the_next_run_removes_what_a_killed_one_left(self):
        with self.held("btrfs", self.home) as (run, _):
            self.wait_until_frozen(3, run)
            run.kill()
            run.wait()
            left = self.left()
            self.assertEqual(len(left), 3)
        mine = os.path.join(self.top, "." + DEAD)  # of the name, but nothing that we make
        call("btrfs", "subvolume", "create", mine)
        said, _ = self.frozen("btrfs", self.home)
        self.assertEqual(sorted(said["leftovers_removed"]), sorted(left))
        self.assertEqual(self.left(), [os.path.basename(mine)])
        call("btrfs", "subvolume", "snapshot", "-r", self.home, mine + "1")
        words = self.snapfs("snapshot", "-v", "--source-snapshot", "btrfs", self.home).stdout
        self.assertIn(f"removed {os.path.basename(mine)}1, the snapshot of a file system that a killed run", words)
        self.assertIn(f"reading from snapshots of {self.home}, {self.home}/nested, {self.home}/nested/deeper\n", words)

    def test_runs_at_the_same_time_do_not_meet(self):
        with self.held("btrfs", self.top) as (run, reading):
            self.wait_until_frozen(4, run)
            said, _ = self.frozen("btrfs", self.top)
            self.assertEqual((said["leftovers_removed"], len(said["frozen"])), ([], 4))
            self.assertNotIn(PREFIX, self.snapfs("ls", "latest").stdout)
            self.assertEqual(len(self.left()), 4)
            status, _, errors = self.let_go(run, reading)
        self.assertEqual((status, errors), (0, ""))
        self.assertNotIn(PREFIX, self.snapfs("ls", "latest").stdout)

    def test_only_what_is_read_is_frozen(self):
        def frozen(*arguments):
            return [os.path.relpath(path, self.home) for path in self.frozen("btrfs", *arguments)[0]["frozen"]]
        self.assertEqual(frozen("-x", self.home), ["."])
        self.assertEqual(frozen("-e", "deeper", self.home), [".", "nested"])
        self.assertEqual(frozen("-e", self.path("nested"), self.home), ["."])
        self.assertEqual(frozen(self.path("nested/deeper")), ["nested/deeper"])
        self.write(self.path("nested/.skip"), "")
        self.assertEqual(frozen("--exclude-if-present", ".skip", self.home), [".", "nested"])
        os.remove(self.path("nested/.skip"))
        call("btrfs", "property", "set", "-ts", self.path("nested/deeper"), "ro", "true")
        self.assertEqual(frozen(self.home), [".", "nested"])
        self.assertEqual(self.content(self.path("nested/deeper/file")), "old nested/deeper/file\n")

    def test_a_snapshot_as_the_source_has_empty_directories(self):
        """Where a subvolume was when a snapshot was taken that is written to now, as after a roll-back."""
        call("btrfs", "subvolume", "snapshot", self.home, os.path.join(self.top, "@back"))
        self.mount(self.device, "back", "-o", "subvol=@back")
        self.snapfs("snapshot", "back")
        plain = json.loads(self.snapfs("cat", "tree", "latest:/back").stdout)["nodes"]
        self.frozen("btrfs", "back")
        frozen = json.loads(self.snapfs("cat", "tree", "latest:/back").stdout)["nodes"]
        self.assertIn(("nested", 2), [(node["name"], node["inode"]) for node in plain])
        for left, right in zip(plain, frozen, strict=True):
            if left["inode"] == 2:
                for key in "mtime", "atime", "ctime":  # of such a directory: when it was looked at
                    del left[key], right[key]
            self.assertEqual(left, right)

    def test_other_file_systems_below(self):
        other = self.make_image("other", 300 << 20, "mkfs.btrfs", "-q")
        os.makedirs(self.path("other"))
        self.mount(other, "home/other", "-o", "loop")
        os.makedirs(self.path("small"))
        self.mount("tmpfs", "home/small", "-t", "tmpfs")
        os.makedirs(self.path("ext"))
        self.mount(self.make_image("ext", 8 << 20, "mkfs.ext4", "-q"), "home/ext", "-o", "loop")
        os.makedirs(self.path("again"))
        self.mount(self.path("nested"), "home/again", "--bind")
        self.write(self.path("one"), "")
        call("mount", "--bind", self.path("file"), self.path("one"))
        self.addCleanup(call, "umount", self.path("one"))
        for name in "other/file", "small/file", "ext/file":
            self.write(self.path(name), f"old {name}\n")
        self.snapfs("snapshot", "home")
        plain = self.tree()
        said, _ = self.frozen("btrfs", "home")
        self.assertEqual(self.tree(), plain)
        self.assertIn(self.path("other"), said["frozen"])
        self.assertEqual(said["not_frozen"], [self.path("ext")])
        words = self.snapfs("snapshot", "--source-snapshot", "btrfs", self.home).stdout
        self.assertIn(f"read as they are, not from snapshots: {self.path('ext')}\n", words)
        self.snapfs("snapshot", "-x", "home")
        plain = self.tree()
        said, _ = self.frozen("btrfs", "-x", "home")
        self.assertEqual((self.tree(), said["frozen"], said["not_frozen"]), (plain, [self.home], []))

    def test_it_is_an_option_of_profiles(self):
        profile = os.path.join(self.scratch, "home.toml")
        self.write(profile, f'repository = "{self.repository}"\n[snapshot]\nsources = ["{self.home}"]\n'
                            'source-snapshot = "btrfs"\n')
        os.chmod(profile, 0o600)
        words = self.snapfs("-P", profile, "snapshot", "-v").stdout
        self.assertIn(f"reading from snapshots of {self.home}", words)
        self.assertNotIn("reading from snapshots",
                         self.snapfs("-P", profile, "snapshot", "-v", "--source-snapshot", "none").stdout)

    def test_a_dry_run_and_a_wrong_password(self):
        said, _ = self.frozen("btrfs", "--dry-run", self.home)
        self.assertEqual(len(said["frozen"]), 3)
        self.snapfs("snapshot", "--source-snapshot", "btrfs", self.home, RESTIC_PASSWORD="wrong", expect=12)
        self.assertEqual(self.left(), [])

    def test_without_the_privilege(self):
        if shutil.which("capsh") is None:
            self.skipTest("capsh is not installed")
        words = self.run_program("capsh", ["--drop=cap_sys_admin", "--", "-c", 'exec "$@"', "-", harness.SNAPFS,
                                           "snapshot", "--source-snapshot", "btrfs", self.home], expect=1).stderr
        self.assertIn("--source-snapshot btrfs needs root, or CAP_SYS_ADMIN", words)


LVS = """#!/bin/sh
echo "lvs $*" >> "$STAND_IN/log"
for last; do :; done
case $* in
  *pool_lv*) [ "$last" = "$STAND_IN_DEVICE" ] || { echo "  Failed to find logical volume" >&2; exit 5; }
    echo "  vg,home,$STAND_IN_POOL" ;;
  *lv_path*) cat "$STAND_IN/${last#vg/}.device" ;;
  *) echo "  home"; cd "$STAND_IN" && ls | sed -n 's/.device$//p' ;;
esac
"""
LVCREATE = """#!/bin/sh
echo "lvcreate $*" >> "$STAND_IN/log"
[ "$STAND_IN_FULL" ] && { echo "  Volume group \\"vg\\" has insufficient free space" >&2; exit 5; }
while [ "$1" != --name ]; do shift; done
fsfreeze --freeze "$STAND_IN_MOUNT"
cp --sparse=always "$STAND_IN_IMAGE" "$STAND_IN/$2.image"
fsfreeze --unfreeze "$STAND_IN_MOUNT"
losetup --find --show "$STAND_IN/$2.image" > "$STAND_IN/$2.device"
"""
LVREMOVE = """#!/bin/sh
echo "lvremove $*" >> "$STAND_IN/log"
cd "$STAND_IN" || exit 1
name=${2#vg/}
device=$(cat "$name.device")
[ -z "$device" ] || losetup --detach "$device"
rm -f "$name.device" "$name.image"
"""


class LvmTest(SourceSnapshotTest):
    def use(self, file_system, size):
        maker = f"mkfs.{file_system}"
        reason = why_not(file_system, maker)
        if reason:
            self.skipTest(reason)
        image = self.make_image("volume", size, maker, "-q")
        self.home = self.mount(image, "home", "-o", "loop")
        device = call("findmnt", "-n", "-o", "SOURCE", "--mountpoint", self.home).strip()
        self.state = os.path.join(self.scratch, "lvm")
        programs = os.path.join(self.scratch, "programs")
        os.makedirs(self.state)
        os.makedirs(programs)
        for name, text in ("lvs", LVS), ("lvcreate", LVCREATE), ("lvremove", LVREMOVE):
            self.write(os.path.join(programs, name), text)
            os.chmod(os.path.join(programs, name), 0o755)
        self.environment |= {"PATH": programs + ":" + os.environ["PATH"], "STAND_IN": self.state,
                             "STAND_IN_DEVICE": device, "STAND_IN_IMAGE": image, "STAND_IN_MOUNT": self.home,
                             "STAND_IN_POOL": "", "STAND_IN_FULL": ""}
        self.write(os.path.join(self.home, "file"), "old\n")
        os.makedirs(os.path.join(self.home, "below"))
        os.link(os.path.join(self.home, "file"), os.path.join(self.home, "below/link"))

    def log(self):
        with open(os.path.join(self.state, "log"), encoding="utf-8") as file:
            return file.read().splitlines()

    def left(self):
        return [name for name in os.listdir(self.state) if name != "log"]

    def look_at(self, file_system, size):
        self.use(file_system, size)
        self.snapfs("snapshot", "home")
        plain = self.tree()
        said, summary = self.frozen("lvm", "home")
        self.assertEqual((self.tree(), summary["files_unmodified"]), (plain, 2))
        self.assertEqual((said["frozen"], self.left()), ([self.home], []))
        before = len(self.log())
        with self.held("lvm", self.home) as (run, reading):
            self.wait_until(run, lambda: any("lv_path" in line for line in self.log()[before:]))
            self.write(os.path.join(self.home, "file"), "changed\n")
            status, _, errors = self.let_go(run, reading)
        self.assertEqual((status, errors, self.left()), (0, "", []))
        self.assertEqual(self.content(os.path.join(self.home, "file")), "old\n")

    def test_ext4(self):
        self.look_at("ext4", 16 << 20)

    def test_xfs(self):
        self.look_at("xfs", 320 << 20)

    def test_how_lvm_is_called(self):
        self.use("ext4", 16 << 20)
        for kind, pool, words in (("lvm", "", "--extents 10%ORIGIN vg/home"), ("lvm:2G", "", "--size 2G vg/home"),
                                  ("lvm:50%FREE", "", "--extents 50%FREE vg/home"),
                                  ("lvm", "pool", "--setactivationskip n vg/home")):
            self.environment["STAND_IN_POOL"] = pool
            self.frozen(kind, self.home)
            made = [line for line in self.log() if line.startswith("lvcreate")][-1]
            self.assertRegex(made, f"^lvcreate --yes --snapshot --name snapfs-frozen-[0-9]+-[0-9]+-[0-9]+-0 {words}$")
            self.assertEqual(self.log()[-1], f"lvremove --yes vg/{made.split()[4]}")

    def test_a_killed_run(self):
        self.use("ext4", 16 << 20)
        self.write(os.path.join(self.state, DEAD + ".device"), "")
        said, _ = self.frozen("lvm", self.home)
        self.assertEqual((said["leftovers_removed"], self.left()), (["vg/" + DEAD], []))

    def test_what_lvm_cannot_do(self):
        self.use("ext4", 16 << 20)
        words = self.snapfs("snapshot", "--source-snapshot", "lvm", self.home, STAND_IN_FULL="1", expect=1).stderr
        self.assertIn('lvcreate failed with status 5: Volume group "vg" has insufficient free space', words)
        self.assertEqual(len(words.splitlines()), 1)
        words = self.snapfs("snapshot", "--source-snapshot", "lvm", self.home, STAND_IN_DEVICE="x", expect=1).stderr
        self.assertIn("which lvs does not know as a logical volume", words)
        words = self.snapfs("snapshot", "--source-snapshot", "btrfs", self.home, expect=1).stderr
        self.assertIn(f"{self.home} is on ext4 (", words)
        self.assertIn("say --source-snapshot lvm if that is a logical volume, otherwise none", words)


class WordsTest(SourceSnapshotTest):
    def test_what_it_can_be(self):
        for kind in "xfs", "lvm:", "auto", "btrfs:1", "":
            words = self.snapfs("snapshot", "--source-snapshot", kind, "/etc/hostname", expect=1).stderr
            self.assertIn("btrfs, lvm, lvm:SIZE, zfs or none", words)

    def test_a_stream_is_on_no_file_system(self):
        words = self.snapfs("snapshot", "--source-snapshot", "zfs", "--stdin-from-command", "--", "true",
                            expect=1).stderr
        self.assertIn("say --source-snapshot none", words)


if __name__ == "__main__":
    harness.main()
