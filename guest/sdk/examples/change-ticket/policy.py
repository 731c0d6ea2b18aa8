"""The same policy in Python, for componentize-py."""

from componentize_py_types import Err, Ok
from wit_world import exports
from wit_world.exports.policy import (
    AttributeDeclaration,
    AttributeType,
    AttributeValue_Text,
    Decision,
    EvaluationError,
    Explanation,
    Limits,
    Manifest,
    Problem,
    ReadyState,
    Request,
    Requirement,
    Verdict,
)

TICKET = "change_ticket"
ACTION = "apply_change"
READS = [f"attributes.{TICKET}"]


def requirement(id: str, message: str, remedy: str) -> Requirement:
    return Requirement(
        id=id,
        code="TICKET_REQUIRED",
        state="missing_approval",
        message=message,
        remedy=remedy,
        source="Change management, step 2",
        actions=[ACTION],
        reads=READS,
    )


REQUIREMENTS = [
    requirement("ticket-given", "The change has no ticket.", "Open a ticket for the change, and state its number."),
    requirement(
        "ticket-valid",
        "The ticket's number is mistyped: its check digit does not fit.",
        "Copy the number from the ticket.",
    ),
]


def ticket(request: Request) -> str | None:
    """The ticket's number, if there is one; what has another type cannot be judged."""
    found = [attribute.value for attribute in request.attributes if attribute.name == TICKET]
    if not found:
        return None
    if len(found) > 1:
        raise Err(EvaluationError(READS[0], Problem.REPEATED, "the attribute is given twice; give it once"))
    if not isinstance(found[0], AttributeValue_Text):
        raise Err(EvaluationError(READS[0], Problem.WRONG_TYPE, "the policy declares this attribute as a text"))
    return found[0].value


def is_valid(number: str) -> bool:
    """Luhn's check: every second digit from the right counts double, less nine if that has two digits; the sum ends in 0."""
    if not (number.isascii() and number.isdigit()):
        return False
    total = 0
    for place, character in enumerate(reversed(number)):
        digit = int(character) * (1 + place % 2)
        total += digit - 9 if digit > 9 else digit
    return total % 10 == 0


def judge(request: Request) -> Decision:
    number = ticket(request)
    valid = number is not None and is_valid(number)
    is_governed = request.action == ACTION
    unmet = [] if not is_governed or valid else [0 if number is None else 1]
    verdict = Verdict.ALLOW if is_governed and valid else Verdict.DENY
    return Decision(verdict=verdict, unmet=unmet, ready=[0] if valid else [], fallbacks=[])


class Policy(exports.Policy):
    def describe(self) -> Manifest:
        return Manifest(
            name="change-ticket",
            version="1.0.0",
            summary="A change needs the number of a ticket.",
            rules_digest="",
            actions=[ACTION],
            requirements=REQUIREMENTS,
            ready=[ReadyState("ticket_valid", READS)],
            attributes=[AttributeDeclaration(TICKET, AttributeType.TEXT, "The number of the ticket for the change.")],
            limits=Limits(text_bytes=8192, targets=10000, patterns=1000, list=256, memory_bytes=268435456),
        )

    def evaluate(self, request: Request) -> Decision:
        return judge(request)

    def evaluate_batch(self, requests: list[Request]) -> list[Ok[Decision] | Err[EvaluationError]]:
        answers: list[Ok[Decision] | Err[EvaluationError]] = []
        for request in requests:
            try:
                answers.append(Ok(judge(request)))
            except Err as error:
                answers.append(error)
        return answers

    def explain(self, request: Request) -> list[Explanation]:
        return [Explanation(requirement, READS) for requirement in judge(request).unmet]
