// Writes src/api/schema.d.ts, the types of the HTTP API, from the description that the server's own test holds frozen. What the
// page uses and the API no longer has is then a type error of the build.
import { readFile, writeFile } from 'node:fs/promises';
import openapiTypescript, { astToString } from 'openapi-typescript';

const snapshot = new URL('../../src/api/snapshots/encortex__api__router__tests__the_description_is_frozen.snap', import.meta.url);
const types = new URL('../src/api/schema.d.ts', import.meta.url);

const [, , description] = (await readFile(snapshot, 'utf8')).split(/^---$/m);
await writeFile(types, astToString(await openapiTypescript(JSON.parse(description))));
