// Buttons, fields and searches.
export const forms: string = `/* Forms */

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
`;
