"""The files to launch with: their syntax, and that they run commands that there are."""

import json
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from tfkd.cli.parsing import parser

LAUNCH = Path(__file__).parents[2] / "docs" / "launch"


def test_the_jobset_is_yaml_and_runs_our_command():
    """A file that was never read by anything."""
    (found,) = yaml.safe_load_all((LAUNCH / "jobset.yaml").read_text())
    assert (found["kind"], found["apiVersion"]) == ("JobSet", "jobset.x-k8s.io/v1alpha2")
    job = found["spec"]["replicatedJobs"][0]["template"]["spec"]
    (container,) = job["template"]["spec"]["containers"]
    (script,) = container["args"]
    env = {"JOB_COMPLETION_INDEX": "1", "PATH": "/usr/bin:/bin"}
    line = next(each for each in script.splitlines() if each.startswith("exec "))
    shown = script.replace(line, 'printf %s "$TF_CONFIG"')
    said = subprocess.run(["sh", "-c", shown], env=env, capture_output=True, text=True, check=True)
    config = json.loads(said.stdout)
    assert config["task"] == {"type": "worker", "index": 1}
    assert len(config["cluster"]["worker"]) == job["completions"] == job["parallelism"]
    assert all(host.endswith(":2222") for host in config["cluster"]["worker"])
    assert parser().parse_args(shlex.split(line)[2:]).data == "imdb"


@pytest.mark.skipif(not shutil.which("bash"), reason="needs bash")
def test_the_slurm_script_parses_and_runs_our_command():
    """The same for the other."""
    file = LAUNCH / "slurm.sh"
    subprocess.run(["bash", "-n", file], check=True)
    text = file.read_text()
    assert re.search(r'"\$code" -eq 75', text)
    line = next(each for each in text.splitlines() if "exec tfkd" in each)
    assert parser().parse_args(shlex.split(line.strip())[2:]).data == "imdb"
