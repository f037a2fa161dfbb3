import { defineConfig } from "vitest/config";

// The SDKs honour proxy variables even for loopback, where every test server lives.
const loopback = { NO_PROXY: "127.0.0.1,localhost,::1", no_proxy: "127.0.0.1,localhost,::1" };

export default defineConfig({
  test: {
    restoreMocks: true,
    unstubEnvs: true,
    env: loopback,
    testTimeout: 30_000,
    hookTimeout: 60_000,
    projects: [
      {
        extends: true,
        test: {
          name: "parts",
          globalSetup: ["test/kit/temporary-folder.ts"],
          include: ["test/{unit,contract,emulators}/**/*.test.ts"],
        },
      },
      {
        extends: true,
        test: {
          name: "whole",
          include: ["test/e2e/**/*.test.ts"],
          globalSetup: ["test/kit/temporary-folder.ts", "test/kit/shared-stack.ts"],
          fileParallelism: false,
          testTimeout: 240_000,
        },
      },
    ],
  },
});
