/**
 * Makes an object, and all later ones of its class, ready for every value that its fields will take, and gives it back as it was. The
 * engine lays objects out by the values that it has seen, and when one comes that does not fit (a number of 2^31 or more where there were
 * smaller ones, a time, another class of object) it throws compiled code away, in the middle of the work and once for each field. Here
 * that happens before anything is compiled. `wide`: the fields that hold numbers of 2^31 or more, or fractions.
 */
export function settle<T extends object>(object: T, wide: readonly string[]): T {
  const fields = object as Record<string, unknown>;
  for (const name of Object.keys(object)) {
    const value = fields[name];
    if (typeof value === 'number') fields[name] = wide.includes(name) ? 0.5 : value === 0 ? 1 : 0;
    else if (typeof value === 'boolean') fields[name] = !value;
    else {
      fields[name] = {};
      fields[name] = '';
    }
    fields[name] = value;
  }
  return object;
}
