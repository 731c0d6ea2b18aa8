"""May this action proceed now? Decides with Scopegate policy components.

>>> from scopegate import default_policy
>>> policy = default_policy()
>>> policy.id["name"]
'webriskops'
"""

from ._terms import Decision, Finding, PolicyId
from ._types import Manifest, Request
from .errors import EvaluateError, InputError, InputFault, LoadError
from .policy import Explanation, Fact, Policy, default_component, default_policy, load_policy

__all__ = [
    "Decision",
    "EvaluateError",
    "Explanation",
    "Fact",
    "Finding",
    "InputError",
    "InputFault",
    "LoadError",
    "Manifest",
    "Policy",
    "PolicyId",
    "Request",
    "default_component",
    "default_policy",
    "load_policy",
]
