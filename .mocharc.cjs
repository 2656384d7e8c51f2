// The course in reading order, then the tests that no one reads for pleasure; `npx mocha <file>` runs that file only.
const named = process.argv.slice(2).some((argument) => /^[^-].*\.ts$/.test(argument));

module.exports = {
  spec: named ? [] : ['test/course/**/*.test.ts', 'test/unit/**/*.test.ts'],
  timeout: 20_000,
  require: ['./test/support/prepare.ts'],
  reporter: 'spec',
  forbidOnly: Boolean(process.env.CI),
};
