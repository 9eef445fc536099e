import type { NextConfig } from "next";

const config: NextConfig = {
  // One copy of the library, and one open store, for all bundles of the app.
  serverExternalPackages: ["coatcheck"],
};

export default config;
