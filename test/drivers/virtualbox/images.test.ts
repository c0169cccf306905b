import { execa } from 'execa';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DriverContext } from '../../../src/drivers/driver.js';
import { openImageCache } from '../../../src/drivers/virtualbox/image/cache.js';
import { readDiskFormat } from '../../../src/drivers/virtualbox/image/disk-format.js';
import { download } from '../../../src/drivers/virtualbox/image/download.js';
import { driverContexts } from '../../support/driver-context.js';

let folder = '';
let server: Server;
/** What the server has, and what it was asked for. */
let files: Record<string, Buffer> = {};
let requests: { readonly path: string; readonly range: string | undefined }[] = [];
/** Ends an answer after so many bytes, once. */
let breakAfter: number | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'swarmup-images-'));
  files = {};
  requests = [];
  breakAfter = undefined;
  server = createServer((request, response) => {
    const path = request.url ?? '';
    requests.push({ path, range: request.headers.range });
    const data = files[path];
    if (data === undefined) return void response.writeHead(404).end();
    const etag = `"${createHash('sha256').update(data).digest('hex').slice(0, 12)}"`;
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const resumes = from > 0 && request.headers['if-range'] === etag;
    const rest = resumes ? data.subarray(from) : data;
    response.writeHead(resumes ? 206 : 200, { etag, 'content-length': rest.length });
    if (breakAfter === undefined) return void response.end(rest);
    response.write(rest.subarray(0, breakAfter), () => response.destroy());
    breakAfter = undefined;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true });
});

