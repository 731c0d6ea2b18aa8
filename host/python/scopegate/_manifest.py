"""What makes no sense in a manifest: the same as in the Rust host."""

import re
from collections.abc import Iterable
from unicodedata import category

from ._types import Manifest

_NAME_BYTES = 256
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
#: https://semver.org, in its own words.
_SEMVER = re.compile(
    r"(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)(-(0|[1-9][0-9]*|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*)(\.(0|[1-9][0-9]*|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*))*)?(\+[0-9a-zA-Z-]+(\.[0-9a-zA-Z-]+)*)?"
)


def unfit(manifest: Manifest) -> str | None:
    """What makes no sense, if anything."""
    try:
        _check(manifest)
    except ValueError as error:
        return str(error)
    return None


def _check(manifest: Manifest) -> None:
    _name("the policy's name", manifest["name"])
    if not _SEMVER.fullmatch(manifest["version"]):
        raise ValueError(f"the version {manifest['version']!r} is not a semantic version")
    if manifest["rules_digest"] and not _DIGEST.fullmatch(manifest["rules_digest"]):
        raise ValueError("the rules' digest is not `sha256:` and 64 hexadecimal digits")
    _distinct("action", manifest["actions"])
    _distinct("requirement", (requirement["id"] for requirement in manifest["requirements"]))
    _distinct("ready state", (ready["state"] for ready in manifest["ready"]))
    _distinct("attribute", (attribute["name"] for attribute in manifest["attributes"]))
    known = set(manifest["actions"])
    for requirement in manifest["requirements"]:
        _name("a requirement's code", requirement["code"])
        _name("a requirement's state", requirement["state"])
        for action in requirement["actions"]:
            if action not in known:
                raise ValueError(f"the requirement `{requirement['id']}` names the action {action!r}, which is not among the policy's actions")


def _name(what: str, name: str) -> None:
    """Names end up in logs and on terminals: short, and without control characters."""
    if not name:
        raise ValueError(f"{what} is empty")
    if len(name.encode()) > _NAME_BYTES or any(category(character) == "Cc" for character in name):
        raise ValueError(f"{what} has more than {_NAME_BYTES} bytes or holds control characters")


def _distinct(what: str, names: Iterable[str]) -> None:
    """Each name is one, and is there once."""
    seen: set[str] = set()
    for name in names:
        _name(f"the name of one {what}", name)
        if name in seen:
            raise ValueError(f"the {what} `{name}` is there twice")
        seen.add(name)
