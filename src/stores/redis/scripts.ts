// What Redis does in one step, as Lua: each script has one key, and so runs in one slot. A script writes the record once,
// so that it is done whole or not at all; a message is published after that, and an ACL that forbids it undoes nothing.
// They know the spelling of `texts.ts`, and no field by name.
import { createHash } from "node:crypto";

/** A script with the name that Redis gives it. */
export interface Script {
  readonly text: string;
  readonly sha: string;
}

export function script(...parts: readonly string[]): Script {
  const text = parts.map((part) => part.trim()).join("\n");
  return { text, sha: createHash("sha1").update(text).digest("hex") };
}

/** `header(text)`: what a record's first line says, the owner, and where the fields begin; nil for what is no record. */
const HEADER = `
local function header(text)
  local expires, version, tag, created, listed, owner, sizes, start =
    string.match(text, '^L(%d+) (%d+) (%S+) (%S+) (%S+) (%S+)([^\\n]*)\\n()')
  if not expires then return nil end
  if owner == '-' then return expires, version, tag, created, listed, nil, sizes, start end
  return expires, version, tag, created, listed, string.sub(text, start, start + owner - 1), sizes, start + owner
end
local function pxat(moment) return string.format('%.0f', math.max(moment - 1, 1)) end`;

/** `moved(text)`: of a marker, its first line, until when the old key is kept, the new key and the record there. */
const MOVED = `
local function moved(text)
  local line, kept, size = string.match(text, '^(M(%S+) %S+ (%d+)\\n)')
  if line then return line, kept, string.sub(text, #line + 1, #line + size), string.sub(text, #line + size + 1) end
end`;

/**
 * `patched(text, sizes, start, from)`: sizes and texts of the fields, changed as the arguments from `from` on say: how many
 * are set, of each its name, text and sizes, and the names to remove. Runs of fields that stay are copied as they are.
 * Numbers that become texts, and strings as long as the record, cost more than all else, so as few are made as can be.
 */
const PATCH = `
local function patched(text, sizes, start, from)
  local places, lengths, last = {}, {}, from + 3 * ARGV[from]
  for i = from + 1, last, 3 do places[ARGV[i]] = i end
  for i = last + 1, #ARGV do places[ARGV[i]] = 0 end
  for name in pairs(places) do lengths[#name] = true end
  local newSizes, texts, at, sizeAt, keptAt, keptSizeAt = {}, { '' }, start, 1, start, 1
  local function keep(to, sizeTo)
    texts[#texts + 1] = string.sub(text, keptAt, to)
    newSizes[#newSizes + 1] = string.sub(sizes, keptSizeAt, sizeTo)
  end
  local function add(i)
    texts[#texts + 1] = ARGV[i]
    texts[#texts + 1] = ARGV[i + 1]
    newSizes[#newSizes + 1] = ARGV[i + 2]
    places[ARGV[i]] = 0
  end
  for nameSize, size in string.gmatch(sizes, ' (%d+) (%d+)') do
    local textAt = at + nameSize
    local next, nextSizeAt = textAt + size, sizeAt + #nameSize + #size + 2
    local place = lengths[textAt - at] and places[string.sub(text, at, textAt - 1)]
    if place then
      keep(at - 1, sizeAt - 1)
      if place > 0 then add(place) end
      keptAt, keptSizeAt = next, nextSizeAt
    end
    at, sizeAt = next, nextSizeAt
  end
  if at ~= #text + 1 then return nil end
  keep(-1, -1)
  for i = from + 1, last, 3 do
    if places[ARGV[i]] > 0 then add(i) end
  end
  return table.concat(newSizes), texts
end
local function record(expires, version, tag, created, listed, owner, sizes, texts)
  texts[1] = 'L' .. expires .. ' ' .. string.format('%.0f', version + 1) .. ' ' .. tag .. ' ' .. created .. ' ' .. listed
    .. ' ' .. (owner and #owner or '-') .. sizes .. '\\n' .. (owner or '')
  return table.concat(texts)
end`;

/**
 * Changes fields. Arguments: expiry, its PXAT, version or "", tag, how long it is listed or "-", and what `patched`
 * takes.
 */
