// The environment of test processes, for every script that runs tests.
import { find, requirements } from "./requirements.mjs";

/** `coatcheck/...` means the sources in every process that a test starts; each required program is named. */
export function testEnvironment(): NodeJS.ProcessEnv {
  const programs = requirements.map((requirement) => [requirement.variable, find(requirement)]);
  const nodeOptions = `${process.env.NODE_OPTIONS ?? ""} --conditions=coatcheck-source`.trim();
  return { ...process.env, ...Object.fromEntries(programs), NODE_OPTIONS: nodeOptions };
}
