#!/usr/bin/env python3
"""A Ceph cluster with an S3 gateway on the loopback interface, for tests: one monitor, three stores
in memory, one gateway. It needs no root, no systemd and nothing in /etc; everything it writes is in
one directory, and it ends with the process that started it.

Debian: apt-get install --no-install-recommends ceph-mon ceph-osd radosgw ceph-common

usage: tests/servers/ceph.py DIRECTORY [ADDRESS]
runs one until interrupted, and prints how to reach it; the gateway serves at ADDRESS (127.0.0.1)
"""
import ctypes
import os
import shutil
import signal
import socket
import subprocess
import sys
import uuid

PROGRAMS = ("monmaptool", "ceph-mon", "ceph-osd", "radosgw", "radosgw-admin")
OSDS = 3

# Without "crc" a gateway without authentication waits 300 s for the monitor. With Nagle's algorithm
# every small answer over a distance takes 40 ms more.
CONFIGURATION = """\
[global]
fsid = {fsid}
mon_host = v2:127.0.0.1:{mon_port}/0
ms_mon_client_mode = crc
auth_cluster_required = none
auth_service_required = none
auth_client_required = none
auth_allow_insecure_global_id_reclaim = false
keyring = {directory}/none.keyring
public_addr = 127.0.0.1
cluster_addr = 127.0.0.1
ms_bind_ipv6 = false
ms_bind_msgr1 = false
run_dir = {directory}/run
admin_socket = {directory}/run/$name.asok
log_file = {directory}/log/$name.log
log_to_stderr = false
crash_dir = {directory}/crash
ms_async_op_threads = 2
osd_pool_default_size = 2
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 4
osd_pool_default_pgp_num = 4
osd_pool_default_pg_autoscale_mode = off
osd_crush_chooseleaf_type = 0
[mon]
mon_data = {directory}/mon
mon_cluster_log_file = {directory}/log/cluster.log
mon_osd_min_down_reporters = 1
mon_osd_down_out_interval = 86400
mon_data_avail_crit = 1
mon_data_avail_warn = 2
paxos_propose_interval = 0.1
paxos_min_wait = 0.01
[osd]
osd_data = {directory}/osd.$id
osd_objectstore = memstore
memstore_device_bytes = 4294967296
osd_heartbeat_interval = 1
osd_heartbeat_grace = 5
osd_op_num_shards = 2
osd_op_num_threads_per_shard = 1
osd_class_update_on_start = false
[client.rgw]
rgw_data = {directory}/rgw
rgw_frontends = beast endpoint={address}:{port} tcp_nodelay=1
rgw_thread_pool_size = 64
rgw_run_sync_thread = false
rgw_enable_usage_log = false
rgw_dynamic_resharding = false
rgw_override_bucket_index_max_shards = 1
rgw_user_quota_bucket_sync_interval = 1
rgw_bucket_quota_ttl = 0
rgw_enable_apis = s3, admin
"""

# One connection for all of them: each run of the program "ceph" takes half a second.
ANNOUNCE_OSDS = """\
import json, rados, sys
cluster = rados.Rados(conffile=sys.argv[1])
cluster.connect(timeout=60)
for number, identity in enumerate(sys.argv[2:]):
    command = {"prefix": "osd new", "uuid": identity, "id": number}
    status, _, words = cluster.mon_command(json.dumps(command), b"")
    if status:
        sys.exit(f"osd new {number}: {status} {words}")
cluster.shutdown()
"""

# Who would know, a manager, there is not: each group of objects is asked.
AWAIT_CLEAN = """\
import json, rados, sys, time
cluster = rados.Rados(conffile=sys.argv[1])
cluster.connect(timeout=60)
def ask(call, *arguments, **command):
    status, answer, _ = call(*arguments, json.dumps({"format": "json", **command}), b"", timeout=30)
    return json.loads(answer) if status == 0 else {}
def is_clean():
    known = ask(cluster.mon_command, prefix="osd dump")
    if sum(osd["up"] for osd in known["osds"]) < int(sys.argv[2]):
        return False
    groups = [f"{pool['pool']}.{group:x}" for pool in known["pools"] for group in range(pool["pg_num"])]
    return all(ask(cluster.pg_command, group, prefix="query", pgid=group).get("state") == "active+clean"
               for group in groups)
deadline = time.monotonic() + 100
while not is_clean():
    if time.monotonic() > deadline:
        sys.exit("the cluster does not come back")
cluster.shutdown()
"""


def missing_programs():
    """Those of Ceph's programs that are not installed."""
    # Debian's own interpreter has the module of librados; another one in PATH has not.
    found = [name for name in PROGRAMS if shutil.which(name) is None]
    return found + ([] if os.path.exists("/usr/bin/python3") else ["/usr/bin/python3"])


