import { defineNitroConfig } from "nitropack/config";

export default defineNitroConfig({
  compatibilityDate: "2026-01-01",
  // Its binary is found at run time, so it stays a package of its own.
  externals: { external: ["lmdb"] },
});
