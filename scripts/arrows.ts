// Checks the arrows between the folders of src (rules: .dependency-cruiser.mjs), and that the engine stays in its house.
//
// dependency-cruiser reads TypeScript loosely when TypeScript 7 is the only one installed: without @swc/core it finds
// no module at all, with it it overlooks `export type { X } from`. So swc finds the imports here, exactly; they
// are written out as files that hold nothing else; dependency-cruiser resolves these and judges them. Two counts
// (modules, imports) make sure that nothing was overlooked.

import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, join, resolve, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseSync } from '@swc/core';
import { cruise, type ICruiseOptions, type ICruiseResult, type IFlattenedRuleSet } from 'dependency-cruiser';

const repository = resolve(import.meta.dirname, '..');

interface Rules {
  default: IFlattenedRuleSet & { options: ICruiseOptions };
  arrows: Record<string, string[]>;
  outside: string[];
  outsideGlobals: string[];
}
const rules: Rules = await import(pathToFileURL(join(repository, '.dependency-cruiser.mjs')).href);

export interface Violation {
  rule: 'arrow' | 'door' | 'cycle' | 'unresolved' | 'outside' | 'lazy' | 'overlooked';
  /** The file at fault, as 'src/...', with its line where that is known. */
  at: string;
  /** What it imports or names. */
  what: string;
  why: string;
}

interface Import {
  specifier: string;
  line: number;
  kind: 'static' | 'type' | 'dynamic';
}

interface Found {
  imports: Import[];
  /** Uses of `process`, `navigator`, ...; `import(expression)` counts as one of them. */
  globals: { name: string; line: number }[];
}

type Node = { type: string; span?: { start: number } } & Record<string, any>;

/** Every import and every use of an outside global in a TypeScript text. */
export function read(text: string): Found {
  // swc counts bytes from the first text it ever parsed: an empty statement in front shows where this one begins.
  const module = parseSync(`;${text}`, { syntax: 'typescript', decorators: true, target: 'es2022' });
  const bytes = Buffer.from(text);
  const start = module.body[0].span.start + 1;
  const lineOf = (node: Node) => {
    let line = 1;
    for (let i = 0; i < (node.span?.start ?? start) - start; i++) if (bytes[i] === 10) line++;
    return line;
  };
  const found: Found = { imports: [], globals: [] };
  const add = (kind: Import['kind'], source: Node, node: Node) =>
    found.imports.push({ kind, specifier: source.value, line: lineOf(node) });
  const use = (name: string, node: Node) => found.globals.push({ name, line: lineOf(node) });

  const walk = (node: Node) => {
    switch (node.type) {
      case 'ImportDeclaration':
      case 'ExportNamedDeclaration':
      case 'ExportAllDeclaration': {
        // `import { type X } from` is not meant here: verbatimModuleSyntax leaves an import of nothing, which still loads.
        if (node.source) return void add(node.typeOnly ? 'type' : 'static', node.source, node);
        break;
      }
      case 'TsImportType':
        add('type', node.argument, node);
        break;
      case 'CallExpression':
        if (node.callee.type !== 'Import') break;
        if (node.arguments[0].expression.type === 'StringLiteral')
          add('dynamic', node.arguments[0].expression, node);
        else use('import(expression)', node);
        break;
      case 'MemberExpression':
        if (node.object.value === 'globalThis' && rules.outsideGlobals.includes(node.property.value))
          use(node.property.value, node);
        break;
      case 'Identifier':
        if (rules.outsideGlobals.includes(node.value)) use(node.value, node);
    }
    for (const [field, child] of Object.entries(node)) {
      const isName = ['property', 'key', 'label'].includes(field) && child?.type === 'Identifier'; // a.process, { process: 1 }
      if (isName || child === null || typeof child !== 'object') continue;
      for (const each of Array.isArray(child) ? child : [child]) {
        // Arguments and array elements are wrapped as { spread, expression }, which has no type of its own.
        if (each !== null && typeof each === 'object') walk(each);
      }
    }
  };
  walk(module as unknown as Node);
  return found;
}

const within = (patterns: string[], file: string) =>
  patterns.some((pattern) => new RegExp(pattern).test(file));
const folderOf = (file: string) => /^src\/([^/]+)\//.exec(file)?.[1];

/** Why `from` may not import `to`, for people. */
function explain(from: string, to: string): Pick<Violation, 'rule' | 'why'> {
  const [here, there] = [folderOf(from), folderOf(to)];
  if (!to.startsWith('src/'))
    return {
      rule: 'outside',
      why: 'only the files listed as `outside` in .dependency-cruiser.mjs may import this',
    };
  if (here === 'kernels' && there === 'kernels')
    return {
      rule: 'arrow',
      why: 'kernels/reference, /wasm and /gpu see kernels/backend.ts, but not each other',
    };
  if (here === undefined && there !== undefined)
    return { rule: 'door', why: `${there} is entered through src/${there}/index.ts` };
  const targets = rules.arrows[here ?? ''];
  if (targets === undefined) return { rule: 'arrow', why: `src/${here ?? ''} is not in the table of arrows` };
  if (there !== undefined && targets.includes(there))
    return { rule: 'door', why: `${there} is entered through src/${there}/index.ts` };
  return { rule: 'arrow', why: `${here} may import ${targets.join(', ') || 'nothing'}` };
}

