// Installs what is measured: packages of npm into bench/peers, PyTorch into an environment of its own. What cannot be had is absent.
import { execFile } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Declared } from './contestants.ts';

const folder = import.meta.dirname;
const call = promisify(execFile);
const isPython = ({ adapter }: Declared) => adapter.endsWith('.py');

export interface Installed {
  /** A Python with torch. */
  python?: string;
  pythonVersion?: string;
  /** Contestants that cannot run, and why. */
  absent: Map<string, string>;
}

export async function install(
  contestants: readonly Declared[],
  tell: (text: string) => void,
): Promise<Installed> {
  const absent = new Map<string, string>();
  const missing = () => contestants.filter(({ packages = [] }) => !packages.every(isInstalled));
  if (missing().length > 0) {
    tell('installing packages into bench/peers (about 800 MB, once)');
    // All of them are optional: npm goes on without those that it cannot get. Their scripts would compile or download, so none runs
    const options = [
      'install',
      '--no-save',
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
      '--fetch-retries',
      '1',
    ];
    const reason = await attempt('npm', options, 10);
    for (const { id, packages = [] } of missing()) {
      const names = packages.filter((name) => !isInstalled(name)).join(', ');
      absent.set(id, `npm could not install ${names}${reason && `: ${reason}`}`);
    }
  }
  if (!contestants.some(isPython)) return { absent };
  const found = await findPython(tell);
  if (typeof found !== 'string') return { ...found, absent };
  for (const { id } of contestants.filter(isPython)) absent.set(id, found);
  return { absent };
}

const isInstalled = (name: string): boolean => existsSync(join(folder, 'node_modules', name, 'package.json'));

/** A Python that imports torch, or why there is none. */
async function findPython(
  tell: (text: string) => void,
): Promise<{ python: string; pythonVersion: string } | string> {
  const environment = join(folder, '.venv');
  const own = join(
    environment,
    ...(process.platform === 'win32' ? ['Scripts', 'python.exe'] : ['bin', 'python']),
  );
  const { PEERS_PYTHON } = process.env;
  if (PEERS_PYTHON) {
    const version = await versionOf(PEERS_PYTHON);
    return version
      ? { python: PEERS_PYTHON, pythonVersion: version }
      : `PEERS_PYTHON (${PEERS_PYTHON}) does not import torch and numpy`;
  }
  for (const python of [own, 'python3']) {
    const version = await versionOf(python);
    if (version) return { python, pythonVersion: version };
  }
  tell('installing PyTorch into bench/peers/.venv (once; PEERS_PYTHON=… uses another)');
  rmSync(environment, { recursive: true, force: true });
  const pip = ['-m', 'pip', 'install', '--quiet', '--retries', '1', 'torch', 'numpy'];
  const reason = (await attempt('python3', ['-m', 'venv', environment], 2)) || (await attempt(own, pip, 15));
  const version = await versionOf(own);
  if (version) return { python: own, pythonVersion: version };
  rmSync(environment, { recursive: true, force: true });
  return `no Python has torch, and it could not be installed: ${reason || 'it does not import'}`;
}

async function versionOf(python: string): Promise<string | undefined> {
  try {
    const { stdout } = await call(
      python,
      ['-c', 'import torch, numpy, platform; print(platform.python_version())'],
      {
        timeout: 120_000,
      },
    );
    return stdout.trim();
  } catch {
    return undefined;
  }
}

/** The last that a program said about its failure; nothing if it succeeded. */
async function attempt(program: string, args: string[], minutes: number): Promise<string> {
  try {
    await call(program, args, {
      cwd: folder,
      timeout: 60_000 * minutes,
      shell: process.platform === 'win32',
    });
    return '';
  } catch (error) {
    const { stderr = '', killed, message } = error as { stderr?: string; killed?: boolean; message: string };
    if (killed) return `not done in ${minutes} minutes`;
    const lines = stderr.split('\n').filter((line) => /error/i.test(line) && !/complete log/i.test(line));
    return (lines[0] ?? message).trim().slice(0, 200);
  }
}

/** The version that bench/peers asks for. */
export const wantedVersions: Record<string, string> = JSON.parse(
  readFileSync(join(folder, 'package.json'), 'utf8'),
).optionalDependencies;
