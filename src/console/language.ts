// In which language a page answers, and how that language writes numbers, sizes and times.
import type { Language } from "./options.ts";
import { en } from "./texts/en.ts";
import type { Texts } from "./texts/texts.ts";
import { zh } from "./texts/zh.ts";

/** What a page says and how. */
export interface Speech {
  readonly texts: Texts;
  readonly formats: Formats;
}

export interface Formats {
  number(value: number): string;
  /** With up to three digits that count: `"0.0123"`. */
  decimal(value: number): string;
  /** As short as a chart's axis wants it: `"120K"`. */
  compact(value: number): string;
  bytes(value: number): string;
  /** `"3 minutes ago"`, `"in 2 hours"`. */
  relative(date: Date, now: number): string;
  /** Date, time and zone, in the server's zone. */
  absolute(date: Date): string;
  /** Hours and minutes, in the server's zone. */
  clock(date: Date): string;
}

const SPEECHES: Readonly<Record<Language, Speech>> = {
  en: { texts: en, formats: createFormats("en") },
  zh: { texts: zh, formats: createFormats("zh-CN") },
};

/**
 * @param fixed The option `language`. Otherwise the visitor's Accept-Language decides.
 * @param accepted The Accept-Language header.
 */
export function speechFor(accepted: string | null, fixed: Language | undefined): Speech {
  return SPEECHES[fixed ?? languageOf(accepted ?? "")];
}

/** `zh-TW` and `zh-Hans-CN` are served by `zh` (RFC 4647, lookup). */
function languageOf(accepted: string): Language {
  const ranges = accepted.split(",").map((range) => {
    const [tag = "", ...parameters] = range.trim().toLowerCase().split(";");
    const weight = parameters.map((parameter) => /^\s*q=([\d.]+)\s*$/.exec(parameter)?.[1]).find(Boolean);
    return { language: tag.split("-")[0], weight: Number(weight ?? 1) };
  });
  const wanted = ranges.filter(({ weight }) => weight > 0).sort((a, b) => b.weight - a.weight);
  return wanted.map(({ language }) => language).find((language) => language === "en" || language === "zh") ?? "en";
}

const UNITS = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
  ["second", 1_000],
] as const;

function createFormats(lang: string): Formats {
  const numbers = new Intl.NumberFormat(lang);
  const decimals = new Intl.NumberFormat(lang, { maximumSignificantDigits: 3 });
  const compacts = new Intl.NumberFormat(lang, { notation: "compact", maximumSignificantDigits: 3 });
  const kilobytes = new Intl.NumberFormat(lang, { maximumFractionDigits: 1 });
  const relatives = new Intl.RelativeTimeFormat(lang, { numeric: "auto" });
  const absolutes = new Intl.DateTimeFormat(lang, {
    year: "numeric",
    month: "short",
    day: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
    timeZoneName: "short",
  });
  const clocks = new Intl.DateTimeFormat(lang, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  return {
    number: (value) => numbers.format(value),
    decimal: (value) => decimals.format(value),
    compact: (value) => compacts.format(value),
    bytes: (value) => (value < 1_000 ? `${numbers.format(value)} B` : `${kilobytes.format(value / 1_000)} kB`),
    absolute: (date) => absolutes.format(date),
    clock: (date) => clocks.format(date),
    relative(date, now) {
      const distance = date.getTime() - now;
      const [unit, size] = UNITS.find(([, length]) => Math.abs(distance) >= length) ?? (["second", 1_000] as const);
      return relatives.format(Math.round(distance / size), unit);
    },
  };
}
