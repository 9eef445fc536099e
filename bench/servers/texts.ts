// What every server under test keeps and answers, so that all of them do the same work and send the same bytes.

/** Six keys, about 500 bytes as JSON. */
export interface BenchData {
  username: string;
  visits: number;
  locale: string;
  roles: string[];
  cart: { sku: string; quantity: number }[];
  note: string;
}

export function dataOf(user: string): BenchData {
  return {
    username: user,
    visits: 100_000,
    locale: "en-GB",
    roles: ["reader", "writer", "reviewer"],
    cart: ["BK-1042", "BK-2210", "CD-0077"].map((sku) => ({ sku, quantity: 2 })),
    note: "All work and no play makes a dull day. ".repeat(7),
  };
}

/** All names are of one length. */
export function userName(index: number): string {
  return `user-${String(index).padStart(4, "0")}`;
}

export const greeting = (user: string | null | undefined): string => `Hello, ${user}`;
export const visitCount = (visits: number): string => `Visits: ${visits}`;
export const loginState = (isLoggedIn: boolean): string => `Logged in: ${isLoggedIn}`;
export const SEEDED = "seeded";

/** For all secrets of all libraries; made up for this benchmark. */
export const SECRET = "q7Jm2vXc9LrT4wZk8NbY6sHf3DgP5uEa";
