"""A scratch cluster goes with whoever started it, however that ended."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from devstack.daemon import birth_of
from devstack.layout import REPOSITORY
from tools.scratch import ScratchCluster

STARTER = """
import subprocess
from tests.support.leftovers import write_down
from tools.scratch import ScratchCluster
with ScratchCluster.running() as cluster:
    program = subprocess.Popen(["sleep", "600"], start_new_session=True)
    write_down("sleeper", program.pid)
    print(cluster.cluster.daemon.pid, program.pid, cluster.cluster.run, flush=True)
    input()
"""


def test_what_a_killed_process_left_is_stopped_and_removed() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", STARTER], cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as starter:
        assert starter.stdout is not None
        *pids, directory = starter.stdout.readline().split()
        assert all(birth_of(int(pid)) for pid in pids)
        assert Path(directory).exists()
        os.kill(starter.pid, signal.SIGKILL)
        starter.wait(60)
    with ScratchCluster.running():
        assert [birth_of(int(pid)) for pid in pids] == [None, None]
        assert not Path(directory).exists()


def test_a_cluster_in_use_is_left_alone(cluster: ScratchCluster) -> None:
    with ScratchCluster.running() as other:
        assert other.cluster.run != cluster.cluster.run
        assert cluster.cluster.probe() is None
    assert not other.cluster.run.exists()
    assert cluster.cluster.probe() is None
