"""The document is valid OpenAPI, and the service does as it says whatever is sent."""

import json
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from conftest import TOKEN
from openapi_spec_validator import OpenAPIV31SpecValidator


def document(service):
    with urllib.request.urlopen(f"{service}/openapi.json") as answer:
        return json.load(answer)


def test_it_is_valid(service):
    errors = [f"{'/'.join(map(str, error.absolute_path))}: {error.message}" for error in OpenAPIV31SpecValidator(document(service)).iter_errors()]
    assert errors == []


def test_every_operation_has_a_name_of_its_own_and_says_what_it_answers(service):
    paths = document(service)["paths"]
    operations = [operation for path in paths.values() for operation in path.values()]
    names = [operation["operationId"] for operation in operations]
    assert len(names) == len(set(names))
    for operation in operations:
        assert operation.get("summary") or operation.get("description"), operation["operationId"]
        assert any(status.startswith("2") for status in operation["responses"]), operation["operationId"]


@pytest.mark.parametrize("mode", ["positive", "negative"])
def test_it_does_as_it_says(service, mode, tmp_path):
    """Requests made from the document, right ones and wrong ones; the seed makes them the same each time."""
    run = subprocess.run(
        [
            Path(sys.executable).parent / "schemathesis",
            f"--config-file={Path(__file__).parent / 'schemathesis.toml'}",
            "run",
            f"{service}/openapi.json",
            f"--header=Authorization: Bearer {TOKEN}",
            f"--mode={mode}",
            "--phases=examples,coverage,fuzzing",
            "--max-examples=40",
            "--seed=20261125",
            "--no-color",
            # Not all that fits the document is a component or a version that there is.
            "--exclude-checks=positive_data_acceptance",
        ],
        capture_output=True,
        text=True,
        # It keeps what it finds where it runs.
        cwd=tmp_path,
    )
    assert run.returncode == 0, run.stdout[:10_000] + run.stderr[:2_000]
