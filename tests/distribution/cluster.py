"""Processes on the loopback that stand in for machines."""

import json
import os
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).parent


def hosts(count):
    """Addresses with ports that were free a moment ago."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("localhost", 0))
        return [f"localhost:{each.getsockname()[1]}" for each in sockets]
    finally:
        for each in sockets:
            each.close()


def start(count, *command, **options):
    """A process for each worker of a cluster, or one without a cluster."""
    environment = {
        **os.environ,
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "PYTHONPATH": os.pathsep.join(map(str, (HERE.parents[1], HERE.parent))),
    }
    environment.pop("TF_CONFIG", None)
    cluster, processes = {"worker": hosts(count)}, []
    for index in range(count):
        if count > 1:
            task = {"type": "worker", "index": index}
            environment["TF_CONFIG"] = json.dumps({"cluster": cluster, "task": task})
        words = [str(each).replace("{worker}", str(index)) for each in command]
        processes.append(
            subprocess.Popen(
                [sys.executable, *words],
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                **options,
            )
        )
    return processes


def ended(processes, timeout=300):
    """The exit code of each, and what it printed; all of them are read at once, lest one waits."""

    def read(process):
        try:
            return process.communicate(timeout=timeout)[0]
        except subprocess.TimeoutExpired:
            process.kill()
            return f"{process.communicate()[0]}\nkilled after {timeout} s"

    with ThreadPoolExecutor(len(processes)) as pool:
        said = list(pool.map(read, processes))
    return [(each.returncode, text) for each, text in zip(processes, said, strict=True)]
