// Times, as requests write them: RFC 3339 in whole seconds.
import { CONTRACT } from "./generated/contract.js";

const SHAPE = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:[Zz]|([+-])(\d\d):(\d\d))$/;

/** The seconds since 1970-01-01T00:00:00Z that `text` names, or what is wrong with it. */
export function seconds(text: string): number | string {
  const found = SHAPE.exec(text);
  if (found === null) return "expected the shape `2026-11-23T12:00:00Z` or `2026-11-23T12:00:00+01:00`, in whole seconds";
  const [year, month, day, hour, minute, second] = found.slice(1, 7).map(Number) as [number, number, number, number, number, number];
  const [hours, minutes] = [Number(found[8] ?? 0), Number(found[9] ?? 0)];
  if (hours > 23 || minutes > 59) return "the offset is at most 23:59";
  if (month < 1 || month > 12 || day < 1 || day > daysOf(year, month)) return "there is no such date";
  if (hour > 23 || minute > 59 || second > 59) return "there is no such time of day";
  const date = new Date(0);
  // `Date.UTC` takes the years 0 to 99 for others.
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, second);
  const ahead = (hours * 3600 + minutes * 60) * (found[7] === "-" ? -1 : 1);
  const instant = date.getTime() / 1000 - ahead;
  if (instant < 0 || instant > CONTRACT.limits.last_instant) return "it lies outside 1970-01-01T00:00:00Z to 9999-12-31T23:59:59Z";
  return instant;
}

function daysOf(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}

/** The time as text, in UTC. */
export function written(instant: number): string {
  return new Date(instant * 1000).toISOString().replace(".000Z", "Z");
}
