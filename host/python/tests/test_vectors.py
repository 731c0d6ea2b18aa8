"""The vectors of `tests/vectors`, byte for byte."""

import gzip
import json
import os
import subprocess
from pathlib import Path

import pytest

from scopegate import InputError, default_policy, load_policy

ROOT = Path(__file__).parents[3]
PROGRAM = os.environ.get("SCOPEGATE", ROOT / "target/debug/scopegate")
VECTORS = ROOT / "tests/vectors"
POLICY = default_policy()


def vectors(name):
    with gzip.open(VECTORS / name, "rt", encoding="utf-8", newline="\n") as lines:
        return [json.loads(line) for line in lines]


def written(decision):
    return json.dumps(decision, separators=(",", ":"), ensure_ascii=False)


def earlier(version):
    """The default policy of an earlier version."""
    build = [PROGRAM, "build", ROOT / "policies/webriskops" / version, "-o", "-"]
    component = subprocess.run(build, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    return load_policy(component, reuse_instances=True)


@pytest.mark.parametrize(("file", "of"), [("decisions-1.1.0.jsonl.gz", lambda: POLICY), ("decisions.jsonl.gz", lambda: earlier("1.0.0"))])
def test_every_decision_from_text_and_from_a_value(file, of):
    policy = of()
    every = vectors(file)
    assert len(every) > 5_000
    for vector in every:
        request = vector["request"]
        assert written(policy.evaluate(request)) == vector["decision"], request
        assert written(policy.evaluate(json.loads(request))) == vector["decision"], request


def test_every_decision_in_batches():
    every = vectors("decisions-1.1.0.jsonl.gz")
    decided = POLICY.evaluate_batch(vector["request"] for vector in every)
    assert [written(decision) for decision in decided] == [vector["decision"] for vector in every]


def test_every_text_that_is_no_request_and_where():
    every = vectors("invalid.jsonl.gz")
    assert len(every) >= 200
    wrong = []
    for vector in every:
        with pytest.raises(InputError) as error:
            POLICY.evaluate(vector["text"])
        if error.value.path != vector["path"]:
            wrong.append((vector["name"], vector["path"][:100], error.value.path[:100], str(error.value)[:100]))
    assert wrong == []
    good = vectors("decisions-1.1.0.jsonl.gz")[:10]
    mixed = POLICY.evaluate_batch([text for pair in zip([vector["text"] for vector in every[:10]], [vector["request"] for vector in good], strict=True) for text in pair])
    assert [error.path for error in mixed[::2]] == [vector["path"] for vector in every[:10]]
    assert [written(decision) for decision in mixed[1::2]] == [vector["decision"] for vector in good]
