// How far a long work is: a bar that is drawn over on a terminal, and a line every two seconds elsewhere.
import type { Terminal } from "../terminal.ts";
import { count } from "../text.ts";

interface Progress {
  /** So many more are done. */
  add(number: number): void;
  /** So many more were done before, and say nothing of the rate. */
  skip(number: number): void;
  /** Draws the last state, and no more after it. */
  end(): void;
}

const LINE_INTERVAL = 2_000;
const REDRAW_INTERVAL = 100;
/** The rate is that of the last seconds, in ms. */
const WINDOW = 10_000;
const BAR = 30;

/** @param total How many there are to do. */
export function startProgress(terminal: Terminal, total: number): Progress {
  let done = 0;
  const samples = [{ at: performance.now(), done: 0 }];

  function rate(): number {
    const now = performance.now();
    samples.push({ at: now, done });
    while (samples.length > 2 && now - (samples[0]?.at ?? now) > WINDOW) samples.shift();
    const [first = { at: now, done: 0 }] = samples;
    return now > first.at ? ((done - first.done) * 1000) / (now - first.at) : 0;
  }

  function draw(): void {
    const line = progressLine({ done, total, rate: rate() }, terminal.canRedraw);
    if (terminal.canRedraw) terminal.draw(`\r${line}\u001b[K`);
    else terminal.note(line);
  }

  const timer = setInterval(draw, terminal.canRedraw ? REDRAW_INTERVAL : LINE_INTERVAL);
  return {
    add(number) {
      done += number;
    },
    skip(number) {
      done += number;
      for (const sample of samples) sample.done += number;
    },
    end() {
      clearInterval(timer);
      draw();
      if (terminal.canRedraw) terminal.draw("\n");
    },
  };
}

/** One state in words: `"52,300 of 100,000 (52 %)  4,210/s  0:11 left"`. */
export function progressLine(
  { done, total, rate }: { readonly done: number; readonly total: number; readonly rate: number },
  withBar: boolean,
): string {
  // Sessions that began meanwhile may make more than there were.
  const share = total === 0 ? 1 : Math.min(done / total, 1);
  const filled = Math.floor(share * BAR);
  const bar = `[${"#".repeat(filled)}${"-".repeat(BAR - filled)}] `;
  const left = Math.max(total - done, 0);
  const parts = [
    `${withBar ? bar : ""}${count(done)} of ${count(total)} (${Math.floor(share * 100)} %)`,
    `${count(Math.round(rate))}/s`,
    ...(left > 0 && rate > 0 ? [`${clock(left / rate)} left`] : []),
  ];
  return parts.join("  ");
}

/** `"1:05"`, `"11:06:39"`. */
function clock(seconds: number): string {
  const whole = Math.floor(seconds);
  const hours = Math.floor(whole / 3_600);
  const two = (number: number): string => String(number % 60).padStart(2, "0");
  const minutes = Math.floor(whole / 60);
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole)}` : `${minutes}:${two(whole)}`;
}
