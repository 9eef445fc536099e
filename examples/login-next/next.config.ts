import type { NextConfig } from "next";

const config: NextConfig = {
  // The embedded store is a native module, which no bundler can take in.
  serverExternalPackages: ["coatcheck"],
};

export default config;