/** Checks `<root>/src`. */
export async function checkArrows(
  root: string,
): Promise<{ modules: number; imports: number; violations: Violation[] }> {
  const files = readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(join(root, sep).length).replaceAll(sep, '/'))
    .sort();
  const sources = new Map<string, Found>();
  const violations: Violation[] = [];

  mkdirSync(join(repository, 'build'), { recursive: true });
  const skeleton = mkdtempSync(join(repository, 'build', 'arrows-'));
  try {
    copyFileSync(join(repository, 'package.json'), join(skeleton, 'package.json'));
    for (const file of files) {
      let text = '';
      if (file.endsWith('.ts')) {
        const found = read(readFileSync(join(root, file), 'utf8'));
        sources.set(file, found);
        const quoted = found.imports.map(({ kind, specifier }) => [kind, JSON.stringify(specifier)]);
        text = quoted
          .map(([kind, name]) => (kind === 'dynamic' ? `import(${name});` : `import ${name};`))
          .join('\n');
      }
      mkdirSync(dirname(join(skeleton, file)), { recursive: true });
      writeFileSync(join(skeleton, file), text);
    }

    const { options, ...ruleSet } = rules.default;
    const { output } = await cruise(['src'], { ...options, baseDir: skeleton, validate: true, ruleSet });
    const { modules, summary } = output as ICruiseResult;

    const seen = modules.filter(({ source }) => sources.has(source));
    if (seen.length !== sources.size)
      throw new Error(`dependency-cruiser saw ${seen.length} modules, but src has ${sources.size} .ts files`);
    for (const { source, dependencies } of seen) {
      for (const { specifier, line } of sources.get(source)!.imports) {
        const names = [specifier, specifier.replace(/^node:/, '')];
        if (!dependencies.some(({ module }) => names.includes(module)))
          violations.push({
            rule: 'overlooked',
            at: `${source}:${line}`,
            what: specifier,
            why: 'dependency-cruiser did not see it',
          });
      }
    }

    const lineOf = (from: string, to: string) => {
      const { module } = modules
        .find(({ source }) => source === from)!
        .dependencies.find(({ resolved }) => resolved === to)!;
      const hit = sources
        .get(from)
        ?.imports.find(({ specifier }) => specifier.replace(/^node:/, '') === module.replace(/^node:/, ''));
      return hit ? `${from}:${hit.line}` : from;
    };
    const cycles = new Set<string>();
    for (const { rule, from, to, cycle } of summary.violations) {
      const at = lineOf(from, to);
      if (rule.name === 'cycle') {
        // dependency-cruiser reports a cycle once for every file on it.
        const ring = cycle!.map(({ name }) => name);
        const members = [...ring].sort().join();
        if (cycles.has(members)) continue;
        cycles.add(members);
        violations.push({ rule: 'cycle', at, what: to, why: `a cycle: ${[from, ...ring].join(' → ')}` });
      } else if (rule.name === 'unresolved') {
        violations.push({ rule: 'unresolved', at, what: to, why: 'there is no such file or package' });
      } else if (
        !summary.violations.some(
          (other) => other.rule.name === 'unresolved' && other.from === from && other.to === to,
        )
      ) {
        violations.push({ at, what: to, ...explain(from, to) });
      }
    }
  } finally {
    rmSync(skeleton, { recursive: true, force: true });
  }

  for (const [file, { imports, globals }] of sources) {
    const why = 'only the files listed as `outside` in .dependency-cruiser.mjs may name this';
    for (const { name, line } of within(rules.outside, file) ? [] : globals)
      violations.push({ rule: 'outside', at: `${file}:${line}`, what: name, why });
    for (const { specifier, line, kind } of imports)
      if (kind === 'static' && !/^[.#]/.test(specifier) && !file.endsWith('.node.ts')) {
        const why = `ask process.getBuiltinModule when it is needed: ${isBuiltin(specifier) ? 'a browser has no such module' : 'it may be absent'}`;
        violations.push({ rule: 'lazy', at: `${file}:${line}`, what: specifier, why });
      }
  }
  const imports = [...sources.values()].reduce((sum, found) => sum + found.imports.length, 0);
  return { modules: sources.size, imports, violations };
}

if (resolve(process.argv[1] ?? '') === import.meta.filename) {
  const { modules, imports, violations } = await checkArrows(repository);
  for (const { rule, at, what, why } of violations)
    console.error(`${rule.padEnd(10)} ${at} → ${what}\n${' '.repeat(11)}${why}`);
  console.log(`arrows: ${modules} modules, ${imports} imports, ${violations.length} violations`);
  if (modules === 0) console.error('src has no .ts file: there was nothing to check');
  process.exitCode = violations.length > 0 || modules === 0 ? 1 : 0;
}
