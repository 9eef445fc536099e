// The list of sessions, and plain tables.
export const tables: string = `/* Tables */

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
`;
