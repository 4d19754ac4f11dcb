// Prints the tables of the Auth and Storage stand-ins as SQL:  node schema.mjs auth | storage
import { getAuthSchemaSql, getStorageSchemaSql } from "@supabase/lite";

const schemas = { auth: getAuthSchemaSql, storage: getStorageSchemaSql };
const schema = schemas[process.argv[2]];
if (!schema) {
  console.error(`usage: node schema.mjs ${Object.keys(schemas).join(" | ")}`);
  process.exit(2);
}
process.stdout.write(schema(false));
