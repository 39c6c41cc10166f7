"""Build and run the image's steps where there is no container engine: python -m tests.packaging

As root on Linux. Each stage of contrib/Containerfile is carried out in a root of its own: an overlay above this
machine's, in memory and gone afterwards, without the checkout and without root's home. So the base image is
this machine's system (Debian's Python), and the rest is as written: the lock file by its hashes, the files of
the context, the user 10001, the folders it may write, the environment. Then it serves, takes an Alert, is ended
by SIGTERM and has the Alert when it is started again. Ends with status 1 where any step fails.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.packaging.containerfile import TOP, Instruction, context, instructions

ENTRY = """
set -eu
mount -t tmpfs tmpfs {folder}
cd {folder}
mkdir up work root from_build
mount -t overlay overlay -o lowerdir=/,upperdir=up,workdir=work root
for hidden in {hidden}; do mount -t tmpfs tmpfs root$hidden; done
mount --bind /dev root/dev
mount -t proc proc root/proc
ln -sf /usr/bin/python3 root/usr/local/bin/python
ip link set lo up 2>/dev/null || true
"""

SERVE = """
cat > /var/cache/tidegate/tidegate-serve.toml <<'TOML'
listen = "127.0.0.1:18443"
TOML
alert='{"device_id":"00-DB-12-34-56-78-90-A0","alert_code":"8F75","recipient":"network"}'
for run in 1 2; do
  tidegate serve --config /var/cache/tidegate/tidegate-serve.toml & served=$!
  for _ in $(seq 600); do TIDEGATE_HEALTH=http://127.0.0.1:18443/readyz python -c "$HEALTH" 2>/dev/null && break; sleep 0.1; done
  TIDEGATE_HEALTH=http://127.0.0.1:18443/healthz python -c "$HEALTH"
  python - "$alert" "$run" <<'PYTHON'
import json, sys, urllib.request as r
post = r.Request("http://127.0.0.1:18443/api/v1/alerts:batch", sys.argv[1].encode(), {"content-type": "application/x-ndjson"})
assert json.load(r.urlopen(post))["received"] == 1
received = json.load(r.urlopen("http://127.0.0.1:18443/api/summary"))["received"]
assert received == int(sys.argv[2]), received
PYTHON
  kill -TERM $served; wait $served
done
test "$(id -u)" = 10001
if touch /usr/local/lib/tidegate/x 2>/dev/null; then exit 1; fi
ls -l /var/lib/tidegate
echo "The image's steps were carried out; it served, ended in order and remembered."
"""


def script(folder: Path, built: Path) -> str:
    """All of it, for a shell in a mount namespace of its own."""
    lines: list[str] = []
    environment: dict[str, str] = {"HOME": "/var/lib/tidegate"}
    workdir, user, stage = "/", "0", 0
    for it in instructions():
        if it.name == "FROM":
            stage += 1
            workdir, user = "/", "0"
        elif it.name == "ENV":
            environment |= dict(word.split("=", 1) for word in shlex.split(it.argument))
        elif it.name == "WORKDIR":
            workdir = it.argument
            lines.append(f"mkdir -p root{workdir}")
        elif it.name == "USER":
            user = it.argument
        elif it.name == "COPY":
            lines += copies(it, stage, workdir, built)
        elif it.name == "RUN":
            lines.append(within(it.argument, workdir, user, environment))
        elif it.name == "HEALTHCHECK":
            health = eval(it.argument.split("CMD ", 1)[1])[2]  # noqa: S307 - our own file's JSON
            environment["HEALTH"] = health
    lines.append(within(SERVE, workdir, user, environment))
    hidden = " ".join({"/root", "/home", f"/{TOP.parts[1]}", "/tmp"})  # noqa: S108 - of the inner root
    return ENTRY.format(folder=folder, hidden=hidden) + "\n".join(lines)


def copies(it: Instruction, stage: int, workdir: str, built: Path) -> list[str]:
    *sources, target = it.argument.split()
    if sources[0].startswith("--from="):
        return []  # one root serves both stages: what the first built is there
    assert stage == 1, "only the first stage sees the top folder"
    to = f"root{workdir}/{target}"
    return [
        f"mkdir -p {shlex.quote(str(Path(to) if len(sources) > 1 else Path(to).parent))} && cp -r {built / source} {to}"
        for source in sources
    ]


def within(command: str, workdir: str, user: str, environment: dict[str, str]) -> str:
    """The command in the inner root, as a user, with nothing of our environment but the way to an index."""
    kept = {
        name: os.environ[name]
        for name in os.environ
        if name.lower().endswith("_proxy") or name.startswith("PIP_")
    }
    said = {"PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin", **kept, **environment}
    if user == "0":
        said |= {"HOME": "/root", "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"}
    words = " ".join(f"{name}={shlex.quote(value)}" for name, value in said.items())
    inner = f"cd {workdir} && set -e; {command}"
    return f"chroot --userspec={user}:{user} root /usr/bin/env -i {words} bash -ec {shlex.quote(inner)}"


def main() -> None:
    """Carry it out."""
    with tempfile.TemporaryDirectory() as name:
        built, folder = Path(name) / "context", Path(name) / "inner"
        folder.mkdir()
        for file in context():
            to = built / file.relative_to(TOP)
            to.parent.mkdir(parents=True, exist_ok=True)
            to.write_bytes(file.read_bytes())
        sys.exit(
            subprocess.run(
                ["unshare", "--mount", "bash", "-ec", script(folder, built)], check=False
            ).returncode
        )


main()
