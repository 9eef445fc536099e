// Colours, type and the frame of every page.
export const base: string = `:root {
  color-scheme: light dark;
  --page: light-dark(#f4f5f8, #14161b);
  --card: light-dark(#ffffff, #1d2027);
  --raised: light-dark(#f7f8fa, #242831);
  --text: light-dark(#1a1d25, #e9ebf1);
  --quiet: light-dark(#555c6d, #a9b0c0);
  --line: light-dark(#e1e4ea, #323743);
  --edge: light-dark(#848b9b, #767e90);
  --accent: light-dark(#2454c6, #98b6ff);
  --on-accent: light-dark(#ffffff, #10131a);
  --danger: light-dark(#b3261e, #ff9d94);
  --on-danger: light-dark(#ffffff, #2a0906);
  --good: light-dark(#1c6b43, #7fd6a8);
  --own: light-dark(#eef3ff, #1f2838);
  --gap: 1rem;
}

* {
  box-sizing: border-box;
}

html {
  -webkit-text-size-adjust: 100%;
  text-size-adjust: 100%;
}

body {
  margin: 0;
  background: var(--page);
  color: var(--text);
  font: 0.9375rem / 1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Noto Sans SC", sans-serif;
  font-variant-numeric: tabular-nums;
  overflow-wrap: anywhere;
}

main {
  max-width: 84rem;
  margin: 0 auto;
  padding: 1.5rem clamp(1rem, 3vw, 2rem) 4rem;
}

main.narrow {
  max-width: 44rem;
}

main:focus {
  outline: none;
}

:focus-visible {
  outline: 3px solid var(--accent);
  outline-offset: 2px;
}

h1 {
  margin: 0 0 1rem;
  font-size: 1.5rem;
  line-height: 1.25;
  letter-spacing: -0.01em;
}

h2 {
  margin: 0;
  font-size: 1.0625rem;
  line-height: 1.35;
}

h3 {
  margin: 1.25rem 0 0.375rem;
  font-size: 0.9375rem;
}

p {
  margin: 0 0 0.75rem;
}

a {
  color: var(--accent);
  text-underline-offset: 0.15em;
}

.quiet {
  color: var(--quiet);
}

.good,
.bad {
  font-weight: 600;
  color: var(--good);
}

.bad {
  color: var(--danger);
}

.key {
  font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace;
  font-size: 0.9em;
}

.unseen {
  position: absolute;
  width: 1px;
  height: 1px;
  overflow: hidden;
  clip-path: inset(50%);
  white-space: nowrap;
}

.scripted {
  display: none;
}

.has-script .scripted {
  display: revert;
}

.skip {
  position: absolute;
  left: 0.5rem;
  top: -4rem;
  z-index: 2;
  padding: 0.5rem 1rem;
  border-radius: 0.5rem;
  background: var(--accent);
  color: var(--on-accent);
}

.skip:focus {
  top: 0.5rem;
}

.bar {
  background: var(--card);
  border-bottom: 1px solid var(--line);
}

.bar-inside {
  display: flex;
  flex-wrap: wrap;
  align-items: center;
  gap: 0.25rem 1rem;
  max-width: 84rem;
  margin: 0 auto;
  padding: 0.5rem clamp(1rem, 3vw, 2rem);
}

.bar nav ul,
.ranges ul {
  display: flex;
  gap: 0.25rem;
  margin: 0;
  padding: 0;
  list-style: none;
}

.bar nav a,
.ranges a {
  display: block;
  padding: 0.3125rem 0.75rem;
  border-radius: 0.5rem;
  color: var(--quiet);
  font-weight: 600;
  text-decoration: none;
}

.bar nav a:hover,
.ranges a:hover {
  background: var(--raised);
  color: var(--text);
}

.bar nav a[aria-current],
.ranges a[aria-current] {
  background: var(--own);
  color: var(--accent);
}

.who {
  margin: 0 0 0 auto;
  color: var(--quiet);
  font-size: 0.875rem;
}

.ranges {
  margin-bottom: 0.75rem;
}

.crumb {
  margin-bottom: 0.5rem;
  font-size: 0.875rem;
}

.heading {
  display: flex;
  flex-wrap: wrap;
  justify-content: space-between;
  align-items: center;
  gap: 0.5rem 1rem;
  margin-bottom: 1rem;
}

.heading h1,
.heading .buttons {
  margin: 0;
}

.card {
  padding: 1.25rem;
  border: 1px solid var(--line);
  border-radius: 0.75rem;
  background: var(--card);
}

.message {
  margin-top: 8vh;
}

.message :last-child {
  margin-bottom: 0;
}

.tiles {
  display: grid;
  grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr));
  gap: 1px;
  margin: 0 0 1.25rem;
  overflow: hidden;
  border: 1px solid var(--line);
  border-radius: 0.75rem;
  background: var(--line);
}

.tiles div {
  padding: 0.75rem 1rem;
  background: var(--card);
}

.tiles dt {
  color: var(--quiet);
  font-size: 0.8125rem;
}

.tiles dd {
  margin: 0;
  font-size: 1.25rem;
  font-weight: 600;
  line-height: 1.4;
}

.tiles dd .good,
.tiles dd .bad {
  font-size: 0.875rem;
}

.badge {
  display: inline-block;
  padding: 0 0.5rem;
  border-radius: 1rem;
  background: var(--accent);
  color: var(--on-accent);
  font-family: system-ui, sans-serif;
  font-size: 0.75rem;
  font-weight: 600;
  line-height: 1.6;
  letter-spacing: 0;
  vertical-align: middle;
}

.done,
.notice,
.empty {
  padding: 0.625rem 1rem;
  border: 1px solid var(--line);
  border-left: 4px solid var(--good);
  border-radius: 0.5rem;
  background: var(--card);
}

.notice,
.empty {
  border-left-color: var(--edge);
}
`;