export const COMMIT: Script = script(
  HEADER,
  PATCH,
  `
local text = redis.call('GET', KEYS[1])
if not text then return { 'gone' } end
local expires, version, tag, created, listed, owner, sizes, start = header(text)
if not expires then
  local state = string.sub(text, 1, 1)
  if state == 'P' then return { 'pending', string.sub(text, 2) } end
  return { state == 'M' and 'gone' or 'damaged' }
end
if tag == ARGV[4] then return { 'committed' } end
if ARGV[3] ~= '' and ARGV[3] ~= version then return { 'conflict' } end
local later = ARGV[1] > expires
if later then expires = ARGV[1] end
if ARGV[5] ~= '-' and ARGV[5] > listed then listed = ARGV[5] end
if listed ~= '-' and expires > listed then return { 'unlisted', owner } end
local newSizes, texts = patched(text, sizes, start, 6)
if not newSizes then return { 'damaged' } end
local new = record(expires, version, ARGV[4], created, listed, owner, newSizes, texts)
if later then redis.call('SET', KEYS[1], new, 'PXAT', ARGV[2]) else redis.call('SET', KEYS[1], new, 'KEEPTTL') end
return { 'committed' }`,
);

/**
 * Moves the expiry, and writes nothing else however large the record is. Arguments: expiry, version or "", how long it
 * is listed or "-".
 */
export const TOUCH: Script = script(
  HEADER,
  `
local head = redis.call('GETRANGE', KEYS[1], 0, 159)
local state = string.sub(head, 1, 1)
if state == 'M' or state == '' and redis.call('EXISTS', KEYS[1]) == 0 then return { 'gone' } end
if state == 'P' then return { 'pending', string.sub(redis.call('GET', KEYS[1]), 2) } end
local expires, version, middle, listed = string.match(head, '^L(%d+) (%d+) (%S+ %S+ )(%S+) ')
if not expires then return { 'damaged' } end
if ARGV[2] ~= '' and ARGV[2] ~= version then return { 'conflict' } end
if ARGV[1] <= expires then return { 'committed' } end
local longer = ARGV[3] ~= '-' and ARGV[3] > listed
if listed ~= '-' and ARGV[1] > (longer and ARGV[3] or listed) then
  local _, _, _, _, _, owner = header(redis.call('GET', KEYS[1]))
  return { 'unlisted', owner }
end
redis.call('SETRANGE', KEYS[1], 1, ARGV[1])
if longer then redis.call('SETRANGE', KEYS[1], #('L' .. expires .. ' ' .. version .. ' ' .. middle), ARGV[3]) end
redis.call('PEXPIREAT', KEYS[1], pxat(ARGV[1]))
return { 'committed' }`,
);

/** Ends a session. Arguments: version or "", "+" and an owner that it must have or "-" and "", channel, message. */
export const END: Script = script(
  HEADER,
  `
local text = redis.pcall('GET', KEYS[1])
if not text then return { 'gone' } end
local foreign = type(text) == 'table'
local state = not foreign and string.sub(text, 1, 1)
if state == 'M' then return { 'moved' } end
if state == 'P' then return { 'pending', string.sub(text, 2) } end
local expires, version, _, _, listed, owner
if not foreign then expires, version, _, _, listed, owner = header(text) end
if ARGV[1] ~= '' and not expires then return { 'damaged' } end
if ARGV[1] ~= '' and ARGV[1] ~= version then return { 'conflict' } end
if ARGV[2] == '+' and expires and ARGV[3] ~= owner then return { 'foreign' } end
redis.call('UNLINK', KEYS[1])
redis.pcall('PUBLISH', ARGV[4], ARGV[5])
if owner then return { 'ended', owner, listed } end
return { 'ended' }`,
);

/**
 * Takes a session for its new key, changed, and leaves a marker with all of it. Arguments: the new key, until when the
 * old one is kept or "-", expiry, beginning, tag, how long it is listed or "-", "+" and the owner or "-" and "", the
 * marker's PXAT, channel, message if the owner stays, message if not, and what `patched` takes.
 */
