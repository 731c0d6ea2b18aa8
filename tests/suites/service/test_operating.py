"""`docs/operating.md`, followed word for word: each of its blocks is run in its order, but for those that change the machine.

Ports are others, so that nothing else on the machine is in the way; what a block takes for granted is made before it, and said here.
"""

import os
import re
import shutil
import socket
import subprocess
import time
import urllib.request

import pytest
from conftest import PROGRAM, ROOT

DOCUMENT = (ROOT / "docs/operating.md").read_text()
#: Each block of commands, by its section and its place there.
BLOCKS = {
    (section.split("\n")[0], place): block
    for section in DOCUMENT.split("\n## ")[1:]
    for place, block in enumerate(re.findall(r"```sh\n(.*?)```", section, re.DOTALL))
}
#: Blocks that change the machine, or need what not every machine has.
NOT_RUN = {("Install", 0), ("Under systemd", 0), ("In a container", 0)}


def free_port():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return listening.getsockname()[1]


class Operator:
    """Somebody in a folder with the repository's policies, who follows the page in one shell."""

    def __init__(self, folder):
        self.folder = folder
        self.port = free_port()
        shutil.copytree(ROOT / "policies", folder / "policies")
        binaries = folder / ".bin"
        binaries.mkdir()
        (binaries / "scopegate").symlink_to(PROGRAM.resolve())
        self.variables = {
            **os.environ,
            "PATH": f"{binaries}:{os.environ['PATH']}",
            "SCOPEGATE_LISTEN": f"127.0.0.1:{self.port}",
            "TOKEN": "a-token",
        }
        self.service = None

    def run(self, commands, code=0):
        """Runs commands; what they export is there for the next ones. Gives what they print."""
        kept = self.folder / ".variables"
        script = f"set -euo pipefail\n{commands}\nenv -0 > {kept}\n"
        run = subprocess.run(["bash", "-c", script], cwd=self.folder, env=self.variables, capture_output=True, text=True, timeout=120)
        assert run.returncode == code, f"{commands}\n{run.stdout}\n{run.stderr}"
        self.variables = dict(pair.split("=", 1) for pair in kept.read_text().split("\0") if pair)
        return run.stdout

    def serve(self, command, scheme="http"):
        """Has a service begin in the background, instead of the one before."""
        self.end()
        self.service = subprocess.Popen(
            ["bash", "-c", f"exec {command}"], cwd=self.folder, env=self.variables, stderr=subprocess.DEVNULL
        )
        wait = f"curl -sf --retry 100 --retry-delay 0 --retry-all-errors --cacert cert.pem {scheme}://localhost:{self.port}/readyz"
        self.run(wait if scheme == "https" else wait.replace("--cacert cert.pem ", ""))

    def end(self):
        if self.service is not None:
            self.service.terminate()
            assert self.service.wait(timeout=60) == 0
            self.service = None

    def block(self, section, place=0):
        """The block, with the port that the service here has."""
        text = BLOCKS[section, place].replace("localhost:8080", f"localhost:{self.port}")
        return text.replace("0.0.0.0:8443", f"127.0.0.1:{self.port}")


@pytest.fixture
def operator(tmp_path):
    there = Operator(tmp_path)
    yield there
    if there.service is not None:
        there.service.kill()


def test_every_block(operator):
    followed = set(NOT_RUN)

    def block(section, place=0):
        followed.add((section, place))
        return operator.block(section, place)

    operator.run(block("First policy"))

    operator.serve(block("Serve").strip())
    answers = operator.run(block("Serve", 1))
    assert '"name":"acme"' in answers and '"decision":' in answers

    tokens, serve = block("Serve", 2).strip().split("\n")
    operator.run("openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost 2>/dev/null")
    operator.run(tokens)
    operator.serve(serve, "https")
    asked = f"https://localhost:{operator.port}/v1/decisions -H 'content-type: application/json' -d @request.json -o /dev/null -w '%{{http_code}}'"
    assert operator.run(f"curl -s --cacert cert.pem {asked}") == "401"
    assert operator.run(f'curl -s --cacert cert.pem -H "authorization: Bearer $TOKEN" {asked}') == "200"

    # Another version.
    operator.run("""sed -i 's/version = "0.1.0"/version = "0.2.0"/' acme/policy.toml""")
    operator.serve("scopegate serve")
    history = operator.run(block("Swap and roll back"))
    assert "ticket 42" in history and "too strict for agencies" in history

    # A key that counts, a component that it signed, and an administrator.
    operator.run("scopegate policy key new early && scopegate policy key trust early.pub --label early")
    operator.run("scopegate build acme -o acme.wasm && scopegate policy sign acme.wasm --key early.key")
    operator.run("""printf 'ops administer sha256:%s\\n' "$(printf %s "$TOKEN" | sha256sum | cut -d' ' -f1)" > tokens""")
    operator.serve("scopegate serve --tokens tokens")
    said = operator.run(block("Swap and roll back", 1))
    assert '"ticket 42"' in said and '"active":"0.2.0"' in said
    operator.run("rm early.key early.pub acme.wasm acme.wasm.minisig")

    # From here on there are several policies.
    (operator.folder / "scopegate.toml").write_text('default_policy = "acme"\n')
    operator.variables["SCOPEGATE_CONFIG"] = "scopegate.toml"
    operator.run(block("Policies made elsewhere"))
    operator.run("scopegate policy new mine && scopegate build mine -o mine.wasm")
    operator.run(block("Policies made elsewhere", 1))

    operator.serve("scopegate serve")
    decides = f"curl -s localhost:{operator.port}/v1/decisions -H 'content-type: application/json' -d @request.json -o /dev/null -w '%{{http_code}}'"
    wait_for(lambda: operator.run(decides) == "200")
    # Nothing on the page stops what decides.
    for place in range(3):
        operator.run(block("Keys", place))
        assert operator.run(decides) == "200"
        if place == 1 and shutil.which("minisign"):
            operator.run("minisign -Vm acme.wasm -p ops.pub")
    operator.run("scopegate policy key remove next", code=1)
    assert operator.run(decides) == "200"
    operator.run("scopegate policy key remove next --yes")
    # Seen within a second, as the page says of every change of the store.
    wait_for(lambda: operator.run(decides) == "503")
    operator.run("scopegate policy key require no")
    wait_for(lambda: operator.run(decides) == "200")

    serve, *rest = block("The decision log").strip().split("\n")
    operator.serve(serve)
    assert operator.run(decides) == "200"
    assert "unbroken" in operator.run("\n".join(rest))

    operator.serve(block("Traces").strip())
    operator.end()
    assert followed == set(BLOCKS), "the page has a block that nobody follows"


def wait_for(holds, seconds=30):
    """Looks again and again until it holds; what is too slow fails, but no second is measured."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it does not come to hold"


def test_what_the_page_says_of_metrics(service):
    """Every metric of the page is there, and none is missing on it."""
    named = set(re.findall(r"`(scopegate_[a-z_]+)`", DOCUMENT))
    for stem, endings in re.findall(r"`(scopegate_[a-z]+_)[a-z]+_total`((?:, `_[a-z_]+`)+)", DOCUMENT):
        named |= {f"{stem}{ending}" for ending in re.findall(r"`_([a-z_]+)`", endings)}
    text = urllib.request.urlopen(f"{service}/metrics").read().decode()
    served = {name + ("_total" if kind == "counter" else "") for name, kind in re.findall(r"# TYPE (\S+) (\S+)", text)}
    assert named == served
