declare namespace App {
  interface Locals {
    session: import("coatcheck").Session<{ username?: string }>;
  }
}
