"""What the README and the manual pages print for people to copy, run as printed: units of systemd, lines
of fstab, ways back, and other programs on the mount.
"""
import os
import re
import shutil
import subprocess
import sys

import harness

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
UNIT_TYPES = {"[Mount]": "mnt-snap.mount", "[Automount]": "mnt-snap.automount"}


def text(*names):
    with open(os.path.join(ROOT, *names), encoding="utf-8") as file:
        return file.read()


def blocks():
    """Every literal block, by the file that it is in."""
    for name in ("README.md",):
        for block in re.findall(r"^```\n(.*?)^```$", text(name), re.M | re.S):
            yield name, block
    for name in sorted(os.listdir(os.path.join(ROOT, "man"))):
        if name.endswith((".1", ".8")):
            for block in re.findall(r"^\.Bd -literal[^\n]*\n(.*?)^\.Ed$", text("man", name), re.M | re.S):
                yield name, block.replace(r"\e", "\\")


def block_with(words):
    (found,) = [block for _, block in blocks() if words in block]
    return found


class RecipesTest(harness.CompatTest):
    needs_restic = False

    def needs_namespace(self):
        if not harness.mount_usable():
            self.skipTest("/dev/fuse cannot be used here")
        if os.geteuid() != 0 or subprocess.run(["unshare", "-m", "true"], check=False,
                                               capture_output=True).returncode != 0:
            self.skipTest("only root may have a mount namespace here")

    def shell(self, script):
        """In a mount namespace of its own."""
        done = subprocess.run(["unshare", "-m", "sh", "-eu", "-c", script], cwd=self.scratch,
                              timeout=100, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              check=False,
                              env={**self.environment, "SNAPFS_PROGRAM": os.path.abspath(harness.SNAPFS)})
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def init(self):
        self.cheap_repository_of_ours()

    def make(self, *names, content="content\n"):
        path = os.path.join(self.scratch, *names)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="ascii") as file:
            file.write(content)
        return path

    # Examples that are copied into files of the system

    def test_units(self):
        seen = []
        for place, block in blocks():
            kinds = [kind for kind in UNIT_TYPES if kind in block.splitlines()]
            if not kinds:
                continue
            self.assertEqual(len(kinds), 1, f"{place}: each unit is a file of its own")
            directory = os.path.join(self.scratch, place)
            os.makedirs(directory, exist_ok=True)
            with open(os.path.join(directory, UNIT_TYPES[kinds[0]]), "w", encoding="utf-8") as file:
                file.write(block)
            seen.append((place, kinds[0]))
        self.assertEqual(sorted(seen), sorted((place, kind) for place in ("README.md", "mount.snapfs.8")
                                              for kind in UNIT_TYPES))
        if shutil.which("systemd-analyze") is None:
            self.skipTest("systemd is not installed")
        for place in ("README.md", "mount.snapfs.8"):
            units = [os.path.join(self.scratch, place, name) for name in UNIT_TYPES.values()]
            done = subprocess.run(["systemd-analyze", "verify", "--man=no", *units], timeout=60,
                                  capture_output=True, text=True, check=False)
            self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_options_of_examples(self):
        """They are options that there are, and a mount that stays takes no lock."""
        helper = os.path.join(self.scratch, "mount.snapfs")
        os.symlink(os.path.abspath(harness.SNAPFS), helper)
        found = set()
        for place, block in blocks():
            for line in block.splitlines():
                fields = line.split()
                if len(fields) == 6 and fields[2] == "snapfs":
                    options = fields[3]
                    self.assertEqual(fields[4:], ["0", "0"])
                elif line.startswith("Options="):
                    options = line.removeprefix("Options=")
                else:
                    continue
                found.add(place)
                self.assertIn("no-lock", options.split(","), line)
                done = subprocess.run([helper, "/r", "/m", "-f", "-o", options], check=False,
                                      capture_output=True, text=True, timeout=60)
                self.assertEqual((done.returncode, done.stderr), (0, ""), line)
        self.assertEqual(found, {"README.md", "mount.snapfs.8"})

    # Ways back

    def test_going_back_leaves_the_root_alone(self):
        """In a root directory of its own, with the attributes of no ordinary one."""
        self.needs_namespace()
        self.init()
        source = os.path.join(self.scratch, "data")
        for name in ("same", "edited", "gone"):
            self.make("data", name)
        self.make("data", "inner", "file")
        kept = os.path.join(self.scratch, "kept")
        subprocess.run(["cp", "-a", source, kept], check=True)
        self.snapfs("snapshot", "--as-path", "/data", "data", "--time", "2020-01-01 12:00:00")
        # In the same second, of the same size.
        edited = os.stat(self.make("data", "edited", content="c0ntent\n"))
        was = os.stat(os.path.join(kept, "edited")).st_mtime_ns
        os.utime(os.path.join(source, "edited"),
                 ns=(edited.st_atime_ns, was // 10**9 * 10**9 + (was + 1) % 10**9))
        self.make("data", "new")
        os.remove(os.path.join(source, "gone"))
        shutil.rmtree(os.path.join(source, "inner"))
        self.snapfs("snapshot", "--as-path", "/data", "data")
        recipe = self.make("recipe", content=block_with(".deleted0"))
        out = self.shell(
            'mkdir -m 700 root && cd root && mkdir usr h h/mnt dev etc && : >dev/null'
            ' && for name in bin sbin lib lib32 lib64; do'
            '   if [ -L /$name ]; then ln -s usr/$name $name;'
            '   elif [ -d /$name ]; then mkdir $name; mount --bind /$name $name; fi; done'
            ' && mount --bind /usr usr && mount --bind /dev/null dev/null && cp /etc/passwd /etc/group etc'
            ' && cp -a ../data data && cp ../recipe h && "$SNAPFS_PROGRAM" mount -qb h/mnt --no-lock'
            ' && chown 7:8 . && touch -d "2001-01-01 00:00:00 UTC" . && stat -c "%a %u %g %Y" .'
            # Yesterday's state is that of the first snapshot.
            ' && HOME=/h PATH=/usr/sbin:/usr/bin:/sbin:/bin chroot . sh -eu /h/recipe'
            ' && stat -c "%a %u %g %Y" . && "$SNAPFS_PROGRAM" umount h/mnt')
        before, after = out.splitlines()
        self.assertEqual(before, after)
        self.assert_same_files(os.path.join(self.scratch, "root", "data"), kept)

    def test_copies_of_a_whole_snapshot(self):
        """Nobody is locked out of the directory that is copied into, nor let in as an owner."""
        self.init()
        self.make("data", "file")
        self.snapfs("snapshot", "data")
        with self.mounted() as mountpoint:
            shown = os.path.join(mountpoint, "snapshots", "latest")
            copies = (["rsync", "-a", shown + "/", "target/"], ["cp", "-a", shown + "/.", "target"],
                      ["sh", "-c", f'tar -C "{shown}" -cf - . | tar -C target -xpf -'])
            for command in copies:
                target = os.path.join(self.scratch, "target")
                os.mkdir(target, 0o750)
                subprocess.run(command, cwd=self.scratch, check=True, timeout=60)
                status = os.stat(target)
                self.assertEqual(status.st_mode & 0o7777, 0o755)
                self.assertEqual((status.st_uid, status.st_gid), (os.geteuid(), os.getegid()))
                shutil.rmtree(target)
            # The directories above the snapshots, which are made up altogether.
            subprocess.run(["cp", "-a", os.path.join(mountpoint, "hosts"), "target"],
                           cwd=self.scratch, check=True, timeout=60)
            for directory, _, _ in os.walk(os.path.join(self.scratch, "target")):
                self.assertTrue(os.stat(directory).st_mode & 0o200, directory)

    def test_names_as_arguments(self):
        """A relative name of a snapshot is a file to rsync and tar, not a host."""
        self.init()
        self.make("data", "file")
        self.snapfs("snapshot", "--as-path", "/data", "data")
        with self.mounted() as mountpoint:
            snapshots = os.path.join(mountpoint, "snapshots")
            (name,) = set(os.listdir(snapshots)) - {"latest"}
            for command in (["rsync", "-a", name + "/data", self.scratch + "/by-rsync"],
                            ["tar", "-xf", name + ".tar", "-C", mountpoint]):
                if command[0] == "tar":
                    with open(os.path.join(self.scratch, name + ".tar"), "wb") as archive:
                        subprocess.run(["tar", "-C", name, "-c", "data"], cwd=snapshots, check=True,
                                       stdout=archive, timeout=60)
                    command = ["tar", "-tf", name + ".tar"]
                    done = subprocess.run(command, cwd=self.scratch, check=True, timeout=60,
                                          capture_output=True, text=True)
                    self.assertEqual(done.stdout.split(), ["data/", "data/file"])
                else:
                    subprocess.run(command, cwd=snapshots, check=True, timeout=60)
            self.assertEqual(text(self.scratch, "by-rsync", "data", "file"), "content\n")

    # Other programs

    def make_system(self):
        """What a shell needs, as a snapshot whose top directory is that of a system."""
        system = os.path.join(self.scratch, "system")
        shell = os.path.realpath("/bin/sh")
        os.makedirs(os.path.join(system, "bin"))
        shutil.copy(shell, os.path.join(system, "bin", "sh"))
        libraries = subprocess.run(["ldd", shell], capture_output=True, text=True, check=True).stdout
        for library in re.findall(r"(/\S+) \(0x", libraries):
            os.makedirs(system + os.path.dirname(library), exist_ok=True)
            shutil.copy(library, system + library)
        self.make("system", "file")
        self.snapfs("snapshot", *sorted(os.listdir(system)), cwd=system)

    def test_writable_copy_and_chroot(self):
        self.needs_namespace()
        if subprocess.run(["unshare", "-m", "sh", "-c",
                           "mount -t tmpfs t /mnt && mkdir /mnt/l /mnt/u /mnt/w && "
                           "mount -t overlay o -o lowerdir=/mnt/l,upperdir=/mnt/u,workdir=/mnt/w /mnt/l"],
                          check=False, capture_output=True).returncode != 0:
            self.skipTest("there is no overlayfs here")
        self.init()
        self.make_system()
        self.make("recipe", content=block_with("-t overlay"))
        out = self.shell(
            'mount -t tmpfs t /mnt && mount -t tmpfs t /var/tmp && mkdir /mnt/snap'
            ' && "$SNAPFS_PROGRAM" mount -qb --no-lock /mnt/snap'
            ' && echo "echo changed > file; echo new > other; read x < file; echo \\$x" | sh -eu recipe'
            ' && cat /var/tmp/changes/file /var/tmp/changes/other /mnt/snap/snapshots/latest/file'
            # The snapshot itself, which nothing can be written to.
            ' && echo "read x < file; echo \\$x; echo y > file || echo refused" |'
            ' chroot /mnt/snap/snapshots/latest /bin/sh 2>/dev/null'
            ' ; "$SNAPFS_PROGRAM" umount /mnt/snap')
        self.assertEqual(out.split(), ["changed", "changed", "new", "content", "content", "refused"])

    def test_samba(self):
        """A server of the test's own, on the loopback of a network namespace of its own."""
        self.needs_namespace()
        for program in ("smbd", "smbclient", "ip"):
            if shutil.which(program) is None:
                self.skipTest(f"{program} is not installed (apt-get install samba smbclient iproute2): "
                              "the share of the manual is not tested")
        self.init()
        self.make("data", "a directory", "file")
        self.make("data", "other", content="other\n")
        self.snapfs("snapshot", "data")
        places = ""
        for name in ("private dir", "lock directory", "state directory", "cache directory",
                     "pid directory", "ncalrpc dir"):
            os.mkdir(os.path.join(self.scratch, name), 0o755)
            places += f"  {name} = {self.scratch}/{name}\n"
        self.make("smb.conf", content="[global]\n" + places + f"""
  log file = {self.scratch}/smbd.log
  smb ports = 4450
  interfaces = lo
  bind interfaces only = yes
  server role = standalone server
  map to guest = bad user
  load printers = no
  disable spoolss = yes
""" + block_with("[snapshots]") + "  guest ok = yes\n")
        client = ("smbclient --configfile=smb.conf --no-pass --port=4450 //127.0.0.1/snapshots"
                  " --directory=latest/data")
        out = self.shell(f"""
            mount -t tmpfs t /mnt && mkdir /mnt/snap && chmod 755 .
            "$SNAPFS_PROGRAM" mount -qb --no-lock --allow-other /mnt/snap
            unshare -n sh -eu -c '
              ip link set lo up
              smbd --foreground --configfile=smb.conf --debug-stdout >log 2>&1 &
              server=$!
              trap "kill $server; wait $server || true" EXIT
              tries=0
              until {client} -c quit >client 2>&1; do
                kill -0 $server || {{ cat log >&2; exit 1; }}
                tries=$((tries + 1))
                [ $tries -lt 200 ] || {{ cat client log >&2; exit 1; }}
                sleep 0.1
              done
              {client} -c "ls; cd \\"a directory\\"; get file got; put smb.conf new" || true
            '
            "$SNAPFS_PROGRAM" umount /mnt/snap
            cat got""")
        self.assertRegex(out, r"(?m)^ +a directory +D")
        self.assertRegex(out, r"(?m)^ +other +\S+ +6 ")
        self.assertRegex(out, "(?m)^NT_STATUS_[A-Z_]+ opening remote file .*new$")
        self.assertTrue(out.endswith("content\n"), out)

    def test_updatedb(self):
        self.needs_namespace()
        if shutil.which("updatedb") is None:
            self.skipTest("updatedb is not installed")
        self.assertIn("fuse.snapfs", text("man", "snapfs-mount.1"))
        self.init()
        self.make("data", "looked-for")
        self.snapfs("snapshot", "data")
        with self.mounted():
            for options, found in ((["--prunefs", "proc"], True),
                                   (["--prunefs", "proc fuse.snapfs"], False)):
                database = os.path.join(self.scratch, "database")
                subprocess.run(["updatedb", "-U", self.scratch, "-o", database, "-l", "no",
                                "--prunepaths", "", "--prune-bind-mounts", "no", *options],
                               check=True, timeout=60)
                done = subprocess.run(["locate", "-d", database, "*/mount/*looked-for"], check=False,
                                      capture_output=True, text=True, timeout=60)
                self.assertEqual("looked-for" in done.stdout, found, done.stdout + done.stderr)


if __name__ == "__main__":
    sys.exit(harness.main())
