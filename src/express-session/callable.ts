// Classes that can also be called without `new`. Stores written before there were classes say `Store.call(this)`.

/** @param initialize What a call does to its `this`. */
export function callable<Constructor extends abstract new (...args: never[]) => object>(
  constructor: Constructor,
  initialize: (instance: InstanceType<Constructor>) => void,
): Constructor {
  return new Proxy(constructor, { apply: (_target, instance) => initialize(instance) });
}
