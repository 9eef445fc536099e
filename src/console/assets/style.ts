// The stylesheet of both pages. System fonts, both colour schemes, rows that become cards on a phone.
export const style: string = `:root {
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

/* Forms */

input,
select,
button,
.button {
  min-height: 2.25rem;
  padding: 0.3125rem 0.75rem;
  border: 1px solid var(--edge);
  border-radius: 0.5rem;
  background: var(--card);
  color: var(--text);
  font: inherit;
}

button,
.button {
  display: inline-flex;
  align-items: center;
  justify-content: center;
  font-weight: 600;
  line-height: 1.5;
  text-align: center;
  text-decoration: none;
  cursor: pointer;
}

button:hover,
.button:hover {
  background: var(--raised);
}

.solid {
  border-color: transparent;
  background: var(--accent);
  color: var(--on-accent);
}

.danger {
  color: var(--danger);
}

.danger.solid {
  background: var(--danger);
  color: var(--on-danger);
}

.solid:hover {
  background: color-mix(in srgb, var(--accent) 85%, var(--text));
}

.danger.solid:hover {
  background: color-mix(in srgb, var(--danger) 85%, var(--text));
}

.quiet-button {
  border-color: var(--line);
}

[aria-pressed="true"]::before,
[aria-pressed="false"]::before {
  content: "";
  display: inline-block;
  width: 0.5rem;
  height: 0.5rem;
  margin-right: 0.5rem;
  border-radius: 50%;
  background: var(--good);
}

[aria-pressed="false"]::before {
  background: transparent;
  box-shadow: inset 0 0 0 2px var(--edge);
}

.buttons {
  display: flex;
  flex-wrap: wrap;
  gap: 0.5rem;
  margin: 1rem 0;
}

.search {
  display: flex;
  flex-wrap: wrap;
  align-items: end;
  gap: 0.375rem 0.625rem;
  margin-bottom: 1.25rem;
}

.search div {
  display: grid;
  gap: 0.125rem;
}

.search .wide {
  flex: 0 1 24rem;
  min-width: 8rem;
}

.search input {
  width: 100%;
}

.search label {
  color: var(--quiet);
  font-size: 0.8125rem;
}

.search p {
  flex: 1 1 100%;
  margin: 0;
  font-size: 0.8125rem;
}

input[type="checkbox"] {
  width: 1.125rem;
  min-height: 1.125rem;
  height: 1.125rem;
  margin: 0;
  accent-color: var(--accent);
}

/* Tables */

table {
  width: 100%;
  border-collapse: collapse;
  text-align: start;
}

th {
  text-align: start;
  font-weight: 600;
}

td,
th {
  padding: 0.375rem 0.75rem;
  vertical-align: top;
}

.number {
  text-align: end;
}

.above {
  display: flex;
  flex-wrap: wrap;
  justify-content: space-between;
  align-items: center;
  gap: 0.5rem;
  margin-bottom: 0.625rem;
}

.above p {
  margin: 0;
  font-size: 0.875rem;
}

.sessions table {
  border: 1px solid var(--line);
  border-radius: 0.75rem;
  border-spacing: 0;
  border-collapse: separate;
  background: var(--card);
  font-size: 0.875rem;
}

.sessions thead th,
.sessions thead td {
  color: var(--quiet);
  font-size: 0.8125rem;
  white-space: nowrap;
}

.sessions thead a,
.sessions tbody a {
  text-decoration: none;
}

.sessions a:hover {
  text-decoration: underline;
}

.sessions thead a {
  color: inherit;
}

.sessions thead a::after {
  content: " ↕" / "";
  color: var(--edge);
}

[aria-sort="ascending"] a::after {
  content: " ↑" / "";
  color: inherit;
}

[aria-sort="descending"] a::after {
  content: " ↓" / "";
  color: inherit;
}

.sessions tbody td {
  border-top: 1px solid var(--line);
  vertical-align: middle;
}

.sessions tbody tr:hover,
.sessions tbody tr:has(:checked) {
  background: var(--raised);
}

.sessions tbody tr.own {
  background: var(--own);
}

.sessions tbody tr:last-child td:first-child {
  border-bottom-left-radius: 0.75rem;
}

.sessions .owner {
  font-weight: 600;
  max-width: 18rem;
}

.sessions .owner .quiet {
  font-weight: 400;
}

.sessions time {
  white-space: nowrap;
}

.sessions td .quiet {
  font-size: 0.8125rem;
}

.select {
  width: 2.25rem;
}

.select label {
  display: inline-grid;
  place-items: center;
  width: 1.5rem;
  height: 1.5rem;
}

.has-script .select label.scripted {
  display: inline-grid;
}

.actions {
  text-align: end;
}

.actions button {
  min-height: 1.75rem;
  padding: 0.0625rem 0.625rem;
  font-size: 0.8125rem;
}

.plain {
  font-size: 0.875rem;
}

.plain th,
.plain td {
  padding: 0.3125rem 0.75rem 0.3125rem 0;
  border-top: 1px solid var(--line);
}

.plain thead th {
  border-top: 0;
  color: var(--quiet);
  font-size: 0.8125rem;
}

.plain tbody th {
  font-weight: 500;
}

.scroll {
  overflow-x: auto;
}

pre {
  margin: 0;
  padding: 0.5rem 0.75rem;
  overflow-x: auto;
  border-radius: 0.5rem;
  background: var(--raised);
  font: 0.8125rem / 1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace;
  white-space: pre-wrap;
}

code {
  font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace;
}

/* One session */

.two {
  display: grid;
  grid-template-columns: repeat(auto-fit, minmax(min(24rem, 100%), 1fr));
  align-items: start;
  gap: var(--gap);
}

.facts {
  display: grid;
  gap: 0.5rem;
  margin: 0;
}

.facts div {
  display: grid;
  grid-template-columns: 9rem minmax(0, 1fr);
  gap: 0.75rem;
}

.facts dt,
.inline dt {
  color: var(--quiet);
}

.facts dd,
.inline dd {
  margin: 0;
}

.two h2,
#health h2 {
  margin-bottom: 0.75rem;
}

.two p:last-child {
  margin: 0.75rem 0 0;
}

/* Charts */

.charts {
  display: grid;
  grid-template-columns: repeat(auto-fit, minmax(min(27rem, 100%), 1fr));
  gap: var(--gap);
  margin: 1rem 0;
}

figure {
  min-width: 0;
  margin: 0;
}

figcaption p {
  margin: 0 0 0.75rem;
  font-size: 0.8125rem;
}

.legend {
  display: flex;
  flex-wrap: wrap;
  gap: 0.25rem 1rem;
  margin: 0 0 0.5rem;
  padding: 0;
  list-style: none;
  font-size: 0.8125rem;
}

.legend li::before {
  content: "";
  display: inline-block;
  width: 0.75rem;
  height: 0.5rem;
  margin-right: 0.375rem;
  border-radius: 2px;
  background: var(--series);
  forced-color-adjust: none;
}

.series-1 {
  --series: light-dark(#2454c6, #8fb0ff);
}

.series-2 {
  --series: light-dark(#b4590a, #f0a25c);
}

.series-3 {
  --series: light-dark(#2f7d5b, #6fd0a4);
}

figure img {
  display: block;
  width: 100%;
  height: auto;
}

summary {
  width: fit-content;
  margin-top: 0.75rem;
  padding: 0.125rem 0;
  color: var(--quiet);
  font-size: 0.8125rem;
  cursor: pointer;
}

#health .facts {
  grid-template-columns: repeat(auto-fit, minmax(min(22rem, 100%), 1fr));
}

#health .facts div {
  grid-template-columns: 12rem minmax(0, 1fr);
}

/* Devices */

.devices {
  display: grid;
  gap: 0.75rem;
  margin: 0;
  padding: 0;
  list-style: none;
}

.device {
  display: flex;
  align-items: center;
  justify-content: space-between;
  gap: 1rem;
}

.inline {
  display: flex;
  flex-wrap: wrap;
  gap: 0.125rem 1.25rem;
  margin: 0.375rem 0 0;
  font-size: 0.875rem;
}

.inline div {
  display: flex;
  gap: 0.375rem;
}

.device > button {
  flex: none;
}

/* The question before an end */

dialog {
  max-width: min(28rem, calc(100vw - 2rem));
  padding: 1.5rem;
  border: 1px solid var(--line);
  border-radius: 0.75rem;
  background: var(--card);
  color: var(--text);
}

dialog::backdrop {
  background: rgb(0 0 0 / 45%);
}

dialog p {
  margin: 0.5rem 0 0;
}

dialog .buttons {
  justify-content: end;
  margin: 1.25rem 0 0;
}

/* A phone: rows become cards */

@media (max-width: 54rem) {
  .search .wide {
    flex: 1 1 8rem;
  }

  .sessions table,
  .sessions tbody,
  .sessions tr,
  .sessions td {
    display: block;
  }

  .sessions table {
    border: 0;
    background: none;
  }

  .sessions thead {
    display: flex;
    margin-bottom: 0.5rem;
  }

  .sessions thead tr {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 0 0.75rem;
  }

  .sessions thead th,
  .sessions thead td {
    width: auto;
    padding: 0.25rem 0;
  }

  .sessions thead th:not(:has(a)) {
    display: none;
  }

  .sessions tbody {
    display: grid;
    grid-template-columns: repeat(auto-fill, minmax(min(18rem, 100%), 1fr));
    gap: 0.75rem;
  }

  .sessions tbody tr {
    position: relative;
    padding: 0.75rem 1rem;
    border: 1px solid var(--line);
    border-radius: 0.75rem;
    background: var(--card);
  }

  .sessions tbody td {
    display: grid;
    grid-template-columns: 6.5rem minmax(0, 1fr);
    gap: 0 0.5rem;
    padding: 0.125rem 0;
    border: 0;
  }

  .sessions tbody td > * {
    grid-column: 2;
  }

  .sessions tbody td[data-column]::before {
    content: attr(data-column);
    grid-column: 1;
    grid-row: 1;
    color: var(--quiet);
    font-weight: 400;
    font-size: 0.8125rem;
  }

  .sessions tbody .select {
    position: absolute;
    top: 0.625rem;
    right: 0.75rem;
    display: block;
    width: auto;
  }

  .sessions tbody .owner {
    padding-right: 2rem;
    font-size: 1rem;
    max-width: none;
  }

  .sessions tbody .actions {
    display: block;
    margin-top: 0.5rem;
  }

  .actions button {
    width: 100%;
    min-height: 2.25rem;
  }
}

@media (max-width: 36rem) {
  .tiles {
    grid-template-columns: 1fr 1fr;
  }

  .tiles div:first-child {
    grid-column: 1 / -1;
  }

  .tiles div {
    padding: 0.625rem 0.75rem;
  }

  .device {
    flex-direction: column;
    align-items: stretch;
  }

  .facts div,
  #health .facts div {
    grid-template-columns: 1fr;
    gap: 0;
  }

  .facts dt {
    font-size: 0.8125rem;
  }

  .card {
    padding: 1rem;
  }

  .buttons > * {
    flex: 1 1 auto;
  }
}

@media (prefers-reduced-motion: no-preference) {
  button,
  .button,
  .bar a {
    transition: background-color 0.12s;
  }
}

@media (forced-colors: active) {
  [aria-pressed="true"]::before {
    forced-color-adjust: none;
  }
}
`;
