// What a process with a server under test does: it starts the one that is asked for, and tells what that costs.

/**
 * Starts the server of that name and prints its port. For each line that comes in then, it prints what this process has
 * used of the processor, in microseconds; it ends with the benchmark, however that ends.
 * @param starts Each loads its own library only, and answers the port.
 */
export async function serveChosen(starts: Readonly<Record<string, () => Promise<number>>>): Promise<void> {
  const name = process.argv[2] ?? "";
  const start = starts[name];
  if (!start) throw new Error(`There is no server ${name}.`);
  console.log(await start());
  process.stdin.on("data", () => {
    const { user, system } = process.cpuUsage();
    console.log(user + system);
  });
  process.stdin.on("end", () => process.exit());
}
