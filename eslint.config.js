import eslint from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';
import { composers, importDirection, pureFolders } from './scripts/lint/architecture.js';

export default defineConfig(
  globalIgnores(['dist/', 'lib/', 'node_modules/', '.tools/', '.bench/', 'coverage/', 'test/fixtures/']),
  eslint.configs.recommended,
  tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'exit', message: 'Only src/main.ts ends the process: throw a KfaasError.' },
      ],
    },
  },
  {
    files: ['**/*.js'],
    extends: [tseslint.configs.disableTypeChecked],
    rules: { 'no-undef': 'off' }, // tsc checks these files too
  },
  {
    files: ['src/**/*.ts'],
    plugins: { kfaas: { rules: { 'import-direction': importDirection } } },
    rules: { 'kfaas/import-direction': 'error', 'no-console': 'error' },
  },
  { files: composers.map((name) => `src/${name}{.ts,/**/*.ts}`), rules: { 'no-console': 'off' } },
  { files: ['src/main.ts'], rules: { 'no-restricted-properties': 'off' } },
  {
    files: pureFolders.map((folder) => `src/${folder}/**/*.ts`),
    rules: {
      'no-restricted-globals': [
        'error',
        ...['process', 'console', 'fetch', 'performance', 'setTimeout', 'setInterval'].map((name) => ({
          name,
          message: 'This folder is pure: take what you need as an argument.',
        })),
      ],
    },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off', // a test that meets undefined should end there
    },
  },
);
