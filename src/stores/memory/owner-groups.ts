// What each owner has in the memory store, and which owner has most. To add, to remove and to find the largest group take the
// same time, however many there are. It knows no record.

/** Something that belongs to an owner and has a size. */
export interface Sized {
  /** Estimated, in bytes. */
  bytes: number;
}

export class OwnerGroup<Item extends Sized> {
  /** In the order in which they were added. */
  readonly items: Set<Item> = new Set();
  bytes = 0;
}

export class OwnerGroups<Item extends Sized> {
  readonly #groups = new Map<string, OwnerGroup<Item>>();
  /** The groups of each size. */
  readonly #bySize = new Map<number, Set<OwnerGroup<Item>>>();
  #largestSize = 0;

  /** How many owners there are. */
  get count(): number {
    return this.#groups.size;
  }

  get(owner: string): OwnerGroup<Item> | undefined {
    return this.#groups.get(owner);
  }

  /** The group with the most items. */
  get largest(): OwnerGroup<Item> | undefined {
    return this.#bySize.get(this.#largestSize)?.values().next().value;
  }

  add(owner: string, item: Item): void {
    const group = this.#groups.get(owner) ?? new OwnerGroup<Item>();
    this.#groups.set(owner, group);
    group.items.add(item);
    group.bytes += item.bytes;
    this.#move(group, group.items.size - 1);
    this.#largestSize = Math.max(this.#largestSize, group.items.size);
  }

  remove(owner: string, item: Item): void {
    const group = this.#groups.get(owner);
    if (!group?.items.delete(item)) return;
    group.bytes -= item.bytes;
    this.#move(group, group.items.size + 1);
    if (group.items.size === 0) this.#groups.delete(owner);
    if (!this.#bySize.has(this.#largestSize)) this.#largestSize--;
  }

  /** @param before How many items the group had. */
  #move(group: OwnerGroup<Item>, before: number): void {
    const old = this.#bySize.get(before);
    old?.delete(group);
    if (old?.size === 0) this.#bySize.delete(before);
    const { size } = group.items;
    if (size === 0) return;
    const peers = this.#bySize.get(size);
    if (peers) peers.add(group);
    else this.#bySize.set(size, new Set([group]));
  }
}
