/**
 * Starts the command line on a fresh clone: checks Node, installs the npm packages, bundles host-tools/cli/main.ts when it is
 * stale and runs it. The only plain JavaScript file of the project, because nothing can be compiled before it has run.
 */

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const bundlePath = join(root, "build", "tools", "holdfast.mjs");
const recordMark = "\n//# holdfast-inputs=";
const oldestNode = [20, 19];

/** Ends the program with one line, as a set-up error (exit code 2). */
function fail(message) {
  process.stderr.write(`holdfast: ${message}\n`);
  process.exit(2);
}

function say(message) {
  process.stderr.write(`holdfast: ${message}\n`);
}

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major < oldestNode[0] || (major === oldestNode[0] && minor < oldestNode[1])) {
    fail(`expected Node ${oldestNode.join(".")} or newer, found ${process.versions.node} at ${process.execPath}`);
  }
}

function isAlive(processId) {
  try {
    process.kill(processId, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

/** Runs `action` while no other start of this clone does the same; a lock whose owner is gone is taken over. */
function withLock(action) {
  const lock = join(root, "build", "launch.lock");
  mkdirSync(dirname(lock), { recursive: true });
  let told = false;
  for (;;) {
    try {
      writeFileSync(lock, String(process.pid), { flag: "wx" });
      break;
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
    }
    let owner = Number.NaN;
    try {
      owner = Number.parseInt(readFileSync(lock, "utf8"), 10);
    } catch {
      continue;
    }
    // An empty file belongs to a start that has created it and not yet written its number: give it a moment.
    const abandoned = Number.isNaN(owner) ? Date.now() - statSync(lock).mtimeMs > 2000 : !isAlive(owner);
    if (abandoned) {
      rmSync(lock, { force: true });
      continue;
    }
    if (!told) say(`waiting for process ${owner}, which is preparing the same folder`);
    told = true;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
  }
  try {
    return action();
  } finally {
    rmSync(lock, { force: true });
  }
}

/** What node_modules must have been installed from: the lock file, and the machine kind, since some packages are native. */
function packagesStamp() {
  const lock = readFileSync(join(root, "package-lock.json"));
  return `${createHash("sha256").update(lock).digest("hex")} ${process.platform}-${process.arch}`;
}

function packagesAreInStep(stamp) {
  try {
    return readFileSync(join(root, "node_modules", ".holdfast-stamp"), "utf8").trim() === stamp;
  } catch {
    return false;
  }
}

function installPackages() {
  const stamp = packagesStamp();
  if (packagesAreInStep(stamp)) return;
  withLock(() => {
    if (packagesAreInStep(stamp)) return;
    say("installing npm packages: npm ci --ignore-scripts (once for each change of package-lock.json)");
    const started = Date.now();
    // Standard output stays free for --json, so npm's own lines go to standard error too.
    const result = spawnSync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], {
      cwd: root,
      stdio: ["ignore", 2, 2],
    });
    if (result.error) fail(`expected npm beside node, found ${result.error.message}`);
    if (result.status !== 0) {
      fail(
        `npm ci ended with ${result.status ?? result.signal}; it needs the npm registry once, then run the same command again`,
      );
    }
    writeFileSync(join(root, "node_modules", ".holdfast-stamp"), `${stamp}\n`);
    say(`npm packages installed in ${((Date.now() - started) / 1000).toFixed(1)} s`);
  });
}

function esbuildVersion() {
  return JSON.parse(readFileSync(join(root, "node_modules", "esbuild", "package.json"), "utf8")).version;
}

function inputState(path) {
  const { mtimeMs, size } = statSync(join(root, path));
  return [path, mtimeMs, size];
}

/** True when every file that went into the bundle is unchanged by modification time and size, and esbuild is the same. */
function bundleIsFresh() {
  try {
    const bundle = readFileSync(bundlePath, "utf8");
    const record = JSON.parse(bundle.slice(bundle.lastIndexOf(recordMark) + recordMark.length));
    if (record.esbuild !== esbuildVersion()) return false;
    return record.inputs.every(([path, modified, size]) => {
      const now = inputState(path);
      return now[1] === modified && now[2] === size;
    });
  } catch {
    return false;
  }
}

/** Writes the bundle; its record of inputs is its own last line, so that one rename publishes both together. */
async function bundleTools() {
  if (bundleIsFresh()) return;
  const { build } = await import("esbuild");
  const startedAt = Date.now();
  let result;
  try {
    result = await build({
      absWorkingDir: root,
      entryPoints: ["host-tools/cli/main.ts"],
      outfile: "build/tools/holdfast.mjs",
      bundle: true,
      packages: "external",
      platform: "node",
      format: "esm",
      target: "node20",
      sourcemap: "linked",
      metafile: true,
      write: false,
      logLevel: "error",
    });
  } catch {
    fail("host-tools did not compile; the lines above name the files");
  }
  const inputs = [...Object.keys(result.metafile.inputs), "host-tools/launch.mjs"].map(inputState);
  // A file saved while esbuild was reading would be recorded as current without being in the bundle.
  const raced = inputs.filter(([, modified]) => modified >= startedAt).map(([path]) => path);
  const record = JSON.stringify({ esbuild: esbuildVersion(), inputs: raced.length > 0 ? [[raced[0], 0, 0]] : inputs });
  mkdirSync(dirname(bundlePath), { recursive: true });
  for (const file of [...result.outputFiles].sort((a, b) => b.path.length - a.path.length)) {
    const temporary = `${file.path}.${process.pid}`;
    writeFileSync(temporary, file.path === bundlePath ? `${file.text.trimEnd()}${recordMark}${record}\n` : file.text);
    renameSync(temporary, file.path);
  }
}

checkNode();
installPackages();
await bundleTools();
process.setSourceMapsEnabled(true);
const { main } = await import(pathToFileURL(bundlePath).href);
await main(root, process.argv.slice(2));
