// Seals or opens one value with @hpke/core: a JSON request on standard input, hex on standard output.
import { createRequire } from "node:module";
import { text } from "node:stream/consumers";
import { pathToFileURL } from "node:url";

const { action, key, value, info, packages } = JSON.parse(await text(process.stdin));
const resolve = createRequire(`${packages}/package.json`).resolve;
const { Aes256Gcm, CipherSuite, DhkemX25519HkdfSha256, HkdfSha256 } = await import(pathToFileURL(resolve("@hpke/core")));

const suite = new CipherSuite({ kem: new DhkemX25519HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes256Gcm() });
const bytes = (hex) => Uint8Array.from(Buffer.from(hex, "hex")).buffer;
const context = new TextEncoder().encode(info).buffer;

if (action === "seal") {
  const recipientPublicKey = await suite.kem.deserializePublicKey(bytes(key));
  const { ct, enc } = await suite.seal({ recipientPublicKey, info: context }, bytes(value));
  process.stdout.write(Buffer.concat([Buffer.from(enc), Buffer.from(ct)]).toString("hex"));
} else {
  const recipientKey = await suite.kem.deserializePrivateKey(bytes(key));
  const [enc, ct] = [bytes(value.slice(0, 64)), bytes(value.slice(64))];
  const opened = await suite.open({ recipientKey, enc, info: context }, ct);
  process.stdout.write(Buffer.from(opened).toString("hex"));
}
