const shape = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Whether a text is a UUID of any version, in lower case: 8-4-4-4-12 hexadecimal digits. */
export function isUuid(text: string): boolean {
  return shape.test(text);
}