const base = (): string => `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
const hex = (algorithm: string, data: Buffer): string => createHash(algorithm).update(data).digest('hex');

/** A header of qcow2 and some bytes: what the cache looks at. */
function qcow2({
  features = 0,
  size = 5_000_000,
  backing = '',
}: { features?: number; size?: number; backing?: string } = {}): Buffer {
  const data = Buffer.alloc(2000, 7);
  data.fill(0, 0, 112);
  data.write('QFI\xfb', 'latin1');
  data.writeUInt32BE(3, 4);
  if (backing !== '') {
    data.writeBigUInt64BE(200n, 8);
    data.writeUInt32BE(backing.length, 16);
    data.write(backing, 200);
  }
  data.writeBigUInt64BE(BigInt(size), 24);
  data.writeBigUInt64BE(BigInt(features), 72);
  return data;
}

const log: string[] = [];
function cache(more: Partial<DriverContext> = {}) {
  const context = {
    ...driverContexts({}, folder)(),
    env: { SWARMUP_IMAGE_MIRROR: base() },
    log: (line: string) => void log.push(line),
  };
  return openImageCache({ ...context, ...more }, 'amd64');
}

const debian = '/cloud.debian.org/images/cloud/bookworm/latest';
const ubuntu = '/cloud-images.ubuntu.com/releases/noble/release';
function publish(data: Buffer, listed = data): void {
  files[`${debian}/debian-12-generic-amd64.qcow2`] = data;
  files[`${debian}/SHA512SUMS`] = Buffer.from(
    `00  other.qcow2\n${hex('sha512', listed)}  debian-12-generic-amd64.qcow2\n`,
  );
}

describe('the image cache', () => {
  it('downloads an image once, verifies it, and needs no network from then on', async () => {
    publish(qcow2());
    const { image, path } = await cache().ensure('debian-12');
    expect(image).toMatchObject({
      name: 'debian-12',
      digest: `sha512:${hex('sha512', qcow2())}`,
      diskBytes: 5_000_000,
    });
    expect(path).toBe(join(folder, 'images', `sha512-${hex('sha512', qcow2())}.qcow2`));
    expect(await readFile(path)).toEqual(qcow2());
    expect(log.join('\n')).toMatch(/downloading debian-12: 100 % of/);
    requests = [];
    expect((await cache().ensure('debian-12')).path).toBe(path);
    expect(requests).toEqual([]);
    expect((await cache().list()).map(({ name }) => name)).toEqual(['debian-12']);
  });

  it('downloads an image that several hosts want at once only once', async () => {
    publish(qcow2());
    const shared = cache();
    const found = await Promise.all([1, 2, 3].map(() => shared.ensure('debian-12')));
    expect(new Set(found.map(({ path }) => path)).size).toBe(1);
    expect(requests.filter(({ path }) => path.endsWith('.qcow2'))).toHaveLength(1);
  });

  it('reads the list of digests of Ubuntu, too', async () => {
    const file = 'ubuntu-24.04-server-cloudimg-amd64.img';
    files[`${ubuntu}/${file}`] = qcow2();
    files[`${ubuntu}/SHA256SUMS`] = Buffer.from(`${hex('sha256', qcow2())} *${file}\n`);
    expect((await cache().ensure('ubuntu-24.04')).image.digest).toBe(`sha256:${hex('sha256', qcow2())}`);
  });

  it('does not take an image whose digest is another one', async () => {
    publish(qcow2(), Buffer.from('another'));
    await expect(cache().ensure('debian-12')).rejects.toMatchObject({ code: 'IMAGE_DIGEST_MISMATCH', exitCode: 1 });
    expect((await readdir(join(folder, 'images'))).filter((name) => name !== 'index.json')).toEqual([]);
    files['/my.qcow2'] = qcow2();
    const digest = `sha256:${'0'.repeat(64)}`;
    await expect(cache().ensure(`${base()}/my.qcow2`, digest)).rejects.toMatchObject({ code: 'IMAGE_DIGEST_MISMATCH' });
    await expect(cache().ensure(`${base()}/my.qcow2`, 'md5:0')).rejects.toMatchObject({
      code: 'OPTION_INVALID',
      exitCode: 2,
    });
  });

  it('pull fetches what is newer, and leaves alone what is not', async () => {
    publish(qcow2());
    const first = await cache().pull('debian-12');
    requests = [];
    expect(await cache().pull('debian-12')).toEqual(first);
    expect(requests.map(({ path }) => path)).toEqual([`${debian}/SHA512SUMS`]);
    const newer = qcow2({ size: 6_000_000 });
    publish(newer);
    expect(await cache().pull('debian-12')).toMatchObject({ digest: `sha512:${hex('sha512', newer)}` });
    expect(await cache().list()).toHaveLength(1);
  });

  it('takes files in, knows them again, and sees when they changed', async () => {
    const file = join(folder, 'own.img');
    await writeFile(file, qcow2());
    const { image, path } = await cache().ensure(file);
    expect(image).toMatchObject({ name: file, digest: `sha256:${hex('sha256', qcow2())}` });
    expect(await readFile(path)).toEqual(qcow2());
    expect((await cache().ensure(file)).image).toEqual(image);
    await writeFile(file, qcow2({ size: 7_000_000 }));
    expect((await cache().ensure(file)).image.digest).not.toBe(image.digest);
    await cache().import(file, 'mine');
    expect((await cache().ensure('mine')).image.name).toBe('mine');
  });

  it('removes by name or digest, and keeps a file that another name has', async () => {
    const file = join(folder, 'own.img');
    await writeFile(file, qcow2());
    const { file: stored, digest } = await cache().import(file, 'one');
    await cache().import(file, 'two');
    expect(await cache().remove('one')).toBe(true);
    expect(await readdir(join(folder, 'images'))).toContain(stored);
    expect(await cache().remove(digest.slice(7, 20))).toBe(true);
    expect(await readdir(join(folder, 'images'))).not.toContain(stored);
    expect(await cache().remove('two')).toBe(false);
  });

  it.each([
    [
      'debian-21',
      {
        code: 'IMAGE_UNKNOWN',
        exitCode: 2,
        hints: expect.arrayContaining(['did you mean debian-12 or debian-13?']) as unknown,
      },
    ],
    ['/nowhere/x.qcow2', { code: 'IMAGE_FILE_MISSING', exitCode: 2 }],
    ['debian-13', { code: 'DOWNLOAD_FAILED', exitCode: 1, message: expect.stringMatching(/answers 404/) as unknown }],
  ])('refuses %s', async (name, error) => {
    await expect(cache().ensure(name)).rejects.toMatchObject(error);
  });
});

describe('a download', () => {
  const options = () => ({ signal: new AbortController().signal, onProgress: () => undefined, pauseMs: 1 });

  it('goes on where it was broken off', async () => {
    files['/x'] = Buffer.alloc(500_000, 'abc');
    breakAfter = 200_000;
    await download(`${base()}/x`, join(folder, 'x'), options());
    expect((await readFile(join(folder, 'x'))).equals(files['/x'])).toBe(true);
    expect(requests.map(({ range }) => range !== undefined)).toEqual([false, true]);
  });

  it('begins anew when the file is another one by now', async () => {
    files['/x'] = Buffer.alloc(500_000, 'abc');
    breakAfter = 200_000;
    const first = new AbortController();
    const progress = (bytes: number): void => {
      if (bytes >= 100_000) first.abort(new Error('enough'));
    };
    await expect(
      download(`${base()}/x`, join(folder, 'x'), { ...options(), signal: first.signal, onProgress: progress }),
    ).rejects.toThrow('enough');
    files['/x'] = Buffer.alloc(400_000, 'xyz');
    await download(`${base()}/x`, join(folder, 'x'), options());
    expect((await readFile(join(folder, 'x'))).equals(files['/x'])).toBe(true);
    expect(await readdir(folder)).toEqual(['x']);
  });

  it('that stalls is given up', async () => {
    const silent = createServer((_, response) => void response.writeHead(200, { 'content-length': 5 }).write('a'));
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${String((silent.address() as AddressInfo).port)}/x`;
    await expect(download(url, join(folder, 'x'), { ...options(), stallMs: 50 })).rejects.toMatchObject({
      code: 'DOWNLOAD_FAILED',
      message: expect.stringMatching(/no data arrived for 0.05 s/) as unknown,
    });
    silent.closeAllConnections();
    silent.close();
  });
});

