// Which of many things was not used lately: a doubly linked list through the things themselves, in which a use sets a
// mark and nothing more (the clock algorithm, Corbató 1968). What is marked gets another turn when its own has come.
// It knows nothing of what it orders.

/** Something that is used. The list alone writes all but `wasUsed`, which every use sets. */
export interface Linked<Item> {
  wasUsed: boolean;
  older: Item | undefined;
  newer: Item | undefined;
}

/** How many items one search sets back, so that none takes long. */
const MAX_TURNS = 1_000;

/** Items in the order in which their turn comes. */
export class RecencyList<Item extends Linked<Item>> {
  #oldest: Item | undefined;
  #newest: Item | undefined;

  add(item: Item): void {
    item.wasUsed = false;
    item.older = this.#newest;
    item.newer = undefined;
    if (this.#newest) this.#newest.newer = item;
    else this.#oldest = item;
    this.#newest = item;
  }

  remove(item: Item): void {
    if (item.older) item.older.newer = item.newer;
    else this.#oldest = item.newer;
    if (item.newer) item.newer.older = item.older;
    else this.#newest = item.older;
    item.older = undefined;
    item.newer = undefined;
  }

  /** The item that has gone unused for longest, as far as marks can tell. */
  findStalest(): Item | undefined {
    for (let turns = 0; turns < MAX_TURNS; turns++) {
      const item = this.#oldest;
      if (!item?.wasUsed) return item;
      this.remove(item);
      this.add(item);
    }
    return this.#oldest;
  }
}
