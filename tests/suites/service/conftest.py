"""A running service, for the tests of this folder."""

import hashlib
import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PROGRAM = Path(os.environ.get("SCOPEGATE", ROOT / "target/debug/scopegate"))
TOKEN = "a-token-for-tests"


@pytest.fixture(scope="session")
def service(tmp_path_factory):
    """The address of a service with a store, in which `acme` is active, and an administrator's token."""
    folder = tmp_path_factory.mktemp("service")
    store = str(folder / "store")

    def policy(*arguments):
        subprocess.run([PROGRAM, "policy", "--store", store, *arguments], check=True, stdout=subprocess.DEVNULL)

    policy("init")
    policy("add", ROOT / "host/cli/tests/data/acme/policy.toml")
    policy("activate", "acme@0.1.0")
    tokens = folder / "tokens"
    digest = hashlib.sha256(TOKEN.encode()).hexdigest()
    tokens.write_text(f"tests administer sha256:{digest}\n")
    config = folder / "scopegate.toml"
    config.write_text('public_url = "https://gate.example"\n')
    serving = subprocess.Popen(
        [PROGRAM, "serve", "--listen", "127.0.0.1:0", "--store", store, "--tokens", tokens, "--config", config],
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        for line in serving.stderr:
            if found := re.search(r"listening address=(\S+)", line):
                break
        else:
            pytest.fail("the service ended before it listened")
        # Whatever it says more has to go somewhere.
        drain = subprocess.Popen(["cat"], stdin=serving.stderr, stdout=subprocess.DEVNULL)
        yield f"http://{found.group(1)}"
    finally:
        serving.terminate()
        assert serving.wait(timeout=60) == 0, "the service ends when it is asked to"
    drain.wait(timeout=60)
