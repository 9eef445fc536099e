// The question before something is ended.
export const dialog: string = `/* The question before an end */

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
`;
