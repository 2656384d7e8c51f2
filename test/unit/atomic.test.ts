// Saving, and what may come in between: the name stands for the old file or the new one, whole.
import { fork, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { buildSync } from 'esbuild';
import { DataError, io } from '../../src/index.ts';
import { expectRejection } from '../support/errors.ts';
import { seeded } from '../support/random.ts';
import { stateOf } from '../support/saver.ts';

describe('saving', () => {
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'typegrad-atomic-'));
    path = join(folder, 'run.safetensors');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const bytesOf = (text: string) => new TextEncoder().encode(text);
  const contents = (file = path) => readFileSync(file, 'utf8');
  const isWindows = process.platform === 'win32';
  const isRoot = process.getuid?.() === 0;

  /** Skips a test, and says why. */
  function skip(context: Mocha.Context, reason: string): never {
    console.log(`      skipped: ${reason}`);
    return context.skip();
  }

  describe('a save that is killed', () => {
    const [kills, lanes, size] = [100, 4, 2 ** 18];

    it(`${kills} times leaves the old checkpoint or the new one, whole, and never one older than was promised`, async function () {
      this.timeout(120_000);
      const program = join(folder, 'saver.mjs');
      buildSync({
        entryPoints: [fileURLToPath(new URL('../support/saver.ts', import.meta.url))],
        bundle: true,
        format: 'esm',
        platform: 'node',
        outfile: program,
      });
      const interrupted = await Promise.all(
        Array.from({ length: lanes }, (_, lane) => killOften(program, join(folder, `${lane}`), seeded(lane))),
      );
      expect(Math.min(...interrupted), 'kills in mid-save, in each lane').to.be.above(kills / lanes / 10);
    });

    /** Lets the program save into a folder and kills it, again and again. Returns how many saves were interrupted. */
    async function killOften(program: string, own: string, random: () => number): Promise<number> {
      const file = join(own, 'run.safetensors');
      mkdirSync(own);
      await io.saveCheckpoint(file, stateOf(0, size));
      let [last, interrupted] = [0, 0];
      for (let kill = 0; kill < kills / lanes; kill++) {
        const promised = await saveUntilKilled(program, file, random);
        const found = (await io.loadCheckpoint(file)) as ReturnType<typeof stateOf>;
        expect(promised, `saves before kill ${kill}`).to.be.above(last);
        expect(found.n, `the state after kill ${kill}`).to.be.at.least(promised);
        const { bytes } = stateOf(found.n, size);
        expect(Buffer.compare(found.bytes, bytes), `the bytes of state ${found.n}`).to.equal(0);
        last = found.n;
        const leftOvers = readdirSync(own).filter((name) => name.endsWith('.tmp'));
        expect(leftOvers.length, 'files left over: the last kill’s at most').to.be.at.most(1);
        interrupted += leftOvers.length;
      }
      await io.saveCheckpoint(file, stateOf(0, size));
      expect(readdirSync(own)).to.deep.equal(['run.safetensors']);
      return interrupted;
    }

    /** Kills the program at some moment of the two saves after its first. Returns the last state that it promised. */
    function saveUntilKilled(program: string, file: string, random: () => number): Promise<number> {
      return new Promise((resolve, reject) => {
        const child = fork(program, [file, `${size}`], { execArgv: [] });
        let promised = 0;
        child.on('message', ({ n, took }: { n: number; took: number }) => {
          if (promised === 0) setTimeout(() => child.kill('SIGKILL'), 2 * took * random());
          promised = n;
        });
        child.on('error', reject);
        child.on('exit', (code, signal) =>
          signal === 'SIGKILL' || isWindows
            ? resolve(promised)
            : reject(new Error(`the program ended by itself, with ${code}`)),
        );
      });
    }
  });

  describe('a save without room', () => {
    const limit = 64 * 1024;

    /** Saves a small file, then one that has no room, and expects the small one to be there still. */
    async function expectNoRoom(code: string): Promise<void> {
      const [small, large] = [bytesOf('small'), new Uint8Array(4 * limit)];
      await io.writeFile(path, small);
      await expectRejection(io.writeFile(path, large), DataError, `io: cannot write ${path}`, code);
      expect(contents()).to.equal('small');
      expect(readdirSync(join(path, '..'))).to.deep.equal([basename(path)]);
      await io.writeFile(path, bytesOf('again'));
      expect(contents()).to.equal('again');
    }

    it('on a full disk leaves the old file, and says so', async function () {
      const disk = join(folder, 'disk');
      mkdirSync(disk);
      const mount = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${limit}`, 'tmpfs', disk], {
        encoding: 'utf8',
      });
      if (mount.status !== 0) skip(this, `no small disk can be mounted here: ${mount.stderr ?? mount.error}`);
      try {
        path = join(disk, 'run.safetensors');
        await expectNoRoom('ENOSPC');
      } finally {
        spawnSync('umount', [disk]);
      }
    });

    it('beyond the largest file that the shell allows leaves the old file, and says so', function () {
      if (isWindows) skip(this, 'there is no ulimit');
      this.timeout(20_000);
      const program = `
      import { writeFile } from ${JSON.stringify(new URL('../../src/io/index.ts', import.meta.url).href)};
      const [path] = process.argv.slice(1);
      await writeFile(path, new Uint8Array(10));
      await writeFile(path, new Uint8Array(${4 * limit})).catch((error) => console.log(error.name, error.message));`;
      const { stdout, stderr } = spawnSync(
        'sh',
        [
          '-c',
          `ulimit -f ${limit / 512} && exec "$@"`,
          'sh',
          process.execPath,
          ...process.execArgv,
          '--input-type=module',
          '-e',
          program,
          path,
        ],
        { encoding: 'utf8' },
      );
      expect(stdout, stderr).to.include(`DataError io: cannot write ${path}: EFBIG`);
      expect(statSync(path).size).to.equal(10);
      expect(readdirSync(folder)).to.deep.equal(['run.safetensors']);
    });
  });

  describe('a save, step by step', () => {
    /** Runs `body` while every step of a save is noted in the returned list, and `failing` throws. */
    async function traced(failing: string | undefined, body: () => Promise<void>): Promise<string[]> {
      const steps: string[] = [];
      const { open, rename } = fs;
      const note = (step: string) => {
        steps.push(step);
        if (step === failing) throw Object.assign(new Error(`EIO: ${step}`), { code: 'EIO' });
      };
      const short = (name: unknown) => (String(name).endsWith('.tmp') ? 'beside' : basename(String(name)));
      fs.open = (async (name: string, ...rest: [string, number]) => {
        note(`open ${short(name)}`);
        const handle = await open(name, ...rest);
        for (const method of ['writeFile', 'sync', 'close', 'chmod'] as const) {
          const own = (handle[method] as (...args: unknown[]) => unknown).bind(handle);
          Object.assign(handle, {
            [method]: async (...args: unknown[]) => {
              if (method === 'close') await own(); // a failing close has closed
              note(`${method} ${short(name)}`);
              return method === 'close' ? undefined : own(...args);
            },
          });
        }
        return handle;
      }) as typeof fs.open;
      fs.rename = async (from, to) => {
        note(`rename ${short(to)}`);
        return rename(from, to);
      };
      try {
        await body();
      } finally {
        Object.assign(fs, { open, rename });
      }
      return steps;
    }

    const order = () => [
      'open beside',
      'writeFile beside',
      'sync beside',
      'close beside',
      'rename run.safetensors',
      `open ${basename(folder)}`,
      `sync ${basename(folder)}`,
      `close ${basename(folder)}`,
    ];

    it('flushes the file before it gets its name, and the folder after', async () => {
      expect(await traced(undefined, () => io.writeFile(path, bytesOf('new')))).to.deep.equal(order());
    });

    it('leaves the old file, and nothing else, whichever step fails', async () => {
      await io.writeFile(path, bytesOf('old'));
      for (const failing of [...order().slice(0, 5), 'chmod beside']) {
        await traced(failing, () =>
          expectRejection(
            io.writeFile(path, bytesOf('new')),
            DataError,
            `io: cannot write ${path}: EIO: ${failing}`,
          ),
        );
        expect(contents(), failing).to.equal('old');
        expect(readdirSync(folder), failing).to.deep.equal(['run.safetensors']);
      }
    });

    it('has succeeded when the folder cannot be flushed: some systems cannot', async () => {
      for (const failing of [`open ${basename(folder)}`, `sync ${basename(folder)}`])
        await traced(failing, () => io.writeFile(path, bytesOf(failing)));
      expect(contents()).to.equal(`sync ${basename(folder)}`);
    });
  });

  describe('a save beside what others left', () => {
    it('removes what dead programs left of this file, and nothing else', async () => {
      const dead = spawnSync(process.execPath, ['-e', '']).pid;
      const mine = join(folder, `run.safetensors.${process.pid}-new.tmp`);
      const before = join(folder, `run.safetensors.${process.pid}-old.tmp`);
      const others = [
        `run.safetensors.${process.ppid}-alive.tmp`,
        `other.safetensors.${dead}-abc.tmp`,
        `run.safetensors.${dead}-abc.txt`,
        `run.safetensors.tmp`,
        `run.safetensors.best.${dead}-abc.tmp`,
        'run.safetensors.0x1-abc.tmp',
      ].map((name) => join(folder, name));
      for (const file of [mine, before, ...others, join(folder, `run.safetensors.${dead}-abc.tmp`)])
        writeFileSync(file, 'half');
      utimesSync(before, 1, 1); // of a program that had this number before, as happens in containers

      await io.writeFile(path, bytesOf('new'));
      expect(readdirSync(folder).sort()).to.deep.equal(
        [path, mine, ...others].map((file) => basename(file)).sort(),
      );
    });

    it('works while others save to the same name: the file is one of theirs, whole', async () => {
      const texts = Array.from({ length: 20 }, (_, i) => String.fromCharCode(65 + i).repeat(50_000));
      await Promise.all(texts.map((text) => io.writeFile(path, bytesOf(text))));
      expect(texts).to.include(contents());
      expect(readdirSync(folder)).to.deep.equal(['run.safetensors']);
      await io.writeFile(path, bytesOf('last'));
      expect(contents()).to.equal('last');
    });
  });

  describe('a save over a file', () => {
    it('keeps its permissions, whatever the umask', async function () {
      if (isWindows) skip(this, 'Windows has no modes');
      const umask = process.umask(0o077);
      try {
        await io.writeFile(path, bytesOf('new'));
        expect(statSync(path).mode & 0o777).to.equal(0o600); // a new file has the umask's
        for (const mode of [0o644, 0o600, 0o666, 0o640, 0o755]) {
          chmodSync(path, mode);
          await io.writeFile(path, bytesOf('newer'));
          expect((statSync(path).mode & 0o777).toString(8)).to.equal(mode.toString(8));
        }
      } finally {
        process.umask(umask);
      }
    });

    it('keeps its owner, where an administrator saves', async function () {
      if (!isRoot) skip(this, 'only an administrator may give files away');
      await io.writeFile(path, bytesOf('theirs'));
      chownSync(path, 12345, 54321);
      await io.writeFile(path, bytesOf('still theirs'));
      expect([statSync(path).uid, statSync(path).gid]).to.deep.equal([12345, 54321]);
    });

    it('is in its folder, also if the process moves to another meanwhile', async () => {
      const before = process.cwd();
      process.chdir(folder);
      try {
        const saving = io.writeFile('run.safetensors', bytesOf('new'));
        process.chdir(tmpdir());
        await saving;
      } finally {
        process.chdir(before);
      }
      expect(contents()).to.equal('new');
    });

    it('does not overwrite one that may not be written', async function () {
      if (isRoot || isWindows) skip(this, 'an administrator may write everything');
      await io.writeFile(path, bytesOf('keep'));
      chmodSync(path, 0o444);
      await expectRejection(io.writeFile(path, bytesOf('new')), DataError, `cannot write ${path}`, 'EACCES');
      expect(contents()).to.equal('keep');
    });

    it('follows links, also to a file that is not there yet', async function () {
      if (isWindows) skip(this, 'links need rights on Windows');
      mkdirSync(join(folder, 'runs'));
      symlinkSync(join('runs', 'first.safetensors'), join(folder, 'latest')); // relative to the link, and dangling
      symlinkSync('latest', path);
      for (const text of ['new', 'newer']) {
        await io.writeFile(path, bytesOf(text));
        expect(lstatSync(path).isSymbolicLink()).to.equal(true);
        expect(readlinkSync(join(folder, 'latest'))).to.equal(join('runs', 'first.safetensors'));
        expect(contents(join(folder, 'runs', 'first.safetensors'))).to.equal(text);
        expect(readdirSync(join(folder, 'runs'))).to.deep.equal(['first.safetensors']);
      }
      expect(readdirSync(folder).sort()).to.deep.equal(['latest', 'run.safetensors', 'runs']);
    });

    it('refuses links that lead nowhere or in a circle', async function () {
      if (isWindows) skip(this, 'links need rights on Windows');
      symlinkSync('run.safetensors', path);
      await expectRejection(io.writeFile(path, bytesOf('x')), DataError, `cannot write ${path}`, 'ELOOP');
      rmSync(path);
      symlinkSync(join('no', 'such', 'folder'), path);
      await expectRejection(io.writeFile(path, bytesOf('x')), DataError, `cannot write ${path}`, 'ENOENT');
      expect(lstatSync(path).isSymbolicLink()).to.equal(true);
    });

    it('refuses what is no file, and does not replace it', async function () {
      await expectRejection(io.writeFile(folder, bytesOf('x')), DataError, 'is no ordinary file');
      const { status } = spawnSync('mkfifo', [path]);
      if (status !== 0) skip(this, 'there is no mkfifo');
      await expectRejection(
        io.writeFile(path, bytesOf('x')),
        DataError,
        `cannot write ${path}`,
        'is no ordinary file',
      );
      expect(lstatSync(path).isFIFO()).to.equal(true);
    });
  });
});
