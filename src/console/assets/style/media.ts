// What differs by the screen and by what visitors have asked of their system: narrow windows, motion, forced colours.
export const media: string = `/* A phone: rows become cards */

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
