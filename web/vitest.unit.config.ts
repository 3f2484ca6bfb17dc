import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["unit/*.test.ts"],
    reporters: ["default", ["junit", { outputFile: process.env.STANDSTILL_PAGE_REPORT ?? "report.xml" }]],
  },
});
