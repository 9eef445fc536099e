/** The processor time that this process has used, in ms: unlike the clock, it stands still while other programs run. */
export function cpuTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