export const TAKE: Script = script(
  HEADER,
  MOVED,
  PATCH,
  `
local text = redis.call('GET', KEYS[1])
if not text then return { 'gone' } end
local state = string.sub(text, 1, 1)
if state == 'P' then return { 'pending', string.sub(text, 2) } end
if state == 'M' then
  local _, _, to, there = moved(text)
  if to == ARGV[1] and there ~= '' then return { 'taken', there } end
  return { 'gone' }
end
local expires, version, _, _, listed, oldOwner, sizes, start = header(text)
if not expires then return { 'damaged' } end
local newSizes, texts = patched(text, sizes, start, 13)
if not newSizes then return { 'damaged' } end
local owner = ARGV[7] == '+' and ARGV[8] or nil
local new = record(ARGV[3], version, ARGV[5], ARGV[4], ARGV[6], owner, newSizes, texts)
local mark = 'M' .. ARGV[2] .. ' ' .. ARGV[4] .. ' ' .. #ARGV[1] .. '\\n' .. ARGV[1] .. new
redis.call('SET', KEYS[1], mark, 'PXAT', ARGV[9])
redis.pcall('PUBLISH', ARGV[10], oldOwner == owner and ARGV[11] or ARGV[12])
if oldOwner then return { 'taken', new, oldOwner, listed } end
return { 'taken', new }`,
);

/** Puts the record under its new key, if that still waits for it. Arguments: what waits there, the record. */
export const FILL: Script = script(
  HEADER,
  `
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('SET', KEYS[1], ARGV[2], 'PXAT', pxat((header(ARGV[2])))) end
return {}`,
);

/** Leaves of the marker what the old key is kept for, if anything. Argument: the new key. */
export const SETTLE: Script = script(
  HEADER,
  MOVED,
  `
local line, kept, to, there = moved(redis.call('GET', KEYS[1]) or '')
if to ~= ARGV[1] or there == '' then return {} end
if kept == '-' then
  redis.call('UNLINK', KEYS[1])
else
  redis.call('SET', KEYS[1], line .. to, 'PXAT', pxat(kept))
end
return {}`,
);

/** Gives up a new key. Argument: what waits there. */
export const GIVE_UP: Script = script(`
local text = redis.call('GET', KEYS[1])
if not text then return { 'absent' } end
if text ~= ARGV[1] then return { 'filled' } end
redis.call('UNLINK', KEYS[1])
return { 'given up' }`);

/** `milliseconds(moment)`: a moment as Redis takes it. An entry is kept a minute longer, for servers whose clocks differ. */
const INDEX = `
local SLACK = 60000
local function milliseconds(moment) return string.format('%.0f', moment) end`;

/**
 * Puts a session into its owner's index, drops what can no longer be live, and answers until when it is listed.
 * Arguments: the session's key, until when it is to be listed, "new" for a record that is about to be made or "longer"
 * for one that is there, and whether the index is to expire, "1" or "0". An entry that two records have had keeps half a
 * millisecond: nobody drops it but time, since the end of one says nothing of the other.
 */
export const LIST: Script = script(
  INDEX,
  `
local listed, half = tonumber(ARGV[2]), 0
local present = tonumber(redis.call('ZSCORE', KEYS[1], ARGV[1]) or '')
if present then
  listed = math.max(listed, math.floor(present))
  if ARGV[3] == 'new' or present % 1 > 0 then half = 0.5 end
end
redis.call('ZADD', KEYS[1], string.format('%.1f', listed + half), ARGV[1])
local now = redis.call('TIME')[1] * 1000
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', milliseconds(now - SLACK))
local last = ARGV[4] == '1' and redis.call('ZRANGE', KEYS[1], -1, -1, 'WITHSCORES') or {}
if ARGV[4] == '0' then redis.call('PERSIST', KEYS[1]) end
if last[2] then redis.call('PEXPIREAT', KEYS[1], milliseconds(tonumber(last[2]) + SLACK)) end
return { string.format('%016.0f', listed) }`,
);

/** Drops what can no longer be live, and with the last entry the index: for one that does not expire. */
export const TRIM: Script = script(
  INDEX,
  `
local now = redis.call('TIME')[1] * 1000
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', milliseconds(now - SLACK))
return {}`,
);

/** Drops entries of sessions that have ended. Arguments: each key, and until when it was listed when it ended. */
export const UNLIST: Script = script(`
for i = 1, #ARGV, 2 do
  local listed = redis.call('ZSCORE', KEYS[1], ARGV[i])
  if listed and tonumber(listed) == tonumber(ARGV[i + 1]) then redis.call('ZREM', KEYS[1], ARGV[i]) end
end
return {}`);

/** What the server says of itself; the key says which server of a cluster is asked. */
export const INFO: Script = script(`return { redis.call('INFO', 'server'), redis.call('INFO', 'memory') }`);
