// What one view alone has: a session, charts, devices.
export const views: string = `/* One session */

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
`;
