"""Joins what a policy says with its manifest.

What contradicts itself or the manifest is no decision.
"""

from typing import Any, TypedDict

from ._shapes import CONTRACT, shape
from ._types import AccessMode, Manifest
from .errors import EvaluateError

_MODES = shape("access-mode").index


class Finding(TypedDict):
    """A requirement that is not met."""

    requirement: str
    code: str
    state: str
    message: str
    remedy: str
    source: str


class PolicyId(TypedDict):
    """Which policy decided; the digest is `sha256:<hex>` of the component."""

    name: str
    version: str
    digest: str


class Decision(TypedDict):
    """A decision, as the domain's JSON has it."""

    decision: str
    codes: list[str]
    findings: list[Finding]
    ready: list[str]
    blocked: list[str]
    fallbacks: list[AccessMode]
    policy: PolicyId


def inconsistent(reason: str) -> EvaluateError:
    """An error that says how a policy contradicts itself."""
    return EvaluateError(f"the policy contradicts itself: {reason}")


class Terms:
    """What decisions of one policy are made of."""

    def __init__(self, manifest: Manifest, digest: str) -> None:
        self.manifest = manifest
        self.id = PolicyId(name=manifest["name"], version=manifest["version"], digest=digest)
        self._ready = [state["state"] for state in manifest["ready"]]
        self.naming: dict[str, set[int]] = {}
        for index, requirement in enumerate(manifest["requirements"]):
            for action in requirement["actions"]:
                self.naming.setdefault(action, set()).add(index)

    def _finding(self, index: int) -> Finding:
        required = self.manifest["requirements"][index]
        return Finding(
            requirement=required["id"],
            code=required["code"],
            state=required["state"],
            message=required["message"],
            remedy=required["remedy"],
            source=required["source"],
        )

    def decision(self, judged: dict[str, Any], action: str) -> Decision:
        """The decision about `action` that a policy gave."""
        verdict, unmet, ready, fallbacks = judged["verdict"], judged["unmet"], judged["ready"], judged["fallbacks"]
        self._check(verdict, unmet, ready, fallbacks, action)
        findings = [self._finding(index) for index in unmet]
        codes = list(dict.fromkeys(finding["code"] for finding in findings))
        if verdict == "deny" and not unmet:
            codes = [CONTRACT["action_not_governed"]]
        return Decision(
            decision=verdict,
            codes=codes,
            findings=findings,
            ready=[self._ready[index] for index in ready],
            blocked=list(dict.fromkeys(finding["state"] for finding in findings)),
            fallbacks=fallbacks,
            policy=self.id.copy(),
        )

    def _check(self, verdict: str, unmet: list[int], ready: list[int], fallbacks: list[AccessMode], action: str) -> None:
        _within("requirement", unmet, len(self.manifest["requirements"]))
        _within("ready state", ready, len(self._ready))
        if not _rises([_MODES[mode] for mode in fallbacks]):
            raise inconsistent("its fallbacks are not each once and least first")
        naming = self.naming.get(action)
        if naming is None:
            if verdict == "allow":
                raise inconsistent("it allows an action that none of its requirements names")
            if unmet:
                raise inconsistent("a requirement is unmet that does not name the action")
            if fallbacks:
                raise inconsistent("it has fallbacks for an action that none of its requirements names")
            return
        for index in unmet:
            if index not in naming:
                named = self.manifest["requirements"][index]["id"]
                raise inconsistent(f"the requirement `{named}` is unmet, but does not name the action")
        if verdict == "allow" and unmet:
            raise inconsistent("it allows, although a requirement is unmet")
        if verdict == "allow" and fallbacks:
            raise inconsistent("it allows, and has fallbacks")
        if verdict == "deny" and not unmet:
            raise inconsistent("it denies, although every requirement is met")


def _within(what: str, indices: list[int], length: int) -> None:
    if not _rises(indices):
        raise inconsistent(f"its {what}s do not rise")
    if indices and indices[-1] >= length:
        raise inconsistent(f"it names {what} {indices[-1]}, but there are {length}")


def _rises(numbers: list[int]) -> bool:
    return len(numbers) < 2 or numbers == sorted(set(numbers))
