"""Few weights and slower blocks on two devices, as on one."""

import json
from pathlib import Path

import pytest


@pytest.mark.slow
def test_two_replicas_tune_as_one(python):
    """Matrices of which each device has its own, or a share of the step that is taken twice."""
    script = Path(__file__).with_name("tuned_replicas.py").read_text("utf-8")
    found = json.loads(python(script).splitlines()[-1])
    assert found
    for way, (gap, merged) in found.items():
        assert gap < 1e-5, way
        # What is merged on each device gives what was trained.
        assert merged < 1e-5, way
