"""Two ways to build an image and to run it as a container: Docker, and buildah with what Linux itself has.

In: an image's name, an environment, folders to mount. Out: running processes and their output. Either way the
root is read-only, the user is 12345, no capability is left, none can be had again, and botus is process 1.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

UID = 12345
_REPOSITORY = Path(__file__).resolve().parent.parent
_KNOWN_SIGNALS = {signal.SIGTERM: "TERM", signal.SIGKILL: "KILL", signal.SIGHUP: "HUP"}


@dataclass
class Container:
    """A container that runs; `name` is Docker's, `pid` that of process 1 as seen from here."""

    process: subprocess.Popen[bytes]
    log: Path
    name: str = ""
    pid: int = 0

    def output(self) -> str:
        """What it has printed up to now, on both streams."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def wait(self, seconds: float = 60) -> int:
        """Wait until it ends and return its exit status."""
        return self.process.wait(seconds)


class Engine(Protocol):
    """What the smoke test needs of a container engine."""

    def build(self, target: str, base: str | None) -> str: ...
    def config(self, image: str) -> dict[str, Any]: ...
    def start(self, run: Run) -> Container: ...
    def signal(self, container: Container, number: signal.Signals) -> None: ...
    def memory(self, container: Container) -> int: ...
    def clean(self) -> None: ...


@dataclass(frozen=True)
class Run:
    """What to run: `arguments` follow the image's entry point, or take its place where `bare` is set."""

    image: str
    arguments: Sequence[str] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    mounts: Mapping[Path, str] = field(default_factory=dict)
    bare: bool = False


def engine() -> Engine:
    """Return Docker where its engine answers, else buildah."""
    if shutil.which("docker"):
        asked = subprocess.run(["docker", "version"], capture_output=True, timeout=60)
        if asked.returncode == 0:
            return Docker()
    return Buildah()


class Docker:
    """Containers of a Docker engine on this machine."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp())
        self._images: list[str] = []
        self._names: list[str] = []

    def build(self, target: str, base: str | None) -> str:
        name = f"botus-smoke-{os.getpid()}:{target}"
        chosen = [] if base is None else ["--build-arg", f"PYTHON_IMAGE={base}"]
        _do("docker", "build", "--network", "host", "--target", target, *chosen, "-t", name, str(_REPOSITORY))
        self._images.append(name)
        return name

    def config(self, image: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(_do("docker", "image", "inspect", image))[0]["Config"]
        return found

    def start(self, run: Run) -> Container:
        name = f"botus-smoke-{os.getpid()}-{len(self._names)}"
        self._names.append(name)
        command = ["docker", "run", "--name", name, "--network", "host", "--user", f"{UID}:{UID}"]
        command += ["--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"]
        for source, place in run.mounts.items():
            command += ["--volume", f"{source}:{place}"]
        for key, value in run.environment.items():
            command += ["--env", f"{key}={value}"]
        arguments = list(run.arguments)
        if run.bare:
            command += ["--entrypoint", arguments.pop(0)]
        log = self._folder / name
        return Container(_background([*command, run.image, *arguments], log), log, name)

    def signal(self, container: Container, number: signal.Signals) -> None:
        _do("docker", "kill", "--signal", _KNOWN_SIGNALS[number], container.name)

    def memory(self, container: Container) -> int:
        return _resident(_do("docker", "exec", container.name, "cat", "/proc/1/status"))

    def clean(self) -> None:
        for name in self._names:
            subprocess.run(["docker", "rm", "--force", "--volumes", name], capture_output=True)
        for image in self._images:
            subprocess.run(["docker", "rmi", image], capture_output=True)
        shutil.rmtree(self._folder)


# $1: the root, $2: mounts as lines of "source place", the rest: what to run in it, by way of its own setpriv.
_ENTER = """
root=$1 mounts=$2; shift 2
mount --bind "$root" "$root" && mount -o remount,bind,ro "$root" || exit 125
mount -t proc proc "$root/proc" && mount --rbind /dev "$root/dev" || exit 125
printf '%s' "$mounts" | while read -r source place; do
  mount --bind "$source" "$root$place" || exit 125