describe('an image that VirtualBox cannot read', () => {
  const noQemu = { run: () => Promise.reject(Object.assign(new Error('no qemu-img'), { code: 'ENOENT' })) };

  it.each([
    ['compressed by zstd', qcow2({ features: 8 }), /compressed with zstd/],
    ['raw', Buffer.concat([Buffer.alloc(510), Buffer.from([0x55, 0xaa]), Buffer.alloc(1000)]), /raw image/],
    ['that builds on another one', qcow2({ backing: '/etc/passwd' }), /is based on another image/],
  ])('%s is refused where there is no qemu-img', async (_, data, why) => {
    await writeFile(join(folder, 'x.img'), data);
    await expect(cache(noQemu).ensure(join(folder, 'x.img'))).rejects.toMatchObject({
      code: 'IMAGE_UNSUPPORTED',
      exitCode: 3,
      message: expect.stringMatching(why) as unknown,
      hints: expect.arrayContaining([expect.stringMatching(/qemu-utils/)]) as unknown,
    });
  });

  it.each([
    ['packed', Buffer.concat([Buffer.from('fd377a585a00', 'hex'), Buffer.alloc(600)]), /compressed with xz/],
    ['encrypted', ((): Buffer => (qcow2().writeUInt32BE(1, 32), Object.assign(qcow2(), { 35: 1 })))(), /encrypted/],
    ['no image at all', Buffer.from('<html>not found</html>'.padEnd(2000)), /is not a disk image/],
  ])('%s is refused', async (_, data, why) => {
    await writeFile(join(folder, 'x.img'), data);
    const error = { code: 'IMAGE_UNSUPPORTED', exitCode: 3, message: expect.stringMatching(why) as unknown };
    await expect(cache().ensure(join(folder, 'x.img'))).rejects.toMatchObject(error);
  });

  it('that was downloaded never makes us read another file', async () => {
    files['/evil.qcow2'] = qcow2({ backing: '/etc/passwd' });
    await expect(cache().ensure(`${base()}/evil.qcow2`)).rejects.toMatchObject({ code: 'IMAGE_UNSUPPORTED' });
  });

  it('is converted by qemu-img', async ({ skip }) => {
    if ((await execa('qemu-img', ['--version'], { reject: false })).exitCode !== 0) skip('qemu-img is not installed');
    const [plain, zstd, raw] = ['plain.qcow2', 'zstd.qcow2', 'disk.raw'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    const boot = Buffer.alloc(1 << 20);
    boot.writeUInt16BE(0x55aa, 510);
    await writeFile(raw, boot);
    await execa('qemu-img', ['convert', '-O', 'qcow2', raw, plain]);
    await execa('qemu-img', ['convert', '-c', '-O', 'qcow2', '-o', 'compression_type=zstd', raw, zstd]);
    await execa('qemu-img', ['create', '-q', '-f', 'qcow2', '-b', plain, '-F', 'qcow2', join(folder, 'child.qcow2')]);
    expect(await readDiskFormat(plain)).toEqual({ format: 'qcow2', diskBytes: 1 << 20 });
    for (const source of [zstd, raw, join(folder, 'child.qcow2')]) {
      expect((await readDiskFormat(source)).convert).toBeDefined();
      const { path, image } = await cache().ensure(source);
      expect(await readDiskFormat(path)).toEqual({ format: 'qcow2', diskBytes: 1 << 20 });
      expect(image.diskBytes).toBe(1 << 20);
      expect((await execa('qemu-img', ['compare', raw, path])).stdout).toMatch(/identical/);
    }
  });

  it.each(['vdi', 'vmdk', 'vpc'])('%s is one that it reads', async (format) => {
    if ((await execa('qemu-img', ['--version'], { reject: false })).exitCode !== 0) return;
    const path = join(folder, 'x.disk');
    await execa('qemu-img', ['create', '-q', '-f', format, path, '2M']);
    const found = await readDiskFormat(path);
    expect(found).toMatchObject({ format: format === 'vpc' ? 'vhd' : format });
    expect(found.convert ?? found.refuse).toBeUndefined();
  });
});
