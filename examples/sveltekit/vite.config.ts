import adapter from "@sveltejs/adapter-node";
import { sveltekit } from "@sveltejs/kit/vite";
import { defineConfig } from "vite";

export default defineConfig({
  plugins: [
    sveltekit({
      adapter: adapter(),
      // Forms are taken from here alone. Without it the adapter believes that visitors come by https.
      paths: { origin: process.env.ORIGIN ?? "http://localhost:3000" },
    }),
  ],
});
