import { defineConfig } from "vitest/config";

// One plant and one browser a file, one file after the other: these are real processes in real time.
export default defineConfig({
  test: {
    include: ["browser/*.test.ts"], fileParallelism: false, testTimeout: 900_000, hookTimeout: 300_000, retry: 0,
    reporters: ["default", ["junit", { outputFile: process.env.STANDSTILL_PAGE_REPORT ?? "report.xml" }]],
  },
});