done || exit 125
exec chroot "$root" "$@"
"""


class Buildah:
    """Images of buildah, run by `unshare` in their own mount and process namespaces; needs root."""

    def __init__(self) -> None:
        os.environ.setdefault("STORAGE_DRIVER", "vfs")
        self._folder = Path(tempfile.mkdtemp())
        self._images: list[str] = []
        self._processes: list[subprocess.Popen[bytes]] = []
        self._configs: dict[str, dict[str, Any]] = {}
        self._roots: dict[str, tuple[str, Path]] = {}

    def build(self, target: str, base: str | None) -> str:
        base = base or _do(str(_REPOSITORY / "docker" / "base-image")).split()[-1]
        name = f"localhost/botus-smoke-{os.getpid()}:{target}"  # another smoke test may be running
        options = ["--isolation", "chroot", "--network", "host", "--format", "docker", "--target", target]
        _do("buildah", "build", *options, "--build-arg", f"PYTHON_IMAGE={base}", "-t", name, str(_REPOSITORY))
        self._images.append(name)
        return name

    def config(self, image: str) -> dict[str, Any]:
        if image not in self._configs:
            found = json.loads(_do("buildah", "inspect", "--type", "image", image))
            self._configs[image] = found["Docker"]["config"]
        return self._configs[image]

    def start(self, run: Run) -> Container:
        config, root = self.config(run.image), self._root(run.image)
        for place in run.mounts.values():
            (root / place.lstrip("/")).mkdir(parents=True, exist_ok=True)
        rights = ["--reuid", str(UID), "--regid", str(UID), "--clear-groups", "--no-new-privs"]
        rights += ["--bounding-set", "-all", "--inh-caps", "-all"]
        given = [f"{key}={value}" for key, value in run.environment.items()]
        environment = ["env", "-i", "-C", config.get("WorkingDir") or "/", *(config.get("Env") or ()), *given]
        command = [*run.arguments] if run.bare else [*config["Entrypoint"], *(run.arguments or config["Cmd"])]
        mounts = "".join(f"{source} {place}\n" for source, place in run.mounts.items())
        namespaces = ["unshare", "--mount", "--pid", "--fork", "--kill-child"]
        inside = ["sh", "-c", _ENTER, "sh", str(root), mounts, "setpriv", *rights, *environment, *command]
        log = self._folder / f"{time.monotonic_ns()}"
        process = _background([*namespaces, *inside], log)
        self._processes.append(process)
        return Container(process, log, pid=_child(process))

    def signal(self, container: Container, number: signal.Signals) -> None:
        os.kill(container.pid, number)

    def memory(self, container: Container) -> int:
        return _resident(Path(f"/proc/{container.pid}/status").read_text())

    def clean(self) -> None:
        for process in self._processes:
            process.kill()  # what it runs goes with it
            process.wait()
        for container, _ in self._roots.values():
            subprocess.run(["buildah", "rm", container], capture_output=True)
        for image in self._images:
            subprocess.run(["buildah", "rmi", image], capture_output=True)
        shutil.rmtree(self._folder)

    def _root(self, image: str) -> Path:
        if image not in self._roots:
            container = _do("buildah", "from", image).strip()
            self._roots[image] = container, Path(_do("buildah", "mount", container).strip())
        return self._roots[image][1]


def _do(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{shlex.join(command)}\n{done.stdout[-4000:]}{done.stderr[-4000:]}")
    return done.stdout


def _background(command: Sequence[str], log: Path) -> subprocess.Popen[bytes]:
    with log.open("wb") as file:
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT)


def _child(process: subprocess.Popen[bytes]) -> int:
    """The process that `unshare` forked: process 1 of the new namespace."""
    path = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    while process.poll() is None:
        if found := path.read_text().split():
            return int(found[0])
        time.sleep(0.001)
    return 0  # it was over before anybody could look


def _resident(status: str) -> int:
    """The resident memory in /proc/PID/status, in kB."""
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))
