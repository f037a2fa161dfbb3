import { defineConfig } from "vitest/config";

// The SDKs honour proxy variables even for loopback, where every test server lives.
const loopback = { NO_PROXY: "127.0.0.1,localhost,::1", no_proxy: "127.0.0.1,localhost,::1" };

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    restoreMocks: true,
    unstubEnvs: true,
    env: loopback,
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
