export interface Requirement {
  readonly name: string;
  readonly purpose: string;
  readonly variable: string;
  readonly programs: readonly string[];
  readonly beside?: readonly string[];
  readonly trial?: readonly string[];
  readonly debianPackages: readonly string[];
  readonly otherwise: string;
  readonly insteadOf?: string;
}

export const requirements: readonly Requirement[];

export function find(requirement: Requirement): string | undefined;

export function findProgram(name: "Chromium" | "Redis" | "PostgreSQL" | "Python with Flask"): string | undefined;
