// All fuzz targets.
import type { Target } from "./target.ts";
import { cookieHeader } from "./targets/cookie-header.ts";
import { encryption } from "./targets/encryption.ts";
import { open } from "./targets/open.ts";
import { options } from "./targets/options.ts";
import { postgresTexts } from "./targets/postgres-texts.ts";
import { record } from "./targets/record.ts";
import { redisTexts } from "./targets/redis-texts.ts";
import { sealedCookie } from "./targets/sealed-cookie.ts";
import { session } from "./targets/session.ts";
import { signedId } from "./targets/signed-id.ts";
import { storeMemory, storeSqlite } from "./targets/store-programs.ts";
import { storedRecord } from "./targets/stored-record.ts";
import { value } from "./targets/value.ts";
import { valueText } from "./targets/value-text.ts";

export const targets: readonly Target[] = [
  cookieHeader,
  signedId,
  sealedCookie,
  open,
  value,
  valueText,
  record,
  encryption,
  redisTexts,
  postgresTexts,
  storeMemory,
  storeSqlite,
  session,
  storedRecord,
  options,
];
