// Imports the exports of the package that are named on the command line, and says what each gives.
for (const name of process.argv.slice(2)) {
  const names = Object.keys(await import(name));
  if (names.length === 0) throw new Error(`${name} exports nothing`);
  console.log(`${name}: ${names.join(", ")}`);
}
