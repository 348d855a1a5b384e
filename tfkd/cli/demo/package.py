"""MediaPipe's npm package, one version by its checksum: fetched once, kept in the user's cache."""

from __future__ import annotations

import base64
import hashlib
import io
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import urllib.request
from pathlib import Path

from ...errors import UserError
from ...files import replace_when_whole

NAME, VERSION = "@mediapipe/tasks-text", "1.0.1"
TARBALL = "mediapipe-tasks-text-1.0.1.tgz"
INTEGRITY = (
    "03cqJx+BZ+WpmuDqq+4Z8Bn7BdJyEPxU7Q1iuczjrh3YGiaAD2VMYf5JCLd+vQy7nNrlOOvUQlTnX0nYRpAUOA=="
)
REGISTRY = "https://registry.npmjs.org"
FILES = (
    "text_bundle.mjs",
    *(f"wasm/text_wasm_{kind}internal.{end}" for kind in ("", "nosimd_") for end in ("js", "wasm")),
)
PATIENCE = 60
"Seconds for the registry."


def package() -> dict[str, bytes]:
    """Return the package's files for a browser, by name.

    Raises:
        UserError: It is not in the cache and the registry cannot be reached, or what came is
            not the package.
    """
    kept = cache() / TARBALL
    content = kept.read_bytes() if kept.is_file() else b""
    if not is_genuine(content):
        content = _fetch()
        # A cache that cannot be written costs another download, no more.
        try:
            kept.parent.mkdir(parents=True, exist_ok=True)
            with replace_when_whole(kept) as part:
                part.write_bytes(content)
        except OSError as error:
            print(f"tfkd: {kept.parent} cannot be written ({error.strerror})", file=sys.stderr)
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        # Its checksum says that all of them are there.
        return {name: archive.extractfile(f"package/{name}").read() for name in FILES}  # type: ignore[union-attr]


def cache() -> Path:
    """Return the folder of downloads: `TFKD_CACHE`, or `tfkd` in the user's cache folder."""
    if folder := os.environ.get("TFKD_CACHE"):
        return Path(folder)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData/Local")) / "tfkd"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "tfkd"


def is_genuine(content: bytes) -> bool:
    """Return whether content is the package, by SHA-512.

    >>> is_genuine(b"another")
    False
    """
    return base64.b64encode(hashlib.sha512(content).digest()).decode() == INTEGRITY


def _fetch() -> bytes:
    print(f"fetching {NAME} {VERSION} from the npm registry, once", file=sys.stderr, flush=True)
    try:
        content = _by_npm() if shutil.which("npm") else _by_https()
    except (OSError, subprocess.SubprocessError) as error:
        reason = getattr(error, "stderr", None) or getattr(error, "reason", None) or error
        lines = str(reason).strip().splitlines() or [type(error).__name__]
        raise UserError(
            f"the demo needs {NAME} {VERSION} from the npm registry once, and it cannot be fetched "
            f"({lines[0][:120]}): go online, or put {TARBALL} into {cache()}."
        ) from error
    if not is_genuine(content):
        raise UserError(
            f"the npm registry gave another {NAME} {VERSION} than this tfkd knows (its SHA-512 "
            "differs): nothing was kept; look at the registry that npm is configured for."
        )
    return content


def _by_npm() -> bytes:
    """Fetch the package by npm itself, which knows the user's registry, proxy and certificates."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["npm", "pack", f"{NAME}@{VERSION}", "--loglevel=error"]
        subprocess.run(
            command, cwd=folder, capture_output=True, text=True, check=True, timeout=PATIENCE
        )
        return (Path(folder) / TARBALL).read_bytes()


def _by_https() -> bytes:
    # npm takes both cases.
    named = {name.upper(): value for name, value in os.environ.items()}
    registry = named.get("NPM_CONFIG_REGISTRY", REGISTRY).rstrip("/")
    url = f"{registry}/{NAME}/-/tasks-text-{VERSION}.tgz"
    if not url.startswith("https://"):
        raise OSError(f"npm_config_registry={registry} is not https")
    with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
        return answer.read(64 * 2**20)
