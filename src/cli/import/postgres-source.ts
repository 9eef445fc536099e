// Sessions that connect-pg-simple keeps in PostgreSQL: a row for each, with its ID, its JSON and its end.
import { parseTableName } from "../../stores/postgres/table.ts";
import type { Address } from "../store/address.ts";
import { connectPostgres } from "../store/connections.ts";
import type { ImportSource } from "./source.ts";

const PAGE = 1_000;

/** @throws CliError when the server can't be reached. */
export async function postgresSource(address: Address, table: string): Promise<ImportSource> {
  const { quoted } = parseTableName(table);
  const { query, close } = await connectPostgres(address);
  // The column has no time zone; connect-pg-simple writes it in that of the connection, as this reads it.
  const timeLeft = "extract(epoch FROM (expire::timestamptz - clock_timestamp())) * 1000";

  async function* pages(): AsyncGenerator<readonly string[]> {
    for (let last = ""; ; ) {
      const rows = await query<{ sid: string }>(
        `SELECT sid FROM ${quoted} WHERE sid > $1 AND expire::timestamptz > clock_timestamp() ORDER BY sid LIMIT ${PAGE}`,
        [last],
      );
      const next = rows.at(-1)?.sid;
      if (next === undefined) return;
      yield rows.map(({ sid }) => sid);
      last = next;
    }
  }

  return {
    shown: `${address.shown} ${table}`,
    async count() {
      const [row] = await query<{ count: string }>(
        `SELECT count(*) FROM ${quoted} WHERE expire::timestamptz > clock_timestamp()`,
      );
      return Number(row?.count);
    },
    pages,
    async read(ids) {
      const rows = await query<{ sid: string; sess: string; left: string }>(
        `SELECT sid, sess::text, ${timeLeft} AS left FROM ${quoted} WHERE sid = ANY($1) AND expire::timestamptz > clock_timestamp()`,
        [ids],
      );
      const found = new Map(rows.map((row) => [row.sid, { bytes: Buffer.from(row.sess), timeLeft: Number(row.left) }]));
      return ids.map((id) => found.get(id));
    },
    close,
  };
}
