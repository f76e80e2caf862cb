// Makes slim.z, the script that a report has of ECharts, as raw DEFLATE
// (RFC 1951), or with the name of a file the script itself: node build.mjs [FILE].
// The same versions give the same bytes.
import {readFileSync, writeFileSync} from "node:fs";
import {build} from "esbuild";
import {minify} from "terser";
import zopfli from "@gfx/zopfli";

const licence = name => readFileSync(new URL(`node_modules/${name}/LICENSE`, import.meta.url), "utf8").trim();
const version = name => JSON.parse(readFileSync(new URL(`node_modules/${name}/package.json`, import.meta.url), "utf8")).version;
const notice = readFileSync(new URL("node_modules/echarts/NOTICE", import.meta.url), "utf8").trim();

const bundled = await build({
  entryPoints: [new URL("slim.js", import.meta.url).pathname],
  bundle: true, minify: true, format: "iife", target: "es2020", write: false, legalComments: "none",
  define: {"process.env.NODE_ENV": "\"production\""},
});
const small = await minify(bundled.outputFiles[0].text, {compress: {passes: 3}, ecma: 2020});
const head = `/*! ${notice}

Apache ECharts ${version("echarts")}, of which this is a part, is under the Apache License, Version 2.0:
https://www.apache.org/licenses/LICENSE-2.0. It contains zrender ${version("zrender")}:

${licence("zrender")}

and tslib ${version("tslib")}: Copyright (c) Microsoft Corporation, 0BSD. */
`;
const code = Buffer.from(head + small.code + "\n");
if (process.argv[2]) {
  writeFileSync(process.argv[2], code);
} else {
  const packed = await new Promise((resolve, reject) =>
    zopfli.deflate(code, {numiterations: 15}, (err, out) => err ? reject(err) : resolve(out)));
  writeFileSync(new URL("slim.z", import.meta.url), packed);
  console.log(`${code.length} bytes of script in ${packed.length}`);
}
