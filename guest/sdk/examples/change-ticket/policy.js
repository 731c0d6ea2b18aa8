// The same policy in JavaScript, for componentize-qjs.

const TICKET = "change_ticket";
const ACTION = "apply_change";

const about = {
  code: "TICKET_REQUIRED",
  state: "missing_approval",
  source: "Change management, step 2",
  actions: [ACTION],
  reads: [`attributes.${TICKET}`],
};

const requirements = [
  {
    ...about,
    id: "ticket-given",
    message: "The change has no ticket.",
    remedy: "Open a ticket for the change, and state its number.",
  },
  {
    ...about,
    id: "ticket-valid",
    message: "The ticket's number is mistyped: its check digit does not fit.",
    remedy: "Copy the number from the ticket.",
  },
];

/** The ticket's number, if there is one; what has another type cannot be judged. */
function ticket(request) {
  const found = request.attributes.filter(({ name }) => name === TICKET);
  if (found.length === 0) return undefined;
  const wrong = (problem, message) => ({ path: `attributes.${TICKET}`, problem, message });
  if (found.length > 1) throw wrong("repeated", "the attribute is given twice; give it once");
  const { tag, val } = found[0].value;
  if (tag !== "text") throw wrong("wrong-type", "the policy declares this attribute as a text");
  return val;
}

/** Luhn's check: every second digit from the right counts double, less nine if that has two digits; the sum ends in 0. */
function isValid(number) {
  if (!/^[0-9]+$/.test(number)) return false;
  let sum = 0;
  [...number].reverse().forEach((character, place) => {
    const digit = Number(character) * (place % 2 === 0 ? 1 : 2);
    sum += digit > 9 ? digit - 9 : digit;
  });
  return sum % 10 === 0;
}

function judge(request) {
  const number = ticket(request);
  const valid = number !== undefined && isValid(number);
  const isGoverned = request.action === ACTION;
  let unmet = [];
  if (isGoverned && number === undefined) unmet = [0];
  else if (isGoverned && !valid) unmet = [1];
  return { verdict: isGoverned && valid ? "allow" : "deny", unmet, ready: valid ? [0] : [], fallbacks: [] };
}

export const policy = {
  describe: () => ({
    name: "change-ticket",
    version: "1.0.0",
    summary: "A change needs the number of a ticket.",
    rulesDigest: "",
    actions: [ACTION],
    requirements,
    ready: [{ state: "ticket_valid", reads: [`attributes.${TICKET}`] }],
    attributes: [{ name: TICKET, type: "text", summary: "The number of the ticket for the change." }],
    limits: { textBytes: 8192, targets: 10000, patterns: 1000, list: 256, memoryBytes: 268435456 },
  }),
  evaluate: judge,
  evaluateBatch: (requests) =>
    requests.map((request) => {
      try {
        return { tag: "ok", val: judge(request) };
      } catch (error) {
        if (error?.problem === undefined) throw error;
        return { tag: "err", val: error };
      }
    }),
  explain: (request) => judge(request).unmet.map((requirement) => ({ requirement, facts: [`attributes.${TICKET}`] })),
};