def die_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def free_ports(count):
    """Ports that nobody listens on now."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


class CephCluster:
    """Started by the constructor, which takes some seconds; ended by stop()."""

    def __init__(self, directory, address="127.0.0.1"):
        self.directory = directory
        self.address = address
        self.conf = os.path.join(directory, "ceph.conf")
        self.processes = {}
        for name in ("log", "run", "mon", "rgw", *(f"osd.{i}" for i in range(OSDS))):
            os.makedirs(os.path.join(directory, name))
        self.port, self.mon_port = free_ports(2)
        fsid = str(uuid.uuid4())
        with open(self.conf, "w", encoding="ascii") as file:
            file.write(CONFIGURATION.format(directory=directory, fsid=fsid, address=address,
                                            port=self.port, mon_port=self.mon_port))
        try:
            self.start_monitor(fsid)
            self.start_osds()
            self.user = self.add_user("owner")
            self.start_gateway()
        except BaseException:
            self.stop()
            raise

    @property
    def endpoint(self):
        return f"http://{self.address}:{self.port}"

    def run(self, *words):
        """A program of Ceph's that ends by itself; returns what it prints."""
        with open(os.path.join(self.directory, "log", "setup"), "ab") as log:
            return subprocess.run([*words], check=True, timeout=120, stdout=subprocess.PIPE, stderr=log,
                                  env={**os.environ, "CEPH_CONF": self.conf}).stdout

    def start(self, name, *words):
        with open(os.path.join(self.directory, "log", "daemons"), "ab") as log:
            # pylint: disable=subprocess-popen-preexec-fn,consider-using-with
            self.processes[name] = subprocess.Popen(
                [*words, "-c", self.conf, "-f"], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                preexec_fn=die_with_parent)

    def start_monitor(self, fsid):
        monmap = os.path.join(self.directory, "monmap")
        self.run("monmaptool", "--create", "--fsid", fsid, "--addv", "a",
                 f"[v2:127.0.0.1:{self.mon_port}]", monmap)
        self.run("ceph-mon", "-c", self.conf, "-i", "a", "--mkfs", "--monmap", monmap)
        self.start("mon", "ceph-mon", "-i", "a")

    def start_osds(self):
        identities = [str(uuid.uuid4()) for _ in range(OSDS)]
        self.run("/usr/bin/python3", "-c", ANNOUNCE_OSDS, self.conf, *identities)
        for number, identity in enumerate(identities):
            self.run("ceph-osd", "-c", self.conf, "-i", str(number), "--mkfs", "--osd-uuid", identity)
            self.start_osd(number)

    def start_osd(self, number):
        """Again, too, after it ended: what it had is back if it ended by SIGTERM."""
        self.start(f"osd.{number}", "ceph-osd", "-i", str(number))

    def wait_until_clean(self):
        """Until every store is up, and has all that it is to have."""
        self.run("/usr/bin/python3", "-c", AWAIT_CLEAN, self.conf, str(OSDS))

    def start_gateway(self):
        """Returns when it answers."""
        self.start("rgw", "radosgw", "-n", "client.rgw")
        process = self.processes["rgw"]
        while process.poll() is None:
            try:
                with socket.create_connection((self.address, self.port), timeout=60):
                    return
            except ConnectionRefusedError:
                try:
                    process.wait(0.05)
                except subprocess.TimeoutExpired:
                    pass
        raise RuntimeError(f"the gateway ended: see {self.directory}/log")

    def signal(self, name, number):
        """Sends a signal to "osd.0", "rgw" or another daemon; after one that ends it, waits for that."""
        process = self.processes[name]
        process.send_signal(number)
        if number in (signal.SIGKILL, signal.SIGTERM):
            process.wait(60)

    def add_user(self, name):
        """A user of that name: its access key and secret."""
        keys = (f"{name}accesskey", f"{name}secret/with+signs=00000000")
        self.run("radosgw-admin", "-c", self.conf, "user", "create", f"--uid={name}",
                 f"--display-name={name}", f"--access-key={keys[0]}", f"--secret-key={keys[1]}")
        return keys

    def limit_user(self, name, size):
        """The user may store so many bytes in all."""
        self.run("radosgw-admin", "-c", self.conf, "quota", "set", "--quota-scope=user",
                 f"--uid={name}", f"--max-size={size}")
        self.run("radosgw-admin", "-c", self.conf, "quota", "enable", "--quota-scope=user",
                 f"--uid={name}")

    def allow_user(self, name, what):
        """What the user may do from now on, of "read", "write" and "delete", separated by commas."""
        self.run("radosgw-admin", "-c", self.conf, "user", "modify", f"--uid={name}",
                 f"--op-mask={what}")

    def stop(self):
        """The gateway first, the monitor last, each at once: nothing of it is kept."""
        for process in reversed(self.processes.values()):
            process.kill()
            process.wait(60)


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    if missing_programs():
        sys.exit(f"not installed: {' '.join(missing_programs())}")
    cluster = CephCluster(os.path.realpath(sys.argv[1]), *sys.argv[2:])
    try:
        key, secret = cluster.user
        print(f"export AWS_ACCESS_KEY_ID={key} AWS_SECRET_ACCESS_KEY='{secret}'")
        print(f"export SNAPFS_REPOSITORY=s3:{cluster.endpoint}/snapshots", flush=True)
        signal.sigwait({signal.SIGINT, signal.SIGTERM})
    finally:
        cluster.stop()


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    main()
