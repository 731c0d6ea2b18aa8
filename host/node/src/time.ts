// Times, as requests write them: RFC 3339 in whole seconds, with or without a fraction of zeros, which JavaScript writes.
import { CONTRACT } from "./generated/contract.js";

const SHAPE = "expected the shape `2026-11-23T12:00:00Z` or `2026-11-23T12:00:00+01:00`, in whole seconds";
/** Where the digits and the marks of a moment stand. */
const DIGITS = [0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18];

/** The seconds since 1970-01-01T00:00:00Z that `written` names, or what is wrong with it. */
export function seconds(written: string): number | string {
  const text = whole(written);
  const zone = text.charCodeAt(19) | 0x20;
  const isUtc = text.length === 20 && zone === 0x7a;
  if (!isUtc && text.length !== 25) return SHAPE;
  for (const at of DIGITS) if (!isDigit(text, at)) return SHAPE;
  if (text[4] !== "-" || text[7] !== "-" || (text.charCodeAt(10) | 0x20) !== 0x74 || text[13] !== ":" || text[16] !== ":") return SHAPE;
  let ahead = 0;
  if (!isUtc) {
    const sign = text[19] === "+" ? 1 : text[19] === "-" ? -1 : 0;
    if (sign === 0 || text[22] !== ":" || ![20, 21, 23, 24].every((at) => isDigit(text, at))) return SHAPE;
    const [hours, minutes] = [two(text, 20), two(text, 23)];
    if (hours > 23 || minutes > 59) return "the offset is at most 23:59";
    ahead = sign * (hours * 3600 + minutes * 60);
  }
  const [year, month, day] = [two(text, 0) * 100 + two(text, 2), two(text, 5), two(text, 8)];
  if (month < 1 || month > 12 || day < 1 || day > daysOf(year, month)) return "there is no such date";
  const [hour, minute, second] = [two(text, 11), two(text, 14), two(text, 17)];
  if (hour > 23 || minute > 59 || second > 59) return "there is no such time of day";
  const instant = days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second - ahead;
  if (instant < 0 || instant > CONTRACT.limits.last_instant) return "it lies outside 1970-01-01T00:00:00Z to 9999-12-31T23:59:59Z";
  return instant;
}

/** The text without a fraction of the second that is zeros only. */
function whole(text: string): string {
  if (text[19] !== ".") return text;
  let end = 20;
  while (text[end] === "0") end++;
  return end === 20 ? text : text.slice(0, 19) + text.slice(end);
}

function isDigit(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code >= 48 && code <= 57;
}

/** The number that the two digits at `at` are. */
function two(text: string, at: number): number {
  return (text.charCodeAt(at) - 48) * 10 + text.charCodeAt(at + 1) - 48;
}

function daysOf(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** The days since 1970-01-01, in years that begin with March. */
function days(year: number, month: number, day: number): number {
  const from = month > 2 ? year : year - 1;
  const ofYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  return from * 365 + Math.floor(from / 4) - Math.floor(from / 100) + Math.floor(from / 400) + ofYear - 719_468;
}

/** The time as text, in UTC. */
export function written(instant: number): string {
  return new Date(instant * 1000).toISOString().replace(".000Z", "Z");
}
