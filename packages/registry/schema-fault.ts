/** A schema that cannot be used. The message goes on after its name, and has nothing of its text. */
export class SchemaFault extends Error {}
