"""The npm package of the demo: the pinned one or none. No network here."""

import base64
import hashlib
import io
import subprocess
import tarfile

import pytest

from tfkd.cli.demo import package
from tfkd.errors import UserError


def tarball():
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name in (*package.FILES, "../outside"):
            facts = tarfile.TarInfo(f"package/{name}")
            facts.size = len(name)
            archive.addfile(facts, io.BytesIO(name.encode()))
    return out.getvalue()


@pytest.fixture
def registry(tmp_path, monkeypatch):
    """An npm whose registry has a package, which is also the pinned one."""
    content, asked = tarball(), []
    digest = base64.b64encode(hashlib.sha512(content).digest()).decode()
    monkeypatch.setattr(package, "INTEGRITY", digest)
    monkeypatch.setenv("TFKD_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(package.shutil, "which", lambda name: "npm")
    monkeypatch.setattr(package, "_by_npm", lambda: asked.append(1) or content)
    return asked


def test_it_is_fetched_once(registry, tmp_path):
    """Seven megabytes at every start, or a demo that works online only."""
    first, second = package.package(), package.package()
    assert first == second == {name: name.encode() for name in package.FILES}
    assert len(registry) == 1
    assert [each.name for each in (tmp_path / "cache").iterdir()] == [package.TARBALL]


def test_a_damaged_cache_is_fetched_again(registry):
    """A download that was cut off, kept for ever; or code that another user put there."""
    package.package()
    (package.cache() / package.TARBALL).write_bytes(tarball()[:-10])
    assert package.package()["text_bundle.mjs"] == b"text_bundle.mjs"
    assert len(registry) == 2


def test_another_package_is_refused(registry, monkeypatch):
    """Code from a registry that was tampered with, in the user's browser."""
    monkeypatch.setattr(package, "_by_npm", lambda: b"another")
    with pytest.raises(UserError, match="SHA-512 differs"):
        package.package()
    assert not package.cache().exists()


def refuses():
    raise subprocess.CalledProcessError(1, "npm", stderr="npm error network offline\nmore")


def is_gone():
    raise TimeoutError("timed out")


@pytest.mark.parametrize("fault", [refuses, is_gone])
def test_offline(registry, monkeypatch, fault):
    """Forty lines of npm where one sentence says what to do."""
    monkeypatch.setattr(package, "_by_npm", fault)
    with pytest.raises(UserError, match=r"(network offline|timed out).*go online, or put") as error:
        package.package()
    assert "\n" not in str(error.value)


def test_without_npm_the_registry_is_asked_by_https(registry, monkeypatch):
    """A demo that only those with Node.js see; and a registry of the user's that is passed over."""
    monkeypatch.setattr(package.shutil, "which", lambda name: None)
    monkeypatch.setenv("NPM_CONFIG_REGISTRY", "https://npm.example/")
    asked = []

    def urlopen(url, timeout):
        asked.append(url)
        return io.BytesIO(tarball())

    monkeypatch.setattr(package.urllib.request, "urlopen", urlopen)
    package.package()
    assert asked == ["https://npm.example/@mediapipe/tasks-text/-/tasks-text-1.0.1.tgz"]
    monkeypatch.setenv("NPM_CONFIG_REGISTRY", "file:///etc")
    (package.cache() / package.TARBALL).unlink()
    with pytest.raises(UserError, match="is not https"):
        package.package()
