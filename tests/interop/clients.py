"""The DCC's own clients, as other processes; nothing of theirs is imported.

Node and Java must be there, and the packages of `package.json` in
`node_modules` (`npm ci` here, as CI does). What is missing is told as the
reason to skip.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import zipfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).resolve().parent
_PACKAGES = HERE / "node_modules" / "@smartdcc"
JAR = _PACKAGES / "duis-sign-wrap" / "dist" / "tool.jar"

PASSED = "passed signature check"
"""What the validator says of a right signature; its exit status is 0 for an unsigned Response too."""


def _missing(*programs: str) -> str:
    absent = [program for program in programs if shutil.which(program) is None]
    if absent:
        return f"{' and '.join(absent)} not installed"
    installed = JAR.exists() and (_PACKAGES / "duis-templates").exists()
    return "" if installed else "the DCC's clients are not installed: npm ci in tests/interop"


needs_node = pytest.mark.skipif(bool(_missing("node")), reason=_missing("node") or "there")
needs_java = pytest.mark.skipif(bool(_missing("java")), reason=_missing("java") or "there")
needs_node_and_java = pytest.mark.skipif(
    bool(_missing("node", "java")), reason=_missing("node", "java") or "there"
)


def parsed(documents: Sequence[bytes]) -> list[dict[str, Any]]:
    """What duis-parser makes of each: `{"duis": ...}`, or `{"error": ...}`."""
    results = _run(["node", "parse.js"], json.dumps([document.decode() for document in documents]).encode())
    answer: list[dict[str, Any]] = json.loads(results)
    return answer


def signed_by_the_wrapper(document: bytes) -> bytes:
    """A document with a RequestID, signed by duis-sign-wrap with the key it has for its originator."""
    return _run(["node", "sign.js"], document)


def built(wanted: Sequence[tuple[str, int]] | None = None) -> list[tuple[str, str, bytes]]:
    """Requests of duis-templates, by their tags, with counters, or of every template: tag, variant, document."""
    rows = json.loads(_run(["node", "build.js"], json.dumps(wanted).encode()))
    return [(tag, variant, document.encode()) for tag, variant, document in rows]


def signed_by_java_all(documents: Sequence[bytes], folder: Path) -> list[bytes]:
    """Requests signed by the Java tool with the keys it has for their originators."""
    paths = [_written(folder / f"{number}.xml", xml) for number, xml in enumerate(documents)]
    _run(["java", "-XX:TieredStopAtLevel=1", "-cp", str(JAR), "SignAll.java", *map(str, paths)], b"")
    return [path.read_bytes() for path in paths]


def verdicts(documents: Sequence[bytes], folder: Path, certificate: bytes | None = None) -> list[str]:
    """What the Java validator says of each; PASSED stands in it where the signature is right.

    certificate:  PEM to verify with; where none is given it looks among its own by the serial number.
    """
    named = "-" if certificate is None else str(_written(folder / "certificate.pem", certificate))
    paths = [str(_written(folder / f"{number}.xml", xml)) for number, xml in enumerate(documents)]
    command = ["java", "-XX:TieredStopAtLevel=1", "-cp", str(JAR), "ValidateAll.java", named, *paths]
    return _run(command, b"").decode().splitlines()


def signed_by_java(document: bytes, folder: Path, key: bytes, certificate: bytes) -> bytes:
    """A document signed by the Java tool with a key (PEM, PKCS #8) and a certificate (PEM)."""
    paths = [
        str(_written(folder / name, octets))
        for name, octets in (("document.xml", document), ("certificate.pem", certificate), ("key.pem", key))
    ]
    tool = ["java", "-cp", str(JAR), "uk.co.smartdcc.boxed.xmldsig.Sign"]
    return _run([*tool, paths[0], "--preserveCounter", *paths[1:]], b"")


@cache
def certificates_of_the_jar() -> dict[str, bytes]:
    """The public test certificates in the tool, PEM, by file name."""
    with zipfile.ZipFile(JAR) as jar:
        return {
            name: jar.read(name)
            for name in jar.namelist()
            if name.endswith(".pem") and b"BEGIN CERTIFICATE" in jar.read(name)
        }


@cache
def keys_of_the_jar() -> dict[str, bytes]:
    """The public test keys in the tool, DER (PKCS #8), by file name."""
    with zipfile.ZipFile(JAR) as jar:
        return {name: jar.read(name) for name in jar.namelist() if name.endswith(".key")}


def _written(path: Path, octets: bytes) -> Path:
    path.write_bytes(octets)
    return path


def _run(command: Sequence[str], said: bytes) -> bytes:
    done = subprocess.run(command, input=said, capture_output=True, cwd=HERE, check=False, timeout=300)
    assert done.returncode == 0, done.stderr.decode("utf-8", "replace")
    return done.stdout
